//! The catalogue in force, made ready for the engine: program, look-ups, and a fingerprint of all that decides answers.

use std::collections::{BTreeMap, BTreeSet};

use acquaint_core::id::LeafId;
use acquaint_core::plan::leaf::LeafKind;
use acquaint_core::plan::{Mode, Prepared};
use acquaint_core::profile::{Identity, IdentityMap, MergePolicy};
use acquaint_core::state::{self, State};
use acquaint_store::catalog::{Catalog, NamespaceKind};
use acquaint_store::{Read, Table};

use crate::compile::{self, Problem};
use crate::{Error, Result};

/// Key, in `Table::Meta`, of the copy of the catalogue that the engine works by. `Table::Catalog` may be ahead of it:
/// the API writes there before the engine has come to the record that says so.
const CATALOG: &[u8] = b"engine/catalog";

/// What the engine has to know of a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Namespace {
    kind: NamespaceKind,
    unique: bool,
    edge: bool,
}

/// The catalogue in force.
pub(crate) struct InForce {
    pub(crate) catalog: Catalog,
    pub(crate) program: Prepared,
    pub(crate) policy: MergePolicy,
    pub(crate) fingerprint: u64,
    /// The numbers of all leaves and steps that are folded.
    pub(crate) folded: Vec<u32>,
    /// By number of a leaf or a step: whether an edge audience needs it.
    at_edge: Vec<bool>,
    /// The audiences that may answer differently when attributes, identities or decided memberships change.
    pub(crate) attribute_audiences: Vec<u32>,
    namespaces: BTreeMap<String, Namespace>,
}

impl InForce {
    /// Compiles a catalogue.
    pub(crate) fn new(catalog: Catalog) -> std::result::Result<Self, Vec<Problem>> {
        let compiled = compile::compile_catalog(&catalog)?;
        let edge = compiled.program.edge();
        let program = Prepared::new(compiled.program);
        let policy = catalog.merge_policy.clone().unwrap_or_default();
        let namespaces = namespaces(&catalog);
        let fingerprint = fingerprint(&program, &policy, &namespaces, &catalog);
        let in_edge: BTreeSet<LeafId> = edge.kept_ids().into_iter().collect();
        let unfolded: Vec<u32> =
            indices(&program, |kind| !matches!(kind, LeafKind::Events(_) | LeafKind::Sequence(_)));
        Ok(Self {
            folded: state::migrate(&program, &[], &mut State::default()),
            at_edge: program.kept_ids().iter().map(|id| in_edge.contains(id)).collect(),
            attribute_audiences: state::affected(&program, &unfolded),
            catalog,
            program,
            policy,
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

    /// Whether any of these leaves and steps matters at the edge.
    pub(crate) fn touches_edge(&self, numbers: &[u32]) -> bool {
        let at = |number: &u32| usize::try_from(*number).ok().and_then(|number| self.at_edge.get(number));
        numbers.iter().any(|number| at(number).copied().unwrap_or(false))
    }

    /// The index of an audience that is decided by batch jobs.
    pub(crate) fn is_batch(&self, audience: &acquaint_core::id::AudienceId) -> bool {
        self.program.audiences.iter().any(|known| known.id == *audience && known.mode == Mode::Batch)
    }

    /// Lower is stronger; namespaces that nobody defined come last.
    pub(crate) fn rank(&self, namespace: &str) -> u8 {
        match self.namespaces.get(namespace).map(|namespace| namespace.kind) {
            Some(NamespaceKind::CrossDevice) => 0,
            Some(NamespaceKind::Email) => 1,
            Some(NamespaceKind::Phone) => 2,
            Some(NamespaceKind::Device) => 3,
            Some(NamespaceKind::Cookie) => 4,
            None => 5,
        }
    }

    /// Whether both can be of one person: no unique namespace would hold two identities.
    pub(crate) fn compatible(&self, left: &IdentityMap, right: &IdentityMap) -> bool {
        self.namespaces.iter().filter(|(_, namespace)| namespace.unique).all(|(code, _)| {
            match (left.get(code), right.get(code)) {
                (Some(left), Some(right)) => left.union(right).count() <= 1,
                (Some(_), None) | (None, Some(_) | None) => true,
            }
        })
    }

    /// The identities of a record that may be linked to each other, strongest first: of a unique namespace only the
    /// first that the record names; without stitching only its primary identity.
    pub(crate) fn linkable(&self, identities: &[Identity]) -> Vec<Identity> {
        let mut wanted: Vec<Identity> = Vec::new();
        for identity in identities {
            let unique = self.namespaces.get(&identity.namespace).is_some_and(|namespace| namespace.unique);
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

/// The catalogue that the engine works by.
pub(crate) fn catalog(tables: &(impl Read + ?Sized)) -> Result<Catalog> {
    match tables.get(Table::Meta, CATALOG)? {
        Some(json) => serde_json::from_slice(&json)
            .map_err(|_| Error::damaged(Table::Meta, CATALOG, acquaint_core::wire::Error::Content)),
        None => Ok(Catalog::default()),
    }
}

fn indices(program: &Prepared, wanted: impl Fn(&LeafKind) -> bool) -> Vec<u32> {
    let leaves = (0u32..).zip(&program.leaves);
    leaves.filter(|(_, leaf)| wanted(&leaf.kind)).map(|(index, _)| index).collect()
}

/// Namespaces by code. Those that clients bring with them need not be defined.
fn namespaces(catalog: &Catalog) -> BTreeMap<String, Namespace> {
    let known = crate::ingest::BUILT_IN_NAMESPACES
        .map(|(code, kind)| (code.to_owned(), Namespace { kind, unique: false, edge: false }));
    let defined = catalog.namespaces.iter().map(|(code, defined)| {
        (code.clone(), Namespace { kind: defined.kind, unique: defined.unique, edge: defined.edge })
    });
    known.into_iter().chain(defined).collect()
}

/// A number that changes when profiles have to be visited again: with the program, the merge policy, and what the
/// edge is sent of each profile.
fn fingerprint(
    program: &Prepared,
    policy: &MergePolicy,
    namespaces: &BTreeMap<String, Namespace>,
    catalog: &Catalog,
) -> u64 {
    let edge: Vec<&String> = namespaces.iter().filter(|(_, of)| of.edge).map(|(code, _)| code).collect();
    let leaves: Vec<LeafId> = program.leaves.iter().map(|leaf| leaf.id).collect();
    let audiences: Vec<_> =
        program.audiences.iter().map(|audience| (&audience.id, audience.mode, &audience.formula)).collect();
    let exported = crate::publish::exported_paths(catalog);
    let told = format!("{policy:?} {edge:?} {exported:?} {leaves:?} {audiences:?} {:?}", program.scores);
    xxhash_rust::xxh3::xxh3_64(told.as_bytes())
}
