//! Connections to object storage: no redirects and no proxies, and public addresses only unless the definition says
//! otherwise, as destinations are reached.

use std::sync::Arc;
use std::time::Duration;

use object_store::ClientOptions;
use object_store::client::{HttpClient, HttpConnector};
use reqwest::Client;
use reqwest::redirect::Policy;

use crate::cryptography;
use crate::destinations::http_api::address::PublicOnly;

/// How long a connection may take to be made.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// How long a service may say nothing.
const SILENCE_MAX: Duration = Duration::from_secs(20);
/// How long one request may take, with its body.
const REQUEST_MAX: Duration = Duration::from_secs(120);

/// Makes the client.
#[derive(Debug)]
pub(super) struct Connector {
    pub(super) allow_private_network: bool,
    /// No certificate is ever looked at: the machine need not have any.
    pub(super) plain: bool,
}

impl HttpConnector for Connector {
    fn connect(&self, _options: &ClientOptions) -> object_store::Result<HttpClient> {
        cryptography::install();
        let mut builder = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .http1_only()
            .connect_timeout(CONNECT_MAX)
            .read_timeout(SILENCE_MAX)
            .timeout(REQUEST_MAX)
            .user_agent(concat!("acquaint/", env!("CARGO_PKG_VERSION")));
        if self.plain {
            builder = builder.tls_certs_only(std::iter::empty());
        }
        if !self.allow_private_network {
            builder = builder.dns_resolver(Arc::new(PublicOnly));
        }
        let client = builder.build();
        let failed =
            |source: reqwest::Error| object_store::Error::Generic { store: "S3", source: source.into() };
        client.map(HttpClient::new).map_err(failed)
    }
}
