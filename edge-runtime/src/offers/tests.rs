//! Tests of the choice of offers.

use acquaint_core::wire::{Cap, Item, Ranking, Split};
use serde_json::json;

use super::*;

const NOW: i64 = 1_000_000;
const HOUR_MS: i64 = 60 * 60 * 1000;

fn offer(id: &str, scope: &str) -> Offer {
    placed(id, scope, None)
}

fn placed(id: &str, scope: &str, selector: Option<&str>) -> Offer {
    let data = json!({ "content": id, "selector": selector });
    Offer {
        id: id.into(),
        scope: scope.into(),
        schema: "html".into(),
        data: Value::from_json(&data, 4).unwrap(),
        ..Offer::default()
    }
}

/// Somebody, and what is asked for.
struct Asking {
    person: Identity,
    audiences: Vec<AudienceId>,
    schemas: Vec<String>,
    displays: Displays,
    scores: Vec<Option<f64>>,
}

fn asking() -> Asking {
    Asking {
        person: Identity { namespace: "ECID".into(), id: "1".into() },
        audiences: Vec::new(),
        schemas: Vec::new(),
        displays: Displays::default(),
        scores: Vec::new(),
    }
}

impl Asking {
    fn check(&self, offers: &[Offer], scopes: &[&str], expected: &[&str]) {
        let wanted = Personalization {
            scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
            schemas: self.schemas.clone(),
        };
        let facts = Facts {
            person: &self.person,
            audiences: &self.audiences,
            displays: &self.displays,
            score: &|number| self.scores.get(number as usize).copied().flatten(),
            now_ms: NOW,
        };
        let chosen = choose(offers, &wanted, facts);
        let chosen: Vec<_> = chosen.iter().map(|number| offers[*number as usize].id.as_str()).collect();
        assert_eq!(chosen, expected);
    }
}

#[test]
fn a_page_is_told_of_all_its_views_and_of_none_that_it_names_twice() {
    let view = |id: &str, scope: &str| Offer { view: true, ..offer(id, scope) };
    let offers =
        [view("cart", "cart"), view("cart too", "cart"), view("home", "home"), offer("page", "__view__")];
    asking().check(&offers, &["__view__"], &["page", "cart", "home"]);
    asking().check(&offers, &["home", "__view__"], &["home", "page", "cart"]);
    asking().check(&offers, &["cart"], &["cart"]);
}

#[test]
fn the_best_offer_that_the_person_may_see_is_taken_for_each_scope() {
    let gold = Offer { audience: Some("gold".into()), ..offer("gold", "hero") };
    let offers = [gold, offer("all", "hero"), offer("foot", "footer")];
    asking().check(&offers, &["hero"], &["all"]);
    let member = Asking { audiences: vec!["gold".into()], ..asking() };
    member.check(&offers, &["hero", "footer"], &["gold", "foot"]);
    member.check(&offers, &["none"], &[]);
}

#[test]
fn a_schema_that_the_client_cannot_show_is_not_sent() {
    let knows = |schemas: &[&str]| Asking {
        schemas: schemas.iter().map(|schema| (*schema).to_owned()).collect(),
        ..asking()
    };
    let offers = [offer("a", "hero")];
    knows(&["json"]).check(&offers, &["hero"], &[]);
    knows(&["json", "html"]).check(&offers, &["hero"], &["a"]);
    let more = Item { schema: "json".into(), data: Value::Null };
    knows(&["json"]).check(&[Offer { more: vec![more], ..offer("b", "hero") }], &["hero"], &["b"]);
}

#[test]
fn every_place_of_a_page_gets_its_best_offer() {
    let at = |id: &str, selector: &str| placed(id, "__view__", Some(selector));
    let offers = [at("a", "#hero"), at("b", "#hero"), at("c", "#side")];
    asking().check(&offers, &["__view__"], &["a", "c"]);
}

#[test]
fn an_offer_is_shown_from_one_instant_to_before_another() {
    let timed = |from_ms, until_ms| [Offer { from_ms, until_ms, ..offer("a", "hero") }];
    let check = |from_ms, until_ms, expected: &[&str]| {
        asking().check(&timed(from_ms, until_ms), &["hero"], expected);
    };
    check(Some(NOW), None, &["a"]);
    check(Some(NOW + 1), None, &[]);
    check(None, Some(NOW + 1), &["a"]);
    check(Some(NOW - 1), Some(NOW), &[]);
}

#[test]
fn a_fallback_takes_the_places_that_nothing_else_has_taken() {
    let fallback = |offer: Offer| Offer { fallback: true, ..offer };
    let late = Offer { from_ms: Some(NOW + 1), ..offer("late", "hero") };
    asking().check(&[fallback(offer("f", "hero")), offer("a", "hero")], &["hero"], &["a"]);
    asking().check(&[fallback(offer("f", "hero")), late], &["hero"], &["f"]);
    let at = |id: &str, selector: &str| placed(id, "__view__", Some(selector));
    let offers = [fallback(at("f", "#hero")), fallback(at("g", "#side")), at("a", "#hero")];
    asking().check(&offers, &["__view__"], &["a", "g"]);
}

#[test]
fn the_highest_score_wins_before_any_that_has_none() {
    let ranked = |id: &str, score: u32| Offer { ranking: Some(Ranking { score }), ..offer(id, "hero") };
    let offers = [offer("plain", "hero"), ranked("a", 0), ranked("b", 1), ranked("c", 2)];
    let scores = |scores: &[Option<f64>]| Asking { scores: scores.to_vec(), ..asking() };
    scores(&[Some(1.0), Some(2.5), None]).check(&offers, &["hero"], &["b"]);
    scores(&[Some(-1.0), Some(-1.0), None]).check(&offers, &["hero"], &["a"]);
    scores(&[None, None, None]).check(&offers, &["hero"], &["plain"]);
}

#[test]
fn an_offer_is_not_shown_more_often_than_its_cap() {
    let capped = |within_ms| {
        [Offer { cap: Some(Cap { displays_max: 2, within_ms }), ..offer("a", "hero") }, offer("b", "hero")]
    };
    let mut seen = asking();
    seen.check(&capped(None), &["hero"], &["a"]);
    seen.displays.display("a", NOW - HOUR_MS, None);
    seen.check(&capped(None), &["hero"], &["a"]);
    seen.displays.display("a", NOW, None);
    seen.check(&capped(None), &["hero"], &["b"]);
    seen.check(&capped(Some(HOUR_MS)), &["hero"], &["a"]);
    seen.check(&capped(Some(HOUR_MS + 1)), &["hero"], &["b"]);
}

#[test]
fn everybody_is_in_one_part_of_an_experiment_and_stays_there() {
    let part = |id: &str, from, to| Offer {
        split: Some(Split { experiment: "e".into(), from, to }),
        ..offer(id, "hero")
    };
    let offers = [part("a", 0, 5_000), part("b", 5_000, 9_000), offer("rest", "hero")];
    let mut counts = [0; 3];
    for id in 0..1_000 {
        let person = Identity { namespace: "ECID".into(), id: id.to_string() };
        let number = split::number("e", &person);
        let part = if number < 5_000 { 0 } else { usize::from(number >= 9_000) + 1 };
        counts[part] += 1;
        Asking { person, ..asking() }.check(&offers, &["hero"], &[offers[part].id.as_str()]);
    }
    assert!(counts[0] > 450 && counts[1] > 350 && counts[2] > 60, "{counts:?}");
}
