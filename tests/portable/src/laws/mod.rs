//! What must hold of every generated world. Each law draws what else it needs, adds what it saw to the digest, and says
//! in words what it found broken.

mod agreement;
mod bytes;
mod deadlines;
mod folding;
mod programs;
mod scores;

use acquaint_core::eval;
use acquaint_core::id::AudienceId;
use acquaint_core::plan::program::Definition;
use acquaint_core::plan::{Audience, Mode, Prepared};
use acquaint_core::profile::Event;
use acquaint_core::value::Value;
use serde::Serialize;
use xxhash_rust::xxh3::Xxh3;

use crate::choices::Choices;
use crate::world::World;

/// What is broken, in words.
pub type Law = Result<(), String>;

/// A law, by name.
pub type Named = (&'static str, fn(&World, &mut Choices, &mut Seen) -> Law);

/// Every law, in the order in which they are tried.
pub const LAWS: [Named; 12] = [
    ("forms", forms),
    ("agreement", agreement::every_evaluator_agrees),
    ("values", agreement::values_are_the_same),
    ("deadlines", deadlines::nothing_changes_between_deadlines),
    ("folding", folding::any_arrival_gives_the_same_state),
    ("merging", folding::profiles_become_one_and_two),
    ("unfolding", folding::what_is_taken_out_was_never_there),
    ("slices", programs::what_is_read_is_enough),
    ("edge", programs::the_edge_answers_as_the_hub),
    ("migration", programs::a_changed_program_answers_as_if_it_had_always_been),
    ("bytes", bytes::bytes_survive),
    ("scores", scores::folded_scores_are_those_of_all_events),
];

/// What was seen while laws were tried.
#[derive(Default)]
pub struct Seen {
    /// Audiences decided for a profile at an instant, by every evaluator.
    pub cases: u64,
    /// How many answers were "in".
    pub members: u64,
    /// How many folded answers there were.
    pub folded: u64,
    /// Deadlines that were passed.
    pub deadlines: u64,
    digest: Xxh3,
}

impl Seen {
    /// Adds a value to the digest.
    pub fn add(&mut self, value: &impl Serialize) {
        self.digest.update(&postcard::to_allocvec(value).unwrap());
    }

    /// The digest so far.
    pub fn digest(&self) -> u64 {
        self.digest.digest()
    }
}

/// Texts are read back from every form they have.
fn forms(world: &World, _: &mut Choices, seen: &mut Seen) -> Law {
    seen.add(&world.audiences.printed);
    for written in &world.audiences.written {
        let codes = |diagnostics: &[acquaint_core::lang::Diagnostic]| {
            diagnostics.iter().map(|found| format!("{found:?}")).collect::<Vec<_>>()
        };
        seen.add(&match &written.checked {
            Ok(checked) => codes(&checked.warnings),
            Err(errors) => codes(errors),
        });
    }
    world.audiences.broken.first().map_or(Ok(()), |broken| Err(broken.clone()))
}

/// The specification's answers, in the order of the program.
fn naive(world: &World, program: &Prepared, events: &[Event], now_ms: i64) -> Vec<bool> {
    answers(world, &world.audiences.definitions, program, events, now_ms)
}

/// The same as it is where only folded events are known: a batch audience that is referred to is what it was last time.
pub fn naive_without_batch(world: &World, program: &Prepared, events: &[Event], now_ms: i64) -> Vec<bool> {
    if !world.audiences.refers_to_batch() {
        return naive(world, program, events, now_ms);
    }
    let known: Vec<Definition> =
        world.audiences.definitions.iter().filter(|it| it.mode != Mode::Batch).cloned().collect();
    answers(world, &known, program, events, now_ms)
}

fn answers(
    world: &World,
    known: &[Definition],
    program: &Prepared,
    events: &[Event],
    now_ms: i64,
) -> Vec<bool> {
    let subject = world.subject(events);
    let answer = |audience: &Audience| {
        let expr = &definition(world, &audience.id).checked.expr;
        truth(&eval::naive(expr, known, subject, now_ms))
    };
    program.audiences.iter().map(answer).collect()
}

fn definition<'a>(world: &'a World, id: &AudienceId) -> &'a Definition {
    world.audiences.definitions.iter().find(|definition| definition.id == *id).unwrap()
}

/// What a value means for an audience (`pql.md` 1.4).
fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Boolean(value) => *value,
        Value::List(items) => !items.is_empty(),
        Value::Integer(_) | Value::Double(_) | Value::Time(_) | Value::String(_) | Value::Object(_) => true,
    }
}

/// The audiences about which two rows of answers differ, for people.
fn differing<T: PartialEq + std::fmt::Debug>(program: &Prepared, found: &[T], wanted: &[T]) -> String {
    let pairs = program.audiences.iter().zip(found.iter().zip(wanted));
    let differing = pairs.filter(|(_, (found, wanted))| found != wanted);
    let said =
        differing.map(|(audience, (found, wanted))| format!("{}: {found:?}, not {wanted:?}", audience.id));
    said.collect::<Vec<_>>().join("; ")
}
