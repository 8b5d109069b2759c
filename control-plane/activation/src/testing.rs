//! What the tests of this crate share: a store on disk, a clock moved by hand, profiles, and a receiver that verifies
//! what it gets and answers as it is told to.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use acquaint_core::id::{AudienceId, DatasetId, ProfileId};
use acquaint_core::profile::{Fragment, Identity, Membership, MembershipChange, Status};
use acquaint_core::value::{Fields, Value};
use acquaint_core::wire;
use acquaint_store::catalog::{self, Definition, Edit, Kind};
use acquaint_store::record::{Change, ChangeKind};
use acquaint_store::{Embedded, ProfileDocument, ProfileStore, Table, Topic, WriteBatch, keys};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value as Json, json};
use sha2::Sha256;
use tokio::sync::Notify;

use crate::{Activation, Settings};

pub(crate) const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
/// 2018-01-01T00:00:00Z
pub(crate) const START_MS: i64 = 1_514_764_800_000;

/// A whole activation, without the rest of the control plane.
pub(crate) struct House {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) store: Arc<Embedded>,
    pub(crate) clock: Arc<AtomicI64>,
    pub(crate) activation: Activation,
}

impl House {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Arc::new(Embedded::open(directory.path().join("store")).unwrap());
        let clock = Arc::new(AtomicI64::new(START_MS));
        let activation = open(&store, &directory, &clock);
        Self { directory, store, clock, activation }
    }

    /// As after a crash: nothing but what is on disk.
    pub(crate) fn restart(&mut self) {
        self.activation = open(&self.store, &self.directory, &self.clock);
    }

    pub(crate) fn now_ms(&self) -> i64 {
        self.clock.load(Ordering::SeqCst)
    }

    pub(crate) fn pass(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::SeqCst);
    }

    pub(crate) fn define(&self, kind: Kind, definition: Json) {
        self.edit(vec![Edit::Put(Definition::from_json(kind, definition).unwrap())]);
    }

    pub(crate) fn delete(&self, kind: Kind, id: &str) {
        self.edit(vec![Edit::Delete(kind, id.into())]);
    }

    fn edit(&self, edits: Vec<Edit>) {
        let catalog = catalog::store::load(&*self.store).unwrap();
        catalog::store::save(&*self.store, &catalog, edits, "test", self.now_ms()).unwrap();
    }

    pub(crate) fn audiences(&self, ids: &[&str]) {
        for id in ids {
            let expression = json!({ "value": "true" });
            let definition = json!({ "id": id, "name": format!("The {id}"), "expression": expression });
            self.define(Kind::Audience, definition);
        }
    }

    /// A destination with that id and a dataflow of the same name.
    pub(crate) fn webhook(&self, id: &str, url: &str, audiences: &[&str]) {
        let connection = json!({
            "type": "httpApi", "url": url, "secret": SECRET, "allowPrivateNetwork": true, "concurrencyMax": 4,
        });
        self.define(Kind::Destination, json!({ "id": id, "connection": connection }));
        let mapping = json!([{ "from": "household.income", "to": "household.income" }]);
        let flow = json!({ "id": id, "destination": id, "audiences": audiences, "mapping": mapping });
        self.define(Kind::Dataflow, flow);
    }

    /// Plans everything there is.
    pub(crate) fn plan(&self) {
        while self.activation.plan_step(self.now_ms()).unwrap() > 0 {}
    }

    /// Plans, and delivers what is due until nothing is due now.
    pub(crate) async fn deliver(&self, dataflow: &str) {
        self.plan();
        loop {
            let step = self.activation.deliver_step(dataflow).await.unwrap();
            if step.next_due_ms.is_none_or(|at| at > self.now_ms()) {
                return;
            }
        }
    }

    fn document(&self, profile: u64) -> ProfileDocument {
        let id = ProfileId(profile);
        ProfileDocument::load(&*self.store, id).unwrap().unwrap_or_else(|| {
            let mut document = ProfileDocument::new(id, self.now_ms());
            document.identities.insert("crm".into(), [format!("person-{profile}")].into());
            document
        })
    }

    fn save(&self, document: &ProfileDocument, kind: Option<ChangeKind>) {
        let (key, value) = document.to_row().unwrap();
        let mut batch = WriteBatch::default();
        batch.writes.push((Table::Profiles, key, Some(value)));
        if let Some(kind) = kind {
            let change =
                Change { profile: document.id, position: 1, identities: document.identities.clone(), kind };
            batch.appends.push((Topic::Changes, wire::seal(&change).unwrap()));
        }
        self.store.commit(batch, true).unwrap();
    }

    fn decide(&self, profile: u64, audience: &str, status: Status) {
        let mut document = self.document(profile);
        let since_ms = self.now_ms();
        document.memberships.insert(audience.into(), Membership { status, since_ms });
        let change = MembershipChange { audience: AudienceId::new(audience), status, at_ms: since_ms };
        self.save(&document, Some(ChangeKind::Membership(change)));
    }

    pub(crate) fn enter(&self, profile: u64, audience: &str) {
        self.decide(profile, audience, Status::Realized);
    }

    pub(crate) fn leave(&self, profile: u64, audience: &str) {
        self.decide(profile, audience, Status::Exited);
    }

    /// The engine has let go of the profile: it leaves its audiences, and is no more.
    pub(crate) fn gone(&self, profile: u64) {
        let document = self.document(profile);
        for audience in document.memberships.keys() {
            self.leave(profile, audience.as_str());
        }
        self.save(&document, Some(ChangeKind::Gone));
        let writes = vec![(Table::Profiles, keys::profile(document.id), None)];
        self.store.commit(WriteBatch { writes, ..WriteBatch::default() }, true).unwrap();
    }

    pub(crate) fn upsert(&self, profile: u64, attributes: Json) {
        let mut document = self.document(profile);
        let Value::Object(attributes) = Value::from_json(&attributes, 8).unwrap() else {
            panic!("no object")
        };
        document.fragments = vec![fragment(profile, attributes)];
        self.save(&document, Some(ChangeKind::Profile));
    }

    pub(crate) fn identify(&self, profile: u64, id: &str) {
        let mut document = self.document(profile);
        document.identities.insert("crm".into(), [id.to_owned()].into());
        self.save(&document, Some(ChangeKind::Profile));
    }
}

