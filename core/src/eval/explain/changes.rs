//! When terms come out differently with nothing but time: each leaf says when it next does, and at these instants, one
//! after another, all terms are looked at again.

use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

use crate::eval::answers::{Answers, History};
use crate::eval::walk::Walk;
use crate::lang::typed::{Expr, Node};
use crate::limits::{EXPLANATION_AHEAD_MS, EXPLANATION_INSTANTS_MAX};
use crate::plan::leaf::{Formula, LeafKind};
use crate::plan::{Mode, visit};
use crate::state::deadline;

/// For each of the terms of an audience's formula the instant of its next change.
pub(super) fn of(answers: &Answers<'_>, formula: &Formula, terms: &[&Formula]) -> Vec<Option<i64>> {
    let last_ms = answers.now_ms.saturating_add(EXPLANATION_AHEAD_MS);
    let mut leaves =
        Leaves { answers, audiences: BTreeSet::new(), numbers: BTreeSet::new(), found: Vec::new() };
    leaves.collect(formula);
    let mut search = Search { instants: EXPLANATION_INSTANTS_MAX, last_ms };
    let before: Vec<Option<bool>> = terms.iter().map(|term| answers.formula(term)).collect();
    let mut changes: Vec<Option<i64>> = vec![None; terms.len()];
    let mut next: Vec<Option<i64>> =
        leaves.found.iter().map(|leaf| search.next_change(answers, leaf)).collect();
    while let Some(at_ms) = next.iter().flatten().min().copied() {
        let later = answers.at(at_ms);
        let mut open = false;
        for ((term, before), change) in terms.iter().zip(&before).zip(&mut changes) {
            if change.is_none() && (search.instants == 0 || later.formula(term) != *before) {
                *change = Some(at_ms);
            }
            open |= change.is_none();
        }
        if !open || search.instants == 0 {
            break;
        }
        for (leaf, next) in leaves.found.iter().zip(&mut next) {
            if *next == Some(at_ms) || reads_members(answers, leaf) {
                *next = search.next_change(&later, leaf);
            }
        }
        search.instants = search.instants.saturating_sub(1);
    }
    changes
}

struct Search {
    /// How many instants may still be looked at.
    instants: usize,
    /// Nothing is looked for after this.
    last_ms: i64,
}

impl Search {
    /// The next change of a leaf; where no more instants may be looked at, the first that was not.
    fn next_change(&mut self, answers: &Answers<'_>, leaf: &Formula) -> Option<i64> {
        let before = answers.formula(leaf);
        let last_ms = self.last_ms;
        let ahead = |at_ms: &i64| *at_ms <= last_ms;
        let mut at_ms = horizon(answers, leaf).filter(ahead)?;
        while self.instants > 0 {
            self.instants -= 1;
            let later = answers.at(at_ms);
            if later.formula(leaf) != before {
                break;
            }
            at_ms = horizon(&later, leaf).filter(ahead)?;
        }
        Some(at_ms)
    }
}

/// The first instant at which a leaf may come out differently.
fn horizon(answers: &Answers<'_>, leaf: &Formula) -> Option<i64> {
    let number = match leaf {
        Formula::Leaf(number) | Formula::Aggregate { leaf: number, .. } => *number,
        Formula::Constant(_) | Formula::Audience(_) | Formula::Not(_) | Formula::And(_) | Formula::Or(_) => {
            return None;
        }
    };
    match &answers.program.leaves.get(number as usize)?.kind {
        LeafKind::Events(window) => deadline::of_window(&window.window, answers.kept(number), answers.now_ms),
        LeafKind::Sequence(_) => answers.sequence_deadline(number),
        LeafKind::Attribute(expr) => walked(Walk::of_profile(answers.profile, answers.now_ms), expr),
        LeafKind::History(expr) => answers.with_events(|walk| walked(walk, expr))?,
        LeafKind::Member(_) => None,
    }
}

fn walked<'a>(walk: Walk<'a, '_>, expr: &'a Expr) -> Option<i64> {
    let walk = Walk { notes_horizon: true, ..walk };
    let _ = walk.truth(expr, &mut Vec::new());
    Some(walk.horizon_ms.get()).filter(|at_ms| *at_ms < i64::MAX)
}

/// What a history leaf says may change with the audiences it names.
fn reads_members(answers: &Answers<'_>, leaf: &Formula) -> bool {
    let Formula::Leaf(number) = leaf else { return false };
    match answers.program.leaves.get(*number as usize).map(|leaf| &leaf.kind) {
        Some(LeafKind::History(expr)) => visit::reads_members(expr),
        Some(LeafKind::Attribute(_) | LeafKind::Events(_) | LeafKind::Sequence(_) | LeafKind::Member(_))
        | None => false,
    }
}

/// The leaves that a formula depends on, by way of other audiences too.
struct Leaves<'a, 'p> {
    answers: &'a Answers<'p>,
    audiences: BTreeSet<u32>,
    numbers: BTreeSet<u32>,
    found: Vec<&'a Formula>,
}

impl<'a> Leaves<'a, '_> {
    fn collect(&mut self, formula: &'a Formula) {
        match formula {
            Formula::Constant(_) => {}
            Formula::Leaf(number) => {
                if self.numbers.insert(*number) {
                    self.found.push(formula);
                    self.of_history(*number);
                }
            }
            Formula::Aggregate { .. } => self.found.push(formula),
            Formula::Audience(number) => self.audience(*number),
            Formula::Not(inner) => self.collect(inner),
            Formula::And(inner) | Formula::Or(inner) => inner.iter().for_each(|inner| self.collect(inner)),
        }
    }

    fn of_history(&mut self, number: u32) {
        let program = self.answers.program;
        if let Some(LeafKind::History(expr)) = program.leaves.get(number as usize).map(|leaf| &leaf.kind) {
            let named = core::cell::RefCell::new(BTreeSet::new());
            visit::any(expr, &|node| {
                if let Node::Member(audience) = node {
                    named.borrow_mut().extend(program.audience_number(audience));
                }
                false
            });
            named.into_inner().into_iter().for_each(|number| self.audience(number));
        }
    }

    fn audience(&mut self, number: u32) {
        let Some(audience) = self.answers.program.audiences.get(number as usize) else { return };
        let is_stored = audience.mode == Mode::Batch && matches!(self.answers.history, History::Folded(_));
        if !is_stored && self.audiences.insert(number) {
            self.collect(&audience.formula);
        }
    }
}
