//! The language: PQL text to a checked expression. Stages, in order: `lexer`, `parser` (never fails: a tree and
//! diagnostics), [`check()`] (names and types against the union schema). [`compile`] does all of it; [`print()`] goes back.
//! [`json`] reads the same tree from its JSON form. [`Dialect`] is what calculated fields have besides; [`template`] is text with
//! expressions in it.

pub mod ast;
mod check;
pub mod diagnostic;
mod dialect;
pub mod functions;
pub mod json;
mod layout;
mod lexer;
pub mod nearest;
mod parser;
mod print;
pub(crate) mod rewrite;
pub mod schema;
pub mod template;
pub mod typed;
pub(crate) mod words;

pub use check::{AudienceDirectory, Authoring, check, check_in, compile, compile_in};
pub use diagnostic::{Diagnostic, Severity, Span};
pub use dialect::Dialect;
pub use layout::layout;
pub use parser::{Parsed, parse};
pub use print::print;
pub use typed::Checked;
