//! Imports from object storage, end to end: a real server that speaks S3 and checks signatures, a way to it that can be cut,
//! and the real control plane, which is killed in the middle.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use acquaint_tests::control_plane::Settings;
use acquaint_tests::object_storage::{LISTER, OWNER, connection};
use acquaint_tests::{ControlPlane, Environment, Faulty, ObjectStorage, wait};
use flate2::Compression;
use flate2::write::GzEncoder;
use parquet::data_type::{ByteArray, ByteArrayType};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(120);
/// Characters that make a row as long as a large one is, so that few rows fill more than one request to the storage.
const FILLING: usize = 4_000;

/// Rows a second that are taken: an import of a large file is under way long enough to be seen in the middle.
const ROWS_PER_SECOND: u64 = 1_500;

/// A schema, a dataset, a source.
fn definitions(more: Value) -> Vec<Value> {
    let text = json!({"type": "string"});
    let mut source = json!({"kind": "source", "id": "people-file", "profileDataset": "people",
        "identities": [{"from": "id", "namespace": "crm"}], "rateLimit": {"perSecond": ROWS_PER_SECOND}});
    source.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    vec![
        json!({"kind": "schema", "id": "person", "class": "profile",
            "properties": {"city": text, "note": text, "age": {"type": "integer"}}}),
        json!({"kind": "namespace", "id": "crm", "type": "crossDevice", "unique": true}),
        json!({"kind": "dataset", "id": "people", "schema": "person"}),
        source,
    ]
}

struct Place {
    folder: tempfile::TempDir,
    environment: Environment,
    storage: ObjectStorage,
}

impl Place {
    fn new() -> Self {
        let (folder, environment) = (tempfile::tempdir().unwrap(), Environment::from_variables().unwrap());
        let storage = ObjectStorage::start(&environment, folder.path()).unwrap();
        Self { folder, environment, storage }
    }

    fn start(&self, settings: &Settings) -> ControlPlane {
        ControlPlane::start(&self.environment, self.folder.path(), settings).unwrap()
    }

    fn with_definitions(&self) -> ControlPlane {
        let control = self.start(&Settings::default());
        apply(&control, definitions(json!({})));
        apply(&control, vec![connection("lake", &self.storage.url, OWNER)]);
        control
    }

    /// No copy of an object is left behind.
    fn is_tidy(&self) -> bool {
        let transfers = self.folder.path().join("control-plane/transfers");
        std::fs::read_dir(transfers).is_ok_and(|mut found| found.next().is_none())
    }
}

fn apply(control: &ControlPlane, documents: Vec<Value>) {
    control.admin.post("/catalog/apply", &json!({ "documents": documents })).unwrap().ok().unwrap();
}

fn import(control: &ControlPlane, through: &str, location: &str) -> acquaint_tests::http::Answer {
    let wanted = json!({"source": "people-file", "connection": through, "location": location});
    control.admin.post("/imports/objects", &wanted).unwrap()
}

/// The ids of the imports that a request began.
fn ids(answer: acquaint_tests::http::Answer) -> Vec<String> {
    let answer = answer.ok().unwrap();
    let imports = answer["imports"].as_array().unwrap().iter();
    imports.map(|import| import["id"].as_str().unwrap().to_owned()).collect()
}

fn imports(control: &ControlPlane) -> Vec<Value> {
    control.admin.get("/imports").unwrap().ok().unwrap()["imports"].as_array().unwrap().clone()
}

/// The id of the only import that a request began.
fn only(answer: acquaint_tests::http::Answer) -> String {
    let ids = ids(answer);
    assert_eq!(ids.len(), 1);
    ids[0].clone()
}

/// The import, once it is as it is waited for.
fn until(control: &ControlPlane, id: &str, what: &str, is: impl Fn(&Value) -> bool) -> Value {
    wait::until(what, PATIENCE, || {
        let import = control.admin.get(&format!("/imports/{id}"))?.ok()?;
        if import["status"] == "failed" && !is(&import) {
            anyhow::bail!("it failed: {import}");
        }
        Ok(is(&import).then_some(import))
    })
    .unwrap()
}

fn complete(control: &ControlPlane, id: &str) -> Value {
    until(control, id, "an import to be complete", |import| import["status"] == "complete")
}

fn refused(answer: acquaint_tests::http::Answer, status: u16, code: &str) -> String {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(answer.body["type"], format!("urn:acquaint:problem:{code}"), "{}", answer.body);
    answer.body["detail"].as_str().unwrap().to_owned()
}

