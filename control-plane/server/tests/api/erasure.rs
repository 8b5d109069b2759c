//! Erasing a person, with proof: afterwards no file, row or record has a byte of what was known of them.

use std::ops::Bound::Unbounded;
use std::path::{Path, PathBuf};

use acquaint_store::{Embedded, Log, Read, Table, Topic};
use reqwest::Method;
use serde_json::{Value, json};

use crate::outside::{hook_at, outside};
use crate::server::{ADMIN, Server, buy, documents, publishing_to, send, until};

/// In every identity, attribute, event and refused message of the person.
const MARKER: &str = "zqXj7391";

/// A server of which everything that keeps or passes on people is in use, and the person with the marker in all of it.
async fn with_the_person(url: &str) -> Server {
    let server = publishing_to(url).await;
    let mut all = documents();
    all[2]["edge"] = json!(true);
    let mapping = json!([{"from": "email", "to": "email"}, {"from": "identityMap.crm", "to": "id"}]);
    all.extend([
        json!({"kind": "destination", "id": "hook", "connection": hook_at(url)}),
        json!({"kind": "dataflow", "id": "hook", "destination": "hook", "audiences": ["buyers"], "mapping": mapping}),
        json!({"kind": "destination", "id": "files", "connection": {"type": "csvFile", "directory": "out"}}),
        json!({"kind": "dataflow", "id": "mail", "destination": "files", "audiences": ["buyers", "berliners"],
            "mapping": mapping}),
    ]);
    server.apply(&all).await.ok();
    let traits = json!({"city": "Berlin", "email": format!("mail-{MARKER}")});
    let (user, device) = (format!("user-{MARKER}"), format!("device-{MARKER}"));
    let mut buys = buy(&format!("message-{MARKER}"), &user);
    buys["properties"] = json!({"note": format!("property-{MARKER}")});
    let identify =
        |traits: Value| json!({"type": "identify", "userId": user, "anonymousId": device, "traits": traits});
    let refused = identify(json!({"age": format!("age-{MARKER}")}));
    server.batch(&[identify(traits), buys, refused, buy("other", "2")]).await.ok();
    server.settle().await;
    assert_eq!(server.quarantine().await.len(), 1);
    server.post("/data/core/ups/segment/jobs", &json!([{"segmentId": "*"}])).await.ok();
    until("the job is applied", async || {
        let status = server.status_in(&user, "berliners").await;
        (status == "realized").then_some(())
    })
    .await;
    server.post("/flows/mail/export", &json!({})).await.ok();
    server
}

async fn ask(server: &Server) -> String {
    let path = format!("/data/core/ups/access/entities?entityIdNS=anonymousId&entityId=device-{MARKER}");
    let answer = send(server.request(Method::DELETE, &path).bearer_auth(ADMIN)).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    answer.ok()["id"].as_str().unwrap().to_owned()
}

async fn completed(server: &Server, id: &str) -> Value {
    until("the erasure is completed", async || {
        let job = server.get(&format!("/data/core/ups/system/jobs/{id}")).await.ok();
        (job["status"] == "COMPLETED").then_some(job)
    })
    .await
}

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        // Exported files have left the system.
        if path.is_dir() && !path.ends_with("out") {
            files(&path, found);
        } else if path.is_file() {
            found.push(path);
        }
    }
}

fn has_marker(bytes: &[u8]) -> bool {
    bytes.windows(MARKER.len()).any(|window| window == MARKER.as_bytes())
}

/// The files whose bytes have the marker.
fn marked_files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    files(folder, &mut all);
    all.retain(|path| std::fs::read(path).is_ok_and(|bytes| has_marker(&bytes)));
    all
}

/// The tables and logs that have the marker in a key, row or record, read as everybody reads them.
fn marked_tables(store: &Embedded) -> Vec<String> {
    let mut found = Vec::new();
    for table in Table::ALL {
        let rows = store.scan(table, Unbounded, Unbounded, usize::MAX).unwrap();
        let marked = rows.iter().filter(|(key, value)| has_marker(key) || has_marker(value)).count();
        found.extend((marked > 0).then(|| format!("{} of {}", marked, table.name())));
    }
    for topic in Topic::ALL {
        let records = store.read(topic, 0, usize::MAX).unwrap();
        let marked = records.iter().filter(|(_, payload)| has_marker(payload)).count();
        found.extend((marked > 0).then(|| format!("{} of {}", marked, topic.name())));
    }
    found
}

