//! The tree of a text, as it was written: names are not resolved, types not known. [`super::print`] writes it back.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use super::diagnostic::Span;
pub use super::typed::{Arithmetic, Comparison, Quantifier};
use crate::time::{self, Direction, Unit};

/// An expression and where it stands. Equality ignores where.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: Kind,
    /// Where.
    pub span: Span,
    /// Longest way down to a leaf. The parser bounds it, so recursion over a parsed tree is safe.
    height: usize,
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// A name with its place.
#[derive(Clone, Debug)]
pub struct Name {
    /// The name, without namespace prefix.
    pub text: String,
    /// Where.
    pub span: Span,
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

/// The kinds of expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// What could not be read; a diagnostic says why.
    Error,
    /// A constant.
    Literal(Literal),
    /// `$1`
    Parameter(u32),
    /// `@{...}`
    Context(String),
    /// A bare name.
    Name(String),
    /// `^`: the item so many enclosing filters out, at least 1.
    Up(u32),
    /// `object.name`
    Field(Box<Expr>, Name),
    /// `source[condition]`
    Filter(Box<Expr>, Box<Expr>),
    /// `receiver.name(arguments)`
    Method(Box<Expr>, Name, Vec<Expr>),
    /// `name(arguments)`
    Call(Name, Vec<Expr>),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `{"a": x}`
    Object(Vec<(String, Expr)>),
    /// `not x`
    Not(Box<Expr>),
    /// `-x`
    Negate(Box<Expr>),
    /// `a and b and c`, at least two.
    And(Vec<Expr>),
    /// `a or b or c`, at least two.
    Or(Vec<Expr>),
    /// `a operator b`
    Binary(Operator, Box<Expr>, Box<Expr>),
    /// `timestamp occurs test`
    Occurs(Box<Expr>, Occurs),
    /// `if (test, then, otherwise)`
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `let name = value in body`
    Let(Name, Box<Expr>, Box<Expr>),
    /// `(a, b) => body`
    Lambda(Vec<Name>, Box<Expr>),
    /// `select x from a where c, ...`
    Select(Vec<Variable>),
    /// `exists x from a where c, ...`
    Quantified(Quantifier, Vec<Variable>),
    /// `sum value over x from a where c, ...`; without a value the variable itself.
    Aggregate(Aggregate, Option<Box<Expr>>, Vec<Variable>),
    /// `chain(events, order, [steps])`
    Chain(Box<Expr>, Box<Expr>, Vec<Step>),
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "the names are the types")]
pub enum Literal {
    Null,
    Boolean(bool),
    Integer(i64),
    /// Finite.
    Double(f64),
    String(String),
}

/// Operators between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the operators")]
pub enum Operator {
    Compare(Comparison),
    Arithmetic(Arithmetic),
    In,
    NotIn,
    Like,
    Matches,
    /// `a ?: b`
    Otherwise,
}

/// Aggregates in operator form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the functions")]
pub enum Aggregate {
    Sum,
    Average,
    Minimum,
    Maximum,
}

/// `name from source where condition`
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// The item.
    pub name: Name,
    /// The list.
    pub source: Expr,
    /// Which of them.
    pub condition: Option<Expr>,
}

/// What a time is compared with.
pub type Anchor = time::Anchor<Box<Expr>>;

/// The right-hand side of `occurs`, and the inside of `WHEN`.
#[derive(Clone, Debug, PartialEq)]
pub enum Occurs {
    /// `< 7 days before now`
    Offset {
        /// The comparison with the count.
        comparison: Comparison,
        /// How many units.
        count: u32,
        /// Which unit.
        unit: Unit,
        /// On which side.
        direction: Direction,
        /// Of what.
        anchor: Anchor,
    },
    /// `before today`
    Side(Direction, Anchor),
    /// `this month`, `on date(2020, 3, 14)`
    On(Anchor),
    /// `between a and b`
    Between(Anchor, Anchor),
}

/// One step of a chain.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its label.
    pub label: Name,
    /// `WHAT(...)`: which events.
    pub what: Option<Expr>,
    /// `WHEN(... and ...)`: at what times, all of them; empty without the clause. An anchor that is the label of an
    /// earlier step makes a test a gap.
    pub when: Vec<Occurs>,
    /// `WHERE(...)`: a further condition.
    pub condition: Option<Expr>,
    /// `COUNT(...)`: how many of them; `NOT WHAT(...)` is `COUNT(exactly 0)`.
    pub count: Option<Count>,
}

/// How many events a step asks for. Equality ignores where it was written.
#[derive(Clone, Copy, Debug)]
pub struct Count {
    /// So many at least.
    pub least: u32,
    /// So many at most, if there is such a bound.
    pub most: Option<u32>,
    /// Where.
    pub span: Span,
}

impl PartialEq for Count {
    fn eq(&self, other: &Self) -> bool {
        (self.least, self.most) == (other.least, other.most)
    }
}

impl Expr {
    /// An expression at a place.
    pub fn new(kind: Kind, span: Span) -> Self {
        let mut height = 0;
        kind.for_each_child(&mut |child| height = height.max(child.height));
        Self { kind, span, height: height + 1 }
    }

    /// Longest way down to a leaf, itself included.
    pub fn height(&self) -> usize {
        self.height
    }
}

impl Kind {
    /// Calls `visit` with every direct part, in the order of the text.
    pub fn for_each_child<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        match self {
            Self::Error
            | Self::Literal(_)
            | Self::Parameter(_)
            | Self::Context(_)
            | Self::Name(_)
            | Self::Up(_) => {}
            Self::Field(one, _) | Self::Not(one) | Self::Negate(one) | Self::Lambda(_, one) => visit(one),
            Self::Filter(first, second) | Self::Binary(_, first, second) | Self::Let(_, first, second) => {
                visit(first);
                visit(second);
            }
            Self::Method(receiver, _, arguments) => {
                visit(receiver);
                arguments.iter().for_each(visit);
            }
            Self::Call(_, all) | Self::List(all) | Self::And(all) | Self::Or(all) => {
                all.iter().for_each(visit)
            }
            Self::Object(fields) => fields.iter().for_each(|(_, value)| visit(value)),
            Self::Occurs(timestamp, test) => {
                visit(timestamp);
                test.for_each_child(visit);
            }
            Self::If(test, then, otherwise) => {
                [test, then, otherwise].into_iter().for_each(|part| visit(part))
            }
            Self::Select(variables) | Self::Quantified(_, variables) => each_of(variables, visit),
            Self::Aggregate(_, value, variables) => {
                value.iter().for_each(|value| visit(value));
                each_of(variables, visit);
            }
            Self::Chain(events, order, steps) => {
                visit(events);
                visit(order);
                for step in steps {
                    step.what.iter().for_each(&mut *visit);
                    step.when.iter().for_each(|when| when.for_each_child(visit));
                    step.condition.iter().for_each(&mut *visit);
                }
            }
        }
    }
}

fn each_of<'a>(variables: &'a [Variable], visit: &mut dyn FnMut(&'a Expr)) {
    for variable in variables {
        visit(&variable.source);
        variable.condition.iter().for_each(&mut *visit);
    }
}

impl Occurs {
    fn for_each_child<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        let mut anchor = |anchor: &'a Anchor| {
            if let Anchor::Exact(expr) = anchor {
                visit(expr);
            }
        };
        match self {
            Self::Offset { anchor: one, .. } | Self::Side(_, one) | Self::On(one) => anchor(one),
            Self::Between(from, to) => {
                anchor(from);
                anchor(to);
            }
        }
    }
}
