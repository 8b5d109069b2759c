//! A case through every stage: reading, printing, the JSON form, checking, evaluating.

use alloc::borrow::ToOwned as _;
use alloc::collections::BTreeSet;
use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt;

use serde_json::Value as Json;

use super::case::{Body, Case, Expected, Form, Outcome, RuleSet, Setting};
use super::evaluate::Evaluation;
use super::names::Names;
use super::world::World;
use super::{forms, fragment, template};
use crate::eval::ops;
use crate::lang::ast::Expr;
use crate::lang::schema::{Type, UnionSchema};
use crate::lang::{self, Checked, Diagnostic, Dialect};
use crate::limits::VALUE_DEPTH_MAX;
use crate::plan::{Mode, Modes, Verdict};
use crate::profile::Event;
use crate::time::{calendar::DAY_MS, format_instant, parse_instant};
use crate::value::{Fields, Value, fields};

/// Why a case failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// At which step.
    pub step: Step,
    /// What should have come.
    pub expected: String,
    /// What came.
    pub found: String,
}

/// The steps that a case goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Reading the case and its world.
    Case,
    /// Reading the expression.
    Parse,
    /// Printing it, and reading it back.
    Print,
    /// The JSON form and back.
    Json,
    /// Names and types.
    Check,
    /// The type of the value.
    Type,
    /// The warnings.
    Warnings,
    /// In which modes it can run.
    Verdict,
    /// The value.
    Value,
    /// Whether the evaluators agree.
    Agreement,
}

impl Step {
    /// In reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Parse => "parse",
            Self::Print => "print",
            Self::Json => "json",
            Self::Check => "check",
            Self::Type => "type",
            Self::Warnings => "warnings",
            Self::Verdict => "verdict",
            Self::Value => "value",
            Self::Agreement => "agreement",
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: expected {}, found {}", self.step.as_str(), self.expected, self.found)
    }
}

pub(super) fn failed<T>(
    step: Step,
    expected: impl Into<String>,
    found: impl Into<String>,
) -> Result<T, Failure> {
    Err(Failure { step, expected: expected.into(), found: found.into() })
}

/// Runs a case: nothing, or what was not as it should be.
pub fn run(case: &Case) -> Result<(), Failure> {
    let body = match &case.body {
        Ok(body) => body,
        Err(reason) => return failed(Step::Case, "a case", reason),
    };
    if body.form == Form::Template && template::is_one(&case.expression) {
        return template::run(&case.expression, body);
    }
    let read = match read(&case.expression, body) {
        Ok(read) => read,
        Err(Refused { codes, failure }) => return refused(&body.expected, &codes, failure),
    };
    forms::written(&read.tree, body.expected.json.as_ref())?;
    let names = Names::of(&read.tree);
    let world = match &body.setting {
        Setting::World(json) => World::of_page(json),
        Setting::Sample(json) => World::of_sample(json, &names),
    };
    let world = world.or_else(|reason| failed(Step::Case, "a world", reason))?;
    let (checked, schema) = match check(&read, body.form, &world) {
        Ok(checked) => checked,
        Err(found) => {
            let codes: Vec<String> = found.iter().map(|found| found.code.clone()).collect();
            let failure = Failure {
                step: Step::Check,
                expected: wanted(&body.expected),
                found: shown(&found, &read.text),
            };
            return refused(&body.expected, &codes, failure);
        }
    };
    if let Some(Outcome::Errors(codes)) = &body.expected.value {
        return failed(Step::Check, codes.join(" "), "no error");
    }
    types_and_warnings(&body.expected, &read, &checked)?;
    // Calculated fields have no JSON form.
    if body.form != Form::CalculatedField {
        forms::read_back(&read.tree, schema, &world, &checked)?;
    }
    let evaluation = Evaluation::new(&world, schema, checked.clone())
        .or_else(|reason| failed(Step::Case, "audiences", reason))?;
    if let Some(audience) = evaluation.audience() {
        verdicts(&body.expected, &audience.native, &audience.adobe)?;
    }
    match &body.expected.value {
        Some(Outcome::Days(first, last)) => days(&read, &names, &world, schema, &checked, [first, last])?,
        Some(Outcome::Value(expected)) => value(&body.expected, expected, &evaluation.value())?,
        Some(Outcome::Errors(_)) | None => {}
    }
    agree(&evaluation)
}

/// An expression that was read.
pub(super) struct Read {
    /// Its text; of the JSON form, as it is printed.
    pub(super) text: String,
    pub(super) tree: Expr,
    pub(super) warnings: Vec<Diagnostic>,
    /// Whether something was put around it, so that its type is not that of the whole.
    pub(super) is_fragment: bool,
}

/// An expression that was not.
pub(super) struct Refused {
    pub(super) codes: Vec<String>,
    pub(super) failure: Failure,
}

