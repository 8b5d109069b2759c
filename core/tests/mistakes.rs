//! Typical mistakes in an audience, and what is said of each: what is wrong, where, and how to mend it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use acquaint_core::lang::schema::{Class, Source, UnionSchema};
use acquaint_core::lang::{AudienceDirectory, compile};
use serde_json::{Map, Value as Json, json};

struct Known;

impl AudienceDirectory for Known {
    fn contains(&self, id: &str) -> bool {
        id == "regulars"
    }
}

fn schema() -> UnionSchema {
    let profile = properties(&json!({
        "person": {"type": "object", "properties": {
            "firstName": {"type": "string"}, "birthYear": {"type": "integer"}, "birthDate": {"type": "string", "format": "date"}
        }},
        "homeAddress": {"type": "object", "properties": {
            "city": {"type": "string"}, "countryCode": {"type": "string"}
        }},
        "loyalty": {"type": "object", "properties": {"points": {"type": "integer"}, "tier": {"type": "string"}}}
    }));
    let event = properties(&json!({
        "commerce": {"type": "object", "properties": {"total": {"type": "number"}}},
        "productListItems": {"type": "array", "items": {"type": "object", "properties": {"SKU": {"type": "string"}}}}
    }));
    let sources = [
        Source { id: "profile", class: Class::Profile, properties: &profile },
        Source { id: "event", class: Class::Event, properties: &event },
    ];
    UnionSchema::from_json_schemas(sources).unwrap()
}

fn properties(json: &Json) -> Map<String, Json> {
    json.as_object().unwrap().clone()
}

fn findings(text: &str) -> String {
    let found = compile(text, &schema(), &Known).unwrap_err();
    found.iter().map(|found| found.render(text)).collect()
}

fn check(text: &str, expected: &[&str]) {
    let found = findings(text);
    assert_eq!(found.lines().collect::<Vec<_>>(), expected, "\n{found}");
}

#[test]
fn a_misspelt_field_comes_with_the_nearest() {
    check(
        "homeAddress.countrycode = \"US\" and person.birthYear > 1980",
        &[
            "error[PQL0301]: there is no field `countrycode`",
            " --> 1:13",
            "  |",
            r#"1 | homeAddress.countrycode = "US" and person.birthYear > 1980"#,
            "  |             ^^^^^^^^^^^",
            "  = help: did you mean `countryCode`?",
        ],
    );
}

#[test]
fn a_field_of_events_outside_of_events_says_where_it_belongs() {
    check(
        "eventType = \"purchase\"",
        &[
            "error[PQL0301]: there is no field or variable `eventType`",
            " --> 1:1",
            "  |",
            r#"1 | eventType = "purchase""#,
            "  | ^^^^^^^^^",
            "  = help: `eventType` is a field of events: write `xEvent[eventType ...]`",
        ],
    );
}

#[test]
fn a_value_of_another_type_is_shown_beside_what_it_meets() {
    check(
        "person.birthYear = \"nineteen eighty\"",
        &[
            "error[PQL0401]: a whole number cannot be compared with a string",
            " --> 1:1",
            "  |",
            r#"1 | person.birthYear = "nineteen eighty""#,
            "  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
            "  = help: a number is written without quotes: `5`",
        ],
    );
}

#[test]
fn a_missing_parenthesis_points_at_the_open_one() {
    check(
        "xEvent[(eventType = \"purchase\"].count() > 3",
        &[
            "error[PQL0203]: `(` is missing its `)`",
            " --> 1:8",
            "  |",
            r#"1 | xEvent[(eventType = "purchase"].count() > 3"#,
            "  |        ^",
            "  = help: close it before the `]`",
        ],
    );
}

#[test]
fn an_unknown_function_comes_with_the_nearest() {
    check(
        "person.firstName.startWith(\"A\")",
        &[
            "error[PQL0302]: there is no function `startWith`",
            " --> 1:18",
            "  |",
            r#"1 | person.firstName.startWith("A")"#,
            "  |                  ^^^^^^^^^",
            "  = help: did you mean `startsWith`?",
        ],
    );
}

