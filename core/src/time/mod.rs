//! Calendar arithmetic, always UTC, on milliseconds since the epoch; and the `occurs` test (`pql.md` 1.7).
//!
//! An `occurs` test is resolved to one half-open interval in which the timestamp must lie. The interval's two ends
//! never move backwards as `now` moves forwards, so the instants at which an answer changes can be found exactly.

pub mod calendar;
pub mod format;
pub mod occurs;
pub mod parse;

pub use format::{format_date, format_instant, has_text};
pub use parse::{parse_date, parse_instant};

use alloc::boxed::Box;

use serde::{Deserialize, Serialize};

/// `start_ms <= t < end_ms`. `i64::MIN` and `i64::MAX` stand for "no bound".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interval {
    /// First instant inside.
    pub start_ms: i64,
    /// First instant after it.
    pub end_ms: i64,
}

impl Interval {
    /// All time.
    pub const ALWAYS: Self = Self { start_ms: i64::MIN, end_ms: i64::MAX };

    /// One instant.
    pub const fn instant(timestamp_ms: i64) -> Self {
        Self { start_ms: timestamp_ms, end_ms: timestamp_ms.saturating_add(1) }
    }

    /// The day that begins at an instant.
    pub const fn day(start_ms: i64) -> Self {
        Self { start_ms, end_ms: start_ms.saturating_add(calendar::DAY_MS) }
    }

    /// Whether the timestamp lies inside.
    pub const fn contains(self, timestamp_ms: i64) -> bool {
        self.start_ms <= timestamp_ms && (timestamp_ms < self.end_ms || self.end_ms == i64::MAX)
    }

    /// What both contain; possibly nothing.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self { start_ms: self.start_ms.max(other.start_ms), end_ms: self.end_ms.min(other.end_ms) }
    }
}

/// A calendar or clock unit. Weeks start on Monday (design, decision 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the units")]
pub enum Unit {
    Millisecond,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
    Decade,
    Century,
    Millennium,
}

/// `>` `>=` `<` `<=` `=` before a count of units. `!=` is written as the negation of `=`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the operators")]
pub enum Bound {
    More,
    AtLeast,
    Less,
    AtMost,
    Exactly,
}

/// On which side of the anchor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Direction {
    /// Earlier than the anchor.
    Before,
    /// Later than the anchor.
    After,
    /// Either side.
    From,
}

/// What the time is compared with. `Exact` is an expression in checked text and an [`Interval`] in a resolved test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Anchor<T> {
    /// The instant of evaluation.
    Now,
    /// The day of evaluation.
    Today,
    /// The day before it.
    Yesterday,
    /// The day after it.
    Tomorrow,
    /// The unit that contains the evaluation.
    This(Unit),
    /// The whole unit before that.
    Last(Unit),
    /// The whole unit after that.
    Next(Unit),
    /// A date (a whole day), or a timestamp (an instant).
    Exact(T),
}

/// The right-hand side of `occurs`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Occurs<T = Box<crate::lang::typed::Expr>> {
    /// `< 7 days before now`
    Offset {
        /// The comparison with the count.
        bound: Bound,
        /// How many units.
        count: u32,
        /// Which unit.
        unit: Unit,
        /// On which side.
        direction: Direction,
        /// Of what.
        anchor: Anchor<T>,
    },
    /// `before today`
    Side {
        /// On which side.
        direction: Direction,
        /// Of what.
        anchor: Anchor<T>,
    },
    /// `this month`, `on date(2020,3,14)`
    On(Anchor<T>),
    /// `between a and b`; both ends count fully.
    Between(Anchor<T>, Anchor<T>),
}
