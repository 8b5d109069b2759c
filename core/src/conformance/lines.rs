//! Lines of JSON: one documented example a line, with the fields `id`, `pql`, `dialect`, `category`, `sample`, `expected`,
//! `has_sample_data`, `result_type`.

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value as Json};

use super::case::{Body, Case, Expected, Form, Outcome, Setting};

pub(super) fn read(file: &str, text: &str) -> Vec<Case> {
    let lines = text.lines().zip(1_usize..).filter(|(line, _)| !line.trim().is_empty());
    lines.map(|(line, number)| case(file, line, number)).collect()
}

fn case(file: &str, line: &str, number: usize) -> Case {
    let (row, broken) = match serde_json::from_str(line) {
        Ok(Json::Object(row)) => (row, None),
        Ok(_) => (Map::new(), Some("a case is an object".to_owned())),
        Err(error) => (Map::new(), Some(format!("not JSON: {error}"))),
    };
    let text =
        |key: &str, otherwise: &str| row.get(key).and_then(Json::as_str).unwrap_or(otherwise).to_owned();
    let expression = match row.get("pql") {
        // The JSON form, not in quotes.
        Some(node @ Json::Object(_)) => format!("{node}"),
        _ => text("pql", ""),
    };
    let dialect = text("dialect", "pql/text");
    let body = match broken {
        Some(reason) => Err(reason),
        None if !row.contains_key("pql") => Err("there is no `pql`".to_owned()),
        None => body(&row, &dialect),
    };
    let name = text("id", &format!("line {number}"));
    Case { file: file.to_owned(), name, category: text("category", "none"), dialect, expression, body }
}

fn body(row: &Map<String, Json>, dialect: &str) -> Result<Body, String> {
    let form = Form::of(dialect).ok_or_else(|| format!("unknown dialect `{dialect}`"))?;
    let sample = match row.get("sample") {
        Some(Json::Object(sample)) => sample.clone(),
        None | Some(Json::Null) => Map::new(),
        Some(_) => return Err("`sample` is not an object".to_owned()),
    };
    let wanted = row.get("expected").cloned().unwrap_or_default();
    // Without a note whether there is a sample, an expected null says nothing.
    let is_evaluated = match row.get("has_sample_data").and_then(Json::as_bool) {
        Some(has_sample) => has_sample,
        None => !wanted.is_null() || (row.contains_key("sample") && row.contains_key("expected")),
    };
    let expected = Expected {
        value: is_evaluated.then(|| outcome(wanted)),
        is_loose: true,
        result: row.get("result_type").and_then(Json::as_str).map(str::to_owned),
        ..Expected::default()
    };
    Ok(Body { form, setting: Setting::Sample(sample), expected })
}

/// A value; or, in words, `with today = 2018-08-28: matches 2018-07-01 .. 2018-07-31`.
fn outcome(wanted: Json) -> Outcome {
    let days = wanted.as_str().and_then(|text| text.split_once("matches ")?.1.split_once(" .. "));
    match days {
        Some((first, last)) => Outcome::Days(first.trim().to_owned(), last.trim().to_owned()),
        None => Outcome::Value(wanted),
    }
}
