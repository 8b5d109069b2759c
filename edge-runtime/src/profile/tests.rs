//! Tests of the tail, the outbox and rebasing.

use acquaint_core::plan::Program;
use acquaint_core::profile::{Event, Identity, MembershipChange, Status};
use acquaint_core::value::Value;
use acquaint_core::wire::{ForwardedConsent, Receipt};

use super::*;
use crate::consent::Consent;

pub(super) fn program() -> Prepared {
    Prepared::new(Program::default())
}

pub(super) fn event(id: &str) -> ForwardedEvent {
    ForwardedEvent {
        datastream: "ds".into(),
        dataset: None,
        identities: vec![Identity { namespace: "ECID".into(), id: "1".into() }],
        event: Event {
            id: id.into(),
            timestamp_ms: 1_000,
            fields: [("eventType".to_owned(), Value::String("x".into()))].into(),
        },
    }
}

pub(super) fn consent(id: &str) -> Forwarded {
    let purposes = vec![("collect".to_owned(), Some("n".to_owned()))];
    let identities = vec![Identity { namespace: "ECID".into(), id: "1".into() }];
    ForwardedConsent { datastream: "ds".into(), identities, id: id.into(), at_ms: 1_000, purposes }.into()
}

pub(super) fn with_events(ids: &[&str]) -> EdgeProfile {
    let mut profile = EdgeProfile::default();
    for id in ids {
        profile.append(&program(), event(id), 1_000);
    }
    profile
}

fn projection(position: Position) -> Projection {
    Projection { position, made_ms: 1, ..Projection::default() }
}

pub(super) fn accepted(events: &[(&str, Position)]) -> Receipt {
    Receipt {
        accepted: events.iter().map(|(id, position)| ((*id).to_owned(), *position)).collect(),
        refused: Vec::new(),
    }
}

fn check_tail(profile: &EdgeProfile, expected: &[(&str, Option<Position>)]) {
    let found: Vec<_> = profile.tail().map(|tail| (tail.event.id(), tail.position)).collect();
    assert_eq!(found, expected);
}

/// What a restart makes of it.
pub(super) fn restart(profile: &mut EdgeProfile, stored: &mut BTreeMap<String, Vec<u8>>) -> EdgeProfile {
    for write in profile.take_writes().unwrap() {
        match write.bytes {
            Some(bytes) => stored.insert(write.key, bytes),
            None => stored.remove(&write.key),
        };
    }
    let (loaded, unreadable) = EdgeProfile::load(stored.clone());
    assert_eq!(unreadable, []);
    loaded
}

#[test]
fn an_event_stays_until_a_projection_covers_its_position() {
    let mut profile = with_events(&["a", "b"]);
    assert_eq!(profile.next_forward().unwrap().events.len(), 2);
    profile.acknowledge(&accepted(&[("a", 10), ("b", 12)]));
    check_tail(&profile, &[("a", Some(10)), ("b", Some(12))]);
    profile.project(projection(10), 0);
    check_tail(&profile, &[("b", Some(12))]);
    profile.project(projection(15), 0);
    check_tail(&profile, &[]);
}

#[test]
fn a_projection_that_comes_while_a_forward_is_under_way_waits_for_the_receipt() {
    let mut profile = with_events(&["a"]);
    profile.next_forward().unwrap();
    profile.project(projection(10), 0);
    assert_eq!(profile.position(), 0, "whether it covers `a` is not known");
    profile.acknowledge(&accepted(&[("a", 10)]));
    assert_eq!(profile.position(), 10);
    check_tail(&profile, &[]);
}

#[test]
fn a_lost_receipt_heals_when_the_events_are_sent_again() {
    let mut profile = with_events(&["a"]);
    let first = profile.next_forward().unwrap();
    profile.project(projection(10), 0);
    assert_eq!(profile.next_forward().unwrap(), first, "what is in doubt is sent again");
    profile.acknowledge(&accepted(&[("a", 7)]));
    check_tail(&profile, &[]);
    assert_eq!(profile.position(), 10);
}

#[test]
fn an_event_that_was_never_sent_is_in_no_projection() {
    let mut profile = with_events(&["a"]);
    profile.project(projection(10), 0);
    assert_eq!(profile.position(), 10);
    check_tail(&profile, &[("a", None)]);
}

