//! The worker under workerd: what an unmodified Web SDK gets, bad requests, and nothing lost while the control plane is
//! away and the edge itself is killed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::process::Command;
use std::time::Duration;

use acquaint_tests::demo_data::{self, AS_OF, DATASTREAM};
use acquaint_tests::edge::{self, Edge};
use acquaint_tests::size::{Size, WORKER_GZIPPED_BYTES_MAX};
use acquaint_tests::{Environment, Page, System, membership, wait};
use serde_json::{Value, json};

const HOUSEHOLD: &str = "1";

fn environment() -> Environment {
    Environment::from_variables().unwrap()
}

/// A system with the demo's definitions and no data, whose edge has the bundle.
fn system(environment: &Environment, folder: &std::path::Path, clock: Option<&str>) -> System {
    let system = System::start(environment, folder, clock).unwrap();
    demo_data::apply(&system.control, environment).unwrap();
    system.control.settle().unwrap();
    bundle(&system.edge);
    system
}

fn bundle(edge: &Edge) {
    let nothing = json!({ "eventType": "web.webpagedetails.pageViews", "timestamp": AS_OF });
    wait::until("the edge to have its bundle", Duration::from_secs(30), || {
        Ok(membership::at_edge(edge, "somebody", nothing.clone()).ok())
    })
    .unwrap();
}

fn redemption() -> Value {
    json!({ "eventType": "commerce.couponRedemptions", "timestamp": AS_OF, "commerce": { "coupon": { "upc": "7" } } })
}

#[test]
fn a_click_changes_what_the_same_response_personalizes() {
    let environment = environment();
    let folder = tempfile::tempdir().unwrap();
    let system = system(&environment, folder.path(), None);
    let page = Page::start(&environment, folder.path(), system.edge.url()).unwrap();
    page.take_bundle(&system.control).unwrap();
    let output = Command::new("node")
        .arg(environment.repository.join("www/click.mjs"))
        .env("PAGE", &page.url)
        .env("SCREENSHOT", folder.path().join("page.png"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let answers: Value = serde_json::from_slice(&output.stdout).unwrap();
    let audiences = |moment: &str| answers[moment]["audiences"].to_string();
    assert!(!audiences("before").contains("just-redeemed-a-coupon"), "{answers}");
    assert!(audiences("after").contains("just-redeemed-a-coupon"), "{answers}");
    assert_ne!(answers["before"]["hero"], answers["after"]["hero"]);
    // The visitor has done nothing elsewhere, so the browser alone comes to the same answer.
    for moment in ["before", "after"] {
        assert_eq!(answers[moment]["device"], answers[moment]["audiences"], "{moment}: {answers}");
    }
}

#[test]
fn events_survive_an_absent_control_plane_and_a_killed_edge() {
    let environment = environment();
    let folder = tempfile::tempdir().unwrap();
    let mut system = system(&environment, folder.path(), Some(AS_OF));
    system.control.kill().unwrap();

    let answer = membership::at_edge(&system.edge, HOUSEHOLD, redemption()).unwrap();
    assert!(answer.contains("just-redeemed-a-coupon"), "without the control plane: {answer:?}");

    system.edge.kill().unwrap();
    let listen = system.edge.url().trim_start_matches("http://").to_owned();
    let settings = edge::Settings {
        control_url: system.control.url().to_owned(),
        listen: Some(listen),
        clock_ms: acquaint_core::time::parse_instant(AS_OF),
        ..edge::Settings::default()
    };
    system.edge = Edge::start(&environment, folder.path(), &settings).unwrap();
    let nothing = json!({ "eventType": "web.webpagedetails.pageViews", "timestamp": AS_OF });
    let answer = membership::at_edge(&system.edge, HOUSEHOLD, nothing).unwrap();
    assert!(answer.contains("just-redeemed-a-coupon"), "after the edge was killed: {answer:?}");

    system.crash_control_plane(&environment, folder.path()).unwrap();
    wait::until("the control plane to hear of the redemption", Duration::from_secs(60), || {
        let found = membership::at_control_plane(&system.control, HOUSEHOLD).unwrap_or_default();
        Ok(found.contains("just-redeemed-a-coupon").then_some(()))
    })
    .unwrap();
}

#[test]
fn a_membership_ends_when_its_window_ends_with_no_new_event() {
    let environment = environment();
    let folder = tempfile::tempdir().unwrap();
    let system = system(&environment, folder.path(), Some(AS_OF));
    membership::at_edge(&system.edge, HOUSEHOLD, redemption()).unwrap();
    system.edge_drained().unwrap();
    let is_in = || {
        system.control.settle().unwrap();
        membership::at_control_plane(&system.control, HOUSEHOLD).unwrap().contains("just-redeemed-a-coupon")
    };
    assert!(is_in());
    system.delivered().unwrap();
    assert_eq!(system.receiver.members().unwrap()["just-redeemed-a-coupon"], json!([HOUSEHOLD]));
    system.control.set_clock("2018-01-01T08:30:00.000Z").unwrap();
    assert!(is_in(), "the thirtieth minute still counts");
    system.control.set_clock("2018-01-01T08:30:00.001Z").unwrap();
    wait::until("the exit", Duration::from_secs(30), || Ok((!is_in()).then_some(()))).unwrap();
    system.delivered().unwrap();
    assert_eq!(system.receiver.members().unwrap()["just-redeemed-a-coupon"], json!([]));
}

#[test]
fn bad_requests_are_answered_with_problems_that_name_the_fault() {
    let environment = environment();
    let folder = tempfile::tempdir().unwrap();
    let system = system(&environment, folder.path(), Some(AS_OF));
    let check = |path: &str, body: &str, status: u16, code: &str| {
        let answer =
            system.edge.client.post_bytes(path, "text/plain; charset=UTF-8", body.as_bytes()).unwrap();
        assert_eq!(answer.status, status, "{path} {:.80}: {}", body, answer.body);
        let kind = answer.body["type"].as_str().unwrap_or_default();
        assert!(kind.ends_with(code), "{path} {:.80}: {}", body, answer.body);
    };
    let interact = format!("/ee/v1/interact?configId={DATASTREAM}&requestId=r1");
    check("/ee/v1/interact?requestId=r1", "{}", 400, "EXEG-0002-400");
    check("/ee/v1/interact?configId=nobody&requestId=r1", r#"{"events":[{"xdm":{}}]}"#, 400, "EXEG-0003-400");
    check(&interact, "{ not json", 400, "EXEG-0101-400");
    check(
        &interact,
        &format!(r#"{{"events":[{{"xdm":{{"x":"{}"}}}}]}}"#, "x".repeat(70_000)),
        413,
        "EXEG-0112-413",
    );
    let ecid = r#"{"xdm":{"identityMap":{"ECID":[{"id":"1"}]}},"events":[{"xdm":{"eventType":"a"}}]}"#;
    check(&interact, ecid, 400, "EXEG-0308-400");
}

#[test]
fn the_worker_is_small_enough_to_be_loaded_by_every_new_isolate() {
    let size = Size::of(&environment().worker).unwrap();
    assert!(size.gzipped <= WORKER_GZIPPED_BYTES_MAX, "{size:?}");
}
