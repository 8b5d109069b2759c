//! What has been kept long enough goes by itself.

use serde_json::json;

use crate::server::{until, with_definitions};

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_record_goes_after_thirty_days_and_is_counted() {
    let server = with_definitions().await;
    let refused = |user: &str| json!({"type": "identify", "userId": user, "traits": {"age": "old"}});
    server.batch(&[refused("1")]).await.ok();
    server.move_clock("2018-01-11T12:00:00Z").await;
    server.batch(&[refused("2")]).await.ok();
    server.move_clock("2018-01-31T12:00:00Z").await;
    // Thirty days are not over before their end.
    assert_eq!(server.quarantine().await.len(), 2);
    server.move_clock("2018-01-31T12:02:00Z").await;
    let left = until("the older record is gone", async || {
        let left = server.quarantine().await;
        (left.len() == 1).then_some(left)
    })
    .await;
    assert!(left[0]["raw"].as_str().unwrap().contains("\"userId\":\"2\""), "{left:?}");
    until("it is counted", async || {
        let metrics = server.get("/metrics").await.ok();
        let counted = "acquaint_retention_removed_total{of=\"quarantine\"} 1\n";
        metrics.as_str().unwrap().contains(counted).then_some(())
    })
    .await;
}
