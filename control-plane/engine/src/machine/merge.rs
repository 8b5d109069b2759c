//! Two profiles become one. The lower id survives and gets identities, fragments and events; the other leaves every
//! audience it is in, under its own identities, before anything is said of the survivor.

use acquaint_core::profile::{Fragment, Membership, MembershipChange, Status, identity};
use acquaint_core::value::fields;
use acquaint_store::ProfileDocument;
use acquaint_store::record::ChangeKind;

use super::cache::Entry;
use super::turn::Turn;
use crate::Result;

impl Turn<'_> {
    /// Merges two profiles, both settled. State, merged attributes and answers of the result are the caller's to
    /// bring in order.
    pub(crate) fn merge(&mut self, left: Entry, right: Entry) -> Result<Entry> {
        let (mut survivor, loser) =
            if left.document.id < right.document.id { (left, right) } else { (right, left) };
        let at_ms = self.progress.now_ms;
        for (audience, membership) in &loser.document.memberships {
            if membership.status == Status::Realized {
                let change = MembershipChange { audience: audience.clone(), status: Status::Exited, at_ms };
                self.tell_membership(&loser.document, change)?;
            }
        }
        self.tell(&loser.document, ChangeKind::Merged { into: survivor.document.id })?;
        self.move_events(&loser, &survivor, |_| true)?;
        for moved in identity::identities(&loser.document.identities) {
            self.own(&moved, survivor.document.id);
            identity::insert(&mut survivor.document.identities, &moved);
        }
        survivor.document.edge_identities.extend(loser.document.edge_identities.iter().cloned());
        for fragment in loser.document.fragments.iter().cloned() {
            add_fragment(&mut survivor.document, fragment);
        }
        self.keep_decided(&mut survivor, &loser)?;
        self.delete(&loser);
        Ok(survivor)
    }

    /// What batch jobs decided of the loser holds for the survivor until the next job (`pql.md` 2.4).
    fn keep_decided(&mut self, survivor: &mut Entry, loser: &Entry) -> Result<()> {
        for (audience, membership) in &loser.document.memberships {
            let known = survivor.document.memberships.get(audience).map(|known| known.status);
            let wanted = membership.status == Status::Realized && known != Some(Status::Realized);
            if wanted && self.rules.is_batch(audience) {
                let kept = Membership { status: Status::Realized, since_ms: membership.since_ms };
                survivor.document.memberships.insert(audience.clone(), kept);
                let change = MembershipChange {
                    audience: audience.clone(),
                    status: Status::Realized,
                    at_ms: membership.since_ms,
                };
                self.tell_membership(&survivor.document, change)?;
            }
        }
        Ok(())
    }
}

/// Adds a fragment; one of the same dataset and identity is patched with it.
pub(crate) fn add_fragment(document: &mut ProfileDocument, fragment: Fragment) {
    let same = document
        .fragments
        .iter_mut()
        .find(|known| known.dataset == fragment.dataset && known.identity == fragment.identity);
    match same {
        Some(known) => {
            known.updated_ms = known.updated_ms.max(fragment.updated_ms);
            fields::merge_patch(&mut known.attributes, fragment.attributes);
        }
        None => {
            let attributes = fields::without_nulls(fragment.attributes);
            document.fragments.push(Fragment { attributes, ..fragment });
        }
    }
}
