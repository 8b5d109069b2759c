//! A program made ready to run: the look-ups that make the cost of one event depend on the leaves it touches. Built
//! once when a program is loaded, which takes up to a second for thousands of long lists; never stored or shipped.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;
use core::ops::Deref;

use super::answer_plan::AnswerPlan;
use super::event_plan::EventPlan;
use super::kept::Steps;
use super::leaf::{EventWindow, LeafKind};
use super::program::{Audience, Program};
use super::stream_numbers::StreamNumbers;
use super::streams::{Stream, Streams};
use super::verdict::Mode;
use super::views::Views;
use super::{normalise, visit};
use crate::gather::gather;
use crate::id::{AudienceId, LeafId, StreamId};
use crate::time::{Interval, Occurs};

/// A program with its look-ups. Wherever a [`Program`] is wanted, a reference to this will do.
#[derive(Clone, Debug)]
pub struct Prepared {
    program: Program,
    steps: Steps,
    events: EventPlan,
    answers: AnswerPlan,
    /// The windows of events leaves and of steps, each once, and by number which of them is its.
    windows: Vec<Vec<Occurs<Interval>>>,
    window_numbers: Vec<Option<u32>>,
    /// By number: the edge and streaming audiences whose answer depends on it, by way of other audiences too.
    dependents: Vec<Vec<u32>>,
    /// By number: whether its events are folded.
    folded: Vec<bool>,
    /// By audience: false, or nothing where the mode is batch.
    blank: Vec<Option<bool>>,
    /// The leaves that edge and streaming audiences depend on and that may change with nothing but time.
    clocked: Vec<u32>,
    /// By stream.
    views: Vec<Views>,
    stream_numbers: StreamNumbers,
    audience_numbers: BTreeMap<AudienceId, u32>,
}

impl Prepared {
    /// Builds the look-ups.
    pub fn new(program: Program) -> Self {
        let steps = Steps::new(&program.leaves);
        let dependents = dependents(&program, &steps);
        let leaves = || program.leaves.iter().zip(0_u32..);
        let clocked = leaves().zip(&dependents).filter_map(|((leaf, number), dependents)| match &leaf.kind {
            LeafKind::Attribute(expr) if !dependents.is_empty() && visit::reads_clock(expr) => Some(number),
            LeafKind::Attribute(_)
            | LeafKind::Events(_)
            | LeafKind::Sequence(_)
            | LeafKind::Member(_)
            | LeafKind::History(_) => None,
        });
        let clocked = clocked.collect();
        let (windows, window_numbers) = windows(&program, &steps);
        let events = EventPlan::new(Streams::new(&program.leaves, &steps));
        let ids: Vec<StreamId> = events.streams.iter().map(|stream| stream.id).collect();
        let mut prepared = Self {
            events,
            answers: AnswerPlan::new(&program),
            windows,
            window_numbers,
            clocked,
            views: Vec::new(),
            stream_numbers: StreamNumbers::new(&ids),
            audience_numbers: gather(
                program.audiences.iter().zip(0..).map(|(it, number)| (it.id.clone(), number)),
            ),
            folded: Vec::new(),
            blank: program.audiences.iter().map(blank).collect(),
            dependents,
            steps,
            program,
        };
        prepared.folded = scored(&prepared.program, &prepared.steps);
        for number in 0..prepared.folded.len() {
            let wanted = prepared.dependents.get(number).is_some_and(|dependents| !dependents.is_empty());
            let is_kept = prepared.window(u32::try_from(number).unwrap_or(u32::MAX)).is_some();
            prepared
                .folded
                .get_mut(number)
                .into_iter()
                .for_each(|folded| *folded = is_kept && (wanted || *folded));
        }
        prepared.views = prepared.events.streams.iter().map(|stream| prepared.views_of(stream)).collect();
        prepared
    }

