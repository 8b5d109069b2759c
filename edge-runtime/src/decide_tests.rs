//! Tests of decisions over a real program.

use acquaint_core::lang::AudienceDirectory;
use acquaint_core::lang::schema::{Type, UnionSchema};
use acquaint_core::plan::program::Definition;
use acquaint_core::plan::{Mode, Program};
use acquaint_core::profile::{Event, Identity};
use acquaint_core::state::State;
use acquaint_core::value::Value;
use acquaint_core::wire::{Bundle, ForwardedEvent, Projection, Receipt};
use serde_json::json;

use super::*;
use crate::limits;
use crate::visit::Step;

const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
const NOW: i64 = 20_000 * DAY;

const AUDIENCES: [(&str, &str); 5] = [
    (
        "just-redeemed",
        r#"xEvent[eventType = "redeem" and timestamp occurs <= 30 minutes before now].count() >= 1"#,
    ),
    ("big-week", r#"xEvent[eventType = "buy" and timestamp occurs <= 7 days before now].total.sum() >= 100"#),
    ("frequent", r#"xEvent[eventType = "buy" and timestamp occurs <= 30 days before now].count() >= 3"#),
    ("rich", "income >= 100"),
    ("rich-and-big", r#"inSegment("rich") and inSegment("big-week")"#),
];

struct Everything;

impl AudienceDirectory for Everything {
    fn contains(&self, _: &str) -> bool {
        true
    }
}

fn edition() -> Edition {
    let mut schema = UnionSchema::default();
    schema.profile.insert("income".into(), Type::Integer);
    schema.event.insert("total".into(), Type::Number);
    let definitions: Vec<_> = AUDIENCES
        .iter()
        .map(|(id, text)| Definition {
            id: AudienceId::from(*id),
            mode: Mode::Edge,
            checked: acquaint_core::lang::compile(text, &schema, &Everything).unwrap(),
        })
        .collect();
    let program = Program::build(&definitions).unwrap().edge();
    let bundle = Bundle { version: 1, published_ms: 0, program, datastreams: Vec::new(), offers: Vec::new() };
    Edition::new(bundle, "tag".into())
}

fn event(id: &str, kind: &str, total: f64, ago_ms: i64) -> ForwardedEvent {
    let fields = json!({ "eventType": kind, "total": total });
    ForwardedEvent {
        datastream: "ds".into(),
        dataset: None,
        identities: vec![household()],
        event: Event {
            id: id.into(),
            timestamp_ms: NOW - ago_ms,
            fields: acquaint_core::value::fields::from_json(fields.as_object().unwrap(), 4).unwrap(),
        },
    }
}

fn household() -> Identity {
    Identity { namespace: "household".into(), id: "7".into() }
}

fn visit(events: &[ForwardedEvent]) -> Visit {
    let step = |event: Option<ForwardedEvent>| Step {
        index: 0,
        identities: vec![household()],
        event,
        answer: true,
        wanted: None,
    };
    let mut steps: Vec<_> = events.iter().cloned().map(|event| step(Some(event))).collect();
    if steps.is_empty() {
        steps.push(step(None));
    }
    Visit { primary: household(), steps, wants_attributes: false, pushes: None, consent: None }
}

/// The audiences after the last step.
fn ask(edition: &Edition, profile: &mut EdgeProfile, events: &[ForwardedEvent], now_ms: i64) -> Vec<String> {
    let (outcome, decided) = decide(edition, std::mem::take(profile), &visit(events), now_ms);
    *profile = decided;
    let Outcome::Decided(decision) = outcome else { panic!("{outcome:?}") };
    decision.steps.last().unwrap().1.iter().map(ToString::to_string).collect()
}

/// What the control plane would have folded at that position.
fn projection(edition: &Edition, events: &[ForwardedEvent], position: u64) -> Projection {
    let mut state = State::default();
    for event in events {
        acquaint_core::state::fold(&edition.program, &mut state, &event.event, NOW);
    }
    Projection {
        position,
        made_ms: NOW,
        attributes: [("income".to_owned(), Value::Integer(120))].into(),
        state,
        ..Projection::default()
    }
}

#[test]
fn the_event_in_this_request_already_counts_and_the_exit_needs_no_event() {
    let edition = edition();
    let mut profile = EdgeProfile::default();
    assert!(ask(&edition, &mut profile, &[], NOW).is_empty());
    assert_eq!(ask(&edition, &mut profile, &[event("a", "redeem", 0.0, 0)], NOW), ["just-redeemed"]);
    assert_eq!(ask(&edition, &mut profile, &[], NOW + 30 * MINUTE), ["just-redeemed"]);
    assert!(ask(&edition, &mut profile, &[], NOW + 31 * MINUTE).is_empty());
}

#[test]
fn a_repeated_request_is_answered_again_and_counted_once() {
    let edition = edition();
    let mut profile = EdgeProfile::default();
    let bought = [event("a", "buy", 60.0, 0)];
    assert!(ask(&edition, &mut profile, &bought, NOW).is_empty());
    assert!(ask(&edition, &mut profile, &bought, NOW).is_empty());
    assert_eq!(profile.outbox_events(), 1);
    assert_eq!(ask(&edition, &mut profile, &[event("b", "buy", 60.0, 0)], NOW), ["big-week"]);
}

#[test]
fn a_repeated_request_of_the_largest_size_is_counted_once_before_and_after_it_is_acknowledged() {
    let edition = edition();
    let mut profile = EdgeProfile::default();
    let events: Vec<_> = (0..limits::EVENTS_PER_REQUEST_MAX)
        .map(|number| event(&format!("e{number}"), "buy", 0.9, MINUTE))
        .collect();
    assert_eq!(ask(&edition, &mut profile, &events, NOW), ["frequent"], "90 in all");
    assert_eq!(ask(&edition, &mut profile, &events, NOW), ["frequent"], "while they wait");
    let accepted = (1..).zip(&events).map(|(at, event)| (event.event.id.clone(), at)).collect();
    profile.acknowledge(&Receipt { accepted, refused: Vec::new() });
    profile.project(projection(&edition, &events, limits::EVENTS_PER_REQUEST_MAX as u64), NOW);
    assert_eq!(profile.tail().count(), 0);
    assert_eq!(ask(&edition, &mut profile, &events, NOW), ["frequent", "rich"], "once they are covered");
}

#[test]
fn wherever_the_projection_ends_the_answer_is_the_same() {
    let edition = edition();
    let events: Vec<_> = (0..8)
        .map(|number| {
            let kind = if number == 5 { "redeem" } else { "buy" };
            event(&format!("e{number}"), kind, 20.5, (7 - number) * DAY)
        })
        .collect();
    let whole = {
        let mut profile = EdgeProfile::default();
        profile.project(projection(&edition, &events, 8), NOW);
        ask(&edition, &mut profile, &[], NOW)
    };
    assert_eq!(whole, ["big-week", "frequent", "rich", "rich-and-big"]);
    for split in 0..events.len() {
        let (before, after) = events.split_at(split);
        let mut profile = EdgeProfile::default();
        profile.project(projection(&edition, before, u64::try_from(split).unwrap()), NOW);
        assert_eq!(ask(&edition, &mut profile, after, NOW), whole, "projection of {split} events");
    }
}

#[test]
fn a_rebase_at_any_moment_neither_loses_nor_doubles_an_event() {
    let edition = edition();
    let events: Vec<_> = (0..3).map(|number| event(&format!("e{number}"), "buy", 33.0, DAY)).collect();
    // Each 33: three are 99, so one counted twice would show.
    let mut profile = EdgeProfile::default();
    profile.project(projection(&edition, &[], 0), NOW);
    let answer = ["frequent", "rich"];
    assert_eq!(ask(&edition, &mut profile, &events, NOW), answer);
    profile.next_forward().unwrap();
    profile.project(projection(&edition, &events, 3), NOW);
    assert_eq!(ask(&edition, &mut profile, &[], NOW), answer, "while the receipt is on its way");
    let accepted = (1..).zip(&events).map(|(at, event)| (event.event.id.clone(), at)).collect();
    profile.acknowledge(&Receipt { accepted, refused: Vec::new() });
    assert_eq!(ask(&edition, &mut profile, &[], NOW), answer, "after it");
    assert_eq!(profile.tail().count(), 0);
}

#[test]
fn many_acknowledged_events_are_folded_away_and_the_answer_stays() {
    let edition = edition();
    let mut profile = EdgeProfile::default();
    let count = limits::ACKNOWLEDGED_EVENTS_MAX + 10;
    for number in 0..count {
        ask(&edition, &mut profile, &[event(&format!("e{number}"), "buy", 0.4, MINUTE)], NOW);
    }
    let mut at = 0;
    while let Some(forward) = profile.next_forward() {
        let accepted = forward.events.iter().map(|event| {
            at += 1;
            (event.id().to_owned(), at)
        });
        profile.acknowledge(&Receipt { accepted: accepted.collect(), refused: Vec::new() });
    }
    assert_eq!(profile.tail().count(), count);
    assert_eq!(ask(&edition, &mut profile, &[], NOW), ["frequent"]);
    assert_eq!(profile.tail().count(), 0);
    assert_eq!(profile.position(), at);
    // 210 purchases of 0.4 are 84; 16 more reach 100.
    assert_eq!(ask(&edition, &mut profile, &[event("last", "buy", 16.0, 0)], NOW), ["big-week", "frequent"]);
}

#[test]
fn a_membership_that_the_edge_cannot_decide_is_as_the_control_plane_said() {
    let edition = edition();
    let mut profile = EdgeProfile::default();
    let member = acquaint_core::profile::Membership { status: Status::Realized, since_ms: 1 };
    let mut projected = projection(&edition, &[], 1);
    projected.memberships.insert(AudienceId::from("batch-audience"), member);
    profile.project(projected, NOW);
    assert_eq!(ask(&edition, &mut profile, &[], NOW), ["batch-audience", "rich"]);
}

#[test]
fn a_new_edition_is_answered_from_the_same_events() {
    let edition = edition();
    let mut profile = EdgeProfile::default();
    ask(&edition, &mut profile, &[event("a", "redeem", 0.0, 0)], NOW);
    let mut next = edition;
    next.tag = "next".into();
    assert_eq!(ask(&next, &mut profile, &[], NOW), ["just-redeemed"]);
}
