//! Why a profile is in an audience or not, term by term: which terms decided it, what they saw, and when they will change
//! by time alone. The same from the edge and from the control plane, because it is made of the same answers.

mod changes;
mod decided;
mod json;
mod seen;
#[cfg(test)]
mod tests;

use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::answers::{Answers, History};
use super::{Slice, Subject};
use crate::limits::{EXPLANATION_DEPTH_MAX, EXPLANATION_EVENTS_MAX};
use crate::plan::leaf::{Aggregate, Formula, LeafKind};
use crate::plan::{Mode, Prepared, text};
use crate::state::{Number, entries};
use crate::value::Value;

/// One term of an audience and what came of it. [`Explanation::to_json`] is how it is shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// What the term asks: close to PQL; `and`, `or` and `not` for the operators that hold its children together.
    pub text: String,
    /// Whether it is so; absent if that takes the stored events and they are not at hand.
    pub value: Option<bool>,
    /// Whether it decided the answer: of a false `and` the false operands do, of a true `or` the true ones, else all. As
    /// long as the terms that decided come out the same, so does the whole.
    pub decided: bool,
    /// What was found instead of a plain yes or no: the value of an aggregate, or how many events.
    pub found: Option<Value>,
    /// Whether there may be more events than were found, because so many are enough to decide.
    pub at_least: bool,
    /// The events it found: the newest, oldest first.
    pub events: Vec<Occurrence>,
    /// The values it read.
    pub seen: Vec<Seen>,
    /// The next instant at which it comes out differently if nothing happens but time: milliseconds since the epoch,
    /// UTC. Absent if it does not in the next ten years ([`crate::limits::EXPLANATION_AHEAD_MS`]). Exact, unless the
    /// explanation would take more than [`crate::limits::EXPLANATION_INSTANTS_MAX`] looks; then it is earlier.
    pub changes_at_ms: Option<i64>,
    /// The terms it consists of; of another audience, only where it is named first.
    pub children: Vec<Explanation>,
}

/// An event that a term found.
#[derive(Clone, Debug, PartialEq)]
pub struct Occurrence {
    /// When it was.
    pub timestamp_ms: i64,
    /// The value that was kept of it, if one was.
    pub value: Option<Value>,
}

/// A value that a term read.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// The path, or the part of the term, that stands for the value.
    pub text: String,
    /// The value, shortened if it is long; null if there was none.
    pub value: Value,
}

/// Explains the answer of [`super::run`] for one audience; absent if there is no such audience.
pub fn explain_run(
    program: &Prepared,
    audience: u32,
    subject: Subject<'_>,
    now_ms: i64,
) -> Option<Explanation> {
    explain(audience, &Answers::of_subject(program, subject, now_ms))
}

/// Explains the answer of [`super::answer`] for one audience; absent if there is no such audience. Of a batch audience
/// nothing is folded, so nothing is known.
pub fn explain_answer(
    program: &Prepared,
    audience: u32,
    slice: Slice<'_>,
    now_ms: i64,
) -> Option<Explanation> {
    let answers = Answers::of_slice(program, slice, now_ms);
    match program.audiences.get(audience as usize)?.mode {
        Mode::Edge | Mode::Streaming => explain(audience, &answers),
        Mode::Batch => {
            let mut named = Terms { answers: &answers, named: BTreeSet::new(), formulas: Vec::new() };
            let term = named.term(&Formula::Audience(audience), 0);
            Some(Explanation { value: None, decided: true, ..term })
        }
    }
}

fn explain(audience: u32, answers: &Answers<'_>) -> Option<Explanation> {
    let formula = &answers.program.audiences.get(audience as usize)?.formula;
    let mut terms = Terms { answers, named: BTreeSet::from([audience]), formulas: Vec::new() };
    let mut explanation = terms.term(formula, EXPLANATION_DEPTH_MAX);
    let changes = changes::of(answers, formula, &terms.formulas);
    set_changes(&mut explanation, &mut changes.into_iter());
    decided::mark(&mut explanation);
    Some(explanation)
}

/// In the order in which the terms were made: each before its children.
fn set_changes(term: &mut Explanation, changes: &mut impl Iterator<Item = Option<i64>>) {
    term.changes_at_ms = changes.next().flatten();
    for child in &mut term.children {
        set_changes(child, changes);
    }
}

struct Terms<'a, 'p> {
    answers: &'a Answers<'p>,
    /// The audiences of which the terms are shown already.
    named: BTreeSet<u32>,
    /// What each term stands for.
    formulas: Vec<&'p Formula>,
}

