//! Who a visitor without any identity becomes. A request that is repeated before its answer came (`edge-api.md`
//! section 3: the same id and body) must not make two visitors of one.

use acquaint_core::profile::Identity;
use sha2::{Digest, Sha256};

use super::Begun;
use crate::http::{Config, Request};
use crate::identity::map::ECID;
use crate::identity::{EcidSource, ecid};
use crate::limits;
use crate::request::request_id;

/// The bytes that a new visitor's ECID is made of: of the request, if its id can only be repeated by the same client,
/// and else of randomness. They depend on a secret, so that nobody else can tell them from the request.
pub(super) fn bytes(config: &Config, request: &Request, random: [u8; 16], now_ms: i64) -> [u8; 16] {
    let id = request_id(request).filter(|id| !config.visitor_key.is_empty() && ecid::is_uuid_v4(id));
    let Some(id) = id else { return random };
    let mut hash = Sha256::new();
    for part in [config.visitor_key.as_bytes(), id.to_ascii_lowercase().as_bytes()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.update((now_ms.div_euclid(limits::REPETITION_WINDOW_MS)).to_be_bytes());
    hash.update(&request.body);
    let mut bytes = [0; 16];
    for (byte, hashed) in bytes.iter_mut().zip(hash.finalize()) {
        *byte = hashed;
    }
    bytes
}

impl Begun {
    /// Whether a visit of this request makes a profile for a visitor who was not there before.
    pub fn brings_newcomer(&self) -> bool {
        match &self.resolved.ecid {
            Some((id, EcidSource::Minted)) => {
                let minted = Identity { namespace: ECID.into(), id: id.clone() };
                self.asked.iter().any(|asked| *asked.primary() == minted)
            }
            Some((_, EcidSource::Received | EcidSource::Cookie | EcidSource::Fpid)) | None => false,
        }
    }
}
