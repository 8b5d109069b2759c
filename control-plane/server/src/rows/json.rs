//! JSON: one array of objects, objects one after another, or one object a line. Read object by object, so that a large
//! file needs little memory; an array is read whole. A line that is no JSON is only that line's trouble; where objects
//! are not told apart by lines, nothing behind broken text can be read.

use std::io::BufRead;

use serde_json::Value;

use super::{Error, Row, Rows};

/// An array, or objects one after another.
pub(super) fn rows(mut input: impl BufRead + 'static) -> Result<Rows, Error> {
    if starts_with_bracket(&mut input)? {
        return array(input);
    }
    let values = serde_json::Deserializer::from_reader(input).into_iter::<Value>();
    let mut broken = false;
    let rows = values.zip(1_u64..).map_while(move |(value, row)| match value {
        _ if broken => None,
        Ok(value) => Some(object(value, row)),
        Err(error) => {
            broken = true;
            Some(Err(Error::Damaged(format!("row {row}: {error}; nothing from there on was read"))))
        }
    });
    Ok(Box::new(rows))
}

/// One object a line; an array all the same, if that is what is there.
pub(super) fn lines(mut input: impl BufRead + 'static) -> Result<Rows, Error> {
    if starts_with_bracket(&mut input)? {
        return array(input);
    }
    let lines = input.split(b'\n').filter(|line| !matches!(line, Ok(line) if line.trim_ascii().is_empty()));
    Ok(Box::new(lines.zip(1_u64..).map(|(line, row)| {
        let line = line.map_err(|error| Error::Damaged(format!("row {row}: {error}")))?;
        match serde_json::from_slice(&line) {
            Ok(value) => object(value, row),
            Err(error) => Err(Error::Row { row, message: error.to_string() }),
        }
    })))
}

fn array(input: impl BufRead) -> Result<Rows, Error> {
    let rows: Vec<Value> =
        serde_json::from_reader(input).map_err(|error| Error::Damaged(error.to_string()))?;
    Ok(Box::new(rows.into_iter().zip(1_u64..).map(|(value, row)| object(value, row))))
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

    fn check(rows: Result<Rows, Error>, expected: &str) {
        let read: Vec<String> = match rows {
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
        type Reader = fn(&'static [u8]) -> Result<Rows, Error>;
        for of in [(|text| rows(text)) as Reader, |text| lines(text)] {
            check(of(b" [{\"a\":1},{\"b\":[2]}]"), "{\"a\":1}|{\"b\":[2]}");
            check(of(b"{\"a\":1}\r\n\n{\"b\":[2]}\n"), "{\"a\":1}|{\"b\":[2]}");
            check(of(b"{\"a\":1}\n7\n{\"b\":2}"), "{\"a\":1}|row 2: a row must be an object|{\"b\":2}");
            check(of(b""), "");
        }
    }

    #[test]
    fn a_broken_line_is_named_and_the_others_are_read() {
        let broken = b"{\"a\":1}\n{\"b\":}\n{\"c\":1}\n\xff\n";
        let expected = "{\"a\":1}|row 2: expected value at line 1 column 6|{\"c\":1}|row 4: expected value at line 1 column 1";
        check(lines(&broken[..]), expected);
    }

    #[test]
    fn broken_text_without_lines_ends_the_file() {
        let expected = "{\"a\":1}|row 2: expected value at line 2 column 6; nothing from there on was read";
        check(rows(&b"{\"a\":1}\n{\"b\":}\n{\"c\":1}"[..]), expected);
    }
}
