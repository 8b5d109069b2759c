//! What the embedded store promises, without crashes (those are in `tests/crash.rs`).

use std::fs::File;
use std::ops::Bound::{Excluded, Included, Unbounded};
use std::sync::{Arc, Barrier};
use std::time::Duration;

use super::committer::Committer;
use super::database::Database;
use super::positions::Positions;
use super::*;

fn directory() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn put(table: Table, key: &str, value: &str) -> (Table, Vec<u8>, Option<Vec<u8>>) {
    (table, key.into(), Some(value.into()))
}

fn writes(writes: Vec<(Table, Vec<u8>, Option<Vec<u8>>)>) -> WriteBatch {
    WriteBatch { writes, ..WriteBatch::default() }
}

fn payloads(store: &Embedded, topic: Topic) -> Vec<(Position, String)> {
    let records = store.read(topic, 0, usize::MAX).unwrap();
    records.into_iter().map(|(position, payload)| (position, String::from_utf8(payload).unwrap())).collect()
}

#[test]
fn records_are_numbered_from_one_without_gaps_in_each_log() {
    let directory = directory();
    let store = Embedded::open(directory.path()).unwrap();
    assert_eq!(store.end(Topic::Records), 0);
    assert_eq!(store.append(Topic::Records, vec![b"a".to_vec(), b"b".to_vec()]).unwrap(), 1);
    assert_eq!(store.append(Topic::Changes, vec![b"x".to_vec()]).unwrap(), 1);
    assert_eq!(store.append(Topic::Records, vec![b"c".to_vec()]).unwrap(), 3);
    assert_eq!((store.end(Topic::Records), store.end(Topic::Changes)), (3, 1));
    assert_eq!(payloads(&store, Topic::Records), [(1, "a".into()), (2, "b".into()), (3, "c".into())]);
    assert_eq!(store.read(Topic::Records, 1, 1).unwrap(), [(2, b"b".to_vec())]);
    assert_eq!(store.read(Topic::Records, 3, 10).unwrap(), []);
    assert_eq!(store.read(Topic::Records, u64::MAX, 10).unwrap(), []);
}

#[test]
fn everything_is_there_after_reopening_and_positions_go_on() {
    let directory = directory();
    for round in 1..=3_u64 {
        let store = Embedded::open(directory.path()).unwrap();
        assert_eq!(store.end(Topic::Records), round - 1);
        let key = format!("key {round}");
        store.commit(writes(vec![put(Table::Meta, &key, "value")]), false).unwrap();
        assert_eq!(store.append(Topic::Records, vec![key.into_bytes()]).unwrap(), round);
        assert_eq!(store.scan(Table::Meta, Unbounded, Unbounded, usize::MAX).unwrap().len() as u64, round);
    }
}

#[test]
fn a_batch_spans_tables_and_logs_and_its_last_write_of_a_key_wins() {
    let directory = directory();
    let store = Embedded::open(directory.path()).unwrap();
    let batch = WriteBatch {
        writes: vec![
            put(Table::Meta, "a", "1"),
            put(Table::Audit, "a", "2"),
            put(Table::Meta, "a", "3"),
            put(Table::Meta, "gone", "4"),
            (Table::Meta, b"gone".to_vec(), None),
        ],
        appends: vec![(Topic::Changes, b"x".to_vec()), (Topic::Records, b"y".to_vec())],
        expected: vec![],
        ..WriteBatch::default()
    };
    store.commit(batch, true).unwrap();
    assert_eq!(store.get(Table::Meta, b"a").unwrap(), Some(b"3".to_vec()));
    assert_eq!(store.get(Table::Meta, b"gone").unwrap(), None);
    assert_eq!(store.get(Table::Audit, b"a").unwrap(), Some(b"2".to_vec()));
    assert_eq!(payloads(&store, Topic::Changes), [(1, "x".into())]);
    assert_eq!(payloads(&store, Topic::Records), [(1, "y".into())]);
}

