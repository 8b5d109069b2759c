//! Scores of one profile at one instant, from folded events.

use super::Slice;
use super::answers::Answers;
use super::place::Place;
use super::walk::{Variables, Walk};
use crate::plan::Prepared;
use crate::plan::score::{Part, Score};
use crate::value::Value;

/// The scores of one profile at one instant. What several of them need is computed once.
pub struct Scores<'a>(Answers<'a>);

impl<'a> Scores<'a> {
    /// Of a profile whose events are folded.
    pub fn new(program: &'a Prepared, slice: Slice<'a>, now_ms: i64) -> Self {
        Self(Answers::of_slice(program, slice, now_ms))
    }

    /// The value of a score of the program: what [`super::naive`] gives for its formula over all events, if that is a
    /// number. Null of a score that there is not.
    pub fn value(&self, number: u32) -> Value {
        let score: Option<&'a Score> = self.0.program.scores.get(number as usize);
        let Some(score) = score else { return Value::Null };
        let walk = Walk::of_profile(self.0.profile, self.0.now_ms);
        let parts = score.parts.iter().zip(0..);
        let mut variables: Variables<'a> =
            parts.map(|(part, number)| (Score::slot(number), Place::owned(self.part(part)))).collect();
        walk.value(&score.value, &mut variables)
    }

    /// As [`Self::value`], where that is a number.
    pub fn number(&self, number: u32) -> Option<f64> {
        self.value(number).as_f64().filter(|number| !number.is_nan())
    }

    fn part(&self, part: &Part) -> Value {
        match part {
            Part::Aggregate { leaf, aggregate } => self.0.aggregate(*leaf, *aggregate),
            Part::Test(formula) => Value::Boolean(self.0.formula(formula) == Some(true)),
        }
    }
}