/// How many records the log has beside those of definitions.
fn records(control: &ControlPlane, changes: u64) -> u64 {
    control.status().unwrap()["log_end"].as_u64().unwrap() - changes
}

fn csv(rows: std::ops::Range<u64>, city: &str) -> String {
    let note = "x".repeat(FILLING);
    rows.fold("id,city,note\n".to_owned(), |text, row| format!("{text}{row},{city},{note}\n"))
}

fn packed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn parquet(people: &[(&str, &str)]) -> Vec<u8> {
    let schema = "message m { required binary id (STRING); required binary city (STRING); }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let mut bytes = Vec::new();
    let mut writer =
        SerializedFileWriter::new(&mut bytes, schema, Arc::new(WriterProperties::default())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    type Cell = fn(&(&str, &str)) -> ByteArray;
    let columns: [Cell; 2] = [|person| ByteArray::from(person.0), |person| ByteArray::from(person.1)];
    for of in columns {
        let cells: Vec<ByteArray> = people.iter().map(of).collect();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&cells, None, None).unwrap();
        column.close().unwrap();
    }
    group.close().unwrap();
    writer.close().unwrap();
    bytes
}

fn city(control: &ControlPlane, id: &str) -> Value {
    let path = format!(
        "/data/core/ups/access/entities?schema.name=_xdm.context.profile&entityId={id}&entityIdNS=crm"
    );
    let found = control.admin.get(&path).unwrap().ok().unwrap();
    found.as_object().unwrap().values().next().unwrap()["entity"]["city"].clone()
}

#[test]
fn files_of_every_kind_come_in_by_name_and_once_though_the_server_is_killed_in_the_middle() {
    let place = Place::new();
    let mut control = place.with_definitions();
    let storage = &place.storage;
    storage.put("in/1.csv", b"id,city,age\n1,Berlin,40\n2,Bonn,old\n").unwrap();
    storage.put("in/2.jsonl.gz", &packed("{\"id\":\"1\",\"city\":\"Bonn\"}\n{\"id\":\"3\"}\n{\n")).unwrap();
    storage.put("in/deep/3.parquet", &parquet(&[("1", "Kiel"), ("4", "Trier")])).unwrap();
    storage.put("in/_SUCCESS", b"").unwrap();

    let begun = ids(import(&control, "lake", "s3://lake/in/"));
    let counts: Vec<[u64; 3]> = begun
        .iter()
        .map(|id| {
            let done = complete(&control, id);
            ["rows", "accepted", "refused"].map(|name| done[name].as_u64().unwrap())
        })
        .collect();
    assert_eq!(counts, [[2, 1, 1], [3, 2, 1], [2, 2, 0]]);
    control.settle().unwrap();
    assert_eq!((city(&control, "1"), city(&control, "4")), (json!("Kiel"), json!("Trier")));
    let refused = control.admin.get("/quarantine").unwrap().ok().unwrap();
    let places: Vec<&Value> =
        refused["records"].as_array().unwrap().iter().map(|record| &record["place"]).collect();
    let at = |file: &str, row: u64, line: u64| json!({"file": format!("s3://lake/in/{file}"), "row": row, "line": line});
    assert_eq!(places.len(), 2);
    assert!(places.contains(&&at("1.csv", 2, 3)) && places.contains(&&at("2.jsonl.gz", 3, 3)), "{places:?}");
    assert!(place.is_tidy());

    let before = records(&control, 0);
    let rows = 6_000;
    storage.put("large.csv", csv(10..10 + rows, "Ulm").as_bytes()).unwrap();
    let id = only(import(&control, "lake", "s3://lake/large.csv"));
    let some = until(&control, &id, "some rows to be in", |import| import["rows"].as_u64() > Some(0));
    assert!(some["rows"].as_u64().unwrap() < rows, "it was complete before it was killed");
    control.kill().unwrap();
    let control = place.start(&Settings::default());
    let done = complete(&control, &id);
    assert_eq!([&done["rows"], &done["accepted"], &done["refused"]], [&json!(rows), &json!(rows), &json!(0)]);
    assert_eq!(records(&control, before), rows, "every row once");

    let told = control
        .cli(["import", "--source", "people-file", "--connection", "lake", "s3://lake/in/deep/"])
        .unwrap();
    let counts = "rows=2 accepted=2 duplicates=0 refused=0\n";
    assert_eq!(told, format!("s3://lake/in/deep/3.parquet {counts}{counts}"));
}

