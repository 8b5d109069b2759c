//! What time alone will change of one profile: when each leaf comes out differently next, and which audiences that can
//! change. An audience that the leaves at rest decide already is closed: time cannot change it, so nobody has to look
//! when the others move. A leaf is at rest while it has no next instant.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::Received;
use super::deadline::{clocked_numbers, deadline_of};
use crate::eval::Slice;
use crate::eval::answers::Answers;
use crate::eval::intervals::Intervals;
use crate::plan::leaf::{Formula, LeafKind};
use crate::plan::matching::bits;
use crate::plan::matching::numbers::Numbers;
use crate::plan::{Mode, Prepared};

/// So many audiences are worth a look at everything there is, to find those that cannot be open.
const AUDIENCES_FOR_ONE_PASS: u32 = 16;

/// The schedule of one profile, by the numbers of one program: it is of no use with another one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// Leaves and steps that time moves, ascending, each with the next instant at which it may: milliseconds since the
    /// epoch, UTC. Exact or early, never late.
    moves: Vec<(u32, i64)>,
    /// The audiences that time may change, as bits.
    open: Vec<u64>,
}

/// What has come due.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// The streams of which something may have to go.
    pub streams: Vec<u32>,
    /// The audiences that may answer differently, ascending.
    pub audiences: Vec<u32>,
}

impl Schedule {
    /// Of everything that there is.
    pub fn new(program: &Prepared, slice: Slice<'_>, now_ms: i64) -> Self {
        let kept = slice.state.streams.keys().filter_map(|id| program.stream_number(*id));
        let mut numbers: Vec<u32> = kept.flat_map(|stream| takers(program, stream)).collect();
        numbers.extend(clocked_numbers(program));
        numbers.sort_unstable();
        let intervals = Intervals::new(program, now_ms);
        let moves = numbers.into_iter().filter_map(|number| {
            deadline_of(program, number, slice, &intervals).map(|at_ms| (number, at_ms))
        });
        let mut schedule =
            Self { moves: moves.collect(), open: alloc::vec![0; bits::words(program.audiences.len())] };
        // Where nothing moves, everything is closed.
        if !schedule.moves.is_empty() {
            schedule.judge(program, slice, &Numbers::all(program.audiences.len()), now_ms);
        }
        schedule
    }

    /// After what was received at `now_ms`; nothing else of the profile has changed.
    pub fn update(&mut self, program: &Prepared, slice: Slice<'_>, received: &Received, now_ms: i64) {
        let intervals = Intervals::new(program, now_ms);
        let mut audiences = Numbers::below(program.audiences.len());
        let touched = received.touched.iter().flat_map(|stream| takers(program, *stream));
        for number in touched.chain(self.come(now_ms)) {
            let next_ms = deadline_of(program, number, slice, &intervals);
            let was_moving = self.set(number, next_ms);
            let is_moving = next_ms.is_some();
            if was_moving && is_moving {
                // What it leaves open stays open, and what is closed without it stays closed.
                continue;
            }
            for audience in program.dependents(number) {
                let wanted = match (was_moving, is_moving) {
                    // What begins to move closes nothing, and what comes to rest opens nothing.
                    (false, true) => !self.is_open(*audience),
                    (true, _) => self.is_open(*audience),
                    // At rest all the while: of interest only where it comes out differently.
                    (false, false) => received.audiences.binary_search(audience).is_ok(),
                };
                if wanted {
                    audiences.add(&[*audience]);
                }
            }
        }
        if !audiences.is_empty() {
            self.judge(program, slice, &audiences, now_ms);
        }
    }

    /// Whether [an update](Self::update) would change something.
    pub fn is_moved_by(&self, received: &Received, now_ms: i64) -> bool {
        !received.touched.is_empty() || self.moves.iter().any(|(_, next_ms)| *next_ms <= now_ms)
    }

    /// The next instant at which an answer may change without any event, or something enters or leaves a window over one
    /// of the `watched` streams; exact or early, never late.
    pub fn next_ms(&self, program: &Prepared, watched: &BTreeSet<u32>) -> Option<i64> {
        let is_watched = |number| {
            !watched.is_empty() && program.stream_of(number).is_some_and(|stream| watched.contains(&stream))
        };
        let mut next_ms = None;
        for (number, at_ms) in &self.moves {
            let sooner = next_ms.is_none_or(|next_ms| *at_ms < next_ms);
            if sooner
                && (program.dependents(*number).iter().any(|audience| self.is_open(*audience))
                    || is_watched(*number))
            {
                next_ms = Some(*at_ms);
            }
        }
        next_ms
    }

    /// What has come due at `at_ms`: to be expired, asked and then [updated](Self::update).
    pub fn due(&self, program: &Prepared, at_ms: i64) -> Due {
        let come = self.come(at_ms);
        let mut streams: Vec<u32> = come.iter().filter_map(|number| program.stream_of(*number)).collect();
        streams.sort_unstable();
        streams.dedup();
        let mut audiences = Numbers::below(program.audiences.len());
        come.iter().for_each(|number| audiences.add(program.dependents(*number)));
        let mut audiences = audiences.ascending();
        audiences.retain(|audience| self.is_open(*audience));
        Due { streams, audiences }
    }

    /// The leaves and steps whose instant has come.
    fn come(&self, at_ms: i64) -> Vec<u32> {
        self.moves.iter().filter(|(_, next_ms)| *next_ms <= at_ms).map(|(number, _)| *number).collect()
    }

