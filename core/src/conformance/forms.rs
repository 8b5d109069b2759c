//! The two forms of an expression: its JSON form is what is expected, and means the same when it is read back.

use alloc::string::ToString as _;

use serde_json::Value as Json;

use super::run::{Failure, Step, failed};
use crate::lang::ast::Expr;
use crate::lang::schema::UnionSchema;
use crate::lang::{self, AudienceDirectory, Checked, json};

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
