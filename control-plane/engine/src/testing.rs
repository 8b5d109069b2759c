//! For tests: a store in memory, and catalogues and records in few words.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use acquaint_core::id::Position;
use acquaint_core::profile::{Event, Identity};
use acquaint_core::value::{Fields, fields};
use acquaint_core::wire;
use acquaint_store::catalog::Catalog;
use acquaint_store::record::{Body, Change, Record};
use acquaint_store::{
    Error, Log, ProfileStore, Read, Receipt, Result, Row, Snapshot, Table, Topic, WriteBatch,
};
use serde_json::{Value as Json, json};

type Tables = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

#[derive(Clone, Debug, Default)]
struct Inner {
    tables: Tables,
    logs: BTreeMap<Topic, Vec<Vec<u8>>>,
    commits_until_failure: Option<usize>,
    answers_late: bool,
    next_append_fails: bool,
}

/// Tables and logs in memory.
#[derive(Debug, Default)]
pub(crate) struct MemoryStore(Mutex<Inner>);

impl MemoryStore {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap()
    }

    /// Every row of a table.
    pub(crate) fn rows(&self, table: Table) -> Vec<Row> {
        self.scan(table, Bound::Unbounded, Bound::Unbounded, usize::MAX).unwrap()
    }

    /// Every change there was.
    pub(crate) fn changes(&self) -> Vec<Change> {
        let read = self.read(Topic::Changes, 0, usize::MAX).unwrap();
        read.iter().map(|(_, bytes)| wire::open(bytes).unwrap()).collect()
    }

    pub(crate) fn append_records(&self, records: impl IntoIterator<Item = (i64, Body)>) {
        let sealed = records
            .into_iter()
            .map(|(received_ms, body)| wire::seal(&Record { received_ms, body }).unwrap())
            .collect();
        self.append(Topic::Records, sealed).unwrap();
    }

    /// After so many commits, one fails.
    pub(crate) fn fail_after(&self, commits: usize) {
        self.lock().commits_until_failure = Some(commits);
    }

    /// From now on it is only learnt from the receipt what has become of what was handed in.
    pub(crate) fn answer_late(&self) {
        self.lock().answers_late = true;
    }

    /// The next append fails.
    pub(crate) fn fail_append(&self) {
        self.lock().next_append_fails = true;
    }
}

