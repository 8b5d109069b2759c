//! What the edge would choke on or never do: cookies without a name, addresses that are none, flags that contradict
//! themselves. References are checked by [`super::references`].

use std::collections::{BTreeMap, BTreeSet};

use acquaint_core::limits::VALUE_DEPTH_MAX;
use acquaint_core::value::Value;
use acquaint_engine::compile::mode;
use acquaint_store::catalog::{Audience, Catalog, Connection, Datastream, Flag, Serve};

use super::{Finding, Kind, Subject};

/// How far the percentages of a split may be from 100, by rounding.
const SPLIT_TOLERANCE: f64 = 0.005;

/// Of a location hint. It is in every path, cookie and header.
const HINT_CHARACTERS_MAX: usize = 32;

/// Everything that is wrong.
pub(crate) fn check(catalog: &Catalog) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, datastream) in &catalog.datastreams {
        check_datastream(&Subject::new(Kind::Datastream, id), datastream, &mut findings);
    }
    let mut cookies = BTreeMap::new();
    for (id, destination) in &catalog.destinations {
        let subject = Subject::new(Kind::Destination, id);
        check_connection(&subject, &destination.connection, &mut findings);
        if let Connection::Cookie { datastream, name, .. } = &destination.connection
            && let Some(first) = cookies.insert((datastream, name), id)
        {
            let message = format!("destination `{first}` sets the cookie `{name}` of this datastream too");
            findings.push(Finding::about(&subject, "/connection/name", "not-unique", message));
        }
    }
    for (id, flag) in &catalog.flags {
        check_flag(catalog, &Subject::new(Kind::Flag, id), flag, &mut findings);
    }
    findings
}

fn check_datastream(subject: &Subject, datastream: &Datastream, findings: &mut Vec<Finding>) {
    for (index, origin) in datastream.allowed_origins.iter().enumerate() {
        if !is_origin(origin) {
            let message = format!("`{origin}` is no origin");
            let found = Finding::about(subject, &format!("/allowedOrigins/{index}"), "bad-origin", message);
            findings.push(found.with_help("write `https://shop.example` or `https://*.shop.example`"));
        }
    }
    let mut hints = BTreeSet::new();
    for (index, region) in datastream.regions.iter().enumerate() {
        let (hint, pointer) = (&region.hint, format!("/regions/{index}/hint"));
        if !is_hint(hint) {
            let message = format!("`{hint}` is no location hint");
            let found = Finding::about(subject, &pointer, "bad-hint", message);
            findings.push(found.with_help("write lower-case letters, digits and hyphens, for example `or2`"));
        } else if !hints.insert(hint) {
            let message = format!("the region `{hint}` is there twice");
            findings.push(Finding::about(subject, &pointer, "not-unique", message));
        }
    }
    if !is_cookie_name(&datastream.first_party_id_cookie) {
        findings.push(bad_cookie(subject, "/firstPartyIdCookie", &datastream.first_party_id_cookie));
    }
    let exchanges = datastream.identity_exchanges.iter().map(|exchange| &exchange.url);
    let forwarding = datastream.event_forwarding.iter().map(|forwarding| &forwarding.url);
    for (list, urls) in
        [("identityExchanges", exchanges.collect::<Vec<_>>()), ("eventForwarding", forwarding.collect())]
    {
        for (index, url) in urls.into_iter().enumerate().filter(|(_, url)| !is_url(url)) {
            findings.push(bad_url(subject, &format!("/{list}/{index}/url"), url));
        }
    }
}

fn check_connection(subject: &Subject, connection: &Connection, findings: &mut Vec<Finding>) {
    match connection {
        Connection::Cookie { name, domain, .. } => {
            if !is_cookie_name(name) {
                findings.push(bad_cookie(subject, "/connection/name", name));
            }
            if let Some(domain) = domain.as_deref().filter(|domain| !is_host(domain.trim_start_matches('.')))
            {
                let message = format!("`{domain}` is no domain");
                findings.push(Finding::about(subject, "/connection/domain", "bad-domain", message));
            }
        }
        Connection::Url { url, .. } if !is_url(url) => {
            findings.push(bad_url(subject, "/connection/url", url));
        }
        Connection::Url { .. }
        | Connection::CustomPersonalization { .. }
        | Connection::HttpApi { .. }
        | Connection::CsvFile { .. }
        | Connection::ObjectStorage { .. } => {}
    }
}

