//! `kill -9` at any point: what was acknowledged is there, nothing is there that was not written, and of every batch
//! all or nothing is there.
//!
//! One test that runs itself as another process: the child writes and prints what was acknowledged, the parent kills it
//! after a certain number of lines, opens what is left and compares.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::ops::Bound::Unbounded;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use acquaint_store::{Embedded, Log, ProfileStore, Read, Table, Topic, WriteBatch, keys};

const DIRECTORY: &str = "ACQUAINT_CRASH_TEST_DIRECTORY";
const KILLS: u64 = 30;
/// In `cargo xtask torture`, which says so by a variable.
const KILLS_IN_FULL: u64 = 300;
const APPENDERS: u64 = 3;
/// Records of one append.
const PARTS: u64 = 3;
/// One batch in so many is durable; the others wait for it.
const DURABLE_EVERY: u64 = 4;

#[test]
fn what_was_acknowledged_survives_kill_9() {
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        write_until_killed(Path::new(&directory));
        return;
    }
    let full = std::env::var_os("ACQUAINT_TORTURE").is_some_and(|value| value == "full");
    let kills = if full { KILLS_IN_FULL } else { KILLS };
    let directory = tempfile::tempdir().unwrap();
    let mut before = Recovered::default();
    for kill in 0..kills {
        // From a kill before the first acknowledgement to one after many.
        let acknowledged = Acknowledged::until(kill * kill % 97, directory.path());
        let recovered = Recovered::read(directory.path());
        recovered.check(&before, &acknowledged);
        before = recovered;
    }
    assert!(before.appends.values().all(|last| *last > KILLS), "hardly anything was written: {before:?}");
    assert!(before.batches > KILLS, "hardly anything was written: {before:?}");
    let appends: u64 = before.appends.values().sum();
    println!(
        "torture: {kills} kills of the store, {appends} appends and {} batches, none lost, none torn",
        before.batches
    );
}

/// The child: appends in three threads and commits batches in a fourth, each numbered from where the store ends.
fn write_until_killed(directory: &Path) {
    let store = Embedded::open(directory).unwrap();
    let last = Recovered::of(&store);
    std::thread::scope(|scope| {
        for appender in 0..APPENDERS {
            let (store, last) = (&store, last.appends.get(&appender).copied().unwrap_or(0));
            scope.spawn(move || {
                for number in last + 1.. {
                    let payloads = (0..PARTS).map(|part| payload(appender, number, part)).collect();
                    let position = store.append(Topic::Records, payloads).unwrap();
                    acknowledge(&format!("append {appender} {number} {position}"));
                }
            });
        }
        for number in last.batches + 1.. {
            let durable = number % DURABLE_EVERY == 0;
            store.commit(batch(number), durable).unwrap();
            if durable {
                acknowledge(&format!("batch {number}"));
            }
        }
    });
}

fn payload(appender: u64, number: u64, part: u64) -> Vec<u8> {
    // Of many sizes, so that kills hit the middle of writes.
    let filler = "x".repeat(usize::try_from(number * 37 % 1_500).unwrap());
    format!("{appender} {number} {part} {filler}").into_bytes()
}

/// Rows in three tables and a record in a log. Every batch takes away a row of the one before.
fn batch(number: u64) -> WriteBatch {
    let text = format!("batch {number} {}", "y".repeat(usize::try_from(number * 53 % 3_000).unwrap()));
    let key = keys::position(number);
    WriteBatch {
        writes: vec![
            (Table::Meta, b"last".to_vec(), Some(key.clone())),
            (Table::Profiles, key.clone(), Some(text.clone().into_bytes())),
            (Table::Timers, key.clone(), Some(vec![])),
            (Table::Timers, keys::position(number - 1), None),
        ],
        appends: vec![(Topic::Changes, text.into_bytes())],
        expected: vec![(Table::Timers, key, None)],
        ..WriteBatch::default()
    }
}

