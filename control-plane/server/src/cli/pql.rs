//! `acquaint pql`: checks a rule against the schemas of a server or a file, and evaluates one over a profile in a file,
//! without any server.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use acquaint_core::eval::{self, Subject};
use acquaint_core::lang::schema::UnionSchema;
use acquaint_core::lang::{self, AudienceDirectory, Checked, Diagnostic, Severity};
use acquaint_core::limits::VALUE_DEPTH_MAX;
use acquaint_core::profile::{Event, IdentityMap, Membership, Memberships, Status, identity};
use acquaint_core::time::parse_instant;
use acquaint_core::value::{Fields, fields};
use acquaint_engine::compile::union_of;
use acquaint_store::catalog::{Catalog, Kind, Schema};
use serde_json::{Map, Value};

use super::{Connection, Error, documents, render};
use crate::definitions::finding::TextPlace;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Check a rule: the names, the types, and in which modes it can run.
    Check {
        /// A file with `kind: schema` documents; the server's schemas when absent.
        #[arg(long)]
        schema: Option<PathBuf>,
        /// The rule.
        text: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Evaluate a rule over a profile.
    Eval {
        /// A JSON file: the profile's attributes, `identityMap`, `segmentMembership`, and its events under `xEvent`.
        #[arg(long)]
        profile: PathBuf,
        /// A file with `kind: schema` documents; any field is allowed when absent.
        #[arg(long)]
        schema: Option<PathBuf>,
        /// The instant of evaluation (RFC 3339); the system's when absent.
        #[arg(long)]
        now: Option<String>,
        /// The rule.
        text: String,
    },
    /// Run cases that say what expressions mean: Markdown pages, or lines of JSON.
    Conformance(super::conformance::Arguments),
}

pub(crate) async fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::Check { schema, text, connection } => {
            let catalog = match schema {
                Some(path) => Catalog { schemas: schemas(&path)?, ..Catalog::default() },
                None => {
                    let whole = connection.client()?.get("/catalog", &[]).await?;
                    serde_json::from_value(whole).map_err(|error| Error::Refused(error.to_string()))?
                }
            };
            check(&catalog, &text)
        }
        Command::Eval { profile, schema, now, text } => {
            let now_ms = match &now {
                Some(now) => {
                    parse_instant(now).ok_or_else(|| Error::Refused(format!("`{now}` is no instant")))?
                }
                None => system_now_ms(),
            };
            let schema = match schema {
                Some(path) => union(schemas(&path)?.values())?,
                None => UnionSchema::open(),
            };
            let checked = compile(&text, &schema, &Anything)?;
            let profile =
                std::fs::read_to_string(&profile).map_err(|source| Error::Read { path: profile, source })?;
            let value = evaluate(&checked, &profile, now_ms)?;
            render::print(&format!("{value}\n"));
            Ok(())
        }
        Command::Conformance(arguments) => super::conformance::run(&arguments),
    }
}

fn system_now_ms() -> i64 {
    let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(elapsed.as_millis()).unwrap_or(i64::MAX)
}

fn schemas(path: &Path) -> Result<std::collections::BTreeMap<String, Schema>, Error> {
    let mut catalog = Catalog::default();
    let documents = documents::read(path)?.into_iter().map(|document| document.value);
    let schemas: Vec<Value> = documents
        .filter(|value| value.get("kind").and_then(Value::as_str) == Some(Kind::Schema.name()))
        .collect();
    crate::definitions::decode::put_all(&mut catalog, &schemas, 0).map_err(|findings| {
        let lines =
            findings.iter().map(|finding| format!("{} {}: {}", finding.id, finding.pointer, finding.message));
        Error::Refused(lines.collect::<Vec<_>>().join("\n"))
    })?;
    Ok(catalog.schemas)
}

fn union<'a>(schemas: impl IntoIterator<Item = &'a Schema>) -> Result<UnionSchema, Error> {
    union_of(schemas).map_err(|error| Error::Refused(error.to_string()))
}

/// Without a server any audience may be there: its membership is read from the profile.
struct Anything;

impl AudienceDirectory for Anything {
    fn contains(&self, _: &str) -> bool {
        true
    }
}

/// The audiences of a catalogue; without a server, of none, any may be there.
struct Known<'a>(&'a Catalog);

impl AudienceDirectory for Known<'_> {
    fn contains(&self, id: &str) -> bool {
        self.0.version == 0 || self.0.audiences.contains_key(id)
    }
}

fn compile(text: &str, schema: &UnionSchema, directory: &dyn AudienceDirectory) -> Result<Checked, Error> {
    lang::compile(text, schema, directory).map_err(|diagnostics| {
        let told: Vec<String> = diagnostics.iter().map(|found| told(text, found)).collect();
        Error::Refused(format!("the rule is not in order\n{}", told.join("\n")))
    })
}

/// A diagnostic with the words it is about underlined.
fn told(text: &str, found: &Diagnostic) -> String {
    let place = TextPlace::of(text, found.span);
    let severity = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let source = render::underline(&place.source_line, place.column, place.width);
    let head = format!("{}:{}: {severity} {}: {}", place.line, place.column, found.code, found.message);
    match &found.help {
        Some(help) => format!("{head}\n{source}\n    help: {help}"),
        None => format!("{head}\n{source}"),
    }
}

