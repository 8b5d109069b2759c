//! Generated chains of events.

use super::{Piece, Writer, operand};
use crate::vocabulary::{Class, Kind};

/// How many events of a step there must be.
enum Count {
    /// At least one of them.
    Some(String),
    /// Perhaps none.
    Perhaps(String),
}

impl Writer<'_> {
    /// `chain(xEvent, timestamp, [A: WHAT(c) WHEN(t) COUNT(n), ...])`
    pub(super) fn chain(&mut self, depth: usize) -> Piece {
        // The label of the nearest step before that has a minimum.
        let mut before: Option<String> = None;
        let mut steps = Vec::new();
        for number in 0..1 + self.choices.pick(4) {
            let label = format!("S{number}");
            // The first is never an exclusion, so that not all of them are.
            let excluded = number > 0 && self.choices.pick(5) == 4;
            let (clauses, count) = self.clauses(depth, before.as_deref(), excluded);
            steps.push(format!("{label}: {clauses}"));
            if let Count::Some(_) = count {
                before = Some(label);
            }
        }
        let keyword = self.keyword("chain");
        operand(format!("{keyword}(xEvent, timestamp, [{}])", steps.join(", ")))
    }

    /// The clauses of a step, in any order.
    fn clauses(&mut self, depth: usize, before: Option<&str>, excluded: bool) -> (String, Count) {
        let what = self.of_event(depth.min(1));
        let negated = excluded && self.choices.flip();
        let mut clauses = vec![if negated { format!("NOT WHAT({what})") } else { format!("WHAT({what})") }];
        if let Some(times) = self.times(before) {
            clauses.push(format!("WHEN({times})"));
        }
        if self.choices.pick(5) == 4 {
            clauses.push(format!("WHERE({})", self.of_event(0)));
        }
        let count =
            if excluded { Count::Perhaps("exactly 0".into()) } else { self.step_count(before.is_none()) };
        if let Count::Some(text) | Count::Perhaps(text) = &count
            && !negated
            && !text.is_empty()
        {
            clauses.push(format!("COUNT({text})"));
        }
        if self.choices.pick(4) == 3 {
            clauses.reverse();
        }
        (clauses.join(" "), count)
    }

    /// A condition on one event; most audiences ask for a type.
    fn of_event(&mut self, depth: usize) -> String {
        if self.choices.flip() {
            return format!("eventType = \"{}\"", self.choices.one(&["a", "b", "a", "c"]));
        }
        self.over(Kind::Object(Class::Event), |writer| writer.boolean(depth).text)
    }

    /// `< 7 days before now and within 1 day after A`
    fn times(&mut self, before: Option<&str>) -> Option<String> {
        let window = (self.choices.pick(3) == 2).then(|| self.test(0));
        let gap = before.filter(|_| self.choices.pick(3) == 2).map(|label| {
            let (count, unit) =
                (1 + self.choices.pick(9), self.choices.one(&["day", "days", "hours", "week", "month"]));
            match self.choices.pick(6) {
                0..=2 => format!("within {count} {unit} after {label}"),
                3 => format!("after {label}"),
                _ => {
                    format!("{} {count} {unit} after {label}", self.choices.one(&["<=", "<", ">", ">=", "="]))
                }
            }
        });
        match (window, gap) {
            (Some(window), Some(gap)) => Some(format!("{window} and {gap}")),
            (one, other) => one.or(other),
        }
    }

    fn step_count(&mut self, is_first: bool) -> Count {
        let number = 1 + self.choices.pick(3);
        match self.choices.pick(if is_first { 9 } else { 11 }) {
            0..=3 => Count::Some(String::new()),
            4 => Count::Some(format!("{number}")),
            5 => Count::Some(format!("at least {number}")),
            6 | 7 => Count::Some(format!("exactly {number}")),
            8 => Count::Some(format!("between {number} and {}", number + self.choices.pick(3))),
            9 => Count::Perhaps(format!("between 0 and {number}")),
            _ => Count::Perhaps(format!("at most {}", self.choices.pick(3))),
        }
    }
}
