//! What batch jobs decided, as records: so that there is one writer of memberships.

use acquaint_core::id::{AudienceId, ProfileId};
use acquaint_core::profile::{MembershipChange, Status};

use super::turn::Turn;
use crate::Result;

impl Turn<'_> {
    /// Memberships as of `evaluated_ms`. A profile that has been merged into another since is left to the next job; so
    /// is an audience that is no longer batch's to decide, or of which something newer is known.
    pub(crate) fn decided(
        &mut self,
        profile: ProfileId,
        evaluated_ms: i64,
        answers: &[(AudienceId, bool)],
    ) -> Result<()> {
        let Some(entry) = self.take(profile)? else { return Ok(()) };
        let Some(mut entry) = self.settle(entry, self.progress.now_ms)? else { return Ok(()) };
        let mut changes = Vec::new();
        for (audience, answer) in answers {
            let known = entry.document.memberships.get(audience);
            let status = if *answer { Status::Realized } else { Status::Exited };
            let stale = known.is_some_and(|known| known.since_ms > evaluated_ms);
            // Never having been in is not a membership that can be left.
            let same = known.map_or(Status::Exited, |known| known.status) == status;
            if !stale && !same && self.rules.is_batch(audience) {
                changes.push(MembershipChange { audience: audience.clone(), status, at_ms: evaluated_ms });
            }
        }
        if self.change(&mut entry, changes)? {
            let now_ms = self.progress.now_ms;
            self.answer_all(&mut entry, now_ms)?;
            self.schedule(&mut entry, now_ms);
            self.owe(&entry.document);
        }
        self.put(entry);
        Ok(())
    }
}
