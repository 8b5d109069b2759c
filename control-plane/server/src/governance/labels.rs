//! Labels of data: those of datasets and of the fields of their schemas, and which of them what is read carries. A label of
//! an object is one of what lies in it; a label of a dataset is one of all that it can have contributed.

use std::collections::BTreeSet;

use acquaint_core::lang::schema::{Class, Type};
use acquaint_core::plan::FieldRead;
use acquaint_engine::compile::{class_of, union_of};
use acquaint_store::catalog::governance::{IDENTITY_MAP, SEGMENT_MEMBERSHIP};
use acquaint_store::catalog::{Catalog, Dataset, Schema};
use serde::Serialize;

/// The datasets of a catalogue, each with its labels.
#[derive(Debug)]
pub(crate) struct Labelled {
    pub datasets: Vec<LabelledDataset>,
}

/// A dataset with its labels.
#[derive(Debug)]
pub(crate) struct LabelledDataset {
    pub id: String,
    pub schema: String,
    /// Those of all of it.
    pub labels: Vec<String>,
    /// Those of fields, by the steps of their paths.
    pub fields: Vec<(Vec<String>, Vec<String>)>,
    class: Class,
    fields_of: Type,
}

/// The labels that a dataset puts on something that is read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Contribution {
    /// Which dataset.
    pub dataset: String,
    /// The schema that labels its fields.
    pub schema: String,
    /// Labels of the dataset.
    pub labels: Vec<String>,
    /// Labels of fields that are read.
    pub fields: Vec<LabelledField>,
}

/// A field with labels.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct LabelledField {
    /// Where the labels stand.
    pub path: String,
    /// Which they are.
    pub labels: Vec<String>,
}

impl Contribution {
    /// Every label of it.
    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        let fields = self.fields.iter().flat_map(|field| &field.labels);
        self.labels.iter().chain(fields).map(String::as_str)
    }

    /// The part of it that has some of these labels.
    pub(crate) fn only(&self, wanted: &BTreeSet<&str>) -> Option<Self> {
        let keep = |labels: &[String]| -> Vec<String> {
            labels.iter().filter(|label| wanted.contains(label.as_str())).cloned().collect()
        };
        let fields = self
            .fields
            .iter()
            .map(|field| LabelledField { path: field.path.clone(), labels: keep(&field.labels) });
        let kept = Self {
            labels: keep(&self.labels),
            fields: fields.filter(|field| !field.labels.is_empty()).collect(),
            ..self.clone()
        };
        let is_any = kept.all().next().is_some();
        is_any.then_some(kept)
    }
}

impl Labelled {
    /// All datasets, those of external audiences too. One whose schema is not in order is told of elsewhere.
    pub(crate) fn of(catalog: &Catalog) -> Self {
        let implied = catalog.implied_schemas();
        let implied_datasets = catalog.implied_datasets();
        let schema =
            |id: &str| catalog.schemas.get(id).or_else(|| implied.iter().find(|schema| schema.id == id));
        let datasets = catalog.datasets.values().chain(&implied_datasets);
        Self {
            datasets: datasets
                .filter_map(|dataset| LabelledDataset::of(dataset, schema(&dataset.schema)?))
                .collect(),
        }
    }

    /// What each dataset puts on what is read; datasets that put nothing on it are left out.
    pub(crate) fn of_reads(&self, reads: &BTreeSet<FieldRead>) -> Vec<Contribution> {
        let each = self.datasets.iter().map(|dataset| dataset.of_reads(reads));
        each.filter(|found| found.all().next().is_some()).collect()
    }
}

impl LabelledDataset {
    fn of(dataset: &Dataset, schema: &Schema) -> Option<Self> {
        let class = class_of(schema.class);
        let union = union_of([schema]).ok()?;
        let fields_of = Type::Object(match class {
            Class::Profile => union.profile,
            Class::Event => union.event,
        });
        Some(Self {
            id: dataset.id.clone(),
            schema: schema.id.clone(),
            labels: dataset.labels.clone(),
            fields: schema.labels.iter().map(|(path, labels)| (steps_of(path), labels.clone())).collect(),
            class,
            fields_of,
        })
    }

    /// Whether it may hold a field.
    pub(crate) fn has(&self, path: &[String]) -> bool {
        path.first().is_some_and(|first| first == IDENTITY_MAP) || has(&self.fields_of, path)
    }

    fn of_reads(&self, reads: &BTreeSet<FieldRead>) -> Contribution {
        let contributes = reads.iter().any(|read| self.contributes(read));
        let fields = self.fields.iter().filter(|(path, _)| reads.iter().any(|read| self.is_read(path, read)));
        Contribution {
            dataset: self.id.clone(),
            schema: self.schema.clone(),
            labels: if contributes { self.labels.clone() } else { Vec::new() },
            fields: fields
                .map(|(path, labels)| LabelledField { path: path.join("."), labels: labels.clone() })
                .collect(),
        }
    }

    /// Whether it can have had a part in what is read. Identities and memberships are of no dataset.
    fn contributes(&self, read: &FieldRead) -> bool {
        let of_none =
            read.path.first().is_some_and(|first| first == IDENTITY_MAP || first == SEGMENT_MEMBERSHIP);
        read.class == self.class && !of_none && has(&self.fields_of, &read.path)
    }

