//! The demo: everything running on loopback, on real data.

use anyhow::{Result, bail};

/// When the demo ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// It stays up until Ctrl-C.
    Interrupted,
    /// It verifies the outcome and ends.
    Checked,
}

/// Runs the demo.
pub(crate) fn run(until: Until) -> Result<()> {
    bail!("not built yet: {until:?}")
}
