//! What a schema may become, and what it may not.

use serde_json::{Value as Json, json};

use super::super::decode::put_all;
use super::*;

fn catalog(documents: &[Json]) -> Catalog {
    let mut catalog = Catalog::default();
    put_all(&mut catalog, documents, 1).unwrap();
    catalog
}

fn with(class: &str, more: &Json) -> Catalog {
    let mut schema = json!({"kind": "schema", "id": "s", "class": class});
    for (name, value) in more.as_object().unwrap() {
        schema[name] = value.clone();
    }
    catalog(&[schema, json!({"kind": "dataset", "id": "d", "schema": "s"})])
}

fn check_schema(was: &Json, is: &Json, expected: &[(&str, &str)]) {
    let found = check(&with("profile", was), &with("profile", is));
    let found: Vec<_> = found.iter().map(|found| (found.pointer.as_str(), found.code.as_str())).collect();
    assert_eq!(found, expected, "{was} {is}");
}

fn check_field(was: Json, is: Json, expected: &[(&str, &str)]) {
    check_schema(&json!({"properties": {"x": was}}), &json!({"properties": {"x": is}}), expected);
}

#[test]
fn a_schema_may_grow() {
    let was = json!({"properties": {"a": {"type": "integer"}}});
    for is in [
        json!({"properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}),
        json!({"properties": {"a": {"type": "number", "title": "A"}}}),
        json!({"properties": {"a": {"type": "integer"}}, "fieldGroups": ["person"]}),
        json!({"properties": {"a": {}}}),
        json!({"properties": {"a": {"type": "integer"}}, "additionalProperties": true}),
        json!({"properties": {"xdm:a": {"type": "integer"}}}),
        json!({"additionalProperties": true}),
    ] {
        check_schema(&was, &is, &[]);
    }
}

#[test]
fn a_type_may_become_wider_only() {
    let (string, integer) = (json!({"type": "string"}), json!({"type": "integer"}));
    let (day, instant) =
        (json!({"type": "string", "format": "date"}), json!({"type": "string", "format": "date-time"}));
    let list = |items: &Json| json!({"type": "array", "items": items});
    let map = |values: &Json| json!({"type": "object", "additionalProperties": values});
    let object = |inner: &Json| json!({"type": "object", "properties": {"y": inner}});
    let changed = [("/properties/x", "type-changed")];
    check_field(integer.clone(), json!({"type": "number"}), &[]);
    check_field(json!({"type": "number"}), integer.clone(), &changed);
    check_field(day.clone(), instant.clone(), &[]);
    check_field(instant, day.clone(), &changed);
    check_field(day, string.clone(), &changed);
    check_field(integer.clone(), string.clone(), &changed);
    check_field(json!({}), integer.clone(), &changed);
    check_field(integer.clone(), list(&integer), &changed);
    check_field(list(&integer), list(&string), &[("/properties/x/items", "type-changed")]);
    check_field(map(&integer), map(&string), &[("/properties/x/additionalProperties", "type-changed")]);
    check_field(object(&integer), object(&string), &[("/properties/x/properties/y", "type-changed")]);
    check_field(object(&integer), map(&integer), &[]);
    check_field(map(&integer), object(&integer), &changed);
}

#[test]
fn fields_are_not_taken_away() {
    let inner = |names: &[&str]| {
        let fields: serde_json::Map<String, Json> =
            names.iter().map(|name| ((*name).to_owned(), json!({"type": "string"}))).collect();
        json!({"type": "object", "properties": fields})
    };
    check_field(inner(&["a", "b"]), inner(&["a"]), &[("/properties/x/properties/b", "field-removed")]);
    check_schema(
        &json!({"properties": {"x": {"type": "string"}}}),
        &json!({"properties": {}}),
        &[("/properties/x", "field-removed")],
    );
    check_schema(&json!({"fieldGroups": ["loyalty"]}), &json!({}), &[("/fieldGroups", "field-removed")]);
    check_schema(
        &json!({"additionalProperties": true}),
        &json!({}),
        &[("/additionalProperties", "field-removed")],
    );
}

#[test]
fn values_and_duties_stay_as_they_are() {
    let of = |values: &[&str]| json!({"type": "string", "enum": values});
    let removed = [("/properties/x", "value-removed")];
    check_field(of(&["a"]), of(&["a", "b"]), &[]);
    check_field(of(&["a", "b"]), of(&["b"]), &removed);
    check_field(json!({"type": "string"}), of(&["a"]), &removed);
    check_field(of(&["a"]), json!({"type": "string"}), &[]);

    let object = |required: &[&str]| json!({"type": "object", "properties": {"y": {"type": "string"}}, "required": required});
    check_field(object(&[]), object(&["y"]), &[("/properties/x/properties/y", "required-added")]);
    check_field(object(&["y"]), object(&[]), &[]);
    let duty = [("/properties/x", "required-added")];
    check_field(json!({"type": "string"}), json!({"type": "string", "required": true}), &duty);
}

#[test]
fn limits_may_become_wider_only() {
    let up_to = |max: i64| json!({"type": "integer", "maximum": max, "minimum": -max});
    let narrowed = ("/properties/x", "limit-narrowed");
    check_field(up_to(5), up_to(6), &[]);
    check_field(up_to(5), up_to(4), &[narrowed, narrowed]);
    check_field(up_to(5), json!({"type": "integer"}), &[]);
    check_field(json!({"type": "string"}), json!({"type": "string", "pattern": "^a"}), &[narrowed]);
}

#[test]
fn a_schema_keeps_its_class_and_a_dataset_its_data() {
    let class = check(&with("profile", &json!({})), &with("event", &json!({})));
    let told = (class[0].pointer.as_str(), class[0].code.as_str(), class.len());
    assert_eq!(told, ("/class", "class-changed", 1));

    let of = |schema: &str| {
        catalog(&[
            json!({"kind": "schema", "id": "s", "class": "profile", "properties": {"x": {"type": "integer"}}}),
            json!({"kind": "schema", "id": "t", "class": "profile", "properties": {"x": {"type": "string"}}}),
            json!({"kind": "dataset", "id": "d", "schema": schema}),
        ])
    };
    let moved = check(&of("s"), &of("t"));
    assert_eq!((moved[0].kind.as_str(), moved[0].pointer.as_str()), ("dataset", "/schema"));
    assert_eq!(
        moved[0].message,
        "field `x` of schema `s` is an integer and cannot become a string, and dataset `d` may hold data of it; its \
         schema would be `t`"
    );
}

#[test]
fn what_no_dataset_uses_may_become_anything() {
    let alone = |of: &str| {
        catalog(&[
            json!({"kind": "schema", "id": "s", "class": "profile", "properties": {"x": {"type": of}}}),
        ])
    };
    assert_eq!(check(&alone("integer"), &alone("string")), []);
}

#[test]
fn what_is_wrong_is_told_once_with_what_may_be_done() {
    let of = |x: &str| {
        let mut both = with("profile", &json!({"properties": {"x": {"type": x}}}));
        put_all(&mut both, &[json!({"kind": "dataset", "id": "e", "schema": "s"})], 1).unwrap();
        both
    };
    let found = check(&of("integer"), &of("boolean"));
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].message,
        "field `x` of schema `s` is an integer and cannot become a boolean, and dataset `d` may hold data of it"
    );
    assert!(found[0].help.as_ref().unwrap().contains("add a field of another name"), "{:?}", found[0].help);
}

#[test]
fn a_column_of_an_external_audience_keeps_its_type() {
    let with = |score: &Json| {
        let fields = json!([{"name": "who", "identityNs": "ECID"}, score]);
        catalog(&[json!({"kind": "audience", "id": "a", "name": "A", "external": {"fields": fields}})])
    };
    let was = with(&json!({"name": "score", "type": "integer"}));
    let found = check(&was, &with(&json!({"name": "score", "type": "date"})));
    assert_eq!(
        found[0].message,
        "column `score` of audience `a` is an integer and cannot become a date, and members may have it"
    );
    for fits in [json!({"name": "score", "type": "number"}), json!({"name": "other"})] {
        assert_eq!(check(&was, &with(&fits)), [], "{fits}");
    }
}
