//! Rows of uploads to external audiences, and the end of a full one.

use std::collections::BTreeSet;

use acquaint_core::profile::Identity;
use acquaint_engine::ingest::imports::Import;
use acquaint_engine::ingest::uploads::{self, Upload};
use acquaint_store::catalog::External;
use acquaint_store::{Log, Topic, WriteBatch, profile_document};
use axum::http::StatusCode;

use super::Kept;
use super::rows::{Outcome, Sent, take_read};
use crate::app::{App, InForce};
use crate::problem::Problem;

/// What makes an audience external.
pub(crate) fn external<'a>(in_force: &'a InForce, audience: &str) -> Result<&'a External, Problem> {
    let found = in_force.catalog.audiences.get(audience);
    let found = found.ok_or_else(|| Problem::not_found("audience", audience))?;
    found.external.as_ref().ok_or_else(|| {
        let detail = format!("audience `{audience}` is not external: its rule says who is in");
        Problem::new(StatusCode::CONFLICT, "not-external", "nothing can be uploaded to the audience", detail)
    })
}

/// Takes rows of an upload in, together with other writes.
pub(super) fn take(
    app: &App,
    in_force: &InForce,
    (import, upload): (&Import, &Upload),
    rows: Vec<Sent>,
    received_ms: i64,
    with: impl FnOnce(Kept) -> acquaint_engine::Result<WriteBatch>,
) -> Result<Outcome, Problem> {
    let external = external(in_force, &upload.audience)?;
    // Whoever is unknown once everything is worked on need not be made known to be taken out.
    let is_settled = app.engine_position() >= app.store.end(Topic::Records);
    let mut added: BTreeSet<Identity> = BTreeSet::new();
    let read = |row: &serde_json::Value| {
        let row = uploads::row(&in_force.rules, external, import, upload, row)?;
        if row.adds {
            added.insert(row.identity);
            return Ok(vec![row.body]);
        }
        let unknown = is_settled
            && !added.contains(&row.identity)
            && matches!(profile_document::find(&*app.store, &row.identity), Ok(None));
        Ok(if unknown { Vec::new() } else { vec![row.body] })
    };
    take_read(app, &external.source(&upload.audience), rows, received_ms, read, with)
}

/// What writes down that a full upload has no more rows. One that names nobody has to be meant.
pub(crate) fn close(app: &App, import: &Import, empty: bool, now_ms: i64) -> Result<WriteBatch, Problem> {
    if import.counts.accepted == 0 && !empty {
        let detail = format!(
            "no row of `{}` was accepted, so everybody would leave; complete it with `?empty=true` if that is meant",
            import.file
        );
        let title = "the upload names nobody";
        return Err(Problem::new(StatusCode::CONFLICT, "upload-empty", title, detail));
    }
    Ok(import.closing(app.store.end(Topic::Records), now_ms)?)
}
