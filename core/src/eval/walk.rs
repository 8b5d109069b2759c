//! The walker that runs: as [`super::naive`], but it borrows, stops as soon as the outcome is certain, and notes when a
//! test of time that it relied on may next come out differently.

use alloc::borrow::Cow;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::Cell;

use super::place::{Place, Profile};
use super::{horizon, ops};
use crate::gather::gather;
use crate::id::AudienceId;
use crate::lang::functions::{Clock, Context, Function};
use crate::lang::typed::{Binding, Expr, Node, Quantifier, Slot};
use crate::plan::functions;
use crate::plan::leaf::Aggregate;
use crate::profile::{Event, IdentityMap, Memberships};
use crate::value::{Fields, Value};

/// What expressions are evaluated against.
pub(crate) struct Walk<'a, 'm> {
    /// The profile.
    pub(crate) profile: Profile<'a>,
    /// The stored events, where they are at hand.
    pub(crate) events: &'a [Event],
    /// The instant of evaluation.
    pub(crate) now_ms: i64,
    /// Whether the profile is in another audience.
    pub(crate) members: &'m dyn Fn(&AudienceId) -> bool,
    /// The first instant after now at which a test of time met on the way may come out differently.
    pub(crate) horizon_ms: Cell<i64>,
    /// Whether to note it.
    pub(crate) notes_horizon: bool,
}

/// Variables, innermost last.
pub(crate) type Variables<'a> = Vec<(Slot, Place<'a>)>;

/// The profile that a predicate over one event sees.
static NO_ATTRIBUTES: Fields = Fields::new();
static NO_IDENTITIES: IdentityMap = IdentityMap::new();
static NO_MEMBERSHIPS: Memberships = Memberships::new();

