//! A running edge worker: the built worker under `workerd serve`, with its Durable Objects on local disk.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::control_plane::EDGE_TOKEN;
use crate::environment::Environment;
use crate::http::Client;
use crate::process::Process;

/// How to start one.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Where events are forwarded to.
    pub control_url: String,
    /// The address to listen on; a free port of loopback when absent.
    pub listen: Option<String>,
    /// A clock that stands still at this instant, in milliseconds.
    pub clock_ms: Option<i64>,
}

/// A running worker.
#[derive(Debug)]
pub struct Edge {
    process: Process,
    /// Client of the public routes.
    pub client: Client,
}
