//! Whether there may be something to look after: asking the store each time the bell rings would be too often.

use std::sync::atomic::{AtomicBool, Ordering};

/// A hint.
#[derive(Debug)]
pub(crate) struct Hint(AtomicBool);

impl Default for Hint {
    /// A process that starts does not know.
    fn default() -> Self {
        Self(AtomicBool::new(true))
    }
}

impl Hint {
    /// There may be something.
    pub(crate) fn look(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether there may be something since this was last asked.
    pub(crate) fn take(&self) -> bool {
        self.0.swap(false, Ordering::AcqRel)
    }
}
