//! The laws of folding, as properties: any order, any batches, events that come again, any merges and splits give the
//! same bytes; answers are those of the specification, and change at the deadlines and never before.

use std::collections::BTreeSet;
use std::string::{String, ToString};
use std::vec::Vec;
use std::{format, vec};

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::strategy::ValueTree as _;

use super::*;
use crate::eval::{self, Slice, Subject};
use crate::lang::AudienceDirectory;
use crate::lang::schema::{Type, UnionSchema};
use crate::limits::EVENTS_PER_PROFILE_MAX;
use crate::plan::leaf::LeafKind;
use crate::plan::program::Definition;
use crate::plan::{Mode, Prepared, Program};
use crate::profile::{Event, IdentityMap, Memberships};
use crate::value::{Fields, Value};

pub(super) const HOUR_MS: i64 = 3_600_000;
/// 2018-08-28T00:00:00Z
pub(super) const START_MS: i64 = 1_535_414_400_000;

/// Events leaves with and without bounds, and sequences with gaps, exclusions, counts and windows of every kind.
const RULES: &[&str] = &[
    "xEvent[eventType = \"a\"]",
    "xEvent[eventType = \"a\" and timestamp occurs < 1 days before now].count() >= 2",
    "xEvent[eventType = \"b\" and timestamp occurs this month].count() = 3",
    "xEvent[timestamp occurs <= 30 hours before now].total.sum() > 9",
    "xEvent.parts.count() > 4",
    "xEvent[eventType = \"c\"].parts.sum() >= 20",
    "chain(xEvent, timestamp, [A: WHAT(eventType = \"a\"), B: WHAT(eventType = \"b\")])",
    "chain(xEvent, timestamp, [A: WHAT(eventType = \"a\"), B: WHAT(eventType = \"b\") WHEN(within 5 hours after A)])",
    "chain(xEvent, timestamp, [A: WHAT(eventType = \"a\"), X: NOT WHAT(eventType = \"c\") WHEN(within 6 hours after A), \
     B: WHAT(eventType = \"b\") WHEN(< 1 days before now)])",
    "not (chain(xEvent, timestamp, [A: WHAT(total > 1) WHEN(<= 20 hours before now) COUNT(2), \
     B: WHAT(eventType = \"b\") COUNT(between 1 and 2)]))",
    "chain(xEvent[total < 4], timestamp, [A: COUNT(between 1 and 3), B: WHAT(eventType = \"c\") WHEN(today), \
     C: WHAT(eventType = \"d\") WHEN(after B) COUNT(at most 1)])",
    "chain(xEvent, timestamp, [X: NOT WHAT(eventType = \"d\") WHEN(<= 10 hours before now), A: WHAT(eventType = \"a\"), \
     B: WHAT(eventType = \"b\") WHEN(>= 2 hours after A and < 1 days after A)])",
    "chain(xEvent, timestamp, [A: WHAT(eventType = \"a\") WHEN(after yesterday), B: WHEN(< 20 hours after now)])",
    "chain(xEvent, timestamp, [A: WHAT(eventType = \"b\") WHEN(yesterday) COUNT(between 1 and 2)])",
];

struct Nobody;

impl AudienceDirectory for Nobody {
    fn contains(&self, _: &str) -> bool {
        false
    }
}

fn definitions(rules: &[&str]) -> Vec<Definition> {
    let field = |name: &str, ty: Type| (name.to_string(), ty);
    let schema = UnionSchema {
        event: [
            field("eventType", Type::String),
            field("total", Type::Integer),
            field("parts", Type::List(Type::Integer.into())),
        ]
        .into(),
        ..UnionSchema::default()
    };
    let definition = |(number, text): (usize, &&str)| {
        let checked = crate::lang::compile(text, &schema, &Nobody)
            .unwrap_or_else(|found| panic!("{}", found.iter().map(|it| it.render(text)).collect::<String>()));
        Definition { id: format!("a{number}").as_str().into(), mode: Mode::Streaming, checked }
    };
    rules.iter().enumerate().map(definition).collect()
}

fn prepared(rules: &[&str]) -> Prepared {
    Prepared::new(Program::build(&definitions(rules)).unwrap())
}

