//! A template cut into text and tags. What stands inside a tag is only looked at for where the tag ends.

use alloc::vec::Vec;
use core::ops::Range;

/// A piece of a template, by its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// Text outside of tags.
    Text(Range<usize>),
    /// A tag: its place, that of what is in it, and which it is.
    Tag { whole: Range<usize>, inside: Range<usize>, kind: Tag },
    /// A tag without an end: where it begins.
    Unclosed(usize),
}

/// The kinds of tag, by how they begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tag {
    /// `{{!-- ... --}}`, `{{! ... }}`
    Comment,
    /// `{{{ ... }}}`, `{%= ... %}`
    Plain,
    /// `{{ ... }}`
    Escaped,
    /// `{% ... %}`
    Statement,
    /// `{{# ... }}`, `{%# ... %}`
    Open,
    /// `{{/ ... }}`, `{%/ ... %}`
    Close,
}

/// How tags begin and end, longest first.
const TAGS: [(&str, &str, Tag); 10] = [
    ("{{!--", "--}}", Tag::Comment),
    ("{{!", "}}", Tag::Comment),
    ("{{{", "}}}", Tag::Plain),
    ("{{#", "}}", Tag::Open),
    ("{{/", "}}", Tag::Close),
    ("{{", "}}", Tag::Escaped),
    ("{%#", "%}", Tag::Open),
    ("{%/", "%}", Tag::Close),
    ("{%=", "%}", Tag::Plain),
    ("{%", "%}", Tag::Statement),
];

/// The pieces of a template, in order. Behind a tag without an end there is nothing more.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let start = [rest.find("{{"), rest.find("{%")].into_iter().flatten().min();
        let end = at + start.unwrap_or(rest.len());
        if end > at {
            found.push(Piece::Text(at..end));
        }
        if start.is_none() {
            return found;
        }
        let tag = text.get(end..).unwrap_or_default();
        let Some((open, close, kind)) = TAGS.iter().find(|(open, ..)| tag.starts_with(open)) else {
            return found;
        };
        let inside = end + open.len();
        let body = text.get(inside..).unwrap_or_default();
        let length = if *kind == Tag::Comment { body.find(close) } else { length(body, close) };
        let Some(length) = length else {
            found.push(Piece::Unclosed(end));
            return found;
        };
        at = inside + length + close.len();
        found.push(Piece::Tag { whole: end..at, inside: inside..inside + length, kind: *kind });
    }
}

/// Up to the end of a tag that is not in a string or in the braces of an object. A quote that nothing answers is no string.
fn length(body: &str, close: &str) -> Option<usize> {
    let mut open = 0_u32;
    let mut skip_to = 0;
    for (at, c) in body.char_indices() {
        if at < skip_to {
            continue;
        }
        let rest = body.get(at..).unwrap_or_default();
        match c {
            '"' | '\'' => skip_to = at + string_length(rest, c).unwrap_or(0),
            _ if open == 0 && rest.starts_with(close) => return Some(at),
            '{' => open += 1,
            '}' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// How long the string is that a text begins with.
fn string_length(text: &str, quote: char) -> Option<usize> {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if is_escaped {
            is_escaped = false;
        } else if c == '\\' {
            is_escaped = true;
        } else if c == quote {
            return Some(at + c.len_utf8());
        } else if c == '\n' {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn check(text: &str, expected: Vec<Piece>) {
        assert_eq!(pieces(text), expected, "{text}");
    }

    fn tag(whole: Range<usize>, inside: Range<usize>, kind: Tag) -> Piece {
        Piece::Tag { whole, inside, kind }
    }

    #[test]
    fn text_and_tags_take_turns() {
        check("a", vec![Piece::Text(0..1)]);
        check("a{{b}}c", vec![Piece::Text(0..1), tag(1..6, 3..4, Tag::Escaped), Piece::Text(6..7)]);
        check("{{{b}}}", vec![tag(0..7, 3..4, Tag::Plain)]);
        check("{%/if%}", vec![tag(0..7, 3..5, Tag::Close)]);
        check("{{!--}}--}}", vec![tag(0..11, 5..7, Tag::Comment)]);
    }

    #[test]
    fn strings_and_objects_do_not_end_a_tag() {
        check("{{\"}}\"}}", vec![tag(0..8, 2..6, Tag::Escaped)]);
        check("{{ {\"a\": {}} }}", vec![tag(0..15, 2..13, Tag::Escaped)]);
        check("{%= '%}' %}", vec![tag(0..11, 3..9, Tag::Plain)]);
        check("{{it's}}", vec![tag(0..8, 2..6, Tag::Escaped)]);
    }

    #[test]
    fn a_tag_without_an_end_ends_the_pieces() {
        check("a{{b", vec![Piece::Text(0..1), Piece::Unclosed(1)]);
        check("{%= a }}", vec![Piece::Unclosed(0)]);
    }
}
