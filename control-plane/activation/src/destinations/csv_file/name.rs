//! Names of files: `<destination>_segment<audience>_<yyyymmddhhmmss>.csv`, further parts with `_2`, `_3`.

use crate::instant::compact;

/// Characters of a file name, at most.
const NAME_CHARACTERS_MAX: usize = 255;

/// The name of a file. The same arguments give the same name, so a repeated run replaces its own files.
pub(crate) fn name(destination: &str, audience: &str, started_ms: i64, part: usize) -> String {
    let suffix = if part > 1 { format!("_{part}") } else { String::new() };
    let end = format!("_{}{suffix}.csv", compact(started_ms));
    let start = format!("{}_segment{}", safe(destination), safe(audience));
    let room = NAME_CHARACTERS_MAX.saturating_sub(end.len());
    let start: String = start.chars().take(room).collect();
    format!("{start}{end}")
}

/// Only letters, digits, `-`, `.` and `_`, all of one byte.
fn safe(text: &str) -> String {
    let keep = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') { c } else { '-' };
    text.chars().map(keep).collect()
}
