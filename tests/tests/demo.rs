//! The demo's outcome against the oracle, the edge against the control plane, and all of it again after a crash.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};

use acquaint_tests::demo_data::{self, AS_OF};
use acquaint_tests::{Environment, System, membership, oracle};
use serde_json::{Value, json};

/// The instant in the oracle's words.
const ORACLE_NOW: &str = "2018-01-01 08:00:00";

fn environment() -> Environment {
    Environment::from_variables().unwrap()
}

/// Every household of the data: the ones the oracle names do not suffice, non-members count too.
fn households(environment: &Environment) -> BTreeSet<String> {
    let batches = demo_data::live_batches(environment, 0).unwrap();
    let live = batches.iter().flat_map(|batch| batch["batch"].as_array().unwrap());
    let named = oracle::members(environment, ORACLE_NOW).unwrap().into_values().flatten();
    live.map(|message| message["userId"].as_str().unwrap().to_owned()).chain(named).collect()
}

fn check_members(system: &System, environment: &Environment) {
    let expected = oracle::members(environment, ORACLE_NOW).unwrap();
    let found = membership::by_audience(&system.control, &households(environment)).unwrap();
    let counts: BTreeMap<String, u64> = system.control.counts().unwrap().into_iter().collect();
    for (audience, households) in &expected {
        assert_eq!(found.get(audience).cloned().unwrap_or_default(), *households, "members of {audience}");
        assert_eq!(counts[audience], households.len() as u64, "count of {audience}");
    }
    assert_eq!(counts.len(), expected.len(), "an audience is missing from the oracle");
}

/// What the receiver believes must be what was decided.
fn check_deliveries(system: &System, environment: &Environment) {
    system.delivered().unwrap();
    let expected = oracle::members(environment, ORACLE_NOW).unwrap();
    let received = system.receiver.members().unwrap();
    for audience in ["lapsed-heavy-buyers", "high-spend-this-week", "baby-families", "valued-homeowners"] {
        let households: BTreeSet<String> =
            serde_json::from_value(received[audience].clone()).unwrap_or_default();
        assert_eq!(households, expected[audience], "members of {audience} at the receiver");
    }
    let tally = system.receiver.tally().unwrap();
    assert_eq!(tally.refused, 0, "{tally:?}");
    assert_eq!(tally.verified, tally.requests, "{tally:?}");
}

fn event(event_type: &str, fields: Value) -> Value {
    let mut event = json!({ "eventType": event_type, "timestamp": AS_OF });
    for (name, value) in fields.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

#[test]
fn members_are_those_of_the_oracle_and_the_edge_agrees() {
    let environment = environment();
    let folder = tempfile::tempdir().unwrap();
    let system = System::start(&environment, folder.path(), Some(AS_OF)).unwrap();
    system.load(&environment, 0, |_| ()).unwrap();
    check_members(&system, &environment);
    check_deliveries(&system, &environment);

    // A lookup that is no event of any audience: the edge answers from the projection alone.
    let nothing = event("web.webpagedetails.pageViews", json!({}));
    let all = households(&environment);
    for household in &all {
        let edge = membership::at_edge(&system.edge, household, nothing.clone()).unwrap();
        let hub = membership::at_control_plane(&system.control, household).unwrap();
        assert_eq!(edge, hub, "household {household}");
    }

    // Events at the edge: its answers at once must be the control plane's when it has heard of them.
    let purchase = event(
        "commerce.purchases",
        json!({ "commerce": { "order": { "purchaseID": "web-1", "priceTotal": 60.5 } },
                "productListItems": [{ "SKU": "1", "priceTotal": 60.5, "quantity": 1, "category": "BABY FOODS", "brand": "Private" }] }),
    );
    let redemption = event(
        "commerce.couponRedemptions",
        json!({ "commerce": { "coupon": { "upc": "1", "campaign": "27" } } }),
    );
    let mut answers = BTreeMap::new();
    for (number, household) in all.iter().enumerate().filter(|(number, _)| number % 5 == 0) {
        let first = if number % 10 == 0 { &purchase } else { &redemption };
        membership::at_edge(&system.edge, household, first.clone()).unwrap();
        let answer = membership::at_edge(&system.edge, household, purchase.clone()).unwrap();
        answers.insert(household.clone(), answer);
    }
    system.edge_drained().unwrap();
    let decided_at_edge = edge_audiences(&system);
    for (household, answer) in &answers {
        let hub = membership::at_control_plane(&system.control, household).unwrap();
        let at_once: BTreeSet<_> = answer.intersection(&decided_at_edge).collect();
        assert_eq!(
            at_once,
            hub.intersection(&decided_at_edge).collect(),
            "household {household} in the same request"
        );
    }
    // What is decided elsewhere follows with the projection; then every audience agrees again.
    system.delivered().unwrap();
    for household in answers.keys() {
        let edge = membership::at_edge(&system.edge, household, nothing.clone()).unwrap();
        let hub = membership::at_control_plane(&system.control, household).unwrap();
        assert_eq!(edge, hub, "household {household} after its events");
    }
}

/// The audiences that are evaluated in the request.
fn edge_audiences(system: &System) -> BTreeSet<String> {
    let list = system.control.admin.get("/data/core/ups/audiences?limit=1000").unwrap().ok().unwrap();
    let synchronous = |audience: &&Value| audience["evaluationInfo"]["synchronous"]["enabled"] == json!(true);
    let ids: BTreeSet<String> = list["children"]
        .as_array()
        .unwrap()
        .iter()
        .filter(synchronous)
        .map(|audience| audience["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 6, "{ids:?}");
    ids
}

#[test]
fn a_kill_in_the_middle_of_the_replay_changes_nothing() {
    let environment = environment();
    let folder = tempfile::tempdir().unwrap();
    let mut system = System::start(&environment, folder.path(), Some(AS_OF)).unwrap();
    demo_data::apply(&system.control, &environment).unwrap();
    for (source, file) in demo_data::FILES {
        demo_data::import(&system.control, &environment, source, file, 0).unwrap();
    }
    let batches = demo_data::live_batches(&environment, 0).unwrap();
    let tills = demo_data::tills(system.control.url());
    for (number, batch) in batches.iter().enumerate() {
        if [3, 10, 17].contains(&number) {
            // The engine is behind the log here: what was acknowledged has not been decided yet.
            system.crash_control_plane(&environment, folder.path()).unwrap();
            // A client that never saw the answer sends the batch again.
            demo_data::send(&tills, &batches[number - 1]).unwrap();
        }
        demo_data::send(&tills, batch).unwrap();
    }
    system.crash_control_plane(&environment, folder.path()).unwrap();
    system.control.settle().unwrap();
    system.control.cli(["batch", "run", "--wait"]).unwrap();
    check_members(&system, &environment);
    check_deliveries(&system, &environment);
}

#[test]
fn the_expected_counts_of_the_demo_are_those_of_the_oracle() {
    let environment = environment();
    let text = std::fs::read_to_string(environment.demo_data().join("expected.json")).unwrap();
    let expected: BTreeMap<String, usize> = serde_json::from_str(&text).unwrap();
    let members = oracle::members(&environment, ORACLE_NOW).unwrap();
    let counted: BTreeMap<String, usize> =
        members.into_iter().map(|(audience, all)| (audience, all.len())).collect();
    assert_eq!(expected, counted);
}
