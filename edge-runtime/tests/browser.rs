//! The browser host in a real browser. `cargo test -p acquaint-edge --no-default-features --features browser --target
//! wasm32-unknown-unknown --test browser`, with `wasm-bindgen-test-runner` as the runner and a chromedriver.
#![cfg(all(target_arch = "wasm32", feature = "browser"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use acquaint_core::lang::schema::UnionSchema;
use acquaint_core::lang::{AudienceDirectory, compile};
use acquaint_core::plan::program::Definition;
use acquaint_core::plan::{Mode, Program};
use acquaint_core::value::Value;
use acquaint_core::wire::{Bundle, Datastream, EdgeDestination, Offer, seal};
use acquaint_edge::browser::Edge;
use js_sys::{Array, Function, JSON, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_test::{wasm_bindgen_test, wasm_bindgen_test_configure};

wasm_bindgen_test_configure!(run_in_browser);

struct Nobody;

impl AudienceDirectory for Nobody {
    fn contains(&self, _: &str) -> bool {
        false
    }
}

fn bundle() -> Vec<u8> {
    let text = r#"xEvent[eventType = "buy" and timestamp occurs <= 7 days before now].count() >= 2"#;
    let definition = Definition {
        id: "buyers".into(),
        mode: Mode::Edge,
        checked: compile(text, &UnionSchema::default(), &Nobody).unwrap(),
    };
    let destination = EdgeDestination {
        id: "page".into(),
        alias: "on-page".into(),
        audiences: vec!["buyers".into()],
        attributes: vec![("size".into(), vec!["size".into()])],
    };
    let datastream = Datastream {
        id: "ds".into(),
        org: "org".into(),
        dataset: "web".into(),
        enabled: true,
        destinations: vec![destination],
        ..Datastream::default()
    };
    let offer = Offer {
        id: "thanks".into(),
        scope: "hero".into(),
        audience: Some("buyers".into()),
        schema: "json".into(),
        data: Value::from("Grüße 🥬"),
        ..Offer::default()
    };
    seal(&Bundle {
        version: 3,
        published_ms: 5,
        program: Program::build(&[definition]).unwrap().edge(),
        datastreams: vec![datastream],
        offers: vec![offer],
    })
    .unwrap()
}

fn edge() -> Edge {
    Edge::open(&bundle()).unwrap()
}

/// An object of JavaScript source.
fn object(source: &str) -> JsValue {
    Function::new_no_args(&format!("return ({source});")).call0(&JsValue::NULL).unwrap()
}

fn question(events: &str) -> JsValue {
    object(&format!(
        r#"{{ datastream: "ds", identityMap: {{ device: [{{ id: "visitor-1" }}] }}, scopes: ["hero"], events: {events} }}"#
    ))
}

fn get(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &name.into()).unwrap()
}

fn set(of: &JsValue, name: &str, value: &JsValue) {
    assert!(Reflect::set(of, &name.into(), value).unwrap());
}

fn json(of: &JsValue, name: &str) -> String {
    JSON::stringify(&get(of, name)).unwrap().into()
}

