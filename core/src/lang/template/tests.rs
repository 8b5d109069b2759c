//! Templates read, written and refused.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use proptest::prelude::*;

use super::super::diagnostic::code;
use super::*;

fn check_prints(text: &str, expected: &str) {
    let parsed = parse(text);
    assert_eq!(parsed.diagnostics, [], "{text}");
    assert_eq!(print(&parsed.template), expected, "{text}");
    assert_eq!(parse(expected).template, parsed.template, "{text}");
}

fn check_refused(text: &str, expected: &[(&str, &str)]) {
    let found: Vec<(String, &str)> = parse(text)
        .diagnostics
        .iter()
        .map(|found| {
            let span = found.span.start as usize..found.span.end as usize;
            (found.code.clone(), text.get(span).unwrap_or_default())
        })
        .collect();
    let expected: Vec<(String, &str)> =
        expected.iter().map(|(code, at)| (String::from(*code), *at)).collect();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn every_helper_is_written_in_one_way() {
    check_prints("plain", "plain");
    check_prints("{{ a.b }}", "{{a.b}}");
    check_prints("{{a+1}}", "{{ a + 1 }}");
    check_prints("{{{a}}}", "{%= a %}");
    check_prints("{%=a ?: \"there\"%}", "{%= a ?: \"there\" %}");
    check_prints("{{! note }}", "{{!-- note --}}");
    check_prints("{%let n=a+1%}{{n}}", "{% let n = a + 1 %}{{n}}");
    check_prints("{{#if a}}x{{else}}y{{/if}}", "{%#if a%}x{%else%}y{%/if%}");
    check_prints(
        "{%#if a%}x{%elseif b%}y{%else if c%}z{%/if%}",
        "{%#if a%}x{%else if b%}y{%else if c%}z{%/if%}",
    );
    check_prints("{{#unless a}}x{{/unless}}", "{%#unless a%}x{%/unless%}");
    check_prints(
        "{{#each a.b as |c|}}{{@index}}{{c.d}}{{else}}-{{/each}}",
        "{{#each a.b as |c|}}{{@index}}{{c.d}}{{else}}-{{/each}}",
    );
    check_prints("{{#with a as | b |}}{{this}}{{/with}}", "{{#with a as |b|}}{{this}}{{/with}}");
    check_prints("{{#each a.alias}}{{/each}}", "{{#each a.alias}}{{/each}}");
    check_prints("{{ {\"a\": {}}.a }}", "{{ {\"a\": {}}.a }}");
}

#[test]
fn what_is_wrong_is_shown_where_it_stands() {
    check_refused("a {{b", &[(code::BAD_TEMPLATE, "{{")]);
    check_refused("{{#if a}}x", &[(code::BAD_TEMPLATE, "{{#if a}}")]);
    check_refused("x{{/if}}", &[(code::BAD_TEMPLATE, "{{/if}}")]);
    check_refused("{{#each a}}{%/if%}{{/each}}", &[(code::BAD_TEMPLATE, "{%/if%}")]);
    check_refused("{{else}}", &[(code::BAD_TEMPLATE, "{{else}}")]);
    check_refused("{%#if a%}{%else%}{%else%}{%/if%}", &[(code::BAD_TEMPLATE, "{%else%}")]);
    check_refused("{{#each a}}{{else if b}}{{/each}}", &[(code::BAD_TEMPLATE, "{{else if b}}")]);
    check_refused("{{#loop a}}", &[(code::BAD_TEMPLATE, "{{#loop a}}")]);
    check_refused("{% a %}", &[(code::BAD_TEMPLATE, "{% a %}")]);
    check_refused("{% let a %}", &[(code::BAD_TEMPLATE, "let a")]);
    check_refused("é {{a +}}", &[(code::EXPECTED_EXPRESSION, "")]);
    check_refused("é {{a ~ b}}", &[(code::UNKNOWN_CHARACTER, "~"), (code::UNEXPECTED, "b")]);
    check_refused("{{#each a as |1|}}{{/each}}", &[(code::BAD_TEMPLATE, "1")]);
}

#[test]
fn blocks_are_not_nested_without_end() {
    let deep = "{{#if a}}".repeat(1_000);
    assert!(parse(&deep).diagnostics.iter().any(|found| found.code == code::TOO_DEEP));
    let long = "x".repeat(300_000);
    assert_eq!(parse(&long).diagnostics[0].code, code::TEXT_TOO_LONG);
}

proptest! {
    #[test]
    fn any_text_is_survived_and_what_is_in_order_reads_back(
        parts in prop::collection::vec(
            prop_oneof![
                Just("{{"), Just("}}"), Just("{%"), Just("%}"), Just("{{{"), Just("#if a"), Just("#each b as |c|"),
                Just("/if"), Just("/each"), Just("else"), Just("{%="), Just("{{!--"), Just("--}}"), Just("let d = e"),
                Just("f.g"), Just("\""), Just("{"), Just("}"), Just(" "), Just("é"), Just("@index"), Just("|"),
            ],
            0..20,
        ),
    ) {
        let text: String = parts.concat();
        let parsed = parse(&text);
        if !parsed.has_errors() {
            let printed = print(&parsed.template);
            prop_assert_eq!(&parse(&printed).template, &parsed.template, "{} as {}", text, printed);
        }
    }
}
