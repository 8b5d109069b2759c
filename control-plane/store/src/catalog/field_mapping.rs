//! One field of a delivery: what the destination calls it, and where its value comes from.

use serde::{Deserialize, Serialize};

/// How a mapping that does not have exactly one source is refused.
pub const FIELD_SOURCES: &str = "a mapping has either `from` or `calculated`";

/// One field of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct FieldMapping {
    /// Where its value comes from.
    pub source: FieldSource,
    /// The destination's name for it.
    pub to: String,
    /// Rows without it are not exported.
    pub mandatory: bool,
}

/// Where the value of a field comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldSource {
    /// `from`: a profile path, `identityMap.<namespace>`, or `segmentMembership.status`.
    Path(String),
    /// `calculated`: an expression over the profile. Its value is that of the moment at which the delivery is planned.
    Calculated(String),
}

impl FieldMapping {
    /// The path, unless it is calculated.
    pub fn path(&self) -> Option<&str> {
        match &self.source {
            FieldSource::Path(path) => Some(path),
            FieldSource::Calculated(_) => None,
        }
    }
}

/// As it is written and stored.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    #[serde(default)]
    from: Option<String>,
    #[serde(default)]
    calculated: Option<String>,
    to: String,
    #[serde(default)]
    mandatory: bool,
}

impl TryFrom<Written> for FieldMapping {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written { from, calculated, to, mandatory } = written;
        let source = match (from, calculated) {
            (Some(path), None) => FieldSource::Path(path),
            (None, Some(expression)) => FieldSource::Calculated(expression),
            (None, None) | (Some(_), Some(_)) => return Err(FIELD_SOURCES),
        };
        Ok(Self { source, to, mandatory })
    }
}

impl From<FieldMapping> for Written {
    fn from(FieldMapping { source, to, mandatory }: FieldMapping) -> Self {
        let (from, calculated) = match source {
            FieldSource::Path(path) => (Some(path), None),
            FieldSource::Calculated(expression) => (None, Some(expression)),
        };
        Self { from, calculated, to, mandatory }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    fn check(written: Json, expected: Option<FieldSource>) {
        let read = serde_json::from_value::<FieldMapping>(written);
        if let Ok(read) = &read {
            let again: FieldMapping = serde_json::from_value(serde_json::to_value(read).unwrap()).unwrap();
            assert_eq!(again, *read);
        }
        assert_eq!(read.ok().map(|read| read.source), expected);
    }

    #[test]
    fn a_field_has_exactly_one_source() {
        check(json!({ "to": "a", "from": "b" }), Some(FieldSource::Path("b".into())));
        check(json!({ "to": "a", "calculated": "b" }), Some(FieldSource::Calculated("b".into())));
        check(json!({ "to": "a" }), None);
        check(json!({ "to": "a", "from": "b", "calculated": "c" }), None);
        check(json!({ "to": "a", "from": "b", "calclated": "c" }), None);
    }
}
