//! The command line's side of the HTTP API.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::Value;

/// How long a request that the server could not take is tried again.
const RETRY_FOR: Duration = Duration::from_secs(30);
const RETRY_PAUSE: Duration = Duration::from_millis(250);

/// Which server, and by what right.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Connection {
    /// The server.
    #[arg(long, env = "ACQUAINT_URL", default_value = "http://127.0.0.1:8080")]
    url: String,
    /// The admin token.
    #[arg(long, env = "ACQUAINT_ADMIN_TOKEN", hide_env_values = true)]
    token: Option<String>,
    /// The server's data directory, to read the admin token from when it is not given.
    #[arg(long)]
    data: Option<PathBuf>,
}

/// Why a request did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("there is no admin token: give --token, ACQUAINT_ADMIN_TOKEN, or --data DIR of the server")]
    NoToken,
    #[error("cannot read the admin token from `{}`", .path.display())]
    Token {
        path: PathBuf,
        #[source]
        source: std::io::Error,
    },
    #[error("cannot reach `{url}`; is the server running?")]
    Unreachable {
        url: String,
        #[source]
        source: reqwest::Error,
    },
    /// The server said no, and why.
    #[error("{}", super::render::problem(.status.as_u16(), .body))]
    Refused { status: StatusCode, body: Value },
}

/// A connected client.
pub(crate) struct Client {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Connection {
    /// A client; no request is made yet.
    pub(crate) fn client(&self) -> Result<Client, Error> {
        let token = match (&self.token, &self.data) {
            (Some(token), _) => token.clone(),
            (None, Some(data)) => {
                let path = data.join(crate::tokens::ADMIN_FILE);
                std::fs::read_to_string(&path)
                    .map_err(|source| Error::Token { path, source })?
                    .trim()
                    .to_owned()
            }
            (None, None) => return Err(Error::NoToken),
        };
        Ok(Client { http: reqwest::Client::new(), url: self.url.trim_end_matches('/').to_owned(), token })
    }
}

impl Client {
    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Error> {
        self.send(Method::GET, path, query, None).await
    }

    /// An answer that is not JSON.
    pub(crate) async fn get_bytes(&self, path: &str) -> Result<Vec<u8>, Error> {
        let (status, bytes) = self.exchange(Method::GET, path, &[], None).await?;
        if status.is_success() { Ok(bytes) } else { Err(Error::Refused { status, body: shown(&bytes) }) }
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, Error> {
        self.send(Method::POST, path, &[], Some(body.to_string())).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Result<Value, Error> {
        self.send(Method::PATCH, path, &[], Some(body.to_string())).await
    }

    pub(crate) async fn delete(&self, path: &str, body: &Value) -> Result<Value, Error> {
        self.send(Method::DELETE, path, &[], Some(body.to_string())).await
    }

    /// Deletes what a query says.
    pub(crate) async fn delete_at(&self, path: &str, query: &[(&str, &str)]) -> Result<Value, Error> {
        self.send(Method::DELETE, path, query, None).await
    }

    /// Posts lines of JSON, and again for a while if the server is away: rows carry their own ids, so that none counts twice.
    pub(crate) async fn post_lines(&self, path: &str, lines: &str) -> Result<Value, Error> {
        let started = Instant::now();
        loop {
            let result = self.send(Method::POST, path, &[], Some(lines.to_owned())).await;
            let passing = match &result {
                Err(Error::Unreachable { .. }) => true,
                Err(Error::Refused { status, .. }) => {
                    *status == StatusCode::SERVICE_UNAVAILABLE || *status == StatusCode::TOO_MANY_REQUESTS
                }
                Ok(_) | Err(Error::NoToken | Error::Token { .. }) => false,
            };
            if !passing || started.elapsed() > RETRY_FOR {
                return result;
            }
            tokio::time::sleep(RETRY_PAUSE).await;
        }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<String>,
    ) -> Result<Value, Error> {
        let (status, bytes) = self.exchange(method, path, query, body).await?;
        let body = shown(&bytes);
        if status.is_success() { Ok(body) } else { Err(Error::Refused { status, body }) }
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        query: &[(&str, &str)],
        body: Option<String>,
    ) -> Result<(StatusCode, Vec<u8>), Error> {
        let unreachable = |source| Error::Unreachable { url: self.url.clone(), source };
        let url = reqwest::Url::parse_with_params(&format!("{}{path}", self.url), query);
        let request = match url {
            Ok(url) => self.http.request(method, url),
            Err(_) => self.http.request(method, format!("{}{path}", self.url)),
        };
        let mut request = request.bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let bytes = response.bytes().await.map_err(unreachable)?;
        Ok((status, bytes.to_vec()))
    }
}

/// JSON, or else text.
fn shown(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()))
}
