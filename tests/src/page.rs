//! The demo page, served on loopback.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;
use serde_json::json;

use crate::control_plane::ControlPlane;
use crate::demo_data::DATASTREAM;
use crate::environment::Environment;
use crate::process::Process;

/// A running page server.
#[derive(Debug)]
pub struct Page {
    _process: Process,
    bundle: PathBuf,
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
        let bundle = folder.join("page.bundle");
        command.env("CONFIG", config.to_string()).env("PORT", "0");
        command.env("PACKAGE", &environment.package).env("BUNDLE", &bundle);
        let mut process = Process::start("page", folder, &mut command)?;
        let url =
            process.line("its address", |line| line.strip_prefix("listening on ").map(str::to_owned))?;
        Ok(Self { _process: process, bundle, url })
    }

    /// Puts the bundle beside the page, for decisions on the visitor's device: as the administrator may do, nobody else.
    pub fn take_bundle(&self, control: &ControlPlane) -> Result<()> {
        control.cli(["bundle".as_ref(), DATASTREAM.as_ref(), "--out".as_ref(), self.bundle.as_os_str()])?;
        Ok(())
    }
}
