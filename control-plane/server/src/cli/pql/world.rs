//! What a rule is checked against: schemas, and the audiences that it may refer to; from files or from a server.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use acquaint_core::lang::schema::UnionSchema;
use acquaint_core::lang::{self, AudienceDirectory, Checked, Diagnostic};
use acquaint_core::plan::program::Definition;
use acquaint_core::plan::{Mode, Program};
use acquaint_core::time::parse_instant;
use acquaint_engine::compile::union_of;
use acquaint_store::catalog::{Catalog, External, Kind, Schema, external};
use serde_json::{Value, json};

use super::super::{Error, documents};
use crate::definitions::finding::TextPlace;

/// The id that the rule has among the audiences.
const RULE: &str = "this rule";

/// Where schemas and audiences are.
#[derive(Debug, clap::Args)]
pub(crate) struct Files {
    /// A file with `kind: schema` documents.
    #[arg(long)]
    pub(super) schema: Option<PathBuf>,
    /// A file with `kind: audience` documents, for `inSegment`.
    #[arg(long)]
    pub(super) audiences: Option<PathBuf>,
}

/// What is known besides the rule.
pub(super) struct World {
    schema: UnionSchema,
    pub(super) definitions: Vec<Definition>,
    /// The ids that `inSegment` may name; any may be, if absent.
    known: Option<Vec<String>>,
}

impl AudienceDirectory for World {
    fn contains(&self, id: &str) -> bool {
        self.known.as_ref().is_none_or(|known| known.iter().any(|known| known == id))
    }
}

impl World {
    /// From files; without a schema any field may be there, and any audience, whose membership is read from the profile.
    pub(super) fn of_files(files: &Files) -> Result<Self, Error> {
        let schema = match &files.schema {
            Some(path) => {
                let implied = files.audiences.as_deref().map(implied).transpose()?.unwrap_or_default();
                union(schemas(path)?.values().chain(&implied))?
            }
            None => UnionSchema::open(),
        };
        let audiences = files.audiences.as_deref().map(audiences).transpose()?.unwrap_or_default();
        Self { schema, definitions: Vec::new(), known: None }.with(audiences)
    }

    /// As a server has it in force.
    pub(super) fn of_catalog(catalog: &Catalog) -> Result<Self, Error> {
        let text = |id: &String| Some((id.clone(), catalog.audiences.get(id)?.expression.value.clone()));
        let known = catalog.audiences.keys().cloned().collect();
        let implied = catalog.implied_schemas();
        let schema = union(catalog.schemas.values().chain(&implied))?;
        let audiences = catalog.audiences.keys().filter_map(text).collect();
        Self { schema, definitions: Vec::new(), known: Some(known) }.with(audiences)
    }

    fn with(mut self, audiences: Vec<(String, String)>) -> Result<Self, Error> {
        for (id, text) in audiences {
            let checked = self.compile(&text).map_err(|found| {
                Error::Refused(format!("audience `{id}` is not in order\n{}", told(&text, &found)))
            })?;
            self.definitions.push(Definition { id: id.as_str().into(), mode: Mode::Batch, checked });
        }
        Ok(self)
    }

    pub(super) fn compile(&self, text: &str) -> Result<Checked, Vec<Diagnostic>> {
        lang::compile(text, &self.schema, self)
    }

    /// The program of the audiences, and the rule's number in it.
    pub(super) fn program(&self, rule: &Checked) -> Result<(Program, u32), Error> {
        let mut definitions = self.definitions.clone();
        definitions.push(Definition { id: RULE.into(), mode: Mode::Batch, checked: rule.clone() });
        let program = Program::build(&definitions).map_err(|error| Error::Refused(error.to_string()))?;
        let number = program.audience(&RULE.into()).unwrap_or_default();
        Ok((program, number))
    }
}

/// The rule: as an argument, in a file, or what comes in.
#[derive(Debug, clap::Args)]
pub(crate) struct Rule {
    /// The rule; read from standard input when neither it nor a file is given.
    text: Option<String>,
    /// A file with the rule.
    #[arg(long, conflicts_with = "text")]
    file: Option<PathBuf>,
}

