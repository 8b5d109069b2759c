//! Benchmarks.

use anyhow::{Result, bail};

/// Runs the named benchmark, or all of them.
pub(crate) fn run(name: Option<&str>) -> Result<()> {
    bail!("not built yet: bench {}", name.unwrap_or_default())
}
