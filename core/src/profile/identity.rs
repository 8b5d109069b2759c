//! Identities: a namespace and a value, and the map of them that a profile or a request carries.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use crate::limits::{IDENTITIES_PER_RECORD_MAX, IDENTITY_CHARACTERS_MAX};

/// One identity, for example `ECID` / `81702...` or `household` / `1029`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// The namespace's code, for example `ECID`.
    pub namespace: String,
    /// The value within the namespace.
    pub id: String,
}

/// All identities of one profile, by namespace.
pub type IdentityMap = BTreeMap<String, BTreeSet<String>>;

/// The namespace of device ids that the edge mints.
pub const ECID: &str = "ECID";
/// Digits of an ECID (`pql.md` section 4).
const ECID_DIGITS: usize = 38;
/// Values that clients send when they mean that there is none; as identities they would join strangers.
const PLACEHOLDERS: [&str; 7] =
    ["null", "undefined", "none", "nan", "unknown", "anonymous", "[object object]"];

/// So many zeros and nothing else are no identity: advertising ids that were switched off look so.
const ZEROS_MIN: usize = 4;

/// Why something is not an identity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No namespace, or one that is too long.
    #[error("an identity needs a namespace of at most {IDENTITY_CHARACTERS_MAX} characters")]
    Namespace,
    /// Empty, or too long.
    #[error("an identity in namespace `{namespace}` needs 1 to {IDENTITY_CHARACTERS_MAX} characters")]
    Length {
        /// The namespace.
        namespace: String,
    },
    /// An ECID that is none.
    #[error("`{0}` is not an ECID: {ECID_DIGITS} digits are expected")]
    Ecid(String),
    /// A word that means "no value".
    #[error("`{id}` is not an identity in namespace `{namespace}`: it stands for a missing value")]
    Placeholder {
        /// The namespace.
        namespace: String,
        /// The word.
        id: String,
    },
    /// Not `{"NS": [{"id": "..."}]}`.
    #[error("`identityMap.{namespace}` should be a list of objects with a string `id`")]
    Shape {
        /// The namespace.
        namespace: String,
    },
    /// More than one primary.
    #[error("more than one identity is primary")]
    Primaries,
    /// Too many.
    #[error("{found} identities are more than the {IDENTITIES_PER_RECORD_MAX} allowed on one record")]
    TooMany {
        /// How many there are.
        found: usize,
    },
}

impl Identity {
    /// An identity, if it can be one.
    pub fn new(namespace: &str, id: &str) -> Result<Self, Error> {
        let namespace_length = namespace.chars().take(IDENTITY_CHARACTERS_MAX + 1).count();
        if !(1..=IDENTITY_CHARACTERS_MAX).contains(&namespace_length) {
            return Err(Error::Namespace);
        }
        let (namespace, length) =
            (namespace.to_string(), id.chars().take(IDENTITY_CHARACTERS_MAX + 1).count());
        if id.trim().is_empty() || length > IDENTITY_CHARACTERS_MAX {
            return Err(Error::Length { namespace });
        }
        let is_ecid = id.len() == ECID_DIGITS && id.bytes().all(|byte| byte.is_ascii_digit());
        if namespace == ECID && !is_ecid {
            return Err(Error::Ecid(id.to_string()));
        }
        if is_placeholder(id) {
            return Err(Error::Placeholder { namespace, id: id.to_string() });
        }
        Ok(Self { namespace, id: id.to_string() })
    }
}

/// A word that stands for a missing value, or four zeros and more.
pub fn is_placeholder(id: &str) -> bool {
    let id = id.trim();
    let zeros = id.bytes().filter(|byte| *byte == b'0').count();
    let only_zeros = zeros >= ZEROS_MIN && id.bytes().all(|byte| matches!(byte, b'0' | b'-'));
    only_zeros || PLACEHOLDERS.iter().any(|placeholder| id.eq_ignore_ascii_case(placeholder))
}

/// Reads an `identityMap` of a request or record: the primary identity first (the one marked so, else the ECID, else
/// the first), then the others by namespace and id, each once.
pub fn identities_from_json(map: &Map<String, Json>) -> Result<Vec<Identity>, Error> {
    let mut primary = None;
    let mut identities = BTreeSet::new();
    for (namespace, items) in map {
        let shape = || Error::Shape { namespace: namespace.clone() };
        for item in items.as_array().ok_or_else(shape)? {
            let identity =
                Identity::new(namespace, item.get("id").and_then(Json::as_str).ok_or_else(shape)?)?;
            if item.get("primary").and_then(Json::as_bool) == Some(true) {
                if primary.as_ref().is_some_and(|marked| *marked != identity) {
                    return Err(Error::Primaries);
                }
                primary = Some(identity.clone());
            }
            identities.insert(identity);
        }
    }
    if identities.len() > IDENTITIES_PER_RECORD_MAX {
        return Err(Error::TooMany { found: identities.len() });
    }
    let primary = primary.or_else(|| identities.iter().find(|identity| identity.namespace == ECID).cloned());
    let Some(primary) = primary else { return Ok(identities.into_iter().collect()) };
    identities.remove(&primary);
    Ok(core::iter::once(primary).chain(identities).collect())
}

