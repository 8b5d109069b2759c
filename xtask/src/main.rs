//! `cargo xtask <task>`: set-up, demo, tests and benchmarks, with nothing to install by hand but Rust, Node and Python.

use std::process::ExitCode;

use anyhow::Context as _;

mod bench;
mod build;
mod conformance;
mod deadline;
mod demo;
mod fuzz;
mod portable;
mod shell;
mod test;
mod tools;
mod torture;

const USAGE: &str = "\
cargo xtask demo [--check]   set up, build, start everything on loopback, load real data, show it; --check verifies and ends
cargo xtask test             set up and run every test
cargo xtask differential [--cases N | --seed N]   decide generated cases natively and in Wasm and compare; --seed shows one
cargo xtask histories N      put N generated histories through the real edge worker and compare (the tests: 1,000)
cargo xtask torture [--seed N]   bad input, kill -9, a lying disk and flipped bytes in full (the tests: a part); prints counts
cargo xtask fuzz [--seconds N] [name]   fuzz every reader of outside input, or the one named, for N seconds each (60)
cargo xtask bench [name]     print figures and ratios: core, streaming, edge, size (all of them without a name)
cargo xtask build            build the control plane and the edge worker, with the tools they need
cargo xtask setup            set up and build only";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["demo"] => demo::run(demo::Until::Interrupted),
        ["demo", "--check"] => demo::run(demo::Until::Checked),
        ["test"] => test::run(),
        ["differential", "--cases", cases] => number(cases).and_then(portable::run),
        ["differential", "--seed", seed] => number(seed).and_then(portable::show),
        ["histories", count] => number(count).and_then(test::histories),
        ["torture"] => torture::run(torture::SEED),
        ["torture", "--seed", seed] => number(seed).and_then(torture::run),
        ["fuzz", rest @ ..] => fuzz::run(rest),
        ["bench"] => bench::run(None),
        ["bench", name] => bench::run(Some(name)),
        ["build"] => build::programs().map(|_built| ()),
        ["setup"] => build::everything().map(|_built| ()),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn number(text: &str) -> anyhow::Result<u64> {
    text.parse().with_context(|| format!("`{text}` is not a number"))
}
