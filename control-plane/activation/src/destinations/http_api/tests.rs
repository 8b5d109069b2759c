//! The pure parts of the destination: what an answer means, when it is tried again, what a definition may say.

use std::path::Path;

use acquaint_store::catalog::Connection;
use serde_json::json;

use super::config::Config;
use super::retry::{ATTEMPTS_MAX, REASON_CHARACTERS_MAX, classify, delay_ms, retry_after_ms};
use crate::Settings;
use crate::destinations::Outcome;
use crate::testing::SECRET;

#[test]
fn only_a_2xx_is_a_success_and_410_disables() {
    let name = |status| match classify(status, None, "") {
        Outcome::Acknowledged => "ok",
        Outcome::Retry { in_doubt: true, .. } => "retry in doubt",
        Outcome::Retry { in_doubt: false, .. } => "retry",
        Outcome::Refused { .. } => "refused",
        Outcome::Disable { .. } => "gone",
    };
    for (status, expected) in [
        (200, "ok"),
        (204, "ok"),
        (299, "ok"),
        (301, "retry"),
        (304, "retry"),
        (400, "refused"),
        (401, "refused"),
        (404, "refused"),
        (408, "retry"),
        (410, "gone"),
        (413, "refused"),
        (429, "retry"),
        (500, "retry in doubt"),
        (502, "retry in doubt"),
        (503, "retry in doubt"),
    ] {
        assert_eq!(name(status), expected, "{status}");
    }
}

#[test]
fn the_schedule_spans_three_days_and_then_ends() {
    let waits: Vec<i64> = (1..ATTEMPTS_MAX).map(|attempts| delay_ms(attempts, "msg", 1).unwrap()).collect();
    assert_eq!(delay_ms(ATTEMPTS_MAX, "msg", 1), None);
    let seconds = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
    for (wait_ms, expected_s) in waits.iter().zip(seconds) {
        let least_ms = expected_s * 1_000;
        assert!((least_ms..=least_ms + least_ms / 10).contains(wait_ms), "{wait_ms} for {expected_s} s");
    }
    assert!(waits.iter().sum::<i64>() >= 75 * 3_600_000);
}

#[test]
fn jitter_is_the_same_for_the_same_message_and_differs_between_messages() {
    assert_eq!(delay_ms(9, "a", 1), delay_ms(9, "a", 1));
    let draws: std::collections::BTreeSet<_> = (0..50).map(|n| delay_ms(9, &format!("{n}"), 1)).collect();
    assert!(draws.len() > 40);
    assert_ne!(delay_ms(9, "a", 1), delay_ms(9, "a", 2));
}

#[test]
fn retry_after_is_seconds_or_a_date_and_bounded() {
    let now_ms = 784_111_777_000;
    assert_eq!(retry_after_ms("120", now_ms), Some(120_000));
    assert_eq!(retry_after_ms("Sun, 06 Nov 1994 08:49:47 GMT", now_ms), Some(10_000));
    assert_eq!(retry_after_ms("Sun, 06 Nov 1994 08:49:27 GMT", now_ms), Some(0));
    assert_eq!(retry_after_ms("4000000000", now_ms), Some(24 * 3_600_000));
    assert_eq!(retry_after_ms("soon", now_ms), None);
}

#[test]
fn the_receivers_words_are_bounded() {
    let Outcome::Refused { reason } = classify(400, None, &"ü\n".repeat(5_000)) else {
        panic!("not refused")
    };
    assert_eq!(reason.chars().count(), REASON_CHARACTERS_MAX);
    assert!(!reason.contains('\n'));
}

fn read(url: &str, secret: &str, private: bool, header: &str) -> Result<Config, String> {
    let connection: Connection = serde_json::from_value(json!({
        "type": "httpApi", "url": url, "secret": secret, "allowPrivateNetwork": private, "headers": { header: "x" },
    }))
    .unwrap();
    Config::read(&connection, &Settings::new(Path::new("data")))
}

#[test]
fn a_definition_that_cannot_work_says_why() {
    let check = |result: Result<Config, String>, expected: &str| {
        let message = result.unwrap_err();
        assert!(message.contains(expected), "{message}");
    };
    assert!(read("https://example.com/hook", SECRET, false, "x-team").is_ok());
    assert!(read("http://127.0.0.1:9/hook", &format!("{SECRET} {SECRET}"), true, "x-team").is_ok());
    check(read("nowhere", SECRET, false, "x"), "`url` is not an address");
    check(read("http://example.com/", SECRET, false, "x"), "must be https");
    check(read("ftp://example.com/", SECRET, true, "x"), "scheme `ftp`");
    check(read("https://10.0.0.1/", SECRET, false, "x"), "private address");
    check(read("https://example.com/", "", false, "x"), "`secret` is empty");
    check(read("https://example.com/", "hunter2", false, "x"), "whsec_");
    check(read("https://example.com/", "env:NO_SUCH_SECRET_IS_SET", false, "x"), "NO_SUCH_SECRET_IS_SET");
    check(read("https://example.com/", SECRET, false, "Webhook-Id"), "set by the protocol");
    check(read("https://example.com/", SECRET, false, "a b"), "not a header name");
}

#[tokio::test]
async fn a_name_of_a_private_address_is_not_connected_to() {
    use reqwest::dns::Resolve;
    let resolved = super::address::PublicOnly.resolve("localhost".parse().unwrap()).await;
    let message = resolved.err().unwrap().to_string();
    assert_eq!(message, "`localhost` resolves to a private address");
}
