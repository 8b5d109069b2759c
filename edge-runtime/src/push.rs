//! Cookie and URL destinations, and exchanges of ids: what a page is asked to do for the audiences its visitor is in
//! (`edge-api.md` sections 3 and 7). Clients request every image they are told, so how often is kept here.

mod url;

use acquaint_core::id::AudienceId;
use acquaint_core::wire::{Datastream, IdentityExchange, Push, PushDestination};
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::profile::Told;

/// What a page is asked to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pushes {
    /// `activation:push`
    pub activation: Vec<Asked>,
    /// `identity:exchange`
    pub exchange: Vec<Asked>,
}

/// One thing a page is asked to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Asked {
    /// Set a cookie.
    Cookie {
        /// Its name.
        name: String,
        /// Its value; empty when the visitor is in none of the audiences any more.
        value: String,
        /// Its domain; absent: the page's host alone.
        domain: Option<String>,
        /// How long it lives.
        ttl_days: u32,
    },
    /// Request an image.
    Image {
        /// The destination or partner.
        id: String,
        /// Where.
        url: String,
        /// Whether the request hides the page's address.
        hide_referrer: bool,
        /// For how long it will not be asked for again.
        ttl_minutes: u32,
    },
}

/// What to ask of the page of a visitor who is in `audiences`, now. What is asked for is noted in `told`, which has begun
/// with the request ([`Told::begin`]). Without audiences nothing is asked of a page on their account, not even to empty a
/// cookie: nobody said that the visitor has left any.
pub fn due(
    datastream: &Datastream,
    audiences: Option<&[AudienceId]>,
    ecid: Option<&str>,
    told: &mut Told,
    now_ms: i64,
) -> Pushes {
    let mut pushes = Pushes::default();
    let destinations = if audiences.is_some() { &*datastream.push } else { &[] };
    let audiences = audiences.unwrap_or_default();
    for destination in destinations {
        let names = destination.audiences.iter().filter(|(audience, _)| audiences.contains(audience));
        let names: Vec<&str> = names.map(|(_, name)| name.as_str()).collect();
        of_destination(destination, &names, ecid, told, now_ms, &mut pushes.activation);
    }
    let exchanges = datastream.exchanges.iter();
    pushes.exchange.extend(exchanges.filter_map(|exchange| of_exchange(exchange, ecid?, told, now_ms)));
    pushes
}

fn of_destination(
    destination: &PushDestination,
    names: &[&str],
    ecid: Option<&str>,
    told: &mut Told,
    now_ms: i64,
    asked: &mut Vec<Asked>,
) {
    match &destination.push {
        Push::Cookie { name, domain, ttl_days } => {
            // A page that was never told of a membership need not be told that there is none.
            if told.cookie(key("cookie", &destination.id, ""), !names.is_empty()) {
                asked.push(Asked::Cookie {
                    name: name.clone(),
                    value: names.join(","),
                    domain: domain.clone(),
                    ttl_days: *ttl_days,
                });
            }
        }
        Push::Url { url: template, hide_referrer, ttl_minutes } => {
            let each = url::names_the_audience(template);
            for name in names.iter().take(if each { names.len() } else { 1 }) {
                let of = key("url", &destination.id, if each { name } else { "" });
                if told.image(of, *ttl_minutes, now_ms) {
                    asked.push(Asked::Image {
                        id: destination.id.clone(),
                        url: url::fill(template, name, ecid.unwrap_or_default()),
                        hide_referrer: *hide_referrer,
                        ttl_minutes: *ttl_minutes,
                    });
                }
            }
        }
    }
}

fn of_exchange(exchange: &IdentityExchange, ecid: &str, told: &mut Told, now_ms: i64) -> Option<Asked> {
    told.image(key("exchange", &exchange.id, ecid), exchange.ttl_minutes, now_ms).then(|| Asked::Image {
        id: exchange.id.clone(),
        url: url::fill(&exchange.url, "", ecid),
        hide_referrer: exchange.hide_referrer,
        ttl_minutes: exchange.ttl_minutes,
    })
}

