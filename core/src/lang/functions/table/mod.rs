//! The table: every function, in sections of ascending codes (`pql.md` 1.8 and section 6).

mod aggregate;
mod calculated;
mod list;
mod map;
mod parameters;
mod text;
mod time;

use super::super::Dialect;
use super::{Clock, Context, Family, Parameter, ResultType, Row};
use crate::value::Value;

/// A section holds the codes of one high byte, from 0x01; each ascends by code. The sixth was that of sequences, which
/// are no functions any more.
const SECTIONS: [&[Row]; 7] =
    [text::ROWS, time::ROWS, list::ROWS, map::ROWS, aggregate::ROWS, &[], calculated::ROWS];

/// Every function, in the order of the codes.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    SECTIONS.into_iter().flatten()
}

/// The row of a code.
pub(super) fn by_code(code: u16) -> Option<&'static Row> {
    let section = SECTIONS.get(usize::from(code >> 8).checked_sub(1)?)?;
    section.binary_search_by_key(&code, |row| row.code).ok().and_then(|index| section.get(index))
}

const fn row(
    family: Family,
    code: u16,
    name: &'static str,
    parameters: &'static [Parameter],
    result: ResultType,
    apply: fn(Context, &[Value]) -> Value,
    doc: &'static str,
) -> Row {
    Row { code, name, parameters, result, family, only: None, clock: Clock::Never, apply, doc }
}

const fn clocked(clock: Clock, row: Row) -> Row {
    Row { clock, ..row }
}

const fn only(dialect: Dialect, row: Row) -> Row {
    Row { only: Some(dialect), ..row }
}
