//! The program: all audiences, their formulas over shared leaves, and the index from events to leaves.

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::leaf::{Formula, Leaf};
use super::leaf_set::LeafSet;
use super::score::Score;
use super::verdict::{self, Mode, Modes};
use super::{edge, extract, graph, normalise, read_set};
use crate::id::AudienceId;
use crate::lang::Checked;
use crate::limits::AUDIENCES_MAX;

/// One audience of a program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Audience {
    /// Its id.
    pub id: AudienceId,
    /// The mode it was published with.
    pub mode: Mode,
    /// What decides it.
    pub formula: Formula,
    /// Verdicts by the rules of this engine.
    pub native: Modes,
    /// Verdicts by the documented rules of Adobe (`pql.md` 3.1).
    pub adobe: Modes,
}

/// All audiences, ready to be evaluated. Audiences come after the ones they refer to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// Distinct leaves.
    pub leaves: Vec<Leaf>,
    /// Audiences, dependencies first.
    pub audiences: Vec<Audience>,
    /// Numbers computed of a profile besides, by way of the same leaves.
    pub scores: Vec<Score>,
}

/// What goes into a program.
#[derive(Clone, Debug)]
pub struct Definition {
    /// The audience's id.
    pub id: AudienceId,
    /// The mode it is to run in.
    pub mode: Mode,
    /// Its checked expression.
    pub checked: Checked,
}

/// Why the definitions make no program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// `inSegment` in a circle.
    #[error("audiences refer to each other in a circle: {}", .0.join(" -> "))]
    Cycle(Vec<String>),
    /// Too many.
    #[error("{found} audiences are more than the {max} allowed")]
    TooMany {
        /// How many there are.
        found: usize,
        /// How many there may be.
        max: usize,
    },
    /// A chain of references that is too long.
    #[error("audience `{audience}` is at the end of a chain of more than {max} audiences")]
    TooDeep {
        /// Where the chain was given up.
        audience: String,
        /// How long it may be.
        max: usize,
    },
    /// The same id twice.
    #[error("audience `{0}` is defined twice")]
    Duplicate(String),
    /// A formula that [`Score::check`] refuses.
    #[error("formula {0} needs the stored events")]
    Formula(usize),
}

impl Program {
    /// Builds the program of all definitions.
    pub fn build(definitions: &[Definition]) -> Result<Self, Error> {
        Self::build_scored(definitions, &[])
    }

    /// As [`Self::build`], with the scores of formulas that [`Score::check`] lets pass, in their order.
    pub fn build_scored(definitions: &[Definition], formulas: &[&Checked]) -> Result<Self, Error> {
        if definitions.len() > AUDIENCES_MAX {
            return Err(Error::TooMany { found: definitions.len(), max: AUDIENCES_MAX });
        }
        let ordered = graph::order(definitions)?;
        let numbers: BTreeMap<&AudienceId, u32> =
            ordered.iter().zip(0..).map(|(definition, number)| (&definition.id, number)).collect();
        let number_of = |id: &AudienceId| numbers.get(id).copied();
        let mut leaves = LeafSet::default();
        let mut decisions = Vec::new();
        for definition in &ordered {
            let normal = normalise::normalise(&definition.checked.expr);
            decisions.push(extract::formula(&normal, &mut leaves, &number_of));
        }
        let mut scores = Vec::new();
        for (formula, number) in formulas.iter().zip(0..) {
            let score = Score::compile(&formula.expr, &mut leaves, &number_of);
            scores.push(score.ok_or(Error::Formula(number))?);
        }
        let leaves = leaves.finish();
        let mut audiences: Vec<Audience> = Vec::new();
        for (definition, formula) in ordered.iter().zip(decisions) {
            let native = verdict::native(&leaves, &audiences, &formula);
            let adobe = verdict::adobe(&leaves, &audiences, &formula);
            let Definition { id, mode, .. } = definition;
            audiences.push(Audience { id: id.clone(), mode: *mode, formula, native, adobe });
        }
        Ok(Self { leaves, audiences, scores })
    }

    /// The program of the audiences that run at the edge, with what they refer to. A batch audience that is referred to
    /// becomes a stored membership, which is what it is at the edge.
    pub fn edge(&self) -> Self {
        edge::edge(self)
    }

    /// The program of the audiences of this one that are asked for, with what they refer to: as [`Self::edge`] does.
    pub fn only(&self, asked_for: impl Fn(&AudienceId) -> bool) -> Self {
        edge::cut(self, &|audience| asked_for(&audience.id))
    }

    /// The number of an audience.
    pub fn audience(&self, id: &AudienceId) -> Option<u32> {
        self.audiences.iter().zip(0..).find(|(audience, _)| audience.id == *id).map(|(_, number)| number)
    }

    /// The paths of the profile's attributes that answers depend on, each once, without the virtual fields; an empty
    /// path stands for all of them. See [`super::slice_attributes`].
    pub fn attribute_paths(&self) -> Vec<Vec<String>> {
        read_set::attribute_paths(self)
    }
}
