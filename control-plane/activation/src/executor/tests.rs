//! Deliveries to a receiver that verifies signatures and answers as it is told: nothing is lost, nothing is delivered
//! that was not decided, and by message id everything happens once.

use acquaint_store::catalog::Kind;
use serde_json::json;

use crate::testing::{Answer, House, Receiver, START_MS};

const HOUR_MS: i64 = 3_600_000;

async fn house(audiences: &[&str]) -> (House, Receiver) {
    let house = House::new();
    let receiver = Receiver::start().await;
    house.audiences(audiences);
    house.webhook("crm", &receiver.url, audiences);
    house.plan();
    (house, receiver)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_arrives_signed_with_the_shape_that_was_promised() {
    let (house, receiver) = house(&["lapsed"]).await;
    house.upsert(1, json!({ "household": { "income": 7 }, "secret": "no" }));
    house.enter(1, "lapsed");
    house.deliver("crm").await;
    let requests = receiver.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].timestamp_s, START_MS / 1_000);
    let membership = json!({ "lastQualificationTime": "2018-01-01T00:00:00.000Z", "status": "realized" });
    let expected = json!({
        "type": "audience.entered",
        "timestamp": "2018-01-01T00:00:00.000Z",
        "data": {
            "dataflow": "crm",
            "audience": { "id": "lapsed", "name": "The lapsed" },
            "status": "realized",
            "lastQualificationTime": "2018-01-01T00:00:00.000Z",
            "identityMap": { "crm": [{ "id": "person-1" }] },
            "segmentMembership": { "ups": { "lapsed": membership } },
            "attributes": { "household": { "income": 7 } },
        }
    });
    assert_eq!(requests[0].body, expected);
    let status = house.activation.status("crm").unwrap();
    assert_eq!((status.desired, status.delivered, status.pending, status.dead), (1, 1, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_timeout_after_success_is_repeated_under_the_same_id_and_has_one_effect() {
    let (house, receiver) = house(&["lapsed"]).await;
    receiver.script(&[Answer::TakeAndHang]);
    house.enter(1, "lapsed");
    house.deliver("crm").await;
    assert_eq!(house.activation.status("crm").unwrap().delivered, 0, "nothing is confirmed yet");
    // The exit is decided while the entry is in doubt: it comes after it.
    house.leave(1, "lapsed");
    house.pass(6_000);
    house.deliver("crm").await;
    let ids: Vec<_> = receiver.requests().into_iter().map(|got| got.id).collect();
    assert!(ids.len() == 3 && ids[0] == ids[1] && ids[1] != ids[2], "{ids:?}");
    assert_eq!(receiver.story(), ["entered lapsed person-1", "exited lapsed person-1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_sent_collapses_to_the_latest_state() {
    let (house, receiver) = house(&["lapsed"]).await;
    for _ in 0..3 {
        house.enter(1, "lapsed");
        house.leave(1, "lapsed");
        house.enter(2, "lapsed");
        house.leave(2, "lapsed");
    }
    house.enter(2, "lapsed");
    house.deliver("crm").await;
    assert_eq!(receiver.story(), ["entered lapsed person-2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_receiver_is_left_alone_as_long_as_it_asks() {
    let (house, receiver) = house(&["lapsed"]).await;
    receiver.script(&[Answer::Busy { retry_after_s: 120 }]);
    house.enter(1, "lapsed");
    house.enter(2, "lapsed");
    house.deliver("crm").await;
    // What was under way at the same moment was sent; nothing is sent any more.
    let before = receiver.requests().len();
    house.pass(119_000);
    house.deliver("crm").await;
    assert_eq!(receiver.requests().len(), before);
    let status = house.activation.status("crm").unwrap();
    assert!(status.circuit.last_error.is_none() || status.circuit.paused_until_ms.is_some());
    house.pass(400_000);
    house.deliver("crm").await;
    assert_eq!(receiver.members().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_message_is_a_dead_letter_and_holds_up_nobody() {
    let (house, receiver) = house(&["lapsed"]).await;
    receiver.script(&[Answer::Status(400)]);
    house.enter(1, "lapsed");
    house.deliver("crm").await;
    house.enter(2, "lapsed");
    house.deliver("crm").await;
    assert_eq!(receiver.story(), ["entered lapsed person-2"]);
    let letters = house.activation.dead_letters("crm", None, 10).unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].letter.reason, "answered 400: as scripted");
    assert_eq!(house.activation.dead_letters("crm", Some(&letters[0].id), 10).unwrap(), []);
    assert_eq!(house.activation.status("crm").unwrap().dead, 1);

    assert_eq!(house.activation.replay("crm", Some(&letters[0].id)).unwrap(), 1);
    assert!(house.activation.replay("crm", Some(&letters[0].id)).is_err(), "it is gone");
    house.deliver("crm").await;
    assert_eq!(receiver.story(), ["entered lapsed person-2", "entered lapsed person-1"]);
    assert_eq!(house.activation.dead_letters("crm", None, 10).unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_that_is_gone_is_disabled_until_it_is_enabled_or_changed() {
    let (mut house, receiver) = house(&["lapsed"]).await;
    receiver.script(&[Answer::Status(410)]);
    house.enter(1, "lapsed");
    house.deliver("crm").await;
    house.restart();
    house.pass(100 * HOUR_MS);
    house.enter(2, "lapsed");
    house.deliver("crm").await;
    assert_eq!(receiver.requests().len(), 1, "nothing more is sent");
    assert_eq!(house.activation.status("crm").unwrap().stopped.unwrap(), "answered 410: as scripted");
    house.activation.enable("crm").unwrap();
    house.deliver("crm").await;
    assert_eq!(receiver.members().len(), 2);
    assert_eq!(house.activation.status("crm").unwrap().stopped, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_an_outage_of_seventy_six_hours_everybody_is_told_the_latest_in_order() {
    let (house, receiver) = house(&["lapsed", "loyal"]).await;
    receiver.otherwise(503);
    for profile in 1..=20 {
        house.enter(profile, "lapsed");
    }
    for hour in 0..76 {
        house.deliver("crm").await;
        house.pass(HOUR_MS);
        if hour == 40 {
            house.leave(1, "lapsed");
            house.enter(1, "loyal");
            house.leave(2, "lapsed");
        }
    }
    let during = receiver.requests().len();
    assert!(during < 20 + 10 * 76, "a dead destination is probed, not stormed: {during} requests");
    receiver.otherwise(204);
    for _ in 0..300 {
        house.deliver("crm").await;
        house.pass(HOUR_MS / 2);
    }
    let status = house.activation.status("crm").unwrap();
    assert_eq!((status.pending, status.dead, status.desired, status.delivered), (0, 0, 19, 19));
    let members = receiver.members();
    let inside = members.values().filter(|inside| **inside).count();
    assert_eq!(inside, 19);
    let of_first: Vec<_> = receiver.story().into_iter().filter(|line| line.ends_with("person-1")).collect();
    assert_eq!(of_first.last().unwrap(), "entered loyal person-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_between_sending_and_noting_repeats_the_message_and_loses_none() {
    let (mut house, receiver) = house(&["lapsed"]).await;
    for profile in 1..=5 {
        house.enter(profile, "lapsed");
        receiver.script(&[Answer::TakeAndHang]);
        house.plan();
        let before = receiver.requests().len();
        {
            let activation = house.activation.clone();
            tokio::select! {
                biased;
                () = receiver.requested(before + 1) => {}
                step = activation.deliver_step("crm") => panic!("ended before the crash: {step:?}"),
            }
        }
        house.restart();
        // Decided after the crash, before the repetition.
        if profile % 2 == 0 {
            house.leave(profile, "lapsed");
        }
        house.deliver("crm").await;
    }
    assert_eq!(receiver.effects().len(), 7, "{:?}", receiver.story());
    assert_eq!(receiver.members().values().filter(|inside| **inside).count(), 3);
    let status = house.activation.status("crm").unwrap();
    assert_eq!((status.pending, status.delivered), (0, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn exits_use_the_identities_of_the_entry_and_changes_are_updates() {
    let (house, receiver) = house(&["lapsed"]).await;
    house.enter(1, "lapsed");
    house.deliver("crm").await;
    house.upsert(1, json!({ "household": { "income": 3 } }));
    house.deliver("crm").await;
    house.upsert(1, json!({ "household": { "income": 3 }, "unmapped": true }));
    house.deliver("crm").await;
    assert_eq!(receiver.story(), ["entered lapsed person-1", "updated lapsed person-1"]);
    // The new identity has not been delivered when the exit is decided.
    house.identify(1, "merged-away");
    house.leave(1, "lapsed");
    house.deliver("crm").await;
    assert_eq!(receiver.story().last().unwrap(), "exited lapsed person-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_dataflow_is_filled_with_those_who_were_in_before() {
    let house = House::new();
    let receiver = Receiver::start().await;
    house.audiences(&["lapsed", "loyal"]);
    for profile in 1..=600 {
        house.enter(profile, "lapsed");
    }
    house.leave(3, "lapsed");
    house.pass(1);
    house.webhook("crm", &receiver.url, &["lapsed"]);
    house.deliver("crm").await;
    assert_eq!(receiver.effects().len(), 599);
    assert!(receiver.effects().iter().all(|got| got.body["data"]["status"] == "existing"));

    // Another audience is added, the first is taken away: exits follow.
    house.enter(1, "loyal");
    house.webhook("crm", &receiver.url, &["loyal"]);
    house.deliver("crm").await;
    let inside: Vec<_> = receiver.members().into_iter().filter(|(_, inside)| *inside).collect();
    assert_eq!(inside, [(("loyal".into(), "person-1".into()), true)]);

    house.delete(Kind::Dataflow, "crm");
    house.plan();
    assert!(house.activation.status("crm").is_err());
    assert_eq!(house.activation.explain(acquaint_core::id::ProfileId(1), "loyal", "crm").unwrap(), None);
    // The same name again: a new beginning, with new message ids.
    house.webhook("crm", &receiver.url, &["loyal"]);
    house.deliver("crm").await;
    let entries =
        receiver.effects().iter().filter(|got| got.body["data"]["audience"]["id"] == "loyal").count();
    assert_eq!(entries, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paused_dataflow_is_told_the_latest_state_when_it_goes_on() {
    let (house, receiver) = house(&["lapsed"]).await;
    let flow =
        |enabled| json!({ "id": "crm", "destination": "crm", "audiences": ["lapsed"], "enabled": enabled });
    house.define(Kind::Dataflow, flow(false));
    house.enter(1, "lapsed");
    house.leave(1, "lapsed");
    house.enter(2, "lapsed");
    house.deliver("crm").await;
    assert_eq!(receiver.requests().len(), 0);
    house.define(Kind::Dataflow, flow(true));
    house.deliver("crm").await;
    assert_eq!(receiver.story(), ["entered lapsed person-2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_dead_destination_slows_no_other() {
    let (house, receiver) = house(&["lapsed"]).await;
    let dead = Receiver::start().await;
    house.webhook("dead", &dead.url, &["lapsed"]);
    dead.script(&[Answer::TakeAndHang; 300]);
    for profile in 1..=100 {
        house.enter(profile, "lapsed");
    }
    let activation = house.activation.clone();
    let clock = std::sync::Arc::clone(&house.clock);
    let now = move || clock.load(std::sync::atomic::Ordering::SeqCst);
    let all_told = receiver.requested(100);
    // The receiver that works has everything before the dead one has let go of its first few.
    activation.run(now, all_told).await.unwrap();
    assert!(dead.requests().len() < 100, "{}", dead.requests().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_about_one_profile_keeps_its_order() {
    let (house, receiver) = house(&["a", "b", "c"]).await;
    receiver.script(&[Answer::Status(500)]);
    for audience in ["b", "c", "a"] {
        house.enter(1, audience);
    }
    house.deliver("crm").await;
    assert_eq!(receiver.requests().len(), 1, "what follows a message that waits waits with it");
    house.leave(1, "b");
    house.enter(2, "a");
    house.deliver("crm").await;
    house.pass(10_000);
    house.deliver("crm").await;
    let expected = [
        "entered a person-2",
        "entered b person-1",
        "entered c person-1",
        "entered a person-1",
        "exited b person-1",
    ];
    assert_eq!(receiver.story(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dataflow_that_the_edge_serves_has_a_status_and_no_deliveries() {
    let house = House::new();
    house.audiences(&["lapsed"]);
    let connection = json!({ "type": "customPersonalization", "datastream": "web", "alias": "page" });
    house.define(Kind::Destination, json!({ "id": "edge", "connection": connection }));
    house.define(Kind::Dataflow, json!({ "id": "page", "destination": "edge", "audiences": ["lapsed"] }));
    house.enter(1, "lapsed");
    house.deliver("page").await;
    let status = house.activation.status("page").unwrap();
    assert_eq!((status.desired, status.pending, status.catching_up, status.stopped), (0, 0, false, None));
}
