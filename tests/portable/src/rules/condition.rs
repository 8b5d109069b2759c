//! Conditions on one field of the profile, and rules of four of them, in PQL and as JSON for engines of others.

use serde_json::{Value, json};

use super::Random;
use super::profile::{FIELDS, Field, Kind};

/// Conditions of one rule.
pub const CONDITIONS_PER_RULE: usize = 4;

/// A test of one field. A missing field passes none.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// The group of the field.
    pub group: &'static str,
    /// Its name.
    pub name: &'static str,
    /// `=`, `in`, `>=` or `<`.
    pub operator: &'static str,
    /// The constant: a list for `in`.
    pub constant: Value,
}

impl Condition {
    fn new(field: &Field, random: &mut Random) -> Self {
        let (operator, constant) = match field.kind {
            Kind::Text(count) if count > 4 && random.percent(40) => {
                let mut places: Vec<usize> =
                    (0..2 + random.below(3)).map(|_| random.skewed_below(count)).collect();
                places.sort_unstable();
                places.dedup();
                ("in", places.into_iter().map(|place| field.text(place)).collect())
            }
            Kind::Text(count) => ("=", json!(field.text(random.skewed_below(count)))),
            Kind::Whole(count, step) => {
                let steps = i64::try_from(random.skewed_below(count)).unwrap_or(0) + 1;
                (if random.percent(60) { ">=" } else { "<" }, json!(steps * step))
            }
            Kind::Amount(below) => {
                let tens = random.skewed_below(below / 10) + 1;
                (if random.percent(60) { ">=" } else { "<" }, json!(tens * 10))
            }
            Kind::Flag => ("=", json!(random.percent(80))),
        };
        Self { group: field.group, name: field.name, operator, constant }
    }

    /// As PQL.
    pub fn pql(&self) -> String {
        let Self { group, name, operator, constant } = self;
        format!("{group}.{name} {operator} {constant}")
    }

    /// As an expression of CEL over a variable `profile`, which is an error where a field is missing unless one asks.
    pub fn cel(&self) -> String {
        let Self { group, name, operator, constant } = self;
        let operator = if *operator == "=" { "==" } else { operator };
        // Amounts are compared as what they are.
        let amount = FIELDS.iter().any(|field| {
            field.group == *group && field.name == *name && matches!(field.kind, Kind::Amount(_))
        });
        let point = if amount { ".0" } else { "" };
        format!(
            "has(profile.{group}) && has(profile.{group}.{name}) && profile.{group}.{name} {operator} {constant}{point}"
        )
    }

    /// As JSON, for the engines in JavaScript.
    pub fn json(&self) -> Value {
        let Self { group, name, operator, constant } = self;
        json!({"group": group, "name": name, "operator": operator, "constant": constant})
    }
}

/// Rule `number`: conditions on four different fields, in the order in which an author happened to write them.
pub fn rule(number: usize) -> Vec<Condition> {
    let mut random = Random::new(number as u64);
    let mut rule: Vec<Condition> = Vec::new();
    while rule.len() < CONDITIONS_PER_RULE {
        let Some(field) = random.one(&FIELDS) else { continue };
        if !rule.iter().any(|known| known.group == field.group && known.name == field.name) {
            rule.push(Condition::new(field, &mut random));
        }
    }
    rule
}

/// A rule in PQL.
pub fn pql(rule: &[Condition]) -> String {
    rule.iter().map(Condition::pql).collect::<Vec<_>>().join(" and ")
}
