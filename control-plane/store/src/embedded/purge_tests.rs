//! What was overwritten or deleted is in no file any more, after the store was purged.

use std::path::{Path, PathBuf};

use super::*;

const MARKER: &[u8] = b"zqXj-erased-7391-";

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// The files that have the marker in their bytes.
fn marked(directory: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    files(directory, &mut all);
    all.retain(|path| std::fs::read(path).unwrap().windows(MARKER.len()).any(|window| window == MARKER));
    all
}

fn text(number: u64, marked: bool) -> Vec<u8> {
    let mut text = if marked { MARKER.to_vec() } else { b"somebody else ".to_vec() };
    text.extend_from_slice(number.to_string().as_bytes());
    text
}

/// Every tenth row and record of every table and log has the marker, keys too.
fn fill(store: &Embedded) {
    for number in 0..200 {
        let of = |table| (table, text(number, number % 10 == 0), Some(text(number, number % 10 == 0)));
        let batch = WriteBatch {
            writes: Table::ALL.map(of).to_vec(),
            appends: Topic::ALL.map(|topic| (topic, text(number, number % 10 == 0))).to_vec(),
            ..WriteBatch::default()
        };
        store.commit(batch, false).unwrap();
    }
}

fn erase(store: &Embedded) {
    let mut batch = WriteBatch::default();
    for number in (0..200).step_by(10) {
        batch.writes.extend(Table::ALL.map(|table| (table, text(number, true), None)));
        batch.replaced.extend(Topic::ALL.map(|topic| (topic, number + 1, b"erased".to_vec())));
    }
    store.commit(batch, true).unwrap();
}

fn check(flushed: bool) {
    let directory = tempfile::tempdir().unwrap();
    let store = Embedded::open(directory.path()).unwrap();
    fill(&store);
    if flushed {
        store.database.flush_tables();
    }
    erase(&store);
    assert_ne!(marked(directory.path()), Vec::<PathBuf>::new(), "a marker can be found at all");
    assert!(store.purge().unwrap());
    assert_eq!(marked(directory.path()), Vec::<PathBuf>::new());
    for table in Table::ALL {
        let rows = store.scan(table, Bound::Unbounded, Bound::Unbounded, usize::MAX).unwrap();
        assert_eq!(rows.len(), 180, "{table:?}");
    }
    drop(store);
    let store = Embedded::open(directory.path()).unwrap();
    let records = store.read(Topic::Records, 0, usize::MAX).unwrap();
    assert_eq!(
        (records.len(), records[0].1.as_slice(), records[1].1.as_slice()),
        (200, &b"erased"[..], &text(1, false)[..])
    );
    assert_eq!(marked(directory.path()), Vec::<PathBuf>::new());
}

#[test]
fn nothing_is_left_of_what_was_only_in_the_journal() {
    check(false);
}

#[test]
fn nothing_is_left_of_what_was_in_table_files() {
    check(true);
}

/// Whatever happens to tables once the journal after an erasure is being filled, the journals of before are gone.
fn check_journals(happens: impl Fn(&Embedded)) {
    let directory = tempfile::tempdir().unwrap();
    let store = Embedded::open(directory.path()).unwrap();
    fill(&store);
    erase(&store);
    let journals = store.database.journals().unwrap();
    store.fill_journal().unwrap();
    happens(&store);
    assert!(store.database.rewrite(journals).unwrap());
    assert_eq!(marked(directory.path()), Vec::<PathBuf>::new());
}

#[test]
fn a_journal_that_is_closed_while_it_is_filled_is_gone_too() {
    check_journals(|store| store.database.flush_tables());
}

#[test]
fn a_journal_goes_although_the_newest_rows_that_it_has_were_compacted_away() {
    check_journals(|store| store.database.compact(Table::Meta));
}

#[test]
fn a_purge_waits_for_the_views_that_still_see_what_was_erased() {
    let directory = tempfile::tempdir().unwrap();
    let store = Embedded::open(directory.path()).unwrap();
    fill(&store);
    let view = store.snapshot();
    erase(&store);
    std::thread::scope(|scope| {
        let purge = scope.spawn(|| store.purge());
        let seen = view.scan(Table::Meta, Bound::Unbounded, Bound::Unbounded, usize::MAX).unwrap();
        assert!(seen.iter().any(|(key, _)| key.starts_with(MARKER)));
        assert!(!purge.is_finished());
        drop(view);
        assert!(purge.join().unwrap().unwrap());
    });
    assert_eq!(marked(directory.path()), Vec::<PathBuf>::new());
}

#[test]
fn a_record_that_is_not_there_is_not_made() {
    let directory = tempfile::tempdir().unwrap();
    let store = Embedded::open(directory.path()).unwrap();
    store.append(Topic::Records, vec![b"a".to_vec()]).unwrap();
    let replaced = vec![(Topic::Records, 1, b"b".to_vec()), (Topic::Records, 5, b"c".to_vec())];
    store.commit(WriteBatch { replaced, ..WriteBatch::default() }, true).unwrap();
    drop(store);
    let store = Embedded::open(directory.path()).unwrap();
    assert_eq!(store.read(Topic::Records, 0, 9).unwrap(), [(1, b"b".to_vec())]);
}
