//! `acquaint import --connection ID s3://...`: files in object storage, which the server reads by itself. The command
//! only shows how far it is; ended and run again it shows the same imports.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::client::Client;
use super::{Error, render};

const ASK_EVERY: Duration = Duration::from_millis(250);
const PROGRESS_EVERY: Duration = Duration::from_secs(1);

/// Begins the imports and stays until all are over.
pub(super) async fn run(
    client: &Client,
    source: &str,
    connection: &str,
    location: &str,
) -> Result<(), Error> {
    let wanted = json!({"source": source, "connection": connection, "location": location});
    let begun = client.post("/imports/objects", &wanted).await?;
    let begun = begun.get("imports").and_then(Value::as_array).cloned().unwrap_or_default();
    let (mut total, mut failed) = ([0; 4], 0_usize);
    for import in &begun {
        let ended = ended(client, &render::plain(import.get("id"))).await?;
        let counts = COUNTS.map(|name| ended.get(name).and_then(Value::as_u64).unwrap_or(0));
        total = std::array::from_fn(|index| sum(total.get(index), counts.get(index)));
        let said = line(&counts);
        render::print(&format!("{} {said}\n", render::plain(ended.get("file"))));
        if is(&ended, "failed") {
            failed = failed.saturating_add(1);
            eprintln!("failed: {}", trouble(&ended));
        }
    }
    render::print(&format!("{}\n", line(&total)));
    let [rows, .., refused] = total;
    match (failed, refused) {
        (0, 0) => Ok(()),
        (0, refused) => {
            Err(Error::Refused(format!("{refused} of {rows} rows were refused; the others are in")))
        }
        (failed, _) => Err(Error::Refused(format!("{failed} of {} files are not in", begun.len()))),
    }
}

/// What is shown of an import.
const COUNTS: [&str; 4] = ["rows", "accepted", "duplicates", "refused"];

fn line(counts: &[u64; 4]) -> String {
    let shown: Vec<String> =
        COUNTS.iter().zip(counts).map(|(name, count)| format!("{name}={count}")).collect();
    shown.join(" ")
}

fn sum(a: Option<&u64>, b: Option<&u64>) -> u64 {
    a.copied().unwrap_or(0).saturating_add(b.copied().unwrap_or(0))
}

/// The import, once it is over.
async fn ended(client: &Client, id: &str) -> Result<Value, Error> {
    let (mut shown, mut told) = (Instant::now(), String::new());
    loop {
        let import = client.get(&format!("/imports/{id}"), &[]).await?;
        if !is(&import, "open") {
            return Ok(import);
        }
        let trouble = trouble(&import);
        if !trouble.is_empty() && trouble != told {
            eprintln!("{id} waits: {trouble}");
            told = trouble;
        }
        if shown.elapsed() >= PROGRESS_EVERY {
            eprintln!("{id} rows={}", render::plain(import.get("rows")));
            shown = Instant::now();
        }
        tokio::time::sleep(ASK_EVERY).await;
    }
}

fn is(import: &Value, status: &str) -> bool {
    import.get("status").and_then(Value::as_str) == Some(status)
}

/// What is wrong with it, if anything is.
fn trouble(import: &Value) -> String {
    let said =
        |name: &str| import.pointer(&format!("/object/trouble/{name}")).map(|said| render::plain(Some(said)));
    match (said("code"), said("message")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        _ => String::new(),
    }
}
