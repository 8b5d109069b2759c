//! What an expression stands for while it is evaluated: mostly borrowed from the profile, an event or the program, so
//! that nothing is copied for a test that only looks.

use alloc::borrow::Cow;
use alloc::vec::Vec;

use super::{ops, virtual_fields};
use crate::profile::{Event, IdentityMap, Memberships};
use crate::value::{Fields, Value};

/// The profile as an expression sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Profile<'a> {
    pub(crate) attributes: &'a Fields,
    pub(crate) identities: &'a IdentityMap,
    pub(crate) memberships: &'a Memberships,
}

/// What an expression stands for.
#[derive(Clone, Debug)]
pub(crate) enum Place<'a> {
    /// The merged profile.
    Profile(Profile<'a>),
    /// One event.
    Event(&'a Event),
    /// Some of the profile's events.
    Events(Vec<&'a Event>),
    /// Anything else.
    Value(Cow<'a, Value>),
}

impl<'a> Place<'a> {
    /// A value made just now.
    pub(crate) fn owned(value: Value) -> Self {
        Self::Value(Cow::Owned(value))
    }

    /// true or false.
    pub(crate) fn boolean(value: bool) -> Self {
        Self::owned(Value::Boolean(value))
    }

    /// As a value.
    pub(crate) fn value(self) -> Cow<'a, Value> {
        match self {
            Self::Value(value) => value,
            Self::Event(event) => Cow::Owned(virtual_fields::event(event)),
            Self::Events(events) => {
                Cow::Owned(Value::List(events.into_iter().map(virtual_fields::event).collect()))
            }
            Self::Profile(profile) => Cow::Owned(virtual_fields::profile(
                profile.attributes,
                profile.identities,
                profile.memberships,
            )),
        }
    }

    /// In boolean position.
    pub(crate) fn truth(&self) -> bool {
        match self {
            Self::Value(value) => ops::truth(value),
            Self::Events(events) => !events.is_empty(),
            Self::Event(_) | Self::Profile(_) => true,
        }
    }

    /// A field: see [`Value::field`].
    pub(crate) fn field(self, name: &str) -> Self {
        match self {
            Self::Value(Cow::Borrowed(Value::Object(fields))) => borrowed(fields, name),
            Self::Value(value) => Self::owned(value.field(name)),
            Self::Event(event) => event_field(event, name),
            Self::Profile(profile) => match name {
                virtual_fields::IDENTITY_MAP => Self::owned(virtual_fields::identity_map(profile.identities)),
                virtual_fields::SEGMENT_MEMBERSHIP => {
                    Self::owned(virtual_fields::segment_membership(profile.memberships))
                }
                _ => borrowed(profile.attributes, name),
            },
            Self::Events(events) => {
                let mut found = Vec::new();
                for event in events {
                    found.extend(event_field(event, name).items().map(|item| item.value().into_owned()));
                }
                Self::owned(Value::List(found))
            }
        }
    }

    /// The items: those of a list, none of null, itself of anything else.
    pub(crate) fn items(self) -> Items<'a> {
        match self {
            Self::Events(events) => Items::Events(events.into_iter()),
            Self::Value(Cow::Borrowed(value)) => Items::Borrowed(value.items().iter()),
            Self::Value(Cow::Owned(Value::List(items))) => Items::Owned(items.into_iter()),
            Self::Value(Cow::Owned(Value::Null)) => Items::One(None),
            one @ (Self::Value(Cow::Owned(_)) | Self::Event(_) | Self::Profile(_)) => Items::One(Some(one)),
        }
    }
}

fn borrowed<'a>(fields: &'a Fields, name: &str) -> Place<'a> {
    Place::Value(fields.get(name).map_or(Cow::Owned(Value::Null), Cow::Borrowed))
}

fn event_field<'a>(event: &'a Event, name: &str) -> Place<'a> {
    match name {
        virtual_fields::TIMESTAMP => Place::owned(Value::Time(event.timestamp_ms)),
        virtual_fields::ID => Place::owned(Value::String(event.id.clone())),
        _ => borrowed(&event.fields, name),
    }
}

/// The items of a place.
#[derive(Debug)]
pub(crate) enum Items<'a> {
    /// Of the profile's events.
    Events(alloc::vec::IntoIter<&'a Event>),
    /// Of a list that somebody else holds.
    Borrowed(core::slice::Iter<'a, Value>),
    /// Of a list made just now.
    Owned(alloc::vec::IntoIter<Value>),
    /// What is no list.
    One(Option<Place<'a>>),
}

impl<'a> Iterator for Items<'a> {
    type Item = Place<'a>;

    fn next(&mut self) -> Option<Place<'a>> {
        match self {
            Self::Events(events) => events.next().map(Place::Event),
            Self::Borrowed(items) => items.next().map(|item| Place::Value(Cow::Borrowed(item))),
            Self::Owned(items) => items.next().map(Place::owned),
            Self::One(one) => one.take(),
        }
    }
}
