//! Bringing definitions in force: plan (pure), then save the whole change in one durable batch. The engine goes over to
//! the new catalogue at the record that is part of it.

use std::collections::BTreeMap;

use acquaint_core::wire;
use acquaint_store::catalog::{Audience, Catalog, store};
use acquaint_store::record::{Body, Record};
use acquaint_store::{Log, ProfileDocument, Topic};
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;

use super::diff::{self, Change, What};
use super::finding::{Finding, attribute};
use super::{
    Kind, Subject, at_edge, decode, evolution, expressions, lifecycle, lifetimes, references, secrets,
};
use crate::app::{App, Shared, blocking};
use crate::governance::{self, Violation};
use crate::guardrails;
use crate::problem::Problem;

/// Who changes definitions: there is one administrator.
const WHO: &str = "admin";

/// Records that are read at a time.
const READ_CHUNK: usize = 1_000;

/// A checked change.
pub(crate) struct Plan {
    pub changes: Vec<Change>,
    pub unchanged: usize,
    pub warnings: Vec<Finding>,
    /// What data that is there may contradict: it cannot be done once there is any.
    pub incompatible: Vec<Finding>,
    /// Uses of data that policies do not allow, each with what is wrong with which definition.
    pub violations: Vec<(Violation, Finding)>,
    /// What the catalogue would be.
    pub after: Catalog,
}

/// What was, or would be, done.
#[derive(Debug, Serialize)]
pub(crate) struct Done {
    pub applied: bool,
    /// The version of the catalogue now.
    pub version: u64,
    pub changes: Vec<Change>,
    pub unchanged: usize,
    /// What should be said of the changed rules all the same.
    pub warnings: Vec<Finding>,
}

/// Documents on top of what is there.
pub(crate) fn put_documents(
    before: &Catalog,
    documents: &[Value],
    now_ms: i64,
) -> Result<Plan, Vec<Finding>> {
    let mut after = before.clone();
    let places = put(before, &mut after, documents, now_ms)?;
    plan(before, &after, &places)
}

/// Documents instead of what is there.
pub(crate) fn replace_with(before: &Catalog, documents: &[Value], now_ms: i64) -> Result<Plan, Vec<Finding>> {
    let mut after = before.clone();
    let places = put(before, &mut after, documents, now_ms)?;
    for definition in after.definitions() {
        if !places.contains_key(&Subject::new(definition.kind(), definition.id())) {
            after.delete(definition.kind(), definition.id());
        }
    }
    plan(before, &after, &places)
}

/// Documents alone: the catalogue that they are.
pub(crate) fn alone(documents: &[Value], now_ms: i64) -> Result<(Catalog, Plan), Vec<Finding>> {
    let before = Catalog::default();
    let mut after = before.clone();
    let places = put(&before, &mut after, documents, now_ms)?;
    let plan = plan(&before, &after, &places)?;
    if !plan.violations.is_empty() {
        return Err(plan.violations.into_iter().map(|(_, finding)| finding).collect());
    }
    Ok((after, plan))
}

fn put(
    before: &Catalog,
    after: &mut Catalog,
    documents: &[Value],
    now_ms: i64,
) -> Result<BTreeMap<Subject, usize>, Vec<Finding>> {
    let places = decode::put_all(after, documents, now_ms)?;
    let mut findings = secrets::unmask(before, after);
    attribute(&mut findings, &places);
    if findings.is_empty() { Ok(places) } else { Err(findings) }
}

/// One audience as it is given, with versions and all.
pub(crate) fn with_audience(before: &Catalog, audience: Audience) -> Result<Plan, Vec<Finding>> {
    let mut after = before.clone();
    after.audiences.insert(audience.id.clone(), audience);
    plan(before, &after, &BTreeMap::new())
}

/// One definition less.
pub(crate) fn without(before: &Catalog, kind: Kind, id: &str) -> Result<Plan, Vec<Finding>> {
    let mut after = before.clone();
    after.delete(kind, id);
    plan(before, &after, &BTreeMap::new())
}

