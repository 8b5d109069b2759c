//! The JSON form of expressions (`pql/json`, `pql.md` 2.1), read and written. What is read back is the tree that was
//! written, except that a call in the place of a method is a method and `$1.name` may be `name`: the same expression.
//!
//! Published nodes, as they are published:
//!
//! | node | text |
//! |---|---|
//! | `literal {literalType, value}` | constants; `List` of constants is `[...]`; the `XDMObject` `profile` is `$1` |
//! | `parameterReference {position}` | `$1` |
//! | `fieldLookup {fieldName, object}` | `object.name`, and a bare name is a field of `$1` |
//! | `fieldLookup {fieldName}` | a bare name inside what binds items: first a field of the row that is looked at |
//! | `varRef {varName}` | a variable |
//! | `fnApply {fnName, params}` | operators (`and` and `or` of any number), functions and methods, `if`, `filter` |
//! | `fnCreate {params, body}` | `(a, b) => body` |
//! | `select`, `quantification {quantifier, variables}`, `varDecl {varName, from, where}` | the same |
//!
//! What has no published node, in the same style:
//!
//! | node | text |
//! |---|---|
//! | `fnApply let [value, fnCreate]` | `let x = value in body` |
//! | `fnApply list [...]` | a list that is not all constants |
//! | `fnApply - [x]` | `-x` |
//! | `fnApply occurs [timestamp, timeConstraint]` | `timestamp occurs ...` |
//! | `timeConstraint {comparison, count, unit, direction, reference}`, with fewer keys where the text has fewer words, `{between: [a, b]}` | `< 7 days before now` ... |
//! | `timeReference {name, unit}` | `now`, `this month` ...; any other node is an instant |
//! | `object {fields: [{fieldName, value}]}` | `{"name": value}` |
//! | `scopeReference {levels}` | `^` |
//! | `contextReference {name}` | `@{name}` |
//! | `aggregation {fnName, value, variables}` | `sum value over x from a` |
//! | `chain {from, orderBy, steps}`, `chainStep {label, what, when: [timeConstraint], where, count: {least, most}}` | `chain(...)` |

mod read;
mod scope;
mod time;
mod write;

#[cfg(test)]
mod tests;

use alloc::format;
use alloc::string::{String, ToString as _};

use serde_json::Value as Json;

use super::ast::Expr;
use super::diagnostic::{Diagnostic, Span, code};
use crate::limits::EXPRESSION_DEPTH_MAX;

pub use read::from_json;
pub(crate) use scope::is_per_item;
pub use write::to_json;

/// Why a JSON value is not the form of an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}`: {reason}")]
pub struct Error {
    /// Where: the keys and indices on the way from the root, parted by `/`.
    pub path: String,
    /// Why.
    pub reason: Reason,
}

/// What is wrong with a node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Something else than is wanted here.
    #[error("expected {0}")]
    Expected(&'static str),
    /// A kind of node that the form does not have.
    #[error("unknown node type `{0}`")]
    UnknownNode(String),
    /// A function with operands that it does not take.
    #[error("`{0}` does not take {1} parameters")]
    ParameterCount(String, usize),
    /// A text that should be JSON and is not, or is nested too deeply to be read.
    #[error("not JSON: {0}")]
    NotJson(String),
    /// Too deep.
    #[error("nested more than {EXPRESSION_DEPTH_MAX} deep")]
    TooDeep,
    /// A name that no text can say, such as a variable with a space or a field with a backtick.
    #[error("the text form cannot say this: a name is not a name, or nothing")]
    NoText,
}

impl From<Error> for Diagnostic {
    fn from(error: Error) -> Self {
        let (path, reason) = (error.path, error.reason);
        let message = if path.is_empty() { reason.to_string() } else { format!("at `{path}`: {reason}") };
        Self::error(code::BAD_JSON, Span::default(), message)
    }
}

impl Error {
    fn whole(reason: Reason) -> Self {
        Self { path: String::new(), reason }
    }
}

/// The text of an expression in JSON: what is stored and shown. An error if reading the text would not give the same
/// expression, as with names that are not words.
pub fn to_text(json: &Json) -> Result<String, Error> {
    let tree = from_json(json)?;
    let text = super::print(&tree);
    let read = super::parse(&text);
    if read.has_errors() || read.tree != tree { Err(Error::whole(Reason::NoText)) } else { Ok(text) }
}

/// The JSON form of a tree as one line, as segment definitions keep it in `expression.value`.
pub fn to_line(tree: &Expr) -> Result<String, Error> {
    to_json(tree).map(|json| json.to_string())
}
