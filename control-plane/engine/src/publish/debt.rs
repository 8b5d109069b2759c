//! What edges are owed of a profile: the value of `Table::Projections` and of `Table::EdgeDebts`.

use std::collections::BTreeSet;

use acquaint_core::id::ProfileId;
use acquaint_core::profile::Identity;
use acquaint_core::wire::{self, Sealed};
use acquaint_store::{Row, keys};
use serde::{Deserialize, Serialize};

use super::Edge;
use crate::{Error, Result};

/// A debt. Of a profile that is there it is only a number: what is sent is the profile as it is then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Debt {
    /// Which: it is another one when the profile has changed again.
    pub serial: u64,
    /// The identities under which edges kept a profile that is gone, each with the regions of those; absent: of all.
    pub gone: Vec<(Identity, Option<BTreeSet<String>>)>,
    /// The person was erased: the edges are to forget everything else they keep under them, too.
    pub erased: bool,
}

impl Sealed for Debt {
    const KIND: u16 = 0x0106;
    const VERSION: u16 = 2;
}

impl Debt {
    /// The identities under which an edge kept a profile that is gone.
    pub(crate) fn gone_from<'a>(&'a self, edge: Edge<'a>) -> impl Iterator<Item = &'a Identity> {
        let kept = move |regions: &Option<BTreeSet<String>>| {
            regions.as_ref().is_none_or(|regions| regions.iter().any(|region| edge.is_in(region)))
        };
        self.gone.iter().filter(move |(_, regions)| kept(regions)).map(|(identity, _)| identity)
    }

    pub(crate) fn to_row(&self, edge: Edge<'_>, profile: ProfileId) -> Result<Row> {
        let key = edge.key(profile);
        let value = match self.gone.as_slice() {
            [] => keys::position(self.serial),
            [..] => wire::seal(self).map_err(|source| Error::damaged(edge.table(), &key, source))?,
        };
        Ok((key, value))
    }

    pub(crate) fn from_row(edge: Edge<'_>, key: &[u8], value: &[u8]) -> Result<(ProfileId, Self)> {
        let damaged = |source| Error::damaged(edge.table(), key, source);
        let profile = edge.profile(key).ok_or_else(|| damaged(wire::Error::Content))?;
        let debt = match keys::parse_position(value) {
            Some(serial) => Self { serial, ..Self::default() },
            None => wire::open(value).map_err(damaged)?,
        };
        Ok((profile, debt))
    }
}
