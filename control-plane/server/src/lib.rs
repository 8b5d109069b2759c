//! The `acquaint` program: HTTP API, command line, and the wiring of the rooms of the control plane.
//!
//! Reading order: [`cli`] dispatches; [`serve`] starts a control plane: the routes in `http`, the loops in `background`;
//! `definitions` is how documents become a catalogue.

mod app;
mod background;
mod bell;
pub mod cli;
mod clock;
mod comparison;
mod counts;
mod definitions;
mod edges;
mod erasure;
mod governance;
mod guardrails;
mod hint;
mod http;
mod ingest;
mod metrics;
mod objects;
mod picture;
mod problem;
mod rows;
pub mod serve;
pub mod settings;
mod tokens;
mod traces;
mod uploads;
