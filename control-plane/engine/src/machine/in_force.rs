//! The catalogue in force, made ready for the engine: program, look-ups, and a fingerprint of all that decides answers.

use std::collections::{BTreeMap, BTreeSet};

use acquaint_core::id::StreamId;
use acquaint_core::plan::{Mode, Prepared, Program};
use acquaint_core::profile::graph::{Namespaces, Rank};
use acquaint_core::profile::{Identity, IdentityMap, MergePolicy, identity};
use acquaint_core::state::{self, State};
use acquaint_store::catalog::{Catalog, NamespaceKind};
use acquaint_store::{ProfileDocument, Read, Table};

use super::lifetimes::Lifetimes;
use crate::compile::{self, Problem};
use crate::{Error, Result};

/// Key, in `Table::Meta`, of the copy of the catalogue that the engine works by. `Table::Catalog` may be ahead of it:
/// the API writes there before the engine has come to the record that says so.
const CATALOG: &[u8] = b"engine/catalog";

/// Namespaces that nobody defined come last.
const UNDEFINED: Rank = Rank { class: 4, priority: u16::MAX, kind: 0 };

/// What the engine has to know of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Namespace {
    rank: Rank,
    unique: bool,
    edge: bool,
}

/// The catalogue in force.
pub(crate) struct InForce {
    pub(crate) catalog: Catalog,
    pub(crate) program: Prepared,
    pub(crate) policy: MergePolicy,
    pub(crate) lifetimes: Lifetimes,
    pub(crate) fingerprint: u64,
    /// The numbers of all streams that are folded.
    pub(crate) folded: Vec<u32>,
    /// The part of the program that the edge has.
    pub(crate) edge: Program,
    /// By number of a stream: whether an edge audience needs it.
    at_edge: Vec<bool>,
    /// Streams of computed attributes of whose new values somebody has to hear.
    pub(crate) told: BTreeSet<u32>,
    /// The audiences that may answer differently when attributes, identities or decided memberships change.
    pub(crate) attribute_audiences: Vec<u32>,
    namespaces: BTreeMap<String, Namespace>,
}

impl InForce {
    /// Compiles a catalogue.
    pub(crate) fn new(catalog: Catalog) -> std::result::Result<Self, Vec<Problem>> {
        let compiled = compile::compile_catalog(&catalog)?;
        let edge = compiled.edge();
        let program = Prepared::new(compiled.program);
        let told = told(&catalog, &program, &compiled.computed);
        let policy = catalog.merge_policy.clone().unwrap_or_default();
        let namespaces = namespaces(&catalog);
        let lifetimes = Lifetimes::of(&catalog);
        let fingerprint = fingerprint(&program, &told, (&policy, &lifetimes), &namespaces, &catalog);
        let in_edge: BTreeSet<StreamId> = edge.stream_ids().into_iter().collect();
        Ok(Self {
            folded: state::migrate(&program, &[], &mut State::default(), 0),
            at_edge: program.stream_ids().iter().map(|id| in_edge.contains(id)).collect(),
            told,
            edge,
            attribute_audiences: state::affected_by_attributes(&program),
            catalog,
            program,
            policy,
            lifetimes,
            fingerprint,
            namespaces,
        })
    }

    /// The one that was in force when the engine last committed.
    pub(crate) fn load(tables: &(impl Read + ?Sized)) -> Result<Self> {
        Self::new(catalog(tables)?).map_err(Error::Catalog)
    }

    /// The row that keeps it.
    pub(crate) fn to_row(&self) -> Result<(Vec<u8>, Vec<u8>)> {
        let json = serde_json::to_vec(&self.catalog)
            .map_err(|error| acquaint_store::Error::Storage(Box::new(error)))?;
        Ok((CATALOG.to_vec(), json))
    }

    /// Whether any of these streams matters at the edge.
    pub(crate) fn touches_edge(&self, numbers: &[u32]) -> bool {
        let at = |number: &u32| usize::try_from(*number).ok().and_then(|number| self.at_edge.get(number));
        numbers.iter().any(|number| at(number).copied().unwrap_or(false))
    }

    /// Whether any of these streams may have changed a computed attribute of which somebody has to hear.
    pub(crate) fn touches_told(&self, numbers: &[u32]) -> bool {
        numbers.iter().any(|number| self.told.contains(number))
    }

    /// The index of an audience that is decided by batch jobs.
    pub(crate) fn is_batch(&self, audience: &acquaint_core::id::AudienceId) -> bool {
        self.program.audiences.iter().any(|known| known.id == *audience && known.mode == Mode::Batch)
    }

    /// The identity that stands for a profile: the strongest, of equal ones the one that was linked first.
    pub(crate) fn anchor(&self, document: &ProfileDocument) -> Option<Identity> {
        identity::identities(&document.identities)
            .min_by_key(|one| (self.rank(&one.namespace), document.graph.linked_since(one), one.clone()))
    }

