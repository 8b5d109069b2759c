//! Object storage: what lies in a bucket, and the bytes of one version of an object. Whoever imports files and whoever
//! exports them reaches it in the same way: the definition of a connection says how.

mod bucket;
mod connector;
mod failure;
mod location;

pub use bucket::{Bucket, Object};
pub use failure::{Code, Failure};
pub use location::Location;
