//! A program made ready to run: the look-ups that make the cost of one event depend on the leaves it touches. Built
//! once when a program is loaded, which takes up to a second for thousands of long lists; never stored or shipped.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Deref;

use super::answer_plan::AnswerPlan;
use super::event_plan::EventPlan;
use super::leaf::{EventWindow, LeafKind, Sequence};
use super::leaf_numbers::LeafNumbers;
use super::program::Program;
use super::verdict::Mode;
use super::{normalise, visit};
use crate::id::{AudienceId, LeafId};
use crate::time::{Interval, Occurs};

/// A program with its look-ups. Wherever a [`Program`] is wanted, a reference to this will do.
#[derive(Clone, Debug)]
pub struct Prepared {
    program: Program,
    events: EventPlan,
    answers: AnswerPlan,
    /// The windows of events leaves, each once, and by leaf which of them is its.
    windows: Vec<Vec<Occurs<Interval>>>,
    window_numbers: Vec<Option<u32>>,
    /// By leaf: the edge and streaming audiences whose answer depends on it, by way of other audiences too.
    dependents: Vec<Vec<u32>>,
    /// By leaf: whether a score depends on it.
    scored: Vec<bool>,
    /// The leaves that edge and streaming audiences depend on and that may change with nothing but time.
    clocked: Vec<u32>,
    leaf_numbers: LeafNumbers,
    audience_numbers: BTreeMap<AudienceId, u32>,
}

/// A leaf whose events are folded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Folded<'a> {
    pub(crate) id: LeafId,
    pub(crate) kind: FoldedKind<'a>,
}

/// What is folded.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FoldedKind<'a> {
    Events(&'a EventWindow),
    Sequence(&'a Sequence),
}

impl Prepared {
    /// Builds the look-ups.
    pub fn new(program: Program) -> Self {
        let dependents = dependents(&program);
        let leaves = || program.leaves.iter().zip(0_u32..);
        let clocked = leaves().zip(&dependents).filter_map(|((leaf, number), dependents)| match &leaf.kind {
            LeafKind::Attribute(expr) if !dependents.is_empty() && visit::reads_clock(expr) => Some(number),
            LeafKind::Attribute(_)
            | LeafKind::Events(_)
            | LeafKind::Sequence(_)
            | LeafKind::Member(_)
            | LeafKind::History(_) => None,
        });
        let (windows, window_numbers) = windows(&program);
        Self {
            events: EventPlan::new(&program.leaves),
            answers: AnswerPlan::new(&program),
            windows,
            window_numbers,
            clocked: clocked.collect(),
            leaf_numbers: LeafNumbers::new(&program.leaves),
            audience_numbers: program
                .audiences
                .iter()
                .zip(0..)
                .map(|(it, number)| (it.id.clone(), number))
                .collect(),
            dependents,
            scored: scored(&program),
            program,
        }
    }

    /// The identities of the leaves that [`crate::state::fold`] keeps for this program: what
    /// [`crate::state::migrate`] wants to know of the program that came before.
    pub fn folded(&self) -> Vec<LeafId> {
        let leaves = self.program.leaves.iter().zip(0..);
        leaves.filter(|(_, number)| self.folded_leaf(*number).is_some()).map(|(leaf, _)| leaf.id).collect()
    }

    /// From an event to the leaves that take it; those that nobody folds included.
    pub(crate) fn events(&self) -> &EventPlan {
        &self.events
    }

    pub(crate) fn answers(&self) -> &AnswerPlan {
        &self.answers
    }

    /// The windows of events leaves, each once.
    pub(crate) fn windows(&self) -> &[Vec<Occurs<Interval>>] {
        &self.windows
    }

    /// Which of [`Self::windows`] is that of an events leaf.
    pub(crate) fn window_number(&self, leaf: u32) -> Option<u32> {
        *self.window_numbers.get(leaf as usize)?
    }

    /// The window of an events leaf.
    pub(crate) fn window(&self, leaf: u32) -> Option<&EventWindow> {
        match &self.program.leaves.get(leaf as usize)?.kind {
            LeafKind::Events(window) => Some(window),
            LeafKind::Attribute(_) | LeafKind::Sequence(_) | LeafKind::Member(_) | LeafKind::History(_) => {
                None
            }
        }
    }

    /// What a sequence leaf asks.
    pub(crate) fn sequence(&self, leaf: u32) -> Option<&Sequence> {
        match &self.program.leaves.get(leaf as usize)?.kind {
            LeafKind::Sequence(sequence) => Some(sequence),
            LeafKind::Attribute(_) | LeafKind::Events(_) | LeafKind::Member(_) | LeafKind::History(_) => None,
        }
    }

    /// What is folded for a leaf, if edge or streaming audiences depend on it, or scores.
    pub(crate) fn folded_leaf(&self, leaf: u32) -> Option<Folded<'_>> {
        let scored = self.scored.get(leaf as usize).copied().unwrap_or(false);
        let wanted = self.dependents.get(leaf as usize).is_some_and(|dependents| !dependents.is_empty());
        self.foldable(leaf).filter(|_| wanted || scored)
    }

    /// What could be folded for a leaf, whoever depends on it.
    pub(crate) fn foldable(&self, leaf: u32) -> Option<Folded<'_>> {
        let leaf = self.program.leaves.get(leaf as usize)?;
        let kind = match &leaf.kind {
            LeafKind::Events(window) => FoldedKind::Events(window),
            LeafKind::Sequence(sequence) => FoldedKind::Sequence(sequence),
            LeafKind::Attribute(_) | LeafKind::Member(_) | LeafKind::History(_) => return None,
        };
        Some(Folded { id: leaf.id, kind })
    }

    pub(crate) fn dependents(&self, leaf: u32) -> &[u32] {
        self.dependents.get(leaf as usize).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn clocked(&self) -> &[u32] {
        &self.clocked
    }

    pub(crate) fn leaf_number(&self, id: LeafId) -> Option<u32> {
        self.leaf_numbers.find(id)
    }

    /// The number of an audience: as [`Program::audience`], by look-up.
    pub fn audience_number(&self, id: &AudienceId) -> Option<u32> {
        self.audience_numbers.get(id).copied()
    }
}

