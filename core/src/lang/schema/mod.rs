//! Types, and the union schema that names are resolved against (XDM-style JSON Schema in, types out).

pub mod conform;
pub mod json;
pub mod standard;

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;

use serde::{Deserialize, Serialize};

pub use conform::{Violation, conform};
pub use json::{Class, Error, Source};

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Type {
    /// Nothing is known: everything is allowed.
    Any,
    /// true or false.
    Boolean,
    /// Whole numbers.
    Integer,
    /// Numbers.
    Number,
    /// Text.
    String,
    /// A day.
    Date,
    /// An instant.
    DateTime,
    /// An array.
    List(Box<Type>),
    /// A map with arbitrary keys.
    Map(Box<Type>),
    /// An object with known fields.
    Object(BTreeMap<String, Type>),
}

/// The name under which an open object keeps the type of every field that it does not name. No field of a schema can be
/// called so.
pub(crate) const OTHERS: &str = "*";

/// The union of all schemas in use: what a profile and an event may hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnionSchema {
    /// Fields of the profile, by name.
    pub profile: BTreeMap<String, Type>,
    /// Fields of an event, by name; `_id`, `timestamp` and `eventType` are always there.
    pub event: BTreeMap<String, Type>,
}

impl Default for UnionSchema {
    /// Only what is always there: `_id`, `timestamp` and `eventType` of an event, `identityMap` and
    /// `segmentMembership` of the profile.
    fn default() -> Self {
        let object = |fields: &[(&str, Type)]| {
            Type::Object(fields.iter().map(|(name, of)| (String::from(*name), of.clone())).collect())
        };
        let identity = object(&[("id", Type::String)]);
        let membership = object(&[("status", Type::String), ("lastQualificationTime", Type::DateTime)]);
        Self {
            profile: BTreeMap::from([
                (String::from("identityMap"), Type::map(Type::list(identity))),
                (String::from("segmentMembership"), Type::map(Type::map(membership))),
            ]),
            event: BTreeMap::from([
                (String::from("_id"), Type::String),
                (String::from("timestamp"), Type::DateTime),
                (String::from("eventType"), Type::String),
            ]),
        }
    }
}

impl UnionSchema {
    /// The schema of which any name may be a field: for expressions over data that nothing is known of. Besides what is
    /// always there, every field may be anything.
    pub fn open() -> Self {
        let mut schema = Self::default();
        schema.open_class(Class::Profile);
        schema.open_class(Class::Event);
        schema
    }

    /// Lets a profile, or an event, have any other field too, which may be anything.
    pub fn open_class(&mut self, class: Class) {
        let fields = match class {
            Class::Profile => &mut self.profile,
            Class::Event => &mut self.event,
        };
        fields.insert(String::from(OTHERS), Type::Any);
    }
}

impl Type {
    /// A list of items of a type.
    pub fn list(item: Self) -> Self {
        Self::List(Box::new(item))
    }

    /// A map to values of a type.
    pub fn map(value: Self) -> Self {
        Self::Map(Box::new(value))
    }

    /// The type of the items of a list; of anything, anything.
    pub fn item(&self) -> Option<&Self> {
        match self {
            Self::List(item) => Some(item),
            Self::Any => Some(self),
            Self::Boolean
            | Self::Integer
            | Self::Number
            | Self::String
            | Self::Date
            | Self::DateTime
            | Self::Map(_)
            | Self::Object(_) => None,
        }
    }