fn read(expression: &str, body: &Body) -> Result<Read, Refused> {
    let refused = |step, found: String| {
        let failure = Failure { step, expected: wanted(&body.expected), found };
        Refused { codes: Vec::new(), failure }
    };
    let (text, is_fragment) = match body.form {
        Form::Json => return forms::read(expression, body),
        Form::Template => (fragment::of_template(expression).to_owned(), false),
        Form::SetPattern => {
            (fragment::of_set_pattern(expression).map_err(|reason| refused(Step::Parse, reason))?, false)
        }
        Form::Text | Form::CalculatedField if body.expected.is_loose => {
            let whole = fragment::whole(expression);
            let is_fragment = whole != expression;
            (whole, is_fragment)
        }
        Form::Text | Form::CalculatedField => (expression.to_owned(), false),
    };
    let parsed = lang::parse(&text);
    if parsed.has_errors() {
        let codes = parsed.diagnostics.iter().map(|found| found.code.clone()).collect();
        let failure = Failure {
            step: Step::Parse,
            expected: wanted(&body.expected),
            found: shown(&parsed.diagnostics, &text),
        };
        return Err(Refused { codes, failure });
    }
    let printed = lang::print(&parsed.tree);
    let again = lang::parse(&printed);
    if again.tree != parsed.tree || lang::print(&again.tree) != printed {
        let failure = Failure {
            step: Step::Print,
            expected: "text that reads back the same".to_owned(),
            found: printed,
        };
        return Err(Refused { codes: Vec::new(), failure });
    }
    if let Some(prints) = body.expected.prints.as_ref().filter(|prints| **prints != printed) {
        let failure = Failure { step: Step::Print, expected: prints.clone(), found: printed };
        return Err(Refused { codes: Vec::new(), failure });
    }
    Ok(Read { text, tree: parsed.tree, warnings: parsed.diagnostics, is_fragment })
}

/// Checks against the first schema in which it is in order; the errors are those of the last.
fn check<'w>(
    read: &Read,
    form: Form,
    world: &'w World,
) -> Result<(Checked, &'w UnionSchema), Vec<Diagnostic>> {
    let dialect = match form {
        Form::CalculatedField => Dialect::CalculatedField,
        Form::Text | Form::Json | Form::Template | Form::SetPattern => Dialect::Pql,
    };
    let mut errors = Vec::new();
    for schema in &world.schemas {
        match lang::check_in(dialect, &read.tree, schema, world) {
            Ok(checked) => return Ok((checked, schema)),
            Err(found) => errors = found,
        }
    }
    Err(errors)
}

/// An expression that was refused is as it should be if these codes were expected.
pub(super) fn refused(expected: &Expected, codes: &[String], failure: Failure) -> Result<(), Failure> {
    match &expected.value {
        Some(Outcome::Errors(wanted))
            if !codes.is_empty() && wanted.iter().all(|code| codes.contains(code)) =>
        {
            Ok(())
        }
        Some(_) | None => Err(failure),
    }
}

/// What is expected, for messages.
pub(super) fn wanted(expected: &Expected) -> String {
    match &expected.value {
        Some(Outcome::Value(value)) => value.to_string(),
        Some(Outcome::Errors(codes)) => codes.join(" "),
        Some(Outcome::Days(first, last)) => format!("{first} .. {last}"),
        None => "an expression in order".to_owned(),
    }
}

pub(super) fn shown(found: &[Diagnostic], text: &str) -> String {
    let shown: Vec<String> = found.iter().map(|found| found.render(text).trim_end().to_owned()).collect();
    shown.join("\n")
}

fn types_and_warnings(expected: &Expected, read: &Read, checked: &Checked) -> Result<(), Failure> {
    if let Some(name) = expected.result.as_ref().filter(|_| !read.is_fragment)
        && !fits(name, &checked.result, expected.is_loose)
    {
        return failed(Step::Type, name, name_of(&checked.result));
    }
    let Some(codes) = &expected.warnings else { return Ok(()) };
    let found: BTreeSet<&str> =
        read.warnings.iter().chain(&checked.warnings).map(|warning| warning.code.as_str()).collect();
    if codes.iter().map(String::as_str).collect::<BTreeSet<_>>() != found {
        return failed(Step::Warnings, format!("{codes:?}"), format!("{found:?}"));
    }
    Ok(())
}

/// Whether a type is what is expected. The documentation is loose with numbers, and what an array holds.
fn fits(expected: &str, found: &Type, is_loose: bool) -> bool {
    let name = name_of(found);
    let head = |name: &str| name.split('[').next().unwrap_or_default().to_owned();
    if !is_loose {
        return expected == name || (!expected.contains('[') && expected == head(&name));
    }
    match &*head(expected).to_lowercase() {
        "number" | "double" | "decimal" | "long" | "integer" | "int" => found.is_number(),
        "array" | "list" => matches!(found, Type::Any | Type::List(_)),
        // What is computed of fields of which nothing is known may be computed key by key.
        "map" | "object" => matches!(found, Type::Any | Type::Map(_) | Type::Object(_) | Type::Number),
        "date" | "datetime" | "date-time" | "timestamp" => found.is_instant(),
        "string" => matches!(found, Type::Any | Type::String),
        "boolean" => matches!(found, Type::Any | Type::Boolean | Type::List(_)),
        _ => true,
    }
}

