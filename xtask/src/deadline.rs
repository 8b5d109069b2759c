//! A hanging test should be a failure with a name, not a silent hour: what takes too long is stopped with everything
//! that it started.
//!
//! What it started is found by who is whose parent (`/proc`), not by process group: a group of its own would not hear
//! the interrupt key.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Result, bail};

/// Does some work. After the deadline everything below the process `root` is killed, and `root` too unless that is us;
/// the error says what hung. Work that waits for what it started ends by that.
pub(crate) fn within<T>(max: Duration, what: &str, root: u32, work: impl FnOnce() -> T) -> Result<T> {
    let (ended, end) = channel::<()>();
    let (done, late) = std::thread::scope(|scope| {
        let watch = scope.spawn(move || {
            let late = end.recv_timeout(max) == Err(RecvTimeoutError::Timeout);
            if late {
                stop(root);
            }
            late
        });
        let done = work();
        drop(ended);
        (done, watch.join().unwrap_or(true))
    });
    if late {
        bail!("{what}: stopped, with all that it had started, after {} s", max.as_secs());
    }
    Ok(done)
}

fn stop(root: u32) {
    // Again and again, for what is being stopped may start something.
    loop {
        let mut found = below(root);
        if root != std::process::id() {
            found.insert(root);
        }
        let found: Vec<String> =
            found.into_iter().filter(|id| is_alive(*id)).map(|id| id.to_string()).collect();
        if found.is_empty() {
            return;
        }
        let killed = Command::new("kill").arg("-KILL").args(&found).status();
        if killed.is_err() {
            eprintln!("cannot stop the processes {}", found.join(", "));
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Everything that a process has started, and what that has started.
fn below(root: u32) -> BTreeSet<u32> {
    let all: Vec<(u32, u32)> = processes().map(|(id, parent, _)| (id, parent)).collect();
    let mut found = BTreeSet::new();
    let mut parents = BTreeSet::from([root]);
    while !parents.is_empty() {
        let children = all.iter().filter(|(_, parent)| parents.contains(parent)).map(|(id, _)| *id);
        parents = children.filter(|id| !found.contains(id)).collect();
        found.extend(parents.iter().copied());
    }
    found
}

/// Not a process that has ended and that nobody has asked about yet.
fn is_alive(id: u32) -> bool {
    processes().any(|(other, _, state)| other == id && state != 'Z')
}

/// Id, parent and state of every process.
fn processes() -> impl Iterator<Item = (u32, u32, char)> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| {
        let id = entry.file_name().to_str()?.parse().ok()?;
        let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
        // The name stands in parentheses and may hold anything.
        let mut rest = stat.rsplit_once(')')?.1.split_whitespace();
        let state = rest.next()?.chars().next()?;
        Some((id, rest.next()?.parse().ok()?, state))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn what_hangs_is_stopped_with_its_children_and_named() {
        let mut child = Command::new("sh").args(["-c", "sleep 600 & sleep 600; true"]).spawn().unwrap();
        let (start, id) = (Instant::now(), child.id());
        let error = within(Duration::from_millis(300), "the long sleep", id, || {
            while below(id).len() < 2 {
                std::thread::yield_now();
            }
            let children = below(id);
            (child.wait().unwrap(), children)
        });
        assert_eq!(
            error.unwrap_err().to_string(),
            "the long sleep: stopped, with all that it had started, after 0 s"
        );
        assert!(start.elapsed() < Duration::from_secs(60));
        let sleeping = processes().filter(|(_, parent, _)| *parent == id).count();
        assert_eq!(sleeping, 0);
    }

    #[test]
    fn what_ends_in_time_keeps_its_answer() {
        let mut child = Command::new("sh").args(["-c", "exit 3"]).spawn().unwrap();
        let id = child.id();
        let status = within(Duration::from_secs(60), "a short one", id, || child.wait().unwrap());
        assert_eq!(status.unwrap().code(), Some(3));
    }
}