#[test]
fn shared_rows_are_written_where_the_batch_says_nothing_else_of_their_key() {
    let directory = directory();
    let store = Embedded::open(directory.path()).unwrap();
    store.commit(writes(vec![put(Table::Meta, "gone", "1")]), true).unwrap();
    let row = |key: &str, value: Option<&str>| (key.as_bytes().to_vec(), value.map(|value| value.into()));
    let meta = [row("a", Some("2")), row("b", Some("3")), row("gone", None)];
    let audit = [row("b", Some("4"))];
    let shared = [(Table::Meta, meta.into()), (Table::Audit, audit.into())];
    let batch = WriteBatch { shared: Arc::new(shared.into()), ..writes(vec![put(Table::Meta, "b", "5")]) };
    assert!(!batch.is_empty());
    store.commit(batch, true).unwrap();
    let check = |table, key: &str, expected: Option<&str>| {
        assert_eq!(store.get(table, key.as_bytes()).unwrap(), expected.map(|value| value.into()));
    };
    check(Table::Meta, "a", Some("2"));
    check(Table::Meta, "b", Some("5"));
    check(Table::Meta, "gone", None);
    check(Table::Audit, "b", Some("4"));
    let batch = WriteBatch {
        shared: Arc::new([(Table::Meta, [row("", None)].into())].into()),
        ..WriteBatch::default()
    };
    assert!(matches!(store.commit(batch, true), Err(Error::Key { .. })));
}

#[test]
fn a_batch_whose_expectation_fails_leaves_nothing() {
    let directory = directory();
    let store = Embedded::open(directory.path()).unwrap();
    store.commit(writes(vec![put(Table::Meta, "version", "1")]), true).unwrap();
    let change = |expected: Option<&str>, next: &str| {
        let batch = WriteBatch {
            writes: vec![put(Table::Meta, "version", next), put(Table::Audit, next, "")],
            appends: vec![(Topic::Records, next.into())],
            expected: vec![(Table::Meta, b"version".to_vec(), expected.map(Into::into))],
            ..WriteBatch::default()
        };
        store.commit(batch, true)
    };
    for stale in [None, Some("0")] {
        let error = change(stale, "lost").unwrap_err();
        assert_eq!(error.to_string(), "`meta/version` has changed since it was read");
    }
    change(Some("1"), "2").unwrap();
    assert_eq!(store.get(Table::Meta, b"version").unwrap(), Some(b"2".to_vec()));
    assert_eq!(store.get(Table::Audit, b"lost").unwrap(), None);
    assert_eq!(payloads(&store, Topic::Records), [(1, "2".into())]);
}

#[test]
fn of_many_who_expect_the_same_exactly_one_wins() {
    let directory = directory();
    let store = Embedded::open(directory.path()).unwrap();
    let barrier = Barrier::new(8);
    let wins = std::thread::scope(|scope| {
        let racers: Vec<_> = (0..8)
            .map(|racer: u32| {
                let (store, barrier) = (&store, &barrier);
                scope.spawn(move || {
                    let batch = WriteBatch {
                        writes: vec![put(Table::Meta, "owner", &racer.to_string())],
                        expected: vec![(Table::Meta, b"owner".to_vec(), None)],
                        ..WriteBatch::default()
                    };
                    barrier.wait();
                    store.commit(batch, true).is_ok()
                })
            })
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).filter(|won| *won).count()
    });
    assert_eq!(wins, 1);
}

