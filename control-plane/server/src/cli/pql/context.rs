//! What only a decision knows, in a file: the values of `@{name}` and of `modelInstances("name")`, by name.

use std::path::Path;

use acquaint_core::limits::VALUE_DEPTH_MAX;
use acquaint_core::value::{Fields, fields};
use serde_json::{Map, Value};

use super::super::Error;

/// The context in a file; nothing is known without one.
pub(super) fn of_file(path: Option<&Path>) -> Result<Fields, Error> {
    let Some(path) = path else { return Ok(Fields::new()) };
    read(&std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.into(), source })?)
}

pub(super) fn read(text: &str) -> Result<Fields, Error> {
    let refused = |why: String| Error::Refused(format!("the context: {why}"));
    let json: Map<String, Value> = serde_json::from_str(text).map_err(|error| refused(error.to_string()))?;
    fields::from_json(&json, VALUE_DEPTH_MAX).map_err(|error| refused(error.to_string()))
}
