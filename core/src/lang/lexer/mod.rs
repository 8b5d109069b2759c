//! Text to tokens. Never fails: what cannot be read becomes a diagnostic, and lexing goes on behind it.

mod token;

#[cfg(test)]
mod tests;

pub(crate) use token::{Punctuation, Token, TokenKind};

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::diagnostic::{Diagnostic, Span, code};
use super::template::INDEX;

/// All tokens of a text, the last of them `End`.
pub(crate) fn tokens(text: &str) -> (Vec<Token>, Vec<Diagnostic>) {
    tokens_from(text, 0)
}

/// Those from a place on.
pub(crate) fn tokens_from(text: &str, start: usize) -> (Vec<Token>, Vec<Diagnostic>) {
    let mut lexer = Lexer { text, at: start, tokens: Vec::new(), diagnostics: Vec::new() };
    while lexer.next() {}
    lexer.push(lexer.at, TokenKind::End);
    (lexer.tokens, lexer.diagnostics)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
    diagnostics: Vec<Diagnostic>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Length of the longest start of the rest whose characters all pass.
    fn run(&self, from: usize, accept: impl Fn(char) -> bool) -> usize {
        let rest = self.rest().get(from..).unwrap_or_default();
        rest.find(|c| !accept(c)).unwrap_or(rest.len())
    }

    fn span(&self, start: usize) -> Span {
        Span { start: offset(start), end: offset(self.at) }
    }

    fn push(&mut self, start: usize, kind: TokenKind) {
        let span = self.span(start);
        self.tokens.push(Token { kind, span });
    }

    fn report(&mut self, start: usize, code: &str, message: impl Into<String>, help: &str) {
        let found = Diagnostic::error(code, self.span(start), message);
        self.diagnostics.push(if help.is_empty() { found } else { found.help(help) });
    }

    /// Reads one token; false at the end.
    fn next(&mut self) -> bool {
        self.at += self.run(0, char::is_whitespace);
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return false };
        let second = rest.chars().nth(1).unwrap_or(' ');
        if starts_word(first) {
            self.word();
        } else if let Some(length) = quoted_name(rest) {
            self.quoted_name(length);
        } else if first.is_ascii_digit()
            || (first == '.' && second.is_ascii_digit() && self.point_starts_number())
        {
            self.number();
        } else if closing_quotes(first).is_some() {
            self.string(first);
        } else if first == '$' && second.is_ascii_digit() {
            self.parameter();
        } else if rest.starts_with("@{") {
            self.context();
        } else if is_id(rest) {
            let start = self.at;
            self.at += "@id".len();
            self.push(start, TokenKind::Word("_id".into()));
        } else if is_index(rest) {
            let start = self.at;
            self.at += INDEX.len();
            self.push(start, TokenKind::Context(INDEX.into()));
        } else if let Some((text, kind)) = Punctuation::ALL.iter().find(|(text, _)| rest.starts_with(text)) {
            let start = self.at;
            self.at += text.len();
            self.push(start, TokenKind::Punctuation(*kind));
        } else {
            self.junk();
        }
        true
    }

    /// `.45` is a number, but the point of `a.45` or `f().45` belongs to what is before it.
    fn point_starts_number(&self) -> bool {
        match self.tokens.last() {
            None => true,
            Some(before) if before.span.end != offset(self.at) => true,
            Some(before) => match &before.kind {
                TokenKind::Punctuation(kind) => !matches!(
                    kind,
                    Punctuation::ParenClose | Punctuation::BracketClose | Punctuation::BraceClose
                ),
                TokenKind::Word(_)
                | TokenKind::QuotedName(_)
                | TokenKind::Integer(_)
                | TokenKind::Double(_)
                | TokenKind::String(_)
                | TokenKind::Parameter(_)
                | TokenKind::Context(_)
                | TokenKind::End => false,
            },
        }
    }

    fn quoted_name(&mut self, length: usize) {
        let start = self.at;
        let quoted = self.rest().get(..length).unwrap_or_default();
        self.at += length;
        let name = quoted.trim_start_matches(['$', '{', '`']).trim_end_matches(['}', '`']);
        self.push(start, TokenKind::QuotedName(name.into()));
    }

    fn word(&mut self) {
        let start = self.at;
        let length = self.run(0, continues_word);
        let mut word = self.rest().get(..length).unwrap_or_default();
        self.at += length;
        if word == "xdm" {
            let behind = self.rest().strip_prefix(':').unwrap_or_default();
            if behind.starts_with(starts_word) {
                self.at += 1;
                let length = self.run(0, continues_word);
                word = self.rest().get(..length).unwrap_or_default();
                self.at += length;
            } else if is_id(behind) {
                self.at += ":@id".len();
                word = "_id";
            }
        }
        self.push(start, TokenKind::Word(word.into()));
    }

    fn number(&mut self) {
        let start = self.at;
        let digits = |c: char| c.is_ascii_digit();
        let mut length = self.run(0, digits);
        let mut whole = true;
        let rest = self.rest();
        let byte = |at: usize| rest.as_bytes().get(at).copied().unwrap_or_default();
        if byte(length) == b'.' && byte(length + 1).is_ascii_digit() {
            length += 1 + self.run(length + 1, digits);
            whole = false;
        }
        if byte(length).eq_ignore_ascii_case(&b'e') {
            let sign = usize::from(matches!(byte(length + 1), b'+' | b'-'));
            if byte(length + 1 + sign).is_ascii_digit() {
                length += 1 + sign + self.run(length + 1 + sign, digits);
                whole = false;
            }
        }
        let text = rest.get(..length).unwrap_or_default();
        self.at += length;
        // `56L`: the suffix of a long, as in Java.
        if whole && byte(length).eq_ignore_ascii_case(&b'l') && self.run(0, continues_word) == 1 {
            self.at += 1;
        }
        let kind = if whole {
            text.parse().ok().filter(|number| *number <= MAGNITUDE_MAX).map(TokenKind::Integer)
        } else {
            text.parse().ok().filter(|number: &f64| number.is_finite()).map(TokenKind::Double)
        };
        if kind.is_none() {
            let help = "whole numbers have 64 bits; write it with a decimal point if it may be rounded";
            self.report(start, code::BAD_NUMBER, "the number is out of range", help);
        }
        self.push(start, kind.unwrap_or(TokenKind::Integer(0)));
        let tail = self.run(0, continues_word);
        if tail > 0 {
            let start = self.at;
            self.at += tail;
            self.report(
                start,
                code::BAD_NUMBER,
                "letters directly after a number",
                "put a space between them",
            );
        }
    }

    fn string(&mut self, quote: char) {
        let start = self.at;
        let closing = closing_quotes(quote).unwrap_or_default();
        let mut value = String::new();
        let mut characters = self.rest().char_indices().skip(1);
        while let Some((index, c)) = characters.next() {
            if closing.contains(c) {
                self.at = start + index + c.len_utf8();
                self.push(start, TokenKind::String(value));
                return;
            }
            if c != '\\' {
                value.push(c);
                continue;
            }
            let Some((_, escaped)) = characters.next() else { break };
            if escaped == 'u' {
                let digits: String = characters.clone().take(4).map(|(_, digit)| digit).collect();
                let unit =
                    Some(digits).filter(|it| it.len() == 4).and_then(|it| u32::from_str_radix(&it, 16).ok());
                if let Some(read) = unit.and_then(char::from_u32) {
                    value.push(read);
                    characters.by_ref().take(4).for_each(drop);
                    continue;
                }
            }
            if let Some(meaning) = unescape(escaped) {
                value.push(meaning);
            } else {
                let at = offset(start + index);
                let span = Span { start: at, end: at + 1 + offset(escaped.len_utf8()) };
                let found =
                    Diagnostic::error(code::UNKNOWN_ESCAPE, span, format!("unknown escape `\\{escaped}`"));
                self.diagnostics
                    .push(found.help(format!("a backslash itself is written twice: `\\\\{escaped}`")));
                value.extend(['\\', escaped]);
            }
        }
        // Going on at the next line finds the errors behind a forgotten quote; once, or the time would be quadratic.
        let again = self.diagnostics.iter().any(|found| found.code == code::UNTERMINATED_STRING);
        self.at += self.run(0, |c| again || c != '\n');
        let help = format!("end it with `{quote}`, or find the string before it that has no end");
        self.report(start, code::UNTERMINATED_STRING, "the string has no end", &help);
        self.push(start, TokenKind::String(value));
    }

    fn parameter(&mut self) {
        let start = self.at;
        let length = self.run(1, |c| c.is_ascii_digit());
        let number = self.rest().get(1..=length).and_then(|digits| digits.parse().ok());
        self.at += 1 + length;
        if number.is_none() {
            self.report(start, code::BAD_NUMBER, "the parameter number is out of range", "");
        }
        self.push(start, TokenKind::Parameter(number.unwrap_or(1)));
    }

    fn context(&mut self) {
        let start = self.at;
        let mut open = 0_u32;
        for (index, c) in self.rest().char_indices() {
            match c {
                '{' => open += 1,
                '}' if open == 1 => {
                    let name = self.rest().get("@{".len()..index).unwrap_or_default().into();
                    self.at += index + 1;
                    self.push(start, TokenKind::Context(name));
                    return;
                }
                '}' => open = open.saturating_sub(1),
                _ if c.is_whitespace() => break,
                _ => {}
            }
        }
        self.at += self.run(0, |c| !c.is_whitespace());
        self.report(
            start,
            code::UNTERMINATED_REFERENCE,
            "the context reference has no end",
            "end it with `}`",
        );
        self.push(start, TokenKind::Context(String::new()));
    }

    /// One diagnostic for a whole run of them, or a kilobyte of NULs would be a thousand.
    fn junk(&mut self) {
        let start = self.at;
        let accept = |c: char| {
            !c.is_whitespace()
                && !starts_word(c)
                && !c.is_ascii_digit()
                && closing_quotes(c).is_none()
                && !matches!(c, '$' | '@' | '`')
                && !Punctuation::ALL.iter().any(|(text, _)| text.starts_with(c))
        };
        let first = self.rest().chars().next().map_or(1, char::len_utf8);
        self.at += first;
        self.at += self.run(0, accept);
        let shown = self.text.get(start..start + first).unwrap_or_default().escape_debug();
        self.report(start, code::UNKNOWN_CHARACTER, format!("`{shown}` has no meaning here"), "");
    }
}

