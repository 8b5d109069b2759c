//! Segment-compatible ingestion: what is taken, and what becomes of what is not.

use std::io::Write;

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE};
use serde_json::{Value, json};

use crate::server::{KEY, Server, buy, send, with_definitions};

async fn raw(server: &Server, path: &str, body: impl Into<reqwest::Body>) -> crate::server::Answer {
    send(server.request(Method::POST, path).basic_auth(KEY, Some("")).body(body)).await
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_that_clients_call_takes_messages() {
    let server = with_definitions().await;
    let types = [("track", "t"), ("identify", "i"), ("page", "p"), ("group", "g"), ("screen", "s")];
    for (name, letter) in types {
        for path in [name, letter, &format!("{name}/")] {
            let body = json!({"messageId": format!("m-{path}"), "userId": "7", "event": "buy", "name": "n",
                "groupId": "g", "traits": {}, "properties": {}});
            assert_eq!(
                raw(&server, &format!("/v1/{path}"), body.to_string()).await.ok()["success"],
                true,
                "{path}"
            );
        }
    }
    for path in ["/v1/batch", "/v1/b", "/beacon/v1/batch", "/v1/import/"] {
        let body = json!({"batch": [buy(&format!("m{path}"), "8")]}).to_string();
        assert_eq!(raw(&server, path, body).await.ok(), json!({"success": true}), "{path}");
    }
    assert_eq!(server.profile("8").await["eventCount"], 4);
    assert_eq!(raw(&server, "/v1/m", "{\"series\": []}").await.ok(), json!({"success": true}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_may_stand_in_header_address_body_or_message() {
    let server = with_definitions().await;
    let message = |id: &str| json!({"batch": [buy(id, "1")]});
    let post = |path: &str, body: Value| send(server.request(Method::POST, path).body(body.to_string()));
    post(&format!("/beacon/v1/batch?writeKey={KEY}"), message("a")).await.ok();
    post("/v1/batch", json!({"writeKey": KEY, "batch": [buy("b", "1")]})).await.ok();
    let mut own = buy("c", "1");
    own["writeKey"] = KEY.into();
    post("/v1/batch", json!({"batch": [own]})).await.ok();
    post("/v1/batch", message("d")).await.problem(401, "unauthorized");
    post("/v1/batch?writeKey=wrong", message("e")).await.problem(401, "unauthorized");
    assert_eq!(server.profile("1").await["eventCount"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_content_decides_and_not_the_content_type() {
    let server = with_definitions().await;
    let body = gzip(json!({"batch": [buy("a", "1")]}).to_string().as_bytes());
    let request =
        server.request(Method::POST, "/v1/batch").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    let request = request.header(CONTENT_ENCODING, "gzip").basic_auth(KEY, Some(""));
    send(request.body(body)).await.ok();
    assert_eq!(server.profile("1").await["eventCount"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_json_is_named_with_line_and_column() {
    let server = with_definitions().await;
    let problem = raw(&server, "/v1/batch", "{\"batch\":\n [}").await.problem(400, "bad-json");
    assert_eq!((&problem["line"], &problem["column"]), (&json!(2), &json!(3)));
    let problem = raw(&server, "/v1/batch", "{\"batch\": 7}").await.problem(400, "wrong-shape");
    assert_eq!(problem["field"], "batch");
    raw(&server, "/v1/track", "[]").await.problem(400, "wrong-shape");
    raw(&server, "/v1/track", "").await.problem(400, "bad-json");
}

#[tokio::test(flavor = "multi_thread")]
async fn oversize_bodies_and_bombs_are_refused() {
    let server = with_definitions().await;
    raw(&server, "/v1/batch", vec![b' '; 600 * 1024]).await.problem(400, "too-large");
    raw(&server, "/v1/batch", gzip(&vec![b' '; 50 * 1024 * 1024])).await.problem(400, "too-large");
    let many = vec![json!({}); 2_501];
    raw(&server, "/v1/batch", json!({"batch": many}).to_string()).await.problem(400, "too-large");
    raw(&server, "/v1/batch", [0x1f, 0x8b, 1, 2, 3].to_vec()).await.problem(400, "bad-gzip");
    let long = |characters: usize| json!({"userId": "1", "event": "buy", "properties": {"x": "x".repeat(characters)}});
    raw(&server, "/v1/t", long(33_000).to_string()).await.problem(400, "too-large");
    raw(&server, "/v1/t", gzip(long(33_000).to_string().as_bytes())).await.problem(400, "too-large");
    assert_eq!(raw(&server, "/v1/t", long(32_000).to_string()).await.ok(), json!({"success": true}));
    assert!(server.quarantine().await.is_empty(), "what is refused as a whole is not kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_message_goes_to_quarantine_and_its_neighbours_do_not() {
    let server = with_definitions().await;
    let bad = |changes: Value| {
        let mut message = buy("bad", "1");
        message.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        message
    };
    let messages = [
        buy("a", "1"),
        bad(json!({"timestamp": "yesterday"})),
        bad(json!({"userId": null})),
        bad(json!({"type": "dance"})),
        bad(json!({"writeKey": "wrong"})),
        bad(json!({"properties": {"text": "x".repeat(40_000)}})),
        json!("not a message"),
        buy("b", "1"),
    ];
    assert_eq!(server.batch(&messages).await.ok(), json!({"success": true, "quarantined": 6}));
    assert_eq!(server.profile("1").await["eventCount"], 2);
    let refused = server.quarantine().await;
    assert_eq!(refused.len(), 6);
    for record in &refused {
        assert!(
            !record["reason"].as_str().unwrap().is_empty() && !record["code"].as_str().unwrap().is_empty()
        );
    }
    assert!(refused.iter().any(|record| record["code"] == "bad_timestamp" && record["path"] == "timestamp"));
    assert!(refused.iter().any(|record| record["code"] == "unknown_write_key"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_no_reader_takes_does_not_cost_a_batch_the_others() {
    let server = with_definitions().await;
    let nested = format!("{}1{}", "[".repeat(200), "]".repeat(200));
    for (id, bad) in [("deep", nested.as_str()), ("large", "{\"userId\": 1e999}")] {
        let body = format!("{{\"batch\": [{}, {bad}]}}", buy(id, "1"));
        assert_eq!(raw(&server, "/v1/batch", body).await.ok(), json!({"success": true, "quarantined": 1}));
    }
    // A text that was cut inside an emoji, as `JSON.stringify` writes it; and a file with a mark of byte order.
    let cut = buy("cut", "1").to_string().replacen('{', "{\"name\": \"Sale \\ud83d\",", 1);
    assert_eq!(raw(&server, "/v1/track", cut).await.ok(), json!({"success": true}));
    let marked = format!("\u{feff}{}", json!({"batch": [buy("marked", "1")]}));
    assert_eq!(raw(&server, "/v1/batch", marked).await.ok(), json!({"success": true}));
    assert_eq!(server.profile("1").await["eventCount"], 4);
    assert_eq!(server.quarantine().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_sends_too_much_is_told_that_the_connection_ends() {
    let server = with_definitions().await;
    let answer = raw(&server, "/v1/batch", vec![b' '; 600 * 1024]).await;
    assert_eq!(answer.headers["connection"], "close");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_comes_again_counts_once() {
    let server = with_definitions().await;
    server.batch(&[buy("a", "1"), buy("a", "1")]).await.ok();
    server.batch(&[buy("a", "1")]).await.ok();
    server.settle().await;
    server.batch(&[buy("a", "1"), buy("b", "1")]).await.ok();
    assert_eq!(server.profile("1").await["eventCount"], 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_schema_forbade_is_replayed_once_the_schema_allows_it() {
    let server = with_definitions().await;
    let identify = json!({"type": "identify", "messageId": "i", "userId": "1", "traits": {"city": 5}});
    assert_eq!(server.batch(&[identify]).await.ok()["quarantined"], 1);
    let refused = server.quarantine().await;
    assert_eq!((&refused[0]["code"], &refused[0]["path"]), (&json!("schema"), &json!("city")), "{refused:?}");
    assert_eq!(
        server.post("/quarantine/replay", &json!({})).await.ok(),
        json!({"accepted": 0, "refused": 1})
    );
    let mended = json!({"kind": "schema", "id": "person", "class": "profile",
        "properties": {"city": {"type": "integer"}, "age": {"type": "integer"}, "email": {"type": "string"}}});
    let rule = json!({"kind": "audience", "id": "berliners", "name": "Berliners", "expression": {"value": "city = 5"}});
    server.apply(&[mended, rule]).await.ok();
    let ids = json!({"ids": [refused[0]["id"]]});
    assert_eq!(server.post("/quarantine/replay", &ids).await.ok(), json!({"accepted": 1, "refused": 0}));
    assert_eq!(server.profile("1").await["entity"]["city"], 5);
    assert!(server.quarantine().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_may_send_from_anywhere_and_ask_for_their_settings() {
    let server = with_definitions().await;
    for path in ["/v1/t", "/v1/batch", "/beacon/v1/batch", "/sourceConfig/", "/v1/projects/any/settings"] {
        let preflight = server.request(Method::OPTIONS, path).header("origin", "https://shop.example");
        let preflight = preflight.header("access-control-request-method", "POST");
        let preflight = preflight.header("access-control-request-headers", "authorization,content-type");
        let answer = send(preflight).await;
        assert_eq!(answer.status, 204, "{path}");
        for (name, expected) in [
            ("access-control-allow-origin", "*"),
            ("access-control-allow-methods", "POST, GET, OPTIONS"),
            (
                "access-control-allow-headers",
                "authorization, content-type, x-retry-count, anonymousid, sentat, rsa-recovered, \
                 rsa-retry-attempt, rsa-since-last-attempt, rsa-since-first-attempt, rsa-retry-reason",
            ),
            ("access-control-expose-headers", "Retry-After"),
            ("access-control-max-age", "86400"),
        ] {
            assert_eq!(answer.headers[name], expected, "{path}");
        }
    }
    let wrong = raw(&server, "/v1/batch", "{").await;
    assert_eq!(wrong.headers["access-control-allow-origin"], "*", "a page may read why it was refused");
    let settings = send(server.request(Method::GET, &format!("/v1/projects/{KEY}/settings"))).await.ok();
    let segment = &settings["integrations"]["Segment.io"];
    assert_eq!(segment["apiHost"], format!("{}/v1", server.url.strip_prefix("http://").unwrap()));
    let config =
        server.request(Method::GET, "/sourceConfig/?v=3").header(AUTHORIZATION, "Basic d2ViLWtleTo=");
    assert_eq!(send(config).await.ok()["source"]["enabled"], true);
    send(server.request(Method::GET, "/v1/projects/wrong/settings")).await.problem(401, "unauthorized");
}

/// What `GET /records` shows.
async fn records(server: &Server) -> Vec<Value> {
    server.get("/records").await.ok()["records"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn when_it_was_sent_may_stand_in_the_message_the_batch_or_a_header() {
    let server = with_definitions().await;
    // The client's clock is two hours fast, and the event happened a minute before it was sent.
    let (happened, sent) = ("2018-01-01T13:59:00Z", "2018-01-01T14:00:00Z");
    let message = |id: &str| json!({"type": "track", "event": "buy", "messageId": id, "userId": "1", "timestamp": happened});
    let mut own = message("own");
    own["sentAt"] = sent.into();
    server.batch(&[own]).await.ok();
    raw(&server, "/v1/batch", json!({"sentAt": sent, "batch": [message("batch")]}).to_string()).await.ok();
    let request = server.request(Method::POST, "/v1/t").basic_auth(KEY, Some("")).header("SentAt", sent);
    send(request.body(message("header").to_string())).await.ok();
    let found: Vec<(Value, Value)> = records(&server)
        .await
        .iter()
        .map(|record| (record["messageId"].clone(), record["timestamp"].clone()))
        .collect();
    let expected = ["own", "batch", "header"].map(|id| (json!(id), json!("2018-01-01T11:59:00.000Z")));
    assert_eq!(found, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_a_browser_is_kept_also_in_quarantine() {
    let server = with_definitions().await;
    let body = |event: Value| json!({"type": "track", "event": event, "userId": "1"}).to_string();
    let post = |body: String| {
        let request = server.request(Method::POST, "/v1/t").basic_auth(KEY, Some(""));
        send(request.header("origin", "https://shop.example").body(body))
    };
    post(body(json!("buy"))).await.ok();
    post(body(json!(null))).await.ok();
    raw(&server, "/v1/t", body(json!("buy"))).await.ok();
    let addresses: Vec<Value> =
        records(&server).await.iter().map(|record| record["fields"]["context"]["ip"].clone()).collect();
    assert_eq!(addresses, [json!("127.0.0.1"), json!(null)]);
    let raw: Value = serde_json::from_str(server.quarantine().await[0]["raw"].as_str().unwrap()).unwrap();
    assert_eq!(raw["context"]["ip"], "127.0.0.1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_is_too_fast_is_told_when_to_come_again() {
    let server = with_definitions().await;
    let limit = |per_second: u32| {
        json!({"kind": "source", "id": "slow", "writeKey": "slow-key", "eventDataset": "deeds",
            "userNamespace": "crm", "rateLimit": {"perSecond": per_second, "burst": 4}})
    };
    server.apply(&[limit(0)]).await.problem(400, "bad-definition");
    server.apply(&[limit(2)]).await.ok();
    let post = |messages: Vec<Value>| {
        let request = server.request(Method::POST, "/v1/batch").basic_auth("slow-key", Some(""));
        send(request.body(json!({"batch": messages}).to_string()))
    };
    post((0..4).map(|number| buy(&format!("a{number}"), "1")).collect()).await.ok();
    let answer = post((0..4).map(|number| buy(&format!("b{number}"), "1")).collect()).await;
    assert_eq!((answer.status.as_u16(), &answer.headers["retry-after"]), (429, &"2".parse().unwrap()));
    assert_eq!(answer.headers["x-ratelimit-reset"], "2");
    answer.problem(429, "too-fast");
    server.batch(&[buy("other", "1")]).await.ok();
    server.move_clock("2018-01-01T12:00:02Z").await;
    post((0..4).map(|number| buy(&format!("b{number}"), "1")).collect()).await.ok();
    assert_eq!(server.profile("1").await["eventCount"], 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn records_are_shown_in_order_and_in_pages() {
    let server = with_definitions().await;
    let identify = json!({"type": "identify", "messageId": "i", "userId": "1", "anonymousId": "a", "traits": {"age": 5}});
    let alias = json!({"type": "alias", "messageId": "l", "userId": "1", "previousId": "0"});
    server.batch(&[buy("e", "1"), identify, alias]).await.ok();
    let all = records(&server).await;
    let kinds: Vec<&str> = all.iter().map(|record| record["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["event", "attributes", "link"]);
    assert_eq!(all[0]["timestamp"], "2018-01-01T11:30:00.000Z");
    assert_eq!(
        all[1]["identities"],
        json!([{"namespace": "crm", "id": "1"}, {"namespace": "anonymousId", "id": "a"}])
    );
    assert_eq!(all[1]["fields"], json!({"age": 5}));
    let page = server.get(&format!("/records?limit=1&after={}", all[0]["position"])).await.ok();
    assert_eq!((&page["records"], &page["next"]), (&json!([all[1]]), &all[1]["position"]));
    send(server.request(Method::GET, "/records")).await.problem(401, "unauthorized");
}
