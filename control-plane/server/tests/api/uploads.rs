//! External audiences: members come in files, leave with a file that does not name them or by time alone, and are members
//! like any others meanwhile.

use std::process::Command;

use serde_json::{Value, json};

use crate::outside::{hook_at, outside};
use crate::server::{ADMIN, Answer, Server, send, until, with_definitions};

const PATH: &str = "/data/core/ups/audiences/partners";

fn partners(days: u32) -> Value {
    json!({"kind": "audience", "id": "partners", "name": "Partners", "external": {"ttlInDays": days, "fields": [
        {"name": "who", "identityNs": "crm"}, {"name": "score", "type": "integer"}]}})
}

async fn server() -> Server {
    let server = with_definitions().await;
    server.apply(&[partners(30)]).await.ok();
    server
}

async fn begin(server: &Server, digest: &str, mode: &str) -> Value {
    let wanted = json!({"file": "list.csv", "digest": digest, "mode": mode});
    server.post(&format!("{PATH}/uploads"), &wanted).await.ok()["id"].clone()
}

async fn rows(server: &Server, import: &Value, from: u64, rows: &[Value]) -> Answer {
    let lines = (from + 2..).zip(rows).map(|(line, row)| json!([line, row]).to_string());
    let path = format!("/imports/{}/rows?from={from}", import.as_str().unwrap());
    let request = server.request(reqwest::Method::POST, &path).bearer_auth(ADMIN);
    send(request.body(lines.collect::<Vec<_>>().join("\n"))).await
}

async fn complete(server: &Server, import: &Value) -> Value {
    let path = format!("/imports/{}", import.as_str().unwrap());
    server.post(&format!("{path}/complete"), &Value::Null).await.ok();
    completed(server, import).await
}

async fn completed(server: &Server, import: &Value) -> Value {
    let path = format!("/imports/{}", import.as_str().unwrap());
    let ended = until("the upload is complete", async || {
        let import = server.get(&path).await.ok();
        (import["status"] == "complete").then_some(import)
    });
    let ended = ended.await;
    server.settle().await;
    ended
}

/// A whole file.
async fn upload(server: &Server, digest: &str, mode: &str, of_file: &[Value]) -> Value {
    let import = begin(server, digest, mode).await;
    let outcome = rows(server, &import, 0, of_file).await.ok();
    assert_eq!(outcome["refusedCount"], 0, "{outcome}");
    complete(server, &import).await
}

/// Who is in, by name.
async fn members(server: &Server) -> Vec<String> {
    server.settle().await;
    let page = server.get(&format!("{PATH}/members")).await.ok();
    let id = |member: &Value| member["identityMap"]["crm"][0]["id"].as_str().unwrap().to_owned();
    let mut members: Vec<String> = page["children"].as_array().unwrap().iter().map(id).collect();
    members.sort();
    members
}

