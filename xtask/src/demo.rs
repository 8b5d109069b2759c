//! The demo: everything running on loopback, on a grocer's real data, moved so that it ends now.

use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use acquaint_core::time::{format_instant, parse_instant};
use acquaint_tests::{Environment, Page, System, demo_data};
use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::build;
use crate::shell::target;
use crate::tools;

/// When the demo ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// It stays up until Ctrl-C.
    Interrupted,
    /// It verifies the outcome and ends.
    Checked,
}

/// Runs the demo.
pub(crate) fn run(until: Until) -> Result<()> {
    let environment = build::everything()?;
    let data = target().join("demo");
    if data.exists() {
        std::fs::remove_dir_all(&data)?;
    }
    std::fs::create_dir_all(&data)?;
    eprintln!("==> start the receiver, the edge and the control plane");
    let system = System::start(&environment, &data, None)?;
    let page = Page::start(&environment, &data, system.edge.url())?;
    system.load(&environment, shift_seconds()?, |what| eprintln!("==> {what}"))?;
    page.take_bundle(&system.control)?;
    eprintln!("==> delivering");
    let flow = system.delivered()?;
    let export = system.control.cli(["flows", "export", "mailings"])?;

    println!();
    println!("demo page       {}", page.url);
    println!("signed webhooks {}", system.receiver.url());
    println!("control plane   {}   (data in {})", system.control.url(), data.join("control-plane").display());
    println!("edge            {}", system.edge.url());
    let counts = system.control.counts()?;
    print_audiences(&counts);
    print_deliveries(&flow, &serde_json::from_str(&export)?);
    match until {
        Until::Interrupted => {
            println!("\nEverything stays up until Ctrl-C.");
            loop {
                std::thread::park();
            }
        }
        Until::Checked => check(&environment, &system, &page, &counts, &flow, &data),
    }
}

/// How far the data's times must move for its last hour to be now.
fn shift_seconds() -> Result<i64> {
    let now_ms = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
    let as_of_ms = parse_instant(demo_data::AS_OF).context("the data's instant")?;
    eprintln!("==> the data's {} becomes {}", demo_data::AS_OF, format_instant(now_ms));
    Ok((now_ms - as_of_ms) / 1000)
}

fn print_audiences(counts: &[(String, u64)]) {
    println!("\n{:<42} members", "audience");
    for (audience, members) in counts {
        println!("{audience:<42} {members:>7}");
    }
}

fn print_deliveries(flow: &Value, export: &Value) {
    let number = |value: &Value, name: &str| value.get(name).and_then(Value::as_u64).unwrap_or_default();
    println!("\n{:<42} desired  delivered  pending  dead", "webhooks");
    println!(
        "{:<42} {:>7}  {:>9}  {:>7}  {:>4}",
        "crm-signals",
        number(flow, "desired"),
        number(flow, "delivered"),
        number(flow, "pending"),
        number(flow, "dead")
    );
    println!("\n   rows csv file, in the control plane's data");
    for file in export.get("files").and_then(Value::as_array).into_iter().flatten() {
        let path = file.get("path").and_then(Value::as_str).unwrap_or_default();
        println!("{:>7} {path}", number(file, "rows"));
    }
}

fn check(
    environment: &Environment,
    system: &System,
    page: &Page,
    counts: &[(String, u64)],
    flow: &Value,
    data: &Path,
) -> Result<()> {
    let text = std::fs::read_to_string(environment.demo_data().join("expected.json"))?;
    let expected: std::collections::BTreeMap<String, u64> = serde_json::from_str(&text)?;
    ensure!(counts.len() == expected.len(), "{} audiences, {} expected", counts.len(), expected.len());
    for (audience, members) in counts {
        let wanted = expected.get(audience).with_context(|| format!("`{audience}` is not expected"))?;
        ensure!(members == wanted, "`{audience}` has {members} members, {wanted} expected");
    }
    println!("\nall {} counts are those of the oracle", counts.len());

    let tally = system.receiver.tally()?;
    let delivered =
        flow.get("delivered").and_then(Value::as_u64).context("no `delivered` in the flow's status")?;
    ensure!(
        tally.verified == tally.requests && tally.refused == 0,
        "not every signature was right: {tally:?}"
    );
    ensure!(tally.acknowledged >= delivered && delivered > 0, "{delivered} delivered, but {tally:?}");
    println!(
        "webhooks: {} signed and sent, {} verified by the receiver, {} acknowledged",
        tally.requests, tally.verified, tally.acknowledged
    );

    let mut click = Command::new("node");
    click.arg(environment.repository.join("www/click.mjs")).env("PAGE", &page.url);
    click.env("CHROMIUM_BIN", tools::chromium()?).env("SCREENSHOT", data.join("page.png"));
    let output = click.output()?;
    ensure!(output.status.success(), "the click failed: {}", String::from_utf8_lossy(&output.stderr));
    let answers: Value = serde_json::from_slice(&output.stdout)?;
    let state =
        |moment: &str| answers.get(moment).cloned().with_context(|| format!("no `{moment}` in {answers}"));
    let (before, after) = (state("before")?, state("after")?);
    println!("edge before the click: {before}\nedge after the click:  {after}");
    let just = |state: &Value| {
        state.get("audiences").is_some_and(|list| list.to_string().contains("just-redeemed-a-coupon"))
    };
    ensure!(
        !just(&before) && just(&after),
        "redeeming a coupon did not change the audiences of the same response"
    );
    ensure!(before.get("hero") != after.get("hero"), "redeeming a coupon did not change the page");
    let alone = |state: &Value| state.get("device") == state.get("audiences");
    ensure!(alone(&before) && alone(&after), "the browser alone decided otherwise than the edge");
    println!("checked");
    Ok(())
}