impl<'a> Walk<'a, '_> {
    /// For expressions that read attributes, identities and stored memberships.
    pub(crate) fn of_profile(profile: Profile<'a>, now_ms: i64) -> Self {
        Self {
            profile,
            events: &[],
            now_ms,
            members: &|_| false,
            horizon_ms: Cell::new(i64::MAX),
            notes_horizon: false,
        }
    }

    /// For expressions that read one event, bound to slot 0.
    pub(crate) fn of_event(now_ms: i64) -> Self {
        let profile =
            Profile { attributes: &NO_ATTRIBUTES, identities: &NO_IDENTITIES, memberships: &NO_MEMBERSHIPS };
        Self::of_profile(profile, now_ms)
    }

    /// The truth of a predicate of an event.
    pub(crate) fn event_truth(&self, predicate: &'a Expr, event: &'a Event) -> bool {
        match &predicate.node {
            Node::Literal(value) => ops::truth(value),
            _ => self.truth(predicate, &mut vec![(0, Place::Event(event))]),
        }
    }

    /// A value of an event.
    pub(crate) fn event_place(&self, value: &'a Expr, event: &'a Event) -> Place<'a> {
        self.place(value, &mut vec![(0, Place::Event(event))])
    }

    /// The truth of an expression in boolean position.
    pub(crate) fn truth(&self, expr: &'a Expr, variables: &mut Variables<'a>) -> bool {
        match &expr.node {
            Node::Not(operand) => !self.truth(operand, variables),
            Node::And(operands) => operands.iter().all(|operand| self.truth(operand, variables)),
            Node::Or(operands) => operands.iter().any(|operand| self.truth(operand, variables)),
            Node::Compare { operator, left, right } => {
                let left = self.place(left, variables).value();
                let right = self.place(right, variables).value();
                ops::compare(*operator, &left, &right)
            }
            Node::Quantified { quantifier, variables: bindings } => {
                self.quantified(*quantifier, bindings, variables)
            }
            Node::Filter { source, slot, condition } => {
                let mut items = self.place(source, variables).items();
                items.any(|item| self.holds(*slot, item, condition, variables))
            }
            Node::Occurs { timestamp, test } => {
                let timestamp = self.place(timestamp, variables).value();
                let test = ops::resolve(test, |expr| self.place(expr, variables).value().into_owned());
                test.is_some_and(|test| {
                    self.note(|now_ms| horizon::of_value(&timestamp, &test, now_ms));
                    ops::occurs(&timestamp, &test, self.now_ms)
                })
            }
            Node::Member(audience) => (self.members)(audience),
            Node::Chain { source, slot, order, steps } => {
                self.chain((source, *slot, order), steps, variables)
            }
            Node::Literal(_)
            | Node::Profile
            | Node::Events
            | Node::Context(_)
            | Node::Variable(_)
            | Node::Field { .. }
            | Node::List(_)
            | Node::Object(_)
            | Node::Arithmetic { .. }
            | Node::Negate(_)
            | Node::If { .. }
            | Node::Let { .. }
            | Node::Select(_)
            | Node::Map { .. }
            | Node::Call { .. } => self.place(expr, variables).truth(),
        }
    }

    /// What an expression stands for.
    pub(crate) fn place(&self, expr: &'a Expr, variables: &mut Variables<'a>) -> Place<'a> {
        match &expr.node {
            Node::Literal(value) => Place::Value(Cow::Borrowed(value)),
            // Programs are of audiences, and those are decided without a context (`plan::verdict`).
            Node::Context(_) => Place::owned(Value::Null),
            Node::Profile => Place::Profile(self.profile),
            Node::Events => Place::Events(self.events.iter().collect()),
            Node::Variable(slot) => {
                let found = variables.iter().rev().find(|(bound, _)| bound == slot);
                found.map_or(Place::owned(Value::Null), |(_, place)| place.clone())
            }
            Node::Field { object, name } => self.place(object, variables).field(name),
            Node::List(items) => {
                Place::owned(Value::List(items.iter().map(|item| self.value(item, variables)).collect()))
            }
            Node::Object(fields) => {
                let fields = fields.iter().map(|(name, expr)| (name.clone(), self.value(expr, variables)));
                Place::owned(Value::Object(gather(fields.filter(|(_, value)| *value != Value::Null))))
            }
            Node::Arithmetic { operator, left, right } => {
                let left = self.place(left, variables).value();
                let right = self.place(right, variables).value();
                Place::owned(ops::arithmetic(*operator, &left, &right))
            }
            Node::Negate(operand) => Place::owned(ops::negate(&self.place(operand, variables).value())),
            Node::If { test, then, otherwise } => {
                let chosen = if self.truth(test, variables) { then } else { otherwise };
                self.place(chosen, variables)
            }
            Node::Let { slot, value, body } => {
                let value = self.place(value, variables);
                variables.push((*slot, value));
                let place = self.place(body, variables);
                variables.pop();
                place
            }
            Node::Filter { source, slot, condition } => self.filter(source, *slot, condition, variables),
            Node::Select(bindings) => self.select(bindings, variables),
            Node::Map { source, slot, body } => self.map(source, *slot, body, variables),
            Node::Call { function, arguments } => self.call(*function, arguments, variables),
            Node::Not(_)
            | Node::And(_)
            | Node::Or(_)
            | Node::Compare { .. }
            | Node::Quantified { .. }
            | Node::Occurs { .. }
            | Node::Member(_)
            | Node::Chain { .. } => Place::boolean(self.truth(expr, variables)),
        }
    }

    /// The value of an expression.
    pub(crate) fn value(&self, expr: &'a Expr, variables: &mut Variables<'a>) -> Value {
        self.place(expr, variables).value().into_owned()
    }

    fn note(&self, horizon: impl FnOnce(i64) -> Option<i64>) {
        if self.notes_horizon
            && let Some(at_ms) = horizon(self.now_ms)
        {
            self.horizon_ms.set(self.horizon_ms.get().min(at_ms));
        }
    }

    fn holds(&self, slot: Slot, item: Place<'a>, condition: &'a Expr, variables: &mut Variables<'a>) -> bool {
        variables.push((slot, item));
        let holds = self.truth(condition, variables);
        variables.pop();
        holds
    }

    fn filter(
        &self,
        source: &'a Expr,
        slot: Slot,
        condition: &'a Expr,
        variables: &mut Variables<'a>,
    ) -> Place<'a> {
        match self.place(source, variables) {
            Place::Events(mut events) => {
                events.retain(|event| self.holds(slot, Place::Event(event), condition, variables));
                Place::Events(events)
            }
            source @ (Place::Value(_) | Place::Event(_) | Place::Profile(_)) => {
                let mut kept = Vec::new();
                for item in source.items() {
                    if self.holds(slot, item.clone(), condition, variables) {
                        kept.push(item.value().into_owned());
                    }
                }
                Place::owned(Value::List(kept))
            }
        }
    }

    fn map(&self, source: &'a Expr, slot: Slot, body: &'a Expr, variables: &mut Variables<'a>) -> Place<'a> {
        let mut found = Vec::new();
        for item in self.place(source, variables).items() {
            variables.push((slot, item));
            match self.value(body, variables) {
                Value::List(items) => found.extend(items),
                one => found.push(one),
            }
            variables.pop();
        }
        Place::owned(Value::List(found))
    }

    fn call(&self, function: Function, arguments: &'a [Expr], variables: &mut Variables<'a>) -> Place<'a> {
        let context = Context { now_ms: self.now_ms };
        if let ([list], Some(Aggregate::Count)) = (arguments, functions::aggregate(function)) {
            let place = self.place(list, variables);
            if let Place::Events(events) = place {
                return Place::owned(Value::Integer(i64::try_from(events.len()).unwrap_or(i64::MAX)));
            }
            let list = place.value().into_owned();
            return Place::owned(function.apply(context, core::slice::from_ref(&list)));
        }
        let arguments: Vec<Value> = arguments.iter().map(|expr| self.value(expr, variables)).collect();
        match functions::clock(function) {
            Clock::Never => {}
            Clock::Day => self.note(|now_ms| {
                horizon::of_day(now_ms, |now_ms| function.apply(Context { now_ms }, &arguments))
            }),
            Clock::Instant => self.note(|now_ms| now_ms.checked_add(1)),
        }
        Place::owned(function.apply(context, &arguments))
    }

    fn quantified(
        &self,
        quantifier: Quantifier,
        bindings: &'a [Binding],
        variables: &mut Variables<'a>,
    ) -> bool {
        let mut satisfied = 0_usize;
        // Returning false stops the search.
        let mut visit = |holds: bool, _: &Variables<'a>| {
            satisfied += usize::from(holds);
            match quantifier {
                Quantifier::Exists | Quantifier::None => satisfied == 0,
                Quantifier::ForAll => holds,
                Quantifier::One => satisfied < 2,
            }
        };
        let failures_count = quantifier == Quantifier::ForAll;
        let finished = self.tuples(bindings, true, failures_count, variables, &mut visit);
        match quantifier {
            Quantifier::Exists => satisfied > 0,
            Quantifier::ForAll => finished,
            Quantifier::None => satisfied == 0,
            Quantifier::One => satisfied == 1,
        }
    }

    fn select(&self, bindings: &'a [Binding], variables: &mut Variables<'a>) -> Place<'a> {
        let mut tuples = Vec::new();
        let visit = &mut |holds: bool, variables: &Variables<'a>| {
            if holds {
                let bound = variables.iter().skip(variables.len().saturating_sub(bindings.len()));
                let tuple = bound.map(|(_, place)| place.clone().value().into_owned());
                tuples.push(Value::List(tuple.collect()));
            }
            true
        };
        self.tuples(bindings, true, false, variables, visit);
        Place::owned(Value::List(tuples))
    }

    /// Calls `visit` for every tuple of items, or for every one that satisfies the conditions; false as soon as it is.
    fn tuples(
        &self,
        bindings: &'a [Binding],
        holds: bool,
        failures_count: bool,
        variables: &mut Variables<'a>,
        visit: &mut dyn FnMut(bool, &Variables<'a>) -> bool,
    ) -> bool {
        let Some((first, rest)) = bindings.split_first() else { return visit(holds, variables) };
        for item in self.place(&first.source, variables).items() {
            variables.push((first.slot, item));
            let holds = holds && self.truth(&first.condition, variables);
            let go_on =
                (!holds && !failures_count) || self.tuples(rest, holds, failures_count, variables, visit);
            variables.pop();
            if !go_on {
                return false;
            }
        }
        true
    }
}
