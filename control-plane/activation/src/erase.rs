//! Taking a profile that was erased out of the ledger: what streams is told of the exit first, files are not.

use std::collections::BTreeSet;
use std::ops::Bound;

use acquaint_core::id::ProfileId;
use acquaint_store::Table;
use acquaint_store::keys::prefixed;

use crate::Activation;
use crate::activation::Shared;
use crate::error::Result;
use crate::ledger::book::{Draft, misplaced};
use crate::ledger::decide::obligation;
use crate::ledger::keys::{of_dataflow, of_profile};
use crate::ledger::{Entry, Key};

/// What is left of the profiles in the ledger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Rows that are gone now.
    pub removed: u64,
    /// Rows that have to wait: a destination is yet to be told.
    pub waiting: u64,
}

impl Activation {
    /// Removes the rows of these profiles, with their due times and dead letters, once their destination knows of the exit or
    /// cannot be told. The changes that say that the profiles are gone must have been planned ([`Activation::position`]).
    ///
    /// # Errors
    ///
    /// If the store fails; nothing has happened then.
    pub fn erase(&self, profiles: &BTreeSet<ProfileId>) -> Result<Left> {
        let shared = &*self.shared;
        let view = shared.view()?;
        let streams = |dataflow: &str| view.flows.get(dataflow).is_some_and(|flow| flow.streams());
        let enabled = |dataflow: &str| view.flows.get(dataflow).is_some_and(|flow| flow.definition.enabled);
        let _writing = shared.writing();
        let mut draft = Draft::new(&*shared.store);
        let mut left = Left::default();
        for key in rows_of(shared, profiles)? {
            let Some(entry) = draft.get(&key)? else { continue };
            if streams(&key.dataflow) && enabled(&key.dataflow) && is_owed(entry) {
                left.waiting = left.waiting.saturating_add(1);
            } else {
                draft.remove(&key)?;
                left.removed = left.removed.saturating_add(1);
            }
        }
        let (batch, _) = draft.finish()?;
        if !batch.writes.is_empty() {
            shared.store.commit(batch, true)?;
        }
        Ok(left)
    }
}

/// Whether a message about it is under way or to be sent.
fn is_owed(entry: &Entry) -> bool {
    entry.dead.is_none() && obligation(entry).is_some()
}

/// The ledger is ordered by dataflow: one row tells which dataflow is next.
fn rows_of(shared: &Shared, profiles: &BTreeSet<ProfileId>) -> Result<Vec<Key>> {
    let mut found = Vec::new();
    let mut next: Option<Vec<u8>> = None;
    loop {
        let from = next.as_deref().map_or(Bound::Unbounded, Bound::Included);
        let Some((row, _)) = shared.store.scan(Table::Ledger, from, Bound::Unbounded, 1)?.pop() else {
            return Ok(found);
        };
        let dataflow = parse(&row)?.dataflow;
        for profile in profiles {
            let (prefix, mut end) = (of_profile(&dataflow, *profile), Vec::new());
            let (first, last) = prefixed(&prefix, &mut end);
            for (row, _) in shared.store.scan(Table::Ledger, first, last, usize::MAX)? {
                found.push(parse(&row)?);
            }
        }
        let (prefix, mut end) = (of_dataflow(&dataflow), Vec::new());
        match prefixed(&prefix, &mut end).1 {
            Bound::Excluded(after) => next = Some(after.to_vec()),
            Bound::Included(_) | Bound::Unbounded => return Ok(found),
        }
    }
}

fn parse(row: &[u8]) -> Result<Key> {
    Key::parse_ledger(row).ok_or_else(|| misplaced(Table::Ledger, row))
}

#[cfg(test)]
mod tests {
    use acquaint_store::catalog::Kind;
    use serde_json::json;

    use super::*;
    use crate::testing::{Answer, House, Receiver};

    const ADA: u64 = 1;
    const BOB: u64 = 2;

    fn check(house: &House, removed: u64, waiting: u64) {
        let left = house.activation.erase(&[ProfileId(ADA)].into()).unwrap();
        assert_eq!(left, Left { removed, waiting });
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_webhook_is_told_of_the_exit_before_the_rows_go_and_a_file_is_not() {
        let (house, receiver) = (House::new(), Receiver::start().await);
        house.audiences(&["lapsed"]);
        house.webhook("crm", &receiver.url, &["lapsed"]);
        house.define(
            Kind::Destination,
            json!({"id": "files", "connection": {"type": "csvFile", "directory": "out"}}),
        );
        house.define(Kind::Dataflow, json!({"id": "mail", "destination": "files", "audiences": ["lapsed"]}));
        house.plan();
        house.enter(BOB, "lapsed");
        house.enter(ADA, "lapsed");
        house.deliver("crm").await;
        receiver.script(&[Answer::Status(500)]);
        house.gone(ADA);
        house.deliver("crm").await;
        check(&house, 1, 1);
        house.pass(60_000);
        house.deliver("crm").await;
        assert_eq!(receiver.story().pop().unwrap(), "exited lapsed person-1");
        check(&house, 1, 0);
        check(&house, 0, 0);
        assert_eq!(house.activation.status("crm").unwrap().desired, 1, "Bob's");
        assert_eq!(house.activation.rows("mail", ProfileId(BOB)).unwrap().len(), 1);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_destination_that_refuses_holds_nothing_up() {
        let (house, receiver) = (House::new(), Receiver::start().await);
        house.audiences(&["lapsed"]);
        house.webhook("crm", &receiver.url, &["lapsed"]);
        house.plan();
        house.enter(ADA, "lapsed");
        house.deliver("crm").await;
        receiver.otherwise(400);
        house.gone(ADA);
        house.deliver("crm").await;
        assert_eq!(house.activation.dead_letters("crm", None, 9).unwrap().len(), 1);
        check(&house, 1, 0);
        assert_eq!(house.activation.dead_letters("crm", None, 9).unwrap().len(), 0);
    }
}
