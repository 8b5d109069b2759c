//! The corpus of bad input: the tables of `tests/hostile`, whose README says how they are read.

use acquaint_tests::environment::repository;
use serde_json::Value;

/// One input, and what has to come of it.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Page and what it is.
    pub(crate) name: String,
    pub(crate) method: String,
    pub(crate) target: String,
    /// Who asks: `key`, `admin`, `edge`, or nobody.
    pub(crate) caller: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) expected: Expected,
}

/// What has to come of an input.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Expected {
    pub(crate) status: u16,
    /// The code of a problem, `*` for any; a refusal without one has no body either: it was no request that a route
    /// could see. Status 0: no answer at all.
    pub(crate) code: Option<String>,
    /// Members that the answer has.
    pub(crate) members: Value,
}

/// Every case of every page.
pub(crate) fn read() -> Vec<Case> {
    let mut pages: Vec<_> = std::fs::read_dir(repository().join("tests/hostile"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .filter(|path| path.file_stem().is_some_and(|name| name != "README"))
        .collect();
    pages.sort();
    pages.iter().flat_map(|path| page(path)).collect()
}

fn page(path: &std::path::Path) -> Vec<Case> {
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix('|')?.strip_suffix('|'));
    let rows = rows.map(|row| row.split('|').map(str::trim).collect::<Vec<_>>());
    let is_case = |row: &Vec<&str>| row[0] != "what" && !row[0].starts_with("---");
    rows.filter(is_case).map(|row| case(&name, &row)).collect()
}

fn case(page: &str, row: &[&str]) -> Case {
    let [what, request, caller, headers, body, expected] = row else {
        panic!("{page}: {} has {} cells instead of 6", row[0], row.len());
    };
    let (method, target) = request.split_once(' ').unwrap();
    let headers = headers.split(';').map(str::trim).filter(|header| !header.is_empty());
    let headers = headers.map(|header| {
        let (name, value) = header.split_once(": ").unwrap_or_else(|| panic!("{page}: `{header}`"));
        (name.to_owned(), value.to_owned())
    });
    Case {
        name: format!("{page}: {what}"),
        method: method.to_owned(),
        target: target.to_owned(),
        caller: caller.to_string(),
        headers: headers.collect(),
        body: body.trim_matches('`').to_owned(),
        expected: expected_of(expected),
    }
}

fn expected_of(cell: &str) -> Expected {
    let (status, rest) = cell.split_once(' ').unwrap_or((cell, ""));
    if status == "closed" {
        return Expected { status: 0, code: None, members: Value::Null };
    }
    let status = status.parse().unwrap_or_else(|_| panic!("`{cell}` begins with no status"));
    let (code, members) = match rest.split_once('{') {
        Some((code, members)) => (code.trim(), serde_json::from_str(&format!("{{{members}")).unwrap()),
        None => (rest.trim(), Value::Null),
    };
    Expected { status, code: (!code.is_empty()).then(|| code.to_owned()), members }
}

#[test]
fn what_is_expected_is_read() {
    let check = |cell: &str, status: u16, code: Option<&str>, members: Value| {
        assert_eq!(expected_of(cell), Expected { status, code: code.map(str::to_owned), members });
    };
    check("431", 431, None, Value::Null);
    check("400 bad-json", 400, Some("bad-json"), Value::Null);
    check("200 {\"quarantined\": 1}", 200, None, serde_json::json!({"quarantined": 1}));
    check(
        "400 wrong-shape {\"field\": \"batch\"}",
        400,
        Some("wrong-shape"),
        serde_json::json!({"field": "batch"}),
    );
}

#[test]
fn there_are_enough_cases_and_each_has_a_name_of_its_own() {
    let cases = read();
    let names: std::collections::BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert!(cases.len() >= 200, "only {}", cases.len());
    assert_eq!(names.len(), cases.len());
}
