//! Patterns: `like`, and regular expressions that cannot backtrack (no look-around, no back-references).

use alloc::string::{String, ToString};

use regex_lite::{Regex, RegexBuilder};

use super::{Context, lift};
use crate::limits::{COMPUTED_TEXT_BYTES_MAX, REGEX_BYTES_MAX, REGEX_PROGRAM_BYTES_MAX};
use crate::value::Value;

/// Why a regular expression is refused; lower case, for a diagnostic.
pub fn validate_regex(text: &str) -> Result<(), String> {
    compile(text).map(|_| ())
}

/// Compiles a regular expression, so that it is done once and not for every value.
pub fn compile(text: &str) -> Result<Regex, String> {
    if text.len() > REGEX_BYTES_MAX {
        return Err(alloc::format!("{} bytes are more than the {REGEX_BYTES_MAX} allowed", text.len()));
    }
    if let Some(reason) = foreign(text) {
        return Err(reason.into());
    }
    RegexBuilder::new(text).size_limit(REGEX_PROGRAM_BYTES_MAX).build().map_err(|error| error.to_string())
}

/// What Java means otherwise, and what would be read as something else here without a word.
fn foreign(text: &str) -> Option<&'static str> {
    let mut rest = text.chars().peekable();
    // How many quantifiers stand directly before the place; one of them may be followed by `?`.
    let mut quantified = 0;
    let mut class_depth = 0_u32;
    while let Some(c) = rest.next() {
        if c == '\\' {
            rest.next();
            quantified = 0;
        } else if class_depth > 0 {
            match c {
                '[' if rest.peek() != Some(&':') => {
                    return Some("a class inside a class is not part of it");
                }
                // `[[:alpha:]]`
                '[' => class_depth += 1,
                ']' => class_depth -= 1,
                '&' if rest.peek() == Some(&'&') => return Some("`&&` in a class is not part of it"),
                _ => {}
            }
        } else {
            match c {
                '*' | '+' | '}' if quantified == 0 => quantified = 1,
                '?' if quantified < 2 => quantified += 1,
                '*' | '+' | '?' => {
                    return Some(
                        "a quantifier directly behind another (possessive in Java) is not part of it",
                    );
                }
                '[' => {
                    class_depth = 1;
                    rest.next_if_eq(&'^');
                    rest.next_if_eq(&']');
                    quantified = 0;
                }
                _ => quantified = 0,
            }
        }
    }
    None
}

/// `(text, regex, replacement)`: from the start to the end; the replacement has no references to groups.
pub(super) fn replace_all(_: Context, arguments: &[Value]) -> Value {
    let part = |index: usize| arguments.get(index).and_then(Value::as_str);
    let (Some(regex), Some(by)) = (part(1).and_then(|text| compile(text).ok()), part(2)) else {
        return Value::Null;
    };
    lift::each_text(arguments.first(), |text| {
        let mut found = String::new();
        let mut end = 0;
        for place in regex.find_iter(text) {
            found.push_str(text.get(end..place.start()).unwrap_or_default());
            found.push_str(by);
            end = place.end();
            // A long replacement of every letter would outgrow any memory.
            if found.len() > COMPUTED_TEXT_BYTES_MAX {
                return Value::Null;
            }
        }
        found.push_str(text.get(end..).unwrap_or_default());
        lift::text(found)
    })
}

/// Whether it is found anywhere in the text (design, decision 5).
pub fn matches(regex: &Regex, value: &Value) -> Value {
    lift::any(Some(value), |value| Some(regex.is_match(value.as_str()?)))
}

/// The text of a group of the first match.
pub fn group(regex: &Regex, group: usize, value: &Value) -> Value {
    lift::each(Some(value), |value| {
        let found = value.as_str().and_then(|text| regex.captures(text)?.get(group));
        found.map_or(Value::Null, |found| Value::from(found.as_str()))
    })
}

