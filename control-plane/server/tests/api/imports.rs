//! Imports of files: each row once, however often the way is broken off; refused rows with their place in the file.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::server::{ADMIN, Answer, Server, until, with_definitions};

async fn begin(server: &Server, digest: &str) -> Value {
    let wanted = json!({"source": "people-file", "file": "people.csv", "digest": digest});
    server.post("/imports", &wanted).await.ok()
}

async fn rows(server: &Server, from: u64, lines: &[Value]) -> Answer {
    let text: Vec<String> = lines.iter().map(Value::to_string).collect();
    let request = server.request(reqwest::Method::POST, &format!("/imports/import-1/rows?from={from}"));
    crate::server::send(request.bearer_auth(ADMIN).body(text.join("\n"))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_come_twice_are_taken_once_and_a_broken_import_goes_on() {
    let server = with_definitions().await;
    assert_eq!(begin(&server, "d").await["rows"], 0);
    let first = [json!([2, {"id": "1", "city": "Berlin"}]), json!([3, {"id": "2"}])];
    assert_eq!(rows(&server, 0, &first).await.ok()["accepted"], 2);
    let problem = rows(&server, 0, &first).await.problem(409, "import-position");
    assert_eq!(problem["rows"], 2);
    rows(&server, 3, &first).await.problem(409, "import-position");

    let server = server.restart().await;
    let again = begin(&server, "d").await;
    assert_eq!((&again["id"], &again["rows"]), (&json!("import-1"), &json!(2)));
    rows(&server, 2, &[json!([4, {"id": "3", "city": "Bonn"}])]).await.ok();
    server.post("/imports/import-1/complete", &Value::Null).await.ok();
    rows(&server, 3, &first).await.problem(409, "import-over");
    let records = server.get("/records").await.ok();
    let kinds: Vec<_> = records["records"].as_array().unwrap().iter().map(|record| &record["kind"]).collect();
    assert_eq!(kinds, ["attributes"; 3]);
    assert_eq!(begin(&server, "d").await["id"], "import-2", "a file that is in may be imported again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_row_is_in_quarantine_with_file_row_and_line() {
    let server = with_definitions().await;
    begin(&server, "d").await;
    let lines = [
        json!([2, {"id": "1", "age": "old"}]),
        json!([3, "1 cells under a header of 3", "7"]),
        json!([null, {"id": "1"}]),
    ];
    let outcome = rows(&server, 0, &lines).await.ok();
    assert_eq!((&outcome["accepted"], &outcome["refusedCount"]), (&json!(1), &json!(2)));
    let refused = server.quarantine().await;
    let told = |code: &str| {
        let found = refused.iter().find(|record| record["code"] == code).unwrap();
        (found["place"].clone(), found["raw"].clone())
    };
    let place = |row: u64, line: u64| json!({"file": "people.csv", "row": row, "line": line});
    assert_eq!(told("schema").0, place(1, 2));
    assert_eq!(told("unreadable_row"), (place(2, 3), json!("7")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_import_is_refused() {
    let server = with_definitions().await;
    let wanted = json!({"source": "nobody", "file": "f", "digest": "d"});
    server.post("/imports", &wanted).await.problem(404, "not-found");
    rows(&server, 0, &[]).await.problem(404, "not-found");
    server.get("/imports/import-1").await.problem(404, "not-found");
    begin(&server, "d").await;
    for line in [json!({"id": "1"}), json!([1]), json!([1, "a", 2, 3])] {
        rows(&server, 0, &[line]).await.problem(400, "bad-line");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_that_was_killed_goes_on_where_it_was() {
    const ROWS: u64 = 30_000;
    let server = with_definitions().await;
    let file = server.folder.path().join("people.csv");
    let text: String = (0..ROWS).map(|row| format!("{row},Berlin,{}\n", row % 90)).collect();
    std::fs::write(&file, format!("id,city,age\n{text}")).unwrap();
    let command = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_acquaint"));
        command.args(["import", "--source", "people-file"]).arg(&file);
        command.env("ACQUAINT_URL", &server.url).env("ACQUAINT_ADMIN_TOKEN", ADMIN);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let mut first = command().spawn().unwrap();
    let imports = async || server.get("/imports").await.ok()["imports"].as_array().unwrap().clone();
    until("some rows are in", async || {
        let rows = imports().await.first().and_then(|import| import["rows"].as_u64());
        rows.filter(|rows| *rows > 0)
    })
    .await;
    first.kill().unwrap();
    let output = first.wait_with_output().unwrap();
    assert!(!output.status.success(), "it was killed before it was done");

    let again = tokio::task::spawn_blocking({
        let mut command = command();
        move || command.output().unwrap()
    });
    let output = again.await.unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("goes on behind row"), "{told}");
    let out = String::from_utf8(output.stdout).unwrap();
    assert_eq!(out, format!("rows={ROWS} accepted={ROWS} duplicates=0 refused=0\n"));
    let listed = imports().await;
    assert_eq!((listed.len(), &listed[0]["status"]), (1, &json!("complete")));
    assert_eq!(server.settle().await["log_end"], ROWS + 1, "every row once, and the definitions");
}
