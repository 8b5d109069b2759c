//! External audiences: their members come in files (`pql.md` section 7). An upload writes attributes: since when, by which
//! upload, and what else its row says. Everything else is an audience like any other, whose rule asks how long ago that
//! was, so that memberships end by time alone.
//!
//! The dataset, its schema and the rule follow from the definition; nobody writes them. The dataset keeps what it holds
//! for as long as memberships last.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::governance::IDENTITY_MAP;
use super::{Catalog, Dataset, Expression, IdentityMapping, Schema, SchemaClass, Source};

/// The attribute under which the uploads of each audience are.
pub const EXTERNAL_AUDIENCES: &str = "externalAudiences";
/// Since when somebody is a member, below the audience's id.
pub const SINCE: &str = "since";
/// The upload that said so.
pub const UPLOAD: &str = "upload";
/// The column of a differential upload that says whether a row adds or removes.
pub const OPERATION: &str = "operation";
/// Days that a membership may last.
pub const TTL_DAYS_MAX: u32 = 90;

/// Between this and the audience's id, no id that a person gives has it.
const PLACE: &str = "external-audience/";

/// What makes an audience external.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct External {
    /// The columns of its files; what is not named here is not kept.
    pub fields: Vec<ExternalField>,
    /// Days from an upload for which its members are in.
    #[serde(default = "thirty")]
    pub ttl_in_days: u32,
    /// Labels of all that its uploads write.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
}

/// A column of the files of an external audience.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ExternalField {
    /// The column.
    pub name: String,
    /// What it holds.
    #[serde(default, rename = "type")]
    pub kind: FieldType,
    /// The namespace, of the one column that says who it is.
    #[serde(default, rename = "identityNs", skip_serializing_if = "Option::is_none")]
    pub identity_namespace: Option<String>,
    /// Labels of what it holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<String>,
}

/// What a column holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "the names are the types")]
pub enum FieldType {
    #[default]
    String,
    Integer,
    Number,
    Boolean,
    Date,
    DateTime,
}

impl FieldType {
    fn schema(self) -> Value {
        match self {
            Self::String => json!({"type": "string"}),
            Self::Integer => json!({"type": "integer"}),
            Self::Number => json!({"type": "number"}),
            Self::Boolean => json!({"type": "boolean"}),
            Self::Date => json!({"type": "string", "format": "date"}),
            Self::DateTime => json!({"type": "string", "format": "date-time"}),
        }
    }
}

fn thirty() -> u32 {
    30
}

impl External {
    /// The column that says who it is, with its namespace.
    pub fn identity(&self) -> Option<(&str, &str)> {
        self.fields.iter().find_map(|field| Some((field.name.as_str(), field.identity_namespace.as_deref()?)))
    }

    /// The names of the other columns.
    pub fn attributes(&self) -> impl Iterator<Item = &str> {
        let others = self.fields.iter().filter(|field| field.identity_namespace.is_none());
        others.map(|field| field.name.as_str())
    }

    /// The schema of what its uploads write.
    pub fn schema(&self, audience: &str) -> Schema {
        let mut members = Map::new();
        for field in self.fields.iter().filter(|field| field.identity_namespace.is_none()) {
            members.insert(field.name.clone(), field.kind.schema());
        }
        members.insert(SINCE.into(), FieldType::DateTime.schema());
        members.insert(UPLOAD.into(), FieldType::String.schema());
        let of_audience = Map::from_iter([(audience.to_owned(), object(members))]);
        Schema {
            id: place(audience),
            class: SchemaClass::Profile,
            field_groups: Vec::new(),
            properties: Map::from_iter([(EXTERNAL_AUDIENCES.to_owned(), object(of_audience))]),
            additional_properties: false,
            labels: self.field_labels(audience),
        }
    }

    /// The labels of its columns, at the paths where they are kept.
    fn field_labels(&self, audience: &str) -> BTreeMap<String, Vec<String>> {
        let labelled = self.fields.iter().filter(|field| !field.labels.is_empty());
        let path = |field: &ExternalField| match &field.identity_namespace {
            Some(namespace) => format!("{IDENTITY_MAP}.{namespace}"),
            None => format!("{EXTERNAL_AUDIENCES}.{audience}.{}", field.name),
        };
        labelled.map(|field| (path(field), field.labels.clone())).collect()
    }

