//! Each message once, whoever else is sending it.

use std::sync::{Arc, Barrier};

use acquaint_store::record::Body;
use acquaint_store::{Log, Table, Topic};
use serde_json::json;

use super::Rules;
use super::intake::{Accepted, Intake};
use super::quarantine::{self, Origin, Quarantined};
use crate::machine::Engine;
use crate::testing::{MemoryStore, catalog, event, identity};

const NOW: i64 = 1_514_764_800_000;

fn seen(id: &str) -> Body {
    event(id, NOW, &[identity("crm", "ada")], &json!({}))
}

fn upsert() -> Body {
    Body::Upsert {
        message: None,
        dataset: "people".into(),
        identities: vec![identity("crm", "ada")],
        attributes: acquaint_core::value::Fields::new(),
    }
}

fn accept(intake: &Intake<MemoryStore>, bodies: Vec<Body>) -> Vec<(u64, bool)> {
    let answers = intake.accept(NOW, bodies).unwrap();
    answers.into_iter().map(|Accepted { position, duplicate }| (position, duplicate)).collect()
}

#[test]
fn a_duplicate_gets_the_position_of_the_original() {
    let store = Arc::new(MemoryStore::default());
    let intake = Intake::open(Arc::clone(&store)).unwrap();
    let answers = accept(&intake, vec![seen("a"), upsert(), seen("b"), seen("a"), upsert()]);
    assert_eq!(answers, [(1, false), (2, false), (3, false), (1, true), (4, false)]);
    assert_eq!(accept(&intake, vec![seen("b"), seen("c"), seen("b")]), [(3, true), (5, false), (3, true)]);
    assert_eq!(store.end(Topic::Records), 5);
}

#[test]
fn what_the_engine_has_not_seen_yet_is_known_after_a_restart() {
    let store = Arc::new(MemoryStore::default());
    accept(&Intake::open(Arc::clone(&store)).unwrap(), vec![seen("a"), seen("b")]);
    let again = Intake::open(Arc::clone(&store)).unwrap();
    assert_eq!(accept(&again, vec![seen("b")]), [(2, true)]);
}

#[test]
fn what_the_engine_has_applied_is_known_for_good() {
    let store = Arc::new(MemoryStore::default());
    accept(&Intake::open(Arc::clone(&store)).unwrap(), vec![seen("a"), seen("b")]);
    let mut engine = Engine::open(Arc::clone(&store)).unwrap();
    while engine.step(100).unwrap() > 0 {}
    let again = Intake::open(Arc::clone(&store)).unwrap();
    assert_eq!(accept(&again, vec![seen("b"), seen("b")]), [(2, true), (2, true)]);
    assert_eq!(store.end(Topic::Records), 2);
}

#[test]
fn calls_with_the_same_messages_at_once_write_each_of_them_once() {
    for _ in 0..50 {
        let store = Arc::new(MemoryStore::default());
        let intake = Intake::open(Arc::clone(&store)).unwrap();
        let start = Barrier::new(4);
        let (start, intake) = (&start, &intake);
        let answers: Vec<Vec<(u64, bool)>> = std::thread::scope(|scope| {
            let callers: Vec<_> = [["a", "b"], ["b", "a"], ["a", "c"], ["c", "b"]]
                .into_iter()
                .map(|messages| {
                    scope.spawn(move || {
                        start.wait();
                        accept(intake, messages.map(seen).to_vec())
                    })
                })
                .collect();
            callers.into_iter().map(|caller| caller.join().unwrap()).collect()
        });
        assert_eq!(store.end(Topic::Records), 3);
        assert_eq!(answers.iter().flatten().filter(|(_, duplicate)| !duplicate).count(), 3);
        assert_eq!((answers[0][0].0, answers[0][1].0), (answers[1][1].0, answers[1][0].0));
    }
}

#[test]
fn a_message_whose_write_failed_can_be_sent_again() {
    let store = Arc::new(MemoryStore::default());
    let intake = Intake::open(Arc::clone(&store)).unwrap();
    store.fail_append();
    assert!(intake.accept(NOW, vec![seen("a")]).is_err());
    assert_eq!(accept(&intake, vec![seen("a")]), [(1, false)]);
}

#[test]
fn refused_records_are_listed_replayed_and_removed() {
    let store = MemoryStore::default();
    let row = json!({"who": 7, "tier": "gold"});
    let mut catalog = catalog();
    let members = catalog.sources.remove("members").unwrap();
    let refused = |at_ms: i64| {
        let refusal = quarantined(at_ms, &row).replay(&Rules::new(&catalog)).unwrap_err();
        Quarantined { refusal, ..quarantined(at_ms, &row) }
    };
    quarantine::put(&store, &[refused(NOW + 1), refused(NOW)]).unwrap();
    let listed = quarantine::list(&store, None, 10).unwrap();
    let times: Vec<i64> = listed.iter().map(|(_, record)| record.received_ms).collect();
    assert_eq!((times, listed[0].1.refusal.code.as_str()), (vec![NOW, NOW + 1], "no_source"));
    assert_eq!(quarantine::list(&store, Some(listed[0].0), 10).unwrap(), listed[1..]);

    catalog.sources.insert("members".into(), members);
    let (ticket, record) = &listed[0];
    assert_eq!(quarantine::get(&store, *ticket).unwrap().as_ref(), Some(record));
    let bodies = record.replay(&Rules::new(&catalog)).unwrap();
    assert!(matches!(bodies.as_slice(), [Body::Upsert { .. }]));
    quarantine::remove(&store, &[*ticket]).unwrap();
    assert_eq!(quarantine::get(&store, *ticket).unwrap(), None);
    assert_eq!(store.rows(Table::Quarantine).len(), 1);
}

fn quarantined(received_ms: i64, row: &serde_json::Value) -> Quarantined {
    Quarantined {
        received_ms,
        origin: Origin::Row,
        source: "members".into(),
        fallback_id: String::new(),
        refusal: super::Refusal::new("", "", ""),
        raw: row.to_string(),
        place: None,
    }
}
