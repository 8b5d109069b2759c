//! What an audience reads and what it costs: the facts that verdicts are made of.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::kept::Steps;
use super::leaf::{Aggregate, EventWindow, Formula, Leaf, LeafKind};
use super::program::Audience;
use super::visit;
use crate::limits::{EVENT_ID_CHARACTERS_MAX, EVENTS_PER_PROFILE_MAX};
use crate::time::{Interval, Occurs};

/// The documented rules look back one day, the edge of the day included (design, decision 12).
const DAY_MS: i64 = 86_400_000;
/// A leaf's identity, its kind, its length and what was trimmed.
const LEAF_BYTES: u64 = 16 + 1 + 3 + 1 + 5 + 10;
/// A timestamp, the hash of an id, and whether there is a value.
const ENTRY_BYTES: u64 = 10 + 8 + 1;
/// A timestamp and an id, once for all steps of sequences.
const MATCH_BYTES: u64 = 10 + 2 + 4 * EVENT_ID_CHARACTERS_MAX as u64;
/// Which event, said by a step.
const STEP_EVENT_BYTES: u64 = 2;
/// A value with its kind.
const VALUE_BYTES: u64 = 1 + 10;

/// What an audience reads, by way of no other audience.
#[derive(Clone, Debug, Default)]
pub(crate) struct Facts {
    /// Events leaves that are asked for.
    pub(crate) windows: BTreeSet<u32>,
    /// Of those, how many are asked for under an odd number of negations only.
    pub(crate) affirmed: BTreeSet<u32>,
    /// An expression that needs the stored events.
    pub(crate) history: bool,
    /// Sequences that are asked for.
    pub(crate) sequences: BTreeSet<u32>,
    /// A sequence that is asked for under an even number of negations.
    pub(crate) sequence_affirmed: bool,
    /// A sum, average, smallest or largest.
    pub(crate) arithmetic: bool,
    /// A count compared with a number.
    pub(crate) frequency: bool,
    /// Other audiences of the program.
    pub(crate) audiences: BTreeSet<u32>,
    /// External audiences.
    pub(crate) external: bool,
    /// Something that only a decision knows.
    pub(crate) context: bool,
    /// A condition that may change at any instant.
    pub(crate) instant: bool,
    /// A time of any year, as in "has a birthday in June".
    pub(crate) ignores_year: bool,
    /// A function that the edge does not compute.
    pub(crate) not_at_edge: Option<&'static str>,
    /// Whether the whole is a negation.
    pub(crate) negated: bool,
}

impl Facts {
    pub(crate) fn of(leaves: &[Leaf], formula: &Formula) -> Self {
        let mut facts = Self { negated: matches!(formula, Formula::Not(_)), ..Self::default() };
        facts.read(leaves, formula, false);
        facts
    }

    fn read(&mut self, leaves: &[Leaf], formula: &Formula, negated: bool) {
        match formula {
            Formula::Constant(_) => {}
            Formula::Leaf(leaf) => self.read_leaf(leaves, *leaf, negated),
            Formula::Aggregate { leaf, aggregate, .. } => {
                self.read_leaf(leaves, *leaf, negated);
                match aggregate {
                    Aggregate::Count => self.frequency = true,
                    Aggregate::Sum | Aggregate::Average | Aggregate::Minimum | Aggregate::Maximum => {
                        self.arithmetic = true;
                    }
                }
            }
            Formula::Audience(number) => {
                self.audiences.insert(*number);
            }
            Formula::Not(inner) => self.read(leaves, inner, !negated),
            Formula::And(inner) | Formula::Or(inner) => {
                inner.iter().for_each(|inner| self.read(leaves, inner, negated));
            }
        }
    }

    fn read_leaf(&mut self, leaves: &[Leaf], number: u32, negated: bool) {
        let kind = leaves.get(number as usize).map(|leaf| &leaf.kind);
        if let Some(kind) = kind {
            kind.expressions(&mut |expr| {
                self.ignores_year |= visit::ignores_year(expr);
                self.not_at_edge = self.not_at_edge.or_else(|| visit::not_at_edge(expr));
            });
        }
        match kind {
            Some(LeafKind::Events(_)) => {
                self.windows.insert(number);
                if !negated {
                    self.affirmed.insert(number);
                }
            }
            Some(LeafKind::Sequence(_)) => {
                self.sequences.insert(number);
                self.sequence_affirmed |= !negated;
            }
            Some(LeafKind::History(expr)) => {
                self.history = true;
                self.context |= visit::reads_context(expr);
                self.instant |= visit::reads_instant(expr);
            }
            Some(LeafKind::Member(_)) => self.external = true,
            Some(LeafKind::Attribute(expr)) => {
                self.context |= visit::reads_context(expr);
                self.instant |= visit::reads_instant(expr);
            }
            None => {}
        }
    }

