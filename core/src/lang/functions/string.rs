//! Functions of text. Case folding is Unicode's lower case.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Context, lift, pattern};
use crate::limits::COMPUTED_TEXT_BYTES_MAX;
use crate::value::Value;

pub(super) fn starts_with(_: Context, arguments: &[Value]) -> Value {
    test(arguments, |text, part| text.starts_with(part))
}

pub(super) fn does_not_start_with(_: Context, arguments: &[Value]) -> Value {
    test(arguments, |text, part| !text.starts_with(part))
}

pub(super) fn ends_with(_: Context, arguments: &[Value]) -> Value {
    test(arguments, |text, part| text.ends_with(part))
}

pub(super) fn does_not_end_with(_: Context, arguments: &[Value]) -> Value {
    test(arguments, |text, part| !text.ends_with(part))
}

pub(super) fn contains(_: Context, arguments: &[Value]) -> Value {
    test(arguments, |text, part| text.contains(part))
}

pub(super) fn does_not_contain(_: Context, arguments: &[Value]) -> Value {
    test(arguments, |text, part| !text.contains(part))
}

/// Any of the given values; a boolean in the last place says whether case matters (design, decision 6).
pub(super) fn equals(_: Context, arguments: &[Value]) -> Value {
    let Some(any_of) = AnyOf::read(arguments) else { return Value::Null };
    lift::any(arguments.first(), |value| any_of.holds(value))
}

/// None of the given values.
pub(super) fn not_equal_to(_: Context, arguments: &[Value]) -> Value {
    let Some(any_of) = AnyOf::read(arguments) else { return Value::Null };
    lift::any(arguments.first(), |value| any_of.holds(value).map(|holds| !holds))
}

pub(super) fn like(_: Context, arguments: &[Value]) -> Value {
    let Some(like) = arguments.get(1).and_then(Value::as_str) else { return Value::Null };
    lift::any(arguments.first(), |value| Some(pattern::like(value.as_str()?, like)))
}

pub(super) fn matches(_: Context, arguments: &[Value]) -> Value {
    let Some(regex) = arguments.get(1).and_then(Value::as_str).and_then(|text| pattern::compile(text).ok())
    else {
        return Value::Null;
    };
    pattern::matches(&regex, arguments.first().unwrap_or(&Value::Null))
}

pub(super) fn regex_group(_: Context, arguments: &[Value]) -> Value {
    let Some(regex) = arguments.get(1).and_then(Value::as_str).and_then(|text| pattern::compile(text).ok())
    else {
        return Value::Null;
    };
    let group = match arguments.get(2) {
        // The only group that anybody can mean.
        None => usize::from(regex.captures_len() > 1),
        Some(Value::Integer(group)) => match usize::try_from(*group) {
            Ok(group) => group,
            Err(_) => return Value::Null,
        },
        Some(_) => return Value::Null,
    };
    pattern::group(&regex, group, arguments.first().unwrap_or(&Value::Null))
}

pub(super) fn equals_ignore_case(_: Context, arguments: &[Value]) -> Value {
    test_ignoring_case(arguments, |left, right| left == right)
}

pub(super) fn not_equal_with_ignore_case(_: Context, arguments: &[Value]) -> Value {
    test_ignoring_case(arguments, |left, right| left != right)
}

/// Any of the given texts, whatever the case.
pub(super) fn equals_any_ignore_case(_: Context, arguments: &[Value]) -> Value {
    let Some((text, others)) = arguments.split_first() else { return Value::Null };
    let others: Option<Vec<String>> =
        others.iter().map(|other| Some(other.as_str()?.to_lowercase())).collect();
    let Some(others) = others.filter(|others| !others.is_empty()) else { return Value::Null };
    lift::any(Some(text), |value| Some(others.contains(&value.as_str()?.to_lowercase())))
}

/// -1, 0 or 1.
pub(super) fn compare_to(_: Context, arguments: &[Value]) -> Value {
    let Some(other) = arguments.get(1).and_then(Value::as_str) else { return Value::Null };
    map(arguments, |text| Value::Integer(text.cmp(other) as i64))
}

/// Counted in characters from 0; -1 if there is none.
pub(super) fn index_of(_: Context, arguments: &[Value]) -> Value {
    index(arguments, |text, part| text.find(part))
}

/// Counted in characters from 0; -1 if there is none.
pub(super) fn last_index_of(_: Context, arguments: &[Value]) -> Value {
    index(arguments, |text, part| text.rfind(part))
}

/// The parts between separators; `Null` without a separator.
pub(super) fn split(_: Context, arguments: &[Value]) -> Value {
    match arguments {
        [Value::String(text), Value::String(separator)] if !separator.is_empty() => {
            Value::List(text.split(separator.as_str()).map(Value::from).collect())
        }
        _ => Value::Null,
    }
}

