//! The specification: the checked tree, walked over the profile and all its events. Slow, and meant to be obviously
//! right: values are copied freely, nothing is shared, nothing is skipped.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::{Subject, naive_chain, ops, virtual_fields};
use crate::id::AudienceId;
use crate::lang::functions::Context;
use crate::lang::typed::{Binding, Expr, Node, Quantifier, Slot, Step};
use crate::plan::program::Definition;
use crate::value::{Fields, Value};

/// The value of an expression. `definitions` is where `inSegment` finds other audiences; one that is not there is read
/// from the stored memberships.
pub fn naive(expr: &Expr, definitions: &[Definition], subject: Subject<'_>, now_ms: i64) -> Value {
    naive_in(expr, definitions, subject, &Fields::new(), now_ms)
}

/// As [`naive`], in the context of a decision: `@{name}` and `modelInstances("name")` are the context's fields.
pub fn naive_in(
    expr: &Expr,
    definitions: &[Definition],
    subject: Subject<'_>,
    context: &Fields,
    now_ms: i64,
) -> Value {
    let walk = Walk {
        context,
        definitions,
        subject,
        now_ms,
        profile: virtual_fields::profile(subject.attributes, subject.identities, subject.memberships),
        events: Value::List(subject.events.iter().map(virtual_fields::event).collect()),
    };
    walk.value(expr, &mut Bound::default())
}

struct Walk<'a> {
    context: &'a Fields,
    definitions: &'a [Definition],
    subject: Subject<'a>,
    now_ms: i64,
    profile: Value,
    events: Value,
}

/// What is bound: variables, innermost last, and the audiences being evaluated, so that a circle ends.
#[derive(Default)]
struct Bound {
    variables: Vec<(Slot, Value)>,
    audiences: Vec<AudienceId>,
}

