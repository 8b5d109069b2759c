//! What a schema says of a field besides its type: which values there are, how large or long they may be, and whether it must
//! be there.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Break;

const AT_LEAST: [&str; 4] = ["minimum", "exclusiveMinimum", "minLength", "minItems"];
const AT_MOST: [&str; 4] = ["maximum", "exclusiveMaximum", "maxLength", "maxItems"];

/// Compares the `properties` of two versions.
pub(super) fn compare(was: &Map<String, Value>, is: &Map<String, Value>, breaks: &mut Vec<Break>) {
    properties(was, is, &mut Vec::new(), breaks);
}

fn properties(
    was: &Map<String, Value>,
    is: &Map<String, Value>,
    path: &mut Vec<String>,
    breaks: &mut Vec<Break>,
) {
    for (name, is) in is {
        let plain = name.strip_prefix("xdm:").unwrap_or(name);
        let was = was.get(name).or_else(|| was.get(plain)).or_else(|| was.get(&format!("xdm:{plain}")));
        path.push(plain.to_owned());
        if is_true(is, "required") && !was.is_some_and(|was| is_true(was, "required")) {
            breaks.push(required(path));
        }
        if let Some(was) = was {
            one(was, is, path, breaks);
        }
        path.pop();
    }
}

fn one(was: &Value, is: &Value, path: &mut Vec<String>, breaks: &mut Vec<Break>) {
    values(was, is, path, breaks);
    limits(was, is, path, breaks);
    let duties = |schema: &Value| -> BTreeSet<String> {
        let names = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        names.filter_map(Value::as_str).map(|name| name.trim_start_matches("xdm:").to_owned()).collect()
    };
    for name in duties(is).difference(&duties(was)) {
        path.push(name.clone());
        breaks.push(required(path));
        path.pop();
    }
    let inner = |schema: &Value| schema.get("properties").and_then(Value::as_object).cloned();
    if let Some(is) = inner(is) {
        properties(&inner(was).unwrap_or_default(), &is, path, breaks);
    }
    for (keyword, step) in [("items", "[]"), ("additionalProperties", "*")] {
        if let (Some(was), Some(is)) = (was.get(keyword), is.get(keyword)) {
            path.push(step.to_owned());
            one(was, is, path, breaks);
            path.pop();
        }
    }
}

fn values(was: &Value, is: &Value, path: &[String], breaks: &mut Vec<Break>) {
    let listed = |schema: &Value| schema.get("enum").and_then(Value::as_array).cloned();
    let Some(is) = listed(is) else { return };
    let what = match listed(was) {
        None => "may be anything of its type and cannot be restricted to some values".to_owned(),
        Some(was) => {
            let gone: Vec<String> =
                was.iter().filter(|value| !is.contains(value)).map(Value::to_string).collect();
            if gone.is_empty() {
                return;
            }
            format!("may be {}, which cannot be taken out of its values", gone.join(", "))
        }
    };
    let help = "leave the values in place: there may be more of them, not fewer";
    breaks.push(Break { code: "value-removed", path: path.to_vec(), what, help });
}

fn limits(was: &Value, is: &Value, path: &[String], breaks: &mut Vec<Break>) {
    let number = |schema: &Value, keyword: &str| schema.get(keyword).and_then(Value::as_f64);
    let mut narrower = Vec::new();
    for keyword in AT_LEAST.into_iter().chain(AT_MOST) {
        let Some(is) = number(is, keyword) else { continue };
        let was = number(was, keyword);
        let fits = was.is_some_and(|was| if AT_LEAST.contains(&keyword) { is <= was } else { is >= was });
        if !fits {
            narrower.push((keyword, was.map(|was| was.to_string()), is.to_string()));
        }
    }
    let pattern = |schema: &Value| schema.get("pattern").and_then(Value::as_str).map(str::to_owned);
    if let Some(is) = pattern(is).filter(|is| pattern(was).as_ref() != Some(is)) {
        narrower.push(("pattern", pattern(was), is));
    }
    for (keyword, was, is) in narrower {
        let was = was.unwrap_or_else(|| "nothing".to_owned());
        let what = format!("has {was} as its `{keyword}`, which cannot become {is}");
        let help = "limits may become wider, not narrower";
        breaks.push(Break { code: "limit-narrowed", path: path.to_vec(), what, help });
    }
}

fn required(path: &[String]) -> Break {
    Break {
        code: "required-added",
        path: path.to_vec(),
        what: "need not be there and cannot become required".to_owned(),
        help: "leave it optional",
    }
}

fn is_true(schema: &Value, keyword: &str) -> bool {
    schema.get(keyword) == Some(&Value::Bool(true))
}
