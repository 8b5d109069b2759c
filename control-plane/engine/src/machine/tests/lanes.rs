//! However many threads work on a history, what is written is the same, byte for byte, in the same order.

use std::num::NonZeroUsize;

use acquaint_core::profile::Identity;
use acquaint_store::catalog::Definition;
use acquaint_store::record::{Body, Change, ChangeKind};
use proptest::prelude::*;
use serde_json::json;

use super::lifetimes::pseudonymous;
use super::on_the_way::{Written, played_by};
use super::property::{first_audiences, history};
use super::{HOUR, NOW};
use crate::testing::{MemoryStore, event, identity};

/// So many that threads are worth it, though records that are of several profiles cut batches short.
const RECORDS: usize = 700;
const STEP: usize = 300;

fn written(threads: usize, history: &[(i64, Body)], size: usize, more: Option<Definition>) -> Written {
    let threads = NonZeroUsize::new(threads).unwrap();
    let definitions = first_audiences().into_iter().chain(more).collect();
    let (written, failed) = played_by(threads, definitions, MemoryStore::default(), history, size, |_| {});
    assert_eq!(failed, 0);
    written
}

/// Many people who each do something now and then, some of whom log in, buy, and turn out to be one.
fn traffic(records: usize, people: usize, seed: u64) -> Vec<(i64, Body)> {
    let mut state = seed | 1;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 11).unwrap() % below
    };
    let mut now_ms = NOW;
    let one = |number: usize| -> Identity {
        match number % 3 {
            0 => identity("device", &format!("d{number}")),
            1 => identity("crm", &format!("c{number}")),
            _ => identity("email", &format!("e{number}")),
        }
    };
    let mut all = Vec::with_capacity(records);
    for number in 0..records {
        now_ms += i64::try_from(random(10)).unwrap() * HOUR / 60;
        let who = one(random(people));
        let (tier, kind) = (["gold", "tin"][random(2)], ["buy", "look"][random(2)]);
        let body = match random(100) {
            0 => Body::Link { message: None, identities: vec![who, one(random(people))] },
            1 => Body::Unlink { message: None, identities: vec![who], who: "test".into() },
            2..8 => Body::Upsert {
                message: Some(format!("m{}", random(records))),
                dataset: "people".into(),
                identities: vec![who],
                attributes: crate::testing::fields_of(&json!({"tier": tier})),
            },
            _ => {
                let letter = ["x", "y", "z"][random(3)];
                let fields = json!({"eventType": kind, "kind": letter, "amount": random(20)});
                let late_ms = i64::try_from(random(30)).unwrap() * HOUR;
                let id = format!("e{}", if random(20) == 0 { random(number + 1) } else { number });
                let mut body = event(&id, now_ms - late_ms, &[who], &fields);
                if let Body::Event { from_edge, .. } = &mut body {
                    *from_edge = (random(4) == 0).then(|| "or2".to_owned());
                }
                body
            }
        };
        all.push((now_ms, body));
    }
    all
}

fn changes(written: &Written) -> Vec<Change> {
    written.1.iter().map(|change| acquaint_core::wire::open(change).unwrap()).collect()
}

#[test]
fn one_two_and_four_threads_write_the_same_of_long_traffic() {
    for (seed, people) in [(7, 40), (1_234_567, 400)] {
        let history = traffic(RECORDS, people, seed);
        let once = written(1, &history, STEP, None);
        let told = changes(&once);
        let memberships = told.iter().filter(|change| matches!(change.kind, ChangeKind::Membership(_)));
        assert!(memberships.count() > 100, "hardly anything happens");
        assert!(told.iter().any(|change| matches!(change.kind, ChangeKind::Merged { .. })));
        for threads in [2, 4] {
            assert_eq!(written(threads, &history, STEP, None), once, "{threads} threads, seed {seed}");
        }
    }
}

#[test]
fn profiles_that_are_forgotten_amid_a_batch_are_forgotten_alike_by_any_number_of_threads() {
    let history = traffic(RECORDS, 300, 99);
    let once = written(1, &history, STEP, Some(pseudonymous(1)));
    assert!(changes(&once).iter().any(|change| matches!(change.kind, ChangeKind::Gone)));
    for threads in [2, 4] {
        assert_eq!(written(threads, &history, STEP, Some(pseudonymous(1))), once, "{threads} threads");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_history_in_steps_of_any_size_is_written_alike_by_any_number_of_threads(
        history in history(80), size in 1..80usize,
    ) {
        let once = written(1, &history, size, None);
        for threads in [2, 4] {
            prop_assert_eq!(&written(threads, &history, size, None), &once);
        }
    }
}
