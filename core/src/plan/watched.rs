//! Which audiences depend on which test of events: only they may answer differently once its truth is another one.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;

use super::leaf::{Formula, LeafKind};
use super::program::Program;
use super::verdict::Mode;

/// The tests of events leaves, by the bit in which the answer plan keeps their truth.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watched {
    /// The edge and streaming audiences that depend on a test, by way of other audiences too; ascending.
    by_bit: BTreeMap<u32, Vec<u32>>,
    /// By leaf: whether something is asked of it that is no such test.
    loose: Vec<bool>,
}

impl Watched {
    /// `bit_of` is the bit of a test.
    pub(crate) fn new(program: &Program, bit_of: impl Fn(&Formula) -> Option<u32>) -> Self {
        let mut watched = Self { by_bit: BTreeMap::new(), loose: vec![false; program.leaves.len()] };
        let mut bits_of: Vec<BTreeSet<u32>> = Vec::new();
        for (audience, number) in program.audiences.iter().zip(0..) {
            let mut bits = BTreeSet::new();
            if audience.mode != Mode::Batch {
                audience.formula.tests(&mut |test| match (bit_of(test), events_leaf(program, test)) {
                    (Some(bit), Some(_)) => {
                        bits.insert(bit);
                    }
                    (None, Some(leaf)) => {
                        watched.loose.get_mut(leaf as usize).into_iter().for_each(|it| *it = true)
                    }
                    (_, None) => {}
                });
                // A batch audience depends on nothing here: its stored membership is read.
                audience.formula.audiences(&mut |other| {
                    bits.extend(bits_of.get(other as usize).into_iter().flatten());
                });
            }
            for bit in &bits {
                watched.by_bit.entry(*bit).or_default().push(number);
            }
            bits_of.push(bits);
        }
        watched
    }

    /// The audiences that depend on a test.
    pub(crate) fn by_bit(&self, bit: u32) -> &[u32] {
        self.by_bit.get(&bit).map_or(&[], Vec::as_slice)
    }

    /// Whether whatever changes in what a leaf keeps may matter.
    pub(crate) fn is_loose(&self, leaf: u32) -> bool {
        self.loose.get(leaf as usize).is_none_or(|loose| *loose)
    }
}

/// The events leaf that a test asks something of.
fn events_leaf(program: &Program, test: &Formula) -> Option<u32> {
    let (Formula::Leaf(leaf) | Formula::Aggregate { leaf, .. }) = test else { return None };
    match program.leaves.get(*leaf as usize)?.kind {
        LeafKind::Events(_) => Some(*leaf),
        LeafKind::Attribute(_) | LeafKind::Sequence(_) | LeafKind::Member(_) | LeafKind::History(_) => None,
    }
}
