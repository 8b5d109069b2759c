//! The mapping functions of Data Prep, which calculated fields have: what their public page documents, as far as it can be
//! said without chance, without a library of user agents, and without rules of time zones. None of it is in the worker.

pub(super) mod analytics;
pub(super) mod list;
pub(super) mod map;
pub(super) mod pairs;
pub(super) mod regex;
pub(super) mod text;
pub(super) mod time;
pub(super) mod url;
mod zone;

pub(crate) use zone::offset_minutes;

use crate::value::Value;

/// The text of an argument.
fn text_at(arguments: &[Value], index: usize) -> Option<&str> {
    arguments.get(index).and_then(Value::as_str)
}

/// The number of an argument that counts something.
fn count_at(arguments: &[Value], index: usize) -> Option<usize> {
    match arguments.get(index) {
        Some(Value::Integer(number)) => usize::try_from(*number).ok(),
        Some(_) | None => None,
    }
}
