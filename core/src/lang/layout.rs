//! Canonical text over several lines, for long expressions. Only white space is added, and white space means nothing
//! between tokens, so that the text reads back as the same tree.

use alloc::string::String;
use alloc::vec::Vec;

use super::ast::Expr;
use super::lexer::{self, Punctuation, TokenKind};
use super::print::print;
use super::words;

/// Lines are at most so many characters, where there is a place to break them.
const WIDTH: usize = 100;
const INDENT: usize = 4;

/// The canonical text; where it is long, broken at the loosest operators and inside brackets.
pub fn layout(expr: &Expr) -> String {
    let text = print(expr);
    if text.len() <= WIDTH {
        return text;
    }
    let (tokens, _) = lexer::tokens(&text);
    let mut pieces = Vec::new();
    let mut end = 0;
    for token in &tokens {
        let place = token.span.start as usize..token.span.end as usize;
        let spaced = place.start > end;
        end = place.end;
        if let (Some(text), false) = (text.get(place), token.kind == TokenKind::End) {
            pieces.push(Piece { text, spaced, kind: PieceKind::of(&token.kind) });
        }
    }
    let mut out = String::new();
    lay(&pieces, 0, &mut out);
    out
}

#[derive(Clone, Copy, Debug)]
struct Piece<'a> {
    text: &'a str,
    /// Whether there is a space before it.
    spaced: bool,
    kind: PieceKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PieceKind {
    Open,
    Close,
    Comma,
    Or,
    And,
    Other,
}

impl PieceKind {
    fn of(token: &TokenKind) -> Self {
        use Punctuation::{BraceClose, BraceOpen, BracketClose, BracketOpen, Comma, ParenClose, ParenOpen};
        match token {
            TokenKind::Punctuation(ParenOpen | BracketOpen | BraceOpen) => Self::Open,
            TokenKind::Punctuation(ParenClose | BracketClose | BraceClose) => Self::Close,
            TokenKind::Punctuation(Comma) => Self::Comma,
            TokenKind::Word(word) if words::is(word, "or") => Self::Or,
            TokenKind::Word(word) if words::is(word, "and") => Self::And,
            TokenKind::Word(_)
            | TokenKind::QuotedName(_)
            | TokenKind::Integer(_)
            | TokenKind::Double(_)
            | TokenKind::String(_)
            | TokenKind::Parameter(_)
            | TokenKind::Context(_)
            | TokenKind::Punctuation(_)
            | TokenKind::End => Self::Other,
        }
    }
}

