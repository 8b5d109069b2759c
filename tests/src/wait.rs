//! Waiting for a condition, with a deadline and a message; never for a time.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

const BETWEEN: Duration = Duration::from_millis(20);

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
        std::thread::sleep(BETWEEN);
    }
}

/// Tries until it succeeds, where failing is what a system does that is not there yet. The error names what was waited for
/// and how the last try failed.
pub fn until_ok<T>(what: &str, patience: Duration, mut attempt: impl FnMut() -> Result<T>) -> Result<T> {
    let mut last = None;
    until(what, patience, || match attempt() {
        Ok(answer) => Ok(Some(answer)),
        Err(error) => {
            last = Some(error);
            Ok(None)
        }
    })
    .or_else(|late| match last {
        Some(error) => Err(error).context(late.to_string()),
        None => Err(late),
    })
}