impl Walk<'_> {
    fn value(&self, expr: &Expr, bound: &mut Bound) -> Value {
        match &expr.node {
            Node::Literal(value) => value.clone(),
            Node::Profile => self.profile.clone(),
            Node::Events => self.events.clone(),
            Node::Variable(slot) => {
                let found = bound.variables.iter().rev().find(|(bound, _)| bound == slot);
                found.map(|(_, value)| value.clone()).unwrap_or_default()
            }
            Node::Field { object, name } => self.value(object, bound).field(name),
            Node::List(items) => Value::List(items.iter().map(|item| self.value(item, bound)).collect()),
            Node::Object(fields) => self.object(fields, bound),
            Node::Not(operand) => Value::Boolean(!self.truth(operand, bound)),
            Node::And(operands) => Value::Boolean(operands.iter().all(|operand| self.truth(operand, bound))),
            Node::Or(operands) => Value::Boolean(operands.iter().any(|operand| self.truth(operand, bound))),
            Node::Compare { operator, left, right } => {
                let (left, right) = (self.value(left, bound), self.value(right, bound));
                Value::Boolean(ops::compare(*operator, &left, &right))
            }
            Node::Arithmetic { operator, left, right } => {
                let (left, right) = (self.value(left, bound), self.value(right, bound));
                ops::arithmetic(*operator, &left, &right)
            }
            Node::Negate(operand) => ops::negate(&self.value(operand, bound)),
            Node::If { test, then, otherwise } => {
                let chosen = if self.truth(test, bound) { then } else { otherwise };
                self.value(chosen, bound)
            }
            Node::Let { slot, value, body } => {
                let value = self.value(value, bound);
                self.with(*slot, value, bound, |bound| self.value(body, bound))
            }
            Node::Filter { source, slot, condition } => self.filter(source, *slot, condition, bound),
            Node::Select(variables) => {
                let mut tuples = Vec::new();
                self.tuples(variables, true, bound, &mut |holds, bound| {
                    let tuple = variables.iter().map(|binding| {
                        let found = bound.variables.iter().rev().find(|(slot, _)| *slot == binding.slot);
                        found.map(|(_, value)| value.clone()).unwrap_or_default()
                    });
                    if holds {
                        tuples.push(Value::List(tuple.collect()));
                    }
                });
                Value::List(tuples)
            }
            Node::Quantified { quantifier, variables } => {
                Value::Boolean(self.quantified(*quantifier, variables, bound))
            }
            Node::Map { source, slot, body } => self.map(source, *slot, body, bound),
            Node::Call { function, arguments } => {
                let arguments: Vec<Value> = arguments.iter().map(|expr| self.value(expr, bound)).collect();
                function.apply(Context { now_ms: self.now_ms }, &arguments)
            }
            Node::Occurs { timestamp, test } => {
                let timestamp = self.value(timestamp, bound);
                let test = ops::resolve(test, |expr| self.value(expr, bound));
                Value::Boolean(test.is_some_and(|test| ops::occurs(&timestamp, &test, self.now_ms)))
            }
            Node::Member(audience) => Value::Boolean(self.member(audience, bound)),
            Node::Chain { source, slot, order, steps } => {
                let items = self.value(source, bound);
                Value::Boolean(self.chain(items.items(), *slot, order, steps, bound))
            }
            Node::Context(name) => self.context.get(name).cloned().unwrap_or_default(),
        }
    }

    fn truth(&self, expr: &Expr, bound: &mut Bound) -> bool {
        ops::truth(&self.value(expr, bound))
    }

    fn with<T>(&self, slot: Slot, value: Value, bound: &mut Bound, then: impl FnOnce(&mut Bound) -> T) -> T {
        bound.variables.push((slot, value));
        let result = then(bound);
        bound.variables.pop();
        result
    }

    fn object(&self, fields: &[(String, Expr)], bound: &mut Bound) -> Value {
        let fields = fields.iter().map(|(name, expr)| (name.clone(), self.value(expr, bound)));
        Value::Object(fields.filter(|(_, value)| *value != Value::Null).collect())
    }

    fn filter(&self, source: &Expr, slot: Slot, condition: &Expr, bound: &mut Bound) -> Value {
        let mut kept = Vec::new();
        for item in self.value(source, bound).items() {
            if self.with(slot, item.clone(), bound, |bound| self.truth(condition, bound)) {
                kept.push(item.clone());
            }
        }
        Value::List(kept)
    }

    /// The value for every item, nulls included; of a value that is a list, its items.
    fn map(&self, source: &Expr, slot: Slot, body: &Expr, bound: &mut Bound) -> Value {
        let mut found = Vec::new();
        for item in self.value(source, bound).items() {
            match self.with(slot, item.clone(), bound, |bound| self.value(body, bound)) {
                Value::List(items) => found.extend(items),
                one => found.push(one),
            }
        }
        Value::List(found)
    }

    /// Items are in the order of their instant and their id; those that agree in both are one.
    fn chain(&self, items: &[Value], slot: Slot, order: &Expr, steps: &[Step], bound: &mut Bound) -> bool {
        let mut found: BTreeMap<(i64, String), Vec<bool>> = BTreeMap::new();
        for item in items {
            let (at_ms, of) = self.with(slot, item.clone(), bound, |bound| {
                let of: Vec<bool> = steps.iter().map(|step| self.truth(&step.condition, bound)).collect();
                (self.value(order, bound).as_instant_ms(), of)
            });
            if let (Some(at_ms), Value::String(id)) = (at_ms, item.field(virtual_fields::ID)) {
                let known = found.entry((at_ms, id)).or_insert_with(|| vec![false; steps.len()]);
                known.iter_mut().zip(of).for_each(|(known, of)| *known |= of);
            }
        }
        let items: Vec<naive_chain::Item> =
            found.into_iter().map(|((at_ms, _), of)| naive_chain::Item { at_ms, of }).collect();
        naive_chain::holds(steps, &items)
    }

    fn quantified(&self, quantifier: Quantifier, variables: &[Binding], bound: &mut Bound) -> bool {
        let (mut all, mut satisfied) = (0_usize, 0_usize);
        self.tuples(variables, true, bound, &mut |holds, _| {
            all += 1;
            satisfied += usize::from(holds);
        });
        match quantifier {
            Quantifier::Exists => satisfied > 0,
            Quantifier::ForAll => satisfied == all,
            Quantifier::None => satisfied == 0,
            Quantifier::One => satisfied == 1,
        }
    }

    /// Calls `visit` for every tuple of items, with whether it satisfies every condition.
    fn tuples(
        &self,
        variables: &[Binding],
        holds: bool,
        bound: &mut Bound,
        visit: &mut dyn FnMut(bool, &mut Bound),
    ) {
        let Some((first, rest)) = variables.split_first() else { return visit(holds, bound) };
        for item in self.value(&first.source, bound).items() {
            self.with(first.slot, item.clone(), bound, |bound| {
                let holds = self.truth(&first.condition, bound) && holds;
                self.tuples(rest, holds, bound, visit);
            });
        }
    }

    fn member(&self, audience: &AudienceId, bound: &mut Bound) -> bool {
        let definition = self.definitions.iter().find(|definition| definition.id == *audience);
        match definition {
            Some(definition) if !bound.audiences.contains(audience) => {
                bound.audiences.push(audience.clone());
                let variables = core::mem::take(&mut bound.variables);
                let member = self.truth(&definition.checked.expr, bound);
                bound.variables = variables;
                bound.audiences.pop();
                member
            }
            Some(_) | None => virtual_fields::is_member(self.subject.memberships, audience),
        }
    }
}
