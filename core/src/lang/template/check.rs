//! A template to one whose expressions are checked. Items, and what `let` names, are in the context of the expressions: only
//! when the template is rendered is anything known of them.

use alloc::string::String;
use alloc::vec::Vec;

use super::super::check::{AudienceDirectory, Variable, check_with};
use super::super::diagnostic::Diagnostic;
use super::super::schema::{Type, UnionSchema};
use super::super::{ast, typed};
use super::{INDEX, Node, Scope, THIS, Template};
use crate::limits::DIAGNOSTICS_MAX;

/// A template that can be rendered.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckedTemplate {
    /// Its parts.
    pub template: Template<typed::Expr>,
    /// What was odd, in the order of the text.
    pub warnings: Vec<Diagnostic>,
}

/// Checks a template. Errors are in the order of the text; there is at least one.
pub fn check(
    template: &Template,
    schema: &UnionSchema,
    directory: &dyn AudienceDirectory,
) -> Result<CheckedTemplate, Vec<Diagnostic>> {
    let mut checker =
        Checker { schema, directory, variables: Vec::new(), errors: Vec::new(), warnings: Vec::new() };
    // What a journey knows of itself.
    if !schema.profile.contains_key(JOURNEY) {
        checker.variables.push(Variable { name: JOURNEY.into(), ty: Type::Any });
    }
    let template = checker.nodes(template);
    let Checker { mut errors, warnings, .. } = checker;
    if errors.is_empty() {
        return Ok(CheckedTemplate { template, warnings });
    }
    errors.truncate(DIAGNOSTICS_MAX);
    Err(errors)
}

const JOURNEY: &str = "context";

struct Checker<'a> {
    schema: &'a UnionSchema,
    directory: &'a dyn AudienceDirectory,
    /// What is in scope, innermost last.
    variables: Vec<Variable>,
    errors: Vec<Diagnostic>,
    warnings: Vec<Diagnostic>,
}

impl Checker<'_> {
    fn nodes(&mut self, template: &Template) -> Template<typed::Expr> {
        template.iter().map(|node| self.node(node)).collect()
    }

    fn node(&mut self, node: &Node) -> Node<typed::Expr> {
        match node {
            Node::Text(text) => Node::Text(text.clone()),
            Node::Comment(text) => Node::Comment(text.clone()),
            Node::Output { value, escaped } => {
                Node::Output { value: self.expression(value).0, escaped: *escaped }
            }
            Node::Let { name, value } => {
                let (value, ty) = self.expression(value);
                self.bind(&name.text, ty);
                Node::Let { name: name.clone(), value }
            }
            Node::If { branches, otherwise } => Node::If {
                branches: branches
                    .iter()
                    .map(|(test, body)| (self.expression(test).0, self.nodes(body)))
                    .collect(),
                otherwise: otherwise.as_ref().map(|body| self.nodes(body)),
            },
            Node::Unless { test, body, otherwise } => Node::Unless {
                test: self.expression(test).0,
                body: self.nodes(body),
                otherwise: otherwise.as_ref().map(|body| self.nodes(body)),
            },
            Node::Scope { scope, value, name, body, otherwise } => {
                let (value, ty) = self.expression(value);
                let of = match (scope, ty) {
                    (Scope::Each, Type::List(item)) => *item,
                    (Scope::Each, Type::Map(value)) => *value,
                    // Of a single value, it is the one item.
                    (_, ty) => ty,
                };
                let names: Vec<String> = [THIS, INDEX]
                    .into_iter()
                    .map(String::from)
                    .chain(name.iter().map(|it| it.text.clone()))
                    .collect();
                let body = self.within(&names, of, |checker| checker.nodes(body));
                let otherwise = otherwise.as_ref().map(|body| self.nodes(body));
                Node::Scope { scope: *scope, value, name: name.clone(), body, otherwise }
            }
        }
    }

    /// With the names of an item in scope; what is named inside stays.
    fn within<T>(&mut self, names: &[String], of: Type, check: impl FnOnce(&mut Self) -> T) -> T {
        let place = self.variables.len();
        for name in names {
            let ty = if name == INDEX { Type::Integer } else { of.clone() };
            self.variables.push(Variable { name: name.clone(), ty });
        }
        let out = check(self);
        self.variables.drain(place..place + names.len());
        out
    }

    /// A name that is used again may be of either type.
    fn bind(&mut self, name: &str, ty: Type) {
        match self.variables.iter_mut().rev().find(|variable| variable.name == name) {
            Some(known) => known.ty = known.ty.join(&ty).unwrap_or(Type::Any),
            None => self.variables.push(Variable { name: name.into(), ty }),
        }
    }

    fn expression(&mut self, expr: &ast::Expr) -> (typed::Expr, Type) {
        match check_with(expr, self.schema, self.directory, &self.variables) {
            Ok(checked) => {
                self.warnings.extend(checked.warnings);
                (checked.expr, checked.result)
            }
            Err(found) => {
                self.errors.extend(found);
                let nothing = typed::Node::Literal(crate::value::Value::Null);
                (typed::Expr { node: nothing, span: expr.span }, Type::Any)
            }
        }
    }
}
