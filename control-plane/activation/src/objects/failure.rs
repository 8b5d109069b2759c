//! Why object storage did not do what was asked: a code for programs, words for a person. Neither holds what an answer
//! said beside its code and message: services repeat the request they refuse, with all of its headers.

use std::error::Error as _;
use std::fmt;

use object_store::Error;
use object_store::client::{HttpError, HttpErrorKind};

/// Characters of a service's own words that are kept.
const WORDS_MAX: usize = 300;

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The definition of the connection cannot be used.
    Configuration,
    /// The credentials are wrong, or allow something else.
    Denied,
    /// There is no such bucket.
    NoBucket,
    /// There is no such object.
    NotFound,
    /// The object is another than the one that was chosen.
    Changed,
    /// Nobody answers.
    Unreachable,
    /// The answer took too long.
    Timeout,
    /// The answer broke off.
    BrokenOff,
    /// The service is overloaded or broken.
    Busy,
    /// The service answers what it should not.
    Protocol,
}

impl Code {
    /// Its stable name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Configuration => "storage-configuration",
            Self::Denied => "storage-denied",
            Self::NoBucket => "storage-no-bucket",
            Self::NotFound => "storage-not-found",
            Self::Changed => "storage-object-changed",
            Self::Unreachable => "storage-unreachable",
            Self::Timeout => "storage-timeout",
            Self::BrokenOff => "storage-broken-off",
            Self::Busy => "storage-busy",
            Self::Protocol => "storage-protocol",
        }
    }

    /// Whether the same version of the object may be had once somebody has mended something.
    pub fn is_mendable(self) -> bool {
        !matches!(self, Self::NotFound | Self::Changed)
    }

    /// Whether it may be over a little later, without anybody doing anything.
    pub fn passes(self) -> bool {
        matches!(self, Self::Unreachable | Self::Timeout | Self::BrokenOff | Self::Busy)
    }
}

/// A failure.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    /// What kind it is of.
    pub code: Code,
    /// What happened, for a person.
    pub message: String,
}

impl Failure {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    /// What the library says of a request about `what`.
    pub(super) fn of(what: impl fmt::Display, error: &Error) -> Self {
        let told = Told::of(error);
        let code = told.code(error);
        let happened = match code {
            Code::Configuration => "the connection cannot be used",
            Code::Denied => "access is denied",
            Code::NoBucket => "there is no such bucket",
            Code::NotFound => "it is not there",
            Code::Changed => "it is another than when the import began",
            Code::Unreachable => "nobody answers",
            Code::Timeout => "the answer took too long",
            Code::BrokenOff => "the answer broke off",
            Code::Busy => "the service cannot do it now",
            Code::Protocol => "the answer cannot be used",
        };
        let words = told.words();
        Self::new(code, format!("{what}: {happened}{words}"))
    }
}

/// What can be learnt from an error and all errors below it.
struct Told {
    transport: Option<HttpErrorKind>,
    status: Option<u16>,
    service_code: Option<String>,
    service_message: Option<String>,
    last: String,
}

impl Told {
    fn of(error: &Error) -> Self {
        let (mut transport, mut last) = (None, String::new());
        let mut next: Option<&(dyn std::error::Error + 'static)> = error.source();
        while let Some(error) = next {
            transport = transport.or_else(|| error.downcast_ref::<HttpError>().map(HttpError::kind));
            last = error.to_string();
            next = error.source();
        }
        // The library keeps status and body in the text alone.
        let text = error.to_string();
        let status = between(&text, "status code: ", " ").and_then(|status| status.parse().ok());
        let part = |name: &str| between(&text, &format!("<{name}>"), "<").map(str::to_owned);
        Self { transport, status, service_code: part("Code"), service_message: part("Message"), last }
    }

    fn code(&self, error: &Error) -> Code {
        let service = self.service_code.as_deref().unwrap_or_default();
        match (self.status, error) {
            (Some(404), _) if service == "NoSuchBucket" => Code::NoBucket,
            (Some(404), _) | (None, Error::NotFound { .. }) => Code::NotFound,
            (Some(401 | 403), _) => Code::Denied,
            (Some(400), _) if ["ExpiredToken", "InvalidToken"].contains(&service) => Code::Denied,
            (Some(412 | 416), _) | (None, Error::Precondition { .. }) => Code::Changed,
            (Some(429 | 500..), _) => Code::Busy,
            (Some(_), _) => Code::Protocol,
            (None, _) => match self.transport {
                Some(HttpErrorKind::Connect) => Code::Unreachable,
                Some(HttpErrorKind::Timeout) => Code::Timeout,
                Some(_) => Code::BrokenOff,
                None => Code::Protocol,
            },
        }
    }

    /// ` (AccessDenied: Access Denied.)`
    fn words(&self) -> String {
        let words = match (&self.service_code, &self.service_message, self.status) {
            (Some(code), Some(message), _) => format!("{code}: {message}"),
            (Some(code), None, _) => code.clone(),
            (None, _, Some(status)) => format!("status {status}"),
            (None, _, None) => self.last.clone(),
        };
        match words.is_empty() {
            true => words,
            false => format!(" ({})", words.chars().take(WORDS_MAX).collect::<String>()),
        }
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    text.split_once(start)?.1.split(end).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(error: &Error, code: Code, message: &str) {
        let failure = Failure::of("`s3://lake/a.csv`", error);
        assert_eq!((failure.code, failure.message.as_str()), (code, message));
    }

    #[test]
    fn what_a_service_says_is_told_without_the_request_that_it_repeats() {
        let body = "Server returned non-2xx status code: 403 Forbidden: <Error><Code>SignatureDoesNotMatch</Code>\
                    <Message>They differ.</Message><StringToSign>host:lake\nx-amz-date:1</StringToSign></Error>";
        let failed = |body: &str| Error::Generic { store: "S3", source: body.into() };
        check(
            &failed(body),
            Code::Denied,
            "`s3://lake/a.csv`: access is denied (SignatureDoesNotMatch: They differ.)",
        );
        let body = "Server returned non-2xx status code: 404 Not Found: <Code>NoSuchBucket</Code>";
        check(&failed(body), Code::NoBucket, "`s3://lake/a.csv`: there is no such bucket (NoSuchBucket)");
    }

    #[test]
    fn a_service_that_is_overloaded_may_be_asked_again() {
        let body = "Server returned non-2xx status code: 503 Slow Down: ";
        let error = Error::Generic { store: "S3", source: body.into() };
        check(&error, Code::Busy, "`s3://lake/a.csv`: the service cannot do it now (status 503)");
        assert!(Code::Busy.passes() && !Code::Denied.passes() && !Code::Changed.passes());
    }
}
