//! The two forms of an expression: its JSON form is what is expected, and means the same when it is read back.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde_json::Value as Json;

use super::case::Body;
use super::run::{Failure, Read, Refused, Step, failed, wanted};
use crate::lang::ast::Expr;
use crate::lang::schema::UnionSchema;
use crate::lang::{self, AudienceDirectory, Checked, Diagnostic, json};

/// A case in JSON.
pub(super) fn read(expression: &str, body: &Body) -> Result<Read, Refused> {
    let found = |found: String| Failure { step: Step::Json, expected: wanted(&body.expected), found };
    let node: Json = serde_json::from_str(expression)
        .map_err(|error| Refused { codes: Vec::new(), failure: found(format!("not JSON: {error}")) })?;
    let read = json::from_json(&node).and_then(|tree| Ok((tree, json::to_text(&node)?)));
    let (tree, text) = read.map_err(|error| {
        let diagnostic = Diagnostic::from(error);
        Refused { codes: [diagnostic.code].into(), failure: found(diagnostic.message) }
    })?;
    if let Some(prints) = body.expected.prints.as_ref().filter(|prints| **prints != text) {
        let failure = Failure { step: Step::Print, expected: prints.clone(), found: text };
        return Err(Refused { codes: Vec::new(), failure });
    }
    Ok(Read { text, tree, warnings: Vec::new(), is_fragment: false })
}

/// The JSON form is the expected one, if one is expected.
pub(super) fn written(tree: &Expr, expected: Option<&Json>) -> Result<(), Failure> {
    let found = json::to_json(tree).or_else(|error| failed(Step::Json, "a form", error.to_string()))?;
    match expected {
        Some(expected) if *expected != found => failed(Step::Json, expected.to_string(), found.to_string()),
        Some(_) | None => Ok(()),
    }
}

/// What is read from the JSON form is the same checked expression.
pub(super) fn read_back(
    tree: &Expr,
    schema: &UnionSchema,
    directory: &dyn AudienceDirectory,
    checked: &Checked,
) -> Result<(), Failure> {
    let line = json::to_line(tree).or_else(|error| failed(Step::Json, "a form", error.to_string()))?;
    let Ok(form) = serde_json::from_str(&line) else {
        return failed(Step::Json, "a form that JSON can be read from", line);
    };
    let again = match json::from_json(&form) {
        Ok(tree) => lang::check(&tree, schema, directory),
        Err(error) => return failed(Step::Json, "a form that can be read back", error.to_string()),
    };
    match again {
        Ok(again) if again.expr == checked.expr => Ok(()),
        Ok(_) => failed(Step::Json, "the same expression", line),
        Err(found) => {
            failed(Step::Json, line, found.first().map(|found| found.message.clone()).unwrap_or_default())
        }
    }
}
