//! Rows of a Markdown table.

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;

/// The cells of a line, trimmed; `None` if it is no row. A bar within a cell is written `\|`.
pub(super) fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?;
    let mut cells = Vec::new();
    let mut cell = String::new();
    let mut rest = inner.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '\\' if rest.peek() == Some(&'|') => {
                rest.next();
                cell.push('|');
            }
            '|' => cells.push(core::mem::take(&mut cell).trim().to_owned()),
            other => cell.push(other),
        }
    }
    if !cell.trim().is_empty() {
        cells.push(cell.trim().to_owned());
    }
    Some(cells)
}

/// The line under the header.
pub(super) fn is_rule(cells: &[String]) -> bool {
    !cells.is_empty()
        && cells.iter().all(|cell| cell.contains('-') && cell.chars().all(|one| matches!(one, '-' | ':')))
}

/// What stands in backticks, if the whole cell does.
pub(super) fn code(cell: &str) -> Option<&str> {
    let ticks = cell.bytes().take_while(|byte| *byte == b'`').count();
    let fence = cell.get(..ticks).filter(|fence| !fence.is_empty())?;
    let inner = cell.strip_prefix(fence)?.strip_suffix(fence)?;
    // So that code may itself begin and end with a backtick.
    Some(if ticks > 1 { inner.trim() } else { inner })
}

/// What a cell says, in backticks or not.
pub(super) fn plain(cell: &str) -> &str {
    code(cell).unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(line: &str, expected: &[&str]) {
        assert_eq!(cells(line).unwrap(), expected);
    }

    #[test]
    fn cells_are_parted_by_bars_that_are_not_escaped() {
        check("| a | `b \\| c` | |", &["a", "`b | c`", ""]);
        check("| a | b", &["a", "b"]);
        check("| \"\\\\w\" |", &["\"\\\\w\""]);
        assert_eq!(cells("prose | with a bar"), None);
    }

    #[test]
    fn code_is_what_the_backticks_hold() {
        assert_eq!(code("`a = \"b\"`"), Some("a = \"b\""));
        assert_eq!(code("`` `a` ``"), Some("`a`"));
        assert_eq!(code("a"), None);
        assert_eq!(code("`a"), None);
        assert_eq!(plain("ok"), "ok");
    }

    #[test]
    fn the_line_under_the_header_is_known() {
        assert!(is_rule(&cells("|---|:--:|").unwrap()));
        assert!(!is_rule(&cells("|---|a|").unwrap()));
    }
}
