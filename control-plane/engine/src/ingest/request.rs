//! What a request says of the messages in it: the type (by its route), what a batch says once for all of them, when it
//! was sent and from where. Laid under each message before it is judged, so that quarantine keeps it too.

use acquaint_core::limits::{BATCH_BYTES_MAX, BATCH_EVENTS_MAX};
use acquaint_core::value::Value;
use serde_json::{Map, Value as Json};

use super::Refusal;

/// Bytes that what a batch says of all its messages may come to once it lies under each of them: a small body must not
/// become a large store.
pub const SHARED_BYTES_MAX: usize = 16 * BATCH_BYTES_MAX;

/// What every message is given, whatever it says itself.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// When it came in: milliseconds since the epoch, UTC.
    pub received_ms: i64,
    /// The id of the message if it brings none. Has to be the same when the same request is sent again.
    pub fallback_id: &'a str,
}

/// What a request says beside its body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The caller's address.
    pub client_ip: Option<String>,
    /// The caller is a browser, which speaks for the person whose address that is; a server speaks for somebody else.
    pub from_browser: bool,
    /// When it was sent, by the caller's clock (the header `SentAt`).
    pub sent_at: Option<String>,
}

impl Request {
    /// Lays what the request says under a message.
    pub fn lay_under(&self, message: &mut Json) {
        let Json::Object(message) = message else { return };
        if let Some(sent_at) = &self.sent_at {
            lay_sent_at(message, sent_at);
        }
        let direct =
            message.get("context").and_then(|context| context.get("direct")) == Some(&Json::Bool(true));
        let Some(address) = self.client_ip.as_ref().filter(|_| self.from_browser || direct) else { return };
        let context = message.entry("context").or_insert_with(|| Json::Object(Map::new()));
        if context.is_null() {
            *context = Json::Object(Map::new());
        }
        if let Json::Object(context) = context {
            fill(context, "ip", address);
        }
    }
}

/// Puts text where there is nothing.
fn fill(object: &mut Map<String, Json>, name: &str, text: &str) {
    if object.get(name).is_none_or(Json::is_null) {
        object.insert(name.to_owned(), text.into());
    }
}

/// A `sentAt` that cannot be read is as good as none.
fn lay_sent_at(message: &mut Map<String, Json>, sent_at: &str) {
    let is_read = match message.get("sentAt") {
        Some(Json::String(text)) => Value::from(text.as_str()).as_instant_ms().is_some(),
        own => own.is_some_and(Json::is_number),
    };
    if !is_read {
        message.insert("sentAt".to_owned(), sent_at.into());
    }
}

/// The message of a `/v1/track`, `/v1/t`, ... body: the route says its type.
pub fn single(mut message: Map<String, Json>, kind: &str) -> Json {
    message.insert("type".to_owned(), kind.into());
    Json::Object(message)
}

/// The messages of a `/v1/batch` body, each with what the batch says of all of them: its context and integrations lie
/// under those of the message.
pub fn split(mut body: Map<String, Json>) -> Result<Vec<Json>, Refusal> {
    let Some(Json::Array(items)) = body.remove("batch") else {
        return Err(Refusal::new("no_batch", "batch", "`batch` should be an array of messages"));
    };
    if items.len() > BATCH_EVENTS_MAX {
        let reason =
            format!("{} messages are more than the {BATCH_EVENTS_MAX} allowed in a batch", items.len());
        return Err(Refusal::new("too_many_events", "batch", reason));
    }
    let shared =
        ["context", "integrations"].map(|name| body.get(name).map_or(0, |part| part.to_string().len()));
    if shared.iter().sum::<usize>().saturating_mul(items.len()) > SHARED_BYTES_MAX {
        let reason = format!(
            "the batch's context under each of its {} messages is more than the {SHARED_BYTES_MAX} bytes allowed",
            items.len()
        );
        return Err(Refusal::new("batch_context_too_large", "context", reason));
    }
    Ok(items.into_iter().map(|item| with_batch(item, &body)).collect())
}

fn with_batch(item: Json, batch: &Map<String, Json>) -> Json {
    let Json::Object(mut item) = item else { return item };
    for shared in ["context", "integrations"] {
        if let Some(Json::Object(under)) = batch.get(shared) {
            let own = item.remove(shared);
            item.insert(shared.to_owned(), laid_over(under, own));
        }
    }
    if let Some(sent_at) = batch.get("sentAt").and_then(Json::as_str) {
        lay_sent_at(&mut item, sent_at);
    }
    Json::Object(item)
}

