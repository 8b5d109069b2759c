//! Types, and the union schema that names are resolved against (XDM-style JSON Schema in, types out).

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::string::String;

use serde::{Deserialize, Serialize};

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

/// The union of all schemas in use: what a profile and an event may hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnionSchema {
    /// Fields of the profile, by name.
    pub profile: BTreeMap<String, Type>,
    /// Fields of an event, by name; `_id`, `timestamp` and `eventType` are always there.
    pub event: BTreeMap<String, Type>,
}
