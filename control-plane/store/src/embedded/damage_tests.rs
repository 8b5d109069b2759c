//! Files that rot: a flipped byte anywhere is the right data or an error, never wrong data and never silent loss.
//!
//! `cargo xtask torture` sets `ACQUAINT_TORTURE=full`: then it is every byte, one at a time.

use std::io::Read as _;
use std::ops::Bound::Unbounded;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use acquaint_core::id::ProfileId;
use acquaint_core::profile::{Event, Identity};
use acquaint_core::value::{Fields, Value};

use super::*;
use crate::StoredEvent;

/// Bytes flipped in each file, spread over it, unless it is all of them.
const FLIPS_PER_FILE: usize = 12;
/// Bytes flipped in the zeros that a file was made long with, right behind what was written.
const ZEROS_PER_FILE: usize = 2;
/// No file of these tests has more than so many bytes before its zeros.
const WRITTEN_BYTES_MAX: u64 = 1024 * 1024;
const EVENTS: u64 = 60;

fn event(number: u64) -> StoredEvent {
    let text = format!("text that belongs to number {number}");
    StoredEvent {
        dataset: "web".into(),
        identity: Identity { namespace: "ECID".into(), id: number.to_string() },
        event: Event {
            id: format!("event {number}"),
            timestamp_ms: i64::try_from(number).unwrap(),
            fields: Fields::from([("text".into(), Value::String(text))]),
        },
    }
}

fn batch(number: u64) -> WriteBatch {
    let (key, value) = event(number).to_row(ProfileId(number)).unwrap();
    WriteBatch {
        appends: vec![(Topic::Records, value.clone())],
        writes: vec![(Table::Events, key, Some(value))],
        expected: vec![],
        ..WriteBatch::default()
    }
}

fn fill(directory: &Path, flushed: bool) -> Embedded {
    let store = Embedded::open(directory).unwrap();
    for number in 1..=EVENTS {
        store.commit(batch(number), true).unwrap();
        if flushed && number == EVENTS / 2 {
            store.database.flush_tables();
        }
    }
    if flushed {
        store.database.flush_tables();
    }
    store
}

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

/// Journals are allocated ahead: only what was written of them is copied, the rest stays a hole.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
            continue;
        }
        std::fs::write(&target, written(&entry.path())).unwrap();
        let length = entry.metadata().unwrap().len();
        File::options().write(true).open(&target).unwrap().set_len(length).unwrap();
    }
}

/// A file without the zeros at its end.
fn written(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    File::open(path).unwrap().take(WRITTEN_BYTES_MAX).read_to_end(&mut bytes).unwrap();
    let length = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    assert!((length as u64) < WRITTEN_BYTES_MAX);
    bytes.truncate(length);
    bytes
}

/// Opens the damaged store and reads everything; the error it gave, if any. What is read has to be right.
fn read_all(directory: &Path) -> Result<()> {
    let store = Embedded::open(directory)?;
    let end = store.end(Topic::Records);
    assert_eq!(end, EVENTS, "the log has another end than was acknowledged, and nobody says so");
    let mut after = 0;
    while after < end {
        let (position, payload) = store.read(Topic::Records, after, 1)?.remove(0);
        let opened = acquaint_core::wire::open::<StoredEvent>(&payload);
        match opened {
            Ok(opened) => assert_eq!(opened, event(position)),
            Err(source) => return Err(Error::Damaged { place: format!("records/{position}"), source }),
        }
        after = position;
    }
    let rows = store.scan(Table::Events, Unbounded, Unbounded, usize::MAX)?;
    assert_eq!(rows.len() as u64, EVENTS, "rows are missing, and nobody says so");
    for (number, (key, value)) in (1..).zip(rows) {
        assert_eq!(StoredEvent::from_row(&key, &value)?, (ProfileId(number), event(number)));
        assert_eq!(store.get(Table::Events, &key)?.as_ref(), Some(&value));
    }
    Ok(())
}

/// One byte to flip.
struct Flip {
    file: PathBuf,
    offset: usize,
    /// What stands there.
    byte: u8,
}

