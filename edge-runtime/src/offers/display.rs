//! Which offers an event says were displayed (`edge-api.md` section 6): the client carries back what it was sent.

use acquaint_core::profile::Event;
use acquaint_core::value::{Value, fields};

const DISPLAYED: &str = "decisioning.propositionDisplay";

/// The ids of the offers that were displayed, each once. A page view may carry displays as well as an event of its own.
pub fn displayed(event: &Event) -> Vec<&str> {
    let Some(Value::Object(decisioning)) = fields::get(&event.fields, ["_experience", "decisioning"]) else {
        return Vec::new();
    };
    let kind = event.fields.get("eventType").and_then(Value::as_str);
    let told = fields::get(decisioning, ["propositionEventType", "display"]).and_then(Value::as_f64);
    if kind != Some(DISPLAYED) && told.is_none_or(|told| told <= 0.0) {
        return Vec::new();
    }
    let Some(Value::List(propositions)) = decisioning.get("propositions") else { return Vec::new() };
    let mut offers = Vec::new();
    for proposition in propositions {
        let Value::Object(proposition) = proposition else { continue };
        let token = fields::get(proposition, ["scopeDetails", "characteristics", "eventToken"]);
        let offer = token.or_else(|| fields::get(proposition, ["scopeDetails", "activity", "id"]));
        if let Some(offer) = offer.and_then(Value::as_str)
            && !offers.contains(&offer)
        {
            offers.push(offer);
        }
    }
    offers
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(json: &serde_json::Value, expected: &[&str]) {
        let fields = fields::from_json(json.as_object().unwrap(), 16).unwrap();
        let event = Event { id: "e".into(), timestamp_ms: 0, fields };
        assert_eq!(displayed(&event), expected, "{json}");
    }

    #[test]
    fn displays_are_read_from_notifications_and_from_events_that_carry_them() {
        let token = |token: &str| json!({ "scopeDetails": { "characteristics": { "eventToken": token } } });
        let activity = json!({ "scopeDetails": { "activity": { "id": "b" } } });
        let propositions = json!([token("a"), activity, token("a"), 5, {}]);
        let event = |kind: &str, told: &serde_json::Value| {
            let decisioning = json!({ "propositions": propositions, "propositionEventType": told });
            json!({ "eventType": kind, "_experience": { "decisioning": decisioning } })
        };
        check(&event("decisioning.propositionDisplay", &json!({ "display": 1 })), &["a", "b"]);
        check(&event("decisioning.propositionDisplay", &json!({})), &["a", "b"]);
        check(&event("web.webpagedetails.pageViews", &json!({ "display": 1 })), &["a", "b"]);
        check(&event("web.webpagedetails.pageViews", &json!({})), &[]);
        check(&event("decisioning.propositionInteract", &json!({ "interact": 1 })), &[]);
        check(&json!({ "eventType": "decisioning.propositionDisplay", "_experience": 5 }), &[]);
    }
}
