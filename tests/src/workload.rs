//! A synthetic workload for benchmarks: many audiences over shared leaves, and events that touch some of them. Made from
//! numbers, so that every run measures the same.

use acquaint_core::lang::AudienceDirectory;
use acquaint_core::lang::schema::{Type, UnionSchema};
use acquaint_core::profile::Event;
use acquaint_core::value::{Fields, Value};

/// Event types, most frequent last.
const TYPES: [&str; 4] = ["commerce.purchases", "commerce.productListAdds", "email.open", "web.pageViews"];
/// Product categories.
const CATEGORIES: usize = 40;

/// Audience `number` in numbers: an attribute, two behaviours over windows, and a negation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The tiers of which one is asked for.
    pub tiers: [&'static str; 2],
    /// The category of the purchases that are counted.
    pub category: String,
    /// How far back purchases are looked at.
    pub days: usize,
    /// At least so many purchases in the category,
    pub least: usize,
    /// worth more than this in all categories together,
    pub more_than: usize,
    /// and no e-mail opened in so many days.
    pub quiet_days: usize,
}

/// Audience `number`.
pub fn rule(number: usize) -> Rule {
    Rule {
        tiers: ["gold", "silver"],
        category: format!("c{}", number % CATEGORIES),
        days: 7 + number % 5 * 20,
        least: 1 + number % 3,
        more_than: 50 + number % 7 * 10,
        quiet_days: 1 + number % 30,
    }
}

/// The PQL of audience `number`.
pub fn audience(number: usize) -> String {
    let Rule { tiers: [one, other], category, days, least, more_than, quiet_days } = rule(number);
    format!(
        "loyalty.tier in [\"{one}\", \"{other}\"] \
         and xEvent[eventType = \"commerce.purchases\" and category = \"{category}\" and timestamp occurs <= {days} days before now].count() >= {least} \
         and xEvent[eventType = \"commerce.purchases\" and timestamp occurs <= {days} days before now].total.sum() > {more_than} \
         and not (xEvent[eventType = \"email.open\" and timestamp occurs <= {quiet_days} days before now])",
    )
}

/// Event `number` of the stream; one in ten is a purchase.
pub fn event(number: u64, timestamp_ms: i64) -> Event {
    let kind = match number % 10 {
        0 => 0,
        1 | 2 => 1,
        3 | 4 => 2,
        _ => 3,
    };
    let mut fields = Fields::new();
    fields.insert("eventType".into(), Value::String(TYPES.get(kind).copied().unwrap_or_default().into()));
    if kind < 2 {
        fields.insert("category".into(), Value::String(format!("c{}", number / 10 % CATEGORIES as u64)));
        fields.insert("total".into(), Value::Double((number % 90) as f64 + 0.25));
    }
    Event { id: format!("e{number}"), timestamp_ms, fields }
}

/// As [`event`], so that the kind of an event does not depend on the person alone where people come in turn.
pub fn mixed(number: u64, timestamp_ms: i64) -> Event {
    let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 17;
    Event { id: format!("e{number}"), ..event(mixed, timestamp_ms) }
}

/// A quantile of measurements, which are sorted by this.
pub fn quantile(measured: &mut [std::time::Duration], fraction: f64) -> std::time::Duration {
    measured.sort_unstable();
    let index = ((measured.len() as f64 * fraction) as usize).min(measured.len().saturating_sub(1));
    measured.get(index).copied().unwrap_or_default()
}

/// The schema that [`audience`] is checked against.
pub fn schema() -> UnionSchema {
    let tier = Type::Object([("tier".into(), Type::String)].into());
    UnionSchema {
        profile: [("loyalty".into(), tier)].into(),
        event: [("category".into(), Type::String), ("total".into(), Type::Number)].into(),
    }
}

/// A directory without audiences: the workload does not refer to any.
#[derive(Clone, Copy, Debug)]
pub struct NoAudiences;

impl AudienceDirectory for NoAudiences {
    fn contains(&self, _id: &str) -> bool {
        false
    }
}
