//! The ledger's pure functions against a model of a receiver that honours message ids: whatever is wished, and however
//! attempts end, enter and exit alternate there, nothing arrives that was not decided, and in the end it knows what it
//! should.

use std::collections::BTreeSet;

use acquaint_core::profile::{IdentityMap, Status};
use acquaint_core::value::{Fields, Value};
use proptest::prelude::*;

use super::{Decision, Wish, decide, intend, obligation};
use crate::destinations::Outcome;
use crate::ledger::settle::{Attempt, begin, give_up, release, settle};
use crate::ledger::{Entry, Intent, Kind, Sending};

const ATTEMPTS_MAX: u32 = 3;

/// How an attempt ends.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    Acknowledged,
    /// The answer is lost; the message may have arrived.
    Timeout {
        arrived: bool,
    },
    /// No connection, or 429.
    NotTaken,
    Refused,
    Gone,
    /// The process dies before the outcome is noted.
    Crash {
        arrived: bool,
    },
    /// It was not tried after all.
    Released,
}

#[derive(Clone, Debug)]
enum Action {
    Wish {
        inside: bool,
        content: u8,
    },
    /// An attempt that ends so; a wish may come in between.
    Attempt {
        end: End,
        meanwhile: Option<(bool, u8)>,
    },
    Replay,
}

fn end() -> impl Strategy<Value = End> {
    prop_oneof![
        3 => Just(End::Acknowledged),
        2 => any::<bool>().prop_map(|arrived| End::Timeout { arrived }),
        1 => Just(End::NotTaken),
        1 => Just(End::Refused),
        1 => Just(End::Gone),
        1 => any::<bool>().prop_map(|arrived| End::Crash { arrived }),
        1 => Just(End::Released),
    ]
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        3 => (any::<bool>(), 0..3_u8).prop_map(|(inside, content)| Action::Wish { inside, content }),
        5 => (end(), proptest::option::weighted(0.3, (any::<bool>(), 0..3_u8)))
            .prop_map(|(end, meanwhile)| Action::Attempt { end, meanwhile }),
        1 => Just(Action::Replay),
    ]
}

fn wish(inside: bool, content: u8, since_ms: i64) -> Wish {
    let id = BTreeSet::from([format!("id-{content}")]);
    Wish {
        status: if inside { Status::Realized } else { Status::Exited },
        existing: false,
        since_ms,
        position: 0,
        identities: IdentityMap::from([("crm".into(), id)]),
        attributes: Fields::from([("content".into(), Value::Integer(content.into()))]),
        blocked: None,
    }
}

#[test]
fn who_is_blocked_has_a_row_that_says_why_and_is_sent_when_it_is_over() {
    let blocked = || Wish { blocked: Some("no consent".into()), ..wish(false, 0, 1) };
    let at = |entry: Option<&Entry>, wish: Wish, sequence| intend(entry, wish, sequence, true, 1, 1);
    let row = at(None, blocked(), 1).unwrap();
    assert_eq!((decide(&row, 9, 1), row.next_attempt_ms), (Decision::Nothing, None));
    assert_eq!(at(Some(&row), blocked(), 2), None, "nothing new");
    let given = at(Some(&row), wish(true, 0, 1), 2).unwrap();
    assert!(matches!(decide(&given, 9, 1), Decision::Deliver(sending) if sending.kind == Kind::Entered));
    // It leaves the audience: the row says so, and there is nothing to tell.
    let left = at(Some(&row), wish(false, 0, 2), 2).unwrap();
    assert_eq!((left.desired.blocked.clone(), decide(&left, 9, 1)), (None, Decision::Nothing));
}

#[derive(Default)]
struct World {
    entry: Option<Entry>,
    sequence: u64,
    now_ms: i64,
    decided: BTreeSet<(u64, bool)>,
    /// Messages that had an effect at the receiver, by id.
    seen: BTreeSet<u64>,
    known: Option<Intent>,
}

impl World {
    fn wish(&mut self, inside: bool, content: u8) {
        let next = intend(
            self.entry.as_ref(),
            wish(inside, content, self.now_ms),
            self.sequence + 1,
            true,
            self.now_ms,
            self.now_ms,
        );
        if let Some(next) = next {
            self.sequence += 1;
            self.decided.insert((self.sequence, inside));
            self.entry = Some(next);
        }
    }

