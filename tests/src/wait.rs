//! Waiting for a condition, with a deadline and a message; never for a time.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

/// Asks until there is an answer. The error names what was waited for.
pub fn until<T>(what: &str, patience: Duration, mut ask: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let start = Instant::now();
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if start.elapsed() > patience {
            bail!("waited {} s for {what}", patience.as_secs());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
