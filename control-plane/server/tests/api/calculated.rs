//! Calculated fields of dataflows: compiled when they are published, with findings that name the mapping.

use serde_json::{Value, json};

use crate::server::{Server, with_definitions};

/// Applies a dataflow whose second field is calculated; the pointers and codes of the findings, if it is refused.
async fn check(server: &Server, calculated: &str, expected: &[(&str, &str)]) -> Value {
    let documents = [
        json!({"kind": "destination", "id": "mail", "connection": {"type": "csvFile", "directory": "mail"}}),
        json!({"kind": "dataflow", "id": "f", "destination": "mail", "audiences": ["berliners"], "mapping": [
            {"from": "city", "to": "city"}, {"to": "out", "calculated": calculated}]}),
    ];
    let answer = server.apply(&documents).await;
    if expected.is_empty() {
        return answer.ok();
    }
    let problem = answer.problem(400, "bad-definition");
    let findings = problem["findings"].as_array().unwrap();
    let found: Vec<_> =
        findings.iter().map(|f| (f["pointer"].as_str().unwrap(), f["code"].as_str().unwrap())).collect();
    assert_eq!(found, expected, "{problem}");
    problem
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calculated_field_is_checked_when_it_is_published() {
    let server = with_definitions().await;
    const POINTER: &str = "/mapping/1/calculated";
    let problem = check(&server, "upper(cty)", &[(POINTER, "PQL0301")]).await;
    assert_eq!(problem["findings"][0]["column"], 7, "{problem}");
    check(&server, "city +", &[(POINTER, "PQL0201")]).await;
    check(&server, "inSegment(\"nobody\")", &[(POINTER, "PQL0303")]).await;
    let problem = check(&server, "xEvent.count()", &[(POINTER, "PQL0601")]).await;
    let message = problem["findings"][0]["message"].as_str().unwrap();
    assert!(message.contains("cannot read events"), "{problem}");
    check(&server, "@{offer}", &[(POINTER, "PQL0603")]).await;
    check(&server, "iif(inSegment(\"buyers\"), join('_', [city, email]), 'none')", &[]).await;
    check(&server, "random()", &[]).await;
}
