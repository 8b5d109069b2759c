//! Pure: which rows of the ledger a file holds, and what it says of them.

use acquaint_core::profile::Status;
use acquaint_store::catalog::{Export, FieldMapping};

use crate::destinations::Row;
use crate::ledger::{Entry, Intent};
use crate::mapping::{is_status, to_cell};

/// What an export does about a row of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Selection {
    /// It is in the file, with the profile as it is now.
    Member,
    /// It is in the file as one who has left, with what was last told of it.
    Leaver(Intent),
    /// It is not in the file, and that says that it has left.
    Absent(Intent),
    /// The file says nothing of it.
    Nothing,
}

/// The files of a dataflow say who has left.
pub(crate) fn status_is_mapped(mapping: &[FieldMapping]) -> bool {
    mapping.iter().any(is_status)
}

/// Whether, and as what, a row of the ledger is exported.
pub(crate) fn select(entry: &Entry, export: Export, status_mapped: bool) -> Selection {
    let told = entry.delivered.as_ref().map(|delivered| &delivered.intent);
    let changed = told.is_none_or(|told| told.sequence != entry.desired.sequence);
    let known = told.filter(|told| told.status == Status::Realized);
    let exit = |known: &Intent| Intent {
        identities: known.identities.clone(),
        attributes: known.attributes.clone(),
        ..entry.desired.clone()
    };
    match (entry.desired.status, export, known) {
        (Status::Realized, Export::Full, _) => Selection::Member,
        (Status::Realized, Export::Incremental, _) if changed => Selection::Member,
        (Status::Realized, Export::Incremental, _) => Selection::Nothing,
        (Status::Exited, Export::Full, Some(known)) => Selection::Absent(exit(known)),
        (Status::Exited, Export::Incremental, Some(known)) if status_mapped => Selection::Leaver(exit(known)),
        (Status::Exited, Export::Incremental | Export::Full, _) => Selection::Nothing,
    }
}

/// Whether the next file has to say something new of a row.
pub(crate) fn is_owed(entry: &Entry, export: Export, status_mapped: bool) -> bool {
    let told = entry.delivered.as_ref().map(|delivered| delivered.intent.sequence);
    match select(entry, export, status_mapped) {
        Selection::Member => told != Some(entry.desired.sequence),
        Selection::Leaver(_) | Selection::Absent(_) => true,
        Selection::Nothing => false,
    }
}

/// The cells of a row; `None`: a mandatory field has no value, so the row is left out.
pub(crate) fn cells(mapping: &[FieldMapping], intent: &Intent) -> Option<Row> {
    let mut row = Row::with_capacity(mapping.len());
    for field in mapping {
        let cell = if is_status(field) {
            Some(status(intent).to_owned())
        } else {
            intent.attributes.get(&field.to).and_then(to_cell).filter(|cell| !cell.is_empty())
        };
        if field.mandatory && cell.is_none() {
            return None;
        }
        row.push(cell);
    }
    Some(row)
}

/// Design, decision 4.
fn status(intent: &Intent) -> &'static str {
    match (intent.status, intent.existing) {
        (Status::Realized, false) => "realized",
        (Status::Realized, true) => "existing",
        (Status::Exited, _) => "exited",
    }
}
