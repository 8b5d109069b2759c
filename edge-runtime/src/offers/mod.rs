//! Personalization: which offers an event's scopes get (`edge-api.md` section 6). [`choose`] says which, from what is
//! known of the person; [`proposition`] writes them; [`display`] and [`exposure`] are what comes of it.

pub mod display;
pub mod exposure;
pub mod proposition;
pub mod surface;

use std::cmp::Ordering;
use std::collections::BTreeSet;

use acquaint_core::id::AudienceId;
use acquaint_core::profile::Identity;
use acquaint_core::value::Value;
use acquaint_core::value::fields;
use acquaint_core::wire::Offer;

use crate::profile::Displays;
use crate::request::Personalization;
use crate::split;

/// What of a person decides which offers they are shown.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    /// Who, under which the profile is kept: parts of experiments go by it.
    pub person: &'a Identity,
    /// The audiences they are in.
    pub audiences: &'a [AudienceId],
    /// What they were shown.
    pub displays: &'a Displays,
    /// The scores of the bundle's program.
    pub score: &'a dyn Fn(u32) -> Option<f64>,
    /// The instant: milliseconds since the epoch, UTC.
    pub now_ms: i64,
}

/// With which a page asks for what is rendered by itself, on the page and in its views.
pub(crate) const PAGE: &str = "__view__";

/// The numbers of the offers for one event, in the order of its scopes, then of the views of its page: of each scope the
/// best offer that the person may see and the client can show, and where offers name places on the page (`selector`), the
/// best for each place. `offers` are in the order of priority.
pub fn choose(offers: &[Offer], wanted: &Personalization, facts: Facts<'_>) -> Vec<u32> {
    let mut chosen = Vec::new();
    let asked = || wanted.scopes.iter().map(String::as_str);
    let views: BTreeSet<&str> = match asked().any(|scope| scope == PAGE) {
        true => offers.iter().filter(|offer| offer.view).map(|offer| offer.scope.as_str()).collect(),
        false => BTreeSet::new(),
    };
    let views = views.into_iter().filter(|view| asked().all(|scope| scope != *view));
    for scope in asked().chain(views) {
        let numbered = offers.iter().zip(0..).filter(|(offer, _)| offer.scope == scope);
        let qualified = numbered.filter(|(offer, _)| qualifies(offer, wanted, facts));
        let mut candidates: Vec<Candidate<'_>> = qualified
            .map(|(offer, number)| Candidate {
                offer,
                number,
                score: offer.ranking.and_then(|ranking| (facts.score)(ranking.score)),
            })
            .collect();
        candidates.sort_by(Candidate::order);
        let mut taken: BTreeSet<Option<&str>> = BTreeSet::new();
        let best = candidates.iter().filter(|candidate| taken.insert(selector(candidate.offer)));
        chosen.extend(best.map(|candidate| candidate.number));
    }
    chosen
}

struct Candidate<'a> {
    offer: &'a Offer,
    number: u32,
    score: Option<f64>,
}

impl Candidate<'_> {
    /// The best first: fallbacks come last, so that they only get places that nothing else has taken; those with a score
    /// come before those without.
    fn order(&self, other: &Self) -> Ordering {
        let by_score = match (self.score, other.score) {
            (Some(own), Some(others)) => others.partial_cmp(&own).unwrap_or(Ordering::Equal),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        };
        let by_kind = self.offer.fallback.cmp(&other.offer.fallback);
        by_kind.then(by_score).then(self.number.cmp(&other.number))
    }
}

fn qualifies(offer: &Offer, wanted: &Personalization, facts: Facts<'_>) -> bool {
    let on_time = offer.from_ms.is_none_or(|from_ms| from_ms <= facts.now_ms)
        && offer.until_ms.is_none_or(|until_ms| facts.now_ms < until_ms);
    let may_see = || offer.audience.as_ref().is_none_or(|audience| facts.audiences.contains(audience));
    let can_show = || items(offer, wanted).next().is_some();
    let in_part = || offer.split.as_ref().is_none_or(|split| split::is_in(split, facts.person));
    let not_too_often = || {
        offer.cap.is_none_or(|cap| {
            let since_ms = cap.within_ms.map(|within_ms| facts.now_ms.saturating_sub(within_ms));
            facts.displays.since(&offer.id, since_ms) < cap.displays_max as usize
        })
    };
    on_time && may_see() && can_show() && in_part() && not_too_often()
}

/// The items of an offer that a client can show, each with its place.
fn items<'a>(
    offer: &'a Offer,
    wanted: &'a Personalization,
) -> impl Iterator<Item = (usize, &'a str, &'a Value)> {
    let more = offer.more.iter().map(|item| (item.schema.as_str(), &item.data));
    let all = std::iter::once((offer.schema.as_str(), &offer.data)).chain(more).enumerate();
    let can_show =
        |schema: &str| wanted.schemas.is_empty() || wanted.schemas.iter().any(|known| known == schema);
    all.map(|(index, (schema, data))| (index, schema, data)).filter(move |(_, schema, _)| can_show(schema))
}

fn selector(offer: &Offer) -> Option<&str> {
    let Value::Object(data) = &offer.data else { return None };
    fields::get(data, ["selector"]).and_then(Value::as_str)
}

#[cfg(test)]
mod tests;
