//! Requests at the edge: query, headers and body as anybody may send them. The first line of an input is the path with its
//! query, the second the cookies, the rest the body.

use std::sync::OnceLock;

use acquaint_core::lang;
use acquaint_core::plan::program::Definition;
use acquaint_core::plan::{Mode, Program};
use acquaint_core::wire::{Bundle, Datastream};
use acquaint_edge::bundle::Edition;
use acquaint_edge::decide::decide;
use acquaint_edge::http::{Config, Request, split_url};
use acquaint_edge::profile::EdgeProfile;
use acquaint_edge::serve::{Random, begin, finish};

use super::world::{self, Anything, NOW_MS};

const RANDOM: Random = Random { ecid: [7; 16], request: [9; 16] };

/// Any request is answered, and what it left behind can be stored and read back.
pub fn edge(input: &[u8]) {
    let mut lines = input.splitn(3, |byte| *byte == b'\n');
    let mut line = || String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let (url, cookie) = (line(), line());
    let body = lines.next().unwrap_or_default().to_vec();
    let (host, path, query) = split_url(&format!("https://edge.example{url}"));
    let headers = vec![("cookie".into(), cookie), ("origin".into(), "https://shop.example".into())];
    let request = Request { method: "POST".into(), host, path, query, headers, body };
    let (config, edition) = (Config::default(), edition());
    let (begun, visits) = match begin(&config, Some(edition), &request, RANDOM, NOW_MS) {
        Ok(begun) => begun,
        Err(reply) => return assert!((400..600).contains(&reply.status), "{}", reply.status),
    };
    let mut outcomes = Vec::new();
    for visit in &visits {
        let (outcome, mut profile) = decide(edition, EdgeProfile::default(), visit, NOW_MS);
        outcomes.push(outcome);
        let written = profile.take_writes().unwrap();
        let entries = written.into_iter().filter_map(|write| Some((write.key, write.bytes?)));
        let (mut loaded, unreadable) = EdgeProfile::load(entries);
        assert!(unreadable.is_empty(), "{unreadable:?}");
        assert_eq!(loaded.next_forward(), profile.next_forward());
    }
    let reply = finish(&config, edition, begun, outcomes);
    assert!((200..600).contains(&reply.status), "{}", reply.status);
    assert!(reply.body.is_empty() || serde_json::from_str::<serde_json::Value>(&reply.body).is_ok());
}

fn edition() -> &'static Edition {
    static EDITION: OnceLock<Edition> = OnceLock::new();
    EDITION.get_or_init(|| {
        let text = "xEvent[eventType = \"buy\" and timestamp occurs <= 1 day before now].price.sum() > 3";
        let checked = lang::compile(text, world::schema(), &Anything).unwrap();
        let program = Program::build(&[Definition { id: "a".into(), mode: Mode::Edge, checked }]).unwrap();
        let datastream = Datastream {
            id: "shop".into(),
            org: "O@AdobeOrg".into(),
            dataset: "web".into(),
            enabled: true,
            ..Datastream::default()
        };
        let bundle = Bundle {
            version: 1,
            published_ms: 0,
            program,
            datastreams: vec![datastream],
            offers: Vec::new(),
        };
        Edition::new(bundle, "tag".into())
    })
}

/// A request of every kind.
pub fn seeds() -> Vec<Vec<u8>> {
    let interact = r#"{"meta":{"state":{"domain":"shop.example","cookiesEnabled":true,"entries":[{"key":"kndctr_O_AdobeOrg_consent","value":"general=in"}]},"queueTimeMillis":5},"events":[{"xdm":{"_id":"e1","eventType":"buy","price":4,"timestamp":"2018-08-28T00:00:00Z","identityMap":{"email":[{"id":"a@b.c","authenticatedState":"authenticated","primary":true}]}},"query":{"personalization":{"schemas":["https://ns.adobe.com/personalization/dom-action"],"decisionScopes":["__view__"]}}}],"query":{"identity":{"fetch":["ECID"]}}}"#;
    let consent = r#"{"consent":[{"standard":"Adobe","version":"2.0","value":{"collect":{"val":"y"}}},{"standard":"IAB TCF","version":"2.0","value":"COuQACgOuQACgM-AAAENAPCAAAAAAAAAAAAAAAAAAAAA","gdprApplies":true}],"identityMap":{"ECID":[{"id":"12345678901234567890123456789012345678"}]}}"#;
    let collect = r#"{"events":[{"xdm":{"eventType":"buy","identityMap":{"email":[{"id":"x","primary":true}]}}},{"xdm":{"eventType":"view"}}]}"#;
    let cookie = "kndctr_O_AdobeOrg_identity=CiYzNjUxMzQzOTY0NDIyMjU3OTI2MDQwNTc0NzY4OTM3NTU2NTY1MVIRCJK; kndctr_O_AdobeOrg_consent=general=out";
    [
        format!("/ee/v1/interact?configId=shop&requestId=r1\n\n{interact}"),
        format!("/ee/or2/v1/interact?configId=shop\n{cookie}\n{interact}"),
        format!("/ee/v1/privacy/set-consent?configId=shop:dev\n\n{consent}"),
        format!("/ee/v2/collect?dataStreamId=shop\n\n{collect}"),
        format!("/ee/v2/interact?dataStreamId=shop\n\n{}", r#"{"event":{"xdm":{"eventType":"view"}}}"#),
        format!(
            "/ee/v1/identity/acquire?configId=shop\n{cookie}\n{}",
            r#"{"query":{"identity":{"fetch":["ECID"]}}}"#
        ),
        format!("/ee/va/v1/play?configId=%73hop&x=%zz\n\n{collect}"),
    ]
    .map(String::into_bytes)
    .to_vec()
}
