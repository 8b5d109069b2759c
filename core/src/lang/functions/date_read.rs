//! Text to instants, by pattern or as RFC 3339.

use super::date_names::{self, begins_with};
use super::date_pattern::{Part, Use, parts};
use super::{Context, lift};
use crate::time::calendar::start_of_date;
use crate::value::Value;

/// `(text [, pattern])`
pub(super) fn string_to_date(_: Context, arguments: &[Value]) -> Value {
    read(arguments, None)
}

/// `(text [, pattern])`: of text that does not fit, the start of 1970, as documented.
pub(super) fn to_date_time(_: Context, arguments: &[Value]) -> Value {
    read(arguments, Some(0))
}

/// `(value)`: of anything else than an instant, the start of 1970, as documented.
pub(super) fn to_date_time_only(_: Context, arguments: &[Value]) -> Value {
    read(arguments.get(..1).unwrap_or_default(), Some(0))
}

fn read(arguments: &[Value], otherwise_ms: Option<i64>) -> Value {
    let pattern = match arguments.get(1) {
        None => None,
        Some(Value::String(pattern)) => match parts(pattern, Use::Read) {
            Ok(parts) => Some(parts),
            Err(_) => return otherwise_ms.map_or(Value::Null, Value::Time),
        },
        Some(_) => return Value::Null,
    };
    lift::each(arguments.first(), |value| {
        let found = match (value, &pattern) {
            (Value::String(text), Some(parts)) => Fields::read(text, parts),
            (other, _) => other.as_instant_ms(),
        };
        found.or(otherwise_ms).map_or(Value::Null, Value::Time)
    })
}

/// The instant that a text stands for by a pattern.
pub(super) fn read_by(text: &str, pattern: &str) -> Option<i64> {
    Fields::read(text, &parts(pattern, Use::Read).ok()?)
}

/// What a text said of a time.
struct Fields {
    year: i64,
    month: i64,
    day: i64,
    hour: i64,
    afternoon: Option<bool>,
    minute: i64,
    second: i64,
    milliseconds: i64,
    offset_minutes: i64,
}

impl Fields {
    /// All of the text must fit. What it does not say is the first: 1970, January, the first day, midnight, UTC.
    fn read(text: &str, parts: &[Part]) -> Option<i64> {
        let mut fields = Self {
            year: 1970,
            month: 1,
            day: 1,
            hour: 0,
            afternoon: None,
            minute: 0,
            second: 0,
            milliseconds: 0,
            offset_minutes: 0,
        };
        let mut rest = text;
        for part in parts {
            rest = match part {
                Part::Text(wanted) => rest.strip_prefix(wanted.as_str())?,
                Part::Field(letter, count) => fields.field(*letter, *count, rest)?,
            };
        }
        if rest.is_empty() { fields.instant() } else { None }
    }

