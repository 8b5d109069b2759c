//! Answers of one profile at one instant: the plan of the program says which look into the profile answers which
//! leaves, and every look is made at most once. Three values: an answer is `None` where it would take the stored events.

use alloc::collections::BTreeMap;
use alloc::rc::Rc;
use alloc::vec;
use alloc::vec::Vec;
use core::cell::{Cell, OnceCell, RefCell};

use super::intervals::Intervals;
use super::place::Profile;
use super::steps::within;
use super::walk::Walk;
use super::{Slice, Subject, aggregate, ops, virtual_fields};
use crate::lang::functions;
use crate::lang::typed::Expr;
use crate::plan::Prepared;
use crate::plan::answer_plan::LeafPlace;
use crate::plan::leaf::{Aggregate, Formula, LeafKind};
use crate::plan::matching::bits::{self, WORD_BITS};
use crate::plan::streams::StreamKind;
use crate::plan::verdict::Mode;
use crate::profile::Event;
use crate::state::entries::{entries_of, key};
use crate::state::{Entry, Number, State, StreamState, Timed};
use crate::value::Value;

/// What is known of the profile's events.
#[derive(Clone)]
pub(super) enum History<'a> {
    /// The events themselves, and what there is of them by stream.
    Stored(&'a [Event], Rc<[StoredStream<'a>]>),
    /// What was folded of them.
    Folded(&'a State),
}

/// What there is of the stored events for one stream.
#[derive(Clone, Default)]
pub(super) struct StoredStream<'a> {
    /// For events leaves.
    entries: Vec<Entry>,
    /// For steps.
    pub(super) matched: Vec<&'a Event>,
}

/// What is known of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Known {
    NotYet,
    Answer(Option<bool>),
}

/// The answers of one profile at one instant.
pub(crate) struct Answers<'a> {
    pub(super) program: &'a Prepared,
    pub(super) profile: Profile<'a>,
    pub(super) history: History<'a>,
    pub(super) now_ms: i64,
    /// The bits of the plan, and behind them which of its sources have been looked at.
    words: Vec<Cell<u64>>,
    /// Leaves that are sought.
    sought: Vec<Cell<Known>>,
    /// Audiences whose formula is open, filled when the first is asked for.
    open: RefCell<BTreeMap<u32, Option<bool>>>,
    aggregates: RefCell<BTreeMap<(u32, Aggregate), Value>>,
    pub(super) intervals: Intervals<'a>,
    /// By stream, of folded events: what is kept, once it was looked up.
    folded: Vec<Cell<Option<Option<&'a StreamState>>>>,
}

impl<'a> Answers<'a> {
    /// From a whole profile.
    pub(crate) fn of_subject(program: &'a Prepared, subject: Subject<'a>, now_ms: i64) -> Self {
        let Subject { attributes, identities, memberships, events } = subject;
        let mut stored = vec![StoredStream::default(); program.streams().len()];
        for event in events {
            let event_key = OnceCell::new();
            program.events().each_stream(event, now_ms, |number, stream| {
                let Some(stored) = stored.get_mut(number as usize) else { return };
                match &stream.kind {
                    StreamKind::Events(_) => {
                        let event_key = *event_key.get_or_init(|| key(&event.id));
                        entries_of(stream, event, event_key, now_ms, |entry| stored.entries.push(entry));
                    }
                    StreamKind::Steps => stored.matched.push(event),
                }
            });
        }
        let profile = Profile { attributes, identities, memberships };
        Self::new(program, profile, History::Stored(events, stored.into()), now_ms)
    }

    /// From folded events.
    pub(crate) fn of_slice(program: &'a Prepared, slice: Slice<'a>, now_ms: i64) -> Self {
        let Slice { attributes, identities, memberships, state } = slice;
        let profile = Profile { attributes, identities, memberships };
        Self::new(program, profile, History::Folded(state), now_ms)
    }

    /// Of the same profile at another instant.
    pub(super) fn at(&self, now_ms: i64) -> Self {
        Self::new(self.program, self.profile, self.history.clone(), now_ms)
    }

