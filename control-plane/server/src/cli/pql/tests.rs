//! The commands over files, without a server.

use acquaint_core::eval::{explain_run, naive, naive_in};
use acquaint_core::plan::Prepared;
use acquaint_core::time::parse_instant;

use super::*;

const NOW: &str = "2018-01-01T00:00:00Z";

fn world() -> World {
    World::of_files(&Files { schema: None, audiences: None }).unwrap()
}

fn check(profile: &str, text: &str, expected: &str) {
    let checked = world().compile(text).unwrap();
    let profile = Profile::read(profile).unwrap();
    let value = naive(&checked.expr, &[], profile.subject(), parse_instant(NOW).unwrap()).to_json();
    assert_eq!(value.to_string(), expected, "{text}");
}

#[test]
fn a_rule_is_evaluated_over_a_file_without_a_schema() {
    let profile = r#"{"person": {"age": 40}, "xEvent": [
        {"eventType": "buy", "timestamp": "2017-12-31T00:00:00Z", "price": 3},
        {"eventType": "buy", "timestamp": "2017-01-01T00:00:00Z", "price": 5}]}"#;
    check(profile, "person.age > 30", "true");
    check(profile, "xEvent[eventType = \"buy\"].count() >= 2", "true");
    check(
        profile,
        "xEvent[eventType = \"buy\" and timestamp occurs <= 7 days before now].price.sum() >= 4",
        "false",
    );
}

#[test]
fn what_only_a_decision_knows_is_read_from_a_file() {
    let context = context::read(
        r#"{"shop": {"country": "DE"}, "urn:offer": [{"price": 3}, {"price": 5}], "since": "2017-12-31T00:00:00Z"}"#,
    )
    .unwrap();
    let profile = Profile::read(r#"{"country": "DE"}"#).unwrap();
    let value = |text: &str| {
        let checked = world().compile(text).unwrap();
        naive_in(&checked.expr, &[], profile.subject(), &context, parse_instant(NOW).unwrap()).to_json()
    };
    assert_eq!(value("country = @{shop}.country"), true);
    assert_eq!(value("modelInstances(\"urn:offer\").price.max()"), 5);
    assert_eq!(value("@{since} occurs <= 2 days before now"), true);
    assert_eq!(value("@{elsewhere}.isNull()"), true);
    assert!(context::read("[]").is_err());
}

#[test]
fn memberships_are_read_from_the_file() {
    let profile =
        r#"{"segmentMembership": {"ups": {"a": {"status": "realized"}, "b": {"status": "exited"}}}}"#;
    check(profile, "inSegment(\"a\") and not inSegment(\"b\")", "true");
}

#[test]
fn a_wrong_rule_is_told_with_its_words_underlined() {
    let found = world().compile("person.age >").unwrap_err();
    let error = refused("person.age >", &found, false).to_string();
    assert!(error.contains("1 | person.age >\n"), "{error}");
}

#[test]
fn a_profile_that_is_none_says_where() {
    for (text, expected) in
        [("[]", "file"), (r#"{"xEvent": [{"a": 1}]}"#, "event 1"), (r#"{"identityMap": 3}"#, "identityMap")]
    {
        let error = Profile::read(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn an_explanation_is_a_tree_with_the_values_and_the_instant_of_change() {
    let profile = r#"{"age": 40, "xEvent": [{"price": 3, "timestamp": "2017-12-31T00:00:00Z"}]}"#;
    let profile = Profile::read(profile).unwrap();
    let world = world();
    let text = "age >= 18 and not (xEvent[timestamp occurs <= 7 days before now].price.sum() >= 3)";
    let (program, number) = world.program(&world.compile(text).unwrap()).unwrap();
    let now_ms = parse_instant(NOW).unwrap();
    let found = explain_run(&Prepared::new(program), number, profile.subject(), now_ms).unwrap();
    assert_eq!(
        explain::said(&found),
        "the answer is no, until 2018-01-07T00:00:00.001Z by time alone\n\
         * no  and\n    yes age >= 18   [age is 40]\n\
         *   no  not   [until 2018-01-07T00:00:00.001Z]\n\
         *     yes xEvent[timestamp occurs <= 7 days before now].price.sum() >= 3   [found 3; 2017-12-31T00:00:00.000Z (3); until 2018-01-07T00:00:00.001Z]\n"
    );
}

#[test]
fn a_rule_is_written_in_its_canonical_form() {
    assert_eq!(formatted("a=1   and(b = 2)").unwrap(), "a = 1 and b = 2");
    assert!(formatted("a = ").is_err());
}

#[test]
fn an_external_audience_of_a_file_can_be_referred_to() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        Some(path)
    };
    let files = Files {
        schema: write("schema.yaml", "kind: schema\nid: s\nclass: profile\nproperties: {}\n"),
        audiences: write(
            "audiences.yaml",
            "kind: audience\nid: my-list\nname: L\nexternal:\n  fields: [{ name: who, identityNs: ECID }]\n",
        ),
    };
    let world = World::of_files(&files).unwrap();
    assert_eq!(world.definitions.len(), 1);
}
