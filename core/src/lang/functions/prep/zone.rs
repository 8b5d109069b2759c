//! Time zones by their distance from UTC. Zones with rules of their own (`Europe/Paris`) need a database of a hundred
//! kilobytes that changes several times a year; nothing here guesses at them.

/// The minutes that a zone is ahead of UTC: `Z`, `UTC`, `GMT`, `+05:30`, `UTC-8`, `GMT+01:00`, and the letters of RFC 822.
pub(crate) fn offset_minutes(name: &str) -> Option<i64> {
    let known = [
        ("Z", 0),
        ("UT", 0),
        ("UTC", 0),
        ("GMT", 0),
        ("Etc/UTC", 0),
        ("Etc/GMT", 0),
        ("EST", -5),
        ("EDT", -4),
        ("CST", -6),
        ("CDT", -5),
        ("MST", -7),
        ("MDT", -6),
        ("PST", -8),
        ("PDT", -7),
    ];
    if let Some((_, hours)) = known.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
        return Some(hours * 60);
    }
    let prefixes = ["UTC", "GMT", "UT"];
    signed(prefixes.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name))
}

/// `+5`, `-08`, `+0530`, `+05:30`; up to 18 hours, as in Java.
fn signed(text: &str) -> Option<i64> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let digits = text.strip_prefix(['+', '-'])?;
    let (hours, minutes) = match (digits.split_once(':'), digits.len()) {
        (Some(both), _) => both,
        (None, 4) => digits.split_at_checked(2)?,
        (None, _) => (digits, "00"),
    };
    let number = |text: &str, most: i64| {
        let plain = matches!(text.len(), 1 | 2) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i64>().ok().filter(|number| plain && *number <= most)
    };
    let minutes = number(hours, 18)? * 60 + number(minutes, 59)?;
    (minutes <= 18 * 60).then_some(sign * minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, expected: Option<i64>) {
        assert_eq!(offset_minutes(name), expected, "{name}");
    }

    #[test]
    fn zones_are_offsets() {
        check("UTC", Some(0));
        check("z", Some(0));
        check("PST", Some(-480));
        check("+05:30", Some(330));
        check("-0800", Some(-480));
        check("GMT+1", Some(60));
        check("UTC-03:00", Some(-180));
        check("+18:00", Some(1_080));
    }

    #[test]
    fn zones_with_rules_of_their_own_are_not_known() {
        for name in
            ["", "Europe/Paris", "America/Los_Angeles", "+19", "+18:01", "+1:2:3", "GMT 1", "+", "+-1"]
        {
            check(name, None);
        }
    }
}
