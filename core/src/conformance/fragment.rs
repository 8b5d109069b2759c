//! Examples that are not quite expressions: fragments of a `select`, templates, and the patterns of 2018.

use alloc::borrow::ToOwned as _;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::names::Names;
use crate::lang::parse;

/// The text inside `{%= ... %}` or `{{ ... }}`; the type that the documentation writes behind goes.
pub(super) fn of_template(text: &str) -> &str {
    let text = text.trim();
    let text = match text.rsplit_once("%}:") {
        Some((before, of)) if of.trim().chars().all(|one| one.is_alphanumeric() || one == '-') => {
            text.get(..before.len() + "%}".len()).unwrap_or(text)
        }
        Some(_) | None => text,
    };
    let inside = |open: &str, close: &str| text.strip_prefix(open)?.strip_suffix(close);
    // The documentation leaves out a percent sign now and then.
    inside("{%=", "%}").or_else(|| inside("{=", "%}")).or_else(|| inside("{{", "}}")).unwrap_or(text).trim()
}

/// The expression as a whole. The examples of time constraints are fragments of a `select`, whose variables (`X`, `Y1`)
/// are events; in one the event is not even named.
pub(super) fn whole(text: &str) -> String {
    if text.starts_with("timestamp occurs ") {
        return format!("xEvent[{text}]");
    }
    let names = Names::of(&parse(text).tree);
    let has_timestamp = |path: &&Vec<String>| path.get(1).is_some_and(|step| step == "timestamp");
    let mut free: Vec<&str> =
        names.paths.iter().filter(has_timestamp).filter_map(|path| Some(path.first()?.as_str())).collect();
    free.retain(|name| is_variable(name) && names.is_free(name));
    free.dedup();
    if free.is_empty() {
        return text.to_owned();
    }
    let variables: Vec<String> = free.iter().map(|name| format!("{name} from xEvent")).collect();
    format!("select {} where {text}", variables.join(", "))
}

/// One capital letter, perhaps with digits.
fn is_variable(name: &str) -> bool {
    let mut rest = name.chars();
    rest.next().is_some_and(|first| first.is_ascii_uppercase()) && rest.all(|one| one.is_ascii_digit())
}

/// The text of 2018 with its patterns as the `select` that they became: `{ A as xEvent.a.b, B as A.c: condition }` is
/// `select A from xEvent where A.a.b, B from A.c where condition`, and `{ xEvent.a > 1 }` selects single events.
pub(super) fn of_set_pattern(text: &str) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = find(rest, '{') {
        let (before, from) = rest.split_at(start);
        let end = find(from, '}').ok_or("a pattern has no end")?;
        let (pattern, after) = from.split_at(end);
        out.push_str(before);
        out.push_str(&selection(pattern.trim_start_matches('{'))?);
        rest = after.strip_prefix('}').unwrap_or_default();
    }
    out.push_str(rest);
    Ok(out)
}

fn selection(pattern: &str) -> Result<String, String> {
    let Some(colon) = find(pattern, ':') else {
        if pattern.contains(" as ") {
            return Ok(format!("(select {})", declared(pattern)?.join(", ")));
        }
        let condition = pattern.replace("xEvent.", "Event1.");
        return Ok(format!("(select Event1 from xEvent where {})", condition.trim()));
    };
    let (declarations, condition) = pattern.split_at(colon);
    let condition = condition.trim_start_matches(':').trim();
    let variables = declared(declarations)?;
    let last = variables.last().is_some_and(|variable| variable.contains(" where "));
    let joint = if last { "and" } else { "where" };
    Ok(format!("(select {} {joint} ({condition}))", variables.join(", ")))
}

/// The variables as `select` declares them.
fn declared(declarations: &str) -> Result<Vec<String>, String> {
    let variable = |declaration: &str| {
        let (name, path) =
            declaration.split_once(" as ").ok_or("a variable is declared as `Name as path`")?;
        let (name, path) = (name.trim(), path.trim());
        Ok(match path.strip_prefix("xEvent.") {
            Some(fields) => format!("{name} from xEvent where {name}.{fields}"),
            None => format!("{name} from {path}"),
        })
    };
    declarations.split(',').map(variable).collect()
}

/// The first such character outside of strings.
fn find(text: &str, wanted: char) -> Option<usize> {
    let mut in_string = false;
    text.char_indices().find_map(|(at, character)| {
        in_string ^= character == '"';
        (!in_string && character == wanted).then_some(at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_are_unwrapped() {
        assert_eq!(of_template("{%= toInt(42.6) %}"), "toInt(42.6)");
        assert_eq!(of_template("{%= f(\"%}: a\") %}"), "f(\"%}: a\")");
        assert_eq!(of_template("{= toBool(\"a%}:\") %}: boolean"), "toBool(\"a%}:\")");
        assert_eq!(of_template(" {{profile.city}} "), "profile.city");
        assert_eq!(of_template("{\"a\": 1}"), "{\"a\": 1}");
    }

    #[test]
    fn fragments_are_put_into_a_select() {
        assert_eq!(whole("X.timestamp occurs today"), "select X from xEvent where X.timestamp occurs today");
        assert_eq!(
            whole("X.timestamp occurs after Y.timestamp"),
            "select X from xEvent, Y from xEvent where X.timestamp occurs after Y.timestamp"
        );
        assert_eq!(whole("timestamp occurs today"), "xEvent[timestamp occurs today]");
        for complete in
            ["select X from xEvent where X.timestamp occurs today", "a.timestamp occurs today", "a = 1"]
        {
            assert_eq!(whole(complete), complete);
        }
    }

    #[test]
    fn patterns_become_selections() {
        for (text, expected) in [
            ("{ xEvent.a.b != \"\" }", "(select Event1 from xEvent where Event1.a.b != \"\")"),
            (
                "c and { A as xEvent.a, B as xEvent.b: B.t occurs after A.t }",
                "c and (select A from xEvent where A.a, B from xEvent where B.b and (B.t occurs after A.t))",
            ),
            ("{A as xEvent, I as A.items}", "(select A from xEvent, I from A.items)"),
            (
                "{ A as xEvent, I as A.items: I.sku = \"}\" }",
                "(select A from xEvent, I from A.items where (I.sku = \"}\"))",
            ),
        ] {
            assert_eq!(of_set_pattern(text).unwrap(), expected);
            assert!(!parse(expected).has_errors(), "{expected}");
        }
        assert!(of_set_pattern("{ a ").is_err());
        assert!(of_set_pattern("{ A: b }").is_err());
    }
}