#[test]
fn a_wrong_number_of_arguments_comes_with_the_form_of_the_call() {
    check(
        "person.firstName.startsWith()",
        &[
            "error[PQL0407]: `startsWith` takes 2 to 3 arguments, receiver included, found 1",
            " --> 1:18",
            "  |",
            "1 | person.firstName.startsWith()",
            "  |                  ^^^^^^^^^^",
            "  = help: `text.startsWith(part, [caseSensitive])`: whether the text begins with a part",
        ],
    );
}

#[test]
fn an_order_of_texts_is_refused_and_dates_are_offered() {
    check(
        "person.firstName < \"M\"",
        &[
            "error[PQL0402]: `<` does not order a string",
            " --> 1:1",
            "  |",
            r#"1 | person.firstName < "M""#,
            "  | ^^^^^^^^^^^^^^^^^^^^^^",
            r#"  = help: numbers and times have an order; dates are written `"2020-03-14"` or `date(2020, 3, 14)`"#,
        ],
    );
}

#[test]
fn an_unknown_audience_is_named() {
    check(
        "inSegment(\"regulars\") and not inSegment(\"lapsed\")",
        &[
            "error[PQL0303]: there is no audience `lapsed`",
            " --> 1:41",
            "  |",
            r#"1 | inSegment("regulars") and not inSegment("lapsed")"#,
            "  |                                         ^^^^^^^^",
            "  = help: define it first, or correct its id",
        ],
    );
}

#[test]
fn a_regular_expression_that_cannot_run_in_bounded_time_is_refused() {
    check(
        "homeAddress.city matches \"(?=San)\"",
        &[
            "error[PQL0410]: the regular expression is invalid: look-around is not supported",
            " --> 1:26",
            "  |",
            r#"1 | homeAddress.city matches "(?=San)""#,
            "  |                          ^^^^^^^^^",
            "  = help: look-around and back references are not part of it",
        ],
    );
}

#[test]
fn a_string_without_an_end_points_at_its_start() {
    check(
        "homeAddress.city = \"San Jose",
        &[
            "error[PQL0102]: the string has no end",
            " --> 1:20",
            "  |",
            r#"1 | homeAddress.city = "San Jose"#,
            "  |                    ^^^^^^^^^",
            r#"  = help: end it with `"`, or find the string before it that has no end"#,
        ],
    );
}

#[test]
fn a_string_that_ends_in_the_next_one_says_where_to_look() {
    check(
        "homeAddress.city = \"San Jose\n  and loyalty.tier = \"gold\"",
        &[
            "error[PQL0202]: expected an operator or the end, found `gold`",
            " --> 2:23",
            "  |",
            r#"2 |   and loyalty.tier = "gold""#,
            "  |                       ^^^^",
            "error[PQL0102]: the string has no end",
            " --> 2:27",
            "  |",
            r#"2 |   and loyalty.tier = "gold""#,
            "  |                           ^",
            r#"  = help: end it with `"`, or find the string before it that has no end"#,
        ],
    );
}

#[test]
fn nesting_beyond_the_limit_is_refused() {
    let text = format!("{}loyalty.points > 1{}", "not (".repeat(100), ")".repeat(100));
    let found = compile(&text, &schema(), &Known).unwrap_err();
    assert_eq!(found[0].code, "PQL0502");
    assert_eq!(found[0].message, "the expression is nested more than 64 deep");
}

#[test]
fn every_mistake_of_a_text_is_reported_at_once() {
    check(
        "homeAddress.sity = \"Bern\"\n  and loyalty.point > 5\n  and person.firstName > 3",
        &[
            "error[PQL0301]: there is no field `sity`",
            " --> 1:13",
            "  |",
            r#"1 | homeAddress.sity = "Bern""#,
            "  |             ^^^^",
            "  = help: did you mean `city`?",
            "error[PQL0301]: there is no field `point`",
            " --> 2:15",
            "  |",
            "2 |   and loyalty.point > 5",
            "  |               ^^^^^",
            "  = help: did you mean `points`?",
            "error[PQL0402]: `>` does not order a string",
            " --> 3:7",
            "  |",
            "3 |   and person.firstName > 3",
            "  |       ^^^^^^^^^^^^^^^^^^^^",
            r#"  = help: numbers and times have an order; dates are written `"2020-03-14"` or `date(2020, 3, 14)`"#,
        ],
    );
}

