//! Answers of one profile at one instant: every leaf is looked at once, when the first audience asks for it.

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};

use super::place::Profile;
use super::sequence::Item;
use super::walk::Walk;
use super::{Slice, Subject, aggregate, ops, virtual_fields};
use crate::lang::functions;
use crate::lang::typed::Expr;
use crate::plan::Prepared;
use crate::plan::leaf::{Aggregate, Formula, LeafKind};
use crate::plan::verdict::Mode;
use crate::profile::Event;
use crate::state::entries::{entries_of, has_entered, inside};
use crate::state::{Entry, LeafState, Number, State, matches};
use crate::value::Value;

/// What is known of the profile's events.
#[derive(Clone)]
pub(super) enum History<'a> {
    /// The events themselves, and what folding all of them would keep.
    Stored(&'a [Event], Rc<Stored>),
    /// What was folded of them.
    Folded(&'a State),
}

/// What there is of the stored events for each leaf.
pub(super) struct Stored {
    /// By leaf: the entries of an events leaf.
    entries: Vec<Vec<Entry>>,
    /// The events of the steps of a sequence leaf.
    matched: BTreeMap<u32, Vec<Item>>,
}

/// What is known of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    NotYet,
    Answer(Option<bool>),
}

/// The answers of one profile at one instant. An answer is `None` where it would take the stored events.
pub(crate) struct Answers<'a> {
    pub(super) program: &'a Prepared,
    pub(super) profile: Profile<'a>,
    pub(super) history: History<'a>,
    pub(super) now_ms: i64,
    leaves: Vec<Cell<Known>>,
    audiences: Vec<Cell<Known>>,
    aggregates: RefCell<BTreeMap<(u32, Aggregate), Value>>,
}

impl<'a> Answers<'a> {
    /// From a whole profile.
    pub(crate) fn of_subject(program: &'a Prepared, subject: Subject<'a>, now_ms: i64) -> Self {
        let Subject { attributes, identities, memberships, events } = subject;
        let mut entries = vec![Vec::new(); program.leaves.len()];
        let mut matched: BTreeMap<u32, Vec<Item>> = BTreeMap::new();
        for event in events {
            for leaf in program.candidates(event) {
                if let (Some(window), Some(kept)) = (program.window(leaf), entries.get_mut(leaf as usize)) {
                    entries_of(window, event, now_ms, &mut |entry| kept.push(entry));
                } else if let Some(sequence) = program.sequence(leaf) {
                    let steps = matches::steps_of(sequence, event, now_ms);
                    matched.entry(leaf).or_default().push(Item { at_ms: event.timestamp_ms, steps });
                }
            }
        }
        let profile = Profile { attributes, identities, memberships };
        let stored = Rc::new(Stored { entries, matched });
        Self::new(program, profile, History::Stored(events, stored), now_ms)
    }

    /// From folded events.
    pub(crate) fn of_slice(program: &'a Prepared, slice: Slice<'a>, now_ms: i64) -> Self {
        let Slice { attributes, identities, memberships, state } = slice;
        let profile = Profile { attributes, identities, memberships };
        Self::new(program, profile, History::Folded(state), now_ms)
    }

    /// Of the same profile at another instant.
    pub(super) fn at(&self, now_ms: i64) -> Self {
        Self::new(self.program, self.profile, self.history.clone(), now_ms)
    }

    fn new(program: &'a Prepared, profile: Profile<'a>, history: History<'a>, now_ms: i64) -> Self {
        Self {
            leaves: vec![Cell::new(Known::NotYet); program.leaves.len()],
            audiences: vec![Cell::new(Known::NotYet); program.audiences.len()],
            aggregates: RefCell::default(),
            program,
            profile,
            history,
            now_ms,
        }
    }

    /// The answer of an audience, whatever its mode.
    pub(crate) fn audience(&self, number: u32) -> Option<bool> {
        let audience = self.program.audiences.get(number as usize)?;
        remembered(self.audiences.get(number as usize)?, || self.formula(&audience.formula))
    }

    /// The answer of an audience to one that refers to it: where only folded events are at hand, a batch audience is
    /// what it was last time.
    fn referred(&self, number: u32) -> Option<bool> {
        let audience = self.program.audiences.get(number as usize)?;
        match (&self.history, audience.mode) {
            (History::Folded(_), Mode::Batch) => {
                Some(virtual_fields::is_member(self.profile.memberships, &audience.id))
            }
            (History::Folded(_), Mode::Edge | Mode::Streaming) | (History::Stored(..), _) => {
                self.audience(number)
            }
        }
    }

    /// The truth of a formula: certain as soon as the known operands decide it.
    pub(crate) fn formula(&self, formula: &Formula) -> Option<bool> {
        match formula {
            Formula::Constant(value) => Some(*value),
            Formula::Leaf(leaf) => self.leaf(*leaf),
            Formula::Aggregate { leaf, aggregate, comparison, constant } => {
                Some(ops::compare(*comparison, &self.aggregate(*leaf, *aggregate), constant))
            }
            Formula::Audience(number) => self.referred(*number),
            Formula::Not(inner) => self.formula(inner).map(|value| !value),
            Formula::And(inner) => self.decide(inner, false),
            Formula::Or(inner) => self.decide(inner, true),
        }
    }