#[test]
fn concurrent_appends_keep_their_batches_whole_and_each_caller_in_order() {
    const CALLERS: usize = 8;
    const CALLS: usize = 25;
    let directory = directory();
    let store = Embedded::open(directory.path()).unwrap();
    std::thread::scope(|scope| {
        for caller in 0..CALLERS {
            let store = &store;
            scope.spawn(move || {
                for call in 0..CALLS {
                    let batch = (0..3).map(|part| format!("{caller} {call} {part}").into_bytes()).collect();
                    let position = store.append(Topic::Records, batch).unwrap();
                    let back = store.read(Topic::Records, position - 1, 3).unwrap();
                    for (part, (_, payload)) in back.into_iter().enumerate() {
                        assert_eq!(payload, format!("{caller} {call} {part}").into_bytes());
                    }
                }
            });
        }
    });
    let all = payloads(&store, Topic::Records);
    assert_eq!(all.len(), CALLERS * CALLS * 3);
    for caller in 0..CALLERS {
        let own = all
            .iter()
            .map(|(_, payload)| payload)
            .filter(|payload| payload.starts_with(&format!("{caller} ")));
        let expected = (0..CALLS).flat_map(|call| (0..3).map(move |part| format!("{caller} {call} {part}")));
        assert!(own.cloned().eq(expected), "caller {caller}");
    }
}

#[test]
fn scans_are_in_key_order_within_bounds_and_limit() {
    let directory = directory();
    let store = Embedded::open(directory.path()).unwrap();
    let rows = ["d", "b", "a", "c"].map(|key| put(Table::Meta, key, key));
    store.commit(writes(rows.to_vec()), true).unwrap();
    let check = |from, to, limit, expected: &[&str]| {
        for rows in [
            store.scan(Table::Meta, from, to, limit).unwrap(),
            store.snapshot().scan(Table::Meta, from, to, limit).unwrap(),
        ] {
            let keys: Vec<_> = rows.iter().map(|(key, _)| std::str::from_utf8(key).unwrap()).collect();
            assert_eq!(keys, expected);
        }
    };
    check(Unbounded, Unbounded, 9, &["a", "b", "c", "d"]);
    check(Unbounded, Unbounded, 2, &["a", "b"]);
    check(Included(b"b"), Included(b"c"), 9, &["b", "c"]);
    check(Excluded(b"b"), Excluded(b"d"), 9, &["c"]);
    check(Excluded(b"b"), Excluded(b"b"), 9, &[]);
    check(Included(b"b"), Included(b"b"), 9, &["b"]);
    check(Included(b"d"), Included(b"a"), 9, &[]);
    check(Included(b"x"), Unbounded, 9, &[]);
}

#[test]
fn a_snapshot_does_not_see_later_writes() {
    let directory = directory();
    let store = Embedded::open(directory.path()).unwrap();
    store.commit(writes(vec![put(Table::Meta, "a", "old"), put(Table::Audit, "b", "old")]), true).unwrap();
    let snapshot = store.snapshot();
    let batch =
        vec![put(Table::Meta, "a", "new"), put(Table::Meta, "c", "new"), (Table::Audit, b"b".to_vec(), None)];
    store.commit(writes(batch), true).unwrap();
    assert_eq!(snapshot.get(Table::Meta, b"a").unwrap(), Some(b"old".to_vec()));
    assert_eq!(snapshot.get(Table::Audit, b"b").unwrap(), Some(b"old".to_vec()));
    assert_eq!(snapshot.scan(Table::Meta, Unbounded, Unbounded, 9).unwrap().len(), 1);
    drop(store);
    assert_eq!(snapshot.get(Table::Meta, b"a").unwrap(), Some(b"old".to_vec()), "after the store is closed");
}

#[test]
fn waiting_ends_with_a_record_or_with_the_timeout() {
    let directory = directory();
    let store = Embedded::open(directory.path()).unwrap();
    assert!(!store.wait(Topic::Records, 0, Duration::from_millis(1)));
    std::thread::scope(|scope| {
        let waiter = scope.spawn(|| store.wait(Topic::Records, 0, Duration::MAX));
        store.append(Topic::Changes, vec![b"another log".to_vec()]).unwrap();
        store.append(Topic::Records, vec![b"a".to_vec()]).unwrap();
        assert!(waiter.join().unwrap());
    });
    assert!(store.wait(Topic::Records, 0, Duration::ZERO));
    assert!(!store.wait(Topic::Records, 1, Duration::ZERO));
}