    fn views_of(&self, stream: &Stream) -> Views {
        let folded = stream.takers.iter().filter(|taker| self.is_folded(**taker));
        Views::new(folded.filter_map(|taker| Some((self.window_number(*taker)?, self.window(*taker)?))))
    }

    /// The identities of the leaves and steps whose events are folded: what [`crate::state::migrate`] wants to know of
    /// the program that came before.
    pub fn folded(&self) -> Vec<LeafId> {
        self.taker_ids().zip(0..).filter(|(_, number)| self.is_folded(*number)).map(|(id, _)| id).collect()
    }

    /// The identities of all leaves and steps, by number.
    pub(crate) fn taker_ids(&self) -> impl Iterator<Item = LeafId> {
        let leaves = self.program.leaves.iter().map(|leaf| leaf.id);
        leaves.chain(self.steps.list.iter().map(|(id, _)| *id))
    }

    /// The identities of the streams that are folded.
    pub fn folded_streams(&self) -> impl Iterator<Item = StreamId> {
        let streams = self.events.streams.iter().zip(&self.views);
        streams.filter(|(_, views)| !views.list.is_empty()).map(|(stream, _)| stream.id)
    }

    /// From an event to the streams that take it; those that nobody folds included.
    pub(crate) fn events(&self) -> &EventPlan {
        &self.events
    }

    pub(crate) fn answers(&self) -> &AnswerPlan {
        &self.answers
    }

    /// The streams, by number: see [`Program::stream_ids`].
    pub(crate) fn streams(&self) -> &[Stream] {
        &self.events.streams
    }

    /// A stream and how it is looked at, if edge or streaming audiences depend on it, or scores.
    pub(crate) fn folded_stream(&self, number: u32) -> Option<(&Stream, &Views)> {
        let views = self.views.get(number as usize).filter(|views| !views.list.is_empty())?;
        Some((self.events.streams.get(number as usize)?, views))
    }

    /// The number of a stream.
    pub(crate) fn stream_number(&self, id: StreamId) -> Option<u32> {
        self.stream_numbers.find(id)
    }

    /// The stream of an events leaf or of a step.
    pub(crate) fn stream_of(&self, number: u32) -> Option<u32> {
        *self.events.stream_of.get(number as usize)?
    }

    /// The numbers of all streams.
    pub(crate) fn stream_numbers(&self) -> impl Iterator<Item = u32> + use<> {
        (0..).take(self.events.streams.len())
    }

    /// The windows of events leaves and of steps, each once.
    pub(crate) fn windows(&self) -> &[Vec<Occurs<Interval>>] {
        &self.windows
    }

    /// Which of [`Self::windows`] is that of an events leaf or of a step.
    pub(crate) fn window_number(&self, number: u32) -> Option<u32> {
        *self.window_numbers.get(number as usize)?
    }

    /// What an events leaf or a step asks for.
    pub(crate) fn window(&self, number: u32) -> Option<&EventWindow> {
        let Some(leaf) = self.program.leaves.get(number as usize) else {
            return self.steps.get(number).map(|(_, window)| window);
        };
        match &leaf.kind {
            LeafKind::Events(window) => Some(window),
            LeafKind::Attribute(_) | LeafKind::Sequence(_) | LeafKind::Member(_) | LeafKind::History(_) => {
                None
            }
        }
    }

    /// Whether edge or streaming audiences depend on an events leaf or a step, or scores.
    pub(crate) fn is_folded(&self, number: u32) -> bool {
        self.folded.get(number as usize).copied().unwrap_or(false)
    }

    /// By audience: false, or nothing where the mode is batch.
    pub(crate) fn blank(&self) -> &[Option<bool>] {
        &self.blank
    }

    /// The numbers of the steps of a sequence leaf, in its order.
    pub(crate) fn steps(&self, leaf: u32) -> &[u32] {
        self.steps.of_leaf.get(leaf as usize).map_or(&[], Vec::as_slice)
    }

