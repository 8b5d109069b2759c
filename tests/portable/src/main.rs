//! The native half of the comparison. Reads lines `FIRST COUNT` and answers each with a line: the report of the cases
//! of those seeds, as JSON. `show SEED` prints one case; `conformance FILE...` runs the conformance cases of each file and
//! prints its report as a line of JSON. `run.mjs` is the other half.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::io::{BufRead as _, Write as _};

use acquaint_portable::{block, conformance};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["show", seed] => println!("{}", block::show(seed.parse().unwrap())),
        ["conformance", files @ ..] => {
            for file in files {
                println!("{}", conformance::run(file, &std::fs::read_to_string(file).unwrap()));
            }
        }
        _ => answer_lines(),
    }
}

fn answer_lines() {
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let (first_seed, count) = line.split_once(' ').unwrap();
        let report = block::run(first_seed.parse().unwrap(), count.parse().unwrap());
        writeln!(output, "{}", report.to_json()).unwrap();
        output.flush().unwrap();
    }
}
