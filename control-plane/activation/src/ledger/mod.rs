//! The ledger: for every (dataflow, audience, profile) what the destination should know, what it has confirmed, and
//! if the two differ, why.
//!
//! Invariants:
//! - `delivered` changes only on a confirmation of the receiver.
//! - `sending` is on disk before the first byte is sent. While it is there, the receiver may or may not know of it, so
//!   it is settled, under the same message id, before anything newer is sent: enter and exit alternate.
//! - A row in `Table::Due` exists exactly where `next_attempt_ms` is set; a dead letter exactly where `dead` is.
//! - Sequences come from one counter that never goes back, so a message id is never used twice.

pub(crate) mod book;
pub mod decide;
pub(crate) mod keys;
pub(crate) mod settle;

use acquaint_core::id::Position;
use acquaint_core::profile::{IdentityMap, Status};
use acquaint_core::value::Fields;
use acquaint_core::wire::Sealed;
use serde::{Deserialize, Serialize};

pub use keys::Key;

/// What a destination should know of one profile in one audience.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// In or out.
    pub status: Status,
    /// It was in before the dataflow began: `existing` on the wire (design, decision 4).
    pub existing: bool,
    /// `lastQualificationTime`: when it was entered or left. Milliseconds since the epoch, UTC.
    pub since_ms: i64,
    /// The record that led to it; 0: a change of the dataflow did.
    pub position: Position,
    /// Raised with every decision; part of the message id.
    pub sequence: u64,
    /// When it was decided.
    pub decided_ms: i64,
    /// The identities to send.
    pub identities: IdentityMap,
    /// The mapped fields to send, by the destination's names.
    pub attributes: Fields,
    /// Why the destination should not know of a profile that is in: then this says that it is out.
    pub blocked: Option<String>,
}

/// What a message tells the receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// The profile is in now.
    Entered,
    /// It is still in; identities or mapped fields have changed.
    Updated,
    /// It is out.
    Exited,
}

/// A message that has been, or is about to be, sent, and is not settled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sending {
    /// What it tells.
    pub kind: Kind,
    /// What it carries.
    pub intent: Intent,
}

/// What the receiver has confirmed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Delivered {
    /// What it carried.
    pub intent: Intent,
    /// When it was confirmed.
    pub at_ms: i64,
    /// The `webhook-id`, or the run of a file.
    pub message_id: String,
}

/// One row of the ledger.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What the destination should know.
    pub desired: Intent,
    /// What it may know.
    pub sending: Option<Sending>,
    /// What it does know.
    pub delivered: Option<Delivered>,
    /// Attempts at the message that is owed.
    pub attempts: u32,
    /// When the next attempt is due; absent: nothing is owed, or files are written instead.
    pub next_attempt_ms: Option<i64>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
    /// The sequence that was given up; its dead letter can be replayed.
    pub dead: Option<u64>,
}

/// A delivery that was given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// What it told.
    pub kind: Kind,
    /// How often it was tried.
    pub attempts: u32,
    /// Why it was given up: the receiver's words, bounded.
    pub reason: String,
}

impl Sealed for Entry {
    const KIND: u16 = 0x0301;
    const VERSION: u16 = 2;
}

impl Sealed for DeadLetter {
    const KIND: u16 = 0x0302;
    const VERSION: u16 = 1;
}

impl Intent {
    /// The profile is in the audience, whether or not the destination may know.
    pub(crate) fn is_member(&self) -> bool {
        self.status == Status::Realized || self.blocked.is_some()
    }

    /// Same identities and fields.
    pub(crate) fn same_content(&self, other: &Self) -> bool {
        self.identities == other.identities && self.attributes == other.attributes
    }
}
