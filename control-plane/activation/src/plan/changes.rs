//! One change of a profile to the rows it leads to.

use std::collections::BTreeMap;

use acquaint_core::id::{Position, ProfileId};
use acquaint_core::profile::{IdentityMap, MembershipChange, Memberships, Status};
use acquaint_core::value::Fields;
use acquaint_store::record::{Change, ChangeKind};
use acquaint_store::tables::Read;

use super::Progress;
use super::flows::KnownFlow;
use crate::error::Result;
use crate::ledger::Key;
use crate::ledger::book::Draft;
use crate::ledger::decide::{Wish, intend};
use crate::mapping::{Known, Mapping};
use crate::profile::Profile;
use crate::view::View;

/// The instants of a plan: by the clock of decisions, and by that of the network.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) decided_ms: i64,
    pub(crate) network_ms: i64,
    /// The record that is planned for; 0: a changed dataflow.
    pub(crate) position: Position,
}

/// What a piece of planning stands on.
#[derive(Clone, Copy)]
pub(crate) struct Ground<'a> {
    pub(crate) store: &'a dyn Read,
    pub(crate) view: &'a View,
    pub(crate) flows: &'a BTreeMap<String, KnownFlow>,
    pub(crate) now: Now,
}

/// Applies a change to the draft.
pub(crate) fn apply(
    draft: &mut Draft<'_>,
    progress: &mut Progress,
    change: &Change,
    ground: Ground<'_>,
) -> Result<()> {
    let Ground { store, view, flows, now } = ground;
    let now = Now { position: change.position, ..now };
    match &change.kind {
        ChangeKind::Membership(membership) => {
            let concerned: Vec<_> = flows
                .iter()
                .filter(|(_, flow)| flow.audiences.contains(membership.audience.as_str()))
                .collect();
            if concerned.is_empty() {
                return Ok(());
            }
            let profile = match membership.status {
                Status::Realized => Profile::load(store, change.profile, view, now.decided_ms)?,
                Status::Exited => None,
            };
            for (dataflow, flow) in concerned {
                let key = Key::new(dataflow, change.profile, membership.audience.as_str());
                let Some(mapping) = view.mapping(dataflow) else { continue };
                let existing = membership.at_ms < flow.since_ms;
                let wish = of_membership(mapping, existing, change, membership, profile.as_ref(), now);
                put(draft, progress, &key, flow, wish, now)?;
            }
        }
        ChangeKind::Profile => {
            let mut loaded = None;
            for (dataflow, flow) in flows.iter().filter(|(_, flow)| flow.streams || !flow.consent.is_empty())
            {
                for key in draft.keys_of_profile(dataflow, change.profile)? {
                    let Some(mapping) = view.mapping(dataflow) else { continue };
                    let Some(since_ms) = member_since(draft, &key)? else { continue };
                    if loaded.is_none() {
                        loaded = Some(Profile::load(store, change.profile, view, now.decided_ms)?);
                    }
                    let Some(Some(profile)) = &loaded else { continue };
                    let wish = member(mapping, false, since_ms, profile.known(), now);
                    put(draft, progress, &key, flow, wish, now)?;
                }
            }
        }
        // The engine has sent the exits before this; should it not have, they follow from here.
        ChangeKind::Merged { into: _ } | ChangeKind::Gone => {
            for (dataflow, flow) in flows {
                leave_all(draft, progress, dataflow, flow, change.profile, now)?;
            }
        }
    }
    Ok(())
}

fn of_membership(
    mapping: &Mapping,
    existing: bool,
    change: &Change,
    membership: &MembershipChange,
    profile: Option<&Profile>,
    now: Now,
) -> Wish {
    match membership.status {
        Status::Realized => {
            let none = (Fields::new(), Memberships::new());
            let (attributes, memberships) =
                profile.map_or((&none.0, &none.1), |profile| (&profile.attributes, &profile.memberships));
            let known = Known { attributes, identities: &change.identities, memberships };
            member(mapping, existing, membership.at_ms, known, now)
        }
        Status::Exited => left(membership.at_ms, &change.identities, now),
    }
}

/// The wish that the destination knows a member, or that it does not, where consent is missing.
pub(super) fn member(mapping: &Mapping, existing: bool, since_ms: i64, known: Known<'_>, now: Now) -> Wish {
    if let Some(blocked) = mapping.blocked(known.attributes) {
        return Wish { blocked: Some(blocked), ..left(since_ms, known.identities, now) };
    }
    Wish {
        status: Status::Realized,
        existing,
        since_ms,
        position: now.position,
        identities: known.identities.clone(),
        attributes: mapping.project(known, now.decided_ms),
        blocked: None,
    }
}

/// The wish that the destination knows of an exit. What is sent are the identities of the entry.
pub(super) fn left(since_ms: i64, identities: &IdentityMap, now: Now) -> Wish {
    Wish {
        status: Status::Exited,
        existing: false,
        since_ms,
        position: now.position,
        identities: identities.clone(),
        attributes: Fields::new(),
        blocked: None,
    }
}

fn member_since(draft: &mut Draft<'_>, key: &Key) -> Result<Option<i64>> {
    let entry = draft.get(key)?;
    Ok(entry.filter(|entry| entry.desired.is_member()).map(|entry| entry.desired.since_ms))
}

fn leave_all(
    draft: &mut Draft<'_>,
    progress: &mut Progress,
    dataflow: &str,
    flow: &KnownFlow,
    profile: ProfileId,
    now: Now,
) -> Result<()> {
    for key in draft.keys_of_profile(dataflow, profile)? {
        if member_since(draft, &key)?.is_some() {
            put(draft, progress, &key, flow, left(now.decided_ms, &IdentityMap::new(), now), now)?;
        }
    }
    Ok(())
}

/// Puts a wish into the draft, under a new sequence if it changes anything.
pub(super) fn put(
    draft: &mut Draft<'_>,
    progress: &mut Progress,
    key: &Key,
    flow: &KnownFlow,
    wish: Wish,
    now: Now,
) -> Result<()> {
    let sequence = progress.next_sequence();
    let entry = draft.get(key)?;
    if let Some(next) = intend(entry, wish, sequence, flow.streams, now.decided_ms, now.network_ms) {
        progress.sequence = sequence;
        draft.put(key, next)?;
    }
    Ok(())
}