impl<'p> Terms<'_, 'p> {
    fn term(&mut self, formula: &'p Formula, depth_max: usize) -> Explanation {
        self.formulas.push(formula);
        let mut term = Explanation {
            text: String::new(),
            value: self.answers.formula(formula),
            decided: false,
            found: None,
            at_least: false,
            events: Vec::new(),
            seen: Vec::new(),
            changes_at_ms: None,
            children: Vec::new(),
        };
        match formula {
            Formula::Constant(value) => term.text = format!("{value}"),
            Formula::Leaf(leaf) => self.leaf(&mut term, *leaf),
            Formula::Aggregate { leaf, aggregate, comparison, constant } => {
                let window = self.answers.program.window(*leaf);
                let text = window.map(|window| text::of_aggregate(window, *aggregate, *comparison, constant));
                term.text = text.unwrap_or_default();
                self.events(&mut term, *leaf);
                if *aggregate != Aggregate::Count {
                    term.found = Some(self.answers.aggregate(*leaf, *aggregate));
                }
            }
            Formula::Audience(number) => self.audience(&mut term, *number, depth_max),
            Formula::Not(inner) => {
                term.text = "not".into();
                self.children(&mut term, core::slice::from_ref(&**inner), depth_max);
            }
            Formula::And(inner) => {
                term.text = "and".into();
                self.children(&mut term, inner, depth_max);
            }
            Formula::Or(inner) => {
                term.text = "or".into();
                self.children(&mut term, inner, depth_max);
            }
        }
        term
    }

    fn children(&mut self, term: &mut Explanation, parts: &'p [Formula], depth_max: usize) {
        let Some(depth_max) = depth_max.checked_sub(1) else { return };
        for part in parts {
            let child = self.term(part, depth_max);
            term.children.push(child);
        }
    }

    fn leaf(&mut self, term: &mut Explanation, number: u32) {
        let Some(leaf) = self.answers.program.leaves.get(number as usize) else { return };
        term.text = text::of_leaf(&leaf.kind);
        match &leaf.kind {
            LeafKind::Events(_) => self.events(term, number),
            LeafKind::Sequence(_) => self.sequence(term, number),
            LeafKind::Attribute(expr) => term.seen = seen::of_attributes(self.answers, expr),
            LeafKind::History(expr) => term.seen = seen::of_history(self.answers, expr),
            LeafKind::Member(_) => {}
        }
    }

    /// What is folded of the events: the stored events may be more, and would say no more about the answer.
    fn events(&mut self, term: &mut Explanation, leaf: u32) {
        let keep_max = self.answers.program.window(leaf).and_then(|window| window.keep_max);
        let keep_max = keep_max.map_or(usize::MAX, |keep_max| keep_max as usize);
        let mut entries = self.answers.entries(leaf).to_vec();
        // Several values of one event are folded in this order.
        entries.sort_by(entries::order);
        let decisive = entries.get(entries.len().saturating_sub(keep_max)..).unwrap_or_default();
        term.found = Some(Value::Integer(i64::try_from(decisive.len()).unwrap_or(i64::MAX)));
        term.at_least = decisive.len() >= keep_max;
        let shown = decisive.iter().skip(decisive.len().saturating_sub(EXPLANATION_EVENTS_MAX));
        term.events = shown
            .map(|entry| Occurrence {
                timestamp_ms: entry.timestamp_ms,
                value: entry.value.map(Number::value),
            })
            .collect();
    }

    /// The events of any of its steps.
    fn sequence(&mut self, term: &mut Explanation, leaf: u32) {
        let found = self.answers.occurred(leaf);
        term.found = Some(Value::Integer(i64::try_from(found.len()).unwrap_or(i64::MAX)));
        let shown = found.iter().skip(found.len().saturating_sub(EXPLANATION_EVENTS_MAX));
        term.events = shown.map(|at_ms| Occurrence { timestamp_ms: *at_ms, value: None }).collect();
    }

    fn audience(&mut self, term: &mut Explanation, number: u32, depth_max: usize) {
        let Some(audience) = self.answers.program.audiences.get(number as usize) else { return };
        term.text = format!("inSegment(\"{}\")", audience.id);
        let is_stored = audience.mode == Mode::Batch && matches!(self.answers.history, History::Folded(_));
        if !is_stored && self.named.insert(number) {
            self.children(term, core::slice::from_ref(&audience.formula), depth_max);
        }
    }
}
