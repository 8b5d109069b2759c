//! Uploads to external audiences. An upload is an import, so every row is there once and one that broke off goes on; what
//! its rows say are attributes of the audience's own dataset ([`row`]). A full upload ends by taking out everybody whom it
//! did not name ([`leaving`]), which may be done again and again.

mod leaving;
mod row;

use acquaint_core::id::Position;
use acquaint_store::catalog::external;
use acquaint_store::{ProfileStore, WriteBatch};
use serde::{Deserialize, Serialize};

use super::imports::{self, Import, Status};
use crate::Result;

pub use leaving::leaving;
pub use row::{Row, row};

/// What makes an import an upload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Upload {
    /// The external audience.
    pub audience: String,
    /// What becomes of those whom the file does not name.
    pub mode: UploadMode,
    /// Of a full one whose rows are all there: the end of the log then. The engine has to come there before anybody is taken
    /// out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_end: Option<Position>,
    /// How many identities were taken out because the file did not name them.
    #[serde(default)]
    pub left: u64,
}

/// What becomes of those whom a file does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum UploadMode {
    /// They leave: the file names every member.
    Full,
    /// They stay: each row says whether it adds or removes.
    Differential,
}

/// What came of the wish to begin an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// Its rows are taken.
    Ready(Import),
    /// Another upload of the audience is still taking people out.
    Closing(Import),
}

/// The upload of a file: the one of the same file that is still open, or a new one in the place of any other.
///
/// # Errors
///
/// A conflict if another import begins at the same instant; ask again.
pub fn begin(
    store: &(impl ProfileStore + ?Sized),
    audience: &str,
    mode: UploadMode,
    (file, digest): (&str, &str),
    now_ms: i64,
) -> Result<Begun> {
    let known = imports::list(store)?;
    let upload = Upload { audience: audience.to_owned(), mode, rows_end: None, left: 0 };
    let of_audience = known.iter().filter(|import| import.audience() == Some(audience));
    let mut batch = WriteBatch::default();
    for import in of_audience {
        match import.status {
            Status::Closing => return Ok(Begun::Closing(import.clone())),
            Status::Open if import.digest == digest && import.upload.as_ref() == Some(&upload) => {
                return Ok(Begun::Ready(import.clone()));
            }
            Status::Open => {
                let after = Import { status: Status::Superseded, updated_ms: now_ms, ..import.clone() };
                let superseded = import.written(&after)?;
                batch.writes.extend(superseded.writes);
                batch.expected.extend(superseded.expected);
            }
            Status::Complete | Status::Superseded | Status::Failed => {}
        }
    }
    let import = Import::new(&known, &external::place(audience), (file, digest), Some(upload), now_ms);
    let begun = import.begun()?;
    batch.writes.extend(begun.writes);
    batch.expected.extend(begun.expected);
    store.commit(batch, true)?;
    Ok(Begun::Ready(import))
}

#[cfg(test)]
mod tests {
    use super::super::imports::Counts;
    use super::*;
    use crate::testing::MemoryStore;

    const FILE: (&str, &str) = ("list.csv", "1");

    fn ready(begun: Begun) -> Import {
        match begun {
            Begun::Ready(import) => import,
            Begun::Closing(import) => panic!("{import:?}"),
        }
    }

    fn upload(store: &MemoryStore, audience: &str, mode: UploadMode, digest: &str, now_ms: i64) -> Begun {
        begin(store, audience, mode, ("list.csv", digest), now_ms).unwrap()
    }

    #[test]
    fn a_file_that_broke_off_goes_on_and_another_takes_its_place() {
        let store = MemoryStore::default();
        let first = ready(upload(&store, "a", UploadMode::Full, "1", 5));
        let by = Counts { rows: 3, accepted: 3, ..Counts::default() };
        store.commit(first.advanced(by, Status::Open, 6).unwrap(), true).unwrap();
        assert_eq!(ready(upload(&store, "a", UploadMode::Full, "1", 7)).counts, by);
        assert_eq!(ready(upload(&store, "b", UploadMode::Full, "1", 7)).id, "import-2");

        assert_eq!(ready(upload(&store, "a", UploadMode::Differential, "1", 8)).id, "import-3");
        let old = imports::load(&store, "import-1").unwrap().unwrap();
        assert_eq!((old.status, old.counts, old.updated_ms), (Status::Superseded, by, 8));
    }

    #[test]
    fn nothing_begins_while_people_are_taken_out() {
        let store = MemoryStore::default();
        let first = ready(upload(&store, "a", UploadMode::Full, "1", 5));
        store.commit(first.closing(9, 6).unwrap(), true).unwrap();
        let Begun::Closing(import) = upload(&store, "a", UploadMode::Full, "2", 7) else { panic!() };
        assert_eq!((import.id.as_str(), import.upload.unwrap().rows_end), ("import-1", Some(9)));
        assert_eq!(ready(upload(&store, "b", UploadMode::Full, "2", 7)).id, "import-2");
    }

    #[test]
    fn an_import_of_another_source_is_no_upload() {
        let store = MemoryStore::default();
        imports::begin(&store, "people", FILE.0, FILE.1, 5).unwrap();
        assert_eq!(ready(upload(&store, "people", UploadMode::Full, FILE.1, 6)).id, "import-2");
        let status = imports::load(&store, "import-1").unwrap().unwrap().status;
        assert_eq!(status, Status::Open);
    }
}
