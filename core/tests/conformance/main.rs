//! The documented examples of the audience language (`tests/data/conformance`): every one is read, checked against a
//! schema with the fields that the examples use, and evaluated where the documentation says what comes out. What cannot
//! pass is listed with its reason, so that the lists may only shrink.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod cases;
mod checking;
mod evaluating;
mod meaning;
mod reading;
mod sample;
