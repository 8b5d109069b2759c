//! What a changed dataflow asks for, in pieces small enough to be committed one by one.

use std::collections::BTreeSet;

use acquaint_core::id::{AudienceId, ProfileId};
use acquaint_core::profile::{IdentityMap, Status};
use acquaint_store::ProfileDocument;
use serde::{Deserialize, Serialize};

use super::Progress;
use super::changes::{Ground, left, member, put};
use crate::error::Result;
use crate::ledger::Key;
use crate::ledger::book::{self, Draft};
use crate::ledger::keys::of_dataflow;
use crate::profile::Profile;

/// Profiles or rows of one piece.
const PIECE_ROWS: usize = 256;

/// A piece of work, and how far it has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Job {
    /// Members from before are made known, `existing` on the wire.
    Backfill { dataflow: String, audiences: BTreeSet<String>, after: Option<ProfileId> },
    /// Audiences that no longer belong to the dataflow are left.
    Withdraw { dataflow: String, audiences: BTreeSet<String>, after: Option<(ProfileId, String)> },
    /// The dataflow is gone, or leads elsewhere: nothing is owed any more.
    Purge { dataflow: String },
}

impl Job {
    pub(crate) fn dataflow(&self) -> &str {
        match self {
            Self::Backfill { dataflow, .. } | Self::Withdraw { dataflow, .. } | Self::Purge { dataflow } => {
                dataflow
            }
        }
    }

    /// It must be done before further changes are consumed, because it takes away what they would build on.
    pub(crate) fn is_urgent(&self) -> bool {
        match self {
            Self::Withdraw { .. } | Self::Purge { .. } => true,
            Self::Backfill { .. } => false,
        }
    }
}

/// Does one piece of the first job and says how many rows it touched. The job leaves the list when it is done.
pub(crate) fn work(draft: &mut Draft<'_>, progress: &mut Progress, ground: Ground<'_>) -> Result<usize> {
    let Some(job) = progress.jobs.first().cloned() else {
        return Ok(0);
    };
    let (touched, rest) = match job {
        Job::Backfill { dataflow, audiences, after } => {
            let (touched, last) = backfill(draft, progress, ground, (&dataflow, &audiences, after))?;
            (touched, last.map(|last| Job::Backfill { dataflow, audiences, after: Some(last) }))
        }
        Job::Withdraw { dataflow, audiences, after } => {
            let (touched, last) = withdraw(draft, progress, ground, (&dataflow, &audiences, after))?;
            (touched, last.map(|last| Job::Withdraw { dataflow, audiences, after: Some(last) }))
        }
        Job::Purge { dataflow } => {
            let rows = book::scan(ground.store, &of_dataflow(&dataflow), None, PIECE_ROWS)?;
            for (key, _) in &rows {
                draft.remove(key)?;
            }
            (rows.len(), (rows.len() == PIECE_ROWS).then_some(Job::Purge { dataflow }))
        }
    };
    match (progress.jobs.first_mut(), rest) {
        (Some(first), Some(rest)) => *first = rest,
        (Some(_), None) => drop(progress.jobs.remove(0)),
        (None, _) => {}
    }
    Ok(touched)
}

fn backfill(
    draft: &mut Draft<'_>,
    progress: &mut Progress,
    Ground { store, view, flows, now }: Ground<'_>,
    (dataflow, audiences, after): (&str, &BTreeSet<String>, Option<ProfileId>),
) -> Result<(usize, Option<ProfileId>)> {
    let (Some(flow), Some(mapping)) = (flows.get(dataflow), view.mapping(dataflow)) else {
        return Ok((0, None));
    };
    let documents = ProfileDocument::scan(store, after, PIECE_ROWS)?;
    let touched = documents.len();
    let last = documents.last().map(|document| document.id).filter(|_| touched == PIECE_ROWS);
    for document in documents {
        let profile = Profile::of(store, document, view, now.decided_ms)?;
        // The audience may have left the dataflow since the job was made.
        for audience in audiences.intersection(&flow.audiences) {
            let membership = profile.memberships.get(&AudienceId::new(audience.as_str()));
            let Some(membership) = membership.filter(|membership| membership.status == Status::Realized)
            else {
                continue;
            };
            let key = Key::new(dataflow, profile.id, audience);
            let wish = member(mapping, true, membership.since_ms, profile.known(), now);
            put(draft, progress, &key, flow, wish, now)?;
        }
    }
    Ok((touched, last))
}

type Place = (ProfileId, String);

fn withdraw(
    draft: &mut Draft<'_>,
    progress: &mut Progress,
    Ground { store, view: _, flows, now }: Ground<'_>,
    (dataflow, audiences, after): (&str, &BTreeSet<String>, Option<Place>),
) -> Result<(usize, Option<Place>)> {
    let Some(flow) = flows.get(dataflow) else {
        return Ok((0, None));
    };
    let after = after.map(|(profile, audience)| Key::new(dataflow, profile, &audience));
    let rows = book::scan(store, &of_dataflow(dataflow), after.as_ref(), PIECE_ROWS)?;
    let last = rows.last().filter(|_| rows.len() == PIECE_ROWS);
    let last = last.map(|(key, _)| (key.profile, key.audience.clone()));
    for (key, entry) in &rows {
        // The audience may have come back since the job was made; its back-fill follows.
        let withdrawn = audiences.contains(&key.audience) && !flow.audiences.contains(&key.audience);
        if withdrawn && entry.desired.is_member() {
            put(draft, progress, key, flow, left(now.decided_ms, &IdentityMap::new(), now), now)?;
        }
    }
    Ok((rows.len(), last))
}