    fn new(program: &'a Prepared, profile: Profile<'a>, history: History<'a>, now_ms: i64) -> Self {
        let plan = program.answers();
        let mut words = Vec::with_capacity(plan.words() + bits::words(plan.sources()));
        words.extend(plan.blank.iter().map(|word| Cell::new(*word)));
        words.resize(words.capacity(), Cell::new(0));
        Self {
            words,
            sought: vec![Cell::new(Known::NotYet); plan.sought.len()],
            open: RefCell::default(),
            aggregates: RefCell::default(),
            intervals: Intervals::new(program, now_ms),
            folded: match &history {
                History::Folded(_) => vec![Cell::new(None); program.streams().len()],
                History::Stored(..) => Vec::new(),
            },
            program,
            profile,
            history,
            now_ms,
        }
    }

    /// Looks at the attributes of all leaves: one pass, where audience after audience would ask for field after field.
    pub(crate) fn read_attributes(&self) {
        let plan = self.program.answers();
        plan.attributes.answer(self.profile.attributes, &self.words);
        for source in 0..plan.attribute_sources {
            self.is_first_look(source);
        }
    }

    /// Looks at everything that there is.
    fn read_all(&self) {
        self.read_attributes();
        let plan = self.program.answers();
        match &self.history {
            History::Folded(state) => {
                for (id, kept) in &state.streams {
                    let Some(number) = self.program.stream_number(*id) else { continue };
                    if let Some(known) = self.folded.get(number as usize) {
                        known.set(Some(Some(kept)));
                    }
                    let Some((stream, _)) = self.program.folded_stream(number) else { continue };
                    if let StreamState::Events(kept) = kept {
                        let folded = stream.takers.iter().filter(|leaf| self.program.is_folded(**leaf));
                        folded.for_each(|leaf| self.read_events(*leaf, &kept.list));
                    }
                }
                for stream in &self.folded {
                    stream.set(stream.get().or(Some(None)));
                }
            }
            History::Stored(_, stored) => {
                for (stream, StoredStream { entries, .. }) in self.program.streams().iter().zip(&**stored) {
                    if !entries.is_empty() {
                        stream.takers.iter().for_each(|leaf| self.read_events(*leaf, entries));
                    }
                }
            }
        }
        // Of all others there is nothing, which is what the plan begins with.
        for word in self.words.iter().skip(plan.words()) {
            word.set(u64::MAX);
        }
    }

    /// Calls `visit` with the answers of those wanted audiences that are not simply out, some more than once.
    pub(crate) fn each_possible(
        &self,
        wanted: impl Fn(u32) -> bool,
        mut visit: impl FnMut(u32, Option<bool>),
    ) {
        self.read_all();
        let plan = self.program.answers();
        let words = self.words.get(..plan.words()).unwrap_or(&[]);
        let beyond = self.beyond();
        let is_set = |bit| {
            if bit < beyond { bits::is_set(words, bit) } else { self.sought_bit(bit - beyond) }
        };
        plan.audiences.each_possible(words, wanted, is_set, |number, decided| {
            visit(number, decided.or_else(|| self.audience(number)));
        });
    }

    /// Calls `visit` with the audiences that are not out whatever the leaves that move come to, some more than once.
    pub(crate) fn each_candidate(&self, is_moving: impl Fn(u32) -> bool, visit: impl FnMut(u32)) {
        self.read_all();
        let plan = self.program.answers();
        let words = self.words.get(..plan.words()).unwrap_or(&[]);
        let may_be_open = |place: usize, gates: u64| {
            let Some(word) = words.get(place) else { return gates };
            let set = gates & word.get();
            // A word is of one leaf.
            let moves = set != gates && plan.leaf_of_word(place).is_some_and(&is_moving);
            if moves { gates } else { set }
        };
        plan.audiences.each_behind(may_be_open, visit);
    }

    /// A bit of the plan, or of a leaf that is sought.
    pub(crate) fn any_bit(&self, bit: u32) -> bool {
        let beyond = self.beyond();
        if bit < beyond { self.bit(bit) } else { self.sought_bit(bit - beyond) }
    }

    fn beyond(&self) -> u32 {
        u32::try_from(self.program.answers().words()).unwrap_or(0) * WORD_BITS
    }

