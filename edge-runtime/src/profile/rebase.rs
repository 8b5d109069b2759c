//! Rebasing: a new projection goes under the tail.

use acquaint_core::plan::Prepared;
use acquaint_core::state;
use acquaint_core::wire::Projection;

use super::{EdgeProfile, add_identities};
use crate::limits;

impl EdgeProfile {
    /// Takes a projection. One that is older than what is here changes nothing. While a forward is in doubt it is kept
    /// aside: it may or may not cover the events that are under way, and a receipt will tell.
    pub fn project(&mut self, projection: Projection, now_ms: i64) {
        self.told_of(now_ms);
        if is_older(&projection, &self.projection) {
            return;
        }
        if self.incoming.as_ref().is_some_and(|incoming| is_older(&projection, incoming)) {
            return;
        }
        self.incoming = Some(projection);
        self.dirty.incoming = true;
        self.settle();
    }

    /// Adopts what was kept aside, if nothing is in doubt any more, and drops the events that are covered.
    pub(super) fn settle(&mut self) {
        if !self.is_in_doubt()
            && let Some(projection) = self.incoming.take()
        {
            self.dirty.incoming = true;
            self.adopt(projection);
        }
        let covered =
            self.tail.acknowledged().filter(|(_, position, _)| *position <= self.projection.position);
        let covered: Vec<u64> = covered.map(|(sequence, ..)| sequence).collect();
        self.remove(&covered);
        if self.tail.is_empty() && !self.head.changed_here.is_empty() && !covered.is_empty() {
            self.head.changed_here.clear();
        }
    }

    fn adopt(&mut self, projection: Projection) {
        self.head.memberships.clone_from(&projection.memberships);
        if self.tail.is_empty() {
            self.head.changed_here.clear();
        }
        self.projection = projection;
        self.working = None;
        self.dirty.projection = true;
        self.dirty.head = true;
    }

    /// Folds acknowledged events into the projection when there are many of them, so that the tail stays short even if
    /// the control plane sends no projection. The result is what the control plane itself would have at that position,
    /// as far as this edge can know; the next projection corrects the rest. Not while anything is in doubt: an event
    /// under way may lie before that position.
    pub(crate) fn compact(&mut self, program: &Prepared, now_ms: i64) {
        let acknowledged = self.tail.events().len() - self.tail.outbox().events;
        if acknowledged <= limits::ACKNOWLEDGED_EVENTS_MAX || self.is_in_doubt() || self.incoming.is_some() {
            return;
        }
        for (_, position, event) in self.tail.acknowledged() {
            let Some(event) = event.as_event() else { continue };
            state::fold(program, &mut self.projection.state, &event.event, now_ms);
            add_identities(&mut self.projection.identities, event);
            self.projection.position = self.projection.position.max(position);
        }
        self.dirty.projection = true;
        self.working = None;
        self.settle();
    }
}

fn is_older(projection: &Projection, other: &Projection) -> bool {
    (projection.position, projection.made_ms) < (other.position, other.made_ms)
}