fn people(names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| json!({"who": name, "score": 1})).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_in_the_next_full_file_leaves_and_a_differential_one_says_who_does() {
    let server = server().await;
    let first = upload(&server, "1", "full", &people(&["ada", "bob"])).await;
    assert_eq!(first["upload"], json!({"audience": "partners", "mode": "full", "left": 0}));
    assert_eq!(members(&server).await, ["ada", "bob"]);

    let second = upload(&server, "2", "full", &people(&["bob", "cy"])).await;
    assert_eq!(
        (&second["upload"]["left"], members(&server).await),
        (&json!(1), vec!["bob".into(), "cy".into()])
    );
    assert_eq!(server.status_in("ada", "partners").await, "exited");

    let row = |who: &str, operation: &str| json!({"who": who, "operation": operation});
    let rows = [row("cy", "remove"), row("ada", "add"), row("nobody", "remove")];
    upload(&server, "3", "differential", &rows).await;
    assert_eq!(members(&server).await, ["ada", "bob"]);
    let path =
        "/data/core/ups/access/entities?schema.name=_xdm.context.profile&entityIdNS=crm&entityId=nobody";
    server.get(path).await.problem(404, "not-found");

    let listed = server.get(&format!("{PATH}/uploads")).await.ok();
    let listed: Vec<_> = listed["uploads"].as_array().unwrap().iter().map(|import| &import["id"]).collect();
    assert_eq!(listed, ["import-3", "import-2", "import-1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn memberships_end_by_time_alone_and_the_data_goes_at_the_midnight_after() {
    let server = server().await;
    upload(&server, "1", "full", &people(&["ada", "bob"])).await;
    server.move_clock("2018-01-11T12:00:00Z").await;
    upload(&server, "2", "differential", &[json!({"who": "bob", "score": 2, "operation": "add"})]).await;

    server.move_clock("2018-01-31T11:59:59.999Z").await;
    assert_eq!(members(&server).await, ["ada", "bob"]);
    server.move_clock("2018-01-31T12:00:00Z").await;
    assert_eq!(members(&server).await, ["bob"]);
    let ada = server.profile("ada").await;
    assert_eq!(
        ada["entity"]["segmentMembership"]["ups"]["partners"]["lastQualificationTime"],
        "2018-01-31T12:00:00.000Z"
    );
    assert_eq!(ada["entity"]["externalAudiences"]["partners"]["score"], 1);
    server.move_clock("2018-02-01T00:00:00Z").await;
    assert_eq!(server.profile("ada").await["entity"]["externalAudiences"], Value::Null);
    assert_eq!(server.profile("bob").await["entity"]["externalAudiences"]["partners"]["score"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn memberships_last_as_long_as_the_definition_says_now() {
    let server = server().await;
    upload(&server, "1", "full", &people(&["ada"])).await;
    server.move_clock("2018-01-09T00:00:00Z").await;
    assert_eq!(members(&server).await, ["ada"]);
    server.apply(&[partners(7)]).await.ok();
    assert_eq!(members(&server).await, Vec::<String>::new());
    let shown = server.get(PATH).await.ok();
    assert_eq!(shown["expression"]["value"], "externalAudiences.`partners`.since occurs < 7 days before now");
    server.apply(&[partners(91)]).await.problem(400, "bad-definition");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_an_audience_like_any_other() {
    let server = server().await;
    let rule = "inSegment(\"partners\") and city = \"Bonn\"";
    server
        .apply(&[json!({"kind": "audience", "id": "near", "name": "Near", "expression": {"value": rule},
                "evaluationInfo": {"continuous": {"enabled": true}}})])
        .await
        .ok();
    let city = json!({"type": "identify", "messageId": "m", "userId": "ada", "traits": {"city": "Bonn"}});
    server.batch(&[city]).await.ok();
    upload(&server, "1", "full", &people(&["ada", "bob"])).await;
    assert_eq!(server.status_in("ada", "near").await, "realized");
    assert_eq!(server.status_in("bob", "near").await, Value::Null);
    let explained = server.get(&format!("{PATH}/explain?entityIdNS=crm&entityId=ada")).await.ok();
    assert!(explained.to_string().contains("2018-01-31T12:00:00"), "when it ends is said: {explained}");
    let counted = server.get(&format!("{PATH}/counts")).await.ok();
    assert_eq!(counted["realized"], 2);
    server.move_clock("2018-01-31T12:00:00Z").await;
    assert_eq!(server.status_in("ada", "near").await, "exited");
    let shown = server.get(PATH).await.ok();
    assert_eq!(shown["verdicts"]["native"]["edge"]["verdict"], "ok");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_destination_hears_of_members_with_what_was_uploaded_and_when_their_time_is_over() {
    let (url, heard) = outside(false).await;
    let server = server().await;
    server
        .apply(&[
            json!({"kind": "destination", "id": "hook", "connection": hook_at(&url)}),
            json!({"kind": "dataflow", "id": "flow", "destination": "hook", "audiences": ["partners"],
                "mapping": [{"from": "externalAudiences.partners.score", "to": "score"}]}),
        ])
        .await
        .ok();
    upload(&server, "1", "full", &[json!({"who": "ada", "score": "7"})]).await;
    let told = async |number: usize| {
        let look = async || heard.lock().unwrap().messages.get(number).cloned();
        until("the webhook heard of it", look).await
    };
    let entered = told(0).await;
    assert_eq!(entered["type"], "audience.entered");
    assert_eq!(entered["data"]["attributes"]["score"], 7, "{entered}");
    server.move_clock("2018-01-31T12:00:00Z").await;
    assert_eq!(told(1).await["type"], "audience.exited");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_broke_off_goes_on_and_everybody_leaves_once() {
    let server = server().await;
    upload(&server, "1", "full", &people(&["ada", "bob", "cy"])).await;
    let import = begin(&server, "2", "full").await;
    rows(&server, &import, 0, &people(&["cy"])).await.ok();
    let server = server.restart().await;
    assert_eq!(begin(&server, "2", "full").await, import);
    rows(&server, &import, 0, &people(&["cy"])).await.problem(409, "import-position");
    rows(&server, &import, 1, &people(&["dee"])).await.ok();
    server.post("/imports/import-2/complete", &Value::Null).await.ok();
    let server = server.restart().await;
    let ended = completed(&server, &import).await;
    assert_eq!((&ended["rows"], &ended["upload"]["left"]), (&json!(2), &json!(2)));
    assert_eq!(members(&server).await, ["cy", "dee"]);
    let records = server.get("/records").await.ok();
    let kinds: Vec<_> = records["records"].as_array().unwrap().iter().map(|record| &record["kind"]).collect();
    assert_eq!(kinds, ["attributes"; 7], "three, two, and two who left");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_row_is_in_quarantine_with_its_place_and_is_not_replayed() {
    let server = server().await;
    let import = begin(&server, "1", "differential").await;
    let of_file = [
        json!({"who": "ada", "operation": "add", "score": "many"}),
        json!({"who": "bob", "operation": "put"}),
        json!({"operation": "add"}),
        json!({"who": "cy", "operation": "add", "score": "5", "unknown": "x"}),
    ];
    let outcome = rows(&server, &import, 0, &of_file).await.ok();
    let codes: Vec<_> =
        outcome["refused"].as_array().unwrap().iter().map(|refused| &refused["code"]).collect();
    assert_eq!(codes, ["schema", "bad_operation", "no_identity"]);
    let refused = server.quarantine().await;
    let bob = refused.iter().find(|record| record["code"] == "bad_operation").unwrap();
    assert_eq!(bob["place"], json!({"file": "list.csv", "row": 2, "line": 3}));
    let replayed = server.post("/quarantine/replay", &json!({})).await.ok();
    assert_eq!(replayed, json!({"accepted": 0, "refused": 3}));
    assert_eq!(members(&server).await, ["cy"]);
    let cy = &server.profile("cy").await["entity"]["externalAudiences"]["partners"];
    assert_eq!((&cy["score"], &cy["unknown"]), (&json!(5), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_uploaded_is_refused() {
    let server = server().await;
    let wanted = |mode: &str| json!({"file": "f", "digest": "d", "mode": mode});
    let of = |id: &str| format!("/data/core/ups/audiences/{id}/uploads");
    server.post(&of("buyers"), &wanted("full")).await.problem(409, "not-external");
    server.get(&of("buyers")).await.problem(409, "not-external");
    server.post(&of("nobody"), &wanted("full")).await.problem(404, "not-found");
    assert_eq!(server.post(&of("partners"), &wanted("half")).await.status, 400);

    let first = begin(&server, "1", "full").await;
    let problem = server.post("/imports/import-1/complete", &Value::Null).await.problem(409, "upload-empty");
    assert!(problem["detail"].as_str().unwrap().contains("everybody would leave"), "{problem}");
    assert_eq!(begin(&server, "2", "full").await, "import-2");
    let problem = rows(&server, &first, 0, &people(&["ada"])).await.problem(409, "import-over");
    assert!(problem["detail"].as_str().unwrap().contains("another upload"), "{problem}");
    server.post("/imports/import-2/complete?empty=true", &Value::Null).await.ok();
    completed(&server, &json!("import-2")).await;

    let stage = json!({"expression": {"value": "true"}});
    server.post(&format!("{PATH}/versions"), &stage).await.problem(409, "external");
    let state = json!({"lifecycleState": "inactive"});
    server.with_body(reqwest::Method::PATCH, PATH, &state).await.ok();
    server.post(&of("partners"), &wanted("full")).await.problem(409, "not-published");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_uploaded_goes_with_the_audience() {
    let server = server().await;
    upload(&server, "1", "full", &people(&["ada"])).await;
    send(server.request(reqwest::Method::DELETE, PATH).bearer_auth(ADMIN)).await.ok();
    assert_eq!(server.status_in("ada", "partners").await, Value::Null);
    server.move_clock("2018-01-02T00:00:00Z").await;
    assert_eq!(server.profile("ada").await["entity"]["externalAudiences"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_sends_a_file_and_lists_uploads() {
    let server = server().await;
    let folder = server.folder.path().to_owned();
    let run = async |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_acquaint"));
        command.args(["audiences"]).args(arguments).current_dir(&folder);
        command.env("ACQUAINT_URL", &server.url).env("ACQUAINT_ADMIN_TOKEN", ADMIN);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.success(), text(output.stdout), text(output.stderr))
    };
    std::fs::write(folder.join("list.csv"), "who,score\nada,5\nbob,\n").unwrap();
    let (fine, out, error) = run(&["upload", "partners", "list.csv", "--mode", "full"]).await;
    assert!(fine, "{error}");
    assert_eq!(out, "rows=2 accepted=2 duplicates=0 refused=0 left=0\n");
    std::fs::write(
        folder.join("less.jsonl"),
        "{\"who\": \"bob\", \"score\": 3}\n{\"who\": \"cy\", \"score\": \"x\"}\n",
    )
    .unwrap();
    let (fine, out, error) = run(&["upload", "partners", "less.jsonl", "--mode", "full"]).await;
    assert!(!fine && error.contains("refused: row 2: schema"), "{error}");
    assert_eq!(out, "rows=2 accepted=1 duplicates=0 refused=1 left=1\n");
    assert_eq!(members(&server).await, ["bob"]);
    let (_, listed, _) = run(&["uploads", "partners"]).await;
    assert!(listed.contains("import-2") && listed.contains("less.jsonl"), "{listed}");
}
