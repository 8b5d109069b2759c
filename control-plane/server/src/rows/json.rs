//! JSON: one array of objects, or objects one after another (usually one a line). Read object by object, so that a
//! large file needs little memory; an array is read whole.

use std::io::BufRead;

use serde_json::Value;

use super::{Error, Row, Rows};

pub(super) fn rows(mut input: impl BufRead + 'static) -> Result<Rows, Error> {
    let array = starts_with_bracket(&mut input)?;
    if array {
        let rows: Vec<Value> =
            serde_json::from_reader(input).map_err(|error| Error::Damaged(error.to_string()))?;
        return Ok(Box::new(rows.into_iter().zip(1_u64..).map(|(value, row)| object(value, row))));
    }
    let values = serde_json::Deserializer::from_reader(input).into_iter::<Value>();
    let mut broken = false;
    let rows = values.zip(1_u64..).map_while(move |(value, row)| match value {
        _ if broken => None,
        Ok(value) => Some(object(value, row)),
        Err(error) => {
            broken = true;
            Some(Err(Error::Row { row, message: error.to_string() }))
        }
    });
    Ok(Box::new(rows))
}

fn starts_with_bracket(input: &mut impl BufRead) -> Result<bool, Error> {
    loop {
        let buffer = input.fill_buf().map_err(|error| Error::Damaged(error.to_string()))?;
        let Some(first) = buffer.first() else { return Ok(false) };
        if !first.is_ascii_whitespace() {
            return Ok(*first == b'[');
        }
        input.consume(1);
    }
}

fn object(value: Value, row: u64) -> Result<Row, Error> {
    match value {
        Value::Object(row) => Ok(row),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(Error::Row { row, message: "a row must be an object".into() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &'static str, expected: &str) {
        let read: Vec<String> = match rows(text.as_bytes()) {
            Ok(rows) => rows
                .map(|row| match row {
                    Ok(row) => Value::Object(row).to_string(),
                    Err(error) => error.to_string(),
                })
                .collect(),
            Err(error) => vec![error.to_string()],
        };
        assert_eq!(read.join("|"), expected);
    }

    #[test]
    fn an_array_and_lines_give_the_same_rows() {
        check(" [{\"a\":1},{\"b\":[2]}]", "{\"a\":1}|{\"b\":[2]}");
        check("{\"a\":1}\n\n{\"b\":[2]}\n", "{\"a\":1}|{\"b\":[2]}");
        check("", "");
    }

    #[test]
    fn what_is_no_object_is_named_and_broken_text_ends_the_file() {
        check("{\"a\":1}\n7\n{\"b\":2}", "{\"a\":1}|row 2: a row must be an object|{\"b\":2}");
        check("{\"a\":1}\n{\"b\":}\n{\"c\":1}", "{\"a\":1}|row 2: expected value at line 2 column 6");
    }
}