fn check_flag(catalog: &Catalog, subject: &Subject, flag: &Flag, findings: &mut Vec<Finding>) {
    let mut find = |pointer: &str, code: &str, message: String| {
        findings.push(Finding::about(subject, pointer, code, message));
    };
    if !catalog.datastreams.contains_key(&flag.datastream) {
        find("/datastream", "dangling-reference", format!("there is no datastream `{}`", flag.datastream));
    }
    let types: BTreeSet<&str> = flag.variants.values().map(type_of).collect();
    if flag.variants.is_empty() || types.len() > 1 || types.contains("null") || types.contains("list") {
        let message = "the variants are all booleans, all strings, all numbers or all objects";
        find("/variants", "bad-variants", message.into());
    }
    for (name, value) in &flag.variants {
        if let Err(error) = Value::from_json(value, VALUE_DEPTH_MAX) {
            find(&format!("/variants/{name}"), "too-deep", error.to_string());
        }
    }
    for (index, rule) in flag.rules.iter().enumerate() {
        if !catalog.audiences.contains_key(&rule.audience) {
            let message = format!("there is no audience `{}`", rule.audience);
            find(&format!("/rules/{index}/audience"), "dangling-reference", message);
        }
    }
    let rules = flag.rules.iter().enumerate();
    let served = rules.map(|(index, rule)| (format!("/rules/{index}/serve"), &rule.serve));
    for (pointer, serve) in served.chain([("/default".to_owned(), &flag.default)]) {
        for variant in serve.variants().iter().filter(|name| !flag.variants.contains_key(**name)) {
            find(&pointer, "dangling-reference", format!("there is no variant `{variant}`"));
        }
        if let Serve::Split(shares) = serve {
            let in_range = shares.values().all(|percent| (0.0..=100.0).contains(percent));
            let all: f64 = shares.values().sum();
            if !in_range || (all - 100.0).abs() > SPLIT_TOLERANCE {
                find(&pointer, "bad-split", format!("the percentages make {all} together, not 100"));
            }
        }
    }
}

/// What is in order, and may not be what was meant.
pub(crate) fn warnings(catalog: &Catalog) -> Vec<Finding> {
    let mut warnings = Vec::new();
    for (id, dataflow) in catalog.dataflows.iter().filter(|(_, dataflow)| dataflow.enabled) {
        let subject = Subject::new(Kind::Dataflow, id);
        let destination = catalog.destinations.get(&dataflow.destination);
        let Some(datastream) = destination.and_then(|destination| destination.connection.datastream()) else {
            continue;
        };
        if catalog.datastreams.get(datastream).is_some_and(|datastream| !datastream.edge_segmentation) {
            let message = format!("datastream `{datastream}` decides no audiences (`edgeSegmentation`)");
            warnings.push(Finding::about(&subject, "/destination", "no-edge-segmentation", message));
        }
        for (index, audience) in dataflow.audiences.iter().enumerate() {
            warnings.extend(elsewhere(catalog, &subject, &format!("/audiences/{index}"), audience));
        }
    }
    for (id, flag) in &catalog.flags {
        let subject = Subject::new(Kind::Flag, id);
        for (index, rule) in flag.rules.iter().enumerate() {
            let pointer = format!("/rules/{index}/audience");
            warnings.extend(elsewhere(catalog, &subject, &pointer, &rule.audience));
        }
    }
    warnings
}

