//! What the edge is told to do: datastreams and offers, as they are written.

use serde::{Deserialize, Serialize};

/// A datastream: what a `configId` stands for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Datastream {
    /// The `configId`.
    pub id: String,
    /// The organisation, for example `ABC@AdobeOrg`.
    pub org: String,
    /// Where its events go.
    pub dataset: String,
    /// Datasets that a request may want its events to go to instead (`datasetId` of `configOverrides`).
    #[serde(default)]
    pub dataset_overrides: Vec<String>,
    /// On unless said otherwise.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Whether callers must be known.
    #[serde(default)]
    pub access: Access,
    /// The dataset of profiles that what visitors say of consent goes to; absent: it only holds at the edge.
    #[serde(default)]
    pub profile_dataset: Option<String>,
    /// Regions it is served in, the one that clients are sent to by default first; empty: any.
    #[serde(default)]
    pub regions: Vec<Region>,
    /// Origins of pages that may call, like `https://shop.example` or `https://*.shop.example`; empty: any.
    #[serde(default)]
    pub allowed_origins: Vec<String>,
    /// The cookie that holds a first-party device id.
    #[serde(default = "fpid")]
    pub first_party_id_cookie: String,
    /// The namespace of the targeting keys with which flags are asked for.
    #[serde(default = "ecid")]
    pub targeting_namespace: String,
    /// Whether audiences are decided at the edge.
    #[serde(default = "yes")]
    pub edge_segmentation: bool,
    /// Whether custom personalization destinations are answered.
    #[serde(default = "yes")]
    pub personalization_destinations: bool,
    /// Partners who exchange ids with this edge.
    #[serde(default)]
    pub identity_exchanges: Vec<IdentityExchange>,
    /// Where raw events are sent besides.
    #[serde(default)]
    pub event_forwarding: Vec<EventForwarding>,
}

/// Who may call a datastream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Access {
    /// Anybody; those who are known see more.
    #[default]
    Mixed,
    /// Only callers with the API token.
    Authenticated,
}

/// Where an edge is, as its clients are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Region {
    /// The location hint, for example `or2`: lower-case letters, digits and hyphens.
    pub hint: String,
    /// The number beside it in `x-adobe-edge`.
    pub id: u32,
}

/// A partner with whom ids are exchanged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct IdentityExchange {
    /// Its id.
    pub id: String,
    /// Where; `{ecid}` stands for the visitor.
    pub url: String,
    /// Whether the request hides the page's address.
    #[serde(default)]
    pub hide_referrer: bool,
    /// For how long it is not requested again for the same visitor; 0: always.
    #[serde(default)]
    pub ttl_minutes: u32,
}

/// Events that the edge sends on as they come in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventForwarding {
    /// Its id.
    pub id: String,
    /// The `eventType`s that are sent; empty: all.
    #[serde(default)]
    pub event_types: Vec<String>,
    /// Where they are sent, by POST.
    pub url: String,
    /// Further headers.
    #[serde(default)]
    pub headers: std::collections::BTreeMap<String, String>,
    /// The body, in which `{{path}}` stands for the JSON of that path of the event; absent: the event itself.
    #[serde(default)]
    pub template: Option<String>,
}

/// A personalization offer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Offer {
    /// Its id.
    pub id: String,
    /// The decision scope or surface.
    pub scope: String,
    /// Whether the scope is a view of a single page (`viewName`): pages are told of all views with `__view__`.
    #[serde(default)]
    pub view: bool,
    /// Who sees it; absent: everyone.
    #[serde(default)]
    pub audience: Option<String>,
    /// The higher wins within a scope, unless a ranking says otherwise.
    #[serde(default)]
    pub priority: i32,
    /// The first item's schema.
    pub schema: String,
    /// The first item's data; absent: none, as of a `default-content-item`.
    #[serde(default)]
    pub data: serde_json::Value,
    /// Further items, shown together with the first.
    #[serde(default)]
    pub more: Vec<OfferItem>,
    /// The instant from which it is shown, ISO 8601.
    #[serde(default)]
    pub from: Option<String>,
    /// The instant from which it is shown no longer, ISO 8601.
    #[serde(default)]
    pub until: Option<String>,
    /// Only shown in a scope where nothing else is.
    #[serde(default)]
    pub fallback: bool,
    /// How often one person sees it.
    #[serde(default)]
    pub cap: Option<Cap>,
    /// A PQL expression over the profile that gives a number: the highest wins, before any that has none.
    #[serde(default)]
    pub ranking: Option<String>,
    /// The part of the people who see it.
    #[serde(default)]
    pub split: Option<Split>,
}

/// What an offer shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OfferItem {
    /// The item's schema.
    pub schema: String,
    /// The item's data; absent: none.
    #[serde(default)]
    pub data: serde_json::Value,
}

/// How often one person sees an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cap {
    /// At most so often
    pub displays_max: u32,
    /// within so many hours; absent: ever.
    #[serde(default)]
    pub within_hours: Option<u32>,
}

/// A part of the people, of an experiment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Split {
    /// The experiment: its parts exclude each other.
    pub experiment: String,
    /// From here, in percent,
    pub from: f64,
    /// to before here.
    pub to: f64,
}

fn yes() -> bool {
    true
}

fn ecid() -> String {
    "ECID".to_owned()
}

fn fpid() -> String {
    "FPID".to_owned()
}
