//! Texts to JSON and back, and what is refused.

use alloc::format;
use alloc::string::ToString as _;

use serde_json::{Value as Json, json};

use super::*;
use crate::lang::schema::UnionSchema;
use crate::lang::{AudienceDirectory, check as checked, parse};

struct Anything;

impl AudienceDirectory for Anything {
    fn contains(&self, _: &str) -> bool {
        true
    }
}

fn check(json: &Json, expected: &str) {
    assert_eq!(from_json(json).unwrap(), parse(expected).tree, "{json}");
}

fn check_written(text: &str, expected: &Json) {
    assert_eq!(&to_json(&parse(text).tree).unwrap(), expected, "{text}");
}

/// What is read back means the same, and its text is `again`.
fn check_text(text: &str, again: &str) {
    let tree = parse(text).tree;
    let line = to_line(&tree).unwrap();
    let json: Json = serde_json::from_str(&line).unwrap();
    let read = from_json(&json).unwrap();
    assert_eq!(super::super::print(&read), again, "{line}");
    assert_eq!(to_text(&json).as_deref(), Ok(again), "{line}");
    assert_eq!(to_json(&read).unwrap(), json, "{text}");
    let schema = UnionSchema::open();
    let typed = |tree: &Expr| checked(tree, &schema, &Anything).unwrap().expr;
    assert_eq!(typed(&read), typed(&tree), "{text}");
}

fn check_same(text: &str) {
    check_text(text, text);
}

fn check_error(json: &Json, expected: &str) {
    assert_eq!(format!("{}", from_json(json).unwrap_err()), expected);
}

fn field(name: &str) -> Json {
    json!({"nodeType": "fieldLookup", "fieldName": name})
}

fn apply(name: &str, params: &Json) -> Json {
    json!({"nodeType": "fnApply", "fnName": name, "params": params})
}

#[test]
fn nodes_become_the_tree_of_the_text() {
    let number = json!({"nodeType": "literal", "literalType": "integer", "value": "6"});
    check(&apply("=", &json!([field("xdm:city"), number])), "city = 6");
    check(&apply("not", &json!([apply("isNull", &json!([field("a")]))])), "not (a.isNull())");
    check(&apply("and", &json!([field("a"), field("b"), field("c")])), "a and b and c");
    check(&apply("and", &json!([field("a")])), "a");
    let lambda = json!({"nodeType": "fnCreate", "params": [{"varName": "x"}],
        "body": {"nodeType": "varRef", "varName": "x"}});
    check(&apply("map", &json!([field("a"), lambda])), "a.map((x) => x)");
    let select = json!({"nodeType": "select", "variables": [{"varName": "x", "from": field("a")}]});
    check(&select, "select x from a");
    check(&json!({"value": select.to_string()}), "select x from a");
}

#[test]
fn fields_of_the_profile_are_written_as_published() {
    let profile = json!({"nodeType": "parameterReference", "position": 1});
    let address = json!({"nodeType": "fieldLookup", "fieldName": "workAddress", "object": profile});
    let country = json!({"nodeType": "fieldLookup", "fieldName": "country", "object": address});
    let us = json!({"nodeType": "literal", "literalType": "String", "value": "US"});
    check_written("workAddress.country = \"US\"", &apply("=", &json!([country, us])));
}

#[test]
fn names_inside_what_binds_items_are_of_the_row() {
    let events = json!({"nodeType": "fieldLookup", "fieldName": "xEvent",
        "object": {"nodeType": "parameterReference", "position": 1}});
    let test =
        apply("=", &json!([field("a"), {"nodeType": "literal", "literalType": "Integer", "value": 1}]));
    check_written("xEvent[a = 1]", &apply("filter", &json!([events, test])));
    let variable = json!({"nodeType": "varRef", "varName": "e"});
    let declared = json!([{"nodeType": "varDecl", "varName": "e", "from": events, "where": variable}]);
    check_written(
        "forall e from xEvent where e",
        &json!({"nodeType": "quantification", "quantifier": "all", "variables": declared}),
    );
}

#[test]
fn every_construct_comes_back() {
    for text in [
        "true",
        "-3",
        "0.1",
        "-0.30000000000000004 < x",
        "1e300 > x",
        "\"a\\\"b\"",
        "null",
        "[1, \"a\", null]",
        "[x, 1]",
        "{\"a\": x, \"b\": [1]}",
        "-x",
        "x + y * 2 - 1 / z % 3",
        "not a",
        "a and b and (c or d)",
        "a = 1 and b != 2 and c < 3 and d <= 4 and e > 5 and f >= 6",
        "a in [\"x\", \"y\"] or a notIn b",
        "name like \"a%\" or name matches \"^b\"",
        "if (a, 1, 2)",
        "let x = a.b in x > 1",
        "(P) => P.person.name = \"x\"",
        "xEvent[eventType = \"buy\" and ^.limit < total].count() > 3",
        "xEvent[productListItems[^^.sku = sku]].exists(total > 1)",
        "a.filter((x) => x.b = 1).map(c).sum()",
        "xEvent.map(commerce.order.total).sum(this)",
        "select x from xEvent where x.a = 1, y from x.b where y = profile.c",
        "exists x from xEvent where x.a = limit",
        "one x from a where x = 1",
        "none x from a",
        "sum x.price over x from orders where x.price > 1, y from x.items",
        "average x from numbers",
        "orders.groupBy(city).map((K, G) => mapEntry(K, G.count()))",
        "orders.topN(price, 3).head().price",
        "name.equals(\"x\", false)",
        "date(2020, 3, 14)",
        "inSegment(\"vip\")",
        "@{_xdm.context.additionalParameters;version=1}.weather",
        "select o from modelInstances(\"urn:offer\") where o.rank > 1",
        "profile.person",
    ] {
        check_same(text);
    }
}

