//! One case: an expression, what it is evaluated over, and what should come of it.

use alloc::string::String;
use alloc::vec::Vec;

use serde_json::{Map, Value as Json};

use crate::plan::Mode;

/// One case, or the place where one was expected.
#[derive(Clone, Debug)]
pub struct Case {
    /// The file it is from.
    pub file: String,
    /// Its id, or its line.
    pub name: String,
    /// What it is about: the category of a line, the folder of a page.
    pub category: String,
    /// The name of its dialect, as it was written.
    pub dialect: String,
    /// The expression, as it was written.
    pub expression: String,
    /// The rest; or why it cannot be read.
    pub body: Result<Body, String>,
}

/// What there is to do.
#[derive(Clone, Debug)]
pub struct Body {
    /// What the expression is written in.
    pub form: Form,
    /// What it is evaluated over.
    pub setting: Setting,
    /// What should come of it.
    pub expected: Expected,
}

/// What an expression is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// `pql/text`, also with the prefix `xdm:` before names.
    Text,
    /// `pql/json`
    Json,
    /// `ajo-personalization`: functions in call style, perhaps inside `{%= ... %}`.
    Template,
    /// `data-prep`: calculated fields of destinations (`pql.md` section 6).
    CalculatedField,
    /// `pql-legacy-2018`: patterns `{ A as path, B as path: condition }`.
    SetPattern,
}

impl Form {
    /// By the name of the dialect.
    pub fn of(dialect: &str) -> Option<Self> {
        Some(match dialect {
            "pql/text" | "pql-text-xdm-prefixed" => Self::Text,
            "pql/json" => Self::Json,
            "ajo-personalization" => Self::Template,
            "data-prep" => Self::CalculatedField,
            "pql-legacy-2018" => Self::SetPattern,
            _ => return None,
        })
    }
}

/// What an expression is evaluated over.
#[derive(Clone, Debug)]
pub enum Setting {
    /// The world of a page.
    World(Map<String, Json>),
    /// The sample of a line: values by path. Nothing is known of types beyond them.
    Sample(Map<String, Json>),
}

/// What should come of an expression; what is absent is not checked.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// Its value.
    pub value: Option<Outcome>,
    /// Whether it is an example of the documentation, which is looser: the expression may be a fragment, types of numbers
    /// are not told apart, and null is false and a list true, as audiences have it.
    pub is_loose: bool,
    /// The type of its value.
    pub result: Option<String>,
    /// The codes of the warnings.
    pub warnings: Option<Vec<String>>,
    /// The canonical text.
    pub prints: Option<String>,
    /// The JSON form.
    pub json: Option<Json>,
    /// Verdicts: `ok`, or the code of the reason.
    pub verdicts: Vec<(RuleSet, Mode, String)>,
}

/// By whose rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleSet {
    /// This engine's.
    Native,
    /// The documented ones of Adobe.
    Adobe,
}

/// What an expression comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A value.
    Value(Json),
    /// It is refused, with these codes among others.
    Errors(Vec<String>),
    /// It is true of an instant from the first millisecond of one day to the last of another, and of no other.
    Days(String, String),
}
