//! Groups, ranks, and names that the documentation abbreviates.

use alloc::boxed::Box;

use super::super::diagnostic::code;
use super::super::schema::Type;
use super::super::typed::Node;
use super::tests::{check_errors, check_same, check_type, compiled, list, node};

#[test]
fn arrays_become_maps_and_maps_become_others() {
    let Node::Let { body, .. } = node("orders.groupBy(price)") else { panic!() };
    assert!(matches!(body.node, Node::Call { .. }));
    check_same("groupBy(orders, price)", "orders.groupBy(price)");
    check_type("orders.groupBy(price).keys()", list(Type::String));
    check_type("orders.groupBy(price).map((K, G) => mapEntry(K, G.count()))", Type::map(Type::Integer));
    check_type("orders.groupBy(price).map((K, G) => G.sum(price))", list(Type::Number));
    check_type("orders.groupBy(price).map({\"n\": this.count()}).n", list(Type::Integer));
    check_type("numbers.map((K, V) => mapEntry(K, V * 2))", Type::map(Type::Integer));
    check_type("numbers / numbers", Type::Map(Box::new(Type::Number)));
    check_type("100 * numbers", Type::map(Type::Number));
    check_errors("orders.map((K, G) => K)", &[code::ARGUMENT_TYPE]);
    check_errors("orders.groupBy(prize)", &[code::UNKNOWN_FIELD]);
    check_errors("orders / numbers", &[code::NOT_A_NUMBER]);
}

#[test]
fn items_are_ranked_by_a_value_of_theirs() {
    let Type::List(order) = compiled("orders").unwrap().result else { panic!() };
    check_type("orders.topN(price, 5).head()", (*order).clone());
    check_type("orders.bottomN(price, 5)", Type::List(order));
    check_same("head(topN(orders, price, 5))", "orders.topN(price, 5).head()");
    check_errors("orders.topN(price)", &[code::ARGUMENT_COUNT]);
    check_errors("orders.topN(price, 1.5)", &[code::ARGUMENT_TYPE]);
    check_errors("score.topN(price, 1)", &[code::NOT_A_LIST]);
}

#[test]
fn values_that_double_with_every_line_are_refused() {
    let doubled = |count: usize| {
        alloc::format!("{}a.count() > 1", "let a = [a, a] in ".repeat(count).replacen("[a, a]", "[1, 1]", 1))
    };
    check_type(&doubled(8), Type::Boolean);
    check_errors(&doubled(40), &[code::TOO_LARGE]);
    check_errors(
        &alloc::format!("{}a", "let a = {\"x\": a, \"y\": a} in ".repeat(20).replacen("a, \"y\": a", "1", 1)),
        &[code::TOO_LARGE],
    );
    check_type("xEvent.map([price, score]).count() > [1, 2, 3].count()", Type::Boolean);
}

#[test]
fn many_ranks_of_ranks_stay_small() {
    let text = alloc::format!("orders{}", ".topN(price, 5)".repeat(20));
    let bytes = postcard::to_allocvec(&compiled(&text).unwrap().expr).unwrap();
    assert!(bytes.len() < 20 * 100, "{}", bytes.len());
}

#[test]
fn abbreviations_of_the_documentation_are_read() {
    check_same("profile.score > 1", "score > 1");
    check_same("$1.xEvent.count() > profile.xEvent.count()", "xEvent.count() > xEvent.count()");
    let warned = compiled("some x from xEvent where price > 1").unwrap();
    assert_eq!(warned.warnings[0].code, code::IMPLIED_VARIABLE);
    check_same("some x from xEvent where price > 1", "some x from xEvent where x.price > 1");
    check_same(
        "modelInstances(\"https://ns.adobe.com/xdm/context/experienceevent\").count()",
        "xEvent.count()",
    );
    check_type("modelInstances(\"https://ns.adobe.com/xdm/context/profile\").score", list(Type::Number));
}
