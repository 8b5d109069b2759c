//! Rules that need the whole catalogue: what a definition refers to must be there and fit, and what must be unique is.

use std::collections::BTreeMap;

use acquaint_core::lang::schema::standard::field_group;
use acquaint_engine::compile::class_of;
use acquaint_engine::ingest::BUILT_IN_NAMESPACES;
use acquaint_store::catalog::{Audience, Catalog, Connection, Dataflow, SchemaClass, Source};

use super::{
    Finding, Kind, Subject, computed, consent, external, files, governance, lifetimes, merge_policy, offers,
};

/// Everything that does not fit together.
pub(crate) fn check(catalog: &Catalog) -> Vec<Finding> {
    let mut checker = Checker { catalog, findings: Vec::new() };
    checker.field_groups();
    checker.collection();
    checker.findings.extend(merge_policy::check(catalog));
    checker.findings.extend(lifetimes::check(catalog));
    checker.findings.extend(consent::check(catalog));
    checker.findings.extend(governance::check(catalog));
    checker.findings.extend(external::check(catalog));
    for (id, source) in &catalog.sources {
        checker.source(&Subject::new(Kind::Source, id), source);
    }
    checker.write_keys();
    checker.audience_names();
    for (id, audience) in &catalog.audiences {
        checker.audience(&Subject::new(Kind::Audience, id), audience);
    }
    checker.edge();
    checker.findings.extend(super::at_edge::check(catalog));
    for (id, dataflow) in &catalog.dataflows {
        checker.dataflow(&Subject::new(Kind::Dataflow, id), dataflow);
    }
    checker.findings.extend(offers::check(catalog));
    checker.findings.extend(computed::check(catalog));
    checker.findings.extend(files::check(catalog));
    checker.findings
}

/// Namespaces that compatible clients bring with them need no definition.
pub(super) fn is_built_in(code: &str) -> bool {
    BUILT_IN_NAMESPACES.iter().any(|(known, _)| *known == code)
}

struct Checker<'a> {
    catalog: &'a Catalog,
    findings: Vec<Finding>,
}

