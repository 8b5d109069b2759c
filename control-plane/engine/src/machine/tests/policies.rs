//! Merge policies: which fragment decides, and what becomes of profiles when that changes.

use acquaint_core::value::fields;
use acquaint_store::catalog::{Definition, Edit};
use acquaint_store::record::Body;
use serde_json::{Value as Json, json};

use super::{HOUR, NOW, World};
use crate::testing::{audience, fields_of, identity};

fn policy(json: Json) -> Definition {
    Definition::MergePolicy(serde_json::from_value(json).unwrap())
}

fn newest() -> Definition {
    policy(json!({"attributeMerge": {"type": "timestampOrdered"}}))
}

fn people_first() -> Definition {
    policy(json!({"attributeMerge": {"type": "dataSetPrecedence", "order": ["people"]}}))
}

/// With a second dataset of attributes, and the audience of those whose tier is gold.
fn world(policy: Definition) -> World {
    let more = json!({"id": "more-people", "schema": "person"});
    let gold = audience("gold", "continuous", r#"tier = "gold""#);
    World::new(vec![Definition::Dataset(serde_json::from_value(more).unwrap()), policy, gold])
}

fn upsert(dataset: &str, attributes: &Json) -> Body {
    let identities = vec![identity("crm", "ada")];
    Body::Upsert { message: None, dataset: dataset.into(), identities, attributes: fields_of(attributes) }
}

fn merged(world: &World) -> Json {
    let document = world.profile(&identity("crm", "ada"));
    Json::Object(fields::to_json(&world.engine.rules.policy.merge(&document.fragments)))
}

#[test]
fn a_changed_policy_merges_every_profile_anew_and_decides_at_that_instant() {
    let mut world = world(newest());
    let ada = identity("crm", "ada");
    world.send(NOW, [upsert("people", &json!({"tier": "gold"}))]);
    world.send(NOW + HOUR, [upsert("more-people", &json!({"tier": "tin"}))]);
    assert_eq!(world.audiences(&ada), Vec::<String>::new());
    let told = world.told().len();
    world.edit(vec![Edit::Put(people_first())], NOW + 2 * HOUR);
    world.drain();
    assert_eq!((merged(&world), world.audiences(&ada)), (json!({"tier": "gold"}), vec!["gold".to_owned()]));
    // Destinations that were sent the tier hear of it, and of the audience at the instant of the change.
    assert_eq!(world.told()[told..], ["1 changed".to_owned(), format!("1 +gold @{}", 2 * HOUR)]);
    world.edit(vec![Edit::Put(newest())], NOW + 3 * HOUR);
    world.drain();
    assert_eq!(world.audiences(&ada), Vec::<String>::new());
}

#[test]
fn a_record_that_comes_before_the_walk_does_is_judged_by_the_new_policy() {
    let mut world = world(newest());
    let ada = identity("crm", "ada");
    world.send(NOW, [upsert("people", &json!({"tier": "gold"}))]);
    world.send(NOW + 1, [upsert("more-people", &json!({"tier": "tin"}))]);
    world.edit(vec![Edit::Put(people_first())], NOW + 2);
    // The step of the catalogue, and then the record: the walk comes last.
    assert_eq!(world.engine.step(1).unwrap(), 1);
    world.store.append_records([(NOW + 3, upsert("more-people", &json!({"tier": "tin"})))]);
    world.drain();
    assert_eq!(world.audiences(&ada), ["gold"]);
    let entries: Vec<_> = world.told().into_iter().filter(|told| told.contains("gold")).collect();
    assert_eq!(entries, ["1 +gold @0", "1 -gold @1", "1 +gold @2"]);
}

#[test]
fn the_source_says_when_it_was_updated() {
    let mut world = world(newest());
    let at = |instant: &str, tier: &str| json!({"tier": tier, "extSourceSystemAudit": {"lastUpdatedDate": instant}});
    world.send(NOW, [upsert("people", &at("2017-12-20T00:00:00Z", "gold"))]);
    world.send(NOW + 1, [upsert("more-people", &at("2017-12-10T00:00:00Z", "tin"))]);
    assert_eq!(merged(&world)["tier"], "gold");
    world.send(NOW + 2, [upsert("people", &at("2017-12-01T00:00:00Z", "old"))]);
    assert_eq!(merged(&world)["tier"], "gold", "what is known is newer than the record");
}