#[test]
fn a_filter_by_number_and_an_aggregate_of_objects_say_what_to_write() {
    check(
        "xEvent[0].commerce.total > 5",
        &[
            "error[PQL0411]: `[0]` is a filter whose condition is a number",
            " --> 1:8",
            "  |",
            "1 | xEvent[0].commerce.total > 5",
            "  |        ^",
            "  = help: items have no numbers; the first is `.head()`",
        ],
    );
    check(
        "xEvent.productListItems.sum() > 5",
        &[
            "error[PQL0408]: `sum`: expected an array of numbers, found an array of objects",
            " --> 1:1",
            "  |",
            "1 | xEvent.productListItems.sum() > 5",
            "  | ^^^^^^^^^^^^^^^^^^^^^^^",
            "  = help: name a field of the items: `.sum(field)`",
        ],
    );
}

#[test]
fn a_comparison_of_a_time_with_a_word_shows_how_times_are_written() {
    check(
        "person.birthDate = \"last year\"",
        &[
            "error[PQL0401]: a date cannot be compared with a string",
            " --> 1:1",
            "  |",
            r#"1 | person.birthDate = "last year""#,
            "  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
            r#"  = help: times are written like "2020-03-14" or "2020-03-14T12:00:00Z""#,
        ],
    );
}

#[test]
fn a_field_further_in_comes_with_its_path() {
    check(
        "frstName = \"Ada\"",
        &[
            "error[PQL0301]: there is no field or variable `frstName`",
            " --> 1:1",
            "  |",
            r#"1 | frstName = "Ada""#,
            "  | ^^^^^^^^",
            "  = help: did you mean `person.firstName`?",
        ],
    );
    check(
        "exists e from xEvent where e.tottal > 5",
        &[
            "error[PQL0301]: there is no field `tottal`",
            " --> 1:30",
            "  |",
            "1 | exists e from xEvent where e.tottal > 5",
            "  |                              ^^^^^^",
            "  = help: did you mean `commerce.total`?",
        ],
    );
}

#[test]
fn what_had_better_be_written_otherwise_is_a_warning_with_advice() {
    let text = "xEvent[timestamp occurs <= 20 years before now].count() > 3";
    let checked = compile(text, &schema(), &Known).unwrap();
    let found: String = checked.warnings.iter().map(|found| found.render(text)).collect();
    assert_eq!(
        found.lines().collect::<Vec<_>>(),
        [
            "warning[PQL0523]: this looks back over events for more than 1830 days",
            " --> 1:8",
            "  |",
            "1 | xEvent[timestamp occurs <= 20 years before now].count() > 3",
            "  |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
            "  = help: events so old may have been dropped; keep what matters in an attribute of the profile",
        ]
    );
    let json = serde_json::to_value(&checked.warnings[0]).unwrap();
    assert_eq!(
        json,
        json!({"code": "PQL0523", "severity": "warning", "span": {"start": 7, "end": 46},
            "message": "this looks back over events for more than 1830 days",
            "help": "events so old may have been dropped; keep what matters in an attribute of the profile"})
    );
}

#[test]
fn alternatives_that_multiply_are_pointed_out_with_a_way_out() {
    let pairs: Vec<String> =
        (0..17).map(|n| format!("(loyalty.points = {n} and loyalty.tier = \"{n}\")")).collect();
    let found = compile(&pairs.join(" or "), &schema(), &Known).unwrap().warnings;
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].message,
        "written as conditions that must all hold, this has more than 65536: each `or` multiplies those of its sides"
    );
    assert!(found[0].help.as_deref().unwrap().starts_with("use `in [...]`"));
}

#[test]
fn a_single_value_in_the_place_of_an_array_says_what_to_do() {
    let help = |text: &str| compile(text, &schema(), &Known).unwrap_err()[0].help.clone().unwrap();
    assert_eq!(help("loyalty.points.sum() > 1"), "it is a single value: use it as it is");
    assert_eq!(help("exists x from loyalty where x.points > 1"), "name an array in it");
    assert_eq!(
        help("loyalty.points in loyalty.points"),
        "compare one value with `=`; several stand in brackets: `[1, 2]`"
    );
    assert_eq!(help("loyalty = \"gold\""), "compare one of its fields, such as `points`, `tier`");
    assert_eq!(help("loyalty.tier.name = \"gold\""), "leave out `.name`");
}
