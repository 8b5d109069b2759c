//! A small blocking HTTP client: JSON in, status and JSON out; a refusal is an answer, not an error.

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case, and values, in the order sent; a name may occur more than once.
    pub headers: Vec<(String, String)>,
    /// The body; `Null` when it is empty or not JSON.
    pub body: Value,
}

impl Answer {
    /// The values of a header, by its lower-case name.
    pub fn header<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body, if the status is 2xx.
    pub fn ok(self) -> Result<Value> {
        if !(200..300).contains(&self.status) {
            bail!("status {}: {}", self.status, self.body);
        }
        Ok(self.body)
    }
}

/// A client of one server, with the headers it always sends.
#[derive(Clone, Debug)]
pub struct Client {
    agent: ureq::Agent,
    base: String,
    headers: Vec<(String, String)>,
}

impl Client {
    /// A client of the server at `base`, for example `http://127.0.0.1:8080`.
    pub fn new(base: &str) -> Self {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        Self { agent, base: base.into(), headers: Vec::new() }
    }

    /// The same, sending one more header.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The address of the server.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// GET.
    pub fn get(&self, path: &str) -> Result<Answer> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        answer(request.call().with_context(|| format!("GET {}{path}", self.base))?)
    }

    /// POST of a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> Result<Answer> {
        self.post_bytes(path, "application/json", body.to_string().as_bytes())
    }

    /// POST of any body.
    pub fn post_bytes(&self, path: &str, content_type: &str, body: &[u8]) -> Result<Answer> {
        self.send_bytes(self.agent.post(format!("{}{path}", self.base)), content_type, body)
    }

    /// PUT of any body.
    pub fn put_bytes(&self, path: &str, content_type: &str, body: &[u8]) -> Result<Answer> {
        self.send_bytes(self.agent.put(format!("{}{path}", self.base)), content_type, body)
    }

    fn send_bytes(
        &self,
        request: ureq::RequestBuilder<ureq::typestate::WithBody>,
        content_type: &str,
        body: &[u8],
    ) -> Result<Answer> {
        let mut request = request.header("content-type", content_type);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        answer(request.send(body).with_context(|| format!("sending to {}", self.base))?)
    }
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer> {
    let status = response.status().as_u16();
    let headers = response.headers().iter();
    let headers = headers
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let text = response.body_mut().with_config().limit(64 * 1024 * 1024).read_to_string()?;
    Ok(Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::Null) })
}