/// Said of an audience that is not decided at the edge.
fn elsewhere(catalog: &Catalog, subject: &Subject, pointer: &str, id: &str) -> Option<Finding> {
    let decided = |audience: &Audience| mode(&audience.evaluation_info) == acquaint_core::plan::Mode::Edge;
    catalog.audiences.get(id).filter(|audience| !decided(audience))?;
    let message =
        format!("audience `{id}` is answered at the edge as it was last decided, not as of the request");
    let found = Finding::about(subject, pointer, "not-at-edge", message);
    Some(found.with_help("enable `synchronous` in its `evaluationInfo` to decide it in the request"))
}

fn type_of(value: &serde_json::Value) -> &'static str {
    match value {
        serde_json::Value::Null => "null",
        serde_json::Value::Bool(_) => "boolean",
        serde_json::Value::Number(_) => "number",
        serde_json::Value::String(_) => "string",
        serde_json::Value::Array(_) => "list",
        serde_json::Value::Object(_) => "object",
    }
}

fn bad_cookie(subject: &Subject, pointer: &str, name: &str) -> Finding {
    let message = format!("`{name}` is no name of a cookie (RFC 6265: a token)");
    Finding::about(subject, pointer, "bad-cookie", message)
}

fn bad_url(subject: &Subject, pointer: &str, url: &str) -> Finding {
    let message = format!("`{url}` is no address that begins with https:// or http://");
    Finding::about(subject, pointer, "bad-url", message)
}

/// A segment of the path before the version, and none of those that stand there for something else.
pub(crate) fn is_hint(hint: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_taken = matches!(hint, "v1" | "v2" | "va");
    (1..=HINT_CHARACTERS_MAX).contains(&hint.len()) && hint.bytes().all(is_part) && !is_taken
}

/// A token of RFC 9110.
fn is_cookie_name(name: &str) -> bool {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_token)
}

