//! What texts are lowered to, and what is refused with which code.

use std::collections::BTreeMap;
use std::string::String;
use std::vec::Vec;
use std::{boxed::Box, format, vec};

use super::*;
use crate::eval::place::Profile;
use crate::eval::walk::Walk;
use crate::lang::typed::{Binding, Comparison, Quantifier};
use crate::time::{Anchor, Bound, Direction, Occurs, Unit};

struct Directory;

impl AudienceDirectory for Directory {
    fn contains(&self, id: &str) -> bool {
        id == "known"
    }
}

fn object(fields: &[(&str, Type)]) -> Type {
    Type::Object(fields.iter().map(|(name, ty)| (String::from(*name), ty.clone())).collect())
}

pub(super) fn list(ty: Type) -> Type {
    Type::List(Box::new(ty))
}

fn schema() -> UnionSchema {
    let Type::Object(profile) = object(&[
        (
            "person",
            object(&[("name", Type::String), ("birthYear", Type::Integer), ("birthDate", Type::Date)]),
        ),
        ("score", Type::Number),
        ("active", Type::Boolean),
        ("tags", list(Type::String)),
        ("seen", Type::DateTime),
        ("numbers", Type::Map(Box::new(Type::Integer))),
        ("anything", Type::Any),
        (
            "orders",
            list(object(&[("price", Type::Number), ("at", Type::DateTime), ("sku", list(Type::String))])),
        ),
    ]) else {
        return UnionSchema { profile: BTreeMap::new(), event: BTreeMap::new() };
    };
    let event = [
        ("price".into(), Type::Number),
        ("score".into(), Type::Number),
        ("items".into(), list(object(&[("sku", Type::String), ("quantity", Type::Integer)]))),
    ];
    UnionSchema { profile, event: event.into() }
}

pub(super) fn compiled(text: &str) -> Result<Checked, Vec<Diagnostic>> {
    compile(text, &schema(), &Directory)
}

pub(super) fn compiled_in(dialect: Dialect, text: &str) -> Result<Checked, Vec<Diagnostic>> {
    compile_in(dialect, text, &schema(), &Directory)
}

pub(super) fn node(text: &str) -> Node {
    match compiled(text) {
        Ok(checked) => checked.expr.node,
        Err(found) => panic!("{}", found.iter().map(|found| found.render(text)).collect::<String>()),
    }
}

/// Both mean the same.
pub(super) fn check_same(text: &str, other: &str) {
    assert_eq!(node(text), node(other), "{text}");
}

pub(super) fn check_type(text: &str, expected: Type) {
    assert_eq!(compiled(text).unwrap().result, expected, "{text}");
}

pub(super) fn check_errors(text: &str, expected: &[&str]) {
    let found = compiled(text).err().unwrap_or_default();
    let codes: Vec<&str> = found.iter().map(|found| &*found.code).collect();
    assert_eq!(
        codes,
        expected,
        "{text}\n{}",
        found.iter().map(|found| found.render(text)).collect::<String>()
    );
}

fn check_help(text: &str, expected: &str) {
    let found = compiled(text).unwrap_err();
    assert_eq!(found[0].help.as_deref(), Some(expected), "{text}");
}

fn at(node: Node) -> Expr {
    Expr { node, span: Span::default() }
}

fn field(object: Node, name: &str) -> Expr {
    at(Node::Field { object: Box::new(at(object)), name: name.into() })
}

fn literal(value: impl Into<Value>) -> Expr {
    at(Node::Literal(value.into()))
}

fn compare(operator: Comparison, left: Expr, right: Expr) -> Node {
    Node::Compare { operator, left: Box::new(left), right: Box::new(right) }
}

