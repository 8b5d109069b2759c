//! The handles of a response (`edge-api.md` section 3).

use acquaint_core::gather::gather;
use acquaint_core::id::AudienceId;
use acquaint_core::value::{Fields, Value, fields};
use acquaint_core::wire::Datastream;
use serde_json::{Map, json};

use crate::limits;
use crate::push::{Asked, Pushes};

/// A cookie to be kept by the page or by the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cookie {
    /// Name.
    pub key: String,
    /// Value.
    pub value: String,
    /// Seconds.
    pub max_age: u32,
}

/// Handles, in the order they were added.
#[derive(Clone, Debug, Default)]
pub struct Handles(Vec<serde_json::Value>);

impl Handles {
    fn push(&mut self, kind: &str, payload: Vec<serde_json::Value>, event_index: Option<u32>) {
        let mut handle = Map::new();
        handle.insert("payload".into(), payload.into());
        handle.insert("type".into(), kind.into());
        if let Some(index) = event_index {
            handle.insert("eventIndex".into(), index.into());
        }
        self.0.push(handle.into());
    }

    /// Who the visitor is.
    pub fn identity(&mut self, ecid: &str) {
        self.push("identity:result", vec![json!({ "id": ecid, "namespace": { "code": "ECID" } })], None);
    }

    /// What to show.
    pub fn decisions(&mut self, propositions: Vec<serde_json::Value>, event_index: u32) {
        self.push("personalization:decisions", propositions, Some(event_index));
    }

    /// The audiences each destination of the datastream may see, which it names in order ([`crate::bundle::Edition`]), and
    /// attributes for callers who may.
    pub fn audiences(
        &mut self,
        datastream: &Datastream,
        audiences: &[AudienceId],
        attributes: Option<&Fields>,
        event_index: u32,
    ) {
        let payload = datastream.destinations.iter().map(|destination| {
            let segments: Vec<_> = audiences
                .iter()
                .filter(|audience| destination.audiences.binary_search(audience).is_ok())
                .map(|audience| json!({ "id": audience, "namespace": "ups" }))
                .collect();
            let mut item = Map::new();
            item.insert("type".into(), "profileLookup".into());
            item.insert("destinationId".into(), destination.id.clone().into());
            item.insert("alias".into(), destination.alias.clone().into());
            item.insert("segments".into(), segments.into());
            if let Some(attributes) = attributes {
                let mapped = destination.attributes.iter().filter_map(|(name, path)| {
                    let value = fields::get(attributes, path).filter(|value| **value != Value::Null)?;
                    Some((name.clone(), json!({ "value": value.to_json() })))
                });
                item.insert("attributes".into(), serde_json::Value::Object(gather(mapped)));
            }
            item.into()
        });
        self.push("activation:pull", payload.collect(), Some(event_index));
    }

    /// What the page is asked to do.
    pub fn pushes(&mut self, pushes: &Pushes, event_index: u32) {
        for (kind, asked) in
            [("activation:push", &pushes.activation), ("identity:exchange", &pushes.exchange)]
        {
            if !asked.is_empty() {
                self.push(kind, asked.iter().map(asked_json).collect(), Some(event_index));
            }
        }
    }

    /// A media session begins; its id is what the client repeats with every ping.
    pub fn media_session(&mut self, session_id: &str, event_index: u32) {
        self.push("media-analytics:new-session", vec![json!({ "sessionId": session_id })], Some(event_index));
    }

    /// Where to come back to.
    pub fn location(&mut self, hint: &str) {
        let payload =
            json!({ "scope": "EdgeNetwork", "hint": hint, "ttlSeconds": limits::CLUSTER_COOKIE_SECONDS });
        self.push("locationHint:result", vec![payload], None);
    }

    /// Cookies for the page to keep.
    pub fn state(&mut self, cookies: &[Cookie]) {
        let payload = cookies.iter().map(|cookie| {
            json!({
                "key": cookie.key,
                "value": cookie.value,
                "maxAge": cookie.max_age,
                "attrs": { "SameSite": "None" },
            })
        });
        self.push("state:store", payload.collect(), None);
    }

    /// The list.
    pub fn into_json(self) -> serde_json::Value {
        self.0.into()
    }
}

fn asked_json(asked: &Asked) -> serde_json::Value {
    match asked {
        Asked::Cookie { name, value, domain, ttl_days } => {
            let mut spec = Map::new();
            spec.insert("name".into(), name.clone().into());
            spec.insert("value".into(), value.clone().into());
            if let Some(domain) = domain {
                spec.insert("domain".into(), domain.clone().into());
            }
            spec.insert("ttlDays".into(), (*ttl_days).into());
            json!({ "type": "cookie", "spec": spec })
        }
        Asked::Image { id, url, hide_referrer, ttl_minutes } => json!({
            "type": "url",
            "id": id,
            "spec": { "url": url, "hideReferrer": hide_referrer, "ttlMinutes": ttl_minutes },
        }),
    }
}
