//! Lanes: threads that work on profiles at the same time. A profile is always of the same lane, so what happens to it
//! happens in order; what is told is put in the order in which one thread would have told it.

use acquaint_core::id::ProfileId;
use acquaint_store::{Rows, Table};

use super::batch::{Batch, Moment, Task, WORTHWHILE};
use super::cache::{Cache, Lane};
use super::order::{Ordered, merged};
use super::progress::Progress;
use super::side_by_side::side_by_side;
use super::turn::{Owed, Turn};
use crate::Result;

/// Timers that a lane looks for at once.
const TIMERS_AT_ONCE: usize = 10_000;

/// What a lane has come to.
struct Outcome {
    rows: Rows,
    told: Ordered<Vec<u8>>,
    owed: Ordered<(ProfileId, Owed)>,
}

impl Turn<'_> {
    /// Applies a batch.
    pub(crate) fn run(&mut self, batch: Batch) -> Result<()> {
        let Batch { progress, moments, tasks, work, .. } = batch;
        self.in_lanes(&progress, tasks, work, |turn, tasks| turn.run_lane(tasks, &moments))
    }

    /// Applies up to `limit` timers that are due at `until_ms`, earliest first; returns how many there were.
    pub(crate) fn advance(&mut self, until_ms: i64, limit: usize) -> Result<usize> {
        let due = self.cache.due(&self.unit, until_ms, limit)?;
        let mut by_lane: Vec<Vec<_>> = self.cache.lanes.iter().map(|_| Vec::new()).collect();
        for timer in &due {
            if let Some(lane) = by_lane.get_mut(self.cache.lane_of(timer.1)) {
                lane.push(*timer);
            }
        }
        let progress = self.progress.clone();
        self.in_lanes(&progress, by_lane, due.len(), |turn, due| turn.apply_timers(&due, until_ms))?;
        Ok(due.len())
    }

    /// Does a piece of work in each lane, from how far everything was before on, for the record at hand unless the work
    /// says for which.
    fn in_lanes<T: Send>(
        &mut self,
        progress: &Progress,
        pieces: Vec<T>,
        work: usize,
        act: impl Fn(&mut Turn<'_>, T) -> Result<()> + Sync,
    ) -> Result<()> {
        let lanes = std::mem::take(&mut self.cache.lanes);
        let (rules, unit, cause) = (self.rules, &self.unit, self.cause);
        let in_lane = |(lane, piece): (Lane, T)| {
            let mut cache = Cache::of(lane);
            let mut turn = Turn::new(unit, None, rules, &mut cache, progress);
            turn.cause = cause;
            let outcome = act(&mut turn, piece).map(|()| turn.into_outcome());
            (cache.lanes, outcome)
        };
        let pieces = lanes.into_iter().zip(pieces);
        let outcomes: Vec<_> = match work {
            ..WORTHWHILE => pieces.map(in_lane).collect(),
            WORTHWHILE.. => side_by_side(pieces.collect(), in_lane),
        };
        let (mut told, mut owed) = (Vec::new(), Vec::new());
        for (lanes, outcome) in outcomes {
            self.cache.lanes.extend(lanes);
            let outcome = outcome?;
            for (key, owner) in outcome.rows.get(&Table::Identities).into_iter().flatten() {
                if owner.is_none() {
                    self.cache.identities.remove(key);
                }
            }
            self.unit.absorb(outcome.rows);
            told.push(outcome.told);
            owed.push(outcome.owed);
        }
        self.told.extend(merged(told.into_iter()));
        self.owed.extend(merged(owed.into_iter()));
        Ok(())
    }

    /// Goes through the moments of a batch in one lane.
    fn run_lane(&mut self, tasks: Vec<Task>, moments: &[Moment]) -> Result<()> {
        let mut tasks = tasks.into_iter().peekable();
        for (number, Moment { position, received_ms }) in moments.iter().enumerate() {
            (self.cause, self.explained) = (*position, 0);
            self.order.record = number;
            loop {
                let due = self.cache.due(&self.unit, *received_ms, TIMERS_AT_ONCE)?;
                if due.is_empty() {
                    break;
                }
                self.apply_timers(&due, *received_ms)?;
            }
            self.progress.now_ms = self.progress.now_ms.max(*received_ms);
            if let Some(task) = tasks.next_if(|task| task.record == number) {
                self.perform(task)?;
            }
        }
        Ok(())
    }

    fn into_outcome(self) -> Outcome {
        Outcome { rows: self.unit.into_pending(), told: self.told, owed: self.owed }
    }
}