#[test]
fn an_older_projection_changes_nothing() {
    let mut profile = with_events(&[]);
    profile.project(projection(10), 0);
    profile.project(projection(9), 0);
    assert_eq!(profile.position(), 10);
}

#[test]
fn a_refused_event_is_dropped_and_the_others_stay() {
    let mut profile = with_events(&["a", "b"]);
    profile.next_forward().unwrap();
    let receipt = Receipt { accepted: vec![("b".into(), 3)], refused: vec![("a".into(), "bad".into())] };
    profile.acknowledge(&receipt);
    check_tail(&profile, &[("b", Some(3))]);
}

#[test]
fn a_restart_at_any_point_forgets_nothing() {
    let mut stored = BTreeMap::new();
    let mut profile = restart(&mut with_events(&["a", "b"]), &mut stored);
    check_tail(&profile, &[("a", None), ("b", None)]);
    assert!(profile.has_seen("a") && !profile.has_seen("c"));
    profile.next_forward().unwrap();
    let mut profile = restart(&mut profile, &mut stored);
    assert!(profile.is_in_doubt(), "that they were sent is known after a restart");
    profile.project(projection(5), 0);
    let mut profile = restart(&mut profile, &mut stored);
    assert_eq!(profile.position(), 0);
    profile.acknowledge(&accepted(&[("a", 4), ("b", 6)]));
    let profile = restart(&mut profile, &mut stored);
    assert_eq!(profile.position(), 5);
    check_tail(&profile, &[("b", Some(6))]);
    assert_eq!(stored.keys().collect::<Vec<_>>(), ["head", "projection", "tail/0000000000000002"]);
}

#[test]
fn a_damaged_projection_does_not_take_the_tail_with_it() {
    let mut stored = BTreeMap::new();
    let mut profile = with_events(&["a"]);
    profile.project(projection(10), 0);
    restart(&mut profile, &mut stored);
    *stored.get_mut("projection").unwrap().last_mut().unwrap() ^= 1;
    let (profile, unreadable) = EdgeProfile::load(stored);
    check_tail(&profile, &[("a", None)]);
    assert_eq!(unreadable[0].key, "projection");
}