#[test]
fn a_directory_in_use_is_refused_until_it_is_free() {
    let directory = directory();
    let store = Embedded::open(directory.path()).unwrap();
    let error = Embedded::open(directory.path()).unwrap_err();
    assert_eq!(error.to_string(), format!("`{}` is in use by another process", directory.path().display()));
    drop(store);
    Embedded::open(directory.path()).unwrap();
}

#[test]
fn a_closed_store_refuses_writes_and_still_answers() {
    let directory = directory();
    let store = Embedded::open(directory.path()).unwrap();
    store.commit(writes(vec![put(Table::Meta, "a", "1")]), false).unwrap();
    store.close().unwrap();
    store.close().unwrap();
    assert!(matches!(store.append(Topic::Records, vec![b"a".to_vec()]), Err(Error::Unavailable)));
    assert!(matches!(store.commit(WriteBatch::default(), false), Err(Error::Unavailable)));
    assert_eq!(store.get(Table::Meta, b"a").unwrap(), Some(b"1".to_vec()));
}

#[test]
fn keys_no_table_can_hold_are_refused_before_anything_is_written() {
    let directory = directory();
    let store = Embedded::open(directory.path()).unwrap();
    for key in [String::new(), "k".repeat(65_536)] {
        let batch = writes(vec![put(Table::Audit, "a", ""), put(Table::Meta, &key, "")]);
        assert!(matches!(store.commit(batch, true), Err(Error::Key { table: "meta", .. })));
        assert_eq!(store.get(Table::Meta, key.as_bytes()).unwrap(), None);
    }
    assert_eq!(store.get(Table::Audit, b"a").unwrap(), None);
    store.commit(writes(vec![put(Table::Meta, &"k".repeat(65_535), "")]), true).unwrap();
}

#[test]
fn after_a_failed_flush_nothing_is_acknowledged_and_nothing_written() {
    let directory = directory();
    drop(Embedded::open(directory.path()).unwrap());
    let lock = lock(directory.path()).unwrap();
    let (database, mut marker) = Database::open(directory.path(), lock).unwrap();
    marker.break_for_test(File::open(directory.path().join("store/durable")).unwrap());
    let (database, positions) = (Arc::new(database), Arc::new(Positions::new(0, 0)));
    let committer = Committer::start(database, Arc::clone(&positions), marker).unwrap();
    let batch = || WriteBatch { appends: vec![(Topic::Records, b"a".to_vec())], ..WriteBatch::default() };
    assert!(!committer.has_failed());
    for _ in 0..2 {
        assert!(matches!(committer.submit(batch(), true, WhenFull::Wait), Err(Error::Storage(_))));
        assert!(matches!(committer.submit(batch(), false, WhenFull::Refuse), Err(Error::Storage(_))));
    }
    assert!(committer.has_failed());
    assert_eq!(positions.end(Topic::Records), 0);
    assert!(matches!(committer.close(), Err(Error::Storage(_))));
}

#[test]
fn a_missing_part_is_an_error_and_not_an_empty_store() {
    for part in ["store/durable", "store/tables"] {
        let directory = directory();
        Embedded::open(directory.path()).unwrap().append(Topic::Records, vec![b"a".to_vec()]).unwrap();
        std::fs::rename(directory.path().join(part), directory.path().join("elsewhere")).unwrap();
        assert!(matches!(Embedded::open(directory.path()), Err(Error::Storage(_))), "{part}");
    }
}

#[test]
fn a_store_half_made_when_the_process_died_is_made_anew() {
    let directory = directory();
    std::fs::create_dir_all(directory.path().join("store.new/tables")).unwrap();
    std::fs::write(directory.path().join("store.new/tables/0.jnl"), "half").unwrap();
    let store = Embedded::open(directory.path()).unwrap();
    assert_eq!(store.append(Topic::Records, vec![b"a".to_vec()]).unwrap(), 1);
}