#[test]
fn a_bare_name_is_a_field_of_the_profile() {
    assert_eq!(node("score > 1"), compare(Comparison::Greater, field(Node::Profile, "score"), literal(1)));
    check_same("$1.score > 1", "score > 1");
    check_same("(P) => P.score > 1", "score > 1");
    check_type("person.birthYear", Type::Integer);
    check_type("identityMap.ECID.id", list(Type::String));
    check_type(r#"segmentMembership.get("ups").get("a").status"#, Type::String);
}

/// Whether it is true of somebody seen at midnight of the day of birth, said in two ways.
fn check_spelled(text: &str, expected: bool) {
    let midnight = |text: &str| (String::from("at"), Value::from(text));
    let order = |at: &str| Value::Object([midnight(at)].into());
    let person = [("birthDate".into(), Value::from("2020-01-01"))];
    let attributes = [
        ("seen".into(), Value::from("2020-01-01T01:00:00+01:00")),
        ("person".into(), Value::Object(person.into())),
        ("orders".into(), Value::List(vec![order("2019-01-01"), order("2020-01-01T00:00:00.000Z")])),
    ];
    let (attributes, identities, memberships) = (attributes.into(), BTreeMap::new(), BTreeMap::new());
    let profile = Profile { attributes: &attributes, identities: &identities, memberships: &memberships };
    let expr = compiled(text).unwrap().expr;
    assert_eq!(Walk::of_profile(profile, 0).truth(&expr, &mut Vec::new()), expected, "{text}");
}

#[test]
fn times_are_compared_as_instants_however_they_are_written() {
    check_spelled("seen = person.birthDate", true);
    check_spelled("person.birthDate = seen", true);
    check_spelled("seen != person.birthDate", false);
    check_spelled("seen.equals(person.birthDate)", true);
    check_spelled("seen.notEqualTo(orders.head().at, person.birthDate)", false);
    check_spelled("seen = date(2020, 1, 1)", true);
    check_spelled("seen = orders.at", true);
    check_spelled("seen = orders.head().at", false);
    check_spelled("seen in orders.at", true);
    check_spelled("seen in [date(2019, 1, 1), person.birthDate]", true);
    check_spelled("seen notIn orders.at", false);
    check_spelled("orders.at.includes(seen)", true);
    check_spelled("orders.at.intersects([seen])", true);
    check_spelled("[seen].subsetOf(orders.at)", true);
    check_spelled("orders.at.intersection([seen]).count() = 1", true);
    check_spelled("[seen, person.birthDate, orders.head().at].distinct().count() = 3", true);
}

#[test]
fn in_a_filter_the_fields_of_the_item_come_first() {
    let condition =
        compare(Comparison::Equal, field(Node::Variable(0), "score"), field(Node::Profile, "seen"));
    let found = node("xEvent[timestamp = seen]");
    let Node::Filter { source, slot: 0, condition: found } = found else { panic!("{found:?}") };
    assert_eq!(source.node, Node::Events);
    assert_ne!(found.node, condition);
    check_same("xEvent[score > 1]", "xEvent[this.score > 1]");
    check_same("xEvent[price > ^.score]", "(P) => xEvent[price > P.score]");
    check_same("xEvent[items[quantity > ^^.score]]", "(P) => xEvent[items[quantity > P.score]]");
    let inner = node("xEvent[items[quantity > ^.score]]");
    assert!(format!("{inner:?}").contains("Variable(0)"), "{inner:?}");
    check_same("xEvent.filter(price > 1)", "xEvent[price > 1]");
    check_errors("xEvent[^^.score > 1]", &[code::NO_OUTER_SCOPE]);
    check_errors("^.score > 1", &[code::NO_OUTER_SCOPE]);
}

#[test]
fn select_and_quantifiers_bind_their_variables() {
    let condition = compare(Comparison::Greater, field(Node::Variable(0), "price"), literal(5));
    let variables = vec![Binding { slot: 0, source: at(Node::Events), condition: at(condition) }];
    let quantified = |quantifier| Node::Quantified { quantifier, variables: variables.clone() };
    assert_eq!(node("exists X from xEvent where X.price > 5"), quantified(Quantifier::Exists));
    assert_eq!(node("forall X from xEvent : X.price > 5"), quantified(Quantifier::ForAll));
    assert_eq!(node("xEvent.exists(price > 5)"), quantified(Quantifier::Exists));
    assert_eq!(node("xEvent.exists((X) => X.price > 5)"), quantified(Quantifier::Exists));
    check_same("select X from xEvent where X.price > 5", "xEvent[price > 5]");
    check_same("select X from xEvent", "xEvent");
    let Node::Select(bindings) = node("select A from xEvent, B from A.items where B.quantity > A.price")
    else {
        panic!()
    };
    assert_eq!((bindings[0].slot, bindings[1].slot), (0, 1));
    assert_eq!(bindings[1].source, field(Node::Variable(0), "items"));
}

#[test]
fn aggregates_come_in_three_forms() {
    check_same("sum X.price over X from xEvent where X.score > 1", "xEvent[score > 1].sum(price)");
    check_same("sum(xEvent.price)", "xEvent.price.sum()");
    check_type("xEvent.count()", Type::Integer);
    check_type("xEvent.max(price)", Type::Number);
    check_type("xEvent.items.quantity.min()", Type::Integer);
    check_type("let n = xEvent.count() in n + 1", Type::Integer);
    check_errors("xEvent.sum()", &[code::ARGUMENT_TYPE]);
    check_errors("tags.average()", &[code::ARGUMENT_TYPE]);
    check_type("sum A.price * B.quantity over A from xEvent, B from A.items", Type::Number);
    check_same(
        "sum B.quantity over A from xEvent, B from A.items where B.sku = \"x\"",
        "xEvent.map((A) => A.items[sku = \"x\"].map(quantity)).sum()",
    );
}

#[test]
fn the_right_side_becomes_what_the_left_is() {
    check_same("active = \"TRUE\"", "active = true");
    check_same("score > \"5\"", "score > 5");
    check_same("person.name = 5", "person.name = \"5\"");
    check_same("person.birthYear in [\"1\", 2]", "person.birthYear in [1, 2]");
    check_same("\"true\" = active", "true = active");
    check_same("person.name in (\"a\")", "person.name in [\"a\"]");
    let day = literal(Value::Time(86_400_000));
    assert_eq!(
        node("seen < \"1970-01-02\""),
        compare(Comparison::Less, field(Node::Profile, "seen"), day.clone())
    );
    let name = at(Node::Field { object: Box::new(field(Node::Profile, "person")), name: "name".into() });
    assert_eq!(node("person.name < \"1970-01-02\""), compare(Comparison::Less, name, day));
}

#[test]
fn what_cannot_be_compared_is_refused() {
    check_errors("active = 5", &[code::INCOMPARABLE]);
    check_errors("score = \"much\"", &[code::INCOMPARABLE]);
    check_errors("seen > \"last week\"", &[code::INCOMPARABLE]);
    check_errors("seen = \"last week\"", &[code::INCOMPARABLE]);
    check_errors("seen.equals(\"last week\")", &[code::INCOMPARABLE]);
    check_errors("person = 5", &[code::INCOMPARABLE]);
    check_errors("score in [true]", &[code::INCOMPARABLE]);
    check_errors("score in 5.5.x", &[code::NO_SUCH_FIELDS]);
    check_errors("score in person", &[code::NOT_A_LIST]);
    check_errors("person.name < \"m\"", &[code::NO_ORDER]);
    check_errors("anything < \"m\"", &[code::NO_ORDER]);
    check_errors("active < true", &[code::NO_ORDER]);
    check_errors("xEvent.price + 1 = 2", &[code::NOT_A_NUMBER]);
    check_errors("person.name * 2 = 4", &[code::NOT_A_NUMBER]);
    check_errors("-active", &[code::NOT_A_NUMBER]);
    check_same("xEvent.price > 5", "xEvent.price > 5");
}

#[test]
fn comparing_with_null_is_a_warning() {
    let checked = compiled("score = null").unwrap();
    assert_eq!(checked.warnings[0].code, code::ALWAYS_FALSE);
}

#[test]
fn occurs_is_lowered_with_its_anchor() {
    let week = Occurs::Offset {
        bound: Bound::AtMost,
        count: 7,
        unit: Unit::Day,
        direction: Direction::Before,
        anchor: Anchor::Now,
    };
    let timestamp = Box::new(field(Node::Profile, "seen"));
    assert_eq!(node("seen occurs <= 7 days before now"), Node::Occurs { timestamp, test: week });
    check_same("seen occurs on \"2020-01-01\"", "seen occurs \"2020-01-01\"");
    check_same(
        "seen occurs != 1 day before today",
        "seen.isNotNull() and not (seen occurs = 1 day before today)",
    );
    check_same("xEvent.timestamp occurs today", "xEvent.timestamp occurs today");
    check_errors("active occurs today", &[code::NOT_A_TIME]);
    check_errors("score occurs today", &[code::NOT_A_TIME]);
    check_errors("seen occurs after \"tomorrow\"", &[code::NOT_A_TIME]);
    check_errors("seen occurs < 11 millennia before now", &[code::WINDOW_TOO_LONG]);
    check_errors("seen occurs < 4294967295 millennia before now", &[code::WINDOW_TOO_LONG]);
}

#[test]
fn functions_are_called_as_their_signatures_say() {
    check_same("contains(person.name, \"a\", false)", "person.name.contains(\"a\", false)");
    check_same("tags.includes(5)", "tags.includes(\"5\")");
    check_same("includes(tags, \"a\")", "tags.includes(\"a\")");
    check_same("notIn(score, [1])", "score notIn [1]");
    check_type("tags.head()", Type::String);
    check_type("tags.length()", list(Type::Integer));
    check_type("numbers.get(\"a\")", Type::Integer);
    check_type("numbers.values()", list(Type::Integer));
    check_type("person.birthDate.getMonth()", Type::Integer);
    check_type("person.name.equals(\"a\", \"b\", \"c\")", Type::Boolean);
    check_type("person.name.equals(\"a\", false)", Type::Boolean);
    check_errors("person.name.contains()", &[code::ARGUMENT_COUNT]);
    check_errors("person.name.contains(\"a\", true, 1)", &[code::ARGUMENT_COUNT]);
    check_errors("person.name.contains(\"a\", 5)", &[code::ARGUMENT_TYPE]);
    check_errors("score.contains(\"5\")", &[code::ARGUMENT_TYPE]);
    check_errors("active.equals(5)", &[code::INCOMPARABLE]);
    check_errors("score.head()", &[code::NOT_A_LIST]);
    check_errors("numbers[1 = 1]", &[code::NOT_A_LIST]);
    check_errors("tags.getMonth()", &[]);
    check_errors("active.getMonth()", &[code::NOT_A_TIME]);
    check_errors("date(2020, 2, 30)", &[code::ARGUMENT_TYPE]);
    check_errors("date(2020, 2.5, 1)", &[code::ARGUMENT_TYPE]);
    check_errors("person.name.matches(\"(?=a)\")", &[code::BAD_PATTERN]);
    check_errors("person.name matches \"(\"", &[code::BAD_PATTERN]);
}

#[test]
fn unknown_names_come_with_the_nearest_known_ones() {
    check_help("person.brithYear = 1", "did you mean `birthYear`?");
    check_help("scor = 1", "did you mean `score`?");
    check_help("eventType = \"a\"", "`eventType` is a field of events: write `xEvent[eventType ...]`");
    check_help(
        "exists X from tags where price > 1",
        "`price` is a field of events: write `X.price` if `X` is one",
    );
    check_help("person.name.contain(\"a\")", "did you mean `contains`?");
    check_errors("zzz and yyy", &[code::UNKNOWN_FIELD, code::UNKNOWN_FIELD]);
    check_errors("frobnicate(1)", &[code::UNKNOWN_FUNCTION]);
    check_errors("score.frobnicate(1)", &[code::UNKNOWN_FUNCTION]);
    check_errors("score.x", &[code::NO_SUCH_FIELDS]);
    check_errors("$2.x", &[code::UNKNOWN_PARAMETER]);
    check_errors("(A, B) => A", &[code::UNKNOWN_PARAMETER]);
}

#[test]
fn audiences_must_be_known() {
    assert_eq!(node("inSegment(\"known\")"), Node::Member(crate::id::AudienceId::from("known")));
    check_errors("inSegment(\"other\")", &[code::UNKNOWN_AUDIENCE]);
    check_errors("inSegment(person.name)", &[code::ARGUMENT_TYPE]);
    check_errors("inSegment()", &[code::ARGUMENT_COUNT]);
}

#[test]
fn what_only_a_decision_knows_may_be_anything() {
    for text in ["@{context}.weather = 1", "select o from modelInstances(\"urn:offer\") where o.rank > 3"] {
        check_errors(text, &[]);
    }
    assert_eq!(node("@{a;version=1}"), Node::Context("a;version=1".into()));
    assert_eq!(node("modelInstances(\"urn:offer\")"), Node::Context("urn:offer".into()));
}

#[test]
fn what_means_nothing_in_its_place_is_refused() {
    check_errors("orders[0]", &[code::INDEX]);
    check_errors("score = ((A) => A)", &[code::ARGUMENT_TYPE]);
}

#[test]
fn an_item_about_which_nothing_is_known_has_every_field() {
    check_type("anything.a.b", Type::Any);
    check_same("anything[a = 1]", "anything[this.a = 1]");
    check_same("exists x from anything where x.b.contains(\"c\")", "anything.exists(b.contains(\"c\"))");
}

#[test]
fn errors_of_reading_come_alone() {
    check_errors("zzz = ", &[code::EXPECTED_EXPRESSION]);
    assert!(check(&ast::Expr::new(Kind::Error, Span::default()), &schema(), &Directory).is_err());
}

#[test]
fn a_tree_that_is_too_high_is_refused_before_it_is_walked() {
    let mut tree = ast::Expr::new(Kind::Name("active".into()), Span::default());
    for _ in 0..EXPRESSION_DEPTH_MAX {
        tree = ast::Expr::new(Kind::Not(Box::new(tree)), Span::default());
    }
    let found = check(&tree, &schema(), &Directory).unwrap_err();
    assert_eq!(found[0].code, code::TOO_DEEP);
}

#[test]
fn many_findings_are_cut_short_but_an_error_stays_an_error() {
    let nulls = vec!["score = null"; 200].join(" or ");
    assert_eq!(compiled(&nulls).unwrap().warnings.len(), DIAGNOSTICS_MAX);
    let found = compiled(&format!("{nulls} or zzz")).unwrap_err();
    assert!(found.iter().any(|found| found.code == code::UNKNOWN_FIELD));
    let wrong = vec!["zzz"; 5_000].join(" or ");
    assert_eq!(compiled(&wrong).unwrap_err().len(), DIAGNOSTICS_MAX);
}
