//! The native half of the comparison. Reads lines `FIRST COUNT` and answers each with a line: the report of the cases
//! of those seeds, as JSON. `show SEED` prints one case. `run.mjs` is the other half.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::io::{BufRead as _, Write as _};

use acquaint_portable::block;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [_show, seed] = arguments.as_slice() {
        println!("{}", block::show(seed.parse().unwrap()));
        return;
    }
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let (first_seed, count) = line.split_once(' ').unwrap();
        let report = block::run(first_seed.parse().unwrap(), count.parse().unwrap());
        writeln!(output, "{}", report.to_json()).unwrap();
        output.flush().unwrap();
    }
}
