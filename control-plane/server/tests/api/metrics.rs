//! What a server says of itself to those who watch it.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::json;

use crate::server::{KEY, Server, buy, by_the_systems_clock, send, until, with_definitions};

/// Name with labels to value.
async fn scrape(server: &Server) -> BTreeMap<String, f64> {
    let answer = server.get("/metrics").await;
    let kind = answer.headers["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    let text = answer.ok();
    let text = text.as_str().unwrap();
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let read = |line: &str| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.to_owned(), value.parse().unwrap())
    };
    lines.map(read).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_in_is_counted_by_source_and_by_what_became_of_it() {
    let server = with_definitions().await;
    server.batch(&[buy("a", "ada"), buy("b", "bob"), json!({"type": "nonsense"})]).await.ok();
    server.batch(&[buy("a", "ada")]).await.ok();
    server.settle().await;
    let found = scrape(&server).await;
    let ingested = |outcome: &str| {
        found.get(&format!("acquaint_ingest_records_total{{source=\"web\",outcome=\"{outcome}\"}}")).copied()
    };
    assert_eq!(
        [ingested("accepted"), ingested("duplicate"), ingested("quarantined"), ingested("turned_away")],
        [Some(2.0), Some(1.0), Some(1.0), None],
        "{found:?}"
    );
    assert_eq!(found["acquaint_log_records{log=\"records\"}"], 3.0);
    assert_eq!(found["acquaint_engine_records_total"], 3.0);
    assert_eq!((found["acquaint_engine_lag_records"], found["acquaint_engine_lag_seconds"]), (0.0, 0.0));
    assert_eq!(found["acquaint_decide_seconds_count"], 3.0);
    assert!(found["acquaint_engine_records_per_second"] > 0.0, "{found:?}");
    assert!(found["acquaint_store_bytes"] > 0.0 && found["acquaint_resident_memory_bytes"] > 0.0);
    assert_eq!(found["acquaint_timers_due"], 0.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_counted_by_audience() {
    let server = with_definitions().await;
    server.batch(&[buy("a", "ada"), buy("b", "bob")]).await.ok();
    server.settle().await;
    until("both are counted", async || {
        let found = scrape(&server).await;
        (found.get("acquaint_audience_members{audience=\"buyers\"}") == Some(&2.0)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_source_may_not_send_is_counted_as_turned_away() {
    let server = with_definitions().await;
    let limited = json!({"kind": "source", "id": "web", "writeKey": KEY, "eventDataset": "deeds",
        "profileDataset": "people", "userNamespace": "crm", "rateLimit": {"perSecond": 1, "burst": 1}});
    server.apply(&[limited]).await.ok();
    server.batch(&[buy("a", "ada")]).await.ok();
    assert_eq!(server.batch(&[buy("b", "bob")]).await.status, 429);
    let found = scrape(&server).await;
    assert_eq!(found["acquaint_ingest_records_total{source=\"web\",outcome=\"turned_away\"}"], 1.0);
    assert_eq!(found["acquaint_http_requests_total{status=\"4xx\"}"], 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataflow_shows_what_is_owed_and_what_was_tried() {
    let server = by_the_systems_clock().await;
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", nowhere.local_addr().unwrap());
    // Nobody listens there any more.
    drop(nowhere);
    let connection = json!({"type": "httpApi", "url": url, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "allowPrivateNetwork": true});
    server
        .apply(&[
            json!({"kind": "destination", "id": "hook", "connection": connection}),
            json!({"kind": "dataflow", "id": "tell", "destination": "hook", "audiences": ["buyers"]}),
        ])
        .await
        .ok();
    let event = json!({"type": "track", "event": "buy", "messageId": "a", "userId": "ada"});
    server.batch(&[event]).await.ok();
    until("the destination was tried", async || {
        let found = scrape(&server).await;
        let tried = found.get("acquaint_deliveries_total{dataflow=\"tell\",outcome=\"failed\"}").copied()?;
        (tried >= 1.0 && found.get("acquaint_dataflow_failed{dataflow=\"tell\"}") == Some(&1.0)).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_person_is_in_the_metrics_and_they_are_the_administrators() {
    let server = with_definitions().await;
    server
        .batch(&[buy("a", "somebody-special"), json!({"type": "nonsense", "userId": "somebody-special"})])
        .await
        .ok();
    let unknown = server.request(Method::POST, "/v1/batch").basic_auth("no-such-key", Some(""));
    send(unknown.body(json!({"batch": [buy("b", "x")]}).to_string())).await.problem(401, "unauthorized");
    server.settle().await;
    let text = server.get("/metrics").await.ok();
    let text = text.as_str().unwrap();
    assert!(
        !text.contains("somebody-special") && !text.contains("no-such-key") && !text.contains(KEY),
        "{text}"
    );
    send(server.request(Method::GET, "/metrics")).await.problem(401, "unauthorized");
}
