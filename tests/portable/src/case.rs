//! One generated world, put to every law.

use std::fmt::Write as _;

use acquaint_core::value::fields;
use serde_json::json;

use crate::choices::Choices;
use crate::laws::{LAWS, Seen};
use crate::world::World;

/// What came of a world.
pub struct Outcome {
    /// Figures and digest.
    pub seen: Seen,
    /// Of each law, by name, the digest up to its end.
    pub digests: Vec<(&'static str, u64)>,
    /// Texts that were written, and how many of them have no error.
    pub texts: u64,
    pub checked: u64,
    /// The first law that is broken, and how.
    pub broken: Option<String>,
}

/// Puts the world of some choices to every law.
pub fn decide(choices: &mut Choices) -> Outcome {
    let world = World::new(choices);
    let mut seen = Seen::default();
    let mut digests = Vec::new();
    let mut broken = None;
    for (name, law) in LAWS {
        if let Err(found) = law(&world, choices, &mut seen) {
            broken.get_or_insert_with(|| format!("{name}: {found}"));
        }
        digests.push((name, seen.digest()));
    }
    let checked = world.audiences.written.iter().filter(|written| written.checked.is_ok()).count();
    Outcome { seen, digests, texts: world.audiences.written.len() as u64, checked: checked as u64, broken }
}

/// The world of some choices and what came of it, for people.
pub fn describe(choices: &mut Choices) -> String {
    let world = World::new(&mut choices.clone());
    let outcome = decide(choices);
    let mut out = String::new();
    for written in &world.audiences.written {
        let _ = writeln!(out, "text        {}", written.text);
        if let Err(errors) = &written.checked {
            for error in errors {
                let _ = writeln!(out, "            {} {}", error.code, error.message);
            }
        }
    }
    for definition in &world.audiences.definitions {
        let _ = writeln!(out, "audience    {} {:?}", definition.id, definition.mode);
    }
    let _ = writeln!(out, "profile     {}", json!(fields::to_json(&world.attributes)));
    let _ = writeln!(out, "memberships {:?}", world.memberships);
    for event in &world.events {
        let (id, at_ms) = (&event.id, event.timestamp_ms);
        let _ = writeln!(out, "event       {id} {at_ms} {}", json!(fields::to_json(&event.fields)));
    }
    for (law, digest) in &outcome.digests {
        let _ = writeln!(out, "digest      {digest:016x} {law}");
    }
    if let Some(broken) = &outcome.broken {
        let _ = writeln!(out, "broken      {broken}");
    }
    out
}