    fn arrive(&mut self, sending: &Sending) {
        let Sending { kind, intent } = sending;
        assert!(
            self.decided.contains(&(intent.sequence, intent.status == Status::Realized)),
            "never decided"
        );
        if !self.seen.insert(intent.sequence) {
            return;
        }
        match (kind, &self.known) {
            (Kind::Entered, None) | (Kind::Updated, Some(_)) => self.known = Some(intent.clone()),
            (Kind::Exited, Some(known)) => {
                assert!(known.same_content(intent), "an exit carries what the receiver knows");
                self.known = None;
            }
            (kind, known) => panic!("{kind:?} does not follow {known:?}"),
        }
    }

    fn attempt(&mut self, end: End, meanwhile: Option<(bool, u8)>) {
        let Some(entry) = self.entry.clone() else { return };
        // Whatever time it takes: the schedule is not what is tested here.
        self.now_ms = entry.next_attempt_ms.unwrap_or(self.now_ms).max(self.now_ms);
        let sending = match decide(&entry, ATTEMPTS_MAX, self.now_ms) {
            Decision::Nothing => {
                self.entry = Some(Entry { next_attempt_ms: None, attempts: 0, ..entry });
                return;
            }
            Decision::DeadLetter { reason } => {
                self.entry = Some(give_up(&entry, reason));
                return;
            }
            Decision::Wait { until_ms } => panic!("waits until {until_ms} at {}", self.now_ms),
            Decision::Deliver(sending) => sending,
        };
        let attempt = Attempt {
            was_in_doubt: entry.sending.is_some(),
            message_id: "m".into(),
            sending: sending.clone(),
        };
        self.entry = Some(begin(&entry, sending.clone(), self.now_ms));
        if let Some((inside, content)) = meanwhile {
            self.wish(inside, content);
        }
        let arrived = match end {
            End::Acknowledged => true,
            End::Timeout { arrived } | End::Crash { arrived } => arrived,
            End::NotTaken | End::Refused | End::Gone | End::Released => false,
        };
        let repeated = self.seen.contains(&sending.intent.sequence);
        if arrived {
            self.arrive(&sending);
        }
        let reason = String::from("no");
        let outcome = match end {
            End::Acknowledged => Outcome::Acknowledged,
            // A receiver that has it does not refuse it.
            End::Refused if repeated => Outcome::Acknowledged,
            End::Refused => Outcome::Refused { reason },
            End::Timeout { .. } => Outcome::Retry { in_doubt: true, after_ms: None, reason },
            End::NotTaken => Outcome::Retry { in_doubt: false, after_ms: None, reason },
            End::Gone => Outcome::Disable { reason },
            End::Crash { .. } => return,
            End::Released => {
                self.entry = self.entry.as_ref().map(|entry| release(entry, &attempt, self.now_ms));
                return;
            }
        };
        self.entry =
            self.entry.as_ref().map(|entry| settle(entry, &attempt, &outcome, Some(1_000), self.now_ms));
    }

    fn replay(&mut self) {
        if let Some(entry) = self.entry.as_mut().filter(|entry| entry.dead.is_some()) {
            entry.dead = None;
            entry.attempts = 0;
            entry.next_attempt_ms = Some(self.now_ms);
        }
    }

