//! Regular expressions.

use alloc::vec::Vec;

use super::super::{Context, lift, pattern};
use super::text_at;
use crate::value::Value;

/// `(text [, regex])`: the parts between what matches, a comma if nothing is said. As in Java, empty parts at the end go.
pub(in super::super) fn explode(_: Context, arguments: &[Value]) -> Value {
    let Some(text) = text_at(arguments, 0) else { return Value::Null };
    let regex = match arguments.get(1) {
        None => ",",
        Some(regex) => match regex.as_str() {
            Some(regex) => regex,
            None => return Value::Null,
        },
    };
    let Ok(regex) = pattern::compile(regex) else { return Value::Null };
    let mut parts: Vec<&str> = regex.split(text).collect();
    if parts.len() > 1 {
        while parts.last().is_some_and(|part| part.is_empty()) {
            parts.pop();
        }
    }
    Value::List(parts.into_iter().map(Value::from).collect())
}

/// `(text, regex)`: the first match, and what its groups matched; null if nothing does.
pub(in super::super) fn extract(_: Context, arguments: &[Value]) -> Value {
    let (Some(text), Some(regex)) = (text_at(arguments, 0), text_at(arguments, 1)) else {
        return Value::Null;
    };
    let Some(found) = pattern::compile(regex).ok().and_then(|regex| regex.captures(text)) else {
        return Value::Null;
    };
    Value::List(
        found.iter().map(|group| group.map_or(Value::Null, |group| Value::from(group.as_str()))).collect(),
    )
}

/// `(text, regex)`: whether all of the text matches, as in Java.
pub(in super::super) fn matches(_: Context, arguments: &[Value]) -> Value {
    let Some(regex) = text_at(arguments, 1) else { return Value::Null };
    let Ok(regex) = pattern::compile(&alloc::format!("^(?:{regex})$")) else { return Value::Null };
    lift::any(arguments.first(), |value| Some(regex.is_match(value.as_str()?)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::tests::check_calculated;

    #[test]
    fn documented_examples() {
        let (text, regex) = ("E259,E259B_009,1_1", "([^,]+),[^,]*,([^,]+)");
        check_calculated("extract_regex", json!([text, regex]), json!([text, "E259", "1_1"]));
        check_calculated("matches_regex", json!([text, regex]), json!(true));
        check_calculated("explode", json!(["Hi, there!", " "]), json!(["Hi,", "there!"]));
    }

    #[test]
    fn parts_end_where_the_expression_matches() {
        check_calculated("explode", json!(["a,b,,c,,"]), json!(["a", "b", "", "c"]));
        check_calculated("explode", json!(["id1|id2", "\\|"]), json!(["id1", "id2"]));
        check_calculated("explode", json!(["", ","]), json!([""]));
        check_calculated("explode", json!(["a", "("]), json!(null));
        check_calculated("explode", json!([null]), json!(null));
        check_calculated("extract_regex", json!(["abc", "(x)?b(c)"]), json!(["bc", null, "c"]));
        check_calculated("extract_regex", json!(["abc", "x"]), json!(null));
        check_calculated("matches_regex", json!(["abc", "b"]), json!(false));
        check_calculated("matches_regex", json!(["abc", "a|abc"]), json!(true));
    }
}
