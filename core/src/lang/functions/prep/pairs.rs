//! Text that is a list of keys with their values.

use alloc::string::String;

use super::super::Context;
use super::text_at;
use crate::value::{Fields, Value};

/// `(text [, between key and value [, between pairs]])`: what the text says of each key; keys without a value are left out.
pub(in super::super) fn to_object(_: Context, arguments: &[Value]) -> Value {
    let Some(text) = text_at(arguments, 0) else { return Value::Null };
    let mut fields = Fields::new();
    for (key, value) in pairs(text, arguments, 1).filter(|(key, value)| !key.is_empty() && !value.is_empty())
    {
        fields.entry(String::from(key)).or_insert_with(|| Value::from(value));
    }
    Value::Object(fields)
}

/// `(text, key, between key and value [, between pairs])`: what the text says of one key.
pub(in super::super) fn value_of(_: Context, arguments: &[Value]) -> Value {
    let (Some(text), Some(wanted)) = (text_at(arguments, 0), text_at(arguments, 1)) else {
        return Value::Null;
    };
    let found = pairs(text, arguments, 2).find(|(key, _)| *key == wanted);
    found.map_or(Value::Null, |(_, value)| Value::from(value))
}

/// What separates is a colon and a comma where nothing is said, or nothing in it.
fn pairs<'t>(
    text: &'t str,
    arguments: &'t [Value],
    place: usize,
) -> impl Iterator<Item = (&'t str, &'t str)> {
    let said = |index: usize| text_at(arguments, index).filter(|text| !text.is_empty());
    let (inner, outer) = (said(place).unwrap_or(":"), said(place + 1).unwrap_or(","));
    text.split(outer).map(move |pair| {
        let (key, value) = pair.split_once(inner).unwrap_or((pair, ""));
        (key.trim(), value.trim())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::super::tests::check_calculated;

    #[test]
    fn documented_examples() {
        check_calculated(
            "str_to_object",
            json!(["firstName=John,lastName=Doe,phone=123 456 7890", "=", ","]),
            json!({"firstName": "John", "lastName": "Doe", "phone": "123 456 7890"}),
        );
        check_calculated(
            "str_to_object",
            json!(["firstName - John ; lastName - ; phone - 123 456 7890", "-", ";"]),
            json!({"firstName": "John", "phone": "123 456 7890"}),
        );
        let text = "firstName - John , lastName - Cena , phone - 555 420 8692";
        check_calculated("get_values", json!([text, "firstName", "-", ","]), json!("John"));
    }

    #[test]
    fn colons_and_commas_separate_where_nothing_is_said() {
        check_calculated("str_to_object", json!(["a: 1, b: 2:3, a: 4"]), json!({"a": "1", "b": "2:3"}));
        check_calculated("get_values", json!(["a:1,b:2", "b", null, ""]), json!("2"));
        check_calculated("get_values", json!(["a:1", "c", ":"]), json!(null));
    }
}