    /// The type of a field; of a list, the flattened list of that field of its items (design, decision 1).
    pub fn field(&self, name: &str) -> Option<Cow<'_, Self>> {
        match self {
            Self::Any => Some(Cow::Borrowed(self)),
            Self::Object(fields) => fields.get(name).or_else(|| fields.get(OTHERS)).map(Cow::Borrowed),
            Self::Map(value) => Some(Cow::Borrowed(value)),
            Self::List(item) => Some(Cow::Owned(match item.field(name)?.into_owned() {
                flattened @ Self::List(_) => flattened,
                single => Self::list(single),
            })),
            Self::Boolean | Self::Integer | Self::Number | Self::String | Self::Date | Self::DateTime => None,
        }
    }

    /// The names of the fields, for suggestions; of a list, those of its items.
    pub fn field_names(&self) -> alloc::vec::Vec<&str> {
        match self {
            Self::Object(fields) => {
                fields.keys().map(String::as_str).filter(|name| *name != OTHERS).collect()
            }
            Self::List(item) => item.field_names(),
            Self::Any
            | Self::Boolean
            | Self::Integer
            | Self::Number
            | Self::String
            | Self::Date
            | Self::DateTime
            | Self::Map(_) => alloc::vec::Vec::new(),
        }
    }

    /// Whether it names a field: of an open object, other names are fields too.
    pub(crate) fn names_field(&self, name: &str) -> bool {
        matches!(self, Self::Object(fields) if name != OTHERS && fields.contains_key(name))
    }

    /// Whether any name is a field of it.
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Self::Any => true,
            Self::Object(fields) => fields.contains_key(OTHERS),
            Self::Boolean
            | Self::Integer
            | Self::Number
            | Self::String
            | Self::Date
            | Self::DateTime
            | Self::List(_)
            | Self::Map(_) => false,
        }
    }

    /// Whether it is a number.
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Any | Self::Integer | Self::Number)
    }

    /// Whether it is a date or a date-time.
    pub fn is_instant(&self) -> bool {
        matches!(self, Self::Any | Self::Date | Self::DateTime)
    }

    /// Whether every value of this type can stand where the other is wanted: integers for numbers, dates for
    /// date-times (their first instant), objects with more fields for objects with fewer.
    pub fn is_assignable(&self, wanted: &Self) -> bool {
        match (self, wanted) {
            (Self::Any, _)
            | (_, Self::Any)
            | (Self::Integer, Self::Number)
            | (Self::Date, Self::DateTime) => true,
            (Self::List(found), Self::List(wanted)) | (Self::Map(found), Self::Map(wanted)) => {
                found.is_assignable(wanted)
            }
            (Self::Object(found), Self::Object(wanted)) => wanted
                .iter()
                .all(|(name, wanted)| found.get(name).is_some_and(|found| found.is_assignable(wanted))),
            (Self::Object(found), Self::Map(wanted)) => {
                found.values().all(|found| found.is_assignable(wanted))
            }
            (found, wanted) => found == wanted,
        }
    }

    /// The narrowest type that holds the values of both: of the branches of an `if`, of the items of a list, of one
    /// field in two schemas. Objects are joined field by field, keeping the fields of both. `None` if there is none.
    pub fn join(&self, other: &Self) -> Option<Self> {
        join_at(self, other, &mut String::new()).ok()
    }
}

/// Joins; in the error case, `path` has grown by the steps to where the types disagree.
fn join_at(left: &Type, right: &Type, path: &mut String) -> Result<Type, ()> {
    Ok(match (left, right) {
        (Type::Any, _) | (_, Type::Any) => Type::Any,
        (Type::Integer, Type::Number) | (Type::Number, Type::Integer) => Type::Number,
        (Type::Date, Type::DateTime) | (Type::DateTime, Type::Date) => Type::DateTime,
        (Type::List(left), Type::List(right)) => Type::list(join_at(left, right, path)?),
        (Type::Map(left), Type::Map(right)) => Type::map(join_at(left, right, path)?),
        (Type::Object(left), Type::Object(right)) => Type::Object(join_fields(left, right, path)?),
        (left, right) if left == right => left.clone(),
        (_, _) => return Err(()),
    })
}

