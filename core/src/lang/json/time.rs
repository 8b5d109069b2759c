//! The right-hand side of `occurs`, both ways.

use alloc::boxed::Box;
use alloc::string::String;

use serde_json::{Map, Value as Json, json};

use super::Reason;
use super::read::{Reader, whole};
use super::write::{Writer, object, put};
use crate::lang::ast::{Anchor, Comparison, Occurs};
use crate::lang::words;
use crate::time::{Direction, Unit};

const CONSTRAINT: &str = "timeConstraint";
const REFERENCE: &str = "timeReference";
const COMPARISONS: [Comparison; 6] = [
    Comparison::Equal,
    Comparison::NotEqual,
    Comparison::Less,
    Comparison::LessOrEqual,
    Comparison::Greater,
    Comparison::GreaterOrEqual,
];

pub(super) fn write(writer: &mut Writer, test: &Occurs) -> Result<Json, Reason> {
    let mut node = object(CONSTRAINT, []);
    match test {
        Occurs::Offset { comparison, count, unit, direction, anchor } => {
            put(&mut node, "comparison", Some(comparison.symbol().into()));
            put(&mut node, "count", Some((*count).into()));
            put(&mut node, "unit", Some(words::of_unit(*unit, false).into()));
            put(&mut node, "direction", Some(words::of_direction(*direction).into()));
            put(&mut node, "reference", Some(of_anchor(writer, anchor)?));
        }
        Occurs::Side(direction, anchor) => {
            put(&mut node, "direction", Some(words::of_direction(*direction).into()));
            put(&mut node, "reference", Some(of_anchor(writer, anchor)?));
        }
        Occurs::On(anchor) => put(&mut node, "reference", Some(of_anchor(writer, anchor)?)),
        Occurs::Between(from, to) => {
            let ends = [of_anchor(writer, from)?, of_anchor(writer, to)?];
            put(&mut node, "between", Some(Json::Array(ends.into())));
        }
    }
    Ok(Json::Object(node))
}

fn of_anchor(writer: &mut Writer, anchor: &Anchor) -> Result<Json, Reason> {
    let named = |name: &str| json!({"nodeType": REFERENCE, "name": name});
    let of_unit = |name: &str, unit: Unit| json!({"nodeType": REFERENCE, "name": name, "unit": words::of_unit(unit, false)});
    Ok(match anchor {
        Anchor::Now => named("now"),
        Anchor::Today => named("today"),
        Anchor::Yesterday => named("yesterday"),
        Anchor::Tomorrow => named("tomorrow"),
        Anchor::This(unit) => of_unit("this", *unit),
        Anchor::Last(unit) => of_unit("last", *unit),
        Anchor::Next(unit) => of_unit("next", *unit),
        Anchor::Exact(expr) => writer.node(expr)?,
    })
}

pub(super) fn read(reader: &mut Reader, json: &Json) -> Result<Occurs, Reason> {
    let node = match json {
        Json::Object(node) if node.get("nodeType").and_then(Json::as_str) == Some(CONSTRAINT) => node,
        _ => return Err(Reason::Expected("a `timeConstraint`")),
    };
    if let Some(ends) = node.get("between") {
        return match ends.as_array().map(|ends| &**ends) {
            Some([from, to]) => Ok(Occurs::Between(
                reader.step("between/0", |reader| anchor(reader, from))?,
                reader.step("between/1", |reader| anchor(reader, to))?,
            )),
            Some(_) | None => Err(Reason::Expected("`between`, an array of two references")),
        };
    }
    let anchor = match node.get("reference") {
        Some(reference) => reader.step("reference", |reader| anchor(reader, reference))?,
        None => return Err(Reason::Expected("a `reference`")),
    };
    let direction = direction(node)?;
    let Some(count) = node.get("count") else {
        return Ok(match direction {
            Some(direction) => Occurs::Side(direction, anchor),
            None => Occurs::On(anchor),
        });
    };
    let symbol = node.get("comparison").and_then(Json::as_str);
    let comparison = COMPARISONS.into_iter().find(|known| Some(known.symbol()) == symbol);
    let unit = node.get("unit").and_then(Json::as_str).and_then(words::unit);
    match (comparison, whole(count), unit, direction) {
        (Some(comparison), Some(count), Some(unit), Some(direction)) => {
            Ok(Occurs::Offset { comparison, count, unit, direction, anchor })
        }
        (None, ..) => Err(Reason::Expected("`comparison`: =, !=, <, <=, > or >=")),
        (_, None, ..) => Err(Reason::Expected("`count`, a whole number")),
        (_, _, None, _) => Err(Reason::Expected("`unit`, such as `day`")),
        (.., None) => Err(Reason::Expected("`direction`: before, after or from")),
    }
}

fn direction(node: &Map<String, Json>) -> Result<Option<Direction>, Reason> {
    match node.get("direction") {
        None => Ok(None),
        Some(Json::String(word)) if words::direction(word).is_some() => Ok(words::direction(word)),
        Some(_) => Err(Reason::Expected("`direction`: before, after or from")),
    }
}

fn anchor(reader: &mut Reader, json: &Json) -> Result<Anchor, Reason> {
    if json.get("nodeType").and_then(Json::as_str) != Some(REFERENCE) {
        return Ok(Anchor::Exact(Box::new(reader.node(json)?)));
    }
    let name = json.get("name").and_then(Json::as_str).unwrap_or_default();
    let unit = json.get("unit").and_then(Json::as_str).and_then(words::unit);
    match (name, unit) {
        ("now", None) => Ok(Anchor::Now),
        ("today", None) => Ok(Anchor::Today),
        ("yesterday", None) => Ok(Anchor::Yesterday),
        ("tomorrow", None) => Ok(Anchor::Tomorrow),
        ("this", Some(unit)) => Ok(Anchor::This(unit)),
        ("last", Some(unit)) => Ok(Anchor::Last(unit)),
        ("next", Some(unit)) => Ok(Anchor::Next(unit)),
        (_, _) => Err(Reason::Expected(
            "`name`: now, today, yesterday or tomorrow; or this, last or next with a `unit`",
        )),
    }
}
