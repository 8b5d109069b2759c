//! The list of a stream: what every window of it needs is the end of it, so that it is cut once for all.

use alloc::vec::Vec;

use super::entries::has_entered;
use super::{Entry, Kept, Match, Timed};
use crate::eval::intervals::Intervals;
use crate::plan::views::Views;
use crate::profile::Event;
use crate::time::Interval;

impl Timed for Entry {
    fn at_ms(&self) -> i64 {
        self.timestamp_ms
    }
}

impl Timed for Match {
    fn at_ms(&self) -> i64 {
        self.timestamp_ms
    }
}

impl Timed for &Event {
    fn at_ms(&self) -> i64 {
        self.timestamp_ms
    }
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { dropped_ms: None, list: Vec::new() }
    }
}

impl<T: Timed> Kept<T> {
    /// Drops what no window needs any more, and whatever is older. A window needs what its end has yet to pass, and of
    /// the rest that its start has not passed so many newest: whenever an older one is inside, so are all of these, and
    /// they decide. If there are still too many, the oldest go.
    pub(super) fn settle(&mut self, views: &Views, intervals: &Intervals<'_>) {
        let mut first = self.list.len();
        let mut start_ms = i64::MAX;
        for view in &views.list {
            let inside = intervals.get(view.window);
            start_ms = start_ms.min(inside.start_ms);
            if first > 0 {
                first = first.min(self.first_needed(inside, view.needed));
            }
        }
        self.drop_oldest(first.max(self.list.len().saturating_sub(views.bound)));
        self.dropped_ms = self.dropped_ms.filter(|dropped_ms| *dropped_ms >= start_ms);
    }

    /// Where what a window needs begins.
    pub(super) fn first_needed(&self, inside: Interval, needed: usize) -> usize {
        let is_gone = |kept: &T| kept.at_ms() < inside.start_ms;
        let entered = self.entered(inside);
        // Most often nothing has gone, or nothing but the oldest.
        let gone = match self.list.get(..2) {
            Some([_, second]) if is_gone(second) => self.list.partition_point(is_gone),
            Some(_) | None => self.list.iter().take_while(|kept| is_gone(kept)).count(),
        };
        gone.max(entered.saturating_sub(needed))
    }

    /// How many have entered.
    pub(super) fn entered(&self, inside: Interval) -> usize {
        match self.list.last() {
            Some(last) if !has_entered(inside, last.at_ms()) => {
                self.list.partition_point(|kept| has_entered(inside, kept.at_ms()))
            }
            Some(_) | None => self.list.len(),
        }
    }

    /// Whether some of what was dropped may be missed: a window reaches it, and needs more than was kept.
    pub(super) fn lacks(&self, views: &Views, intervals: &Intervals<'_>) -> bool {
        let Some(dropped_ms) = self.dropped_ms else { return false };
        views.list.iter().any(|view| {
            let inside = intervals.get(view.window);
            let gone = self.list.partition_point(|kept| kept.at_ms() < inside.start_ms);
            dropped_ms >= inside.start_ms && self.entered(inside).saturating_sub(gone) < view.needed
        })
    }

    fn drop_oldest(&mut self, count: usize) {
        let newest = self.list.drain(..count.min(self.list.len())).next_back();
        self.dropped_ms = self.dropped_ms.max(newest.map(|newest| newest.at_ms()));
    }
}
