//! Text to a template. Never fails: what cannot be read becomes a diagnostic, and reading goes on behind it.

use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use super::super::ast::{Expr, Name};
use super::super::diagnostic::{Diagnostic, Severity, Span, code};
use super::super::{lexer, parser};
use super::tags::{Piece, Tag, pieces};
use super::{Node, Scope, Template};
use crate::limits::{DIAGNOSTICS_MAX, TEMPLATE_BYTES_MAX, TEMPLATE_DEPTH_MAX};

/// A template that was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// Its parts.
    pub template: Template,
    /// What was wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// Whether there is any error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|found| found.severity == Severity::Error)
    }
}

/// Reads a template.
pub fn parse(text: &str) -> Parsed {
    if text.len() > TEMPLATE_BYTES_MAX {
        let message = format!("{} bytes are more than the {TEMPLATE_BYTES_MAX} allowed", text.len());
        let found = Diagnostic::error(code::TEXT_TOO_LONG, Span::default(), message);
        return Parsed { template: Vec::new(), diagnostics: vec![found] };
    }
    let mut reader = Reader { text, open: Vec::new(), template: Vec::new(), diagnostics: Vec::new() };
    for piece in pieces(text) {
        if reader.diagnostics.len() >= DIAGNOSTICS_MAX {
            break;
        }
        reader.piece(piece);
    }
    reader.close_all();
    let Reader { template, mut diagnostics, .. } = reader;
    diagnostics.sort_by_key(|found| found.span.start);
    diagnostics.truncate(DIAGNOSTICS_MAX);
    Parsed { template, diagnostics }
}

/// A block that is not closed yet.
struct Open {
    word: &'static str,
    span: Span,
    /// Its tests, of which the others than the first follow an `else if`; its value.
    values: Vec<Expr>,
    name: Option<Name>,
    /// What was read behind each of the values.
    bodies: Vec<Template>,
    /// Whether what is read stands behind the `else`.
    in_otherwise: bool,
    otherwise: Template,
}

const BLOCKS: [&str; 4] = ["if", "unless", "each", "with"];