#[wasm_bindgen_test]
fn a_page_keeps_the_profile_and_its_events_count_at_once() {
    let edge = edge();
    assert_eq!((edge.version(), edge.published_ms()), (3.0, 5.0));
    let first = edge.decide(question(r#"[{ eventType: "buy" }]"#)).unwrap();
    assert_eq!(json(&first, "audiences"), "[]");
    assert_eq!(json(&first, "propositions"), "[]");
    let profile: Uint8Array = get(&first, "profile").dyn_into().unwrap();

    let next = question(r#"[{ eventType: "buy" }]"#);
    set(&next, "profile", &profile);
    set(&next, "attributes", &object("{ size: 9007199254740993 }"));
    let second = edge.decide(next).unwrap();
    assert_eq!(json(&second, "audiences"), r#"["buyers"]"#);
    assert_eq!(
        json(&second, "destinations"),
        r#"[{"alias":"on-page","attributes":{"size":{"value":9007199254740992}},"destinationId":"page","segments":[{"id":"buyers","namespace":"ups"}],"type":"profileLookup"}]"#
    );
    let proposition = Array::from(&get(&second, "propositions")).get(0);
    let item = Array::from(&get(&proposition, "items")).get(0);
    assert_eq!(get(&item, "data").as_string().unwrap(), "Grüße 🥬");

    let why = Object::new();
    set(&why, "audience", &"buyers".into());
    set(&why, "profile", &get(&second, "profile"));
    let why = edge.explain(why.into()).unwrap();
    assert_eq!((get(&why, "value"), get(&why, "found")), (JsValue::TRUE, JsValue::from(2)));
}

#[wasm_bindgen_test]
fn time_is_the_devices_unless_the_question_says_another() {
    let edge = edge();
    let twice = question(r#"[{ eventType: "buy" }, { eventType: "buy" }]"#);
    let kept = get(&edge.decide(twice).unwrap(), "profile");
    let ask = |days: f64| {
        let asked = question("[]");
        set(&asked, "profile", &kept);
        set(&asked, "nowMs", &JsValue::from(js_sys::Date::now() + days * 86_400_000.0));
        json(&edge.decide(asked).unwrap(), "audiences")
    };
    assert_eq!((ask(6.0).as_str(), ask(8.0).as_str()), (r#"["buyers"]"#, "[]"));
}

#[wasm_bindgen_test]
fn an_event_means_what_its_json_means() {
    let edge = edge();
    let dated = r#"[{ eventType: "buy", timestamp: new Date(Date.now() - 8 * 86400000), a: undefined },
                    { eventType: "buy", toJSON() { return { eventType: "buy" }; } }]"#;
    assert_eq!(json(&edge.decide(question(dated)).unwrap(), "audiences"), "[]", "the first is too old");
}

fn code(outcome: Result<JsValue, js_sys::Error>) -> String {
    let error = outcome.unwrap_err();
    assert_eq!(error.name(), "EdgeError");
    assert!(!String::from(error.message()).is_empty());
    get(&error, "code").as_string().unwrap()
}

#[wasm_bindgen_test]
fn mistakes_are_errors_with_codes() {
    let edge = edge();
    let open = |bytes: &[u8]| Edge::open(bytes).map(JsValue::from);
    assert_eq!(code(open(b"not a bundle, though long enough to be one")), "bundle-unreadable");
    let mut newer = bundle();
    newer[6] = 99;
    assert_eq!(code(open(&newer)), "bundle-version");

    let invalid = "question-invalid";
    assert_eq!(code(edge.decide(JsValue::UNDEFINED)), invalid);
    assert_eq!(code(edge.decide(object("{}"))), invalid);
    assert_eq!(code(edge.decide(question(r#""none""#))), invalid);
    assert_eq!(code(edge.decide(question("[1]"))), invalid);
    assert_eq!(code(edge.decide(question("[{ big: 1n }]"))), invalid);
    assert_eq!(code(edge.decide(question("(() => { const a = []; a.push({ a }); return a; })()"))), invalid);
    let deep = "[JSON.parse('{\"a\":'.repeat(5000) + '1' + '}'.repeat(5000))]";
    assert_eq!(code(edge.decide(question(deep))), invalid);

    let with = |name: &str, value: &str| {
        let asked = question("[]");
        set(&asked, name, &object(value));
        code(edge.decide(asked))
    };
    assert_eq!(with("profil", "1"), invalid);
    assert_eq!(with("nowMs", "NaN"), invalid);
    assert_eq!(with("profile", r#""text""#), invalid);
    assert_eq!(with("profile", "new Uint8Array(4)"), "profile-unreadable");
    assert_eq!(with("datastream", r#""another""#), "datastream-unknown");
    assert_eq!(code(edge.explain(object(r#"{ audience: "none" }"#))), "audience-unknown");
}
