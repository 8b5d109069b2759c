//! Who is calling: the ECID of the browser, the identities of each event, and which of them is primary
//! (`edge-api.md` section 4).

pub mod cookie;
pub mod ecid;
pub mod map;
pub mod resolve;

pub use resolve::{EcidSource, Resolved, resolve};