fn scan(tables: &Tables, table: Table, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Vec<Row> {
    let inside = |key: &[u8]| {
        let after = match from {
            Bound::Included(from) => key >= from,
            Bound::Excluded(from) => key > from,
            Bound::Unbounded => true,
        };
        let before = match to {
            Bound::Included(to) => key <= to,
            Bound::Excluded(to) => key < to,
            Bound::Unbounded => true,
        };
        after && before
    };
    let start = match from {
        Bound::Included(from) | Bound::Excluded(from) => from.to_vec(),
        Bound::Unbounded => Vec::new(),
    };
    tables
        .range((table, start)..)
        .take_while(|((of, _), _)| *of == table)
        .filter(|((_, key), _)| inside(key))
        .take(limit)
        .map(|((_, key), value)| (key.clone(), value.clone()))
        .collect()
}

impl Read for MemoryStore {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(self.lock().tables.get(&(table, key.to_vec())).cloned())
    }

    fn scan(&self, table: Table, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Row>> {
        Ok(scan(&self.lock().tables, table, from, to, limit))
    }
}

impl ProfileStore for MemoryStore {
    fn commit(&self, batch: WriteBatch, _durable: bool) -> Result<()> {
        let mut inner = self.lock();
        if let Some(commits) = &mut inner.commits_until_failure {
            if *commits == 0 {
                inner.commits_until_failure = None;
                return Err(Error::Unavailable);
            }
            *commits -= 1;
        }
        for (table, key, expected) in &batch.expected {
            if inner.tables.get(&(*table, key.clone())) != expected.as_ref() {
                return Err(Error::Conflict { place: table.place(key) });
            }
        }
        let shared = batch.shared.iter().flat_map(|(table, rows)| rows.iter().map(|row| (*table, row)));
        let shared = shared.map(|(table, (key, value))| (table, key.clone(), value.clone()));
        for (table, key, value) in shared.chain(batch.writes) {
            match value {
                Some(value) => inner.tables.insert((table, key), value),
                None => inner.tables.remove(&(table, key)),
            };
        }
        for (topic, position, payload) in batch.replaced {
            let place = usize::try_from(position - 1).unwrap();
            inner.logs.entry(topic).or_default()[place] = payload;
        }
        for (topic, payload) in batch.appends {
            inner.logs.entry(topic).or_default().push(payload);
        }
        Ok(())
    }

    fn hand_in(&self, batch: WriteBatch) -> Receipt {
        let result = self.commit(batch, false);
        if !self.lock().answers_late {
            return Receipt::Known(result);
        }
        let (reply, answer) = std::sync::mpsc::sync_channel(1);
        reply.send(result.map(|()| 0)).unwrap();
        Receipt::Waiting(answer)
    }

    fn snapshot(&self) -> Box<dyn Snapshot> {
        Box::new(Frozen(self.lock().tables.clone()))
    }
}

struct Frozen(Tables);

impl Read for Frozen {
    fn get(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>> {
        Ok(self.0.get(&(table, key.to_vec())).cloned())
    }

    fn scan(&self, table: Table, from: Bound<&[u8]>, to: Bound<&[u8]>, limit: usize) -> Result<Vec<Row>> {
        Ok(scan(&self.0, table, from, to, limit))
    }
}

impl Snapshot for Frozen {}

impl Log for MemoryStore {
    fn append_with(&self, topic: Topic, payloads: Vec<Vec<u8>>, with: WriteBatch) -> Result<Position> {
        if std::mem::take(&mut self.lock().next_append_fails) {
            return Err(Error::Unavailable);
        }
        self.commit(with, true)?;
        let mut inner = self.lock();
        let log = inner.logs.entry(topic).or_default();
        let first = log.len() as u64 + 1;
        log.extend(payloads);
        Ok(first)
    }

    fn read(&self, topic: Topic, after: Position, limit: usize) -> Result<Vec<(Position, Vec<u8>)>> {
        let inner = self.lock();
        let log = inner.logs.get(&topic).map_or(&[][..], Vec::as_slice);
        let from = usize::try_from(after).unwrap().min(log.len());
        let positions = after + 1..;
        Ok(positions.zip(&log[from..]).take(limit).map(|(at, bytes)| (at, bytes.clone())).collect())
    }

    fn end(&self, topic: Topic) -> Position {
        self.lock().logs.get(&topic).map_or(0, |log| log.len() as u64)
    }

    fn wait(&self, topic: Topic, after: Position, _timeout: Duration) -> bool {
        self.end(topic) > after
    }
}

pub(crate) fn identity(namespace: &str, id: &str) -> Identity {
    Identity { namespace: namespace.into(), id: id.into() }
}

pub(crate) fn fields_of(json: &Json) -> Fields {
    fields::patch_from_json(json.as_object().unwrap(), 16).unwrap()
}

pub(crate) fn event(id: &str, timestamp_ms: i64, identities: &[Identity], fields: &Json) -> Body {
    Body::Event {
        dataset: "events".into(),
        identities: identities.to_vec(),
        event: Event { id: id.into(), timestamp_ms, fields: fields_of(fields) },
        from_edge: None,
    }
}

/// A catalogue with the schemas, namespaces and sources that the tests speak of.
pub(crate) fn catalog() -> Catalog {
    let mut catalog = Catalog { version: 1, ..Catalog::default() };
    for schema in [
        json!({"id": "person", "class": "profile", "properties": {
            "person": {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}},
            "tier": {"type": "string"},
            "group": {"type": "object", "properties": {
                "id": {"type": "string"}, "traits": {"type": "object", "additionalProperties": true}}},
        }}),
        json!({"id": "deed", "class": "event", "properties": {
            "properties": {"type": "object", "additionalProperties": true},
            "amount": {"type": "number"}, "kind": {"type": "string"}, "count": {"type": "integer"},
        }}),
        json!({"id": "wish", "class": "profile", "fieldGroups": ["consent"]}),
    ] {
        let schema: acquaint_store::catalog::Schema = serde_json::from_value(schema).unwrap();
        catalog.schemas.insert(schema.id.clone(), schema);
    }
    for (id, schema) in [("people", "person"), ("events", "deed"), ("trials", "deed"), ("wishes", "wish")] {
        catalog
            .datasets
            .insert(id.into(), serde_json::from_value(json!({"id": id, "schema": schema})).unwrap());
    }
    for (id, kind, unique, edge) in [
        ("crm", "crossDevice", true, true),
        ("email", "email", false, false),
        ("device", "device", false, false),
    ] {
        let namespace = json!({"id": id, "type": kind, "unique": unique, "edge": edge});
        catalog.namespaces.insert(id.into(), serde_json::from_value(namespace).unwrap());
    }
    for source in [
        json!({"id": "site", "writeKey": "k1", "eventDataset": "events", "profileDataset": "people",
               "userNamespace": "crm", "anonymousNamespace": "device"}),
        json!({"id": "mapped", "writeKey": "k2", "eventDataset": "events", "profileDataset": "people",
               "userNamespace": "crm", "mapping": [
                   {"from": "properties.total", "to": "amount"}, {"to": "kind", "value": "web"},
                   {"from": "traits.fullName", "to": "person.name"}]}),
        json!({"id": "till", "eventDataset": "events", "identities": [{"from": "who", "namespace": "crm"}],
               "event": {"id": ["receipt", "line"], "timestamp": "at", "eventType": "purchase"},
               "mapping": [{"from": "total", "to": "amount"}, {"from": "code", "to": "kind"}, {"from": "n", "to": "count"}]}),
        json!({"id": "members", "profileDataset": "people", "identities": [{"from": "who", "namespace": "crm"}]}),
    ] {
        let source: acquaint_store::catalog::Source = serde_json::from_value(source).unwrap();
        catalog.sources.insert(source.id.clone(), source);
    }
    let datastream = json!({"id": "web", "org": "A@AdobeOrg", "dataset": "events", "datasetOverrides": ["trials"],
        "profileDataset": "wishes"});
    catalog.datastreams.insert("web".into(), serde_json::from_value(datastream).unwrap());
    catalog
}

/// An audience by id, mode (`batch`, `continuous`, `synchronous`) and text.
pub(crate) fn audience(id: &str, mode: &str, text: &str) -> acquaint_store::catalog::Definition {
    let mut info = serde_json::Map::new();
    info.insert(mode.into(), json!({"enabled": true}));
    let audience = json!({"id": id, "name": id, "expression": {"value": text}, "evaluationInfo": info});
    acquaint_store::catalog::Definition::Audience(serde_json::from_value(audience).unwrap())
}
