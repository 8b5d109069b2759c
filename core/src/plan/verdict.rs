//! The verdict: in which modes an audience can run, what it costs, and if not, why not and how to change it.

use alloc::string::String;

use serde::{Deserialize, Serialize};

/// How an audience is evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// In the personalization request (`evaluationInfo.synchronous`).
    Edge,
    /// On every event, with timed exits (`evaluationInfo.continuous`).
    Streaming,
    /// Over all profiles, on a schedule or on demand (`evaluationInfo.batch`).
    Batch,
}

/// One verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "camelCase")]
pub enum Verdict {
    /// It can.
    #[serde(rename_all = "camelCase")]
    Ok {
        /// The most bytes of state that one profile can need for it.
        state_bytes_max: u64,
    },
    /// It cannot.
    #[serde(rename_all = "camelCase")]
    No {
        /// Stable code, `PQL06xx`.
        code: String,
        /// Why.
        reason: String,
        /// How to change it.
        help: String,
    },
}

/// The verdicts of one audience under one rule set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Modes {
    /// In the request.
    pub edge: Verdict,
    /// On every event.
    pub streaming: Verdict,
    /// Over all profiles.
    pub batch: Verdict,
}
