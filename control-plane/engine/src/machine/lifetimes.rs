//! How long data is kept: events and attributes by dataset, and people who were only ever seen under pseudonyms. What has
//! been kept for long enough goes at the next midnight, UTC, so that a profile is visited once a day for it at most.

use std::collections::{BTreeMap, BTreeSet};

use acquaint_core::id::DatasetId;
use acquaint_core::profile::IdentityMap;
use acquaint_core::time::calendar::DAY_MS;
use acquaint_store::ProfileDocument;
use acquaint_store::catalog::{Catalog, Dataset, external};

/// The lifetimes in force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lifetimes {
    /// In milliseconds, of the datasets that have one.
    datasets: BTreeMap<DatasetId, i64>,
    pseudonymous: Option<Pseudonymous>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Pseudonymous {
    namespaces: BTreeSet<String>,
    inactive_ms: i64,
}

impl Lifetimes {
    pub(crate) fn of(catalog: &Catalog) -> Self {
        let lifetime = |dataset: &Dataset| {
            let days = i64::from(dataset.ttl_days?);
            Some((DatasetId::new(dataset.id.clone()), days.saturating_mul(DAY_MS)))
        };
        let implied = catalog.implied_datasets();
        Self {
            datasets: catalog.datasets.values().chain(&implied).filter_map(lifetime).collect(),
            pseudonymous: catalog.pseudonymous_expiry.as_ref().map(|expiry| Pseudonymous {
                namespaces: expiry.namespaces.iter().cloned().collect(),
                inactive_ms: i64::from(expiry.inactive_days).saturating_mul(DAY_MS),
            }),
        }
    }

    /// Whether no dataset has a lifetime.
    pub(crate) fn are_unlimited(&self) -> bool {
        self.datasets.is_empty()
    }

    /// When data of a dataset goes that is of this instant; `None`: never. What was uploaded to an external audience goes with
    /// the audience.
    pub(crate) fn end_ms(&self, dataset: &DatasetId, of_ms: i64) -> Option<i64> {
        let ttl_ms = match self.datasets.get(dataset) {
            Some(ttl_ms) => *ttl_ms,
            None => external::audience_of(dataset.as_str()).map(|_| 0)?,
        };
        Some(midnight(of_ms.saturating_add(ttl_ms)))
    }

    /// Whether data of a dataset that is of this instant has to go.
    pub(crate) fn is_over(&self, dataset: &DatasetId, of_ms: i64, now_ms: i64) -> bool {
        self.end_ms(dataset, of_ms).is_some_and(|end_ms| end_ms <= now_ms)
    }

    /// When the whole profile goes, if nothing is heard of it until then.
    pub(crate) fn profile_end_ms(&self, document: &ProfileDocument) -> Option<i64> {
        let expiry = self.pseudonymous.as_ref()?;
        let known =
            |identities: &IdentityMap| identities.keys().any(|code| !expiry.namespaces.contains(code));
        if known(&document.identities) {
            return None;
        }
        Some(midnight(document.active_ms.saturating_add(expiry.inactive_ms)))
    }

    /// Whether whole profiles may have to go.
    pub(crate) fn end_profiles(&self) -> bool {
        self.pseudonymous.is_some()
    }

    /// The next instant at which anything of a profile may have to go.
    pub(crate) fn next_ms(&self, document: &ProfileDocument) -> Option<i64> {
        let fragments = document.fragments.iter();
        let fragments = fragments.filter_map(|fragment| self.end_ms(&fragment.dataset, fragment.updated_ms));
        fragments.chain(document.events_end_ms).chain(self.profile_end_ms(document)).min()
    }
}

/// The first midnight, UTC, that is not before an instant.
fn midnight(at_ms: i64) -> i64 {
    let since_ms = at_ms.rem_euclid(DAY_MS);
    if since_ms == 0 { at_ms } else { at_ms.saturating_sub(since_ms).saturating_add(DAY_MS) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_goes_at_a_midnight() {
        let check = |at_ms, expected| assert_eq!(midnight(at_ms), expected);
        check(0, 0);
        check(1, DAY_MS);
        check(DAY_MS, DAY_MS);
        check(-1, 0);
        check(i64::MAX, i64::MAX);
    }
}
