//! `fields`: which part of an entity is wanted.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::http::asked::refused;
use crate::problem::Problem;

/// Different fields of one request.
const FIELDS_MAX: usize = 500;

/// Paths, each in its steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::http) struct Selection(Vec<Vec<String>>);

impl Selection {
    /// A comma list of paths.
    pub(super) fn of_list(list: &str) -> Result<Self, Problem> {
        Self::of(list.split(','))
    }

    pub(super) fn of<'a>(paths: impl Iterator<Item = &'a str>) -> Result<Self, Problem> {
        let paths: BTreeSet<&str> = paths.map(str::trim).filter(|path| !path.is_empty()).collect();
        if paths.len() > FIELDS_MAX {
            let detail = format!("{} fields are more than the {FIELDS_MAX} allowed", paths.len());
            return Err(refused("fields", "too many fields are asked for", detail));
        }
        Ok(Self(paths.into_iter().map(|path| path.split('.').map(str::to_owned).collect()).collect()))
    }

    /// The wanted part; fields that are not there are not in it.
    pub(super) fn of_entity(&self, entity: &Map<String, Value>) -> Map<String, Value> {
        let mut kept = Map::new();
        for path in &self.0 {
            copy(entity, &mut kept, path);
        }
        kept
    }
}

fn copy(from: &Map<String, Value>, to: &mut Map<String, Value>, steps: &[String]) {
    let Some((first, rest)) = steps.split_first() else { return };
    let Some(value) = from.get(first) else { return };
    match value {
        Value::Object(inner) if !rest.is_empty() => {
            let below = to.entry(first).or_insert_with(|| json!({}));
            if let Value::Object(below) = below {
                copy(inner, below, rest);
            }
        }
        _ if rest.is_empty() => {
            to.insert(first.clone(), value.clone());
        }
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Array(_)
        | Value::Object(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_wanted_fields_are_kept() {
        let check = |list: &str, expected: &Value| {
            let entity = json!({"a": {"b": 1, "c": 2}, "d": 3, "e": [1]});
            let kept = Selection::of_list(list).unwrap().of_entity(entity.as_object().unwrap());
            assert_eq!(Value::Object(kept), *expected, "{list}");
        };
        check("a.b, e, d.x, nothing", &json!({"a": {"b": 1}, "e": [1]}));
        check("a.b,a", &json!({"a": {"b": 1, "c": 2}}));
        check("", &json!({}));
    }

    #[test]
    fn repeated_fields_are_one_and_too_many_are_refused() {
        assert_eq!(Selection::of_list(&"a,".repeat(20_000)).unwrap(), Selection::of_list("a").unwrap());
        let many: Vec<String> = (0..=FIELDS_MAX).map(|number| number.to_string()).collect();
        assert_eq!(Selection::of_list(&many.join(",")).unwrap_err().code(), "bad-query");
    }
}
