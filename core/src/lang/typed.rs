//! The checked expression: names resolved, types agreed, sugar removed. The only thing that can be evaluated.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::diagnostic::Span;
use crate::id::AudienceId;
use crate::time::Occurs;
use crate::value::Value;

/// A variable: the number of its binder, counted from 0 in the order of binding, unique within one expression.
pub type Slot = u16;

/// One expression of the checked tree. The span is for messages: it is not stored and does not take part in equality
/// of normal forms.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Expr {
    /// What it is.
    pub node: Node,
    /// Where it stood in the text.
    #[serde(skip)]
    pub span: Span,
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

/// The kinds of checked expression.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Node {
    /// A constant.
    Literal(Value),
    /// The merged profile: the first parameter of every audience.
    Profile,
    /// `xEvent`: the profile's experience events, oldest first, ties by event id.
    Events,
    /// The item bound by an enclosing filter, select, quantifier, map or let.
    Variable(Slot),
    /// A field. Of a list: the flattened list of that field of every item (design, decision 1).
    Field {
        /// Whose field.
        object: Box<Expr>,
        /// Its name, without namespace prefix.
        name: String,
    },
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{"a": x}`
    Object(Vec<(String, Expr)>),
    /// Negation of the boolean value of the operand; null counts as false.
    Not(Box<Expr>),
    /// True if every operand is.
    And(Vec<Expr>),
    /// True if any operand is.
    Or(Vec<Expr>),
    /// A comparison; false if either side is null. A list against a scalar: true if any item matches.
    Compare {
        /// Which.
        operator: Comparison,
        /// Left side.
        left: Box<Expr>,
        /// Right side, coerced to the type of the left.
        right: Box<Expr>,
    },
    /// Arithmetic on numbers; null if either side is.
    Arithmetic {
        /// Which.
        operator: Arithmetic,
        /// Left side.
        left: Box<Expr>,
        /// Right side.
        right: Box<Expr>,
    },
    /// `-x`
    Negate(Box<Expr>),
    /// `if (test, then, otherwise)`
    If {
        /// The test; null counts as false.
        test: Box<Expr>,
        /// Value if true.
        then: Box<Expr>,
        /// Value if false.
        otherwise: Box<Expr>,
    },
    /// `let x = value in body`
    Let {
        /// The variable.
        slot: Slot,
        /// Its value.
        value: Box<Expr>,
        /// Where it is visible.
        body: Box<Expr>,
    },
    /// The items for which the condition holds: `A[c]`, `A.filter(c)`, and `select x from A where c`.
    Filter {
        /// The list.
        source: Box<Expr>,
        /// The item.
        slot: Slot,
        /// The condition; absent conditions are a `true` literal.
        condition: Box<Expr>,
    },
    /// `select` over two or more variables: the list of tuples (lists) for which every condition holds.
    Select(Vec<Binding>),
    /// `exists`, `forall`, `none`, `one` over one or more variables.
    Quantified {
        /// Which.
        quantifier: Quantifier,
        /// The variables, outermost first.
        variables: Vec<Binding>,
    },
    /// The value of the body for every item, nulls included; of a value that is a list, its items (design, decision 1).
    Map {
        /// The list.
        source: Box<Expr>,
        /// The item.
        slot: Slot,
        /// The value.
        body: Box<Expr>,
    },
    /// A row of the function table, aggregations included. The receiver is the first argument.
    Call {
        /// Which.
        function: super::functions::Function,
        /// Its arguments.
        arguments: Vec<Expr>,
    },
    /// `t occurs ...`; false if `t` or an anchor is null. A list of timestamps: true if any item does.
    Occurs {
        /// The timestamp.
        timestamp: Box<Expr>,
        /// The test.
        test: Occurs,
    },
    /// `inSegment("...")`
    Member(AudienceId),
    /// `chain(...)`: whether the items of the steps come one after another, by their instant and then by their `_id`.
    ///
    /// Every step with a minimum takes a stretch, from a first to a last item of the step, that holds at least the
    /// minimum of the step's items; stretches come one after another. A maximum is over all of the step's items after
    /// the last of the step before and before the first of the next step with a minimum, or to the ends where there is
    /// none. True if some choice of stretches satisfies all of it.
    Chain {
        /// The list.
        source: Box<Expr>,
        /// The item.
        slot: Slot,
        /// The instant of the item; what has none takes no part.
        order: Box<Expr>,
        /// At least one.
        steps: Vec<Step>,
    },
    /// `@{...}` and `modelInstances("...")`: what only a decision knows, by name. Null where there is no decision.
    Context(String),
}

/// One step of a chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Which items are the step's, by themselves.
    pub condition: Expr,
    /// The tests of their instant relative to the last item of the nearest step before that has a minimum; every one
    /// looks forward from there.
    pub gaps: Vec<Occurs<LastOfBefore>>,
    /// So many at least.
    pub least: u32,
    /// So many at most, if there is such a bound.
    pub most: Option<u32>,
}

/// The anchor of a gap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastOfBefore;

/// `x from A where c`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Binding {
    /// The item.
    pub slot: Slot,
    /// The list; sees the variables before it.
    pub source: Expr,
    /// The condition; sees the variable too. Absent conditions are a `true` literal.
    pub condition: Expr,
}

/// Comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the operators")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    /// As it is written.
    pub(crate) fn symbol(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

/// Arithmetic operators. `/` is floating point; division by zero is null (design, decision 10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the operators")]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// How many of the tuples must satisfy the conditions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Quantifier {
    /// At least one (`exists`, `some`).
    Exists,
    /// Every one; true of none at all (`forall`, `all`).
    ForAll,
    /// Not one.
    None,
    /// Exactly one.
    One,
}

/// A checked text.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The tree.
    pub expr: Expr,
    /// The type of its value.
    pub result: super::schema::Type,
    /// Warnings; errors never get this far.
    pub warnings: Vec<super::Diagnostic>,
}
