//! That cases are read, and that what is wrong fails with its reason.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::*;

/// What came of each case of a page.
fn page(text: &str) -> Vec<String> {
    outcomes("area/page.md", text)
}

fn outcomes(file: &str, text: &str) -> Vec<String> {
    let outcome =
        |case: &Case| run(case).map_or_else(|failure| format!("{failure}"), |()| String::from("ok"));
    read(file, text).iter().map(outcome).collect()
}

fn check_line(line: &str, expected: &str) {
    assert_eq!(outcomes("cases.jsonl", line), [expected], "{line}");
}

const PAGE: &str = r#"
# Page

```json
{"profile": {"a": 1}}
```

| not | a case |
|---|---|
| `a = 2` | `true` |

| expression | value | type | because |
|---|---|---|---|
| `a = 1` | `true` | Boolean | it is |
| `a + 1` | `2` | `Integer` | |
| `b` | `PQL0301` | | there is none |
| `a =` | PQL0201 | | |

## Section

```json
{"profile": {"b": "x|y"}, "now": "2020-02-29T12:00:00Z"}
```

| expression | timestamp | value | prints | warns | edge | adobe streaming |
|---|---|---|---|---|---|---|
| `b = "x\|y"` | | `true` | `b = "x\|y"` | none | ok | ok |
| `xEvent[timestamp occurs today]` | 2020-02-29T00:00:00Z | `[{"_id": "0001", "timestamp": "2020-02-29T00:00:00Z"}]` | | | ok | ok |
| `xEvent[timestamp occurs today].count()` | 2020-02-28T23:59:59.999Z | `0` | | | | |
"#;

#[test]
fn every_row_of_a_table_of_expressions_is_a_case() {
    assert_eq!(page(PAGE), ["ok"; 7]);
    let cases = read("area/page.md", PAGE);
    assert_eq!((&*cases[0].category, &*cases[0].name), ("area", "14"));
}

#[test]
fn what_is_not_as_it_says_fails_with_both() {
    let table = "```json\n{\"profile\": {\"a\": 1}}\n```\n\n| expression | value | type | edge |\n|---|---|---|---|\n";
    let check = |row: &str, expected: &str| assert_eq!(page(&format!("{table}{row}")), [expected], "{row}");
    check("| `a = 1` | `false` | | |", "value: expected false, found true");
    check("| `a` | `\"1\"` | | |", "value: expected \"1\", found 1");
    check("| `a` | `true` | | |", "value: expected true, found 1");
    check("| `a.isNull()` | `null` | | |", "value: expected null, found false");
    check("| `a = 1` | `PQL0301` | | |", "check: expected PQL0301, found no error");
    check("| `a` | | String | |", "type: expected String, found Integer");
    check("| `a = 1` | | | PQL0601 |", "verdict: expected Native edge PQL0601, found ok");
    check("| `a` | | |", "case: expected a case, found 3 cells under 4 columns");
    check("| a = 1 | | | |", "case: expected a case, found the expression is not in backticks");
    check(
        "| `a = 1` | `yes` | | |",
        "case: expected a case, found the value is not JSON: expected value at line 1 column 1",
    );
}

#[test]
fn worlds_that_are_none_fail() {
    let rows = "| expression |\n|---|\n| `true` |\n";
    let check = |world: &str, expected: &str| {
        let found = page(&format!("```json\n{world}\n```\n\n{rows}")).concat();
        assert!(found.contains(expected), "{world}: {found}");
    };
    check("{\"profil\": {}}", "a world has no `profil`");
    check("[]", "a world is an object");
    check("{", "a world is JSON");
    check("{\"schema\": 1}", "`schema` is \"open\"");
    check("{\"audiences\": {\"x\": \"y\"}}", "audience `x` is not in order");
    check("{\"dialect\": \"klingon\"}", "unknown dialect `klingon`");
    assert!(page("```json\n{}").concat().contains("no end"));
}

#[test]
fn audiences_and_members_are_there() {
    let text = r#"
```json
{"profile": {"a": 1}, "audiences": {"one": "a = 1", "two": {"pql": "a = 2", "mode": "batch"}}, "members": ["three"]}
```

| expression | value |
|---|---|
| `inSegment("one")` | `true` |
| `inSegment("two")` | `false` |
| `inSegment("three")` | `true` |
| `inSegment("four")` | `PQL0303` |
"#;
    assert_eq!(page(text), ["ok"; 4]);
}

