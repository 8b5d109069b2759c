//! What there is to know of an audience besides its verdicts: how far it looks back, of how many leaves it consists, how
//! much state and time it takes.

use alloc::collections::BTreeSet;
use alloc::vec;
use alloc::vec::Vec;

use serde::{Serialize, Serializer};

use super::cost::{self, Facts};
use super::leaf::LeafKind;
use super::program::Program;
use super::visit;
use crate::time::{Interval, Occurs};

/// Nanoseconds for a part of an expression: an estimate, to compare audiences by. Nothing measures it part by part.
const PART_NS: u64 = 8;
/// Nanoseconds for the entries of a window: an estimate too.
const WINDOW_NS: u64 = 40;
/// So many events has a profile of which they are looked through: assumed.
const EVENTS: u64 = 100;

/// Of one audience, by way of the audiences it refers to too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AudienceFacts {
    /// How far before the instant of evaluation an event can matter.
    pub look_back_ms: LookBack,
    /// Distinct leaves.
    pub leaves: u32,
    /// Those of them that other audiences have too.
    pub shared_leaves: u32,
    /// The most bytes of state that one profile can need for it; what is shared counts for each.
    pub state_bytes_max: u64,
    /// An estimate of how long one answer takes, to compare audiences by: from folded state, or where a leaf needs the stored events, over a hundred.
    pub cost_ns: u64,
}

/// How far back an audience looks. In JSON: a number of milliseconds, `"unbounded"`, or null where no event is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LookBack {
    /// No event is read.
    Nothing,
    /// So many milliseconds at most.
    Milliseconds(i64),
    /// To the first event, or to a date that stays where it is while time moves on.
    Unbounded,
}

impl Serialize for LookBack {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Nothing => serializer.serialize_none(),
            Self::Milliseconds(milliseconds) => serializer.serialize_i64(*milliseconds),
            Self::Unbounded => serializer.serialize_str("unbounded"),
        }
    }
}

impl Program {
    /// The facts of every audience, in order.
    pub fn facts(&self) -> Vec<AudienceFacts> {
        let mut uses = vec![0_u32; self.leaves.len()];
        let own: Vec<BTreeSet<u32>> =
            self.audiences.iter().map(|audience| leaves_of(&audience.formula)).collect();
        for leaf in own.iter().flatten() {
            if let Some(uses) = uses.get_mut(*leaf as usize) {
                *uses += 1;
            }
        }
        (0..self.audiences.len()).map(|number| self.facts_of(number, &own, &uses)).collect()
    }

    fn facts_of(&self, number: usize, own: &[BTreeSet<u32>], uses: &[u32]) -> AudienceFacts {
        let mut leaves = own.get(number).cloned().unwrap_or_default();
        let mut state_bytes_max = 0;
        if let Some(audience) = self.audiences.get(number) {
            let facts = Facts::of(&self.leaves, &audience.formula);
            for other in cost::reached(&self.leaves, &self.audiences, &facts.audiences).keys() {
                leaves.extend(own.get(*other as usize).into_iter().flatten());
            }
            state_bytes_max = cost::state_bytes_max(&self.leaves, &self.audiences, &audience.formula);
        }
        let kinds = || leaves.iter().filter_map(|leaf| Some(&self.leaves.get(*leaf as usize)?.kind));
        let shared = leaves.iter().filter(|leaf| uses.get(**leaf as usize).is_some_and(|uses| *uses > 1));
        AudienceFacts {
            look_back_ms: kinds().map(look_back).max().unwrap_or(LookBack::Nothing),
            leaves: count(leaves.len()),
            shared_leaves: count(shared.count()),
            state_bytes_max,
            cost_ns: kinds().map(cost_ns).sum(),
        }
    }
}

