//! Templates: text with expressions in it, in the helpers of Journey Optimizer. `{{a}}` writes a value with the characters of
//! HTML escaped, `{%= a %}` and `{{{a}}}` as it is; `{%#if%}`, `{%#unless%}`, `{{#each}}` and `{{#with}}` are blocks,
//! `{% let a = b %}` names a value for what follows, and `{{!-- --}}` is a comment.
//!
//! [`parse`] never fails, [`print()`] writes the canonical text, [`check`] looks at the expressions, and
//! [`crate::eval::render`] gives the text. The worker has none of it.

mod check;
mod parse;
mod print;
mod tags;

#[cfg(test)]
mod tests;

use alloc::string::String;
use alloc::vec::Vec;

pub use check::{CheckedTemplate, check};
pub use parse::{Parsed, parse};
pub use print::print;

use super::ast::{Expr, Name};

/// A template, as it was written; with checked expressions after [`check`].
pub type Template<E = Expr> = Vec<Node<E>>;

/// A part of a template.
#[derive(Clone, Debug, PartialEq)]
pub enum Node<E = Expr> {
    /// Text as it stands there.
    Text(String),
    /// `{{!-- ... --}}`
    Comment(String),
    /// A value.
    Output {
        /// Which.
        value: E,
        /// Whether the characters of HTML are escaped.
        escaped: bool,
    },
    /// `{% let name = value %}`: for what follows, out of the block it stands in too.
    Let {
        /// The name.
        name: Name,
        /// Its value.
        value: E,
    },
    /// `{%#if test%} ... {%else if test%} ... {%else%} ... {%/if%}`
    If {
        /// The tests, each with what stands there if it is the first that is true.
        branches: Vec<(E, Template<E>)>,
        /// What stands there if none is.
        otherwise: Option<Template<E>>,
    },
    /// `{%#unless test%} ... {%else%} ... {%/unless%}`
    Unless {
        /// The test.
        test: E,
        /// What stands there if it is not true.
        body: Template<E>,
        /// What stands there if it is.
        otherwise: Option<Template<E>>,
    },
    /// `{{#each list as |item|}} ... {{else}} ... {{/each}}`, and `{{#with value as |name|}} ... {{/with}}`
    Scope {
        /// Which of the two.
        scope: Scope,
        /// The list; the value.
        value: E,
        /// What the item, or the value, is called besides `this`.
        name: Option<Name>,
        /// What stands there for each item; for the value, if there is one.
        body: Template<E>,
        /// What stands there without items; without a value.
        otherwise: Option<Template<E>>,
    },
}

/// The blocks that have a value of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the words of the blocks")]
pub enum Scope {
    Each,
    With,
}

/// What the item of a block is called in any case.
pub const THIS: &str = "this";
/// The number of an item, from 0.
pub const INDEX: &str = "@index";