#[test]
fn a_batch_has_a_limit_and_goes_oldest_first() {
    let ids: Vec<String> = (0..120).map(|number| format!("e{number:03}")).collect();
    let mut profile = with_events(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    let first = profile.next_forward().unwrap();
    assert_eq!(first.events.len(), limits::FORWARD_EVENTS_MAX);
    assert_eq!(first.events[0].id(), "e000");
    let acknowledged: Vec<_> = (1..).zip(&first.events).map(|(at, event)| (event.id(), at)).collect();
    profile.acknowledge(&accepted(&acknowledged));
    assert_eq!(profile.next_forward().unwrap().events[0].id(), "e050");
}

#[test]
fn room_is_counted_in_unacknowledged_events() {
    let ids: Vec<String> = (0..limits::OUTBOX_EVENTS_MAX).map(|number| format!("e{number}")).collect();
    let mut profile = with_events(&ids.iter().map(String::as_str).collect::<Vec<_>>());
    assert!(!profile.has_room_for(1, 100));
    profile.next_forward().unwrap();
    profile.acknowledge(&accepted(&[("e0", 1)]));
    assert!(profile.has_room_for(1, 100));
    assert!(!profile.has_room_for(1, limits::OUTBOX_BYTES_MAX));
}

#[test]
fn the_instant_of_entry_survives_a_rebase_while_the_tail_explains_it() {
    let audience = acquaint_core::id::AudienceId::from("a");
    let enter = |at_ms| MembershipChange { audience: audience.clone(), status: Status::Realized, at_ms };
    let mut profile = with_events(&["a"]);
    profile.set_membership(enter(1_000));
    profile.project(projection(1), 0);
    assert!(profile.memberships().is_empty());
    profile.set_membership(enter(2_000));
    assert_eq!(profile.memberships()[&audience].since_ms, 1_000);
}

#[test]
fn a_profile_is_forgotten_two_weeks_after_it_was_seen_and_never_with_events_waiting() {
    let mut profile = with_events(&["a"]);
    assert_eq!(profile.expires_ms(), None);
    profile.next_forward().unwrap();
    profile.acknowledge(&accepted(&[("a", 1)]));
    profile.seen(5_000_000);
    assert_eq!(profile.expires_ms(), Some(5_000_000 + limits::PROFILE_TTL_MS));
    profile.project(projection(1), 9_000_000);
    assert_eq!(profile.expires_ms(), Some(5_000_000 + limits::PROFILE_TTL_MS), "that was no visit");
    let mut unvisited = EdgeProfile::default();
    for at_ms in [5_000_000, 9_000_000] {
        unvisited.project(projection(1), at_ms);
        assert_eq!(unvisited.expires_ms(), Some(at_ms + limits::PROFILE_TTL_MS));
    }
}

#[test]
fn the_pause_after_failures_grows_to_its_limit() {
    assert_eq!(forward::backoff_ms(1), limits::FORWARD_BACKOFF_FIRST_MS);
    assert_eq!(forward::backoff_ms(2), 2 * limits::FORWARD_BACKOFF_FIRST_MS);
    assert_eq!(forward::backoff_ms(u32::MAX), limits::FORWARD_BACKOFF_MAX_MS);
}

#[test]
fn an_objection_outlives_a_restart_and_is_remembered_for_half_a_year() {
    let (mut profile, mut stored) = (EdgeProfile::default(), BTreeMap::new());
    profile.seen(1);
    profile.seen(limits::LAST_SEEN_STEP_MS);
    assert_eq!(profile.expires_ms(), Some(1 + limits::PROFILE_TTL_MS));
    profile.seen(1 + limits::LAST_SEEN_STEP_MS);
    profile.set_consent(Consent::Out, 5);
    profile.set_consent(Consent::Out, 6);
    let mut profile = restart(&mut profile, &mut stored);
    assert_eq!(profile.objection(), Some(Objection { since_ms: 5 }));
    assert_eq!(profile.expires_ms(), Some(1 + limits::LAST_SEEN_STEP_MS + limits::OBJECTION_TTL_MS));
    profile.set_consent(Consent::In, 7);
    assert_eq!(restart(&mut profile, &mut stored).objection(), None);
}

#[test]
fn an_event_is_one_row_and_its_id_is_known_after_a_restart_whether_it_left_the_tail_or_not() {
    let (mut profile, mut stored) = (with_events(&["a"]), BTreeMap::new());
    profile.seen(1);
    profile = restart(&mut profile, &mut stored);
    profile.append(&program(), event("b"), 1_000);
    let writes = profile.take_writes().unwrap();
    assert_eq!(writes.iter().map(|write| write.key.as_str()).collect::<Vec<_>>(), ["tail/0000000000000002"]);
    stored.extend(writes.into_iter().map(|write| (write.key, write.bytes.unwrap())));
    profile.next_forward().unwrap();
    profile.acknowledge(&accepted(&[("a", 10)]));
    profile.acknowledge(&accepted(&[("b", 20)]));
    profile.project(projection(15), 0);
    let mut profile = restart(&mut profile, &mut stored);
    check_tail(&profile, &[("b", Some(20))]);
    assert!(profile.has_seen("a") && profile.has_seen("b"));
    profile.append(&program(), event("c"), 1_000);
    check_tail(&profile, &[("b", Some(20)), ("c", None)]);
    profile.project(projection(20), 0);
    let profile = restart(&mut profile, &mut stored);
    assert!(["a", "b", "c"].iter().all(|id| profile.has_seen(id)));
}

#[test]
fn who_was_erased_is_forgotten_but_for_events_that_are_not_acknowledged() {
    let mut stored = BTreeMap::new();
    let mut profile = with_events(&["a", "b"]);
    profile.set_consent(Consent::Out, 1_000);
    profile.project(Projection { profile: 7, ..projection(3) }, 1_000);
    profile.acknowledge(&accepted(&[("a", 10)]));
    profile = restart(&mut profile, &mut stored);
    assert!(!profile.forget());
    let after = restart(&mut profile, &mut stored);
    check_tail(&after, &[("b", None)]);
    assert_eq!((after.objection(), after.position(), after.memberships().len()), (None, 0, 0));
    let mut done = EdgeProfile::default();
    done.project(projection(3), 1_000);
    assert!(done.forget());
}