#[test]
fn what_the_storage_refuses_breaks_off_or_changes_is_told_and_goes_on_where_it_was() {
    let place = Place::new();
    let control = place.with_definitions();
    let storage = &place.storage;
    storage.put("in/a.csv", b"id,city\n1,Berlin\n").unwrap();
    storage.put("in/a.txt", b"id,city\n1,Berlin\n").unwrap();
    let wrong = ("owner", "another-secret");
    apply(
        &control,
        vec![connection("wrong", &storage.url, wrong), connection("lister", &storage.url, LISTER)],
    );
    apply(&control, vec![connection("nobody", "http://127.0.0.1:9", OWNER)]);

    refused(import(&control, "nowhere", "s3://lake/in/"), 404, "not-found");
    refused(import(&control, "lake", "lake/in/"), 400, "bad-location");
    refused(import(&control, "lake", "s3://lake/in/a.txt"), 400, "file-unknown");
    refused(import(&control, "lake", "s3://lake/out/"), 404, "storage-not-found");
    refused(import(&control, "lake", "s3://no-such-bucket/in/"), 404, "storage-no-bucket");
    refused(import(&control, "nobody", "s3://lake/in/"), 502, "storage-unreachable");
    let told = refused(import(&control, "wrong", "s3://lake/in/"), 502, "storage-denied");
    assert!(told.contains("access is denied") && !told.contains(wrong.1), "{told}");

    // It may be listed and not read: the import fails, and goes on when whoever asks may read.
    let id = only(import(&control, "lister", "s3://lake/in/"));
    let failed = until(&control, &id, "a failure", |import| import["status"] == "failed");
    assert_eq!(failed["object"]["trouble"]["code"], "storage-denied");
    assert!(!failed.to_string().contains(LISTER.1));
    let shown = control.admin.get("/catalog").unwrap().ok().unwrap();
    assert!(!shown.to_string().contains(OWNER.1) && !shown.to_string().contains(LISTER.1));
    apply(&control, vec![connection("lister", &storage.url, OWNER)]);
    assert_eq!(only(import(&control, "lister", "s3://lake/in/")), id);
    assert_eq!(complete(&control, &id)["accepted"], 1);

    // The way is cut in the middle of answers, and then mended.
    let way = Faulty::to(&storage.url).unwrap();
    apply(&control, vec![connection("way", &way.url, OWNER)]);
    let rows = 5_000;
    storage.put("large.csv", csv(0..rows, "Ulm").as_bytes()).unwrap();
    way.cut_behind(100_000);
    let before = records(&control, 0);
    let id = only(import(&control, "way", "s3://lake/large.csv"));
    let waits =
        until(&control, &id, "trouble", |import| import["object"]["trouble"]["attempts"].as_u64() > Some(0));
    assert_eq!(
        (&waits["status"], &waits["object"]["trouble"]["code"]),
        (&json!("open"), &json!("storage-broken-off"))
    );
    assert!(way.cut() > 1 && waits["object"]["trouble"]["again"].is_string(), "{waits}");
    let sent = control.admin.post(&format!("/imports/{id}/rows?from=0"), &json!([1, {"id": "9"}])).unwrap();
    refused(sent, 409, "import-of-object");
    way.mend();
    let done = complete(&control, &id);
    assert_eq!((&done["accepted"], &done["object"]["trouble"]), (&json!(rows), &Value::Null));
    assert_eq!(records(&control, before), rows);

    // Another object takes its place while it is under way.
    storage.put("large.csv", csv(0..rows, "Jena").as_bytes()).unwrap();
    let id = only(import(&control, "way", "s3://lake/large.csv"));
    until(&control, &id, "some rows to be in", |import| import["rows"].as_u64() > Some(0));
    way.cut_behind(0);
    until(&control, &id, "trouble", |import| import["object"]["trouble"].is_object());
    storage.put("large.csv", csv(0..rows, "Gera").as_bytes()).unwrap();
    way.mend();
    let failed = until(&control, &id, "a failure", |import| import["status"] == "failed");
    assert_eq!(failed["object"]["trouble"]["code"], "storage-object-changed");
    let kept = failed["rows"].as_u64().unwrap();
    assert!(0 < kept && kept < rows, "{failed}");
    let next = only(import(&control, "way", "s3://lake/large.csv"));
    assert_ne!(next, id);
    assert_eq!(complete(&control, &next)["accepted"], rows);
    control.settle().unwrap();
    assert_eq!(city(&control, "0"), "Gera");
}

