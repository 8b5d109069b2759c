//! The specification of [`Node::Chain`](crate::lang::typed::Node::Chain), after its definition. To choose among
//! stretches it suffices to choose their last items: a stretch may as well begin with the first item that can be in
//! it, because the steps around it have more items, not fewer, before a later one. Which items can be the last of a
//! step only depends on those of the step before, so for each step all pairs of items are tried.

use alloc::vec;
use alloc::vec::Vec;

use crate::lang::typed::{LastOfBefore, Step};
use crate::time::{Interval, Occurs};

/// An item: when it was, and of which steps it is by itself.
pub(super) struct Item {
    pub(super) at_ms: i64,
    pub(super) of: Vec<bool>,
}

/// Whether items of the steps come one after another. `items` are in order.
pub(super) fn holds(steps: &[Step], items: &[Item]) -> bool {
    let chain = Chain { steps, items };
    let required: Vec<usize> = (0..steps.len()).filter(|step| chain.least(*step) > 0).collect();
    // The possible last items of the step before; `None` is before all items.
    let mut lasts: Vec<Option<usize>> = vec![None];
    let mut optional_from = 0;
    for (turn, step) in required.iter().enumerate() {
        let next = required.get(turn + 1).copied();
        // By item: the first item of the next step if this is the last of the step.
        let next_firsts: Vec<Option<usize>> =
            (0..items.len()).map(|last| next.and_then(|next| chain.own(next, Some(last)).next())).collect();
        let mut possible = vec![false; items.len()];
        for before in &lasts {
            let own: Vec<usize> = chain.own(*step, *before).collect();
            let Some(first) = own.first() else { continue };
            if !(optional_from..*step).all(|other| chain.at_most(other, *before, *first)) {
                continue;
            }
            for last in own.iter().skip(chain.least(*step) - 1) {
                let until = match next {
                    None => items.len(),
                    Some(_) => match next_firsts.get(*last) {
                        Some(Some(first)) => *first,
                        Some(None) | None => continue,
                    },
                };
                let too_many = |most| own.partition_point(|place| *place < until) > most;
                if let Some(possible) = possible.get_mut(*last)
                    && !chain.most(*step).is_some_and(too_many)
                {
                    *possible = true;
                }
            }
        }
        lasts = (0..items.len()).filter(|place| possible.get(*place) == Some(&true)).map(Some).collect();
        optional_from = step + 1;
    }
    let end = items.len();
    lasts.iter().any(|last| (optional_from..steps.len()).all(|other| chain.at_most(other, *last, end)))
}

struct Chain<'a> {
    steps: &'a [Step],
    items: &'a [Item],
}

impl Chain<'_> {
    fn least(&self, step: usize) -> usize {
        self.steps.get(step).map_or(0, |step| step.least as usize)
    }

    fn most(&self, step: usize) -> Option<usize> {
        self.steps.get(step)?.most.map(|most| most as usize)
    }

    /// The items of a step after the last item of the step before, gaps considered.
    fn own(&self, step: usize, before: Option<usize>) -> impl Iterator<Item = usize> {
        let first = before.map_or(0, |before| before + 1);
        let anchor_ms = before.and_then(|before| self.items.get(before)).map(|item| item.at_ms);
        let is_own = move |place: &usize| {
            let (Some(item), Some(rule)) = (self.items.get(*place), self.steps.get(step)) else {
                return false;
            };
            let after_gap = |gap| anchor_ms.is_none_or(|anchor_ms| occurs(item.at_ms, gap, anchor_ms));
            item.of.get(step) == Some(&true) && rule.gaps.iter().all(after_gap)
        };
        (first..self.items.len()).filter(is_own)
    }

    /// Whether a step has no more items than it may have before a place.
    fn at_most(&self, step: usize, before: Option<usize>, until: usize) -> bool {
        let own = || self.own(step, before).filter(|place| *place < until).count();
        self.most(step).is_none_or(|most| own() <= most)
    }
}

fn occurs(at_ms: i64, gap: &Occurs<LastOfBefore>, anchor_ms: i64) -> bool {
    let test = gap.clone().resolve(|LastOfBefore| Some(Interval::instant(anchor_ms)));
    // Where the anchor is exact, the time of evaluation does not matter.
    test.is_some_and(|test| test.contains(at_ms, 0))
}
