//! Text for people: chains of errors, problems, diagnostics under the line they are about, and plain tables.

use std::fmt::Write;

use serde_json::Value;

/// An error and its causes on one line.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.ends_with(&said) {
            text = format!("{text}: {said}");
        }
        source = cause.source();
    }
    text
}

/// What the server said when it said no.
pub(super) fn problem(status: u16, body: &Value) -> String {
    let Some(detail) = body.get("detail").and_then(Value::as_str) else {
        return format!("the server answered {status}");
    };
    let mut text = detail.to_owned();
    for diagnostic in body.get("diagnostics").and_then(Value::as_array).into_iter().flatten() {
        let said = |name: &str| diagnostic.get(name).and_then(Value::as_str).unwrap_or_default();
        let _ = write!(text, "\n  {} {}", said("code"), said("message"));
        if !said("help").is_empty() {
            let _ = write!(text, "\n    help: {}", said("help"));
        }
    }
    text
}

/// A line of text with carets under `[column, column + width)`; columns count characters from 1.
pub(super) fn underline(line: &str, column: usize, width: usize) -> String {
    let before: String =
        line.chars().take(column.saturating_sub(1)).map(|c| if c == '\t' { c } else { ' ' }).collect();
    format!("    {line}\n    {before}{}", "^".repeat(width.max(1)))
}

/// Rows under a header, columns aligned with spaces.
pub(super) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(header.get(column).map(|name| name.len())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..header.len()).map(width).collect();
    let mut text = String::new();
    let header: Vec<String> = header.iter().map(|name| (*name).to_owned()).collect();
    for row in std::iter::once(&header).chain(rows) {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

/// Writes to stdout; a reader that has gone away is no failure worth a message.
pub(super) fn print(text: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// A value as text for a table or a message.
pub(super) fn plain(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Pretty JSON with a line break at the end.
pub(super) fn json(value: &Value) -> String {
    format!("{value:#}\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn carets_stand_under_the_words() {
        assert_eq!(underline("a = nme", 5, 3), "    a = nme\n        ^^^");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = vec![vec!["lapsed-heavy".into(), "12".into()], vec!["x".into(), "3".into()]];
        assert_eq!(
            table(&["id", "count"], &rows),
            "id            count\nlapsed-heavy  12\nx             3\n"
        );
    }

    #[test]
    fn a_problem_is_told_with_its_diagnostics() {
        let body = json!({"detail": "no", "diagnostics": [{"code": "PQL0301", "message": "unknown", "help": "add it"}]});
        assert_eq!(problem(400, &body), "no\n  PQL0301 unknown\n    help: add it");
        assert_eq!(problem(502, &json!("<html>")), "the server answered 502");
    }
}
