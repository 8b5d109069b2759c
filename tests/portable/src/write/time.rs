//! Generated times and `occurs`.

use super::{Piece, Writer, operand, power};
use crate::vocabulary::{DATES, Kind};
use crate::world::START_MS;

const UNITS: [&str; 13] = [
    "day", "days", "hour", "hours", "week", "weeks", "month", "months", "years", "minutes", "second", "day",
    "decade",
];
const RARE_UNITS: [&str; 3] = ["millisecond", "century", "millennium"];

impl Writer<'_> {
    pub(super) fn instant(&mut self, depth: usize) -> Piece {
        match self.choices.pick(if depth == 0 { 5 } else { 8 }) {
            0..=3 => match self.named(Kind::Time) {
                Some(found) => found,
                None => self.date(),
            },
            4 => self.date(),
            _ => self.call_giving(Kind::Time, depth - 1),
        }
    }

    pub(super) fn date(&mut self) -> Piece {
        let (month, day) = (1 + self.choices.pick(12), 1 + self.choices.pick(28));
        operand(match self.choices.pick(4) {
            0 => format!("date(currentYear() - {}, {month}, {day})", self.choices.pick(2)),
            _ => format!("date(202{}, {month}, {day})", 3 + self.choices.pick(2)),
        })
    }

    /// `t occurs ...`
    pub(super) fn occurs(&mut self, depth: usize) -> Piece {
        let timestamp = self.closed_kind(Kind::Time, depth, power::SUM);
        let (keyword, test) = (self.keyword("occurs"), self.test(depth));
        piece_of(format!("{timestamp} {keyword} {test}"))
    }

    /// What stands behind `occurs`, and inside `WHEN`.
    pub(super) fn test(&mut self, depth: usize) -> String {
        let direction = self.choices.one(&["before", "after", "from", "before"]);
        match self.choices.pick(12) {
            // What most audiences ask.
            0..=5 => {
                let comparison = self.choices.one(&["<=", "<"]);
                let unit = self.choices.one(&["days", "day", "hours", "weeks"]);
                format!("{comparison} {} {unit} before now", self.choices.pick(60))
            }
            6..=8 => {
                let comparison = self.choices.one(&["<=", "<", ">", ">=", "=", "!=", ""]);
                let (count, unit) = (self.choices.pick(12), self.unit());
                format!("{comparison} {count} {unit} {direction} {}", self.anchor(depth)).trim().into()
            }
            9 => format!("{direction} {}", self.anchor(depth)),
            10 => format!("{}{}", self.choices.one(&["", "on "]), self.anchor(depth)),
            _ => format!("between {} and {}", self.anchor(depth), self.anchor(depth)),
        }
    }

    fn unit(&mut self) -> String {
        if self.choices.pick(20) == 19 {
            return self.choices.one(&RARE_UNITS).into();
        }
        self.choices.one(&UNITS).into()
    }

    fn anchor(&mut self, depth: usize) -> String {
        match self.choices.pick(10) {
            0..=2 => "now".into(),
            3 => self.choices.one(&["today", "yesterday", "tomorrow"]).into(),
            4 => {
                let relative = self.choices.one(&["this", "last", "next"]);
                format!("{relative} {}", self.unit())
            }
            5 => self.date().text,
            6 => format!("\"{}\"", self.choices.one(&DATES)),
            7 => format!("{}", START_MS - self.choices.pick(100_000_000) as i64),
            _ => self.closed_kind(Kind::Time, depth.min(1), power::SUM),
        }
    }
}

fn piece_of(text: String) -> Piece {
    super::piece(power::COMPARISON, text)
}