/// What is to be flipped: some bytes of every file, or all of them.
fn flips(original: &Path) -> Vec<Flip> {
    let all = std::env::var_os("ACQUAINT_TORTURE").is_some_and(|value| value == "full");
    let mut paths = Vec::new();
    files(original, &mut paths);
    paths.sort();
    let mut flips = Vec::new();
    for path in paths {
        let mut bytes = written(&path);
        let length = bytes.len();
        let step = if all { 1 } else { length.div_ceil(FLIPS_PER_FILE).max(1) };
        let zeros = usize::try_from(path.metadata().unwrap().len()).unwrap().saturating_sub(length);
        let zeros = zeros.min(ZEROS_PER_FILE);
        bytes.resize(length + zeros, 0);
        let file = path.strip_prefix(original).unwrap();
        let offsets = (0..length).step_by(step).chain(length..length + zeros);
        flips.extend(offsets.map(|offset| Flip { file: file.to_owned(), offset, byte: bytes[offset] }));
    }
    flips
}

impl Flip {
    /// Whether it was noticed. It is, or what is read is right.
    fn is_noticed(&self, original: &Path, folder: &Path) -> bool {
        let damaged = tempfile::tempdir_in(folder).unwrap();
        copy(original, damaged.path());
        let target = damaged.path().join(&self.file);
        let file = File::options().write(true).open(&target).unwrap();
        file.write_all_at(&[self.byte ^ (1 << (self.offset % 8))], self.offset as u64).unwrap();
        drop(file);
        let outcome = std::panic::catch_unwind(|| read_all(damaged.path()));
        match outcome {
            Ok(outcome) => outcome.is_err(),
            Err(_) => panic!("byte {} of {}", self.offset, self.file.display()),
        }
    }
}

fn flip_everywhere(what: &str, flushed: bool) {
    // In memory where that can be had: the store flushes whenever it is opened.
    let memory = Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let original = folder.path().join("original");
    fill(&original, flushed).close().unwrap();
    read_all(&original).unwrap();
    let flips = flips(&original);
    let threads = std::thread::available_parallelism().unwrap().get();
    let noticed: usize = std::thread::scope(|scope| {
        let parts = flips.chunks(flips.len().div_ceil(threads));
        let count =
            |part: &[Flip]| part.iter().filter(|flip| flip.is_noticed(&original, folder.path())).count();
        let threads: Vec<_> = parts.map(|part| scope.spawn(move || count(part))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    println!(
        "torture: {} bytes of {what} flipped, one at a time: {noticed} noticed, with the others all was read back right",
        flips.len()
    );
    assert!(noticed * 4 > flips.len(), "only {noticed} of {}: does the test damage anything?", flips.len());
}

/// The newest journal of a store.
fn journal(directory: &Path) -> PathBuf {
    let mut paths = Vec::new();
    files(directory, &mut paths);
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "jnl"));
    paths.sort();
    paths.pop().unwrap()
}

#[test]
fn a_write_that_was_torn_before_it_was_acknowledged_is_left_out() {
    let (before, after) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = fill(after.path(), false);
    copy(after.path(), before.path());
    store.commit(batch(EVENTS + 1), true).unwrap();
    store.close().unwrap();
    let (whole, torn) = (written(&journal(before.path())), written(&journal(after.path())));
    assert!(torn.starts_with(&whole) && torn.len() > whole.len());
    for length in (whole.len()..torn.len()).step_by(29) {
        let damaged = tempfile::tempdir().unwrap();
        copy(before.path(), damaged.path());
        let file = File::options().write(true).open(journal(damaged.path())).unwrap();
        file.write_all_at(&torn[..length], 0).unwrap();
        drop(file);
        read_all(damaged.path()).unwrap();
        let store = Embedded::open(damaged.path()).unwrap();
        store.commit(batch(EVENTS + 1), true).unwrap();
        assert_eq!(store.end(Topic::Records), EVENTS + 1, "torn after {length} bytes");
    }
}

#[test]
fn a_journal_that_lost_its_end_is_refused() {
    let original = tempfile::tempdir().unwrap();
    fill(original.path(), false).close().unwrap();
    let length = written(&journal(original.path())).len() as u64;
    for cut in [1, 100, length / 2, length] {
        let damaged = tempfile::tempdir().unwrap();
        copy(original.path(), damaged.path());
        let file = File::options().write(true).open(journal(damaged.path())).unwrap();
        file.set_len(length - cut).unwrap();
        drop(file);
        // And it stays refused: the first attempt has not settled for what is left.
        for _ in 0..2 {
            assert!(matches!(Embedded::open(damaged.path()), Err(Error::Storage(_))), "{cut} bytes cut off");
        }
    }
}

#[test]
fn a_flipped_byte_of_the_journal_is_noticed() {
    flip_everywhere("a journal", false);
}

#[test]
fn a_flipped_byte_of_the_table_files_is_noticed() {
    flip_everywhere("table files", true);
}
