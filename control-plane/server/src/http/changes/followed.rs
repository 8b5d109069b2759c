//! The profile that somebody looks at, and which records are its.

use acquaint_core::id::{Position, ProfileId};
use acquaint_core::profile::IdentityMap;
use acquaint_core::profile::identity::identities;
use acquaint_core::value::Fields;
use acquaint_core::wire;
use acquaint_store::record::{Body, Record};
use acquaint_store::{Error, ProfileDocument, ProfileStore, Read, Snapshot, Table, keys, profile_document};
use memchr::memmem;
use serde_json::{Map, Value, json};

use super::told::What;
use crate::app::{App, Store};
use crate::problem::Problem;

/// The profile that somebody looks at.
pub(super) struct Followed {
    pub(super) id: ProfileId,
    pub(super) identities: IdentityMap,
    /// What was last told of its computed attributes.
    computed: Fields,
}

impl Followed {
    pub(super) fn new(
        app: &App,
        snapshot: &dyn Snapshot,
        document: &ProfileDocument,
    ) -> Result<Self, Problem> {
        let computed = app.in_force().computed.values(snapshot, document, app.clock.now_ms())?;
        Ok(Self { id: document.id, identities: document.identities.clone(), computed })
    }

    /// A profile that is not there any more.
    pub(super) fn gone(id: ProfileId) -> Self {
        Self { id, identities: IdentityMap::new(), computed: Fields::new() }
    }

    /// The computed attributes that have other values now than were last told.
    pub(super) fn computed(&mut self, app: &App) -> Result<Option<What>, Problem> {
        let in_force = app.in_force();
        if in_force.computed.is_empty() {
            return Ok(None);
        }
        let snapshot = app.store.snapshot();
        let Some(document) = ProfileDocument::load(&*snapshot, self.id)? else { return Ok(None) };
        let now = in_force.computed.values(&*snapshot, &document, app.clock.now_ms())?;
        let before = std::mem::replace(&mut self.computed, now);
        let mut values = Map::new();
        for (name, value) in self.computed.iter().filter(|(name, value)| before.get(*name) != Some(*value)) {
            values.insert(name.clone(), value.to_json());
        }
        for name in before.keys().filter(|name| !self.computed.contains_key(*name)) {
            values.insert(name.clone(), Value::Null);
        }
        Ok((!values.is_empty()).then_some(What::Computed { values }))
    }

    /// What a record says of this profile. What was sent belongs to the profile that has it now: after identities were
    /// parted, that of the other person is not shown.
    pub(super) fn said(
        &self,
        store: &Store,
        position: Position,
        bytes: &[u8],
    ) -> Result<Option<(i64, What)>, Problem> {
        // Most records are of others; texts are in them as they are.
        let mentioned =
            identities(&self.identities).any(|one| memmem::find(bytes, one.id.as_bytes()).is_some());
        if !mentioned {
            return Ok(None);
        }
        let record: Record = wire::open(bytes)
            .map_err(|source| Error::Damaged { place: format!("records at {position}"), source })?;
        let what = match record.body {
            Body::Event { dataset, event, .. } => {
                let key = keys::event(self.id, event.timestamp_ms, &event.id);
                let ours = store.get(Table::Events, &key)?.is_some();
                (ours && self.first(store, Some(&event.id), position)?)
                    .then_some(What::Event { dataset, event })
            }
            Body::Upsert { message, dataset, identities, attributes } => {
                match identities.into_iter().next() {
                    Some(identity) => {
                        let ours = profile_document::find(store, &identity)? == Some(self.id);
                        (ours && self.first(store, message.as_deref(), position)?)
                            .then_some(What::Attributes { dataset, identity, attributes })
                    }
                    None => None,
                }
            }
            // What these lead to is in the log of changes.
            Body::Link { .. }
            | Body::Unlink { .. }
            | Body::Catalog { .. }
            | Body::Advance
            | Body::Decided { .. }
            | Body::Erase { .. }
            | Body::Erased => None,
        };
        Ok(what.map(|what| (record.received_ms, what)))
    }

    /// Whether this record is the one that was applied, not a repetition of it.
    fn first(&self, store: &Store, message: Option<&str>, position: Position) -> Result<bool, Problem> {
        let Some(message) = message else { return Ok(true) };
        let applied = store.get(Table::EventIds, message.as_bytes())?;
        Ok(applied.is_none_or(|applied| keys::parse_position(&applied) == Some(position)))
    }

    /// Takes over the identities of a change, and says which came and went.
    pub(super) fn take(&mut self, changed: IdentityMap) -> Option<What> {
        if changed == self.identities {
            return None;
        }
        let missing_in = |these: &IdentityMap, those: &IdentityMap| -> Vec<Value> {
            let known = |one: &acquaint_core::profile::Identity| {
                those.get(&one.namespace).is_some_and(|ids| ids.contains(&one.id))
            };
            identities(these).filter(|one| !known(one)).map(|one| json!(one)).collect()
        };
        let added = missing_in(&changed, &self.identities);
        let removed = missing_in(&self.identities, &changed);
        self.identities = changed;
        Some(What::Identity { all: self.identities.clone(), added, removed })
    }
}
