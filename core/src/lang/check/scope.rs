//! What a name stands for. Inside a filter the item's fields come first, then outwards to the profile.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::ast::Name;
use super::super::diagnostic::{Span, code};
use super::super::nearest::nearest_path;
use super::super::schema::{Type, UnionSchema};
use super::super::typed::{Node, Slot};
use super::types::{self, Ty};
use super::{Checker, Typed};

/// The reserved name of the profile's events.
const EVENTS: &str = "xEvent";

/// The schema as expressions see it, virtual fields included.
pub(super) struct World {
    profile: Type,
    events: Type,
}

impl World {
    pub(super) fn new(schema: &UnionSchema) -> Self {
        let UnionSchema { mut profile, mut event } = UnionSchema::default();
        let always = event.clone();
        profile.extend(schema.profile.clone());
        event.extend(schema.event.clone());
        // Every event has these, whatever a schema says of them.
        event.extend(always.into_iter().filter(|(name, _)| name != "eventType"));
        Self { profile: Type::Object(profile), events: Type::list(Type::Object(event)) }
    }

    pub(super) fn profile(&self) -> Ty<'_> {
        Ty::Borrowed(&self.profile)
    }

    fn events(&self) -> Ty<'_> {
        Ty::Borrowed(&self.events)
    }
}

/// Something in scope.
#[derive(Clone, Debug)]
pub(super) enum Frame<'a> {
    /// The item of a filter: its fields are names.
    Item { slot: Slot, ty: Ty<'a> },
    /// A variable or parameter.
    Named { name: String, node: Node, ty: Ty<'a> },
}

impl<'a> Frame<'a> {
    fn ty(&self) -> &Ty<'a> {
        match self {
            Self::Item { ty, .. } | Self::Named { ty, .. } => ty,
        }
    }
}

impl<'a> Checker<'a> {
    pub(super) fn within<T>(&mut self, frame: Frame<'a>, check: impl FnOnce(&mut Self) -> T) -> T {
        self.frames.push(frame);
        let out = check(self);
        self.frames.pop();
        out
    }

