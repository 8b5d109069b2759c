//! What a file says, made into what the edge is sent. Checked like `acquaint apply` checks it; beside the kinds it knows
//! there is `kind: profile`, which stands for what a control plane would know of a person, and `kind: apiToken`, which
//! stands for the setting of that name, so that one file can be a whole edge.

use std::path::PathBuf;

use acquaint_core::id::AudienceId;
use acquaint_core::limits::VALUE_DEPTH_MAX;
use acquaint_core::profile::{Identity, Membership, Status};
use acquaint_core::value::fields;
use acquaint_core::wire::{Bundle, Projection};
use acquaint_engine::{compile, publish};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::cli::documents::Document;
use crate::cli::{Error, apply};
use crate::definitions::finding::Finding;
use crate::definitions::publish::alone;

/// The dataset of a datastream that names none, and the schemas when there are none: any field may be there.
const EVENTS: &str = "events";
const ANY_EVENT: &str = "any-event";
const ANY_PROFILE: &str = "any-profile";

/// What the edge is sent.
#[derive(Debug)]
pub(super) struct Definitions {
    pub(super) bundle: Bundle,
    pub(super) projections: Vec<(Identity, Projection)>,
    /// The ids of the datastreams.
    pub(super) datastreams: Vec<String>,
    /// Of servers that may see attributes.
    pub(super) api_token: Option<String>,
    /// What should be said all the same, for people.
    pub(super) warnings: Vec<String>,
}

/// What is known of a person.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Person {
    /// For the reader.
    #[serde(default, rename = "id")]
    _id: Option<String>,
    /// Under each of them the edge finds the person.
    identities: Vec<Identity>,
    #[serde(default)]
    attributes: Map<String, Value>,
    /// Those that are not decided at the edge.
    #[serde(default)]
    audiences: Vec<String>,
}

/// A token for servers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ApiToken {
    value: String,
}

/// Checks documents. The time is when they are published: milliseconds since the epoch, UTC.
pub(super) fn prepare(documents: Vec<Document>, now_ms: i64) -> Result<Definitions, Error> {
    let (people, documents) = of_kind("profile", documents);
    let (tokens, mut documents) = of_kind("apiToken", documents);
    let tokens = tokens.iter().map(|token| parse::<ApiToken>(token, "apiToken"));
    let token = tokens.last().transpose()?;
    let mut projections = Vec::new();
    for (index, person) in people.iter().enumerate() {
        projections.extend(project(person, index, now_ms)?);
    }
    complete(&mut documents);
    let values: Vec<Value> = documents.iter().map(|document| document.value.clone()).collect();
    let (mut catalog, plan) = alone(&values, now_ms).map_err(|findings| {
        Error::Refused(format!(
            "the definitions are not in order\n{}",
            tell(&findings, &documents).join("\n")
        ))
    })?;
    // Later is higher, also after a restart on the same data.
    catalog.version = u64::try_from(now_ms).unwrap_or_default();
    let bundle =
        publish::bundle(&catalog, now_ms).map_err(|problems| Error::Refused(compile::summary(&problems)))?;
    let datastreams = catalog.datastreams.keys().cloned().collect();
    let warnings = tell(&plan.warnings, &documents);
    Ok(Definitions { bundle, projections, datastreams, api_token: token.map(|token| token.value), warnings })
}

/// Takes out the documents of a kind.
fn of_kind(kind: &str, documents: Vec<Document>) -> (Vec<Document>, Vec<Document>) {
    documents.into_iter().partition(|document| text(document, "kind") == kind)
}

/// A document of a kind that only this command knows.
fn parse<T: serde::de::DeserializeOwned>(document: &Document, kind: &str) -> Result<T, Error> {
    let mut value = document.value.clone();
    if let Some(fields) = value.as_object_mut() {
        fields.remove("kind");
    }
    serde_json::from_value(value).map_err(|error| wrong(document, kind, &error.to_string()))
}

fn wrong(document: &Document, kind: &str, message: &str) -> Error {
    let at = document.place_of("");
    Error::Refused(format!("{}:{}:{}: {kind}: {message}", document.file.display(), at.line, at.column))
}

fn tell(findings: &[Finding], documents: &[Document]) -> Vec<String> {
    let mut files = std::collections::BTreeMap::new();
    let json = findings.iter().filter_map(|finding| serde_json::to_value(finding).ok());
    json.map(|finding| apply::finding_text(&finding, documents, &mut files)).collect()
}

fn text<'a>(document: &'a Document, field: &str) -> &'a str {
    document.value.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// Adds what a small file need not say: schemas of which any name is a field, and a dataset for events.
fn complete(documents: &mut Vec<Document>) {
    let mut added = Vec::new();
    let mut schema = |class: &str, id: &str| {
        let found = documents
            .iter()
            .find(|document| text(document, "kind") == "schema" && text(document, "class") == class);
        found.map_or_else(
            || {
                added.push(json!({"kind": "schema", "id": id, "class": class, "additionalProperties": true}));
                id.to_owned()
            },
            |found| text(found, "id").to_owned(),
        )
    };
    schema("profile", ANY_PROFILE);
    let event = schema("event", ANY_EVENT);
    let mut homeless = false;
    for document in documents.iter_mut().filter(|document| text(document, "kind") == "datastream") {
        if let Some(fields) = document.value.as_object_mut()
            && !fields.contains_key("dataset")
        {
            fields.insert("dataset".into(), EVENTS.into());
            homeless = true;
        }
    }
    let has_one = |document: &Document| text(document, "kind") == "dataset" && text(document, "id") == EVENTS;
    if homeless && !documents.iter().any(has_one) {
        added.push(json!({"kind": "dataset", "id": EVENTS, "schema": event}));
    }
    documents.extend(added.into_iter().map(|value| Document {
        file: PathBuf::from("(what is added to the file)"),
        value,
        places: std::collections::BTreeMap::new(),
    }));
}

