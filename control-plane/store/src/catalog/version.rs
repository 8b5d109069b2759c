//! Versions of an audience's rule: the one in force, and one that is staged beside it. A staged rule is evaluated as an
//! audience of its own, a shadow that nobody is told of; so when it comes into force its state and its members are there.
//!
//! The rule in force changes with one row of the catalogue. From then on a profile that the engine has not visited yet
//! still holds the shadow's membership, and everybody reads that one: all profiles change at one position of the log.

use acquaint_core::id::AudienceId;
use acquaint_core::profile::Memberships;
use serde::{Deserialize, Serialize};

use super::{Catalog, Expression};

/// Between the audience's id and the number of a version: no id that a person gives has it.
const SEPARATOR: char = '/';

/// The versions of an audience.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Versions {
    /// The number of the rule in force.
    pub in_force: u32,
    /// How many there have been; a number is never used again.
    pub made: u32,
    /// The rule beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staged: Option<Staged>,
}

/// A rule that is evaluated beside the one in force.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Staged {
    /// Its number.
    pub version: u32,
    /// The rule.
    pub expression: Expression,
    /// Since when: milliseconds since the epoch.
    pub staged_ms: i64,
}

impl Default for Versions {
    fn default() -> Self {
        Self { in_force: 1, made: 1, staged: None }
    }
}

impl Versions {
    /// With a rule beside the one in force, instead of any that was.
    #[must_use]
    pub fn stage(&self, expression: Expression, now_ms: i64) -> Self {
        let version = self.made.saturating_add(1);
        let staged = Staged { version, expression, staged_ms: now_ms };
        Self { in_force: self.in_force, made: version, staged: Some(staged) }
    }

    /// With the staged rule in force; `None` if there is none.
    pub fn switch(&self) -> Option<(Self, Expression)> {
        let Staged { version, expression, .. } = self.staged.clone()?;
        Some((Self { in_force: version, made: self.made, staged: None }, expression))
    }

    /// Without a staged rule.
    #[must_use]
    pub fn discard(&self) -> Self {
        Self { staged: None, ..self.clone() }
    }

    /// With another rule in force at once.
    #[must_use]
    pub fn replace(&self) -> Self {
        let version = self.made.saturating_add(1);
        Self { in_force: version, made: version, staged: None }
    }
}

/// The shadow of a version.
pub fn shadow(audience: &str, version: u32) -> AudienceId {
    AudienceId::new(format!("{audience}{SEPARATOR}{version}"))
}

/// The audience and the version of a shadow; `None`: it is no shadow.
pub fn of_shadow(id: &AudienceId) -> Option<(&str, u32)> {
    let (audience, version) = id.as_str().rsplit_once(SEPARATOR)?;
    Some((audience, version.parse().ok()?))
}

/// The shadow that is evaluated beside an audience.
pub fn shadow_of(catalog: &Catalog, id: &AudienceId) -> Option<AudienceId> {
    let staged = catalog.audiences.get(id.as_str())?.versions.staged.as_ref()?;
    Some(shadow(id.as_str(), staged.version))
}

/// The audience that a shadow has become.
pub fn become_of(catalog: &Catalog, id: &AudienceId) -> Option<AudienceId> {
    let (audience, version) = of_shadow(id)?;
    let in_force = catalog.audiences.get(audience)?.versions.in_force;
    (in_force == version).then(|| AudienceId::new(audience))
}

/// The memberships that are in force by this catalogue, of a profile that the engine may not have visited since.
pub fn visible(memberships: &Memberships, catalog: &Catalog) -> Memberships {
    let own = memberships.iter().filter(|(id, _)| of_shadow(id).is_none());
    let mut visible: Memberships = own.map(|(id, membership)| (id.clone(), *membership)).collect();
    for (id, membership) in memberships {
        if let Some(audience) = become_of(catalog, id) {
            visible.insert(audience, *membership);
        }
    }
    visible
}

#[cfg(test)]
mod tests {
    use acquaint_core::profile::{Membership, Status};
    use serde_json::json;

    use super::*;
    use crate::catalog::{Definition, Kind};

    fn rule(text: &str) -> Expression {
        serde_json::from_value(json!({"value": text})).unwrap()
    }

    #[test]
    fn a_number_is_never_used_again() {
        let first = Versions::default().stage(rule("a"), 1);
        assert_eq!(first.staged.as_ref().unwrap().version, 2);
        let second = first.discard().stage(rule("b"), 2);
        assert_eq!((second.in_force, second.staged.as_ref().unwrap().version), (1, 3));
        let (switched, now) = second.switch().unwrap();
        assert_eq!((switched.in_force, switched.made, now), (3, 3, rule("b")));
        assert_eq!(switched.replace().in_force, 4);
        assert_eq!(switched.switch(), None);
    }

    #[test]
    fn what_is_read_changes_with_the_catalogue_alone() {
        let catalog = |in_force: u32| {
            let versions = json!({"inForce": in_force, "made": 3});
            let audience =
                json!({"id": "a", "name": "a", "expression": {"value": "x"}, "versions": versions});
            let mut catalog = Catalog::default();
            catalog.put(Definition::from_json(Kind::Audience, audience).unwrap());
            catalog
        };
        let membership = |status| Membership { status, since_ms: 0 };
        let check = |stored: &[(AudienceId, Status)], in_force: u32, expected: &[Status]| {
            let stored = stored.iter().map(|(id, status)| (id.clone(), membership(*status))).collect();
            let visible = visible(&stored, &catalog(in_force));
            assert!(visible.keys().all(|id| id.as_str() == "a"), "{visible:?}");
            assert_eq!(visible.values().map(|found| found.status).collect::<Vec<_>>(), expected);
        };
        let (a, shadow) = (AudienceId::from("a"), shadow("a", 2));
        use Status::{Exited, Realized};
        let both = [(a.clone(), Realized), (shadow.clone(), Exited)];
        check(&both, 1, &[Realized]);
        check(&both, 2, &[Exited]);
        check(&both, 3, &[Realized]);
        check(&[(shadow.clone(), Realized)], 1, &[]);
        check(&[(shadow, Realized)], 2, &[Realized]);
        check(&[(a, Realized)], 2, &[Realized]);
    }
}
