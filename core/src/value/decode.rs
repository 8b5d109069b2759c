//! Values from stored bytes. Written by hand for two promises that a derived reader does not keep: nesting is bounded,
//! so that hostile bytes cannot exhaust the stack, and a number is never NaN or infinite.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, EnumAccess, Error, MapAccess, SeqAccess, VariantAccess,
    Visitor,
};

use super::{Fields, Value};
use crate::limits::STORED_VALUE_DEPTH_MAX;

const VARIANTS: &[&str] = &["Null", "Boolean", "Integer", "Double", "Time", "String", "List", "Object"];
/// Room made ahead for items that are only claimed to follow.
const ITEMS_AHEAD_MAX: usize = 256;

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ValueSeed { levels: STORED_VALUE_DEPTH_MAX }.deserialize(deserializer)
    }
}

#[derive(Clone, Copy)]
struct ValueSeed {
    levels: usize,
}

impl ValueSeed {
    fn inner<E: Error>(self) -> Result<Self, E> {
        let levels = self.levels.checked_sub(1).ok_or_else(|| E::custom("nested too deeply"))?;
        Ok(Self { levels })
    }
}

impl<'de> DeserializeSeed<'de> for ValueSeed {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_enum("Value", VARIANTS, self)
    }
}

impl<'de> Visitor<'de> for ValueSeed {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a value")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Value, A::Error> {
        let (tag, content) = data.variant::<Tag>()?;
        Ok(match tag {
            Tag::Null => {
                content.unit_variant()?;
                Value::Null
            }
            Tag::Boolean => Value::Boolean(content.newtype_variant()?),
            Tag::Integer => Value::Integer(content.newtype_variant()?),
            Tag::Double => {
                let number: f64 = content.newtype_variant()?;
                if !number.is_finite() {
                    return Err(A::Error::custom("not a finite number"));
                }
                Value::Double(number)
            }
            Tag::Time => Value::Time(content.newtype_variant()?),
            Tag::String => Value::String(content.newtype_variant()?),
            Tag::List => Value::List(content.newtype_variant_seed(ListSeed(self.inner()?))?),
            Tag::Object => Value::Object(content.newtype_variant_seed(ObjectSeed(self.inner()?))?),
        })
    }
}

struct ListSeed(ValueSeed);

impl<'de> DeserializeSeed<'de> for ListSeed {
    type Value = Vec<Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Value>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for ListSeed {
    type Value = Vec<Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of values")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Vec<Value>, A::Error> {
        let mut list = Vec::with_capacity(items.size_hint().unwrap_or(0).min(ITEMS_AHEAD_MAX));
        while let Some(item) = items.next_element_seed(self.0)? {
            list.push(item);
        }
        Ok(list)
    }
}

struct ObjectSeed(ValueSeed);

impl<'de> DeserializeSeed<'de> for ObjectSeed {
    type Value = Fields;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Fields, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ObjectSeed {
    type Value = Fields;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("fields")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::new();
        while let Some(name) = entries.next_key::<String>()? {
            let value = entries.next_value_seed(self.0)?;
            fields.insert(name, value);
        }
        Ok(fields)
    }
}

/// In the order of the variants of [`Value`], which is the order in which the derived writer numbers them.
#[derive(Clone, Copy, serde::Deserialize)]
#[serde(variant_identifier)]
enum Tag {
    Null,
    Boolean,
    Integer,
    Double,
    Time,
    String,
    List,
    Object,
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use proptest::prelude::*;

    use super::*;

    fn round_trip(value: &Value) {
        assert_eq!(postcard::from_bytes::<Value>(&postcard::to_allocvec(value).unwrap()).as_ref(), Ok(value));
        let json = serde_json::to_value(value).unwrap();
        assert_eq!(serde_json::from_value::<Value>(json).unwrap(), *value);
    }

    #[test]
    fn every_kind_of_value_comes_back() {
        for value in [
            Value::Null,
            Value::Boolean(true),
            Value::Integer(i64::MIN),
            Value::Double(-0.5),
            Value::Time(i64::MAX),
            Value::from("né"),
            Value::List(vec![Value::Null, Value::List(vec![])]),
            Value::Object(Fields::from([("a".into(), Value::Object(Fields::new()))])),
        ] {
            round_trip(&value);
        }
    }

    #[test]
    fn bytes_nested_a_hundred_thousand_deep_are_refused() {
        // Tag 6 is a list, then its length, 1.
        let bytes = [6_u8, 1].repeat(100_000);
        assert!(postcard::from_bytes::<Value>(&bytes).is_err());
        let bytes = [7_u8, 1, 1, b'a'].repeat(100_000);
        assert!(postcard::from_bytes::<Value>(&bytes).is_err());
    }

    #[test]
    fn numbers_that_are_none_are_refused() {
        for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            let bytes = postcard::to_allocvec(&Value::Double(number)).unwrap();
            assert!(postcard::from_bytes::<Value>(&bytes).is_err(), "{number}");
        }
    }

    #[test]
    fn claims_of_many_items_allocate_little() {
        let mut bytes = vec![6_u8];
        bytes.extend([0xff, 0xff, 0xff, 0xff, 0x0f]);
        assert!(postcard::from_bytes::<Value>(&bytes).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = postcard::from_bytes::<Value>(&bytes);
        }
    }
}
