//! A control plane for one test, and a client of it.

use std::time::Duration;

use acquaint::serve::{Running, start};
use acquaint::settings::Settings;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

pub(crate) const ADMIN: &str = "admin-token";
pub(crate) const EDGE: &str = "edge-token";
/// Where the clock of every test starts.
pub(crate) const NOW: &str = "2018-01-01T12:00:00Z";
/// The write key of the source `web`.
pub(crate) const KEY: &str = "web-key";

pub(crate) struct Server {
    running: Running,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) url: String,
    http: reqwest::Client,
}

/// An answer: status, headers, and the body as JSON or text.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The body of a 2xx.
    #[track_caller]
    pub(crate) fn ok(self) -> Value {
        assert!(self.status.is_success(), "{} {}", self.status, self.body);
        self.body
    }

    /// The body of a problem of that status and code.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.headers["content-type"], "application/problem+json");
        assert_eq!(self.body["type"], format!("urn:acquaint:problem:{code}"), "{}", self.body);
        assert_eq!(self.body["status"], status);
        self.body
    }
}

fn settings(folder: &tempfile::TempDir) -> Settings {
    let now_ms = acquaint_core::time::parse_instant(NOW).unwrap();
    Settings::for_tests(folder.path().join("data"), ADMIN, EDGE, Some(now_ms))
}

/// Starts a server that knows the definitions of [`documents`].
pub(crate) async fn with_definitions() -> Server {
    let server = empty().await;
    server.apply(&documents()).await.ok();
    server
}

/// Starts a server that knows nothing.
pub(crate) async fn empty() -> Server {
    Server::on(tempfile::tempdir().unwrap()).await
}

/// Starts a server that knows the definitions of [`documents`] and runs by the system's clock.
pub(crate) async fn by_the_systems_clock() -> Server {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { clock_ms: None, ..settings(&folder) };
    let server = Server::with(folder, settings).await;
    server.apply(&documents()).await.ok();
    server
}

/// As [`by_the_systems_clock`], with every record traced.
pub(crate) async fn tracing_to(endpoint: &str) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let traces = Some((endpoint.to_owned(), 1));
    let settings = Settings { clock_ms: None, traces, ..settings(&folder) };
    let server = Server::with(folder, settings).await;
    server.apply(&documents()).await.ok();
    server
}

/// As [`publishing_to`], with several edges, by region.
pub(crate) async fn publishing_to_several(edges: &[(&str, &str)]) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let edges = edges.iter().map(|(region, url)| ((*region).to_owned(), (*url).to_owned())).collect();
    let settings = Settings { edges, ..settings(&folder) };
    Server::with(folder, settings).await
}

/// Starts a server that knows nothing and publishes to an edge.
pub(crate) async fn publishing_to(edge_url: &str) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { edge_url: Some(edge_url.into()), ..settings(&folder) };
    Server::with(folder, settings).await
}

/// A schema of profiles, one of events, a source of each kind, and one audience of each mode.
pub(crate) fn documents() -> Vec<Value> {
    let window = |count: u32| {
        format!("xEvent[eventType = \"buy\" and timestamp occurs <= 1 hours before now].count() >= {count}")
    };
    vec![
        json!({"kind": "schema", "id": "person", "class": "profile",
            "properties": {"city": {"type": "string"}, "age": {"type": "integer"}, "email": {"type": "string"}}}),
        json!({"kind": "schema", "id": "deed", "class": "event",
            "properties": {"price": {"type": "number"}, "properties": {"type": "object", "additionalProperties": true},
                "context": {"type": "object", "additionalProperties": true}}}),
        json!({"kind": "namespace", "id": "crm", "type": "crossDevice", "unique": true}),
        json!({"kind": "dataset", "id": "people", "schema": "person"}),
        json!({"kind": "dataset", "id": "deeds", "schema": "deed"}),
        json!({"kind": "source", "id": "web", "writeKey": KEY, "eventDataset": "deeds", "profileDataset": "people",
            "userNamespace": "crm"}),
        json!({"kind": "source", "id": "people-file", "profileDataset": "people",
            "identities": [{"from": "id", "namespace": "crm"}]}),
        json!({"kind": "source", "id": "deeds-file", "eventDataset": "deeds",
            "identities": [{"from": "who", "namespace": "crm"}],
            "event": {"id": ["nr"], "timestamp": "at", "eventType": "buy"},
            "mapping": [{"from": "price", "to": "price"}]}),
        json!({"kind": "audience", "id": "buyers", "name": "Buyers", "expression": {"value": window(1)},
            "evaluationInfo": {"continuous": {"enabled": true}}}),
        json!({"kind": "audience", "id": "berliners", "name": "Berliners",
            "expression": {"value": "city = \"Berlin\""}}),
    ]
}