    /// The answer of an audience, whatever its mode.
    pub(crate) fn audience(&self, number: u32) -> Option<bool> {
        let audience = self.program.audiences.get(number as usize)?;
        let plan = &self.program.answers().audiences;
        if !plan.is_open(number) {
            return plan.decide(number, |bit| self.any_bit(bit));
        }
        if let Some(known) = self.open.borrow().get(&number) {
            return *known;
        }
        // Only a damaged program refers in a circle; what it then asks again while it is sought is unknown.
        self.open.borrow_mut().insert(number, None);
        let answer = self.formula(&audience.formula);
        self.open.borrow_mut().insert(number, answer);
        answer
    }

    /// The answer of an audience to one that refers to it: where only folded events are at hand, a batch audience is
    /// what it was last time.
    fn referred(&self, number: u32) -> Option<bool> {
        let audience = self.program.audiences.get(number as usize)?;
        match (&self.history, audience.mode) {
            (History::Folded(_), Mode::Batch) => {
                Some(virtual_fields::is_member(self.profile.memberships, &audience.id))
            }
            (History::Folded(_), Mode::Edge | Mode::Streaming) | (History::Stored(..), _) => {
                self.audience(number)
            }
        }
    }

    /// The truth of a formula: certain as soon as the known operands decide it.
    pub(crate) fn formula(&self, formula: &Formula) -> Option<bool> {
        match formula {
            Formula::Constant(value) => Some(*value),
            Formula::Leaf(leaf) => self.leaf(*leaf),
            Formula::Aggregate { leaf, aggregate, comparison, constant } => {
                Some(ops::compare(*comparison, &self.aggregate(*leaf, *aggregate), constant))
            }
            Formula::Audience(number) => self.referred(*number),
            Formula::Not(inner) => self.formula(inner).map(|value| !value),
            Formula::And(inner) => self.decide(inner, false),
            Formula::Or(inner) => self.decide(inner, true),
        }
    }

    fn decide(&self, operands: &[Formula], decisive: bool) -> Option<bool> {
        let mut otherwise = Some(!decisive);
        for operand in operands {
            match self.formula(operand) {
                Some(value) if value == decisive => return Some(decisive),
                Some(_) => {}
                None => otherwise = None,
            }
        }
        otherwise
    }

    fn leaf(&self, number: u32) -> Option<bool> {
        match self.program.answers().places.get(number as usize)? {
            LeafPlace::Bit(bit) => Some(self.bit(*bit)),
            LeafPlace::Sought(place) => self.seek(*place),
        }
    }

    fn sought_bit(&self, place: u32) -> bool {
        self.seek(place) == Some(true)
    }

    fn seek(&self, place: u32) -> Option<bool> {
        let known = self.sought.get(place as usize)?;
        if let Known::Answer(answer) = known.get() {
            return answer;
        }
        // Against circles, as above.
        known.set(Known::Answer(None));
        let number = *self.program.answers().sought.get(place as usize)?;
        let leaf = self.program.leaves.get(number as usize)?;
        let answer = match &leaf.kind {
            LeafKind::Attribute(expr) => {
                Some(Walk::of_profile(self.profile, self.now_ms).truth(expr, &mut Vec::new()))
            }
            LeafKind::Events(_) => Some(!self.entries(number).is_empty()),
            LeafKind::Sequence(sequence) => Some(self.sequence(number, sequence)),
            LeafKind::Member(audience) => Some(virtual_fields::is_member(self.profile.memberships, audience)),
            LeafKind::History(expr) => self.stored(expr),
        };
        known.set(Known::Answer(answer));
        answer
    }

    fn stored(&self, expr: &'a Expr) -> Option<bool> {
        self.with_events(|walk| walk.truth(expr, &mut Vec::new()))
    }

    /// Walks over the stored events, where they are at hand.
    pub(super) fn with_events<T>(&self, then: impl FnOnce(Walk<'a, '_>) -> T) -> Option<T> {
        let History::Stored(events, _) = &self.history else { return None };
        let members = |audience: &crate::id::AudienceId| match self.program.audience_number(audience) {
            Some(number) => self.audience(number) == Some(true),
            None => virtual_fields::is_member(self.profile.memberships, audience),
        };
        Some(then(Walk { events, members: &members, ..Walk::of_profile(self.profile, self.now_ms) }))
    }

    /// Whether a source is now looked at for the first time.
    fn is_first_look(&self, source: u32) -> bool {
        let words = self.words.get(self.program.answers().words()..).unwrap_or(&[]);
        bits::set(words, source)
    }

