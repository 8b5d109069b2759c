//! Changing a definition by its address: the parts that all kinds have in common.

use serde_json::{Map, Value};

use crate::problem::Problem;

/// Refuses a body that says another id than the address.
pub(super) fn same_id(sent: &Map<String, Value>, id: &str) -> Result<(), Problem> {
    match sent.get("id") {
        None => Ok(()),
        Some(said) if said == id => Ok(()),
        Some(said) => {
            let detail = format!("the address says `{id}` and the body says {said}");
            Err(Problem::bad_request("wrong-id", "the id does not fit", detail).with("field", "id"))
        }
    }
}

/// The id that was sent, or a new one; it is put into what was sent.
pub(super) fn given_id(sent: &mut Map<String, Value>) -> Result<String, Problem> {
    let id = match sent.get("id") {
        Some(Value::String(id)) => id.clone(),
        Some(other) => {
            let detail = format!("an id is text, not {other}");
            return Err(Problem::bad_request("wrong-id", "the id does not fit", detail).with("field", "id"));
        }
        None => uuid::Uuid::new_v4().to_string(),
    };
    sent.insert("id".into(), id.clone().into());
    Ok(id)
}

/// A JSON merge patch (RFC 7396): named fields are overwritten, `null` removes.
pub(super) fn merge(target: &mut Value, patch: Value) {
    let (Value::Object(target), Value::Object(patch)) = (target, patch) else { return };
    for (name, value) in patch {
        match (value, target.get_mut(&name)) {
            (Value::Null, _) => drop(target.remove(&name)),
            (value @ Value::Object(_), Some(existing @ Value::Object(_))) => merge(existing, value),
            (value, _) => drop(target.insert(name, value)),
        }
    }
}