    /// Whether events are read at all.
    pub(crate) fn reads_events(&self) -> bool {
        self.history || self.folded().next().is_some()
    }

    /// Whether every window, those of the steps of sequences included, looks back at most a day.
    pub(crate) fn within_a_day(&self, leaves: &[Leaf]) -> bool {
        self.folded().all(|leaf| match leaves.get(leaf as usize).map(|leaf| &leaf.kind) {
            Some(LeafKind::Events(window)) => looks_back_a_day_at_most(&window.window),
            Some(LeafKind::Sequence(sequence)) => {
                sequence.steps.iter().all(|step| looks_back_a_day_at_most(&step.window))
            }
            Some(LeafKind::Attribute(_) | LeafKind::Member(_) | LeafKind::History(_)) | None => false,
        })
    }

    /// The leaves whose events are folded.
    fn folded(&self) -> impl Iterator<Item = u32> {
        self.windows.iter().chain(&self.sequences).copied()
    }
}

/// Whether these audiences only read attributes, by way of other audiences too.
pub(crate) fn are_profile_only(leaves: &[Leaf], audiences: &[Audience], numbers: &BTreeSet<u32>) -> bool {
    let reached = reached(leaves, audiences, numbers);
    reached.values().all(|facts| !facts.reads_events() && !facts.external)
}

/// The facts of these audiences and of all that they refer to, each once: there can be very many ways to one audience.
pub(crate) fn reached(
    leaves: &[Leaf],
    audiences: &[Audience],
    numbers: &BTreeSet<u32>,
) -> BTreeMap<u32, Facts> {
    let mut open: Vec<u32> = numbers.iter().copied().collect();
    let mut reached = BTreeMap::new();
    while let Some(number) = open.pop() {
        if let Some(audience) = audiences.get(number as usize)
            && !reached.contains_key(&number)
        {
            let facts = Facts::of(leaves, &audience.formula);
            open.extend(&facts.audiences);
            reached.insert(number, facts);
        }
    }
    reached
}

/// Looked at on days on which the start of a calendar unit is far and near, and in times long after any constant.
fn looks_back_a_day_at_most(window: &[Occurs<Interval>]) -> bool {
    // 2024-12-31T23:59:59.999Z, 2025-03-01T00:00:00Z, 9000-12-31T23:59:59.999Z
    let instants = [1_735_689_599_999, 1_740_787_200_000, 221_876_063_999_999];
    instants.iter().all(|now_ms| {
        let starts = window.iter().map(|test| test.interval(*now_ms).start_ms);
        starts.max().is_some_and(|start_ms| start_ms >= now_ms - DAY_MS)
    })
}

/// The most bytes of state that one profile can need for the windows of a formula and of the audiences it refers to,
/// each window once, one value an event.
pub(crate) fn state_bytes_max(leaves: &[Leaf], audiences: &[Audience], formula: &Formula) -> u64 {
    let facts = Facts::of(leaves, formula);
    let reached = reached(leaves, audiences, &facts.audiences);
    let folded: BTreeSet<u32> = reached.values().chain([&facts]).flat_map(Facts::folded).collect();
    let folded: Vec<Leaf> = folded.iter().filter_map(|leaf| leaves.get(*leaf as usize).cloned()).collect();
    let windows = folded.iter().filter_map(|leaf| match &leaf.kind {
        LeafKind::Events(window) => Some(window_bytes_max(window)),
        LeafKind::Sequence(_) | LeafKind::Attribute(_) | LeafKind::Member(_) | LeafKind::History(_) => None,
    });
    let events_max = EVENTS_PER_PROFILE_MAX as u64;
    let steps = Steps::new(&folded).list.len() as u64;
    let of_steps = if steps == 0 {
        0
    } else {
        events_max * MATCH_BYTES + steps * (LEAF_BYTES + events_max * STEP_EVENT_BYTES)
    };
    windows.sum::<u64>() + of_steps
}

fn window_bytes_max(window: &EventWindow) -> u64 {
    let entries = (window.keep_max.unwrap_or(u32::MAX) as usize).min(EVENTS_PER_PROFILE_MAX) as u64;
    LEAF_BYTES + entries * (ENTRY_BYTES + if window.value.is_some() { VALUE_BYTES } else { 0 })
}
