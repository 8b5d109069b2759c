//! Profiles as a shop would have them: nested JSON of up to 28 fields, some of them missing, whole groups too.

use std::collections::BTreeMap;

use acquaint_core::lang::schema::Type;
use serde_json::{Map, Value, json};

use super::Random;

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// One of so many texts.
    Text(usize),
    /// A whole number below so many steps of a size.
    Whole(usize, i64),
    /// An amount with cents below so much.
    Amount(usize),
    /// true or false.
    Flag,
}

/// One field of the profile.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The object it is in.
    pub group: &'static str,
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
}

const fn field(group: &'static str, name: &'static str, kind: Kind) -> Field {
    Field { group, name, kind }
}

/// The fields, by group.
pub const FIELDS: [Field; 28] = [
    field("account", "employees", Kind::Whole(100, 10)),
    field("account", "industry", Kind::Text(15)),
    field("commerce", "averageOrderValue", Kind::Amount(300)),
    field("commerce", "lastCategory", Kind::Text(30)),
    field("commerce", "lifetimeValue", Kind::Amount(5_000)),
    field("commerce", "orders", Kind::Whole(50, 1)),
    field("commerce", "returns", Kind::Whole(10, 1)),
    field("consents", "email", Kind::Flag),
    field("consents", "push", Kind::Flag),
    field("consents", "sms", Kind::Flag),
    field("device", "browser", Kind::Text(6)),
    field("device", "system", Kind::Text(5)),
    field("device", "type", Kind::Text(3)),
    field("homeAddress", "city", Kind::Text(40)),
    field("homeAddress", "countryCode", Kind::Text(12)),
    field("homeAddress", "postalCode", Kind::Text(1_000)),
    field("homeAddress", "region", Kind::Text(20)),
    field("loyalty", "joinedYear", Kind::Whole(20, 1)),
    field("loyalty", "points", Kind::Whole(100, 500)),
    field("loyalty", "tier", Kind::Text(4)),
    field("person", "age", Kind::Whole(90, 1)),
    field("person", "gender", Kind::Text(3)),
    field("person", "language", Kind::Text(10)),
    field("subscription", "active", Kind::Flag),
    field("subscription", "plan", Kind::Text(5)),
    field("subscription", "seats", Kind::Whole(40, 1)),
    field("web", "lastCampaign", Kind::Text(50)),
    field("web", "visits", Kind::Whole(200, 1)),
];

/// Groups missing from a profile, in a hundred.
const GROUPS_MISSING_PERCENT: usize = 8;
/// Fields missing from a group, in a hundred.
const FIELDS_MISSING_PERCENT: usize = 12;

impl Field {
    /// The text at a place in the list of those it may hold.
    pub fn text(&self, place: usize) -> String {
        format!("{} {place}", self.name)
    }

    fn value(&self, random: &mut Random) -> Value {
        match self.kind {
            Kind::Text(count) => json!(self.text(random.skewed_below(count))),
            Kind::Whole(count, step) => json!(whole(random.skewed_below(count)) * step),
            Kind::Amount(below) => json!(whole(random.skewed_below(below * 100)) as f64 / 100.0),
            Kind::Flag => json!(random.percent(60)),
        }
    }
}

fn whole(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Profile `number` as JSON.
pub fn profile(number: usize) -> Map<String, Value> {
    let mut random = Random::new(1_000_000 + number as u64);
    let mut profile = Map::new();
    let mut rest = FIELDS.as_slice();
    while let Some(first) = rest.first() {
        let end = rest.iter().position(|field| field.group != first.group).unwrap_or(rest.len());
        let (group, others) = rest.split_at(end);
        rest = others;
        let present = !random.percent(GROUPS_MISSING_PERCENT);
        let mut object = Map::new();
        for field in group {
            let value = field.value(&mut random);
            if !random.percent(FIELDS_MISSING_PERCENT) {
                object.insert(field.name.into(), value);
            }
        }
        if present && !object.is_empty() {
            profile.insert(first.group.into(), Value::Object(object));
        }
    }
    profile
}

/// The types of the fields.
pub fn types() -> BTreeMap<String, Type> {
    let mut groups: BTreeMap<String, BTreeMap<String, Type>> = BTreeMap::new();
    for field in FIELDS {
        let of = match field.kind {
            Kind::Text(_) => Type::String,
            Kind::Whole(..) => Type::Integer,
            Kind::Amount(_) => Type::Number,
            Kind::Flag => Type::Boolean,
        };
        groups.entry(field.group.into()).or_default().insert(field.name.into(), of);
    }
    groups.into_iter().map(|(name, fields)| (name, Type::Object(fields))).collect()
}
