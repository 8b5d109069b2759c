//! `acquaint pql check`: what a rule is, and in which modes it can run, by our rules and by the documented ones.

use acquaint_core::lang::Checked;
use acquaint_core::plan::{AudienceFacts, LookBack, Mode, Modes, Verdict};
use serde_json::{Value, json};

use super::super::{Error, render};
use super::world::{World, refused, shown, told};

const DAY_MS: i64 = 86_400_000;

pub(super) fn run(world: &World, text: &str, as_json: bool) -> Result<(), Error> {
    let checked = world.compile(text).map_err(|found| refused(text, &found, as_json))?;
    let (program, number) = world.program(&checked)?;
    let facts = program.facts().get(number as usize).copied();
    let audience = program.audiences.get(number as usize).zip(facts);
    let Some((audience, facts)) = audience else {
        return Err(Error::Refused("the rule makes no program".into()));
    };
    let rules = [("native", &audience.native), ("adobe", &audience.adobe)];
    if as_json {
        let answer = json!({
            "type": format!("{:?}", checked.result),
            "verdicts": {"native": audience.native, "adobe": audience.adobe},
            "facts": facts,
            "diagnostics": shown(text, &checked.warnings),
        });
        render::print(&render::json(&answer));
    } else {
        render::print(&said(text, &checked, &rules, &facts));
    }
    Ok(())
}

fn said(text: &str, checked: &Checked, rules: &[(&str, &Modes); 2], facts: &AudienceFacts) -> String {
    let mut out = String::new();
    if !checked.warnings.is_empty() {
        out += &told(text, &checked.warnings);
        out.push('\n');
    }
    out += &format!("the rule is in order; its value is {:?}\n\n", checked.result);
    let modes = [("edge", Mode::Edge), ("streaming", Mode::Streaming), ("batch", Mode::Batch)];
    let cell = |verdict: &Verdict| match verdict {
        Verdict::Ok { .. } => "ok".to_owned(),
        Verdict::No { code, .. } => code.clone(),
    };
    let rows: Vec<Vec<String>> = modes
        .iter()
        .map(|(name, mode)| {
            let cells = rules.iter().map(|(_, of)| cell(of.of(*mode)));
            std::iter::once((*name).to_owned()).chain(cells).collect()
        })
        .collect();
    out += &render::table(&["mode", "native", "adobe"], &rows);
    for reason in reasons(rules) {
        out += &format!("\n{reason}\n");
    }
    let AudienceFacts { look_back_ms, leaves, shared_leaves, state_bytes_max, cost_ns } = facts;
    let look_back = match look_back_ms {
        LookBack::Nothing => "reads no events".into(),
        LookBack::Milliseconds(ms) if ms % DAY_MS == 0 => format!("{} days ({ms} ms)", ms / DAY_MS),
        LookBack::Milliseconds(ms) => format!("{ms} ms"),
        LookBack::Unbounded => "unbounded".into(),
    };
    out += &format!(
        "\nlook-back  {look_back}\nleaves     {leaves}, {shared_leaves} of them shared with other audiences\n\
         state      {state_bytes_max} bytes at most for one profile\ncost       about {cost_ns} ns for one answer\n"
    );
    out
}

/// Each reason once.
fn reasons(rules: &[(&str, &Modes); 2]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (_, modes) in rules {
        for mode in [Mode::Edge, Mode::Streaming, Mode::Batch] {
            if let Verdict::No { code, reason, help } = modes.of(mode) {
                let told = format!("{code}: {reason}\n    help: {help}");
                if !found.contains(&told) {
                    found.push(told);
                }
            }
        }
    }
    found
}

/// For tools: the value as JSON with its type.
pub(super) fn valued(value: &Value, checked: &Checked, now_ms: i64) -> String {
    let now = acquaint_core::time::format_instant(now_ms);
    render::json(&json!({"value": value, "type": format!("{:?}", checked.result), "now": now}))
}
