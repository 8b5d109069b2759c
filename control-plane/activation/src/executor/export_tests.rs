//! Exports: what is in the files, and that an interrupted run loses nothing and says nothing twice.

use std::fs;

use acquaint_store::catalog::Kind;
use serde_json::{Value as Json, json};

use crate::testing::House;
use crate::{Error, Run};

const DAY_MS: i64 = 86_400_000;

fn house(schedule: &Json, status: bool) -> House {
    let house = House::new();
    house.audiences(&["lapsed", "loyal"]);
    let connection = json!({ "type": "csvFile", "directory": "exports" });
    house.define(Kind::Destination, json!({ "id": "mail", "connection": connection }));
    flow(&house, schedule, status);
    house.plan();
    house
}

fn flow(house: &House, schedule: &Json, status: bool) {
    let mut mapping = vec![
        json!({ "from": "identityMap.crm", "to": "person", "mandatory": true }),
        json!({ "from": "household.income", "to": "income" }),
    ];
    if status {
        mapping.push(json!({ "from": "segmentMembership.status", "to": "status" }));
    }
    let audiences = json!(["loyal", "lapsed"]);
    let definition = json!({ "id": "mailings", "destination": "mail", "audiences": audiences, "mapping": mapping, "schedule": schedule });
    house.define(Kind::Dataflow, definition);
}

fn export(house: &House) -> Run {
    house.plan();
    house.activation.export_now("mailings", house.now_ms()).unwrap()
}

