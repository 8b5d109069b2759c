//! The timers that come next, in memory. Rows are deleted at the head of `Table::Timers` all the time, and a storage
//! engine that only marks what is deleted would read all of it again at every look.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::ops::Bound;

use acquaint_core::id::ProfileId;
use acquaint_store::{Read, Table, keys};

use super::timers::parse;
use crate::Result;

/// Timers that are read at once.
const CHUNK: usize = 10_000;
/// Timers that are kept at most; the later ones are read again when it is their turn.
const KEPT_MAX: usize = 200_000;

/// Which profiles are meant, of all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) number: usize,
    pub(crate) of: NonZeroUsize,
}

impl Share {
    /// The number of the share, one of so many, that a profile is in.
    pub(crate) fn of(id: ProfileId, of: NonZeroUsize) -> usize {
        // Less than a number of shares, so it fits.
        usize::try_from(id.0 % of.get() as u64).unwrap_or_default()
    }

    fn has(self, id: ProfileId) -> bool {
        Self::of(id, self.of) == self.number
    }
}

/// Every timer before an instant of a share of the profiles, as `Table::Timers` has them with what is pending.
pub(crate) struct Upcoming {
    timers: BTreeSet<(i64, ProfileId)>,
    /// Timers before this instant are kept, later ones are not.
    until_ms: i64,
    share: Share,
}

impl Upcoming {
    /// Nothing is kept yet, and there are none before this instant.
    pub(crate) fn from(now_ms: i64, share: Share) -> Self {
        Self { timers: BTreeSet::new(), until_ms: now_ms, share }
    }

    /// A timer was set anew, or is no more.
    pub(crate) fn moved(&mut self, profile: ProfileId, from_ms: Option<i64>, to_ms: Option<i64>) {
        if let Some(deadline_ms) = from_ms {
            self.timers.remove(&(deadline_ms, profile));
        }
        if let Some(deadline_ms) = to_ms
            && deadline_ms < self.until_ms
        {
            self.timers.insert((deadline_ms, profile));
        }
        if self.timers.len() > KEPT_MAX
            && let Some((deadline_ms, _)) = self.timers.iter().nth(KEPT_MAX / 2).copied()
        {
            drop(self.timers.split_off(&(deadline_ms, ProfileId(0))));
            self.until_ms = deadline_ms;
        }
    }

    /// Whether a timer may be due at `now_ms`.
    pub(crate) fn may_be_due(&self, now_ms: i64) -> bool {
        self.until_ms <= now_ms || self.timers.first().is_some_and(|(deadline_ms, _)| *deadline_ms <= now_ms)
    }

    /// How many timers are due after `after_ms` and until `now_ms`, counted up to `limit`.
    pub(crate) fn count(
        &mut self,
        tables: &impl Read,
        after_ms: i64,
        now_ms: i64,
        limit: usize,
    ) -> Result<usize> {
        if after_ms >= now_ms || !self.may_be_due(now_ms) {
            return Ok(0);
        }
        while self.until_ms <= now_ms {
            self.read_on(tables)?;
        }
        let between = (
            Bound::Excluded((after_ms, ProfileId(u64::MAX))),
            Bound::Included((now_ms, ProfileId(u64::MAX))),
        );
        Ok(self.timers.range(between).take(limit).count())
    }

    /// Up to `limit` timers that are due at `now_ms`, earliest first.
    pub(crate) fn due(
        &mut self,
        tables: &impl Read,
        now_ms: i64,
        limit: usize,
    ) -> Result<Vec<(i64, ProfileId)>> {
        while self.until_ms <= now_ms && self.timers.len() < limit {
            self.read_on(tables)?;
        }
        let due = self.timers.range(..=(now_ms, ProfileId(u64::MAX)));
        Ok(due.take(limit).copied().collect())
    }

