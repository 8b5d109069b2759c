//! Propositions as clients are sent them, and get them back from (`edge-api.md` section 6).

use acquaint_core::value::Value;
use acquaint_core::wire::{Offer, Split};
use serde_json::{Map, json};

use super::items;
use crate::request::Personalization;

/// The propositions of the chosen offers of one event, in their order.
pub fn propositions(
    offers: &[Offer],
    chosen: &[u32],
    wanted: &Personalization,
    request_id: &str,
) -> Vec<serde_json::Value> {
    let mut rank = (None, 0_u32);
    let mut found = Vec::new();
    for offer in chosen.iter().filter_map(|number| offers.get(*number as usize)) {
        rank = (Some(&offer.scope), if rank.0 == Some(&offer.scope) { rank.1 + 1 } else { 1 });
        let mut proposition = Map::new();
        proposition.insert("id".into(), format!("{request_id}:{}", offer.id).into());
        proposition.insert("scope".into(), offer.scope.clone().into());
        proposition.insert("scopeDetails".into(), scope_details(offer, rank.1));
        proposition.insert("items".into(), items(offer, wanted).map(|item| item_json(offer, item)).collect());
        found.push(proposition.into());
    }
    found
}

/// What the display notification carries back as it is. `activity.id` and the token are the offer, `experience.id` is the
/// arm of an experiment.
pub(super) fn scope_details(offer: &Offer, rank: u32) -> serde_json::Value {
    let mut details = Map::new();
    details.insert("decisionProvider".into(), "AJO".into());
    details.insert("correlationID".into(), offer.id.clone().into());
    details.insert("activity".into(), json!({ "id": offer.id }));
    if let Some(split) = &offer.split {
        let arm = arm(split);
        details.insert("experience".into(), json!({ "id": arm }));
        details.insert(
            "strategies".into(),
            json!([{ "strategyID": split.experiment, "treatmentID": arm, "trafficType": "experiment" }]),
        );
    }
    details.insert("rank".into(), rank.into());
    let mut characteristics = Map::new();
    characteristics.insert("eventToken".into(), offer.id.clone().into());
    if offer.view {
        characteristics.insert("scopeType".into(), "view".into());
    }
    details.insert("characteristics".into(), characteristics.into());
    details.into()
}

/// The arm of an experiment: the experiment and the part, in percent, like `hero:0-50`.
pub fn arm(split: &Split) -> String {
    let percent = |hundredths: u16| {
        let whole = hundredths / 100;
        match (hundredths / 10 % 10, hundredths % 10) {
            (0, 0) => whole.to_string(),
            (tenths, 0) => format!("{whole}.{tenths}"),
            (tenths, rest) => format!("{whole}.{tenths}{rest}"),
        }
    };
    format!("{}:{}-{}", split.experiment, percent(split.from), percent(split.to))
}

/// The first item is named like the offer. Content is named in its data too (`edge-api.md` section 6).
fn item_json(offer: &Offer, (index, schema, data): (usize, &str, &Value)) -> serde_json::Value {
    let mut item = Map::new();
    let id = if index == 0 { offer.id.clone() } else { format!("{}:{index}", offer.id) };
    item.insert("id".into(), id.clone().into());
    item.insert("schema".into(), schema.into());
    if *data != Value::Null {
        let mut data = data.to_json();
        if let Some(content) = data.as_object_mut().filter(|content| content.contains_key("content"))
            && schema.ends_with("-content-item")
        {
            content.entry("id").or_insert_with(|| id.into());
        }
        item.insert("data".into(), data);
    }
    item.into()
}

#[cfg(test)]
mod tests {
    use acquaint_core::wire::Item;

    use super::*;

    fn check(offer: &Offer, schemas: &[&str], expected: &serde_json::Value) {
        let wanted = Personalization {
            schemas: schemas.iter().map(|schema| (*schema).to_owned()).collect(),
            ..Personalization::default()
        };
        assert_eq!(
            propositions(std::slice::from_ref(offer), &[0], &wanted, "r"),
            std::slice::from_ref(expected)
        );
    }

    #[test]
    fn an_arm_of_an_experiment_is_named_where_notifications_carry_it_back() {
        let split = Split { experiment: "colour".into(), from: 0, to: 3_350 };
        let offer = Offer {
            id: "o".into(),
            scope: "hero".into(),
            schema: "html".into(),
            data: Value::from("x"),
            split: Some(split),
            ..Offer::default()
        };
        let expected = json!({
            "id": "r:o",
            "scope": "hero",
            "scopeDetails": {
                "decisionProvider": "AJO",
                "correlationID": "o",
                "activity": { "id": "o" },
                "experience": { "id": "colour:0-33.5" },
                "strategies": [{ "strategyID": "colour", "treatmentID": "colour:0-33.5", "trafficType": "experiment" }],
                "rank": 1,
                "characteristics": { "eventToken": "o" },
            },
            "items": [{ "id": "o", "schema": "html", "data": "x" }],
        });
        check(&offer, &[], &expected);
    }

    #[test]
    fn the_ends_of_an_arm_are_percents_without_needless_digits() {
        let check = |from: u16, to: u16, expected: &str| {
            assert_eq!(arm(&Split { experiment: "e".into(), from, to }), format!("e:{expected}"));
        };
        check(0, 10_000, "0-100");
        check(5, 1_050, "0.05-10.5");
        check(10, 1_001, "0.1-10.01");
        check(3_333, 6_667, "33.33-66.67");
    }

    #[test]
    fn a_view_says_that_it_is_one() {
        let of = |view| {
            let offer = Offer { id: "o".into(), view, ..Offer::default() };
            scope_details(&offer, 1)["characteristics"].clone()
        };
        assert_eq!(of(true), json!({ "eventToken": "o", "scopeType": "view" }));
        assert_eq!(of(false), json!({ "eventToken": "o" }));
    }

    #[test]
    fn content_is_named_in_its_data_unless_it_has_a_name() {
        let check = |schema: &str, data: serde_json::Value, expected: &serde_json::Value| {
            let data = Value::from_json(&data, 8).unwrap();
            let offer = Offer { id: "o".into(), schema: schema.into(), data, ..Offer::default() };
            assert_eq!(item_json(&offer, (0, schema, &offer.data))["data"], *expected);
        };
        check("html-content-item", json!({ "content": "x" }), &json!({ "content": "x", "id": "o" }));
        check("json-content-item", json!({ "content": {}, "id": "i" }), &json!({ "content": {}, "id": "i" }));
        check("default-content-item", json!({}), &json!({}));
        check("dom-action", json!({ "content": "x" }), &json!({ "content": "x" }));
    }

    #[test]
    fn items_without_data_have_none_and_those_that_cannot_be_shown_are_left_out() {
        let item = |schema: &str| Item { schema: schema.into(), data: Value::Null };
        let offer = Offer {
            id: "o".into(),
            scope: "hero".into(),
            schema: "default".into(),
            more: vec![item("dom"), item("html")],
            ..Offer::default()
        };
        let details = scope_details(&offer, 1);
        let expected = json!({
            "id": "r:o",
            "scope": "hero",
            "scopeDetails": details,
            "items": [{ "id": "o", "schema": "default" }, { "id": "o:2", "schema": "html" }],
        });
        check(&offer, &["default", "html"], &expected);
    }
}
