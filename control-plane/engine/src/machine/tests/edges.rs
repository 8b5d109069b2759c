//! What edges are owed: of whom, under which identity, in which region, and until when.

use acquaint_core::profile::Identity;
use acquaint_store::record::Body;
use serde_json::json;

use super::lifetimes::ask_to_erase;
use super::scenarios::{buy, buyers, link};
use super::{HOUR, NOW, World};
use crate::publish::{self, Edge, Slicer};
use crate::testing::{audience, fields_of, identity};

const DAY: i64 = 24 * HOUR;

/// Decided at the edge.
fn quick() -> acquaint_store::catalog::Definition {
    audience(
        "quick",
        "synchronous",
        r#"xEvent[eventType = "buy" and timestamp occurs <= 1 hours before now].count() >= 1"#,
    )
}

/// Somebody looks at a page that the edge of a region answers.
fn look_in(region: &str, id: &str, timestamp_ms: i64, who: &Identity) -> Body {
    let fields = fields_of(&json!({"eventType": "look"}));
    let event = acquaint_core::profile::Event { id: id.into(), timestamp_ms, fields };
    let (identities, from_edge) = (vec![who.clone()], Some(region.to_owned()));
    Body::Event { dataset: "events".into(), identities, event, from_edge }
}

fn look_at_edge(id: &str, timestamp_ms: i64, who: &Identity) -> Body {
    look_in("or2", id, timestamp_ms, who)
}

#[test]
fn the_edge_is_told_of_whom_it_has_seen_in_the_last_two_weeks() {
    let mut world = World::new(vec![quick()]);
    let phone = identity("device", "phone");
    // Whether the edge is sent what changes at an instant.
    let mut is_told = |at_ms: i64, body: Body| {
        world.send(at_ms, [body]);
        let owed = publish::owed(&*world.store, Edge::Only, None, 9).unwrap();
        let slicer = Slicer::new(publish::catalog_in_force(&*world.store).unwrap()).unwrap();
        let snapshot = acquaint_store::ProfileStore::snapshot(&*world.store);
        let told = |owed: &publish::Owed, at_ms| {
            slicer.project(&*snapshot, Edge::Only, owed, at_ms).unwrap().projections.len()
        };
        let sent: usize = owed.iter().map(|owed| told(owed, at_ms)).sum();
        // What is owed for longer than the edge keeps it is not sent any more.
        assert!(owed.iter().all(|owed| told(owed, at_ms + 14 * DAY) == 0));
        publish::acknowledged(&*world.store, Edge::Only, &owed).unwrap();
        (owed.len(), sent)
    };
    assert_eq!(is_told(NOW, look_at_edge("1", NOW, &phone)), (1, 1));
    let (last, visit) = (NOW + 14 * DAY - 1, NOW + 30 * DAY);
    assert_eq!(is_told(last, buy("2", last, &[&phone])), (1, 1));
    assert_eq!(is_told(last + 1, buy("3", last + 1, &[&phone])), (0, 0));
    assert_eq!(is_told(visit, look_at_edge("4", visit, &phone)), (1, 1));
    assert_eq!(is_told(visit + DAY, buy("5", visit + DAY, &[&phone])), (1, 1));
}

#[test]
fn profiles_the_edge_knows_are_owed_to_it_until_it_has_them() {
    let mut world = World::new(vec![quick(), buyers()]);
    let (ada, phone) = (identity("crm", "ada"), identity("device", "phone"));
    world.send(NOW, [buy("1", NOW, &[&phone])]);
    assert_eq!(publish::owed(&*world.store, Edge::Only, None, 9).unwrap(), []);
    world.send(NOW, [look_at_edge("2", NOW, &phone)]);
    let owed = publish::owed(&*world.store, Edge::Only, None, 9).unwrap();
    assert_eq!(owed.len(), 1);
    let slicer = Slicer::new(publish::catalog_in_force(&*world.store).unwrap()).unwrap();
    let snapshot = acquaint_store::ProfileStore::snapshot(&*world.store);
    let sent = slicer.project(&*snapshot, Edge::Only, &owed[0], NOW).unwrap().projections;
    assert_eq!(sent.len(), 1);
    let (under, projection) = &sent[0];
    assert_eq!((under, projection.position), (&phone, world.engine.progress().position));
    assert_eq!(projection.state.streams.len(), 1, "only what the edge audiences need");
    // It changes again before the edge has answered: still owed.
    world.send(NOW, [link(&[&ada, &phone])]);
    publish::acknowledged(&*world.store, Edge::Only, &owed).unwrap();
    let owed = publish::owed(&*world.store, Edge::Only, None, 9).unwrap();
    let snapshot = acquaint_store::ProfileStore::snapshot(&*world.store);
    let under: Vec<_> = slicer.project(&*snapshot, Edge::Only, &owed[0], NOW).unwrap().projections;
    assert_eq!(under.into_iter().map(|(under, _)| under).collect::<Vec<_>>(), [ada, phone]);
    publish::acknowledged(&*world.store, Edge::Only, &owed).unwrap();
    assert_eq!(publish::owed(&*world.store, Edge::Only, None, 9).unwrap(), []);
}

/// The edges of these regions, and what each has been sent since it was last asked.
struct Edges<'a> {
    world: &'a mut World,
    regions: Vec<&'a str>,
}

