//! The order of what lanes do at the same time: as if it had been done one after the other.

use acquaint_core::id::ProfileId;

/// Where something belongs in what a batch of records does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Order {
    /// The number of the record.
    pub(crate) record: usize,
    pub(crate) part: Part,
}

/// What is done for a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// Timers that are due before it: the deadline, and whose.
    Timer(i64, ProfileId),
    /// The record itself, which is of one profile.
    #[default]
    Record,
}

/// Things with their places, in order.
pub(crate) type Ordered<T> = Vec<(Order, T)>;

/// All of it in order. Everything of one place is of one list, and stays in the order of that.
pub(crate) fn merged<T>(lists: impl Iterator<Item = Ordered<T>>) -> Ordered<T> {
    let mut all: Ordered<T> = lists.flatten().collect();
    all.sort_by_key(|(order, _)| *order);
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timers_come_before_the_record_that_brings_their_time_and_earliest_first() {
        let timer = |record, at_ms, id| Order { record, part: Part::Timer(at_ms, ProfileId(id)) };
        let record = |record| Order { record, part: Part::Record };
        let one = vec![(timer(0, 5, 2), "a"), (timer(0, 5, 2), "b"), (record(1), "g")];
        let other =
            vec![(timer(0, 4, 3), "0"), (timer(0, 5, 3), "c"), (record(0), "d"), (timer(1, 1, 1), "f")];
        let all = merged([one, other].into_iter());
        let all: String = all.into_iter().map(|(_, letter)| letter).collect();
        assert_eq!(all, "0abcdfg");
    }
}