#[test]
fn an_open_schema_has_every_field() {
    let text = "```json\n{\"schema\": \"open\", \"profile\": {\"a\": {\"b\": 1}}, \"events\": [{\"n\": 2}]}\n```\n\
                | expression | value |\n|---|---|\n| `a.b = 1 and x.y.isNull() and a.c.isNull()` | `true` |\n\
                | `xEvent[n = 2 and m.isNull()].count()` | `1` |\n";
    assert_eq!(page(text), ["ok"; 2]);
}

#[test]
fn fields_behind_a_filter_or_a_call_are_fields_of_events_too() {
    check_line(r#"{"pql": "xEvent[eventType = \"a\"].productListItems[price > 1].SKU"}"#, "ok");
    check_line(r#"{"pql": "xEvent.topN(timestamp, 1).head().product"}"#, "ok");
}

#[test]
fn lines_are_cases() {
    check_line(r#"{"pql": "a.b = 1 and c = \"x\"", "sample": {"b": 1, "p.c": "x"}, "expected": true}"#, "ok");
    check_line(r#"{"pql": "a = b", "sample": {"a": 1, "b": 2}, "expected": false}"#, "ok");
    check_line(r#"{"pql": "a.x = b.x", "sample": {"a.x": 1, "b.x": 2}, "expected": false}"#, "ok");
    check_line(r#"{"pql": "f.g", "sample": {"h": [1]}, "expected": [1]}"#, "ok");
    check_line(r#"{"pql": "a", "sample": {"a": {"b": 1}}, "expected": true}"#, "ok");
    check_line(r#"{"pql": "a > 1", "sample": {"b": 1}, "expected": false, "has_sample_data": true}"#, "ok");
    check_line(r#"{"pql": "a", "has_sample_data": true, "expected": null}"#, "ok");
    assert!(
        outcomes("cases.jsonl", r#"{"pql": "a ="}"#)
            .concat()
            .starts_with("parse: expected an expression in order")
    );
    check_line(
        r#"{"pql": "toString(12)", "dialect": "ajo-personalization", "expected": 12}"#,
        "value: expected 12, found \"12\"",
    );
    check_line(
        r#"{"pql": "{%= toString(profile.n) %}", "sample": {"profile": {"n": 1}}, "dialect": "ajo-personalization", "expected": "1"}"#,
        "ok",
    );
    check_line(r#"{"pql": {"nodeType": "literal", "value": 3}, "dialect": "pql/json", "expected": 3}"#, "ok");
    check_line(
        r#"{"pql": "{ xEvent.a > 1 }", "sample": {"xEvent": [{"a": 2}]}, "dialect": "pql-legacy-2018", "expected": true}"#,
        "ok",
    );
    check_line(r#"{"pql": "true", "dialect": "sql"}"#, "case: expected a case, found unknown dialect `sql`");
    check_line(r#"{"id": 3}"#, "case: expected a case, found there is no `pql`");
    check_line("[1]", "case: expected a case, found a case is an object");
}

#[test]
fn days_are_checked_at_their_ends() {
    let line = |pql: &str, last: &str| {
        format!(
            r#"{{"pql": "{pql}", "sample": {{"today": "2018-08-28"}}, "expected": "with today = 2018-08-28: matches 2018-07-01 .. {last}"}}"#
        )
    };
    check_line(&line("X.timestamp occurs last month", "2018-07-31"), "ok");
    check_line(&line("product.saleDate occurs last month", "2018-07-31"), "ok");
    check_line(
        &line("X.timestamp occurs last month", "2018-07-30"),
        "value: expected false at 2018-07-31T00:00:00.000Z, found [{\"_id\":\"1\",\"timestamp\":\"2018-07-31T00:00:00.000Z\"}] at 2018-07-31T00:00:00.000Z",
    );
}

#[test]
fn reports_add_up() {
    let mut report = run_file("area/page.md", PAGE);
    report.merge(run_file("cases.jsonl", "{\"pql\": \"a =\"}\n\n{\"pql\": \"a\"}"));
    assert_eq!((report.total.cases, report.total.passed), (9, 8));
    assert_eq!(report.files["cases.jsonl"].cases, 2);
    assert_eq!(report.failures[0].place, "cases.jsonl:line 1");
    assert_eq!(report.categories["area"].passed, 7);
    let exceptions = |name: &str| [(String::from(name), String::from("why"))].into();
    assert_eq!(report.surprises(&exceptions("line 1")), [""; 0]);
    assert_eq!(report.surprises(&exceptions("line 2")).len(), 2);
}
