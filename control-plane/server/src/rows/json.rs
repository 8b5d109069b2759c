//! JSON: one array of objects, objects one after another, or one object a line. Read object by object, so that a large
//! file needs little memory; an array is read whole. A line that is no JSON is only that line's trouble; where objects
//! are not told apart by lines, nothing behind broken text can be read.

use std::io::BufRead;

use serde_json::Value;

use super::{Error, Found, Row, Rows, Unreadable};

/// An array, or objects one after another.
pub(super) fn rows(mut input: impl BufRead + 'static) -> Result<Rows, Error> {
    if starts_with_bracket(&mut input)? {
        return array(input);
    }
    let values = serde_json::Deserializer::from_reader(input).into_iter::<Value>();
    let mut broken = false;
    let rows = values.zip(1_u64..).map_while(move |(value, row)| match value {
        _ if broken => None,
        Ok(value) => Some(Ok(Found { line: None, row: object(value) })),
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
    let lines = input.split(b'\n').zip(1_u64..);
    let lines = lines.filter(|(text, _)| !matches!(text, Ok(text) if text.trim_ascii().is_empty()));
    Ok(Box::new(lines.map(|(text, line)| {
        let text = text.map_err(|error| Error::Damaged(format!("line {line}: {error}")))?;
        let unreadable = |error: serde_json::Error| Unreadable {
            reason: error.to_string(),
            text: String::from_utf8_lossy(text.trim_ascii()).into_owned(),
        };
        let row = serde_json::from_slice(&text).map_err(unreadable).and_then(object);
        Ok(Found { line: Some(line), row })
    })))
}

fn array(input: impl BufRead) -> Result<Rows, Error> {
    let rows: Vec<Value> =
        serde_json::from_reader(input).map_err(|error| Error::Damaged(error.to_string()))?;
    Ok(Box::new(rows.into_iter().map(|value| Ok(Found { line: None, row: object(value) }))))
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

fn object(value: Value) -> Result<Row, Unreadable> {
    match value {
        Value::Object(row) => Ok(row),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(Unreadable { reason: "a row must be an object".into(), text: value.to_string() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rows: Result<Rows, Error>, expected: &str) {
        let read: Vec<String> = match rows {
            Ok(rows) => rows
                .map(|found| match found {
                    Ok(Found { row: Ok(row), .. }) => Value::Object(row).to_string(),
                    Ok(Found { row: Err(Unreadable { reason, text }), line }) => {
                        format!("{line:?}: {reason}: {text}")
                    }
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
            check(of(b"[7,{\"b\":2}]"), "None: a row must be an object: 7|{\"b\":2}");
            check(of(b""), "");
        }
    }

    #[test]
    fn a_broken_line_is_named_and_the_others_are_read() {
        let broken = b"{\"a\":1}\n\n{\"b\":}\n{\"c\":1}\n\xff\n7\n";
        let expected = "{\"a\":1}|Some(3): expected value at line 1 column 6: {\"b\":}|{\"c\":1}|\
                        Some(5): expected value at line 1 column 1: \u{fffd}|Some(6): a row must be an object: 7";
        check(lines(&broken[..]), expected);
    }

    #[test]
    fn broken_text_without_lines_ends_the_file() {
        let expected = "{\"a\":1}|row 2: expected value at line 2 column 6; nothing from there on was read";
        check(rows(&b"{\"a\":1}\n{\"b\":}\n{\"c\":1}"[..]), expected);
    }
}
