//! The trail of the identity graph: every link that was made or cut, when, by which record, and why. A change is kept
//! under both identities that it concerns, so that the trail of each is one range.

use std::collections::BTreeSet;

use acquaint_core::id::{Position, ProfileId};
use acquaint_core::profile::graph::Cut;
use acquaint_core::profile::{Identity, Link, LinkKind};
use acquaint_core::wire::{self, Sealed};
use serde::{Deserialize, Serialize};

use crate::tables::{Read, Row, Table};
use crate::{Error, Result, keys};

/// Why the graph changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Why {
    /// A record named both for the first time.
    Linked,
    /// The rules did not let it hold beside newer links.
    Cut(Cut),
    /// Somebody took it back.
    Unlinked {
        /// Who, as the API names its callers.
        who: String,
    },
}

/// One change of one link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphChange {
    /// The record that is the cause.
    pub position: Position,
    /// The place among the changes of that record.
    pub number: u64,
    /// When, by the engine's time: milliseconds since the epoch, UTC.
    pub at_ms: i64,
    /// Why.
    pub why: Why,
    /// What kind of record had made the link.
    pub kind: LinkKind,
    /// One end.
    pub left: Identity,
    /// The other end.
    pub right: Identity,
    /// Whose `left` was after it.
    pub left_profile: ProfileId,
    /// Whose `right` was after it.
    pub right_profile: ProfileId,
}

impl Sealed for GraphChange {
    const KIND: u16 = 0x0105;
    const VERSION: u16 = 1;
}

impl GraphChange {
    /// The two rows of a change.
    pub fn to_rows(&self) -> Result<[Row; 2]> {
        let row = |identity: &Identity| {
            let key = keys::trail_row(identity, self.position, self.number);
            let value = wire::seal(self)
                .map_err(|source| Error::Damaged { place: Table::GraphTrail.place(&key), source })?;
            Ok((key, value))
        };
        Ok([row(&self.left)?, row(&self.right)?])
    }

    /// The change of a link.
    pub fn of(link: &Link, why: Why, (position, number): (Position, u64), at_ms: i64) -> Self {
        Self {
            position,
            number,
            at_ms,
            why,
            kind: link.kind,
            left: link.left.clone(),
            right: link.right.clone(),
            left_profile: ProfileId(0),
            right_profile: ProfileId(0),
        }
    }
}

/// Every change that concerned any of the identities, oldest first.
pub fn load<'a>(
    tables: &(impl Read + ?Sized),
    identities: impl IntoIterator<Item = &'a Identity>,
) -> Result<Vec<GraphChange>> {
    let (mut changes, mut known) = (Vec::new(), BTreeSet::new());
    for identity in identities {
        let (prefix, mut end) = (keys::trail(identity), Vec::new());
        let (from, to) = keys::prefixed(&prefix, &mut end);
        for (key, value) in tables.scan(Table::GraphTrail, from, to, usize::MAX)? {
            let damaged = |source| Error::Damaged { place: Table::GraphTrail.place(&key), source };
            let change: GraphChange = wire::open(&value).map_err(damaged)?;
            if known.insert((change.position, change.number)) {
                changes.push(change);
            }
        }
    }
    changes.sort_by_key(|change| (change.position, change.number));
    Ok(changes)
}