/// The rows of an audience's file, without the header.
fn rows(house: &House, run: &Run, audience: &str) -> Vec<String> {
    let files: Vec<_> = run.files.iter().filter(|file| file.audience == audience).collect();
    let read = |path: &str| fs::read_to_string(house.directory.path().join(path)).unwrap();
    files
        .iter()
        .flat_map(|file| read(&file.path).lines().skip(1).map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

#[test]
fn a_full_export_lists_every_member_as_it_is_now() {
    let house = house(&json!({ "export": "full" }), true);
    house.enter(1, "lapsed");
    house.enter(2, "lapsed");
    house.enter(2, "loyal");
    house.plan();
    house.upsert(1, json!({ "household": { "income": 5 } }));
    let run = export(&house);
    assert_eq!(run.files[0].path, "exports/mail_segmentlapsed_20180101000000.csv");
    assert_eq!(rows(&house, &run, "lapsed"), ["person-1,5,realized", "person-2,,realized"]);
    assert_eq!(rows(&house, &run, "loyal"), ["person-2,,realized"]);
    assert_eq!((run.rows, run.skipped), (3, 0));
    let status = house.activation.status("mailings").unwrap();
    assert_eq!((status.desired, status.delivered, status.pending), (3, 3, 0));

    house.leave(2, "lapsed");
    house.plan();
    assert_eq!(house.activation.status("mailings").unwrap().pending, 1);
    let run = export(&house);
    assert_eq!(rows(&house, &run, "lapsed"), ["person-1,5,realized"]);
    let status = house.activation.status("mailings").unwrap();
    assert_eq!((status.desired, status.delivered, status.pending), (2, 2, 0));
    assert_eq!(house.activation.runs("mailings").unwrap().len(), 2);
}

#[test]
fn an_incremental_export_lists_what_changed_and_exits_only_with_the_status() {
    for status in [false, true] {
        let house = house(&json!({ "export": "incremental" }), status);
        house.enter(1, "lapsed");
        house.enter(2, "lapsed");
        assert_eq!(export(&house).rows, 2, "the first is a back-fill");
        house.upsert(1, json!({ "household": { "income": 5 } }));
        let run = export(&house);
        assert_eq!((run.rows, run.files.len()), (0, 0), "attributes alone are no reason for a row");
        house.leave(1, "lapsed");
        house.enter(3, "lapsed");
        house.enter(4, "lapsed");
        house.leave(4, "lapsed");
        let run = export(&house);
        let expected: &[&str] =
            if status { &["person-1,,exited", "person-3,,realized"] } else { &["person-3,"] };
        assert_eq!(rows(&house, &run, "lapsed"), expected);
        house.enter(1, "lapsed");
        let run = export(&house);
        assert_eq!(rows(&house, &run, "lapsed").len(), 1, "who comes back is listed again");
        assert_eq!(house.activation.status("mailings").unwrap().pending, 0);
    }
}

#[test]
fn a_row_without_a_mandatory_field_is_left_out_and_counted() {
    let house = house(&json!({ "export": "incremental" }), false);
    house.enter(1, "lapsed");
    house.enter(2, "lapsed");
    house.identify(2, "");
    let run = export(&house);
    assert_eq!((run.rows, run.skipped), (1, 1));
    assert_eq!(house.activation.status("mailings").unwrap().pending, 1, "it is still owed");
    house.identify(2, "found");
    let run = export(&house);
    assert_eq!(rows(&house, &run, "lapsed"), ["found,"]);
}

#[test]
fn an_interrupted_run_goes_on_under_the_same_names() {
    let mut house = house(&json!({ "export": "incremental" }), false);
    house.enter(1, "lapsed");
    house.enter(2, "loyal");
    house.plan();
    // The second file cannot be put in place: a folder has its name.
    let blocked = house.directory.path().join("exports/mail_segmentloyal_20180101000000.csv");
    fs::create_dir_all(blocked.join("full")).unwrap();
    let error = house.activation.export_now("mailings", house.now_ms()).unwrap_err();
    assert!(matches!(error, Error::File { .. }), "{error}");
    assert_eq!(house.activation.status("mailings").unwrap().delivered, 1, "only what is in place is known");

    house.restart();
    house.enter(3, "lapsed");
    house.plan();
    fs::remove_dir_all(&blocked).unwrap();
    house.pass(DAY_MS);
    let run = export(&house);
    assert_eq!(run.started_ms, crate::testing::START_MS);
    assert_eq!(rows(&house, &run, "lapsed"), ["person-1,"]);
    assert_eq!(rows(&house, &run, "loyal"), ["person-2,"]);
    let next = export(&house);
    assert_ne!(next.id, run.id);
    assert_eq!(rows(&house, &next, "lapsed"), ["person-3,"], "who came meanwhile is in the next file");
}

#[test]
fn a_schedule_is_kept_once_for_each_occurrence() {
    let house = house(&json!({ "cron": "0 5 * * *", "export": "full" }), false);
    let due = || house.activation.export_due("mailings", house.now_ms()).unwrap().is_some();
    assert!(!due());
    house.pass(5 * 3_600_000);
    assert!(due() && !due());
    house.pass(3 * DAY_MS);
    assert!(due() && !due(), "what was missed is made up for once");
    flow(&house, &json!({ "export": "full" }), false);
    house.pass(DAY_MS);
    assert!(!due(), "without a schedule only on demand");
}

#[test]
fn two_runs_of_one_second_have_different_names() {
    let house = house(&json!({ "export": "full" }), false);
    house.enter(1, "lapsed");
    let (first, second) = (export(&house), export(&house));
    assert!(first.files.iter().zip(&second.files).all(|(first, second)| first.path != second.path));
}

#[test]
fn a_calculated_field_is_a_column_and_a_row_without_a_mandatory_one_is_left_out() {
    let house = House::new();
    house.audiences(&["loyal"]);
    let income =
        json!({ "household": { "type": "object", "properties": { "income": { "type": "integer" } } } });
    house.define(Kind::Schema, json!({ "id": "people", "class": "profile", "properties": income }));
    let connection = json!({ "type": "csvFile", "directory": "exports" });
    house.define(Kind::Destination, json!({ "id": "mail", "connection": connection }));
    let mapping = json!([
        { "from": "identityMap.crm", "to": "person" },
        { "calculated": "household.income * 2", "to": "double", "mandatory": true },
        { "calculated": "join('-', add_to_array([], 'a', 'b'))", "to": "letters" },
    ]);
    let flow = json!({ "id": "mailings", "destination": "mail", "audiences": ["loyal"], "mapping": mapping });
    house.define(Kind::Dataflow, flow);
    house.plan();
    house.enter(1, "loyal");
    house.upsert(1, json!({ "household": { "income": 5 } }));
    house.enter(2, "loyal");
    let run = export(&house);
    assert_eq!(rows(&house, &run, "loyal"), ["person-1,10,a-b"]);
    assert_eq!(run.skipped, 1);
}
