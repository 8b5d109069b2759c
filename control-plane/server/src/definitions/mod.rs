//! Definitions: documents from files and requests become a catalogue that is checked as a whole before any of it is in
//! force. Order of reading: [`decode`], [`conversion`], [`external`], [`references`], [`at_edge`], [`merge_policy`],
//! [`lifetimes`], [`consent`], [`governance`], [`offers`], [`computed`], [`expressions`], [`evolution`], [`diff`], [`secrets`], [`finding`];
//! [`publish`] writes.

pub(crate) mod at_edge;
mod computed;
pub(crate) mod consent;
pub(crate) mod conversion;
pub(crate) mod decode;
pub(crate) mod diff;
mod evolution;
pub(crate) mod expressions;
mod external;
mod files;
pub(crate) mod finding;
mod governance;
mod lifecycle;
pub(crate) mod lifetimes;
pub(crate) mod merge_policy;
pub(crate) mod offers;
pub(crate) mod publish;
pub(crate) mod references;
pub(crate) mod secrets;

pub(crate) use acquaint_store::catalog::Kind;
pub(crate) use finding::{Finding, Subject};
