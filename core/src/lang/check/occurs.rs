//! Time constraints: anchors are times, windows have bounds, and `!=` is the negation of `=` for times that exist.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec;

use super::super::ast::{self, Comparison};
use super::super::diagnostic::{Span, code};
use super::super::typed::{Expr, Node};
use super::types::{self, Class};
use super::{Checker, Typed};
use crate::limits::WINDOW_YEARS_MAX;
use crate::time::{Anchor, Bound, Occurs, Unit, parse_instant};
use crate::value::Value;

/// What is lowered to two expressions may be so high: doubled at every level, a short text would be larger than any
/// memory.
const REPEATED_HEIGHT_MAX: usize = 8;

/// 365.2425 days.
const YEAR_MS: u64 = 31_556_952_000;

impl<'a> Checker<'a> {
    pub(super) fn occurs(&mut self, timestamp: &ast::Expr, test: &ast::Occurs, span: Span) -> Typed<'a> {
        let is_small = timestamp.height() <= REPEATED_HEIGHT_MAX;
        let timestamp = self.instant(timestamp);
        let (test, negated) = self.test(test, span);
        let occurs = |timestamp| Typed::boolean(Node::Occurs { timestamp: Box::new(timestamp), test }, span);
        if !negated {
            return occurs(timestamp.expr);
        }
        if is_small {
            let unequal = occurs(timestamp.expr.clone());
            return self.there_and_not(timestamp, unequal, span);
        }
        let slot = self.slot();
        let named = Typed::new(Node::Variable(slot), span, timestamp.ty.clone());
        let unequal = occurs(named.expr.clone());
        let body = Box::new(self.there_and_not(named, unequal, span).expr);
        Typed::boolean(Node::Let { slot, value: Box::new(timestamp.expr), body }, span)
    }

    fn there_and_not(&mut self, value: Typed<'a>, test: Typed<'a>, span: Span) -> Typed<'a> {
        let there = self.apply_named("isNotNull", vec![value], span);
        let not = Expr { node: Node::Not(Box::new(test.expr)), span };
        Typed::boolean(Node::And(vec![there.expr, not]), span)
    }

    /// The test, and whether it is the negation of it that is meant.
    fn test(&mut self, test: &ast::Occurs, span: Span) -> (Occurs, bool) {
        match test {
            ast::Occurs::Offset { comparison, count, unit, direction, anchor } => {
                self.limit_window(*count, *unit, span);
                let (bound, negated) = bound_of(*comparison);
                let anchor = self.anchor(anchor);
                (Occurs::Offset { bound, count: *count, unit: *unit, direction: *direction, anchor }, negated)
            }
            ast::Occurs::Side(direction, anchor) => {
                (Occurs::Side { direction: *direction, anchor: self.anchor(anchor) }, false)
            }
            ast::Occurs::On(anchor) => (Occurs::On(self.anchor(anchor)), false),
            ast::Occurs::Between(from, to) => {
                let from = self.anchor(from);
                (Occurs::Between(from, self.anchor(to)), false)
            }
        }
    }

    fn anchor(&mut self, anchor: &ast::Anchor) -> Anchor<Box<Expr>> {
        match anchor {
            Anchor::Now => Anchor::Now,
            Anchor::Today => Anchor::Today,
            Anchor::Yesterday => Anchor::Yesterday,
            Anchor::Tomorrow => Anchor::Tomorrow,
            Anchor::This(unit) => Anchor::This(*unit),
            Anchor::Last(unit) => Anchor::Last(*unit),
            Anchor::Next(unit) => Anchor::Next(*unit),
            Anchor::Exact(expr) => Anchor::Exact(Box::new(self.instant(expr).expr)),
        }
    }

    /// A time, or an array of times. A constant date stays text: it is a whole day, not its first instant.
    pub(super) fn instant(&mut self, tree: &ast::Expr) -> Typed<'a> {
        let typed = self.expr(tree);
        self.require_instant(typed)
    }

    pub(super) fn require_instant(&mut self, typed: Typed<'a>) -> Typed<'a> {
        if let Node::Literal(Value::String(text)) = &typed.expr.node {
            if parse_instant(text).is_some() {
                return typed;
            }
            let help = "times are written like \"2020-03-14\" or \"2020-03-14T12:00:00Z\"";
            return self.reported(code::NOT_A_TIME, typed.span(), format!("`{text}` is not a time"), help);
        }
        let known = types::scalar(&typed.ty);
        match types::class(known) {
            Class::Any | Class::Time | Class::Text => typed,
            // Milliseconds since the epoch.
            Class::Number if *known == *types::INTEGER => typed,
            Class::Number | Class::Boolean | Class::List | Class::Object => {
                let message = types::mismatch("a time", &typed.ty);
                self.reported(code::NOT_A_TIME, typed.span(), message, "")
            }
        }
    }

    pub(super) fn limit_window(&mut self, count: u32, unit: Unit, span: Span) {
        if u128::from(count) * u128::from(length_ms(unit)) > u128::from(WINDOW_YEARS_MAX * YEAR_MS) {
            let message = format!("the window is longer than the {WINDOW_YEARS_MAX} years allowed");
            self.error(code::WINDOW_TOO_LONG, span, message, "leave the test out if any time will do");
        }
    }
}

pub(super) fn bound_of(comparison: Comparison) -> (Bound, bool) {
    match comparison {
        Comparison::Equal => (Bound::Exactly, false),
        Comparison::NotEqual => (Bound::Exactly, true),
        Comparison::Less => (Bound::Less, false),
        Comparison::LessOrEqual => (Bound::AtMost, false),
        Comparison::Greater => (Bound::More, false),
        Comparison::GreaterOrEqual => (Bound::AtLeast, false),
    }
}

/// On average.
pub(super) fn length_ms(unit: Unit) -> u64 {
    match unit {
        Unit::Millisecond => 1,
        Unit::Second => 1_000,
        Unit::Minute => 60_000,
        Unit::Hour => 3_600_000,
        Unit::Day => 86_400_000,
        Unit::Week => 604_800_000,
        Unit::Month => YEAR_MS / 12,
        Unit::Year => YEAR_MS,
        Unit::Decade => 10 * YEAR_MS,
        Unit::Century => 100 * YEAR_MS,
        Unit::Millennium => 1_000 * YEAR_MS,
    }
}
