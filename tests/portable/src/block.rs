//! The cases of a range of seeds, decided by every evaluator.

use std::panic::catch_unwind;

use serde::{Deserialize, Serialize};

use crate::case;
use crate::choices::Choices;
use crate::shrink::shrink;

/// What came of a range of seeds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Audiences decided for a profile at an instant.
    pub cases: u64,
    /// How many of the answers were "in".
    pub members: u64,
    /// How many of the answers came from folded state too.
    pub folded: u64,
    /// Deadlines that were passed.
    pub deadlines: u64,
    /// Texts that were written.
    pub texts: u64,
    /// How many of them have no error.
    pub checked: u64,
    /// Of each seed, a digest of everything that was answered, in hexadecimal.
    pub digests: Vec<String>,
    /// What went wrong, for people.
    pub disagreements: Vec<String>,
}

impl Report {
    /// As one line of JSON.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap()
    }

    /// Adds another's figures to these. Digests are not kept.
    pub fn add(&mut self, other: Self) {
        self.cases += other.cases;
        self.members += other.members;
        self.folded += other.folded;
        self.deadlines += other.deadlines;
        self.texts += other.texts;
        self.checked += other.checked;
        self.disagreements.extend(other.disagreements);
    }

    /// Per cent of the answers that were "in".
    pub fn members_percent(&self) -> f64 {
        percent(self.members, self.cases)
    }

    /// Per cent of the texts that have no error.
    pub fn checked_percent(&self) -> f64 {
        percent(self.checked, self.texts)
    }

    /// The figures in one line.
    pub fn summary(&self) -> String {
        format!(
            "{} cases ({:.1} % in, {:.1} % folded, {} deadlines), {} texts ({:.1} % type-check), {} disagreements",
            self.cases,
            self.members_percent(),
            percent(self.folded, self.cases),
            self.deadlines,
            self.texts,
            self.checked_percent(),
            self.disagreements.len()
        )
    }
}

fn percent(part: u64, whole: u64) -> f64 {
    part as f64 * 100.0 / whole.max(1) as f64
}

/// Decides the cases of `count` seeds.
pub fn run(first_seed: u64, count: u32) -> Report {
    let mut report = Report::default();
    for seed in (first_seed..).take(count as usize) {
        // A panic is a finding. In Wasm it ends the program, and with it the comparison.
        let decided = catch_unwind(|| case::decide(&mut Choices::of_seed(seed)));
        let Ok(outcome) = decided else {
            report.digests.push("panicked".into());
            report.disagreements.push(format!("seed {seed}: a panic"));
            continue;
        };
        report.cases += outcome.seen.cases;
        report.members += outcome.seen.members;
        report.folded += outcome.seen.folded;
        report.deadlines += outcome.seen.deadlines;
        report.texts += outcome.texts;
        report.checked += outcome.checked;
        report.digests.push(format!("{:016x}", outcome.seen.digest()));
        if let Some(broken) = outcome.broken {
            // Making it small takes as long as thousands of seeds.
            let small = report.disagreements.is_empty() && !cfg!(target_arch = "wasm32");
            report.disagreements.push(if small { show(seed) } else { format!("seed {seed}: {broken}") });
        }
    }
    report
}

/// The case of one seed, for people; as small as it can be made if it breaks a law.
pub fn show(seed: u64) -> String {
    let mut choices = Choices::of_seed(seed);
    let outcome = case::decide(&mut choices);
    let drawn = choices.drawn().to_vec();
    let choices = if outcome.broken.is_some() { shrink(&drawn) } else { drawn };
    let described = case::describe(&mut Choices::of_list(&choices));
    format!("seed {seed}: cargo xtask differential --seed {seed}\n{described}")
}
