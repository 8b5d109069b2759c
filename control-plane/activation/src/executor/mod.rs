//! The executor: makes destinations know what the ledger says they should, and writes down what they have confirmed.
//!
//! One task a dataflow, so that a destination that is down slows nobody else. A step of a streaming dataflow: [`take`] what is
//! due and note it as being sent (flushed), [`send`] it, [`settle`](apply) the outcomes (flushed). A crash between the two
//! flushes repeats the message under the same id.

mod apply;
mod disabled;
mod export;
#[cfg(test)]
mod export_tests;
mod rows;
mod run;
mod send;
mod take;
#[cfg(test)]
mod tests;

pub use export::{Run, RunFile};
pub use send::Step;

pub(crate) use disabled::Disabled;
pub(crate) use export::runs;
pub(crate) use rows::{is_owed, status_is_mapped};
