//! What constructs mean that the documentation shows without a result: results worked out by hand, by every evaluator.

use acquaint_core::value::Value;
use serde_json::{Value as Json, json};

use crate::evaluating::evaluate;
use crate::sample::World;

fn check(pql: &str, sample: &Json, expected: &Json) {
    let found = evaluate(pql, &World::new(pql, sample)).unwrap_or_else(|why| panic!("{why}"));
    let expected = Value::from_json(expected, 16).unwrap();
    let same = found.equals(&expected) || (found == Value::Null && expected == Value::Null);
    assert!(same, "{pql} gives {found:?}, not {expected:?}");
}

fn orders() -> Json {
    let order = |store: Json, price: Json| json!({"storeId": store, "price": price});
    json!({"orders": [order(json!("a"), json!(10)), order(json!("b"), json!(30)), order(json!("a"), json!(20)),
        order(json!(null), json!(5)), order(json!("b"), json!(null))]})
}

fn downloads() -> Json {
    let event = |hour: u8, product: &str, price: f64, kind: &str| {
        json!({"_id": format!("{kind}{hour}"), "timestamp": format!("2018-08-27T{hour:02}:00:00Z"), "eventType": kind,
            "product": product, "commerce": {"order": {"priceTotal": price, "currencyCode": "USD"}}})
    };
    json!({"now": "2018-08-28T00:00:00Z", "xEvent": [event(1, "x", 60.0, "download"), event(2, "y", 5.0, "download"),
        event(3, "x", 50.0, "download"), event(4, "x", 1000.0, "view")]})
}

#[test]
fn items_are_grouped_and_groups_are_mapped() {
    let grouped = json!({"a": [{"storeId": "a", "price": 10}, {"storeId": "a", "price": 20}],
        "b": [{"storeId": "b", "price": 30}, {"storeId": "b"}]});
    check("orders.groupBy(storeId)", &orders(), &grouped);
    check(
        "orders.groupBy(storeId).map((K, G) => mapEntry(K, G.sum(price)))",
        &orders(),
        &json!({"a": 30, "b": 30}),
    );
    check("orders.groupBy(storeId).map((K, G) => K)", &orders(), &json!(["a", "b"]));
    check("orders.groupBy(storeId).map({\"n\": this.count()})", &orders(), &json!([{"n": 2}, {"n": 2}]));
    check("nothing.groupBy(storeId)", &orders(), &json!(null));
}

#[test]
fn computed_attributes_of_events_are_maps() {
    let of_product = |value: &str| {
        format!(
            "xEvent[(timestamp occurs < 7 days before now) and eventType=\"download\"].groupBy(product)\
             .map((K, G) => mapEntry(K, {value}))"
        )
    };
    let check_of = |value: &str, expected: Json| check(&of_product(value), &downloads(), &expected);
    check_of("G.sum(commerce.order.priceTotal)", json!({"x": 110, "y": 5}));
    check_of("G.min(commerce.order.priceTotal)", json!({"x": 50, "y": 5}));
    check_of("G.max(commerce.order.priceTotal)", json!({"x": 60, "y": 5}));
    check_of("G.sum(commerce.order.priceTotal) > 100", json!({"x": true, "y": false}));
    check_of(
        "{\"count\": G.count(), \"sum\": G.sum(commerce.order.priceTotal)}",
        json!({"x": {"count": 2, "sum": 110}, "y": {"count": 1, "sum": 5}}),
    );
    check(
        "ca2 / ca1",
        &json!({"ca1": {"a": 2, "b": 0, "c": 1}, "ca2": {"a": 3, "b": 1}}),
        &json!({"a": 1.5}),
    );
}

#[test]
fn the_largest_come_first_and_the_smallest_too() {
    check("orders.topN(price, 2).price", &orders(), &json!([30, 20]));
    check("orders.bottomN(price, 2).price", &orders(), &json!([5, 10]));
    check("head(topN(orders, price, 5)).price", &orders(), &json!(30));
    check("orders.topN(price, 3).bottomN(price, 1).storeId", &orders(), &json!(["a"]));
}

