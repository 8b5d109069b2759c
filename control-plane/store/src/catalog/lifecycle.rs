//! Where an audience is in its life (`lifecycleState`, `pql.md` 2.2), and where it can go from there.

use serde::{Deserialize, Serialize};

/// Where an audience is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Lifecycle {
    /// Checked, and evaluated by nobody. Counts towards the limits, so that it can be published.
    Draft,
    /// Evaluated and activated.
    #[default]
    Published,
    /// Not evaluated any more: everybody has left it.
    Inactive,
    /// Put away: as inactive, and out of the limits.
    Archived,
}

impl Lifecycle {
    /// Its name in definitions.
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Inactive => "inactive",
            Self::Archived => "archived",
        }
    }

    /// Whether somebody can be in it.
    pub fn is_evaluated(self) -> bool {
        self == Self::Published
    }

    /// Whether its rule has to be in order.
    pub fn is_checked(self) -> bool {
        matches!(self, Self::Draft | Self::Published)
    }

    /// Whether it counts towards the limits.
    pub fn counts(self) -> bool {
        self != Self::Archived
    }

    /// The states that it can go to.
    pub fn next(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Published, Self::Archived],
            Self::Published => &[Self::Inactive],
            Self::Inactive => &[Self::Published, Self::Archived],
            Self::Archived => &[Self::Inactive],
        }
    }

    /// Whether a definition may go from this state to that one.
    pub fn may_become(self, next: Self) -> bool {
        self == next || self.next().contains(&next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_published_is_never_a_draft_again_and_is_put_away_in_two_steps() {
        let check = |path: &[Lifecycle], expected: bool| {
            let allowed = path.windows(2).all(|step| step[0].may_become(step[1]));
            assert_eq!(allowed, expected, "{path:?}");
        };
        use Lifecycle::{Archived, Draft, Inactive, Published};
        check(&[Draft, Draft, Published, Inactive, Published, Inactive, Archived, Inactive], true);
        check(&[Draft, Archived, Inactive, Published], true);
        for state in [Published, Inactive, Archived] {
            check(&[state, Draft], false);
        }
        check(&[Published, Archived], false);
        check(&[Archived, Published], false);
        check(&[Draft, Inactive], false);
    }
}