fn lay(pieces: &[Piece<'_>], indent: usize, out: &mut String) {
    if indent + width(pieces) <= WIDTH {
        return flat(pieces, out);
    }
    for kind in [PieceKind::Comma, PieceKind::Or, PieceKind::And] {
        let mut breaks = outside(pieces, kind);
        // Behind the comma that ends a part there is nothing to part it from.
        breaks.pop_if(|place| kind == PieceKind::Comma && *place + 1 == pieces.len());
        if !breaks.is_empty() {
            return apart(pieces, &breaks, kind, indent, out);
        }
    }
    match longest(pieces) {
        Some((open, close)) => {
            let (head, rest) = pieces.split_at(open + 1);
            let (inside, tail) = rest.split_at(close - open - 1);
            flat(head, out);
            line(indent + INDENT, out);
            lay(inside, indent + INDENT, out);
            line(indent, out);
            flat(tail, out);
        }
        None => flat(pieces, out),
    }
}

/// A part on each line: a comma ends one, a word begins one.
fn apart(pieces: &[Piece<'_>], breaks: &[usize], kind: PieceKind, indent: usize, out: &mut String) {
    let mut from = 0;
    for at in breaks.iter().copied().chain(core::iter::once(pieces.len())) {
        let to = if kind == PieceKind::Comma { (at + 1).min(pieces.len()) } else { at };
        if from > 0 {
            line(indent, out);
        }
        let mut part = pieces.get(from..to).unwrap_or_default();
        if let Some((word, rest)) = part.split_first()
            && word.kind == kind
        {
            out.push_str(word.text);
            out.push(' ');
            part = rest;
        }
        // The lines of an item that begin with a word are set off from the next item.
        let has_words = [PieceKind::Or, PieceKind::And].iter().any(|word| !outside(part, *word).is_empty());
        let deeper = kind == PieceKind::Comma && has_words;
        lay(part, if deeper { indent + INDENT } else { indent }, out);
        from = to;
    }
}

fn line(indent: usize, out: &mut String) {
    out.push('\n');
    out.extend(core::iter::repeat_n(' ', indent));
}

fn flat(pieces: &[Piece<'_>], out: &mut String) {
    for (place, piece) in pieces.iter().enumerate() {
        if piece.spaced && place > 0 {
            out.push(' ');
        }
        out.push_str(piece.text);
    }
}

fn width(pieces: &[Piece<'_>]) -> usize {
    pieces.iter().map(|piece| piece.text.len() + usize::from(piece.spaced)).sum()
}

/// The places of a kind outside all brackets.
fn outside(pieces: &[Piece<'_>], kind: PieceKind) -> Vec<usize> {
    let mut depth = 0_usize;
    let mut found = Vec::new();
    for (place, piece) in pieces.iter().enumerate() {
        match piece.kind {
            PieceKind::Open => depth += 1,
            PieceKind::Close => depth = depth.saturating_sub(1),
            other if other == kind && depth == 0 => found.push(place),
            PieceKind::Comma | PieceKind::Or | PieceKind::And | PieceKind::Other => {}
        }
    }
    found
}

/// The brackets with most between them.
fn longest(pieces: &[Piece<'_>]) -> Option<(usize, usize)> {
    let mut open = Vec::new();
    let mut longest: Option<(usize, usize)> = None;
    for (place, piece) in pieces.iter().enumerate() {
        match piece.kind {
            PieceKind::Open => open.push(place),
            PieceKind::Close => {
                if let (Some(start), true) = (open.pop(), open.is_empty())
                    && longest.is_none_or(|(from, to)| place - start > to - from)
                {
                    longest = Some((start, place));
                }
            }
            PieceKind::Comma | PieceKind::Or | PieceKind::And | PieceKind::Other => {}
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::super::parse;
    use super::*;

    fn check(text: &str, expected: &str) {
        let tree = parse(text).tree;
        let found = layout(&tree);
        assert_eq!(found, expected);
        assert_eq!(parse(&found).tree, tree);
    }

    #[test]
    fn a_part_that_is_too_long_for_a_line_is_broken_inside_and_keeps_its_comma() {
        let (long, short) = ("a".repeat(60), "b".repeat(60));
        check(
            &format!("f(g({long}, {short}), {long}{short}, c)"),
            &format!("f(\n    g(\n        {long},\n        {short}\n    ),\n    {long}{short},\n    c\n)"),
        );
    }

    #[test]
    fn what_fits_a_line_stays_on_it() {
        check("a  =  1 and b=2", "a = 1 and b = 2");
    }

    #[test]
    fn long_texts_are_broken_at_the_loosest_operator_and_then_inside_brackets() {
        check(
            "loyalty.tier in [\"gold\", \"silver\"] and homeAddress.countryCode = \"NO\" and (not active or xEvent[eventType = \"commerce.purchases\" and timestamp occurs <= 30 days before now].count() >= 3)",
            "loyalty.tier in [\"gold\", \"silver\"]\nand homeAddress.countryCode = \"NO\"\nand (\n    not active\n    or xEvent[\n        eventType = \"commerce.purchases\" and timestamp occurs <= 30 days before now\n    ].count() >= 3\n)",
        );
    }

    #[test]
    fn operators_inside_texts_are_left_alone() {
        let long = alloc::format!("name = \"{}\"", "a and (b or c), ".repeat(10));
        check(&long, &long);
    }
}
