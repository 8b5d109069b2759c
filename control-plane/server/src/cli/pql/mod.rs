//! `acquaint pql`: checks, evaluates, explains, formats and converts rules, against the schemas of a server or of files.

mod check;
mod context;
mod convert;
mod explain;
mod profile;
#[cfg(test)]
mod tests;
mod world;

use std::path::PathBuf;

use acquaint_core::eval;
use acquaint_core::lang;

use self::profile::Profile;
use self::world::{Files, Rule, World, instant, refused};
use super::{Connection, Error, render};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Check a rule: its type, in which modes it can run, how far it looks back, and what it costs. Without `--schema`
    /// and `--audiences`, those of the server.
    #[command(after_help = "Example:\n  acquaint pql check --schema shop.yaml 'loyalty.tier = \"gold\"'")]
    Check {
        #[command(flatten)]
        rule: Rule,
        #[command(flatten)]
        files: Files,
        /// Answer in JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        connection: Connection,
    },
    /// Evaluate a rule over a profile. Without `--schema`, any field may be there.
    #[command(
        after_help = "Example:\n  acquaint pql eval --profile ada.json --now 2018-08-28T00:00:00Z 'xEvent.price.sum()'"
    )]
    Eval {
        #[command(flatten)]
        subject: Subject,
        /// A JSON file with what only a decision knows: an object with the values of `@{name}` and of
        /// `modelInstances("name")`, by name.
        #[arg(long)]
        context: Option<PathBuf>,
    },
    /// Say why somebody is in an audience or not: which terms decided, what they saw, when they change by time alone.
    #[command(
        after_help = "Example:\n  acquaint pql explain --profile ada.json --now 2018-08-28T00:00:00Z \\\n      \
        'age >= 18 and xEvent[timestamp occurs <= 7 days before now].count() >= 3'"
    )]
    Explain {
        #[command(flatten)]
        subject: Subject,
    },
    /// Write a rule in its canonical form; over several lines where it is long.
    #[command(after_help = "Example:\n  acquaint pql fmt --file rule.pql --check")]
    Fmt {
        #[command(flatten)]
        rule: Rule,
        /// Write nothing; fail if the rule is written otherwise.
        #[arg(long)]
        check: bool,
    },
    /// Write a rule in its other format: text as `pql/json`, and `pql/json` (an object with a `nodeType`) as text.
    #[command(
        after_help = "Example:\n  acquaint pql convert 'age >= 18' > rule.json\n  acquaint pql convert --file rule.json"
    )]
    Convert {
        #[command(flatten)]
        rule: Rule,
    },
    /// Run cases that say what expressions mean: Markdown pages, or lines of JSON.
    Conformance(super::conformance::Arguments),
}

/// A rule, and what it is evaluated over.
#[derive(Debug, clap::Args)]
pub(crate) struct Subject {
    #[command(flatten)]
    rule: Rule,
    #[command(flatten)]
    files: Files,
    /// A JSON file: the profile's attributes, `identityMap`, `segmentMembership`, and its events under `xEvent`.
    #[arg(long)]
    profile: PathBuf,
    /// The instant of evaluation (RFC 3339); the system's when absent.
    #[arg(long)]
    now: Option<String>,
    /// Answer in JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::Check { rule, files, json, connection } => {
            let world = if files.schema.is_none() && files.audiences.is_none() {
                let whole = connection.client()?.get("/catalog", &[]).await?;
                let catalog =
                    serde_json::from_value(whole).map_err(|error| Error::Refused(error.to_string()))?;
                World::of_catalog(&catalog)?
            } else {
                World::of_files(&files)?
            };
            check::run(&world, &rule.read()?, json)
        }
        Command::Eval { subject, context } => {
            let (world, text, profile, now_ms) = subject.read()?;
            let context = context::of_file(context.as_deref())?;
            let checked = world.compile(&text).map_err(|found| refused(&text, &found, subject.json))?;
            let value =
                eval::naive_in(&checked.expr, &world.definitions, profile.subject(), &context, now_ms)
                    .to_json();
            let shown =
                if subject.json { check::valued(&value, &checked, now_ms) } else { format!("{value}\n") };
            render::print(&shown);
            Ok(())
        }
        Command::Explain { subject } => {
            let (world, text, profile, now_ms) = subject.read()?;
            explain::run(&world, &text, &profile, now_ms, subject.json)
        }
        Command::Fmt { rule, check } => {
            let text = rule.read()?;
            let formatted = formatted(&text)?;
            if !check {
                render::print(&format!("{formatted}\n"));
            } else if formatted != text.trim_end() {
                return Err(Error::Refused(format!("the canonical form is\n{formatted}")));
            }
            Ok(())
        }
        Command::Convert { rule } => {
            render::print(&convert::converted(&rule.read()?)?);
            Ok(())
        }
        Command::Conformance(arguments) => super::conformance::run(&arguments),
    }
}

impl Subject {
    fn read(&self) -> Result<(World, String, Profile, i64), Error> {
        let world = World::of_files(&self.files)?;
        Ok((world, self.rule.read()?, Profile::of_file(&self.profile)?, instant(self.now.as_deref())?))
    }
}

fn formatted(text: &str) -> Result<String, Error> {
    let parsed = lang::parse(text);
    if parsed.has_errors() {
        return Err(refused(text, &parsed.diagnostics, false));
    }
    Ok(lang::layout(&parsed.tree))
}
