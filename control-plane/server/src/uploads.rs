//! Full uploads to external audiences, once all of their rows are there: whom they did not name is taken out. Who that is
//! is read from the profiles at an instant at which the engine has applied the rows. A crash is only a pause: what is found
//! again has the same message id, and is in the log once.

use acquaint_engine::ingest::imports::{self, Counts, Import, Status};
use acquaint_engine::ingest::uploads::leaving;
use acquaint_store::record::Body;
use acquaint_store::{ProfileDocument, ProfileStore, profile_document};

use crate::app::App;

/// Profiles of one step.
const STEP_PROFILES: usize = 1_000;

/// Takes every upload as far as it goes now.
pub(crate) fn turn(app: &App) -> acquaint_engine::Result<()> {
    if !app.uploads.take() {
        return Ok(());
    }
    for import in imports::list(&*app.store)? {
        if import.status == Status::Closing && !finish(app, import)? {
            app.uploads.look();
        }
    }
    Ok(())
}

/// Takes out whom a full upload did not name; false if that has to wait.
fn finish(app: &App, mut import: Import) -> acquaint_engine::Result<bool> {
    let Some(upload) = import.upload.clone() else { return Ok(true) };
    if app.engine_position() < upload.rows_end.unwrap_or_default() {
        return Ok(false);
    }
    let snapshot = app.store.snapshot();
    let mut after = None;
    loop {
        if app.is_stopping() {
            return Ok(false);
        }
        let profiles = ProfileDocument::scan(&*snapshot, after, STEP_PROFILES)?;
        let Some(last) = profiles.last() else { break };
        after = Some(last.id);
        let mut bodies = Vec::new();
        for body in profiles.iter().flat_map(|profile| leaving(profile, &upload.audience, &import.id)) {
            // Whoever is gone by now must not be made known again.
            if let Body::Upsert { identities, .. } = &body
                && let Some(identity) = identities.first()
                && profile_document::find(&*app.store, identity)?.is_some()
            {
                bodies.push(body);
            }
        }
        if bodies.is_empty() {
            continue;
        }
        let now_ms = app.clock.now_ms();
        let mut further = import.clone();
        app.intake.accept_with(now_ms, bodies, |duplicates| {
            let new = duplicates.iter().filter(|duplicate| !**duplicate).count();
            further = import.with_left(u64::try_from(new).unwrap_or(u64::MAX), now_ms);
            import.written(&further)
        })?;
        import = further;
    }
    let batch = import.advanced(Counts::default(), Status::Complete, app.clock.now_ms())?;
    app.store.commit(batch, true)?;
    tracing::info!(
        import = import.id,
        left = import.upload.map_or(0, |upload| upload.left),
        "upload complete"
    );
    Ok(true)
}
