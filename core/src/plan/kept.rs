//! The steps of sequences. Those that ask for the same events are one, in however many sequences they stand.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::leaf::{EventWindow, Leaf, LeafKind, SequenceStep};
use super::normalise::bytes;
use crate::id::LeafId;

/// Before the normal form of a step, so that it is not that of a leaf.
const STEP: &str = "step";

/// The steps of all sequences of a program, each once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Steps {
    /// The number of the first: they are numbered behind the leaves.
    pub(crate) first: u32,
    /// The identity of each, and the events it takes.
    pub(crate) list: Vec<(LeafId, EventWindow)>,
    /// By leaf: the numbers of its steps, in the order of the sequence.
    pub(crate) of_leaf: Vec<Vec<u32>>,
    /// By step, beginning with the first: the sequence leaves that it stands in, ascending.
    pub(crate) sequences: Vec<Vec<u32>>,
    /// Those of them that may come out differently by an event after all others.
    pub(crate) closed_by: Vec<Vec<u32>>,
}

impl Steps {
    pub(crate) fn new(leaves: &[Leaf]) -> Self {
        let mut numbers: BTreeMap<LeafId, u32> = BTreeMap::new();
        let mut steps = Self { first: count(leaves.len()), ..Self::default() };
        for leaf in leaves {
            let of_leaf = match &leaf.kind {
                LeafKind::Sequence(sequence) => {
                    let mut number = |step| steps.number(&mut numbers, step);
                    sequence.steps.iter().map(&mut number).collect()
                }
                LeafKind::Attribute(_) | LeafKind::Events(_) | LeafKind::Member(_) | LeafKind::History(_) => {
                    Vec::new()
                }
            };
            steps.of_leaf.push(of_leaf);
        }
        for (leaf, number) in leaves.iter().zip(0..) {
            steps.index(leaf, number);
        }
        steps
    }

    fn index(&mut self, leaf: &Leaf, number: u32) {
        let LeafKind::Sequence(sequence) = &leaf.kind else { return };
        let own = self.of_leaf.get(number as usize).cloned().unwrap_or_default();
        let last = sequence.last_required();
        for (step, place) in own.into_iter().zip(0..) {
            let at = step.saturating_sub(self.first) as usize;
            let closes = !sequence.only_asks_for_order() || last == Some(place);
            for (lists, wanted) in [(&mut self.sequences, true), (&mut self.closed_by, closes)] {
                if lists.len() <= at {
                    lists.resize(at + 1, Vec::new());
                }
                if let Some(list) = lists.get_mut(at)
                    && wanted
                    && list.last() != Some(&number)
                {
                    list.push(number);
                }
            }
        }
    }

    fn number(&mut self, numbers: &mut BTreeMap<LeafId, u32>, step: &SequenceStep) -> u32 {
        let id = LeafId(xxhash_rust::xxh3::xxh3_128(&bytes(&(STEP, &step.predicate, &step.window))));
        let next = self.first.saturating_add(count(self.list.len()));
        let number = *numbers.entry(id).or_insert(next);
        if number == next {
            let SequenceStep { predicate, window, .. } = step.clone();
            self.list.push((id, EventWindow { predicate, window, value: None, keep_max: None }));
        }
        number
    }

    /// The step of a number.
    pub(crate) fn get(&self, number: u32) -> Option<&(LeafId, EventWindow)> {
        self.list.get(number.checked_sub(self.first)? as usize)
    }
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