fn open_store(folder: &Path) -> Embedded {
    Embedded::open(folder.join("data/store")).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_left_anywhere_of_a_person_who_was_erased() {
    let (url, heard) = outside(false).await;
    let server = with_the_person(&url).await;
    let user = format!("user-{MARKER}");
    until("the destination knows of the entry", async || {
        let entered = |message: &Value| message.to_string().contains(MARKER);
        heard.lock().unwrap().messages.iter().any(entered).then_some(())
    })
    .await;
    let before = server.profile(&user).await["entityId"].clone();
    assert_ne!(marked_files(server.folder.path()), Vec::<PathBuf>::new(), "a marker can be found at all");

    let id = ask(&server).await;
    let job = completed(&server, &id).await;
    let erased = &job["erased"];
    assert_eq!(
        (&erased["profiles"], &erased["identities"], &erased["quarantined"]),
        (&json!(1), &json!(2), &json!(1))
    );
    assert!(erased["records"].as_u64() >= Some(3) && erased["ledger"].as_u64() >= Some(2), "{job}");
    assert_eq!(marked_files(server.folder.path()), Vec::<PathBuf>::new());
    {
        let heard = heard.lock().unwrap();
        let last = heard.messages.iter().rfind(|message| message.to_string().contains(MARKER)).unwrap();
        assert_eq!(last["type"], "audience.exited", "{last}");
        assert!(heard.forgotten.contains(&user), "{:?}", heard.forgotten);
    }
    let path = format!("/data/core/ups/access/entities?entityIdNS=crm&entityId={user}");
    server.get(&path).await.problem(404, "not-found");
    assert_eq!(server.status_in("2", "buyers").await, "realized", "nobody else is touched");
    let listed = server.get("/data/core/ups/system/jobs").await.ok();
    assert!(!listed.to_string().contains(MARKER), "{listed}");

    let folder = server.stop().await;
    assert_eq!(marked_tables(&open_store(folder.path())), Vec::<String>::new());
    assert_eq!(marked_files(folder.path()), Vec::<PathBuf>::new());
    // The same message again is of somebody new.
    let server = Server::on(folder).await;
    server.batch(&[buy(&format!("message-{MARKER}"), &user)]).await.ok();
    let profile = server.profile(&user).await;
    assert_eq!((&profile["eventCount"], profile["entity"]["city"].is_null()), (&json!(1), true));
    assert_ne!(profile["entityId"], before);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erasure_that_was_cut_off_goes_on_with_the_next_start() {
    let (url, _) = outside(true).await;
    let server = with_the_person(&url).await;
    let id = ask(&server).await;
    // The edge cannot be told: the profile is gone, the traces are not.
    until("the engine has forgotten", async || {
        let job = server.get(&format!("/data/core/ups/system/jobs/{id}")).await.ok();
        (job["stage"] == "forgotten").then_some(())
    })
    .await;
    let folder = server.stop().await;
    let marked = marked_tables(&open_store(folder.path()));
    assert!(marked.iter().any(|found| found.ends_with("log-records")), "{marked:?}");
    assert!(
        !marked.iter().any(|found| found.ends_with("profiles") || found.ends_with("events")),
        "{marked:?}"
    );
    // This one has no edge, so nobody is owed anything.
    let server = Server::on(folder).await;
    completed(&server, &id).await;
    let folder = server.stop().await;
    assert_eq!(marked_tables(&open_store(folder.path())), Vec::<String>::new());
    assert_eq!(marked_files(folder.path()), Vec::<PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_known_can_be_erased_too_and_a_wrong_request_is_refused() {
    let (url, _) = outside(false).await;
    let server = with_the_person(&url).await;
    let path = "/data/core/ups/access/entities";
    send(server.request(Method::DELETE, path).bearer_auth(ADMIN)).await.problem(400, "bad-query");
    send(server.request(Method::DELETE, path)).await.problem(401, "unauthorized");
    let nobody = format!("{path}?entityIdNS=crm&entityId=nobody");
    let job = send(server.request(Method::DELETE, &nobody).bearer_auth(ADMIN)).await.ok();
    let done = completed(&server, job["id"].as_str().unwrap()).await;
    assert_eq!(done["erased"]["profiles"], 0);
    server.get("/data/core/ups/system/jobs/none").await.problem(404, "not-found");
    assert_eq!(server.status_in("2", "buyers").await, "realized");
}
