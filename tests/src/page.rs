//! The demo page, served on loopback.

use std::path::Path;
use std::process::Command;

use anyhow::Result;
use serde_json::json;

use crate::demo_data::DATASTREAM;
use crate::environment::Environment;
use crate::process::Process;

/// A running page server.
#[derive(Debug)]
pub struct Page {
    _process: Process,
    /// Its address.
    pub url: String,
}

impl Page {
    /// Serves the built page, told where the edge is.
    pub fn start(environment: &Environment, folder: &Path, edge_url: &str) -> Result<Self> {
        let config =
            json!({ "edge": edge_url, "datastream": DATASTREAM, "org": "0123456789ABCDEF@AdobeOrg" });
        let mut command = Command::new("node");
        command.arg(environment.repository.join("www/serve.mjs"));
        command.env("FOLDER", environment.repository.join("www/store/dist"));
        command.env("CONFIG", config.to_string()).env("PORT", "0");
        let mut process = Process::start("page", folder, &mut command)?;
        let url =
            process.line("its address", |line| line.strip_prefix("listening on ").map(str::to_owned))?;
        Ok(Self { _process: process, url })
    }
}
