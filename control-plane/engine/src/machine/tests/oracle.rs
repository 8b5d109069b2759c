//! The oracle: the same records, applied the slow and obvious way, without state, timers or tables. Identity is lists of
//! identities; membership is the specification (`eval::naive`) over everything known, at the end.

use std::collections::{BTreeMap, BTreeSet};

use acquaint_core::eval::{Subject, naive};
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

#[derive(Debug, Default)]
pub(super) struct Oracle {
    pub(super) people: Vec<Person>,
    seen: BTreeSet<String>,
}

fn strength(one: &Identity) -> usize {
    ["crm", "email", "device"].iter().position(|known| *known == one.namespace).unwrap()
}

/// Only `crm` is unique.
fn compatible(left: &BTreeSet<Identity>, right: &BTreeSet<Identity>) -> bool {
    left.union(right).filter(|one| one.namespace == "crm").count() <= 1
}

impl Oracle {
    pub(super) fn apply(&mut self, received_ms: i64, body: &Body) {
        let (message, identities) = match body {
            Body::Event { identities, event, .. } => (Some(&event.id), identities),
            Body::Upsert { message, identities, .. } | Body::Link { message, identities } => {
                (message.as_ref(), identities)
            }
            Body::Catalog { .. } | Body::Advance | Body::Decided { .. } => return,
        };
        if message.is_some_and(|message| !self.seen.insert(message.clone())) {
            return;
        }
        let person = self.person(identities);
        match body {
            Body::Event { event, .. } => person.events.push((identities[0].clone(), event.clone())),
            Body::Upsert { dataset, attributes, .. } => {
                let identity = identities[0].clone();
                let known = person
                    .fragments
                    .iter_mut()
                    .find(|known| known.dataset == *dataset && known.identity == identity);
                match known {
                    Some(known) => {
                        known.updated_ms = received_ms;
                        fields::merge_patch(&mut known.attributes, attributes.clone());
                    }
                    None => person.fragments.push(Fragment {
                        dataset: dataset.clone(),
                        identity,
                        updated_ms: received_ms,
                        attributes: fields::without_nulls(attributes.clone()),
                    }),
                }
            }
            Body::Link { .. } | Body::Catalog { .. } | Body::Advance | Body::Decided { .. } => {}
        }
    }

    fn person(&mut self, identities: &[Identity]) -> &mut Person {
        let mut wanted: Vec<Identity> = Vec::new();
        for one in identities {
            if !wanted
                .iter()
                .any(|other| other == one || (one.namespace == "crm" && other.namespace == "crm"))
            {
                wanted.push(one.clone());
            }
        }
        wanted.sort_by_key(strength);
        let named: BTreeSet<Identity> = wanted.iter().cloned().collect();
        let mut owners: Vec<usize> = Vec::new();
        for one in &wanted {
            let owner = self.people.iter().position(|person| person.identities.contains(one));
            owners.extend(owner.filter(|owner| !owners.contains(owner)));
        }
        let base = owners.iter().copied().find(|owner| compatible(&self.people[*owner].identities, &named));
        let base = base.unwrap_or_else(|| {
            self.people.push(Person::default());
            self.people.len() - 1
        });
        let mut person = std::mem::take(&mut self.people[base]);
        for other in owners.into_iter().filter(|owner| *owner != base) {
            let both: BTreeSet<Identity> = person.identities.union(&named).cloned().collect();
            let all = compatible(&both, &self.people[other].identities);
            let from = std::mem::take(&mut self.people[other]);
            let moves = |one: &Identity| all || named.contains(one);
            let (gone, stays): (BTreeSet<_>, BTreeSet<_>) = from.identities.into_iter().partition(moves);
            let leaves = |one: &Identity| all || gone.contains(one);
            let (events, events_left): (Vec<_>, Vec<_>) =
                from.events.into_iter().partition(|(one, _)| leaves(one));
            let (fragments, fragments_left): (Vec<_>, Vec<_>) =
                from.fragments.into_iter().partition(|fragment| leaves(&fragment.identity));
            person.identities.extend(gone.iter().cloned());
            person.events.extend(events);
            person.fragments.extend(fragments);
            self.people[other] = Person { identities: stays, events: events_left, fragments: fragments_left };
        }
        person.identities.extend(named);
        self.people[base] = person;
        &mut self.people[base]
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