    /// Whether time may change an audience.
    pub fn is_open(&self, audience: u32) -> bool {
        let (word, mask) = bits::place(audience);
        self.open.get(word).is_some_and(|word| word & mask != 0)
    }

    /// Notes when a leaf moves next; whether it was moving before.
    fn set(&mut self, number: u32, next_ms: Option<i64>) -> bool {
        match (self.moves.binary_search_by_key(&number, |(number, _)| *number), next_ms) {
            (Ok(place), Some(next_ms)) => {
                if let Some((_, at_ms)) = self.moves.get_mut(place) {
                    *at_ms = next_ms;
                }
                true
            }
            (Ok(place), None) => {
                self.moves.remove(place);
                true
            }
            (Err(place), Some(next_ms)) => {
                self.moves.insert(place, (number, next_ms));
                false
            }
            (Err(_), None) => false,
        }
    }

    /// Which of these audiences are open.
    fn judge(&mut self, program: &Prepared, slice: Slice<'_>, audiences: &Numbers, now_ms: i64) {
        let mut moving = alloc::vec![0; bits::words(program.taker_ids().count())];
        for (number, _) in &self.moves {
            let (word, mask) = bits::place(*number);
            if let Some(word) = moving.get_mut(word) {
                *word |= mask;
            }
        }
        let judge = Judge { program, moving, answers: Answers::of_slice(program, slice, now_ms) };
        audiences.take_from(&mut self.open);
        let mut open = |number: u32| {
            if judge.is_open(number) {
                let (word, mask) = bits::place(number);
                if let Some(word) = self.open.get_mut(word) {
                    *word |= mask;
                }
            }
        };
        if audiences.count() < AUDIENCES_FOR_ONE_PASS {
            audiences.each(open);
        } else {
            let is_moving = |leaf| judge.is_moving(leaf);
            judge.answers.each_candidate(is_moving, |number| {
                if audiences.contains(number) {
                    open(number);
                }
            });
        }
    }
}

/// The leaves or steps that look into a stream.
fn takers(program: &Prepared, stream: u32) -> impl Iterator<Item = u32> {
    program.streams().get(stream as usize).into_iter().flat_map(|stream| &stream.takers).copied()
}

/// Decides formulas by the leaves at rest alone.
struct Judge<'a> {
    program: &'a Prepared,
    /// The leaves and steps that move, as bits.
    moving: Vec<u64>,
    answers: Answers<'a>,
}

impl Judge<'_> {
    fn is_open(&self, number: u32) -> bool {
        let Some(audience) = self.program.audiences.get(number as usize) else { return false };
        match audience.mode {
            Mode::Edge | Mode::Streaming => self.settled(number, &audience.formula).is_none(),
            Mode::Batch => false,
        }
    }

    /// What an audience comes to whatever time does; `None` if that depends.
    fn settled(&self, number: u32, formula: &Formula) -> Option<bool> {
        let plan = self.program.answers();
        if plan.audiences.is_open(number) {
            return self.decided(number, formula);
        }
        plan.audiences.settled(number, |bit| match plan.leaf_of(bit) {
            Some(leaf) if self.is_moving(leaf) => None,
            Some(_) | None => Some(self.answers.any_bit(bit)),
        })
    }

    /// What a formula comes to whatever time does; `None` if that depends.
    fn decided(&self, audience: u32, formula: &Formula) -> Option<bool> {
        match formula {
            Formula::Constant(value) => Some(*value),
            Formula::Leaf(leaf) | Formula::Aggregate { leaf, .. } => {
                if self.is_moving(*leaf) {
                    None
                } else {
                    self.answers.formula(formula)
                }
            }
            Formula::Audience(other) => self.referred(audience, *other, formula),
            Formula::Not(inner) => self.decided(audience, inner).map(|value| !value),
            Formula::And(inner) => self.all(audience, inner, false),
            Formula::Or(inner) => self.all(audience, inner, true),
        }
    }

    fn all(&self, audience: u32, operands: &[Formula], decisive: bool) -> Option<bool> {
        let mut otherwise = Some(!decisive);
        for operand in operands {
            match self.decided(audience, operand) {
                Some(value) if value == decisive => return Some(decisive),
                Some(_) => {}
                None => otherwise = None,
            }
        }
        otherwise
    }

    /// Audiences refer to earlier ones; only a damaged program does not.
    fn referred(&self, audience: u32, other: u32, formula: &Formula) -> Option<bool> {
        let referred = self.program.audiences.get(other as usize).filter(|_| other < audience)?;
        match referred.mode {
            Mode::Batch => self.answers.formula(formula),
            Mode::Edge | Mode::Streaming => self.settled(other, &referred.formula),
        }
    }

    fn is_moving(&self, leaf: u32) -> bool {
        let has = |number: &u32| {
            let (word, mask) = bits::place(*number);
            self.moving.get(word).is_some_and(|word| word & mask != 0)
        };
        match self.program.leaves.get(leaf as usize).map(|leaf| &leaf.kind) {
            Some(LeafKind::Sequence(_)) => self.program.steps(leaf).iter().any(has),
            Some(LeafKind::Attribute(_) | LeafKind::Events(_) | LeafKind::Member(_)) => has(&leaf),
            Some(LeafKind::History(_)) | None => true,
        }
    }
}