struct Reader<'a> {
    text: &'a str,
    open: Vec<Open>,
    template: Template,
    diagnostics: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn piece(&mut self, piece: Piece) {
        match piece {
            Piece::Text(range) => {
                let text = self.slice(&range).into();
                self.push(Node::Text(text));
            }
            Piece::Unclosed(start) => {
                let help = "`{{` ends with `}}`, `{%` with `%}`";
                self.report(span_of(&(start..start + 2)), "the tag has no end", help);
            }
            Piece::Tag { whole, inside, kind } => self.tag(&whole, inside, kind),
        }
    }

    fn tag(&mut self, whole: &Range<usize>, inside: Range<usize>, kind: Tag) {
        match kind {
            Tag::Comment => {
                let text = self.slice(&inside).into();
                self.push(Node::Comment(text));
            }
            Tag::Plain => self.output(inside, false),
            Tag::Open => self.block(whole, inside),
            Tag::Close => self.close(whole, &inside),
            Tag::Escaped | Tag::Statement => {
                let inner = self.trimmed(inside);
                match self.word(&inner) {
                    "else" | "elseif" => self.otherwise(whole, inner),
                    "let" if kind == Tag::Statement => self.let_in(inner),
                    _ if kind == Tag::Escaped => self.output(inner, true),
                    word => {
                        let message = if word.is_empty() {
                            "expected a word".into()
                        } else {
                            format!("`{word}` is no statement")
                        };
                        let help = "`{% let name = value %}` names a value; `{%= value %}` writes one";
                        self.report(span_of(whole), message, help);
                    }
                }
            }
        }
    }

    fn output(&mut self, inside: Range<usize>, escaped: bool) {
        let value = self.expression(inside);
        self.push(Node::Output { value, escaped });
    }

    /// `let name = value`
    fn let_in(&mut self, inner: Range<usize>) {
        let behind = self.trimmed(inner.start + "let".len()..inner.end);
        let text = self.word(&behind);
        let name = Name { text: text.into(), span: span_of(&(behind.start..behind.start + text.len())) };
        let value = self.trimmed(behind.start + text.len()..behind.end);
        if name.text.is_empty() || !self.slice(&value).starts_with('=') {
            let message = "expected a name and `=` behind `let`";
            return self.report(span_of(&inner), message, "a value is named by `{% let name = value %}`");
        }
        let value = self.expression(value.start + 1..value.end);
        self.push(Node::Let { name, value });
    }

    fn block(&mut self, whole: &Range<usize>, inside: Range<usize>) {
        let inner = self.trimmed(inside);
        let word = self.word(&inner);
        let Some(word) = BLOCKS.into_iter().find(|block| *block == word) else {
            let help = "the blocks are `if`, `unless`, `each` and `with`";
            return self.report(span_of(whole), format!("there is no block `{word}`"), help);
        };
        if self.open.len() >= TEMPLATE_DEPTH_MAX {
            let message = format!("blocks are nested more than {TEMPLATE_DEPTH_MAX} deep");
            self.diagnostics.push(Diagnostic::error(code::TOO_DEEP, span_of(whole), message));
            return;
        }
        let mut header = self.trimmed(inner.start + word.len()..inner.end);
        let name = if matches!(word, "each" | "with") { self.alias(&mut header) } else { None };
        let value = self.expression(header);
        self.open.push(Open {
            word,
            span: span_of(whole),
            values: vec![value],
            name,
            bodies: vec![Vec::new()],
            in_otherwise: false,
            otherwise: Vec::new(),
        });
    }

    /// The `as |name|` at the end of a header, which is cut off from it.
    fn alias(&mut self, header: &mut Range<usize>) -> Option<Name> {
        let text = self.slice(header);
        let before = text.strip_suffix('|')?;
        let bar = before.rfind('|')?;
        let head = before.get(..bar)?.trim_end().strip_suffix("as")?;
        if !head.ends_with(char::is_whitespace) {
            return None;
        }
        let inner = self.trimmed(header.start + bar + 1..header.end - 1);
        let name = String::from(self.slice(&inner));
        let end = header.start + head.trim_end().len();
        header.end = end;
        if lexer::is_word(&name) {
            return Some(Name { text: name, span: span_of(&inner) });
        }
        self.report(span_of(&inner), format!("`{name}` is no name"), "an item is named by `as |item|`");
        None
    }

    fn otherwise(&mut self, whole: &Range<usize>, inner: Range<usize>) {
        let word = self.word(&inner);
        let behind = self.trimmed(inner.start + word.len()..inner.end);
        let test = match (word, self.word(&behind)) {
            ("elseif", _) => Some(behind),
            (_, "if") => Some(self.trimmed(behind.start + "if".len()..behind.end)),
            (_, _) if behind.is_empty() => None,
            (_, _) => {
                return self.report(span_of(whole), "only `if` and a test may follow `else`", "");
            }
        };
        let test = test.map(|test| self.expression(test));
        let Some(open) = self.open.last_mut() else {
            return self.report(span_of(whole), "there is no block that this is the `else` of", "");
        };
        if open.in_otherwise || (test.is_some() && open.word != "if") {
            let message = if open.in_otherwise {
                "nothing may follow an `else` but the end"
            } else {
                "only an `if` has tests"
            };
            return self.report(span_of(whole), message, "");
        }
        match test {
            Some(test) => {
                open.values.push(test);
                open.bodies.push(Vec::new());
            }
            None => open.in_otherwise = true,
        }
    }

    fn close(&mut self, whole: &Range<usize>, inside: &Range<usize>) {
        let word = self.slice(inside).trim();
        match self.open.last() {
            Some(open) if open.word == word => self.close_last(),
            Some(open) => {
                let message = format!("`{word}` is closed where `{}` is open", open.word);
                let help = format!("close it first: `{{%/{}%}}`", open.word);
                self.report(span_of(whole), message, &help);
            }
            None => self.report(span_of(whole), format!("there is no block `{word}` to close"), ""),
        }
    }

    fn close_last(&mut self) {
        let Some(Open { word, values, name, bodies, in_otherwise, otherwise, .. }) = self.open.pop() else {
            return;
        };
        let otherwise = in_otherwise.then_some(otherwise);
        let mut branches: Vec<(Expr, Template)> = values.into_iter().zip(bodies).collect();
        if word == "if" {
            return self.push(Node::If { branches, otherwise });
        }
        let Some((value, body)) = branches.pop() else { return };
        self.push(match word {
            "unless" => Node::Unless { test: value, body, otherwise },
            "each" => Node::Scope { scope: Scope::Each, value, name, body, otherwise },
            _ => Node::Scope { scope: Scope::With, value, name, body, otherwise },
        });
    }

    /// At the end: what is open is reported, and closed as if it had been.
    fn close_all(&mut self) {
        while let Some(open) = self.open.last() {
            let (span, word) = (open.span, open.word);
            self.report(
                span,
                format!("the block `{word}` is not closed"),
                &format!("end it with `{{%/{word}%}}`"),
            );
            self.close_last();
        }
    }

    fn push(&mut self, node: Node) {
        match self.open.last_mut() {
            None => self.template.push(node),
            Some(open) if open.in_otherwise => open.otherwise.push(node),
            Some(open) => {
                if let Some(body) = open.bodies.last_mut() {
                    body.push(node);
                }
            }
        }
    }

    fn expression(&mut self, range: Range<usize>) -> Expr {
        let parser::Parsed { tree, diagnostics } = parser::parse_part(self.text, range);
        self.diagnostics.extend(diagnostics);
        tree
    }

    fn report(&mut self, span: Span, message: impl Into<String>, help: &str) {
        let found = Diagnostic::error(code::BAD_TEMPLATE, span, message);
        self.diagnostics.push(if help.is_empty() { found } else { found.help(help) });
    }

    fn slice(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// Without white space at either end.
    fn trimmed(&self, range: Range<usize>) -> Range<usize> {
        let text = self.slice(&range);
        let start = range.end - text.trim_start().len();
        start..start + text.trim().len()
    }

    /// The word at the start, or nothing.
    fn word(&self, range: &Range<usize>) -> &str {
        let text = self.slice(range);
        let end = text.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(text.len());
        text.get(..end).unwrap_or_default()
    }
}

/// Templates are too short for an offset that does not fit.
fn span_of(range: &Range<usize>) -> Span {
    let offset = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    Span { start: offset(range.start), end: offset(range.end) }
}
