//! A tree to a checked expression: names resolved against the union schema and the variables in scope, types agreed,
//! sugar removed. What cannot be lowered yet is a diagnostic, never a guess.

mod arguments;
mod authoring;
mod binders;
mod calculated;
mod calls;
mod chain;
mod coerce;
mod gap;
mod loops;
mod occurs;
mod operators;
mod scope;
mod types;
mod weight;

#[cfg(test)]
mod chain_tests;
#[cfg(test)]
mod collection_tests;
#[cfg(test)]
mod dialect_tests;
#[cfg(test)]
mod tests;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

pub use self::authoring::Authoring;
use self::scope::{Frame, World};
use self::types::{ANY, BOOLEAN, Ty};
use self::weight::Weights;
use super::ast::{self, Kind, Literal};
use super::diagnostic::{Diagnostic, Severity, Span, code};
use super::dialect::Dialect;
use super::nearest::nearest;
use super::schema::{Type, UnionSchema};
use super::template::INDEX;
use super::typed::{Checked, Expr, Node, Slot};
use crate::limits::{CONSTRUCTED_ITEMS_MAX, DIAGNOSTICS_MAX, EVENT_LOOPS_NESTED_MAX, EXPRESSION_DEPTH_MAX};
use crate::value::Value;

/// Which audiences there are: `inSegment` may only name one of them.
pub trait AudienceDirectory {
    /// Whether there is an audience of this id.
    fn contains(&self, id: &str) -> bool;
}

/// Reads and checks a text. Errors of reading come alone: what could not be read cannot be checked.
pub fn compile(
    text: &str,
    schema: &UnionSchema,
    directory: &dyn AudienceDirectory,
) -> Result<Checked, Vec<Diagnostic>> {
    compile_in(Dialect::Pql, text, schema, directory)
}

/// As [`compile`], in a dialect.
pub fn compile_in(
    dialect: Dialect,
    text: &str,
    schema: &UnionSchema,
    directory: &dyn AudienceDirectory,
) -> Result<Checked, Vec<Diagnostic>> {
    let parsed = super::parse(text);
    if parsed.has_errors() {
        return Err(parsed.diagnostics);
    }
    check_in(dialect, &parsed.tree, schema, directory)
}

/// Checks a tree. Errors are in the order of the text; there is at least one.
pub fn check(
    tree: &ast::Expr,
    schema: &UnionSchema,
    directory: &dyn AudienceDirectory,
) -> Result<Checked, Vec<Diagnostic>> {
    check_in(Dialect::Pql, tree, schema, directory)
}

/// As [`check()`], in a dialect.
pub fn check_in(
    dialect: Dialect,
    tree: &ast::Expr,
    schema: &UnionSchema,
    directory: &dyn AudienceDirectory,
) -> Result<Checked, Vec<Diagnostic>> {
    checked(dialect, tree, schema, directory, Vec::new())
}

/// A name that an expression may use besides the fields of the profile; its value is in the context.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub(super) name: String,
    pub(super) ty: Type,
}

/// As [`check()`], with variables in scope, innermost last.
pub(super) fn check_with(
    tree: &ast::Expr,
    schema: &UnionSchema,
    directory: &dyn AudienceDirectory,
    variables: &[Variable],
) -> Result<Checked, Vec<Diagnostic>> {
    let frame = |Variable { name, ty }: &Variable| Frame::Named {
        name: name.clone(),
        node: Node::Context(name.clone()),
        ty: Ty::Owned(ty.clone()),
    };
    checked(Dialect::Pql, tree, schema, directory, variables.iter().map(frame).collect())
}

fn checked(
    dialect: Dialect,
    tree: &ast::Expr,
    schema: &UnionSchema,
    directory: &dyn AudienceDirectory,
    frames: Vec<Frame<'_>>,
) -> Result<Checked, Vec<Diagnostic>> {
    if tree.height() > EXPRESSION_DEPTH_MAX {
        let message = format!("the expression is nested more than {EXPRESSION_DEPTH_MAX} deep");
        return Err(vec![Diagnostic::error(code::TOO_DEEP, tree.span, message)]);
    }
    let world = World::new(schema);
    let mut checker = Checker {
        dialect,
        world: &world,
        directory,
        frames,
        next_slot: 0,
        errors: 0,
        diagnostics: Vec::new(),
    };
    let checked = checker.root(tree);
    if checker.errors == 0 && Weights::largest(&checked.expr) > CONSTRUCTED_ITEMS_MAX {
        checker.too_large(tree.span);
    }
    if checker.errors == 0
        && let Some(span) = loops::too_many(&checked.expr)
    {
        checker.events_in_events(span);
    }
    if checker.errors == 0 {
        for found in authoring::review(tree) {
            checker.errors += usize::from(found.severity == Severity::Error);
            checker.push(found);
        }
    }
    let (errors, mut diagnostics) = (checker.errors, checker.diagnostics);
    diagnostics.sort_by_key(|found| found.span.start);
    if errors > 0 {
        return Err(diagnostics);
    }
    Ok(Checked { expr: checked.expr, result: checked.ty.into_owned(), warnings: diagnostics })
}

