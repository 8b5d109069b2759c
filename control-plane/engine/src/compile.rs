//! A catalogue to a program, and what is wrong with an audience. The API asks here before it saves a definition, so the
//! engine never meets a catalogue that does not compile.

use std::collections::BTreeMap;

use acquaint_core::id::AudienceId;
use acquaint_core::lang;
use acquaint_core::lang::diagnostic::{Diagnostic, Severity, Span};
use acquaint_core::lang::schema::UnionSchema;
use acquaint_core::plan::program::{self, Definition};
use acquaint_core::plan::{AudienceFacts, Mode, Modes, Program, Verdict};
pub use acquaint_store::catalog::calculated::{class_of, union_of};
use acquaint_store::catalog::computed::compile_inlined;
pub use acquaint_store::catalog::computed::schema_of;
use acquaint_store::catalog::{Audience, Catalog, EvaluationInfo, version};
use serde::Serialize;

use crate::{computed, ranking};

/// Codes of what can be wrong with audiences together, beside those of one text.
pub mod code {
    pub use acquaint_core::lang::diagnostic::code::{
        AUDIENCE_CYCLE as CYCLE, AUDIENCE_TWICE as DUPLICATE, REFERENCES_TOO_LONG as CHAIN_TOO_LONG,
        SCHEMA_CONFLICT as SCHEMA, SEVERAL_MODES, TOO_MANY_AUDIENCES as TOO_MANY,
    };
}

/// Nothing said is no objection.
const NOT_OPTED_OUT: &str =
    r#"not(consents.collect.val in ["n", "dn"]) and not(consents.share.val in ["n", "dn"])"#;

/// What is wrong with one audience; with the catalogue as a whole if `audience` is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Its id.
    pub audience: String,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// A catalogue that compiles.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// What names were resolved against.
    pub schema: UnionSchema,
    /// The audiences, checked.
    pub definitions: Vec<Definition>,
    /// All of them as one, with the scores of offers.
    pub program: Program,
    /// Which of the program's scores ranks an offer, by the offer's id.
    pub rankings: BTreeMap<String, u32>,
    /// How many of the program's scores rank offers: the first ones.
    pub rankings_count: usize,
    /// The computed attributes, by id, each with the number of its score.
    pub computed: BTreeMap<String, usize>,
}

impl Compiled {
    /// The program of what the edge decides: attributes are computed where events are stored.
    pub fn edge(&self) -> Program {
        let mut program = self.program.clone();
        program.scores.truncate(self.rankings_count);
        program.edge()
    }
}

/// What there is to say of one audience.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Checkup {
    /// Errors and warnings. With an error the audience cannot be published.
    pub diagnostics: Vec<Diagnostic>,
    /// The verdicts by the rules of this engine; absent if the text is wrong.
    pub native: Option<Modes>,
    /// The verdicts by the documented rules of Adobe.
    pub adobe: Option<Modes>,
    /// Look-back, leaves, state and cost.
    pub facts: Option<AudienceFacts>,
}

impl Checkup {
    /// Whether it can be published.
    pub fn is_ok(&self) -> bool {
        self.diagnostics.iter().all(|found| found.severity != Severity::Error)
    }
}

/// The mode that an audience asks for; batch if it asks for none.
pub fn mode(info: &EvaluationInfo) -> Mode {
    if info.synchronous.enabled {
        Mode::Edge
    } else if info.continuous.enabled {
        Mode::Streaming
    } else {
        Mode::Batch
    }
}

/// The verdict for a mode.
pub fn verdict(modes: &Modes, mode: Mode) -> &Verdict {
    match mode {
        Mode::Edge => &modes.edge,
        Mode::Streaming => &modes.streaming,
        Mode::Batch => &modes.batch,
    }
}

/// Compiles the audiences that are evaluated. The problems are those of all of them, not only of the first.
pub fn compile_catalog(catalog: &Catalog) -> std::result::Result<Compiled, Vec<Problem>> {
    compile(catalog, |audience| audience.lifecycle_state.is_evaluated())
}

/// Compiles drafts too, as if they were published: what there is to say of them, nothing to work by.
pub fn check_catalog(catalog: &Catalog) -> std::result::Result<Compiled, Vec<Problem>> {
    compile(catalog, |audience| audience.lifecycle_state.is_checked())
}

