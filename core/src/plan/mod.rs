//! Checked expressions to one program for all audiences: [`normalise`], [`leaf`], [`program`], with an index from
//! events to the leaves they touch and a [`verdict`] for every audience and mode.

pub mod leaf;
pub mod prepared;
pub mod program;
pub mod verdict;

pub use leaf::Leaf;
pub use prepared::Prepared;
pub use program::{Audience, Program};
pub use verdict::{Mode, Modes, Verdict};
