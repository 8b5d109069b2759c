//! `property=commerce.order.priceTotal>=100`: events by what they say.

use std::cmp::Ordering;

use acquaint_core::time::parse_instant;
use serde_json::Value;

use crate::http::asked::refused;
use crate::problem::Problem;

/// Filters of one request (`pql.md` section 7).
const PROPERTIES_MAX: usize = 3;
/// The signs of comparison, the longer ones first, so that none is taken for the beginning of another.
const SIGNS: [(&str, Sign); 6] = [
    ("!=", Sign::NotEqual),
    ("<=", Sign::AtMost),
    (">=", Sign::AtLeast),
    ("=", Sign::Equal),
    ("<", Sign::Less),
    (">", Sign::Greater),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Equal,
    NotEqual,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Sign {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equal => ordering.is_eq(),
            Self::NotEqual => ordering.is_ne(),
            Self::Less => ordering.is_lt(),
            Self::AtMost => ordering.is_le(),
            Self::Greater => ordering.is_gt(),
            Self::AtLeast => ordering.is_ge(),
        }
    }
}

/// A condition on one field of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Property {
    path: Vec<String>,
    sign: Sign,
    value: String,
}

impl Property {
    /// All filters of a request.
    pub(super) fn all<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Vec<Self>, Problem> {
        let all = texts.take(PROPERTIES_MAX + 1).map(Self::read).collect::<Result<Vec<_>, _>>()?;
        if all.len() > PROPERTIES_MAX {
            let detail = format!("at most {PROPERTIES_MAX} are allowed");
            return Err(refused("property", "there are too many filters", detail));
        }
        Ok(all)
    }

    fn read(text: &str) -> Result<Self, Problem> {
        let split = text.find(['!', '<', '>', '=']).and_then(|place| text.split_at_checked(place));
        let found = split.and_then(|(path, rest)| {
            let (sign, value) =
                SIGNS.iter().find_map(|(sign, meaning)| Some((*meaning, rest.strip_prefix(sign)?)))?;
            Some((path.trim(), sign, value.trim()))
        });
        match found {
            Some((path, sign, value)) if !path.is_empty() => {
                let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
                let path = path.split('.').map(str::to_owned).collect();
                Ok(Self { path, sign, value: unquoted.unwrap_or(value).to_owned() })
            }
            Some(_) | None => {
                let detail = format!("`{text}` is not a path, one of `= != < <= > >=`, and a value");
                Err(refused("property", "a filter cannot be read", detail))
            }
        }
    }

    /// Whether an event satisfies it. A field that is not there satisfies nothing; of a list any item may.
    pub(super) fn holds(&self, event: &serde_json::Map<String, Value>) -> bool {
        let Some((first, rest)) = self.path.split_first() else { return false };
        event.get(first).is_some_and(|value| self.holds_of(value, rest))
    }

    fn holds_of(&self, value: &Value, steps: &[String]) -> bool {
        match (value, steps.split_first()) {
            (Value::Array(items), _) => items.iter().any(|item| self.holds_of(item, steps)),
            (Value::Object(fields), Some((first, rest))) => {
                fields.get(first).is_some_and(|value| self.holds_of(value, rest))
            }
            (Value::Bool(_) | Value::Number(_) | Value::String(_), None) => {
                compare(value, &self.value).is_some_and(|ordering| self.sign.holds(ordering))
            }
            (Value::Null | Value::Object(_), None)
            | (Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_), Some(_)) => false,
        }
    }
}

/// Numbers by size, instants by time where both are one, texts by their characters.
fn compare(found: &Value, wanted: &str) -> Option<Ordering> {
    match found {
        Value::Bool(found) => Some(found.cmp(&wanted.parse().ok()?)),
        Value::Number(found) => found.as_f64()?.partial_cmp(&wanted.parse().ok()?),
        Value::String(found) => match (parse_instant(found), parse_instant(wanted)) {
            (Some(found), Some(wanted)) => Some(found.cmp(&wanted)),
            (Some(_) | None, None) | (None, Some(_)) => Some(found.as_str().cmp(wanted)),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(property: &str, expected: bool) {
        let event = json!({
            "eventType": "buy", "price": 12.5, "gift": true, "at": "2018-01-01T00:00:00.000Z",
            "items": [{"sku": "a", "count": 1}, {"sku": "b", "count": 7}], "nothing": null,
        });
        let read = Property::read(property).unwrap();
        assert_eq!(read.holds(event.as_object().unwrap()), expected, "{property}");
    }

    #[test]
    fn an_event_is_compared_by_the_kind_of_its_value() {
        check("eventType=buy", true);
        check("eventType = \"buy\"", true);
        check("eventType!=buy", false);
        check("price>=12.5", true);
        check("price>9", true);
        check("price<9", false);
        check("price=many", false);
        check("gift=true", true);
        check("at<=\"2018-01-01\"", true);
        check("at<2018-01-01T00:00:00Z", false);
    }

    #[test]
    fn of_a_list_any_item_counts_and_what_is_missing_does_not() {
        check("items.count>5", true);
        check("items.sku=c", false);
        check("items.sku!=a", true);
        check("nothing!=a", false);
        check("missing!=a", false);
        check("price.deeper=1", false);
        check("items=1", false);
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        for text in ["", "price", "=1", "price!1", " <1"] {
            assert_eq!(Property::read(text).unwrap_err().code(), "bad-query", "{text}");
        }
        assert!(Property::all(["a=1"; 3].into_iter()).is_ok());
        assert!(Property::all(["a=1"; 4].into_iter()).is_err());
    }
}
