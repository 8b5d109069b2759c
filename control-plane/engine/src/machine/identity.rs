//! Identities to one profile (`pql.md` section 5). None known: a new profile. One: that one, with the new identities.
//! Several: they become one, unless a unique namespace would then hold two identities; in that case the newest link
//! wins, and the identities that this record names leave the profile they were in, with everything sent for them.

use acquaint_core::id::ProfileId;
use acquaint_core::limits::IDENTITIES_PER_PROFILE_MAX;
use acquaint_core::profile::{Identity, IdentityMap, identity};
use acquaint_store::record::ChangeKind;

use super::cache::Entry;
use super::turn::Turn;
use crate::Result;

impl Turn<'_> {
    /// The profile of a record, brought up to now, and whether its identities have just changed (or it is new).
    pub(crate) fn resolve(&mut self, identities: &[Identity]) -> Result<(Entry, bool)> {
        let wanted = self.rules.linkable(identities);
        if let Some(entry) = self.only_owner(&wanted)? {
            return Ok((entry, false));
        }
        let mut owners: Vec<ProfileId> = Vec::new();
        for identity in &wanted {
            if let Some(owner) = self.owner(identity)?.filter(|owner| !owners.contains(owner)) {
                owners.push(owner);
            }
        }
        let mut candidates = Vec::new();
        for owner in owners {
            if let Some(mut entry) = self.take(owner)? {
                self.settle(&mut entry, self.progress.now_ms)?;
                candidates.push(entry);
            }
        }
        let entry = self.join(candidates, &wanted)?;
        Ok((entry, true))
    }

    /// The common case, without allocating: all identities are known and of one profile.
    fn only_owner(&mut self, wanted: &[Identity]) -> Result<Option<Entry>> {
        let mut only = None;
        for identity in wanted {
            match (self.owner(identity)?, only) {
                (Some(owner), None) => only = Some(owner),
                (Some(owner), Some(other)) if owner == other => {}
                (Some(_), Some(_)) | (None, _) => return Ok(None),
            }
        }
        let Some(mut entry) = only.map(|owner| self.take(owner)).transpose()?.flatten() else {
            return Ok(None);
        };
        self.settle(&mut entry, self.progress.now_ms)?;
        Ok(Some(entry))
    }

    /// One profile of the candidates (strongest identity first) and the wanted identities.
    fn join(&mut self, mut candidates: Vec<Entry>, wanted: &[Identity]) -> Result<Entry> {
        let named = map_of(wanted);
        let fits = |entry: &Entry| self.rules.compatible(entry.identities(), &named);
        let mut entry = match candidates.iter().position(fits) {
            Some(index) => candidates.remove(index),
            None => self.create(),
        };
        let mut moved = false;
        for mut other in candidates {
            let both = union(entry.identities(), &named);
            if self.rules.compatible(&both, other.identities()) {
                entry = self.merge(entry, other)?;
            } else {
                self.leave(&mut other, &mut entry, wanted)?;
                self.put(other);
            }
            moved = true;
        }
        for identity in wanted {
            self.attach(&mut entry, identity);
        }
        self.trim(&mut entry, wanted)?;
        if moved {
            self.refold(&mut entry)?;
            entry.merge(&self.rules.policy);
        }
        Ok(entry)
    }

    fn attach(&mut self, entry: &mut Entry, identity: &Identity) {
        if identity::insert(&mut entry.document.identities, identity) {
            self.own(identity, entry.document.id);
        }
    }

    /// Moves the wanted identities that `from` has to `to`, with the attributes and events that were sent for them, and
    /// brings `from` in order. `to` is the caller's to bring in order.
    fn leave(&mut self, from: &mut Entry, to: &mut Entry, wanted: &[Identity]) -> Result<()> {
        let leaving: Vec<&Identity> = wanted.iter().filter(|identity| has(from, identity)).collect();
        for identity in &leaving {
            if let Some(ids) = from.document.identities.get_mut(&identity.namespace) {
                ids.remove(&identity.id);
                if ids.is_empty() {
                    from.document.identities.remove(&identity.namespace);
                }
            }
            if from.document.edge_identities.remove(*identity) {
                to.document.edge_identities.insert((*identity).clone());
            }
            self.attach(to, identity);
        }
        let (moving, staying) = std::mem::take(&mut from.document.fragments)
            .into_iter()
            .partition(|fragment| leaving.contains(&&fragment.identity));
        from.document.fragments = staying;
        to.document.fragments.extend::<Vec<_>>(moving);
        self.move_events(from, to, |identity| leaving.contains(&identity))?;
        self.refold(from)?;
        from.merge(&self.rules.policy);
        self.tell(&from.document, ChangeKind::Profile)?;
        self.answer_all(from, self.progress.now_ms)?;
        self.schedule(from, self.progress.now_ms);
        self.owe(&from.document);
        Ok(())
    }

    /// Too many identities: those of the weakest kind that this record does not name become profiles of their own. The
    /// graph keeps no ages, so among equals it is the order of their text that decides.
    fn trim(&mut self, entry: &mut Entry, wanted: &[Identity]) -> Result<()> {
        loop {
            if identity::count(entry.identities()) <= IDENTITIES_PER_PROFILE_MAX {
                return Ok(());
            }
            let weakest = identity::identities(entry.identities())
                .filter(|identity| !wanted.contains(identity))
                .max_by_key(|identity| {
                    (self.rules.rank(&identity.namespace), std::cmp::Reverse(identity.clone()))
                });
            let Some(weakest) = weakest else { return Ok(()) };
            let mut alone = self.create();
            self.leave(entry, &mut alone, &[weakest])?;
            self.refold(&mut alone)?;
            alone.merge(&self.rules.policy);
            self.tell(&alone.document, ChangeKind::Profile)?;
            self.answer_all(&mut alone, self.progress.now_ms)?;
            self.schedule(&mut alone, self.progress.now_ms);
            self.owe(&alone.document);
            self.put(alone);
        }
    }
}

fn has(entry: &Entry, identity: &Identity) -> bool {
    entry.identities().get(&identity.namespace).is_some_and(|ids| ids.contains(&identity.id))
}

fn map_of(identities: &[Identity]) -> IdentityMap {
    let mut map = IdentityMap::new();
    for one in identities {
        identity::insert(&mut map, one);
    }
    map
}

fn union(left: &IdentityMap, right: &IdentityMap) -> IdentityMap {
    let mut both = left.clone();
    for (namespace, ids) in right {
        both.entry(namespace.clone()).or_default().extend(ids.iter().cloned());
    }
    both
}