pub(super) fn lower_case(_: Context, arguments: &[Value]) -> Value {
    map(arguments, |text| lift::text(text.to_lowercase()))
}

pub(super) fn upper_case(_: Context, arguments: &[Value]) -> Value {
    map(arguments, |text| lift::text(text.to_uppercase()))
}

pub(super) fn trim(_: Context, arguments: &[Value]) -> Value {
    map(arguments, |text| Value::from(text.trim()))
}

pub(super) fn left_trim(_: Context, arguments: &[Value]) -> Value {
    map(arguments, |text| Value::from(text.trim_start()))
}

pub(super) fn right_trim(_: Context, arguments: &[Value]) -> Value {
    map(arguments, |text| Value::from(text.trim_end()))
}

/// In characters, not bytes.
pub(super) fn length(_: Context, arguments: &[Value]) -> Value {
    map(arguments, |text| i64::try_from(text.chars().count()).map_or(Value::Null, Value::Integer))
}

pub(super) fn concat(_: Context, arguments: &[Value]) -> Value {
    let mut joined = String::new();
    for argument in arguments {
        let Value::String(text) = argument else { return Value::Null };
        // A text put together with itself, and so on, would outgrow any memory.
        if joined.len() + text.len() > COMPUTED_TEXT_BYTES_MAX {
            return Value::Null;
        }
        joined.push_str(text);
    }
    if arguments.is_empty() { Value::Null } else { Value::String(joined) }
}

/// Missing, or text, a list or an object without anything in it.
pub(super) fn is_empty(_: Context, arguments: &[Value]) -> Value {
    Value::Boolean(empty(arguments))
}

pub(super) fn is_not_empty(_: Context, arguments: &[Value]) -> Value {
    Value::Boolean(!empty(arguments))
}

fn empty(arguments: &[Value]) -> bool {
    match arguments.first() {
        None | Some(Value::Null) => true,
        Some(Value::String(text)) => text.is_empty(),
        Some(Value::List(items)) => items.is_empty(),
        Some(Value::Object(fields)) => fields.is_empty(),
        Some(Value::Boolean(_) | Value::Integer(_) | Value::Double(_) | Value::Time(_)) => false,
    }
}

fn map(arguments: &[Value], compute: impl Fn(&str) -> Value) -> Value {
    lift::each(arguments.first(), |value| value.as_str().map_or(Value::Null, &compute))
}

fn index(arguments: &[Value], find: impl Fn(&str, &str) -> Option<usize>) -> Value {
    let Some(part) = arguments.get(1).and_then(Value::as_str) else { return Value::Null };
    map(arguments, |text| {
        let before = find(text, part).and_then(|bytes| text.get(..bytes));
        before.map_or(Value::Integer(-1), |before| {
            i64::try_from(before.chars().count()).map_or(Value::Null, Value::Integer)
        })
    })
}

fn test_ignoring_case(arguments: &[Value], holds: impl Fn(&str, &str) -> bool) -> Value {
    let Some(other) = arguments.get(1).and_then(Value::as_str).map(str::to_lowercase) else {
        return Value::Null;
    };
    lift::any(arguments.first(), |value| Some(holds(&value.as_str()?.to_lowercase(), &other)))
}

/// `(text, part [, caseSensitive = true])`; null if a part is null.
fn test(arguments: &[Value], holds: impl Fn(&str, &str) -> bool) -> Value {
    let Some(part) = arguments.get(1).and_then(Value::as_str) else { return Value::Null };
    match arguments.get(2) {
        None | Some(Value::Boolean(true)) => {
            lift::any(arguments.first(), |value| Some(holds(value.as_str()?, part)))
        }
        Some(Value::Boolean(false)) => {
            let part = part.to_lowercase();
            lift::any(arguments.first(), |value| Some(holds(&value.as_str()?.to_lowercase(), &part)))
        }
        Some(_) => Value::Null,
    }
}

struct AnyOf<'a> {
    candidates: &'a [Value],
    case_sensitive: bool,
}

impl<'a> AnyOf<'a> {
    fn read(arguments: &'a [Value]) -> Option<Self> {
        let (_, rest) = arguments.split_first()?;
        let (candidates, case_sensitive) = match rest.split_last() {
            // With one argument only, a boolean is what is compared with.
            Some((Value::Boolean(case_sensitive), before)) if !before.is_empty() => (before, *case_sensitive),
            Some(_) | None => (rest, true),
        };
        let usable = !candidates.is_empty() && candidates.iter().all(|candidate| *candidate != Value::Null);
        usable.then_some(Self { candidates, case_sensitive })
    }

