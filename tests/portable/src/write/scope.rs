//! What can be named at a place, and how.

use super::{Piece, Writer, operand};
use crate::vocabulary::{Class, Kind, paths};

/// Something in scope.
#[derive(Clone, Debug)]
pub(super) enum Scope {
    /// The item of a filter: its fields are names.
    Item(Kind),
    /// A variable.
    Named(String, Kind),
}

impl Writer<'_> {
    /// A class whose items to look at: events most of the time, but rarely for every event again.
    pub(super) fn class(&mut self) -> Class {
        let of_event = Kind::Object(Class::Event);
        let inside = self.scopes.iter().any(|scope| match scope {
            Scope::Item(of) | Scope::Named(_, of) => *of == of_event,
        });
        let (events, others) = (self.choices.pick(6), self.choices.one(&[Class::Order, Class::Item]));
        if events < if inside { 1 } else { 4 } { Class::Event } else { others }
    }

    /// Something of a kind that is in scope; further in more often than further out.
    pub(super) fn named(&mut self, kind: Kind) -> Option<Piece> {
        let fits = |found: Kind| found == kind || kind == Kind::Number && found == Kind::Integer;
        let mut tiers: Vec<Vec<String>> = Vec::new();
        let mut items_inside = 0;
        for (index, scope) in self.scopes.iter().enumerate().rev() {
            let mut found = Vec::new();
            match scope {
                Scope::Named(name, of) => {
                    if fits(*of) {
                        found.push(name.clone());
                    }
                    if let Kind::Object(class) = of {
                        let fitting = paths(*class).iter().filter(|(_, of)| fits(*of));
                        found.extend(fitting.map(|(path, _)| format!("{name}.{path}")));
                    }
                }
                Scope::Item(of) => {
                    if let Kind::Object(class) = of {
                        let fitting = paths(*class).iter().filter(|(_, of)| fits(*of));
                        found.extend(fitting.map(|(path, _)| self.written(path, index, items_inside)));
                    }
                    items_inside += 1;
                }
            }
            tiers.push(found);
        }
        let of_profile = paths(Class::Profile).iter().filter(|(_, of)| fits(*of));
        let mut found: Vec<String> =
            of_profile.map(|(path, _)| self.written_of_profile(path, items_inside)).collect();
        if kind == Kind::Items(Class::Event) {
            found = vec!["xEvent".into(); 3];
        }
        tiers.push(found);
        tiers.retain(|tier| !tier.is_empty());
        while tiers.len() > 1 {
            if self.choices.pick(4) != 3 {
                return Some(operand(self.choices.one(&tiers[0])));
            }
            tiers.remove(0);
        }
        Some(operand(self.choices.one(tiers.first()?)))
    }

    /// A field of the item of an enclosing filter, with so many filters further in.
    fn written(&self, path: &str, index: usize, items_inside: usize) -> String {
        if items_inside == 0 {
            return path.into();
        }
        if self.is_shadowed(path, index + 1) || items_inside % 2 == 1 {
            format!("{}.{path}", "^".repeat(items_inside))
        } else {
            path.into()
        }
    }

    fn written_of_profile(&self, path: &str, items_inside: usize) -> String {
        if !self.is_shadowed(path, 0) {
            return path.into();
        }
        if items_inside % 2 == 1 {
            format!("{}{path}", "^".repeat(items_inside))
        } else {
            format!("$1.{path}")
        }
    }

    /// Whether a filter further in has a field of that name.
    fn is_shadowed(&self, path: &str, from: usize) -> bool {
        let name = |path: &str| path.split('.').next().map(str::to_owned);
        self.scopes.iter().skip(from).any(|scope| match scope {
            Scope::Item(Kind::Object(class)) => {
                paths(*class).iter().any(|(known, _)| name(known) == name(path))
            }
            Scope::Item(_) | Scope::Named(..) => false,
        })
    }
}
