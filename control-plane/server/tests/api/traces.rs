//! A record is followed from the request that brought it to the destination that was told of it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::server::{tracing_to, until};

/// Takes requests and answers 200 to each; keeps the bodies that are JSON, with their paths.
struct Receiver {
    url: String,
    taken: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Receiver {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let taken = Arc::new(Mutex::new(Vec::new()));
        let keep = Arc::clone(&taken);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let keep = Arc::clone(&keep);
                std::thread::spawn(move || serve(stream, &keep));
            }
        });
        Self { url, taken }
    }

    /// Every span, by name.
    fn spans(&self, name: &str) -> Vec<Value> {
        let taken = self.taken.lock().unwrap();
        let traces = taken.iter().filter(|(path, _)| path == "/v1/traces");
        let spans = traces.flat_map(|(_, body)| {
            body["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().unwrap().clone()
        });
        spans.filter(|span| span["name"] == name).collect()
    }
}

fn serve(stream: TcpStream, keep: &Mutex<Vec<(String, Value)>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line).unwrap_or(0) == 0 {
                return;
            }
            if line == "\r\n" {
                break;
            }
            head.push(line.trim().to_ascii_lowercase());
        }
        let path = head[0].split(' ').nth(1).unwrap().to_owned();
        let length =
            head.iter().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse().unwrap();
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        keep.lock().unwrap().push((path, serde_json::from_slice(&body).unwrap_or(Value::Null)));
        reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_followed_from_the_request_to_the_destination() {
    let receiver = Receiver::start();
    let server = tracing_to(&receiver.url).await;
    let connection = json!({"type": "httpApi", "url": format!("{}/hook", receiver.url),
        "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "allowPrivateNetwork": true});
    server
        .apply(&[
            json!({"kind": "destination", "id": "hook", "connection": connection}),
            json!({"kind": "dataflow", "id": "tell", "destination": "hook", "audiences": ["buyers"]}),
        ])
        .await
        .ok();
    server.settle().await;
    until("the dataflow is planned", async || {
        let status = server.get("/status").await.ok();
        (status["activation_catching_up"] == false).then_some(())
    })
    .await;
    let event = json!({"type": "track", "event": "buy", "messageId": "a", "userId": "somebody-special"});
    server.batch(&[event]).await.ok();
    let deliver =
        until("the delivery is traced", async || receiver.spans("deliver").into_iter().next()).await;
    let same = |span: &Value| span["traceId"] == deliver["traceId"];
    let accept =
        until("the request is traced", async || receiver.spans("accept").into_iter().find(same)).await;
    let decide =
        until("the decision is traced", async || receiver.spans("decide").into_iter().find(same)).await;
    assert_eq!((&accept["parentSpanId"], &decide["parentSpanId"]), (&json!(""), &accept["spanId"]));
    assert_eq!(deliver["parentSpanId"], decide["spanId"]);
    let attribute = |span: &Value, index: usize| span["attributes"][index]["value"]["stringValue"].clone();
    assert_eq!((attribute(&accept, 1), attribute(&deliver, 1)), (json!("web"), json!("tell")));
    let traces: Vec<_> = ["accept", "decide", "deliver"].map(|name| receiver.spans(name)).concat();
    assert!(!json!(traces).to_string().contains("somebody-special"));
}
