//! Times by pattern, with the letters of Java's `DateTimeFormatter`, always in UTC.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::date_names::{self, Names, nth};
use super::{Context, date, lift, locale};
use crate::time::calendar::{DAY_MS, civil};
use crate::time::format_instant;
use crate::value::Value;

/// What a pattern is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// Writing a time.
    Write,
    /// Reading one.
    Read,
}

/// A part of a pattern.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    /// Text that stands there as it is.
    Text(String),
    /// A letter, so many times.
    Field(char, usize),
}

/// Letters that write, and how often each may be repeated.
const WRITTEN: &[(char, usize)] = &[
    ('y', 9),
    ('u', 9),
    ('Y', 9),
    ('M', 4),
    ('L', 4),
    ('Q', 2),
    ('q', 2),
    ('w', 2),
    ('d', 2),
    ('D', 3),
    ('E', 4),
    ('a', 1),
    ('H', 2),
    ('h', 2),
    ('k', 2),
    ('K', 2),
    ('m', 2),
    ('s', 2),
    ('S', 9),
    ('X', 3),
    ('x', 3),
    ('Z', 3),
    ('z', 3),
];
/// Letters that read.
const READ: &[(char, usize)] = &[
    ('y', 9),
    ('u', 9),
    ('M', 4),
    ('d', 2),
    ('E', 4),
    ('a', 1),
    ('H', 2),
    ('h', 2),
    ('m', 2),
    ('s', 2),
    ('S', 9),
    ('X', 3),
    ('x', 3),
    ('Z', 3),
];

/// Why a pattern is refused; lower case, for a diagnostic.
pub(crate) fn validate(pattern: &str, wanted: Use) -> Result<(), String> {
    parts(pattern, wanted).map(|_| ())
}

/// The parts of a pattern.
pub(super) fn parts(pattern: &str, wanted: Use) -> Result<Vec<Part>, String> {
    let letters = match wanted {
        Use::Write => WRITTEN,
        Use::Read => READ,
    };
    let mut found: Vec<Part> = Vec::new();
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        if c == '\'' {
            let mut text = String::new();
            loop {
                match rest.next() {
                    Some('\'') if rest.peek() == Some(&'\'') => text.extend(rest.next()),
                    Some('\'') => break,
                    Some(inside) => text.push(inside),
                    None => return Err("a quotation in it has no end".into()),
                }
            }
            found.push(Part::Text(if text.is_empty() { "'".into() } else { text }));
        } else if c.is_ascii_alphabetic() {
            let mut count = 1;
            while rest.next_if_eq(&c).is_some() {
                count += 1;
            }
            let most = letters.iter().find(|(letter, _)| *letter == c).map(|(_, most)| *most);
            match most {
                None => return Err(format!("the letter `{c}` has no meaning in it")),
                Some(most) if count > most => {
                    return Err(format!("`{c}` is in it {count} times, {most} at most"));
                }
                Some(_) => found.push(Part::Field(c, count)),
            }
        } else if matches!(c, '[' | ']' | '{' | '}' | '#') {
            return Err(format!("`{c}` has no meaning in it"));
        } else {
            found.push(Part::Text(c.into()));
        }
    }
    Ok(found)
}

/// Whether a pattern writes names, which only some languages have here.
pub(super) fn has_names(parts: &[Part]) -> bool {
    parts.iter().any(|part| match part {
        Part::Field('M' | 'L', count) => *count > 2,
        Part::Field(letter, _) => *letter == 'E',
        Part::Text(_) => false,
    })
}

/// Whether the names that a pattern writes are known in a locale.
pub(crate) fn can_name(pattern: &str, locale: &str) -> bool {
    let named = parts(pattern, Use::Write).is_ok_and(|parts| has_names(&parts));
    !named || locale::find(locale).is_none_or(|locale| date_names::of(locale.language()).is_some())
}

/// `(instant, pattern [, locale])`. With a pattern that cannot be used, as RFC 3339, as documented.
pub(super) fn format_date(_: Context, arguments: &[Value]) -> Value {
    let Some(pattern) = arguments.get(1).and_then(Value::as_str) else { return Value::Null };
    let language = match arguments.get(2) {
        None => Some("en"),
        Some(name) => name.as_str().and_then(locale::find).map(locale::Locale::language),
    };
    let Some(language) = language else { return Value::Null };
    let names = date_names::of(language);
    let parts = parts(pattern, Use::Write).ok();
    lift::each_instant(arguments.first(), |at_ms| match &parts {
        Some(parts) if names.is_none() && has_names(parts) => Value::Null,
        Some(parts) => lift::text(parts.iter().map(|part| written(part, at_ms, names)).collect()),
        None => Value::String(format_instant(at_ms)),
    })
}

