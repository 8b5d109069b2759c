//! Content shown to people, and the rules that choose it.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::id::AudienceId;
use crate::value::Value;

/// One offer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Offer {
    /// Its id.
    pub id: String,
    /// The decision scope or surface.
    pub scope: String,
    /// Whether the scope is a view of a single page: pages are told of all views at once, with `__view__`.
    pub view: bool,
    /// Who sees it; absent: everyone.
    pub audience: Option<AudienceId>,
    /// The first item's `schema`.
    pub schema: String,
    /// The first item's `data`; null: none.
    pub data: Value,
    /// Further items, shown together with the first.
    pub more: Vec<Item>,
    /// The higher wins within a scope, unless a ranking says otherwise.
    pub priority: i32,
    /// The instant from which it is shown: milliseconds since the epoch, UTC.
    pub from_ms: Option<i64>,
    /// The instant from which it is shown no longer.
    pub until_ms: Option<i64>,
    /// Only shown in a scope where nothing else is.
    pub fallback: bool,
    /// How often one person sees it.
    pub cap: Option<Cap>,
    /// What it scores for a person; the highest wins, before any that has none.
    pub ranking: Option<Ranking>,
    /// The part of the people who see it.
    pub split: Option<Split>,
}

/// What an offer shows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// `schema`
    pub schema: String,
    /// `data`; null: none.
    pub data: Value,
}

/// How often one person sees an offer: displays are counted that the client has notified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cap {
    /// At most so often
    pub displays_max: u32,
    /// within so long; absent: ever.
    pub within_ms: Option<i64>,
}

/// A number of the profile that ranks the offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ranking {
    /// Which of the bundle's program's scores.
    pub score: u32,
}

/// A part of the people, of an experiment: the same person is always in the same part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// The experiment: its parts exclude each other.
    pub experiment: String,
    /// From here, in hundredths of a percent,
    pub from: u16,
    /// to before here, of 10,000.
    pub to: u16,
}