    /// Whether what is read carries a label that stands at a path.
    fn is_read(&self, labelled: &[String], read: &FieldRead) -> bool {
        // Identities come from records of either class.
        let same = read.class == self.class
            || labelled.first().is_some_and(|first| first == IDENTITY_MAP) && read.class == Class::Profile;
        same && (read.path.starts_with(labelled) || read.inside && labelled.starts_with(&read.path))
    }
}

fn has(of: &Type, path: &[String]) -> bool {
    match path.split_first() {
        None => true,
        Some((first, rest)) => of.field(first).is_some_and(|field| has(&field, rest)),
    }
}

/// Whether a schema has a field at a path.
pub(crate) fn has_field(schema: &Schema, path: &str) -> bool {
    let steps = steps_of(path);
    // Not in every schema, and labelled all the same.
    if steps.first().is_some_and(|first| first == IDENTITY_MAP) {
        return true;
    }
    let Ok(union) = union_of([schema]) else { return true };
    match class_of(schema.class) {
        Class::Profile => has(&Type::Object(union.profile), &steps),
        Class::Event => has(&Type::Object(union.event), &steps),
    }
}

/// The steps of a path: `a.b`, `/a/b`, or a pointer into a schema, `/properties/a/properties/b`.
pub(crate) fn steps_of(path: &str) -> Vec<String> {
    let Some(pointer) = path.strip_prefix('/') else {
        return path.split('.').map(str::to_owned).collect();
    };
    let steps: Vec<String> =
        pointer.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect();
    match steps.first().is_some_and(|first| first == "properties") {
        false => steps,
        true => {
            // Keywords and names take turns; a list has one keyword more on the way.
            let mut names = Vec::new();
            let mut steps = steps.into_iter();
            while let Some(keyword) = steps.next() {
                if keyword == "properties" {
                    names.extend(steps.next());
                }
            }
            names
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::catalog;
    use super::*;

    /// `dataset: labels; path labels`, of what is read: a star at the end of a path reads what lies in it too.
    fn check(class: Class, paths: &[&str], expected: &[&str]) {
        let catalog = catalog(&[
            json!({"kind": "schema", "id": "person", "class": "profile",
                "labels": {"home": ["S2"], "home.street": ["I1"], "identityMap.email": ["I1"]},
                "properties": {"age": {"type": "integer"}, "home": {"type": "object", "properties": {
                    "street": {"type": "string"}, "city": {"type": "string"}}}}}),
            json!({"kind": "schema", "id": "deed", "class": "event", "labels": {"items.price": ["C1"]},
                "properties": {"items": {"type": "array", "items": {"type": "object", "properties": {
                    "price": {"type": "number"}, "sku": {"type": "string"}}}}}}),
            json!({"kind": "dataset", "id": "people", "schema": "person", "labels": ["C2"]}),
            json!({"kind": "dataset", "id": "deeds", "schema": "deed", "labels": ["C8"]}),
        ]);
        let read = |path: &&str| FieldRead {
            class,
            path: steps_of(path.trim_end_matches('*')).into_iter().filter(|step| !step.is_empty()).collect(),
            inside: path.ends_with('*'),
        };
        let shown = |found: &Contribution| {
            let fields =
                found.fields.iter().map(|field| format!("; {} {}", field.path, field.labels.join(",")));
            format!("{}: {}{}", found.dataset, found.labels.join(","), fields.collect::<String>())
        };
        let reads = paths.iter().map(read).collect();
        let found: Vec<String> = Labelled::of(&catalog).of_reads(&reads).iter().map(shown).collect();
        assert_eq!(found, expected, "{paths:?}");
    }

    #[test]
    fn a_label_of_an_object_is_one_of_what_lies_in_it() {
        check(Class::Profile, &["age*"], &["people: C2"]);
        check(Class::Profile, &["home.city*"], &["people: C2; home S2"]);
        check(Class::Profile, &["home.street*"], &["people: C2; home S2; home.street I1"]);
    }

    #[test]
    fn what_lies_in_an_object_counts_if_all_of_it_is_used() {
        check(Class::Profile, &["home*"], &["people: C2; home S2; home.street I1"]);
        check(Class::Profile, &["home"], &["people: C2; home S2"]);
        check(Class::Event, &["items"], &["deeds: C8"]);
        check(Class::Event, &["items", "items.sku*"], &["deeds: C8"]);
        check(Class::Event, &["items.price*"], &["deeds: C8; items.price C1"]);
    }

    #[test]
    fn a_dataset_counts_if_it_has_what_is_read() {
        check(Class::Event, &[""], &["deeds: C8"]);
        check(Class::Event, &["eventType*"], &["deeds: C8"]);
        check(Class::Event, &["other*"], &[]);
        check(Class::Profile, &["nickname*"], &[]);
    }

    #[test]
    fn identities_are_of_no_dataset_and_have_labels_all_the_same() {
        check(Class::Profile, &["identityMap*"], &["people: ; identityMap.email I1"]);
        check(Class::Profile, &["identityMap.email*"], &["people: ; identityMap.email I1"]);
        check(Class::Profile, &["identityMap.phone*"], &[]);
    }

    #[test]
    fn a_path_is_written_in_three_ways() {
        let check = |path: &str| assert_eq!(steps_of(path), ["a", "properties", "b"], "{path}");
        check("a.properties.b");
        check("/a/properties/b");
        check("/properties/a/items/properties/properties/properties/b");
    }
}
