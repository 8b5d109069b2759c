//! Limits of authoring (`pql.md` section 4): what can be evaluated, and yet had better be written otherwise. Looked for
//! in the tree as it was written, so that what is said is about the author's own words.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::ast::{self, Anchor, Comparison, Expr, Kind, Occurs, Operator};
use super::super::diagnostic::{Diagnostic, Span, code};
use super::super::json::is_per_item;
use super::occurs::length_ms;
use crate::limits::{
    AGGREGATIONS_ADVISED_MAX, COLLECTION_NESTING_ADVISED_MAX, LIST_ITEMS_ADVISED_MAX,
    LOGICAL_CLAUSES_ADVISED_MAX, LOOK_BACK_ADVISED_DAYS, SEQUENCE_EVENTS_ADVISED_MAX,
};
use crate::time::Direction;

const AGGREGATES: [&str; 5] = ["count", "sum", "average", "min", "max"];
const DAY_MS: u64 = 86_400_000;

/// What there is to say of a tree.
pub(super) fn review(tree: &Expr) -> Vec<Diagnostic> {
    Review::of(tree).found
}

/// How much of what is limited there is in an expression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Authoring {
    /// Events in a row of the longest sequence.
    pub sequence_events: usize,
    /// Aggregations.
    pub aggregations: usize,
    /// Arrays that are looked through inside one another.
    pub nesting: usize,
    /// Values of the longest list behind `in`.
    pub list_values: usize,
    /// Clauses that must all hold, if it were written so.
    pub clauses: u64,
}

impl Authoring {
    /// Of a text; of one that cannot be read, of what could.
    pub fn of(text: &str) -> Self {
        Review::of(&crate::lang::parse(text).tree).most
    }

    /// The larger of each.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self {
            sequence_events: self.sequence_events.max(other.sequence_events),
            aggregations: self.aggregations.max(other.aggregations),
            nesting: self.nesting.max(other.nesting),
            list_values: self.list_values.max(other.list_values),
            clauses: self.clauses.max(other.clauses),
        }
    }
}

#[derive(Default)]
struct Review {
    found: Vec<Diagnostic>,
    most: Authoring,
    /// Conditions over items that are around this.
    nesting: usize,
    /// Whether one of them is over events.
    in_events: bool,
}

impl Review {
    fn of(tree: &Expr) -> Self {
        let mut review = Self::default();
        review.condition(tree);
        review
    }

    fn warn(&mut self, code: &str, span: Span, message: String, help: &str) {
        self.found.push(Diagnostic::warning(code, span, message).help(help));
    }

