//! How often an expression looks through the events for every event: each loop over events inside another multiplies the
//! time of an answer by their number, so there is a bound.

use alloc::vec::Vec;

use super::super::diagnostic::Span;
use super::super::functions::{Function, ResultType};
use super::super::typed::{Binding, Expr, Node, Slot};
use crate::limits::EVENT_LOOPS_NESTED_MAX;

/// Where the events are looked through inside too many other such loops, if anywhere.
pub(super) fn too_many(expr: &Expr) -> Option<Span> {
    let mut loops = Loops::default();
    loops.of(expr, 0);
    loops.found
}

/// How a value grows with the number of events: by which power of it its items do, the items of an item, and so on; what
/// is not there does not grow. The events: 1; their pairs: 2; the events in groups: 1, and 1 in each. Objects and maps are
/// like lists of what is in them.
#[derive(Clone, Default)]
struct Growth(Vec<usize>);

impl Growth {
    fn items(&self) -> usize {
        self.0.first().copied().unwrap_or_default()
    }

    fn item(&self) -> Self {
        Self(self.0.iter().skip(1).copied().collect())
    }

    /// Of either.
    fn or(mut self, other: Self) -> Self {
        let shared = self.0.len();
        self.0.iter_mut().zip(&other.0).for_each(|(most, other)| *most = (*most).max(*other));
        self.0.extend(other.0.into_iter().skip(shared));
        self
    }

    /// Of so many such values.
    fn listed(mut self, items: usize) -> Self {
        self.0.insert(0, items);
        self
    }

    /// Of the items of so many such lists.
    fn flattened(&self, lists: usize) -> Self {
        self.item().listed(self.items().saturating_add(lists))
    }
}

#[derive(Default)]
struct Loops {
    /// What variables are bound to, innermost last.
    bound: Vec<(Slot, Growth)>,
    found: Option<Span>,
}

impl Loops {
    /// Of an expression that is evaluated for each of so many tuples of events: as a power of the number of events.
    fn of(&mut self, expr: &Expr, around: usize) -> Growth {
        match &expr.node {
            Node::Literal(_) | Node::Profile | Node::Member(_) | Node::Context(_) => Growth::default(),
            Node::Events => Growth::default().listed(1),
            Node::Variable(slot) => {
                let bound = self.bound.iter().rev().find(|(bound, _)| bound == slot);
                bound.map(|(_, growth)| growth.clone()).unwrap_or_default()
            }
            Node::Field { object, .. } => {
                let object = self.of(object, around);
                self.look_through(&object, around, expr.span);
                object.item().flattened(object.items())
            }
            Node::List(parts) => self.any(parts, around).listed(0),
            Node::Object(fields) => {
                let parts = fields.iter().map(|(_, part)| self.of(part, around));
                parts.fold(Growth::default(), Growth::or).listed(0)
            }
            Node::Call { function, arguments } => {
                let given = self.any(arguments, around);
                self.look_through(&given, around, expr.span);
                result(*function, &given)
            }
            Node::If { test, then, otherwise } => {
                self.of(test, around);
                self.of(then, around).or(self.of(otherwise, around))
            }
            Node::Let { slot, value, body } => {
                let value = self.of(value, around);
                self.within(*slot, value, |loops| loops.of(body, around))
            }
            Node::Filter { source, slot, condition } => {
                let source = self.of(source, around);
                self.each(*slot, &source, around, expr.span, &[condition]);
                source
            }
            Node::Map { source, slot, body } => {
                let source = self.of(source, around);
                self.each(*slot, &source, around, expr.span, &[body]).flattened(source.items())
            }
            Node::Select(variables) => self.tuples(variables, around, expr.span),
            Node::Quantified { variables, .. } => {
                self.tuples(variables, around, expr.span);
                Growth::default()
            }
            Node::Chain { source, slot, order, steps } => {
                let source = self.of(source, around);
                let parts: Vec<&Expr> =
                    core::iter::once(&**order).chain(steps.iter().map(|step| &step.condition)).collect();
                self.each(*slot, &source, around, expr.span, &parts);
                Growth::default()
            }
            Node::Not(_)
            | Node::Negate(_)
            | Node::And(_)
            | Node::Or(_)
            | Node::Compare { .. }
            | Node::Arithmetic { .. }
            | Node::Occurs { .. } => {
                crate::plan::visit::parts(expr, &mut |part| {
                    self.of(part, around);
                });
                Growth::default()
            }
        }
    }

    fn any(&mut self, parts: &[Expr], around: usize) -> Growth {
        parts.iter().fold(Growth::default(), |most, part| most.or(self.of(part, around)))
    }

    fn within<T>(&mut self, slot: Slot, growth: Growth, inside: impl FnOnce(&mut Self) -> T) -> T {
        self.bound.push((slot, growth));
        let result = inside(self);
        self.bound.pop();
        result
    }

    fn look_through(&mut self, list: &Growth, around: usize, span: Span) -> usize {
        let around = around.saturating_add(list.items());
        if list.items() > 0 && around > EVENT_LOOPS_NESTED_MAX && self.found.is_none() {
            self.found = Some(span);
        }
        around
    }

