//! From the definition to settings that are known to be usable.

use std::time::Duration;

use acquaint_store::catalog::Connection;
use reqwest::Url;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};

use super::address;
use super::sign::Secret;
use crate::Settings;
use crate::destinations::from_environment;

/// Headers that belong to the protocol and cannot be set by a person.
const RESERVED: [&str; 7] = [
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
    "content-type",
    "content-length",
    "host",
    "transfer-encoding",
];

/// Requests in flight at most, whatever the definition says.
const CONCURRENCY_MAX: u32 = 256;

/// Usable settings.
#[derive(Debug)]
pub(crate) struct Config {
    pub(crate) url: Url,
    pub(crate) secrets: Vec<Secret>,
    pub(crate) headers: HeaderMap,
    pub(crate) allow_private_network: bool,
    pub(crate) concurrency_max: usize,
    pub(crate) timeout: Duration,
    pub(crate) jitter_seed: u64,
}

impl Config {
    /// Reads the definition, or says what is wrong with it.
    pub(crate) fn read(connection: &Connection, settings: &Settings) -> Result<Self, String> {
        let Connection::HttpApi { url, secret, headers, allow_private_network, concurrency_max } = connection
        else {
            return Err("it is not an HTTP API".into());
        };
        let url = from_environment(url)?;
        let url = Url::parse(&url).map_err(|error| format!("`url` is not an address: {error}"))?;
        match (url.scheme(), allow_private_network) {
            ("https", _) | ("http", true) => {}
            ("http", false) => {
                return Err("`url` must be https (http only with `allowPrivateNetwork`)".into());
            }
            (other, _) => return Err(format!("`url` has the scheme `{other}`; https is needed")),
        }
        if !allow_private_network && address::names_private(&url) {
            return Err("`url` is a private address (allowed only with `allowPrivateNetwork`)".into());
        }
        Ok(Self {
            url,
            // During a rotation there are two, separated by a space: messages are signed with both.
            secrets: from_environment(secret)?
                .split_whitespace()
                .map(Secret::parse)
                .collect::<Result<Vec<_>, _>>()
                .and_then(
                    |secrets| if secrets.is_empty() { Err("`secret` is empty".into()) } else { Ok(secrets) },
                )?,
            headers: header_map(headers)?,
            allow_private_network: *allow_private_network,
            concurrency_max: usize::try_from((*concurrency_max).clamp(1, CONCURRENCY_MAX)).unwrap_or(1),
            timeout: Duration::from_millis(settings.request_timeout_ms),
            jitter_seed: settings.jitter_seed,
        })
    }
}

fn header_map(headers: &std::collections::BTreeMap<String, String>) -> Result<HeaderMap, String> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        if RESERVED.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
            return Err(format!("header `{name}` is set by the protocol"));
        }
        let key = HeaderName::try_from(name).map_err(|_| format!("`{name}` is not a header name"))?;
        let value = from_environment(value)?;
        let mut value =
            HeaderValue::try_from(value).map_err(|_| format!("header `{name}` has an impossible value"))?;
        value.set_sensitive(true);
        map.insert(key, value);
    }
    Ok(map)
}