    fn decide(&self, operands: &[Formula], decisive: bool) -> Option<bool> {
        let mut otherwise = Some(!decisive);
        for operand in operands {
            match self.formula(operand) {
                Some(value) if value == decisive => return Some(decisive),
                Some(_) => {}
                None => otherwise = None,
            }
        }
        otherwise
    }

    fn leaf(&self, number: u32) -> Option<bool> {
        let leaf = self.program.leaves.get(number as usize)?;
        remembered(self.leaves.get(number as usize)?, || match &leaf.kind {
            LeafKind::Attribute(expr) => {
                Some(Walk::of_profile(self.profile, self.now_ms).truth(expr, &mut Vec::new()))
            }
            LeafKind::Events(_) => Some(!self.entries(number).is_empty()),
            LeafKind::Sequence(sequence) => Some(matches::holds(sequence, &self.matched(number))),
            LeafKind::Member(audience) => Some(virtual_fields::is_member(self.profile.memberships, audience)),
            LeafKind::History(expr) => self.stored(expr),
        })
    }

    fn stored(&self, expr: &'a Expr) -> Option<bool> {
        self.with_events(|walk| walk.truth(expr, &mut Vec::new()))
    }

    /// Walks over the stored events, where they are at hand.
    pub(super) fn with_events<T>(&self, then: impl FnOnce(Walk<'a, '_>) -> T) -> Option<T> {
        let History::Stored(events, _) = &self.history else { return None };
        let members = |audience: &crate::id::AudienceId| match self.program.audience_number(audience) {
            Some(number) => self.audience(number) == Some(true),
            None => virtual_fields::is_member(self.profile.memberships, audience),
        };
        Some(then(Walk { events, members: &members, ..Walk::of_profile(self.profile, self.now_ms) }))
    }

    /// The entries of an events leaf, inside its window or not.
    pub(super) fn kept(&self, leaf: u32) -> &[Entry] {
        match &self.history {
            History::Stored(_, stored) => stored.entries.get(leaf as usize).map_or(&[], Vec::as_slice),
            History::Folded(state) => {
                let id = self.program.leaves.get(leaf as usize).map(|leaf| leaf.id);
                match id.and_then(|id| state.leaves.get(&id)) {
                    Some(LeafState::Events(entries)) => &entries.list,
                    Some(LeafState::Sequence(_)) | None => &[],
                }
            }
        }
    }

    /// The entries of an events leaf that are inside its window.
    pub(crate) fn entries(&self, leaf: u32) -> &[Entry] {
        let Some(window) = self.program.window(leaf) else { return &[] };
        let kept = self.kept(leaf);
        if window.window.is_empty() {
            return kept;
        }
        let inside = inside(window, self.now_ms);
        let start = kept.partition_point(|entry| entry.timestamp_ms < inside.start_ms);
        let end = kept.partition_point(|entry| has_entered(inside, entry.timestamp_ms));
        kept.get(start..end).unwrap_or(&[])
    }

    /// The events of the steps of a sequence leaf, inside their windows or not.
    pub(super) fn items(&self, leaf: u32) -> Vec<Item> {
        match &self.history {
            History::Stored(_, stored) => stored.matched.get(&leaf).cloned().unwrap_or_default(),
            History::Folded(state) => {
                let id = self.program.leaves.get(leaf as usize).map(|leaf| leaf.id);
                match id.and_then(|id| state.leaves.get(&id)) {
                    Some(LeafState::Sequence(kept)) => kept.items(),
                    Some(LeafState::Events(_)) | None => Vec::new(),
                }
            }
        }
    }

    /// The events of a sequence leaf that are inside the windows of their steps.
    pub(super) fn matched(&self, leaf: u32) -> Vec<Item> {
        let Some(sequence) = self.program.sequence(leaf) else { return Vec::new() };
        matches::counting(sequence, self.items(leaf), self.now_ms)
    }

    /// An aggregate of the entries inside the window.
    pub(crate) fn aggregate(&self, leaf: u32, wanted: Aggregate) -> Value {
        if let Some(known) = self.aggregates.borrow().get(&(leaf, wanted)) {
            return known.clone();
        }
        let value = aggregate_of(wanted, self.entries(leaf));
        self.aggregates.borrow_mut().insert((leaf, wanted), value.clone());
        value
    }
}

fn remembered(known: &Cell<Known>, find: impl FnOnce() -> Option<bool>) -> Option<bool> {
    match known.get() {
        Known::Answer(answer) => answer,
        Known::NotYet => {
            // Only a damaged program refers in a circle; what it then asks again while it is sought is unknown.
            known.set(Known::Answer(None));
            let answer = find();
            known.set(Known::Answer(answer));
            answer
        }
    }
}

/// As the function table computes it of the values themselves.
fn aggregate_of(wanted: Aggregate, entries: &[Entry]) -> Value {
    let numbers = || entries.iter().filter_map(|entry| entry.value);
    let values = || numbers().map(Number::value).collect::<Vec<_>>();
    match wanted {
        Aggregate::Count => Value::Integer(i64::try_from(entries.len()).unwrap_or(i64::MAX)),
        Aggregate::Sum => aggregate::sum(numbers()),
        Aggregate::Average => aggregate::average(numbers()),
        Aggregate::Minimum => functions::aggregate::minimum(&values()),
        Aggregate::Maximum => functions::aggregate::maximum(&values()),
    }
}
