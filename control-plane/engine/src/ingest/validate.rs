//! What every record has to be, whichever way it came in: within limits, of known identities, as its schema says.

use acquaint_core::lang::schema::Violation;
use acquaint_core::limits::{IDENTITIES_PER_RECORD_MAX, RECORD_BYTES_MAX, VALUE_DEPTH_MAX};
use acquaint_core::profile::Identity;
use acquaint_core::profile::identity::Error;
use acquaint_core::time::has_text;
use acquaint_core::value::{Fields, Value, fields};
use serde_json::{Map, Value as Json};

use super::Refusal;
use super::rules::{Dataset, Rules};

/// Characters of a message id (`ingest-api.md` section 4).
pub(crate) const MESSAGE_ID_CHARACTERS_MAX: usize = 100;

/// An object, with its `Null` fields.
pub(crate) fn patch(object: &Map<String, Json>) -> Result<Fields, Refusal> {
    fields::patch_from_json(object, VALUE_DEPTH_MAX)
        .map_err(|error| Refusal::new("too_deep", "", error.to_string()))
}

/// Refuses what is longer than allowed, as compact JSON.
pub(crate) fn size(json: &impl serde::Serialize, bytes_max: usize) -> Result<(), Refusal> {
    let mut counter = Counter { bytes: 0, bytes_max };
    if serde_json::to_writer(&mut counter, json).is_err() {
        let reason = format!("more than the {bytes_max} bytes allowed");
        return Err(Refusal::new("too_large", "", reason));
    }
    Ok(())
}

/// Counts bytes, and stops at the limit.
struct Counter {
    bytes: usize,
    bytes_max: usize,
}

impl std::io::Write for Counter {
    fn write(&mut self, buffer: &[u8]) -> std::io::Result<usize> {
        self.bytes += buffer.len();
        if self.bytes > self.bytes_max {
            Err(std::io::ErrorKind::FileTooLarge.into())
        } else {
            Ok(buffer.len())
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The fields of an event, without `Null`.
pub(crate) fn event_fields(dataset: &Dataset, fields: Fields) -> Result<Fields, Refusal> {
    dataset.schema.conform_event(fields::without_nulls(fields)).map_err(|found| violations(&found))
}

/// The attributes of an upsert, in which `Null` removes.
pub(crate) fn attributes(dataset: &Dataset, fields: Fields) -> Result<Fields, Refusal> {
    size(&fields::to_json(&fields), RECORD_BYTES_MAX)?;
    dataset.schema.conform_attributes(fields).map_err(|found| violations(&found))
}

fn violations(found: &[Violation]) -> Refusal {
    let path = found.first().map_or("", Violation::path);
    let reasons: Vec<String> = found.iter().map(ToString::to_string).collect();
    Refusal::new("schema", path, reasons.join("; "))
}

/// Identities of a record, of which there must be at least one.
pub(crate) fn identities(rules: &Rules, found: &[(String, Identity)]) -> Result<Vec<Identity>, Refusal> {
    if found.is_empty() {
        return Err(Refusal::new("no_identity", "", "no identity: nobody to attribute this to"));
    }
    if found.len() > IDENTITIES_PER_RECORD_MAX {
        let reason =
            format!("{} identities are more than the {IDENTITIES_PER_RECORD_MAX} allowed", found.len());
        return Err(Refusal::new("too_many_identities", "", reason));
    }
    let mut accepted = Vec::with_capacity(found.len());
    let mut nobody = None;
    for (path, identity) in found {
        match one_identity(rules, path, identity) {
            Ok(()) if accepted.contains(identity) => {}
            Ok(()) => accepted.push(identity.clone()),
            Err(refusal) if refusal.code == NOBODY => nobody = Some(refusal),
            Err(refusal) => return Err(refusal),
        }
    }
    // A value that stands for nobody does not harm the others; alone it leaves nobody to attribute this to.
    match nobody {
        Some(refusal) if accepted.is_empty() => Err(Refusal { code: "bad_identity".into(), ..refusal }),
        Some(_) | None => Ok(accepted),
    }
}

/// The code, among ourselves, of a value that stands for nobody.
const NOBODY: &str = "nobody";

fn one_identity(rules: &Rules, path: &str, identity: &Identity) -> Result<(), Refusal> {
    let Identity { namespace, id } = identity;
    if !rules.knows_namespace(namespace) {
        let reason = format!("namespace `{namespace}` does not exist");
        return Err(Refusal::new("unknown_namespace", path, reason));
    }
    if rules.blocks(namespace, id) {
        let reason = format!("`{id}` stands for nobody in namespace `{namespace}`");
        return Err(Refusal::new(NOBODY, path, reason));
    }
    match Identity::new(namespace, id) {
        Ok(_) => Ok(()),
        Err(error @ Error::Placeholder { .. }) => Err(Refusal::new(NOBODY, path, error.to_string())),
        Err(error) => Err(Refusal::new("bad_identity", path, error.to_string())),
    }
}

/// The id of an event or message.
pub(crate) fn message_id(path: &str, id: &str) -> Result<(), Refusal> {
    let characters = id.chars().count();
    if characters == 0 {
        return Err(Refusal::new("bad_message_id", path, "the id is empty"));
    }
    if characters > MESSAGE_ID_CHARACTERS_MAX {
        let reason = format!(
            "an id of {characters} characters is longer than the {MESSAGE_ID_CHARACTERS_MAX} allowed"
        );
        return Err(Refusal::new("bad_message_id", path, reason));
    }
    Ok(())
}

/// The text of an id: text, or a whole number. Missing, null and empty are none.
pub(crate) fn id_text(path: &str, value: Option<&Value>) -> Result<Option<String>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.is_empty() => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(Value::Integer(number)) => Ok(Some(number.to_string())),
        Some(
            other @ (Value::Boolean(_)
            | Value::Double(_)
            | Value::Time(_)
            | Value::List(_)
            | Value::Object(_)),
        ) => {
            let reason = format!("`{path}` should be a string, found {}", other.kind());
            Err(Refusal::new("wrong_type", path, reason))
        }
    }
}

/// An instant: ISO 8601 text, or milliseconds since the epoch, of a year that has four digits (which nanoseconds sent for
/// milliseconds have not). Missing and null are none.
pub(crate) fn instant(path: &str, value: Option<&Value>) -> Result<Option<i64>, Refusal> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_instant_ms().filter(|instant_ms| has_text(*instant_ms)) {
            Some(instant_ms) => Ok(Some(instant_ms)),
            None => {
                let shown = match value {
                    Value::String(text) => format!("`{text}`"),
                    Value::Integer(number) => format!("{number}, beyond the years 0 to 9999,"),
                    _ => value.kind().to_owned(),
                };
                let reason = format!("{shown} is no timestamp: use ISO 8601 or milliseconds since the epoch");
                Err(Refusal::new("bad_timestamp", path, reason))
            }
        },
    }
}