pub(super) fn event(id: &str, timestamp_ms: i64, kind: &str, total: i64, parts: &[i64]) -> Event {
    let parts = parts.iter().map(|part| Value::Integer(*part)).collect();
    let fields =
        [("eventType", Value::from(kind)), ("total", Value::Integer(total)), ("parts", Value::List(parts))];
    let fields = fields.map(|(name, value)| (name.to_string(), value)).into();
    Event { id: id.into(), timestamp_ms, fields }
}

/// Up to twelve events from three days ago to one day ahead, some at the same instant.
pub(super) fn events() -> impl Strategy<Value = Vec<Event>> {
    let one = (-72_i64..24, 0_usize..4, 0_i64..5, prop::collection::vec(0_i64..9, 0..3));
    prop::collection::vec(one, 0..12).prop_map(|all| {
        let one = |(number, (hour, kind, total, parts)): (usize, (i64, usize, i64, Vec<i64>))| {
            event(&format!("e{number}"), START_MS + hour * HOUR_MS, ["a", "b", "c", "d"][kind], total, &parts)
        };
        all.into_iter().enumerate().map(one).collect()
    })
}

/// In the order given, the clock going from the first instant to the last on the way; expired in the end.
fn folded<'e>(program: &Prepared, events: impl IntoIterator<Item = &'e Event>, clock_ms: &[i64]) -> State {
    let mut state = State::default();
    let events: Vec<&Event> = events.into_iter().collect();
    for (number, event) in events.iter().enumerate() {
        let now_ms = clock_ms[number * clock_ms.len() / events.len()];
        fold(program, &mut state, event, now_ms);
        if number % 3 == 1 {
            expire(program, &mut state, now_ms);
        }
    }
    expire(program, &mut state, *clock_ms.last().unwrap());
    state
}

fn bytes(state: &State) -> Vec<u8> {
    postcard::to_allocvec(state).unwrap()
}

/// What is asked of the whole program, by the specification and of the state.
pub(super) struct World {
    definitions: Vec<Definition>,
    pub(super) program: Prepared,
    fields: Fields,
    identities: IdentityMap,
    memberships: Memberships,
}

impl World {
    fn new() -> Self {
        Self::of(RULES)
    }

    pub(super) fn of(rules: &[&str]) -> Self {
        let definitions = definitions(rules);
        let program = Prepared::new(Program::build(&definitions).unwrap());
        Self {
            definitions,
            program,
            fields: Fields::new(),
            identities: IdentityMap::new(),
            memberships: Memberships::new(),
        }
    }

    pub(super) fn specified(&self, events: &[Event], now_ms: i64) -> Vec<Option<bool>> {
        let mut events = events.to_vec();
        events.sort_by(|left, right| left.order().cmp(&right.order()));
        let subject = Subject {
            attributes: &self.fields,
            identities: &self.identities,
            memberships: &self.memberships,
            events: &events,
        };
        let by_number = |number: usize| {
            let id = &self.program.audiences[number].id;
            let definition = self.definitions.iter().find(|definition| definition.id == *id).unwrap();
            Some(eval::ops::truth(&eval::naive(&definition.checked.expr, &[], subject, now_ms)))
        };
        let specified: Vec<Option<bool>> = (0..self.definitions.len()).map(by_number).collect();
        let run: Vec<Option<bool>> =
            eval::run(&self.program, subject, now_ms).into_iter().map(Some).collect();
        assert_eq!(run, specified, "run");
        specified
    }

    pub(super) fn slice<'a>(&'a self, state: &'a State) -> Slice<'a> {
        Slice {
            attributes: &self.fields,
            identities: &self.identities,
            memberships: &self.memberships,
            state,
        }
    }
}

fn shuffled(events: &[Event], order: &[Index]) -> Vec<Event> {
    let mut rest = events.to_vec();
    let mut shuffled = Vec::new();
    for index in order {
        if !rest.is_empty() {
            shuffled.push(rest.remove(index.index(rest.len())));
        }
    }
    shuffled.extend(rest);
    shuffled
}

