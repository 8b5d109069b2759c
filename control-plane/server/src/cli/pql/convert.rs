//! A rule in its other format: text as `pql/json`, and `pql/json` as text.

use acquaint_core::lang::{self, Diagnostic, json};
use serde_json::Value;

use super::super::{Error, render};
use super::world::refused;

/// The other format. What is a JSON object with a `nodeType` is `pql/json`; everything else is text.
pub(super) fn converted(rule: &str) -> Result<String, Error> {
    match node_of(rule) {
        Some(node) => {
            let text = json::to_text(&node);
            text.map(|text| format!("{text}\n")).map_err(|error| refused("", &[error.into()], false))
        }
        None => json_of(rule).map(|node| render::json(&node)).map_err(|found| refused(rule, &found, false)),
    }
}

fn node_of(rule: &str) -> Option<Value> {
    serde_json::from_str(rule).ok().filter(|value: &Value| value.get("nodeType").is_some())
}

fn json_of(text: &str) -> Result<Value, Vec<Diagnostic>> {
    let parsed = lang::parse(text);
    if parsed.has_errors() {
        return Err(parsed.diagnostics);
    }
    json::to_json(&parsed.tree).map_err(|error| vec![error.into()])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_becomes_json_and_json_the_same_text() {
        for text in ["age >= 18 and city = \"Ulm\"", "{\"nodeType\": age}.nodeType > 1"] {
            let written = converted(text).unwrap();
            assert!(serde_json::from_str::<Value>(&written).unwrap()["nodeType"].is_string(), "{written}");
            assert_eq!(converted(&written).unwrap().trim_end(), text);
        }
    }

    #[test]
    fn what_is_wrong_is_said_of_either_format() {
        let told = |rule: &str| converted(rule).unwrap_err().to_string();
        assert!(told("age >=").contains("age >="), "{}", told("age >="));
        let node = json!({"nodeType": "fnApply", "fnName": "=", "params": [{"nodeType": "nothing"}]});
        assert!(
            told(&node.to_string()).contains("unknown node type `nothing`"),
            "{}",
            told(&node.to_string())
        );
    }
}
