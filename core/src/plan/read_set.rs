//! What a program reads of a profile, and the slice of the attributes that holds just that.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use super::leaf::LeafKind;
use super::program::Program;
use super::visit;
use crate::eval::virtual_fields::{IDENTITY_MAP, SEGMENT_MEMBERSHIP};
use crate::lang::typed::{Expr, Node};
use crate::value::{Fields, Value};

/// See [`Program::attribute_paths`].
pub(crate) fn attribute_paths(program: &Program) -> Vec<Vec<String>> {
    let mut paths = BTreeSet::new();
    for leaf in &program.leaves {
        match &leaf.kind {
            LeafKind::Attribute(expr) | LeafKind::History(expr) => collect(expr, &mut paths),
            // Their predicates see the event only.
            LeafKind::Events(_) | LeafKind::Sequence(_) | LeafKind::Member(_) => {}
        }
    }
    program.scores.iter().for_each(|score| collect(&score.value, &mut paths));
    let is_virtual = |path: &Vec<String>| {
        path.first().is_some_and(|name| name == IDENTITY_MAP || name == SEGMENT_MEMBERSHIP)
    };
    let mut needed: Vec<Vec<String>> = Vec::new();
    // In order, a path comes right after the shorter one that contains it.
    for path in paths.into_iter().filter(|path| !is_virtual(path)) {
        if !needed.last().is_some_and(|last| path.starts_with(last)) {
            needed.push(path);
        }
    }
    needed
}

fn collect(expr: &Expr, paths: &mut BTreeSet<Vec<String>>) {
    match path(expr) {
        Some(path) => {
            paths.insert(path);
        }
        None => visit::parts(expr, &mut |part| collect(part, paths)),
    }
}

fn path(expr: &Expr) -> Option<Vec<String>> {
    match &expr.node {
        Node::Profile => Some(Vec::new()),
        Node::Field { object, name } => {
            let mut path = path(object)?;
            path.push(name.clone());
            Some(path)
        }
        _ => None,
    }
}

/// The attributes at the given paths and nothing else. Evaluating a program over the slice of its own
/// [`Program::attribute_paths`] gives what evaluating it over all attributes gives. A path through a list keeps its
/// items, each with what the path leads to.
pub fn slice_attributes(attributes: &Fields, paths: &[Vec<String>]) -> Fields {
    let mut paths: Vec<&[String]> = paths.iter().map(Vec::as_slice).collect();
    paths.sort_unstable();
    slice(attributes, &paths)
}

/// `paths` is sorted, so that paths with the same first step are neighbours, the shortest first.
fn slice(fields: &Fields, paths: &[&[String]]) -> Fields {
    if paths.first().is_some_and(|path| path.is_empty()) {
        return fields.clone();
    }
    let mut found = Fields::new();
    for group in paths.chunk_by(|left, right| left.first() == right.first()) {
        let Some(name) = group.first().and_then(|path| path.first()) else { continue };
        let rests: Vec<&[String]> = group.iter().filter_map(|path| path.get(1..)).collect();
        if let Some(value) = fields.get(name).and_then(|value| slice_value(value, &rests)) {
            found.insert(name.clone(), value);
        }
    }
    found
}

fn slice_value(value: &Value, paths: &[&[String]]) -> Option<Value> {
    if paths.first().is_some_and(|path| path.is_empty()) {
        return Some(value.clone());
    }
    match value {
        Value::Object(fields) => Some(Value::Object(slice(fields, paths))),
        Value::List(items) => {
            Some(Value::List(items.iter().filter_map(|item| slice_value(item, paths)).collect()))
        }
        // There is nothing below a scalar.
        Value::Null
        | Value::Boolean(_)
        | Value::Integer(_)
        | Value::Double(_)
        | Value::Time(_)
        | Value::String(_) => None,
    }
}
