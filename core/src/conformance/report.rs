//! What came of many cases.

use alloc::collections::BTreeMap;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::case::Case;
use super::run::Failure;

/// What came of the cases of one or more files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Of all of them.
    pub total: Count,
    /// By file.
    pub files: BTreeMap<String, Count>,
    /// By dialect.
    pub dialects: BTreeMap<String, Count>,
    /// By category.
    pub categories: BTreeMap<String, Count>,
    /// Those that failed, in the order in which they ran.
    pub failures: Vec<Failed>,
}

/// How many there were, and how many passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// How many there were.
    pub cases: usize,
    /// How many of them passed.
    pub passed: usize,
}

/// A case that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failed {
    /// Where it is from: the file and its id or line.
    pub place: String,
    /// The id, or the line.
    pub name: String,
    /// Its dialect.
    pub dialect: String,
    /// Its category.
    pub category: String,
    /// The expression.
    pub expression: String,
    /// The step at which it failed.
    pub step: String,
    /// What should have come.
    pub expected: String,
    /// What came.
    pub found: String,
}

impl Report {
    /// Counts one more case.
    pub fn add(&mut self, case: &Case, outcome: Result<(), Failure>) {
        let passed = outcome.is_ok();
        self.total.add(passed);
        self.files.entry(case.file.clone()).or_default().add(passed);
        self.dialects.entry(case.dialect.clone()).or_default().add(passed);
        self.categories.entry(case.category.clone()).or_default().add(passed);
        if let Err(failure) = outcome {
            self.failures.push(Failed {
                place: format!("{}:{}", case.file, case.name),
                name: case.name.clone(),
                dialect: case.dialect.clone(),
                category: case.category.clone(),
                expression: case.expression.clone(),
                step: failure.step.as_str().into(),
                expected: failure.expected,
                found: failure.found,
            });
        }
    }

    /// What is otherwise than the exceptions say, which are reasons by name of the case: cases that fail without being
    /// excepted, and exceptions that pass.
    pub fn surprises(&self, exceptions: &BTreeMap<String, String>) -> Vec<String> {
        let failed = |name: &String| self.failures.iter().any(|failed| failed.name == *name);
        let unexpected = self.failures.iter().filter(|failed| !exceptions.contains_key(&failed.name));
        let told = unexpected.map(|failed| {
            let Failed { place, expression, step, expected, found, .. } = failed;
            format!("{place}: `{expression}` fails at {step}: expected {expected}, found {found}")
        });
        let passed = exceptions.keys().filter(|name| !failed(name));
        told.chain(passed.map(|name| format!("{name} passes, and is still an exception"))).collect()
    }

    /// Takes in what came of other files.
    pub fn merge(&mut self, other: Self) {
        self.total.merge(other.total);
        let counts = [
            (&mut self.files, other.files),
            (&mut self.dialects, other.dialects),
            (&mut self.categories, other.categories),
        ];
        for (mine, others) in counts {
            for (name, count) in others {
                mine.entry(name).or_default().merge(count);
            }
        }
        self.failures.extend(other.failures);
    }
}

impl Count {
    fn add(&mut self, passed: bool) {
        self.cases += 1;
        self.passed += usize::from(passed);
    }

    fn merge(&mut self, other: Self) {
        self.cases += other.cases;
        self.passed += other.passed;
    }
}
