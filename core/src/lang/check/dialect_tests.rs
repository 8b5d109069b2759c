//! What calculated fields have and PQL does not, and what functions of dates and locales refuse.

use super::tests::{compiled, compiled_in};
use super::*;

fn codes(found: Result<Checked, Vec<Diagnostic>>) -> Vec<String> {
    found.err().into_iter().flatten().map(|found| found.code).collect()
}

fn check_dialects(text: &str, pql: &[&str], calculated: &[&str]) {
    assert_eq!(codes(compiled(text)), pql, "PQL: {text}");
    assert_eq!(codes(compiled_in(Dialect::CalculatedField, text)), calculated, "calculated: {text}");
}

#[test]
fn calculated_fields_have_items_by_number_and_functions_of_their_own() {
    check_dialects("tags[0]", &[code::INDEX], &[]);
    check_dialects("tags[0].equals(\"a\")", &[code::INDEX], &[]);
    check_dialects("iif(active, 1, 2)", &[code::UNKNOWN_FUNCTION], &[]);
    check_dialects("iif(active, 1)", &[code::UNKNOWN_FUNCTION], &[code::ARGUMENT_COUNT]);
    check_dialects("size_of(tags)", &[code::UNKNOWN_FUNCTION], &[]);
    check_dialects("sha1(tags[0], \"UTF-8\")", &[code::UNKNOWN_FUNCTION], &[]);
    check_dialects("md5(person.name, \"UTF-8\")", &[code::ARGUMENT_COUNT], &[]);
    check_dialects("join(tags, \",\")", &[], &[code::NOT_A_LIST]);
    check_dialects("join(\",\", tags)", &[code::NOT_A_LIST], &[]);
    let found = compiled("coalesce(person.name, \"\")").unwrap_err();
    assert!(found[0].help.as_deref().unwrap().contains("calculated fields"));
}

#[test]
fn lists_put_together_again_and_again_are_refused() {
    let mut doubled = String::from("let a0 = to_array(true, 1, 1) in ");
    for index in 0..20 {
        doubled += &format!("let a{} = to_array(true, a{index}, a{index}) in ", index + 1);
    }
    check_dialects(&(doubled + "a20"), &[code::UNKNOWN_FUNCTION; 21], &[code::TOO_LARGE]);
}

#[test]
fn patterns_and_locales_are_checked() {
    let check = |text: &str, expected: &[&str]| assert_eq!(codes(compiled(text)), expected, "{text}");
    check("formatDate(seen, \"MM/DD/YY\")", &[]);
    check("formatDate(seen, \"bb\")", &[code::BAD_FORMAT]);
    check("formatDate(seen, \"MMMM\", \"fr_FR\")", &[]);
    check("formatDate(seen, \"MMMM\", \"pl_PL\")", &[code::BAD_FORMAT]);
    check("formatDate(seen, \"MM\", \"pl_PL\")", &[]);
    check("formatDate(score, \"MM\")", &[code::NOT_A_TIME]);
    check("stringToDate(person.name, \"ww\")", &[code::BAD_FORMAT]);
    check("toDateTime(seen).getYear()", &[]);
    check("toDateTime(active)", &[code::ARGUMENT_TYPE]);
    check("formatCurrency(score, \"en_GB\")", &[]);
    check("formatCurrency(score, \"en_UK\")", &[code::BAD_FORMAT]);
    check("formatNumber(person.name, \"en_GB\")", &[code::ARGUMENT_TYPE]);
    check("replaceAll(person.name, \"a++\", \"\")", &[code::BAD_PATTERN]);
}
