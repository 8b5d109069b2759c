//! Event forwarding: raw events that are sent on to HTTP endpoints as they come in, whatever the control plane does with
//! them. Which events, and what is sent; keeping them until they were taken is the profile's ([`crate::profile`]).

use acquaint_core::value::Value;
use acquaint_core::wire::{Datastream, EventForwarding, ForwardedEvent};
use serde_json::{Map, json};

use crate::json;

/// The ids of the rules of a datastream that an event falls under.
pub fn rules_for(datastream: &Datastream, event: &ForwardedEvent) -> Vec<String> {
    let kind = event.event.fields.get("eventType").and_then(Value::as_str);
    let wanted = |rule: &&EventForwarding| {
        rule.event_types.is_empty() || kind.is_some_and(|kind| rule.event_types.iter().any(|one| one == kind))
    };
    datastream.forwarding.iter().filter(wanted).map(|rule| rule.id.clone()).collect()
}

/// The body of a request: the event as JSON, or the rule's template with `{{path}}` replaced by the JSON of that path of
/// the event, `null` where there is nothing.
pub fn body(rule: &EventForwarding, event: &ForwardedEvent) -> String {
    let event = document(event);
    let Some(mut rest) = rule.template.as_deref() else { return json::text(&event) };
    let mut body = String::new();
    while let Some((before, after)) = rest.split_once("{{") {
        // Braces without an end are text.
        let Some((path, after)) = after.split_once("}}") else { break };
        body.push_str(before);
        body.push_str(&json::text(at(&event, path.trim())));
        rest = after;
    }
    body.push_str(rest);
    body
}

fn at<'a>(event: &'a serde_json::Value, path: &str) -> &'a serde_json::Value {
    const NOTHING: serde_json::Value = serde_json::Value::Null;
    let mut steps = path.split('.').filter(|step| !step.is_empty());
    steps.try_fold(event, |found, step| found.get(step)).unwrap_or(&NOTHING)
}

/// The event in the shape in which it was sent to us.
fn document(event: &ForwardedEvent) -> serde_json::Value {
    let mut identity_map: Map<String, serde_json::Value> = Map::new();
    for (index, identity) in event.identities.iter().enumerate() {
        let items = identity_map.entry(identity.namespace.clone()).or_insert_with(|| json!([]));
        if let Some(items) = items.as_array_mut() {
            items.push(json!({ "id": identity.id, "primary": index == 0 }));
        }
    }
    let mut document = Map::new();
    document.insert("_id".into(), event.event.id.clone().into());
    document.insert("timestamp".into(), acquaint_core::time::format_instant(event.event.timestamp_ms).into());
    document.insert("datastreamId".into(), event.datastream.clone().into());
    document.insert("identityMap".into(), identity_map.into());
    for (name, value) in &event.event.fields {
        document.entry(name.clone()).or_insert_with(|| value.to_json());
    }
    document.into()
}

#[cfg(test)]
mod tests {
    use acquaint_core::profile::{Event, Identity};
    use acquaint_core::value::fields;

    use super::*;

    fn event() -> ForwardedEvent {
        let json =
            json!({ "eventType": "buy", "commerce": { "order": { "priceTotal": 12.5 } }, "note": "a \"b\"" });
        let identity = |namespace: &str, id: &str| Identity { namespace: namespace.into(), id: id.into() };
        ForwardedEvent {
            datastream: "shop".into(),
            dataset: None,
            identities: vec![identity("email", "a@b.example"), identity("ECID", "7")],
            event: Event {
                id: "e1".into(),
                timestamp_ms: 0,
                fields: fields::from_json(json.as_object().unwrap(), 8).unwrap(),
            },
        }
    }

    fn rule(event_types: &[&str], template: Option<&str>) -> EventForwarding {
        EventForwarding {
            id: "r".into(),
            event_types: event_types.iter().map(|kind| (*kind).to_owned()).collect(),
            url: "https://c.example/".into(),
            headers: Vec::new(),
            template: template.map(str::to_owned),
        }
    }

    fn check(template: Option<&str>, expected: &str) {
        assert_eq!(body(&rule(&[], template), &event()), expected);
    }

    #[test]
    fn a_template_is_filled_with_the_json_of_paths() {
        check(
            Some(r#"{"value": {{commerce.order.priceTotal}}, "who": {{ identityMap.email }}}"#),
            r#"{"value": 12.5, "who": [{"id":"a@b.example","primary":true}]}"#,
        );
        check(Some("[{{note}}, {{nothing.here}}, {{_id}}]"), r#"["a \"b\"", null, "e1"]"#);
        check(Some("{{ open"), "{{ open");
        check(Some("{{}}"), &body(&rule(&[], None), &event()));
    }

    #[test]
    fn without_a_template_the_event_itself_is_sent() {
        let sent: serde_json::Value = serde_json::from_str(&body(&rule(&[], None), &event())).unwrap();
        assert_eq!(sent["_id"], "e1");
        assert_eq!(sent["timestamp"], "1970-01-01T00:00:00.000Z");
        assert_eq!(sent["datastreamId"], "shop");
        assert_eq!(sent["commerce"]["order"]["priceTotal"], 12.5);
        assert_eq!(sent["identityMap"]["ECID"], json!([{ "id": "7", "primary": false }]));
    }

    #[test]
    fn a_rule_takes_the_kinds_of_event_it_names() {
        let rules = |kinds: &[&str]| {
            let datastream = Datastream { forwarding: vec![rule(kinds, None)], ..Datastream::default() };
            rules_for(&datastream, &event()).len()
        };
        assert_eq!((rules(&[]), rules(&["view", "buy"]), rules(&["view"])), (1, 1, 0));
    }
}
