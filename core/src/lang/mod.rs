//! The language: PQL text to a checked expression. Stages, in order: [`lexer`], [`parser`] (never fails: a tree and
//! diagnostics), [`check`] (names and types against the union schema).

pub mod diagnostic;
pub mod functions;
pub mod nearest;
pub mod schema;
pub mod typed;

pub use diagnostic::{Diagnostic, Severity, Span};
pub use typed::Checked;