fn config() -> ProptestConfig {
    ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_order_batches_and_repetition_give_the_same_bytes(
        events in events(),
        order in prop::collection::vec(any::<Index>(), 12),
        again in prop::collection::vec(any::<Index>(), 0..6),
        hours in 0_i64..60,
    ) {
        let program = prepared(RULES);
        let end_ms = START_MS + hours * HOUR_MS;
        let at_once = folded(&program, &events, &[end_ms]);
        let mut arriving = shuffled(&events, &order);
        for index in again.iter().filter(|_| !events.is_empty()) {
            let event = index.get(&events).clone();
            arriving.insert(index.index(arriving.len()), event);
        }
        let clock = [START_MS, START_MS + hours * HOUR_MS / 3, end_ms];
        let in_time = folded(&program, &arriving, &clock);
        prop_assert_eq!(&in_time, &at_once);
        prop_assert_eq!(bytes(&in_time), bytes(&at_once));
        prop_assert_eq!(&postcard::from_bytes::<State>(&bytes(&at_once)).unwrap(), &at_once);
    }

    #[test]
    fn any_order_of_merges_gives_the_state_of_one_profile(
        events in events(),
        owners in prop::collection::vec(1_u8..8, 12),
        first in 0_usize..3,
        hours in 0_i64..60,
    ) {
        let program = prepared(RULES);
        let end_ms = START_MS + hours * HOUR_MS;
        let whole = folded(&program, &events, &[end_ms]);
        // An event may have been seen under several identities.
        let of = |profile: usize| {
            let own = events.iter().zip(&owners).filter(|(_, owners)| **owners >> profile & 1 == 1);
            folded(&program, own.map(|(event, _)| event), &[START_MS, end_ms])
        };
        let [one, two, three] = [first, (first + 1) % 3, (first + 2) % 3].map(of);
        let merged = merge(&program, &merge(&program, &one, &two, START_MS), &three, end_ms);
        prop_assert_eq!(&merged, &whole);
        let merged = merge(&program, &three, &merge(&program, &two, &one, end_ms), end_ms);
        prop_assert_eq!(bytes(&merged), bytes(&whole));
    }

    #[test]
    fn a_split_gives_the_states_of_two_profiles(
        events in events(),
        going in prop::collection::vec(any::<bool>(), 12),
        hours in 0_i64..60,
    ) {
        let program = prepared(RULES);
        let end_ms = START_MS + hours * HOUR_MS;
        let whole = folded(&program, &events, &[START_MS]);
        let (going, staying): (Vec<_>, Vec<_>) = events.iter().zip(going).partition(|(_, going)| *going);
        let own = |part: Vec<(&Event, bool)>| part.into_iter().map(|(event, _)| event.clone()).collect::<Vec<_>>();
        let (going, staying) = (own(going), own(staying));
        let mut split = split(&program, &whole, going.iter().map(|event| &*event.id), end_ms);
        for (part, events) in [(&mut split.going, &going), (&mut split.staying, &staying)] {
            rebuild(&program, &split.to_rebuild, part, events, end_ms);
            expire(&program, part, end_ms);
            prop_assert_eq!(bytes(part), bytes(&folded(&program, events, &[end_ms])));
        }
    }

    #[test]
    fn an_event_that_is_taken_out_was_never_there(events in events(), gone in any::<Index>()) {
        // Those of which newer events push nothing out.
        let program = prepared(&[&RULES[3..4], &RULES[5..13]].concat());
        let mut state = folded(&program, &events, &[START_MS]);
        if !events.is_empty() {
            let gone = gone.index(events.len());
            let touched = unfold(&program, &mut state, &events[gone]);
            prop_assert_eq!(unfold(&program, &mut state, &events[gone]), Vec::<u32>::new());
            let others = events.iter().enumerate().filter(|(number, _)| *number != gone);
            let never = folded(&program, others.map(|(_, event)| event), &[START_MS]);
            prop_assert_eq!(bytes(&state), bytes(&never));
            prop_assert_eq!(touched.is_empty(), state == folded(&program, &events, &[START_MS]));
        }
    }

    #[test]
    fn a_changed_program_keeps_the_leaves_it_kept(
        events in events(),
        known in prop::collection::vec(any::<bool>(), RULES.len()),
        hours in 0_i64..60,
    ) {
        let program = prepared(RULES);
        let before: Vec<&str> = RULES.iter().zip(known).filter(|(_, known)| *known).map(|(rule, _)| *rule).collect();
        let previous = prepared(&before);
        let end_ms = START_MS + hours * HOUR_MS;
        let mut state = folded(&previous, &events, &[START_MS]);
        let folded_before: BTreeSet<_> = previous.folded().into_iter().collect();
        let missing = migrate(&program, &previous.folded(), &mut state, START_MS);
        let ids: Vec<_> = program.taker_ids().collect();
        for number in &missing {
            let stream = &program.streams()[*number as usize];
            let dropped = matches!(state.streams.get(&stream.id), Some(StreamState::Events(Kept { dropped_ms: Some(_), .. })));
            let is_new = stream.takers.iter().any(|taker| !folded_before.contains(&ids[*taker as usize]));
            prop_assert!(dropped || is_new);
        }
        rebuild(&program, &missing, &mut state, &events, end_ms);
        expire(&program, &mut state, end_ms);
        prop_assert_eq!(bytes(&state), bytes(&folded(&program, &events, &[end_ms])));
    }

    #[test]
    fn only_the_audiences_that_an_event_names_change_by_it(
        events in events(),
        order in prop::collection::vec(any::<Index>(), 12),
        step_hours in 0_i64..10,
    ) {
        let world = World::new();
        let (mut state, mut folded) = (State::default(), State::default());
        for (event, number) in shuffled(&events, &order).iter().zip(0..) {
            let now_ms = START_MS + number * step_hours * HOUR_MS;
            let before = eval::answer(&world.program, world.slice(&state), now_ms);
            let received = receive(&world.program, &mut state, event, now_ms);
            prop_assert_eq!(&received.touched, &fold(&world.program, &mut folded, event, now_ms));
            prop_assert_eq!(&state, &folded);
            let named = affected(&world.program, &received.touched);
            prop_assert!(received.audiences.iter().all(|audience| named.contains(audience)));
            let after = eval::answer(&world.program, world.slice(&state), now_ms);
            for (number, (before, after)) in (0..).zip(before.iter().zip(&after)) {
                prop_assert!(before == after || received.audiences.contains(&number), "audience {}", number);
            }
        }
    }

    #[test]
    fn answers_are_those_of_the_specification_until_and_at_every_deadline(events in events()) {
        let world = World::new();
        let mut state = State::default();
        let mut now_ms = START_MS;
        for event in &events {
            fold(&world.program, &mut state, event, now_ms);
        }
        for _ in 0..40 {
            let answers = eval::answer(&world.program, world.slice(&state), now_ms);
            prop_assert_eq!(&answers, &world.specified(&events, now_ms), "at {}", now_ms);
            let Some(deadline_ms) = next_deadline(&world.program, world.slice(&state), now_ms) else { break };
            prop_assert!(deadline_ms > now_ms);
            prop_assert_eq!(&answers, &world.specified(&events, deadline_ms - 1), "before {}", deadline_ms);
            now_ms = deadline_ms;
            if deadline_ms % 2 == 0 {
                expire(&world.program, &mut state, now_ms);
            }
        }
    }
}

