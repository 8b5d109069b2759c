//! Both searches against every choice there is, on small worlds; and what a person would expect of a few.

use std::vec::Vec;

use proptest::prelude::*;

use super::super::naive_chain;
use super::*;
use crate::lang::typed::{Expr, Node};
use crate::time::{Bound, Direction, Unit};

fn gap(bound: Bound, count: u32) -> Occurs<LastOfBefore> {
    let (unit, direction) = (Unit::Millisecond, Direction::After);
    Occurs::Offset { bound, count, unit, direction, anchor: crate::time::Anchor::Exact(LastOfBefore) }
}

fn step(least: u32, most: Option<u32>, gaps: Vec<Occurs<LastOfBefore>>) -> Step {
    let condition = Expr { node: Node::Literal(Value::Boolean(true)), span: Default::default() };
    Step { condition, gaps, least, most }
}

fn run(steps: &[Step], items: &[Item]) -> bool {
    let rules: Vec<Rule<'_>> =
        steps.iter().map(|step| Rule { gaps: &step.gaps, least: step.least, most: step.most }).collect();
    holds(&rules, items)
}

fn naive(steps: &[Step], items: &[Item]) -> bool {
    let of = |item: &Item| (0..steps.len()).map(|step| item.steps & bit(step) != 0).collect();
    let items: Vec<_> =
        items.iter().map(|item| naive_chain::Item { at_ms: item.at_ms, of: of(item) }).collect();
    naive_chain::holds(steps, &items)
}

/// Tries every stretch of every step, straight from the definition.
struct Brute<'a> {
    steps: &'a [Step],
    items: &'a [Item],
}

impl Brute<'_> {
    /// The step's events strictly between two places, gaps relative to `anchor`.
    fn count(&self, step: usize, anchor: Option<usize>, after: Option<usize>, before: usize) -> usize {
        let from = after.map_or(0, |after| after + 1);
        (from..before).filter(|place| self.is_own(step, anchor, *place)).count()
    }

    fn is_own(&self, step: usize, anchor: Option<usize>, place: usize) -> bool {
        let passes = |gap: &Occurs<LastOfBefore>| {
            anchor.is_none_or(|anchor| {
                let anchor = Interval::instant(self.items[anchor].at_ms);
                gap.clone().resolve(|_| Some(anchor)).unwrap().contains(self.items[place].at_ms, 0)
            })
        };
        self.items[place].steps & bit(step) != 0 && self.steps[step].gaps.iter().all(passes)
    }

    /// `stretches`: (step, first, last) so far.
    fn choose(&self, from: usize, stretches: &mut Vec<(usize, usize, usize)>) -> bool {
        let Some(step) = (from..self.steps.len()).find(|step| self.steps[*step].least > 0) else {
            return self.is_right(stretches);
        };
        let before = stretches.last().map(|stretch| stretch.2);
        let start = before.map_or(0, |before| before + 1);
        for first in start..self.items.len() {
            for last in first..self.items.len() {
                let ends = self.is_own(step, before, first) && self.is_own(step, before, last);
                let held = (first..=last).filter(|place| self.is_own(step, before, *place)).count();
                if ends && held >= self.steps[step].least as usize {
                    stretches.push((step, first, last));
                    if self.choose(step + 1, stretches) {
                        return true;
                    }
                    stretches.pop();
                }
            }
        }
        false
    }

    fn is_right(&self, stretches: &[(usize, usize, usize)]) -> bool {
        (0..self.steps.len()).all(|step| {
            let Some(most) = self.steps[step].most else { return true };
            let before = stretches.iter().rfind(|other| other.0 < step).map(|other| other.2);
            let next = stretches.iter().find(|other| other.0 > step).map(|other| other.1);
            self.count(step, before, before, next.unwrap_or(self.items.len())) <= most as usize
        })
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let bound = prop_oneof![
        Just(Bound::AtMost),
        Just(Bound::Less),
        Just(Bound::More),
        Just(Bound::AtLeast),
        Just(Bound::Exactly)
    ];
    let gaps = prop::collection::vec((bound, 0_u32..4).prop_map(|(bound, count)| gap(bound, count)), 0..2);
    let step = (0_u32..3, prop::option::of(0_u32..3), gaps)
        .prop_map(|(least, more, gaps)| step(least, more.map(|more| least + more), gaps));
    prop::collection::vec(step, 1..5)
}

fn items() -> impl Strategy<Value = Vec<Item>> {
    let item = (0_i64..3, 0_u32..16);
    prop::collection::vec(item, 0..8).prop_map(|steps| {
        let mut at_ms = 0;
        let item = |(later, steps)| {
            at_ms += later;
            Item { at_ms, steps }
        };
        steps.into_iter().map(item).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_searches_find_what_trying_every_choice_finds(steps in steps(), items in items()) {
        let expected = Brute { steps: &steps, items: &items }.choose(0, &mut Vec::new());
        prop_assert_eq!(naive(&steps, &items), expected, "naive");
        prop_assert_eq!(run(&steps, &items), expected, "run");
    }
}

/// `text` is the letters of the events, a day apart; step `A` takes `a`, `B` takes `b` and so on.
fn check(steps: &[Step], text: &str, expected: bool) {
    let items: Vec<Item> = (0_i64..)
        .zip(text.bytes())
        .filter(|(_, letter)| *letter != b' ')
        .map(|(at_ms, letter)| Item { at_ms, steps: bit((letter - b'a') as usize) })
        .collect();
    assert_eq!(run(steps, &items), expected, "run {text}");
    assert_eq!(naive(steps, &items), expected, "naive {text}");
}

#[test]
fn steps_follow_one_another() {
    let steps = [step(1, None, vec![]), step(2, None, vec![])];
    check(&steps, "abb", true);
    check(&steps, "bab", false);
    check(&steps, "babb", true);
    check(&[], "", true);
}

#[test]
fn a_gap_may_need_a_later_event_of_the_step_before() {
    let steps = [step(1, None, vec![]), step(1, None, vec![gap(Bound::AtMost, 1)])];
    check(&steps, "a   b", false);
    check(&steps, "a  ab", true);
    check(&[steps[0].clone(), step(1, None, vec![gap(Bound::AtLeast, 2)])], "aab", true);
}

#[test]
fn nothing_of_an_excluded_step_lies_between() {
    let steps = [step(1, None, vec![]), step(0, Some(0), vec![]), step(1, None, vec![])];
    check(&steps, "abc", false);
    check(&steps, "abac", true);
    check(&steps, "bacb", true);
    let last = [step(1, None, vec![]), step(0, Some(0), vec![])];
    check(&last, "aba", true);
    check(&last, "ab", false);
    let first = [step(0, Some(0), vec![]), step(1, None, vec![])];
    check(&first, "ab", false);
    check(&first, "ba", true);
}

#[test]
fn a_maximum_counts_all_events_between_the_neighbours() {
    let steps = [step(1, None, vec![]), step(1, Some(2), vec![]), step(1, None, vec![])];
    check(&steps, "abbc", true);
    check(&steps, "abbbc", false);
    check(&steps, "abbbabc", true);
    check(&steps[..2], "abbb", false);
}

#[test]
fn thousands_of_events_are_searched_in_bounded_time() {
    let within = || vec![gap(Bound::AtMost, 400)];
    let steps: Vec<Step> = (0..6).map(|_| step(1, Some(300), within())).collect();
    let items: Vec<Item> = (0..5_000).map(|at_ms| Item { at_ms, steps: 0b11_1111 }).collect();
    assert_eq!(run(&steps, &items), naive(&steps, &items));
}