impl Server {
    /// Starts one on a folder that was another's.
    pub(crate) async fn on(folder: tempfile::TempDir) -> Self {
        let settings = settings(&folder);
        Self::with(folder, settings).await
    }

    async fn with(folder: tempfile::TempDir, settings: Settings) -> Self {
        let running = start(settings).await.unwrap();
        let url = format!("http://{}", running.address());
        Self { running, folder, url, http: reqwest::Client::new() }
    }

    /// Ends it and starts it again on the same data.
    pub(crate) async fn restart(self) -> Self {
        self.running.shut_down().await.unwrap();
        Self::on(self.folder).await
    }

    /// Ends it; what is left is its folder.
    pub(crate) async fn stop(self) -> tempfile::TempDir {
        self.running.shut_down().await.unwrap();
        self.folder
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        send(self.request(Method::GET, path).bearer_auth(ADMIN)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.with_body(Method::POST, path, body).await
    }

    pub(crate) async fn with_body(&self, method: Method, path: &str, body: &Value) -> Answer {
        send(self.request(method, path).bearer_auth(ADMIN).body(body.to_string())).await
    }

    pub(crate) async fn apply(&self, documents: &[Value]) -> Answer {
        self.post("/catalog/apply", &json!({"documents": documents})).await
    }

    /// Sends a batch as the source `web`.
    pub(crate) async fn batch(&self, messages: &[Value]) -> Answer {
        let request = self.request(Method::POST, "/v1/batch").basic_auth(KEY, Some(""));
        send(request.body(json!({"batch": messages}).to_string())).await
    }

    /// Waits until everything that was accepted is decided.
    pub(crate) async fn settle(&self) -> Value {
        until("everything is decided", async || {
            let status = self.get("/status").await.ok();
            let settled = status["engine_position"] == status["log_end"] && status["backfill"].is_null();
            settled.then_some(status)
        })
        .await
    }

    pub(crate) async fn move_clock(&self, now: &str) {
        self.post("/admin/clock", &json!({"now": now})).await.ok();
        self.settle().await;
    }

    /// The profile of an identity in `crm`.
    pub(crate) async fn profile(&self, id: &str) -> Value {
        self.settle().await;
        let path = format!(
            "/data/core/ups/access/entities?schema.name=_xdm.context.profile&entityId={id}&entityIdNS=crm"
        );
        let found = self.get(&path).await.ok();
        found.as_object().unwrap().values().next().unwrap().clone()
    }

    /// What a profile is in.
    pub(crate) async fn status_in(&self, id: &str, audience: &str) -> Value {
        self.profile(id).await["entity"]["segmentMembership"]["ups"][audience]["status"].clone()
    }

    pub(crate) async fn quarantine(&self) -> Vec<Value> {
        self.get("/quarantine").await.ok()["records"].as_array().unwrap().clone()
    }
}

/// Waits until a look gives an answer; a minute without one fails the test.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> impl Future<Output = T> {
    let place = std::panic::Location::caller();
    let start = std::time::Instant::now();
    async move {
        loop {
            if let Some(answer) = look().await {
                return answer;
            }
            assert!(
                start.elapsed() < Duration::from_secs(60),
                "{place}: a minute has passed, and still not: {what}"
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer { status, headers, body }
}

/// A purchase of one hour before [`NOW`] at most.
pub(crate) fn buy(id: &str, who: &str) -> Value {
    json!({"type": "track", "event": "buy", "messageId": id, "userId": who, "timestamp": "2018-01-01T11:30:00Z"})
}