/// Not of nothing with nothing.
#[test]
fn the_rules_are_folded_and_the_worlds_are_in_and_out_of_them() {
    let world = World::new();
    let sequences =
        world.program.leaves.iter().filter(|leaf| matches!(leaf.kind, LeafKind::Sequence(_))).count();
    assert_eq!(sequences, 7);
    assert_eq!(world.program.folded().len(), world.program.taker_ids().count() - sequences);
    assert_eq!(world.program.folded_streams().count(), world.program.stream_ids().len());
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut members = vec![0; RULES.len()];
    for _ in 0..2_000 {
        let events = events().new_tree(&mut runner).unwrap().current();
        let answers = world.specified(&events, START_MS);
        members.iter_mut().zip(answers).for_each(|(members, answer)| *members += u32::from(answer.unwrap()));
    }
    let varied = |members: &u32| (50..1_950).contains(members);
    assert!(members.iter().all(varied), "{members:?}");
}

#[test]
fn an_audience_of_a_sequence_is_left_to_the_millisecond() {
    let world = World::new();
    let rule = "chain(xEvent, timestamp, [A: WHAT(eventType = \"a\") WHEN(<= 24 hours before now), B: WHAT(eventType = \"b\")])";
    let program = prepared(&[rule]);
    let events = [event("1", START_MS, "a", 0, &[]), event("2", START_MS + 5, "b", 0, &[])];
    let mut state = State::default();
    for event in &events {
        fold(&program, &mut state, event, START_MS + 10);
    }
    let is_in = |now_ms| eval::answer(&program, world.slice(&state), now_ms)[0] == Some(true);
    let deadline_ms = next_deadline(&program, world.slice(&state), START_MS + 10).unwrap();
    assert_eq!(deadline_ms, START_MS + 24 * HOUR_MS + 1);
    assert!(is_in(deadline_ms - 1) && !is_in(deadline_ms));
    let schedule = Schedule::new(&program, world.slice(&state), START_MS + 10);
    assert_eq!(schedule.next_ms(&program, &BTreeSet::new()), Some(deadline_ms));
}

