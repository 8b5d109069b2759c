//! Pure: from the dataflows for which the planner has planned so far, and those in force now, to the work between.

use std::collections::{BTreeMap, BTreeSet};

use acquaint_store::catalog::FieldMapping;
use serde::{Deserialize, Serialize};

use super::Job;
use crate::view::View;

/// What the planner remembers of a dataflow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct KnownFlow {
    pub(crate) destination: String,
    pub(crate) streams: bool,
    pub(crate) audiences: BTreeSet<String>,
    pub(crate) mapping: Vec<FieldMapping>,
    /// Purposes to which people must have consented.
    pub(crate) consent: Vec<String>,
    /// When it was first seen: its schedule begins then.
    pub(crate) since_ms: i64,
}

/// The dataflows in force, and the work that leads to them. A dataflow that leads elsewhere than before begins anew: its
/// new destination knows nothing. One whose destination does not exist (any more) is left as it is.
pub(crate) fn changed(
    known: &BTreeMap<String, KnownFlow>,
    view: &View,
    now_ms: i64,
) -> (BTreeMap<String, KnownFlow>, Vec<Job>) {
    let mut next = BTreeMap::new();
    let mut jobs = Vec::new();
    let ours = |id: &String| view.flows.get(id).is_some_and(|flow| !flow.is_elsewhere());
    for dataflow in known.keys().filter(|id| !ours(id)) {
        jobs.push(Job::Purge { dataflow: dataflow.clone() });
    }
    for (dataflow, flow) in view.flows.iter().filter(|(_, flow)| !flow.is_elsewhere()) {
        let before = known.get(dataflow);
        let Some(target) = &flow.target else {
            next.extend(before.map(|before| (dataflow.clone(), before.clone())));
            continue;
        };
        let mut after = KnownFlow {
            destination: target.id.clone(),
            streams: flow.streams(),
            audiences: flow.audiences.keys().cloned().collect(),
            mapping: flow.definition.mapping.clone(),
            consent: flow.definition.consent.clone(),
            since_ms: before.map_or(now_ms, |before| before.since_ms),
        };
        let elsewhere =
            |before: &KnownFlow| before.destination != after.destination || before.streams != after.streams;
        let mut fill = after.audiences.clone();
        match before {
            Some(before) if elsewhere(before) => {
                after.since_ms = now_ms;
                jobs.push(Job::Purge { dataflow: dataflow.clone() });
            }
            Some(before) => {
                let gone: BTreeSet<_> = before.audiences.difference(&after.audiences).cloned().collect();
                if !gone.is_empty() {
                    jobs.push(Job::Withdraw { dataflow: dataflow.clone(), audiences: gone, after: None });
                }
                // A new mapping concerns every member, and so does consent; a new audience only its own.
                let concerns_all = after.streams && before.mapping != after.mapping;
                if !concerns_all && before.consent == after.consent {
                    fill = after.audiences.difference(&before.audiences).cloned().collect();
                }
            }
            None => {}
        }
        if !fill.is_empty() {
            jobs.push(Job::Backfill { dataflow: dataflow.clone(), audiences: fill, after: None });
        }
        next.insert(dataflow.clone(), after);
    }
    (next, jobs)
}
