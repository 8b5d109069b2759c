//! Bodies of the corpus, which are written as recipes where they are large or no text.
//!
//! Text stands for itself. `{{100 of x}}` is `x` a hundred times, and a `#` in it the number from 1. `{{hex ff}}` are
//! bytes. `{{forward NAME}}` are sealed events as the edge sends them. `⏎` ends a line. `CLOSE` inside a recipe is a
//! closing brace, which would otherwise end it. `gzip ` at the beginning packs all the rest, and may stand there twice.

use std::io::Write;

use acquaint_core::profile::{Event, Identity};
use acquaint_core::value::{Fields, Value};
use acquaint_core::wire::{Forward, ForwardedEvent, seal};

use crate::people::NOW_MS;

/// The bytes that a recipe stands for.
pub(crate) fn cook(recipe: &str) -> Vec<u8> {
    if let Some(rest) = recipe.strip_prefix("gzip ") {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packed.write_all(&cook(rest)).unwrap();
        return packed.finish().unwrap();
    }
    let recipe = recipe.replace('⏎', "\r\n");
    let mut bytes = Vec::new();
    let mut rest = &*recipe;
    while let Some((before, after)) = rest.split_once("{{") {
        let (part, after) = after.split_once("}}").unwrap_or_else(|| panic!("`{recipe}` has no end"));
        bytes.extend(before.as_bytes());
        bytes.extend(cook_part(part));
        rest = after;
    }
    bytes.extend(rest.as_bytes());
    bytes
}

fn cook_part(part: &str) -> Vec<u8> {
    if let Some(digits) = part.strip_prefix("hex ") {
        return digits.split_whitespace().map(|byte| u8::from_str_radix(byte, 16).unwrap()).collect();
    }
    if let Some(name) = part.strip_prefix("forward ") {
        return forward(name);
    }
    let (times, text) = part.split_once(" of ").unwrap_or_else(|| panic!("`{part}` is no recipe"));
    let text = text.replace("CLOSE", "}");
    let times: usize = times.replace('_', "").parse().unwrap();
    if text.contains('#') {
        (1..=times).flat_map(|number| text.replace('#', &number.to_string()).into_bytes()).collect()
    } else {
        text.repeat(times).into_bytes()
    }
}

fn event(id: &str, fields: Fields) -> ForwardedEvent {
    ForwardedEvent {
        datastream: "shop".into(),
        dataset: None,
        identities: vec![Identity { namespace: "crm".into(), id: "edge".into() }],
        event: Event { id: id.into(), timestamp_ms: NOW_MS, fields },
    }
}

fn bought() -> Fields {
    Fields::from([("eventType".into(), Value::String("buy".into()))])
}

/// What the edge could send if it were somebody else.
fn forward(name: &str) -> Vec<u8> {
    let one = |change: &dyn Fn(&mut ForwardedEvent)| {
        let mut event = event(&format!("edge-{name}"), bought());
        change(&mut event);
        seal(&Forward { region: "or2".into(), events: vec![event.into()] }).unwrap()
    };
    match name {
        "good" => one(&|_| {}),
        "nothing" => seal(&Forward::default()).unwrap(),
        "cut" => one(&|_| {})[..20].to_vec(),
        "flipped" => {
            let mut bytes = one(&|_| {});
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            bytes
        }
        "longer" => [one(&|_| {}), vec![0; 100]].concat(),
        "long ago" => one(&|event| event.event.timestamp_ms = i64::MIN),
        "far ahead" => one(&|event| event.event.timestamp_ms = i64::MAX),
        "year 1" => one(&|event| event.event.timestamp_ms = -62_135_596_800_000),
        "nobody" => one(&|event| event.identities.clear()),
        "crowd" => one(&|event| {
            let identity = |number: u32| Identity { namespace: "crm".into(), id: number.to_string() };
            event.identities = (0..100_000).map(identity).collect();
        }),
        "stranger" => one(&|event| event.identities[0].namespace = "nowhere".into()),
        "long identity" => one(&|event| event.identities[0].id = "x".repeat(100_000)),
        "no id" => one(&|event| event.event.id.clear()),
        "long id" => one(&|event| event.event.id = "i".repeat(70_000)),
        "nowhere" => one(&|event| event.datastream = "no-such".into()),
        "large" => one(&|event| {
            event.event.fields.insert("context".into(), Value::String("x".repeat(10_000_000)));
        }),
        "deep" => one(&|event| {
            let deep = (0..60).fold(Value::Integer(1), |inner, _| Value::List(vec![inner]));
            event.event.fields.insert("context".into(), Value::Object([("a".to_owned(), deep)].into()));
        }),
        "not a number" => one(&|event| {
            event.event.fields.insert("price".into(), Value::Double(f64::NAN));
        }),
        "many" => {
            let events = (0..2_501).map(|number| event(&format!("many-{number}"), bought()).into()).collect();
            seal(&Forward { events, ..Forward::default() }).unwrap()
        }
        "twice" => {
            seal(&Forward { events: vec![event("edge-twice", bought()).into(); 2], ..Forward::default() })
                .unwrap()
        }
        _ => panic!("nobody knows how to forward `{name}`"),
    }
}

#[test]
fn recipes_are_followed() {
    let check = |recipe: &str, expected: &[u8]| assert_eq!(cook(recipe), expected, "{recipe}");
    check("", b"");
    check("{\"a\": 1}", b"{\"a\": 1}");
    check("[{{3 of a#,}}]", b"[a1,a2,a3,]");
    check("{{1_000 of x}}", &[b'x'; 1_000]);
    check("a{{hex ff 00}}b", b"a\xff\x00b");
    check("{{2 of [CLOSE}}}⏎", b"[}[}}\r\n");
}
