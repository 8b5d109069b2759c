//! The table: every function, in sections of ascending codes (`pql.md` 1.8 and section 6).

mod aggregate;
mod calculated;
mod calculated_map;
mod calculated_text;
mod calculated_time;
mod list;
mod map;
mod parameters;
mod text;
mod time;

use super::super::Dialect;
use super::{Clock, Context, Family, Parameter, ResultType, Row};
use crate::value::Value;

/// A section holds the codes of one high byte, from 0x01; each ascends by code. The sixth was that of sequences, which
/// are no functions any more. The worker is built without those of calculated fields, names and all.
const SECTIONS: [&[Row]; 10] = [
    text::ROWS,
    time::ROWS,
    list::ROWS,
    map::ROWS,
    aggregate::ROWS,
    &[],
    whole(calculated::ROWS),
    whole(calculated_text::ROWS),
    whole(calculated_time::ROWS),
    whole(calculated_map::ROWS),
];

const fn whole(rows: &'static [Row]) -> &'static [Row] {
    if WHOLE { rows } else { &[] }
}

/// Every function, in the order of the codes.
pub fn rows() -> impl Iterator<Item = &'static Row> {
    SECTIONS.into_iter().flatten()
}

/// The row of a code.
pub(super) fn by_code(code: u16) -> Option<&'static Row> {
    let section = SECTIONS.get(usize::from(code >> 8).checked_sub(1)?)?;
    section.binary_search_by_key(&code, |row| row.code).ok().and_then(|index| section.get(index))
}

/// Whether this is built with all that the control plane has.
const WHOLE: bool = cfg!(feature = "control-plane");

/// A row that only calculated fields have.
const fn of_calculated(
    code: u16,
    name: &'static str,
    parameters: &'static [Parameter],
    result: ResultType,
    apply: fn(Context, &[Value]) -> Value,
    doc: &'static str,
) -> Row {
    let row = row(Family::CalculatedField, code, name, parameters, result, apply, doc);
    not_at_edge(only(Dialect::CalculatedField, row))
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
    let doc = if WHOLE { doc } else { "" };
    Row {
        code,
        name,
        parameters,
        result,
        family,
        only: None,
        clock: Clock::Never,
        ignores_year: false,
        at_edge: true,
        apply,
        doc,
    }
}

const fn clocked(clock: Clock, row: Row) -> Row {
    Row { clock, ..row }
}

const fn only(dialect: Dialect, row: Row) -> Row {
    Row { only: Some(dialect), ..row }
}

/// The same row of a function that says where in its year a time lies.
const fn of_any_year(row: Row) -> Row {
    Row { ignores_year: true, ..row }
}

/// What writes or hashes text for receivers. The worker is kept small: what the table does not name, it is built without.
const fn not_at_edge(row: Row) -> Row {
    Row { at_edge: false, apply: if WHOLE { row.apply } else { absent }, ..row }
}

fn absent(_: Context, _: &[Value]) -> Value {
    Value::Null
}
