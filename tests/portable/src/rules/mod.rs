//! Rule sets, profiles and events to measure with: made from numbers, so that every run measures the same.

pub mod audience;
pub mod condition;
#[cfg(target_arch = "wasm32")]
pub mod exports;
pub mod profile;
mod random;
pub mod timed;

pub use random::Random;

use acquaint_core::lang::schema::UnionSchema;
use acquaint_core::lang::{self, AudienceDirectory};
use acquaint_core::plan::Mode;
use acquaint_core::plan::program::{Definition, Program};

/// The instant of evaluation.
pub const NOW_MS: i64 = 1_700_000_000_000;

/// The schema that everything here is checked against.
pub fn schema() -> UnionSchema {
    UnionSchema { profile: profile::types(), event: audience::types() }
}

struct NoAudiences;

impl AudienceDirectory for NoAudiences {
    fn contains(&self, _id: &str) -> bool {
        false
    }
}

/// The program of texts; what a text is refused for, if one is.
pub fn program(texts: impl IntoIterator<Item = String>) -> Result<Program, String> {
    let schema = schema();
    let definition = |(number, text): (usize, String)| {
        let checked =
            lang::compile(&text, &schema, &NoAudiences).map_err(|found| format!("{text}: {found:?}"))?;
        Ok(Definition { id: format!("audience-{number:04}").as_str().into(), mode: Mode::Edge, checked })
    };
    let definitions: Result<Vec<Definition>, String> =
        texts.into_iter().enumerate().map(definition).collect();
    Program::build(&definitions?).map_err(|error| error.to_string())
}

/// The program of the first so many audiences.
pub fn audiences(count: usize) -> Result<Program, String> {
    program((0..count).map(audience::audience))
}

/// The program of the first so many rules of four conditions.
pub fn rules(count: usize) -> Result<Program, String> {
    program((0..count).map(|number| condition::pql(&condition::rule(number))))
}
