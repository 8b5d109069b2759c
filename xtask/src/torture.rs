//! What can go wrong, in full: the same tests as in `cargo xtask test`, with every case instead of a part of them.

use std::time::{Duration, Instant};

use anyhow::Result;

use crate::build::{self, Profile};
use crate::shell::{command, step_within};

/// The seed, unless another is asked for.
pub(crate) const SEED: u64 = 1;

/// How long one suite may take.
const SUITE_MAX: Duration = Duration::from_secs(3 * 60 * 60);

/// Runs every suite. Each prints what it has done, in a line that begins with `torture:`.
pub(crate) fn run(seed: u64) -> Result<()> {
    let start = Instant::now();
    let acquaint = build::control_plane(Profile::Development)?;
    let suites: [(&str, &[&str]); 3] = [
        (
            "bytes of a store, flipped",
            &["--package", "acquaint-store", "--lib", "--", "embedded::damage_tests"],
        ),
        ("kill -9 of the store", &["--package", "acquaint-store", "--test", "crash", "--"]),
        ("bad input, kill -9 and a lying disk", &["--workspace", "--test", "torture", "--"]),
    ];
    for (what, arguments) in suites {
        let mut test = command("cargo");
        test.arg("test").args(arguments).args(["--nocapture", "--test-threads=1"]);
        test.env("ACQUAINT_TORTURE", "full").env("ACQUAINT_SEED", seed.to_string());
        test.env("ACQUAINT_BIN", &acquaint);
        step_within(SUITE_MAX, what, &mut test)?;
    }
    eprintln!("the whole torture passed with seed {seed}, in {} s", start.elapsed().as_secs());
    Ok(())
}
