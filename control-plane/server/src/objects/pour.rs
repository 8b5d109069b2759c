//! One import from object storage: the rows of its object behind those that are in, in bounded batches, each written
//! together with the note of how far the import is.
//!
//! Text is read as it comes. Parquet keeps its index at the end and its columns apart, so the object is first copied to a
//! file that has no name any more when the first byte is written: it goes with the process, however that ends. Ranges of
//! the object would be a request for each page of each column, to read every byte all the same.

use std::fs::File;
use std::io;
use std::path::Path;
use std::time::Duration;

use acquaint_activation::objects::{self, Bucket};
use acquaint_engine::ingest::imports::{self, Import};
use acquaint_engine::ingest::objects::Object;
use axum::http::StatusCode;
use serde_json::Value;
use tokio::runtime::Handle;

use super::parts::{Parts, Stop};
use crate::app::{App, Shared};
use crate::ingest::{self, Line};
use crate::problem::Problem;
use crate::rows::{self, Form, Found, Rows};

/// Rows and bytes of one batch.
const BATCH_ROWS_MAX: usize = 1_000;
const BATCH_BYTES_MAX: usize = 1024 * 1024;
/// How long to wait when more than can be taken was sent.
const TOO_FAST: Duration = Duration::from_secs(1);

/// Why an import does not come to its end.
#[derive(Clone, Debug)]
pub(super) enum Broken {
    /// The process ends; the next one goes on.
    Ending,
    /// Something is wrong.
    Fault(Fault),
}

/// What is wrong.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) code: &'static str,
    pub(super) message: String,
    /// It may be over a little later by itself.
    pub(super) passes: bool,
    /// The same version of the object may be had once somebody has mended something.
    pub(super) mendable: bool,
}

impl Fault {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), passes: false, mendable: false }
    }

    fn mendable(self) -> Self {
        Self { mendable: true, ..self }
    }
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<objects::Failure> for Fault {
    fn from(failure: objects::Failure) -> Self {
        let code = failure.code;
        let (passes, mendable) = (code.passes(), code.is_mendable());
        Self { code: code.name(), message: failure.message, passes, mendable }
    }
}

impl From<rows::Error> for Fault {
    fn from(error: rows::Error) -> Self {
        let code = match error {
            rows::Error::Extension { .. } => "file-unknown",
            rows::Error::Damaged(_) | rows::Error::Read { .. } => "file-damaged",
        };
        Self::new(code, error.to_string())
    }
}

/// Takes all rows of an import in that are not.
pub(super) fn pour(app: &Shared, runtime: &Handle, transfers: &Path, import: &Import) -> Result<(), Broken> {
    let Some(object) = &import.object else { return Ok(()) };
    let in_force = app.in_force();
    let connection = in_force.catalog.connections.get(&object.connection);
    let gone = || Fault::new("no-connection", format!("there is no connection `{}`", object.connection));
    let connection = connection.ok_or_else(|| gone().mendable())?;
    let bucket = Bucket::open(connection, &object.bucket).map_err(Fault::from)?;
    let (parts, stopped) = Parts::new(app, runtime, bucket, version(object));
    let read = open(object, parts, transfers).map_err(Broken::from);
    let read = read.and_then(|rows| batches(app, import, rows));
    // The failure below is the reason of whatever the reader of the format says.
    match (stopped.take(), read) {
        (Some(Stop::Ending), _) => Err(Broken::Ending),
        (Some(Stop::Failed(failure)), _) => Err(Fault::from(failure).into()),
        (None, read) => read,
    }
}

fn version(object: &Object) -> objects::Object {
    objects::Object { key: object.key.clone(), etag: object.etag.clone(), bytes: object.bytes }
}

fn open(object: &Object, parts: Parts, transfers: &Path) -> Result<Rows, Fault> {
    Ok(match Form::of(&object.key)? {
        Form::Text { of, packed } => rows::text(of, packed, parts)?,
        Form::Parquet => {
            let told = |error: io::Error| format!("no copy of the object can be kept: {error}");
            let no_room = |error| Fault::new("no-room", told(error)).mendable();
            rows::parquet(copied(parts, transfers).map_err(no_room)?)?
        }
    })
}

/// A file without a name that holds what is read.
fn copied(mut parts: Parts, transfers: &Path) -> io::Result<File> {
    std::fs::create_dir_all(transfers)?;
    let place = transfers.join("object");
    let mut file = File::options().read(true).write(true).create(true).truncate(true).open(&place)?;
    std::fs::remove_file(&place)?;
    io::copy(&mut parts, &mut file)?;
    Ok(file)
}

fn batches(app: &Shared, import: &Import, rows: Rows) -> Result<(), Broken> {
    let mut batch = Batch { import: import.clone(), lines: Vec::new(), bytes: 0 };
    for (row, found) in (1_u64..).zip(rows) {
        match found {
            // Those that are in are read again, and errors among them are no rows.
            Ok(_) if row <= import.counts.rows => {}
            Ok(found) => batch.push(app, found)?,
            Err(error) => {
                batch.flush(app)?;
                return Err(Fault::from(error).into());
            }
        }
        if app.is_stopping() {
            return Err(Broken::Ending);
        }
    }
    batch.flush(app)
}

struct Batch {
    /// As it is on disk.
    import: Import,
    lines: Vec<Line>,
    bytes: usize,
}

impl Batch {
    fn push(&mut self, app: &App, found: Found) -> Result<(), Broken> {
        let row = found.row.map(Value::Object).map_err(|not| (not.reason, not.text));
        let bytes = row.as_ref().map_or_else(|(_, text)| text.len(), |row| row.to_string().len());
        let is_full =
            self.bytes.saturating_add(bytes) > BATCH_BYTES_MAX || self.lines.len() >= BATCH_ROWS_MAX;
        if is_full {
            self.flush(app)?;
        }
        self.bytes = self.bytes.saturating_add(bytes);
        self.lines.push(Line { line: found.line, row });
        Ok(())
    }

    fn flush(&mut self, app: &App) -> Result<(), Broken> {
        if self.lines.is_empty() {
            return Ok(());
        }
        self.bytes = 0;
        let lines = std::mem::take(&mut self.lines);
        loop {
            let seen = app.bell.rings();
            let problem = match ingest::pour(app, &self.import, lines.clone()) {
                Ok(_) => break,
                Err(problem) => problem,
            };
            if app.is_stopping() || app.store.has_failed() {
                return Err(Broken::Ending);
            }
            if !is_passing(&problem) {
                return Err(Fault::new(problem.code(), problem.detail()).mendable().into());
            }
            app.bell.wait(seen, TOO_FAST);
        }
        let after = imports::load(&*app.store, &self.import.id);
        let gone = || Fault::new("no-import", "the import is gone");
        self.import = after.ok().flatten().ok_or_else(gone)?;
        Ok(())
    }
}

fn is_passing(problem: &Problem) -> bool {
    matches!(problem.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE)
}
