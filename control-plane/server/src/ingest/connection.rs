//! Messages of streaming connections and CloudEvents to records. Who sends is told of every one.

use acquaint_core::limits::RECORD_BYTES_MAX;
use acquaint_engine::Refusal;
use acquaint_engine::ingest::quarantine::{Origin, Quarantined};
use acquaint_engine::ingest::request::Envelope;
use acquaint_engine::ingest::{cloud_events, xdm};
use acquaint_store::catalog::Source;
use serde_json::Value;

use super::{Fate, Judged, admit, charge, keep};
use crate::app::{InForce, Shared, blocking};
use crate::problem::Problem;

/// How the messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Xdm,
    CloudEvent,
}

/// What became of the messages.
#[derive(Debug)]
pub(crate) struct Answered {
    /// When they came in: milliseconds since the epoch, UTC.
    pub received_ms: i64,
    /// In order.
    pub fates: Vec<Fate>,
}

/// Takes messages of one source in.
pub(crate) async fn connection(
    app: &Shared,
    source: String,
    form: Form,
    messages: Vec<Value>,
) -> Result<Answered, Problem> {
    admit(app)?;
    let in_force = app.in_force();
    let received_ms = app.clock.now_ms();
    blocking(app, move |app| {
        let Some(of) = in_force.rules.source(&source) else {
            return Err(Problem::not_found("source", &source));
        };
        charge(app, &[(of, messages.len())], received_ms)?;
        let judged =
            messages.iter().map(|message| judge(&in_force, of, form, message, received_ms)).collect();
        Ok(Answered { received_ms, fates: keep(app, received_ms, judged)? })
    })
    .await
}

fn judge(in_force: &InForce, source: &Source, form: Form, message: &Value, received_ms: i64) -> Judged {
    let raw = message.to_string();
    // What is sent again is the same text, and so the same message.
    let fallback_id = format!("acquaint-{:032x}", xxhash_rust::xxh3::xxh3_128(raw.as_bytes()));
    let envelope = Envelope { received_ms, fallback_id: &fallback_id };
    let read = match (raw.len() > RECORD_BYTES_MAX, form) {
        (true, _) => Err(Refusal {
            code: "too_large".into(),
            reason: format!("{} bytes are more than the {RECORD_BYTES_MAX} allowed", raw.len()),
            path: String::new(),
        }),
        (false, Form::Xdm) => xdm::message(&in_force.rules, source, message, &envelope),
        (false, Form::CloudEvent) => cloud_events::event(&in_force.rules, source, message, &envelope),
    };
    let origin = match form {
        Form::Xdm => Origin::Xdm,
        Form::CloudEvent => Origin::CloudEvent,
    };
    match read {
        Ok(bodies) => Judged::Fine { source: source.id.clone(), bytes: raw.len(), bodies },
        Err(refusal) => Judged::Refused(Box::new(Quarantined {
            received_ms,
            origin,
            source: source.id.clone(),
            fallback_id,
            refusal,
            raw,
        })),
    }
}
