//! Erasing a person. A request is a row and a record of the log, written together: the engine forgets the profiles when it
//! comes to the record, and from then on the steps here take out every other trace: [`mentions`] says what names the
//! person, [`scrub`] takes it out, [`steps`] is the order. Each step can be done again, so a crash is only a pause.

mod mentions;
mod scrub;
mod steps;

use acquaint_core::profile::Identity;
use acquaint_core::wire;
use acquaint_store::erasure::{Counts, Erasure, Stage};
use acquaint_store::record::{Body, Record};
use acquaint_store::{ProfileStore, Table, Topic, WriteBatch};

pub(crate) use steps::Steps;

use crate::app::App;

/// Takes a request. Durable when it returns.
pub(crate) fn ask(app: &App, identity: Identity, who: &str) -> acquaint_store::Result<Erasure> {
    let now_ms = app.clock.now_ms();
    let erasure = Erasure {
        id: uuid::Uuid::new_v4().to_string(),
        who: who.to_owned(),
        requested_ms: now_ms,
        completed_ms: None,
        stage: Stage::Requested,
        erased: Counts::default(),
    };
    let body = Body::Erase { request: erasure.id.clone(), identities: vec![identity] };
    let record = seal(&Record { received_ms: now_ms, body })?;
    let (key, row) = erasure.to_row()?;
    let batch = WriteBatch {
        writes: vec![(Table::Erasures, key, Some(row))],
        appends: vec![(Topic::Records, record)],
        ..WriteBatch::default()
    };
    app.store.commit(batch, true)?;
    app.bell.ring();
    Ok(erasure)
}

fn seal(record: &impl wire::Sealed) -> acquaint_store::Result<Vec<u8>> {
    wire::seal(record).map_err(|source| acquaint_store::Error::Damaged { place: "log".into(), source })
}