struct Checker<'a> {
    dialect: Dialect,
    world: &'a World,
    directory: &'a dyn AudienceDirectory,
    /// What is in scope, innermost last.
    frames: Vec<Frame<'a>>,
    next_slot: Slot,
    /// How many errors there were; not all of them may be among the diagnostics.
    errors: usize,
    diagnostics: Vec<Diagnostic>,
}

/// A lowered expression and its type.
#[derive(Clone, Debug)]
struct Typed<'a> {
    expr: Expr,
    ty: Ty<'a>,
}

impl<'a> Typed<'a> {
    fn new(node: Node, span: Span, ty: Ty<'a>) -> Self {
        Self { expr: Expr { node, span }, ty }
    }

    fn boolean(node: Node, span: Span) -> Self {
        Self::new(node, span, Ty::Borrowed(BOOLEAN))
    }

    /// In the place of what was reported: fits everywhere, so that one mistake is one report.
    fn unknown(span: Span) -> Self {
        Self::new(Node::Literal(Value::Null), span, Ty::Borrowed(ANY))
    }

    fn span(&self) -> Span {
        self.expr.span
    }

    fn is_literal(&self) -> bool {
        matches!(self.expr.node, Node::Literal(_))
    }
}

impl<'a> Checker<'a> {
    fn error(&mut self, code: &str, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.errors += 1;
        let found = Diagnostic::error(code, span, message);
        let help = help.into();
        self.push(if help.is_empty() { found } else { found.help(help) });
    }

    fn warn(&mut self, code: &str, span: Span, message: &str, help: &str) {
        self.push(Diagnostic::warning(code, span, message).help(help));
    }

    /// As many errors, and as many warnings, as anybody reads.
    fn push(&mut self, found: Diagnostic) {
        let alike = self.diagnostics.iter().filter(|other| other.severity == found.severity).count();
        if alike < DIAGNOSTICS_MAX {
            self.diagnostics.push(found);
        }
    }

