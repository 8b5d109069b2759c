//! A checked template to text.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Subject, naive_in, ops};
use crate::lang::template::{INDEX, Node, Scope, THIS, Template};
use crate::lang::typed::Expr;
use crate::limits::{COMPUTED_TEXT_BYTES_MAX, TEMPLATE_STEPS_MAX};
use crate::plan::program::Definition;
use crate::value::{Fields, Value};

/// Renders a template for one profile; none if the text, or the way to it, would be too long. Of expressions that read
/// memberships the `definitions` are asked.
pub fn render(
    template: &Template<Expr>,
    definitions: &[Definition],
    subject: Subject<'_>,
    context: &Fields,
    now_ms: i64,
) -> Option<String> {
    let mut context = context.clone();
    // The names of a journey stand under the one that templates give them.
    let journey = Value::Object(context.clone());
    context.entry("context".into()).or_insert(journey);
    let mut renderer = Renderer { definitions, subject, now_ms, context, steps: 0, out: String::new() };
    renderer.nodes(template)?;
    Some(renderer.out)
}

struct Renderer<'a> {
    definitions: &'a [Definition],
    subject: Subject<'a>,
    now_ms: i64,
    /// What the expressions may name besides the profile.
    context: Fields,
    steps: usize,
    out: String,
}

impl Renderer<'_> {
    fn nodes(&mut self, template: &Template<Expr>) -> Option<()> {
        template.iter().try_for_each(|node| self.node(node))
    }

    fn node(&mut self, node: &Node<Expr>) -> Option<()> {
        self.steps += 1;
        if self.steps > TEMPLATE_STEPS_MAX {
            return None;
        }
        match node {
            Node::Text(text) => self.write(text),
            Node::Comment(_) => Some(()),
            Node::Output { value, escaped } => {
                let text = text_of(&self.value(value));
                if *escaped { self.write(&html_escaped(&text)) } else { self.write(&text) }
            }
            Node::Let { name, value } => {
                let value = self.value(value);
                self.context.insert(name.text.clone(), value);
                Some(())
            }
            Node::If { branches, otherwise } => {
                for (test, body) in branches {
                    if self.holds(test) {
                        return self.nodes(body);
                    }
                }
                self.maybe(otherwise.as_ref())
            }
            Node::Unless { test, body, otherwise } => {
                if self.holds(test) {
                    self.maybe(otherwise.as_ref())
                } else {
                    self.nodes(body)
                }
            }
            Node::Scope { scope, value, name, body, otherwise } => {
                let value = self.value(value);
                let items: Vec<Value> = match (scope, value) {
                    (_, Value::Null) => Vec::new(),
                    (Scope::Each, Value::List(items)) => items,
                    (Scope::Each, Value::Object(fields)) => fields.into_values().collect(),
                    (_, single) => Vec::from([single]),
                };
                if items.is_empty() {
                    return self.maybe(otherwise.as_ref());
                }
                let alias = name.as_ref().map(|name| name.text.as_str());
                let names: Vec<&str> = [THIS, INDEX].into_iter().chain(alias).collect();
                let before: Vec<Option<Value>> =
                    names.iter().map(|name| self.context.remove(*name)).collect();
                for (item, place) in items.into_iter().zip(0..) {
                    for name in &names {
                        let value = if *name == INDEX { Value::Integer(place) } else { item.clone() };
                        self.context.insert(String::from(*name), value);
                    }
                    self.nodes(body)?;
                }
                for (name, before) in names.into_iter().zip(before) {
                    match before {
                        Some(before) => self.context.insert(name.into(), before),
                        None => self.context.remove(name),
                    };
                }
                Some(())
            }
        }
    }

    fn maybe(&mut self, template: Option<&Template<Expr>>) -> Option<()> {
        template.map_or(Some(()), |template| self.nodes(template))
    }

    fn holds(&self, test: &Expr) -> bool {
        ops::truth(&self.value(test))
    }

    fn value(&self, expr: &Expr) -> Value {
        naive_in(expr, self.definitions, self.subject, &self.context, self.now_ms)
    }

    fn write(&mut self, text: &str) -> Option<()> {
        if self.out.len() + text.len() > COMPUTED_TEXT_BYTES_MAX {
            return None;
        }
        self.out.push_str(text);
        Some(())
    }
}

/// Nothing for what is missing; the items of a list with commas between them; an object as JSON.
fn text_of(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Time(at_ms) => crate::time::format_instant(*at_ms),
        Value::List(items) => items.iter().map(text_of).collect::<Vec<_>>().join(","),
        Value::Boolean(_) | Value::Integer(_) | Value::Double(_) | Value::Object(_) => {
            alloc::format!("{}", value.to_json())
        }
    }
}

/// As Handlebars does it.
fn html_escaped(text: &str) -> String {
    let mut found = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => found.push_str("&amp;"),
            '<' => found.push_str("&lt;"),
            '>' => found.push_str("&gt;"),
            '"' => found.push_str("&quot;"),
            '\'' => found.push_str("&#x27;"),
            '`' => found.push_str("&#x60;"),
            '=' => found.push_str("&#x3D;"),
            other => found.push(other),
        }
    }
    found
}