impl Checker<'_> {
    fn find(&mut self, subject: &Subject, pointer: &str, code: &str, message: String) {
        self.findings.push(Finding::about(subject, pointer, code, message));
    }

    fn exists<T>(
        &mut self,
        subject: &Subject,
        pointer: &str,
        kind: Kind,
        all: &BTreeMap<String, T>,
        id: &str,
    ) -> bool {
        if all.contains_key(id) {
            return true;
        }
        let message = format!("there is no {} `{id}`", kind.name());
        let finding = Finding::about(subject, pointer, "dangling-reference", message);
        self.findings.push(match all.is_empty() {
            true => finding,
            false => {
                let known: Vec<&str> = all.keys().take(10).map(String::as_str).collect();
                finding.with_help(format!("there is `{}`", known.join("`, `")))
            }
        });
        false
    }

    fn field_groups(&mut self) {
        for (id, schema) in &self.catalog.schemas {
            let subject = Subject::new(Kind::Schema, id);
            for (index, name) in schema.field_groups.iter().enumerate() {
                if let Err((message, help)) = field_group(name, class_of(schema.class)) {
                    let pointer = format!("/fieldGroups/{index}");
                    let found = Finding::about(&subject, &pointer, "unknown-field-group", message);
                    self.findings.push(found.with_help(help));
                }
            }
        }
    }

    fn collection(&mut self) {
        let catalog = self.catalog;
        for (id, dataset) in &catalog.datasets {
            self.exists(
                &Subject::new(Kind::Dataset, id),
                "/schema",
                Kind::Schema,
                &catalog.schemas,
                &dataset.schema,
            );
        }
    }

    fn source(&mut self, subject: &Subject, source: &Source) {
        self.dataset(subject, "/eventDataset", source.event_dataset.as_deref(), SchemaClass::Event);
        self.dataset(subject, "/profileDataset", source.profile_dataset.as_deref(), SchemaClass::Profile);
        let namespaces = &self.catalog.namespaces;
        for (pointer, namespace) in
            [("/userNamespace", &source.user_namespace), ("/anonymousNamespace", &source.anonymous_namespace)]
        {
            if let Some(namespace) = namespace.as_deref().filter(|code| !is_built_in(code)) {
                self.exists(subject, pointer, Kind::Namespace, namespaces, namespace);
            }
        }
        for (index, identity) in source.identities.iter().enumerate() {
            let pointer = format!("/identities/{index}/namespace");
            if is_built_in(&identity.namespace) {
                continue;
            }
            self.exists(subject, &pointer, Kind::Namespace, namespaces, &identity.namespace);
        }
        for (index, mapping) in source.mapping.iter().enumerate() {
            if mapping.from.is_some() == mapping.value.is_some() {
                let message = "a mapping has either `from` or `value`".to_owned();
                self.find(subject, &format!("/mapping/{index}"), "bad-mapping", message);
            }
        }
        if source.rate_limit.is_some_and(|limit| limit.per_second == 0 || limit.burst == Some(0)) {
            let message = "a rate limit of 0 would let nothing in".to_owned();
            self.find(subject, "/rateLimit", "bad-rate-limit", message);
        }
        if source.event_dataset.is_none() && source.profile_dataset.is_none() {
            let message = "a source needs an `eventDataset`, a `profileDataset`, or both".to_owned();
            self.find(subject, "", "missing-field", message);
        }
    }

    fn dataset(&mut self, subject: &Subject, pointer: &str, id: Option<&str>, class: SchemaClass) {
        let Some(id) = id else { return };
        let catalog = self.catalog;
        if !self.exists(subject, pointer, Kind::Dataset, &catalog.datasets, id) {
            return;
        }
        let schema = catalog.datasets.get(id).and_then(|dataset| catalog.schemas.get(&dataset.schema));
        if schema.is_some_and(|schema| schema.class != class) {
            let wanted = match class {
                SchemaClass::Profile => "profile attributes",
                SchemaClass::Event => "events",
            };
            self.find(subject, pointer, "wrong-class", format!("dataset `{id}` does not hold {wanted}"));
        }
    }

    fn write_keys(&mut self) {
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        for (id, source) in &self.catalog.sources {
            let Some(key) = source.write_key.as_deref() else { continue };
            let subject = Subject::new(Kind::Source, id);
            if key.is_empty() {
                self.findings.push(Finding::about(
                    &subject,
                    "/writeKey",
                    "bad-write-key",
                    "a write key is not empty",
                ));
            } else if let Some(first) = owners.insert(key, id) {
                let message = format!("source `{first}` has the same write key");
                self.findings.push(Finding::about(&subject, "/writeKey", "not-unique", message));
            }
        }
    }

    fn audience_names(&mut self) {
        let mut owners: BTreeMap<&str, &str> = BTreeMap::new();
        for (id, audience) in &self.catalog.audiences {
            if let Some(first) = owners.insert(&audience.name, id) {
                let message = format!("audience `{first}` has the same name `{}`", audience.name);
                self.findings.push(Finding::about(
                    &Subject::new(Kind::Audience, id),
                    "/name",
                    "not-unique",
                    message,
                ));
            }
        }
    }

    fn audience(&mut self, subject: &Subject, audience: &Audience) {
        if audience.name.trim().is_empty() {
            self.find(subject, "/name", "missing-field", "an audience needs a name".into());
        }
        if audience.expression.kind != "PQL" {
            self.find(
                subject,
                "/expression/type",
                "unsupported",
                "the only type of expression is `PQL`".into(),
            );
        }
        if audience.expression.format != "pql/text" {
            self.find(
                subject,
                "/expression/format",
                "unsupported",
                "the formats of expression are `pql/text` and `pql/json`".into(),
            );
        }
    }

    fn edge(&mut self) {
        let catalog = self.catalog;
        for (id, datastream) in &catalog.datastreams {
            let subject = Subject::new(Kind::Datastream, id);
            self.dataset(&subject, "/dataset", Some(&datastream.dataset), SchemaClass::Event);
            self.dataset(
                &subject,
                "/profileDataset",
                datastream.profile_dataset.as_deref(),
                SchemaClass::Profile,
            );
            for (index, dataset) in datastream.dataset_overrides.iter().enumerate() {
                let pointer = format!("/datasetOverrides/{index}");
                self.dataset(&subject, &pointer, Some(dataset), SchemaClass::Event);
            }
        }
        for (id, offer) in &catalog.offers {
            let subject = Subject::new(Kind::Offer, id);
            if let Some(audience) = &offer.audience {
                self.exists(&subject, "/audience", Kind::Audience, &catalog.audiences, audience);
            }
        }
        for (id, destination) in &catalog.destinations {
            if let Some(datastream) = destination.connection.datastream() {
                let subject = Subject::new(Kind::Destination, id);
                self.exists(
                    &subject,
                    "/connection/datastream",
                    Kind::Datastream,
                    &catalog.datastreams,
                    datastream,
                );
            }
        }
    }

    /// The edge is sent paths to read, and evaluates nothing for a destination.
    fn calculated(&mut self, subject: &Subject, dataflow: &Dataflow) {
        let destination = self.catalog.destinations.get(&dataflow.destination);
        let at_edge = destination.is_some_and(|destination| destination.connection.datastream().is_some());
        for (index, field) in dataflow.mapping.iter().enumerate().filter(|_| at_edge) {
            if field.path().is_none() {
                let message =
                    "a destination at the edge takes paths; webhooks and files take calculated fields";
                self.find(subject, &format!("/mapping/{index}/calculated"), "unsupported", message.into());
            }
        }
    }

    fn dataflow(&mut self, subject: &Subject, dataflow: &Dataflow) {
        let catalog = self.catalog;
        for (index, audience) in dataflow.audiences.iter().enumerate() {
            self.exists(
                subject,
                &format!("/audiences/{index}"),
                Kind::Audience,
                &catalog.audiences,
                audience,
            );
        }
        if !self.exists(
            subject,
            "/destination",
            Kind::Destination,
            &catalog.destinations,
            &dataflow.destination,
        ) {
            return;
        }
        self.calculated(subject, dataflow);
        let Some(schedule) = &dataflow.schedule else { return };
        let files = catalog.destinations.get(&dataflow.destination).is_some_and(|destination| {
            match destination.connection {
                Connection::CsvFile { .. } | Connection::ObjectStorage { .. } => true,
                Connection::HttpApi { .. }
                | Connection::CustomPersonalization { .. }
                | Connection::Cookie { .. }
                | Connection::Url { .. } => false,
            }
        });
        if !files {
            let message = format!(
                "destination `{}` takes every change at once and has no schedule",
                dataflow.destination
            );
            self.find(subject, "/schedule", "unsupported", message);
        }
        if let Some(cron) = &schedule.cron
            && let Err(error) = acquaint_batch::schedule::check(cron)
        {
            self.find(subject, "/schedule/cron", "bad-cron", error.to_string());
        }
    }
}

#[cfg(test)]
mod tests;