fn open(store: &Arc<Embedded>, directory: &tempfile::TempDir, clock: &Arc<AtomicI64>) -> Activation {
    let mut settings = Settings::new(directory.path());
    settings.request_timeout_ms = 300;
    let clock = Arc::clone(clock);
    settings.network_clock = Arc::new(move || clock.load(Ordering::SeqCst));
    Activation::new(Arc::clone(store) as Arc<dyn crate::Storage>, settings).unwrap()
}

fn fragment(profile: u64, attributes: Fields) -> Fragment {
    let identity = Identity { namespace: "crm".into(), id: format!("person-{profile}") };
    Fragment { dataset: DatasetId::new("people"), identity, updated_ms: 1, attributes }
}

/// How the receiver answers.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Answer {
    Status(u16),
    Busy {
        retry_after_s: u32,
    },
    /// It does what the message says, and never answers.
    TakeAndHang,
}

/// What the receiver got.
#[derive(Clone, Debug)]
pub(crate) struct Got {
    pub(crate) id: String,
    pub(crate) timestamp_s: i64,
    pub(crate) body: Json,
    pub(crate) bytes: Vec<u8>,
}

#[derive(Default)]
struct Inbox {
    script: VecDeque<Answer>,
    otherwise: Option<u16>,
    requests: Vec<Got>,
    /// Messages that had an effect, in order, each once.
    effects: Vec<Got>,
}

/// A webhook receiver that honours `webhook-id`.
#[derive(Clone, Default)]
pub(crate) struct Receiver {
    inbox: Arc<Mutex<Inbox>>,
    arrived: Arc<Notify>,
    pub(crate) url: String,
}

impl Receiver {
    pub(crate) async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let receiver = Self { url, ..Self::default() };
        let router = Router::new().fallback(receive).with_state(receiver.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        receiver
    }

