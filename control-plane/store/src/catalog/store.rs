//! The catalogue on disk: one row per definition, a version that every change raises, an audit row per change, and a
//! record in the log from which on the change is in force. All of one change is one batch.

use std::ops::Bound;

use acquaint_core::wire;
use serde::{Deserialize, Serialize};

use super::Catalog;
use super::definition::{Definition, Kind};
use crate::keys::Key;
use crate::record::{Body, Record};
use crate::tables::{ProfileStore, Read, Table, WriteBatch};
use crate::{Error, Result, Topic, keys};

const VERSION_KEY: &[u8] = b"catalog-version";

/// One change of one definition.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there are few at a time, and callers match on definitions")]
pub enum Edit {
    /// Makes or replaces it.
    Put(Definition),
    /// Removes it; nothing happens if it is not there.
    Delete(Kind, String),
}

/// What was done, in an audit row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// It was not there before.
    Created,
    /// It was replaced.
    Updated,
    /// It is gone.
    Deleted,
}

/// Who changed which definition when. What it was before or after is not kept here: definitions hold secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Audit {
    /// The version of the catalogue with this change.
    pub version: u64,
    /// When: milliseconds since the epoch, UTC.
    pub at_ms: i64,
    /// Who, as the API names its callers.
    pub who: String,
    /// What was done.
    pub action: Action,
    /// The kind of the definition.
    pub kind: String,
    /// Its id.
    pub id: String,
}

/// Reads the catalogue. From a snapshot it is of one instant.
pub fn load(tables: &(impl Read + ?Sized)) -> Result<Catalog> {
    let mut catalog = Catalog { version: version(tables)?, ..Catalog::default() };
    for (key, value) in tables.scan(Table::Catalog, Bound::Unbounded, Bound::Unbounded, usize::MAX)? {
        catalog.put(read_row(&key, &value).ok_or_else(|| damaged(Table::Catalog, &key))?);
    }
    Ok(catalog)
}

/// The version of the catalogue in force; 0 before the first change.
pub fn version(tables: &(impl Read + ?Sized)) -> Result<u64> {
    match tables.get(Table::Meta, VERSION_KEY)? {
        None => Ok(0),
        Some(bytes) => keys::parse_position(&bytes).ok_or_else(|| damaged(Table::Meta, VERSION_KEY)),
    }
}

/// Saves edits of `catalog`, durably, and returns the catalogue they make. Edits that change nothing are left out; if
/// none is left the catalogue comes back as it was.
///
/// # Errors
///
/// [`Error::Conflict`] if `catalog` is not the one in force any more.
pub fn save(
    store: &(impl ProfileStore + ?Sized),
    catalog: &Catalog,
    edits: Vec<Edit>,
    who: &str,
    now_ms: i64,
) -> Result<Catalog> {
    match change(catalog, edits, who, now_ms)? {
        None => Ok(catalog.clone()),
        Some((changed, batch)) => {
            store.commit(batch, true)?;
            Ok(changed)
        }
    }
}

/// The catalogue with the edits, and what has to be written for it. `None` if they change nothing.
pub fn change(
    catalog: &Catalog,
    edits: Vec<Edit>,
    who: &str,
    now_ms: i64,
) -> Result<Option<(Catalog, WriteBatch)>> {
    let mut changed = catalog.clone();
    changed.version = catalog.version.saturating_add(1);
    let mut batch = WriteBatch::default();
    for (number, edit) in (0..).zip(edits) {
        let Some((kind, id, action, value)) = edit_one(&mut changed, edit)? else {
            continue;
        };
        let audit = Audit {
            version: changed.version,
            at_ms: now_ms,
            who: who.into(),
            action,
            kind: kind.name().into(),
            id: id.clone(),
        };
        let audit_key = Key::new().u64(changed.version).u64(number).into_bytes();
        let audit = to_bytes(&audit, Table::Audit, &audit_key)?;
        batch.writes.push((Table::Catalog, row_key(kind, &id), value));
        batch.writes.push((Table::Audit, audit_key, Some(audit)));
    }
    if batch.writes.is_empty() {
        return Ok(None);
    }
    let before = (catalog.version > 0).then(|| catalog.version.to_be_bytes().to_vec());
    batch.expected.push((Table::Meta, VERSION_KEY.to_vec(), before));
    batch.writes.push((Table::Meta, VERSION_KEY.to_vec(), Some(changed.version.to_be_bytes().to_vec())));
    let record = Record { received_ms: now_ms, body: Body::Catalog { version: changed.version } };
    let record = wire::seal(&record).map_err(|source| Error::Damaged { place: "records".into(), source })?;
    batch.appends.push((Topic::Records, record));
    Ok(Some((changed, batch)))
}

