//! The two formats of an expression, converted and stored.

use serde_json::{Value, json};

use crate::server::with_definitions;

const PATH: &str = "/data/core/ups/segment/conversion";
const AUDIENCES: &str = "/data/core/ups/audiences";

fn definition(format: &str, value: &Value) -> Value {
    json!({"name": "In the USA", "ttlInDays": 60, "schema": {"name": "_xdm.context.profile"},
        "expression": {"type": "PQL", "format": format, "value": value}})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_is_converted_and_converted_back() {
    let server = with_definitions().await;
    let text = definition("pql/text", &json!("workAddress.country = \"US\""));
    let converted = server.post(PATH, &text).await.ok();
    let node = json!({"nodeType": "fnApply", "fnName": "=", "params": [
        {"nodeType": "fieldLookup", "fieldName": "country",
            "object": {"nodeType": "fieldLookup", "fieldName": "workAddress",
                "object": {"nodeType": "parameterReference", "position": 1}}},
        {"nodeType": "literal", "literalType": "String", "value": "US"}]});
    assert_eq!(converted["expression"]["format"], "pql/json");
    let value = converted["expression"]["value"].as_str().unwrap();
    assert_eq!(serde_json::from_str::<Value>(value).unwrap(), node);
    assert_eq!(server.post(PATH, &converted).await.ok(), text);
    assert_eq!(server.post(PATH, &definition("pql/json", &node)).await.ok(), text);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_converted_says_why_and_where() {
    let server = with_definitions().await;
    let problem = server
        .post(PATH, &definition("pql/text", &json!("a = 1 and\n  b =")))
        .await
        .problem(400, "bad-expression");
    let found = &problem["diagnostics"][0];
    assert_eq!((&found["code"], &found["line"]), (&json!("PQL0201"), &json!(2)), "{problem}");
    for (value, message) in [
        (json!({"nodeType": "set"}), "unknown node type `set`"),
        (json!("{"), "not JSON: EOF while parsing an object at line 1 column 1"),
        (json!({"nodeType": "varRef", "varName": "a`b"}), "the text form cannot say this"),
    ] {
        let problem = server.post(PATH, &definition("pql/json", &value)).await.problem(400, "bad-expression");
        let found = &problem["diagnostics"][0];
        assert_eq!(found["code"], "PQL0209");
        assert!(found["message"].as_str().unwrap().starts_with(message), "{problem}");
    }
    server.post(PATH, &definition("arl", &json!("x"))).await.problem(400, "unsupported");
    server.post(PATH, &json!({})).await.problem(400, "unsupported");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_definition_in_json_is_stored_as_text() {
    let server = with_definitions().await;
    let node = json!({"nodeType": "fnApply", "fnName": ">=", "params": [
        {"nodeType": "fieldLookup", "fieldName": "age",
            "object": {"nodeType": "literal", "literalType": "XDMObject", "value": "profile"}},
        {"nodeType": "literal", "literalType": "integer", "value": "18"}]});
    for value in [node.clone(), json!(node.to_string())] {
        let mut audience = definition("pql/json", &value);
        audience["id"] = json!("adults");
        audience.as_object_mut().unwrap().remove("ttlInDays");
        let path = format!("{AUDIENCES}/adults");
        let made = server.with_body(reqwest::Method::PUT, &path, &audience).await.ok();
        assert_eq!(made["expression"], json!({"type": "PQL", "format": "pql/text", "value": "age >= 18"}));
    }
    let mut wrong = definition("pql/json", &json!({"nodeType": "literal"}));
    wrong["expression"]["value"] = json!({"nodeType": "fnApply", "fnName": "=", "params": []});
    wrong.as_object_mut().unwrap().remove("ttlInDays");
    let problem = server.post(AUDIENCES, &wrong).await.problem(400, "bad-audience");
    assert_eq!(problem["diagnostics"][0]["pointer"], "/expression/value", "{problem}");
    assert_eq!(problem["diagnostics"][0]["code"], "PQL0209");
}
