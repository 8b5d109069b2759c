//! From a tree to its JSON form.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde_json::{Map, Value as Json, json};

use super::scope::{Scope, is_per_item};
use super::time;
use super::{Error, Reason};
use crate::lang::ast::{Count, Expr, Kind, Literal, Name, Quantifier, Step, Variable};
use crate::lang::print::of_operator;
use crate::lang::words;
use crate::limits::EXPRESSION_DEPTH_MAX;

/// Writes a tree. A tree with errors, or one that is nested too deeply, has no such form.
pub fn to_json(tree: &Expr) -> Result<Json, Error> {
    if tree.height() > EXPRESSION_DEPTH_MAX {
        return Err(Error::whole(Reason::TooDeep));
    }
    Writer::default().node(tree).map_err(Error::whole)
}

#[derive(Default)]
pub(super) struct Writer {
    scope: Scope,
}

type Written<T = Json> = Result<T, Reason>;

impl Writer {
    pub(super) fn node(&mut self, expr: &Expr) -> Written {
        Ok(match &expr.kind {
            Kind::Error => return Err(Reason::NoText),
            Kind::Literal(literal) => of_literal(literal),
            Kind::Parameter(position) => json!({"nodeType": "parameterReference", "position": position}),
            Kind::Context(name) => json!({"nodeType": "contextReference", "name": name}),
            Kind::Name(name) => self.name(name),
            Kind::Up(levels) => json!({"nodeType": "scopeReference", "levels": levels}),
            Kind::Field(object, name) => {
                json!({"nodeType": "fieldLookup", "fieldName": name.text, "object": self.node(object)?})
            }
            Kind::Filter(source, condition) => {
                self.call("filter", core::iter::once(&**source).chain([&**condition]))?
            }
            Kind::Method(receiver, name, arguments) => {
                self.call(&name.text, core::iter::once(&**receiver).chain(arguments))?
            }
            Kind::Call(name, arguments) => self.call(&name.text, arguments)?,
            Kind::List(items) => match items.iter().map(constant).collect::<Option<Vec<Json>>>() {
                Some(constants) => literal("List", Json::Array(constants)),
                None => self.call("list", items)?,
            },
            Kind::Object(fields) => self.object(fields)?,
            Kind::Not(operand) => self.call("not", [&**operand])?,
            Kind::Negate(operand) => self.call("-", [&**operand])?,
            Kind::And(operands) => self.call("and", operands)?,
            Kind::Or(operands) => self.call("or", operands)?,
            Kind::Binary(operator, left, right) => self.call(of_operator(*operator), [&**left, &**right])?,
            Kind::Occurs(timestamp, test) => {
                apply("occurs", Vec::from([self.node(timestamp)?, time::write(self, test)?]))
            }
            Kind::If(test, then, otherwise) => self.call("if", [&**test, &**then, &**otherwise])?,
            Kind::Let(name, value, body) => {
                let value = self.node(value)?;
                apply("let", Vec::from([value, self.lambda(core::slice::from_ref(name), body)?]))
            }
            Kind::Lambda(parameters, body) => self.lambda(parameters, body)?,
            Kind::Select(variables) => {
                let variables = self.over(variables, |_| Ok(()))?.0;
                json!({"nodeType": "select", "variables": variables})
            }
            Kind::Quantified(quantifier, variables) => {
                let variables = self.over(variables, |_| Ok(()))?.0;
                let quantifier = of_quantifier(*quantifier);
                json!({"nodeType": "quantification", "quantifier": quantifier, "variables": variables})
            }
            Kind::Aggregate(aggregate, value, variables) => {
                let (variables, value) = self
                    .over(variables, |writer| value.as_ref().map(|value| writer.node(value)).transpose())?;
                let function = words::of_aggregate(*aggregate);
                let mut node = object("aggregation", [("fnName", function.into())]);
                put(&mut node, "value", value);
                put(&mut node, "variables", Some(variables));
                Json::Object(node)
            }
            Kind::Chain(events, order, steps) => self.chain(events, order, steps)?,
        })
    }

    fn name(&self, name: &str) -> Json {
        if self.scope.is_variable(name) {
            json!({"nodeType": "varRef", "varName": name})
        } else if self.scope.is_profile_field(name) {
            let profile = json!({"nodeType": "parameterReference", "position": 1});
            json!({"nodeType": "fieldLookup", "fieldName": name, "object": profile})
        } else {
            json!({"nodeType": "fieldLookup", "fieldName": name})
        }
    }

