//! The value model shared by profiles, events, literals and evaluation. JSON-shaped, plus instants.

mod compare;
mod decode;
pub mod fields;
mod json;

use alloc::collections::BTreeMap;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use crate::time::{Interval, parse_date, parse_instant};

/// Fields by name. Ordered, so that the same value always has the same bytes.
pub type Fields = BTreeMap<String, Value>;

/// One value. Objects never hold `Null`: a missing field and a null field are the same thing (`pql.md` 1.4).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub enum Value {
    /// Missing.
    #[default]
    Null,
    /// true or false.
    Boolean(bool),
    /// Any whole XDM number.
    Integer(i64),
    /// Any other XDM number; never NaN or infinite.
    Double(f64),
    /// Milliseconds since the epoch, UTC. Only expressions make it: stored date-times are text or integers.
    Time(i64),
    /// Text.
    String(String),
    /// An array.
    List(Vec<Value>),
    /// An object or a map.
    Object(Fields),
}

/// Why something is not a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nested too deeply.
    #[error("nested deeper than the {max} levels allowed")]
    TooDeep {
        /// The limit.
        max: usize,
    },
    /// A path into fields that cannot be followed.
    #[error("`{path}` leads through `{at}`, which is {found} and not an object")]
    NotAnObject {
        /// The whole path.
        path: String,
        /// The step that is not an object.
        at: String,
        /// What it is.
        found: &'static str,
    },
    /// A path with an empty step.
    #[error("`{path}` is not a path: a step is empty")]
    EmptyStep {
        /// The whole path.
        path: String,
    },
}

impl Value {
    /// A number, or `Null` if it is NaN or infinite.
    pub fn double(number: f64) -> Self {
        if number.is_finite() { Self::Double(number) } else { Self::Null }
    }

    /// What kind of value it is, for messages: `a string`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Integer(_) => "an integer",
            Self::Double(_) => "a number",
            Self::Time(_) => "a date-time",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// The text, if it is text.
    pub fn as_str(&self) -> Option<&str> {
        if let Self::String(text) = self { Some(text) } else { None }
    }

    /// The number as floating point, if it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "the nearest number is what is wanted")]
            Self::Integer(number) => Some(*number as f64),
            Self::Double(number) => Some(*number),
            Self::Null
            | Self::Boolean(_)
            | Self::Time(_)
            | Self::String(_)
            | Self::List(_)
            | Self::Object(_) => None,
        }
    }

    /// The instant it stands for: a time, an integer of milliseconds, or the text of a date or date-time
    /// (`pql.md` 1.7).
    pub fn as_instant_ms(&self) -> Option<i64> {
        match self {
            Self::Time(timestamp_ms) | Self::Integer(timestamp_ms) => Some(*timestamp_ms),
            Self::String(text) => parse_instant(text),
            Self::Null | Self::Boolean(_) | Self::Double(_) | Self::List(_) | Self::Object(_) => None,
        }
    }

    /// The interval it stands for as an anchor of `occurs`: the whole day for the text of a date (which is also what
    /// `date(y, m, d)` makes), else the instant.
    pub fn as_interval(&self) -> Option<Interval> {
        match self.as_str().and_then(parse_date) {
            Some(start_ms) => Some(Interval::day(start_ms)),
            None => self.as_instant_ms().map(Interval::instant),
        }
    }

    /// Itself without the `Null` fields of its objects, at any depth; `Null` items of lists stay.
    pub fn without_nulls(self) -> Self {
        match self {
            Self::Object(fields) => Self::Object(fields::without_nulls(fields)),
            Self::List(items) => Self::List(items.into_iter().map(Self::without_nulls).collect()),
            Self::Null
            | Self::Boolean(_)
            | Self::Integer(_)
            | Self::Double(_)
            | Self::Time(_)
            | Self::String(_) => self,
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Boolean(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(value.into())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(value)
    }
}