    /// What it answers next, in order; after that what it answers `otherwise`, or 204.
    pub(crate) fn script(&self, answers: &[Answer]) {
        self.inbox.lock().unwrap().script.extend(answers);
    }

    pub(crate) fn otherwise(&self, status: u16) {
        self.inbox.lock().unwrap().otherwise = Some(status);
    }

    /// Waits until there have been so many requests.
    pub(crate) async fn requested(&self, count: usize) {
        while self.requests().len() < count {
            self.arrived.notified().await;
        }
    }

    pub(crate) fn requests(&self) -> Vec<Got> {
        self.inbox.lock().unwrap().requests.clone()
    }

    pub(crate) fn effects(&self) -> Vec<Got> {
        self.inbox.lock().unwrap().effects.clone()
    }

    /// `type audience identity` of every effect.
    pub(crate) fn story(&self) -> Vec<String> {
        let text = |json: &Json| json.as_str().unwrap_or("?").to_owned();
        self.effects()
            .iter()
            .map(|got| {
                let data = &got.body["data"];
                let kind = text(&got.body["type"]).replace("audience.", "");
                format!(
                    "{kind} {} {}",
                    text(&data["audience"]["id"]),
                    text(&data["identityMap"]["crm"][0]["id"])
                )
            })
            .collect()
    }

    /// Who is in which audience, by the effects.
    pub(crate) fn members(&self) -> BTreeMap<(String, String), bool> {
        let text = |json: &Json| json.as_str().unwrap().to_owned();
        let mut members = BTreeMap::new();
        for got in self.effects() {
            let data = &got.body["data"];
            let key = (text(&data["audience"]["id"]), text(&data["identityMap"]["crm"][0]["id"]));
            let inside = data["status"] != "exited";
            let before = members.insert(key.clone(), inside);
            if got.body["type"] != "audience.updated" {
                assert_ne!(before.unwrap_or(false), inside, "enter and exit alternate: {key:?}");
            }
        }
        members
    }
}

async fn receive(State(receiver): State<Receiver>, headers: HeaderMap, body: Bytes) -> Response {
    let header = |name: &str| headers[name].to_str().unwrap().to_owned();
    let got = Got {
        id: header("webhook-id"),
        timestamp_s: header("webhook-timestamp").parse().unwrap(),
        body: serde_json::from_slice(&body).unwrap(),
        bytes: body.to_vec(),
    };
    assert_eq!(header("content-type"), "application/json");
    if !verify(&got, &header("webhook-signature")) {
        return StatusCode::IM_A_TEAPOT.into_response();
    }
    let answer = {
        let mut inbox = receiver.inbox.lock().unwrap();
        inbox.requests.push(got.clone());
        let otherwise = Answer::Status(inbox.otherwise.unwrap_or(204));
        let answer = inbox.script.pop_front().unwrap_or(otherwise);
        let taken = matches!(answer, Answer::Status(200..=299) | Answer::TakeAndHang);
        if taken && !inbox.effects.iter().any(|effect| effect.id == got.id) {
            inbox.effects.push(got);
        }
        answer
    };
    receiver.arrived.notify_one();
    match answer {
        Answer::Status(status) => (StatusCode::from_u16(status).unwrap(), "as scripted").into_response(),
        Answer::Busy { retry_after_s } => {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", retry_after_s.to_string())]).into_response()
        }
        Answer::TakeAndHang => std::future::pending().await,
    }
}

/// Written from the specification, not with the code that signs.
fn verify(got: &Got, signature: &str) -> bool {
    let key = STANDARD.decode(SECRET.trim_start_matches("whsec_")).unwrap();
    let mut content = format!("{}.{}.", got.id, got.timestamp_s).into_bytes();
    content.extend_from_slice(&got.bytes);
    signature.split(' ').filter_map(|entry| entry.strip_prefix("v1,")).any(|entry| {
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(&content);
        STANDARD.decode(entry).is_ok_and(|tag| mac.verify_slice(&tag).is_ok())
    })
}
