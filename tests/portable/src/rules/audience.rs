//! Audiences as a marketing team has them: 70 % ask for attributes, 25 % for events in windows, 5 % for sequences. They
//! share their terms: thousands of audiences are built from some hundreds of terms.

use acquaint_core::lang::schema::Type;
use acquaint_core::profile::Event;
use acquaint_core::value::{Fields, Value};

use super::{Random, condition};

/// Rules whose conditions audiences are built from.
const SHARED_RULES: usize = 40;
const PURCHASE: &str = "commerce.purchases";
const EVENT_TYPES: [&str; 8] = [
    "web.webpagedetails.pageViews",
    "commerce.productViews",
    "email.opened",
    "commerce.productListAdds",
    "email.clicked",
    PURCHASE,
    "app.launched",
    "support.contacted",
];
const CATEGORIES: usize = 12;
const DAYS: [u32; 4] = [1, 7, 30, 90];

/// The PQL of audience `number`.
pub fn audience(number: usize) -> String {
    let mut random = Random::new(500_000 + number as u64);
    match number % 20 {
        0..14 => attributes(&mut random),
        14..19 => windows(&mut random),
        _ => sequence(&mut random),
    }
}

fn attribute(random: &mut Random) -> String {
    let rule = condition::rule(random.below(SHARED_RULES));
    random.one(&rule).map(condition::Condition::pql).unwrap_or_default()
}

fn attributes(random: &mut Random) -> String {
    let mut terms: Vec<String> = (0..2 + random.below(3)).map(|_| attribute(random)).collect();
    if random.percent(20) {
        terms.push(format!("({} or {})", attribute(random), attribute(random)));
    }
    if random.percent(10) {
        terms.push(format!("not ({})", attribute(random)));
    }
    terms.join(" and ")
}

fn windows(random: &mut Random) -> String {
    let mut terms = vec![attribute(random)];
    terms.extend((0..1 + random.below(2)).map(|_| window(random)));
    terms.join(" and ")
}

/// What an event is asked for.
fn event_condition(random: &mut Random) -> String {
    let kind = EVENT_TYPES.get(random.skewed_below(EVENT_TYPES.len())).copied().unwrap_or(PURCHASE);
    let mut asked = format!("eventType = \"{kind}\"");
    if kind.starts_with("commerce") && random.percent(60) {
        asked += &format!(" and product.category = \"category {}\"", random.skewed_below(CATEGORIES));
    }
    asked
}

fn window(random: &mut Random) -> String {
    let days = random.one(&DAYS).copied().unwrap_or(7);
    let window = format!("timestamp occurs <= {days} days before now");
    match random.below(4) {
        0 | 1 => {
            let least = [1, 2, 3, 5].get(random.skewed_below(4)).copied().unwrap_or(1);
            format!("xEvent[{} and {window}].count() >= {least}", event_condition(random))
        }
        2 => {
            let sum = 50 * (1 + random.below(5));
            format!("xEvent[eventType = \"{PURCHASE}\" and {window}].commerce.priceTotal.sum() > {sum}")
        }
        _ => format!("not (xEvent[{} and {window}])", event_condition(random)),
    }
}

fn sequence(random: &mut Random) -> String {
    let days = random.one(&DAYS).copied().unwrap_or(7);
    let mut steps = vec![format!("A: WHAT({})", event_condition(random))];
    for label in ["B", "C"].into_iter().take(1 + random.below(2)) {
        steps.push(format!("{label}: WHAT({})", event_condition(random)));
    }
    if let Some(last) = steps.last_mut() {
        *last += &format!(" WHEN(<= {days} days before now)");
    }
    format!("chain(xEvent, timestamp, [{}])", steps.join(", "))
}

/// Event `number` of a profile's or of all visitors' history.
pub fn event(number: u64, timestamp_ms: i64) -> Event {
    let mut random = Random::new(2_000_000 + number);
    let object = |fields: Vec<(&str, Value)>| {
        Value::Object(fields.into_iter().map(|(name, value)| (String::from(name), value)).collect())
    };
    let kind = EVENT_TYPES.get(random.skewed_below(EVENT_TYPES.len())).copied().unwrap_or(PURCHASE);
    let page = Value::String(format!("page {}", random.below(50)));
    let mut fields = Fields::new();
    fields.insert("eventType".into(), kind.into());
    fields.insert("device".into(), object(vec![("type", "mobile".into())]));
    fields.insert("web".into(), object(vec![("name", page), ("siteSection", "shop".into())]));
    if kind.starts_with("commerce") {
        let category = Value::String(format!("category {}", random.skewed_below(CATEGORIES)));
        let sku = Value::String(format!("sku {}", random.below(500)));
        fields.insert("product".into(), object(vec![("category", category), ("sku", sku)]));
    }
    if kind == PURCHASE {
        let total = Value::Double(random.below(20_000) as f64 / 100.0 + 0.001);
        fields.insert("commerce".into(), object(vec![("currencyCode", "EUR".into()), ("priceTotal", total)]));
    }
    Event { id: format!("e{number}"), timestamp_ms, fields }
}

/// The types of the fields of events.
pub fn types() -> std::collections::BTreeMap<String, Type> {
    let object = |fields: &[(&str, Type)]| {
        Type::Object(fields.iter().map(|(name, of)| (String::from(*name), of.clone())).collect())
    };
    let text = Type::String;
    [
        ("device", object(&[("type", text.clone())])),
        ("web", object(&[("name", text.clone()), ("siteSection", text.clone())])),
        ("product", object(&[("category", text.clone()), ("sku", text.clone())])),
        ("commerce", object(&[("currencyCode", text), ("priceTotal", Type::Number)])),
    ]
    .map(|(name, of)| (String::from(name), of))
    .into()
}
