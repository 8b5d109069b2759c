//! Files of conformance cases, as anyone may bring them: pages in Markdown, lines in JSON. Whatever they say, each case
//! passes or fails with a reason.

use acquaint_core::conformance;

/// Any text is a page of cases and a file of lines.
pub fn conformance(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    let file = if text.starts_with('{') { "cases.jsonl" } else { "cases.md" };
    let report = conformance::run_file(file, text);
    assert!(report.total.passed <= report.total.cases);
    assert_eq!(report.total.cases - report.total.passed, report.failures.len());
}

/// A page and lines of every form.
pub fn seeds() -> Vec<Vec<u8>> {
    let page = r#"# Title

Prose.

```json
{"now": "2018-08-28T00:00:00Z", "profile": {"age": 36, "tags": ["a"]}, "events": [{"_id": "a", "timestamp": "2018-08-27T00:00:00Z", "price": 2}]}
```

| expression | value | type | because |
|---|---|---|---|
| `age > 3 \| 4` | `PQL0101` | | no bar |
| `xEvent.price.sum()` | `2` | number | |

## Section

```json
{"audiences": {"vip": "age > 3"}, "members": ["outside"], "schema": {"profile": {"age": {"type": "integer"}}, "event": {}}}
```

| expression | value | warns | prints | json | edge | streaming | adobe edge | adobe streaming |
|---|---|---|---|---|---|---|---|---|
| `inSegment("vip")` | `true` | | `inSegment("vip")` | | ok | `ok` | ok | ok |
| `nobody = 1` | `PQL0301` | | | | | | | |
"#;
    let lines = r#"{"id": "1", "pql": "age = 36", "sample": {"age": 36}, "expected": true, "dialect": "pql/text"}
{"id": "2", "pql": "{\"nodeType\":\"literal\",\"literalType\":\"Boolean\",\"value\":true}", "dialect": "pql/json"}
{"id": "3", "pql": "orders.count()", "sample": {"orders": [{"price": 1}]}, "expected": 1, "now": "2018-01-01T00:00:00Z"}"#;
    [page, lines, "{\"schema\": \"open\"}"].map(|seed| seed.as_bytes().to_vec()).to_vec()
}
