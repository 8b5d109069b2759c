//! The core of Acquaint: the audience language (PQL), its one program, its evaluators and the profile domain.
//!
//! Compiled twice, natively and to WebAssembly, so nothing here may touch I/O, a clock, randomness, logging or
//! async: `no_std` makes that a compile error. Time enters as an argument, in milliseconds since the epoch, UTC.
//!
//! Reading order: [`lang`] turns text into a checked expression, [`plan`] turns the checked expressions of all
//! audiences into one program, [`eval`] answers from a whole profile, [`state`] answers from events as they come.
#![no_std]

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod exact_sum;
pub mod gather;
pub mod id;
pub mod limits;
pub mod time;
pub mod value;

pub mod profile;

pub mod lang;
pub mod plan;

pub mod eval;
pub mod state;

pub mod wire;

pub mod conformance;
