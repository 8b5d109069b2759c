//! From the JSON form to a tree.

use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde_json::{Map, Value as Json};

use super::scope::{Scope, is_method, is_per_item};
use super::{Error, Reason, time};
use crate::lang::ast::{Arithmetic, Comparison, Count, Expr, Kind, Literal, Name, Operator, Step, Variable};
use crate::lang::diagnostic::Span;
use crate::lang::words;
use crate::limits::EXPRESSION_DEPTH_MAX;

/// Reads an expression: a node, or an object with the node as its `value`, as segment definitions have it.
pub fn from_json(json: &Json) -> Result<Expr, Error> {
    let mut reader = Reader::default();
    let read = match json.get("value").filter(|_| json.get("nodeType").is_none()) {
        Some(Json::String(text)) => match serde_json::from_str(text) {
            Ok(node) => reader.node(&node),
            Err(_) => Err(Reason::Expected("a node in JSON, not nested too deeply")),
        },
        Some(node) => reader.node(node),
        None => reader.node(json),
    };
    read.map_err(|reason| Error { path: reader.path.join("/"), reason })
}

/// On an error, `path` stays at the node that is at fault.
#[derive(Default)]
pub(super) struct Reader {
    path: Vec<String>,
    /// Nodes around the one that is read, functions not counted: they are part of what they are given to. A bare
    /// name is two.
    depth: usize,
    scope: Scope,
}

type Read<T> = Result<T, Reason>;

impl Reader {
    pub(super) fn step<T>(&mut self, step: &str, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.path.push(step.to_owned());
        let found = read(self)?;
        self.path.pop();
        Ok(found)
    }

    pub(super) fn node(&mut self, json: &Json) -> Read<Expr> {
        // No node of the form takes more steps than these for one level of a tree.
        if self.path.len() > 4 * EXPRESSION_DEPTH_MAX || self.depth > EXPRESSION_DEPTH_MAX {
            return Err(Reason::TooDeep);
        }
        let Json::Object(node) = json else { return Err(Reason::Expected("a node, which is an object")) };
        let name = text(node, "nodeType")?;
        let levels = usize::from(name != "fnCreate");
        self.depth += levels;
        let kind = match name {
            "literal" => literal(node)?,
            "fieldLookup" => self.field(node)?,
            "fnApply" => self.call(node)?,
            "fnCreate" => self.lambda(node)?,
            "parameterReference" => match node.get("position").and_then(Json::as_u64) {
                Some(position) => Kind::Parameter(u32::try_from(position).unwrap_or(u32::MAX)),
                None => return Err(Reason::Expected("`position`, a whole number")),
            },
            "varRef" => Kind::Name(text(node, "varName")?.to_owned()),
            "select" => Kind::Select(self.over(node, |_| Ok(()))?.0),
            "quantification" => match words::quantifier(text(node, "quantifier")?) {
                Some(Some(quantifier)) => Kind::Quantified(quantifier, self.over(node, |_| Ok(()))?.0),
                Some(None) | None => return Err(Reason::Expected("`quantifier`: all, some, none or one")),
            },
            "contextReference" => Kind::Context(text(node, "name")?.to_owned()),
            "scopeReference" => match node.get("levels").and_then(whole).filter(|levels| *levels > 0) {
                Some(levels) if levels as usize <= EXPRESSION_DEPTH_MAX => Kind::Up(levels),
                Some(_) | None => return Err(Reason::Expected("`levels`, a whole number from 1")),
            },
            "object" => self.object(node)?,
            "aggregation" => self.aggregation(node)?,
            "chain" => self.chain(node)?,
            other => return Err(Reason::UnknownNode(other.to_owned())),
        };
        self.depth -= levels;
        let expr = at(kind);
        if expr.height() > EXPRESSION_DEPTH_MAX { Err(Reason::TooDeep) } else { Ok(expr) }
    }

