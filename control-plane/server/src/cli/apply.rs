//! `acquaint apply`: configuration as code. The server checks everything and changes nothing unless everything is in
//! order; here its findings are shown at the file, line and field they are about.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, IsTerminal, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::documents::{self, Document};
use super::{Connection, Error, client, render};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A YAML or JSON file, or a folder of them.
    #[arg(short, long, required = true)]
    file: Vec<PathBuf>,
    /// Show what would change and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Do not ask before changing.
    #[arg(long)]
    yes: bool,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Error> {
    let mut documents = Vec::new();
    for file in &arguments.file {
        documents.extend(documents::read(file)?);
    }
    let client = arguments.connection.client()?;
    let values: Vec<&Value> = documents.iter().map(|document| &document.value).collect();
    let send = async |dry_run: bool| {
        let answer = client.post("/catalog/apply", &json!({"documents": values, "dryRun": dry_run})).await;
        answer.map_err(|error| explain(error, &documents))
    };
    let plan = send(true).await?;
    for warning in plan.get("warnings").and_then(Value::as_array).into_iter().flatten() {
        eprintln!("warning: {}", finding_text(warning, &documents, &mut Files::new()));
    }
    render::print(&changes(&plan));
    if arguments.dry_run || !has_changes(&plan) {
        return Ok(());
    }
    if !arguments.yes && !confirmed()? {
        return Err(Error::Refused("nothing was changed".into()));
    }
    let applied = send(false).await?;
    render::print(&format!(
        "applied: the catalogue is at version {}\n",
        render::plain(applied.get("version"))
    ));
    Ok(())
}

fn confirmed() -> Result<bool, Error> {
    if !std::io::stdin().is_terminal() {
        return Err(Error::Refused("give --yes to apply without being asked; nothing was changed".into()));
    }
    eprint!("apply these changes? [y/N] ");
    std::io::stderr().flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

fn has_changes(plan: &Value) -> bool {
    plan.get("changes").and_then(Value::as_array).is_some_and(|changes| !changes.is_empty())
}

/// `+ audience lapsed` and its lines, `~` for changed, `-` for removed, and how many stay.
fn changes(plan: &Value) -> String {
    let mut text = String::new();
    for change in plan.get("changes").and_then(Value::as_array).into_iter().flatten() {
        let said = |name: &str| render::plain(change.get(name));
        let sign = match said("change").as_str() {
            "added" => '+',
            "removed" => '-',
            _ => '~',
        };
        let _ = writeln!(text, "{sign} {} {}", said("kind"), said("id"));
        for line in change.get("lines").and_then(Value::as_array).into_iter().flatten() {
            let _ = writeln!(text, "    {}", render::plain(Some(line)));
        }
    }
    let _ = writeln!(text, "{} unchanged", render::plain(plan.get("unchanged")));
    text
}

/// The server's findings, each at its file, line and field.
fn explain(error: client::Error, documents: &[Document]) -> Error {
    let client::Error::Refused { body, .. } = &error else { return error.into() };
    let Some(findings) = body.get("findings").and_then(Value::as_array) else { return error.into() };
    let mut files = BTreeMap::new();
    let mut text = render::plain(body.get("detail"));
    for finding in findings {
        let _ = write!(text, "\n{}", finding_text(finding, documents, &mut files));
    }
    Error::Refused(text)
}

pub(super) type Files = BTreeMap<PathBuf, Vec<String>>;

pub(super) fn finding_text(finding: &Value, documents: &[Document], files: &mut Files) -> String {
    let said = |name: &str| render::plain(finding.get(name));
    let index = finding.get("document").and_then(Value::as_u64).and_then(|index| usize::try_from(index).ok());
    let pointer = said("pointer");
    let what = format!("{} {} `{}`", said("code"), said("kind"), said("id"));
    let mut text = match index.and_then(|index| documents.get(index)) {
        None => format!("{what}: {}", said("message")),
        Some(document) => {
            let lines = files.entry(document.file.clone()).or_insert_with(|| read_lines(&document.file));
            let field = pointer.trim_start_matches('/').replace('/', ".");
            let (line, column, source) = locate(finding, document, &pointer, lines);
            let head = format!(
                "{}:{line}:{column}: {what}, field `{field}`: {}",
                document.file.display(),
                said("message")
            );
            format!("{head}\n{source}").trim_end().to_owned()
        }
    };
    if !said("help").is_empty() {
        let _ = write!(text, "\n    help: {}", said("help"));
    }
    text
}

fn read_lines(file: &Path) -> Vec<String> {
    std::fs::read_to_string(file).unwrap_or_default().lines().map(str::to_owned).collect()
}

/// Line, column and the underlined source. A finding inside a PQL text says the line of that text; the same words are
/// looked for in the file from the field on, which holds for every way YAML has of writing a text.
fn locate(finding: &Value, document: &Document, pointer: &str, lines: &[String]) -> (usize, usize, String) {
    let place = document.place_of(pointer);
    let words = finding
        .get("sourceLine")
        .and_then(Value::as_str)
        .map(str::trim_end)
        .filter(|words| !words.is_empty());
    let number = |name: &str| {
        finding.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok()).unwrap_or(1)
    };
    let Some(words) = words else { return (place.line, place.column, String::new()) };
    let found = lines.iter().enumerate().skip(place.line.saturating_sub(1)).find_map(|(index, line)| {
        let (before, _) = line.split_once(words)?;
        Some((index.saturating_add(1), before.chars().count(), line))
    });
    match found {
        Some((line, before, source)) => {
            let column = before.saturating_add(number("column"));
            (line, column, render::underline(source, column, number("width")))
        }
        None => (place.line, place.column, render::underline(words, number("column"), number("width"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str =
        "kind: audience\nid: a\nexpression:\n  value: |\n    person.age > 3 and\n    nme = 1\n";

    fn check(finding: Value, expected: &str) {
        let documents = documents::parse(Path::new("a.yaml"), FILE).unwrap();
        let mut files = Files::from([("a.yaml".into(), FILE.lines().map(str::to_owned).collect())]);
        assert_eq!(finding_text(&finding, &documents, &mut files), expected);
    }

    #[test]
    fn a_finding_inside_an_expression_underlines_the_words_in_the_file() {
        check(
            json!({"document": 0, "pointer": "/expression/value", "code": "PQL0301", "kind": "audience", "id": "a",
                "message": "unknown field `nme`", "help": "did you mean `name`?", "sourceLine": "nme = 1", "column": 1, "width": 3}),
            "a.yaml:6:5: PQL0301 audience `a`, field `expression.value`: unknown field `nme`\n        nme = 1\n        ^^^\n    help: did you mean `name`?",
        );
    }

    #[test]
    fn a_finding_about_a_field_names_its_line() {
        check(
            json!({"document": 0, "pointer": "/expression/valu", "code": "unknown-field", "kind": "audience", "id": "a", "message": "no such field"}),
            "a.yaml:3:1: unknown-field audience `a`, field `expression.valu`: no such field",
        );
    }

    #[test]
    fn changes_are_shown_with_signs_and_lines() {
        let plan = json!({"unchanged": 2, "changes": [
            {"change": "changed", "kind": "audience", "id": "a", "lines": ["- name: A", "+ name: B"]},
            {"change": "added", "kind": "dataset", "id": "d", "lines": []}]});
        assert_eq!(changes(&plan), "~ audience a\n    - name: A\n    + name: B\n+ dataset d\n2 unchanged\n");
    }
}
