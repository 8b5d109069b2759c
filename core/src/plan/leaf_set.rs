//! The leaves met so far, each once, and how many entries each must keep.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::leaf::{Leaf, LeafKind};
use super::normalise::bytes;
use crate::id::LeafId;

/// How many newest entries of an events leaf a formula needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Needs {
    /// So many.
    Newest(u32),
    /// All of them.
    All,
}

/// Leaves by identity, numbered in the order in which they are first met.
#[derive(Debug, Default)]
pub(crate) struct LeafSet {
    numbers: BTreeMap<LeafId, u32>,
    leaves: Vec<(Leaf, Needs)>,
}

impl LeafSet {
    /// The number of a leaf. `kind` is a normal form, `keep_max` absent.
    pub(crate) fn add(&mut self, kind: LeafKind, needs: Needs) -> u32 {
        let id = identity(&kind);
        let next = u32::try_from(self.leaves.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry(id).or_insert(next);
        if number == next {
            self.leaves.push((Leaf { id, kind }, needs));
        } else if let Some((_, known)) = self.leaves.get_mut(number as usize) {
            *known = needs.max(*known);
        }
        number
    }

    /// The leaves, each keeping what the most demanding formula needs.
    pub(crate) fn finish(self) -> Vec<Leaf> {
        let finished = self.leaves.into_iter().map(|(mut leaf, needs)| {
            if let LeafKind::Events(window) = &mut leaf.kind {
                window.keep_max = match needs {
                    Needs::Newest(count) => Some(count),
                    Needs::All => None,
                };
            }
            leaf
        });
        finished.collect()
    }
}

/// The identity of a normal form.
pub(crate) fn identity(kind: &LeafKind) -> LeafId {
    LeafId(xxhash_rust::xxh3::xxh3_128(&bytes(kind)))
}
