//! The `occurs` test (`pql.md` 1.7; design, decisions 7 and 12).
//!
//! What each form means, with a = the anchor's first instant, b = its last instant (the same for `now` and for a
//! timestamp; first and last millisecond of a day or unit), and t = the timestamp:
//!
//! | form | holds when |
//! |---|---|
//! | `< n u before R` | a - n u < t, and t is before R |
//! | `<= n u before R` | a - n u <= t, and t is before R |
//! | `> n u before R`, `>= n u before R` | t < a - n u, t <= a - n u |
//! | `= n u before R` | t lies in the same unit as a - n u |
//! | `… after R` | the mirror image, from b |
//! | `… from R` | before, after or inside R: `<` and `<=` are one interval, the others are two |
//! | `before R`, `after R`, `from R` | t < a, t > b, either |
//! | `on R`, `R` | a <= t <= b |
//! | `between R and S` | a of R <= t <= b of S: the end day counts fully |
//!
//! "Before R" in the first two rows includes R itself where R is an instant (`<= 24 hours before now` counts the event
//! that happens now) and excludes it where R is a day or unit (`<= 1 month before today`, evaluated on 28 August, is
//! 28 July to 27 August). All of it is UTC; weeks start on Monday.

use alloc::vec::Vec;

use super::calendar::{Clamp, add, start_of};
use super::{Anchor, Bound, Direction, Interval, Occurs, Unit};

impl<T> Anchor<T> {
    /// Whether it moves with the time of evaluation.
    pub fn depends_on_now(&self) -> bool {
        !matches!(self, Self::Exact(_))
    }

    fn resolve(self, resolve: &mut impl FnMut(T) -> Option<Interval>) -> Option<Anchor<Interval>> {
        Some(match self {
            Self::Now => Anchor::Now,
            Self::Today => Anchor::Today,
            Self::Yesterday => Anchor::Yesterday,
            Self::Tomorrow => Anchor::Tomorrow,
            Self::This(unit) => Anchor::This(unit),
            Self::Last(unit) => Anchor::Last(unit),
            Self::Next(unit) => Anchor::Next(unit),
            Self::Exact(expr) => Anchor::Exact(resolve(expr)?),
        })
    }
}

impl<T> Occurs<T> {
    /// The test with its exact anchors turned into intervals ([`crate::value::Value::as_interval`]); `None` if one of
    /// them has none, in which case the test is false.
    pub fn resolve(self, mut anchor_of: impl FnMut(T) -> Option<Interval>) -> Option<Occurs<Interval>> {
        let resolve = &mut anchor_of;
        Some(match self {
            Self::Offset { bound, count, unit, direction, anchor } => {
                Occurs::Offset { bound, count, unit, direction, anchor: anchor.resolve(resolve)? }
            }
            Self::Side { direction, anchor } => Occurs::Side { direction, anchor: anchor.resolve(resolve)? },
            Self::On(anchor) => Occurs::On(anchor.resolve(resolve)?),
            Self::Between(first, last) => Occurs::Between(first.resolve(resolve)?, last.resolve(resolve)?),
        })
    }

    /// Whether the answer may change as time passes.
    pub fn depends_on_now(&self) -> bool {
        match self {
            Self::Offset { anchor, .. } | Self::Side { anchor, .. } | Self::On(anchor) => {
                anchor.depends_on_now()
            }
            Self::Between(first, last) => first.depends_on_now() || last.depends_on_now(),
        }
    }

    /// Whether it holds on two separate intervals, one before and one after the anchor (`> 3 days from now`).
    pub fn is_two_sided(&self) -> bool {
        match self {
            Self::Offset { bound, direction: Direction::From, .. } => match bound {
                Bound::More | Bound::AtLeast | Bound::Exactly => true,
                Bound::Less | Bound::AtMost => false,
            },
            Self::Side { direction: Direction::From, .. } => true,
            Self::Offset { .. } | Self::Side { .. } | Self::On(_) | Self::Between(..) => false,
        }
    }
}

