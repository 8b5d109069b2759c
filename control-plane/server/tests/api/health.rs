//! Whether a server lives, whether it wants requests, and how it ends.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;

use acquaint_core::wire;
use acquaint_store::record::{Body, Record};
use acquaint_store::{Embedded, Log, Topic};
use reqwest::Method;
use serde_json::json;

use crate::server::{ADMIN, EDGE, KEY, documents, empty, send, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_server_lives_and_is_ready_for_anybody_who_asks() {
    let server = empty().await;
    let health = send(server.request(Method::GET, "/healthz")).await.ok();
    assert_eq!(health, "ok\n");
    let ready = send(server.request(Method::GET, "/readyz")).await.ok();
    assert_eq!(ready["ready"], true);
    let names: Vec<_> = ready["checks"].as_array().unwrap().iter().map(|check| &check["name"]).collect();
    assert_eq!(names, ["store", "parts", "engine", "shutdown"]);
}

/// A process of its own, since only that gets signals.
struct Process {
    child: Child,
    url: String,
}

impl Process {
    fn start(data: &Path, arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_acquaint"))
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(arguments)
            .env("ACQUAINT_ADMIN_TOKEN", ADMIN)
            .env("ACQUAINT_EDGE_TOKEN", EDGE)
            .stdout(Stdio::piped())
            .env("ACQUAINT_LOG_FORMAT", "json")
            .stderr(std::fs::File::create(data.join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().strip_prefix("listening on ").unwrap().to_owned();
        Self { child, url }
    }

    fn ask_to_end(&self) {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(asked.success());
    }

    async fn exit_code(&mut self) -> Option<i32> {
        until("the process ends", async || self.child.try_wait().unwrap()).await.code()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _gone = self.child.kill();
    }
}

/// Sends batches until one is not acknowledged; notes what was.
async fn load(url: &str, client: u32, acknowledged: &Mutex<BTreeSet<String>>) {
    let http = reqwest::Client::new();
    for number in 0_u32.. {
        let ids: Vec<String> = (0..20).map(|event| format!("{client}-{number}-{event}")).collect();
        let messages: Vec<_> = ids
            .iter()
            .map(|id| json!({"type": "track", "event": "buy", "messageId": id, "userId": format!("u{client}")}))
            .collect();
        let request = http.post(format!("{url}/v1/batch")).basic_auth(KEY, Some(""));
        let answer = request.body(json!({"batch": messages}).to_string()).send().await;
        match answer {
            Ok(answer) if answer.status().is_success() => acknowledged.lock().unwrap().extend(ids),
            Ok(_) | Err(_) => return,
        }
    }
}

/// The ids of all events in the log, which is closed.
fn logged(data: &Path) -> Vec<String> {
    let store = Embedded::open(data.join("store")).unwrap();
    let records = store.read(Topic::Records, 0, usize::MAX).unwrap();
    let bodies = records.iter().map(|(_, bytes)| wire::open::<Record>(bytes).unwrap().body);
    bodies
        .filter_map(|body| match body {
            Body::Event { event, .. } => Some(event.id),
            _ => None,
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_asked_to_end_under_load_loses_nothing_acknowledged_and_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(folder.path(), &[]);
    let http = reqwest::Client::new();
    let apply = http.post(format!("{}/catalog/apply", process.url)).bearer_auth(ADMIN);
    send(apply.body(json!({"documents": documents()}).to_string())).await.ok();
    let acknowledged = Mutex::new(BTreeSet::new());
    let url = process.url.clone();
    let end = async {
        until("there is load", async || (acknowledged.lock().unwrap().len() >= 1_000).then_some(())).await;
        process.ask_to_end();
        process.exit_code().await
    };
    let clients = async {
        tokio::join!(
            load(&url, 1, &acknowledged),
            load(&url, 2, &acknowledged),
            load(&url, 3, &acknowledged),
            load(&url, 4, &acknowledged)
        )
    };
    let (code, _) = tokio::join!(end, clients);
    assert_eq!(code, Some(0));
    let logged = logged(folder.path());
    let kept: BTreeSet<String> = logged.iter().cloned().collect();
    assert_eq!(kept.len(), logged.len(), "an event is in the log twice");
    let acknowledged = acknowledged.into_inner().unwrap();
    let lost: Vec<_> = acknowledged.difference(&kept).collect();
    assert!(lost.is_empty(), "{} of {} are lost: {lost:?}", lost.len(), acknowledged.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_about_to_end_says_so_and_still_answers() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(folder.path(), &["--drain-seconds", "5"]);
    let http = reqwest::Client::new();
    let ask = async |path: &str| send(http.get(format!("{}{path}", process.url))).await;
    assert_eq!(ask("/readyz").await.status, 200);
    process.ask_to_end();
    let refused = until("it is not ready any more", async || {
        let answer = ask("/readyz").await;
        (answer.status != 200).then_some(answer)
    });
    let problem = refused.await.problem(503, "unavailable");
    assert_eq!(problem["detail"], "not ready: shutdown");
    assert_eq!(ask("/healthz").await.status, 200);
    assert_eq!(process.exit_code().await, Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn logs_can_be_json_and_name_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let mut process = Process::start(folder.path(), &[]);
    let http = reqwest::Client::new();
    let apply = http.post(format!("{}/catalog/apply", process.url)).bearer_auth(ADMIN);
    send(apply.body(json!({"documents": documents()}).to_string())).await.ok();
    let batch = http.post(format!("{}/v1/batch", process.url)).basic_auth(KEY, Some(""));
    let messages = json!([{"type": "track", "event": "buy", "messageId": "m", "userId": "somebody-special"},
        {"type": "nonsense", "userId": "somebody-special"}]);
    send(batch.body(json!({"batch": messages}).to_string())).await.ok();
    process.ask_to_end();
    assert_eq!(process.exit_code().await, Some(0));
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let changed = lines.iter().find(|line| line["message"] == "definitions changed").expect(&log);
    assert_eq!((&changed["level"], &changed["version"]), (&json!("INFO"), &json!(1)));
    assert!(!log.contains("somebody-special"), "{log}");
}
