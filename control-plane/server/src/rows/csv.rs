//! CSV with a header line. CSV has no types: every cell is text, and the server fits it to the schema; empty cells are
//! absent.

use std::io::Read;

use csv::{ByteRecord, StringRecord};
use serde_json::Value;

use super::{Error, Found, Row, Rows, Unreadable};

pub(super) fn rows(input: impl Read + 'static) -> Result<Rows, Error> {
    let damaged = |error: csv::Error| Error::Damaged(error.to_string());
    // Rows of another length are told by us, with what they hold.
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::Headers).flexible(true).from_reader(input);
    let header = reader.headers().map_err(damaged)?.clone();
    Ok(Box::new(reader.into_byte_records().map(move |record| {
        let record = record.map_err(damaged)?;
        let line = record.position().map(csv::Position::line);
        Ok(Found { line, row: row(&header, record) })
    })))
}

fn row(header: &StringRecord, record: ByteRecord) -> Result<Row, Unreadable> {
    let unreadable = |reason: String, record: &ByteRecord| Unreadable { reason, text: text(record) };
    let record = StringRecord::from_byte_record(record)
        .map_err(|error| unreadable(error.to_string(), &error.into_byte_record()))?;
    if record.len() != header.len() {
        let reason = format!("{} cells under a header of {}", record.len(), header.len());
        return Err(unreadable(reason, record.as_byte_record()));
    }
    let cells = header.iter().zip(&record).filter(|(_, cell)| !cell.is_empty());
    Ok(cells.map(|(name, cell)| (name.to_owned(), Value::from(cell))).collect())
}

/// As CSV again.
fn text(record: &ByteRecord) -> String {
    let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
    let written = writer.write_byte_record(record).ok().and_then(|()| writer.into_inner().ok());
    String::from_utf8_lossy(written.unwrap_or_default().trim_ascii_end()).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(text: &'static str, expected: &[Value]) {
        let read: Vec<Value> =
            rows(text.as_bytes()).unwrap().map(|found| Value::Object(found.unwrap().row.unwrap())).collect();
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
    fn what_is_no_row_is_named_with_its_line_and_the_next_is_read() {
        let found: Vec<Found> =
            rows(&b"a,b\n\"x\n\",2\n3\n\xff,4\n5,6\n"[..]).unwrap().map(Result::unwrap).collect();
        let lines: Vec<_> = found.iter().filter_map(|found| found.line).collect();
        assert_eq!(lines, [2, 4, 5, 6]);
        let rows: Vec<_> = found.into_iter().map(|found| found.row.map_err(|not| not.text)).collect();
        assert_eq!(rows[1], Err("3".to_owned()));
        assert_eq!(rows[2], Err("\u{fffd},4".to_owned()));
        assert_eq!(rows[3].as_ref().unwrap()["b"], "6");
    }
}
