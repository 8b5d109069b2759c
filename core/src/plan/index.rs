//! From an event to the leaves it may touch, by the value of one field: a leaf that asks for `eventType = "purchase"`
//! costs nothing for any other event.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::functions;
use super::leaf::{Leaf, LeafKind};
use super::visit::path_from;
use crate::eval::place::Place;
use crate::eval::virtual_fields::{ID, TIMESTAMP};
use crate::lang::typed::{Comparison, Expr, Node};
use crate::profile::Event;
use crate::value::Value;

/// The field that most predicates ask for.
const EVENT_TYPE: &str = "eventType";

/// The look-up.
#[derive(Clone, Debug, Default)]
pub(crate) struct EventIndex {
    fields: Vec<FieldIndex>,
    /// Leaves that ask for no constant.
    always: Vec<u32>,
}

#[derive(Clone, Debug, Default)]
struct FieldIndex {
    path: Vec<String>,
    texts: BTreeMap<String, Vec<u32>>,
    whole_numbers: BTreeMap<i64, Vec<u32>>,
    /// Every leaf above, for values whose equality with a constant is not that of the constant's kind.
    all: Vec<u32>,
}

impl EventIndex {
    pub(crate) fn new(leaves: &[Leaf]) -> Self {
        let mut index = Self::default();
        let mut places: BTreeMap<Vec<String>, usize> = BTreeMap::new();
        for (leaf, number) in leaves.iter().zip(0..) {
            match &leaf.kind {
                LeafKind::Events(window) => index.add(&mut places, &window.predicate, number),
                // An event of any step touches the leaf.
                LeafKind::Sequence(sequence) => {
                    for step in &sequence.steps {
                        index.add(&mut places, &step.predicate, number);
                    }
                }
                LeafKind::Attribute(_) | LeafKind::Member(_) | LeafKind::History(_) => {}
            }
        }
        index
    }

    fn add(&mut self, places: &mut BTreeMap<Vec<String>, usize>, predicate: &Expr, leaf: u32) {
        let Some((path, constants)) = asked_for(predicate) else {
            self.always.push(leaf);
            return;
        };
        let place = *places.entry(path.clone()).or_insert(self.fields.len());
        if place == self.fields.len() {
            self.fields.push(FieldIndex { path, ..FieldIndex::default() });
        }
        if let Some(field) = self.fields.get_mut(place) {
            field.add(&constants, leaf);
        }
    }

    /// The leaves whose predicate the event may satisfy, ascending, each once.
    pub(crate) fn candidates(&self, event: &Event) -> Vec<u32> {
        let mut found = self.always.clone();
        for field in &self.fields {
            field.find(event, &mut found);
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl FieldIndex {
    fn add(&mut self, constants: &[Value], leaf: u32) {
        for constant in constants {
            match constant {
                Value::String(text) => self.texts.entry(text.clone()).or_default().push(leaf),
                Value::Integer(number) => self.whole_numbers.entry(*number).or_default().push(leaf),
                // `asked_for` lets nothing else through.
                Value::Null
                | Value::Boolean(_)
                | Value::Double(_)
                | Value::Time(_)
                | Value::List(_)
                | Value::Object(_) => {}
            }
        }
        self.all.push(leaf);
    }

    fn find(&self, event: &Event, found: &mut Vec<u32>) {
        let mut place = Place::Event(event);
        for name in &self.path {
            place = place.field(name);
        }
        for item in place.items() {
            let Place::Value(item) = item else { continue };
            let leaves = match &*item {
                // A text may also equal a number, as an instant; but not while there are only texts to equal.
                Value::String(text) if self.whole_numbers.is_empty() => self.texts.get(text),
                Value::Integer(number) if self.texts.is_empty() => self.whole_numbers.get(number),
                Value::Null | Value::Boolean(_) | Value::Object(_) => None,
                Value::String(_) | Value::Integer(_) | Value::Double(_) | Value::Time(_) | Value::List(_) => {
                    Some(&self.all)
                }
            };
            found.extend(leaves.into_iter().flatten());
        }
    }
}

/// A field, and constants of which it must equal one for the predicate to be true.
fn asked_for(predicate: &Expr) -> Option<(Vec<String>, Vec<Value>)> {
    match &predicate.node {
        Node::And(operands) => {
            let asked: Vec<_> = operands.iter().filter_map(asked_for).collect();
            let of_type = asked.iter().position(|(path, _)| *path == [EVENT_TYPE]);
            asked.into_iter().nth(of_type.unwrap_or(0))
        }
        Node::Or(operands) => {
            let mut asked = operands.iter().map(asked_for);
            let (path, mut constants) = asked.next()??;
            for other in asked {
                let (other_path, others) = other?;
                if other_path != path {
                    return None;
                }
                constants.extend(others);
            }
            Some((path, constants))
        }
        Node::Compare { operator: Comparison::Equal, left, right } => {
            let Node::Literal(constant) = &right.node else { return None };
            asked_field(left, vec![constant.clone()])
        }
        Node::Call { function, arguments } if *function == functions::IN => match &**arguments {
            [value, Expr { node: Node::Literal(Value::List(items)), .. }] => {
                asked_field(value, items.clone())
            }
            _ => None,
        },
        _ => None,
    }
}

fn asked_field(field: &Expr, constants: Vec<Value>) -> Option<(Vec<String>, Vec<Value>)> {
    let path: Vec<String> = path_from(0, field)?.into_iter().map(ToString::to_string).collect();
    let simple = constants.iter().all(|constant| matches!(constant, Value::String(_) | Value::Integer(_)));
    let stored = path.first().is_some_and(|name| name != TIMESTAMP && name != ID);
    (simple && stored && !constants.is_empty()).then_some((path, constants))
}
