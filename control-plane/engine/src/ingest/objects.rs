//! Imports from object storage: each reads one version of one object. Which versions of a source have been in or are under
//! way is known from its imports, so none begins twice.

use acquaint_store::{ProfileStore, WriteBatch};
use serde::{Deserialize, Serialize};

use super::imports::{self, Import, Status};
use crate::Result;

/// A version of an object, and what keeps its import from going on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Object {
    /// The connection, by id.
    pub connection: String,
    /// The bucket.
    pub bucket: String,
    /// The key.
    pub key: String,
    /// Which version it is.
    pub etag: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// What is wrong; nothing when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trouble: Option<Trouble>,
}

/// Why an import does not go on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trouble {
    /// Stable code.
    pub code: String,
    /// What happened, for a person.
    pub message: String,
    /// How often in succession.
    pub attempts: u32,
    /// Whether it is worth trying again once somebody has mended something.
    pub mendable: bool,
    /// When it is tried again, by the system's clock: milliseconds since the epoch, UTC. Absent: not by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub again_ms: Option<i64>,
}

/// What has to be so for an object to be imported that was imported before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Somebody asks for it.
    Asked,
    /// Only if it failed for a reason that may be mended by now.
    IfMended,
}

impl Object {
    /// How the import names it.
    pub fn file(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.key)
    }

    fn digest(&self) -> String {
        format!("{} {} {}", self.connection, self.etag, self.file())
    }

    /// Without any trouble.
    #[must_use]
    pub fn well(self) -> Self {
        Self { trouble: None, ..self }
    }
}

impl Import {
    /// What writes down that it does not go on: it is open if it is tried again by itself, else it has failed.
    ///
    /// # Errors
    ///
    /// As [`Import::advanced`].
    pub fn troubled(&self, trouble: Trouble, now_ms: i64) -> Result<WriteBatch> {
        let status = if trouble.again_ms.is_some() { Status::Open } else { Status::Failed };
        let object = self.object.clone().map(|object| Object { trouble: Some(trouble), ..object });
        self.written(&Self { status, object, updated_ms: now_ms, ..self.clone() })
    }

    fn reopened(&self, now_ms: i64) -> Self {
        let object = self.object.clone().map(Object::well);
        Self { status: Status::Open, object, updated_ms: now_ms, ..self.clone() }
    }
}

/// The imports of objects, in this order: those that are open or have failed go on, the others are new. All of them are
/// written down, or none is.
///
/// # Errors
///
/// A conflict if another import begins at the same instant; ask again.
pub fn begin(
    store: &(impl ProfileStore + ?Sized),
    source: &str,
    objects: Vec<Object>,
    again: Again,
    now_ms: i64,
) -> Result<Vec<Import>> {
    let mut known = imports::list(store)?;
    let mut batch = WriteBatch::default();
    let mut begun = Vec::new();
    for object in objects {
        let digest = object.digest();
        let is_same =
            |import: &&Import| import.object.is_some() && import.source == source && import.digest == digest;
        let before = known.iter().rev().find(is_same).cloned();
        let (import, written) = match before {
            Some(import) => match (import.status, again) {
                (Status::Failed, Again::IfMended) if !import.is_mendable() => continue,
                (Status::Failed, _) => {
                    let after = import.reopened(now_ms);
                    let written = import.written(&after)?;
                    (after, written)
                }
                (Status::Open, Again::Asked) => (import, WriteBatch::default()),
                (Status::Complete | Status::Closing | Status::Superseded, Again::Asked) => {
                    fresh(&mut known, source, object, now_ms)?
                }
                (_, Again::IfMended) => continue,
            },
            None => fresh(&mut known, source, object, now_ms)?,
        };
        batch.writes.extend(written.writes);
        batch.expected.extend(written.expected);
        begun.push(import);
    }
    if !batch.is_empty() {
        store.commit(batch, true)?;
    }
    Ok(begun)
}

fn fresh(known: &mut Vec<Import>, source: &str, object: Object, now_ms: i64) -> Result<(Import, WriteBatch)> {
    let named = (object.file(), object.digest());
    let import = Import {
        object: Some(object),
        ..Import::new(known, source, (named.0.as_str(), named.1.as_str()), None, now_ms)
    };
    known.push(import.clone());
    let written = import.begun()?;
    Ok((import, written))
}

