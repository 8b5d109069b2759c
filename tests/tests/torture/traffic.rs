//! Traffic that is made from a seed, and a journal of what came of it: what was acknowledged has to be there, once, and
//! what was not answered is sent again.

use std::collections::{BTreeMap, BTreeSet};

use acquaint_core::time::format_instant;
use acquaint_portable::choices::Choices;
use acquaint_tests::ControlPlane;
use serde_json::{Value, json};

use crate::client::{Then, exchange, request};
use crate::hostile::BASIC;
use crate::people::{Person, Specification};

const HOUR_MS: i64 = 3_600_000;
/// People of one writer.
const PEOPLE: usize = 8;
/// Messages of one batch at most.
const BATCH_MAX: usize = 8;
/// Events of one page of the API.
const PAGE: usize = 1_000;

/// One client, who alone speaks for some people, so that the order of what it says of them is known.
pub(crate) struct Writer {
    number: usize,
    choices: Choices,
    sent: usize,
    pub(crate) people: BTreeMap<String, Person>,
    /// What was sent and not acknowledged: it may be there or not.
    unanswered: Option<Vec<Value>>,
    pub(crate) acknowledged: usize,
}

/// What a request came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    /// Everything is there.
    Acknowledged,
    /// The server said that it did not keep it.
    Refused,
    /// The server is gone.
    Unanswered,
}

impl Writer {
    pub(crate) fn new(seed: u64, number: usize) -> Self {
        Self {
            number,
            choices: Choices::of_seed(seed.wrapping_mul(1_000).wrapping_add(number as u64)),
            sent: 0,
            people: BTreeMap::new(),
            unanswered: None,
            acknowledged: 0,
        }
    }

    /// Sends the next batch, or the last one again if it was not acknowledged.
    pub(crate) fn send(&mut self, address: &str, now_ms: i64) -> Sent {
        let batch = self.unanswered.take().unwrap_or_else(|| self.batch(now_ms));
        let body = json!({ "batch": batch }).to_string();
        let bytes = request("POST", "/v1/batch", &[("authorization", BASIC)], body.as_bytes());
        let answer = match exchange(address, &bytes, Then::Wait) {
            Ok(answer) => answer,
            Err(error) if error.starts_with("cannot connect") => {
                self.unanswered = Some(batch);
                return Sent::Unanswered;
            }
            Err(error) => panic!("{error}"),
        };
        match answer.status {
            200 => {
                assert_eq!(answer.json(), json!({"success": true}));
                self.acknowledged += batch.len();
                self.note(&batch);
                Sent::Acknowledged
            }
            0 => {
                self.unanswered = Some(batch);
                Sent::Unanswered
            }
            503 => {
                assert_eq!(answer.code().as_deref(), Some("unavailable"), "{answer:?}");
                self.unanswered = Some(batch);
                Sent::Refused
            }
            status => panic!("status {status}: {}", String::from_utf8_lossy(&answer.body)),
        }
    }

    /// Whether something is still owed an acknowledgement.
    pub(crate) fn owes(&self) -> bool {
        self.unanswered.is_some()
    }

    fn batch(&mut self, now_ms: i64) -> Vec<Value> {
        // The first says of everybody which device is theirs; later ones may name only the device.
        if self.sent == 0 {
            return (0..PEOPLE).map(|one| self.message(one, 5, now_ms)).collect();
        }
        let count = 1 + self.choices.pick(BATCH_MAX);
        (0..count)
            .map(|_| {
                let (one, kind) = (self.choices.pick(PEOPLE), self.choices.pick(6));
                self.message(one, kind, now_ms)
            })
            .collect()
    }

