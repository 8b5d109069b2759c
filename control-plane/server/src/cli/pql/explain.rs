//! `acquaint pql explain`: why somebody is in an audience or not, as a tree of terms.

use acquaint_core::eval::{Explanation, explain_run};
use acquaint_core::plan::Prepared;
use acquaint_core::time::format_instant;
use serde_json::json;

use super::super::{Error, render};
use super::profile::Profile;
use super::world::{World, refused};

/// Lists longer than this are cut for people.
const SHOWN_MAX: usize = 5;

pub(super) fn run(
    world: &World,
    text: &str,
    profile: &Profile,
    now_ms: i64,
    json: bool,
) -> Result<(), Error> {
    let explanation = explained(world, text, profile, now_ms, json)?;
    let shown = if json {
        render::json(&json!({
            "answer": explanation.value, "evaluatedAt": format_instant(now_ms), "because": explanation.to_json(),
        }))
    } else {
        said(&explanation)
    };
    render::print(&shown);
    Ok(())
}

fn explained(
    world: &World,
    text: &str,
    profile: &Profile,
    now_ms: i64,
    json: bool,
) -> Result<Explanation, Error> {
    let checked = world.compile(text).map_err(|found| refused(text, &found, json))?;
    let (program, number) = world.program(&checked)?;
    let found = explain_run(&Prepared::new(program), number, profile.subject(), now_ms);
    found.ok_or_else(|| Error::Refused("there is no such audience".into()))
}

/// `*` stands before the terms that decided.
pub(super) fn said(explanation: &Explanation) -> String {
    let mut out = match explanation.changes_at_ms {
        Some(at_ms) => format!(
            "the answer is {}, until {} by time alone\n",
            word(explanation.value),
            format_instant(at_ms)
        ),
        None => format!("the answer is {}; time alone does not change it\n", word(explanation.value)),
    };
    term(explanation, 0, &mut out);
    out
}

fn word(value: Option<bool>) -> &'static str {
    match value {
        Some(true) => "yes",
        Some(false) => "no",
        None => "unknown",
    }
}

fn term(explanation: &Explanation, depth: usize, out: &mut String) {
    let mark = if explanation.decided { '*' } else { ' ' };
    let mut notes = Vec::new();
    for seen in explanation.seen.iter().take(SHOWN_MAX) {
        notes.push(format!("{} is {}", seen.text, seen.value.to_json()));
    }
    if let Some(found) = &explanation.found {
        let more = if explanation.at_least { " or more" } else { "" };
        notes.push(format!("found {}{more}", found.to_json()));
    }
    let skipped = explanation.events.len().saturating_sub(SHOWN_MAX);
    for event in explanation.events.iter().skip(skipped) {
        let value = event.value.as_ref().map(|value| format!(" ({})", value.to_json()));
        notes.push(format!("{}{}", format_instant(event.timestamp_ms), value.unwrap_or_default()));
    }
    if let Some(at_ms) = explanation.changes_at_ms.filter(|_| depth > 0) {
        notes.push(format!("until {}", format_instant(at_ms)));
    }
    let notes = if notes.is_empty() { String::new() } else { format!("   [{}]", notes.join("; ")) };
    let indent = "  ".repeat(depth);
    *out += &format!("{mark} {indent}{:<3} {}{notes}\n", word(explanation.value), explanation.text);
    for child in &explanation.children {
        term(child, depth + 1, out);
    }
}