    /// What is evaluated per item.
    fn row<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.scope.enter_row();
        let found = read(self)?;
        self.scope.leave_row();
        Ok(found)
    }

    fn optional(&mut self, node: &Map<String, Json>, key: &'static str) -> Read<Option<Expr>> {
        match node.get(key) {
            Some(Json::Null) | None => Ok(None),
            Some(_) => self.child(node, key).map(Some),
        }
    }

    fn child(&mut self, node: &Map<String, Json>, key: &'static str) -> Read<Expr> {
        let child = node.get(key);
        self.step(key, |reader| match child {
            Some(child) => reader.node(child),
            None => Err(Reason::Expected("a node")),
        })
    }

    /// Without an object, the field is one of the row that is looked at.
    fn field(&mut self, node: &Map<String, Json>) -> Read<Kind> {
        let name = without_prefix(text(node, "fieldName")?);
        if !node.contains_key("object") {
            return Ok(Kind::Name(name.to_owned()));
        }
        let object = self.child(node, "object")?;
        if object.kind == Kind::Parameter(1) && self.scope.is_profile_field(name) {
            return Ok(Kind::Name(name.to_owned()));
        }
        Ok(Kind::Field(Box::new(object), named(name)))
    }

    fn each<T>(
        &mut self,
        node: &Map<String, Json>,
        key: &'static str,
        mut read: impl FnMut(&mut Self, &Json) -> Read<T>,
    ) -> Read<Vec<T>> {
        let Some(Json::Array(items)) = node.get(key) else {
            return Err(match key {
                "variables" => Reason::Expected("`variables`, an array"),
                "steps" => Reason::Expected("`steps`, an array"),
                "fields" => Reason::Expected("`fields`, an array"),
                _ => Reason::Expected("`params`, an array"),
            });
        };
        let mut found = Vec::new();
        for (item, index) in items.iter().zip(0_usize..) {
            found
                .push(self.step(key, |reader| reader.step(&index.to_string(), |reader| read(reader, item)))?);
        }
        Ok(found)
    }

    fn call(&mut self, node: &Map<String, Json>) -> Read<Kind> {
        let name = text(node, "fnName")?;
        if name == "occurs" {
            return self.occurs(node);
        }
        let mut index = 0;
        let operands = self.each(node, "params", |reader, operand| {
            index += 1;
            if is_per_item(name, index - 1) {
                reader.row(|reader| reader.node(operand))
            } else {
                reader.node(operand)
            }
        })?;
        applied(name, operands)
    }

    fn occurs(&mut self, node: &Map<String, Json>) -> Read<Kind> {
        let Some([timestamp, test]) = node.get("params").and_then(Json::as_array).map(|both| &**both) else {
            return Err(Reason::Expected("`params`, a timestamp and a `timeConstraint`"));
        };
        let timestamp = self.step("params/0", |reader| reader.node(timestamp))?;
        let test = self.step("params/1", |reader| time::read(reader, test))?;
        Ok(Kind::Occurs(Box::new(timestamp), test))
    }

    fn object(&mut self, node: &Map<String, Json>) -> Read<Kind> {
        let fields = self.each(node, "fields", |reader, field| match field {
            // Any text is a key, also none.
            Json::Object(field) => match field.get("fieldName") {
                Some(Json::String(name)) => Ok((name.clone(), reader.child(field, "value")?)),
                Some(_) | None => Err(Reason::Expected("a text `fieldName`")),
            },
            _ => Err(Reason::Expected("a field, which is an object")),
        })?;
        Ok(Kind::Object(fields))
    }

    fn aggregation(&mut self, node: &Map<String, Json>) -> Read<Kind> {
        let Some(aggregate) = words::aggregate(text(node, "fnName")?) else {
            return Err(Reason::Expected("`fnName`: sum, average, min or max"));
        };
        let (variables, value) = self.over(node, |reader| reader.optional(node, "value"))?;
        Ok(Kind::Aggregate(aggregate, value.map(Box::new), variables))
    }

    fn chain(&mut self, node: &Map<String, Json>) -> Read<Kind> {
        let events = self.child(node, "from")?;
        let order = self.row(|reader| reader.child(node, "orderBy"))?;
        let outer = self.scope.bound();
        let steps = self.each(node, "steps", |reader, step| match step {
            Json::Object(step) => reader.chain_step(step),
            _ => Err(Reason::Expected("a `chainStep`, which is an object")),
        })?;
        self.scope.unbind_to(outer);
        Ok(Kind::Chain(Box::new(events), Box::new(order), steps))
    }

    fn chain_step(&mut self, node: &Map<String, Json>) -> Read<Step> {
        let label = named(text(node, "label")?);
        let (what, when, condition) = self.row(|reader| {
            let what = reader.optional(node, "what")?;
            let when = match node.get("when") {
                None | Some(Json::Null) => Vec::new(),
                Some(_) => reader.each(node, "when", time::read)?,
            };
            Ok((what, when, reader.optional(node, "where")?))
        })?;
        let bound = |count: &Json, key: &str| count.get(key).and_then(whole);
        let count = match node.get("count") {
            None | Some(Json::Null) => None,
            Some(count) => match (bound(count, "least"), count.get("most"), bound(count, "most")) {
                (Some(least), None, _) => Some(Count { least, most: None, span: Span::default() }),
                (Some(least), Some(_), most @ Some(_)) => Some(Count { least, most, span: Span::default() }),
                (_, _, _) => {
                    return Err(Reason::Expected("`count`, an object with `least` and perhaps `most`"));
                }
            },
        };
        self.scope.bind(&label.text);
        Ok(Step { label, what, when, condition, count })
    }

    fn lambda(&mut self, node: &Map<String, Json>) -> Read<Kind> {
        let parameters = self.each(node, "params", |_, parameter| match parameter {
            Json::Object(parameter) => text(parameter, "varName").map(named),
            _ => Err(Reason::Expected("a parameter, which is an object")),
        })?;
        let outer = self.scope.bound();
        parameters.iter().for_each(|parameter| self.scope.bind(&parameter.text));
        let body = self.child(node, "body")?;
        self.scope.unbind_to(outer);
        Ok(Kind::Lambda(parameters, Box::new(body)))
    }

    /// Declarations, and what sees all of them.
    fn over<T>(
        &mut self,
        node: &Map<String, Json>,
        inside: impl FnOnce(&mut Self) -> Read<T>,
    ) -> Read<(Vec<Variable>, T)> {
        let outer = self.scope.bound();
        let variables = self.each(node, "variables", |reader, variable| {
            let Json::Object(variable) = variable else { return Err(Reason::Expected("a `varDecl`")) };
            let name = named(text(variable, "varName")?);
            let source = reader.child(variable, "from")?;
            reader.scope.bind(&name.text);
            let condition = reader.optional(variable, "where")?;
            Ok(Variable { name, source, condition })
        })?;
        if variables.is_empty() {
            return Err(Reason::Expected("at least one variable"));
        }
        let inside = inside(self)?;
        self.scope.unbind_to(outer);
        Ok((variables, inside))
    }
}

