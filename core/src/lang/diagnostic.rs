//! What is wrong with a text, where, and how to mend it. Codes are stable: tools and people may rely on them.

use alloc::string::String;

use serde::{Deserialize, Serialize};

/// A range of bytes of the source text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// First byte.
    pub start: u32,
    /// First byte after it.
    pub end: u32,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The text means something, but perhaps not what was wanted.
    Warning,
    /// The text cannot be used.
    Error,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Stable code, for example `PQL0203`. 01xx lexer, 02xx parser, 03xx names, 04xx types, 05xx limits, 06xx verdicts.
    pub code: String,
    /// Error or warning.
    pub severity: Severity,
    /// Where.
    pub span: Span,
    /// What: lower case, no final period, user input in backticks.
    pub message: String,
    /// How to mend it, when that is known.
    pub help: Option<String>,
}
