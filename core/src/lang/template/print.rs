//! The canonical text of a template, which reads back as the same one.

use alloc::format;
use alloc::string::String;

use super::super::ast::{Expr, Kind, Name};
use super::super::print as print_expression;
use super::{Node, Scope, Template};

/// Writes a template: values with HTML escaped in double braces, everything that PQL decides in `{% %}`.
pub fn print(template: &Template) -> String {
    let mut out = String::new();
    nodes(template, &mut out);
    out
}

fn nodes(template: &Template, out: &mut String) {
    for node in template {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Comment(text) => out.push_str(&format!("{{{{!--{text}--}}}}")),
            Node::Output { value, escaped: true } => {
                let (text, pad) = (print_expression(value), if is_path(value) { "" } else { " " });
                out.push_str(&format!("{{{{{pad}{text}{pad}}}}}"));
            }
            Node::Output { value, escaped: false } => {
                out.push_str(&format!("{{%= {} %}}", print_expression(value)));
            }
            Node::Let { name, value } => {
                out.push_str(&format!("{{% let {} = {} %}}", name.text, print_expression(value)));
            }
            Node::If { branches, otherwise } => {
                for (place, (test, body)) in branches.iter().enumerate() {
                    let word = if place == 0 { "#if" } else { "else if" };
                    out.push_str(&format!("{{%{word} {}%}}", print_expression(test)));
                    nodes(body, out);
                }
                ended(otherwise.as_ref(), ["{%else%}", "{%/if%}"], out);
            }
            Node::Unless { test, body, otherwise } => {
                out.push_str(&format!("{{%#unless {}%}}", print_expression(test)));
                nodes(body, out);
                ended(otherwise.as_ref(), ["{%else%}", "{%/unless%}"], out);
            }
            Node::Scope { scope, value, name, body, otherwise } => {
                let (word, end) = match scope {
                    Scope::Each => ("each", "{{/each}}"),
                    Scope::With => ("with", "{{/with}}"),
                };
                let name = name.as_ref().map(|Name { text, .. }| format!(" as |{text}|")).unwrap_or_default();
                out.push_str(&format!("{{{{#{word} {}{name}}}}}", print_expression(value)));
                nodes(body, out);
                ended(otherwise.as_ref(), ["{{else}}", end], out);
            }
        }
    }
}

fn ended(otherwise: Option<&Template>, [else_tag, end]: [&str; 2], out: &mut String) {
    if let Some(otherwise) = otherwise {
        out.push_str(else_tag);
        nodes(otherwise, out);
    }
    out.push_str(end);
}

/// A name with fields behind it, which stands in the braces without space around it.
fn is_path(value: &Expr) -> bool {
    match &value.kind {
        Kind::Name(name) => !matches!(name.as_str(), "else" | "elseif"),
        Kind::Context(_) => true,
        Kind::Field(object, _) => is_path(object),
        _ => false,
    }
}
