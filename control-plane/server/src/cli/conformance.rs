//! `acquaint pql conformance`: runs the cases of pages and of lines of JSON, and says what came of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use acquaint_core::conformance::report::{Count, Failed};
use acquaint_core::conformance::{self, Report};

use super::{Error, render};

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Files (`.md`, or one case a line), or folders of them.
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Print the whole report as JSON.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    let mut files = Vec::new();
    for path in &arguments.paths {
        collect(path, &mut files)?;
    }
    let mut report = Report::default();
    for path in &files {
        let text = std::fs::read(path).map_err(|source| Error::Read { path: path.clone(), source })?;
        report.merge(conformance::run_file(&path.to_string_lossy(), &String::from_utf8_lossy(&text)));
    }
    if arguments.json {
        let json = serde_json::to_value(&report).map_err(|error| Error::Refused(error.to_string()))?;
        render::print(&render::json(&json));
    } else {
        render::print(&text(&report));
    }
    let Count { cases, passed } = report.total;
    match cases - passed {
        0 if cases == 0 => Err(Error::Refused("there are no cases".into())),
        0 => Ok(()),
        failed => Err(Error::Refused(format!("{failed} of {cases} cases failed"))),
    }
}

/// A file that is named, whatever its ending; of a folder, the pages and the files of lines.
fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let failed = |source| Error::Read { path: path.to_owned(), source };
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let entries = std::fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>).map_err(failed)?;
    let mut inside: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    inside.sort();
    for path in inside {
        let is_case_file = path.extension().is_some_and(|ending| ending == "md" || ending == "jsonl");
        if path.is_dir() || is_case_file {
            collect(&path, files)?;
        }
    }
    Ok(())
}

fn text(report: &Report) -> String {
    let mut text: String = report.failures.iter().map(failure).collect();
    for (name, counts) in
        [("dialect", &report.dialects), ("category", &report.categories), ("file", &report.files)]
    {
        text.push_str(&render::table(&[name, "cases", "passed", "failed"], &rows(counts)));
        text.push('\n');
    }
    let Count { cases, passed } = report.total;
    text + &format!("{passed} of {cases} cases passed, {} failed\n", cases - passed)
}

fn failure(failed: &Failed) -> String {
    let Failed { place, dialect, category, expression, step, expected, found, .. } = failed;
    let found = found.replace('\n', "\n              ");
    format!(
        "FAILED {place} ({dialect}, {category}) at {step}\n    expression {expression}\n    expected  {expected}\n    found     {found}\n\n"
    )
}

fn rows(counts: &BTreeMap<String, Count>) -> Vec<Vec<String>> {
    let row = |(name, count): (&String, &Count)| {
        let failed = count.cases - count.passed;
        vec![name.clone(), count.cases.to_string(), count.passed.to_string(), failed.to_string()]
    };
    counts.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_folder(files: &[(&str, &str)]) -> Result<(), String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let arguments = Arguments { paths: vec![folder.path().to_owned()], json: false };
        run(&arguments).map_err(|error| error.to_string())
    }

    #[test]
    fn a_folder_of_cases_passes_or_says_how_many_failed() {
        let page = "| expression | value |\n|---|---|\n| `1 + 1` | `2` |\n| `1 + 1` | `3` |\n";
        let line = r#"{"pql": "1 = 1", "expected": true}"#;
        assert_eq!(run_folder(&[("a.jsonl", line), ("a/b/c.md", page)]), Err("1 of 3 cases failed".into()));
        assert_eq!(run_folder(&[("a.jsonl", line), ("notes.txt", page)]), Ok(()));
        assert_eq!(run_folder(&[("a.md", "prose")]), Err("there are no cases".into()));
    }

    #[test]
    fn what_failed_is_told_with_its_expression() {
        let report = conformance::run_file("f.jsonl", r#"{"id": "x", "pql": "1", "expected": 2}"#);
        let text = text(&report);
        let head = "FAILED f.jsonl:x (pql/text, none) at value\n    expression 1\n    expected  2\n    found     1\n";
        assert!(text.starts_with(head), "{text}");
        assert!(text.ends_with("0 of 1 cases passed, 1 failed\n"), "{text}");
    }
}