fn written(part: &Part, at_ms: i64, names: Option<&'static Names>) -> String {
    let (letter, count) = match part {
        Part::Text(text) => return text.clone(),
        Part::Field(letter, count) => (*letter, *count),
    };
    let day = civil(at_ms);
    let name = |list: fn(&Names) -> &'static str, number| names.map_or("", |names| nth(list(names), number));
    let number = match letter {
        'M' | 'L' if count == 4 => return name(|names| names.months, day.month).into(),
        'M' | 'L' if count == 3 => return name(|names| names.months_short, day.month).into(),
        'E' if count == 4 => return name(|names| names.days, date::weekday(at_ms)).into(),
        'E' => return name(|names| names.days_short, date::weekday(at_ms)).into(),
        'a' => return if hours(at_ms) < 12 { "AM".into() } else { "PM".into() },
        'X' => return "Z".into(),
        'x' if count == 3 => return "+00:00".into(),
        'x' if count == 1 => return "+00".into(),
        'x' | 'Z' => return "+0000".into(),
        'z' => return "UTC".into(),
        'y' | 'u' => return year(day.year, count),
        'Y' => return year(date::week_of_sundays(at_ms).0, count),
        'S' => {
            let digits = format!("{:03}000000", at_ms.rem_euclid(1_000));
            return digits.chars().take(count).collect();
        }
        'M' | 'L' => day.month,
        'Q' | 'q' => (day.month + 2) / 3,
        'w' => date::week_of_sundays(at_ms).1,
        'd' => day.day,
        'D' => date::ordinal_day(at_ms),
        'H' => hours(at_ms),
        'K' => hours(at_ms) % 12,
        'h' => (hours(at_ms) + 11) % 12 + 1,
        'k' => (hours(at_ms) + 23) % 24 + 1,
        'm' => at_ms.rem_euclid(DAY_MS) / 60_000 % 60,
        's' => at_ms.rem_euclid(DAY_MS) / 1_000 % 60,
        // `parts` lets nothing else through.
        _ => return String::new(),
    };
    format!("{number:0count$}")
}

/// Two digits of the century, or at least so many.
fn year(year: i64, count: usize) -> String {
    if count == 2 {
        format!("{:02}", year.rem_euclid(100))
    } else if count == 1 {
        year.to_string()
    } else {
        format!("{year:0count$}")
    }
}

fn hours(at_ms: i64) -> i64 {
    at_ms.rem_euclid(DAY_MS) / 3_600_000
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::check;
    use super::*;

    fn check_format(at: &str, pattern: &str, expected: &str) {
        check("formatDate", json!([at, pattern]), json!(expected));
    }

    #[test]
    fn documented_patterns() {
        check_format("2020-01-01", "EEEE MMMM dd yyyy", "Wednesday January 01 2020");
        check_format("2026-01-30", "MM/dd/YYYY", "01/30/2026");
        check_format("2026-03-18T14:30:00Z", "dd/MM/yyyy HH:mm", "18/03/2026 14:30");
        let end_of_year = "2023-12-31T10:15:30Z";
        for (pattern, expected) in [
            ("y", "2023"),
            ("Y", "2024"),
            ("M", "12"),
            ("MMM", "Dec"),
            ("m", "15"),
            ("d", "31"),
            ("D", "365"),
        ] {
            check_format(end_of_year, pattern, expected);
        }
        check_format(end_of_year, "MM/DD/YY", "12/365/24");
        check_format("2019-10-23T11:24:35Z", "yyyy-MM-dd'T'HH:mm:ss.SSSX", "2019-10-23T11:24:35.000Z");
    }

    #[test]
    fn hours_are_counted_in_four_ways() {
        check_format("2024-01-01T00:05:09Z", "H h K k a", "0 12 0 24 AM");
        check_format("2024-01-01T12:05:09Z", "HH hh KK kk a", "12 12 00 12 PM");
        check_format("2024-01-01T13:05:09.250Z", "h:mm:ss.SS a", "1:05:09.25 PM");
    }

    #[test]
    fn quotations_stand_as_they_are() {
        check_format("2024-01-01", "yyyy'y' ''Q''Q", "2024y '1'1");
        check_format("2024-01-01", "'it''s'", "it's");
        check_format("2024-01-01", "", "");
    }

    #[test]
    fn names_are_those_of_the_language() {
        check("formatDate", json!(["2024-03-05", "EEE d MMM", "fr_FR"]), json!("mar. 5 mars"));
        check(
            "formatDate",
            json!(["2024-03-05", "EEEE, d. MMMM y", "de-DE"]),
            json!("Dienstag, 5. März 2024"),
        );
        check("formatDate", json!(["2024-03-05", "dd.MM.yy", "pl_PL"]), json!("05.03.24"));
        check("formatDate", json!(["2024-03-05", "MMMM", "pl_PL"]), json!(null));
        check("formatDate", json!(["2024-03-05", "MMMM", "xx"]), json!(null));
        assert!(can_name("dd.MM.yy", "pl_PL") && !can_name("MMM", "pl_PL") && can_name("MMM", "it"));
    }

    #[test]
    fn patterns_that_cannot_be_used_are_refused_and_fall_back() {
        for pattern in ["b", "MMMMM", "ddd", "'open", "[HH]"] {
            assert!(validate(pattern, Use::Write).is_err(), "{pattern}");
            check_format("2024-01-01", pattern, "2024-01-01T00:00:00.000Z");
        }
        assert!(validate("YYYY-'W'ww", Use::Read).is_err());
    }
}
