//! The routes, one file a family. Ingestion is open to browsers and authenticated by write keys; the edge has its token;
//! everything else is the administrator's.

mod asked;
mod audiences;
mod auth;
pub(crate) mod body;
mod catalog;
pub(crate) mod changes;
mod clients;
mod clock;
mod cloud_events;
mod collection;
mod computed;
pub(crate) mod connections;
mod conversion;
mod cors;
mod edge;
mod entities;
mod erasures;
mod explain;
mod flows;
mod governance;
mod guardrails;
mod health;
mod identity;
mod imports;
mod jobs;
mod ledger;
mod listening;
mod members;
mod mended;
mod metrics;
mod objects;
mod openapi;
mod page_bundle;
mod patch;
mod quarantine;
mod records;
mod refusals;
mod segment;
mod slash;
mod status;
mod timed_body;
mod uploads;
mod versions;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Response};
use axum::{Router, http::Uri};

use crate::app::Shared;
use crate::problem::Problem;

pub(crate) use auth::unauthorized;

/// All routes.
pub(crate) fn routes(app: Shared) -> Router {
    let admin = Router::new()
        .merge(audiences::routes())
        .merge(catalog::routes())
        .merge(changes::routes())
        .merge(clock::routes(&app))
        .merge(computed::routes())
        .merge(conversion::routes())
        .merge(entities::routes())
        .merge(erasures::routes())
        .merge(explain::routes())
        .merge(flows::routes())
        .merge(governance::routes())
        .merge(guardrails::routes())
        .merge(identity::routes())
        .merge(imports::routes())
        .merge(jobs::routes())
        .merge(ledger::routes())
        .merge(metrics::routes())
        .merge(members::routes())
        .merge(objects::routes())
        .merge(page_bundle::routes())
        .merge(quarantine::routes())
        .merge(records::routes())
        .merge(status::routes())
        .merge(uploads::routes())
        .merge(versions::routes())
        .route_layer(from_fn_with_state(app.clone(), auth::admin));
    let edge = edge::routes().route_layer(from_fn_with_state(app.clone(), auth::edge));
    // The answer to a wrong method has to be there before the layer, which answers preflights in its place.
    let open = segment::routes()
        .merge(clients::routes())
        .method_not_allowed_fallback(not_that_way)
        .layer(from_fn(cors::open));
    Router::new()
        .merge(health::routes())
        .merge(openapi::routes())
        // These know their callers by more than one sign.
        .merge(cloud_events::routes())
        .merge(collection::routes())
        .merge(admin)
        .merge(edge)
        .merge(open)
        .fallback(nowhere)
        .method_not_allowed_fallback(not_that_way)
        // Every route reads its body itself, with its own limit.
        .layer(DefaultBodyLimit::disable())
        .layer(map_response(refusals::typed))
        .layer(from_fn_with_state(app.clone(), metrics::count))
        .with_state(app)
}

/// Pages may read that too, or they see a network error and try again for ever.
async fn nowhere(uri: Uri) -> Response {
    cors::readable(Problem::not_found("route", uri.path()).into_response())
}

async fn not_that_way(uri: Uri) -> Problem {
    let detail = format!("`{}` does not know this method", uri.path());
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "method-not-allowed",
        "the method is not allowed here",
        detail,
    )
}