    fn message(&mut self, one: usize, kind: usize, now_ms: i64) -> Value {
        self.sent += 1;
        let (id, who) = (format!("m-{}-{}", self.number, self.sent), format!("p-{}-{one}", self.number));
        let timestamp_ms = now_ms - self.choices.pick(30 * HOUR_MS as usize) as i64;
        let mut message = json!({"messageId": id, "timestamp": format_instant(timestamp_ms)});
        let by = if kind == 5 { 2 } else { self.choices.pick(4) };
        if by != 0 {
            message["userId"] = who.clone().into();
        }
        if by == 0 || by == 2 {
            message["anonymousId"] = format!("d-{who}").into();
        }
        match kind {
            // Who lives where is said of the person, never of the device alone.
            5 => {
                message["type"] = "identify".into();
                message["userId"] = who.into();
                message["traits"] = json!({"city": self.choices.one(&["Berlin", "Paris", "Oslo"])});
            }
            4 => {
                message["type"] = "track".into();
                message["event"] = "look".into();
            }
            _ => {
                message["type"] = "track".into();
                message["event"] = "buy".into();
                message["properties"] = json!({"price": self.choices.pick(30)});
            }
        }
        message
    }

    fn note(&mut self, batch: &[Value]) {
        for message in batch {
            let text = |name: &str| message[name].as_str().map(str::to_owned);
            let device = text("anonymousId").and_then(|device| device.strip_prefix("d-").map(str::to_owned));
            let person = self.people.entry(text("userId").or(device).unwrap()).or_default();
            match text("event") {
                None => person.city = message["traits"]["city"].as_str().map(str::to_owned),
                Some(kind) => {
                    let at_ms = acquaint_core::time::parse_instant(&text("timestamp").unwrap()).unwrap();
                    let price = message["properties"]["price"].as_i64();
                    person.did(&text("messageId").unwrap(), &kind, price, at_ms);
                }
            }
        }
    }

    /// Everything that was acknowledged is there, once, and everybody is in the audiences that the specification says.
    /// Nothing may be owed an acknowledgement. How many answers were compared, and how many of them were "in".
    pub(crate) fn check(
        &self,
        control: &ControlPlane,
        specification: &Specification,
        now_ms: i64,
    ) -> (usize, usize) {
        let (mut answers, mut members) = (0, 0);
        for (who, person) in &self.people {
            let found = event_ids(control, who);
            let known: Vec<String> = person.events.keys().cloned().collect();
            assert_eq!(found, known, "the events of {who}");
            let profile =
                get(control, &format!("/data/core/ups/access/entities?entityId={who}&entityIdNS=crm"));
            let profile = profile.as_object().unwrap().values().next().unwrap().clone();
            assert_eq!(profile["eventCount"], known.len(), "{who}");
            assert_eq!(profile["entity"]["city"].as_str(), person.city.as_deref(), "{who}");
            let memberships = profile["entity"]["segmentMembership"]["ups"].as_object();
            let found: BTreeSet<String> = memberships
                .into_iter()
                .flatten()
                .filter(|(_, membership)| membership["status"] == "realized")
                .map(|(audience, _)| audience.clone())
                .collect();
            let expected = specification.audiences(person, now_ms);
            assert_eq!(found, expected, "{who} at {now_ms}: {person:?}");
            answers += 5;
            members += expected.len();
        }
        (answers, members)
    }
}

/// The ids of somebody's events, sorted; one that is there twice is here twice.
fn event_ids(control: &ControlPlane, who: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut next = format!(
        "/data/core/ups/access/entities?schema.name=_xdm.context.experienceevent&relatedEntityId={who}&relatedEntityIdNS=crm&limit={PAGE}"
    );
    loop {
        let page = get(control, &next);
        let children = page["children"].as_array().unwrap();
        ids.extend(children.iter().map(|event| event["entityId"].as_str().unwrap().to_owned()));
        let Some(link) = page["_links"]["next"]["href"].as_str() else {
            ids.sort();
            return ids;
        };
        next = link.to_owned();
    }
}

fn get(control: &ControlPlane, path: &str) -> Value {
    control.admin.get(path).unwrap().ok().unwrap()
}
