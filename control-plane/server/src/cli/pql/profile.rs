//! A profile in a file: its attributes, `identityMap`, `segmentMembership`, and its events under `xEvent`.

use std::path::Path;

use acquaint_core::eval::Subject;
use acquaint_core::limits::VALUE_DEPTH_MAX;
use acquaint_core::profile::{Event, IdentityMap, Membership, Memberships, Status, identity};
use acquaint_core::time::parse_instant;
use acquaint_core::value::{Fields, fields};
use serde_json::{Map, Value};

use super::super::Error;

/// The profile as it is in the file, taken apart.
#[derive(Debug, Default)]
pub(super) struct Profile {
    attributes: Fields,
    identities: IdentityMap,
    memberships: Memberships,
    events: Vec<Event>,
}

impl Profile {
    /// The profile in a file.
    pub(super) fn of_file(path: &Path) -> Result<Self, Error> {
        let text =
            std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.into(), source })?;
        Self::read(&text)
    }

    /// As the evaluators want it.
    pub(super) fn subject(&self) -> Subject<'_> {
        Subject {
            attributes: &self.attributes,
            identities: &self.identities,
            memberships: &self.memberships,
            events: &self.events,
        }
    }

    pub(super) fn read(text: &str) -> Result<Self, Error> {
        let refused = |field: &str, why: String| Error::Refused(format!("the profile's {field}: {why}"));
        let mut json: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| refused("file", error.to_string()))?;
        let mut profile = Self::default();
        if let Some(map) = json.remove("identityMap") {
            let map = map.as_object().ok_or_else(|| refused("identityMap", "it is no object".into()))?;
            let found = identity::identities_from_json(map)
                .map_err(|error| refused("identityMap", error.to_string()))?;
            for one in &found {
                identity::insert(&mut profile.identities, one);
            }
        }
        if let Some(all) = json.remove("segmentMembership") {
            profile.memberships = memberships(&all).ok_or_else(|| {
                refused(
                    "segmentMembership",
                    "it should be like {\"ups\": {\"id\": {\"status\": \"realized\"}}}".into(),
                )
            })?;
        }
        let events = json.remove("xEvent").unwrap_or_else(|| Value::Array(Vec::new()));
        let events = events.as_array().ok_or_else(|| refused("xEvent", "it is no list".into()))?;
        for (number, event) in (1_usize..).zip(events) {
            let place = format!("event {number}");
            profile.events.push(read_event(number, event).map_err(|why| refused(&place, why))?);
        }
        profile.events.sort_by(|a, b| a.order().cmp(&b.order()));
        profile.attributes = fields::from_json(&json, VALUE_DEPTH_MAX)
            .map_err(|error| refused("attributes", error.to_string()))?;
        Ok(profile)
    }
}

/// An event in a file may leave out its id: its place is one.
fn read_event(number: usize, event: &Value) -> Result<Event, String> {
    let mut event = event.as_object().cloned().ok_or("an event is an object")?;
    event.entry("_id").or_insert_with(|| Value::from(format!("{number:08}")));
    let fields = fields::from_json(&event, VALUE_DEPTH_MAX).map_err(|error| error.to_string())?;
    Event::from_fields(fields).map_err(|error| error.to_string())
}

fn memberships(all: &Value) -> Option<Memberships> {
    let mut found = Memberships::new();
    for (audience, membership) in all.as_object()?.values().filter_map(Value::as_object).flatten() {
        let status = match membership.get("status")?.as_str()? {
            "realized" | "existing" => Status::Realized,
            "exited" => Status::Exited,
            _ => return None,
        };
        let since = membership.get("lastQualificationTime").and_then(Value::as_str).and_then(parse_instant);
        found.insert(audience.as_str().into(), Membership { status, since_ms: since.unwrap_or(0) });
    }
    Some(found)
}