    /// Advice with the known name nearest to one that is not; empty if none is near, or if nobody will read it.
    fn did_you_mean<'n>(&self, name: &str, known: impl IntoIterator<Item = &'n str>) -> String {
        if self.errors >= DIAGNOSTICS_MAX {
            return String::new();
        }
        nearest(name, known).map_or(String::new(), |known| format!("did you mean `{known}`?"))
    }

    /// Whether anybody will read what is said next.
    fn is_read(&self) -> bool {
        self.errors < DIAGNOSTICS_MAX
    }

    fn reported(
        &mut self,
        code: &str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Typed<'a> {
        self.error(code, span, message, help);
        Typed::unknown(span)
    }

    fn unsupported(&mut self, what: &str, span: Span, help: &str) -> Typed<'a> {
        self.reported(code::NOT_SUPPORTED, span, format!("{what} is not supported yet"), help)
    }

    fn too_large(&mut self, span: Span) -> Typed<'a> {
        let message = format!("this puts together more than {CONSTRUCTED_ITEMS_MAX} items");
        self.reported(code::TOO_LARGE, span, message, "say less of it twice")
    }

    fn events_in_events(&mut self, span: Span) {
        let message = format!(
            "events are looked through for each of the others, more than {EVENT_LOOPS_NESTED_MAX} inside one another"
        );
        let help = "events one after another are a `chain`; conditions that do not need the others stand beside them";
        self.error(code::EVENTS_IN_EVENTS, span, message, help);
    }

    /// Texts are too short to bind more variables than there are slots.
    fn slot(&mut self) -> Slot {
        let slot = self.next_slot;
        self.next_slot = slot.saturating_add(1);
        slot
    }

    /// The whole expression, which may name its parameter.
    fn root(&mut self, tree: &ast::Expr) -> Typed<'a> {
        let Kind::Lambda(parameters, body) = &tree.kind else { return self.expr(tree) };
        let [parameter] = &**parameters else {
            let message = "an audience has one parameter, the profile";
            return self.reported(code::UNKNOWN_PARAMETER, tree.span, message, "write `(Profile) => ...`");
        };
        let frame =
            Frame::Named { name: parameter.text.clone(), node: Node::Profile, ty: self.world.profile() };
        self.within(frame, |checker| checker.expr(body))
    }

    fn expr(&mut self, expr: &ast::Expr) -> Typed<'a> {
        let span = expr.span;
        match &expr.kind {
            Kind::Error => {
                self.reported(code::EXPECTED_EXPRESSION, span, "this part of the text could not be read", "")
            }
            Kind::Literal(literal) => literal_of(literal, span),
            Kind::Parameter(1) => Typed::new(Node::Profile, span, self.world.profile()),
            Kind::Parameter(number) => {
                let message = format!("there is no parameter `${number}`");
                self.reported(code::UNKNOWN_PARAMETER, span, message, "`$1` is the profile")
            }
            Kind::Context(name) if name == INDEX => match self.bound(name, span) {
                Some(found) => found,
                None => {
                    let message = format!("`{name}` stands only in an `each` of a template");
                    self.reported(code::UNKNOWN_FIELD, span, message, "")
                }
            },
            Kind::Context(name) => context(name, span),
            Kind::Name(name) => self.name(name, span),
            Kind::Up(count) => self.up(*count, span),
            Kind::Field(object, name) => {
                let object = self.expr(object);
                self.field(object, name, span)
            }
            Kind::Filter(source, condition) => self.filter(source, condition, span),
            Kind::Method(receiver, name, arguments) => self.method(receiver, name, arguments, span),
            Kind::Call(name, arguments) => self.call(name, arguments, span),
            Kind::List(items) => self.list(items, span),
            Kind::Object(fields) => self.object(fields, span),
            Kind::Not(operand) => {
                let operand = self.expr(operand).expr;
                Typed::boolean(Node::Not(Box::new(operand)), span)
            }
            Kind::Negate(operand) => self.negate(operand, span),
            Kind::And(operands) => Typed::boolean(Node::And(self.all(operands)), span),
            Kind::Or(operands) => Typed::boolean(Node::Or(self.all(operands)), span),
            Kind::Binary(operator, left, right) => self.binary(*operator, left, right, span),
            Kind::Occurs(timestamp, test) => self.occurs(timestamp, test, span),
            Kind::If(test, then, otherwise) => self.if_else(test, then, otherwise, span),
            Kind::Let(name, value, body) => self.let_in(name, value, body, span),
            Kind::Lambda(..) => {
                let message = "a lambda can only be the whole expression, or the argument of `map`, `filter` or `exists`";
                self.reported(code::ARGUMENT_TYPE, span, message, "")
            }
            Kind::Select(variables) => self.select(variables, span),
            Kind::Quantified(quantifier, variables) => self.quantified(*quantifier, variables, span),
            Kind::Aggregate(aggregate, value, variables) => {
                self.aggregate(*aggregate, value.as_deref(), variables, span)
            }
            Kind::Chain(events, order, steps) => self.chain(events, order, steps, span),
        }
    }

    fn all(&mut self, operands: &[ast::Expr]) -> Vec<Expr> {
        operands.iter().map(|operand| self.expr(operand).expr).collect()
    }

    fn list(&mut self, items: &[ast::Expr], span: Span) -> Typed<'a> {
        let items: Vec<Typed<'a>> = items.iter().map(|item| self.expr(item)).collect();
        let ty = items.iter().map(|item| item.ty.clone()).reduce(types::join).unwrap_or(Ty::Borrowed(ANY));
        let nodes = items.into_iter().map(|item| item.expr).collect();
        Typed::new(Node::List(nodes), span, types::list_of(ty))
    }

    fn object(&mut self, fields: &[(String, ast::Expr)], span: Span) -> Typed<'a> {
        let fields: Vec<(&String, Typed<'a>)> =
            fields.iter().map(|(key, value)| (key, self.expr(value))).collect();
        let mut most = CONSTRUCTED_ITEMS_MAX;
        if !fields.iter().all(|(_, value)| weight::is_type_within(&value.ty, &mut most)) {
            return self.too_large(span);
        }
        let ty = fields.iter().map(|(key, value)| ((*key).clone(), value.ty.clone().into_owned())).collect();
        let nodes = fields.into_iter().map(|(key, value)| (key.clone(), value.expr)).collect();
        Typed::new(Node::Object(nodes), span, Ty::Owned(Type::Object(ty)))
    }

    fn if_else(
        &mut self,
        test: &ast::Expr,
        then: &ast::Expr,
        otherwise: &ast::Expr,
        span: Span,
    ) -> Typed<'a> {
        let test = Box::new(self.expr(test).expr);
        let (then, otherwise) = (self.expr(then), self.expr(otherwise));
        let ty = types::join(then.ty, otherwise.ty);
        let node = Node::If { test, then: Box::new(then.expr), otherwise: Box::new(otherwise.expr) };
        Typed::new(node, span, ty)
    }
}

/// What only a decision knows may be anything.
fn context<'a>(name: &str, span: Span) -> Typed<'a> {
    Typed::new(Node::Context(name.into()), span, Ty::Borrowed(ANY))
}

fn literal_of<'a>(literal: &Literal, span: Span) -> Typed<'a> {
    let (value, ty) = match literal {
        Literal::Null => (Value::Null, ANY),
        Literal::Boolean(value) => (Value::Boolean(*value), BOOLEAN),
        Literal::Integer(value) => (Value::Integer(*value), types::INTEGER),
        Literal::Double(value) => (Value::Double(*value), types::NUMBER),
        Literal::String(value) => (Value::String(value.clone()), types::STRING),
    };
    Typed::new(Node::Literal(value), span, Ty::Borrowed(ty))
}