fn join_fields(
    left: &BTreeMap<String, Type>,
    right: &BTreeMap<String, Type>,
    path: &mut String,
) -> Result<BTreeMap<String, Type>, ()> {
    let mut joined = left.clone();
    for (name, right) in right {
        let of = match left.get(name) {
            None => right.clone(),
            Some(left) => {
                let length = path.len();
                if length > 0 {
                    path.push('.');
                }
                path.push_str(name);
                let of = join_at(left, right, path)?;
                path.truncate(length);
                of
            }
        };
        joined.insert(name.clone(), of);
    }
    Ok(joined)
}

impl core::fmt::Display for Type {
    /// For messages: `an integer`, `a list of (a string)`.
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.write_str(&match self {
            Self::Any => Cow::Borrowed("anything"),
            Self::Boolean => Cow::Borrowed("a boolean"),
            Self::Integer => Cow::Borrowed("an integer"),
            Self::Number => Cow::Borrowed("a number"),
            Self::String => Cow::Borrowed("a string"),
            Self::Date => Cow::Borrowed("a date"),
            Self::DateTime => Cow::Borrowed("a date-time"),
            Self::List(item) => Cow::Owned(format!("a list of ({item})")),
            Self::Map(value) => Cow::Owned(format!("a map to ({value})")),
            Self::Object(_) => Cow::Borrowed("an object"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(fields: &[(&str, Type)]) -> Type {
        Type::Object(fields.iter().map(|(name, of)| (String::from(*name), of.clone())).collect())
    }

    fn check_join(left: &Type, right: &Type, expected: Option<Type>) {
        assert_eq!(left.join(right), expected);
        assert_eq!(right.join(left), expected);
    }

    #[test]
    fn fields_of_lists_are_flattened_lists() {
        let items = Type::list(object(&[("tags", Type::list(Type::String)), ("price", Type::Number)]));
        assert_eq!(items.field("price").unwrap().into_owned(), Type::list(Type::Number));
        assert_eq!(items.field("tags").unwrap().into_owned(), Type::list(Type::String));
        assert_eq!(items.field("none"), None);
        assert_eq!(Type::map(Type::Integer).field("any").unwrap().into_owned(), Type::Integer);
        assert_eq!(Type::String.field("x"), None);
        assert_eq!(items.field_names(), ["price", "tags"]);
    }

    #[test]
    fn any_name_is_a_field_of_an_open_object() {
        let UnionSchema { event, .. } = UnionSchema::open();
        let event = Type::Object(event);
        assert_eq!(event.field("timestamp").unwrap().into_owned(), Type::DateTime);
        assert_eq!(event.field("commerce").unwrap().into_owned(), Type::Any);
        assert_eq!(event.field_names(), ["_id", "eventType", "timestamp"]);
    }

    #[test]
    fn types_join_to_what_holds_both() {
        check_join(&Type::Integer, &Type::Number, Some(Type::Number));
        check_join(&Type::String, &Type::Integer, None);
        check_join(&Type::Any, &Type::Integer, Some(Type::Any));
        check_join(
            &object(&[("a", Type::Integer)]),
            &object(&[("b", Type::String), ("a", Type::Number)]),
            Some(object(&[("a", Type::Number), ("b", Type::String)])),
        );
        check_join(&object(&[("a", Type::Integer)]), &object(&[("a", Type::String)]), None);
    }

    #[test]
    fn narrower_types_stand_for_wider_ones() {
        assert!(Type::Integer.is_assignable(&Type::Number));
        assert!(!Type::Number.is_assignable(&Type::Integer));
        assert!(Type::list(Type::Integer).is_assignable(&Type::list(Type::Number)));
        assert!(
            object(&[("a", Type::Integer), ("b", Type::String)])
                .is_assignable(&object(&[("a", Type::Number)]))
        );
        assert!(!object(&[]).is_assignable(&object(&[("a", Type::Number)])));
        assert!(Type::Any.is_assignable(&Type::String));
    }

    #[test]
    fn types_are_named_in_messages() {
        assert_eq!(format!("{}", Type::list(Type::map(Type::Integer))), "a list of (a map to (an integer))");
    }
}
