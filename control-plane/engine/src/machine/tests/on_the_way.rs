//! While a commit is on its way the next step is worked out over it: nothing may hang on when it arrives, or whether.

use std::num::NonZeroUsize;
use std::ops::Bound;
use std::sync::Arc;

use acquaint_core::wire;
use acquaint_store::catalog::{Catalog, Definition, store};
use acquaint_store::embedded::Embedded;
use acquaint_store::record::{Body, Record};
use acquaint_store::{Log, ProfileStore, Row, Table, Topic};
use proptest::prelude::*;

use super::property::{end_of, first_audiences, history};
use super::{HOUR, NOW, first_edits};
use crate::machine::Engine;
use crate::testing::MemoryStore;

/// All that is written, byte for byte: tables, and the changes told.
pub(super) type Written = (Vec<Vec<Row>>, Vec<Vec<u8>>);

/// Takes a history in, in steps of `size`; a step that fails is tried again.
pub(super) fn played<S: ProfileStore + Log>(
    store: S,
    history: &[(i64, Body)],
    size: usize,
    begin: impl FnOnce(&S),
) -> (Written, usize) {
    let threads = std::thread::available_parallelism().unwrap();
    played_by(threads, first_audiences(), store, history, size, begin)
}

/// As [`played`], by so many threads with these definitions.
pub(super) fn played_by<S: ProfileStore + Log>(
    threads: NonZeroUsize,
    definitions: Vec<Definition>,
    store: S,
    history: &[(i64, Body)],
    size: usize,
    begin: impl FnOnce(&S),
) -> (Written, usize) {
    let store = Arc::new(store);
    store::save(&*store, &Catalog::default(), first_edits(definitions), "test", NOW).unwrap();
    let seal = |(received_ms, body): &(i64, Body)| {
        wire::seal(&Record { received_ms: *received_ms, body: body.clone() }).unwrap()
    };
    store.append(Topic::Records, history.iter().map(seal).collect()).unwrap();
    let advance = (end_of(history) + 20 * HOUR, Body::Advance);
    store.append(Topic::Records, vec![seal(&advance)]).unwrap();
    begin(&store);
    let mut engine = Engine::with_threads(Arc::clone(&store), threads).unwrap();
    let mut failed = 0;
    loop {
        match engine.step(size) {
            Ok(0) => break,
            Ok(_) => {}
            Err(_) => failed += 1,
        }
    }
    assert_eq!(engine.progress().position, store.end(Topic::Records));
    let rows = |table| store.scan(table, Bound::Unbounded, Bound::Unbounded, usize::MAX).unwrap();
    let changes = store.read(Topic::Changes, 0, usize::MAX).unwrap();
    let written = (Table::ALL.map(rows).to_vec(), changes.into_iter().map(|(_, change)| change).collect());
    (written, failed)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_store_that_writes_while_the_next_step_is_worked_out_holds_the_same_in_the_end(
        history in history(60), size in 1..5usize,
    ) {
        let (at_once, _) = played(MemoryStore::default(), &history, size, |_| {});
        let folder = tempfile::tempdir().unwrap();
        let (meanwhile, failed) = played(Embedded::open(folder.path()).unwrap(), &history, size, |_| {});
        prop_assert_eq!(failed, 0);
        prop_assert_eq!(at_once, meanwhile);
    }

    #[test]
    fn what_fails_on_its_way_is_worked_out_again_with_all_that_came_after_it(
        history in history(60), size in 1..5usize, commits in 0..8usize,
    ) {
        let (whole, _) = played(MemoryStore::default(), &history, size, |_| {});
        let (again, failed) = played(MemoryStore::default(), &history, size, |store| {
            store.answer_late();
            store.fail_after(commits);
        });
        prop_assert!(failed <= 1);
        prop_assert_eq!(whole, again);
    }
}
