//! What would change: definition by definition, and inside a changed one field by field.

use std::collections::BTreeMap;

use acquaint_store::catalog::{Catalog, Definition, Edit, Kind};
use serde::Serialize;
use serde_json::Value;

use super::finding::kind_name;
use super::secrets::{MASK, is_secret};

/// One changed definition.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Change {
    /// How.
    pub change: What,
    /// Of which kind.
    #[serde(serialize_with = "kind_name")]
    pub kind: Kind,
    /// Which.
    pub id: String,
    /// `- field: old` and `+ field: new`.
    pub lines: Vec<String>,
    /// What the store has to do.
    #[serde(skip)]
    pub edit: Edit,
}

/// How a definition changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum What {
    Added,
    Changed,
    Removed,
}

/// All changes, and how many definitions stay as they are.
pub(crate) fn between(before: &Catalog, after: &Catalog) -> (Vec<Change>, usize) {
    let (mut old, new) = (by_name(before), by_name(after));
    let mut changes = Vec::new();
    let mut unchanged: usize = 0;
    for ((kind, id), definition) in new {
        let change = match old.remove(&(kind, id.clone())) {
            Some(before) if before == definition => {
                unchanged = unchanged.saturating_add(1);
                continue;
            }
            Some(before) => (What::Changed, lines(Some(&before), Some(&definition))),
            None => (What::Added, lines(None, Some(&definition))),
        };
        changes.push(Change { change: change.0, kind, id, lines: change.1, edit: Edit::Put(definition) });
    }
    for ((kind, id), definition) in old {
        let edit = Edit::Delete(kind, id.clone());
        changes.push(Change { change: What::Removed, kind, id, lines: lines(Some(&definition), None), edit });
    }
    changes.sort_by(|a, b| (a.kind, &a.id).cmp(&(b.kind, &b.id)));
    (changes, unchanged)
}

fn by_name(catalog: &Catalog) -> BTreeMap<(Kind, String), Definition> {
    let definitions = catalog.definitions().into_iter();
    definitions.map(|definition| ((definition.kind(), definition.id().to_owned()), definition)).collect()
}

/// Times and numbers that we keep ourselves are no news.
const SILENT: [&str; 4] = ["creationTime", "updateTime", "versions.inForce", "versions.made"];

fn lines(before: Option<&Definition>, after: Option<&Definition>) -> Vec<String> {
    let fields = |definition: Option<&Definition>| {
        let mut fields = BTreeMap::new();
        if let Some(json) = definition.and_then(|definition| definition.to_json().ok()) {
            flatten("", &json, &mut fields);
        }
        fields
    };
    let (before, after) = (fields(before), fields(after));
    let mut lines = Vec::new();
    let names: std::collections::BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let (old, new) = (before.get(name), after.get(name));
        if old == new || SILENT.contains(&name.as_str()) {
            continue;
        }
        lines.extend(old.map(|old| format!("- {name}: {old}")));
        lines.extend(new.map(|new| format!("+ {name}: {new}")));
    }
    lines
}

/// Objects are taken apart, lists are one value; what is absent is not shown.
fn flatten(path: &str, value: &Value, fields: &mut BTreeMap<String, String>) {
    match value {
        Value::Object(inner) if !inner.is_empty() => {
            for (name, value) in inner {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                flatten(&path, value, fields);
            }
        }
        Value::Null => {}
        Value::String(text) => {
            let shown = if is_secret(path, text) { MASK } else { text.trim_end() };
            fields.insert(path.to_owned(), shown.to_owned());
        }
        Value::Object(_) | Value::Bool(_) | Value::Number(_) | Value::Array(_) => {
            fields.insert(path.to_owned(), value.to_string());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::decode::put_all;
    use super::*;

    fn catalog(documents: &[Value]) -> Catalog {
        let mut catalog = Catalog::default();
        put_all(&mut catalog, documents, 1).unwrap();
        catalog
    }

    #[test]
    fn added_changed_and_removed_are_told_apart() {
        let before = catalog(&[
            json!({"kind": "dataset", "id": "a", "schema": "s"}),
            json!({"kind": "dataset", "id": "b", "schema": "s"}),
            json!({"kind": "dataset", "id": "c", "schema": "s"}),
        ]);
        let after = catalog(&[
            json!({"kind": "dataset", "id": "a", "schema": "s"}),
            json!({"kind": "dataset", "id": "b", "schema": "t"}),
            json!({"kind": "dataset", "id": "d", "schema": "s"}),
        ]);
        let (changes, unchanged) = between(&before, &after);
        assert_eq!(unchanged, 1);
        let told: Vec<_> = changes.iter().map(|c| (c.change, c.id.as_str(), c.lines.join(" "))).collect();
        assert_eq!(
            told,
            [
                (What::Changed, "b", "- schema: s + schema: t".into()),
                (What::Removed, "c", "- id: c - schema: s".into()),
                (What::Added, "d", "+ id: d + schema: s".into()),
            ]
        );
    }

    #[test]
    fn secrets_are_not_shown() {
        let headers = json!({"authorization": "Bearer whsec_abc"});
        let connection =
            json!({"type": "httpApi", "url": "https://x", "secret": "whsec_abc", "headers": headers});
        let after = catalog(&[json!({"kind": "destination", "id": "d", "connection": connection})]);
        let (changes, _) = between(&Catalog::default(), &after);
        assert!(!changes[0].lines.join(" ").contains("whsec_abc"), "{:?}", changes[0].lines);
    }

    #[test]
    fn the_same_catalogue_has_no_changes() {
        let same =
            catalog(&[json!({"kind": "audience", "id": "a", "name": "A", "expression": {"value": "x"}})]);
        assert_eq!(between(&same, &same), (Vec::new(), 1));
    }
}
