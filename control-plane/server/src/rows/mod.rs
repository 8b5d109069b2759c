//! Rows of files: CSV, JSON (an array or one object a line) and Parquet, each read a row at a time into JSON objects.

mod csv;
mod json;
mod parquet;

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

/// One row: columns by name. Empty cells are absent.
pub(crate) type Row = Map<String, Value>;

/// What stands at the place of a row.
pub(crate) struct Found {
    /// On which line of the file it begins, from 1, if the file has lines.
    pub(crate) line: Option<u64>,
    /// The row.
    pub(crate) row: Result<Row, Unreadable>,
}

/// Something that is no row. It does not hold up the rows behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// Why.
    pub(crate) reason: String,
    /// What is there.
    pub(crate) text: String,
}

/// Rows, in the order of the file. Nothing can be read behind an error.
pub(crate) type Rows = Box<dyn Iterator<Item = Result<Found, Error>>>;

/// Why a file's rows cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The file cannot be read.
    #[error("cannot read `{}`", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The name does not say what it is.
    #[error("`{}` is not a .csv, .json, .ndjson, .jsonl or .parquet file", .path.display())]
    Extension {
        /// Which.
        path: PathBuf,
    },
    /// The file is damaged.
    #[error("{0}")]
    Damaged(String),
}

/// Opens a file by its extension.
pub(crate) fn open(path: &Path) -> Result<Rows, Error> {
    let extension =
        path.extension().and_then(|extension| extension.to_str()).unwrap_or_default().to_ascii_lowercase();
    let file = File::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    match extension.as_str() {
        "csv" => csv::rows(BufReader::new(file)),
        "json" => json::rows(BufReader::new(file)),
        "ndjson" | "jsonl" => json::lines(BufReader::new(file)),
        "parquet" => parquet::rows(file),
        _ => Err(Error::Extension { path: path.to_owned() }),
    }
}
