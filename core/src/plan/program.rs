//! The program: all audiences, their formulas over shared leaves, and the index from events to leaves.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::leaf::{Formula, Leaf};
use super::verdict::{Mode, Modes};
use crate::id::AudienceId;
use crate::lang::Checked;

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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// Distinct leaves.
    pub leaves: Vec<Leaf>,
    /// Audiences, dependencies first.
    pub audiences: Vec<Audience>,
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
    /// The same id twice.
    #[error("audience `{0}` is defined twice")]
    Duplicate(String),
}

impl Program {
    /// Builds the program of all definitions.
    pub fn build(definitions: &[Definition]) -> Result<Self, Error> {
        let _ = definitions;
        todo!()
    }

    /// The program of the audiences that run at the edge, with what they refer to.
    pub fn edge(&self) -> Self {
        todo!()
    }
}
