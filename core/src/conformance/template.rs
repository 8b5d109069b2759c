//! A template through every stage: reading, printing, checking, rendering.

use alloc::borrow::ToOwned as _;
use alloc::collections::BTreeSet;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde_json::Value as Json;

use super::case::{Body, Outcome, Setting};
use super::evaluate::{definitions_of, subject_of};
use super::fragment;
use super::names::Names;
use super::run::{Failure, Step, failed, refused, shown, wanted};
use super::world::World;
use crate::eval;
use crate::lang::ast::Expr;
use crate::lang::template::{self, CheckedTemplate, Node, THIS, Template};
use crate::lang::{Diagnostic, schema::UnionSchema};

/// Whether a text is a template, and not one expression in braces or without.
pub(super) fn is_one(text: &str) -> bool {
    let inside = fragment::of_template(text);
    let is_block = text.trim().starts_with("{{") && inside.starts_with(['#', '!', '/', '{']);
    is_block || inside.contains("{{") || inside.contains("{%")
}

/// Runs a case.
pub(super) fn run(text: &str, body: &Body) -> Result<(), Failure> {
    let parsed = template::parse(text);
    if parsed.has_errors() {
        return turned_down(Step::Parse, &parsed.diagnostics, text, body);
    }
    let printed = template::print(&parsed.template);
    let again = template::parse(&printed);
    if again.template != parsed.template || template::print(&again.template) != printed {
        return failed(Step::Print, "text that reads back the same", printed);
    }
    if let Some(prints) = body.expected.prints.as_ref().filter(|prints| **prints != printed) {
        return failed(Step::Print, prints, printed);
    }
    let world = match &body.setting {
        Setting::World(json) => World::of_page(json),
        Setting::Sample(json) => World::of_sample(json, &names_of(&parsed.template)),
    };
    let world = world.or_else(|reason| failed(Step::Case, "a world", reason))?;
    let (checked, schema) = match check(&parsed.template, &world) {
        Ok(checked) => checked,
        Err(found) => return turned_down(Step::Check, &found, text, body),
    };
    let expected = &body.expected;
    if let Some(codes) = &expected.warnings {
        let found: BTreeSet<&str> = checked.warnings.iter().map(|warning| warning.code.as_str()).collect();
        if codes.iter().map(String::as_str).collect::<BTreeSet<_>>() != found {
            return failed(Step::Warnings, codes.join(" "), found.into_iter().collect::<Vec<_>>().join(" "));
        }
    }
    let definitions =
        definitions_of(&world, schema).or_else(|reason| failed(Step::Case, "audiences", reason))?;
    let rendered =
        eval::render(&checked.template, &definitions, subject_of(&world), &world.context, world.now_ms);
    match &expected.value {
        None => Ok(()),
        Some(Outcome::Value(Json::String(wanted))) => match rendered {
            Some(found) if found == *wanted || (expected.is_loose && same_words(&found, wanted)) => Ok(()),
            found => failed(Step::Value, wanted, found.unwrap_or_else(|| "too much".to_owned())),
        },
        Some(Outcome::Value(other)) => failed(Step::Value, other.to_string(), rendered.unwrap_or_default()),
        Some(Outcome::Errors(_) | Outcome::Days(..)) => failed(Step::Check, wanted(expected), "no error"),
    }
}

/// The documentation does not say what becomes of the white space around blocks.
fn same_words(left: &str, right: &str) -> bool {
    left.split_whitespace().eq(right.split_whitespace())
}

fn turned_down(step: Step, found: &[Diagnostic], text: &str, body: &Body) -> Result<(), Failure> {
    let codes: Vec<String> = found.iter().map(|found| found.code.clone()).collect();
    let failure = Failure { step, expected: wanted(&body.expected), found: shown(found, text) };
    refused(&body.expected, &codes, failure)
}

/// Against the first schema in which it is in order.
fn check<'w>(
    template: &Template,
    world: &'w World,
) -> Result<(CheckedTemplate, &'w UnionSchema), Vec<Diagnostic>> {
    let mut errors = Vec::new();
    for schema in &world.schemas {
        match template::check(template, schema, world) {
            Ok(checked) => return Ok((checked, schema)),
            Err(found) => errors = found,
        }
    }
    Err(errors)
}

fn names_of(template: &Template) -> Names {
    let (mut trees, mut bound) = (Vec::new(), BTreeSet::from([THIS.to_owned()]));
    collect(template, &mut trees, &mut bound);
    Names::of_all(&trees, &bound)
}

/// The expressions of a template, and the names that it binds.
fn collect<'t>(template: &'t Template, trees: &mut Vec<&'t Expr>, bound: &mut BTreeSet<String>) {
    for node in template {
        match node {
            Node::Text(_) | Node::Comment(_) => {}
            Node::Output { value, .. } => trees.push(value),
            Node::Let { name, value } => {
                trees.push(value);
                bound.insert(name.text.clone());
            }
            Node::If { branches, otherwise } => {
                for (test, body) in branches {
                    trees.push(test);
                    collect(body, trees, bound);
                }
                otherwise.iter().for_each(|body| collect(body, trees, bound));
            }
            Node::Unless { test: value, body, otherwise }
            | Node::Scope { value, body, otherwise, name: None, .. } => {
                trees.push(value);
                [Some(body), otherwise.as_ref()]
                    .into_iter()
                    .flatten()
                    .for_each(|body| collect(body, trees, bound));
            }
            Node::Scope { value, body, otherwise, name: Some(name), .. } => {
                trees.push(value);
                bound.insert(name.text.clone());
                [Some(body), otherwise.as_ref()]
                    .into_iter()
                    .flatten()
                    .for_each(|body| collect(body, trees, bound));
            }
        }
    }
}
