//! The names of an expression: which paths of the profile it reads, so that samples can be laid out under them.

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;

use crate::lang::ast::{Expr, Kind, Name, Variable};

/// What an expression names.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Paths of the profile, or of the item of a filter.
    pub(super) paths: BTreeSet<Vec<String>>,
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
                None => expr.kind.for_each_child(&mut |child| rest.push(child)),
            }
        }
        for mut path in paths {
            let Some(root) = path.first() else { continue };
            if root == "profile" || parameters.iter().any(|parameter| parameter.text == *root) {
                path.remove(0);
            } else if root == "xEvent" || root == "this" || !names.is_free(root) {
                continue;
            }
            names.paths.insert(path);
        }
        names.paths.remove(&Vec::new());
        names
    }

    /// Those of several expressions, but for names that something around them binds.
    pub(super) fn of_all(trees: &[&Expr], bound: &BTreeSet<String>) -> Self {
        let mut names = Self { bound: bound.clone(), ..Self::default() };
        for tree in trees {
            let Self { paths, bound } = Self::of(tree);
            names.paths.extend(paths);
            names.bound.extend(bound);
        }
        names.paths.retain(|path| path.first().is_none_or(|root| !bound.contains(root)));
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
            Kind::Chain(_, _, steps) => steps.iter().map(|step| step.label.text.clone()).collect(),
            _ => return,
        };
        self.bound.extend(bound);
    }

    /// Whether a name stands for nothing that the expression binds.
    pub(super) fn is_free(&self, name: &str) -> bool {
        !self.bound.contains(name)
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