impl<T: Clone> Occurs<T> {
    /// Itself, or the two one-sided tests of which one must hold: the plan keeps windows one-sided, so that each has
    /// one [interval](Occurs::interval).
    pub fn sides(&self) -> Vec<Self> {
        if !self.is_two_sided() {
            return Vec::from([self.clone()]);
        }
        [Direction::Before, Direction::After]
            .into_iter()
            .map(|side| {
                let mut test = self.clone();
                match &mut test {
                    Self::Offset { direction, .. } | Self::Side { direction, .. } => *direction = side,
                    Self::On(_) | Self::Between(..) => {}
                }
                test
            })
            .collect()
    }
}

impl Occurs<Interval> {
    /// Whether the timestamp passes the test at `now_ms`.
    pub fn contains(&self, timestamp_ms: i64, now_ms: i64) -> bool {
        if self.is_two_sided() {
            self.sides().iter().any(|side| side.interval(now_ms).contains(timestamp_ms))
        } else {
            self.interval(now_ms).contains(timestamp_ms)
        }
    }

    /// The interval in which the timestamp must lie; for a test that [holds on two](Self::is_two_sided), the smallest
    /// interval around both. Its ends never move backwards as `now_ms` moves forwards.
    pub fn interval(&self, now_ms: i64) -> Interval {
        match self {
            Self::Offset { bound, count, unit, direction, anchor } => {
                let moving = matches!(anchor, Anchor::Now);
                let offset = Offset {
                    bound: *bound,
                    count: i64::from(*count),
                    unit: *unit,
                    // Only `now` moves through the hours of a day, so only there the order of results is at stake.
                    clamp: if moving { Clamp::EndOfDay } else { Clamp::Day },
                };
                let anchor = anchor.interval(now_ms);
                match direction {
                    Direction::Before => offset.before(anchor),
                    Direction::After => offset.after(anchor),
                    Direction::From => Interval {
                        start_ms: offset.before(anchor).start_ms,
                        end_ms: offset.after(anchor).end_ms,
                    },
                }
            }
            Self::Side { direction, anchor } => {
                let anchor = anchor.interval(now_ms);
                match direction {
                    Direction::Before => Interval { start_ms: i64::MIN, end_ms: anchor.start_ms },
                    Direction::After => Interval { start_ms: anchor.end_ms, end_ms: i64::MAX },
                    Direction::From => Interval::ALWAYS,
                }
            }
            Self::On(anchor) => anchor.interval(now_ms),
            Self::Between(first, last) => {
                Interval { start_ms: first.interval(now_ms).start_ms, end_ms: last.interval(now_ms).end_ms }
            }
        }
    }

    /// The first instant after `now_ms` at which the timestamp passes the test and did not, or the other way round.
    /// Exact; `None` if that never happens.
    pub fn next_change(&self, timestamp_ms: i64, now_ms: i64) -> Option<i64> {
        if !self.depends_on_now() {
            return None;
        }
        let sides = self.sides();
        let holds = |at_ms| sides.iter().any(|side| side.interval(at_ms).contains(timestamp_ms));
        let holds_now = holds(now_ms);
        let mut at_ms = now_ms;
        // Each side changes at most twice, so this ends after at most four steps.
        loop {
            at_ms =
                sides.iter().filter_map(|side| side.next_change_of_interval(timestamp_ms, at_ms)).min()?;
            if holds(at_ms) != holds_now {
                return Some(at_ms);
            }
        }
    }

    fn next_change_of_interval(&self, timestamp_ms: i64, now_ms: i64) -> Option<i64> {
        let interval = self.interval(now_ms);
        if timestamp_ms < interval.start_ms {
            return None;
        }
        let leaves = self.first_instant_at_which(now_ms, |interval| interval.start_ms > timestamp_ms);
        if interval.contains(timestamp_ms) {
            return leaves;
        }
        let enters = self.first_instant_at_which(now_ms, |interval| {
            interval.end_ms > timestamp_ms || interval.end_ms == i64::MAX
        })?;
        // It may have passed through without a millisecond inside.
        leaves.is_none_or(|leaves| enters < leaves).then_some(enters)
    }

