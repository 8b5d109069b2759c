//! The laws of a schedule that is kept up event by event: before its next instant no answer changes, and at it asking the
//! open audiences of what is due is as good as asking all.

use std::collections::BTreeSet;
use std::vec::Vec;

use proptest::prelude::*;

use super::laws::{HOUR_MS, START_MS, World, event, events};
use super::*;
use crate::eval;

/// Rules whose parts close and open them for each other, of windows that end and that begin.
const RULES: &[&str] = &[
    "xEvent[eventType = \"a\" and timestamp occurs <= 20 hours before now].count() >= 1 \
     and xEvent[eventType = \"b\" and timestamp occurs <= 50 hours before now].count() >= 2",
    "xEvent[eventType = \"c\"].count() >= 2 and not (xEvent[eventType = \"a\" and timestamp occurs <= 30 hours before now])",
    "xEvent[eventType = \"d\" and timestamp occurs < 10 hours before now] \
     or xEvent[eventType = \"a\"].total.sum() > 2",
    "not (xEvent[eventType = \"b\" and timestamp occurs today]) \
     and (xEvent[total > 3] or xEvent[eventType = \"c\" and timestamp occurs <= 1 days before now])",
    "xEvent[eventType = \"d\"] and chain(xEvent, timestamp, [A: WHAT(eventType = \"a\") WHEN(<= 24 hours before now), \
     B: WHAT(eventType = \"b\")])",
];

/// One profile on its way through time, as the engine takes it.
struct Profile {
    state: State,
    schedule: Schedule,
    answers: Vec<Option<bool>>,
    events: Vec<crate::profile::Event>,
    now_ms: i64,
}

impl Profile {
    fn new(world: &World) -> Self {
        let state = State::default();
        let schedule = Schedule::new(&world.program, world.slice(&state), START_MS);
        let answers = eval::answer(&world.program, world.slice(&state), START_MS);
        Self { state, schedule, answers, events: Vec::new(), now_ms: START_MS }
    }

    fn ask(&mut self, world: &World, audiences: &[u32]) {
        let answers = eval::answer_some(&world.program, world.slice(&self.state), audiences, self.now_ms);
        for (audience, answer) in audiences.iter().zip(answers) {
            self.answers[*audience as usize] = answer;
        }
    }

    fn pass(&mut self, world: &World, until_ms: i64) -> Result<(), TestCaseError> {
        let program = &world.program;
        while let Some(at_ms) =
            self.schedule.next_ms(program, &BTreeSet::new()).filter(|at_ms| *at_ms <= until_ms)
        {
            prop_assert!(at_ms > self.now_ms);
            prop_assert_eq!(&self.answers, &world.specified(&self.events, at_ms - 1), "before {}", at_ms);
            self.now_ms = at_ms;
            let due = self.schedule.due(program, at_ms);
            expire_some(program, &mut self.state, &due.streams, at_ms);
            self.ask(world, &due.audiences);
            let came = Received { touched: Vec::new(), audiences: due.audiences };
            self.schedule.update(program, world.slice(&self.state), &came, at_ms);
            prop_assert_eq!(&self.answers, &world.specified(&self.events, at_ms), "at {}", at_ms);
        }
        self.now_ms = until_ms;
        prop_assert_eq!(&self.answers, &world.specified(&self.events, until_ms), "until {}", until_ms);
        Ok(())
    }

    fn take(&mut self, world: &World, event: crate::profile::Event) {
        let received = receive(&world.program, &mut self.state, &event, self.now_ms);
        self.events.push(event);
        self.ask(world, &received.audiences);
        self.schedule.update(&world.program, world.slice(&self.state), &received, self.now_ms);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_answer_changes_before_the_next_instant_of_a_schedule_that_is_kept_up(
        events in events(), waits in prop::collection::vec(0_i64..30, 13),
    ) {
        let world = World::of(RULES);
        let mut profile = Profile::new(&world);
        for (event, wait) in events.into_iter().zip(&waits) {
            let until_ms = profile.now_ms + wait * HOUR_MS / 2;
            profile.pass(&world, until_ms)?;
            profile.take(&world, event);
        }
        profile.pass(&world, profile.now_ms + 100 * HOUR_MS)?;
        prop_assert_eq!(profile.schedule.next_ms(&world.program, &BTreeSet::new()), None);
    }
}

#[test]
fn what_others_have_decided_is_not_looked_at() {
    let rule = "xEvent[eventType = \"c\"].count() >= 1 \
                and not (xEvent[eventType = \"a\" and timestamp occurs <= 30 hours before now])";
    let world = World::of(&[rule]);
    let mut profile = Profile::new(&world);
    profile.take(&world, event("1", START_MS, "a", 0, &[]));
    assert_eq!(profile.schedule.next_ms(&world.program, &BTreeSet::new()), None);
    profile.take(&world, event("2", START_MS, "c", 0, &[]));
    assert_eq!(profile.schedule.next_ms(&world.program, &BTreeSet::new()), Some(START_MS + 30 * HOUR_MS + 1));
}