impl Rule {
    pub(super) fn read(&self) -> Result<String, Error> {
        match (&self.text, &self.file) {
            (Some(text), _) => Ok(text.clone()),
            (None, Some(path)) => {
                std::fs::read_to_string(path).map_err(|source| Error::Read { path: path.clone(), source })
            }
            (None, None) => {
                let mut text = String::new();
                std::io::stdin()
                    .read_to_string(&mut text)
                    .map_err(|source| Error::Read { path: "standard input".into(), source })?;
                Ok(text)
            }
        }
    }
}

/// An instant as it is written, or the system's.
pub(super) fn instant(now: Option<&str>) -> Result<i64, Error> {
    match now {
        Some(now) => parse_instant(now).ok_or_else(|| Error::Refused(format!("`{now}` is no instant"))),
        None => {
            let elapsed =
                std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
            Ok(i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX))
        }
    }
}

/// Diagnostics with the words they are about underlined.
pub(super) fn told(text: &str, found: &[Diagnostic]) -> String {
    found.iter().map(|found| found.render(text)).collect::<Vec<_>>().join("\n")
}

/// Diagnostics for tools, with line and column.
pub(super) fn shown(text: &str, found: &[Diagnostic]) -> Value {
    let shown = |found: &Diagnostic| {
        let mut shown = json!(found);
        if let (Value::Object(shown), Value::Object(place)) =
            (&mut shown, json!(TextPlace::of(text, found.span)))
        {
            shown.extend(place);
        }
        shown
    };
    Value::Array(found.iter().map(shown).collect())
}

/// Why a rule is not used, for people, and for tools on standard output.
pub(super) fn refused(text: &str, found: &[Diagnostic], json: bool) -> Error {
    if json {
        super::super::render::print(&super::super::render::json(&json!({"diagnostics": shown(text, found)})));
        return Error::Refused("the rule is not in order".into());
    }
    Error::Refused(format!("the rule is not in order\n{}", told(text, found)))
}

fn of_kind(path: &Path, kind: Kind) -> Result<Vec<Value>, Error> {
    let documents = documents::read(path)?.into_iter().map(|document| document.value);
    Ok(documents.filter(|value| value.get("kind").and_then(Value::as_str) == Some(kind.name())).collect())
}

fn audiences(path: &Path) -> Result<Vec<(String, String)>, Error> {
    let text =
        |value: &Value, pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let read = |value: &Value| {
        let missing = || Error::Refused("an audience needs `id` and `expression.value`".into());
        let id = text(value, "/id").ok_or_else(missing)?;
        let made = || external(value).map(|external| external::rule(&id, external.ttl_in_days).value);
        let rule = text(value, "/expression/value").or_else(made).ok_or_else(missing)?;
        Ok((id, rule))
    };
    of_kind(path, Kind::Audience)?.iter().map(read).collect()
}

fn external(audience: &Value) -> Option<External> {
    serde_json::from_value(audience.get("external")?.clone()).ok()
}

/// The schemas of what is uploaded to external audiences.
fn implied(path: &Path) -> Result<Vec<Schema>, Error> {
    let schema = |audience: &Value| Some(external(audience)?.schema(audience.get("id")?.as_str()?));
    Ok(of_kind(path, Kind::Audience)?.iter().filter_map(schema).collect())
}

fn schemas(path: &Path) -> Result<BTreeMap<String, Schema>, Error> {
    let mut catalog = Catalog::default();
    crate::definitions::decode::put_all(&mut catalog, &of_kind(path, Kind::Schema)?, 0).map_err(
        |findings| {
            let lines = findings
                .iter()
                .map(|finding| format!("{} {}: {}", finding.id, finding.pointer, finding.message));
            Error::Refused(lines.collect::<Vec<_>>().join("\n"))
        },
    )?;
    Ok(catalog.schemas)
}

fn union<'a>(schemas: impl IntoIterator<Item = &'a Schema>) -> Result<UnionSchema, Error> {
    union_of(schemas).map_err(|error| Error::Refused(error.to_string()))
}
