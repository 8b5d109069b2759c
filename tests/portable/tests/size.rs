//! What travels to the edge stays small.
#![allow(clippy::unwrap_used, reason = "tests")]

use acquaint_core::wire::{Bundle, open, seal};
use acquaint_portable::rules;

const BUNDLE_BYTES_MAX: usize = 64 * 1024;

#[test]
fn five_hundred_audiences_of_a_marketing_team_are_sealed_in_64_kilobytes() {
    let program = rules::audiences(500).unwrap().edge();
    let bundle = Bundle {
        version: 1,
        published_ms: rules::NOW_MS,
        program,
        datastreams: Vec::new(),
        offers: Vec::new(),
    };
    let sealed = seal(&bundle).unwrap();
    println!("{} bytes", sealed.len());
    assert!(sealed.len() <= BUNDLE_BYTES_MAX, "{} bytes", sealed.len());
    assert!(open::<Bundle>(&sealed).unwrap() == bundle);
}
