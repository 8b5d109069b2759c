//! Texts that nest a million times: whatever they nest, reading them ends soon, with a diagnostic, and without a deep
//! stack; Wasm has one megabyte of it.

use acquaint_core::lang::schema::UnionSchema;
use acquaint_core::lang::{self, AudienceDirectory};
use acquaint_core::limits::EXPRESSION_BYTES_MAX;
use serde_json::Value as Json;

/// How deep.
const DEPTH: usize = 1_000_000;

/// What nests: what is repeated, what is in the middle, what closes.
const NESTED: [(&str, &str, &str); 24] = [
    ("(", "1", ")"),
    ("not ", "true", ""),
    ("!", "true", ""),
    ("-", "1", ""),
    ("[", "1", "]"),
    ("{\"a\":", "1", "}"),
    ("a[", "true", "]"),
    ("a", "", ".a"),
    ("a", "", "[true]"),
    ("a", "", ".count()"),
    ("f(", "1", ")"),
    ("a.map(", "1", ")"),
    ("if (true, 1, ", "1", ")"),
    ("let a = 1 in ", "a", ""),
    ("let a = (", "1", ") in a"),
    ("select a from ", "b", ""),
    ("exists a from b where ", "true", ""),
    ("sum 1 over a from ", "b", ""),
    ("(a) => ", "1", ""),
    ("^", "a", ""),
    ("chain(xEvent, timestamp, [A: WHAT(", "true", ")])"),
    ("a occurs on (", "now", ")"),
    ("1 + (", "1", ")"),
    ("1 ", "", "and 1 "),
];

/// What a JSON form nests.
const NESTED_JSON: [(&str, &str, &str); 4] = [
    (r#"{"nodeType":"fnApply","fnName":"not","params":["#, "null", "]}"),
    (r#"{"nodeType":"fieldLookup","fieldName":"a","object":"#, "null", "}"),
    ("[", "1", "]"),
    (r#"{"value":"#, "1", "}"),
];

struct Anyone;

impl AudienceDirectory for Anyone {
    fn contains(&self, _: &str) -> bool {
        true
    }
}

/// What is wrong: texts that nest too deeply and are taken, or that lead to something that cannot be said.
pub fn run() -> Vec<String> {
    let mut wrong = Vec::new();
    for (open, middle, close) in NESTED {
        for (depth, text) in texts(open, middle, close) {
            if let Err(reason) = read(&text, depth) {
                wrong.push(format!("`{open}` {depth} times: {reason}"));
            }
        }
    }
    for (open, middle, close) in NESTED_JSON {
        let text = [open.repeat(DEPTH).as_str(), middle, &close.repeat(DEPTH)].concat();
        if serde_json::from_str::<Json>(&text).is_ok() {
            wrong.push(format!("`{open}` {DEPTH} times is read as JSON"));
        }
        for depth in 1..120 {
            let text = [open.repeat(depth).as_str(), middle, &close.repeat(depth)].concat();
            if let Ok(json) = serde_json::from_str::<Json>(&text) {
                let read = lang::json::from_json(&json);
                if depth > 100 && read.is_ok() {
                    wrong.push(format!("`{open}` {depth} times is read as an expression"));
                }
            }
        }
    }
    wrong
}

/// A million times; as often as a text may be long; and, so that trees are made, as often as an expression may nest.
fn texts(open: &str, middle: &str, close: &str) -> Vec<(usize, String)> {
    let longest = (EXPRESSION_BYTES_MAX - middle.len()) / (open.len() + close.len());
    let depths = [DEPTH, longest, 70, 64, 60, 30];
    let text = |depth: usize| [open.repeat(depth).as_str(), middle, &close.repeat(depth)].concat();
    depths.into_iter().map(|depth| (depth, text(depth))).collect()
}

/// Reads, prints, reads back and checks.
fn read(text: &str, depth: usize) -> Result<(), &'static str> {
    let parsed = lang::parse(text);
    let too_deep = depth > 100;
    if parsed.has_errors() {
        return if parsed.diagnostics.is_empty() { Err("there is no diagnostic") } else { Ok(()) };
    }
    let printed = lang::print(&parsed.tree);
    let again = lang::parse(&printed);
    // A text of almost the greatest length may be printed as a longer one.
    if again.tree != parsed.tree && printed.len() <= EXPRESSION_BYTES_MAX {
        return Err("it is printed as something else");
    }
    let checked = lang::check(&parsed.tree, &UnionSchema::default(), &Anyone);
    // `and` does not nest, nor does a row of `^`.
    match checked {
        Ok(_) if too_deep && !matches!(text.get(..2), Some("1 " | "^^")) => Err("it is no error"),
        Ok(_) => Ok(()),
        Err(diagnostics) if diagnostics.is_empty() => Err("there is no diagnostic"),
        Err(_) => Ok(()),
    }
}