/// `over` on top of `under`, field by field.
fn laid_over(under: &Map<String, Json>, over: Option<Json>) -> Json {
    let mut merged = under.clone();
    match over {
        Some(Json::Object(over)) => {
            for (name, value) in over {
                let value = match (merged.remove(&name), value) {
                    (Some(Json::Object(under)), value @ Json::Object(_)) => laid_over(&under, Some(value)),
                    (_, value) => value,
                };
                merged.insert(name, value);
            }
            Json::Object(merged)
        }
        None | Some(Json::Null) => Json::Object(merged),
        Some(other) => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(json: Json) -> Map<String, Json> {
        match json {
            Json::Object(object) => object,
            other => panic!("{other}"),
        }
    }

    #[test]
    fn what_a_batch_says_lies_under_what_its_messages_say() {
        let body = json!({
            "sentAt": "2018-01-01T00:00:00Z",
            "context": {"app": {"name": "shop", "build": 1}, "ip": "127.0.0.1"},
            "integrations": {"All": true},
            "batch": [{"type": "track", "context": {"app": {"build": 2}}}, {"type": "page", "sentAt": 1514764800000_i64}, 5],
        });
        let expected = [
            json!({"type": "track", "sentAt": "2018-01-01T00:00:00Z", "integrations": {"All": true},
                   "context": {"app": {"name": "shop", "build": 2}, "ip": "127.0.0.1"}}),
            json!({"type": "page", "sentAt": 1514764800000_i64, "integrations": {"All": true},
                   "context": {"app": {"name": "shop", "build": 1}, "ip": "127.0.0.1"}}),
            json!(5),
        ];
        assert_eq!(split(object(body)).unwrap(), expected);
    }

    #[test]
    fn a_batch_is_a_list_of_so_many_messages() {
        let refused = |body: Json| split(object(body)).unwrap_err().code;
        assert_eq!(refused(json!({"batch": {}})), "no_batch");
        assert_eq!(refused(json!({"batch": vec![1; BATCH_EVENTS_MAX + 1]})), "too_many_events");
    }

    #[test]
    fn what_a_batch_says_of_all_its_messages_is_bounded_by_what_it_becomes() {
        let shared = json!({"a": "x".repeat(100_000)});
        let code = |messages: usize| {
            split(object(json!({"context": shared, "batch": vec![json!({}); messages]})))
                .err()
                .map(|it| it.code)
        };
        assert_eq!(code(1_000).as_deref(), Some("batch_context_too_large"));
        assert_eq!(code(10), None);
    }

    #[test]
    fn the_route_says_the_type_of_a_single_message() {
        let sent = json!({"event": "X", "type": "page"});
        assert_eq!(single(object(sent), "track"), json!({"event": "X", "type": "track"}));
    }

    fn check(from_browser: bool, message: &Json, expected: &Json) {
        let request = Request {
            client_ip: Some("127.0.0.9".into()),
            from_browser,
            sent_at: Some("2018-01-01T00:00:00Z".into()),
        };
        let mut laid = message.clone();
        request.lay_under(&mut laid);
        assert_eq!(laid, *expected, "{message}");
    }

    #[test]
    fn the_address_of_a_browser_is_that_of_the_person_and_a_servers_is_only_if_it_says_so() {
        let sent = "2018-01-01T00:00:00Z";
        check(true, &json!({}), &json!({"sentAt": sent, "context": {"ip": "127.0.0.9"}}));
        check(true, &json!({"context": null}), &json!({"sentAt": sent, "context": {"ip": "127.0.0.9"}}));
        check(
            true,
            &json!({"context": {"ip": "10.0.0.1"}}),
            &json!({"sentAt": sent, "context": {"ip": "10.0.0.1"}}),
        );
        check(false, &json!({}), &json!({"sentAt": sent}));
        check(
            false,
            &json!({"context": {"direct": true}}),
            &json!({"sentAt": sent, "context": {"direct": true, "ip": "127.0.0.9"}}),
        );
        check(false, &json!(5), &json!(5));
    }

    #[test]
    fn what_the_message_says_of_when_it_was_sent_is_stronger_than_the_header() {
        let header = json!({"sentAt": "2018-01-01T00:00:00Z"});
        let own = json!({"sentAt": "2019-01-01T00:00:00Z"});
        check(false, &own, &own);
        for unreadable in [json!({"sentAt": null}), json!({"sentAt": "x"}), json!({"sentAt": {}})] {
            check(false, &unreadable, &header);
        }
    }
}
