//! The life of audiences: only published ones are evaluated, so only those can be used; and not every state can be
//! reached from every other.

use std::collections::BTreeMap;

use acquaint_core::plan::references;
use acquaint_engine::compile::Compiled;
use acquaint_store::catalog::{Catalog, Lifecycle, version};

use super::{Finding, Kind, Subject};

/// Everything that speaks against the states of the audiences of `after`.
pub(crate) fn check(before: &Catalog, after: &Catalog, compiled: &Compiled) -> Vec<Finding> {
    let mut findings = transitions(before, after);
    for (audience, users) in uses(after, compiled) {
        let Some(state) = after.audiences.get(&audience).map(|audience| audience.lifecycle_state) else {
            continue;
        };
        if !state.is_evaluated() {
            findings.extend(users.into_iter().map(|(subject, pointer)| {
                let message = format!(
                    "audience `{audience}` is {}: nobody can be in it while it is used here",
                    state.name()
                );
                let help = format!("publish `{audience}`, or take it out here first");
                Finding::about(&subject, &pointer, "not-published", message).with_help(help)
            }));
        }
    }
    findings
}

fn transitions(before: &Catalog, after: &Catalog) -> Vec<Finding> {
    let changed = after.audiences.iter().filter_map(|(id, now)| {
        let (from, to) = (before.audiences.get(id)?.lifecycle_state, now.lifecycle_state);
        (!from.may_become(to)).then_some((id, from, to))
    });
    let refuse = |(id, from, to): (&String, Lifecycle, Lifecycle)| {
        let message = format!("audience `{id}` is {} and cannot become {}", from.name(), to.name());
        let next: Vec<&str> = from.next().iter().map(|state| state.name()).collect();
        Finding::about(&Subject::new(Kind::Audience, id), "/lifecycleState", "bad-transition", message)
            .with_help(format!("it can become {}", next.join(" or ")))
    };
    changed.map(refuse).collect()
}

type Uses = BTreeMap<String, Vec<(Subject, String)>>;

/// Who uses which audience, and in which field. What an audience that is not published refers to is not used yet.
fn uses(catalog: &Catalog, compiled: &Compiled) -> Uses {
    let mut uses = Uses::new();
    let mut used = |audience: &str, kind: Kind, id: &str, pointer: String| {
        uses.entry(audience.to_owned()).or_default().push((Subject::new(kind, id), pointer));
    };
    for definition in &compiled.definitions {
        let id = version::of_shadow(&definition.id).map_or(definition.id.as_str(), |(audience, _)| audience);
        let evaluated = catalog.audiences.get(id).is_some_and(|user| user.lifecycle_state.is_evaluated());
        for reference in references(&definition.checked.expr).iter().filter(|_| evaluated) {
            used(reference.as_str(), Kind::Audience, id, "/expression/value".to_owned());
        }
    }
    for (id, dataflow) in &catalog.dataflows {
        for (index, audience) in dataflow.audiences.iter().enumerate() {
            used(audience, Kind::Dataflow, id, format!("/audiences/{index}"));
        }
    }
    for (id, offer) in &catalog.offers {
        if let Some(audience) = &offer.audience {
            used(audience, Kind::Offer, id, "/audience".to_owned());
        }
    }
    for (id, flag) in &catalog.flags {
        for (index, rule) in flag.rules.iter().enumerate() {
            used(&rule.audience, Kind::Flag, id, format!("/rules/{index}/audience"));
        }
    }
    uses
}
