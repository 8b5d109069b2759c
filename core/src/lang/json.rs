//! The JSON form of expressions (`pql/json`) to the same tree as the text (`pql.md` 2.1).

use alloc::borrow::ToOwned as _;
use alloc::boxed::Box;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde_json::{Map, Value as Json};

use super::ast::{Arithmetic, Comparison, Expr, Kind, Literal, Name, Operator, Variable};
use super::diagnostic::Span;
use super::words;
use crate::limits::EXPRESSION_DEPTH_MAX;

/// Why a JSON value is not the form of an expression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{path}`: {reason}")]
pub struct Error {
    /// Where: the keys and indices on the way from the root, parted by `/`.
    pub path: String,
    /// Why.
    pub reason: Reason,
}

/// What is wrong with a node.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Something else than is wanted here.
    #[error("expected {0}")]
    Expected(&'static str),
    /// A kind of node that the form does not have.
    #[error("unknown node type `{0}`")]
    UnknownNode(String),
    /// A function with operands that it does not take.
    #[error("`{0}` does not take {1} parameters")]
    ParameterCount(String, usize),
    /// Too deep.
    #[error("nested more than {EXPRESSION_DEPTH_MAX} deep")]
    TooDeep,
}

/// Reads an expression: a node, or an object with the node as its `value`, as segment definitions have it.
pub fn from_json(json: &Json) -> Result<Expr, Error> {
    let mut reader = Reader { path: Vec::new() };
    let read = match json.get("value").filter(|_| json.get("nodeType").is_none()) {
        Some(Json::String(text)) => match serde_json::from_str(text) {
            Ok(node) => reader.node(&node),
            Err(_) => Err(Reason::Expected("a node in JSON")),
        },
        Some(node) => reader.node(node),
        None => reader.node(json),
    };
    read.map_err(|reason| Error { path: reader.path.join("/"), reason })
}

/// On an error, `path` stays at the node that is at fault.
struct Reader {
    path: Vec<String>,
}

type Read<T> = Result<T, Reason>;

impl Reader {
    fn step<T>(&mut self, step: &str, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.path.push(step.to_owned());
        let found = read(self)?;
        self.path.pop();
        Ok(found)
    }

    fn node(&mut self, json: &Json) -> Read<Expr> {
        if self.path.len() > 2 * EXPRESSION_DEPTH_MAX {
            return Err(Reason::TooDeep);
        }
        let Json::Object(node) = json else { return Err(Reason::Expected("a node, which is an object")) };
        let kind = match text(node, "nodeType")? {
            "literal" => literal(node)?,
            "fieldLookup" => self.field(node)?,
            "fnApply" => self.call(node)?,
            "fnCreate" => self.lambda(node)?,
            "parameterReference" => match node.get("position").and_then(Json::as_u64) {
                Some(position) => Kind::Parameter(u32::try_from(position).unwrap_or(u32::MAX)),
                None => return Err(Reason::Expected("`position`, a whole number")),
            },
            "varRef" => Kind::Name(text(node, "varName")?.to_owned()),
            "select" => Kind::Select(self.variables(node)?),
            "quantification" => match words::quantifier(text(node, "quantifier")?) {
                Some(Some(quantifier)) => Kind::Quantified(quantifier, self.variables(node)?),
                Some(None) | None => return Err(Reason::Expected("`quantifier`: all, some, none or one")),
            },
            other => return Err(Reason::UnknownNode(other.to_owned())),
        };
        Ok(at(kind))
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
        let operands = self.each(node, "params", Self::node)?;
        let count = operands.len();
        let refused = || Reason::ParameterCount(name.to_owned(), count);
        if let "and" | "or" = name {
            return match (name, count) {
                (_, 0) => Err(refused()),
                ("and", _) => Ok(Kind::And(operands)),
                (_, _) => Ok(Kind::Or(operands)),
            };
        }
        if let "not" | "!" = name {
            let [operand] = <[Expr; 1]>::try_from(operands).map_err(|_| refused())?;
            return Ok(Kind::Not(Box::new(operand)));
        }
        if let Some(operator) = operator(name) {
            let [left, right] = <[Expr; 2]>::try_from(operands).map_err(|_| refused())?;
            return Ok(Kind::Binary(operator, Box::new(left), Box::new(right)));
        }
        if name == "if" {
            let [test, then, otherwise] = <[Expr; 3]>::try_from(operands).map_err(|_| refused())?;
            return Ok(Kind::If(Box::new(test), Box::new(then), Box::new(otherwise)));
        }
        let mut operands = operands.into_iter();
        match (name, operands.next()) {
            // What binds the items of an array is a method in text.
            ("filter" | "exists" | "map", Some(receiver)) => {
                Ok(Kind::Method(Box::new(receiver), named(name), operands.collect()))
            }
            (_, first) => Ok(Kind::Call(named(name), first.into_iter().chain(operands).collect())),
        }
    }