    fn holds(&self, value: &Value) -> Option<bool> {
        if *value == Value::Null {
            return None;
        }
        Some(self.candidates.iter().any(|candidate| match (value, candidate) {
            (Value::String(left), Value::String(right)) if !self.case_sensitive => {
                left.to_lowercase() == right.to_lowercase()
            }
            (left, right) => left.equals(right),
        }))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::check;

    #[test]
    fn parts_of_text_are_tested_with_or_without_case() {
        check("startsWith", json!(["Acquaint", "Acq"]), json!(true));
        check("startsWith", json!(["Acquaint", "acq"]), json!(false));
        check("startsWith", json!(["Acquaint", "acq", false]), json!(true));
        check("doesNotStartWith", json!(["Acquaint", "acq"]), json!(true));
        check("endsWith", json!(["a@b.com", ".com"]), json!(true));
        check("doesNotEndWith", json!(["a@b.COM", ".com", false]), json!(false));
        check("contains", json!(["straße", "ss"]), json!(false));
        check("doesNotContain", json!(["ÄB", "äb", false]), json!(false));
    }

    #[test]
    fn a_missing_text_is_neither_in_nor_out() {
        for name in ["contains", "doesNotContain", "equals", "notEqualTo", "like", "matches"] {
            check(name, json!([null, "a"]), json!(null));
            check(name, json!(["a", null]), json!(null));
        }
    }

    #[test]
    fn equals_takes_several_texts_or_a_case_flag() {
        check("equals", json!(["b", "a", "b", "c"]), json!(true));
        check("equals", json!(["B", "b"]), json!(false));
        check("equals", json!(["B", "b", false]), json!(true));
        check("equals", json!(["B", "a", "b", false]), json!(true));
        check("equals", json!([true, true]), json!(true));
        check("equals", json!([1, 1.0]), json!(true));
        check("notEqualTo", json!(["B", "b", false]), json!(false));
        check("notEqualTo", json!(["B", "b"]), json!(true));
    }

    #[test]
    fn a_projected_list_matches_if_any_item_does() {
        check("contains", json!([["ab", "cd"], "d"]), json!(true));
        check("contains", json!([[], "d"]), json!(false));
        check("lowerCase", json!([["Ab", null, 3]]), json!(["ab"]));
    }

    #[test]
    fn patterns_are_found() {
        check("like", json!(["Acquaint", "%q_a%"]), json!(true));
        check("matches", json!(["john doe", "(?i)^John"]), json!(true));
        check("matches", json!(["xjohn", "john"]), json!(true));
        check("matches", json!(["x", "(?=x)"]), json!(null));
        check("regexGroup", json!(["a@example.com", "@(\\w+)", 1]), json!("example"));
        check("regexGroup", json!(["a@example.com", "@(\\w+)", 2]), json!(null));
        check("regexGroup", json!(["a@example.com", "@(\\w+)"]), json!("example"));
        check("regexGroup", json!(["a@example.com", "@\\w+"]), json!("@example"));
        check("regexGroup", json!(["a", "@(\\w+)", -1]), json!(null));
    }

    #[test]
    fn text_is_changed_and_measured() {
        check("upperCase", json!(["straße"]), json!("STRASSE"));
        check("length", json!(["né"]), json!(2));
        check("trim", json!(["  a "]), json!("a"));
        check("leftTrim", json!(["  a "]), json!("a "));
        check("rightTrim", json!(["  a "]), json!("  a"));
        check("concat", json!(["a", "b", "c"]), json!("abc"));
        check("concat", json!(["a", null]), json!(null));
        check("concat", json!(["a".repeat(700_000), "a".repeat(700_000)]), json!(null));
        check("split", json!(["a,b,", ","]), json!(["a", "b", ""]));
        check("split", json!(["a", ""]), json!(null));
        check("indexOf", json!(["éab", "b"]), json!(2));
        check("indexOf", json!(["éab", "x"]), json!(-1));
        check("lastIndexOf", json!(["abab", "ab"]), json!(2));
        check("equalsIgnoreCase", json!(["Ä", "ä"]), json!(true));
        check("notEqualWithIgnoreCase", json!(["Ä", "b"]), json!(true));
        check("notEqualWithIgnoreCase", json!([null, "b"]), json!(null));
        check("equalsAnyIgnoreCase", json!(["Icon", "icon", "ambassador"]), json!(true));
        check("equalsAnyIgnoreCase", json!(["Icon", "ambassador"]), json!(false));
        check("compareTo", json!(["apple", "banana"]), json!(-1));
        check("isEmpty", json!([""]), json!(true));
        check("isNotEmpty", json!([[0]]), json!(true));
    }
}