fn compile(
    catalog: &Catalog,
    wanted: impl Fn(&Audience) -> bool,
) -> std::result::Result<Compiled, Vec<Problem>> {
    let schema = schema_of(catalog).map_err(|error| vec![whole(code::SCHEMA, error.to_string())])?;
    let (definitions, mut problems) = definitions(catalog, &schema, wanted);
    if !problems.is_empty() {
        return Err(problems);
    }
    let (rankings, formulas) = ranking::of_catalog(catalog, &schema);
    let rankings_count = formulas.len();
    let (computed, folded) = computed::of_catalog(catalog, &schema);
    let formulas: Vec<&lang::Checked> = formulas.iter().chain(&folded).collect();
    let program = Program::build_scored(&definitions, &formulas).map_err(|error| vec![of_program(&error)])?;
    for audience in &program.audiences {
        if let Some(refused) = refused(&audience.native, audience.mode) {
            problems.push(Problem { audience: audience.id.to_string(), diagnostics: vec![refused] });
        }
    }
    if problems.is_empty() {
        let computed = computed.into_iter().zip(rankings_count..).collect();
        Ok(Compiled { schema, definitions, program, rankings, rankings_count, computed })
    } else {
        Err(problems)
    }
}

/// Checks an audience as it would be in the catalogue, whether or not it is there yet. What is wrong with other
/// audiences is not told here, unless it is with the two together.
pub fn check_audience(catalog: &Catalog, audience: &Audience) -> Checkup {
    let mut with = catalog.clone();
    with.audiences.insert(audience.id.clone(), audience.clone());
    let failed = |diagnostics| Checkup { diagnostics, native: None, adobe: None, facts: None };
    let schema = match schema_of(&with) {
        Ok(schema) => schema,
        Err(error) => return failed(vec![diagnostic(code::SCHEMA, error.to_string())]),
    };
    let wanted = |other: &Audience| other.id == audience.id || other.lifecycle_state.is_checked();
    let (definitions, problems) = definitions(&with, &schema, wanted);
    if let Some(own) = problems.into_iter().find(|problem| problem.audience == audience.id) {
        return failed(own.diagnostics);
    }
    let id = AudienceId::new(audience.id.clone());
    let Some(definition) = definitions.iter().find(|definition| definition.id == id) else {
        return failed(Vec::new());
    };
    let mut diagnostics = definition.checked.warnings.clone();
    let program = match Program::build(&definitions) {
        Ok(program) => program,
        Err(error) => return failed(of_program(&error).diagnostics),
    };
    let facts = program.facts();
    let mut each = program.audiences.iter().zip(facts);
    let Some((built, facts)) = each.find(|(built, _)| built.id == id) else {
        return failed(diagnostics);
    };
    diagnostics.extend(refused(&built.native, built.mode));
    // A changed mode may make others impossible that refer to this one.
    for other in program.audiences.iter().filter(|other| other.id != id) {
        if let Some(mut found) = refused(&other.native, other.mode) {
            found.message = format!("audience `{}`, which refers to this one: {}", other.id, found.message);
            diagnostics.push(found);
        }
    }
    Checkup {
        diagnostics,
        native: Some(built.native.clone()),
        adobe: Some(built.adobe.clone()),
        facts: Some(facts),
    }
}

/// One line for people.
pub fn summary(problems: &[Problem]) -> String {
    let one = |problem: &Problem| {
        let found: Vec<String> =
            problem.diagnostics.iter().map(|found| format!("{} {}", found.code, found.message)).collect();
        match problem.audience.as_str() {
            "" => found.join(", "),
            audience => format!("audience `{audience}`: {}", found.join(", ")),
        }
    };
    problems.iter().map(one).collect::<Vec<_>>().join("; ")
}

