//! `acquaint batch`: evaluate all profiles now, and what earlier jobs did.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Connection, Error, render};

const POLL_EVERY: Duration = Duration::from_millis(200);

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Evaluate all batch audiences over all profiles.
    Run {
        /// Stay until the job has ended and its memberships are in force.
        #[arg(long)]
        wait: bool,
        /// Only these audiences.
        #[arg(long)]
        audience: Vec<String>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Jobs, newest first.
    List {
        #[command(flatten)]
        connection: Connection,
    },
}

pub(crate) async fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::Run { wait, audience, connection } => start(wait, &audience, &connection).await,
        Command::List { connection } => {
            let jobs = connection.client()?.get("/data/core/ups/segment/jobs", &[]).await?;
            let rows = jobs.get("children").and_then(Value::as_array).into_iter().flatten().map(row);
            render::print(&render::table(
                &["id", "status", "started", "profiles"],
                &rows.collect::<Vec<_>>(),
            ));
            Ok(())
        }
    }
}

async fn start(wait: bool, audiences: &[String], connection: &Connection) -> Result<(), Error> {
    let client = connection.client()?;
    let wanted: Vec<Value> = match audiences {
        [] => vec![json!({"segmentId": "*"})],
        some => some.iter().map(|id| json!({"segmentId": id})).collect(),
    };
    let mut job = client.post("/data/core/ups/segment/jobs", &Value::Array(wanted)).await?;
    let id = render::plain(job.get("id"));
    while wait && !ended(&job) {
        tokio::time::sleep(POLL_EVERY).await;
        job = client.get(&format!("/data/core/ups/segment/jobs/{id}"), &[]).await?;
        eprintln!("job={id} status={}", render::plain(job.get("status")));
    }
    render::print(&render::json(&job));
    match job.get("status").and_then(Value::as_str) {
        Some("FAILED" | "CANCELLED") => Err(Error::Refused(format!("job `{id}` did not succeed"))),
        _ => Ok(()),
    }
}

/// A job has ended when its decisions have been applied too, so that what comes next sees them.
fn ended(job: &Value) -> bool {
    match job.get("status").and_then(Value::as_str) {
        Some("SUCCEEDED") => job.get("applied").and_then(Value::as_bool).unwrap_or(true),
        Some("FAILED" | "CANCELLED") => true,
        _ => false,
    }
}

fn row(job: &Value) -> Vec<String> {
    let said = |pointer: &str| render::plain(job.pointer(pointer));
    vec![said("/id"), said("/status"), said("/creationTime"), said("/metrics/totalProfiles")]
}