    /// Takes one field from the start of a text; gives what is left of it.
    fn field<'t>(&mut self, letter: char, count: usize, text: &'t str) -> Option<&'t str> {
        match letter {
            'E' => {
                let days = date_names::of("en")?;
                let (_, length) = begins_with(if count == 4 { days.days } else { days.days_short }, text)?;
                return text.get(length..);
            }
            'M' if count > 2 => {
                let months = date_names::of("en")?;
                let (month, length) =
                    begins_with(if count == 4 { months.months } else { months.months_short }, text)?;
                self.month = month;
                return text.get(length..);
            }
            'a' => {
                let start = text.get(..2)?;
                self.afternoon = Some(start.eq_ignore_ascii_case("pm"));
                let known = start.eq_ignore_ascii_case("am") || start.eq_ignore_ascii_case("pm");
                return text.get(2..).filter(|_| known);
            }
            'X' | 'x' | 'Z' => return self.offset(text),
            _ => {}
        }
        let most = match (letter, count) {
            ('S', _) => count,
            ('y' | 'u', 1) => 9,
            (_, 1) => 2,
            (_, count) => count,
        };
        let digits = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
        if digits == 0 || (count > 1 && digits != count) || (letter == 'S' && digits != count) {
            return None;
        }
        let (digits, rest) = text.split_at_checked(digits)?;
        let number: i64 = digits.parse().ok()?;
        match letter {
            'y' | 'u' => self.year = if count == 2 { 2_000 + number } else { number },
            'M' => self.month = number,
            'd' => self.day = number,
            'H' => self.hour = number,
            'h' => self.hour = (1..=12).contains(&number).then_some(number % 12)?,
            'm' => self.minute = number,
            's' => self.second = number,
            'S' => {
                let shift = 10_i64.checked_pow(u32::try_from(count.abs_diff(3)).ok()?)?;
                self.milliseconds = if count <= 3 { number.checked_mul(shift)? } else { number / shift };
            }
            _ => return None,
        }
        Some(rest)
    }

    /// `Z`, `+05`, `+0530`, `+05:30`
    fn offset<'t>(&mut self, text: &'t str) -> Option<&'t str> {
        if let Some(rest) = text.strip_prefix(['Z', 'z']) {
            return Some(rest);
        }
        let sign = if text.starts_with('-') { -1 } else { 1 };
        let rest = text.strip_prefix(['+', '-'])?;
        let (hours, rest) = two_digits(rest, 23)?;
        let (minutes, rest) = match two_digits(rest.strip_prefix(':').unwrap_or(rest), 59) {
            Some((minutes, rest)) => (minutes, rest),
            None => (0, rest),
        };
        self.offset_minutes = sign * (hours * 60 + minutes);
        Some(rest)
    }

    fn instant(&self) -> Option<i64> {
        let hour = if self.afternoon == Some(true) { self.hour % 12 + 12 } else { self.hour };
        if hour > 23 || self.minute > 59 || self.second > 59 {
            return None;
        }
        let minutes = hour * 60 + self.minute - self.offset_minutes;
        let time_ms = (minutes * 60 + self.second) * 1_000 + self.milliseconds;
        start_of_date(self.year, self.month, self.day)?.checked_add(time_ms)
    }
}

fn two_digits(text: &str, most: i64) -> Option<(i64, &str)> {
    let (digits, rest) = text.split_at_checked(2)?;
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.parse().ok().filter(|number| plain && *number <= most)?;
    Some((number, rest))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::check;

    fn check_read(text: &str, pattern: &str, expected: &str) {
        check("stringToDate", json!([text, pattern]), json!(expected));
    }

    #[test]
    fn text_is_read_as_the_pattern_says() {
        check_read("2023-01-10 23:13:26", "yyyy-MM-dd HH:mm:ss", "2023-01-10T23:13:26.000Z");
        check_read("5/7/24 1:05 pm", "d/M/yy h:mm a", "2024-07-05T13:05:00.000Z");
        check_read("12 am", "h a", "1970-01-01T00:00:00.000Z");
        check_read("Tue, 5 March 2024", "EEE, d MMMM yyyy", "2024-03-05T00:00:00.000Z");
        check_read("20240305T101530.250+0530", "yyyyMMdd'T'HHmmss.SSSX", "2024-03-05T04:45:30.250Z");
        check_read("2024-03-05T10Z", "yyyy-MM-dd'T'HHX", "2024-03-05T10:00:00.000Z");
    }

    #[test]
    fn text_that_does_not_fit_is_null_or_the_start_of_1970() {
        for (text, pattern) in [
            ("2023-1-10", "yyyy-MM-dd"),
            ("2023-02-30", "yyyy-MM-dd"),
            ("2023-01-10x", "yyyy-MM-dd"),
            ("25:00", "HH:mm"),
            ("13 am", "h a"),
            ("May", "MMMM yyyy"),
            ("2023", "YYYY"),
        ] {
            check("stringToDate", json!([text, pattern]), json!(null));
            check("toDateTime", json!([text, pattern]), json!("1970-01-01T00:00:00.000Z"));
        }
        check("toDateTime", json!(["2024-11-01T17:19:51Z"]), json!("2024-11-01T17:19:51.000Z"));
        check("toDateTime", json!(["tomorrow"]), json!("1970-01-01T00:00:00.000Z"));
        check("toDateTime", json!([null]), json!(null));
        check("toDateTimeOnly", json!([86_400_000]), json!("1970-01-02T00:00:00.000Z"));
        check("toDateTimeOnly", json!([true]), json!("1970-01-01T00:00:00.000Z"));
        check("stringToDate", json!(["tomorrow"]), json!(null));
    }
}
