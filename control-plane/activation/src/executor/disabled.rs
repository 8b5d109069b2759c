//! Destinations that have said that they are gone (410). They stay disabled through restarts, until their definition
//! changes or a person enables them.

use acquaint_core::wire::Sealed;
use acquaint_store::{Table, WriteBatch};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::Activation;
use crate::activation::Shared;
use crate::error::Result;
use crate::ledger::book;
use crate::view::Target;

/// Why and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Disabled {
    pub(crate) reason: String,
    pub(crate) at_ms: i64,
    /// Of the definition that was disabled.
    fingerprint: u64,
}

impl Sealed for Disabled {
    const KIND: u16 = 0x0304;
    const VERSION: u16 = 1;
}

impl Disabled {
    /// Whether the destination, as it is defined now, is disabled.
    pub(crate) fn of(shared: &Shared, target: &Target) -> Result<Option<Self>> {
        let key = key(&target.id);
        let Some(value) = shared.store.get(Table::Meta, &key)? else {
            return Ok(None);
        };
        let disabled: Self = book::open(Table::Meta, &key, &value)?;
        Ok((disabled.fingerprint == fingerprint(target)).then_some(disabled))
    }

    pub(crate) fn row(
        target: &Target,
        reason: String,
        at_ms: i64,
    ) -> Result<(Table, Vec<u8>, Option<Vec<u8>>)> {
        let key = key(&target.id);
        let disabled = Self { reason, at_ms, fingerprint: fingerprint(target) };
        let value = book::seal(Table::Meta, &key, &disabled)?;
        Ok((Table::Meta, key, Some(value)))
    }
}

fn key(destination: &str) -> Vec<u8> {
    format!("activation/disabled/{destination}").into_bytes()
}

fn fingerprint(target: &Target) -> u64 {
    xxh3_64(serde_json::to_string(&target.connection).unwrap_or_default().as_bytes())
}

impl Activation {
    /// Enables a destination that had said that it is gone, and forgets its failures.
    ///
    /// # Errors
    ///
    /// If the store fails.
    pub fn enable(&self, destination: &str) -> Result<()> {
        let writes = vec![(Table::Meta, key(destination), None)];
        self.shared.store.commit(WriteBatch { writes, ..WriteBatch::default() }, true)?;
        for flow in self.shared.view()?.flows.values() {
            if let Some(target) = flow.target.as_ref().filter(|target| target.id == destination) {
                crate::activation::lock(&target.circuit).succeeded();
                flow.wake.notify_one();
            }
        }
        Ok(())
    }
}