/// Checks a catalogue as a whole.
fn plan(before: &Catalog, after: &Catalog, places: &BTreeMap<Subject, usize>) -> Result<Plan, Vec<Finding>> {
    let mut findings = references::check(after);
    let compiled = match expressions::check(after) {
        Ok(compiled) if findings.is_empty() => compiled,
        Ok(_) => {
            attribute(&mut findings, places);
            return Err(findings);
        }
        Err(more) => {
            findings.extend(more);
            attribute(&mut findings, places);
            return Err(findings);
        }
    };
    let mut refused = lifecycle::check(before, after, &compiled);
    if !refused.is_empty() {
        attribute(&mut refused, places);
        return Err(refused);
    }
    let (changes, unchanged) = diff::between(before, after);
    let changed = |finding: &Finding| {
        changes.iter().any(|change| change.kind == Kind::Audience && change.id == finding.id)
    };
    let mut warnings: Vec<Finding> =
        expressions::warnings(after, &compiled).into_iter().filter(changed).collect();
    warnings.extend(at_edge::warnings(after).into_iter().filter(|finding| {
        changes.iter().any(|change| change.kind.name() == finding.kind && change.id == finding.id)
    }));
    let kept_anew = changes.iter().any(|change| change.kind == Kind::Dataset);
    warnings.extend(
        lifetimes::warnings(after, &compiled).into_iter().filter(|finding| kept_anew || changed(finding)),
    );
    attribute(&mut warnings, places);
    let mut incompatible = evolution::check(before, after);
    attribute(&mut incompatible, places);
    let made = |change: &&Change| change.change != What::Removed;
    let changed: Vec<Subject> =
        changes.iter().filter(made).map(|change| Subject::new(change.kind, &change.id)).collect();
    let violations = governance::new_violations(before, after, &compiled.schema).into_iter();
    let violations = violations.map(|violation| {
        let finding = violation.finding(places, &changed);
        (violation, finding)
    });
    Ok(Plan {
        violations: violations.collect(),
        changes,
        unchanged,
        warnings,
        incompatible,
        after: after.clone(),
    })
}

/// Plans and, unless it is only asked what would happen, saves. One change at a time.
pub(crate) async fn publish(
    app: &Shared,
    dry_run: bool,
    make: impl FnOnce(&App, &Catalog) -> Result<Plan, Problem> + Send + 'static,
) -> Result<Done, Problem> {
    let _one_at_a_time = app.publishing.lock().await;
    blocking(app, move |app| {
        let before = app.in_force();
        let Plan { changes, unchanged, warnings, incompatible, violations, after } =
            make(app, &before.catalog)?;
        if !violations.is_empty() {
            return Err(violating(violations));
        }
        if !incompatible.is_empty() && has_data(app)? {
            return Err(incompatible_with_data(&incompatible));
        }
        guardrails::catalog::check(&before.catalog, &after, app.guardrails)?;
        let version = before.catalog.version;
        if dry_run || changes.is_empty() {
            return Ok(Done { applied: !dry_run, version, changes, unchanged, warnings });
        }
        let edits = changes.iter().map(|change| change.edit.clone()).collect();
        let saved = store::save(&*app.store, &before.catalog, edits, WHO, app.clock.now_ms())?;
        let version = saved.version;
        app.set_catalog(saved);
        tracing::info!(version, changes = changes.len(), "definitions changed");
        Ok(Done { applied: true, version, changes, unchanged, warnings })
    })
    .await
}

/// Whether anything was taken in that is of some dataset, decided or not.
fn has_data(app: &App) -> Result<bool, Problem> {
    if !ProfileDocument::scan(&*app.store, None, 1)?.is_empty() {
        return Ok(true);
    }
    let mut after = app.engine_position();
    loop {
        let records = app.store.read(Topic::Records, after, READ_CHUNK)?;
        let Some((last, _)) = records.last() else { return Ok(false) };
        after = *last;
        for (_, bytes) in &records {
            let record: Record = wire::open(bytes)
                .map_err(|source| acquaint_store::Error::Damaged { place: "records".into(), source })?;
            if matches!(record.body, Body::Event { .. } | Body::Upsert { .. }) {
                return Ok(true);
            }
        }
    }
}

fn incompatible_with_data(findings: &[Finding]) -> Problem {
    let title = "the schema would contradict data that is there";
    Problem::new(StatusCode::CONFLICT, "incompatible-schema", title, told(findings))
        .with("findings", serde_json::to_value(findings).unwrap_or_default())
}

fn violating(violations: Vec<(Violation, Finding)>) -> Problem {
    let (violations, findings): (Vec<Violation>, Vec<Finding>) = violations.into_iter().unzip();
    let title = "a data usage policy would be violated";
    Problem::new(StatusCode::CONFLICT, "policy-violation", title, told(&findings))
        .with("violations", serde_json::to_value(violations).unwrap_or_default())
        .with("findings", serde_json::to_value(findings).unwrap_or_default())
}

fn told(findings: &[Finding]) -> String {
    match findings {
        [one] => one.message.clone(),
        several => format!("{} things are wrong; nothing was changed", several.len()),
    }
}

/// 400: nothing was changed, and here is all that is wrong.
pub(crate) fn refused(findings: &[Finding]) -> Problem {
    let listed = serde_json::to_value(findings).unwrap_or_default();
    Problem::new(
        StatusCode::BAD_REQUEST,
        "bad-definition",
        "the definitions are not in order",
        told(findings),
    )
    .with("findings", listed)
}
