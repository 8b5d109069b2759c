//! Time constraints: what stands behind `occurs` and inside `WHEN`.

use alloc::boxed::Box;
use alloc::format;

use super::super::ast::{Anchor, Comparison, Occurs};
use super::super::diagnostic::code;
use super::super::lexer::{Punctuation, TokenKind};
use super::super::words;
use super::Parser;
use super::expression::power;
use crate::time::{Direction, Unit};

const HELP: &str =
    "for example `< 7 days before now`, `this month`, `on date(2020, 3, 14)`, `between A and B`";

impl Parser<'_> {
    pub(super) fn occurs(&mut self) -> Occurs {
        let comparison = self.comparison();
        if comparison.is_some() {
            self.bump();
        }
        // `within 1 day after A` is `<= 1 day after A`.
        if comparison.is_none() && self.is_word(0, "within") && matches!(self.ahead(1), TokenKind::Integer(_))
        {
            self.bump();
            return self.offset(Comparison::LessOrEqual);
        }
        if comparison.is_some() || self.count_ahead() {
            return self.offset(comparison.unwrap_or(Comparison::Equal));
        }
        if let Some(direction) = words::direction(self.word(0)) {
            self.bump();
            return Occurs::Side(direction, self.anchor());
        }
        if self.accept_word("between") {
            let from = self.anchor();
            self.expect_word("and", code::BAD_OCCURS);
            return Occurs::Between(from, self.anchor());
        }
        self.accept_word("on");
        Occurs::On(self.anchor())
    }

    /// `3 days`, as against a timestamp in milliseconds.
    fn count_ahead(&self) -> bool {
        matches!(self.peek(), TokenKind::Integer(_)) && words::unit(self.word(1)).is_some()
    }

    /// `7 days before now`
    fn offset(&mut self, comparison: Comparison) -> Occurs {
        let Some(count) = self.count() else { return self.broken("a whole number") };
        let Some(unit) = self.unit() else { return self.broken("a unit of time") };
        let Some(direction) = words::direction(self.word(0)) else {
            return self.broken("`before`, `after` or `from`");
        };
        self.bump();
        Occurs::Offset { comparison, count, unit, direction, anchor: self.anchor() }
    }

    fn count(&mut self) -> Option<u32> {
        let TokenKind::Integer(number) = self.peek() else { return None };
        let count = u32::try_from(*number).unwrap_or_else(|_| {
            self.report(code::WINDOW_TOO_LONG, "the count is out of range");
            u32::MAX
        });
        self.bump();
        Some(count)
    }

    fn unit(&mut self) -> Option<Unit> {
        let unit = words::unit(self.word(0))?;
        self.bump();
        Some(unit)
    }

    fn broken(&mut self, expected: &str) -> Occurs {
        let message = format!("expected {expected}, found {}", self.found());
        self.report_with(code::BAD_OCCURS, message, HELP);
        // The rest of the constraint is words; an expression goes on with a word that may follow an operand.
        while !self.word(0).is_empty() && (self.is_word(0, "from") || !words::is_follower(self.word(0))) {
            self.bump();
        }
        Occurs::Side(Direction::From, Anchor::Exact(Box::new(self.error())))
    }

    fn anchor(&mut self) -> Anchor {
        let path = [Punctuation::Dot, Punctuation::ParenOpen, Punctuation::BracketOpen]
            .into_iter()
            .any(|punctuation| self.is_ahead(1, punctuation));
        if !path {
            let fixed = [
                ("now", Anchor::Now),
                ("today", Anchor::Today),
                ("yesterday", Anchor::Yesterday),
                ("tomorrow", Anchor::Tomorrow),
            ];
            if let Some((_, anchor)) = fixed.into_iter().find(|(word, _)| self.is_word(0, word)) {
                self.bump();
                return anchor;
            }
        }
        if let Some(anchor) = words::unit(self.word(1)).and_then(|unit| relative(self.word(0), unit)) {
            self.bump();
            self.bump();
            return anchor;
        }
        Anchor::Exact(Box::new(self.expression(power::SUM)))
    }
}

fn relative(word: &str, unit: Unit) -> Option<Anchor> {
    if words::is(word, "this") {
        Some(Anchor::This(unit))
    } else if words::is(word, "last") {
        Some(Anchor::Last(unit))
    } else if words::is(word, "next") {
        Some(Anchor::Next(unit))
    } else {
        None
    }
}
