//! Tokens to a tree. Parsing never fails: what cannot be read becomes `Kind::Error` and a diagnostic, and parsing
//! goes on behind it. Recursive descent, with operator precedence by binding power (`expression`).

mod binders;
mod chain;
mod cursor;
mod expression;
mod occurs;
mod primary;

#[cfg(test)]
mod tests;

pub(super) use expression::power;

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::ast::{Expr, Kind};
use super::diagnostic::{Diagnostic, Severity, Span, code};
use super::lexer::{self, Token};
use crate::limits::{DIAGNOSTICS_MAX, EXPRESSION_BYTES_MAX, EXPRESSION_DEPTH_MAX};

/// A text that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// The tree; `Kind::Error` where the text could not be read.
    pub tree: Expr,
    /// What was wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// Whether there is any error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|found| found.severity == Severity::Error)
    }
}

/// Reads a text.
pub fn parse(text: &str) -> Parsed {
    parse_part(text, 0..text.len())
}

/// Reads a part of a text, so that its places are those of the whole.
pub(super) fn parse_part(text: &str, part: Range<usize>) -> Parsed {
    if part.len() > EXPRESSION_BYTES_MAX {
        let message = format!("{} bytes are more than the {EXPRESSION_BYTES_MAX} allowed", part.len());
        let found = Diagnostic::error(code::TEXT_TOO_LONG, Span::default(), message);
        return Parsed { tree: Expr::new(Kind::Error, Span::default()), diagnostics: vec![found] };
    }
    let text = text.get(..part.end).unwrap_or_default();
    let (tokens, mut diagnostics) = lexer::tokens_from(text, part.start);
    let mut parser = Parser {
        text,
        tokens,
        at: 0,
        depth: 0,
        in_ends_expression: false,
        list_in_parentheses: false,
        reported_at: None,
        diagnostics: Vec::new(),
    };
    let tree = parser.expression(power::ANY);
    parser.rest();
    diagnostics.append(&mut parser.diagnostics);
    diagnostics.sort_by_key(|found| found.span.start);
    diagnostics.truncate(DIAGNOSTICS_MAX);
    Parsed { tree, diagnostics }
}

/// Calls of `expression` inside each other. A tree of the greatest height may need two for each level when it is
/// printed with parentheses.
const RECURSION_MAX: usize = 2 * EXPRESSION_DEPTH_MAX + 2;

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    /// Inside the value of `let`: `in` begins the body.
    in_ends_expression: bool,
    /// Directly behind `in`: `("a", "b")` is a list.
    list_in_parentheses: bool,
    /// The token that the last diagnostic was about: one finding for one place.
    reported_at: Option<usize>,
    diagnostics: Vec<Diagnostic>,
}

impl Parser<'_> {
    /// Reports what is left behind a complete expression, and reads it too, for its own errors.
    fn rest(&mut self) {
        while !self.at_end() && self.diagnostics.len() < DIAGNOSTICS_MAX {
            let message = format!("expected an operator or the end, found {}", self.found());
            self.report(code::UNEXPECTED, message);
            self.bump();
            if !self.at_end() {
                self.expression(power::ANY);
            }
        }
    }

    /// A node, unless the tree would be too high for recursion over it.
    fn node(&mut self, kind: Kind, span: Span) -> Expr {
        let expr = Expr::new(kind, span);
        if expr.height() <= EXPRESSION_DEPTH_MAX {
            return expr;
        }
        self.too_deep();
        Expr::new(Kind::Error, span)
    }

    /// Reports it and gives the rest of the text up: it could repeat the report at every level.
    fn too_deep(&mut self) {
        let message = format!("the expression is nested more than {EXPRESSION_DEPTH_MAX} deep");
        let help = "name parts with `let`, or make audiences of them and combine those with `inSegment`";
        let span = self.span();
        self.diagnostics.push(Diagnostic::error(code::TOO_DEEP, span, message).help(help));
        self.give_up();
    }
}

/// A name as it may appear in a message: quoted, and not endless.
fn quoted(text: &str) -> String {
    const SHOWN_MAX: usize = 40;
    let shown: String = text.chars().take(SHOWN_MAX).flat_map(char::escape_debug).collect();
    let more = if text.chars().nth(SHOWN_MAX).is_some() { "…" } else { "" };
    format!("`{shown}{more}`")
}
