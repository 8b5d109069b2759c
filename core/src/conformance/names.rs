//! The names of an expression: where there is no schema, they say which fields there may be.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use crate::lang::ast::{Expr, Kind, Name, Variable};
use crate::lang::schema::{Type, UnionSchema};

/// What an expression names.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Paths of the profile, or of the item of a filter.
    pub(super) paths: BTreeSet<Vec<String>>,
    /// Paths of variables, without the variable.
    of_variables: BTreeSet<Vec<String>>,
    /// Every name.
    all: BTreeSet<String>,
    /// Names that something binds.
    bound: BTreeSet<String>,
}

impl Names {
    pub(super) fn of(tree: &Expr) -> Self {
        let mut names = Self::default();
        let parameters: &[Name] = if let Kind::Lambda(parameters, _) = &tree.kind { parameters } else { &[] };
        let mut paths = Vec::new();
        let mut rest = Vec::from([tree]);
        while let Some(expr) = rest.pop() {
            names.bind(expr);
            match path_of(expr) {
                Some(path) => paths.push(path),
                None => {
                    // `xEvent[...].field`
                    if let Kind::Field(_, name) = &expr.kind {
                        names.all.insert(name.text.clone());
                    }
                    expr.kind.for_each_child(&mut |child| rest.push(child));
                }
            }
        }
        for mut path in paths {
            names.all.extend(path.iter().cloned());
            let Some(root) = path.first() else { continue };
            if root == "profile" || parameters.iter().any(|parameter| parameter.text == *root) {
                path.remove(0);
                names.paths.insert(path);
            } else if root == "xEvent" || root == "this" || names.bound.contains(root) {
                path.remove(0);
                names.of_variables.insert(path);
            } else {
                names.paths.insert(path);
            }
        }
        names.paths.remove(&Vec::new());
        names
    }

    fn bind(&mut self, expr: &Expr) {
        let of =
            |variables: &[Variable]| variables.iter().map(|variable| variable.name.text.clone()).collect();
        let bound: Vec<String> = match &expr.kind {
            Kind::Let(name, ..) => Vec::from([name.text.clone()]),
            Kind::Lambda(names, _) => names.iter().map(|name| name.text.clone()).collect(),
            Kind::Select(variables) | Kind::Quantified(_, variables) | Kind::Aggregate(_, _, variables) => {
                of(variables)
            }
            _ => return,
        };
        self.bound.extend(bound);
    }

    /// Whether a name stands for nothing that the expression binds.
    pub(super) fn is_free(&self, name: &str) -> bool {
        !self.bound.contains(name)
    }

    /// A schema in which every name is there and may be anything.
    pub(super) fn anything(&self) -> UnionSchema {
        let mut schema = UnionSchema::default();
        self.open(&mut schema);
        schema
    }

    /// Lets every name that the schema does not have be there, and be anything.
    pub(super) fn open(&self, schema: &mut UnionSchema) {
        for path in &self.paths {
            add(&mut schema.profile, path);
            add(&mut schema.event, path);
        }
        for path in &self.of_variables {
            // A variable may be an event, or the profile.
            add(&mut schema.event, path);
            add(&mut schema.profile, path);
        }
        for name in &self.all {
            schema.event.entry(name.clone()).or_insert(Type::Any);
        }
    }
}

/// A path that begins with a bare name, the parameter or a scope further out; without the latter two.
fn path_of(expr: &Expr) -> Option<Vec<String>> {
    match &expr.kind {
        Kind::Name(name) => Some(Vec::from([name.clone()])),
        Kind::Parameter(_) | Kind::Up(_) => Some(Vec::new()),
        Kind::Field(object, Name { text, .. }) => {
            let mut path = path_of(object)?;
            path.push(text.clone());
            Some(path)
        }
        _ => None,
    }
}

/// Of a list of objects nobody knows which fields the others have.
fn add(fields: &mut BTreeMap<String, Type>, path: &[String]) {
    let Some((first, rest)) = path.split_first() else { return };
    match fields.get_mut(first) {
        None => {
            fields.insert(first.clone(), Type::Any);
        }
        Some(Type::Object(inner)) => add(inner, rest),
        Some(Type::List(item)) if matches!(**item, Type::Object(_)) => **item = Type::Any,
        Some(_) => {}
    }
}