fn leaves_of(formula: &super::leaf::Formula) -> BTreeSet<u32> {
    let mut leaves = BTreeSet::new();
    formula.leaves(&mut |leaf| {
        leaves.insert(leaf);
    });
    leaves
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn look_back(leaf: &LeafKind) -> LookBack {
    match leaf {
        LeafKind::Attribute(_) | LeafKind::Member(_) => LookBack::Nothing,
        LeafKind::Events(window) => of_window(&window.window),
        LeafKind::Sequence(sequence) => {
            let steps = sequence.steps.iter().map(|step| of_window(&step.window));
            steps.max().unwrap_or(LookBack::Nothing)
        }
        LeafKind::History(expr) if visit::reads_events(expr) => LookBack::Unbounded,
        LeafKind::History(_) => LookBack::Nothing,
    }
}

/// Looked at where the start of a calendar unit is far and near. A start that is the same in times long after does not
/// move.
fn of_window(window: &[Occurs<Interval>]) -> LookBack {
    // 2024-12-31T23:59:59.999Z, 2025-03-01T00:00:00Z
    const INSTANTS: [i64; 2] = [1_735_689_599_999, 1_740_787_200_000];
    // 9000-12-31T23:59:59.999Z
    const LATE_MS: i64 = 221_876_063_999_999;
    let start = |now_ms| window.iter().map(|test| test.interval(now_ms).start_ms).max().unwrap_or(i64::MIN);
    let late = start(LATE_MS);
    let distance = |now_ms: i64| match start(now_ms) {
        i64::MIN => LookBack::Unbounded,
        start_ms if start_ms == late => LookBack::Unbounded,
        start_ms => LookBack::Milliseconds(now_ms.saturating_sub(start_ms).max(0)),
    };
    INSTANTS.into_iter().map(distance).max().unwrap_or(LookBack::Unbounded)
}

fn cost_ns(leaf: &LeafKind) -> u64 {
    let parts = |expr| u64::try_from(visit::size(expr)).unwrap_or(u64::MAX).saturating_mul(PART_NS);
    match leaf {
        LeafKind::Attribute(expr) => parts(expr),
        LeafKind::Member(_) => PART_NS,
        LeafKind::Events(_) => WINDOW_NS,
        LeafKind::Sequence(sequence) => {
            WINDOW_NS.saturating_mul(u64::try_from(sequence.steps.len()).unwrap_or(u64::MAX))
        }
        LeafKind::History(expr) => parts(expr).saturating_mul(EVENTS),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::lang::schema::UnionSchema;
    use crate::lang::{self, AudienceDirectory};
    use crate::plan::Mode;
    use crate::plan::program::Definition;

    struct Anything;

    impl AudienceDirectory for Anything {
        fn contains(&self, _: &str) -> bool {
            true
        }
    }

    fn facts(texts: &[&str]) -> Vec<AudienceFacts> {
        let definitions = (0..).zip(texts).map(|(number, text): (i32, _)| Definition {
            id: alloc::format!("a{number}").as_str().into(),
            mode: Mode::Batch,
            checked: lang::compile(text, &UnionSchema::open(), &Anything).unwrap(),
        });
        Program::build(&definitions.collect::<Vec<_>>()).unwrap().facts()
    }

    fn check(text: &str, expected: &serde_json::Value) {
        assert_eq!(&json!(facts(&[text])[0].look_back_ms), expected, "{text}");
    }

    #[test]
    fn a_window_says_how_far_it_looks_back() {
        const DAY: i64 = 86_400_000;
        check("age > 3", &json!(null));
        check("xEvent[timestamp occurs <= 7 days before now]", &json!(7 * DAY));
        check("xEvent[timestamp occurs <= 1 month before now]", &json!(31 * DAY));
        check(
            "xEvent[timestamp occurs <= 7 days before now].count() > 2 and xEvent[timestamp occurs <= 9 days before now]",
            &json!(9 * DAY),
        );
        check("xEvent[timestamp occurs < 3 days after now]", &json!(0));
        check("xEvent[kind = \"x\"]", &json!("unbounded"));
        check("xEvent[timestamp occurs after date(2018, 1, 1)]", &json!("unbounded"));
        check("xEvent.a.sum() > b", &json!("unbounded"));
    }

    #[test]
    fn leaves_that_others_have_too_are_counted() {
        let facts = facts(&["a = 1 and b = 2", "b = 2 or c = 3", "inSegment(\"a0\")"]);
        let counted = |facts: &AudienceFacts| (facts.leaves, facts.shared_leaves);
        assert_eq!(facts.iter().map(counted).collect::<Vec<_>>(), [(2, 1), (2, 1), (2, 1)]);
        assert_eq!(facts[0].state_bytes_max, 0);
        assert!(facts[0].cost_ns > 0);
    }
}
