//! Everything running together: receiver, control plane, edge.

use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::control_plane::{self, ControlPlane};
use crate::edge::{self, Edge};
use crate::environment::Environment;
use crate::receiver::{Receiver, SECRET};
use crate::{demo_data, wait};

/// A running system.
#[derive(Debug)]
pub struct System {
    /// The webhook receiver.
    pub receiver: Receiver,
    /// The edge.
    pub edge: Edge,
    /// The control plane.
    pub control: ControlPlane,
    settings: control_plane::Settings,
}

impl System {
    /// Starts everything on a data directory. With a clock, nobody's time passes until it is moved.
    pub fn start(environment: &Environment, data: &Path, clock: Option<&str>) -> Result<Self> {
        let receiver = Receiver::start(environment, data)?;
        // Each has to know the other's address, so the control plane's is chosen first.
        let listen = free_address()?;
        let clock_ms = clock
            .map(|text| {
                acquaint_core::time::parse_instant(text).with_context(|| format!("`{text}` is no time"))
            })
            .transpose()?;
        let control_url = format!("http://{listen}");
        let edge = Edge::start(
            environment,
            data,
            &edge::Settings { control_url, clock_ms, ..edge::Settings::default() },
        )?;
        let settings = control_plane::Settings {
            edge_url: Some(edge.url().to_owned()),
            clock: clock.map(str::to_owned),
            listen: Some(listen),
            variables: vec![
                ("DEMO_RECEIVER_URL".into(), receiver.webhook_url()),
                ("DEMO_RECEIVER_SECRET".into(), SECRET.into()),
            ],
            arguments: Vec::new(),
        };
        let control = ControlPlane::start(environment, data, &settings)?;
        Ok(Self { receiver, edge, control, settings })
    }

    /// Ends the control plane with SIGKILL and starts it again on the same data and address.
    pub fn crash_control_plane(&mut self, environment: &Environment, data: &Path) -> Result<()> {
        self.control.kill()?;
        self.control = ControlPlane::start(environment, data, &self.settings)?;
        Ok(())
    }

    /// Applies the definitions, imports the files, replays the live weeks and runs the daily batch; says what it does.
    pub fn load(&self, environment: &Environment, shift_seconds: i64, say: impl Fn(&str)) -> Result<()> {
        say("applying the definitions");
        demo_data::apply(&self.control, environment)?;
        for (source, file) in demo_data::FILES {
            say(&format!("importing {file}"));
            demo_data::import(&self.control, environment, source, file, shift_seconds)?;
        }
        say("replaying the purchases of the last weeks");
        let tills = demo_data::tills(self.control.url());
        for batch in demo_data::live_batches(environment, shift_seconds)? {
            demo_data::send(&tills, &batch)?;
        }
        say("deciding");
        self.control.settle()?;
        say("running the daily batch");
        self.control.cli(["batch", "run", "--wait"])?;
        self.control.settle()?;
        Ok(())
    }

    /// Waits until every owed delivery and projection is acknowledged; gives the state of the webhook dataflow.
    pub fn delivered(&self) -> Result<Value> {
        wait::until("every delivery and projection to be acknowledged", Duration::from_secs(600), || {
            let status = self.control.settle()?;
            let flow = self.control.admin.get("/flows/crm-signals/status")?.ok()?;
            let nothing = |value: &Value, name: &str| value.get(name).and_then(Value::as_u64) == Some(0);
            Ok((nothing(&flow, "pending") && nothing(&status, "projections_owed")).then_some(flow))
        })
    }
}

impl System {
    /// Waits until every event seen at the edge is known to the control plane, and decided.
    pub fn edge_drained(&self) -> Result<()> {
        wait::until("the edge to forward its events", Duration::from_secs(120), || {
            let status = self.edge.status()?;
            let waiting = status.get("unacknowledged").and_then(Value::as_u64);
            Ok((waiting == Some(0)).then_some(()))
        })?;
        self.control.settle()?;
        Ok(())
    }
}

/// A free address of loopback.
fn free_address() -> Result<String> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string())
}
