//! The rules of all audiences, the calculated fields of dataflows and the rankings of offers: they must type-check against the schemas. Rules
//! refer to each other without a circle, and run in the mode they ask for.

use acquaint_core::lang::diagnostic::code::NEEDS_DECISION;
use acquaint_core::lang::{Diagnostic, Severity};
use acquaint_engine::compile::{self, Compiled, Problem, code};
use acquaint_store::catalog::{Catalog, FieldSource, calculated};

use super::{Finding, Kind, Subject, offers};

/// Everything that is wrong with the expressions, or what the rules compile to.
pub(crate) fn check(catalog: &Catalog) -> Result<Compiled, Vec<Finding>> {
    let compiled = compile::check_catalog(catalog).map_err(|problems| findings(catalog, &problems));
    let mut others = calculated_fields(catalog);
    others.extend(offers::rankings(catalog));
    match compiled {
        Ok(compiled) if others.is_empty() => Ok(compiled),
        Ok(_) => Err(others),
        Err(rules) => Err(rules.into_iter().chain(others).collect()),
    }
}

/// What should be said of rules that can be used all the same.
pub(crate) fn warnings(catalog: &Catalog, compiled: &Compiled) -> Vec<Finding> {
    let mut warnings = Vec::new();
    for definition in &compiled.definitions {
        for diagnostic in &definition.checked.warnings {
            warnings.push(finding(catalog, definition.id.as_str(), diagnostic));
        }
    }
    warnings
}

fn findings(catalog: &Catalog, problems: &[Problem]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for problem in problems {
        let errors = problem.diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
        for diagnostic in errors {
            findings.push(finding(catalog, &problem.audience, diagnostic));
        }
    }
    findings
}

/// What is wrong with calculated fields. Schemas that do not fit together are told of with the rules.
fn calculated_fields(catalog: &Catalog) -> Vec<Finding> {
    let Ok(schema) = compile::union_of(catalog.schemas.values()) else { return Vec::new() };
    let mut findings = Vec::new();
    for (id, dataflow) in &catalog.dataflows {
        let subject = Subject::new(Kind::Dataflow, id);
        for (index, field) in dataflow.mapping.iter().enumerate() {
            let FieldSource::Calculated(text) = &field.source else { continue };
            let pointer = format!("/mapping/{index}/calculated");
            let found = calculated::compile(catalog, &schema, text).err().unwrap_or_default();
            let errors = found.iter().filter(|diagnostic| diagnostic.severity == Severity::Error);
            findings.extend(errors.map(|error| Finding::of_diagnostic(&subject, &pointer, text, error)));
        }
    }
    findings
}

fn finding(catalog: &Catalog, audience: &str, diagnostic: &Diagnostic) -> Finding {
    let text = catalog.audiences.get(audience).map(|audience| audience.expression.value.as_str());
    let subject = Subject::new(Kind::Audience, audience);
    let about = |pointer: &str| {
        let finding = Finding::about(&subject, pointer, &diagnostic.code, diagnostic.message.clone());
        Finding { help: diagnostic.help.clone(), ..finding }
    };
    match (diagnostic.code.as_str(), text) {
        (code::SEVERAL_MODES, _) => about("/evaluationInfo"),
        // In no mode at all: it is the rule that has to change.
        (NEEDS_DECISION, _) => about("/expression/value"),
        (verdict, _) if verdict.starts_with("PQL06") => about("/evaluationInfo"),
        // About the schemas together, and so about no audience.
        (code::SCHEMA, _) | (_, None) => Finding { kind: String::new(), ..about("") },
        (_, Some(text)) => Finding::of_diagnostic(&subject, "/expression/value", text, diagnostic),
    }
}
