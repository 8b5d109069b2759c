//! The command line against a running server: apply, import, and what it says when something is wrong.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use crate::server::{ADMIN, Server, documents, empty, with_definitions};

async fn run(server: &Server, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_acquaint"));
    command.args(arguments).env("ACQUAINT_URL", &server.url).env("ACQUAINT_ADMIN_TOKEN", ADMIN);
    command.current_dir(server.folder.path());
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

async fn ok(server: &Server, arguments: &[&str]) -> String {
    let output = run(server, arguments).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

async fn fails(server: &Server, arguments: &[&str]) -> String {
    let output = run(server, arguments).await;
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr).unwrap()
}

fn write(server: &Server, name: &str, text: &str) {
    std::fs::write(server.folder.path().join(name), text).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_applied_once_and_then_unchanged() {
    let server = empty().await;
    std::fs::create_dir(server.folder.path().join("config")).unwrap();
    write(&server, "config/all.json", &serde_json::to_string_pretty(&documents()).unwrap());
    write(
        &server,
        "config/more.yaml",
        "kind: namespace\nid: email\ntype: email\n---\nkind: namespace\nid: phone\ntype: phone\n",
    );
    let shown = ok(&server, &["apply", "-f", "config", "--dry-run"]).await;
    assert!(shown.contains("+ namespace email\n    + edge: false\n    + id: email"), "{shown}");
    assert_eq!(server.get("/catalog").await.ok()["version"], 0);
    assert!(fails(&server, &["apply", "-f", "config"]).await.contains("--yes"));
    assert!(ok(&server, &["apply", "-f", "config", "--yes"]).await.contains("version 1"));
    let again = ok(&server, &["apply", "-f", "config", "--yes"]).await;
    assert_eq!(again, format!("{} unchanged\n", documents().len() + 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_names_file_line_and_field() {
    let server = with_definitions().await;
    write(
        &server,
        "bad.yaml",
        "kind: dataset\nid: d\nschema: nowhere\n---\nkind: audience\nid: a\nname: A\nexpression:\n  value: >-\n    age > 3\n    and cty = 1\n",
    );
    let told = fails(&server, &["apply", "-f", "bad.yaml", "--yes"]).await;
    assert!(told.contains("bad.yaml:3:1: dangling-reference dataset `d`, field `schema`"), "{told}");
    assert!(told.contains("audience `a`, field `expression.value`") && told.contains("cty"), "{told}");
    write(&server, "bad.yaml", "kind: dataset\nid: d\nschma: person\n");
    let told = fails(&server, &["apply", "-f", "bad.yaml", "--yes"]).await;
    assert!(told.contains("bad.yaml:3:1: unknown-field dataset `d`, field `schma`"), "{told}");
    write(&server, "bad.yaml", "kind: dataset\nid: [\n");
    assert!(fails(&server, &["apply", "-f", "bad.yaml", "--yes"]).await.contains("bad.yaml:"));
    assert_eq!(server.get("/catalog").await.ok()["version"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn csv_is_imported_and_bad_rows_are_named() {
    let server = with_definitions().await;
    write(&server, "people.csv", "id,city,age\n1,Berlin,40\n2,,\n3,Bonn,old\n,Bonn,5\n");
    let output = run(&server, &["import", "--source", "people-file", "people.csv"]).await;
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(out, "rows=4 accepted=2 duplicates=0 refused=2\n", "{err}");
    assert_eq!(output.status.code(), Some(1));
    assert!(err.contains("error: 2 of 4 rows were refused; the others are in"), "{err}");
    assert!(err.contains("refused: row 3: schema") && err.contains("refused: row 4: no_identity"), "{err}");
    let profile = server.profile("1").await;
    assert_eq!((&profile["entity"]["age"], &profile["entity"]["city"]), (&40.into(), &"Berlin".into()));
    assert_eq!(server.quarantine().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn json_is_imported_once_however_often_it_is_sent() {
    let server = with_definitions().await;
    let row =
        |nr: u32| format!("{{\"nr\": {nr}, \"who\": 1, \"at\": \"2017-12-30T11:30:00Z\", \"price\": 2.5}}\n");
    write(&server, "deeds.ndjson", &(row(1) + &row(2)));
    let arguments = ["import", "--source", "deeds-file", "--shift-days", "2", "deeds.ndjson"];
    assert_eq!(ok(&server, &arguments).await, "rows=2 accepted=2 duplicates=0 refused=0\n");
    assert_eq!(ok(&server, &arguments).await, "rows=2 accepted=0 duplicates=2 refused=0\n");
    write(&server, "torn.ndjson", &("{oops\n".to_owned() + &row(3)));
    let output =
        run(&server, &["import", "--source", "deeds-file", "--shift-days", "2", "torn.ndjson"]).await;
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "rows=2 accepted=1 duplicates=0 refused=1\n");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(server.status_in("1", "buyers").await, "realized");
    assert!(fails(&server, &["import", "--source", "nobody", "deeds.ndjson"]).await.contains("nobody"));
}

#[tokio::test(flavor = "multi_thread")]
async fn parquet_is_imported() {
    let server = with_definitions().await;
    write_parquet(&server.folder.path().join("deeds.parquet"));
    let arguments = ["import", "--source", "deeds-file", "deeds.parquet"];
    assert_eq!(ok(&server, &arguments).await, "rows=2 accepted=2 duplicates=0 refused=0\n");
    assert_eq!(server.profile("7").await["eventCount"], 2);
    assert_eq!(server.status_in("7", "buyers").await, "realized");
}

fn write_parquet(path: &Path) {
    let schema = "message m { required int64 nr; required binary who (STRING);
        required int64 at (TIMESTAMP(MICROS,true)); required double price; }";
    let schema = Arc::new(parse_message_type(schema).unwrap());
    let file = std::fs::File::create(path).unwrap();
    let mut writer = SerializedFileWriter::new(file, schema, Arc::new(WriterProperties::default())).unwrap();
    let mut group = writer.next_row_group().unwrap();
    let at = 1_514_806_200_000_000;
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int64Type>().write_batch(&[1, 2], None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column
        .typed::<ByteArrayType>()
        .write_batch(&[ByteArray::from("7"), ByteArray::from("7")], None, None)
        .unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<Int64Type>().write_batch(&[at, at], None, None).unwrap();
    column.close().unwrap();
    let mut column = group.next_column().unwrap().unwrap();
    column.typed::<DoubleType>().write_batch(&[1.0, 2.5], None, None).unwrap();
    column.close().unwrap();
    group.close().unwrap();
    writer.close().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn people_can_look_at_everything() {
    let server = with_definitions().await;
    ok(&server, &["batch", "run", "--wait"]).await;
    assert!(ok(&server, &["batch", "list"]).await.contains("SUCCEEDED"));
    assert!(ok(&server, &["audiences", "list"]).await.contains("berliners  batch"));
    assert!(ok(&server, &["quarantine", "list"]).await.starts_with("id"));
    assert!(ok(&server, &["flows", "status"]).await.contains("\"flows\": []"));
    assert!(fails(&server, &["profile", "get", "--namespace", "crm", "--id", "1"]).await.contains("crm/1"));
    assert!(ok(&server, &["pql", "check", "age > 3"]).await.contains("in order"));
    let told = fails(&server, &["pql", "check", "age > 3 and cty = 1"]).await;
    assert!(told.contains("1:13") && told.contains("            ^^^"), "{told}");
    write(&server, "profile.json", "{\"age\": 5}");
    assert_eq!(ok(&server, &["pql", "eval", "--profile", "profile.json", "age > 3"]).await, "true\n");
    write(&server, "context.json", "{\"limit\": 9}");
    let eval = ["pql", "eval", "--profile", "profile.json", "--context", "context.json", "age > @{limit}"];
    assert_eq!(ok(&server, &eval).await, "false\n");
    write(&server, "rule.json", &ok(&server, &["pql", "convert", "age   > 3"]).await);
    assert_eq!(ok(&server, &["pql", "convert", "--file", "rule.json"]).await, "age > 3\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_are_shown_and_audiences_led_through_their_life() {
    let server = with_definitions().await;
    let shown = ok(&server, &["guardrails"]).await;
    let row = shown.lines().find(|line| line.starts_with("audiences ")).unwrap();
    let words: Vec<_> = row.split_whitespace().take(5).collect();
    assert_eq!(words, ["audiences", "4000", "2", "within", "enforced"], "{shown}");
    assert!(ok(&server, &["guardrails", "--json"]).await.contains("\"note\""));
    assert_eq!(ok(&server, &["audiences", "state", "buyers", "inactive"]).await, "buyers is inactive\n");
    let listed = ok(&server, &["audiences", "list"]).await;
    assert!(listed.lines().any(|line| line.starts_with("buyers") && line.contains("inactive")), "{listed}");
    assert!(fails(&server, &["audiences", "state", "buyers", "draft"]).await.contains("cannot become draft"));
}
