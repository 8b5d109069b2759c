//! Cutting the part out of a program that the edge, or a page, needs.

use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::leaf::{Formula, Leaf, LeafKind};
use super::leaf_set::identity;
use super::program::{Audience, Program};
use super::score::{Part, Score};
use super::verdict::Mode;

pub(crate) fn edge(program: &Program) -> Program {
    cut(program, &|audience| audience.mode == Mode::Edge)
}

pub(crate) fn cut(program: &Program, asked_for: &dyn Fn(&Audience) -> bool) -> Program {
    let mut cut =
        Cut { program, leaves: Vec::new(), leaf_numbers: BTreeMap::new(), audience_numbers: BTreeMap::new() };
    let wanted = wanted(program, asked_for);
    let mut audiences = Vec::new();
    for (audience, number) in program.audiences.iter().zip(0..) {
        if wanted.contains(&number) {
            let formula = cut.formula(&audience.formula);
            cut.audience_numbers.insert(number, u32::try_from(audiences.len()).unwrap_or(u32::MAX));
            audiences.push(Audience { formula, ..audience.clone() });
        }
    }
    let scores = program.scores.iter().map(|score| cut.score(score)).collect();
    Program { leaves: cut.leaves, audiences, scores }
}

/// The audiences asked for, and the streaming and edge audiences that they and scores refer to.
fn wanted(program: &Program, asked_for: &dyn Fn(&Audience) -> bool) -> BTreeSet<u32> {
    let mut wanted = BTreeSet::new();
    for score in &program.scores {
        score.audiences(&mut |number| {
            wanted.insert(number);
        });
    }
    // Audiences come after those they refer to, so one pass backwards finds all.
    for (audience, number) in program.audiences.iter().zip(0..).collect::<Vec<_>>().into_iter().rev() {
        let referred = wanted.contains(&number) && audience.mode != Mode::Batch;
        if asked_for(audience) || referred {
            wanted.insert(number);
            audience.formula.audiences(&mut |number| {
                wanted.insert(number);
            });
        } else {
            wanted.remove(&number);
        }
    }
    wanted
}

struct Cut<'a> {
    program: &'a Program,
    leaves: Vec<Leaf>,
    leaf_numbers: BTreeMap<u32, u32>,
    audience_numbers: BTreeMap<u32, u32>,
}

impl Cut<'_> {
    fn score(&mut self, score: &Score) -> Score {
        let part = |part: &Part| match part {
            Part::Aggregate { leaf, aggregate } => {
                Part::Aggregate { leaf: self.leaf(*leaf), aggregate: *aggregate }
            }
            Part::Test(formula) => Part::Test(self.formula(formula)),
        };
        Score { value: score.value.clone(), parts: score.parts.iter().map(part).collect() }
    }

    fn formula(&mut self, formula: &Formula) -> Formula {
        match formula {
            Formula::Constant(value) => Formula::Constant(*value),
            Formula::Leaf(leaf) => Formula::Leaf(self.leaf(*leaf)),
            Formula::Aggregate { leaf, aggregate, comparison, constant } => Formula::Aggregate {
                leaf: self.leaf(*leaf),
                aggregate: *aggregate,
                comparison: *comparison,
                constant: constant.clone(),
            },
            Formula::Audience(number) => self.audience(*number),
            Formula::Not(inner) => Formula::Not(Box::new(self.formula(inner))),
            Formula::And(inner) => Formula::And(inner.iter().map(|inner| self.formula(inner)).collect()),
            Formula::Or(inner) => Formula::Or(inner.iter().map(|inner| self.formula(inner)).collect()),
        }
    }

    fn audience(&mut self, number: u32) -> Formula {
        if let Some(number) = self.audience_numbers.get(&number) {
            return Formula::Audience(*number);
        }
        match self.program.audiences.get(number as usize) {
            Some(audience) => {
                let kind = LeafKind::Member(audience.id.clone());
                Formula::Leaf(self.add(Leaf { id: identity(&kind), kind }))
            }
            None => Formula::Constant(false),
        }
    }

    fn leaf(&mut self, number: u32) -> u32 {
        if let Some(number) = self.leaf_numbers.get(&number) {
            return *number;
        }
        let Some(leaf) = self.program.leaves.get(number as usize) else { return u32::MAX };
        let cut = self.add(leaf.clone());
        self.leaf_numbers.insert(number, cut);
        cut
    }

    fn add(&mut self, leaf: Leaf) -> u32 {
        let known = self.leaves.iter().position(|known| known.id == leaf.id);
        let number = known.unwrap_or(self.leaves.len());
        if known.is_none() {
            self.leaves.push(leaf);
        }
        u32::try_from(number).unwrap_or(u32::MAX)
    }
}
