//! The identity graph of one profile: which identities were named together, since when and by which record, and what
//! becomes of the links where they cannot all hold (`pql.md` section 5).

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Reverse;

use serde::{Deserialize, Serialize};

use super::Identity;
use crate::id::Position;

/// When something was seen, by the engine's time, and the record that said so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Seen {
    /// The record.
    pub position: Position,
    /// Milliseconds since the epoch, UTC.
    pub at_ms: i64,
}

/// What kind of record named two identities together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum LinkKind {
    /// An event of both.
    Event,
    /// Attributes of both.
    Attributes,
    /// A record that says nothing else.
    Declared,
}

/// Two identities of one person. The smaller one is `left`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Link {
    /// One.
    pub left: Identity,
    /// The other.
    pub right: Identity,
    /// What linked them first.
    pub kind: LinkKind,
    /// The record that linked them.
    pub first: Seen,
    /// The newest record that named both.
    pub last: Seen,
}

impl Link {
    /// Whether the identity is one of the two.
    pub fn has(&self, identity: &Identity) -> bool {
        self.left == *identity || self.right == *identity
    }
}

/// The links of a profile, each pair once, in the order of the pairs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Graph(Vec<Link>);

impl Graph {
    /// All links.
    pub fn links(&self) -> &[Link] {
        &self.0
    }

    /// A record names both: makes the link, or notes that it was seen again. True if it is new.
    pub fn see(&mut self, one: &Identity, other: &Identity, kind: LinkKind, seen: Seen) -> bool {
        let (left, right) = if one < other { (one, other) } else { (other, one) };
        match self.0.binary_search_by(|link| (&link.left, &link.right).cmp(&(left, right))) {
            Ok(known) => {
                if let Some(link) = self.0.get_mut(known) {
                    link.last = link.last.max(seen);
                }
                false
            }
            Err(place) => {
                let (left, right) = (left.clone(), right.clone());
                self.0.insert(place, Link { left, right, kind, first: seen, last: seen });
                true
            }
        }
    }

    /// The link of the two.
    pub fn between(&self, one: &Identity, other: &Identity) -> Option<&Link> {
        let (left, right) = if one < other { (one, other) } else { (other, one) };
        let place = self.0.binary_search_by(|link| (&link.left, &link.right).cmp(&(left, right)));
        place.ok().and_then(|place| self.0.get(place))
    }

    /// Adds the links of another graph, which has none of these pairs.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
        self.0.sort();
    }

    /// Takes links out.
    pub fn cut(&mut self, wanted: impl Fn(&Link) -> bool) -> Vec<Link> {
        self.0.extract_if(.., |link| wanted(link)).collect()
    }

    /// The record that first linked an identity; none: it is not linked.
    pub fn linked_since(&self, identity: &Identity) -> Option<Seen> {
        self.0.iter().filter(|link| link.has(identity)).map(|link| link.first).min()
    }

    /// The identities in groups that are linked among themselves, in the order of their smallest identity.
    pub fn groups(self, identities: &BTreeSet<Identity>) -> Vec<Group> {
        let mut groups: Vec<Group> = identities
            .iter()
            .map(|one| Group { identities: BTreeSet::from([one.clone()]), links: Self::default() })
            .collect();
        for link in self.0 {
            join(&mut groups, link, |_, _| true);
        }
        groups
    }
}

/// Identities that are linked among themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Which.
    pub identities: BTreeSet<Identity>,
    /// Their links.
    pub links: Graph,
}

/// What the rules say of namespaces.
pub trait Namespaces {
    /// How strong identities of it are; smaller is stronger.
    fn rank(&self, namespace: &str) -> Rank;

    /// At most one identity of it belongs to one person.
    fn is_unique(&self, namespace: &str) -> bool;
}

/// The strength of a namespace: identities of people before those of devices, cookies and partners, whatever priority
/// they are given; the smaller the stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank {
    /// 0 people, 1 devices, 2 cookies, 3 partners, 4 namespaces that nobody defined. Where there are too many
    /// identities the last class goes first.
    pub class: u8,
    /// The priority within its class.
    pub priority: u16,
    /// The order of kinds of equal priority.
    pub kind: u8,
}

/// Why a link does not hold any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cut {
    /// With it one person would have two identities of this unique namespace.
    Unique(String),
    /// There were too many identities.
    Limit,
}

/// A graph that keeps the rules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Who belongs together.
    pub groups: Vec<Group>,
    /// What had to go.
    pub cut: Vec<(Link, Cut)>,
}

