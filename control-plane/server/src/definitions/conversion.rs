//! The two formats of an expression. What is stored is text; a definition in `pql/json` is turned into it on the way in.

use acquaint_core::lang::{self, Diagnostic, json};
use serde_json::Value;

use super::{Finding, Subject};

/// The format of text.
pub(crate) const TEXT: &str = "pql/text";
/// The format of JSON.
pub(crate) const JSON: &str = "pql/json";

/// The text of an expression in `pql/json`: the node itself, or the node as text.
pub(crate) fn text_of(value: &Value) -> Result<String, Diagnostic> {
    match value {
        Value::String(line) => match serde_json::from_str(line) {
            Ok(node) => json::to_text(&node),
            Err(error) => {
                let reason = json::Reason::NotJson(error.to_string());
                Err(json::Error { path: String::new(), reason })
            }
        },
        node => json::to_text(node),
    }
    .map_err(Diagnostic::from)
}

/// The JSON form of a text, as one line.
pub(crate) fn json_of(text: &str) -> Result<String, Vec<Diagnostic>> {
    let parsed = lang::parse(text);
    if parsed.has_errors() {
        return Err(parsed.diagnostics);
    }
    json::to_line(&parsed.tree).map_err(|error| vec![error.into()])
}

/// An audience with its expression as text.
pub(crate) fn as_text(subject: &Subject, mut audience: Value) -> Result<Value, Box<Finding>> {
    let Some(expression) = audience.get_mut("expression").and_then(Value::as_object_mut) else {
        return Ok(audience);
    };
    if expression.get("format").and_then(Value::as_str) != Some(JSON) {
        return Ok(audience);
    }
    if let Some(value) = expression.get_mut("value") {
        let text = text_of(value);
        *value = text
            .map_err(|found| Finding::about(subject, "/expression/value", &found.code, found.message))?
            .into();
        expression.insert("format".into(), TEXT.into());
    }
    Ok(audience)
}