    /// The dataset of what its uploads write.
    pub fn dataset(&self, audience: &str) -> Dataset {
        Dataset {
            id: place(audience),
            schema: place(audience),
            ttl_days: Some(self.ttl_in_days),
            labels: self.labels.clone(),
        }
    }

    /// The source that its uploads come from.
    pub fn source(&self, audience: &str) -> Source {
        let identity = self.identity();
        let identities = identity.map(|(from, namespace)| IdentityMapping {
            from: from.to_owned(),
            namespace: namespace.to_owned(),
        });
        Source {
            id: place(audience),
            write_key: None,
            event_dataset: None,
            profile_dataset: Some(place(audience)),
            user_namespace: None,
            anonymous_namespace: None,
            mapping: Vec::new(),
            event: None,
            identities: identities.into_iter().collect(),
            rate_limit: None,
            files: None,
        }
    }
}

fn object(properties: Map<String, Value>) -> Value {
    json!({"type": "object", "properties": properties})
}

/// The rule of an external audience.
pub fn rule(audience: &str, ttl_in_days: u32) -> Expression {
    Expression::text(format!(
        "{EXTERNAL_AUDIENCES}.`{audience}`.{SINCE} occurs < {ttl_in_days} days before now"
    ))
}

/// The id of the dataset, the schema and the source of an external audience.
pub fn place(audience: &str) -> String {
    format!("{PLACE}{audience}")
}

/// The audience of such an id.
pub fn audience_of(place: &str) -> Option<&str> {
    place.strip_prefix(PLACE)
}

impl Catalog {
    /// The external audiences, by id.
    pub fn externals(&self) -> impl Iterator<Item = (&str, &External)> {
        self.audiences.iter().filter_map(|(id, audience)| Some((id.as_str(), audience.external.as_ref()?)))
    }

    /// The schemas that nobody writes.
    pub fn implied_schemas(&self) -> Vec<Schema> {
        self.externals().map(|(audience, external)| external.schema(audience)).collect()
    }

    /// The datasets that nobody writes.
    pub fn implied_datasets(&self) -> Vec<Dataset> {
        self.externals().map(|(audience, external)| external.dataset(audience)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::calculated::union_of;

    fn external(value: Value) -> External {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn what_is_not_said_is_a_string_for_thirty_days() {
        let fields = json!([{"name": "mail", "identityNs": "email"}, {"name": "score", "type": "integer"}]);
        let read = external(json!({"fields": fields}));
        assert_eq!(read.ttl_in_days, 30);
        assert_eq!(read.identity(), Some(("mail", "email")));
        assert_eq!(read.attributes().collect::<Vec<_>>(), ["score"]);
        assert_eq!(read.dataset("a").ttl_days, Some(30));
    }

    #[test]
    fn its_schema_has_its_columns_under_its_id() {
        let fields = json!([{"name": "mail", "identityNs": "email"}, {"name": "seen", "type": "date-time"}]);
        let union = union_of([&external(json!({"fields": fields})).schema("my-list")]).unwrap();
        let of_audience = union.profile[EXTERNAL_AUDIENCES].field("my-list").unwrap().into_owned();
        assert_eq!(of_audience.field_names(), ["seen", "since", "upload"]);
    }

    #[test]
    fn labels_lie_where_its_columns_do() {
        let fields = json!([{"name": "mail", "identityNs": "email", "labels": ["I1"]},
            {"name": "score", "labels": ["C9"]}, {"name": "size"}]);
        let read = external(json!({"fields": fields, "labels": ["C2"]}));
        let expected = [("externalAudiences.a.score", "C9"), ("identityMap.email", "I1")];
        let expected = expected.map(|(path, label)| (path.to_owned(), vec![label.to_owned()]));
        assert_eq!(read.schema("a").labels, BTreeMap::from(expected));
        assert_eq!(read.dataset("a").labels, ["C2"]);
    }

    #[test]
    fn its_place_is_no_id_that_a_person_gives() {
        assert_eq!(audience_of(&place("a")), Some("a"));
        assert_eq!(audience_of("people"), None);
    }
}
