//! The paths of fields as a tree, so that an object is walked once for all of them.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use crate::value::{Fields, Value};

/// An object with this many times more fields than are wanted is not gone through: each field is looked up.
const LOOK_UP_RATIO: usize = 4;

/// The tree; the first node is its root.
#[derive(Clone, Debug)]
pub(crate) struct Paths {
    nodes: Vec<Node>,
    /// By number of a path.
    paths: Vec<Vec<String>>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    /// By name.
    children: Vec<(String, usize)>,
    /// The path that ends here.
    ends: Option<u32>,
}

impl Paths {
    /// The tree of paths, each said once.
    pub(crate) fn new(paths: Vec<Vec<String>>) -> Self {
        let mut nodes = vec![Node::default()];
        for (path, number) in paths.iter().zip(0..) {
            let mut at = 0;
            for name in path {
                at = child(&mut nodes, at, name);
            }
            if let Some(node) = nodes.get_mut(at) {
                node.ends = Some(number);
            }
        }
        Self { nodes, paths }
    }

    /// Calls `visit` with every value that stands at the end of a path.
    pub(crate) fn each(&self, fields: &Fields, visit: &mut impl FnMut(u32, &Value)) {
        if let Some(root) = self.nodes.first() {
            self.below(root, fields, visit);
        }
    }

    fn below(&self, node: &Node, fields: &Fields, visit: &mut impl FnMut(u32, &Value)) {
        if fields.len() > node.children.len().saturating_mul(LOOK_UP_RATIO) {
            for (name, child) in &node.children {
                if let Some(value) = fields.get(name) {
                    self.at(*child, value, visit);
                }
            }
            return;
        }
        let mut children = node.children.iter();
        let mut wanted = children.next();
        for (name, value) in fields {
            loop {
                let Some((child_name, child)) = wanted else { return };
                match child_name.as_str().cmp(name.as_str()) {
                    core::cmp::Ordering::Less => wanted = children.next(),
                    core::cmp::Ordering::Equal => {
                        self.at(*child, value, visit);
                        wanted = children.next();
                        break;
                    }
                    core::cmp::Ordering::Greater => break,
                }
            }
        }
    }

    fn at(&self, node: usize, value: &Value, visit: &mut impl FnMut(u32, &Value)) {
        let Some(node) = self.nodes.get(node) else { return };
        if let Some(number) = node.ends {
            visit(number, value);
        }
        if node.children.is_empty() {
            return;
        }
        match value {
            Value::Object(fields) => self.below(node, fields, visit),
            Value::List(_) => {
                for (name, child) in &node.children {
                    self.at(*child, &value.field(name), visit);
                }
            }
            Value::Null
            | Value::Boolean(_)
            | Value::Integer(_)
            | Value::Double(_)
            | Value::Time(_)
            | Value::String(_) => {}
        }
    }

    /// The value at the end of one path.
    pub(crate) fn find<'f>(&self, number: u32, fields: &'f Fields) -> Option<Cow<'f, Value>> {
        let path = self.paths.get(number as usize)?;
        find(path, fields)
    }
}

/// The value at the end of a path, as an expression finds it.
pub(crate) fn find<'f>(path: &[String], fields: &'f Fields) -> Option<Cow<'f, Value>> {
    let (first, rest) = path.split_first()?;
    let mut found = Cow::Borrowed(fields.get(first)?);
    for name in rest {
        found = match found {
            Cow::Borrowed(Value::Object(fields)) => Cow::Borrowed(fields.get(name)?),
            other => Cow::Owned(other.field(name)),
        };
    }
    Some(found)
}

fn child(nodes: &mut Vec<Node>, at: usize, name: &str) -> usize {
    let next = nodes.len();
    let Some(node) = nodes.get_mut(at) else { return at };
    match node.children.binary_search_by(|(known, _)| known.as_str().cmp(name)) {
        Ok(place) => node.children.get(place).map_or(at, |(_, child)| *child),
        Err(place) => {
            node.children.insert(place, (name.into(), next));
            nodes.push(Node::default());
            next
        }
    }
}