    /// What is true or false by itself: the whole, and every condition over items.
    fn condition(&mut self, expr: &Expr) {
        let clauses = Clauses::of(expr).all_of;
        self.most.clauses = self.most.clauses.max(clauses);
        if clauses > LOGICAL_CLAUSES_ADVISED_MAX {
            let message = format!(
                "written as conditions that must all hold, this has more than {LOGICAL_CLAUSES_ADVISED_MAX}: each `or` \
                 multiplies those of its sides"
            );
            let help = "use `in [...]` for several values of one field, or make audiences of the parts and combine those";
            self.warn(code::MANY_ALTERNATIVES, expr.span, message, help);
        }
        self.expr(expr);
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            Kind::Method(_, name, _) | Kind::Call(name, _) if AGGREGATES.contains(&&*name.text) => {
                self.aggregation(expr.span);
            }
            Kind::Aggregate(..) => self.aggregation(expr.span),
            Kind::Binary(Operator::In | Operator::NotIn, _, list) => self.list(list),
            Kind::Occurs(_, test) if self.in_events => self.look_back(test, expr.span),
            _ => {}
        }
        match &expr.kind {
            Kind::Filter(source, condition) => {
                self.expr(source);
                self.over(reads_events(source), condition);
            }
            Kind::Method(receiver, name, arguments) => {
                self.expr(receiver);
                for (argument, index) in arguments.iter().zip(1..) {
                    if is_per_item(&name.text, index) {
                        self.over(reads_events(receiver), argument);
                    } else {
                        self.expr(argument);
                    }
                }
            }
            Kind::Select(variables) | Kind::Quantified(_, variables) => self.variables(variables, None),
            Kind::Aggregate(_, value, variables) => self.variables(variables, value.as_deref()),
            Kind::Chain(events, order, steps) => {
                self.expr(events);
                self.expr(order);
                self.chain(steps, expr.span);
            }
            _ => expr.kind.for_each_child(&mut |child| self.expr(child)),
        }
    }

    fn aggregation(&mut self, span: Span) {
        self.most.aggregations += 1;
        if self.most.aggregations == AGGREGATIONS_ADVISED_MAX + 1 {
            let message = format!(
                "this is aggregation {}: more than {AGGREGATIONS_ADVISED_MAX} are slow to evaluate and hard to follow",
                self.most.aggregations
            );
            self.warn(
                code::MANY_AGGREGATIONS,
                span,
                message,
                "make audiences of some, and combine those with `inSegment`",
            );
        }
    }

    fn list(&mut self, list: &Expr) {
        let Kind::List(items) = &list.kind else { return };
        self.most.list_values = self.most.list_values.max(items.len());
        if items.len() > LIST_ITEMS_ADVISED_MAX {
            let message = format!("the list has {} values, more than {LIST_ITEMS_ADVISED_MAX}", items.len());
            let help =
                "so many values are data: mark the profiles with an attribute, or import them as an audience";
            self.warn(code::LONG_LIST, list.span, message, help);
        }
    }

    fn look_back(&mut self, test: &Occurs, span: Span) {
        let Occurs::Offset {
            comparison,
            count,
            unit,
            direction: Direction::Before | Direction::From,
            anchor,
        } = test
        else {
            return;
        };
        let bounded = matches!(comparison, Comparison::Less | Comparison::LessOrEqual);
        let far =
            u128::from(*count) * u128::from(length_ms(*unit)) > u128::from(LOOK_BACK_ADVISED_DAYS * DAY_MS);
        if bounded && far && !matches!(anchor, Anchor::Exact(_)) {
            let message = format!("this looks back over events for more than {LOOK_BACK_ADVISED_DAYS} days");
            let help =
                "events so old may have been dropped; keep what matters in an attribute of the profile";
            self.warn(code::LONG_LOOK_BACK, span, message, help);
        }
    }

    fn chain(&mut self, steps: &[ast::Step], span: Span) {
        let wanted = steps.iter().filter(|step| step.count.is_none_or(|count| count.least > 0)).count();
        self.most.sequence_events = self.most.sequence_events.max(wanted);
        if wanted > SEQUENCE_EVENTS_ADVISED_MAX {
            let message = format!(
                "the chain asks for {wanted} events in a row, more than {SEQUENCE_EVENTS_ADVISED_MAX}"
            );
            let help = "few profiles go so far in this order; leave out steps that the later ones imply";
            self.warn(code::LONG_SEQUENCE, span, message, help);
        }
        for step in steps {
            for condition in step.what.iter().chain(&step.condition) {
                self.over(true, condition);
            }
            for test in &step.when {
                self.look_back(test, step.label.span);
            }
        }
    }

    fn variables(&mut self, variables: &[ast::Variable], value: Option<&Expr>) {
        let (nesting, in_events) = (self.nesting, self.in_events);
        let span = variables.first().map(|variable| variable.name.span);
        self.enter(variables.iter().any(|variable| reads_events(&variable.source)), span.unwrap_or_default());
        for variable in variables {
            self.expr(&variable.source);
            variable.condition.iter().for_each(|condition| self.condition(condition));
        }
        value.iter().for_each(|value| self.expr(value));
        (self.nesting, self.in_events) = (nesting, in_events);
    }

    /// A condition or value over the items of something.
    fn over(&mut self, events: bool, condition: &Expr) {
        let (nesting, in_events) = (self.nesting, self.in_events);
        self.enter(events, condition.span);
        self.condition(condition);
        (self.nesting, self.in_events) = (nesting, in_events);
    }

    fn enter(&mut self, events: bool, span: Span) {
        self.nesting += 1;
        self.most.nesting = self.most.nesting.max(self.nesting);
        self.in_events |= events;
        if self.nesting == COLLECTION_NESTING_ADVISED_MAX + 1 {
            let message = format!(
                "arrays are looked through inside one another more than {COLLECTION_NESTING_ADVISED_MAX} deep"
            );
            let help = "a path through arrays is flattened: `a.b.c` has the `c` of every item of every `b`";
            self.warn(code::DEEP_COLLECTIONS, span, message, help);
        }
    }
}

/// `xEvent`, perhaps filtered.
fn reads_events(source: &Expr) -> bool {
    match &source.kind {
        Kind::Name(name) => name == "xEvent",
        Kind::Field(inner, name) => name.text == "xEvent" || reads_events(inner),
        Kind::Filter(inner, _) | Kind::Method(inner, ..) => reads_events(inner),
        _ => false,
    }
}

/// How many clauses a condition would have, written as clauses that must all hold, and as clauses of which any must;
/// counted without writing it so.
struct Clauses {
    all_of: u64,
    any_of: u64,
}

impl Clauses {
    fn of(expr: &Expr) -> Self {
        match &expr.kind {
            Kind::Not(inner) => Self::of(inner).negated(),
            Kind::And(parts) => {
                let (all_of, any_of) = Self::joined(parts.iter().map(Self::of));
                Self { all_of, any_of }
            }
            Kind::Or(parts) => {
                let (any_of, all_of) = Self::joined(parts.iter().map(|part| Self::of(part).negated()));
                Self { all_of, any_of }
            }
            _ => Self { all_of: 1, any_of: 1 },
        }
    }