/// The parts in braces are filled in later.
fn is_url(url: &str) -> bool {
    let filled = url.replace(['{', '}'], "x");
    let parsed = reqwest::Url::parse(&filled);
    parsed.is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

fn is_origin(origin: &str) -> bool {
    let Some((scheme, rest)) = origin.split_once("://") else { return false };
    let host = rest.strip_prefix("*.").unwrap_or(rest);
    let (host, port) = host.split_once(':').unwrap_or((host, "1"));
    matches!(scheme, "http" | "https") && is_host(host) && port.parse::<u16>().is_ok()
}

fn is_host(host: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    host.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::super::decode::put_all;
    use super::*;

    fn catalog(documents: &[Json]) -> Catalog {
        let mut catalog = Catalog::default();
        let datastream = json!({"kind": "datastream", "id": "ds", "org": "A@B", "dataset": "d"});
        put_all(&mut catalog, &[&[datastream], documents].concat(), 1).unwrap();
        catalog
    }

    fn told(findings: &[Finding]) -> Vec<(&str, &str, &str)> {
        findings.iter().map(|f| (f.id.as_str(), f.pointer.as_str(), f.code.as_str())).collect()
    }

    fn check_all(documents: &[Json], expected: &[(&str, &str, &str)]) {
        assert_eq!(told(&check(&catalog(documents))), expected);
    }

    fn destination(id: &str, connection: Json) -> Json {
        let mut connection = connection;
        connection["datastream"] = "ds".into();
        json!({"kind": "destination", "id": id, "connection": connection})
    }

    #[test]
    fn names_of_cookies_are_tokens_and_set_by_one_destination() {
        let cookie = |id: &str, name: &str| destination(id, json!({"type": "cookie", "name": name}));
        check_all(
            &[cookie("a", "aud"), cookie("b", "aud"), cookie("c", "two words"), cookie("d", "")],
            &[
                ("b", "/connection/name", "not-unique"),
                ("c", "/connection/name", "bad-cookie"),
                ("d", "/connection/name", "bad-cookie"),
            ],
        );
        let of = |domain: &str| destination("a", json!({"type": "cookie", "name": "n", "domain": domain}));
        check_all(&[of(".shop.example")], &[]);
        check_all(&[of("shop.example; Secure")], &[("a", "/connection/domain", "bad-domain")]);
    }

    #[test]
    fn addresses_and_origins_are_such() {
        let url = |url: &str| destination("a", json!({"type": "url", "url": url}));
        check_all(&[url("https://pixel.test/{audience}?id={ecid}")], &[]);
        for wrong in ["javascript:alert(1)", "//pixel.test", "pixel.test/x", "https://"] {
            check_all(&[url(wrong)], &[("a", "/connection/url", "bad-url")]);
        }
        let stream = |origin: &str| json!({"kind": "datastream", "id": "s", "org": "o", "dataset": "d", "allowedOrigins": [origin]});
        for right in ["https://shop.test", "http://localhost:8080", "https://*.shop.test"] {
            check_all(&[stream(right)], &[]);
        }
        for wrong in ["shop.test", "https://shop.test/", "*", "https://*", "https://a.*.test", "ftp://a.test"]
        {
            check_all(&[stream(wrong)], &[("s", "/allowedOrigins/0", "bad-origin")]);
        }
    }

    #[test]
    fn regions_have_hints_that_can_stand_in_a_path_each_once() {
        let hints = ["or2", "OR2", "va", "", "or2", "a/b", "eu-west-1"];
        let regions: Vec<_> = hints.iter().map(|hint| json!({"hint": hint, "id": 9})).collect();
        check_all(
            &[json!({"kind": "datastream", "id": "s", "org": "o", "dataset": "d", "regions": regions})],
            &[
                ("s", "/regions/1/hint", "bad-hint"),
                ("s", "/regions/2/hint", "bad-hint"),
                ("s", "/regions/3/hint", "bad-hint"),
                ("s", "/regions/4/hint", "not-unique"),
                ("s", "/regions/5/hint", "bad-hint"),
            ],
        );
    }

    fn flag(changes: &Json) -> Json {
        let mut flag = json!({"kind": "flag", "id": "f", "datastream": "ds",
            "variants": {"on": true, "off": false}, "default": "off"});
        for (name, value) in changes.as_object().unwrap() {
            flag[name] = value.clone();
        }
        flag
    }

    #[test]
    fn a_flag_serves_variants_it_has_all_of_one_type() {
        check_all(&[flag(&json!({"default": {"on": 33.3, "off": 66.7}}))], &[]);
        check_all(&[flag(&json!({"datastream": "x"}))], &[("f", "/datastream", "dangling-reference")]);
        check_all(
            &[flag(&json!({"variants": {"on": 1, "off": "1"}}))],
            &[("f", "/variants", "bad-variants")],
        );
        check_all(&[flag(&json!({"variants": {"off": [1]}}))], &[("f", "/variants", "bad-variants")]);
        check_all(&[flag(&json!({"default": "of"}))], &[("f", "/default", "dangling-reference")]);
        check_all(&[flag(&json!({"default": {"on": 60, "off": 60}}))], &[("f", "/default", "bad-split")]);
        check_all(&[flag(&json!({"default": {"on": 150, "off": -50}}))], &[("f", "/default", "bad-split")]);
        check_all(
            &[flag(&json!({"rules": [{"audience": "gone", "serve": "on"}]}))],
            &[("f", "/rules/0/audience", "dangling-reference")],
        );
    }

    #[test]
    fn audiences_that_are_decided_elsewhere_are_warned_of() {
        let audience = |id: &str, info: Json| json!({"kind": "audience", "id": id, "name": id, "evaluationInfo": info, "expression": {"value": "true"}});
        let catalog = catalog(&[
            audience("now", json!({"synchronous": {"enabled": true}})),
            audience("later", json!({})),
            destination("page", json!({"type": "customPersonalization", "alias": "a"})),
            json!({"kind": "dataflow", "id": "df", "destination": "page", "audiences": ["now", "later"]}),
            flag(&json!({"rules": [{"audience": "later", "serve": "on"}]})),
        ]);
        assert_eq!(
            told(&warnings(&catalog)),
            [("df", "/audiences/1", "not-at-edge"), ("f", "/rules/0/audience", "not-at-edge")]
        );
    }
}