/// `Array[Map[String,Integer]]`
fn name_of(found: &Type) -> String {
    match found {
        Type::Any => "Any".to_owned(),
        Type::Boolean => "Boolean".to_owned(),
        Type::Integer => "Integer".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::String => "String".to_owned(),
        Type::Date => "Date".to_owned(),
        Type::DateTime => "DateTime".to_owned(),
        Type::List(item) => format!("Array[{}]", name_of(item)),
        Type::Map(value) => format!("Map[String,{}]", name_of(value)),
        Type::Object(_) => "Object".to_owned(),
    }
}

fn verdicts(expected: &Expected, native: &Modes, adobe: &Modes) -> Result<(), Failure> {
    for (rules, mode, wanted) in &expected.verdicts {
        let modes = match rules {
            RuleSet::Native => native,
            RuleSet::Adobe => adobe,
        };
        let found = match modes.of(*mode) {
            Verdict::Ok { .. } => "ok",
            Verdict::No { code, .. } => code,
        };
        if found != wanted {
            let name = match mode {
                Mode::Edge => "edge",
                Mode::Streaming => "streaming",
                Mode::Batch => "batch",
            };
            return failed(Step::Verdict, format!("{rules:?} {name} {wanted}"), found);
        }
    }
    Ok(())
}

fn value(expected: &Expected, wanted: &Json, found: &Value) -> Result<(), Failure> {
    let value = Value::from_json(wanted, VALUE_DEPTH_MAX)
        .or_else(|error| failed(Step::Case, "a value", error.to_string()))?;
    let same =
        found.equals(&value) || (*found == Value::Null && value == Value::Null) || same_items(found, &value);
    let as_answer =
        expected.is_loose && matches!(value, Value::Boolean(wanted) if wanted == ops::truth(found));
    if same || as_answer {
        Ok(())
    } else {
        failed(Step::Value, wanted.to_string(), found.to_json().to_string())
    }
}

/// Equality that holds for nulls among items too.
fn same_items(found: &Value, expected: &Value) -> bool {
    match (found, expected) {
        (Value::List(found), Value::List(expected)) => {
            found.len() == expected.len()
                && found.iter().zip(expected).all(|(found, expected)| same_items(found, expected))
        }
        (Value::Object(found), Value::Object(expected)) => {
            found.len() == expected.len()
                && found
                    .iter()
                    .zip(expected)
                    .all(|(found, expected)| found.0 == expected.0 && same_items(found.1, expected.1))
        }
        (Value::Null, Value::Null) => true,
        (found, expected) => found.equals(expected),
    }
}

fn agree(evaluation: &Evaluation<'_>) -> Result<(), Failure> {
    match evaluation.disagreement() {
        Some(disagreement) => failed(Step::Agreement, "one answer", disagreement),
        None => Ok(()),
    }
}

/// An instant at either end of the days is found, and none just outside.
fn days(
    read: &Read,
    names: &Names,
    world: &World,
    schema: &UnionSchema,
    checked: &Checked,
    [first, last]: [&String; 2],
) -> Result<(), Failure> {
    let (Some(start_ms), Some(last_ms)) = (parse_instant(first), parse_instant(last)) else {
        return failed(Step::Case, "two days", format!("{first} .. {last}"));
    };
    let end_ms = last_ms.saturating_add(DAY_MS);
    for (at_ms, expected) in [(start_ms - 1, false), (start_ms, true), (end_ms - 1, true), (end_ms, false)] {
        let mut at = World { now_ms: world.now_ms, has_every_audience: true, ..World::default() };
        let paths: Vec<String> = names.paths.iter().map(|path| path.join(".")).collect();
        match &*paths {
            [path] if !read.is_fragment => {
                let instant = Value::String(format_instant(at_ms));
                fields::insert_path(&mut at.attributes, path, instant)
                    .or_else(|error| failed(Step::Case, "a path", error.to_string()))?;
            }
            _ => at.events.push(Event { id: "1".into(), timestamp_ms: at_ms, fields: Fields::new() }),
        }
        let evaluation = Evaluation::new(&at, schema, checked.clone())
            .or_else(|reason| failed(Step::Case, "audiences", reason))?;
        let found = evaluation.value();
        if ops::truth(&found) != expected {
            let shown = format!("{} at {}", found.to_json(), format_instant(at_ms));
            return failed(Step::Value, format!("{expected} at {}", format_instant(at_ms)), shown);
        }
        agree(&evaluation)?;
    }
    Ok(())
}
