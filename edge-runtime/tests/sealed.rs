//! The same visits leave the same bytes, natively and in Wasm. Natively: `cargo test -p acquaint-edge --test sealed`; in
//! Node: the same with `--target wasm32-unknown-unknown` and `wasm-bindgen-test-runner` as the runner.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use acquaint_core::id::AudienceId;
use acquaint_core::lang::schema::{Type, UnionSchema};
use acquaint_core::lang::{AudienceDirectory, compile};
use acquaint_core::plan::program::Definition;
use acquaint_core::plan::{Mode, Program};
use acquaint_core::profile::{Event, Identity};
use acquaint_core::value::Value;
use acquaint_core::wire::{Bundle, ForwardedEvent, seal};
use acquaint_edge::bundle::Edition;
use acquaint_edge::decide::decide;
use acquaint_edge::profile::EdgeProfile;
use acquaint_edge::visit::{Outcome, Step, Visit};

/// Of all bytes that the visits below leave. A change of the stored form changes it: raise the form's version then.
const FINGERPRINT: &str = "2e1359e589679f4e";
const NOW: i64 = 1_700_000_000_000;

struct Nobody;

impl AudienceDirectory for Nobody {
    fn contains(&self, _: &str) -> bool {
        false
    }
}

fn edition() -> Edition {
    let mut schema = UnionSchema::default();
    schema.event.insert("total".into(), Type::Number);
    let text = r#"xEvent[eventType = "buy" and timestamp occurs <= 7 days before now].total.sum() >= 1"#;
    let definition = Definition {
        id: AudienceId::from("spender"),
        mode: Mode::Edge,
        checked: compile(text, &schema, &Nobody).unwrap(),
    };
    let program = Program::build(&[definition]).unwrap().edge();
    Edition::new(
        Bundle { version: 1, published_ms: 0, program, datastreams: Vec::new(), offers: Vec::new() },
        "tag".into(),
    )
}

fn visit(number: i64) -> Visit {
    let identity = Identity { namespace: "household".into(), id: "7".into() };
    let fields = [
        ("eventType".to_owned(), Value::from("buy")),
        ("total".to_owned(), Value::Double(0.1 * f64::from(i32::try_from(number).unwrap()))),
        ("note".to_owned(), Value::from("Grüße 🥬")),
    ];
    let event = Event { id: format!("e{number}"), timestamp_ms: NOW - number * 1_000, fields: fields.into() };
    let event =
        ForwardedEvent { datastream: "ds".into(), dataset: None, identities: vec![identity.clone()], event };
    let step =
        Step { index: 0, identities: vec![identity.clone()], event: Some(event), answer: true, wanted: None };
    Visit { primary: identity, steps: vec![step], wants_attributes: false, pushes: None, consent: None }
}

fn fingerprint() -> String {
    let edition = edition();
    let mut profile = EdgeProfile::default();
    let mut bytes = Vec::new();
    for number in 0..6 {
        let visit = visit(number);
        bytes.extend(seal(&visit).unwrap());
        let (outcome, decided) = decide(&edition, profile, &visit, NOW);
        profile = decided;
        bytes.extend(seal(&outcome).unwrap());
        for write in profile.take_writes().unwrap() {
            bytes.extend(write.key.into_bytes());
            bytes.extend(write.bytes.unwrap_or_default());
        }
        // The sum reaches 1 with the fifth, whatever is rounded on the way.
        let Outcome::Decided(decision) = outcome else { panic!("{outcome:?}") };
        assert_eq!(decision.steps[0].1.len(), usize::from(number >= 4), "after {number}");
    }
    acquaint_edge::bundle::tag(&bytes)
}

#[cfg_attr(not(target_arch = "wasm32"), test)]
#[cfg_attr(target_arch = "wasm32", wasm_bindgen_test::wasm_bindgen_test)]
fn the_same_visits_leave_the_same_bytes_natively_and_in_wasm() {
    assert_eq!(fingerprint(), FINGERPRINT);
}