    /// The identities of a record that may be linked to each other, strongest first: of a unique namespace only the
    /// first that the record names; without stitching only its primary identity.
    pub(crate) fn linkable(&self, identities: &[Identity]) -> Vec<Identity> {
        let mut wanted: Vec<Identity> = Vec::new();
        for identity in identities {
            let unique = self.is_unique(&identity.namespace);
            let taken = wanted
                .iter()
                .any(|other| other == identity || (unique && other.namespace == identity.namespace));
            if !taken {
                wanted.push(identity.clone());
            }
        }
        if !self.policy.stitch {
            wanted.truncate(1);
        }
        wanted.sort_by_key(|identity| self.rank(&identity.namespace));
        wanted
    }

    /// The identities under which a profile is kept at the edge whether or not it was seen there.
    pub(crate) fn edge_identities(&self, identities: &IdentityMap) -> Vec<Identity> {
        let edge = self.namespaces.iter().filter(|(_, namespace)| namespace.edge);
        edge.flat_map(|(code, _)| {
            let ids = identities.get(code).into_iter().flatten();
            ids.map(|id| Identity { namespace: code.clone(), id: id.clone() })
        })
        .collect()
    }
}

impl Namespaces for InForce {
    fn rank(&self, namespace: &str) -> Rank {
        self.namespaces.get(namespace).map_or(UNDEFINED, |namespace| namespace.rank)
    }

    fn is_unique(&self, namespace: &str) -> bool {
        self.namespaces.get(namespace).is_some_and(|namespace| namespace.unique)
    }
}

/// The catalogue that the engine works by.
pub(crate) fn catalog(tables: &(impl Read + ?Sized)) -> Result<Catalog> {
    match tables.get(Table::Meta, CATALOG)? {
        Some(json) => serde_json::from_slice(&json)
            .map_err(|_| Error::damaged(Table::Meta, CATALOG, acquaint_core::wire::Error::Content)),
        None => Ok(Catalog::default()),
    }
}

/// The streams of computed attributes of whose new values somebody has to hear.
fn told(catalog: &Catalog, program: &Prepared, computed: &BTreeMap<String, usize>) -> BTreeSet<u32> {
    let mut streams = BTreeSet::new();
    for (id, number) in computed {
        let attribute = catalog.computed_attributes.get(id);
        let is_told = attribute.is_some_and(|attribute| crate::computed::is_told(catalog, attribute));
        if is_told {
            streams.extend(program.score_streams(*number));
        }
    }
    streams
}

/// Namespaces by code. Those that clients bring with them need not be defined.
fn namespaces(catalog: &Catalog) -> BTreeMap<String, Namespace> {
    let known = crate::ingest::BUILT_IN_NAMESPACES.map(|(code, kind)| {
        (code.to_owned(), Namespace { rank: rank(kind, None), unique: false, edge: false })
    });
    let defined = catalog.namespaces.iter().map(|(code, defined)| {
        let rank = rank(defined.kind, defined.priority);
        (code.clone(), Namespace { rank, unique: defined.unique, edge: defined.edge })
    });
    known.into_iter().chain(defined).collect()
}

/// Whatever its priority, a cookie does not outrank a person.
fn rank(kind: NamespaceKind, priority: Option<u16>) -> Rank {
    let (class, kind) = match kind {
        NamespaceKind::CrossDevice => (0, 0),
        NamespaceKind::Email => (0, 1),
        NamespaceKind::Phone => (0, 2),
        NamespaceKind::Device => (1, 0),
        NamespaceKind::Cookie => (2, 0),
        NamespaceKind::Partner => (3, 0),
    };
    Rank { class, priority: priority.unwrap_or(u16::MAX), kind }
}

/// A number that changes when profiles have to be visited again: with the program, what wants a timer, the merge policy,
/// how long data is kept, and what the edge is sent of each profile.
fn fingerprint(
    program: &Prepared,
    told: &BTreeSet<u32>,
    (policy, lifetimes): (&MergePolicy, &Lifetimes),
    namespaces: &BTreeMap<String, Namespace>,
    catalog: &Catalog,
) -> u64 {
    let edge: Vec<&String> = namespaces.iter().filter(|(_, of)| of.edge).map(|(code, _)| code).collect();
    let leaves: Vec<_> = program.leaves.iter().map(|leaf| leaf.id).collect();
    let audiences: Vec<_> =
        program.audiences.iter().map(|audience| (&audience.id, audience.mode, &audience.formula)).collect();
    let exported = crate::publish::exported_paths(catalog);
    let all = format!(
        "{policy:?} {lifetimes:?} {edge:?} {exported:?} {leaves:?} {audiences:?} {:?} {told:?}",
        program.scores
    );
    xxhash_rust::xxh3::xxh3_64(all.as_bytes())
}
