//! The demo audiences computed a second way: SQL over the raw files, by DuckDB.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use anyhow::{Result, ensure};

use crate::environment::Environment;

/// Households by audience, as of `now` (`2018-01-01 08:00:00`).
pub fn members(environment: &Environment, now: &str) -> Result<BTreeMap<String, BTreeSet<String>>> {
    let script = environment.repository.join("tests/oracle/audiences.py");
    let output = Command::new(&environment.python).arg(script).args(["--now", now]).output()?;
    ensure!(output.status.success(), "the oracle failed: {}", String::from_utf8_lossy(&output.stderr));
    Ok(serde_json::from_slice(&output.stdout)?)
}
