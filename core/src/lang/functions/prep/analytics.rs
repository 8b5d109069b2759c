//! The event and product strings of Adobe Analytics: `event1=2:id,event2`, and `category;name;quantity;price;events;eVars`
//! of each product.

use super::super::Context;
use super::text_at;
use crate::value::Value;

/// `(events, name)`: the id of the event.
pub(in super::super) fn event_id(_: Context, arguments: &[Value]) -> Value {
    event(arguments, |assigned| assigned?.split_once(':').map(|(_, id)| id))
}

/// `(events, name)`: the value of the event; 1 if there is none.
pub(in super::super) fn event_value(_: Context, arguments: &[Value]) -> Value {
    event(arguments, |assigned| Some(assigned.map_or("1", value)))
}

fn event<'t>(arguments: &'t [Value], part: impl Fn(Option<&'t str>) -> Option<&'t str>) -> Value {
    let (Some(events), Some(name)) = (text_at(arguments, 0), text_at(arguments, 1)) else {
        return Value::Null;
    };
    assigned(events, ',', name).and_then(part).map_or(Value::Null, Value::from)
}

/// What is assigned to a name in a list; none if the name is not in it.
fn assigned<'t>(list: &'t str, separator: char, name: &str) -> Option<Option<&'t str>> {
    list.split(separator).map(str::trim).find_map(|part| {
        let (known, assigned) = part.split_once('=').map_or((part, None), |(known, it)| (known, Some(it)));
        (known == name).then_some(assigned)
    })
}

/// Without the id behind it.
fn value(assigned: &str) -> &str {
    assigned.split_once(':').map_or(assigned, |(value, _)| value)
}

pub(in super::super) fn categories(_: Context, arguments: &[Value]) -> Value {
    products(arguments, |parts| parts(0))
}

pub(in super::super) fn names(_: Context, arguments: &[Value]) -> Value {
    products(arguments, |parts| parts(1))
}

pub(in super::super) fn quantities(_: Context, arguments: &[Value]) -> Value {
    products(arguments, |parts| parts(2))
}

pub(in super::super) fn prices(_: Context, arguments: &[Value]) -> Value {
    products(arguments, |parts| parts(3))
}

/// `(products, event)`
pub(in super::super) fn event_values(_: Context, arguments: &[Value]) -> Value {
    let Some(name) = text_at(arguments, 1) else { return Value::Null };
    products(arguments, |parts| Some(assigned(parts(4)?, '|', name)?.map_or("1", value)))
}

/// `(products, eVar)`
pub(in super::super) fn variables(_: Context, arguments: &[Value]) -> Value {
    let Some(name) = text_at(arguments, 1) else { return Value::Null };
    products(arguments, |parts| assigned(parts(5)?, '|', name)?)
}

/// One part of every product; null where it has none.
fn products<'t>(
    arguments: &'t [Value],
    part: impl Fn(&dyn Fn(usize) -> Option<&'t str>) -> Option<&'t str>,
) -> Value {
    let Some(products) = text_at(arguments, 0) else { return Value::Null };
    let of_product = |product: &'t str| {
        let parts = |index: usize| product.split(';').nth(index).map(str::trim).filter(|it| !it.is_empty());
        part(&parts).map_or(Value::Null, Value::from)
    };
    Value::List(products.split(',').map(of_product).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::tests::check_calculated;

    #[test]
    fn documented_examples() {
        check_calculated("aa_get_event_id", json!(["event101=5:123456,scOpen", "event101"]), json!("123456"));
        check_calculated("aa_get_event_value", json!(["event101=5:123456,scOpen", "event101"]), json!("5"));
        let products = ";Example product 1;1;3.50,Example category 2;Example product 2;1;5.99";
        check_calculated("aa_get_product_categories", json!([products]), json!([null, "Example category 2"]));
        let names = json!(["Example product 1", "Example product 2"]);
        check_calculated("aa_get_product_names", json!([products]), names);
        let products = ";Example product 1;1;3.50,Example category 2;Example product 2";
        check_calculated("aa_get_product_quantities", json!([products]), json!(["1", null]));
        check_calculated("aa_get_product_prices", json!([products]), json!(["3.50", null]));
        let products =
            ";Example product 1;1;4.20;event1=2.3|event2=5:1,;Example product 2;1;4.20;event1=3|event2=2:2";
        check_calculated("aa_get_product_event_values", json!([products, "event1"]), json!(["2.3", "3"]));
        check_calculated("aa_get_product_event_values", json!([products, "event2"]), json!(["5", "2"]));
        let products = ";Example product;1;6.69;;eVar1=Merchandising value";
        check_calculated("aa_get_product_evars", json!([products, "eVar1"]), json!(["Merchandising value"]));
    }

    #[test]
    fn an_event_without_a_value_counts_once() {
        check_calculated("aa_get_event_value", json!(["event101=5:123456,scOpen", "scOpen"]), json!("1"));
        check_calculated("aa_get_event_value", json!(["scOpen", "event1"]), json!(null));
        check_calculated("aa_get_event_id", json!(["event1=5", "event1"]), json!(null));
        check_calculated(
            "aa_get_product_event_values",
            json!(["a;b;1;1;event1,c;d", "event1"]),
            json!(["1", null]),
        );
    }
}