    /// The sequence leaves in which a step stands; if the event is `newest` of all, only those that it can change.
    pub(crate) fn sequences(&self, step: u32, newest: bool) -> &[u32] {
        let lists = if newest { &self.steps.closed_by } else { &self.steps.sequences };
        let place = step.checked_sub(self.steps.first);
        place.and_then(|place| lists.get(place as usize)).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn dependents(&self, number: u32) -> &[u32] {
        self.dependents.get(number as usize).map_or(&[], Vec::as_slice)
    }

    pub(crate) fn clocked(&self) -> &[u32] {
        &self.clocked
    }

    /// The number of an audience: as [`Program::audience`], by look-up.
    pub fn audience_number(&self, id: &AudienceId) -> Option<u32> {
        self.audience_numbers.get(id).copied()
    }
}

impl Deref for Prepared {
    type Target = Program;

    fn deref(&self) -> &Program {
        &self.program
    }
}

fn blank(audience: &Audience) -> Option<bool> {
    match audience.mode {
        Mode::Edge | Mode::Streaming => Some(false),
        Mode::Batch => None,
    }
}

fn windows(program: &Program, steps: &Steps) -> (Vec<Vec<Occurs<Interval>>>, Vec<Option<u32>>) {
    let mut numbers: BTreeMap<Vec<u8>, u32> = BTreeMap::new();
    let mut windows = Vec::new();
    let mut number = |EventWindow { window, .. }: &EventWindow| {
        let next = u32::try_from(windows.len()).unwrap_or(u32::MAX);
        let number = *numbers.entry(normalise::bytes(window)).or_insert(next);
        if number == next {
            windows.push(window.clone());
        }
        number
    };
    let mut window_numbers = Vec::new();
    for leaf in &program.leaves {
        window_numbers.push(match &leaf.kind {
            LeafKind::Events(window) => Some(number(window)),
            LeafKind::Attribute(_) | LeafKind::Sequence(_) | LeafKind::Member(_) | LeafKind::History(_) => {
                None
            }
        });
    }
    window_numbers.extend(steps.list.iter().map(|(_, window)| Some(number(window))));
    (windows, window_numbers)
}

/// By number: whether a score depends on it.
fn scored(program: &Program, steps: &Steps) -> Vec<bool> {
    let mut scored = vec![false; program.leaves.len().saturating_add(steps.list.len())];
    for score in &program.scores {
        score.leaves(&mut |leaf| {
            let of_leaf = steps.of_leaf.get(leaf as usize).into_iter().flatten().copied();
            for number in core::iter::once(leaf).chain(of_leaf) {
                if let Some(scored) = scored.get_mut(number as usize) {
                    *scored = true;
                }
            }
        });
    }
    scored
}

fn dependents(program: &Program, steps: &Steps) -> Vec<Vec<u32>> {
    let mut dependents = vec![Vec::new(); program.leaves.len()];
    let mut leaves_of: Vec<BTreeSet<u32>> = Vec::new();
    for (audience, number) in program.audiences.iter().zip(0..) {
        let mut leaves = BTreeSet::new();
        if audience.mode != Mode::Batch {
            audience.formula.leaves(&mut |leaf| {
                leaves.insert(leaf);
            });
            // A batch audience depends on nothing here: its stored membership is read.
            audience.formula.audiences(&mut |other| {
                leaves.extend(leaves_of.get(other as usize).into_iter().flatten());
            });
        }
        for leaf in &leaves {
            if let Some(dependents) = dependents.get_mut(*leaf as usize) {
                dependents.push(number);
            }
        }
        leaves_of.push(leaves);
    }
    let mut of_steps: BTreeMap<u32, BTreeSet<u32>> =
        gather((steps.first..).take(steps.list.len()).map(|step| (step, BTreeSet::new())));
    for (dependents, steps) in dependents.iter().zip(&steps.of_leaf) {
        steps.iter().for_each(|step| of_steps.entry(*step).or_default().extend(dependents));
    }
    dependents.extend(of_steps.into_values().map(|of_step| of_step.into_iter().collect()));
    dependents
}
