//! Data that goes by itself, as clients see it.

use serde_json::json;

use crate::server::{buy, with_definitions};

#[tokio::test(flavor = "multi_thread")]
async fn events_of_a_dataset_go_when_their_time_is_over() {
    let server = with_definitions().await;
    let ever = json!({"kind": "audience", "id": "ever", "name": "Ever", "expression":
        {"value": "xEvent[eventType = \"buy\"].count() >= 1"}, "evaluationInfo": {"continuous": {"enabled": true}}});
    server.apply(&[ever]).await.ok();
    server.batch(&[buy("a", "1")]).await.ok();
    assert_eq!(server.status_in("1", "ever").await, "realized");
    let kept = json!({"kind": "dataset", "id": "deeds", "schema": "deed", "ttlDays": 30});
    let applied = server.apply(&[kept]).await.ok();
    assert_eq!(applied["warnings"][0]["code"], "longer-than-kept", "{applied}");
    server.move_clock("2018-01-31T23:59:59Z").await;
    assert_eq!(server.profile("1").await["eventCount"], 1);
    server.move_clock("2018-02-01T00:00:00Z").await;
    assert_eq!(server.profile("1").await["eventCount"], 0);
    assert_eq!(server.status_in("1", "ever").await, "exited");
    let wrong = json!({"kind": "dataset", "id": "deeds", "schema": "deed", "ttlDays": 0});
    let refused = server.apply(&[wrong]).await.problem(400, "bad-definition");
    assert_eq!(refused["findings"][0]["code"], "bad-days");
}

#[tokio::test(flavor = "multi_thread")]
async fn pseudonymous_profiles_go_after_days_without_activity() {
    let server = with_definitions().await;
    let expiry = json!({"kind": "pseudonymousExpiry", "namespaces": ["anonymousId"], "inactiveDays": 14});
    server.apply(&[expiry]).await.ok();
    let seen = |id: &str| json!({"type": "track", "event": "look", "messageId": id, "anonymousId": "anon"});
    server.batch(&[seen("a"), buy("b", "1")]).await.ok();
    let path = "/data/core/ups/access/entities?entityId=anon&entityIdNS=anonymousId";
    server.settle().await;
    server.get(path).await.ok();
    server.move_clock("2018-01-15T23:59:59Z").await;
    server.get(path).await.ok();
    server.move_clock("2018-01-16T00:00:00Z").await;
    server.get(path).await.problem(404, "not-found");
    assert_eq!(server.profile("1").await["eventCount"], 1);
}
