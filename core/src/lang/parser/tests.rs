//! What texts mean, how errors are reported, and that nothing a caller sends can break the parser.

use std::string::String;
use std::vec::Vec;
use std::{format, vec};

use super::super::diagnostic::code;
use super::super::print;
use super::*;

/// The canonical text shows the tree.
fn check(text: &str, expected: &str) {
    let parsed = parse(text);
    assert_eq!(parsed.diagnostics, [], "{text}");
    assert_eq!(print(&parsed.tree), expected, "{text}");
    assert_eq!(parse(expected).tree, parsed.tree, "{text}");
}

fn check_errors(text: &str, expected: &[&str]) {
    let found: Vec<String> = parse(text).diagnostics.into_iter().map(|found| found.code).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn operators_bind_as_decided() {
    check("a or b and not c = d + e * -f.g", "a or b and not c = d + e * -f.g");
    check("(((a = 1) and (b))) or ((c))", "a = 1 and b or c");
    check("(a or b) and c", "(a or b) and c");
    check("not a = b", "not a = b");
    check("(not a) = b", "(not a) = b");
    check("!(a) and NOT b", "not a and not b");
    check("a - b - c - (d - e)", "a - b - c - (d - e)");
    check("-(5) + -5 - -x", "-(5) + -5 - -x");
    check("-5.f()", "-5.f()");
    check("(-5).f()", "(-5).f()");
    check("(a = b) = c", "(a = b) = c");
}

#[test]
fn literals_read_back() {
    check(
        "[1, -9223372036854775808, .45, 2.02E12, 1e300, 'it', true, NULL]",
        r#"[1, -9223372036854775808, 0.45, 2020000000000.0, 1e300, "it", true, null]"#,
    );
    check("{\"a\": 1, b: {}}", r#"{"a": 1, "b": {}}"#);
    check(r#""a\n\"\\\u0001""#, r#""a\n\"\\\u0001""#);
}

#[test]
fn words_of_the_language_are_names_where_nothing_else_fits() {
    check("this.last.next = date and min > max", "this.last.next = date and min > max");
    check("select = sum and all in one", "select = sum and all in one");
    check("a.in.and.occurs", "a.in.and.occurs");
    check("if = let", "if = let");
    check("sum(x) > min(y)", "sum(x) > min(y)");
    check("t occurs (now) ", "t occurs on (now)");
    check("t occurs after today.start", "t occurs after (today.start)");
}

#[test]
fn quantifiers_reach_as_far_right_as_they_can() {
    check("a and select x from y where x.b or c", "a and (select x from y where x.b or c)");
    check("f(select x from y where c, z)", "f(select x from y where c, z)");
    check("SOME x FROM y.z : x, w FROM x WHERE w", "exists x from y.z where x, w from x where w");
    check("select x from y where select z from w where z", "select x from y where (select z from w where z)");
    check("(forall x from y where x).f", "(forall x from y where x).f");
}

#[test]
fn aggregates_in_operator_form() {
    check("sum X.a + X.b over X from xEvent where c", "sum (X.a + X.b) over X from xEvent where c");
    check("sum (X.a) over X from xEvent", "sum X.a over X from xEvent");
    check("max X from numbers where X > 3", "max X from numbers where X > 3");
    check("sum (sum(x)) over x from y", "sum (sum(x)) over x from y");
    check(
        "let S = (sum X.p over X from e) in (S > 1 and S in [2])",
        "let S = (sum X.p over X from e) in S > 1 and S in [2]",
    );
    check("let a = let b = 1 in b in a", "let a = (let b = 1 in b) in a");
}

#[test]
fn scopes_filters_and_lambdas() {
    check(
        "xEvent[items[SKU = ^.x and ^^y.z = ^]].count()",
        "xEvent[items[SKU = ^.x and ^^.y.z = ^]].count()",
    );
    check("(K, G) => mapEntry(K, G.sum(a))", "(K, G) => mapEntry(K, G.sum(a))");
    check("$1.a = $2.b", "$1.a = $2.b");
    check("@{_xdm.context;version=1}.weather", "@{_xdm.context;version=1}.weather");
    check("o.xdm:tags.xdm:@id", "o.tags._id");
    check("a in (\"x\", 'y')", r#"a in ["x", "y"]"#);
    check("a in ([1])", "a in [1]");
}

#[test]
fn every_form_of_occurs() {
    check("t OCCURS <= 3 Days Before Now", "t occurs <= 3 days before now");
    check("t occurs 1 centuries from date(2020, 1, 1)", "t occurs = 1 century from date(2020, 1, 1)");
    check("t occurs after u.timestamp and x", "t occurs after u.timestamp and x");
    check("t occurs on \"2020-01-01\"", "t occurs on \"2020-01-01\"");
    check("t occurs last month or t occurs yesterday", "t occurs last month or t occurs yesterday");
    check(
        "t occurs between last month and last week and x",
        "t occurs between last month and last week and x",
    );
    check("t occurs before 1500000000000", "t occurs before (1500000000000)");
    check("t occurs != 2 hours after a.b[c]", "t occurs != 2 hours after (a.b[c])");
}

#[test]
fn chains_with_every_clause() {
    check(
        "CHAIN(xEvent, timestamp, [A: what(a = 1) count(2) when(< 2 hours before now) where(b), B:])",
        "chain(xEvent, timestamp, [A: WHAT(a = 1) WHEN(< 2 hours before now) WHERE(b) COUNT(2), B:])",
    );
    check("chain(e, t, [])", "chain(e, t, [])");
    check(
        "chain(e, t, [A: COUNT(at least 2), B: NOT WHAT(b) WHEN(within 2 Days after A), C: count(Exactly 3)])",
        "chain(e, t, [A: COUNT(2), B: WHAT(b) WHEN(<= 2 days after A) COUNT(exactly 0), C: COUNT(exactly 3)])",
    );
    check(
        "chain(e, t, [A: COUNT(at most 2) WHEN(between x and y and < 7 days before now), B: COUNT(between 0 and 1)])",
        "chain(e, t, [A: WHEN(between x and y and < 7 days before now) COUNT(at most 2), B: COUNT(at most 1)])",
    );
    check("t occurs within 3 days before now", "t occurs <= 3 days before now");
    check("t occurs within.x", "t occurs on within.x");
}

#[test]
fn several_errors_are_reported_at_once() {
    check_errors("a = = b and c = ", &[code::EXPECTED_EXPRESSION, code::EXPECTED_EXPRESSION]);
    check_errors(
        "f(a b, c = ) and",
        &[code::UNEXPECTED, code::EXPECTED_EXPRESSION, code::EXPECTED_EXPRESSION],
    );
    check_errors("a b", &[code::UNEXPECTED]);
    check_errors("t occurs < 3 parsecs before now or [1", &[code::BAD_OCCURS, code::UNCLOSED]);
}

#[test]
fn errors_name_what_was_expected() {
    check_errors("", &[code::EXPECTED_EXPRESSION]);
    check_errors("(a", &[code::UNCLOSED]);
    check_errors("f(a", &[code::UNCLOSED]);
    check_errors("a)", &[code::UNEXPECTED]);
    check_errors("a.", &[code::UNEXPECTED]);
    check_errors("a = b = c", &[code::CHAINED_COMPARISON]);
    check_errors("select x where c", &[code::BAD_VARIABLE]);
    check_errors("let x 3 in x", &[code::BAD_VARIABLE]);
    check_errors("{ a != 1 }", &[code::BAD_OBJECT]);
    check_errors("if (a, b)", &[code::UNEXPECTED]);
    check_errors("chain(e, t, [A: NEAR(a) COUNT(x)])", &[code::BAD_STEP, code::BAD_STEP]);
    check_errors("chain(e, t, [A: WHAT(a) WHAT(b)])", &[code::BAD_STEP]);
    check_errors("chain(e, t, [A: WHEN(today) WHEN(today)])", &[code::BAD_STEP]);
    check_errors("chain(e, t, [A: NOT WHAT(a) COUNT(2)])", &[code::BAD_STEP]);
    check_errors("chain(e, t, [A: COUNT(at 2)])", &[code::BAD_STEP]);
    check_errors("chain(e, t, [A: COUNT(between 2, 3)])", &[code::BAD_STEP]);
    check_errors("a in (1, 2", &[code::UNCLOSED]);
    check_errors("(1, 2)", &[code::UNEXPECTED]);
    check_errors("9223372036854775808", &[code::BAD_NUMBER]);
}

#[test]
fn nesting_is_limited_before_the_stack_is() {
    let n = 30_000;
    for text in [
        "(".repeat(n),
        "[".repeat(n),
        "{a:".repeat(10_000),
        "not ".repeat(10_000),
        "!".repeat(n),
        "- ".repeat(n),
        "f(".repeat(n),
        "a[".repeat(n),
        "if(".repeat(10_000),
        format!("a{}", ".b".repeat(n)),
        format!("a{}", "[b]".repeat(10_000)),
        format!("a{}", "+a".repeat(n)),
        "let a = ".repeat(8_000),
        "select a from ".repeat(4_000),
        "sum a over b from (".repeat(3_000),
        "(a) => ".repeat(8_000),
        "chain(a, b, [c: WHAT(".repeat(3_000),
    ] {
        let parsed = parse(&text);
        assert!(parsed.diagnostics.iter().any(|found| found.code == code::TOO_DEEP), "{text:.40}");
        assert!(parsed.diagnostics.len() <= DIAGNOSTICS_MAX);
        print(&parsed.tree);
    }
    check_errors(&"a".repeat(EXPRESSION_BYTES_MAX + 1), &[code::TEXT_TOO_LONG]);
}

#[test]
fn long_flat_texts_are_no_problem() {
    let text = vec!["a = 1"; 5_000].join(" or ");
    check(&text, &text);
    let text = format!("a in [{}]", vec!["1"; 10_000].join(", "));
    check(&text, &text);
    let carets = "^".repeat(60_000);
    check(&carets, &carets);
}

#[test]
fn hostile_texts_end_in_diagnostics() {
    let n = 20_000;
    for text in [
        "\0".repeat(n),
        "\\".repeat(n),
        "\"".repeat(n + 1),
        "\"\\\"\n".repeat(15_000),
        "@{ ".repeat(n),
        "= ".repeat(n),
        ") ".repeat(n),
        ", ".repeat(n),
        "( ] ".repeat(10_000),
        "a b ".repeat(10_000),
        "\u{feff}\u{202e}é".repeat(3_000),
        "9".repeat(400),
        "sum(".repeat(10_000),
        "x.".repeat(n),
        "t occurs ".repeat(5_000),
        "}".repeat(n),
    ] {
        let parsed = parse(&text);
        assert!(parsed.has_errors());
        assert!(parsed.diagnostics.len() <= DIAGNOSTICS_MAX);
        for found in &parsed.diagnostics {
            found.render(&text);
        }
    }
}