#[test]
fn new_objects_of_a_source_come_in_by_themselves_each_version_once() {
    let place = Place::new();
    let settings = Settings { clock: Some("2018-01-01T12:00:00Z".into()), ..Settings::default() };
    let control = place.start(&settings);
    let files = json!({"files": {"connection": "lake", "location": "s3://lake/in/", "cron": "*/5 * * * *"}});
    let mut documents = vec![connection("lake", &place.storage.url, OWNER)];
    documents.extend(definitions(files));
    apply(&control, documents);
    let look = |at: &str| {
        control.set_clock(&format!("2018-01-01T{at}:00Z")).unwrap();
        let expected = json!(format!("2018-01-01T{at}:00.000Z"));
        wait::until("a look", PATIENCE, || {
            let looks = control.admin.get("/imports/objects")?.ok()?;
            let look = looks["looks"][0].clone();
            Ok((look["at"] == expected).then_some(look))
        })
        .unwrap()
    };
    let files = || {
        let all = imports(&control);
        for import in &all {
            complete(&control, import["id"].as_str().unwrap());
        }
        all.iter().rev().map(|import| import["file"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    place.storage.put("in/b.csv", b"id,city\n1,Berlin\n").unwrap();
    assert_eq!(imports(&control), Vec::<Value>::new());
    assert_eq!(look("12:05")["begun"], 1);
    assert_eq!(files(), ["s3://lake/in/b.csv"]);
    assert_eq!(look("12:10")["begun"], 0);

    place.storage.put("in/c.csv", b"id,city\n3,Bonn\n").unwrap();
    place.storage.put("in/a.csv", b"id,city\n2,Bonn\n").unwrap();
    place.storage.put("in/b.csv", b"id,city\n1,Kiel\n").unwrap();
    assert_eq!(look("12:15")["begun"], 3);
    assert_eq!(files()[1..], ["a", "b", "c"].map(|name| format!("s3://lake/in/{name}.csv")));
    control.settle().unwrap();
    assert_eq!(city(&control, "1"), "Kiel");

    apply(&control, vec![connection("lake", &place.storage.url, ("owner", "another-secret"))]);
    let failed = look("12:20");
    assert_eq!(failed["failure"]["code"], "storage-denied");
    drop(control);
    // Due while nobody was there: made up for.
    let later = Settings { clock: Some("2018-01-01T13:02:00Z".into()), ..Settings::default() };
    let control = place.start(&later);
    wait::until("a look", PATIENCE, || {
        let looks = control.admin.get("/imports/objects")?.ok()?;
        Ok((looks["looks"][0]["at"] == "2018-01-01T13:02:00.000Z").then_some(()))
    })
    .unwrap();
    assert_eq!(imports(&control).len(), 4);
}

#[test]
fn an_export_is_an_object_and_what_the_storage_refuses_is_told_and_made_up_for() {
    let place = Place::new();
    let control = place.with_definitions();
    let flow = json!({"kind": "dataflow", "id": "mail", "destination": "files", "audiences": ["berliners"],
        "mapping": [{"from": "identityMap.crm", "to": "id"}, {"from": "city", "to": "city"}]});
    let files = json!({"type": "objectStorage", "connection": "lister", "location": "s3://lake/out/mail"});
    let audience = json!({"kind": "audience", "id": "berliners", "name": "Berliners",
        "expression": {"value": "city = \"Berlin\""}, "evaluationInfo": {"continuous": {"enabled": true}}});
    let destination = json!({"kind": "destination", "id": "files", "connection": files});
    apply(&control, vec![connection("lister", &place.storage.url, LISTER), audience, destination, flow]);
    place.storage.put("in/a.csv", b"id,city\n1,Berlin\n2,Bonn\n").unwrap();
    complete(&control, &only(import(&control, "lake", "s3://lake/in/")));
    control.settle().unwrap();

    let export = || control.admin.post("/flows/mail/export", &json!({})).unwrap();
    let told = export();
    assert!(told.status >= 400 && told.body.to_string().contains("access is denied"), "{}", told.body);
    apply(&control, vec![connection("lister", &place.storage.url, OWNER)]);
    let run = export().ok().unwrap();
    let at = run["files"][0]["path"].as_str().unwrap();
    let key = at.strip_prefix("s3://lake/").unwrap();
    assert!(key.starts_with("out/mail/files_segmentberliners_"), "{run}");
    assert_eq!(place.storage.text(key).unwrap().as_deref(), Some("id,city\n1,Berlin\n"));
}