    fn call<'e>(&mut self, name: &str, arguments: impl IntoIterator<Item = &'e Expr>) -> Written {
        let mut parameters = Vec::new();
        for (argument, index) in arguments.into_iter().zip(0..) {
            let per_item = is_per_item(name, index);
            parameters.push(if per_item { self.row(argument)? } else { self.node(argument)? });
        }
        Ok(apply(name, parameters))
    }

    /// What is evaluated per item.
    fn row(&mut self, expr: &Expr) -> Written {
        self.scope.enter_row();
        let node = self.node(expr)?;
        self.scope.leave_row();
        Ok(node)
    }

    fn object(&mut self, fields: &[(String, Expr)]) -> Written {
        let fields = fields
            .iter()
            .map(|(name, value)| Ok(json!({"fieldName": name, "value": self.node(value)?})))
            .collect::<Written<Vec<Json>>>()?;
        Ok(json!({"nodeType": "object", "fields": fields}))
    }

    fn lambda(&mut self, parameters: &[Name], body: &Expr) -> Written {
        let outer = self.scope.bound();
        parameters.iter().for_each(|parameter| self.scope.bind(&parameter.text));
        let body = self.node(body)?;
        self.scope.unbind_to(outer);
        let parameters: Vec<Json> =
            parameters.iter().map(|parameter| json!({"varName": parameter.text})).collect();
        Ok(json!({"nodeType": "fnCreate", "params": parameters, "body": body}))
    }

    /// Declarations, and what sees all of them.
    fn over<T>(
        &mut self,
        variables: &[Variable],
        inside: impl FnOnce(&mut Self) -> Written<T>,
    ) -> Written<(Json, T)> {
        let outer = self.scope.bound();
        let mut declared = Vec::new();
        for Variable { name, source, condition } in variables {
            let mut node = object("varDecl", [("varName", name.text.as_str().into())]);
            put(&mut node, "from", Some(self.node(source)?));
            self.scope.bind(&name.text);
            put(&mut node, "where", condition.as_ref().map(|condition| self.node(condition)).transpose()?);
            declared.push(Json::Object(node));
        }
        let inside = inside(self)?;
        self.scope.unbind_to(outer);
        Ok((Json::Array(declared), inside))
    }

    fn chain(&mut self, events: &Expr, order: &Expr, steps: &[Step]) -> Written {
        let events = self.node(events)?;
        let order = self.row(order)?;
        let outer = self.scope.bound();
        let steps = steps.iter().map(|step| self.step(step)).collect::<Written<Vec<Json>>>()?;
        self.scope.unbind_to(outer);
        Ok(json!({"nodeType": "chain", "from": events, "orderBy": order, "steps": steps}))
    }

    /// A step sees the labels of those before it.
    fn step(&mut self, step: &Step) -> Written {
        let mut node = object("chainStep", [("label", step.label.text.as_str().into())]);
        self.scope.enter_row();
        put(&mut node, "what", step.what.as_ref().map(|what| self.node(what)).transpose()?);
        let when = step.when.iter().map(|when| time::write(self, when)).collect::<Written<Vec<Json>>>()?;
        put(&mut node, "when", Some(Json::Array(when)).filter(|_| !step.when.is_empty()));
        put(&mut node, "where", step.condition.as_ref().map(|test| self.node(test)).transpose()?);
        self.scope.leave_row();
        put(&mut node, "count", step.count.map(of_count));
        self.scope.bind(&step.label.text);
        Ok(Json::Object(node))
    }
}

fn of_count(Count { least, most, .. }: Count) -> Json {
    match most {
        None => json!({"least": least}),
        Some(most) => json!({"least": least, "most": most}),
    }
}

fn of_literal(value: &Literal) -> Json {
    let name = match value {
        Literal::Null => "Null",
        Literal::Boolean(_) => "Boolean",
        Literal::Integer(_) => "Integer",
        Literal::Double(_) => "Number",
        Literal::String(_) => "String",
    };
    match value {
        Literal::Double(number) if needs_text(*number) => literal(name, format!("{number:?}").into()),
        _ => literal(name, of_constant(value)),
    }
}

/// Not every reader of JSON gives back all digits of a number; of a text it does.
fn needs_text(number: f64) -> bool {
    const EXACT_DIGITS_MAX: usize = 15;
    let shown = format!("{number:?}");
    shown.contains('e') || shown.bytes().filter(u8::is_ascii_digit).count() > EXACT_DIGITS_MAX
}

fn of_constant(value: &Literal) -> Json {
    match value {
        Literal::Null => Json::Null,
        Literal::Boolean(value) => (*value).into(),
        Literal::Integer(value) => (*value).into(),
        Literal::Double(value) => (*value).into(),
        Literal::String(value) => value.as_str().into(),
    }
}

fn constant(expr: &Expr) -> Option<Json> {
    match &expr.kind {
        Kind::Literal(Literal::Double(number)) if needs_text(*number) => None,
        Kind::Literal(literal) => Some(of_constant(literal)),
        _ => None,
    }
}

fn literal(name: &str, value: Json) -> Json {
    json!({"nodeType": "literal", "literalType": name, "value": value})
}

fn apply(name: &str, parameters: Vec<Json>) -> Json {
    json!({"nodeType": "fnApply", "fnName": name, "params": parameters})
}

pub(super) fn object<const N: usize>(kind: &str, fields: [(&str, Json); N]) -> Map<String, Json> {
    let fields = fields.into_iter().map(|(name, value)| (name.to_string(), value));
    core::iter::once(("nodeType".to_string(), kind.into())).chain(fields).collect()
}

pub(super) fn put(node: &mut Map<String, Json>, key: &str, value: Option<Json>) {
    if let Some(value) = value {
        node.insert(key.to_string(), value);
    }
}

/// The published names.
fn of_quantifier(quantifier: Quantifier) -> &'static str {
    match quantifier {
        Quantifier::Exists => "some",
        Quantifier::ForAll => "all",
        Quantifier::None => "none",
        Quantifier::One => "one",
    }
}