/// Keeps as many links as can hold together, the newest first, of equal age those of stronger namespaces: so the newest
/// link wins. Where more than `identities_max` belong together the weakest class goes, in it who was linked first;
/// those that are `named` stay.
pub fn settle(
    identities: &BTreeSet<Identity>,
    links: Graph,
    named: &[Identity],
    rules: &impl Namespaces,
    identities_max: usize,
) -> Settled {
    let mut newest_first = links.0;
    newest_first.sort_by_cached_key(|link| {
        let ranks = [rules.rank(&link.left.namespace), rules.rank(&link.right.namespace)];
        let weaker = ranks.into_iter().max();
        (Reverse(link.last.position), weaker, link.left.clone(), link.right.clone())
    });
    let mut settled = Settled::default();
    let mut groups = Graph::default().groups(identities);
    for link in newest_first {
        let mut broken = None;
        let refused = join(&mut groups, link, |left, right| {
            broken = broken_limit(left, right, rules);
            broken.is_none()
        });
        settled.cut.extend(refused.zip(broken.map(Cut::Unique)));
    }
    for group in groups {
        if group.identities.len() > identities_max {
            shrink(group, named, rules, identities_max, &mut settled);
        } else {
            settled.groups.push(group);
        }
    }
    settled
}

/// Joins the groups of both ends of a link, if they may be; otherwise gives the link back.
fn join(
    groups: &mut Vec<Group>,
    link: Link,
    may: impl FnOnce(&BTreeSet<Identity>, &BTreeSet<Identity>) -> bool,
) -> Option<Link> {
    let place = |identity: &Identity| groups.iter().position(|group| group.identities.contains(identity));
    let (Some(one), Some(other)) = (place(&link.left), place(&link.right)) else { return Some(link) };
    let (low, high) = (one.min(other), one.max(other));
    if low != high {
        let allowed = match (groups.get(low), groups.get(high)) {
            (Some(left), Some(right)) => may(&left.identities, &right.identities),
            (None, _) | (_, None) => false,
        };
        if !allowed {
            return Some(link);
        }
        let absorbed = groups.remove(high);
        if let Some(group) = groups.get_mut(low) {
            group.identities.extend(absorbed.identities);
            group.links.extend(absorbed.links);
        }
    }
    if let Some(group) = groups.get_mut(low) {
        let place = group.links.0.partition_point(|known| *known < link);
        group.links.0.insert(place, link);
    }
    None
}

/// The unique namespace of which both have an identity.
fn broken_limit(
    left: &BTreeSet<Identity>,
    right: &BTreeSet<Identity>,
    rules: &impl Namespaces,
) -> Option<String> {
    let unique = |identity: &&Identity| rules.is_unique(&identity.namespace);
    let both =
        left.iter().filter(unique).find(|one| right.iter().any(|other| other.namespace == one.namespace));
    both.map(|identity| identity.namespace.clone())
}