/// The wanted audiences that check, and what is wrong with the others.
fn definitions(
    catalog: &Catalog,
    schema: &UnionSchema,
    wanted: impl Fn(&Audience) -> bool,
) -> (Vec<Definition>, Vec<Problem>) {
    let mut definitions = Vec::new();
    let mut problems = Vec::new();
    let staged = catalog.audiences.values().filter(|audience| audience.lifecycle_state.is_evaluated());
    for (id, mode, audience) in staged.filter_map(shadow) {
        match checked(catalog, &audience, schema) {
            Ok(checked) => definitions.push(Definition { id, mode, checked }),
            Err(diagnostics) => problems.push(Problem { audience: audience.id, diagnostics }),
        }
    }
    for (id, audience) in catalog.audiences.iter().filter(|(_, audience)| wanted(audience)) {
        match checked(catalog, audience, schema) {
            Ok(checked) => definitions.push(Definition {
                id: AudienceId::new(id.clone()),
                mode: mode(&audience.evaluation_info),
                checked,
            }),
            Err(diagnostics) => problems.push(Problem { audience: id.clone(), diagnostics }),
        }
    }
    (definitions, problems)
}

/// A staged rule as an audience of its own. The edge is not told of it, so it is decided in the engine.
fn shadow(audience: &Audience) -> Option<(AudienceId, Mode, Audience)> {
    let staged = audience.versions.staged.as_ref()?;
    let mode = match mode(&audience.evaluation_info) {
        Mode::Edge | Mode::Streaming => Mode::Streaming,
        Mode::Batch => Mode::Batch,
    };
    let rule = Audience { expression: staged.expression.clone(), ..audience.clone() };
    Some((version::shadow(&audience.id, staged.version), mode, rule))
}

fn checked(
    catalog: &Catalog,
    audience: &Audience,
    schema: &UnionSchema,
) -> std::result::Result<lang::Checked, Vec<Diagnostic>> {
    let EvaluationInfo { batch, continuous, synchronous } = audience.evaluation_info;
    if [batch, continuous, synchronous].iter().filter(|mode| mode.enabled).count() > 1 {
        let message = "`evaluationInfo` enables more than one mode; an audience has one";
        return Err(vec![diagnostic(code::SEVERAL_MODES, message)]);
    }
    let rule = &audience.expression.value;
    let checked = compile_inlined(catalog, schema, rule)?;
    if !audience.data_governance_policy.exclude_opt_out {
        return Ok(checked);
    }
    // The rule by itself is in order, so what is wrong now is that there are no such fields.
    compile_inlined(catalog, schema, &format!("({rule}) and {NOT_OPTED_OUT}")).map_err(|_| {
        let message = "`excludeOptOut` reads `consents`, and no schema of profiles has it";
        let help = "add the field group `consent` to a schema of the class `profile`".to_owned();
        vec![Diagnostic { help: Some(help), ..diagnostic(code::SCHEMA, message) }]
    })
}

/// The diagnostic of a mode that an audience cannot run in.
fn refused(native: &Modes, mode: Mode) -> Option<Diagnostic> {
    match verdict(native, mode) {
        Verdict::Ok { .. } => None,
        Verdict::No { code, reason, help } => {
            Some(Diagnostic { help: Some(help.clone()), ..diagnostic(code, reason) })
        }
    }
}

fn of_program(error: &program::Error) -> Problem {
    let (code, audience) = match error {
        program::Error::Cycle(path) => (code::CYCLE, path.first().cloned()),
        program::Error::Duplicate(id) => (code::DUPLICATE, Some(id.clone())),
        // Formulas that cannot be scores are not built.
        program::Error::Formula(_) => (lang::diagnostic::code::NEEDS_EVENTS, None),
        program::Error::TooMany { .. } => (code::TOO_MANY, None),
        program::Error::TooDeep { audience, .. } => (code::CHAIN_TOO_LONG, Some(audience.clone())),
    };
    Problem { audience: audience.unwrap_or_default(), diagnostics: vec![diagnostic(code, error.to_string())] }
}

fn whole(code: &str, message: impl Into<String>) -> Problem {
    Problem { audience: String::new(), diagnostics: vec![diagnostic(code, message)] }
}

/// About the whole text.
fn diagnostic(code: &str, message: impl Into<String>) -> Diagnostic {
    Diagnostic {
        code: code.to_owned(),
        severity: Severity::Error,
        span: Span::default(),
        message: message.into(),
        help: None,
    }
}

#[cfg(test)]
#[path = "compile_tests.rs"]
mod tests;
