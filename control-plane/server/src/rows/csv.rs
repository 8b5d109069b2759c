//! CSV with a header line. CSV has no types: every cell is text, and the server fits it to the schema; empty cells are
//! absent.

use std::io::Read;

use serde_json::Value;

use super::{Error, Row, Rows};

pub(super) fn rows(input: impl Read + 'static) -> Result<Rows, Error> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).from_reader(input);
    let header = reader.headers().map_err(|error| Error::Damaged(error.to_string()))?.clone();
    let rows = reader.into_records().zip(1_u64..).map(move |(record, row)| {
        let record = record.map_err(|error| Error::Row { row, message: error.to_string() })?;
        let cells = header.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
        Ok(cells.map(|(name, cell)| (name.to_owned(), Value::from(cell))).collect::<Row>())
    });
    Ok(Box::new(rows))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(text: &'static str, expected: &[Value]) {
        let read: Vec<Value> =
            rows(text.as_bytes()).unwrap().map(|row| Value::Object(row.unwrap())).collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn cells_are_text_and_empty_cells_are_absent() {
        check(
            "id,price,code,ok\n1,2.50,007,true\n-3,,+1,\n",
            &[
                json!({"id": "1", "price": "2.50", "code": "007", "ok": "true"}),
                json!({"id": "-3", "code": "+1"}),
            ],
        );
    }

    #[test]
    fn quotes_and_line_breaks_inside_cells_are_kept() {
        check("a,b\n\"x, \"\"y\"\"\n z\",2\n", &[json!({"a": "x, \"y\"\n z", "b": "2"})]);
    }

    #[test]
    fn a_row_of_another_length_is_named() {
        let error = rows("a,b\n1,2\n3\n".as_bytes()).unwrap().find_map(Result::err).unwrap();
        assert!(error.to_string().starts_with("row 2:"), "{error}");
    }
}