#[test]
fn values_of_nested_items_are_added_up() {
    let line = |price: u32| json!({"priceTotal": price});
    let event = |day: u8, lines: Json| json!({"_id": format!("e{day}"), "timestamp": format!("2018-08-{day:02}T00:00:00Z"), "productListItems": lines});
    let sample = json!({"xEvent": [event(1, json!([line(1), line(2)])), event(2, json!([line(4)])), event(3, json!([]))]});
    for text in [
        "xEvent.productListItems.priceTotal.sum()",
        "xEvent.sum(productListItems.priceTotal)",
        "sum X.productListItems.priceTotal over X from xEvent",
        "sum P.priceTotal over X from xEvent, P from X.productListItems",
    ] {
        check(text, &sample, &json!(7));
        check(&format!("({text}) > 6"), &sample, &json!(true));
    }
    check("xEvent.count()", &sample, &json!(3));
    check("xEvent.map(productListItems).count()", &sample, &json!(3));
}

#[test]
fn pairs_of_events_are_added_up() {
    let text = "sum X.commerce.order.priceTotal + Y.commerce.order.priceTotal over X from xEvent where X.commerce.order, \
                Y from xEvent where Y.eventType = \"download\" and Y.timestamp occurs < 2 hours after X.timestamp";
    // 1h and itself, 2h and itself, 3h and itself, 4h: none but itself, which is a view; 1h with 2h, 2h with 3h.
    check(text, &downloads(), &json!(120.0 + 10.0 + 100.0 + 65.0 + 55.0));
}

#[test]
fn a_chain_of_several_steps_is_a_sequence_of_different_events() {
    let event = |minute: u8, id: &str, kind: &str| json!({"_id": id, "timestamp": format!("2018-08-27T00:{minute:02}:00Z"), "eventType": kind});
    let sample = json!({"xEvent": [event(1, "a", "view"), event(2, "b", "add"), event(3, "c", "view"),
        event(4, "e", "pay"), event(4, "d", "add"), event(5, "f", "view")]});
    let check_steps = |steps: &str, expected: bool| {
        check(&format!("chain(xEvent, timestamp, [{steps}])"), &sample, &json!(expected));
    };
    let what = |label: &str, kind: &str| format!("{label}: WHAT(eventType = \"{kind}\")");
    let steps = |kinds: &[&str]| {
        let steps = kinds.iter().zip('A'..).map(|(kind, label)| what(&label.to_string(), kind));
        steps.collect::<Vec<_>>().join(", ")
    };
    check_steps(&steps(&["view", "add", "pay"]), true);
    check_steps(&steps(&["add", "view", "add", "pay", "view"]), true);
    check_steps(&steps(&["pay", "add"]), false);
    check_steps(&steps(&["view", "view", "view"]), true);
    check_steps(&steps(&["view", "view", "view", "view"]), false);
    check_steps("A: WHAT(eventType = \"view\") COUNT(2), B: WHAT(eventType = \"pay\")", true);
    check_steps("A: WHAT(eventType = \"view\") COUNT(3), B: WHAT(eventType = \"pay\")", false);
    check_steps("A: WHAT(eventType = \"view\") WHEN(today), B: WHAT(eventType = \"pay\")", false);
    check_steps("A: WHAT(eventType = \"view\") WHEN(yesterday), B: WHAT(eventType = \"pay\")", true);
}

#[test]
fn a_chain_of_one_step_is_a_count_in_a_window() {
    let step = |clauses: &str| format!("chain(xEvent, timestamp, [A: {clauses}])");
    let check_step = |clauses: &str, expected: bool| check(&step(clauses), &downloads(), &json!(expected));
    check_step("WHAT(eventType = \"download\")", true);
    check_step("WHAT(eventType = \"download\") COUNT(3)", true);
    check_step("WHAT(eventType = \"download\") COUNT(4)", false);
    check_step("WHAT(eventType = \"download\") WHEN(today)", false);
    check_step("WHAT(eventType = \"download\") WHEN(<= 21 hours before now)", true);
    check_step("WHAT(eventType = \"download\") WHEN(< 21 hours before now)", false);
    check_step("WHAT(eventType = \"view\") WHERE(product = \"y\")", false);
}

#[test]
fn what_is_nested_deeply_stays_small() {
    let sample = json!({"a": 0, "b": 1, "c": 2, "t": "2018-08-27"});
    let nested = |open: &str, innermost: &str, close: &str| {
        format!("{}{innermost}{}", open.repeat(24), close.repeat(24))
    };
    check(&nested("if (", "a = 0", ", b = 1, c = 1)"), &sample, &json!(true));
    check(&nested("if (if (", "a = 0", ", b = 1, c = 1), a = 0, a = 1)"), &sample, &json!(true));
    for comparison in ["<", "!="] {
        let close = format!(" occurs {comparison} 2 days from now, t, t)");
        let text = format!("({}) occurs < 2 days from now", nested("if (", "t", &close));
        check(&text, &sample, &json!(true));
    }
}
