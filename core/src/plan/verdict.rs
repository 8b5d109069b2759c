//! The verdict: in which modes an audience can run, what it costs, and if not, why not and how to change it.

use alloc::format;
use alloc::string::String;

use serde::{Deserialize, Serialize};

use super::cost::{self, Facts};
use super::leaf::{Formula, Leaf};
use super::program::Audience;
use crate::lang::diagnostic::code;

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

/// One verdict. In JSON it is one object with a field `verdict`: `ok` or `no`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It can.
    Ok {
        /// The most bytes of state that one profile can need for it.
        state_bytes_max: u64,
    },
    /// It cannot.
    No {
        /// Stable code, `PQL06xx`.
        code: String,
        /// Why.
        reason: String,
        /// How to change it.
        help: String,
    },
}

macro_rules! verdict_form {
    ($(#[$attribute:meta])* $name:ident) => {
        #[derive(Serialize, Deserialize)]
        #[serde(remote = "Verdict", rename_all = "camelCase")]
        $(#[$attribute])*
        enum $name {
            #[serde(rename_all = "camelCase")]
            Ok { state_bytes_max: u64 },
            No { code: String, reason: String, help: String },
        }
    };
}

verdict_form!(
    #[serde(tag = "verdict")]
    Readable
);
// A tag inside the object can only be read back by formats that describe themselves, which stored bytes do not.
verdict_form!(Compact);

impl Serialize for Verdict {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            Readable::serialize(self, serializer)
        } else {
            Compact::serialize(self, serializer)
        }
    }
}

impl<'de> Deserialize<'de> for Verdict {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            Readable::deserialize(deserializer)
        } else {
            Compact::deserialize(deserializer)
        }
    }
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

impl Modes {
    /// The verdict of one mode.
    pub fn of(&self, mode: Mode) -> &Verdict {
        match mode {
            Mode::Edge => &self.edge,
            Mode::Streaming => &self.streaming,
            Mode::Batch => &self.batch,
        }
    }
}

/// The verdicts by the rules of this engine: what needs no stored events runs everywhere.
pub(crate) fn native(leaves: &[Leaf], audiences: &[Audience], formula: &Formula) -> Modes {
    let facts = Facts::of(leaves, formula);
    if facts.context {
        return contextual();
    }
    let ok = Verdict::Ok { state_bytes_max: cost::state_bytes_max(leaves, audiences, formula) };
    let others = facts.audiences.iter().filter_map(|number| audiences.get(*number as usize));
    let mut others = others.filter(|audience| audience.mode != Mode::Batch);
    let blocked = others.clone().find(|audience| matches!(audience.native.streaming, Verdict::No { .. }));
    let folded = if facts.instant {
        no(
            code::NEEDS_INSTANT,
            "a condition reads the instant of evaluation, or is random: it can change at any time, and nobody can say \
             when the audience is left",
            "use `occurs` or `age`, which change at times that are known; or run it as batch",
        )
    } else if facts.history {
        no(
            code::NEEDS_EVENTS,
            "a condition needs the stored events: it compares events with each other, with the profile or with \
             other than constant numbers, or tests a time other than the event's timestamp",
            "use filters of one event at a time, their counts and aggregates compared with constants, and windows \
             over `timestamp`; or run it as batch",
        )
    } else if let Some(other) = blocked {
        let reason = format!("audience `{}`, which it refers to, can only run as batch", other.id);
        no(code::REFERS_TO_EVENTS, &reason, "run the other audience as batch: then its last answer is used")
    } else {
        ok.clone()
    };
    let edge = match &folded {
        Verdict::Ok { .. } => not_at_edge(&facts, &mut others).unwrap_or_else(|| folded.clone()),
        Verdict::No { .. } => folded.clone(),
    };
    Modes { edge, streaming: folded, batch: Verdict::Ok { state_bytes_max: 0 } }
}

/// What keeps an audience from the edge alone: a function that the worker does not have, its own or of another audience
/// that would be evaluated there with it.
fn not_at_edge<'a>(facts: &Facts, others: &mut impl Iterator<Item = &'a Audience>) -> Option<Verdict> {
    if let Some(name) = facts.not_at_edge {
        let reason = format!("`{name}` is not computed at the edge, whose worker is kept small");
        return Some(no(code::NOT_AT_EDGE, &reason, "compare the value itself; or run it as streaming"));
    }
    let other = others.find(|audience| matches!(audience.native.edge, Verdict::No { .. }))?;
    let reason = format!("audience `{}`, which it refers to, cannot run at the edge", other.id);
    Some(no(
        code::NOT_AT_EDGE,
        &reason,
        "run it as streaming, or the other as batch: then its last answer is used",
    ))
}

/// The verdicts by the documented rules of Adobe (`pql.md` 3.1 and 3.3).
pub(crate) fn adobe(leaves: &[Leaf], audiences: &[Audience], formula: &Formula) -> Modes {
    let facts = Facts::of(leaves, formula);
    if facts.context {
        return contextual();
    }
    let ok = Verdict::Ok { state_bytes_max: cost::state_bytes_max(leaves, audiences, formula) };
    let streaming = adobe_streaming(&facts, leaves, audiences).unwrap_or_else(|| ok.clone());
    let several = facts.windows.len() > 1 || facts.frequency || !facts.sequences.is_empty();
    let edge = match &streaming {
        Verdict::Ok { .. } if several => no(
            code::SEVERAL_EVENTS,
            "more than one event is asked for, which the edge rules do not allow",
            "ask for a single event within 24 hours, or run it as streaming",
        ),
        other => (*other).clone(),
    };
    Modes { edge, streaming, batch: Verdict::Ok { state_bytes_max: 0 } }
}

fn adobe_streaming(facts: &Facts, leaves: &[Leaf], audiences: &[Audience]) -> Option<Verdict> {
    if facts.history || facts.arithmetic {
        return Some(no(
            code::RELATED_EVENTS,
            "aggregates and relations between events are only evaluated as batch",
            "ask for single events within 24 hours, or run it as batch",
        ));
    }
    if facts.ignores_year {
        return Some(no(
            code::IGNORES_YEAR,
            "a time constraint ignores the year",
            "compare with a field that holds the month or the day, or run it as batch",
        ));
    }
    if !facts.reads_events() {
        return None;
    }
    if !facts.within_a_day(leaves) {
        return Some(no(
            code::LONG_WINDOW,
            "an event window is longer than 24 hours, or there is none",
            "add `timestamp occurs <= 24 hours before now`, or run it as batch",
        ));
    }
    if facts.negated || (facts.affirmed.is_empty() && !facts.sequence_affirmed) {
        return Some(no(
            code::NEGATED_RULE,
            "the rule as a whole is negated",
            "ask for at least one event that did happen, or run it as batch",
        ));
    }
    let profile_only = cost::are_profile_only(leaves, audiences, &facts.audiences);
    if facts.external || !profile_only {
        return Some(no(
            code::EVENT_AND_AUDIENCE,
            "events are combined with an audience that does not only read attributes",
            "refer only to audiences over profile attributes, or run it as batch",
        ));
    }
    None
}

/// An audience is decided without a decision at hand, in every mode.
fn contextual() -> Modes {
    let no = no(
        code::NEEDS_DECISION,
        "the rule reads what only a decision knows: `@{...}`, or instances other than of profiles and their events",
        "use it in a decision rule or a ranking formula; an audience reads attributes, events and audiences",
    );
    Modes { edge: no.clone(), streaming: no.clone(), batch: no }
}

fn no(code: &str, reason: &str, help: &str) -> Verdict {
    Verdict::No { code: code.into(), reason: reason.into(), help: help.into() }
}
