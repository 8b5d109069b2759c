//! The place in the tokens: looking ahead, taking, reporting, and skipping to where parsing can go on.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::super::ast::{Expr, Kind, Name};
use super::super::diagnostic::{Diagnostic, Span, code};
use super::super::lexer::{Punctuation, TokenKind};
use super::super::words;
use super::{Parser, quoted};
use crate::limits::DIAGNOSTICS_MAX;

static END: TokenKind = TokenKind::End;

impl Parser<'_> {
    /// The token so many ahead; `End` from the end on.
    pub(super) fn ahead(&self, count: usize) -> &TokenKind {
        self.tokens.get(self.at.saturating_add(count)).map_or(&END, |token| &token.kind)
    }

    pub(super) fn peek(&self) -> &TokenKind {
        self.ahead(0)
    }

    pub(super) fn at_end(&self) -> bool {
        *self.peek() == TokenKind::End
    }

    /// The span of the next token; at the end, the empty span there.
    pub(super) fn span(&self) -> Span {
        self.tokens.get(self.at).or(self.tokens.last()).map_or(Span::default(), |token| token.span)
    }

    /// The span of the token before.
    pub(super) fn behind(&self) -> Span {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(Span::default(), |token| token.span)
    }

    pub(super) fn bump(&mut self) {
        if !self.at_end() {
            self.at += 1;
        }
    }

    /// Ends parsing here.
    pub(super) fn give_up(&mut self) {
        self.at = self.tokens.len();
    }

    fn gave_up(&self) -> bool {
        self.at >= self.tokens.len()
    }

    pub(super) fn is(&self, punctuation: Punctuation) -> bool {
        *self.peek() == TokenKind::Punctuation(punctuation)
    }

    pub(super) fn is_ahead(&self, count: usize, punctuation: Punctuation) -> bool {
        *self.ahead(count) == TokenKind::Punctuation(punctuation)
    }

    pub(super) fn accept(&mut self, punctuation: Punctuation) -> bool {
        let found = self.is(punctuation);
        if found {
            self.bump();
        }
        found
    }

    /// The word so many ahead, or "", which is none.
    pub(super) fn word(&self, count: usize) -> &str {
        match self.ahead(count) {
            TokenKind::Word(word) => word,
            TokenKind::QuotedName(_)
            | TokenKind::Integer(_)
            | TokenKind::Double(_)
            | TokenKind::String(_)
            | TokenKind::Parameter(_)
            | TokenKind::Context(_)
            | TokenKind::Punctuation(_)
            | TokenKind::End => "",
        }
    }

    pub(super) fn is_word(&self, count: usize, keyword: &str) -> bool {
        words::is(self.word(count), keyword)
    }

    pub(super) fn accept_word(&mut self, keyword: &str) -> bool {
        let found = self.is_word(0, keyword);
        if found {
            self.bump();
        }
        found
    }

    /// Takes a word as a name.
    pub(super) fn name(&mut self) -> Option<Name> {
        let text = self.word(0).to_string();
        if text.is_empty() {
            return None;
        }
        let span = self.span();
        self.bump();
        Some(Name { text, span })
    }

    /// The next token, for a message.
    pub(super) fn found(&self) -> String {
        let span = self.span();
        match self.text.get(span.start as usize..span.end as usize) {
            Some(text) if !text.is_empty() => quoted(text),
            Some(_) | None => "the end".into(),
        }
    }

    pub(super) fn report(&mut self, code: &str, message: impl Into<String>) {
        self.report_with(code, message, "");
    }

    pub(super) fn report_with(&mut self, code: &str, message: impl Into<String>, help: &str) {
        let span = self.span();
        self.report_at(span, code, message, help);
    }

    /// Reports unless this place has been reported already: what follows a first mistake is mostly its consequence.
    pub(super) fn report_at(&mut self, span: Span, code: &str, message: impl Into<String>, help: &str) {
        if self.gave_up() || self.reported_at == Some(self.at) {
            return;
        }
        self.reported_at = Some(self.at);
        let found = Diagnostic::error(code, span, message);
        self.diagnostics.push(if help.is_empty() { found } else { found.help(help) });
        if self.diagnostics.len() >= DIAGNOSTICS_MAX {
            self.give_up();
        }
    }

    pub(super) fn error(&self) -> Expr {
        Expr::new(Kind::Error, self.span())
    }

    /// `parse` with the flags of the surrounding expression put aside: brackets start afresh.
    pub(super) fn inside<T>(&mut self, parse: impl FnOnce(&mut Self) -> T) -> T {
        let in_ends_expression = core::mem::take(&mut self.in_ends_expression);
        let out = parse(self);
        self.in_ends_expression = in_ends_expression;
        out
    }

    /// Items up to the closing bracket; the opening one, at `open`, is already taken.
    pub(super) fn items<T>(
        &mut self,
        open: Span,
        closer: Punctuation,
        mut parse: impl FnMut(&mut Self) -> T,
    ) -> Vec<T> {
        self.inside(|parser| {
            let mut items = Vec::new();
            if parser.accept(closer) {
                return items;
            }
            loop {
                items.push(parse(parser));
                if parser.accept(Punctuation::Comma) {
                    continue;
                }
                if parser.is(closer) || !parser.skip_to_comma(open, closer) {
                    break;
                }
            }
            parser.close(open, closer);
            items
        })
    }

    /// Reports what stands where a comma should, and goes on behind the next comma of this bracket, if there is one.
    fn skip_to_comma(&mut self, open: Span, closer: Punctuation) -> bool {
        if !self.at_end() {
            let message = format!("expected `,` or `{}`, found {}", closer.text(), self.found());
            self.report(code::UNEXPECTED, message);
            self.skip(true);
        }
        if self.at_end() {
            self.close(open, closer);
        }
        self.accept(Punctuation::Comma)
    }

    /// Takes the closing bracket, or reports its absence and goes on behind where it most likely is.
    pub(super) fn close(&mut self, open: Span, closer: Punctuation) {
        if self.accept(closer) {
            return;
        }
        // A closing bracket of another kind: the opening one is what is wrong.
        if !self.at_end() && !closes(self.peek()) {
            let message = format!("expected `{}`, found {}", closer.text(), self.found());
            self.report(code::UNEXPECTED, message);
            self.skip(false);
        }
        if !self.accept(closer) {
            let opener = self.text.get(open.start as usize..open.end as usize).unwrap_or_default();
            let message = format!("`{opener}` is missing its `{}`", closer.text());
            let found = self.found();
            let help = if self.at_end() { String::new() } else { format!("close it before the {found}") };
            self.report_at(open, code::UNCLOSED, message, &help);
        }
    }

    /// Skips to the next closing bracket of this level (or comma, if `comma`), or to the end.
    fn skip(&mut self, comma: bool) {
        let mut open = 0_usize;
        while !self.at_end() {
            if opens(self.peek()) {
                open += 1;
            } else if closes(self.peek()) {
                if open == 0 {
                    return;
                }
                open -= 1;
            } else if comma && open == 0 && self.is(Punctuation::Comma) {
                return;
            }
            self.bump();
        }
    }

    /// The distance to the bracket that closes the one at `from` ahead.
    pub(super) fn matching(&self, from: usize) -> Option<usize> {
        let mut open = 0_usize;
        let mut count = from;
        loop {
            let kind = self.ahead(count);
            if opens(kind) {
                open += 1;
            } else if closes(kind) {
                open = open.checked_sub(1)?;
                if open == 0 {
                    return Some(count);
                }
            } else if *kind == TokenKind::End {
                return None;
            }
            count += 1;
        }
    }
}

pub(super) fn opens(kind: &TokenKind) -> bool {
    use Punctuation::{BraceOpen, BracketOpen, ParenOpen};
    matches!(kind, TokenKind::Punctuation(ParenOpen | BracketOpen | BraceOpen))
}

pub(super) fn closes(kind: &TokenKind) -> bool {
    use Punctuation::{BraceClose, BracketClose, ParenClose};
    matches!(kind, TokenKind::Punctuation(ParenClose | BracketClose | BraceClose))
}