    /// The first instant after `now_ms` for which a property of the interval holds that, once it holds, goes on to
    /// hold. It does not hold at `now_ms`.
    fn first_instant_at_which(&self, now_ms: i64, property: impl Fn(Interval) -> bool) -> Option<i64> {
        let (mut before_ms, mut step_ms) = (now_ms, 1_i64 << 20);
        // Near changes are found in few steps: double the distance until it holds, then halve.
        let mut after_ms = loop {
            let candidate_ms = before_ms.saturating_add(step_ms);
            if property(self.interval(candidate_ms)) {
                break candidate_ms;
            }
            if candidate_ms == i64::MAX {
                return None;
            }
            before_ms = candidate_ms;
            step_ms = step_ms.saturating_mul(8);
        };
        while before_ms.saturating_add(1) < after_ms {
            let middle_ms = before_ms.midpoint(after_ms);
            if property(self.interval(middle_ms)) {
                after_ms = middle_ms;
            } else {
                before_ms = middle_ms;
            }
        }
        Some(after_ms)
    }
}

impl Anchor<Interval> {
    /// The instants it covers.
    pub fn interval(&self, now_ms: i64) -> Interval {
        match self {
            Self::Now => Interval::instant(now_ms),
            Self::Today => unit_at(now_ms, 0, Unit::Day),
            Self::Yesterday => unit_at(now_ms, -1, Unit::Day),
            Self::Tomorrow => unit_at(now_ms, 1, Unit::Day),
            Self::This(unit) => unit_at(now_ms, 0, *unit),
            Self::Last(unit) => unit_at(now_ms, -1, *unit),
            Self::Next(unit) => unit_at(now_ms, 1, *unit),
            Self::Exact(interval) => *interval,
        }
    }
}

/// The whole unit that lies `offset` units after the one that contains the instant.
fn unit_at(timestamp_ms: i64, offset: i64, unit: Unit) -> Interval {
    let start_ms = add(start_of(timestamp_ms, unit), offset, unit, Clamp::Day);
    Interval { start_ms, end_ms: add(start_ms, 1, unit, Clamp::Day) }
}

struct Offset {
    bound: Bound,
    count: i64,
    unit: Unit,
    clamp: Clamp,
}

impl Offset {
    fn before(&self, anchor: Interval) -> Interval {
        let edge_ms = add(anchor.start_ms, self.count.saturating_neg(), self.unit, self.clamp);
        let end_ms =
            if anchor == Interval::instant(anchor.start_ms) { anchor.end_ms } else { anchor.start_ms };
        match self.bound {
            Bound::Less => Interval { start_ms: edge_ms.saturating_add(1), end_ms },
            Bound::AtMost => Interval { start_ms: edge_ms, end_ms },
            Bound::More => Interval { start_ms: i64::MIN, end_ms: edge_ms },
            Bound::AtLeast => Interval { start_ms: i64::MIN, end_ms: edge_ms.saturating_add(1).min(end_ms) },
            Bound::Exactly => unit_at(anchor.start_ms, self.count.saturating_neg(), self.unit),
        }
    }

    fn after(&self, anchor: Interval) -> Interval {
        let last_ms = anchor.end_ms.saturating_sub(1);
        let edge_ms = add(last_ms, self.count, self.unit, self.clamp);
        let start_ms =
            if anchor == Interval::instant(anchor.start_ms) { anchor.start_ms } else { anchor.end_ms };
        match self.bound {
            Bound::Less => Interval { start_ms, end_ms: edge_ms },
            Bound::AtMost => Interval { start_ms, end_ms: edge_ms.saturating_add(1) },
            Bound::More => Interval { start_ms: edge_ms.saturating_add(1), end_ms: i64::MAX },
            Bound::AtLeast => Interval { start_ms: edge_ms.max(start_ms), end_ms: i64::MAX },
            Bound::Exactly => unit_at(last_ms, self.count, self.unit),
        }
    }
}

#[cfg(test)]
#[path = "occurs_tests.rs"]
mod tests;
