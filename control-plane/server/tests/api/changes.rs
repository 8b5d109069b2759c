//! The stream of changes, read by a plain HTTP client.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::server::{ADMIN, Server, buy, send, with_definitions};

const PATH: &str = "/data/core/ups/access/entities/changes";

/// One message of a stream.
#[derive(Debug)]
struct Message {
    id: String,
    name: String,
    data: Value,
}

/// A stream that is being read.
struct Stream {
    response: reqwest::Response,
    read: String,
}

impl Stream {
    async fn open(server: &Server, query: &str, last: Option<&str>) -> Self {
        let request = server.request(Method::GET, &format!("{PATH}?{query}")).bearer_auth(ADMIN);
        let request = match last {
            Some(last) => request.header("last-event-id", last),
            None => request,
        };
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, read: String::new() }
    }

    /// The next block of lines; absent at the end.
    async fn block(&mut self) -> Option<String> {
        loop {
            if let Some((block, rest)) = self.read.split_once("\n\n") {
                let block = block.to_owned();
                self.read = rest.to_owned();
                return Some(block);
            }
            let chunk = tokio::time::timeout(Duration::from_secs(60), self.response.chunk());
            let chunk = chunk.await.expect("a minute without anything").unwrap()?;
            self.read.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next message; signs of life are passed over.
    async fn next(&mut self) -> Message {
        loop {
            let block = self.block().await.expect("the stream goes on");
            let line = |name: &str| {
                let lines = block.lines().filter_map(|line| line.split_once(": "));
                lines.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
            };
            if let (Some(id), Some(name), Some(data)) = (line("id"), line("event"), line("data")) {
                return Message { id, name, data: serde_json::from_str(&data).unwrap() };
            }
        }
    }

    /// The names of the next messages, and the last of them.
    async fn names(&mut self, count: usize) -> (Vec<String>, Message) {
        let mut names = Vec::new();
        loop {
            let message = self.next().await;
            names.push(message.name.clone());
            if names.len() == count {
                return (names, message);
            }
        }
    }
}

fn identify(who: &str, traits: &Value) -> Value {
    json!({"type": "identify", "userId": who, "traits": traits})
}

async fn with_customer() -> Server {
    let server = with_definitions().await;
    server.batch(&[identify("1", &json!({"city": "Bonn"}))]).await.ok();
    server.settle().await;
    server
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_is_told_what_changes_of_its_profile_and_of_no_other() {
    let server = with_customer().await;
    let mut screen = Stream::open(&server, "entityId=1&entityIdNS=crm", None).await;
    let first = screen.next().await;
    assert_eq!((first.name.as_str(), &first.data["profile"]["entity"]["city"]), ("profile", &json!("Bonn")));

    server.batch(&[identify("2", &json!({"city": "Ulm"})), buy("other", "2")]).await.ok();
    server.batch(&[identify("1", &json!({"city": "Berlin"}))]).await.ok();
    let attributes = screen.next().await;
    assert_eq!(attributes.name, "attributes");
    assert_eq!(attributes.data["attributes"], json!({"city": "Berlin"}));
    assert_eq!(attributes.data["identity"], json!({"namespace": "crm", "id": "1"}));

    server.batch(&[buy("mine", "1"), buy("mine", "1")]).await.ok();
    let event = screen.next().await;
    assert_eq!((event.name.as_str(), &event.data["event"]["_id"]), ("event", &json!("mine")));
    let membership = screen.next().await;
    assert_eq!(membership.name, "membership");
    assert_eq!(
        (&membership.data["audience"], &membership.data["status"]),
        (&json!("buyers"), &json!("realized"))
    );

    // Time alone ends it; the repeated purchase was not told again.
    server.move_clock("2018-01-01T13:00:00Z").await;
    let exit = screen.next().await;
    assert_eq!((&exit.data["audience"], &exit.data["status"]), (&json!("buyers"), &json!("exited")));
    assert_eq!(exit.data["lastQualificationTime"], "2018-01-01T12:30:00.001Z");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_comes_back_is_told_what_it_missed_once() {
    let server = with_customer().await;
    let query = "entityId=1&entityIdNS=crm";
    let mut screen = Stream::open(&server, query, None).await;
    screen.next().await;
    server.batch(&[buy("a", "1")]).await.ok();
    // Between the event and what it leads to.
    let event = screen.next().await;
    assert_eq!(event.name, "event");
    drop(screen);
    server.batch(&[identify("1", &json!({"age": 5}))]).await.ok();
    server.settle().await;
    let mut again = Stream::open(&server, query, Some(&event.id)).await;
    let (names, last) = again.names(2).await;
    assert_eq!(names, ["membership", "attributes"]);
    drop(again);

    let server = server.restart().await;
    let mut after = Stream::open(&server, query, Some(&last.id)).await;
    server.batch(&[identify("1", &json!({"age": 6}))]).await.ok();
    assert_eq!(after.next().await.data["attributes"], json!({"age": 6}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_screen_follows_its_profile_into_another() {
    let server = with_customer().await;
    let anonymous = json!({"type": "track", "event": "look", "messageId": "l", "anonymousId": "anon"});
    server.batch(&[anonymous]).await.ok();
    server.settle().await;
    let mut known = Stream::open(&server, "entityId=1&entityIdNS=crm", None).await;
    let mut device = Stream::open(&server, "entityId=anon&entityIdNS=anonymousId", None).await;
    let survivor = known.next().await.data["profile"]["entityId"].clone();
    assert_ne!(device.next().await.data["profile"]["entityId"], survivor);

    let login = json!({"type": "track", "event": "buy", "messageId": "b", "userId": "1", "anonymousId": "anon",
        "timestamp": "2018-01-01T11:30:00Z"});
    server.batch(&[login]).await.ok();
    let (names, _) = known.names(3).await;
    assert_eq!(names, ["event", "identity", "membership"]);
    let event = device.next().await;
    assert_eq!((event.name.as_str(), &event.data["event"]["_id"]), ("event", &json!("b")));
    let merged = device.next().await;
    assert_eq!((merged.name.as_str(), &merged.data["into"]), ("merged", &survivor));
    assert_eq!(device.next().await.data["profile"]["entityId"], survivor);
    assert_eq!(device.next().await.name, "membership");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_next_user_of_a_device_does_is_not_told_of_the_one_before() {
    let server = with_customer().await;
    let login = |who: &str, id: &str| json!({"type": "track", "event": "login", "messageId": id, "userId": who, "anonymousId": "shared"});
    server.batch(&[login("1", "first"), identify("2", &json!({}))]).await.ok();
    server.settle().await;
    let mut screen = Stream::open(&server, "entityId=1&entityIdNS=crm", None).await;
    screen.next().await;
    server.batch(&[login("2", "second")]).await.ok();
    let left = screen.next().await;
    assert_eq!(left.name, "identity", "{left:?}");
    assert_eq!(left.data["removed"], json!([{"namespace": "anonymousId", "id": "shared"}]));
    server.batch(&[identify("1", &json!({"age": 7}))]).await.ok();
    assert_eq!(screen.next().await.data["attributes"], json!({"age": 7}));
}

#[tokio::test(flavor = "multi_thread")]
async fn enters_and_exits_of_an_audience_are_told_of_everybody() {
    let server = with_customer().await;
    let mut stream = Stream::open(&server, "audience=buyers", None).await;
    server.batch(&[buy("a", "1"), identify("1", &json!({"age": 5})), buy("b", "2")]).await.ok();
    let (one, two) = (stream.next().await, stream.next().await);
    let told =
        |message: &Message| (message.name.clone(), message.data["identityMap"]["crm"][0]["id"].clone());
    assert_eq!(
        (told(&one), told(&two)),
        (("membership".into(), json!("1")), ("membership".into(), json!("2")))
    );
    server.move_clock("2018-01-01T13:00:00Z").await;
    assert_eq!(stream.next().await.data["status"], "exited");
    let mut again = Stream::open(&server, "audience=buyers", Some(&one.id)).await;
    let (_, last) = again.names(3).await;
    assert_eq!((&last.data["audience"], &last.data["status"]), (&json!("buyers"), &json!("exited")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_stream_shows_that_it_lives_and_ends_with_the_server() {
    let server = with_customer().await;
    let mut quiet = Stream::open(&server, "entityId=1&entityIdNS=crm&heartbeat=1", None).await;
    quiet.next().await;
    assert_eq!(quiet.block().await.as_deref(), Some(": alive"));
    let _server = server.restart().await;
    while quiet.block().await.is_some() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_followed_is_refused() {
    let server = with_customer().await;
    server.get(&format!("{PATH}?entityId=9&entityIdNS=crm")).await.problem(404, "not-found");
    server.get(&format!("{PATH}?audience=nobody")).await.problem(404, "not-found");
    server.get(PATH).await.problem(400, "bad-query");
    server.get(&format!("{PATH}?audience=buyers&heartbeat=0")).await.problem(400, "bad-query");
    for last in ["soon", "900-1", "1-900"] {
        let request = server.request(Method::GET, &format!("{PATH}?audience=buyers")).bearer_auth(ADMIN);
        send(request.header("last-event-id", last)).await.problem(400, "bad-event-id");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_clients_than_there_is_room_for_are_turned_away() {
    let server = with_customer().await;
    let mut streams = Vec::new();
    for _ in 0..100 {
        streams.push(Stream::open(&server, "audience=buyers", None).await);
    }
    server.get(&format!("{PATH}?audience=buyers")).await.problem(503, "unavailable");
    streams.clear();
    crate::server::until("a place is free again", async || {
        let request = server.request(Method::GET, &format!("{PATH}?audience=buyers")).bearer_auth(ADMIN);
        (request.send().await.unwrap().status() == 200).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attribute_that_is_kept_current_is_told_with_the_event_and_when_its_window_ends() {
    let server = with_customer().await;
    let attribute = json!({"id": "bought", "name": "bought", "expression": {"value": "xEvent.count()"},
        "duration": {"count": 1, "unit": "HOURS"}, "keepCurrent": true});
    server.post("/data/core/ca/attributes", &attribute).await.ok();
    server.settle().await;
    let mut screen = Stream::open(&server, "entityId=1&entityIdNS=crm", None).await;
    let first = screen.next().await;
    assert_eq!(first.data["profile"]["entity"]["computedAttributes"], json!({"bought": 0}));
    server.batch(&[buy("a", "1")]).await.ok();
    assert_eq!(screen.next().await.name, "event");
    let counted = screen.next().await;
    assert_eq!(
        (counted.name.as_str(), &counted.data["computedAttributes"]),
        ("computed", &json!({"bought": 1}))
    );
    assert_eq!(screen.next().await.name, "membership");
    server.move_clock("2018-01-01T12:30:00.001Z").await;
    let mut names = Vec::new();
    for _ in 0..2 {
        let message = screen.next().await;
        if message.name == "computed" {
            assert_eq!(message.data["computedAttributes"], json!({"bought": 0}));
        }
        names.push(message.name);
    }
    names.sort();
    assert_eq!(names, ["computed", "membership"]);
}