impl Deref for Prepared {
    type Target = Program;

    fn deref(&self) -> &Program {
        &self.program
    }
}

fn windows(program: &Program) -> (Vec<Vec<Occurs<Interval>>>, Vec<Option<u32>>) {
    let mut numbers: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
    let mut windows = Vec::new();
    let mut of_leaf = |kind: &LeafKind| {
        let LeafKind::Events(EventWindow { window, .. }) = kind else { return None };
        let next = u32::try_from(windows.len()).unwrap_or(u32::MAX);
        let number = *numbers.entry(normalise::bytes(window)).or_insert(next);
        if number == next {
            windows.push(window.clone());
        }
        Some(number)
    };
    let numbers = program.leaves.iter().map(|leaf| of_leaf(&leaf.kind)).collect();
    (windows, numbers)
}

fn scored(program: &Program) -> Vec<bool> {
    let mut scored = vec![false; program.leaves.len()];
    for score in &program.scores {
        score.leaves(&mut |leaf| {
            if let Some(scored) = scored.get_mut(leaf as usize) {
                *scored = true;
            }
        });
    }
    scored
}

fn dependents(program: &Program) -> Vec<Vec<u32>> {
    let mut dependents = vec![Vec::new(); program.leaves.len()];
    let mut leaves_of: Vec<BTreeSet<u32>> = Vec::new();
    for (audience, number) in program.audiences.iter().zip(0..) {
        let mut leaves = BTreeSet::new();
        if audience.mode != Mode::Batch {
            audience.formula.leaves(&mut |leaf| {
                leaves.insert(leaf);
            });
            // A batch audience depends on nothing here: its stored membership is read.
            audience.formula.audiences(&mut |other| {
                leaves.extend(leaves_of.get(other as usize).into_iter().flatten());
            });
        }
        for leaf in &leaves {
            if let Some(dependents) = dependents.get_mut(*leaf as usize) {
                dependents.push(number);
            }
        }
        leaves_of.push(leaves);
    }
    dependents
}
