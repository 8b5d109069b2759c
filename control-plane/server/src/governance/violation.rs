//! A violation as it is told: the policy, the labels, and the way of the data from its dataset to the destination.

use std::collections::BTreeMap;
use std::fmt;

use acquaint_store::catalog::Dataflow;
use acquaint_store::catalog::definition::ONLY_ID;
use serde::Serialize;

use super::labels::{Contribution, LabelledField};
use super::lineage::Read;
use crate::definitions::{Finding, Kind, Subject};

const HELP: &str = "leave the audience or the field out of the dataflow, change the rule, the labels or the marketing \
                    actions, or disable the policy";

/// One use of data that a policy does not allow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Violation {
    /// The policy.
    pub policy: String,
    /// What people call it.
    pub policy_name: String,
    /// The actions of the destination and the dataflow that it is about.
    pub marketing_actions: Vec<String>,
    /// The labels that count.
    pub labels: Vec<String>,
    /// Where the data is used.
    pub dataflow: String,
    /// See `dataflow`.
    pub destination: String,
    /// See `dataflow`.
    pub audience: String,
    /// Where the labels come from.
    pub lineage: Vec<Link>,
}

/// One way of labelled data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Link {
    /// The definitions on the way, from where the labels are to the destination.
    pub path: Vec<Subject>,
    /// Labels of the first of them.
    pub labels: Vec<String>,
    /// Labels of fields of its schema.
    pub fields: Vec<LabelledField>,
    /// The schema that labels them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// The field of the dataflow that leads there, as a JSON pointer; empty: every delivery carries it.
    pub pointer: String,
}

impl Link {
    /// The way of what is read at one place.
    pub(super) fn of_data(
        dataflow: &Dataflow,
        audience: &str,
        read: &Read,
        Contribution { dataset, schema, labels, fields }: Contribution,
    ) -> Self {
        let mut path = vec![Subject::new(Kind::Dataset, dataset), Subject::new(Kind::MergePolicy, ONLY_ID)];
        path.extend(read.via.iter().rev().cloned());
        let activated = Subject::new(Kind::Audience, audience);
        if path.last() != Some(&activated) {
            path.push(activated);
        }
        path.extend(ends(dataflow));
        Self { path, labels, fields, schema: Some(schema), pointer: read.pointer.clone() }
    }

    /// The way of a label that profiles have because they are merged.
    pub(super) fn of_merge_policy(dataflow: &Dataflow, audience: &str, label: &str) -> Self {
        let mut path = vec![Subject::new(Kind::MergePolicy, ONLY_ID), Subject::new(Kind::Audience, audience)];
        path.extend(ends(dataflow));
        Self {
            path,
            labels: vec![label.to_owned()],
            fields: Vec::new(),
            schema: None,
            pointer: "/audiences".to_owned(),
        }
    }
}

fn ends(dataflow: &Dataflow) -> [Subject; 2] {
    [Subject::new(Kind::Dataflow, &dataflow.id), Subject::new(Kind::Destination, &dataflow.destination)]
}

impl fmt::Display for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, node) in self.path.iter().enumerate() {
            let arrow = if index == 0 { "" } else { " -> " };
            write!(formatter, "{arrow}{} {}", words(node.kind), node.id)?;
            if index == 0 {
                let own = (!self.labels.is_empty()).then(|| self.labels.join(", "));
                let fields =
                    self.fields.iter().map(|field| format!("{}: {}", field.path, field.labels.join(", ")));
                write!(formatter, " ({})", own.into_iter().chain(fields).collect::<Vec<_>>().join("; "))?;
            }
        }
        Ok(())
    }
}

/// A kind as it stands in a sentence.
fn words(kind: Kind) -> &'static str {
    match kind {
        Kind::MergePolicy => "merge policy",
        Kind::ComputedAttribute => "computed attribute",
        other => other.name(),
    }
}

impl Violation {
    /// What is wrong with which of the definitions that were changed; with the dataflow if none of them is on the way.
    pub(crate) fn finding(&self, documents: &BTreeMap<Subject, usize>, changed: &[Subject]) -> Finding {
        let lines: Vec<String> = self.lineage.iter().map(ToString::to_string).collect();
        let message = format!(
            "policy `{}` does not allow {} with {}: {}",
            self.policy_name,
            self.marketing_actions.join(", "),
            self.labels.join(", "),
            lines.join("; ")
        );
        let places = self.places();
        let place = places.iter().find(|(subject, _)| changed.contains(subject)).or_else(|| places.first());
        let flow = (Subject::new(Kind::Dataflow, &self.dataflow), String::new());
        let (subject, pointer) = place.unwrap_or(&flow);
        let finding = Finding::about(subject, pointer, "policy-violation", message).with_help(HELP);
        Finding { document: documents.get(subject).copied(), ..finding }
    }

    /// Every definition that could have been another, and the field that matters; the nearest to the use first.
    fn places(&self) -> Vec<(Subject, String)> {
        let mut places = Vec::new();
        let mut put = |kind, id: &str, pointer: &str| {
            places.push((Subject::new(kind, id), pointer.to_owned()));
        };
        let in_flow = self.lineage.first().map_or("", |link| link.pointer.as_str());
        put(Kind::Dataflow, &self.dataflow, in_flow);
        put(Kind::Destination, &self.destination, "/marketingActions");
        put(Kind::Policy, &self.policy, "/deny");
        for link in &self.lineage {
            for node in link.path.iter().rev() {
                match node.kind {
                    Kind::Audience | Kind::ComputedAttribute => put(node.kind, &node.id, "/expression"),
                    Kind::Dataset => put(node.kind, &node.id, "/labels"),
                    Kind::MergePolicy => put(node.kind, &node.id, ""),
                    _ => {}
                }
            }
            if let Some(schema) = &link.schema {
                put(Kind::Schema, schema, "/labels");
            }
        }
        places
    }
}
