//! JSON, read by hand and written in one way. A derived reader is compiled anew for every struct and brings messages about
//! every kind of input: together a thirtieth of the worker.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Reads what somebody sent. A name that stands twice in one object is refused: readers differ in which of the two counts.
pub fn parse(bytes: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(bytes).map(|Once(value)| value)
}

/// The text of a value. Not by `to_string`, which is another writer.
pub fn text(value: &Value) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// A value whose objects have every name once.
struct Once(Value);

impl<'de> Deserialize<'de> for Once {
    fn deserialize<From: Deserializer<'de>>(from: From) -> Result<Self, From::Error> {
        from.deserialize_any(OnceVisitor)
    }
}

struct OnceVisitor;

impl<'de> Visitor<'de> for OnceVisitor {
    type Value = Once;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Once, E> {
        Ok(Once(Value::Null))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Once, E> {
        Ok(Once(value.into()))
    }

    fn visit_seq<Items: SeqAccess<'de>>(self, mut items: Items) -> Result<Once, Items::Error> {
        let mut list = Vec::new();
        while let Some(Once(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Once(Value::Array(list)))
    }

    fn visit_map<Fields: MapAccess<'de>>(self, mut fields: Fields) -> Result<Once, Fields::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(Fields::Error::custom(format_args!("`{name}` stands there twice")));
            }
            let Once(value) = fields.next_value()?;
            object.insert(name, value);
        }
        Ok(Once(Value::Object(object)))
    }
}

/// A part that is not what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// Where it lies, from the innermost name outwards.
    names: Vec<String>,
    expected: &'static str,
}

impl Wrong {
    /// The same, seen from the object or list around it.
    #[must_use]
    pub fn within(mut self, name: &str) -> Self {
        self.names.push(name.to_owned());
        self
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("`")?;
        for (depth, name) in self.names.iter().rev().enumerate() {
            formatter.write_str(if depth == 0 { "" } else { "." })?;
            formatter.write_str(name)?;
        }
        write!(formatter, "` must be {}", self.expected)
    }
}

/// What can be read from JSON.
pub trait Read: Sized {
    /// Reads it.
    fn read(json: Value) -> Result<Self, Wrong>;
}

/// Takes a field out. One that is missing or null is as nothing.
pub fn take<T: Read>(object: &mut Map<String, Value>, name: &str) -> Result<Option<T>, Wrong> {
    match object.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(json) => T::read(json).map(Some).map_err(|wrong| wrong.within(name)),
    }
}

/// Takes a field out that must be there.
pub fn need<T: Read>(object: &mut Map<String, Value>, name: &str) -> Result<T, Wrong> {
    T::read(object.remove(name).unwrap_or_default()).map_err(|wrong| wrong.within(name))
}

fn wrong<T>(expected: &'static str) -> Result<T, Wrong> {
    Err(Wrong { names: Vec::new(), expected })
}

impl Read for Value {
    fn read(json: Value) -> Result<Self, Wrong> {
        Ok(json)
    }
}

impl Read for bool {
    fn read(json: Value) -> Result<Self, Wrong> {
        json.as_bool().map_or_else(|| wrong("true or false"), Ok)
    }
}

impl Read for i64 {
    fn read(json: Value) -> Result<Self, Wrong> {
        json.as_i64().map_or_else(|| wrong("a whole number"), Ok)
    }
}

impl Read for String {
    fn read(json: Value) -> Result<Self, Wrong> {
        match json {
            Value::String(text) => Ok(text),
            _ => wrong("text"),
        }
    }
}

impl Read for Map<String, Value> {
    fn read(json: Value) -> Result<Self, Wrong> {
        match json {
            Value::Object(object) => Ok(object),
            _ => wrong("an object"),
        }
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(json: Value) -> Result<Self, Wrong> {
        let Value::Array(items) = json else { return wrong("a list") };
        let mut read = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            read.push(T::read(item).map_err(|wrong| wrong.within(&index.to_string()))?);
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(json: Value, expected: Result<Vec<String>, &str>) {
        let mut object = Map::read(json).unwrap();
        let found = take::<Vec<String>>(&mut object, "names").map(Option::unwrap_or_default);
        assert_eq!(found.map_err(|wrong| wrong.to_string()), expected.map_err(str::to_owned));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        check(json!({ "names": ["a", "b"] }), Ok(vec!["a".into(), "b".into()]));
        check(json!({ "names": null }), Ok(vec![]));
        check(json!({}), Ok(vec![]));
        check(json!({ "names": 5 }), Err("`names` must be a list"));
        check(json!({ "names": ["a", 5] }), Err("`names.1` must be text"));
    }

    #[test]
    fn json_is_read_as_everywhere_but_for_names_that_stand_twice() {
        for text in [r#"{"a":[null,true,-1,18446744073709551615,1.5,"\u00e9\n"],"b":{"a":{}}}"#, " [] ", "0"]
        {
            assert_eq!(parse(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        }
        for text in ["", "{", "[1,]", "nul", "1e999", "\"\u{1}\"", "{\"a\":1,\"b\":{\"a\":2,\"a\":2}}"] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn what_must_be_there_and_is_not_is_told_as_what_is_wrong() {
        let missing = need::<String>(&mut Map::new(), "key").unwrap_err();
        assert_eq!(missing.to_string(), "`key` must be text");
    }
}