#[test]
fn every_time_constraint_comes_back() {
    for test in [
        "< 7 days before now",
        "<= 24 hours before today",
        "= 1 month after yesterday",
        "!= 2 weeks from tomorrow",
        "> 0 days after other",
        "before now",
        "after this month",
        "last year",
        "next week",
        "today",
        "on date(2020, 3, 14)",
        "between \"2020-01-01\" and now",
    ] {
        check_same(&format!("t occurs {test}"));
    }
}

#[test]
fn every_clause_of_a_chain_comes_back() {
    check_same("chain(xEvent, timestamp, [A: WHAT(eventType = \"a\")])");
    check_same(
        "chain(xEvent, timestamp, [A: WHAT(x = 1) WHEN(< 7 days before now) WHERE(y) COUNT(2), \
         N: WHAT(z) COUNT(exactly 0), B: WHAT(b) WHEN(today and <= 1 day after A) COUNT(between 1 and 3)])",
    );
}

#[test]
fn forms_of_the_same_meaning_come_back_as_one() {
    check_text("$1.homeAddress.city = $1.xEvent.a", "homeAddress.city = xEvent.a");
    check_text("contains(name, \"x\")", "name.contains(\"x\")");
    check_text("xEvent.filter(a = 1)", "xEvent[a = 1]");
    check_text("exists x from xEvent where $1.a = x.b", "exists x from xEvent where $1.a = x.b");
}

#[test]
fn errors_say_where() {
    check_error(&json!(5), "``: expected a node, which is an object");
    check_error(&json!({"nodeType": "set"}), "``: unknown node type `set`");
    let not = apply("not", &json!([{"nodeType": "literal"}, 3]));
    check_error(&not, "`params/1`: expected a node, which is an object");
    check_error(&apply("=", &json!([])), "``: `=` does not take 0 parameters");
    check_error(
        &apply("occurs", &json!([field("t"), field("t")])),
        "`params/1`: expected a `timeConstraint`",
    );
    let test = json!({"nodeType": "timeConstraint", "count": 1, "comparison": "<", "unit": "day",
        "reference": {"nodeType": "timeReference", "name": "now"}});
    check_error(
        &apply("occurs", &json!([field("t"), test])),
        "`params/1`: expected `direction`: before, after or from",
    );
}

#[test]
fn what_no_text_can_say_has_no_text() {
    for name in ["a`b", "${a}", "a\nb"] {
        let found = to_text(&apply("=", &json!([field(name), field("b")])));
        assert_eq!(found.unwrap_err().reason, Reason::NoText, "{name}");
    }
    for name in ["a b", "and", "a.b", "a\" or true or \"", "1"] {
        let found = to_text(&apply("=", &json!([field(name), field("b")]))).unwrap();
        assert_eq!(found, format!("`{name}` = b"));
    }
    assert_eq!(to_json(&parse("a = ").tree).unwrap_err().reason, Reason::NoText);
}

#[test]
fn nesting_is_limited_both_ways() {
    let mut node = json!({"nodeType": "literal", "value": true});
    for _ in 0..100 {
        node = apply("not", &json!([node]));
    }
    assert_eq!(from_json(&node).unwrap_err().reason, Reason::TooDeep);
    for _ in 0..100 {
        node = apply("not", &json!([node]));
    }
    assert_eq!(from_json(&node).unwrap_err().reason, Reason::TooDeep);
    let mut tree = parse("a").tree;
    for _ in 0..1_000 {
        tree = Expr::new(crate::lang::ast::Kind::Not(alloc::boxed::Box::new(tree)), tree_span());
    }
    assert_eq!(to_json(&tree).unwrap_err().reason, Reason::TooDeep);
}

fn tree_span() -> crate::lang::Span {
    crate::lang::Span::default()
}

#[test]
fn the_deepest_tree_comes_back() {
    let deep = format!("{}a", "not ".repeat(EXPRESSION_DEPTH_MAX - 1));
    let json = to_json(&parse(&deep).tree).unwrap();
    assert_eq!(to_text(&json).unwrap(), deep);
}
