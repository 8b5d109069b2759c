//! Gaps: tests of time whose anchor is the label of an earlier step of the chain.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::ast::{self, Anchor, Kind, Occurs as Test, Step};
use super::super::diagnostic::{Span, code};
use super::super::typed::{Expr, LastOfBefore, Node};
use super::Checker;
use super::chain::range;
use super::occurs::bound_of;
use crate::time::{self, Direction, Interval, Occurs};

/// The anchor of a test of time, where it is a bare name.
struct Named<'s> {
    name: &'s str,
    span: Span,
}

/// Whether a step has a test whose anchor is a label.
pub(super) fn has_gap(step: &Step, steps: &[Step]) -> bool {
    step.when.iter().any(|test| named(test).iter().any(|named| is_label(named.name, steps)))
}

impl Checker<'_> {
    /// The gaps of a step, and the tests of time that are none. What is wrong is reported and left out.
    pub(super) fn gaps<'s>(
        &mut self,
        steps: &'s [Step],
        number: usize,
    ) -> (Vec<Occurs<LastOfBefore>>, Vec<&'s Test>) {
        let (mut gaps, mut times) = (Vec::new(), Vec::new());
        for test in steps.get(number).map_or(&[][..], |step| &step.when) {
            let named = named(test);
            if let Some(label) = named.iter().find(|named| is_label(named.name, steps)) {
                gaps.extend(self.gap(test, label, steps, number));
            } else if let Some(unknown) = named.iter().find(|named| !self.is_known(named.name)) {
                let message = format!("there is no step and no field `{}`", unknown.name);
                let labels = steps.iter().take(number).map(|step| step.label.text.as_str());
                let near = self.did_you_mean(unknown.name, labels);
                let help = if near.is_empty() { after_nearest(steps, number) } else { near };
                self.error(code::UNKNOWN_LABEL, unknown.span, message, help);
            } else {
                times.push(test);
            }
        }
        (gaps, times)
    }

    fn gap(
        &mut self,
        test: &Test,
        label: &Named<'_>,
        steps: &[Step],
        number: usize,
    ) -> Option<Occurs<LastOfBefore>> {
        if let Some(message) = refused(label.name, steps, number) {
            self.error(code::UNKNOWN_LABEL, label.span, message, after_nearest(steps, number));
            return None;
        }
        let anchor = time::Anchor::Exact(LastOfBefore);
        let (message, help) = match test {
            Test::Offset { direction: Direction::Before, .. } | Test::Side(Direction::Before, _) => (
                format!("this step can never match: its events come after `{}`", label.name),
                format!("write `after {}`", label.name),
            ),
            Test::Offset { comparison, count, unit, .. } => {
                self.limit_window(*count, *unit, label.span);
                match bound_of(*comparison) {
                    (bound, false) => {
                        let (count, unit, direction) = (*count, *unit, Direction::After);
                        return Some(Occurs::Offset { bound, count, unit, direction, anchor });
                    }
                    (_, true) => (
                        "a gap cannot be compared with `!=`".into(),
                        "write `<`, `<=`, `=`, `>=` or `>`".into(),
                    ),
                }
            }
            Test::Side(..) => return Some(Occurs::Side { direction: Direction::After, anchor }),
            Test::On(_) => return Some(Occurs::On(anchor)),
            Test::Between(..) => (
                "a gap is not written with `between`".into(),
                format!("write two tests: `>= 1 day after {0} and <= 3 days after {0}`", label.name),
            ),
        };
        self.error(code::BAD_STEP, label.span, message, help);
        None
    }
}

/// Whether the tests of the time of a step leave no time at all, as far as that can be told here.
pub(super) fn can_never_match(condition: &Expr, time: &Expr, gaps: &[Occurs<LastOfBefore>]) -> bool {
    // 2023-12-31T23:59:59.999Z, 2024-02-29T12:00:00Z, 2025-03-01T00:00:00Z, 2025-06-18T10:20:30Z: around the ends of
    // long and short months, and in the middle of days, weeks and years.
    let instants = [1_704_067_199_999, 1_709_208_000_000, 1_740_787_200_000, 1_750_242_030_000];
    let tests = match &condition.node {
        Node::And(operands) => operands.iter().filter_map(|operand| window(operand, time)).collect(),
        _ => Vec::new(),
    };
    // A day in the past and the last week had something in common once.
    let moving = tests.iter().filter(|test: &&Occurs<Interval>| test.depends_on_now()).count();
    let comparable = moving == 0 || moving == tests.len();
    let nothing_left = |intervals: &mut dyn Iterator<Item = Interval>| {
        let left = intervals.fold(Interval::ALWAYS, Interval::intersection);
        left.start_ms >= left.end_ms
    };
    let never = |at_ms: &i64| nothing_left(&mut tests.iter().map(|test| test.interval(*at_ms)));
    let never_after = |at_ms: &i64| {
        let anchor = Interval::instant(*at_ms);
        let after = gaps.iter().filter_map(|gap| gap.clone().resolve(|LastOfBefore| Some(anchor)));
        nothing_left(&mut after.map(|test| test.interval(*at_ms)))
    };
    (comparable && instants.iter().all(never)) || instants.iter().all(never_after)
}

/// The test of the step's time that an expression is, if its anchors are constant or the clock.
fn window(operand: &Expr, time: &Expr) -> Option<Occurs<Interval>> {
    let Node::Occurs { timestamp, test } = &operand.node else { return None };
    if **timestamp != *time {
        return None;
    }
    test.clone().resolve(|anchor| match &anchor.node {
        Node::Literal(value) => value.as_interval(),
        _ => None,
    })
}

/// Why a gap of a step cannot start at a label, if so.
fn refused(label: &str, steps: &[Step], number: usize) -> Option<String> {
    let place = steps.iter().position(|step| step.label.text == label)?;
    let nearest = nearest(steps, number);
    if nearest == Some(place) {
        None
    } else if place == number {
        Some(format!("the gap of `{label}` starts at the step itself"))
    } else if place > number {
        Some(format!("`{label}` is a later step"))
    } else if steps.get(place).is_some_and(|step| range(step).0 == 0) {
        Some(format!("`{label}` need not match, so there is no event of it to count from"))
    } else {
        Some(format!("`{label}` is not the nearest step before this one"))
    }
}

/// The nearest step before one that has to match.
fn nearest(steps: &[Step], number: usize) -> Option<usize> {
    steps.iter().take(number).rposition(|step| range(step).0 > 0)
}

fn after_nearest(steps: &[Step], number: usize) -> String {
    match nearest(steps, number).and_then(|place| steps.get(place)) {
        Some(step) => format!("a gap starts at the nearest step before: `after {}`", step.label.text),
        None => "no step before this one has to match, so there is none to count from".into(),
    }
}

fn is_label(name: &str, steps: &[Step]) -> bool {
    steps.iter().any(|step| step.label.text == name)
}

fn named(test: &Test) -> Vec<Named<'_>> {
    let anchors = match test {
        Test::Offset { anchor, .. } | Test::Side(_, anchor) | Test::On(anchor) => [Some(anchor), None],
        Test::Between(first, last) => [Some(first), Some(last)],
    };
    anchors.into_iter().flatten().filter_map(of_anchor).collect()
}

fn of_anchor(anchor: &ast::Anchor) -> Option<Named<'_>> {
    let Anchor::Exact(expr) = anchor else { return None };
    let Kind::Name(name) = &expr.kind else { return None };
    Some(Named { name, span: expr.span })
}