/// One write of one line: a kill leaves it whole or leaves it out.
fn acknowledge(line: &str) {
    let mut out = std::io::stderr().lock();
    out.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// What the child said before it was killed.
#[derive(Debug, Default)]
struct Acknowledged {
    /// Appender and number to position.
    appends: BTreeMap<(u64, u64), u64>,
    /// The last durable batch.
    batch: u64,
}

impl Acknowledged {
    /// Starts the child and kills it when it has acknowledged so much.
    fn until(count: u64, directory: &Path) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "what_was_acknowledged_survives_kill_9", "--nocapture"])
            .env(DIRECTORY, directory)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let acknowledged = Self::listen(&mut child, count);
        let status = child.wait().unwrap();
        assert!(status.code().is_none(), "the child was not killed but ended with {status}");
        acknowledged
    }

    fn listen(child: &mut Child, count: u64) -> Self {
        let mut acknowledged = Self::default();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        if count == 0 {
            child.kill().unwrap();
        }
        for (heard, line) in (1..).zip(lines) {
            acknowledged.hear(&line.unwrap());
            if heard == count {
                child.kill().unwrap();
            }
        }
        acknowledged
    }

    fn hear(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        let number = |place: usize| words[place].parse::<u64>().unwrap();
        match words[0] {
            "append" => drop(self.appends.insert((number(1), number(2)), number(3))),
            "batch" => self.batch = self.batch.max(number(1)),
            _ => panic!("the child says: {line}"),
        }
    }
}

/// What is in the store.
#[derive(Debug, Default)]
struct Recovered {
    /// The last number of each appender.
    appends: BTreeMap<u64, u64>,
    /// Appender and number to the position of its first record.
    positions: BTreeMap<(u64, u64), u64>,
    /// The last batch.
    batches: u64,
}

impl Recovered {
    fn read(directory: &Path) -> Self {
        Self::of(&Embedded::open(directory).unwrap())
    }

    /// Reads everything, and checks that all of it is what was written, in order, batches whole.
    fn of(store: &Embedded) -> Self {
        let mut recovered = Self::default();
        let records = store.read(Topic::Records, 0, usize::MAX).unwrap();
        for parts in records.chunks(usize::try_from(PARTS).unwrap()) {
            let (position, first) = &parts[0];
            let text = String::from_utf8(first.clone()).unwrap();
            let mut words = text.split(' ').map(|word| word.parse::<u64>());
            let (appender, number) = (words.next().unwrap().unwrap(), words.next().unwrap().unwrap());
            let found: Vec<_> = parts.iter().map(|(_, payload)| payload.clone()).collect();
            let expected: Vec<_> = (0..PARTS).map(|part| payload(appender, number, part)).collect();
            assert_eq!(found, expected, "at {position}");
            let last = recovered.appends.entry(appender).or_default();
            assert_eq!(number, *last + 1, "appender {appender} at {position}");
            *last = number;
            recovered.positions.insert((appender, number), *position);
        }
        recovered.batches = batches(store);
        recovered
    }

    fn check(&self, before: &Self, acknowledged: &Acknowledged) {
        for (key, position) in before.positions.iter().chain(&acknowledged.appends) {
            assert_eq!(self.positions.get(key), Some(position), "append {key:?} was acknowledged");
        }
        let durable = before.batches.max(acknowledged.batch);
        assert!(self.batches >= durable, "batch {durable} was acknowledged, {} is the last", self.batches);
        for (appender, last) in &self.appends {
            let heard =
                acknowledged.appends.keys().filter(|(by, _)| by == appender).map(|(_, number)| *number);
            let known = heard.max().unwrap_or(0).max(before.appends.get(appender).copied().unwrap_or(0));
            assert!(*last <= known + 1, "appender {appender} never sent {last}, it had {known} acknowledged");
        }
    }
}

/// The number of batches, each of them whole and none after it in any part.
fn batches(store: &Embedded) -> u64 {
    let last =
        store.get(Table::Meta, b"last").unwrap().map_or(0, |bytes| keys::parse_position(&bytes).unwrap());
    let changes = store.read(Topic::Changes, 0, usize::MAX).unwrap();
    let profiles = store.scan(Table::Profiles, Unbounded, Unbounded, usize::MAX).unwrap();
    assert_eq!((changes.len() as u64, profiles.len() as u64), (last, last));
    for (number, (key, profile)) in (1..).zip(profiles) {
        assert_eq!((key, Some(profile)), (keys::position(number), batch(number).writes.remove(1).2));
    }
    for (number, (position, change)) in (1..).zip(changes) {
        assert_eq!((position, change), (number, batch(number).appends.remove(0).1));
    }
    let timers = store.scan(Table::Timers, Unbounded, Unbounded, usize::MAX).unwrap();
    let expected: Vec<_> = (last > 0).then(|| (keys::position(last), vec![])).into_iter().collect();
    assert_eq!(timers, expected);
    last
}