impl Edges<'_> {
    /// Shares what is owed, sends it, and has it acknowledged: under which identities each region was told, and of how many
    /// who were erased.
    fn told(&mut self, at_ms: i64) -> Vec<(&str, Vec<String>, usize)> {
        let store = &*self.world.store;
        let slicer = Slicer::new(publish::catalog_in_force(store).unwrap()).unwrap();
        publish::share(store, &slicer, &self.regions, at_ms, 100).unwrap();
        assert_eq!(publish::owed(store, Edge::Only, None, 9).unwrap(), []);
        let told = self.regions.iter().map(|region| {
            let edge = Edge::In(region);
            let owed = publish::owed(store, edge, None, 9).unwrap();
            let (mut under, mut forgotten) = (Vec::new(), 0);
            for owed in &owed {
                let batch = slicer.project(store, edge, owed, at_ms).unwrap();
                under.extend(batch.projections.into_iter().map(|(identity, _)| identity.id));
                forgotten += batch.forgotten.len();
            }
            publish::acknowledged(store, edge, &owed).unwrap();
            assert_eq!(publish::owed(store, edge, None, 9).unwrap(), []);
            (*region, under, forgotten)
        });
        told.filter(|(_, under, forgotten)| !under.is_empty() || *forgotten > 0).collect()
    }

    fn check(&mut self, at_ms: i64, body: Body, expected: &[(&str, &[&str])]) {
        self.world.send(at_ms, [body]);
        let told = self.told(at_ms);
        let told: Vec<(&str, Vec<&str>)> = told
            .iter()
            .map(|(region, under, _)| (*region, under.iter().map(String::as_str).collect()))
            .collect();
        let expected: Vec<_> = expected.iter().map(|(region, under)| (*region, under.to_vec())).collect();
        assert_eq!(told, expected);
    }
}

#[test]
fn each_edge_is_told_of_whom_its_region_has_seen_in_the_last_two_weeks() {
    let mut world = World::new(vec![quick()]);
    let (phone, tablet) = (identity("device", "phone"), identity("device", "tablet"));
    let mut edges = Edges { world: &mut world, regions: vec!["irl1", "or2"] };
    edges.check(NOW, look_in("or2", "1", NOW, &phone), &[("or2", &["phone"])]);
    edges.check(
        NOW + DAY,
        look_in("irl1", "2", NOW + DAY, &phone),
        &[("irl1", &["phone"]), ("or2", &["phone"])],
    );
    // Of one person under one identity here and another there.
    let at = NOW + 2 * DAY;
    edges.check(at, look_in("irl1", "3", at, &tablet), &[("irl1", &["tablet"])]);
    let both: [(&str, &[&str]); 2] = [("irl1", &["phone", "tablet"]), ("or2", &["phone"])];
    edges.check(at, link(&[&phone, &tablet]), &both);
    let at = NOW + 14 * DAY;
    edges.check(at, buy("4", at, &[&phone]), &[("irl1", &["phone", "tablet"])]);
    let at = NOW + 40 * DAY;
    edges.check(at, buy("5", at, &[&phone]), &[]);
    edges.check(at, look_in("sgp3", "6", at, &phone), &[]);
    // Everybody is told of those of whom edges are always told.
    let ada = identity("crm", "ada");
    edges.check(at, buy("7", at, &[&ada]), &[("irl1", &["ada"]), ("or2", &["ada"])]);
}

#[test]
fn an_edge_that_is_away_keeps_no_other_waiting_and_one_that_is_gone_owes_to_the_rest() {
    let mut world = World::new(vec![quick()]);
    let ada = identity("crm", "ada");
    world.send(NOW, [look_in("or2", "1", NOW, &ada)]);
    let store = &*world.store;
    let slicer = Slicer::new(publish::catalog_in_force(store).unwrap()).unwrap();
    assert_eq!(publish::share(store, &slicer, &["irl1", "or2"], NOW, 9).unwrap(), 1);
    let here = publish::owed(store, Edge::In("or2"), None, 9).unwrap();
    publish::acknowledged(store, Edge::In("or2"), &here).unwrap();
    let there = publish::owed(store, Edge::In("irl1"), None, 9).unwrap();
    assert_eq!((there.len(), publish::owed(store, Edge::In("or2"), None, 9).unwrap().len()), (1, 0));
    // What changes meanwhile is owed anew, and what was sent before is not taken for it.
    world.send(NOW + 1, [look_in("or2", "2", NOW + 1, &ada)]);
    let store = &*world.store;
    publish::share(store, &slicer, &["irl1", "or2"], NOW, 9).unwrap();
    publish::acknowledged(store, Edge::In("irl1"), &there).unwrap();
    assert_eq!(publish::owed(store, Edge::In("irl1"), None, 9).unwrap().len(), 1);
    publish::reclaim(store, &["or2"]).unwrap();
    assert_eq!(publish::owed(store, Edge::In("irl1"), None, 9).unwrap(), []);
    assert_eq!(publish::owed(store, Edge::In("or2"), None, 9).unwrap().len(), 1, "what is there stays");
    let again = publish::owed(store, Edge::Only, None, 9).unwrap();
    assert_eq!(again.iter().map(|owed| owed.profile.0).collect::<Vec<_>>(), [1]);
}

#[test]
fn every_region_that_ever_saw_a_person_is_told_that_they_were_erased() {
    let mut world = World::new(vec![quick()]);
    let phone = identity("device", "phone");
    world.send(NOW, [look_in("or2", "1", NOW, &phone)]);
    world.send(NOW + 20 * DAY, [look_in("irl1", "2", NOW + 20 * DAY, &phone)]);
    ask_to_erase(&world, "e", NOW);
    world.send(NOW + 20 * DAY, [Body::Erase { request: "e".into(), identities: vec![phone] }]);
    let mut edges = Edges { world: &mut world, regions: vec!["irl1", "or2", "sgp3"] };
    let told = edges.told(NOW + 20 * DAY);
    assert_eq!(told, [("irl1", vec![], 1), ("or2", vec![], 1)]);
}
