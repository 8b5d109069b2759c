//! The core: what one event, one folded profile and one whole profile cost, for more and more audiences.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "benchmarks"
)]

use std::hint::black_box;

use acquaint_core::eval::{self, Slice, Subject};
use acquaint_core::plan::Prepared;
use acquaint_core::profile::{Event, IdentityMap, Memberships};
use acquaint_core::state::{self, State};
use acquaint_core::value::{Fields, fields};
use acquaint_tests::rules::{self, NOW_MS, audience, profile};
use acquaint_tests::table::{Table, machine, median_ns, time};

const AUDIENCES: [usize; 5] = [10, 100, 500, 1_000, 4_000];
const PROFILES: usize = 200;
const EVENTS_PER_PROFILE: u64 = 100;
const STREAMED_EVENTS: u64 = 5_000;
const REPETITIONS: usize = 7;

fn main() {
    println!("core, on {}\n", machine());
    by_number_of_audiences();
}

/// Someone whose events are stored.
struct Person {
    attributes: Fields,
    events: Vec<Event>,
}

fn people() -> Vec<Person> {
    let person = |number: usize| {
        let first = number as u64 * EVENTS_PER_PROFILE;
        let step_ms = 90 * 86_400_000 / EVENTS_PER_PROFILE as i64;
        let event = |event: u64| {
            audience::event(first + event, NOW_MS - (EVENTS_PER_PROFILE - event) as i64 * step_ms)
        };
        Person {
            attributes: fields::from_json(&profile::profile(number), 16).unwrap(),
            events: (0..EVENTS_PER_PROFILE).map(event).collect(),
        }
    };
    (0..PROFILES).map(person).collect()
}

/// Nanoseconds of one event, of one folded profile and of one whole profile.
type Costs = [f64; 3];

fn by_number_of_audiences() {
    let people = people();
    let mut table =
        Table::new(&["audiences", "leaves", "one event", "", "folded profile", "", "whole profile", ""]);
    let mut known: Vec<(usize, Costs)> = Vec::new();
    for count in AUDIENCES {
        let program = Prepared::new(rules::audiences(count).unwrap());
        let costs = costs(&program, &people);
        let earlier = known.iter().rev().find(|(earlier, _)| earlier * 5 <= count);
        let mut row = vec![count.to_string(), program.leaves.len().to_string()];
        for (place, cost) in costs.iter().enumerate() {
            row.push(time(*cost));
            row.push(earlier.map_or_else(String::new, |(of, earlier)| {
                format!("{:.1}x for {}x", cost / earlier[place], count / of)
            }));
        }
        table.row(row);
        known.push((count, costs));
    }
    println!(
        "Audiences of a marketing team (70 % attributes, 25 % windows, 5 % sequences; shared terms), {PROFILES} profiles \
         with {EVENTS_PER_PROFILE} events in 90 days; medians of {REPETITIONS} repetitions. One event: folded in, and the audiences \
         it touches answered. Ratios: to fewer audiences.\n\n{}",
        table.markdown()
    );
}

fn costs(program: &Prepared, people: &[Person]) -> Costs {
    let (identities, memberships) = (IdentityMap::new(), Memberships::new());
    let mut states: Vec<State> = people.iter().map(|person| folded(program, &person.events)).collect();
    let folded = median_ns(REPETITIONS, people.len(), || {
        for (person, state) in people.iter().zip(&states) {
            let slice = Slice {
                attributes: &person.attributes,
                identities: &identities,
                memberships: &memberships,
                state,
            };
            black_box(eval::answer(program, slice, NOW_MS));
        }
    });
    let whole = median_ns(REPETITIONS, people.len(), || {
        for Person { attributes, events } in people {
            let subject = Subject { attributes, identities: &identities, memberships: &memberships, events };
            black_box(eval::run(program, subject, NOW_MS));
        }
    });
    let events: Vec<Event> = (0..STREAMED_EVENTS)
        .map(|number| audience::event(9_000_000 + number, NOW_MS + number as i64))
        .collect();
    // Every repetition goes on where the one before has stopped, one hour later.
    let mut later_ms = 0;
    let event = median_ns(REPETITIONS, events.len(), || {
        later_ms += 3_600_000;
        for (number, event) in events.iter().enumerate() {
            let place = number * 31 % PROFILES;
            let now_ms = event.timestamp_ms + later_ms;
            let touched = state::fold(program, &mut states[place], event, now_ms);
            let affected = state::affected(program, &touched);
            let slice = Slice {
                attributes: &people[place].attributes,
                identities: &identities,
                memberships: &memberships,
                state: &states[place],
            };
            black_box(eval::answer_some(program, slice, &affected, now_ms));
        }
    });
    [event, folded, whole]
}

fn folded(program: &Prepared, events: &[Event]) -> State {
    let mut state = State::default();
    for event in events {
        state::fold(program, &mut state, event, NOW_MS);
    }
    state
}
