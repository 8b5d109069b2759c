//! The conformance suite: cases that say what an expression means, read from Markdown pages or from lines of JSON, and
//! run through every stage and every evaluator. Pure, so that the command line, the tests and Wasm run the same.
//!
//! The format of the pages is described in `tests/conformance/README.md`.

pub mod case;

mod lines;
mod markdown;
mod table;

mod fragment;
mod names;
mod sample;
mod world;

mod evaluate;
mod forms;
mod run;
mod template;

pub mod report;

#[cfg(test)]
mod tests;

use alloc::vec::Vec;

pub use case::Case;
pub use report::Report;
pub use run::{Failure, Step, run};

/// The cases of a file: a page if its name ends in `.md`, else one case a line. What cannot be read is a case too, one
/// that fails and says why.
pub fn read(file: &str, text: &str) -> Vec<Case> {
    if file.ends_with(".md") { markdown::read(file, text) } else { lines::read(file, text) }
}

/// Reads and runs a file.
pub fn run_file(file: &str, text: &str) -> Report {
    let mut report = Report::default();
    for case in read(file, text) {
        let outcome = run(&case);
        report.add(&case, outcome);
    }
    report
}
