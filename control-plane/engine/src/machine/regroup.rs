//! Profiles to groups of identities: merging, splitting, and both at once. A profile goes on where its strongest
//! identity is; where several meet the lowest id survives, and the others leave every audience they are in, under their
//! own identities, before anything is said of the survivor. Every identity brings what was sent for it.

use std::collections::{BTreeMap, BTreeSet};

use acquaint_core::id::ProfileId;
use acquaint_core::profile::graph::Group;
use acquaint_core::profile::{Fragment, Identity, Membership, MembershipChange, Status, identity};
use acquaint_store::ProfileDocument;
use acquaint_store::profile_document::SeenIn;
use acquaint_store::record::ChangeKind;

use super::cache::Entry;
use super::turn::Turn;
use crate::Result;

/// A group and the profile that it is from now on.
struct Place {
    group: Group,
    entry: Entry,
    /// The identities are not those it had.
    changed: bool,
    /// Events or attributes have come or gone.
    moved: bool,
}

/// What moves to a group.
#[derive(Default)]
struct Parcel {
    fragments: Vec<Fragment>,
    seen_at_edge: Vec<(Identity, SeenIn)>,
    events: bool,
}

/// Where everything goes.
struct Targets {
    /// The group of each identity.
    groups: BTreeMap<Identity, usize>,
    /// The profile of each group.
    profiles: Vec<ProfileId>,
    /// What has been taken out so far, by group.
    parcels: BTreeMap<usize, Parcel>,
}

