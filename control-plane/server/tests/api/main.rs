//! The control plane as its clients see it: one server in process for each test, on a port of its own.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod access;
mod audiences;
mod calculated;
mod changes;
mod cloud_events;
mod collection;
mod command_line;
mod computed;
mod consent;
mod conversion;
mod definitions;
mod dependents;
mod edge;
mod erasure;
mod evolution;
mod field_groups;
mod governance;
mod guardrails;
mod health;
mod imports;
mod ingestion;
mod lifecycle;
mod lifetimes;
mod merge_policies;
mod metrics;
mod outside;
mod profiles;
mod retention;
mod server;
mod traces;
mod uploads;
mod versions;
