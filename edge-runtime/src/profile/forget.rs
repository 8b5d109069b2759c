//! Forgetting a person who was erased.

use acquaint_core::wire::Projection;

use super::{EdgeProfile, Head};

impl EdgeProfile {
    /// Forgets everything but the events that the control plane has not acknowledged: it has not decided yet whose they
    /// are. True if nothing is left at all.
    pub fn forget(&mut self) -> bool {
        let acknowledged: Vec<u64> = self.tail.acknowledged().map(|(sequence, ..)| sequence).collect();
        self.remove(&acknowledged);
        self.dirty.owed.extend(std::mem::take(&mut self.owed).into_keys());
        self.head = Head { next_sequence: self.head.next_sequence, ..Head::default() };
        self.projection = Projection::default();
        self.incoming = None;
        self.objection = None;
        self.working = None;
        self.dirty.head = true;
        self.dirty.projection = true;
        self.dirty.incoming = true;
        self.dirty.objection = true;
        self.tail.is_empty()
    }
}
