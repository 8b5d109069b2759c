//! Checked expressions to one program for all audiences: [`normalise`] brings them into one form, [`extract`] takes
//! them apart into shared leaves, [`program`] puts them together, with a [`verdict`] for every audience and mode;
//! [`prepared`] adds the look-ups from events to the leaves they touch.

pub(crate) mod functions;
pub(crate) mod sequence_text;
pub(crate) mod text;
pub(crate) mod visit;

pub(crate) mod normalise;

pub mod leaf;
pub(crate) mod leaf_set;

pub(crate) mod event_set;
pub(crate) mod extract;

pub(crate) mod sequence;

pub(crate) mod cost;
pub mod facts;
pub(crate) mod graph;
pub mod verdict;

pub mod computed;
pub(crate) mod kept;
pub mod score;
pub(crate) mod streams;

pub mod program;

pub(crate) mod edge;
pub mod fields_read;
pub mod read_set;

pub(crate) mod matching;

pub(crate) mod answer_plan;
pub(crate) mod event_plan;
pub mod prepared;
pub(crate) mod stream_numbers;
pub(crate) mod views;
pub(crate) mod watched;

pub use facts::{AudienceFacts, LookBack};
pub use fields_read::{FieldRead, fields_read};
pub use graph::references;
pub use leaf::Leaf;
pub use prepared::Prepared;
pub use program::{Audience, Program};
pub use read_set::slice_attributes;
pub use score::Score;
pub use verdict::{Mode, Modes, Verdict};
pub use visit::{not_at_edge, reads_context, reads_events};

#[cfg(test)]
mod size_tests;
#[cfg(test)]
mod tests;
