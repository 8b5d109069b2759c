//! What is put to one profile, and what it says: the words between the stateless front and the profile's keeper. They
//! are sealed, because they travel between two isolates that may not have been deployed at the same moment.

use acquaint_core::id::AudienceId;
use acquaint_core::profile::{Identity, Memberships};
use acquaint_core::value::Fields;
use acquaint_core::wire::{ForwardedConsent, ForwardedEvent, Sealed};
use serde::{Deserialize, Serialize};

use crate::consent::Consent;
use crate::push::Pushes;
use crate::request::Personalization;

/// Events of one person, and the question which audiences that person is in after each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Visit {
    /// Under which the profile is kept.
    pub primary: Identity,
    /// In order.
    pub steps: Vec<Step>,
    /// Whether the caller may see attributes.
    pub wants_attributes: bool,
    /// What the page may be asked to do; absent: nothing.
    pub pushes: Option<Pushed>,
    /// What this person says of consent now; taken before all else.
    pub consent: Option<Said>,
}

/// What a person says of consent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Whether anything may be collected and used; absent: that stays as it is.
    pub general: Option<Consent>,
    /// Whether it comes with an event, as it may with every one.
    pub with_event: bool,
    /// What the control plane is told; absent: nothing.
    pub record: Option<ForwardedConsent>,
}

/// What a page may be asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pushed {
    /// Of which datastream.
    pub datastream: String,
    /// Whether for audiences too; else ids are exchanged, which needs none.
    pub segmentation: bool,
}

/// One event of a visit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its place in the request.
    pub index: u32,
    /// Who did it.
    pub identities: Vec<Identity>,
    /// To be stored and forwarded; absent for a mere look-up.
    pub event: Option<ForwardedEvent>,
    /// Whether an answer is wanted.
    pub answer: bool,
    /// What is to be personalized; absent: nothing.
    pub wanted: Option<Wanted>,
}

/// The offers that are wanted with a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// Where exposure to experiments is recorded.
    pub datastream: String,
    /// The dataset that the request wants instead of the datastream's.
    pub dataset: Option<String>,
    /// Whether audiences are decided; else offers for an audience are shown to nobody.
    pub segmentation: bool,
    /// Which.
    pub personalization: Personalization,
}

/// The profile's answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// For each step that wanted one: its place in the request, and the audiences the person is in.
    pub steps: Vec<(u32, Vec<AudienceId>)>,
    /// For each step that wanted offers: its place in the request, and the numbers of those chosen.
    pub offers: Vec<(u32, Vec<u32>)>,
    /// What the bundle's destinations may read; only if wanted.
    pub attributes: Fields,
    /// What the page is asked to do, after the last step that wanted an answer.
    pub pushes: Pushes,
}

/// What comes back for a visit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Outcome {
    /// It was answered.
    Decided(Decision),
    /// No further event fits until the control plane has taken some.
    OutboxFull,
    /// This person, or somebody in their name, asks too often.
    TooManyRequests,
    /// The keeper has not got the edition of the bundle that the request began under: nothing was done.
    OtherEdition,
    /// The profile did not answer.
    Unavailable,
    /// This person has objected: nothing was stored and nothing is answered.
    Objected,
}

/// What is seen of a profile without touching it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// Whether this edge knows the person at all.
    pub known: bool,
    /// Whether the person has objected; nothing else is told then.
    pub objects: bool,
    /// As of the last projection.
    pub attributes: Fields,
    /// As of now.
    pub memberships: Memberships,
    /// When a request last asked for this person, to the hour: milliseconds since the epoch, UTC.
    pub last_seen_ms: i64,
}

impl Sealed for View {
    const KIND: u16 = 0x0503;
    const VERSION: u16 = 1;
}

impl Sealed for Visit {
    const KIND: u16 = 0x0501;
    const VERSION: u16 = 7;
}

impl Sealed for Outcome {
    const KIND: u16 = 0x0502;
    const VERSION: u16 = 5;
}