/// Writes an `identityMap`: `{"ECID": [{"id": "..."}]}`.
pub fn identity_map_to_json(identities: &IdentityMap) -> Json {
    let namespaces = identities.iter().map(|(namespace, ids)| {
        (namespace.clone(), Json::Array(ids.iter().map(|id| json!({ "id": id })).collect()))
    });
    Json::Object(namespaces.collect())
}

/// All identities, one by one.
pub fn identities(map: &IdentityMap) -> impl Iterator<Item = Identity> {
    map.iter().flat_map(|(namespace, ids)| {
        ids.iter().map(|id| Identity { namespace: namespace.clone(), id: id.clone() })
    })
}

/// Adds an identity; tells whether it was new.
pub fn insert(map: &mut IdentityMap, identity: &Identity) -> bool {
    map.entry(identity.namespace.clone()).or_default().insert(identity.id.clone())
}

/// How many identities there are.
pub fn count(map: &IdentityMap) -> usize {
    map.values().map(BTreeSet::len).sum()
}

/// Identities by the priority of their namespaces, highest (smallest) first; ties and unlisted namespaces, which come
/// last, by namespace and id. The first is the one that stands for the profile (`pql.md` section 5).
pub fn by_priority<P: Ord>(map: &IdentityMap, priority: impl Fn(&str) -> Option<P>) -> Vec<Identity> {
    let mut sorted: Vec<Identity> = identities(map).collect();
    sorted.sort_by_cached_key(|identity| {
        let priority = priority(&identity.namespace);
        (priority.is_none(), priority, identity.clone())
    });
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOME_ECID: &str = "81702297389124576218472919283746501928";

    fn check(json: Json, expected: &[(&str, &str)]) {
        let found = identities_from_json(json.as_object().unwrap()).unwrap();
        let found: Vec<_> =
            found.iter().map(|identity| (identity.namespace.as_str(), identity.id.as_str())).collect();
        assert_eq!(found, expected, "{json}");
    }

    fn check_refused(json: Json, expected: &Error) {
        assert_eq!(identities_from_json(json.as_object().unwrap()).as_ref(), Err(expected), "{json}");
    }

    #[test]
    fn the_primary_identity_comes_first() {
        check(
            json!({"CRM": [{"id": "1"}, {"id": "0"}], "Phone": [{"id": "2", "primary": true}]}),
            &[("Phone", "2"), ("CRM", "0"), ("CRM", "1")],
        );
        check(
            json!({"CRM": [{"id": "1"}], "ECID": [{"id": SOME_ECID}]}),
            &[("ECID", SOME_ECID), ("CRM", "1")],
        );
        check(json!({"CRM": [{"id": "1"}, {"id": "1"}]}), &[("CRM", "1")]);
        check(json!({}), &[]);
    }

    #[test]
    fn what_is_no_identity_is_refused() {
        check_refused(json!({"CRM": {"id": "1"}}), &Error::Shape { namespace: "CRM".into() });
        check_refused(json!({"CRM": [{"id": 1}]}), &Error::Shape { namespace: "CRM".into() });
        check_refused(json!({"CRM": [{"id": " "}]}), &Error::Length { namespace: "CRM".into() });
        check_refused(
            json!({"CRM": [{"id": "x".repeat(1_025)}]}),
            &Error::Length { namespace: "CRM".into() },
        );
        check_refused(json!({"": [{"id": "1"}]}), &Error::Namespace);
        check_refused(json!({"ECID": [{"id": "123"}]}), &Error::Ecid("123".into()));
        check_refused(
            json!({"CRM": [{"id": "Undefined"}]}),
            &Error::Placeholder { namespace: "CRM".into(), id: "Undefined".into() },
        );
        for id in ["0000", "00000000-0000-0000-0000-000000000000", " NULL "] {
            let (namespace, id) = ("IDFA".to_string(), id.to_string());
            let refused = Error::Placeholder { namespace, id: id.clone() };
            check_refused(json!({ "IDFA": [{ "id": id }] }), &refused);
        }
        check_refused(
            json!({"CRM": [{"id": "1", "primary": true}, {"id": "2", "primary": true}]}),
            &Error::Primaries,
        );
        let many: Vec<Json> = (0..21).map(|id| json!({ "id": id.to_string() })).collect();
        check_refused(json!({ "CRM": many }), &Error::TooMany { found: 21 });
    }

    #[test]
    fn identities_are_sorted_by_priority_of_their_namespace() {
        let mut map = IdentityMap::new();
        for (namespace, id) in [("cookie", "c"), ("crm", "2"), ("crm", "1"), ("other", "o")] {
            assert!(insert(&mut map, &Identity::new(namespace, id).unwrap()));
        }
        let order = ["crm", "cookie"];
        let sorted = by_priority(&map, |namespace| order.iter().position(|listed| *listed == namespace));
        let ids: Vec<_> = sorted.iter().map(|identity| identity.id.as_str()).collect();
        assert_eq!(ids, ["1", "2", "c", "o"]);
        assert_eq!(count(&map), 4);
        assert_eq!(identity_map_to_json(&map)["crm"], json!([{"id": "1"}, {"id": "2"}]));
    }
}
