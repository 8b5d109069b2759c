//! Traces: one record in many is followed from the request that brought it, through the engine, to every destination that
//! was told of it. The ids of its trace and spans follow from its position in the log, so that nothing has to be carried
//! along or stored: whoever meets the record later knows which trace it belongs to.
//!
//! Spans name positions and definitions, nothing of a person.

mod export;
mod otlp;

use std::sync::Arc;

use acquaint_activation::settings::{Observed, Told};
use acquaint_core::id::Position;
use tokio::sync::mpsc::{Sender, channel};
use xxhash_rust::xxh3::{xxh3_64_with_seed, xxh3_128};

pub(crate) use export::Exporter;

use crate::clock::system_ms;

/// Of how many records one is traced, unless it is said otherwise.
pub(crate) const ONE_IN: u64 = 1_000;
/// Spans that wait to be sent; more are dropped.
const WAITING_MAX: usize = 10_000;

/// Where a record is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Accept,
    Decide,
    Deliver,
}

impl Stage {
    fn name(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Decide => "decide",
            Self::Deliver => "deliver",
        }
    }

    fn seed(self) -> u64 {
        match self {
            Self::Accept => 1,
            Self::Decide => 2,
            Self::Deliver => 3,
        }
    }
}

/// One span.
#[derive(Clone, Debug, PartialEq)]
struct Span {
    position: Position,
    stage: Stage,
    /// What tells it apart from others of its stage: which destination.
    which: String,
    failed: bool,
    start_ms: i64,
    end_ms: i64,
    attributes: Vec<(&'static str, String)>,
}

impl Span {
    fn trace(&self) -> u128 {
        // All zeros would be no id; nothing hashes to it.
        xxh3_128(&self.position.to_be_bytes()).max(1)
    }

    fn id(&self) -> u64 {
        id(self.position, self.stage, &self.which)
    }

    fn parent(&self) -> Option<u64> {
        match self.stage {
            Stage::Accept => None,
            Stage::Decide => Some(id(self.position, Stage::Accept, "")),
            Stage::Deliver => Some(id(self.position, Stage::Decide, "")),
        }
    }
}

fn id(position: Position, stage: Stage, which: &str) -> u64 {
    let text = format!("{position} {which}");
    xxh3_64_with_seed(text.as_bytes(), stage.seed()).max(1)
}

/// Hears of records on their way. Without somewhere to send traces it forgets everything at once.
#[derive(Debug, Default)]
pub(crate) struct Tracer(Option<(Sender<Span>, u64)>);

/// A tracer, and what sends what it hears; both do nothing if there is nowhere to send it.
pub(crate) fn start(to: Option<(String, u64)>) -> (Arc<Tracer>, Option<Exporter>) {
    let Some((endpoint, one_in)) = to else { return (Arc::default(), None) };
    let (sender, spans) = channel(WAITING_MAX);
    (Arc::new(Tracer(Some((sender, one_in.max(1))))), Some(Exporter::new(&endpoint, spans)))
}

impl Tracer {
    /// A record has become durable.
    pub(crate) fn accepted(&self, position: Position, source: &str, start_ms: i64, end_ms: i64) {
        if self.follows(position) {
            let attributes = vec![("acquaint.source", source.to_owned())];
            self.send(Span { attributes, ..span(position, Stage::Accept, start_ms, end_ms) });
        }
    }

    /// Records after one position and up to another were decided, in one commit.
    pub(crate) fn decided(&self, after: Position, until: Position, start_ms: i64, end_ms: i64) {
        if self.0.is_none() {
            return;
        }
        for position in (after.saturating_add(1)..=until).filter(|position| self.follows(*position)) {
            let records = until.saturating_sub(after).to_string();
            let attributes = vec![("acquaint.commit.records", records)];
            self.send(Span { attributes, ..span(position, Stage::Decide, start_ms, end_ms) });
        }
    }

    /// A destination was told of what a record has led to. `timed`: decisions and deliveries are by the same clock.
    pub(crate) fn told(&self, told: &Observed<'_>, timed: bool) {
        if !self.follows(told.position) {
            return;
        }
        let end_ms = system_ms();
        let start_ms = if timed { end_ms.saturating_sub(told.took_ms) } else { end_ms };
        let span = span(told.position, Stage::Deliver, start_ms, end_ms);
        let which = format!("{} {end_ms}", told.dataflow);
        let attributes = vec![("acquaint.dataflow", told.dataflow.to_owned())];
        self.send(Span { which, failed: told.told != Told::Confirmed, attributes, ..span });
    }

    /// Whether this record is one that is followed: the same at every stage. 0 is none.
    fn follows(&self, position: Position) -> bool {
        self.0.as_ref().is_some_and(|(_, one_in)| {
            position > 0 && xxh3_64_with_seed(&position.to_be_bytes(), 0).checked_rem(*one_in) == Some(0)
        })
    }

    /// Hands a span over; nobody waits for traces.
    fn send(&self, span: Span) {
        if let Some((sender, _)) = &self.0 {
            let _dropped_if_full = sender.try_send(span);
        }
    }
}

fn span(position: Position, stage: Stage, start_ms: i64, end_ms: i64) -> Span {
    Span { position, stage, which: String::new(), failed: false, start_ms, end_ms, attributes: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spans_of_a_record_hang_together_without_knowing_each_other() {
        let of = |stage| span(7, stage, 0, 1);
        let (accept, decide, deliver) = (of(Stage::Accept), of(Stage::Decide), of(Stage::Deliver));
        assert_eq!(
            (accept.parent(), decide.parent(), deliver.parent()),
            (None, Some(accept.id()), Some(decide.id()))
        );
        assert_eq!((accept.trace(), decide.trace()), (deliver.trace(), deliver.trace()));
        assert_ne!(accept.trace(), span(8, Stage::Accept, 0, 1).trace());
        let twice = Span { which: "other".into(), ..of(Stage::Deliver) };
        assert_ne!(twice.id(), deliver.id());
    }

    #[tokio::test]
    async fn one_record_in_so_many_is_followed_at_every_stage() {
        let (sender, mut spans) = channel(WAITING_MAX);
        let tracer = Tracer(Some((sender, 10)));
        for position in 1..=1_000 {
            tracer.accepted(position, "web", 0, 1);
        }
        tracer.decided(0, 1_000, 1, 2);
        drop(tracer);
        let (mut accepted, mut decided) = (Vec::new(), Vec::new());
        while let Some(span) = spans.recv().await {
            match span.stage {
                Stage::Accept => accepted.push(span.position),
                Stage::Decide => decided.push(span.position),
                Stage::Deliver => panic!("nothing was told"),
            }
        }
        assert_eq!(accepted, decided);
        assert!((60..140).contains(&accepted.len()), "{}", accepted.len());
    }
}