/// Up to `limit` audit rows, newest first.
pub fn audit(tables: &(impl Read + ?Sized), limit: usize) -> Result<Vec<Audit>> {
    let rows = tables.scan(Table::Audit, Bound::Unbounded, Bound::Unbounded, usize::MAX)?;
    let read = |(key, value): &(Vec<u8>, Vec<u8>)| {
        serde_json::from_slice(value).map_err(|_| damaged(Table::Audit, key))
    };
    rows.iter().rev().take(limit).map(read).collect()
}

type Written = (Kind, String, Action, Option<Vec<u8>>);

fn edit_one(catalog: &mut Catalog, edit: Edit) -> Result<Option<Written>> {
    match edit {
        Edit::Put(definition) => {
            let (kind, id) = (definition.kind(), definition.id().to_owned());
            let action = match catalog.get(kind, &id) {
                Some(before) if before == definition => return Ok(None),
                Some(_) => Action::Updated,
                None => Action::Created,
            };
            let key = row_key(kind, &id);
            let json = definition.to_json().map_err(|_| damaged(Table::Catalog, &key))?;
            let value = to_bytes(&json, Table::Catalog, &key)?;
            catalog.put(definition);
            Ok(Some((kind, id, action, Some(value))))
        }
        Edit::Delete(kind, id) => Ok(catalog.delete(kind, &id).then_some((kind, id, Action::Deleted, None))),
    }
}

fn row_key(kind: Kind, id: &str) -> Vec<u8> {
    format!("{kind}/{id}").into_bytes()
}

/// A row whose key does not fit its value is damaged as well.
fn read_row(key: &[u8], value: &[u8]) -> Option<Definition> {
    let (kind, id) = std::str::from_utf8(key).ok()?.split_once('/')?;
    let definition = Definition::from_json(Kind::parse(kind)?, serde_json::from_slice(value).ok()?).ok()?;
    (definition.id() == id).then_some(definition)
}

fn to_bytes(value: &impl Serialize, table: Table, key: &[u8]) -> Result<Vec<u8>> {
    serde_json::to_vec(value).map_err(|_| damaged(table, key))
}

