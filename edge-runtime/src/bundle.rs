//! A bundle made ready to answer from: opened once, kept per isolate.

use acquaint_core::plan::Prepared;
use acquaint_core::wire::{self, Bundle, Datastream, EventForwarding, Offer};
use xxhash_rust::xxh3::xxh3_64;

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
    datastreams: Vec<Datastream>,
}

/// The tag of sealed bundle bytes.
pub fn tag(bytes: &[u8]) -> String {
    format!("{:016x}", xxh3_64(bytes))
}

impl Edition {
    /// Opens sealed bytes.
    pub fn open(bytes: &[u8]) -> Result<Self, wire::Error> {
        Ok(Self::new(wire::open(bytes)?, tag(bytes)))
    }

    /// Prepares a bundle.
    pub fn new(bundle: Bundle, tag: String) -> Self {
        Self {
            tag,
            version: bundle.version,
            published_ms: bundle.published_ms,
            program: Prepared::new(bundle.program),
            offers: bundle.offers,
            datastreams: bundle.datastreams,
        }
    }

    /// A rule of event forwarding; absent when it has been removed meanwhile.
    pub fn forwarding(&self, datastream: &str, rule: &str) -> Option<&EventForwarding> {
        let datastream = self.datastreams.iter().find(|one| one.id == datastream)?;
        datastream.forwarding.iter().find(|one| one.id == rule)
    }

    /// All of them.
    pub(crate) fn datastreams(&self) -> &[Datastream] {
        &self.datastreams
    }

    /// The datastream of a `configId`, which may carry an environment (`…:dev`).
    pub fn datastream(&self, config_id: &str) -> Result<&Datastream, Problem> {
        let find = |id: &str| self.datastreams.iter().find(|datastream| datastream.id == id);
        let found = find(config_id).or_else(|| find(config_id.split(':').next()?));
        match found {
            None => Err(Problem::DatastreamUnknown(config_id.chars().take(100).collect())),
            Some(datastream) if !datastream.enabled => {
                Err(Problem::DatastreamDisabled(datastream.id.clone()))
            }
            Some(datastream) => Ok(datastream),
        }
    }
}