impl Import {
    fn is_mendable(&self) -> bool {
        let trouble = self.object.as_ref().and_then(|object| object.trouble.as_ref());
        trouble.is_some_and(|trouble| trouble.mendable)
    }
}

#[cfg(test)]
mod tests {
    use super::super::imports::Counts;
    use super::*;
    use crate::testing::MemoryStore;

    fn object(key: &str, etag: &str) -> Object {
        let [connection, bucket, key, etag] = ["lake", "b", key, etag].map(str::to_owned);
        Object { connection, bucket, key, etag, bytes: 5, trouble: None }
    }

    fn check(store: &MemoryStore, objects: &[Object], again: Again, expected: &[&str]) {
        let begun = begin(store, "people", objects.to_vec(), again, 5).unwrap();
        assert_eq!(begun.iter().map(|import| import.id.as_str()).collect::<Vec<_>>(), expected);
    }

    fn change(store: &MemoryStore, id: &str, change: impl FnOnce(&Import) -> WriteBatch) {
        let import = imports::load(store, id).unwrap().unwrap();
        store.commit(change(&import), true).unwrap();
    }

    fn trouble(mendable: bool, again_ms: Option<i64>) -> Trouble {
        Trouble { code: "c".into(), message: "m".into(), attempts: 1, mendable, again_ms }
    }

    #[test]
    fn a_version_of_an_object_is_under_way_once_and_comes_again_only_when_it_is_asked_for() {
        let store = MemoryStore::default();
        let both = [object("a", "1"), object("b", "1")];
        check(&store, &both, Again::IfMended, &["import-1", "import-2"]);
        check(&store, &both, Again::IfMended, &[]);
        check(&store, &both, Again::Asked, &["import-1", "import-2"]);
        change(&store, "import-1", |it| it.advanced(Counts::default(), Status::Complete, 6).unwrap());
        check(&store, &both, Again::IfMended, &[]);
        check(&store, &[object("a", "2"), object("b", "1")], Again::IfMended, &["import-3"]);
        check(&store, &both, Again::Asked, &["import-4", "import-2"]);
    }

    #[test]
    fn one_that_failed_goes_on_behind_its_rows_if_it_may_have_been_mended_or_is_asked_for() {
        let store = MemoryStore::default();
        let one = [object("a", "1")];
        check(&store, &one, Again::Asked, &["import-1"]);
        let by = Counts { rows: 3, accepted: 3, ..Counts::default() };
        change(&store, "import-1", |it| it.advanced(by, Status::Open, 6).unwrap());
        for (mendable, expected) in [(false, &[][..]), (true, &["import-1"])] {
            change(&store, "import-1", |it| it.troubled(trouble(mendable, None), 7).unwrap());
            assert_eq!(imports::load(&store, "import-1").unwrap().unwrap().status, Status::Failed);
            check(&store, &one, Again::IfMended, expected);
        }
        let again = imports::load(&store, "import-1").unwrap().unwrap();
        assert_eq!((again.status, again.counts, again.object), (Status::Open, by, Some(one[0].clone())));
    }

    #[test]
    fn trouble_that_passes_leaves_an_import_open_and_is_forgotten_when_rows_come() {
        let store = MemoryStore::default();
        check(&store, &[object("a", "1")], Again::Asked, &["import-1"]);
        change(&store, "import-1", |it| it.troubled(trouble(true, Some(9)), 7).unwrap());
        let open = imports::load(&store, "import-1").unwrap().unwrap();
        assert_eq!((open.status, open.object.unwrap().trouble.unwrap().again_ms), (Status::Open, Some(9)));
        change(&store, "import-1", |it| it.advanced(Counts::default(), Status::Open, 8).unwrap());
        assert_eq!(imports::load(&store, "import-1").unwrap().unwrap().object, Some(object("a", "1")));
    }

    #[test]
    fn an_object_is_no_file_of_the_same_digest() {
        let store = MemoryStore::default();
        let digest = object("a", "1").digest();
        assert_eq!(imports::begin(&store, "people", "a", &digest, 5).unwrap().id, "import-1");
        check(&store, &[object("a", "1")], Again::Asked, &["import-2"]);
        assert_eq!(imports::begin(&store, "people", "a", &digest, 5).unwrap().id, "import-1");
    }
}