/// Takes identities out of a group until no group is too large.
fn shrink(
    group: Group,
    named: &[Identity],
    rules: &impl Namespaces,
    identities_max: usize,
    settled: &mut Settled,
) {
    let mut waiting = Vec::from([group]);
    while let Some(mut group) = waiting.pop() {
        let weakest = (group.identities.len() > identities_max).then(|| {
            let free = group.identities.iter().filter(|identity| !named.contains(identity));
            free.min_by_key(|identity| {
                let class = Reverse(rules.rank(&identity.namespace).class);
                (class, group.links.linked_since(identity), *identity)
            })
        });
        let Some(weakest) = weakest.flatten().cloned() else {
            settled.groups.push(group);
            continue;
        };
        let cut = group.links.cut(|link| link.has(&weakest));
        settled.cut.extend(cut.into_iter().map(|link| (link, Cut::Limit)));
        waiting.extend(group.links.groups(&group.identities));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Rules;

    impl Namespaces for Rules {
        fn rank(&self, namespace: &str) -> Rank {
            let class = ["crm", "device", "cookie"].iter().position(|known| *known == namespace);
            Rank {
                class: class.and_then(|class| u8::try_from(class).ok()).unwrap_or(4),
                priority: 0,
                kind: 0,
            }
        }

        fn is_unique(&self, namespace: &str) -> bool {
            namespace == "crm"
        }
    }

    /// `crm/a`
    fn identity(text: &str) -> Identity {
        let (namespace, id) = text.split_once('/').unwrap();
        Identity { namespace: namespace.into(), id: id.into() }
    }

    fn seen(position: Position) -> Seen {
        Seen { position, at_ms: 0 }
    }

    /// Links in the order of their ages, by the two ends.
    fn graph(links: &[(&str, &str)]) -> (BTreeSet<Identity>, Graph) {
        let (mut identities, mut graph) = (BTreeSet::new(), Graph::default());
        for (position, (one, other)) in (1..).zip(links) {
            let (one, other) = (identity(one), identity(other));
            graph.see(&one, &other, LinkKind::Event, seen(position));
            identities.extend([one, other]);
        }
        (identities, graph)
    }

    fn shown(groups: &[Group]) -> Vec<Vec<String>> {
        let name = |one: &Identity| alloc::format!("{}/{}", one.namespace, one.id);
        let mut all: Vec<Vec<_>> =
            groups.iter().map(|group| group.identities.iter().map(name).collect()).collect();
        all.sort();
        all
    }

    fn check(links: &[(&str, &str)], expected: &[&[&str]]) {
        let (identities, graph) = graph(links);
        let settled = settle(&identities, graph, &[], &Rules, 50);
        assert_eq!(shown(&settled.groups), expected, "{links:?}");
    }

    #[test]
    fn what_is_linked_belongs_together() {
        check(&[("crm/a", "device/1"), ("device/1", "cookie/x")], &[&["cookie/x", "crm/a", "device/1"]]);
        check(
            &[("crm/a", "device/1"), ("crm/b", "device/2")],
            &[&["crm/a", "device/1"], &["crm/b", "device/2"]],
        );
    }

    #[test]
    fn the_newest_link_wins_where_a_unique_namespace_would_have_two() {
        check(&[("crm/a", "device/1"), ("crm/b", "device/1")], &[&["crm/a"], &["crm/b", "device/1"]]);
        check(
            &[("device/1", "cookie/x"), ("crm/a", "device/1"), ("crm/b", "cookie/x")],
            &[&["cookie/x", "crm/b"], &["crm/a", "device/1"]],
        );
        // What hangs on the device goes with it.
        check(
            &[("device/1", "cookie/x"), ("crm/a", "device/1"), ("crm/b", "device/1")],
            &[&["cookie/x", "crm/b", "device/1"], &["crm/a"]],
        );
    }

    #[test]
    fn a_link_that_is_seen_again_is_the_newest() {
        let (identities, mut graph) =
            graph(&[("device/1", "crm/a"), ("device/1", "device/2"), ("device/2", "crm/b")]);
        graph.see(&identity("device/1"), &identity("crm/a"), LinkKind::Event, seen(9));
        assert_eq!(graph.links().len(), 3);
        let settled = settle(&identities, graph, &[], &Rules, 50);
        assert_eq!(shown(&settled.groups), [["crm/a", "device/1"], ["crm/b", "device/2"]]);
        let cut = settled.cut.first().unwrap();
        assert_eq!(
            (&cut.0.left.id, &cut.0.right.id, &cut.1),
            (&"1".into(), &"2".into(), &Cut::Unique("crm".into()))
        );
    }

    #[test]
    fn too_many_lose_the_weakest_class_and_in_it_the_first() {
        let links = [
            ("crm/a", "device/1"),
            ("crm/a", "cookie/x"),
            ("crm/a", "cookie/y"),
            ("crm/a", "cookie/z"),
            ("crm/a", "other/1"),
        ];
        let (identities, graph) = graph(&links);
        let settled = settle(&identities, graph, &[identity("cookie/x")], &Rules, 4);
        let expected: [&[&str]; 3] =
            [&["cookie/x", "cookie/z", "crm/a", "device/1"], &["cookie/y"], &["other/1"]];
        assert_eq!(shown(&settled.groups), expected);
        assert!(settled.cut.iter().all(|(_, why)| *why == Cut::Limit));
        assert_eq!(settled.cut.len(), 2);
    }

    #[test]
    fn cutting_an_identity_in_the_middle_leaves_groups() {
        let (identities, mut graph) = graph(&[("crm/a", "device/1"), ("device/1", "cookie/x")]);
        let cut = graph.cut(|link| link.has(&identity("device/1")));
        assert_eq!(cut.len(), 2);
        assert_eq!(shown(&graph.groups(&identities)), [["cookie/x"], ["crm/a"], ["device/1"]]);
    }
}
