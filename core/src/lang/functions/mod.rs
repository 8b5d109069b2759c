//! The function library: one table. Adding a function is adding a row to a section of [`table`], and its `fn`.

mod address;
pub mod aggregate;
mod array;
mod calculated;
mod clock;
mod convert;
mod date;
mod date_names;
mod date_pattern;
mod date_read;
mod date_shift;
mod decimal;
mod digest;
mod format;
mod lift;
mod locale;
mod map;
pub mod pattern;
mod prep;
mod string;
mod table;
mod template;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub(crate) use date_pattern::{Use as PatternUse, can_name, validate as validate_date_pattern};
pub(crate) use locale::{find as find_locale, names as locale_names};
pub use pattern::validate_regex;
pub(crate) use prep::offset_minutes;
pub use table::rows;

use super::Dialect;
use crate::value::Value;

/// A row of the table, by its stable code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Function(pub u16);

/// What a function may know besides its arguments.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// The instant of evaluation.
    pub now_ms: i64,
}

/// One function. The receiver (`s` of `s.contains(t)`) is the first argument.
#[derive(Debug)]
pub struct Row {
    /// Stable: stored in programs. Never given to another function.
    pub code: u16,
    /// Its name in text.
    pub name: &'static str,
    /// Its parameters, receiver first.
    pub parameters: &'static [Parameter],
    /// What it gives.
    pub result: ResultType,
    /// What it has to do with: the section of the documentation it belongs to.
    pub family: Family,
    /// The dialect that alone has it; none if every dialect does.
    pub only: Option<Dialect>,
    /// What of the instant of evaluation the answer depends on.
    pub clock: Clock,
    /// Whether it says of a time where in its year it lies, and not in which year.
    pub ignores_year: bool,
    /// Whether the edge computes it. What it does not is left out of the worker, and an audience that asks for it cannot
    /// run there.
    pub at_edge: bool,
    /// Computes it. Total: any arguments of any types in any number give a value, `Null` if nothing else.
    pub apply: fn(Context, &[Value]) -> Value,
    /// What it means, for people; nothing in the worker.
    pub doc: &'static str,
}

/// What of the instant of evaluation an answer depends on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Nothing.
    Never,
    /// Its day: it can only change at midnight, UTC.
    Day,
    /// All of it: it can change at any time, so that nobody can say when an audience is left. Such an audience runs as
    /// batch only.
    Instant,
}

/// What functions have to do with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the names are the titles")]
pub enum Family {
    Matching,
    Pattern,
    Text,
    Address,
    Digest,
    Number,
    Format,
    Time,
    List,
    Map,
    Aggregate,
    CalculatedField,
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name, for messages.
    pub name: &'static str,
    /// What it takes.
    pub kind: ParameterType,
    /// Whether it must be there.
    pub presence: Presence,
}

/// Whether an argument must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It must.
    Required,
    /// It may.
    Optional,
    /// Any number of them, none included; only last.
    Repeated,
}

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParameterType {
    /// Anything.
    Any,
    /// true or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Text, or a list of texts (a projected array), of which any may match.
    String,
    /// Text that is a regular expression; a literal one is checked with [`validate_regex`].
    Regex,
    /// Text that may stand for an instant, or an instant.
    Dated,
    /// Text that says how to write a time; a literal one is checked.
    DateFormat,
    /// Text that says how a time is written; a literal one is checked.
    DateNotation,
    /// Text that names a locale, `en_GB`; a literal one is checked.
    Locale,
    /// Text that names a time zone by its offset, `+01:00`; a literal one is checked.
    Zone,
    /// A date, a date-time, or a list of them.
    Instant,
    /// A list of anything.
    List,
    /// A map or object.
    Map,
    /// Something comparable with the items of the list that is the given argument.
    ItemOf(usize),
    /// An expression over one item of argument 0. The function is given the list of its values, one for every item
    /// and in the same order, nulls included (`Map { source: argument 0, .. }`), at this place.
    PerItem,
    /// An expression over one item of argument 0. The list of its values takes the place of argument 0, and this
    /// argument is dropped: `A.sum(e)` is `A.map(e).sum()`.
    PerItemInstead,
}

/// What a function gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResultType {
    /// true or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// Text.
    String,
    /// A day.
    Date,
    /// An instant.
    DateTime,
    /// What cannot be said before.
    Any,
    /// The type of the given argument.
    SameAs(usize),
    /// The type of the items of the list that is the given argument.
    ItemOf(usize),
    /// The type of the values of the map that is the given argument.
    ValueOf(usize),
    /// A list of anything.
    List,
    /// A list of text.
    ListOfStrings,
    /// A list of the values of the map that is the given argument.
    ListOfValuesOf(usize),
    /// A list of the entries of the map that is the given argument, each an object with `key` and `value`.
    ListOfEntriesOf(usize),
    /// A map from text to values of the type of the given argument.
    MapOf(usize),
}

impl Row {
    /// The function of this row.
    pub fn function(&self) -> Function {
        Function(self.code)
    }

    /// Whether a dialect has it.
    pub fn is_in(&self, dialect: Dialect) -> bool {
        self.only.is_none_or(|only| only == dialect)
    }

    /// The fewest and the most arguments it takes, receiver and per-item expressions included.
    pub fn arity(&self) -> (usize, usize) {
        let required =
            self.parameters.iter().filter(|parameter| parameter.presence == Presence::Required).count();
        let repeated = self.parameters.iter().any(|parameter| parameter.presence == Presence::Repeated);
        (required, if repeated { usize::MAX } else { self.parameters.len() })
    }

    /// The parameter that takes the argument at an index.
    pub fn parameter(&self, index: usize) -> Option<&'static Parameter> {
        self.parameters
            .get(index)
            .or_else(|| self.parameters.last().filter(|last| last.presence == Presence::Repeated))
    }
}

impl Function {
    /// Its row; `None` for a code this version does not know.
    pub fn row(self) -> Option<&'static Row> {
        table::by_code(self.0)
    }

    /// Applies it; `Null` for a code this version does not know.
    pub fn apply(self, context: Context, arguments: &[Value]) -> Value {
        self.row().map_or(Value::Null, |row| (row.apply)(context, arguments))
    }
}

/// The row of a name in PQL.
pub fn find(name: &str) -> Option<&'static Row> {
    find_in(Dialect::Pql, name)
}

/// The row of a name in a dialect.
pub fn find_in(dialect: Dialect, name: &str) -> Option<&'static Row> {
    rows().find(|row| row.name == name && row.is_in(dialect))
}

/// All names of a dialect, for suggestions.
pub fn names_in(dialect: Dialect) -> impl Iterator<Item = &'static str> {
    rows().filter(move |row| row.is_in(dialect)).map(|row| row.name)
}
