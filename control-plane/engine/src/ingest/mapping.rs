//! `Source.mapping`: fields of the input to fields of the record.

use std::borrow::Cow;

use acquaint_core::limits::VALUE_DEPTH_MAX;
use acquaint_core::value::{Fields, Value, fields};
use acquaint_store::catalog::Mapping;

use super::Refusal;

/// The mapped fields, and what is left of the input. A field that the input does not have is skipped; one that two
/// mappings name goes to both places. Later mappings win.
pub(crate) fn apply(mappings: &[Mapping], mut input: Fields) -> Result<(Fields, Fields), Refusal> {
    let mut mapped = Fields::new();
    for mapping in mappings {
        let value = match (&mapping.from, &mapping.value) {
            (Some(from), _) => read(&input, from).map(Cow::into_owned),
            (None, Some(constant)) => Some(
                Value::from_json(constant, VALUE_DEPTH_MAX)
                    .map_err(|error| Refusal::new("mapping", &mapping.to, error.to_string()))?,
            ),
            (None, None) => None,
        };
        if let Some(value) = value {
            insert(&mut mapped, &mapping.to, value)?;
        }
    }
    for from in mappings.iter().filter_map(|mapping| mapping.from.as_deref()) {
        if input.remove(from).is_none() {
            let steps: Vec<&str> = from.split('.').collect();
            fields::remove(&mut input, &steps);
        }
    }
    Ok((mapped, input))
}

/// `Null` is kept: it deletes, but only what is stored.
fn insert(mapped: &mut Fields, to: &str, value: Value) -> Result<(), Refusal> {
    let place = if value == Value::Null { Value::Boolean(true) } else { value.clone() };
    fields::insert_path(mapped, to, place).map_err(|error| Refusal::new("mapping", to, error.to_string()))?;
    if value == Value::Null {
        let nest = |inner, step: &str| Value::Object(Fields::from([(step.to_owned(), inner)]));
        if let Value::Object(nested) = to.rsplit('.').fold(Value::Null, nest) {
            lay(mapped, nested);
        }
    }
    Ok(())
}

/// Lays fields over others, object by object. Unlike a patch it keeps `Null`.
pub(crate) fn lay(under: &mut Fields, over: Fields) {
    for (name, value) in over {
        match (under.get_mut(&name), value) {
            (Some(Value::Object(under)), Value::Object(over)) => lay(under, over),
            (_, value) => {
                under.insert(name, value);
            }
        }
    }
}

/// What is at a path, or in the column of that very name.
pub(crate) fn read<'a>(input: &'a Fields, path: &str) -> Option<Cow<'a, Value>> {
    input.get(path).or_else(|| fields::get_path(input, path)).map(Cow::Borrowed)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn mapping(from: &str, to: &str) -> Mapping {
        Mapping { from: Some(from.into()), value: None, to: to.into() }
    }

    fn fields(json: &Json) -> Fields {
        fields::patch_from_json(json.as_object().unwrap(), 16).unwrap()
    }

    fn check(mappings: &[Mapping], input: &Json, expected: &Json, rest: &Json) {
        let (mapped, left) = apply(mappings, fields(input)).unwrap();
        assert_eq!(Json::Object(fields::to_json(&mapped)), *expected);
        assert_eq!(Json::Object(fields::to_json(&left)), *rest);
    }

    #[test]
    fn mapped_fields_move_and_the_others_stay() {
        check(
            &[mapping("properties.total", "commerce.order.priceTotal"), mapping("missing", "x")],
            &json!({"properties": {"total": 5, "note": "n"}}),
            &json!({"commerce": {"order": {"priceTotal": 5}}}),
            &json!({"properties": {"note": "n"}}),
        );
    }

    #[test]
    fn one_field_may_go_to_two_places() {
        check(
            &[mapping("a", "b"), mapping("a", "c")],
            &json!({"a": 1}),
            &json!({"b": 1, "c": 1}),
            &json!({}),
        );
    }

    #[test]
    fn constants_are_put_where_they_are_wanted() {
        let constant = Mapping { from: None, value: Some(json!("web")), to: "channel.name".into() };
        check(&[constant], &json!({}), &json!({"channel": {"name": "web"}}), &json!({}));
    }

    #[test]
    fn a_column_with_a_dot_in_its_name_is_found_by_it() {
        check(&[mapping("a.b", "c")], &json!({"a.b": 1}), &json!({"c": 1}), &json!({}));
    }

    #[test]
    fn a_target_inside_a_scalar_is_refused() {
        let error = apply(&[mapping("a", "x"), mapping("b", "x.y")], fields(&json!({"a": 1, "b": 2})));
        assert_eq!(error.unwrap_err().code, "mapping");
    }
}