/// What a function of these operands is: an operator, a form of the language, a method or a call.
fn applied(name: &str, operands: Vec<Expr>) -> Read<Kind> {
    let count = operands.len();
    let refused = || Reason::ParameterCount(name.to_owned(), count);
    let one = |operands: Vec<Expr>| <[Expr; 1]>::try_from(operands).map_err(|_| refused());
    let two = |operands: Vec<Expr>| <[Expr; 2]>::try_from(operands).map_err(|_| refused());
    match name {
        "and" | "or" if count == 0 => return Err(refused()),
        "and" | "or" if count == 1 => return one(operands).map(|[only]| only.kind),
        "and" => return Ok(Kind::And(operands)),
        "or" => return Ok(Kind::Or(operands)),
        "list" => return Ok(Kind::List(operands)),
        "not" | "!" => return one(operands).map(|[operand]| Kind::Not(Box::new(operand))),
        "-" if count == 1 => return one(operands).map(|[operand]| Kind::Negate(Box::new(operand))),
        "if" => {
            let parts = <[Expr; 3]>::try_from(operands).map_err(|_| refused());
            return parts.map(|parts| {
                let [test, then, otherwise] = parts.map(Box::new);
                Kind::If(test, then, otherwise)
            });
        }
        "let" => return two(operands).and_then(bound),
        _ => {}
    }
    if let Some(operator) = operator(name) {
        return two(operands).map(|operands| {
            let [left, right] = operands.map(Box::new);
            Kind::Binary(operator, left, right)
        });
    }
    let is_lambda = operands.get(1).is_some_and(|operand| matches!(operand.kind, Kind::Lambda(..)));
    if name == "filter" && !is_lambda && count == 2 {
        return two(operands).map(|operands| {
            let [source, condition] = operands.map(Box::new);
            Kind::Filter(source, condition)
        });
    }
    let mut operands = operands.into_iter();
    Ok(match operands.next() {
        Some(receiver) if matches!(name, "filter" | "exists" | "map") || is_method(name) => {
            Kind::Method(Box::new(receiver), named(name), operands.collect())
        }
        first => Kind::Call(named(name), first.into_iter().chain(operands).collect()),
    })
}

