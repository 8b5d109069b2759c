//! Personalization: which offers an event's scopes get (`edge-api.md` section 6).

use std::collections::BTreeSet;

use acquaint_core::id::AudienceId;
use acquaint_core::value::Value;
use acquaint_core::value::fields;
use acquaint_core::wire::Offer;
use serde_json::json;

use crate::request::Personalization;

/// The propositions for one event, in the order of its scopes: of each scope the best offer that the person may see and
/// the client can show, and where offers name places on the page (`selector`), the best for each place.
pub fn propose(
    offers: &[Offer],
    wanted: &Personalization,
    audiences: &[AudienceId],
    request_id: &str,
) -> Vec<serde_json::Value> {
    let mut propositions = Vec::new();
    for scope in &wanted.scopes {
        let mut taken: BTreeSet<Option<&str>> = BTreeSet::new();
        for offer in offers.iter().filter(|offer| offer.scope == *scope) {
            let may_see = offer.audience.as_ref().is_none_or(|audience| audiences.contains(audience));
            let can_show = wanted.schemas.is_empty() || wanted.schemas.contains(&offer.schema);
            if may_see && can_show && taken.insert(selector(offer)) {
                propositions.push(proposition(offer, request_id));
            }
        }
    }
    propositions
}

fn selector(offer: &Offer) -> Option<&str> {
    let Value::Object(data) = &offer.data else { return None };
    fields::get(data, ["selector"]).and_then(Value::as_str)
}

/// The display notification carries `scopeDetails` back as it is.
fn proposition(offer: &Offer, request_id: &str) -> serde_json::Value {
    json!({
        "id": format!("{request_id}:{}", offer.id),
        "scope": offer.scope,
        "scopeDetails": {
            "decisionProvider": "AJO",
            "correlationID": offer.id,
            "activity": { "id": offer.id },
            "characteristics": { "eventToken": offer.id },
        },
        "items": [{ "id": offer.id, "schema": offer.schema, "data": offer.data.to_json() }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(id: &str, scope: &str, audience: Option<&str>, selector: Option<&str>) -> Offer {
        let data = json!({ "content": id, "selector": selector });
        Offer {
            id: id.into(),
            scope: scope.into(),
            audience: audience.map(AudienceId::from),
            schema: "html".into(),
            data: Value::from_json(&data, 4).unwrap(),
            ..Offer::default()
        }
    }

    fn check(offers: &[Offer], scopes: &[&str], schemas: &[&str], audiences: &[&str], expected: &[&str]) {
        let wanted = Personalization {
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            schemas: schemas.iter().map(|schema| (*schema).to_owned()).collect(),
        };
        let audiences: Vec<_> = audiences.iter().map(|id| AudienceId::from(*id)).collect();
        let found = propose(offers, &wanted, &audiences, "r");
        let found: Vec<_> = found.iter().map(|one| one["items"][0]["id"].as_str().unwrap()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_best_offer_that_the_person_may_see_is_taken_for_each_scope() {
        let offers = [
            offer("gold", "hero", Some("gold"), None),
            offer("all", "hero", None, None),
            offer("foot", "footer", None, None),
        ];
        check(&offers, &["hero"], &[], &[], &["all"]);
        check(&offers, &["hero", "footer"], &[], &["gold"], &["gold", "foot"]);
        check(&offers, &["none"], &[], &["gold"], &[]);
    }

    #[test]
    fn a_schema_that_the_client_cannot_show_is_not_sent() {
        let offers = [offer("a", "hero", None, None)];
        check(&offers, &["hero"], &["json"], &[], &[]);
        check(&offers, &["hero"], &["json", "html"], &[], &["a"]);
    }

    #[test]
    fn every_place_of_a_page_gets_its_best_offer() {
        let offers = [
            offer("a", "__view__", None, Some("#hero")),
            offer("b", "__view__", None, Some("#hero")),
            offer("c", "__view__", None, Some("#side")),
        ];
        check(&offers, &["__view__"], &[], &[], &["a", "c"]);
    }
}
