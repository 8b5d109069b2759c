//! What a `configId` stands for: who may call, what their events become, and who else is told.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::Flag;
use crate::id::AudienceId;

/// A datastream. By default it has everything switched on and nothing to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Datastream {
    /// The `configId` / `dataStreamId`.
    pub id: String,
    /// The organisation whose cookies are used: `kndctr_<org with @ as _>_identity`.
    pub org: String,
    /// The dataset its events belong to.
    pub dataset: String,
    /// Datasets that a request may want its events to belong to instead.
    pub dataset_overrides: Vec<String>,
    /// False: requests are answered with EXEG-0004-422.
    pub enabled: bool,
    /// Whether callers must be known.
    pub access: Access,
    /// The dataset that is told what its visitors say of consent; absent: that only holds at the edge.
    pub profile_dataset: Option<String>,
    /// Regions it is served in, the one that clients are sent to by default first; empty: any.
    pub regions: Vec<Region>,
    /// Origins of pages that may call, like `https://shop.example` or `https://*.shop.example`; empty: any.
    pub allowed_origins: Vec<String>,
    /// The cookie that holds a first-party device id.
    pub first_party_id_cookie: String,
    /// False: no audiences are answered or pushed, and events only count in the control plane.
    pub edge_segmentation: bool,
    /// False: no `activation:pull`.
    pub personalization_destinations: bool,
    /// Custom personalization destinations: one `activation:pull` item each.
    pub destinations: Vec<EdgeDestination>,
    /// Cookie and URL destinations: one `activation:push` item each.
    pub push: Vec<PushDestination>,
    /// Partners who exchange ids with this edge: one `identity:exchange` item each.
    pub exchanges: Vec<IdentityExchange>,
    /// Where raw events are sent besides.
    pub forwarding: Vec<EventForwarding>,
    /// Flags that are answered to its callers.
    pub flags: Vec<Flag>,
    /// The namespace of the targeting keys with which they ask for flags.
    pub targeting_namespace: String,
}

impl Default for Datastream {
    fn default() -> Self {
        Self {
            id: String::new(),
            org: String::new(),
            dataset: String::new(),
            dataset_overrides: Vec::new(),
            enabled: true,
            access: Access::Mixed,
            profile_dataset: None,
            regions: Vec::new(),
            allowed_origins: Vec::new(),
            first_party_id_cookie: "FPID".into(),
            edge_segmentation: true,
            personalization_destinations: true,
            destinations: Vec::new(),
            push: Vec::new(),
            exchanges: Vec::new(),
            forwarding: Vec::new(),
            flags: Vec::new(),
            targeting_namespace: "ECID".into(),
        }
    }
}

/// Who may call a datastream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Access {
    /// Anybody; those who are known see more.
    #[default]
    Mixed,
    /// Only callers with the API token: version 1 is refused.
    Authenticated,
}

/// Where an edge is, as its clients are told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    /// The location hint, which the client's next requests come with: lower-case letters, digits and hyphens.
    pub hint: String,
    /// The number beside it in `x-adobe-edge`.
    pub id: u32,
}

/// A custom personalization destination.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EdgeDestination {
    /// `destinationId`
    pub id: String,
    /// `alias`
    pub alias: String,
    /// Which audiences it may see.
    pub audiences: Vec<AudienceId>,
    /// Attributes for authenticated callers: name and path.
    pub attributes: Vec<(String, Vec<String>)>,
}

/// A destination that the page itself tells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushDestination {
    /// Its id.
    pub id: String,
    /// Which audiences it hears of, each with the name it has there.
    pub audiences: Vec<(AudienceId, String)>,
    /// How.
    pub push: Push,
}

/// How the page tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Push {
    /// A cookie, whose value is the names of the audiences, joined by commas.
    Cookie {
        /// Its name.
        name: String,
        /// Its domain; absent: the page's host alone.
        domain: Option<String>,
        /// How long it lives.
        ttl_days: u32,
    },
    /// An image is requested, for each audience.
    Url {
        /// Where; `{audience}` and `{ecid}` stand for the audience's name and the visitor.
        url: String,
        /// Whether the request hides the page's address.
        hide_referrer: bool,
        /// For how long it is not requested again for the same visitor and audience; 0: always.
        ttl_minutes: u32,
    },
}

/// A partner with whom ids are exchanged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityExchange {
    /// Its id.
    pub id: String,
    /// Where; `{ecid}` stands for the visitor.
    pub url: String,
    /// Whether the request hides the page's address.
    pub hide_referrer: bool,
    /// For how long it is not requested again for the same visitor; 0: always.
    pub ttl_minutes: u32,
}

/// Events that are sent on as they come in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventForwarding {
    /// Its id.
    pub id: String,
    /// The `eventType`s that are sent; empty: all.
    pub event_types: Vec<String>,
    /// Where they are sent, by POST.
    pub url: String,
    /// Further headers.
    pub headers: Vec<(String, String)>,
    /// The body, in which `{{path}}` stands for the JSON of that path of the event; absent: the event itself.
    pub template: Option<String>,
}
