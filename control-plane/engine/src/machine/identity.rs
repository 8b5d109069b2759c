//! Identities to one profile (`pql.md` section 5). None known: a new profile. One: that one, with the new identities.
//! Several: the links of all of them and those of the record decide who belongs together ([`graph::settle`]).

use std::collections::BTreeSet;

use acquaint_core::id::ProfileId;
use acquaint_core::limits::IDENTITIES_PER_PROFILE_MAX;
use acquaint_core::profile::graph::{self, Graph, Settled};
use acquaint_core::profile::identity::identities;
use acquaint_core::profile::{Identity, Link, LinkKind, Seen};
use acquaint_store::graph_trail::{GraphChange, Why};
use acquaint_store::{Table, keys};

use super::cache::Entry;
use super::turn::Turn;
use crate::{Error, Result};

/// Whose identities are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owned {
    /// None of them is known.
    Nobody,
    /// All of them are of this profile.
    One(ProfileId),
    /// They are of several profiles, or only some are known.
    Several,
}

impl Turn<'_> {
    /// The profile of a record that names these identities, strongest first, brought up to now, and whether its
    /// identities have just changed (or it is new). It has just been active.
    pub(crate) fn resolve(&mut self, wanted: &[Identity], kind: LinkKind) -> Result<(Entry, bool)> {
        let (mut entry, linked) = self.resolved(wanted, kind)?;
        entry.document.active_ms = self.progress.now_ms;
        Ok((entry, linked))
    }

    fn resolved(&mut self, wanted: &[Identity], kind: LinkKind) -> Result<(Entry, bool)> {
        if let Some(mut entry) = self.only_owner(wanted)? {
            self.see_again(&mut entry, wanted, kind)?;
            return Ok((entry, false));
        }
        let candidates = self.owners(wanted)?;
        let mut all: BTreeSet<Identity> = wanted.iter().cloned().collect();
        let mut links = Graph::default();
        for entry in &candidates {
            all.extend(identities(entry.identities()));
            links.extend(entry.document.graph.clone());
        }
        let fresh = self.see(&mut links, wanted, kind);
        let Settled { groups, cut } =
            graph::settle(&all, links, wanted, self.rules, IDENTITIES_PER_PROFILE_MAX);
        let entry = self.regroup(candidates, groups, wanted)?;
        for link in &fresh {
            self.explain_here(link, Why::Linked)?;
        }
        for (link, why) in cut {
            self.explain_here(&link, Why::Cut(why))?;
        }
        Ok((entry, true))
    }

    /// The common case: all identities are known and of one profile.
    fn only_owner(&mut self, wanted: &[Identity]) -> Result<Option<Entry>> {
        match self.owned(wanted)? {
            Owned::One(owner) => match self.take(owner)? {
                Some(entry) => self.settle(entry, self.progress.now_ms),
                None => Ok(None),
            },
            Owned::Nobody | Owned::Several => Ok(None),
        }
    }

    /// Whose identities are.
    pub(crate) fn owned(&mut self, wanted: &[Identity]) -> Result<Owned> {
        let mut owned = None;
        for identity in wanted {
            owned = match (self.owner_noted(identity)?, owned) {
                (None, None | Some(Owned::Nobody)) => Some(Owned::Nobody),
                (Some(owner), None) => Some(Owned::One(owner)),
                (Some(owner), Some(Owned::One(other))) if owner == other => owned,
                (Some(_) | None, Some(_)) => return Ok(Owned::Several),
            };
        }
        Ok(owned.unwrap_or(Owned::Nobody))
    }

    /// The profile of a record of which every identity is its already, brought up to now. It has just been active.
    pub(crate) fn met(&mut self, id: ProfileId, wanted: &[Identity], kind: LinkKind) -> Result<Entry> {
        let nobody =
            || Error::damaged(Table::Profiles, &keys::profile(id), acquaint_core::wire::Error::Content);
        let entry = self.take(id)?.ok_or_else(nobody)?;
        let mut entry = self.settle(entry, self.progress.now_ms)?.ok_or_else(nobody)?;
        self.see_again(&mut entry, wanted, kind)?;
        entry.document.active_ms = self.progress.now_ms;
        Ok(entry)
    }

    fn see_again(&mut self, entry: &mut Entry, wanted: &[Identity], kind: LinkKind) -> Result<()> {
        let fresh = self.see(&mut entry.document.graph, wanted, kind);
        // Links note when they were seen last.
        entry.is_changed |= wanted.len() > 1;
        let id = entry.document.id;
        for link in &fresh {
            self.explain(link, Why::Linked, (id, id))?;
        }
        Ok(())
    }

    /// The profiles of the identities, each once, taken and brought up to now.
    pub(crate) fn owners(&mut self, wanted: &[Identity]) -> Result<Vec<Entry>> {
        let mut owners: Vec<ProfileId> = Vec::new();
        for identity in wanted {
            if let Some(owner) = self.owner(identity)?.filter(|owner| !owners.contains(owner)) {
                owners.push(owner);
            }
        }
        let mut entries = Vec::with_capacity(owners.len());
        for owner in owners {
            if let Some(entry) = self.take(owner)? {
                entries.extend(self.settle(entry, self.progress.now_ms)?);
            }
        }
        Ok(entries)
    }

    /// Links the strongest identity with each other one; returns the links that are new.
    pub(crate) fn see(&self, graph: &mut Graph, wanted: &[Identity], kind: LinkKind) -> Vec<Link> {
        let Some((strongest, others)) = wanted.split_first() else { return Vec::new() };
        let seen = Seen { position: self.cause, at_ms: self.progress.now_ms };
        let mut fresh = Vec::new();
        for other in others {
            if graph.see(strongest, other, kind, seen) {
                fresh.extend(graph.between(strongest, other).cloned());
            }
        }
        fresh
    }

    /// Identities are not of one person after all.
    pub(crate) fn unlink(&mut self, message: Option<&str>, wanted: &[Identity], who: &str) -> Result<()> {
        if self.again(message)? {
            return Ok(());
        }
        let named = |identity: &Identity| wanted.contains(identity);
        for mut entry in self.owners(wanted)? {
            let cut = entry.document.graph.cut(|link| match wanted {
                [only] => link.has(only),
                _ => named(&link.left) && named(&link.right),
            });
            if cut.is_empty() {
                self.put(entry);
                continue;
            }
            let all = identities(entry.identities()).collect();
            let groups = entry.document.graph.clone().groups(&all);
            let kept = self.rules.anchor(&entry.document).into_iter().collect::<Vec<_>>();
            let entry = self.regroup(vec![entry], groups, &kept)?;
            self.conclude(entry, true)?;
            for link in cut {
                self.explain_here(&link, Why::Unlinked { who: who.to_owned() })?;
            }
        }
        Ok(())
    }

    /// Notes why a link was made or cut, when everything has its place.
    pub(crate) fn explain_here(&mut self, link: &Link, why: Why) -> Result<()> {
        let of = |owner: Option<ProfileId>| owner.unwrap_or(ProfileId(0));
        let profiles = (of(self.owner(&link.left)?), of(self.owner(&link.right)?));
        self.explain(link, why, profiles)
    }

    fn explain(&mut self, link: &Link, why: Why, profiles: (ProfileId, ProfileId)) -> Result<()> {
        let at = (self.cause, self.explained);
        self.explained += 1;
        let change = GraphChange {
            left_profile: profiles.0,
            right_profile: profiles.1,
            ..GraphChange::of(link, why, at, self.progress.now_ms)
        };
        for row in change.to_rows()? {
            self.unit.put_row(Table::GraphTrail, row);
        }
        Ok(())
    }
}