    fn check(&self) {
        let Some(entry) = &self.entry else { return };
        let owed = obligation(entry).is_some();
        if owed && entry.dead.is_none() {
            assert!(entry.next_attempt_ms.is_some(), "what is owed is due: {entry:?}");
        }
        if entry.dead.is_some() {
            assert_eq!(entry.next_attempt_ms, None);
        }
        if entry.sending.is_none() {
            let confirmed = entry.delivered.as_ref().map(|delivered| &delivered.intent);
            let confirmed = confirmed.filter(|intent| intent.status == Status::Realized);
            assert_eq!(confirmed, self.known.as_ref(), "nothing is in doubt, so both know the same");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_receiver_that_honours_ids_knows_in_the_end_what_it_should(
        actions in proptest::collection::vec(action(), 0..40)
    ) {
        let mut world = World::default();
        for action in actions {
            world.now_ms += 1;
            match action {
                Action::Wish { inside, content } => world.wish(inside, content),
                Action::Attempt { end, meanwhile } => world.attempt(end, meanwhile),
                Action::Replay => world.replay(),
            }
            world.check();
        }
        // The network heals, and a person replays what was given up.
        for _ in 0..6 {
            world.replay();
            world.attempt(End::Acknowledged, None);
            world.check();
        }
        if let Some(entry) = &world.entry {
            prop_assert_eq!(obligation(entry), None);
            let wanted = (entry.desired.status == Status::Realized).then_some(&entry.desired);
            prop_assert_eq!(wanted.is_some(), world.known.is_some());
            if let (Some(wanted), Some(known)) = (wanted, &world.known) {
                prop_assert!(wanted.same_content(known));
            }
        }
    }
}

fn entered() -> Entry {
    intend(None, wish(true, 0, 0), 1, true, 0, 0).unwrap()
}

fn acknowledged(entry: &Entry) -> Entry {
    let sending = obligation(entry).unwrap();
    let attempt = Attempt { was_in_doubt: false, message_id: "m".into(), sending: sending.clone() };
    settle(&begin(entry, sending, 0), &attempt, &Outcome::Acknowledged, None, 0)
}

#[test]
fn an_exit_of_somebody_never_heard_of_is_nothing() {
    assert_eq!(intend(None, wish(false, 0, 0), 1, true, 0, 0), None);
}

#[test]
fn only_the_latest_state_is_sent_and_nothing_if_it_is_the_old_one_again() {
    let gone = intend(Some(&entered()), wish(false, 0, 1), 2, true, 1, 1).unwrap();
    assert_eq!(decide(&gone, ATTEMPTS_MAX, 1), Decision::Nothing);
    let known = acknowledged(&entered());
    let gone = intend(Some(&known), wish(false, 0, 1), 2, true, 1, 1).unwrap();
    let back = intend(Some(&gone), wish(true, 0, 2), 3, true, 2, 2).unwrap();
    assert_eq!(decide(&back, ATTEMPTS_MAX, 2), Decision::Nothing);
}

#[test]
fn an_exit_carries_the_identities_of_the_entry() {
    let known = acknowledged(&entered());
    let gone = intend(Some(&known), wish(false, 2, 1), 2, true, 1, 1).unwrap();
    let Decision::Deliver(sending) = decide(&gone, ATTEMPTS_MAX, 1) else { panic!("{gone:?}") };
    assert_eq!((sending.kind, &sending.intent.identities), (Kind::Exited, &entered().desired.identities));
}

#[test]
fn changed_content_of_a_member_is_an_update_for_streams_and_nothing_for_files() {
    let known = acknowledged(&entered());
    let next = intend(Some(&known), wish(true, 1, 9), 2, true, 9, 9).unwrap();
    let Decision::Deliver(sending) = decide(&next, ATTEMPTS_MAX, 9) else { panic!("{next:?}") };
    assert_eq!((sending.kind, sending.intent.since_ms), (Kind::Updated, 0));
    assert_eq!(intend(Some(&known), wish(true, 1, 9), 2, false, 9, 9), None);
}

#[test]
fn what_is_in_doubt_is_settled_before_anything_newer() {
    let first = entered();
    let sending = obligation(&first).unwrap();
    let attempt = Attempt { was_in_doubt: false, message_id: "m".into(), sending: sending.clone() };
    let begun = begin(&first, sending.clone(), 0);
    let lost = Outcome::Retry { in_doubt: true, after_ms: None, reason: "timeout".into() };
    let doubt = settle(&begun, &attempt, &lost, Some(5_000), 0);
    let gone = intend(Some(&doubt), wish(false, 0, 1), 2, true, 1, 1).unwrap();
    assert_eq!(decide(&gone, ATTEMPTS_MAX, 1), Decision::Wait { until_ms: 5_000 });
    assert_eq!(decide(&gone, ATTEMPTS_MAX, 5_000), Decision::Deliver(sending));
}

#[test]
fn after_the_last_attempt_it_is_given_up_with_the_reason() {
    let tired = Entry { attempts: 3, last_error: Some("answered 500: oh".into()), ..entered() };
    let Decision::DeadLetter { reason } = decide(&tired, ATTEMPTS_MAX, 0) else { panic!("{tired:?}") };
    assert_eq!(reason, "given up after 3 attempts: answered 500: oh");
    assert_eq!(decide(&give_up(&tired, reason), ATTEMPTS_MAX, 0), Decision::Nothing);
}