    /// A bit of the plan; its source is looked at if it was not yet.
    #[inline]
    fn bit(&self, bit: u32) -> bool {
        let plan = self.program.answers();
        let (word, _) = bits::place(bit);
        let source = plan.sources.get(word).copied().unwrap_or(0);
        if self.is_first_look(source) {
            match source.checked_sub(plan.attribute_sources) {
                None => plan.attributes.answer_one(source, self.profile.attributes, &self.words),
                Some(events) => {
                    if let Some(columns) = plan.events.get(events as usize) {
                        let kept = self.kept(columns.leaf);
                        if !kept.is_empty() {
                            self.read_events(columns.leaf, kept);
                        }
                    }
                }
            }
        }
        bits::is_set(&self.words, bit)
    }

    /// Sets the bits of an events leaf, of which this was kept.
    fn read_events(&self, leaf: u32, kept: &[Entry]) {
        let plan = self.program.answers();
        let number = plan.events_of_leaf.get(leaf as usize).copied().flatten();
        let Some(columns) = number.and_then(|number| plan.events.get(number as usize)) else { return };
        let entries = self.inside(leaf, kept);
        for (aggregate, first, column) in &columns.columns {
            let words = self.words.get(*first as usize..).unwrap_or(&[]);
            let words = words.get(..column.words()).unwrap_or(&[]);
            words.iter().for_each(|word| word.set(0));
            column.answer(&aggregate_of(*aggregate, entries), words);
        }
    }

    /// The entries that an events leaf looks into, inside its window or not.
    pub(super) fn kept(&self, leaf: u32) -> &[Entry] {
        match &self.history {
            History::Stored(_, stored) => {
                self.stored_stream(stored, leaf).map_or(&[], |stored| stored.entries.as_slice())
            }
            History::Folded(state) => match self.folded_stream(state, leaf) {
                Some(StreamState::Events(kept)) => &kept.list,
                Some(StreamState::Steps(_)) | None => &[],
            },
        }
    }

    /// What there is of the stored events for an events leaf or a step.
    pub(super) fn stored_stream<'s>(
        &self,
        stored: &'s [StoredStream<'a>],
        number: u32,
    ) -> Option<&'s StoredStream<'a>> {
        stored.get(self.program.stream_of(number)? as usize)
    }

    /// What was folded for an events leaf or a step; of one that nobody folds nothing is known.
    pub(super) fn folded_stream(&self, state: &'a State, number: u32) -> Option<&'a StreamState> {
        let stream = self.program.stream_of(number).filter(|_| self.program.is_folded(number))?;
        let known = self.folded.get(stream as usize)?;
        known.get().unwrap_or_else(|| {
            let found = state.streams.get(&self.program.streams().get(stream as usize)?.id);
            known.set(Some(found));
            found
        })
    }

    /// What is inside the window of a leaf or a step.
    pub(super) fn inside<'e, T: Timed>(&self, number: u32, kept: &'e [T]) -> &'e [T] {
        self.program.window_number(number).map_or(&[], |window| within(kept, self.intervals.get(window)))
    }

    /// The entries of an events leaf that are inside its window.
    pub(crate) fn entries(&self, leaf: u32) -> &[Entry] {
        self.inside(leaf, self.kept(leaf))
    }

    /// An aggregate of the entries inside the window.
    pub(crate) fn aggregate(&self, leaf: u32, wanted: Aggregate) -> Value {
        if let Some(known) = self.aggregates.borrow().get(&(leaf, wanted)) {
            return known.clone();
        }
        let value = aggregate_of(wanted, self.entries(leaf));
        self.aggregates.borrow_mut().insert((leaf, wanted), value.clone());
        value
    }
}

/// As the function table computes it of the values themselves.
pub(crate) fn aggregate_of(wanted: Aggregate, entries: &[Entry]) -> Value {
    let numbers = || entries.iter().filter_map(|entry| entry.value);
    let values = || numbers().map(Number::value).collect::<Vec<_>>();
    match wanted {
        Aggregate::Count => Value::Integer(i64::try_from(entries.len()).unwrap_or(i64::MAX)),
        Aggregate::Sum => aggregate::sum(numbers()),
        Aggregate::Average => aggregate::average(numbers()),
        Aggregate::Minimum => functions::aggregate::minimum(&values()),
        Aggregate::Maximum => functions::aggregate::maximum(&values()),
    }
}