/// A person as the control plane would send them, under each identity. At position 0: what is seen at the edge counts
/// besides.
fn project(document: &Document, index: usize, now_ms: i64) -> Result<Vec<(Identity, Projection)>, Error> {
    let person: Person = parse(document, "profile")?;
    if person.identities.is_empty() {
        return Err(wrong(document, "profile", "it needs an identity"));
    }
    let mut projection = Projection {
        profile: u64::try_from(index).unwrap_or_default().saturating_add(1),
        made_ms: now_ms,
        attributes: fields::from_json(&person.attributes, VALUE_DEPTH_MAX)
            .map_err(|error| wrong(document, "profile", &error.to_string()))?,
        ..Projection::default()
    };
    for identity in &person.identities {
        let ids = projection.identities.entry(identity.namespace.clone()).or_default();
        ids.insert(identity.id.clone());
    }
    for audience in &person.audiences {
        let membership = Membership { status: Status::Realized, since_ms: now_ms };
        projection.memberships.insert(AudienceId::new(audience), membership);
    }
    Ok(person.identities.into_iter().map(|identity| (identity, projection.clone())).collect())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::cli::documents;

    fn prepare_text(text: &str) -> Result<Definitions, String> {
        let documents = documents::parse(Path::new("edge.yaml"), text).unwrap();
        prepare(documents, 7).map_err(|error| error.to_string())
    }

    #[test]
    fn a_datastream_and_an_audience_are_a_whole_file() {
        let found = prepare_text(
            "kind: datastream\nid: shop\norg: A@B\n---\nkind: audience\nid: buyers\nname: Buyers\n\
             evaluationInfo: { synchronous: { enabled: true } }\nexpression:\n  value: >-\n    \
             loyalty.tier = \"gold\" and xEvent[commerce.order.priceTotal > 3 and timestamp occurs <= 1 day before now].count() >= 1\n",
        )
        .unwrap();
        assert_eq!(found.datastreams, ["shop"]);
        assert_eq!((found.bundle.version, found.bundle.published_ms), (7, 7));
        assert_eq!(found.bundle.datastreams[0].dataset, EVENTS);
        assert_eq!(found.bundle.program.audiences.len(), 1);
        assert_eq!(found.warnings, Vec::<String>::new());
    }

    #[test]
    fn what_the_file_says_itself_is_not_added() {
        let file = "kind: schema\nid: shop-event\nclass: event\nproperties: { web: { type: object, additionalProperties: true } }\n---\n\
                    kind: schema\nid: shopper\nclass: profile\nproperties: {}\n---\n\
                    kind: datastream\nid: shop\norg: A@B\n---\nkind: audience\nid: a\nname: A\nexpression:\n  value: xEvent[wep.x = 1].count() > 0\n";
        let message = prepare_text(file).unwrap_err();
        assert!(
            message.contains("edge.yaml:19:") && message.contains("did you mean `web`"),
            "checked by its own schema, and shown at its place: {message}"
        );
    }

    #[test]
    fn a_profile_is_projected_under_each_of_its_identities() {
        let found = prepare_text(
            "kind: profile\nidentities: [{ namespace: ECID, id: \"1\" }, { namespace: Email, id: a@b.test }]\n\
             attributes: { loyalty: { tier: gold } }\naudiences: [vip]\n",
        )
        .unwrap();
        let under: Vec<&str> =
            found.projections.iter().map(|(identity, _)| identity.namespace.as_str()).collect();
        assert_eq!(under, ["ECID", "Email"]);
        let projection = &found.projections[0].1;
        assert_eq!((projection.position, projection.made_ms), (0, 7));
        assert_eq!(
            Value::from(fields::to_json(&projection.attributes)),
            json!({"loyalty": {"tier": "gold"}})
        );
        assert!(projection.memberships.contains_key(&AudienceId::from("vip")));
    }

    #[test]
    fn a_file_may_name_the_token_of_servers() {
        let found = prepare_text("kind: apiToken\nvalue: test\n").unwrap();
        assert_eq!(found.api_token.as_deref(), Some("test"));
        assert_eq!(prepare_text("kind: datastream\nid: shop\norg: A@B\n").unwrap().api_token, None);
        let message = prepare_text("kind: apiToken\ntoken: test\n").unwrap_err();
        assert_eq!(message, "edge.yaml:1:1: apiToken: unknown field `token`, expected `value`");
    }

    #[test]
    fn a_profile_that_cannot_be_read_says_where() {
        let check = |file: &str, expected: &str| assert_eq!(prepare_text(file).unwrap_err(), expected);
        check("kind: profile\nidentities: []\n", "edge.yaml:1:1: profile: it needs an identity");
        check(
            "kind: profile\nids: []\n",
            "edge.yaml:1:1: profile: unknown field `ids`, expected one of `id`, `identities`, `attributes`, `audiences`",
        );
    }
}