fn key(kind: &str, id: &str, of: &str) -> u64 {
    xxh3_64(format!("{kind}\0{id}\0{of}").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_700_000_000_000;
    const MINUTE: i64 = 60_000;

    fn destination(id: &str, push: Push) -> PushDestination {
        let named = |id: &str| (AudienceId::from(id), format!("{id}-name"));
        PushDestination { id: id.into(), audiences: vec![named("a"), named("b")], push }
    }

    fn cookie() -> PushDestination {
        destination(
            "c",
            Push::Cookie { name: "aud".into(), domain: Some("shop.example".into()), ttl_days: 3 },
        )
    }

    fn image(url: &str, ttl_minutes: u32) -> PushDestination {
        destination("u", Push::Url { url: url.into(), hide_referrer: true, ttl_minutes })
    }

    fn check(push: PushDestination, visits: &[(i64, &[&str], &[&str])]) {
        let datastream = Datastream { push: vec![push], ..Datastream::default() };
        let mut told = Told::default();
        for (minute, audiences, expected) in visits {
            let audiences: Vec<_> = audiences.iter().map(|id| AudienceId::from(*id)).collect();
            told.begin(None, NOW + minute * MINUTE);
            let pushes = due(&datastream, Some(&audiences), Some("77"), &mut told, NOW + minute * MINUTE);
            let found: Vec<_> = pushes
                .activation
                .iter()
                .map(|asked| match asked {
                    Asked::Cookie { name, value, .. } => format!("{name}={value}"),
                    Asked::Image { url, .. } => url.clone(),
                })
                .collect();
            assert_eq!(found, *expected, "minute {minute}");
        }
    }

    #[test]
    fn a_cookie_names_the_audiences_and_is_emptied_once() {
        let visits: [(i64, &[&str], &[&str]); 5] = [
            (0, &[], &[]),
            (1, &["a", "x"], &["aud=a-name"]),
            (2, &["a", "b"], &["aud=a-name,b-name"]),
            (3, &["x"], &["aud="]),
            (4, &[], &[]),
        ];
        check(cookie(), &visits);
    }

    #[test]
    fn an_image_is_not_asked_for_again_before_its_time() {
        let visits: [(i64, &[&str], &[&str]); 5] = [
            (0, &[], &[]),
            (1, &["a"], &["https://p.example/77"]),
            (60, &["a"], &[]),
            (61, &["a"], &["https://p.example/77"]),
            (62, &["a", "b"], &[]),
        ];
        check(image("https://p.example/{ecid}", 60), &visits);
    }

    #[test]
    fn a_request_that_is_repeated_is_asked_for_the_same_images() {
        let push = vec![image("https://p.example/", 60)];
        let datastream = Datastream { push, ..Datastream::default() };
        let mut told = Told::default();
        let mut count = |request, minute| {
            told.begin(request, NOW + minute * MINUTE);
            due(&datastream, Some(&["a".into()]), None, &mut told, NOW + minute * MINUTE).activation.len()
        };
        assert_eq!((count(Some(1), 0), count(Some(1), 1), count(Some(2), 1), count(None, 1)), (1, 1, 0, 0));
        assert_eq!((count(None, 60), count(None, 61), count(Some(1), 61)), (1, 0, 0));
    }

    #[test]
    fn an_image_that_names_the_audience_is_asked_for_with_each() {
        let visits: [(i64, &[&str], &[&str]); 2] = [
            (0, &["a"], &["https://p.example/?s=a-name"]),
            (1, &["a", "b"], &["https://p.example/?s=b-name"]),
        ];
        check(image("https://p.example/?s={audience}", 60), &visits);
    }

    #[test]
    fn without_a_time_an_image_is_asked_for_with_every_answer() {
        let url = "https://p.example/";
        check(image(url, 0), &[(0, &["a"], &[url]), (0, &["a"], &[url])]);
    }

    #[test]
    fn a_cookie_is_left_as_it_is_while_audiences_are_not_looked_at() {
        let datastream = Datastream { push: vec![cookie()], ..Datastream::default() };
        let mut told = Told::default();
        let mut cookies = |audiences: Option<&[AudienceId]>| {
            due(&datastream, audiences, None, &mut told, NOW).activation.len()
        };
        assert_eq!((cookies(Some(&["a".into()])), cookies(None), cookies(Some(&[]))), (1, 0, 1));
    }

    #[test]
    fn ids_are_exchanged_for_each_visitor_in_their_time() {
        let exchange = IdentityExchange {
            id: "partner".into(),
            url: "https://p.example/?id={ecid}".into(),
            hide_referrer: false,
            ttl_minutes: 10,
        };
        let datastream = Datastream { exchanges: vec![exchange], ..Datastream::default() };
        let mut told = Told::default();
        let mut count = |ecid, minute| {
            told.begin(None, NOW + minute * MINUTE);
            due(&datastream, None, ecid, &mut told, NOW + minute * MINUTE).exchange.len()
        };
        assert_eq!((count(None, 0), count(Some("1"), 0), count(Some("1"), 9)), (0, 1, 0));
        assert_eq!((count(Some("2"), 9), count(Some("1"), 10)), (1, 1));
    }
}
