//! What generated expressions can talk about: the fields of a small union schema, and the constants that its profiles
//! and events hold, few enough for comparisons to hit.

use std::collections::BTreeMap;

use acquaint_core::lang::schema::{Type, UnionSchema};

/// What an expression gives, as far as the generator cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Boolean,
    Integer,
    Number,
    Text,
    Time,
    Numbers,
    Texts,
    Times,
    NumberMap,
    TextMap,
    Object(Class),
    Items(Class),
}

/// Objects with known fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Profile,
    Event,
    Order,
    Item,
    Address,
}

impl Kind {
    /// What the items of a list are.
    pub fn item(self) -> Option<Self> {
        match self {
            Self::Numbers => Some(Self::Number),
            Self::Texts => Some(Self::Text),
            Self::Times => Some(Self::Time),
            Self::Items(class) => Some(Self::Object(class)),
            Self::Boolean
            | Self::Integer
            | Self::Number
            | Self::Text
            | Self::Time
            | Self::NumberMap
            | Self::TextMap
            | Self::Object(_) => None,
        }
    }

    /// The list of such items.
    pub fn list(self) -> Option<Self> {
        match self {
            Self::Integer | Self::Number => Some(Self::Numbers),
            Self::Text => Some(Self::Texts),
            Self::Time => Some(Self::Times),
            Self::Object(class) => Some(Self::Items(class)),
            Self::Boolean
            | Self::Numbers
            | Self::Texts
            | Self::Times
            | Self::NumberMap
            | Self::TextMap
            | Self::Items(_) => None,
        }
    }
}

use Class::{Address, Event, Item, Order, Profile};
use Kind::{Boolean, Integer, Items, Number, NumberMap, Numbers, Object, Text, TextMap, Texts, Time, Times};

/// The paths that lead from an object to something, through lists too.
pub fn paths(class: Class) -> &'static [(&'static str, Kind)] {
    match class {
        Profile => &[
            ("age", Integer),
            ("score", Number),
            ("vip", Boolean),
            ("name", Text),
            ("home", Object(Address)),
            ("home.city", Text),
            ("home.zip", Integer),
            ("birthDate", Time),
            ("createdAt", Time),
            ("tags", Texts),
            ("limits", Numbers),
            ("points", NumberMap),
            ("points.gold", Number),
            ("labels", TextMap),
            ("labels.tier", Text),
            ("orders", Items(Order)),
            ("orders.total", Numbers),
            ("orders.at", Times),
            ("orders.lines", Items(Item)),
            ("orders.lines.price", Numbers),
            ("orders.lines.colours", Texts),
            ("_acme.spent", Number),
            ("_acme.tier", Text),
            ("identityMap.ECID.id", Texts),
            ("segmentMembership.ups.external.status", Text),
            ("segmentMembership.ups.external.lastQualificationTime", Time),
        ],
        Event => &[
            ("eventType", Text),
            ("eventType", Text),
            ("timestamp", Time),
            ("timestamp", Time),
            ("commerce.amount", Number),
            ("commerce.amount", Number),
            ("commerce.currency", Text),
            ("commerce.first", Boolean),
            ("visits", Integer),
            ("tags", Texts),
            ("seenAt", Time),
            ("items", Items(Item)),
            ("items.price", Numbers),
            ("items.quantity", Numbers),
            ("items.colours", Texts),
            ("facts", NumberMap),
            ("_id", Text),
        ],
        Order => &[
            ("id", Text),
            ("total", Number),
            ("at", Time),
            ("open", Boolean),
            ("lines", Items(Item)),
            ("lines.price", Numbers),
            ("lines.colours", Texts),
        ],
        Item => &[("sku", Text), ("price", Number), ("quantity", Integer), ("colours", Texts)],
        Address => &[("city", Text), ("zip", Integer)],
    }
}

fn object<const N: usize>(fields: [(&str, Type); N]) -> Type {
    Type::Object(fields.into_iter().map(|(name, of)| (String::from(name), of)).collect())
}

/// The schema that all generated expressions are checked against.
pub fn schema() -> UnionSchema {
    let texts = || Type::list(Type::String);
    let item = || {
        object([
            ("sku", Type::String),
            ("price", Type::Number),
            ("quantity", Type::Integer),
            ("colours", texts()),
        ])
    };
    let order = object([
        ("id", Type::String),
        ("total", Type::Number),
        ("at", Type::DateTime),
        ("open", Type::Boolean),
        ("lines", Type::list(item())),
    ]);
    let profile = object([
        ("age", Type::Integer),
        ("score", Type::Number),
        ("vip", Type::Boolean),
        ("name", Type::String),
        ("home", object([("city", Type::String), ("zip", Type::Integer)])),
        ("birthDate", Type::Date),
        ("createdAt", Type::DateTime),
        ("tags", texts()),
        ("limits", Type::list(Type::Number)),
        ("points", Type::map(Type::Number)),
        ("labels", Type::map(Type::String)),
        ("orders", Type::list(order)),
        ("_acme", object([("spent", Type::Number), ("tier", Type::String)])),
    ]);
    let event = object([
        (
            "commerce",
            object([("amount", Type::Number), ("currency", Type::String), ("first", Type::Boolean)]),
        ),
        ("visits", Type::Integer),
        ("tags", texts()),
        ("seenAt", Type::DateTime),
        ("items", Type::list(item())),
        ("facts", Type::map(Type::Number)),
    ]);
    UnionSchema { profile: fields_of(profile), event: fields_of(event) }
}

fn fields_of(of: Type) -> BTreeMap<String, Type> {
    let Type::Object(fields) = of else { return BTreeMap::new() };
    fields
}

/// Texts that profiles and events hold; the first ones most of all.
pub const WORDS: [&str; 12] =
    ["a", "b", "a", "b", "c", "x", "y", "A", "Zürich", "", "日本 \u{1f600}", "say \"hi\\there\""];
/// Regular expressions.
pub const PATTERNS: [&str; 7] = ["(?i)^a", "[a-c]+", "^$", "(\\w)(\\w*)", "ü|本", "b|x", "^.{0,2}$"];
/// Patterns of `like`.
pub const LIKES: [&str; 5] = ["a%", "%", "_", "%ü%", "b_%"];
/// Dates, one of which is none.
pub const DATES: [&str; 6] = [
    "2024-02-28",
    "2024-03-01",
    "2024-02-29",
    "2023-12-31",
    "2024-02-29T12:00:00Z",
    "2024-02-29T23:30:00.5+02:00",
];
/// Keys of maps.
pub const KEYS: [&str; 4] = ["gold", "tier", "a", "é"];
