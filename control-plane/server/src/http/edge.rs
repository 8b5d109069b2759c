//! `POST /edge/v1/events`: what the edge forwards, events and what people said of consent. The receipt names every event; what it does not name was
//! not kept, and comes again.

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;

use acquaint_core::limits::BATCH_EVENTS_MAX;
use acquaint_core::wire::{self, Forward, Receipt};
use acquaint_engine::ingest::edge;
use acquaint_engine::ingest::quarantine::{self, Origin, Quarantined};

use super::body;
use crate::app::{App, Shared, blocking};
use crate::clock::system_ms;
use crate::ingest::admit;
use crate::metrics::Taken;
use crate::problem::Problem;

/// Of the location hint by which an edge says where it is.
const REGION_CHARACTERS_MAX: usize = 100;

pub(super) const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/edge/v1/events", post(events))
}

async fn events(State(app): State<Shared>, headers: HeaderMap, sent: Body) -> Result<Response, Problem> {
    admit(&app)?;
    let sent = body::read(&headers, sent, BODY_BYTES_MAX).await?;
    let forward: Forward = wire::open(&sent).map_err(|error| {
        Problem::bad_request("bad-forward", "the body is no sealed forward", error.to_string())
    })?;
    if forward.region.chars().count() > REGION_CHARACTERS_MAX {
        let detail = format!("a region has at most {REGION_CHARACTERS_MAX} characters");
        return Err(Problem::bad_request("bad-forward", "the region is no location hint", detail));
    }
    if forward.events.len() > BATCH_EVENTS_MAX {
        return Err(Problem::too_large("the forward", BATCH_EVENTS_MAX, "events"));
    }
    let regions = app.edges.regions();
    if !regions.is_empty() && !regions.contains(&forward.region.as_str()) {
        tracing::warn!(
            region = forward.region,
            "forwarded from a region of which no edge is known: it is told nothing"
        );
    }
    let receipt = blocking(&app, move |app| keep(app, forward)).await?;
    let sealed = wire::seal(&receipt).map_err(|error| Problem::unavailable(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], sealed).into_response())
}

fn keep(app: &App, forward: Forward) -> Result<Receipt, Problem> {
    let in_force = app.in_force();
    let received_ms = app.clock.now_ms();
    let mut receipt = Receipt::default();
    let (mut ids, mut bodies, mut refused) = (Vec::new(), Vec::new(), Vec::new());
    let mut datastreams = Vec::new();
    for event in forward.events {
        let datastream = in_force.catalog.datastreams.contains_key(event.datastream());
        let datastream = datastream.then(|| event.datastream().to_owned());
        let id = event.id().to_owned();
        let quarantined = |refusal| Quarantined {
            received_ms,
            origin: Origin::Edge,
            source: event.datastream().to_owned(),
            fallback_id: id.clone(),
            refusal,
            raw: edge::to_json(&forward.region, &event).to_string(),
            place: None,
        };
        match edge::record(&in_force.rules, &forward.region, event.clone(), received_ms) {
            Ok(of_one) => {
                ids.extend(of_one.iter().map(|_| id.clone()));
                datastreams.extend(of_one.iter().map(|_| datastream.clone()));
                bodies.extend(of_one);
            }
            Err(refusal) => {
                receipt.refused.push((id.clone(), refusal.reason.clone()));
                app.metrics.ingested(datastream.as_deref(), Taken::Quarantined, 1);
                refused.push(quarantined(refusal));
            }
        }
    }
    let began_ms = system_ms();
    let answers = app.intake.accept_with(received_ms, bodies, |_duplicates| quarantine::writes(&refused))?;
    for (datastream, answer) in datastreams.iter().zip(&answers) {
        let taken = if answer.duplicate { Taken::Duplicate } else { Taken::Accepted };
        app.metrics.ingested(datastream.as_deref(), taken, 1);
        if !answer.duplicate {
            app.tracer.accepted(
                answer.position,
                datastream.as_deref().unwrap_or_default(),
                began_ms,
                system_ms(),
            );
        }
    }
    receipt.accepted = ids.into_iter().zip(answers).map(|(id, answer)| (id, answer.position)).collect();
    Ok(receipt)
}
