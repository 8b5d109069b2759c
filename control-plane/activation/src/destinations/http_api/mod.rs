//! The HTTP API destination: Standard Webhooks 1.0.0 (`ingest-api.md` section 7), with the payload of an Adobe-shaped
//! profile export inside (`pql.md` section 6).

pub(crate) mod address;
mod config;
mod message;
mod retry;
mod send;
mod sign;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use acquaint_store::catalog::Connection;

use super::Streaming;
use crate::Settings;

/// Makes the destination from its definition.
pub(crate) fn build(connection: &Connection, settings: &Settings) -> Result<Arc<dyn Streaming>, String> {
    let config = config::Config::read(connection, settings)?;
    Ok(Arc::new(send::HttpApi::new(config)?))
}