    pub(super) fn profile(&self, span: Span) -> Typed<'a> {
        Typed::new(Node::Profile, span, self.world.profile())
    }

    pub(super) fn events(&self, span: Span) -> Typed<'a> {
        Typed::new(Node::Events, span, self.world.events())
    }

    pub(super) fn name(&mut self, name: &str, span: Span) -> Typed<'a> {
        if let Some(found) = self.bound(name, span) {
            return found;
        }
        if name == EVENTS {
            return self.events(span);
        }
        // Of an item about which nothing is known, every name is a field.
        if let Some((slot, ty)) = self.items().next().filter(|(_, ty)| ty.is_open()) {
            let item = Typed::new(Node::Variable(slot), span, ty.clone());
            return Typed::new(field_node(item, name), span, Ty::Borrowed(types::ANY));
        }
        let profile = self.profile(span);
        // As templates write it.
        if name == "profile" && !profile.ty.names_field(name) {
            return profile;
        }
        match types::field(&profile.ty, name) {
            Some(ty) => Typed::new(field_node(profile, name), span, ty),
            None => match self.implied(name, span) {
                Some(found) => found,
                None => self.unknown_name(name, span),
            },
        }
    }

    /// Whether a bare name stands for anything.
    pub(super) fn is_known(&self, name: &str) -> bool {
        let of_item = self.items().next().is_some_and(|(_, ty)| **ty == Type::Any);
        let implied = self.frames.iter().any(|frame| types::field(frame.ty(), name).is_some());
        of_item
            || implied
            || [EVENTS, "profile"].contains(&name)
            || self.bound(name, Span::default()).is_some()
            || types::field(&self.world.profile(), name).is_some()
    }

    /// A field of the innermost variable that has one of that name: the documentation leaves out the variable in one
    /// of its examples.
    fn implied(&mut self, name: &str, span: Span) -> Option<Typed<'a>> {
        let (variable, node, item, ty) = self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Named { name: variable, node: node @ Node::Variable(_), ty }
                if matches!(**ty, Type::Object(_)) =>
            {
                Some((variable, node.clone(), ty.clone(), types::field(ty, name)?))
            }
            Frame::Named { .. } | Frame::Item { .. } => None,
        })?;
        let message = format!("`{name}` is read as `{variable}.{name}`");
        let help = format!("write `{variable}.{name}`");
        self.warn(code::IMPLIED_VARIABLE, span, &message, &help);
        Some(Typed::new(field_node(Typed::new(node, span, item), name), span, ty))
    }

    /// A variable, or a field of the item of a filter, whichever is further in.
    pub(super) fn bound(&self, name: &str, span: Span) -> Option<Typed<'a>> {
        for frame in self.frames.iter().rev() {
            match frame {
                Frame::Named { name: known, node, ty } if known == name => {
                    return Some(Typed::new(node.clone(), span, ty.clone()));
                }
                Frame::Named { .. } => {}
                Frame::Item { slot, ty } => {
                    let known = ty.names_field(name).then(|| types::field(ty, name)).flatten();
                    let item = || Typed::new(Node::Variable(*slot), span, ty.clone());
                    if let Some(ty) = known {
                        return Some(Typed::new(field_node(item(), name), span, ty));
                    }
                    if name == "this" {
                        return Some(item());
                    }
                }
            }
        }
        None
    }

    /// The items of the enclosing filters, innermost first.
    fn items(&self) -> impl Iterator<Item = (Slot, &Ty<'a>)> {
        self.frames.iter().rev().filter_map(|frame| match frame {
            Frame::Item { slot, ty } => Some((*slot, ty)),
            Frame::Named { .. } => None,
        })
    }

    /// `^`: one further out than the innermost item; the outermost scope is the profile.
    pub(super) fn up(&mut self, count: u32, span: Span) -> Typed<'a> {
        let depth = self.items().count();
        if count as usize == depth {
            return self.profile(span);
        }
        let found = self.items().nth(count as usize).map(|(slot, ty)| (slot, ty.clone()));
        if let Some((slot, ty)) = found {
            return Typed::new(Node::Variable(slot), span, ty);
        }
        let message = format!("there are only {depth} filters around this");
        let help = "each `^` goes one filter outwards; outside of all filters is the profile";
        self.reported(code::NO_OUTER_SCOPE, span, message, help)
    }

    pub(super) fn field(&mut self, object: Typed<'a>, name: &Name, span: Span) -> Typed<'a> {
        if object.expr.node == Node::Profile && name.text == EVENTS {
            return self.events(span);
        }
        if let Some(ty) = types::field(&object.ty, &name.text) {
            return Typed::new(field_node(object, &name.text), span, ty);
        }
        if types::has_fields(&object.ty) {
            let message = format!("there is no field `{}`", name.text);
            let help = self.field_meant(&object, &name.text);
            return self.reported(code::UNKNOWN_FIELD, name.span, message, help);
        }
        let message = format!("{} has no fields", types::describe(&object.ty));
        let help = format!("leave out `.{}`", name.text);
        self.reported(code::NO_SUCH_FIELDS, name.span, message, help)
    }

    /// The field of an object that was probably meant: one beside it, or one further in with its whole path.
    fn field_meant(&self, object: &Typed<'a>, name: &str) -> String {
        match self.did_you_mean(name, object.ty.field_names()) {
            none if none.is_empty() && self.is_read() => {
                let before = path_of(&object.expr.node).map(|path| format!("{path}.")).unwrap_or_default();
                let nested = nearest_path(name, &object.ty);
                nested.map(|path| format!("did you mean `{before}{path}`?")).unwrap_or_default()
            }
            help => help,
        }
    }

    fn unknown_name(&mut self, name: &str, span: Span) -> Typed<'a> {
        let of_events = self.world.events.field_names().contains(&name);
        let variables: Vec<String> = self.frames.iter().filter_map(variable_name).collect();
        let help = match variables.last() {
            Some(variable) if of_events => {
                format!("`{name}` is a field of events: write `{variable}.{name}` if `{variable}` is one")
            }
            None if of_events => format!("`{name}` is a field of events: write `xEvent[{name} ...]`"),
            Some(_) | None => {
                let items = self.items().flat_map(|(_, ty)| ty.field_names());
                let known = variables.iter().map(String::as_str).chain(items);
                let known = known.chain(self.world.profile.field_names()).chain([EVENTS]);
                match self.did_you_mean(name, known) {
                    none if none.is_empty() && self.is_read() => {
                        let nested = nearest_path(name, &self.world.profile);
                        nested.map(|path| format!("did you mean `{path}`?")).unwrap_or_default()
                    }
                    help => help,
                }
            }
        };
        let message = format!("there is no field or variable `{name}`");
        self.reported(code::UNKNOWN_FIELD, span, message, help)
    }
}

/// A path of fields of the profile, as it is written.
fn path_of(node: &Node) -> Option<String> {
    match node {
        Node::Field { object, name } => match object.node {
            Node::Profile => Some(name.clone()),
            _ => path_of(&object.node).map(|path| format!("{path}.{name}")),
        },
        _ => None,
    }
}

fn variable_name(frame: &Frame<'_>) -> Option<String> {
    match frame {
        Frame::Named { name, node: Node::Variable(_), .. } => Some(name.clone()),
        Frame::Named { .. } | Frame::Item { .. } => None,
    }
}

fn field_node(object: Typed<'_>, name: &str) -> Node {
    Node::Field { object: Box::new(object.expr), name: name.into() }
}
