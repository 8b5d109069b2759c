//! Why a profile is in an audience or not, term by term; the same from the edge and from the control plane, because it
//! is made of the same answers.

use alloc::string::String;
use alloc::vec::Vec;
use alloc::{format, vec};

use serde::{Deserialize, Serialize};

use super::answers::Answers;
use super::{Slice, Subject};
use crate::plan::leaf::{Formula, LeafKind};
use crate::plan::{Prepared, text};
use crate::value::Value;

/// One term of an audience and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Explanation {
    /// What the term asks: close to PQL; `and`, `or` and `not` for the operators that hold its children together.
    pub text: String,
    /// Whether it is so; absent if that takes the stored events and they are not at hand.
    pub value: Option<bool>,
    /// What was found instead of a plain yes or no: the value of an aggregate, or how many events.
    pub found: Option<Value>,
    /// The terms it consists of.
    pub children: Vec<Explanation>,
}

/// Explains the answer of [`super::run`] for one audience; absent if there is no such audience.
pub fn explain_run(
    program: &Prepared,
    audience: u32,
    subject: Subject<'_>,
    now_ms: i64,
) -> Option<Explanation> {
    let answers = Answers::of_subject(program, subject, now_ms);
    explain(program, audience, &answers)
}

/// Explains the answer of [`super::answer`] for one audience; absent if there is no such audience.
pub fn explain_answer(
    program: &Prepared,
    audience: u32,
    slice: Slice<'_>,
    now_ms: i64,
) -> Option<Explanation> {
    let answers = Answers::of_slice(program, slice, now_ms);
    explain(program, audience, &answers)
}

fn explain(program: &Prepared, audience: u32, answers: &Answers<'_>) -> Option<Explanation> {
    let formula = &program.audiences.get(audience as usize)?.formula;
    Some(term(program, formula, answers))
}

fn term(program: &Prepared, formula: &Formula, answers: &Answers<'_>) -> Explanation {
    let (text, found, parts): (String, Option<Value>, &[Formula]) = match formula {
        Formula::Constant(value) => (format!("{value}"), None, &[]),
        Formula::Leaf(leaf) => match program.leaves.get(*leaf as usize).map(|leaf| &leaf.kind) {
            Some(kind @ LeafKind::Events(_)) => {
                let count = i64::try_from(answers.entries(*leaf).len()).unwrap_or(i64::MAX);
                (text::of_leaf(kind), Some(Value::Integer(count)), &[])
            }
            Some(kind @ (LeafKind::Attribute(_) | LeafKind::Member(_) | LeafKind::History(_))) => {
                (text::of_leaf(kind), None, &[])
            }
            None => (String::new(), None, &[]),
        },
        Formula::Aggregate { leaf, aggregate, comparison, constant } => {
            let text = program
                .window(*leaf)
                .map(|window| text::of_aggregate(window, *aggregate, *comparison, constant));
            (text.unwrap_or_default(), Some(answers.aggregate(*leaf, *aggregate)), &[])
        }
        Formula::Audience(number) => {
            let id = program.audiences.get(*number as usize).map(|audience| &audience.id);
            (id.map(|id| format!("inSegment(\"{id}\")")).unwrap_or_default(), None, &[])
        }
        Formula::Not(inner) => ("not".into(), None, core::slice::from_ref(&**inner)),
        Formula::And(inner) => ("and".into(), None, inner),
        Formula::Or(inner) => ("or".into(), None, inner),
    };
    let mut children = vec![];
    for part in parts {
        children.push(term(program, part, answers));
    }
    Explanation { text, value: answers.formula(formula), found, children }
}
