//! A grocer's year as it was, from `tests/data/complete_journey`: who shopped when and for how much, and who was written
//! to. It is put into the words of the benchmark's rules, so that all engines decide the same rules over it: a basket is
//! a purchase in the category of its dearest item's department, a campaign is an e-mail, a household's income its tier.

use std::collections::BTreeMap;

use acquaint_core::profile::Event;
use acquaint_core::value::{Fields, Value};
use acquaint_tests::demo_data::{self, instant_ms};
use acquaint_tests::environment::Environment;
use serde_json::Value as Json;

use crate::stream::Stream;

/// The categories of the rules.
const CATEGORIES: usize = 40;
/// How long after the last event it is asked who is in what.
const AFTER_MS: i64 = 60 * 60 * 1_000;

/// The year, of each household so many times.
pub(crate) struct Journey {
    copies: u64,
    tiers: Vec<Option<&'static str>>,
    /// Person and event of one copy, oldest first.
    rows: Vec<(u64, Event)>,
}

impl Journey {
    /// Reads the files.
    pub(crate) fn read(environment: &Environment, copies: u64) -> Self {
        let mut people: BTreeMap<String, u64> = BTreeMap::new();
        let mut departments: BTreeMap<String, usize> = BTreeMap::new();
        let mut rows: Vec<(String, Event)> = Vec::new();
        for basket in demo_data::baskets(environment).unwrap() {
            let category = dearest_department(&basket).map(|department| {
                let next = departments.len() % CATEGORIES;
                format!("c{}", departments.entry(department).or_insert(next))
            });
            let mut fields = kind("commerce.purchases");
            fields.extend(category.map(|category| ("category".to_owned(), Value::String(category))));
            fields.insert("total".into(), Value::Double(basket["price_total"].as_f64().unwrap()));
            rows.push(row(&basket, "basket_id", "purchased_at", fields));
        }
        for sent in demo_data::campaigns(environment).unwrap() {
            rows.push(row(&sent, "send_id", "sent_at", kind("email.open")));
        }
        rows.sort_by(|(_, left), (_, right)| {
            (left.timestamp_ms, &left.id).cmp(&(right.timestamp_ms, &right.id))
        });
        let rows: Vec<(u64, Event)> = rows
            .into_iter()
            .map(|(household, event)| {
                let next = people.len() as u64;
                (*people.entry(household).or_insert(next), event)
            })
            .collect();
        let mut tiers = vec![None; people.len()];
        for (household, income) in demo_data::incomes(environment).unwrap() {
            if let Some(person) = people.get(&household) {
                tiers[usize::try_from(*person).unwrap()] = tier_of(&income);
            }
        }
        Self { copies, tiers, rows }
    }

    fn row(&self, number: u64) -> &(u64, Event) {
        &self.rows[usize::try_from(number / self.copies).unwrap()]
    }
}

impl Stream for Journey {
    fn people(&self) -> u64 {
        self.tiers.len() as u64 * self.copies
    }

    fn events(&self) -> u64 {
        self.rows.len() as u64 * self.copies
    }

    fn person(&self, number: u64) -> u64 {
        self.row(number).0 * self.copies + number % self.copies
    }

    fn event(&self, number: u64) -> Event {
        let event = self.row(number).1.clone();
        Event { id: format!("{}-{}", event.id, number % self.copies), ..event }
    }

    fn at_ms(&self, number: u64) -> i64 {
        self.row(number).1.timestamp_ms
    }

    fn end_ms(&self) -> i64 {
        self.rows.last().unwrap().1.timestamp_ms + AFTER_MS
    }

    fn tier(&self, person: u64) -> Option<&'static str> {
        self.tiers[usize::try_from(person / self.copies).unwrap()]
    }
}

fn kind(event_type: &str) -> Fields {
    Fields::from([("eventType".to_owned(), Value::String(event_type.into()))])
}

/// The household of a row, and its event.
fn row(row: &Json, id: &str, at: &str, fields: Fields) -> (String, Event) {
    let id = row[id].as_str().unwrap().to_owned();
    let timestamp_ms = instant_ms(row[at].as_str().unwrap()).unwrap();
    (row["household_id"].to_string(), Event { id, timestamp_ms, fields })
}

fn dearest_department(basket: &Json) -> Option<String> {
    let price = |item: &&Json| item["priceTotal"].as_f64().unwrap_or(0.0);
    let items = basket["items"].as_array()?;
    let dearest = items.iter().max_by(|left, right| price(left).total_cmp(&price(right)))?;
    Some(dearest["department"].as_str()?.to_owned())
}

fn tier_of(income: &str) -> Option<&'static str> {
    match income {
        "Under 15K" | "15-24K" | "25-34K" => Some("bronze"),
        "35-49K" | "50-74K" => Some("silver"),
        "" => None,
        _ => Some("gold"),
    }
}
