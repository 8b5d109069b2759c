//! Computed attributes of which somebody has to hear: time changes them, though no audience may hang on them.

use acquaint_store::catalog::{Definition, Edit};
use acquaint_store::record::Body;
use serde_json::json;

use super::{HOUR, NOW, World};
use crate::machine::next_timer;
use crate::testing::{event, identity};

/// How often somebody bought within three hours.
fn bought(keep_current: bool) -> Definition {
    let text = r#"xEvent[eventType = "buy"].count()"#;
    let attribute = json!({
        "id": "bought", "name": "bought", "expression": {"value": text},
        "duration": {"count": 3, "unit": "HOURS"}, "keepCurrent": keep_current,
    });
    Definition::ComputedAttribute(serde_json::from_value(attribute).unwrap())
}

fn dataset(ttl_days: u32) -> Definition {
    let dataset = json!({"id": "events", "schema": "deed", "ttlDays": ttl_days});
    Definition::Dataset(serde_json::from_value(dataset).unwrap())
}

fn buy(id: &str, at_ms: i64) -> Body {
    event(id, at_ms, &[identity("crm", "ada")], &json!({"eventType": "buy"}))
}

/// How often somebody was told that the profile has changed, by the end of it all.
fn told(definitions: Vec<Definition>, edits: Vec<Edit>) -> usize {
    let mut world = World::new(definitions);
    world.send(NOW, [buy("1", NOW)]);
    world.send(NOW + HOUR, [buy("2", NOW + HOUR)]);
    if !edits.is_empty() {
        world.edit(edits, NOW + HOUR);
    }
    let before = world.told().len();
    world.send(NOW + 100 * HOUR, [Body::Advance]);
    assert_eq!(next_timer(&*world.store).unwrap(), None);
    world.told()[before..].iter().filter(|told| *told == "1 changed").count()
}

#[test]
fn a_value_is_told_whenever_an_event_leaves_its_window_if_somebody_wants_to_hear() {
    let check = |definitions, edits, expected| assert_eq!(told(definitions, edits), expected);
    check(vec![bought(true)], vec![], 2);
    check(vec![bought(false)], vec![], 0);
    // Who begins to listen hears of those who are there already.
    check(vec![bought(false)], vec![Edit::Put(bought(true))], 2);
}

#[test]
fn a_value_is_told_when_its_events_were_kept_for_long_enough() {
    let ever = json!({
        "id": "bought", "name": "bought", "keepCurrent": true,
        "expression": {"value": r#"xEvent[eventType = "buy"].count()"#},
    });
    let ever = Definition::ComputedAttribute(serde_json::from_value(ever).unwrap());
    // One goes a day after the midnight at which it was, the other at the next.
    assert_eq!(told(vec![ever, dataset(1)], vec![]), 2);
}
