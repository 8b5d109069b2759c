//! The documented limits: what is measured beside them, and what becomes of whoever exceeds one.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::server::{Server, buy, until, with_definitions};

/// By name.
async fn rows(server: &Server) -> BTreeMap<String, Value> {
    let answer = server.get("/guardrails").await.ok();
    let rows = answer["guardrails"].as_array().unwrap().iter();
    rows.map(|row| (row["name"].as_str().unwrap().to_owned(), row.clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_limit_stands_beside_what_it_is_now() {
    let server = with_definitions().await;
    server.batch(&[buy("a", "ada"), buy("b", "bob")]).await.ok();
    server.settle().await;
    let rows = until("the profiles are counted", async || {
        let rows = rows(&server).await;
        (rows["events_per_profile"]["measured"] == 1.0).then_some(rows)
    })
    .await;
    let figures = |name: &str| (rows[name]["limit"].clone(), rows[name]["measured"].clone());
    assert_eq!(figures("audiences"), (json!(4_000.0), json!(2.0)));
    assert_eq!(figures("audiences_streaming"), (json!(500.0), json!(1.0)));
    assert_eq!(figures("identities_per_profile"), (json!(50.0), json!(1.0)));
    assert_eq!(
        rows["audience_percent"]["standing"], "over",
        "both have bought: {}",
        rows["audience_percent"]
    );
    assert_eq!(
        (&rows["edge_payload"]["kind"], &rows["edge_payload"]["standing"]),
        (&json!("inherent"), &json!("notMeasured"))
    );
    assert!(rows["streaming_evaluation_seconds"]["measured"].as_f64().unwrap() < 300.0);
    for source in ["edge", "streaming", "incremental", "batch"] {
        let wanted = format!("blueprint: {source} segmentation");
        assert!(rows.values().any(|row| row["source"] == wanted), "{wanted}");
    }
    let text = server.get("/metrics").await.ok();
    for name in rows.keys() {
        let measured = format!("acquaint_guardrail_measured{{guardrail=\"{name}\"}}");
        assert!(text.as_str().unwrap().contains(&measured), "{measured}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_and_written_is_measured_and_what_is_not_here_says_so() {
    let server = with_definitions().await;
    let mut long = buy("a", "ada");
    long["properties"] = json!({"sizes": (0..12).collect::<Vec<u8>>()});
    server.batch(&[long]).await.ok();
    let rule = "city in [\"Rome\", \"Oslo\"] and xEvent.price.sum() > 3";
    server
        .apply(&[json!({"kind": "audience", "id": "x", "name": "x", "expression": {"value": rule}})])
        .await
        .ok();
    let rows = rows(&server).await;
    let figure = |name: &str| (rows[name]["measured"].clone(), rows[name]["standing"].clone());
    assert_eq!(figure("event_list_items"), (json!(12.0), json!("over")));
    assert_eq!(figure("identities_per_record"), (json!(1.0), json!("within")));
    assert_eq!(figure("identity_characters"), (json!(3.0), json!("within")));
    assert_eq!(figure("list_values"), (json!(2.0), json!("within")));
    assert_eq!(figure("aggregations"), (json!(1.0), json!("within")));
    assert_eq!(figure("batches_per_day"), (json!(0.0), json!("within")));
    for name in ["dimension_bytes", "compositions", "audiences_account", "incremental_payload"] {
        let row = &rows[name];
        assert_eq!((&row["kind"], &row["standing"]), (&json!("absent"), &json!("notApplicable")), "{name}");
        assert!(row["note"].as_str().unwrap().starts_with("there "), "{row}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_job_is_held_against_its_limits() {
    let server = with_definitions().await;
    assert_eq!(rows(&server).await["batch_hours"]["standing"], "notMeasured");
    server.post("/data/core/ups/segment/jobs", &json!([])).await.ok();
    let rows = until("the job has ended", async || {
        let rows = rows(&server).await;
        (rows["batch_hours"]["standing"] == "within").then_some(rows)
    })
    .await;
    assert_eq!(
        (&rows["batch_hours_between"]["measured"], &rows["batch_on_demand_per_day"]["measured"]),
        (&json!(0.0), &json!(1.0))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn definitions_beyond_a_hard_limit_are_refused_with_its_name() {
    let server = with_definitions().await;
    let edge = |number: usize| {
        json!({"kind": "audience", "id": format!("e{number}"), "name": format!("e{number}"),
            "expression": {"value": "age > 3"}, "evaluationInfo": {"synchronous": {"enabled": true}}})
    };
    let full: Vec<Value> = (0..150).map(edge).collect();
    server.apply(&full).await.ok();
    let problem = server.apply(&[edge(150)]).await.problem(400, "guardrail");
    assert_eq!(problem["exceeded"], json!([{"guardrail": "audiences_edge", "limit": 150, "measured": 151}]));
    server.post("/data/core/ups/audiences", &edge(150)).await.problem(400, "guardrail");
    assert_eq!(rows(&server).await["audiences_edge"]["standing"], "near");
}
