//! `GET /bundles/{datastream}`: the bundle with which a page decides on the visitor's own device. The administrator's,
//! as everything that shows definitions: what a page may have is put beside the page.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use acquaint_core::wire;
use acquaint_engine::{compile, page_bundle, publish};
use acquaint_store::ProfileStore;

use crate::app::{App, Shared, blocking};
use crate::problem::Problem;

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/bundles/{datastream}", get(bundle))
}

async fn bundle(State(app): State<Shared>, Path(id): Path<String>) -> Result<Response, Problem> {
    let sealed = blocking(&app, move |app| sealed(app, &id)).await?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], sealed).into_response())
}

fn sealed(app: &App, datastream: &str) -> Result<Vec<u8>, Problem> {
    let catalog = publish::catalog_in_force(&*app.store.snapshot())?;
    let bundle = publish::bundle(&catalog, app.clock.now_ms())
        .map_err(|problems| Problem::unavailable(compile::summary(&problems)))?;
    let bundle = page_bundle::of(bundle, datastream);
    let bundle = bundle.ok_or_else(|| Problem::not_found("datastream", datastream))?;
    wire::seal(&bundle).map_err(|error| Problem::unavailable(error.to_string()))
}
