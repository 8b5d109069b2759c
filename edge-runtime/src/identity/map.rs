//! `identityMap` as clients send it.

use acquaint_core::limits::IDENTITIES_PER_RECORD_MAX;
use acquaint_core::profile::{Identity, identity};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::ecid;
use crate::json::{Read, Wrong, take};
use crate::problem::Problem;

const NAME: &str = "identityMap";
/// The namespace of the browser's identity.
pub const ECID: &str = "ECID";
/// The namespace of first-party device ids; they stand for an ECID and are never an identity of their own.
pub const FPID: &str = "FPID";

/// One item of a namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Item {
    /// The value.
    pub id: String,
    /// Whether the profile is kept under this one.
    pub primary: bool,
}

impl Read for Item {
    fn read(json: Value) -> Result<Self, Wrong> {
        let mut object = Map::read(json)?;
        Ok(Self {
            id: take(&mut object, "id")?.unwrap_or_default(),
            primary: take(&mut object, "primary")?.unwrap_or_default(),
        })
    }
}

/// The items of each namespace.
pub type Items = Vec<(String, Vec<Item>)>;

/// Takes the `identityMap` of something out.
pub fn take_items(object: &mut Map<String, Value>) -> Result<Option<Items>, Wrong> {
    let Some(map) = take::<Map<_, _>>(object, NAME)? else { return Ok(None) };
    let mut all = Items::new();
    for (namespace, items) in map {
        let items = Vec::read(items).map_err(|wrong| wrong.within(&namespace).within(NAME))?;
        all.push((namespace, items));
    }
    Ok(Some(all))
}

/// Identities, checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdentityItems(Vec<(Identity, bool)>);

impl IdentityItems {
    /// Checks what came in. Items without a value are ignored, as the Web SDK itself does.
    pub fn new(map: Items) -> Result<Self, Problem> {
        let mut items = Vec::new();
        for (namespace, list) in map {
            for item in list {
                if item.id.is_empty() {
                    continue;
                }
                items.push((check(&namespace, &item.id)?, item.primary));
            }
        }
        if items.len() > IDENTITIES_PER_RECORD_MAX {
            return Err(Problem::Identity(format!(
                "{} identities are more than the {IDENTITIES_PER_RECORD_MAX} allowed",
                items.len()
            )));
        }
        let mut primaries = items.iter().filter(|(_, primary)| *primary).map(|(identity, _)| identity);
        if let Some(first) = primaries.next()
            && primaries.any(|other| other != first)
        {
            return Err(Problem::Identity("more than one identity is marked as primary".into()));
        }
        Ok(Self(items))
    }

    /// The first value of a namespace.
    pub fn first(&self, namespace: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(identity, _)| identity.namespace == namespace)
            .map(|(identity, _)| identity.id.as_str())
    }

    /// The identity that is marked as primary.
    pub fn primary(&self) -> Option<&Identity> {
        self.0.iter().find(|(_, primary)| *primary).map(|(identity, _)| identity)
    }

    /// All, by namespace.
    pub fn iter(&self) -> impl Iterator<Item = &Identity> {
        self.0.iter().map(|(identity, _)| identity)
    }
}

/// What the control plane would refuse is refused here: until it did, visitors without a value would share a profile.
pub fn check(namespace: &str, id: &str) -> Result<Identity, Problem> {
    if namespace.chars().count() > 255 || namespace.chars().any(char::is_control) {
        return Err(Problem::Identity(
            "a namespace of `identityMap` is too long or has control characters".into(),
        ));
    }
    let identity = Identity::new(namespace, id).map_err(|error| match error {
        identity::Error::Ecid(_) => Problem::IdentityFormat(error.to_string()),
        identity::Error::Namespace
        | identity::Error::Length { .. }
        | identity::Error::Placeholder { .. }
        | identity::Error::Shape { .. }
        | identity::Error::Primaries
        | identity::Error::TooMany { .. } => Problem::Identity(error.to_string()),
    })?;
    if namespace == FPID && !ecid::is_uuid_v4(id) {
        return Err(Problem::IdentityFormat("an FPID is a UUID of version 4".into()));
    }
    Ok(identity)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_map(json: &str) -> Result<IdentityItems, Problem> {
        let mut object = Map::from_iter([("identityMap".to_owned(), serde_json::from_str(json).unwrap())]);
        IdentityItems::new(take_items(&mut object).unwrap().unwrap())
    }

    #[test]
    fn the_marked_item_is_primary() {
        let items = check_map(r#"{"A":[{"id":"1"}],"B":[{"id":""},{"id":"2","primary":true,"authenticatedState":"authenticated"}]}"#).unwrap();
        assert_eq!(items.primary(), Some(&Identity { namespace: "B".into(), id: "2".into() }));
        assert_eq!(items.iter().count(), 2);
        assert_eq!(items.first("A"), Some("1"));
    }

    #[test]
    fn malformed_identities_are_refused_with_their_code() {
        let status =
            |json| check_map(json).unwrap_err().to_json("", None)["type"].as_str().unwrap().to_owned();
        assert!(status(r#"{"ECID":[{"id":"12"}]}"#).ends_with("EXEG-0308-400"));
        assert!(status(r#"{"FPID":[{"id":"not-a-uuid"}]}"#).ends_with("EXEG-0308-400"));
        assert!(status(r#"{"":[{"id":"x"}]}"#).ends_with("EXEG-0305-400"));
        assert!(status(r#"{"email":[{"id":"undefined","primary":true}]}"#).ends_with("EXEG-0305-400"));
        assert!(status(r#"{"a\u001fb":[{"id":"x"}]}"#).ends_with("EXEG-0305-400"));
        let two = r#"{"A":[{"id":"1","primary":true}],"B":[{"id":"2","primary":true}]}"#;
        assert!(status(two).ends_with("EXEG-0305-400"));
        let long = format!(r#"{{"A":[{{"id":"{}"}}]}}"#, "x".repeat(1_025));
        assert!(status(&long).ends_with("EXEG-0305-400"));
    }
}
