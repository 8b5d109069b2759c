//! How a schema may change while there is data of it: what was right when it came in stays right. Fields may be added and
//! types become wider; nothing may be taken away, narrowed or made a duty. It is asked of every dataset, so that one that
//! goes over to another schema is judged as well.

mod keywords;
mod types;

use std::collections::BTreeSet;

use acquaint_engine::compile::union_of;
use acquaint_store::catalog::{Catalog, Schema, SchemaClass};

use super::{Finding, Kind, Subject};

/// What may be done instead, whatever it is.
const ANOTHER: &str = "or make a schema and a dataset of other ids and send new data there";

/// One thing that data may contradict from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Break {
    code: &'static str,
    /// The field, step by step; of a list the step is `[]`, of a map `*`.
    path: Vec<String>,
    /// What it was and what it would be: a sentence behind the name of the field.
    what: String,
    help: &'static str,
}

/// Everything that datasets may hold and their schemas would not allow any more.
pub(super) fn check(before: &Catalog, after: &Catalog) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut told = BTreeSet::new();
    for (id, dataset) in &before.datasets {
        let Some(now) = after.datasets.get(id) else { continue };
        let (old, new) = (before.schemas.get(&dataset.schema), after.schemas.get(&now.schema));
        let (Some(old), Some(new)) = (old, new) else { continue };
        let stays = old.id == new.id;
        if old == new || (stays && !told.insert(&old.id)) {
            continue;
        }
        for found in breaks(old, new) {
            let message = format!(
                "{} of schema `{}` {}, and dataset `{id}` may hold data of it",
                named(&found.path),
                old.id,
                found.what
            );
            let finding = match stays {
                true => {
                    let subject = Subject::new(Kind::Schema, &old.id);
                    Finding::about(&subject, &pointer(old, &found.path), found.code, message)
                }
                false => {
                    let message = format!("{message}; its schema would be `{}`", new.id);
                    Finding::about(&Subject::new(Kind::Dataset, id), "/schema", found.code, message)
                }
            };
            findings.push(finding.with_help(format!("{}, {ANOTHER}", found.help)));
        }
    }
    findings.extend(externals(before, after));
    findings
}

/// Columns of external audiences whose members may have something else there. A column that is gone goes with the data.
fn externals(before: &Catalog, after: &Catalog) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, was) in before.externals() {
        let is = after.audiences.get(id).and_then(|audience| audience.external.as_ref());
        let Some(is) = is.filter(|is| *is != was) else { continue };
        let changed = breaks(&was.schema(id), &is.schema(id));
        for found in changed.into_iter().filter(|found| found.code == "type-changed") {
            let column = found.path.last().map_or("", String::as_str);
            let message =
                format!("column `{column}` of audience `{id}` {}, and members may have it", found.what);
            let subject = Subject::new(Kind::Audience, id);
            let finding = Finding::about(&subject, "/external/fields", found.code, message);
            findings.push(finding.with_help("use a column of another name, or another audience"));
        }
    }
    findings
}

fn breaks(old: &Schema, new: &Schema) -> Vec<Break> {
    if old.class != new.class {
        let name = |class| match class {
            SchemaClass::Profile => "`profile`",
            SchemaClass::Event => "`event`",
        };
        return vec![Break {
            code: "class-changed",
            path: Vec::new(),
            what: format!("is of class {} and cannot become {}", name(old.class), name(new.class)),
            help: "leave the class as it is",
        }];
    }
    // Schemas that cannot be read are told of elsewhere.
    let (Ok(was), Ok(is)) = (union_of([old]), union_of([new])) else { return Vec::new() };
    let mut breaks = Vec::new();
    match old.class {
        SchemaClass::Profile => types::compare(&was.profile, &is.profile, &mut breaks),
        SchemaClass::Event => types::compare(&was.event, &is.event, &mut breaks),
    }
    keywords::compare(&old.properties, &new.properties, &mut breaks);
    breaks
}

fn named(path: &[String]) -> String {
    match path {
        [] => "the whole".into(),
        _ => format!("field `{}`", path.join(".").replace(".[]", "[]")),
    }
}

/// Where a field is defined in a schema: among its own, or in a field group.
fn pointer(schema: &Schema, path: &[String]) -> String {
    let [first, ..] = path else { return "/class".into() };
    let own = schema.properties.keys().any(|name| name.strip_prefix("xdm:").unwrap_or(name) == first);
    if !own && first != "*" {
        return "/fieldGroups".into();
    }
    let step = |step: &String| match step.as_str() {
        "[]" => "/items".to_owned(),
        "*" => "/additionalProperties".to_owned(),
        name => format!("/properties/{}", name.replace('~', "~0").replace('/', "~1")),
    };
    path.iter().map(step).collect()
}

#[cfg(test)]
mod tests;
