//! `kill -9` of the real server at random points under load. After every one of them it is started again, what was not
//! answered is sent again, and everything is compared: acknowledged events are there, once, and everybody is in the
//! audiences that the specification says.

use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use acquaint_core::time::format_instant;
use acquaint_portable::choices::Choices;
use acquaint_tests::ControlPlane;
use acquaint_tests::control_plane::{Settings, command};
use serde_json::json;

use crate::hostile::address;
use crate::people::{NOW_MS, Specification, documents};
use crate::traffic::{Sent, Writer};

const WRITERS: usize = 3;
/// The server is killed after it has acknowledged fewer batches than this.
const BATCHES_MAX: usize = 40;
/// And then after a moment of up to so many microseconds.
const MOMENT_US: usize = 4_000;
/// A server that is killed while it starts lives up to so many milliseconds.
const START_MS: usize = 400;
/// A server that has not acknowledged that much by then is not well.
const LOAD_MAX: Duration = Duration::from_secs(120);
/// Time that may pass between two kills.
const PASSING_MS: usize = 6 * 3_600_000;

#[test]
fn what_was_acknowledged_survives_kill_9_of_the_server() {
    let kills = crate::count(5, 100);
    let folder = tempfile::tempdir().unwrap();
    let specification = Specification::new();
    let mut choices = Choices::of_seed(crate::seed());
    let mut writers: Vec<Writer> = (0..WRITERS).map(|number| Writer::new(crate::seed(), number)).collect();
    let mut now_ms = NOW_MS;
    let mut control = start(folder.path(), now_ms);
    control.admin.post("/catalog/apply", &json!({ "documents": documents() })).unwrap().ok().unwrap();
    let (mut answers, mut members, mut starting, mut slowest) = (0, 0, 0, Duration::ZERO);
    for kill in 0..kills {
        under_load(&mut control, &mut writers, &mut choices, now_ms);
        if choices.pick(4) == 0 {
            while_starting(folder.path(), &mut choices, now_ms);
            starting += 1;
        }
        let begin = Instant::now();
        control = start(folder.path(), now_ms);
        slowest = slowest.max(begin.elapsed());
        for writer in writers.iter_mut().filter(|writer| writer.owes()) {
            assert_eq!(writer.send(&address(&control), now_ms), Sent::Acknowledged);
        }
        now_ms += choices.pick(PASSING_MS) as i64;
        control.set_clock(&format_instant(now_ms)).unwrap();
        control.settle().unwrap();
        for writer in &writers {
            let (compared, of_them) = writer.check(&control, &specification, now_ms);
            answers += compared;
            members += of_them;
        }
        let refused = control.admin.get("/quarantine").unwrap().ok().unwrap();
        assert_eq!(refused["records"], json!([]), "after kill {kill}");
    }
    let acknowledged: usize = writers.iter().map(|writer| writer.acknowledged).sum();
    assert!(acknowledged > kills * 10, "hardly anything was written: {acknowledged}");
    assert!(members * 10 > answers, "agreement that nobody is in says little: {members} of {answers}");
    println!(
        "torture: {kills} kills of the server under load and {starting} while it started, {acknowledged} messages acknowledged, none lost and none twice; {answers} memberships as specified, {members} of them `in`; the slowest start took {} ms",
        slowest.as_millis()
    );
}

fn settings(now_ms: i64) -> Settings {
    Settings { clock: Some(format_instant(now_ms)), ..Settings::default() }
}

fn start(folder: &Path, now_ms: i64) -> ControlPlane {
    ControlPlane::start_program(&crate::acquaint(), folder, &settings(now_ms)).unwrap()
}

/// Kills the server while everybody is writing.
fn under_load(control: &mut ControlPlane, writers: &mut [Writer], choices: &mut Choices, now_ms: i64) {
    let (batches, moment_us) = (choices.pick(BATCHES_MAX), choices.pick(MOMENT_US));
    let (address, acknowledged) = (address(control), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for writer in writers {
            scope.spawn(|| {
                while writer.send(&address, now_ms) == Sent::Acknowledged {
                    acknowledged.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let begin = Instant::now();
        while acknowledged.load(Ordering::Relaxed) < batches {
            assert!(begin.elapsed() < LOAD_MAX, "nothing is acknowledged any more");
            std::thread::yield_now();
        }
        let moment = Instant::now();
        while moment.elapsed() < Duration::from_micros(moment_us as u64) {
            std::hint::spin_loop();
        }
        control.kill().unwrap();
    });
}

/// Kills it once more before it has said that it listens, or shortly after.
fn while_starting(folder: &Path, choices: &mut Choices, now_ms: i64) {
    let mut command = command(&crate::acquaint(), folder, &settings(now_ms));
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(choices.pick(START_MS) as u64));
    child.kill().unwrap();
    child.wait().unwrap();
}
