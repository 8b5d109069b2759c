//! Tokens of texts: numbers, strings, names, and what has no meaning.

use alloc::vec;

use super::*;

fn check(text: &str, expected: Vec<TokenKind>) {
    let (found, diagnostics) = tokens(text);
    assert_eq!(diagnostics, [], "{text}");
    let kinds: Vec<_> =
        found.into_iter().map(|token| token.kind).filter(|it| *it != TokenKind::End).collect();
    assert_eq!(kinds, expected, "{text}");
}

fn check_error(text: &str, expected: &[&str]) {
    let found: Vec<_> = tokens(text).1.into_iter().map(|found| found.code).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn numbers_in_every_form() {
    check("412", vec![TokenKind::Integer(412)]);
    check("56L", vec![TokenKind::Integer(56)]);
    check("3.25", vec![TokenKind::Double(3.25)]);
    check(".45", vec![TokenKind::Double(0.45)]);
    check("2.02E12", vec![TokenKind::Double(2.02e12)]);
    check("2.02E-12", vec![TokenKind::Double(2.02e-12)]);
    check("1e3", vec![TokenKind::Double(1000.0)]);
    check_error(&"9".repeat(400), &[code::BAD_NUMBER]);
    check_error(&alloc::format!("1{}.0e999", "0".repeat(400)), &[code::BAD_NUMBER]);
    check_error("12abc", &[code::BAD_NUMBER]);
    check_error("$99999999999", &[code::BAD_NUMBER]);
}

#[test]
fn strings_in_either_quotes_with_escapes() {
    check(
        r#""a\"b\\w" 'it''s'"#,
        vec![
            TokenKind::String("a\"b\\w".into()),
            TokenKind::String("it".into()),
            TokenKind::String("s".into()),
        ],
    );
    check(r#""K\u00f6ln""#, vec![TokenKind::String("Köln".into())]);
    let text = |text: &str| TokenKind::String(text.into());
    check("“CA” “OR\" ‘it’ „so“", vec![text("CA"), text("OR"), text("it"), text("so")]);
    check("\"“a”\" '’'", vec![text("“a”"), text("’")]);
    check_error("\"a”", &[code::UNTERMINATED_STRING]);
    check_error(r#""\d""#, &[code::UNKNOWN_ESCAPE]);
    check_error(r#""\u12""#, &[code::UNKNOWN_ESCAPE]);
    check_error(r#""abc"#, &[code::UNTERMINATED_STRING]);
    check_error("\"abc\\", &[code::UNTERMINATED_STRING]);
}

#[test]
fn prefixes_go_and_context_references_nest() {
    let word = |text: &str| TokenKind::Word(text.into());
    let dot = TokenKind::Punctuation(Punctuation::Dot);
    check("o.xdm:tags", vec![word("o"), dot.clone(), word("tags")]);
    check("o.xdm:@id", vec![word("o"), dot, word("_id")]);
    check("@id", vec![word("_id")]);
    check_error("@ids", &[code::UNKNOWN_CHARACTER]);
    check("@{a/{b}/c}", vec![TokenKind::Context("a/{b}/c".into())]);
    check_error("@{a", &[code::UNTERMINATED_REFERENCE]);
}

#[test]
fn names_that_are_no_words_stand_in_quotes() {
    let name = |text: &str| TokenKind::QuotedName(text.into());
    let dot = || TokenKind::Punctuation(Punctuation::Dot);
    check("`17`.`first name`.`and`", vec![name("17"), dot(), name("first name"), dot(), name("and")]);
    check("${First.Name}", vec![name("First.Name")]);
    for text in ["``", "`a", "`a\n`", "${a"] {
        assert!(!tokens(text).1.is_empty(), "{text}");
    }
}

#[test]
fn a_run_of_characters_without_meaning_is_one_finding() {
    check_error(&"\0".repeat(10_000), &[code::UNKNOWN_CHARACTER]);
    check_error("a \\ b # c", &[code::UNKNOWN_CHARACTER, code::UNKNOWN_CHARACTER]);
    check_error("@ $", &[code::UNKNOWN_CHARACTER, code::UNKNOWN_CHARACTER]);
}
