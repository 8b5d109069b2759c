//! Whose turn it is: the first open import of every source. What fails and may pass is tried again after a while, longer
//! each time, and meanwhile the later files of the same source wait, those of others do not.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use acquaint_engine::ingest::imports::{self, Counts, Import, Status};
use acquaint_engine::ingest::objects::Trouble;
use acquaint_store::ProfileStore;
use tokio::runtime::Handle;

use super::pour::{Broken, Fault, pour};
use crate::app::Shared;
use crate::clock::system_ms;

/// Pauses between attempts: the first, and the longest.
const PAUSE_MS: i64 = 1_000;
const PAUSE_MS_MAX: i64 = 5 * 60 * 1_000;
/// After so many attempts in succession it has failed.
const ATTEMPTS_MAX: u32 = 12;

/// What goes on with imports.
pub(crate) struct Turns {
    app: Shared,
    runtime: Handle,
    /// The folder for copies of objects.
    transfers: PathBuf,
    /// When the next attempt is due, by the system's clock.
    again_ms: Option<i64>,
}

impl Turns {
    /// Nothing is done yet.
    pub(crate) fn new(app: Shared, runtime: Handle, transfers: PathBuf) -> Self {
        Self { app, runtime, transfers, again_ms: None }
    }

    /// Takes the imports as far as they go now; says how long there is nothing to do unless somebody rings.
    pub(crate) fn turn(&mut self, patience: Duration) -> acquaint_engine::Result<Duration> {
        let is_due = self.again_ms.is_some_and(|again_ms| again_ms <= system_ms());
        if self.app.objects.take() || is_due {
            self.again_ms = None;
            for import in firsts(imports::list(&*self.app.store)?) {
                if self.app.is_stopping() {
                    return Ok(Duration::ZERO);
                }
                match again_ms(&import).filter(|again_ms| *again_ms > system_ms()) {
                    Some(again_ms) => self.wait_until(again_ms),
                    None => self.one(&import)?,
                }
            }
        }
        let left_ms = self.again_ms.map(|again_ms| again_ms.saturating_sub(system_ms()).max(0));
        let left = left_ms.map(|left_ms| Duration::from_millis(left_ms.unsigned_abs()));
        Ok(left.map_or(patience, |left| left.min(patience)))
    }

    fn wait_until(&mut self, again_ms: i64) {
        self.again_ms = Some(self.again_ms.map_or(again_ms, |earlier| earlier.min(again_ms)));
    }

    fn one(&mut self, import: &Import) -> acquaint_engine::Result<()> {
        let poured = pour(&self.app, &self.runtime, &self.transfers, import);
        let store = Arc::clone(&self.app.store);
        let now_ms = self.app.clock.now_ms();
        let Some(import) = imports::load(&*store, &import.id)? else { return Ok(()) };
        let batch = match poured {
            Ok(()) => {
                tracing::info!(import = import.id, rows = import.counts.rows, "import complete");
                import.advanced(Counts::default(), Status::Complete, now_ms)?
            }
            Err(Broken::Ending) => return Ok(()),
            Err(Broken::Fault(fault)) => {
                let trouble = trouble(&import, fault);
                tracing::warn!(
                    import = import.id,
                    code = trouble.code,
                    attempts = trouble.attempts,
                    "import broke off"
                );
                if let Some(again_ms) = trouble.again_ms {
                    self.wait_until(again_ms);
                }
                import.troubled(trouble, now_ms)?
            }
        };
        store.commit(batch, true)?;
        // The next of the same source.
        self.app.objects.look();
        self.app.bell.ring();
        Ok(())
    }
}

/// The first open import of every source.
fn firsts(all: Vec<Import>) -> Vec<Import> {
    let mut firsts = BTreeMap::new();
    for import in all {
        if import.status == Status::Open && import.object.is_some() {
            firsts.entry(import.source.clone()).or_insert(import);
        }
    }
    firsts.into_values().collect()
}

fn known(import: &Import) -> Option<&Trouble> {
    import.object.as_ref()?.trouble.as_ref()
}

fn again_ms(import: &Import) -> Option<i64> {
    known(import)?.again_ms
}

/// What is noted of a fault. Rows that came meanwhile have ended the trouble before.
fn trouble(import: &Import, Fault { code, message, passes, mendable }: Fault) -> Trouble {
    let attempts = known(import).map_or(0, |known| known.attempts).saturating_add(1);
    let again_ms =
        (passes && attempts < ATTEMPTS_MAX).then(|| system_ms().saturating_add(pause_ms(attempts)));
    Trouble { code: code.into(), message, attempts, mendable, again_ms }
}

fn pause_ms(attempts: u32) -> i64 {
    let doublings = attempts.saturating_sub(1).min(20);
    PAUSE_MS.saturating_mul(1_i64 << doublings).min(PAUSE_MS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound() {
        let pauses: Vec<i64> = [1, 2, 3, 9, 10, 4_000_000_000].map(pause_ms).to_vec();
        assert_eq!(pauses, [1_000, 2_000, 4_000, 256_000, PAUSE_MS_MAX, PAUSE_MS_MAX]);
    }
}