    /// Parts that are evaluated for each item of a list.
    fn each(&mut self, slot: Slot, list: &Growth, around: usize, span: Span, parts: &[&Expr]) -> Growth {
        let around = self.look_through(list, around, span);
        self.within(slot, list.item(), |loops| {
            parts.iter().fold(Growth::default(), |most, part| most.or(loops.of(part, around)))
        })
    }

    fn tuples(&mut self, variables: &[Binding], around: usize, span: Span) -> Growth {
        let outer = self.bound.len();
        let (mut inside, mut made) = (around, Growth::default());
        for Binding { slot, source, condition } in variables {
            let list = self.of(source, inside);
            inside = self.look_through(&list, inside, span);
            self.bound.push((*slot, list.item()));
            self.of(condition, inside);
            made = made.or(list.item());
        }
        self.bound.truncate(outer);
        made.listed(0).listed(inside.saturating_sub(around))
    }
}

/// Of what a function gives: a single value, or no more than it is given.
fn result(function: Function, given: &Growth) -> Growth {
    match function.row().map(|row| row.result) {
        Some(
            ResultType::Boolean
            | ResultType::Integer
            | ResultType::Number
            | ResultType::String
            | ResultType::Date
            | ResultType::DateTime,
        ) => Growth::default(),
        Some(ResultType::ItemOf(_) | ResultType::ValueOf(_)) => given.item(),
        // Up to a group for every item, up to all items in a group.
        Some(ResultType::MapOf(_)) => given.clone().listed(given.items()),
        Some(
            ResultType::SameAs(_)
            | ResultType::Any
            | ResultType::List
            | ResultType::ListOfStrings
            | ResultType::ListOfValuesOf(_)
            | ResultType::ListOfEntriesOf(_),
        )
        | None => given.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{AudienceDirectory, compile};
    use crate::lang::diagnostic::code;
    use crate::lang::schema::UnionSchema;

    struct Nobody;

    impl AudienceDirectory for Nobody {
        fn contains(&self, _: &str) -> bool {
            false
        }
    }

    /// The text where one loop is too many; empty: nowhere.
    fn check(text: &str, expected: &str) {
        let found = match compile(text, &UnionSchema::open(), &Nobody) {
            Ok(_) => "",
            Err(found) => {
                assert_eq!((found.len(), &*found[0].code), (1, code::EVENTS_IN_EVENTS), "{text}: {found:?}");
                text.get(found[0].span.start as usize..found[0].span.end as usize).unwrap()
            }
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn three_variables_over_events_may_be_combined_and_four_not() {
        check("exists a from xEvent, b from xEvent, c from xEvent where a.x = b.x and b.x = c.x", "");
        let four = "exists a from xEvent, b from xEvent, c from xEvent, d from xEvent where a.x = d.x";
        check(four, four);
        check("exists a from xEvent, b from xEvent, c from xEvent, i from c.items where i.x = a.x", "");
        check("exists a from xEvent, b from a.items, c from b.items, d from c.items where d.x = 1", "");
    }

    #[test]
    fn loops_multiply_inside_one_another_and_not_beside_one_another() {
        check("xEvent[xEvent[xEvent[x = 1].count() > 1].count() > 1]", "");
        check("xEvent[xEvent[xEvent[xEvent[x = 1].count() > 1].count() > 1].count() > 1]", "xEvent[x = 1]");
        check("xEvent[x = 1][y = 1][z = 1][w = 1].a.b.c.d.count() > 1", "");
        check("exists a from xEvent[x = 1], b from xEvent[x = 1], c from xEvent[x = 1] where a.x = b.x", "");
        check("xEvent[x = 1] and xEvent[x = 2] and xEvent[x = 3] and xEvent[x = 4] and xEvent[x = 5]", "");
    }

    #[test]
    fn fields_and_aggregates_of_events_look_through_them_too() {
        let three = "exists a from xEvent, b from xEvent, c from xEvent where ";
        check(&alloc::format!("{three}a.x > 1 and xEvent.x.sum() > b.x"), "xEvent.x");
        check(&alloc::format!("{three}a.items.x.sum() > b.x"), "");
    }

    #[test]
    fn events_by_another_name_are_events() {
        let four = "exists a from e, b from e, c from e, d from e where a.x = d.x";
        check(&alloc::format!("let e = xEvent in {four}"), four);
        check(&alloc::format!("let e = if(x = 1, xEvent[y = 1], xEvent) in {four}"), four);
        let nested = "exists l from [xEvent], a from l, b from l, c from l, d from l where a.x = d.x";
        check(nested, nested);
        let tuples = "exists t from (select x from [xEvent], y from [1]), l from t, a from l, b from l, c from l, d from l \
                      where a.x = d.x";
        check(tuples, tuples);
        check("xEvent.groupBy(kind).map((K, G) => mapEntry(K, G[x = 1].sum(total)))", "");
    }
}
