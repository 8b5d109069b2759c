//! What the edge is owed of a profile: the value of `Table::Projections`.

use acquaint_core::id::ProfileId;
use acquaint_core::profile::Identity;
use acquaint_core::wire::{self, Sealed};
use acquaint_store::{Row, Table, keys};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A debt. Of a profile that is there it is only a number: what is sent is the profile as it is then.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Debt {
    /// Which: it is another one when the profile has changed again.
    pub serial: u64,
    /// The identities under which the edge kept a profile that is gone.
    pub gone: Vec<Identity>,
    /// The person was erased: the edge is to forget everything else it keeps under them, too.
    pub erased: bool,
}

impl Sealed for Debt {
    const KIND: u16 = 0x0106;
    const VERSION: u16 = 1;
}

impl Debt {
    pub(crate) fn to_row(&self, profile: ProfileId) -> Result<Row> {
        let key = keys::profile(profile);
        let value = match self.gone.as_slice() {
            [] => keys::position(self.serial),
            [..] => wire::seal(self).map_err(|source| Error::damaged(Table::Projections, &key, source))?,
        };
        Ok((key, value))
    }

    pub(crate) fn from_row(key: &[u8], value: &[u8]) -> Result<(ProfileId, Self)> {
        let damaged = |source| Error::damaged(Table::Projections, key, source);
        let profile = keys::parse_profile(key).ok_or_else(|| damaged(wire::Error::Content))?;
        let debt = match keys::parse_position(value) {
            Some(serial) => Self { serial, ..Self::default() },
            None => wire::open(value).map_err(damaged)?,
        };
        Ok((profile, debt))
    }
}
