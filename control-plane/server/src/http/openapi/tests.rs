//! The document says what the router does, and its examples are what it says they are.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Map, Value};
use tower::ServiceExt;

use super::DOCUMENT;
use crate::app::App;

const METHODS: [&str; 6] = ["get", "put", "post", "delete", "patch", "options"];

fn document() -> &'static Value {
    DOCUMENT.as_ref().expect("the document can be read")
}

/// What a reference, if it is one, stands for.
fn resolved(mut value: &Value) -> &Value {
    while let Some(reference) = value.get("$ref") {
        let pointer = reference.as_str().and_then(|text| text.strip_prefix('#')).expect("a local reference");
        value = document().pointer(pointer).unwrap_or_else(|| panic!("there is no `{pointer}`"));
    }
    value
}

fn paths() -> &'static Map<String, Value> {
    document()["paths"].as_object().unwrap()
}

#[tokio::test]
async fn every_route_and_method_is_in_the_document_and_no_others() {
    let folder = tempfile::tempdir().unwrap();
    let router = crate::http::routes(App::for_tests(folder.path()));
    // The router can only be asked for its paths by showing itself.
    let shown = format!("{router:?}");
    let routes: BTreeSet<&str> =
        shown.split('"').filter(|part| part.starts_with('/') && !part.contains("__private")).collect();
    let mut found = BTreeMap::new();
    for path in routes {
        let target: String = path
            .split('/')
            .map(|step| if step.starts_with('{') { "x" } else { step })
            .collect::<Vec<_>>()
            .join("/");
        if target == "/" {
            continue;
        }
        let request = Request::builder().method(Method::TRACE).uri(&target);
        let request = request.header(header::AUTHORIZATION, "Bearer a").body(Body::empty()).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        let allowed = answer.headers()[header::ALLOW].to_str().unwrap().to_lowercase();
        let methods = allowed.split(',').filter(|method| *method != "head").map(str::to_owned);
        found.insert(path.to_owned(), methods.collect::<BTreeSet<_>>());
    }
    // What is taken with a slash at the end too is one address.
    found.retain(|path, _| {
        path.strip_suffix('/').is_none_or(|without| !shown.contains(&format!("\"{without}\"")))
    });
    let said: BTreeMap<String, BTreeSet<String>> = paths()
        .iter()
        .map(|(path, item)| {
            let item = resolved(item).as_object().unwrap();
            (path.clone(), item.keys().filter(|key| METHODS.contains(&key.as_str())).cloned().collect())
        })
        .collect();
    assert_eq!(said, found);
}

#[test]
fn operations_are_complete() {
    let mut ids = BTreeSet::new();
    for (path, item) in paths().iter().filter(|(_, item)| item.get("$ref").is_none()) {
        let named: BTreeSet<&str> =
            path.split('/').filter_map(|step| step.strip_prefix('{')?.strip_suffix('}')).collect();
        for method in METHODS {
            let Some(operation) = item.get(method) else { continue };
            assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{path} {method}");
            assert!(operation["summary"].is_string() && operation["tags"].is_array(), "{path} {method}");
            let of = |value: &'static Value| value.get("parameters").and_then(Value::as_array).cloned();
            let parameters: Vec<Value> = of(item).into_iter().chain(of(operation)).flatten().collect();
            let in_path = parameters.iter().map(resolved_of).filter(|one| one["in"] == "path");
            let in_path: BTreeSet<String> =
                in_path.map(|one| one["name"].as_str().unwrap().to_owned()).collect();
            assert_eq!(in_path.iter().map(String::as_str).collect::<BTreeSet<_>>(), named, "{path} {method}");
            for answer in operation["responses"].as_object().unwrap().values() {
                assert!(resolved(answer)["description"].is_string(), "{path} {method}");
            }
        }
    }
}

fn resolved_of(value: &Value) -> Value {
    match value.get("$ref") {
        Some(reference) => {
            document().pointer(reference.as_str().unwrap().trim_start_matches('#')).unwrap().clone()
        }
        None => value.clone(),
    }
}

#[test]
fn every_example_is_as_its_schema_says() {
    let mut examples = 0;
    walk(document(), &mut |content| {
        let Some(schema) = content.get("schema") else { return };
        let single = content.get("example").into_iter();
        let named = content.get("examples").and_then(Value::as_object).into_iter().flatten();
        for example in single.chain(named.map(|(_, example)| &example["value"])) {
            examples += 1;
            assert_eq!(wrong(schema, example, ""), Vec::<String>::new(), "{example}");
        }
    });
    assert!(examples > 10, "{examples}");
}

#[test]
fn an_example_that_is_not_is_found() {
    let schema = serde_json::json!({"$ref": "#/components/schemas/Identity"});
    let check = |example: Value, expected: &str| assert_eq!(wrong(&schema, &example, ""), [expected]);
    check(serde_json::json!({"namespace": "crm"}), " lacks id");
    check(serde_json::json!({"namespace": "crm", "id": 1}), "/id is no string");
    check(serde_json::json!({"namespace": "crm", "id": "1", "x": 1}), " may not have x");
}

fn walk(value: &Value, visit: &mut dyn FnMut(&Value)) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        Value::Object(fields) => {
            visit(value);
            fields.values().for_each(|field| walk(field, visit));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What of a value is not as a schema says: the part of JSON Schema that the document uses.
fn wrong(schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let schema = resolved_of(schema);
    if let Some(choices) = schema.get("oneOf").and_then(Value::as_array) {
        let each: Vec<_> = choices.iter().map(|choice| wrong(choice, value, place)).collect();
        return if each.iter().any(Vec::is_empty) { Vec::new() } else { each.concat() };
    }
    let mut found = Vec::new();
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|name| is(name, value)) {
        return vec![format!("{place} is no {}", types.join(" or "))];
    }
    if schema["enum"].as_array().is_some_and(|known| !known.contains(value)) {
        found.push(format!("{place} is not one of {}", schema["enum"]));
    }
    if let Some(fields) = value.as_object() {
        let needed = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        found.extend(
            needed.filter(|name| !fields.contains_key(*name)).map(|name| format!("{place} lacks {name}")),
        );
        for (name, field) in fields {
            let below = format!("{place}/{name}");
            match (schema["properties"].get(name), schema.get("additionalProperties")) {
                (Some(known), _) => found.extend(wrong(known, field, &below)),
                (None, Some(Value::Bool(false))) => found.push(format!("{place} may not have {name}")),
                (None, Some(others)) if others.is_object() => found.extend(wrong(others, field, &below)),
                (None, _) => {}
            }
        }
    }
    if let Some(items) = value.as_array() {
        let bound = |name: &str| schema[name].as_u64();
        let count = items.len() as u64;
        if bound("minItems").is_some_and(|min| count < min)
            || bound("maxItems").is_some_and(|max| count > max)
        {
            found.push(format!("{place} has {count} items"));
        }
        if let Some(of) = schema.get("items") {
            let each = items.iter().enumerate();
            found.extend(each.flat_map(|(index, item)| wrong(of, item, &format!("{place}/{index}"))));
        }
    }
    found
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        other => panic!("`{other}` is no type"),
    }
}
