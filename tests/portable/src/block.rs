//! The cases of a range of seeds, decided by every evaluator.

use acquaint_core::eval;
use acquaint_core::state::{self, State};
use acquaint_core::value::Value;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::choices::Choices;
use crate::world::{START_MS, World};

/// What came of a range of seeds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Audiences decided for a profile at an instant.
    pub cases: u64,
    /// How many of the answers were "in".
    pub members: u64,
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
        self.disagreements.extend(other.disagreements);
    }

    /// The figures in one line.
    pub fn summary(&self) -> String {
        let share = |part: u64, whole: u64| part as f64 * 100.0 / whole.max(1) as f64;
        format!(
            "{} cases, {:.1} % in, {} disagreements",
            self.cases,
            share(self.members, self.cases),
            self.disagreements.len()
        )
    }
}

/// Decides the cases of `count` seeds.
pub fn run(first_seed: u64, count: u32) -> Report {
    let mut report = Report::default();
    for seed in (first_seed..).take(count as usize) {
        let world = World::new(&mut Choices::of_seed(seed));
        let program = world.prepared();
        let mut state = State::default();
        for event in &world.events {
            state::fold(&program, &mut state, event, START_MS);
        }
        let run = eval::run(&program, world.subject(&world.events), START_MS);
        let folded = eval::answer(&program, world.slice(&state), START_MS);
        let naive = program.audiences.iter().map(|audience| {
            let found = world.definitions.iter().find(|definition| definition.id == audience.id).unwrap();
            let value =
                eval::naive(&found.checked.expr, &world.definitions, world.subject(&world.events), START_MS);
            value == Value::Boolean(true)
        });
        let naive: Vec<bool> = naive.collect();
        let agree = folded.iter().zip(&naive).all(|(folded, naive)| folded.is_none_or(|it| it == *naive));
        if run != naive || !agree {
            report.disagreements.push(format!("seed {seed}"));
        }
        report.cases += naive.len() as u64;
        report.members += naive.iter().filter(|answer| **answer).count() as u64;
        let answers = postcard::to_allocvec(&(naive, run, folded, &program.audiences, state)).unwrap();
        report.digests.push(format!("{:016x}", xxh3_64(&answers)));
    }
    report
}

/// The case of one seed, for people.
pub fn show(seed: u64) -> String {
    let report = run(seed, 1);
    format!("{:#?}\n{report:#?}", World::new(&mut Choices::of_seed(seed)).definitions)
}