fn check(catalog: &Catalog, text: &str) -> Result<(), Error> {
    let schema = union(catalog.schemas.values())?;
    let checked = compile(text, &schema, &Known(catalog))?;
    for warning in &checked.warnings {
        render::print(&format!("{}\n", told(text, warning)));
    }
    render::print(&format!("the rule is in order; its value is {:?}\n", checked.result));
    Ok(())
}

/// The profile as it is in the file, taken apart.
#[derive(Debug, Default)]
struct Profile {
    attributes: Fields,
    identities: IdentityMap,
    memberships: Memberships,
    events: Vec<Event>,
}

fn evaluate(checked: &Checked, profile: &str, now_ms: i64) -> Result<Value, Error> {
    let profile = Profile::read(profile)?;
    let subject = Subject {
        attributes: &profile.attributes,
        identities: &profile.identities,
        memberships: &profile.memberships,
        events: &profile.events,
    };
    Ok(eval::naive(&checked.expr, &[], subject, now_ms).to_json())
}

impl Profile {
    fn read(text: &str) -> Result<Self, Error> {
        let refused = |field: &str, why: String| Error::Refused(format!("the profile's {field}: {why}"));
        let mut json: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| refused("file", error.to_string()))?;
        let mut profile = Self::default();
        if let Some(map) = json.remove("identityMap") {
            let map = map.as_object().ok_or_else(|| refused("identityMap", "it is no object".into()))?;
            let found = identity::identities_from_json(map)
                .map_err(|error| refused("identityMap", error.to_string()))?;
            for one in &found {
                identity::insert(&mut profile.identities, one);
            }
        }
        if let Some(all) = json.remove("segmentMembership") {
            profile.memberships = memberships(&all).ok_or_else(|| {
                refused(
                    "segmentMembership",
                    "it should be like {\"ups\": {\"id\": {\"status\": \"realized\"}}}".into(),
                )
            })?;
        }
        let events = json.remove("xEvent").unwrap_or_else(|| Value::Array(Vec::new()));
        let events = events.as_array().ok_or_else(|| refused("xEvent", "it is no list".into()))?;
        for (number, event) in (1_usize..).zip(events) {
            let place = format!("event {number}");
            profile.events.push(read_event(number, event).map_err(|why| refused(&place, why))?);
        }
        profile.events.sort_by(|a, b| a.order().cmp(&b.order()));
        profile.attributes = fields::from_json(&json, VALUE_DEPTH_MAX)
            .map_err(|error| refused("attributes", error.to_string()))?;
        Ok(profile)
    }
}

/// An event in a file may leave out its id: its place is one.
fn read_event(number: usize, event: &Value) -> Result<Event, String> {
    let mut event = event.as_object().cloned().ok_or("an event is an object")?;
    event.entry("_id").or_insert_with(|| Value::from(format!("{number:08}")));
    let fields = fields::from_json(&event, VALUE_DEPTH_MAX).map_err(|error| error.to_string())?;
    Event::from_fields(fields).map_err(|error| error.to_string())
}

fn memberships(all: &Value) -> Option<Memberships> {
    let mut found = Memberships::new();
    for (audience, membership) in all.as_object()?.values().filter_map(Value::as_object).flatten() {
        let status = match membership.get("status")?.as_str()? {
            "realized" | "existing" => Status::Realized,
            "exited" => Status::Exited,
            _ => return None,
        };
        let since = membership.get("lastQualificationTime").and_then(Value::as_str).and_then(parse_instant);
        found.insert(audience.as_str().into(), Membership { status, since_ms: since.unwrap_or(0) });
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2018-01-01T00:00:00Z";

    fn check(profile: &str, text: &str, expected: &str) {
        let checked = compile(text, &UnionSchema::open(), &Anything).unwrap();
        let value = evaluate(&checked, profile, parse_instant(NOW).unwrap()).unwrap();
        assert_eq!(value.to_string(), expected, "{text}");
    }

    #[test]
    fn a_rule_is_evaluated_over_a_file_without_a_schema() {
        let profile = r#"{"person": {"age": 40}, "xEvent": [
            {"eventType": "buy", "timestamp": "2017-12-31T00:00:00Z", "price": 3},
            {"eventType": "buy", "timestamp": "2017-01-01T00:00:00Z", "price": 5}]}"#;
        check(profile, "person.age > 30", "true");
        check(profile, "xEvent[eventType = \"buy\"].count() >= 2", "true");
        check(
            profile,
            "xEvent[eventType = \"buy\" and timestamp occurs <= 7 days before now].price.sum() >= 4",
            "false",
        );
    }

    #[test]
    fn memberships_are_read_from_the_file() {
        let profile =
            r#"{"segmentMembership": {"ups": {"a": {"status": "realized"}, "b": {"status": "exited"}}}}"#;
        check(profile, "inSegment(\"a\") and not inSegment(\"b\")", "true");
    }

    #[test]
    fn a_wrong_rule_is_told_with_its_words_underlined() {
        let error = compile("person.age >", &UnionSchema::open(), &Anything).unwrap_err().to_string();
        assert!(error.contains("    person.age >\n"), "{error}");
    }

    #[test]
    fn a_profile_that_is_none_says_where() {
        for (text, expected) in [
            ("[]", "file"),
            (r#"{"xEvent": [{"a": 1}]}"#, "event 1"),
            (r#"{"identityMap": 3}"#, "identityMap"),
        ] {
            let error = Profile::read(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