    /// Reads the next chunk of the table; all timers of one instant, however many there are.
    fn read_on(&mut self, tables: &impl Read) -> Result<()> {
        let from = keys::timer(self.until_ms, ProfileId(0));
        let mut chunk = CHUNK;
        loop {
            let rows = tables.scan(Table::Timers, Bound::Included(&from), Bound::Unbounded, chunk)?;
            let read = rows.iter().map(|(key, _)| parse(key)).collect::<Result<Vec<_>>>()?;
            let until_ms = match read.last() {
                Some((last_ms, _)) if read.len() == chunk => *last_ms,
                Some(_) | None => i64::MAX,
            };
            // More than a chunk of one instant.
            if read.first().is_some_and(|(first_ms, _)| *first_ms == until_ms) {
                chunk = chunk.saturating_mul(2);
                continue;
            }
            let share = self.share;
            let new = read.into_iter().filter(|(deadline_ms, id)| *deadline_ms < until_ms && share.has(*id));
            self.timers.extend(new);
            self.until_ms = until_ms;
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use acquaint_store::{Result, Row};

    use super::*;

    const WHOLE: Share = Share { number: 0, of: NonZeroUsize::MIN };

    fn from_the_beginning() -> Upcoming {
        Upcoming::from(i64::MIN, WHOLE)
    }

    /// A table of timers, which counts how often it is read.
    struct Rows(BTreeSet<Vec<u8>>, std::cell::Cell<usize>);

    impl Rows {
        fn new(timers: impl Iterator<Item = (i64, u64)>) -> Self {
            Self(timers.map(|(at_ms, id)| keys::timer(at_ms, ProfileId(id))).collect(), 0.into())
        }
    }

    impl Read for Rows {
        fn get(&self, _: Table, _: &[u8]) -> Result<Option<Vec<u8>>> {
            Ok(None)
        }

        fn scan(&self, _: Table, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Row>> {
            self.1.set(self.1.get() + 1);
            let rows = self.0.range::<[u8], _>((from, to)).take(limit);
            Ok(rows.map(|key| (key.clone(), Vec::new())).collect())
        }
    }

    fn check(upcoming: &mut Upcoming, rows: &Rows, now_ms: i64, limit: usize, expected: &[(i64, u64)]) {
        let due = upcoming.due(rows, now_ms, limit).unwrap();
        let due: Vec<_> = due.into_iter().map(|(at_ms, id)| (at_ms, id.0)).collect();
        assert_eq!(due, expected);
    }

    #[test]
    fn what_is_due_comes_earliest_first_and_is_read_once() {
        let rows = Rows::new([(7, 1), (5, 2), (9, 3)].into_iter());
        let mut upcoming = from_the_beginning();
        check(&mut upcoming, &rows, 4, 10, &[]);
        check(&mut upcoming, &rows, 8, 1, &[(5, 2)]);
        upcoming.moved(ProfileId(2), Some(5), Some(6));
        check(&mut upcoming, &rows, 8, 10, &[(6, 2), (7, 1)]);
        upcoming.moved(ProfileId(1), Some(7), None);
        check(&mut upcoming, &rows, 100, 10, &[(6, 2), (9, 3)]);
        assert_eq!(rows.1.get(), 1);
    }

    #[test]
    fn more_timers_of_one_instant_than_are_read_at_once_are_all_there() {
        let many = u64::try_from(CHUNK).unwrap() * 2 + 1;
        let rows = Rows::new((0..many).map(|id| (5, id)).chain([(6, 0)]));
        let mut upcoming = from_the_beginning();
        assert_eq!(upcoming.due(&rows, 5, usize::MAX).unwrap().len(), CHUNK * 2 + 1);
        check(&mut upcoming, &rows, 4, 10, &[]);
    }

    #[test]
    fn beyond_what_is_kept_timers_are_read_when_it_is_their_turn() {
        let many = u64::try_from(KEPT_MAX).unwrap() + 2;
        let rows = Rows::new((0..many).map(|id| (i64::try_from(id).unwrap(), id)));
        let mut upcoming = from_the_beginning();
        check(&mut upcoming, &Rows::new(std::iter::empty()), 0, 1, &[]);
        for id in 0..many {
            upcoming.moved(ProfileId(id), None, Some(i64::try_from(id).unwrap()));
        }
        assert!(upcoming.timers.len() <= KEPT_MAX);
        let due = upcoming.due(&rows, i64::MAX - 1, usize::MAX).unwrap();
        assert_eq!(due.len(), KEPT_MAX + 2);
    }

    #[test]
    fn what_was_applied_is_not_read_again() {
        let rows = Rows::new([(5, 1), (7, 2)].into_iter());
        check(&mut Upcoming::from(6, WHOLE), &rows, 10, 10, &[(7, 2)]);
    }

    #[test]
    fn each_share_has_its_own_timers_and_between_them_they_have_all() {
        let rows = Rows::new((0..10).map(|id| (5, id)));
        let of = NonZeroUsize::new(3).unwrap();
        let mut all = Vec::new();
        for number in 0..3 {
            let mut upcoming = Upcoming::from(0, Share { number, of });
            assert_eq!(upcoming.count(&rows, 4, 5, 2).unwrap(), 2);
            assert_eq!(upcoming.count(&rows, 5, 6, 2).unwrap(), 0);
            let due = upcoming.due(&rows, 5, usize::MAX).unwrap();
            assert!(due.iter().all(|(_, id)| id.0 % 3 == number as u64));
            all.extend(due);
        }
        assert_eq!(all.len(), 10);
    }
}
