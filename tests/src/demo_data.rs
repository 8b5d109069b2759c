//! Loading the demo: definitions, the files of the year, and the last weeks replayed as live events.

use std::fs::File;
use std::path::Path;

use acquaint_core::time::parse_instant;
use anyhow::{Context, Result, ensure};
use parquet::file::reader::{FileReader, SerializedFileReader};
use serde_json::{Value, json};

use crate::control_plane::ControlPlane;
use crate::environment::Environment;
use crate::http::Client;

/// The instant as of which the demo's audiences are counted, in the data's own time (see the data's README).
pub const AS_OF: &str = "2018-01-01T08:00:00Z";
/// The write key of the tills' source.
pub const WRITE_KEY: &str = "demo-tills";
/// The datastream of the web shop.
pub const DATASTREAM: &str = "5f6d1a34-77b0-4c3c-9f5c-6f3ad1c0a9d2";
/// Messages in one replayed batch.
pub const REPLAY_BATCH: usize = 100;

/// The files and the sources they are imported by.
pub const FILES: [(&str, &str); 4] = [
    ("households-file", "households.csv"),
    ("purchases-file", "purchases.parquet"),
    ("campaigns-file", "campaigns.json"),
    ("redemptions-file", "coupon_redemptions.csv"),
];

/// Applies the demo's definitions.
pub fn apply(control: &ControlPlane, environment: &Environment) -> Result<String> {
    let folder = environment.demo_data().join("config");
    control.cli(["apply".as_ref(), "--yes".as_ref(), "-f".as_ref(), folder.as_os_str()])
}

/// Imports one file, with all its times moved by `shift_seconds`.
pub fn import(
    control: &ControlPlane,
    environment: &Environment,
    source: &str,
    file: &str,
    shift_seconds: i64,
) -> Result<String> {
    let path = environment.demo_data().join(file);
    let shift = format!("--shift-seconds={shift_seconds}");
    control.cli(["import".as_ref(), "--source".as_ref(), source.as_ref(), shift.as_ref(), path.as_os_str()])
}

/// The last weeks' purchases as Segment `track` messages, in batches, oldest first.
pub fn live_batches(environment: &Environment, shift_seconds: i64) -> Result<Vec<Value>> {
    let rows = rows(&environment.demo_data().join("live_purchases.parquet"))?;
    let messages: Vec<Value> = rows.iter().map(|row| track(row, shift_seconds)).collect::<Result<_>>()?;
    Ok(messages.chunks(REPLAY_BATCH).map(|batch| json!({ "batch": batch })).collect())
}

/// A client that sends as the tills do.
pub fn tills(control_url: &str) -> Client {
    // `demo-tills:` in base64: the write key is the user name, the password is empty.
    Client::new(control_url).with_header("authorization", "Basic ZGVtby10aWxsczo=")
}

/// Sends one batch; an error says that it may not have been accepted, and sending it again is safe.
pub fn send(tills: &Client, batch: &Value) -> Result<()> {
    let answer = tills.post("/v1/batch", batch)?;
    ensure!(answer.status == 200, "the batch was answered with {}: {}", answer.status, answer.body);
    Ok(())
}

/// All baskets of the year, as they lie in the files.
pub fn baskets(environment: &Environment) -> Result<Vec<Value>> {
    let files = ["purchases.parquet", "live_purchases.parquet"];
    let rows = files.map(|file| rows(&environment.demo_data().join(file)));
    Ok(rows.into_iter().collect::<Result<Vec<_>>>()?.concat())
}

/// Every campaign that was sent to a household.
pub fn campaigns(environment: &Environment) -> Result<Vec<Value>> {
    let lines = std::fs::read_to_string(environment.demo_data().join("campaigns.json"))?;
    lines.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// The households that gave their income, and which.
pub fn incomes(environment: &Environment) -> Result<Vec<(String, String)>> {
    let lines = std::fs::read_to_string(environment.demo_data().join("households.csv"))?;
    let incomes = lines.lines().skip(1).filter_map(|line| {
        let mut cells = line.split(',');
        let (household, _age, income) = (cells.next()?, cells.next()?, cells.next()?);
        Some((household.to_owned(), income.to_owned()))
    });
    Ok(incomes.collect())
}

/// The instant of a time as the files have it: milliseconds since the epoch, UTC.
pub fn instant_ms(text: &str) -> Result<i64> {
    let text = text.trim_end_matches(" +00:00").replace(' ', "T");
    parse_instant(&format!("{text}Z")).with_context(|| format!("`{text}` is no time"))
}

fn rows(path: &Path) -> Result<Vec<Value>> {
    let reader = SerializedFileReader::new(File::open(path)?)?;
    reader.get_row_iter(None)?.map(|row| Ok(row?.to_json_value())).collect()
}

fn track(row: &Value, shift_seconds: i64) -> Result<Value> {
    let field = |name: &str| row.get(name).with_context(|| format!("a basket without `{name}`"));
    let purchased_at = field("purchased_at")?.as_str().context("a basket's time is not text")?;
    let instant_ms = instant_ms(purchased_at)?;
    Ok(json!({
        "type": "track",
        "event": "commerce.purchases",
        "messageId": field("basket_id")?,
        "userId": field("household_id")?.to_string(),
        "timestamp": acquaint_core::time::format_instant(instant_ms + shift_seconds * 1000),
        "properties": {
            "commerce": { "order": { "purchaseID": field("basket_id")?, "priceTotal": field("price_total")? } },
            "productListItems": field("items")?,
            "storeId": field("store_id")?,
        }
    }))
}