    fn lambda(&mut self, node: &Map<String, Json>) -> Read<Kind> {
        let parameters = self.each(node, "params", |_, parameter| match parameter {
            Json::Object(parameter) => text(parameter, "varName").map(named),
            _ => Err(Reason::Expected("a parameter, which is an object")),
        })?;
        Ok(Kind::Lambda(parameters, Box::new(self.child(node, "body")?)))
    }

    fn variables(&mut self, node: &Map<String, Json>) -> Read<Vec<Variable>> {
        let variables = self.each(node, "variables", |reader, variable| {
            let Json::Object(variable) = variable else { return Err(Reason::Expected("a `varDecl`")) };
            let name = named(text(variable, "varName")?);
            let source = reader.child(variable, "from")?;
            let condition = match variable.get("where") {
                Some(Json::Null) | None => None,
                Some(_) => Some(reader.child(variable, "where")?),
            };
            Ok(Variable { name, source, condition })
        })?;
        if variables.is_empty() { Err(Reason::Expected("at least one variable")) } else { Ok(variables) }
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
        Json::String(digits) if number => match digits.parse() {
            Ok(parsed) => scalar(&Json::Number(parsed))?,
            Err(_) => return Err(Reason::Expected("a number")),
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
        _ => return None,
    })
}

fn text<'j>(node: &'j Map<String, Json>, key: &'static str) -> Read<&'j str> {
    match node.get(key).and_then(Json::as_str) {
        Some(text) if !text.is_empty() => Ok(text),
        Some(_) | None => Err(Reason::Expected(match key {
            "nodeType" => "a text `nodeType`",
            "fieldName" => "a text `fieldName`",
            "fnName" => "a text `fnName`",
            "varName" => "a text `varName`",
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

#[cfg(test)]
mod tests {
    use alloc::format;

    use serde_json::json;

    use super::*;
    use crate::lang::parse;

    fn check(json: &Json, expected: &str) {
        assert_eq!(from_json(json).unwrap(), parse(expected).tree, "{json}");
    }

    fn check_error(json: &Json, expected: &str) {
        assert_eq!(format!("{}", from_json(json).unwrap_err()), expected);
    }

    #[test]
    fn nodes_become_the_tree_of_the_text() {
        let field = |name: &str| json!({"nodeType": "fieldLookup", "fieldName": name});
        let number = json!({"nodeType": "literal", "literalType": "integer", "value": "6"});
        let apply =
            |name: &str, params: Json| json!({"nodeType": "fnApply", "fnName": name, "params": params});
        check(&apply("=", json!([field("xdm:city"), number])), "city = 6");
        check(&apply("not", json!([apply("isNull", json!([field("a")]))])), "not (isNull(a))");
        check(&apply("and", json!([field("a"), field("b"), field("c")])), "a and b and c");
        let lambda = json!({"nodeType": "fnCreate", "params": [{"varName": "x"}],
            "body": {"nodeType": "varRef", "varName": "x"}});
        check(&apply("map", json!([field("a"), lambda])), "a.map((x) => x)");
        let select = json!({"nodeType": "select", "variables": [{"varName": "x", "from": field("a")}]});
        check(&select, "select x from a");
        check(&json!({"value": select.to_string()}), "select x from a");
    }

    #[test]
    fn errors_say_where() {
        check_error(&json!(5), "``: expected a node, which is an object");
        check_error(&json!({"nodeType": "set"}), "``: unknown node type `set`");
        let not = json!({"nodeType": "fnApply", "fnName": "not", "params": [{"nodeType": "literal"}, 3]});
        check_error(&not, "`params/1`: expected a node, which is an object");
        let none = json!({"nodeType": "fnApply", "fnName": "=", "params": []});
        check_error(&none, "``: `=` does not take 0 parameters");
    }

    #[test]
    fn nesting_is_limited() {
        let mut node = json!({"nodeType": "literal", "value": true});
        for _ in 0..100 {
            node = json!({"nodeType": "fnApply", "fnName": "not", "params": [node]});
        }
        assert_eq!(from_json(&node).unwrap_err().reason, Reason::TooDeep);
    }
}
