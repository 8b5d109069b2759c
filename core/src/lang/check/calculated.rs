//! Functions of calculated fields that are no rows of the table: they look at an argument as it is written, bind the items of
//! a list, or are another function in another form.

use alloc::format;
use alloc::vec;

use super::super::ast::{self, Kind, Literal, Name};
use super::super::diagnostic::{Span, code};
use super::super::lexer;
use super::super::typed::Node;
use super::{Checker, Typed, types};
use crate::value::Value;

/// Their names.
pub(super) const FORMS: [&str; 5] = ["iif", "filterArray", "transformArray", "contains_key", "is_set"];

impl<'a> Checker<'a> {
    /// A call of one of them; none if it is a row of the table, or nothing.
    pub(super) fn calculated(
        &mut self,
        name: &Name,
        arguments: &[ast::Expr],
        span: Span,
    ) -> Option<Typed<'a>> {
        Some(match (&*name.text, arguments) {
            ("iif", [test, then, otherwise]) => self.if_else(test, then, otherwise, span),
            ("filterArray", [list, condition]) => self.filter(list, condition, span),
            ("transformArray", [list, value]) => {
                let list = self.expr(list);
                self.mapped(list, value, span)
            }
            ("contains_key" | "is_set", [path]) => self.contains_key(path, span),
            // Of several values, not of a list.
            (extreme @ ("min" | "max"), [_, _, ..]) => {
                let list = self.list(arguments, span);
                self.apply_named(extreme, vec![list], span)
            }
            // Of objects by the field that is named, not by its value.
            ("object_to_map", [objects, field]) => {
                let Kind::Name(field_name) = &field.kind else { return None };
                let objects = self.expr(objects);
                let field = Node::Literal(Value::String(field_name.clone()));
                let field = Typed::new(field, span, types::Ty::Borrowed(types::STRING));
                self.apply_named("array_to_map", vec![objects, field], span)
            }
            (form, _) if FORMS.contains(&form) => {
                let (takes, found) = (count_of(form), arguments.len());
                let message = format!("`{form}` takes {takes}, found {found}");
                self.reported(code::ARGUMENT_COUNT, name.span, message, "")
            }
            (_, _) => return None,
        })
    }

    /// Whether there is anything at a path that is written as text.
    fn contains_key(&mut self, path: &ast::Expr, span: Span) -> Typed<'a> {
        let path = match &path.kind {
            Kind::Literal(Literal::String(text)) => match path_of(text, path.span) {
                Some(path) => path,
                None => {
                    let message = format!("`{text}` is no path of fields");
                    let help = "the names of the fields stand between points: `\"person.name\"`";
                    return self.reported(code::ARGUMENT_TYPE, path.span, message, help);
                }
            },
            _ => path.clone(),
        };
        let value = self.expr(&path);
        self.apply_named("isNotNull", vec![value], span)
    }
}

fn count_of(form: &str) -> &'static str {
    match form {
        "iif" => "3 arguments",
        "contains_key" | "is_set" => "1 argument",
        _ => "2 arguments",
    }
}

/// `a.b.c` as the path it is.
fn path_of(text: &str, span: Span) -> Option<ast::Expr> {
    let mut steps = text.split('.');
    let first = steps.next().filter(|name| lexer::is_word(name))?;
    steps.try_fold(ast::Expr::new(Kind::Name(first.into()), span), |object, name| {
        let field = Name { text: name.into(), span };
        lexer::is_word(name).then(|| ast::Expr::new(Kind::Field(object.into(), field), span))
    })
}
