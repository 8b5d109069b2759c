//! Which audiences refer to which: an order in which every audience comes after those it refers to.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::program::{Definition, Error};
use super::visit;
use crate::id::AudienceId;
use crate::lang::typed::{Expr, Node};
use crate::limits::AUDIENCE_DEPTH_MAX;

/// The audiences that an expression refers to.
pub fn references(expr: &Expr) -> BTreeSet<AudienceId> {
    let mut found = BTreeSet::new();
    collect(expr, &mut found);
    found
}

fn collect(expr: &Expr, found: &mut BTreeSet<AudienceId>) {
    if let Node::Member(audience) = &expr.node {
        found.insert(audience.clone());
    }
    visit::parts(expr, &mut |part| collect(part, found));
}

/// The definitions, those referred to first, otherwise in the order given.
pub(crate) fn order(definitions: &[Definition]) -> Result<Vec<&Definition>, Error> {
    let mut by_id = BTreeMap::new();
    for definition in definitions {
        if by_id.insert(&definition.id, definition).is_some() {
            return Err(Error::Duplicate(definition.id.to_string()));
        }
    }
    let mut search = Search { by_id, depths: BTreeMap::new(), path: Vec::new(), ordered: Vec::new() };
    for definition in definitions {
        search.visit(definition)?;
    }
    Ok(search.ordered)
}

struct Search<'a> {
    by_id: BTreeMap<&'a AudienceId, &'a Definition>,
    depths: BTreeMap<&'a AudienceId, usize>,
    path: Vec<&'a AudienceId>,
    ordered: Vec<&'a Definition>,
}

impl<'a> Search<'a> {
    /// Returns how long the longest chain of references is that starts here.
    fn visit(&mut self, definition: &'a Definition) -> Result<usize, Error> {
        if let Some(depth) = self.depths.get(&definition.id) {
            return Ok(*depth);
        }
        if let Some(start) = self.path.iter().position(|id| **id == definition.id) {
            let circle = self.path.iter().skip(start).copied().chain([&definition.id]);
            return Err(Error::Cycle(circle.map(ToString::to_string).collect::<Vec<String>>()));
        }
        if self.path.len() >= AUDIENCE_DEPTH_MAX {
            return Err(Error::TooDeep { audience: definition.id.to_string(), max: AUDIENCE_DEPTH_MAX });
        }
        self.path.push(&definition.id);
        let mut depth = 1;
        for reference in references(&definition.checked.expr) {
            let referred = self.by_id.get(&reference).copied();
            if let Some(referred) = referred {
                depth = depth.max(1 + self.visit(referred)?);
            }
        }
        self.path.pop();
        if depth > AUDIENCE_DEPTH_MAX {
            return Err(Error::TooDeep { audience: definition.id.to_string(), max: AUDIENCE_DEPTH_MAX });
        }
        self.depths.insert(&definition.id, depth);
        self.ordered.push(definition);
        Ok(depth)
    }
}