fn damaged(table: Table, key: &[u8]) -> Error {
    Error::Damaged { place: table.place(key), source: wire::Error::Content }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{Embedded, Log};

    fn definition(kind: Kind) -> Definition {
        let expression = json!({"type": "PQL", "format": "pql/text", "value": "true"});
        let value = match kind {
            Kind::Label => json!({"id": "loyalty", "friendlyName": "Loyalty data"}),
            Kind::MarketingAction => json!({"id": "telesales"}),
            Kind::Policy => json!({"id": "p", "name": "P", "status": "ENABLED",
                "marketingActionRefs": ["custom/telesales"], "deny": {"label": "loyalty"}}),
            Kind::Schema => json!({"id": "s", "class": "profile", "properties": {"a": {"type": "string"}}}),
            Kind::Namespace => json!({"id": "ECID", "type": "cookie", "edge": true}),
            Kind::Dataset => json!({"id": "d/1", "schema": "s"}),
            Kind::Connection => json!({"id": "lake", "type": "s3", "secretAccessKey": "env:SECRET"}),
            Kind::Source => json!({"id": "web", "writeKey": "k", "eventDataset": "d/1"}),
            Kind::PseudonymousExpiry => json!({"namespaces": ["ECID"], "inactiveDays": 14}),
            Kind::MergePolicy => json!({"attributeMerge": {"type": "timestampOrdered"}, "stitch": true}),
            Kind::ComputedAttribute => json!({"id": "c", "name": "spent", "expression": expression,
                "duration": {"count": 7, "unit": "DAYS"}, "keepCurrent": false, "status": "NEW",
                "creationTime": 0, "updateTime": 0}),
            Kind::Audience => json!({"id": "a", "name": "A", "expression": expression}),
            Kind::Offer => json!({"id": "o", "scope": "home", "schema": "s", "data": {"x": 1.5}}),
            Kind::Flag => json!({"id": "fl", "datastream": "ds", "variants": {"on": true}, "default": "on"}),
            Kind::Datastream => json!({"id": "ds", "org": "A@AdobeOrg", "dataset": "d/1"}),
            Kind::Destination => json!({"id": "de", "connection": {"type": "csvFile", "directory": "out"}}),
            Kind::Dataflow => json!({"id": "df", "destination": "de", "audiences": ["a"]}),
        };
        Definition::from_json(kind, value).unwrap()
    }

    fn open() -> (tempfile::TempDir, Embedded) {
        let directory = tempfile::tempdir().unwrap();
        let store = Embedded::open(directory.path()).unwrap();
        (directory, store)
    }

    #[test]
    fn every_kind_is_saved_loaded_and_deleted() {
        let (_directory, store) = open();
        assert_eq!(load(&store).unwrap(), Catalog::default());
        let puts = Kind::ALL.map(|kind| Edit::Put(definition(kind))).to_vec();
        let saved = save(&store, &Catalog::default(), puts, "ada", 7).unwrap();
        assert_eq!(saved.definitions(), Kind::ALL.map(definition));
        assert_eq!(load(&*store.snapshot()).unwrap(), saved);
        assert_eq!((saved.version, version(&store).unwrap()), (1, 1));
        let deletes = Kind::ALL.map(|kind| Edit::Delete(kind, definition(kind).id().into())).to_vec();
        let emptied = save(&store, &saved, deletes, "bob", 8).unwrap();
        assert_eq!(emptied, Catalog { version: 2, ..Catalog::default() });
        assert_eq!(load(&store).unwrap(), emptied);
    }

    #[test]
    fn each_change_raises_the_version_tells_the_log_and_leaves_an_audit_row() {
        let (_directory, store) = open();
        let first = Edit::Put(definition(Kind::Namespace));
        let catalog = save(&store, &Catalog::default(), vec![first.clone()], "ada", 7).unwrap();
        assert_eq!(save(&store, &catalog, vec![first], "ada", 8).unwrap(), catalog, "nothing new");
        let gone = Edit::Delete(Kind::Namespace, "ECID".into());
        save(&store, &catalog, vec![Edit::Delete(Kind::Offer, "none".into()), gone], "bob", 9).unwrap();

        let records = store.read(Topic::Records, 0, 9).unwrap();
        let bodies: Vec<Record> = records.iter().map(|(_, bytes)| wire::open(bytes).unwrap()).collect();
        let record = |version, received_ms| Record { received_ms, body: Body::Catalog { version } };
        assert_eq!(bodies, [record(1, 7), record(2, 9)]);

        let row = |version, at_ms, who: &str, action| Audit {
            version,
            at_ms,
            who: who.into(),
            action,
            kind: "namespace".into(),
            id: "ECID".into(),
        };
        let expected = [row(2, 9, "bob", Action::Deleted), row(1, 7, "ada", Action::Created)];
        assert_eq!(audit(&store, 9).unwrap(), expected);
        assert_eq!(audit(&store, 1).unwrap(), expected[..1]);
    }

    #[test]
    fn edits_of_an_old_catalogue_are_refused() {
        let (_directory, store) = open();
        let old = load(&store).unwrap();
        save(&store, &old, vec![Edit::Put(definition(Kind::Schema))], "ada", 7).unwrap();
        let refused = save(&store, &old, vec![Edit::Put(definition(Kind::Dataset))], "bob", 8);
        assert!(matches!(refused, Err(Error::Conflict { .. })));
        assert_eq!(load(&store).unwrap().datasets.len(), 0);
    }

    #[test]
    fn a_row_that_is_no_definition_is_named() {
        let (_directory, store) = open();
        for (key, value) in
            [("dataset/a", r#"{"id":"b","schema":"s"}"#), ("what/a", "{}"), ("dataset/a", "{")]
        {
            let row = |value: Option<&str>| (Table::Catalog, key.into(), value.map(Into::into));
            let batch = |value| WriteBatch { writes: vec![row(value)], ..WriteBatch::default() };
            store.commit(batch(Some(value)), false).unwrap();
            let error = load(&store).unwrap_err();
            let expected = format!("stored value `catalog/{key}` is damaged or of another version");
            assert_eq!(error.to_string(), expected);
            store.commit(batch(None), false).unwrap();
        }
    }
}
