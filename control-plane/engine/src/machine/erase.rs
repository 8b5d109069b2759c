//! A person is to be erased: the engine lets go of all profiles at once, and notes who it was for those who take out the
//! traces.

use std::collections::BTreeSet;

use acquaint_core::profile::{Identity, identity};
use acquaint_store::Table;
use acquaint_store::erasure::{Erasure, Person, Stage};

use super::expire::Farewell;
use super::turn::Turn;
use crate::Result;

impl Turn<'_> {
    /// Forgets every profile that has one of the identities. What comes in under them later is of somebody new.
    pub(crate) fn erase(&mut self, request: &str, identities: &[Identity]) -> Result<()> {
        let erasure = Erasure::load(&self.unit, request)?;
        let Some(mut erasure) = erasure.filter(|erasure| erasure.stage == Stage::Requested) else {
            return Ok(());
        };
        let mut person = Person {
            identities: identities.iter().cloned().collect(),
            profiles: BTreeSet::new(),
            position: self.cause,
        };
        for entry in self.owners(identities)? {
            person.identities.extend(identity::identities(&entry.document.identities));
            person.identities.extend(entry.document.seen_at_edge.keys().cloned());
            person.profiles.insert(entry.document.id);
            self.forget(&entry, self.progress.now_ms, Farewell::Erased)?;
        }
        erasure.erased.profiles = count(person.profiles.len());
        erasure.erased.identities = count(person.identities.len());
        erasure.stage = Stage::Forgotten(person);
        self.unit.put_row(Table::Erasures, erasure.to_row()?);
        Ok(())
    }
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}
