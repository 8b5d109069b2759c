//! One test of one field against constants: what most of what audiences ask comes down to.

use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Ordering;

use crate::eval::{ops, virtual_fields};
use crate::lang::functions::Context;
use crate::lang::functions::Function;
use crate::lang::typed::{Comparison, Expr, Node};
use crate::plan::functions::{IN, NOT_IN};
use crate::value::Value;

/// What is asked of a value.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub(crate) enum Ask {
    /// How it compares with a constant that is no list, object or null.
    Compare(Comparison, Value),
    /// Whether it is, or is there and is not, one of the constants, which are as above.
    Listed(Function, Vec<Value>),
    /// Whether it is true, in boolean position.
    Truth,
}

/// How a value relates to a constant.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Relation {
    pub(crate) equal: bool,
    pub(crate) order: Option<Ordering>,
}

/// Whose fields are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Root {
    /// The attributes of the profile.
    Profile,
    /// The event bound to slot 0.
    Event,
}

/// The path of the field that an expression in boolean position asks about, and what it asks, if that is all it does.
pub(crate) fn asked(expr: &Expr, root: Root) -> Option<(Vec<String>, Ask)> {
    match &expr.node {
        Node::Compare { operator, left, right } => {
            let Node::Literal(constant) = &right.node else { return None };
            is_simple(constant).then(|| Ask::Compare(*operator, constant.clone())).zip(path(left, root))
        }
        Node::Call { function, arguments } if *function == IN || *function == NOT_IN => {
            let [value, list] = &**arguments else { return None };
            Some(Ask::Listed(*function, constants(list)?)).zip(path(value, root))
        }
        Node::Field { .. } => Some((Ask::Truth, path(expr, root)?)),
        _ => None,
    }
    .map(|(ask, path)| (path, ask))
}

/// The constants of a list, written out or already a value.
fn constants(list: &Expr) -> Option<Vec<Value>> {
    match &list.node {
        Node::Literal(Value::List(items)) => items.iter().all(is_simple).then(|| items.clone()),
        Node::List(items) => {
            let constant = |item: &Expr| match &item.node {
                Node::Literal(value) if is_simple(value) => Some(value.clone()),
                _ => None,
            };
            items.iter().map(constant).collect()
        }
        _ => None,
    }
}

fn is_simple(constant: &Value) -> bool {
    match constant {
        Value::Boolean(_) | Value::Integer(_) | Value::Double(_) | Value::Time(_) | Value::String(_) => true,
        Value::Null | Value::List(_) | Value::Object(_) => false,
    }
}

/// The steps from the root to a stored field.
pub(crate) fn path(expr: &Expr, root: Root) -> Option<Vec<String>> {
    let path = steps(expr, root)?;
    let made = match root {
        Root::Profile => [virtual_fields::IDENTITY_MAP, virtual_fields::SEGMENT_MEMBERSHIP],
        Root::Event => [virtual_fields::TIMESTAMP, virtual_fields::ID],
    };
    let first = path.first()?;
    (!made.contains(&first.as_str())).then_some(path)
}

fn steps(expr: &Expr, root: Root) -> Option<Vec<String>> {
    match &expr.node {
        Node::Profile if root == Root::Profile => Some(Vec::new()),
        Node::Variable(0) if root == Root::Event => Some(Vec::new()),
        Node::Field { object, name } => {
            let mut path = steps(object, root)?;
            path.push(name.to_string());
            Some(path)
        }
        _ => None,
    }
}

impl Ask {
    /// The constants.
    pub(crate) fn constants(&self) -> &[Value] {
        match self {
            Self::Compare(_, constant) => core::slice::from_ref(constant),
            Self::Listed(_, constants) => constants,
            Self::Truth => &[],
        }
    }

    /// The answer, as the expression itself would give it.
    pub(crate) fn holds(&self, value: &Value) -> bool {
        match self {
            Self::Compare(operator, constant) => ops::compare(*operator, value, constant),
            Self::Listed(function, constants) => {
                let arguments = vec![value.clone(), Value::List(constants.clone())];
                ops::truth(&function.apply(Context { now_ms: 0 }, &arguments))
            }
            Self::Truth => ops::truth(value),
        }
    }

    /// As [`Self::holds`], of a number, a time or a text.
    pub(crate) fn holds_of_one(&self, value: &Value) -> bool {
        self.holds_by(&|_, constant| Relation {
            equal: value.equals(constant),
            order: value.compare(constant),
        })
    }

    /// The answer for a number or a text that relates like this to the constants, which are numbered.
    pub(crate) fn holds_by(&self, relation: &dyn Fn(usize, &Value) -> Relation) -> bool {
        match self {
            Self::Compare(operator, constant) => {
                let Relation { equal, order } = relation(0, constant);
                match operator {
                    Comparison::Equal => equal,
                    Comparison::NotEqual => !equal,
                    Comparison::Less => order == Some(Ordering::Less),
                    Comparison::LessOrEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
                    Comparison::Greater => order == Some(Ordering::Greater),
                    Comparison::GreaterOrEqual => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
                }
            }
            Self::Listed(function, constants) => {
                let mut numbered = constants.iter().enumerate();
                numbered.any(|(number, constant)| relation(number, constant).equal) == (*function == IN)
            }
            Self::Truth => true,
        }
    }
}