/// `%` stands for any number of characters, `_` for one. Case matters.
pub fn like(text: &str, pattern: &str) -> bool {
    let (mut text_rest, mut pattern_rest) = (text.chars(), pattern.chars());
    // Where to go on if the part after the last `%` does not fit here.
    let mut retry = None;
    loop {
        let (mut text_next, mut pattern_next) = (text_rest.clone(), pattern_rest.clone());
        match (pattern_next.next(), text_next.next()) {
            (Some('%'), _) => {
                retry = Some((pattern_next.clone(), text_rest.clone()));
                pattern_rest = pattern_next;
            }
            (Some(wanted), Some(found)) if wanted == '_' || wanted == found => {
                text_rest = text_next;
                pattern_rest = pattern_next;
            }
            (None, None) => return true,
            (Some(_), None) => return false,
            (Some(_) | None, Some(_)) => {
                let Some((pattern_after, mut text_from)) = retry else { return false };
                if text_from.next().is_none() {
                    return false;
                }
                (pattern_rest, text_rest) = (pattern_after.clone(), text_from.clone());
                retry = Some((pattern_after, text_from));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_like(text: &str, pattern: &str, expected: bool) {
        assert_eq!(like(text, pattern), expected, "{text} like {pattern}");
    }

    #[test]
    fn like_knows_percent_and_underscore() {
        check_like("", "", true);
        check_like("", "%", true);
        check_like("", "_", false);
        check_like("abc", "abc", true);
        check_like("abc", "ab", false);
        check_like("abc", "a%", true);
        check_like("abc", "%c", true);
        check_like("abc", "_b_", true);
        check_like("abcbc", "a%bc", true);
        check_like("abcbd", "a%bc", false);
        check_like("né", "n_", true);
        check_like("a%", "a%%", true);
        check_like("mississippi", "m%iss%pi", true);
        check_like("mississippi", "m%iss%p", false);
    }

    #[test]
    fn what_would_backtrack_or_is_too_large_is_refused() {
        assert_eq!(validate_regex("^a+$"), Ok(()));
        for text in ["(?=a)", "(a)\\1", "(", "a{1000000}", "((a{1000}){1000}){1000}"] {
            assert!(validate_regex(text).is_err(), "{text}");
        }
        assert!(validate_regex(&"a".repeat(REGEX_BYTES_MAX + 1)).is_err());
        assert!(validate_regex(&"(".repeat(4_000)).is_err());
    }

    #[test]
    fn what_java_means_otherwise_is_refused() {
        for text in [
            "a++",
            "a*+",
            "a?+",
            "a{2}+",
            "a**",
            "a+?+",
            "[a-z&&[^b]]",
            "[a[b]]",
            "\\p{L}",
            "\\h",
            "\\Qa\\E",
            "\\Z",
        ] {
            assert!(validate_regex(text).is_err(), "{text}");
        }
        for text in [
            "a+?",
            "a??",
            "a{2}?",
            "\\++",
            "[+*?]+",
            "[]+]+",
            "[^]]*",
            "[[:alpha:]]+",
            "(?i)^a",
            "\\d\\w\\s\\b",
            "(?:a|b)*",
            "a+b+",
            "[&]",
        ] {
            assert_eq!(validate_regex(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn every_match_is_replaced_as_written() {
        let check = |text: &str, regex: &str, by: &str, expected: Value| {
            let arguments = [Value::from(text), Value::from(regex), Value::from(by)];
            assert_eq!(replace_all(Context { now_ms: 0 }, &arguments), expected, "{text} {regex} {by}");
        };
        check("Hello World", "World", "AJO", Value::from("Hello AJO"));
        check("aaa", "aa", "b", Value::from("ba"));
        check("O'Neil 3", "[^a-zA-Z]", "", Value::from("ONeil"));
        check("a.b", "\\.", "$0", Value::from("a$0b"));
        check("ab", "", "-", Value::from("-a-b-"));
        check("a", "(", "b", Value::Null);
        check(&"a".repeat(2_000), "a", &"b".repeat(2_000), Value::Null);
    }

    #[test]
    fn a_pattern_that_would_explode_elsewhere_is_answered_at_once() {
        let regex = compile("(a+)+$").unwrap();
        let text = alloc::format!("{}b", "a".repeat(10_000));
        assert_eq!(matches(&regex, &Value::from(text)), Value::Boolean(false));
    }
}
