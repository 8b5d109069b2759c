//! Text to instants and days. Strict: what is not a whole date or date-time of the forms below is `None`.

use super::calendar::start_of_date;

/// A date-time or a date to milliseconds since the epoch, UTC.
///
/// `2024-05-08T13:14:15.678Z`, with an offset `+02:00` or `+0200`, with 1 to 9 digits of a second (beyond milliseconds
/// they are cut off) or none, without seconds; `2024-05-08 13:14:15` and any form without an offset as UTC;
/// `2024-05-08` as its first instant. 24:00 and leap seconds are refused.
pub fn parse_instant(text: &str) -> Option<i64> {
    let mut rest = Cursor(text.as_bytes());
    let date_ms = rest.date()?;
    if rest.0.is_empty() {
        return Some(date_ms);
    }
    if !(rest.take(b'T') || rest.take(b't') || rest.take(b' ')) {
        return None;
    }
    let time_ms = rest.time()?;
    let offset_ms = rest.offset()?;
    if !rest.0.is_empty() {
        return None;
    }
    date_ms.checked_add(time_ms)?.checked_sub(offset_ms)
}

/// A date (`2024-05-08`, nothing else) to its first instant, UTC.
pub fn parse_date(text: &str) -> Option<i64> {
    let mut rest = Cursor(text.as_bytes());
    let date_ms = rest.date()?;
    rest.0.is_empty().then_some(date_ms)
}

struct Cursor<'a>(&'a [u8]);

impl Cursor<'_> {
    fn take(&mut self, byte: u8) -> bool {
        match self.0.split_first() {
            Some((first, rest)) if *first == byte => {
                self.0 = rest;
                true
            }
            Some(_) | None => false,
        }
    }

    fn digits(&mut self, count: usize) -> Option<i64> {
        let (head, rest) = self.0.split_at_checked(count)?;
        let mut number = 0;
        for byte in head {
            number = number * 10 + i64::from(byte.is_ascii_digit().then(|| byte - b'0')?);
        }
        self.0 = rest;
        Some(number)
    }

    fn date(&mut self) -> Option<i64> {
        let year = self.digits(4)?;
        let month = self.take(b'-').then(|| self.digits(2))??;
        let day = self.take(b'-').then(|| self.digits(2))??;
        start_of_date(year, month, day)
    }

    fn time(&mut self) -> Option<i64> {
        let hour = self.digits(2)?;
        let minute = self.take(b':').then(|| self.digits(2))??;
        let second = if self.take(b':') { self.digits(2)? } else { 0 };
        if hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        let fraction_ms = if self.take(b'.') { self.fraction()? } else { 0 };
        Some(((hour * 60 + minute) * 60 + second) * 1_000 + fraction_ms)
    }

    fn fraction(&mut self) -> Option<i64> {
        let count = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=9).contains(&count) {
            return None;
        }
        let number = self.digits(count)?;
        let shift = 10_i64.pow(u32::try_from(count.abs_diff(3)).ok()?);
        Some(if count <= 3 { number * shift } else { number / shift })
    }

    fn offset(&mut self) -> Option<i64> {
        if self.0.is_empty() || self.take(b'Z') || self.take(b'z') {
            return Some(0);
        }
        let sign = if self.take(b'+') {
            1
        } else if self.take(b'-') {
            -1
        } else {
            return None;
        };
        let hours = self.digits(2)?;
        self.take(b':');
        let minutes = if self.0.is_empty() { 0 } else { self.digits(2)? };
        (hours <= 23 && minutes <= 59).then_some(sign * (hours * 60 + minutes) * 60_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::{format_date, format_instant};
    use proptest::prelude::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(parse_instant(text).map(format_instant).as_deref(), Some(expected), "{text}");
    }

    #[test]
    fn usual_forms_are_read() {
        check("2024-05-08T13:14:15.678Z", "2024-05-08T13:14:15.678Z");
        check("2024-05-08T13:14:15Z", "2024-05-08T13:14:15.000Z");
        check("2024-05-08T13:14:15+02:00", "2024-05-08T11:14:15.000Z");
        check("2024-05-08T13:14:15.5-0530", "2024-05-08T18:44:15.500Z");
        check("2024-05-08T13:14:15.123456789Z", "2024-05-08T13:14:15.123Z");
        check("2024-05-08T13:14Z", "2024-05-08T13:14:00.000Z");
        check("2024-05-08 13:14:15", "2024-05-08T13:14:15.000Z");
        check("2024-05-08 13:14:15.25", "2024-05-08T13:14:15.250Z");
        check("2024-05-08", "2024-05-08T00:00:00.000Z");
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "2024",
            "2024-5-8",
            "2024-05-08T",
            "2024-05-08T25:00:00Z",
            "2024-05-08T24:00:00Z",
            "2024-05-08T13:14:60Z",
            "2024-13-01",
            "2023-02-29",
            "2024-05-08T13:14:15.Z",
            "2024-05-08T13:14:15+",
            "2024-05-08T13:14:15Zx",
            " 2024-05-08",
            "2024-05-08T13:14:15.1234567890Z",
            "２０２４-05-08",
            "yesterday",
            "1715174055678",
            "2024-05-08T13:14:15+24:00",
        ] {
            assert_eq!(parse_instant(text), None, "{text}");
        }
        assert_eq!(parse_date("2024-05-08T00:00:00Z"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(at in -62_167_219_200_000_i64..253_402_300_800_000) {
            prop_assert_eq!(parse_instant(&format_instant(at)), Some(at));
            prop_assert!(parse_date(&format_date(at)).unwrap() <= at);
        }

        #[test]
        fn any_text_is_survived(text in ".{0,40}") {
            let _ = parse_instant(&text);
        }
    }
}