/// Of a negative number: `i64::MIN` has it.
const MAGNITUDE_MAX: u64 = i64::MIN.unsigned_abs();

/// XDM's JSON-LD spelling of the field that stored data call `_id`.
fn is_id(text: &str) -> bool {
    text.strip_prefix("@id").is_some_and(|behind| !behind.starts_with(continues_word))
}

/// The number of the item of a block of templates. Without braces it is no name of a decision's context.
fn is_index(text: &str) -> bool {
    text.strip_prefix(INDEX).is_some_and(|behind| !behind.starts_with(continues_word))
}

/// What ends a string that this begins. What editors and web pages make of straight quotes is read as it was meant.
fn closing_quotes(quote: char) -> Option<&'static str> {
    match quote {
        '"' => Some("\""),
        '\'' => Some("'"),
        '“' | '”' | '„' => Some("“”\""),
        '‘' | '’' | '‚' => Some("‘’'"),
        _ => None,
    }
}

/// How long the quoted name is that a text begins with. It has a character at least, and no other quote.
fn quoted_name(text: &str) -> Option<usize> {
    let (open, close) = [("`", '`'), ("${", '}')].into_iter().find(|(open, _)| text.starts_with(open))?;
    let inside = text.get(open.len()..)?.split_once(close)?.0;
    let is_name = !inside.is_empty() && !inside.contains(['`', '{', '}', '$', '\n']);
    is_name.then_some(open.len() + inside.len() + close.len_utf8())
}

/// Whether a name is a word, so that it is written without quotes.
pub(crate) fn is_word(name: &str) -> bool {
    name.starts_with(starts_word) && name.chars().all(continues_word)
}

fn starts_word(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

fn continues_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

fn unescape(escaped: char) -> Option<char> {
    match escaped {
        '\\' | '"' | '\'' | '/' => Some(escaped),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'b' => Some('\u{8}'),
        'f' => Some('\u{c}'),
        _ => None,
    }
}

/// The parser refuses longer texts than a `u32` counts before it lexes them.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
