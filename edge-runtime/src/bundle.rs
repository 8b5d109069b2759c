//! A bundle made ready to answer from: opened once, kept per isolate.

use std::rc::Rc;
use std::sync::Arc;

use acquaint_core::plan::Prepared;
use acquaint_core::wire::{self, Bundle, Datastream, EventForwarding, Offer};
use xxhash_rust::xxh3::xxh3_64;

use crate::offers::surface;
use crate::problem::Problem;

/// A bundle with its program prepared.
#[derive(Clone, Debug)]
pub struct Edition {
    /// Tells editions apart: a hash of the bytes, in hexadecimal.
    pub tag: String,
    /// The version its publisher gave it.
    pub version: u64,
    /// When it was published: milliseconds since the epoch, UTC.
    pub published_ms: i64,
    /// The edge audiences.
    pub program: Prepared,
    /// Personalization content, best first.
    pub offers: Vec<Offer>,
    /// Shared with every request that is under way: they name hundreds of audiences, those of a destination in order.
    datastreams: Vec<Arc<Datastream>>,
}

/// The tag of sealed bundle bytes.
pub fn tag(bytes: &[u8]) -> String {
    format!("{:016x}", xxh3_64(bytes))
}

/// Requests ask for surfaces in their one form.
fn normal(offer: Offer) -> Offer {
    Offer { scope: surface::normal(&offer.scope), ..offer }
}

impl Edition {
    /// Opens sealed bytes.
    pub fn open(bytes: &[u8]) -> Result<Self, wire::Error> {
        Ok(Self::new(wire::open(bytes)?, tag(bytes)))
    }

    /// Prepares a bundle.
    pub fn new(mut bundle: Bundle, tag: String) -> Self {
        let destinations = bundle.datastreams.iter_mut().flat_map(|datastream| &mut datastream.destinations);
        destinations.for_each(|destination| destination.audiences.sort_unstable());
        Self {
            tag,
            version: bundle.version,
            published_ms: bundle.published_ms,
            program: Prepared::new(bundle.program),
            offers: bundle.offers.into_iter().map(normal).collect(),
            datastreams: bundle.datastreams.into_iter().map(Arc::new).collect(),
        }
    }

    /// A rule of event forwarding; absent when it has been removed meanwhile.
    pub fn forwarding(&self, datastream: &str, rule: &str) -> Option<&EventForwarding> {
        let datastream = self.datastreams.iter().find(|one| one.id == datastream)?;
        datastream.forwarding.iter().find(|one| one.id == rule)
    }

    /// What every answer says of the bundle it was given from (`x-acquaint-bundle`): its version, and how long ago it was
    /// published.
    pub fn freshness(&self, now_ms: i64) -> String {
        let age_seconds = now_ms.saturating_sub(self.published_ms).max(0) / 1000;
        format!("{};age={age_seconds}", self.version)
    }

    /// All of them.
    pub(crate) fn datastreams(&self) -> &[Arc<Datastream>] {
        &self.datastreams
    }

    /// The datastream of a `configId`, which may carry an environment (`…:dev`), whether or not it is switched on.
    pub fn known(&self, config_id: &str) -> Option<&Arc<Datastream>> {
        let find = |id: &str| self.datastreams.iter().find(|datastream| datastream.id == id);
        find(config_id).or_else(|| find(config_id.split(':').next()?))
    }

    /// The datastream of a `configId`.
    pub fn datastream(&self, config_id: &str) -> Result<&Arc<Datastream>, Problem> {
        match self.known(config_id) {
            None => Err(Problem::DatastreamUnknown(config_id.chars().take(100).collect())),
            Some(datastream) if !datastream.enabled => {
                Err(Problem::DatastreamDisabled(datastream.id.clone()))
            }
            Some(datastream) => Ok(datastream),
        }
    }
}

/// The editions that one isolate has at hand: the one in force, and the one before it, for requests that began under
/// that. A request is answered from one edition, also where its profile is kept in another isolate.
#[derive(Clone, Debug, Default)]
pub struct Editions {
    current: Option<Rc<Edition>>,
    before: Option<Rc<Edition>>,
}

impl Editions {
    /// The one in force.
    pub fn current(&self) -> Option<&Rc<Edition>> {
        self.current.as_ref()
    }

    /// The one of that tag.
    pub fn of(&self, tag: &str) -> Option<&Rc<Edition>> {
        self.current.iter().chain(&self.before).find(|edition| edition.tag == tag)
    }

    /// Puts one in force.
    pub fn adopt(&mut self, edition: Rc<Edition>) {
        if self.current.as_ref().is_none_or(|current| current.tag != edition.tag) {
            self.before = self.current.replace(edition);
        }
    }
}

#[cfg(test)]
mod tests {
    use acquaint_core::plan::Program;

    use super::*;

    fn edition(tag: &str) -> Rc<Edition> {
        let program = Program::default();
        let bundle =
            Bundle { version: 7, published_ms: 10_000, program, datastreams: Vec::new(), offers: Vec::new() };
        Rc::new(Edition::new(bundle, tag.to_owned()))
    }

    #[test]
    fn a_request_finds_the_edition_it_began_under_until_the_next_but_one() {
        let mut editions = Editions::default();
        let check = |editions: &Editions, current: Option<&str>, known: [bool; 3]| {
            assert_eq!(editions.current().map(|edition| edition.tag.as_str()), current);
            assert_eq!(["a", "b", "c"].map(|tag| editions.of(tag).is_some()), known);
        };
        check(&editions, None, [false, false, false]);
        editions.adopt(edition("a"));
        editions.adopt(edition("b"));
        check(&editions, Some("b"), [true, true, false]);
        editions.adopt(edition("b"));
        check(&editions, Some("b"), [true, true, false]);
        editions.adopt(edition("c"));
        check(&editions, Some("c"), [false, true, true]);
    }

    #[test]
    fn the_age_is_in_seconds_and_never_negative() {
        let edition = edition("");
        assert_eq!(edition.freshness(12_999), "7;age=2");
        assert_eq!(edition.freshness(9_000), "7;age=0");
    }
}
