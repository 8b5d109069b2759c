//! The oracle: the same records, applied the slow and obvious way, without state, timers or tables. Identity is lists of
//! identities; membership is the specification (`eval::naive`) over everything known, at the end.

use std::collections::{BTreeMap, BTreeSet};

use acquaint_core::eval::{Subject, naive};
use acquaint_core::id::DatasetId;
use acquaint_core::plan::Mode;
use acquaint_core::plan::program::Definition;
use acquaint_core::profile::{Event, Fragment, Identity, IdentityMap, Memberships, MergePolicy, identity};
use acquaint_core::value::{Value, fields};
use acquaint_store::record::Body;

/// One person.
#[derive(Clone, Debug, Default)]
pub(super) struct Person {
    pub(super) identities: BTreeSet<Identity>,
    pub(super) fragments: Vec<Fragment>,
    pub(super) events: Vec<(Identity, Event)>,
}

/// Everything that was said, and who is linked with whom since which record.
#[derive(Debug, Default)]
pub(super) struct Oracle {
    known: BTreeSet<Identity>,
    links: BTreeMap<(Identity, Identity), usize>,
    fragments: Vec<Fragment>,
    events: Vec<(Identity, Event)>,
    seen: BTreeSet<String>,
    records: usize,
}

fn strength(one: &Identity) -> usize {
    ["crm", "email", "device"].iter().position(|known| *known == one.namespace).unwrap()
}

/// Of `crm`, which is unique, the first; the strongest first.
pub(super) fn wanted(identities: &[Identity]) -> Vec<Identity> {
    let mut wanted: Vec<Identity> = Vec::new();
    for one in identities {
        let taken = |other: &Identity| other == one || (one.namespace == "crm" && other.namespace == "crm");
        if !wanted.iter().any(taken) {
            wanted.push(one.clone());
        }
    }
    wanted.sort_by_key(strength);
    wanted
}

impl Oracle {
    pub(super) fn apply(&mut self, received_ms: i64, body: &Body) {
        self.records += 1;
        let (message, identities) = match body {
            Body::Event { identities, event, .. } => (Some(&event.id), identities),
            Body::Upsert { message, identities, .. }
            | Body::Link { message, identities }
            | Body::Unlink { message, identities, .. } => (message.as_ref(), identities),
            Body::Erase { .. }
            | Body::Erased
            | Body::Catalog { .. }
            | Body::Advance
            | Body::Decided { .. } => return,
        };
        if message.is_some_and(|message| !self.seen.insert(message.clone())) {
            return;
        }
        let wanted = wanted(identities);
        match body {
            Body::Event { event, .. } => self.events.push((wanted[0].clone(), event.clone())),
            Body::Upsert { dataset, attributes, .. } => {
                self.upsert(received_ms, dataset, identities[0].clone(), attributes);
            }
            Body::Unlink { .. } => {
                let named = |one: &Identity| identities.contains(one);
                match identities.as_slice() {
                    [only] => self.links.retain(|(left, right), _| left != only && right != only),
                    _ => self.links.retain(|(left, right), _| !(named(left) && named(right))),
                }
                return;
            }
            Body::Link { .. }
            | Body::Erase { .. }
            | Body::Erased
            | Body::Catalog { .. }
            | Body::Advance
            | Body::Decided { .. } => {}
        }
        self.known.extend(wanted.iter().cloned());
        for other in &wanted[1..] {
            let pair = (wanted[0].clone().min(other.clone()), wanted[0].clone().max(other.clone()));
            self.links.insert(pair, self.records);
        }
        self.groups();
    }

    fn upsert(
        &mut self,
        updated_ms: i64,
        dataset: &DatasetId,
        identity: Identity,
        attributes: &acquaint_core::value::Fields,
    ) {
        let mine = |known: &&mut Fragment| known.dataset == *dataset && known.identity == identity;
        match self.fragments.iter_mut().find(mine) {
            Some(known) => {
                known.updated_ms = updated_ms;
                fields::merge_patch(&mut known.attributes, attributes.clone());
            }
            None => {
                let attributes = fields::without_nulls(attributes.clone());
                let dataset = dataset.clone();
                self.fragments.push(Fragment { dataset, identity, updated_ms, attributes });
            }
        }
    }

    /// Who belongs together: links from the newest on, without those that would give somebody two of `crm`; these are
    /// forgotten.
    fn groups(&mut self) -> Vec<BTreeSet<Identity>> {
        let mut newest: Vec<_> = self.links.clone().into_iter().collect();
        newest.sort_by_key(|((left, right), at)| {
            let weaker = strength(left).max(strength(right));
            (std::cmp::Reverse(*at), weaker, left.clone(), right.clone())
        });
        let mut groups: Vec<BTreeSet<Identity>> =
            self.known.iter().map(|one| BTreeSet::from([one.clone()])).collect();
        for (pair, _) in newest {
            let place = |one: &Identity| groups.iter().position(|group| group.contains(one)).unwrap();
            let (left, right) = (place(&pair.0), place(&pair.1));
            if left == right {
                continue;
            }
            let both: BTreeSet<Identity> = groups[left].union(&groups[right]).cloned().collect();
            if both.iter().filter(|one| one.namespace == "crm").count() > 1 {
                self.links.remove(&pair);
            } else {
                groups[left] = both;
                groups.remove(right);
            }
        }
        groups
    }

    pub(super) fn people(&mut self) -> Vec<Person> {
        let groups = self.groups().into_iter().map(|identities| Person {
            fragments: self
                .fragments
                .iter()
                .filter(|fragment| identities.contains(&fragment.identity))
                .cloned()
                .collect(),
            events: self.events.iter().filter(|(one, _)| identities.contains(one)).cloned().collect(),
            identities,
        });
        groups.collect()
    }
}

impl Person {
    pub(super) fn identity_map(&self) -> IdentityMap {
        let mut map = IdentityMap::new();
        for one in &self.identities {
            identity::insert(&mut map, one);
        }
        map
    }

    /// The streaming and edge audiences that this person is in.
    pub(super) fn audiences(&self, definitions: &[Definition], now_ms: i64) -> BTreeSet<String> {
        let mut events: Vec<Event> = self.events.iter().map(|(_, event)| event.clone()).collect();
        events.sort_by(|left, right| (left.timestamp_ms, &left.id).cmp(&(right.timestamp_ms, &right.id)));
        let policy = MergePolicy::default();
        let attributes = policy.merge(&self.fragments);
        let subject = Subject {
            attributes: &attributes,
            identities: &self.identity_map(),
            memberships: &Memberships::new(),
            events: &events,
        };
        let live = definitions.iter().filter(|definition| definition.mode != Mode::Batch);
        let answers: BTreeMap<String, Value> = live
            .map(|definition| {
                let answer = naive(&definition.checked.expr, definitions, subject, now_ms);
                (definition.id.to_string(), answer)
            })
            .collect();
        answers.into_iter().filter(|(_, answer)| *answer == Value::Boolean(true)).map(|(id, _)| id).collect()
    }
}