#[test]
fn at_the_bound_the_oldest_go() {
    let program = prepared(&[
        "chain(xEvent, timestamp, [A: WHAT(eventType = \"a\"), B: WHAT(eventType = \"b\")])",
        "xEvent[eventType = \"a\"].total.sum() > 9",
        "xEvent.count() > 9000",
    ]);
    let count = EVENTS_PER_PROFILE_MAX as i64 + 3;
    let all: Vec<Event> = (0..count).map(|at| event(&format!("{at}"), at, "a", 1, &[])).collect();
    let state = folded(&program, &all, &[START_MS]);
    let backwards = folded(&program, all.iter().rev(), &[START_MS]);
    assert_eq!(bytes(&state), bytes(&backwards));
    let (left, right) = all.split_at(2_000);
    let parts = [left, right].map(|part| folded(&program, part, &[START_MS]));
    assert_eq!(bytes(&merge(&program, &parts[0], &parts[1], START_MS)), bytes(&state));
    let mut lengths = Vec::new();
    for kept in state.streams.values() {
        let (dropped_ms, length) = match kept {
            StreamState::Events(kept) => (kept.dropped_ms, kept.list.len()),
            StreamState::Steps(kept) => (kept.dropped_ms, kept.list.len()),
        };
        assert_eq!(dropped_ms, (length == EVENTS_PER_PROFILE_MAX).then_some(2));
        lengths.push(length);
    }
    lengths.sort_unstable();
    assert_eq!(lengths, [EVENTS_PER_PROFILE_MAX, EVENTS_PER_PROFILE_MAX, EVENTS_PER_PROFILE_MAX + 3]);
    // The stored events have the same bound, so that there is nothing to build again from.
    let mut migrated = state.clone();
    assert!(migrate(&program, &program.folded(), &mut migrated, START_MS).is_empty());
    assert_eq!(migrated, state);
    // Whose the dropped ones were is not known.
    let split = split(&program, &state, ["1"], START_MS);
    assert_eq!(split.to_rebuild.len(), 2);
    assert_eq!(split.staying.streams.len(), 1);
}

#[test]
fn what_an_event_had_pushed_out_is_asked_for_once_it_is_taken_out() {
    let program = prepared(&["xEvent[eventType = \"a\"]"]);
    let events = [event("1", START_MS, "a", 0, &[]), event("2", START_MS + 5, "a", 0, &[])];
    let mut state = folded(&program, &events, &[START_MS + 10]);
    assert_eq!(unfold(&program, &mut state, &events[1]), [0]);
    assert_eq!(migrate(&program, &program.folded(), &mut state, START_MS + 10), [0]);
}

#[test]
fn an_event_names_only_audiences_that_ask_for_what_changed() {
    let program = prepared(&[
        "xEvent[eventType = \"a\"]",
        "xEvent[eventType = \"a\"].count() >= 2",
        "chain(xEvent, timestamp, [A: WHAT(eventType = \"a\"), B: WHAT(eventType = \"b\")])",
        "chain(xEvent, timestamp, [A: WHAT(eventType = \"b\"), B: WHAT(eventType = \"b\")])",
        "xEvent[eventType = \"b\"].total.sum() > 9",
    ]);
    let mut state = State::default();
    let mut check = |id: &str, at_ms: i64, kind: &str, total: i64, expected: &[u32]| {
        let received = receive(&program, &mut state, &event(id, at_ms, kind, total, &[]), START_MS);
        assert_eq!(received.audiences, expected, "{id}");
    };
    check("1", 10, "a", 0, &[0]);
    check("1", 10, "a", 0, &[]);
    check("2", 20, "a", 0, &[1]);
    check("3", 30, "a", 0, &[]);
    check("4", 5, "b", 9, &[]);
    check("5", 40, "b", 1, &[2, 3, 4]);
    check("6", 50, "b", 1, &[]);
    check("7", 60, "c", 1, &[]);
}