/// `let` of a value and a function of one parameter.
fn bound([value, function]: [Expr; 2]) -> Read<Kind> {
    match function.kind {
        Kind::Lambda(parameters, body) => match <[Name; 1]>::try_from(parameters) {
            Ok([name]) => Ok(Kind::Let(name, Box::new(value), body)),
            Err(_) => Err(Reason::Expected("a function of one parameter")),
        },
        _ => Err(Reason::Expected("a function of one parameter")),
    }
}

/// The type may be missing, in either case of letters, and numbers may be texts.
fn literal(node: &Map<String, Json>) -> Read<Kind> {
    let declared = node.get("literalType").and_then(Json::as_str).unwrap_or_default();
    let value = node.get("value").unwrap_or(&Json::Null);
    let number = ["integer", "number"].iter().any(|name| words::is(declared, name));
    Ok(match value {
        Json::String(name) if words::is(declared, "xdmobject") => match &**name {
            "profile" => Kind::Parameter(1),
            _ => return Err(Reason::Expected("the object `profile`")),
        },
        Json::String(digits) if number => match (digits.parse(), digits.parse::<f64>()) {
            (Ok(whole), _) => Kind::Literal(Literal::Integer(whole)),
            (Err(_), Ok(number)) if number.is_finite() => Kind::Literal(Literal::Double(number)),
            (_, _) => return Err(Reason::Expected("a number")),
        },
        Json::Array(items) => {
            Kind::List(items.iter().map(|item| scalar(item).map(at)).collect::<Read<Vec<Expr>>>()?)
        }
        single => scalar(single)?,
    })
}

fn scalar(value: &Json) -> Read<Kind> {
    Ok(Kind::Literal(match value {
        Json::Null => Literal::Null,
        Json::Bool(value) => Literal::Boolean(*value),
        Json::String(text) => Literal::String(text.clone()),
        Json::Number(number) => {
            match (number.as_i64(), number.as_f64().filter(|number| number.is_finite())) {
                (Some(whole), _) => Literal::Integer(whole),
                (None, Some(number)) => Literal::Double(number),
                (None, None) => return Err(Reason::Expected("a number that is not too large")),
            }
        }
        Json::Array(_) | Json::Object(_) => return Err(Reason::Expected("a constant")),
    }))
}

fn operator(name: &str) -> Option<Operator> {
    Some(match name {
        "=" | "==" => Operator::Compare(Comparison::Equal),
        "!=" => Operator::Compare(Comparison::NotEqual),
        "<" => Operator::Compare(Comparison::Less),
        "<=" => Operator::Compare(Comparison::LessOrEqual),
        ">" => Operator::Compare(Comparison::Greater),
        ">=" => Operator::Compare(Comparison::GreaterOrEqual),
        "+" => Operator::Arithmetic(Arithmetic::Add),
        "-" => Operator::Arithmetic(Arithmetic::Subtract),
        "*" => Operator::Arithmetic(Arithmetic::Multiply),
        "/" => Operator::Arithmetic(Arithmetic::Divide),
        "%" => Operator::Arithmetic(Arithmetic::Remainder),
        "in" => Operator::In,
        "notIn" => Operator::NotIn,
        "like" => Operator::Like,
        "matches" => Operator::Matches,
        "?:" => Operator::Otherwise,
        _ => return None,
    })
}

pub(super) fn whole(json: &Json) -> Option<u32> {
    json.as_u64().and_then(|number| u32::try_from(number).ok())
}

fn text<'j>(node: &'j Map<String, Json>, key: &'static str) -> Read<&'j str> {
    match node.get(key).and_then(Json::as_str) {
        Some(text) if !text.is_empty() => Ok(text),
        Some(_) | None => Err(Reason::Expected(match key {
            "nodeType" => "a text `nodeType`",
            "fieldName" => "a text `fieldName`",
            "fnName" => "a text `fnName`",
            "varName" => "a text `varName`",
            "name" => "a text `name`",
            "label" => "a text `label`",
            _ => "a text `quantifier`",
        })),
    }
}

/// As in text, names carry no prefix (`pql.md` 1.1).
fn without_prefix(name: &str) -> &str {
    name.strip_prefix("xdm:").unwrap_or(name)
}

fn named(name: &str) -> Name {
    Name { text: name.to_owned(), span: Span::default() }
}

fn at(kind: Kind) -> Expr {
    Expr::new(kind, Span::default())
}