impl Turn<'_> {
    /// Gives every group its profile, with everything that was sent for its identities; the candidates, settled, have all
    /// identities that anybody has. Returns the profile of the first of `wanted`, which is the caller's to conclude.
    pub(crate) fn regroup(
        &mut self,
        candidates: Vec<Entry>,
        groups: Vec<Group>,
        wanted: &[Identity],
    ) -> Result<Entry> {
        let (mut places, losers) = self.places(candidates, groups);
        let mut targets = Targets::of(&places);
        for (index, mut loser) in losers {
            let into = targets.profiles.get(index).copied().unwrap_or(loser.document.id);
            self.leave_all(&loser, into)?;
            self.pack(&mut loser.document, None, &mut targets)?;
            if let Some(place) = places.get_mut(index) {
                self.keep_decided(&mut place.entry, &loser)?;
            }
            self.delete(&loser);
        }
        for (index, place) in places.iter_mut().enumerate() {
            place.moved |= self.pack(&mut place.entry.document, Some(index), &mut targets)?;
        }
        for (index, place) in places.iter_mut().enumerate() {
            let Parcel { fragments, seen_at_edge, events } =
                targets.parcels.remove(&index).unwrap_or_default();
            place.moved |= events || !fragments.is_empty();
            place.entry.document.fragments.extend(fragments);
            place.entry.document.seen_at_edge.extend(seen_at_edge);
            self.take_identities(place)?;
        }
        let first = wanted.first().and_then(|identity| targets.groups.get(identity)).copied();
        let mut result = None;
        for (index, place) in places.into_iter().enumerate() {
            let Place { group: _, mut entry, changed, moved } = place;
            if moved {
                self.refold(&mut entry)?;
                entry.merge(&self.rules.policy);
            }
            if Some(index) == first {
                result = Some(entry);
            } else if changed || moved {
                self.conclude(entry, true)?;
            } else {
                self.put(entry);
            }
        }
        Ok(result.unwrap_or_else(|| self.create()))
    }

    /// Which profile each group is, and the profiles that are none any more, with the group of their survivor.
    fn places(
        &mut self,
        mut candidates: Vec<Entry>,
        groups: Vec<Group>,
    ) -> (Vec<Place>, Vec<(usize, Entry)>) {
        candidates.sort_by_key(|entry| entry.document.id);
        let mut kept: Vec<Option<Entry>> = groups.iter().map(|_| None).collect();
        let mut losers = Vec::new();
        for entry in candidates {
            let anchor = self.rules.anchor(&entry.document);
            let index =
                anchor.and_then(|anchor| groups.iter().position(|group| group.identities.contains(&anchor)));
            match index.and_then(|index| Some((index, kept.get_mut(index)?))) {
                Some((_, place @ None)) => *place = Some(entry),
                Some((index, Some(_))) => losers.push((index, entry)),
                // A profile without identities has nothing that could be anybody else's.
                None => self.put(entry),
            }
        }
        let places = groups.into_iter().zip(kept).map(|(group, kept)| Place {
            group,
            entry: kept.unwrap_or_else(|| self.create()),
            changed: false,
            moved: false,
        });
        (places.collect(), losers)
    }

    /// The loser leaves every audience, and is said to be the survivor from now on.
    fn leave_all(&mut self, loser: &Entry, into: ProfileId) -> Result<()> {
        let at_ms = self.progress.now_ms;
        for (audience, membership) in &loser.document.memberships {
            if membership.status == Status::Realized {
                let change = MembershipChange { audience: audience.clone(), status: Status::Exited, at_ms };
                self.tell_membership(&loser.document, change)?;
            }
        }
        self.tell(&loser.document, ChangeKind::Merged { into })
    }

    /// What batch jobs decided of the loser holds for the survivor until the next job (`pql.md` 2.4).
    fn keep_decided(&mut self, survivor: &mut Entry, loser: &Entry) -> Result<()> {
        for (audience, membership) in &loser.document.memberships {
            let known = survivor.document.memberships.get(audience).map(|known| known.status);
            let wanted = membership.status == Status::Realized && known != Some(Status::Realized);
            if wanted && self.rules.is_batch(audience) {
                let (status, since_ms) = (Status::Realized, membership.since_ms);
                survivor.document.memberships.insert(audience.clone(), Membership { status, since_ms });
                let change = MembershipChange { audience: audience.clone(), status, at_ms: since_ms };
                self.tell_membership(&survivor.document, change)?;
            }
        }
        Ok(())
    }

    /// Takes out what belongs to identities of other groups than `own`; true if answers depend on any of it.
    fn pack(
        &mut self,
        source: &mut ProfileDocument,
        own: Option<usize>,
        targets: &mut Targets,
    ) -> Result<bool> {
        let Targets { groups, profiles, parcels } = targets;
        let elsewhere = |identity: &Identity| groups.get(identity).copied().filter(|to| Some(*to) != own);
        if identity::identities(&source.identities).all(|one| elsewhere(&one).is_none()) {
            return Ok(false);
        }
        let mut moved = false;
        for fragment in std::mem::take(&mut source.fragments) {
            match elsewhere(&fragment.identity) {
                Some(to) => {
                    parcels.entry(to).or_default().fragments.push(fragment);
                    moved = true;
                }
                None => source.fragments.push(fragment),
            }
        }
        for (identity, seen) in std::mem::take(&mut source.seen_at_edge) {
            match elsewhere(&identity) {
                Some(to) => parcels.entry(to).or_default().seen_at_edge.push((identity, seen)),
                None => drop(source.seen_at_edge.insert(identity, seen)),
            }
        }
        let to = |identity: &Identity| {
            let group = elsewhere(identity)?;
            Some((group, *profiles.get(group)?))
        };
        for group in self.move_events(source.id, to)? {
            parcels.entry(group).or_default().events = true;
            moved = true;
        }
        Ok(moved)
    }

    /// The identities and links of a group become those of its profile.
    fn take_identities(&mut self, place: &mut Place) -> Result<()> {
        let document = &mut place.entry.document;
        let had: BTreeSet<Identity> = identity::identities(&document.identities).collect();
        if had != place.group.identities {
            place.changed = true;
            document.identities.clear();
            for one in &place.group.identities {
                identity::insert(&mut document.identities, one);
            }
        }
        document.graph = std::mem::take(&mut place.group.links);
        let id = document.id;
        for one in &place.group.identities {
            if self.owner(one)? != Some(id) {
                self.own(one, id);
            }
        }
        Ok(())
    }
}

impl Targets {
    fn of(places: &[Place]) -> Self {
        let mut groups = BTreeMap::new();
        for (index, place) in places.iter().enumerate() {
            groups.extend(place.group.identities.iter().map(|one| (one.clone(), index)));
        }
        let profiles = places.iter().map(|place| place.entry.document.id).collect();
        Self { groups, profiles, parcels: BTreeMap::new() }
    }
}