    fn negated(self) -> Self {
        Self { all_of: self.any_of, any_of: self.all_of }
    }

    /// Of parts that must all hold: the clauses that must all hold add up, the others multiply.
    fn joined(parts: impl Iterator<Item = Self>) -> (u64, u64) {
        parts.fold((0, 1), |(sum, product), part| {
            (part.all_of.saturating_add(sum), part.any_of.saturating_mul(product))
        })
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::String;

    use super::*;
    use crate::lang::parse;

    fn check(text: &str, expected: &[&str]) {
        let found = review(&parse(text).tree);
        let codes: Vec<&str> = found.iter().map(|found| &*found.code).collect();
        assert_eq!(codes, expected, "{text}");
    }

    fn repeated(count: usize, between: &str, part: impl Fn(usize) -> String) -> String {
        (0..count).map(part).collect::<Vec<_>>().join(between)
    }

    #[test]
    fn clauses_are_counted_and_not_made() {
        let clauses = |text: &str| {
            let Clauses { all_of, any_of } = Clauses::of(&parse(text).tree);
            (all_of, any_of)
        };
        assert_eq!(clauses("a"), (1, 1));
        assert_eq!(clauses("a and b and c"), (3, 1));
        assert_eq!(clauses("a or b or c"), (1, 3));
        assert_eq!(clauses("(a and b) or (c and d)"), (4, 2));
        assert_eq!(clauses("not ((a and b) or (c and d))"), (2, 4));
        let pairs = |count| repeated(count, " or ", |n| format!("(a{n} and b{n})"));
        check(&pairs(16), &[]);
        check(&pairs(17), &[code::MANY_ALTERNATIVES]);
        check(&pairs(500), &[code::MANY_ALTERNATIVES]);
        check(&format!("not ({})", pairs(500)), &[]);
        check(&format!("xEvent[{}]", pairs(17)), &[code::MANY_ALTERNATIVES]);
        check(&repeated(400, " or ", |n| format!("a = {n}")), &[]);
    }

    #[test]
    fn the_seventh_event_in_a_row_is_one_too_many() {
        let chain = |count, tail: &str| {
            let steps = repeated(count, ", ", |n| format!("S{n}: WHAT(a = {n})"));
            format!("chain(xEvent, timestamp, [{steps}{tail}])")
        };
        check(&chain(6, ", X: WHAT(a = 9) COUNT(exactly 0)"), &[]);
        check(&chain(7, ""), &[code::LONG_SEQUENCE]);
    }

    #[test]
    fn the_fourth_aggregation_is_one_too_many_and_said_once() {
        let sums = |count| repeated(count, " and ", |n| format!("a{n}.sum() > 1"));
        check(&sums(3), &[]);
        check(&sums(6), &[code::MANY_AGGREGATIONS]);
        check(&format!("{} and sum x from b > 1", sums(3)), &[code::MANY_AGGREGATIONS]);
    }

    #[test]
    fn the_third_array_inside_another_is_one_too_many() {
        check("a[b[c = 1]]", &[]);
        check("a[b[c[d = 1]]]", &[code::DEEP_COLLECTIONS]);
        check("exists x from a where x.b[c.exists(d)]", &[code::DEEP_COLLECTIONS]);
        check("a[b = 1].c[d = 1].e[f = 1]", &[]);
    }

    #[test]
    fn events_are_looked_back_over_for_some_years_at_most() {
        check("xEvent[timestamp occurs <= 3 years before now]", &[]);
        check("xEvent[timestamp occurs <= 6 years before now]", &[code::LONG_LOOK_BACK]);
        check(
            "exists e from xEvent where e.timestamp occurs < 99 months before today",
            &[code::LONG_LOOK_BACK],
        );
        check("chain(xEvent, timestamp, [A: WHAT(a) WHEN(< 1 decade before now)])", &[code::LONG_LOOK_BACK]);
        check("xEvent[timestamp occurs > 6 years before now]", &[]);
        check("person.birthDate occurs <= 60 years before now", &[]);
    }

    #[test]
    fn what_is_limited_is_counted() {
        let check = |text: &str, expected: (usize, usize, usize, usize, u64)| {
            let Authoring { sequence_events, aggregations, nesting, list_values, clauses } =
                Authoring::of(text);
            assert_eq!((sequence_events, aggregations, nesting, list_values, clauses), expected, "{text}");
        };
        check("a = 1", (0, 0, 0, 0, 1));
        check("a in [1, 2, 3] and b[c[d = 1]].count() > 1", (0, 1, 2, 3, 2));
        check("chain(xEvent, timestamp, [A: WHAT(a), B: WHAT(b)])", (2, 0, 1, 0, 1));
    }

    #[test]
    fn lists_of_more_than_a_hundred_values_are_data() {
        let list = |count| format!("a in [{}]", repeated(count, ", ", |n| format!("{n}")));
        check(&list(100), &[]);
        check(&list(101), &[code::LONG_LIST]);
    }
}
