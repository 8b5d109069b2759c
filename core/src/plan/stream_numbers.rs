//! From the identity of a stream to its number. Identities are hashes already, so the look-up is one step.

use alloc::vec;
use alloc::vec::Vec;

use crate::id::StreamId;

const EMPTY: u32 = u32::MAX;

/// The look-up.
#[derive(Clone, Debug)]
pub(crate) struct StreamNumbers {
    /// A power of two of them, at least twice as many as identities.
    slots: Vec<(StreamId, u32)>,
}

impl StreamNumbers {
    pub(crate) fn new(ids: &[StreamId]) -> Self {
        let count = (ids.len() + 1).saturating_mul(2).next_power_of_two();
        let mut slots = vec![(StreamId(0), EMPTY); count];
        for (id, number) in ids.iter().zip(0..) {
            let mut place = Self::first(*id, count);
            while slots.get(place).is_some_and(|(other, known)| *known != EMPTY && other != id) {
                place = (place + 1) & (count - 1);
            }
            if let Some(slot) = slots.get_mut(place) {
                *slot = (*id, number);
            }
        }
        Self { slots }
    }

    fn first(id: StreamId, count: usize) -> usize {
        // The lowest bits are as good as any.
        id.0 as usize & (count - 1)
    }

    /// The number of a stream.
    #[inline]
    pub(crate) fn find(&self, id: StreamId) -> Option<u32> {
        let mut place = Self::first(id, self.slots.len());
        loop {
            let (known, number) = self.slots.get(place)?;
            if *number == EMPTY {
                return None;
            }
            if *known == id {
                return Some(*number);
            }
            place = (place + 1) & (self.slots.len() - 1);
        }
    }
}
