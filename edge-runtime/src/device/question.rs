//! What a page asks, in the words of the Web SDK where it has words for it.

use std::collections::BTreeMap;

use acquaint_core::limits::VALUE_DEPTH_MAX;
use acquaint_core::profile::Identity;
use acquaint_core::value::{Fields, fields};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json};

use super::Error;
use crate::identity::map::{IdentityItems, Item};
use crate::limits;
use crate::request::Personalization;

/// "This is the visitor, this has happened: which audiences, and what is to be shown?"
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// `configId`: whose destinations are asked for.
    pub datastream: String,
    /// Who the visitor is. One is primary: the one marked so, or the only one.
    pub identity_map: BTreeMap<String, Vec<Item>>,
    /// The profile of the last answer; absent: the visitor is new.
    pub profile: Option<Vec<u8>>,
    /// What the page knows about the visitor, in place of what it said before; absent: as it said before.
    pub attributes: Option<Map<String, Json>>,
    /// XDM events, in order; none: only a look-up.
    pub events: Vec<Map<String, Json>>,
    /// Decision scopes and surfaces.
    pub scopes: Vec<String>,
    /// The item schemas that the page can show; empty: any.
    pub schemas: Vec<String>,
}

/// "Why is the visitor in this audience, or not?"
#[derive(Clone, Debug, Default)]
pub struct ExplainQuestion {
    /// The audience's id.
    pub audience: String,
    /// The profile of the last answer; absent: a visitor of whom nothing is known.
    pub profile: Option<Vec<u8>>,
}

impl Question {
    /// The primary identity, and all of them with the primary first.
    pub(super) fn identities(&self) -> Result<(Identity, Vec<Identity>), Error> {
        let items = IdentityItems::new(self.identity_map.clone().into_iter().collect())?;
        let mut all: Vec<Identity> = items.iter().cloned().collect();
        let only = if all.len() == 1 { all.first() } else { None };
        let primary = items.primary().or(only).cloned().ok_or_else(|| {
            Error::Question("`identityMap` needs one item that is marked as primary, or only one".into())
        })?;
        all.retain(|identity| *identity != primary);
        all.insert(0, primary.clone());
        Ok((primary, all))
    }

    pub(super) fn attributes(&self) -> Result<Option<Fields>, Error> {
        let read = |json| fields::from_json(json, VALUE_DEPTH_MAX);
        let read = self.attributes.as_ref().map(read).transpose();
        read.map_err(|error| Error::Question(format!("`attributes`: {error}")))
    }

    /// What is to be personalized: scopes each once, in the order given.
    pub(super) fn personalization(&self) -> Result<Personalization, Error> {
        at_most(limits::SCOPES_PER_EVENT_MAX, self.scopes.len(), "scopes")?;
        let mut scopes: Vec<String> = Vec::new();
        for scope in &self.scopes {
            if !scopes.contains(scope) {
                scopes.push(scope.clone());
            }
        }
        Ok(Personalization { scopes, schemas: self.schemas.clone() })
    }
}

/// A part of a question that travels as JSON, so that an event means what it would mean on its way to the edge. It may
/// be as long as a request to the edge.
pub fn part<T: DeserializeOwned>(name: &str, text: &str) -> Result<T, Error> {
    at_most(limits::REQUEST_BYTES_MAX, text.len(), &format!("bytes of `{name}`"))?;
    serde_json::from_str(text).map_err(|error| Error::Question(format!("`{name}`: {error}")))
}

pub(super) fn at_most(max: usize, found: usize, what: &str) -> Result<(), Error> {
    match found <= max {
        true => Ok(()),
        false => Err(Error::Question(format!("{found} {what} are more than the {max} allowed"))),
    }
}
