//! Tests of references between definitions.

use serde_json::{Value as Json, json};

use super::super::decode::put_all;
use super::*;

fn check(documents: &[Json], expected: &[(&str, &str, &str)]) {
    let mut catalog = Catalog::default();
    put_all(&mut catalog, documents, 1).unwrap();
    let found = super::check(&catalog);
    let found: Vec<_> = found.iter().map(|f| (f.id.as_str(), f.pointer.as_str(), f.code.as_str())).collect();
    assert_eq!(found, expected);
}

fn schema(id: &str, class: &str) -> Json {
    json!({"kind": "schema", "id": id, "class": class, "properties": {}})
}

#[test]
fn what_is_referred_to_must_be_there() {
    check(
        &[
            json!({"kind": "dataset", "id": "d", "schema": "nowhere"}),
            json!({"kind": "source", "id": "s", "eventDataset": "gone", "identities": [{"from": "x", "namespace": "crm"}]}),
            json!({"kind": "dataflow", "id": "f", "destination": "away", "audiences": ["lost"]}),
            json!({"kind": "offer", "id": "o", "scope": "hero", "audience": "lost", "schema": "x", "data": {}}),
        ],
        &[
            ("d", "/schema", "dangling-reference"),
            ("s", "/eventDataset", "dangling-reference"),
            ("s", "/identities/0/namespace", "dangling-reference"),
            ("o", "/audience", "dangling-reference"),
            ("f", "/audiences/0", "dangling-reference"),
            ("f", "/destination", "dangling-reference"),
        ],
    );
}

#[test]
fn a_dataset_of_the_wrong_class_is_refused() {
    check(
        &[
            schema("e", "event"),
            json!({"kind": "dataset", "id": "d", "schema": "e"}),
            json!({"kind": "source", "id": "s", "profileDataset": "d"}),
        ],
        &[("s", "/profileDataset", "wrong-class")],
    );
}

#[test]
fn names_and_write_keys_are_unique() {
    let audience =
        |id: &str| json!({"kind": "audience", "id": id, "name": "N", "expression": {"value": "x"}});
    let source = |id: &str| json!({"kind": "source", "id": id, "writeKey": "k", "eventDataset": "d"});
    check(
        &[
            schema("e", "event"),
            json!({"kind": "dataset", "id": "d", "schema": "e"}),
            source("s1"),
            source("s2"),
            audience("a1"),
            audience("a2"),
        ],
        &[("s2", "/writeKey", "not-unique"), ("a2", "/name", "not-unique")],
    );
}

#[test]
fn a_destination_at_the_edge_takes_no_calculated_field() {
    let connection = json!({"type": "customPersonalization", "datastream": "shop", "alias": "s"});
    check(
        &[
            schema("e", "event"),
            json!({"kind": "dataset", "id": "d", "schema": "e"}),
            json!({"kind": "datastream", "id": "shop", "dataset": "d", "org": "o"}),
            json!({"kind": "destination", "id": "page", "connection": connection}),
            json!({"kind": "dataflow", "id": "f", "destination": "page", "audiences": [],
                "mapping": [{"from": "a", "to": "a"}, {"calculated": "upper(a)", "to": "b"}]}),
        ],
        &[("f", "/mapping/1/calculated", "unsupported")],
    );
}

#[test]
fn one_language_and_schedules_for_files_only() {
    check(
        &[
            json!({"kind": "audience", "id": "a", "name": "A", "expression": {"type": "SQL", "value": "x"}}),
            json!({"kind": "destination", "id": "web", "connection": {"type": "httpApi", "url": "u", "secret": "s"}}),
            json!({"kind": "dataflow", "id": "f", "destination": "web", "audiences": ["a"], "schedule": {"cron": "every day"}}),
        ],
        &[
            ("a", "/expression/type", "unsupported"),
            ("f", "/schedule", "unsupported"),
            ("f", "/schedule/cron", "bad-cron"),
        ],
    );
}

#[test]
fn events_of_a_datastream_go_to_datasets_of_events() {
    check(
        &[
            schema("e", "event"),
            schema("p", "profile"),
            json!({"kind": "dataset", "id": "d", "schema": "e"}),
            json!({"kind": "dataset", "id": "people", "schema": "p"}),
            json!({"kind": "datastream", "id": "shop", "org": "o", "dataset": "d",
                "datasetOverrides": ["d", "people", "gone"]}),
        ],
        &[
            ("shop", "/datasetOverrides/1", "wrong-class"),
            ("shop", "/datasetOverrides/2", "dangling-reference"),
        ],
    );
}
