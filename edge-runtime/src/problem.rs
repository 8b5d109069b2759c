//! What is wrong with a request, in the codes of the Edge Network (`edge-api.md` section 3).

use serde_json::{Value, json};

use crate::limits;

/// Why a request is not answered with decisions.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// No such path.
    #[error("there is nothing at `{0}`")]
    NotFound(String),
    /// The path exists, for another method.
    #[error("only {allowed} is allowed here")]
    Method {
        /// The methods that are.
        allowed: &'static str,
    },
    /// No `configId`.
    #[error("the datastream id is missing: add `configId` (v1) or `dataStreamId` (v2) to the query")]
    DatastreamMissing,
    /// Not in the bundle.
    #[error("the datastream id `{0}` does not exist")]
    DatastreamUnknown(String),
    /// Switched off.
    #[error("the datastream `{0}` is disabled")]
    DatastreamDisabled(String),
    /// Not JSON.
    #[error("the body is not JSON: {0}")]
    Json(String),
    /// JSON of another shape.
    #[error("{0}")]
    Field(String),
    /// Something that is needed is missing.
    #[error("{0}")]
    Missing(String),
    /// The right shape, and a value that cannot be.
    #[error("{detail}")]
    Invalid {
        /// Which field.
        field: String,
        /// What is wrong with it.
        detail: String,
    },
    /// No body.
    #[error("the body is empty")]
    Empty,
    /// A content type that cannot be read.
    #[error("`{0}` is not supported; send application/json or text/plain")]
    MediaType(String),
    /// Too long.
    #[error("{found} bytes are more than the {max} allowed")]
    TooLarge {
        /// How many there are.
        found: usize,
        /// How many may be.
        max: usize,
    },
    /// Configuration overrides of another shape.
    #[error("{0}")]
    Override(String),
    /// An identity that cannot be one.
    #[error("{0}")]
    Identity(String),
    /// Whose events are these?
    #[error("no identity is marked as primary: add `\"primary\": true` to one item of `identityMap`")]
    NoPrimary,
    /// An identity of a wrong format.
    #[error("{0}")]
    IdentityFormat(String),
    /// A credential that is not ours.
    #[error("the credentials are not accepted")]
    Unauthorized,
    /// A page of another origin than the datastream allows.
    #[error("pages of `{0}` may not call this datastream")]
    Origin(String),
    /// A caller of another organisation.
    #[error("the datastream is not of the organisation in `x-gw-ims-org-id`")]
    Organisation,
    /// Nobody of this identity was seen here lately.
    #[error("this edge has no profile of that identity")]
    NoProfile,
    /// More visitors than usual have come for the first time.
    #[error("too many new visitors at once")]
    TooManyVisitors,
    /// One caller asks too often.
    #[error("too many requests for one profile")]
    TooManyRequests,
    /// The control plane has been away for so long that no further event of this profile fits.
    #[error("events of this profile wait for the control plane and no more fit")]
    OutboxFull,
    /// A part of the edge did not answer. Nothing was promised, so the client may repeat the request.
    #[error("the profile could not be reached")]
    Unavailable,
    /// Nothing was published yet.
    #[error("no bundle was published to this edge yet")]
    NoBundle,
    /// A fault of ours. What it was is in the log, not in the answer.
    #[error("the request could not be processed")]
    Internal,
}

/// How a problem is told.
struct Kind {
    code: &'static str,
    status: u16,
    title: &'static str,
}

impl Problem {
    fn kind(&self) -> Kind {
        let (code, status, title) = match self {
            Self::NotFound(_) => ("EXEG-0000-404", 404, "Not found"),
            Self::Method { .. } => ("EXEG-0000-405", 405, "Method not allowed"),
            Self::DatastreamMissing => ("EXEG-0002-400", 400, "Missing datastream ID"),
            Self::DatastreamUnknown(_) => ("EXEG-0003-400", 400, "Invalid datastream ID"),
            Self::DatastreamDisabled(_) => ("EXEG-0004-422", 422, "Datastream disabled"),
            Self::Json(_) => ("EXEG-0101-400", 400, "Invalid JSON"),
            Self::Field(_) => ("EXEG-0102-400", 400, "Invalid request field"),
            Self::Missing(_) => ("EXEG-0103-400", 400, "Missing request field"),
            Self::Invalid { .. } => ("EXEG-0104-422", 422, "Input validation failed"),
            Self::Empty => ("EXEG-0109-408", 408, "Empty request body"),
            Self::MediaType(_) => ("EXEG-0111-415", 415, "Unsupported media type"),
            Self::TooLarge { .. } => ("EXEG-0112-413", 413, "Request too large"),
            Self::Override(_) => ("EXEG-0113-400", 400, "Invalid configuration override"),
            Self::Identity(_) => ("EXEG-0305-400", 400, "Invalid identity"),
            Self::NoPrimary => ("EXEG-0306-400", 400, "No primary identity"),
            Self::IdentityFormat(_) => ("EXEG-0308-400", 400, "Invalid identity format"),
            Self::Unauthorized => ("EXEG-0500-401", 401, "Unable to authorize request"),
            Self::Origin(_) => ("EXEG-0400-403", 403, "Origin not allowed"),
            Self::Organisation => ("EXEG-0504-401", 401, "Required product context is missing"),
            Self::NoProfile => ("EXEG-0000-404", 404, "No edge profile"),
            Self::TooManyRequests | Self::TooManyVisitors => ("EXEG-0000-429", 429, "Too many requests"),
            Self::OutboxFull | Self::Unavailable => ("EXEG-0201-503", 503, "Upstream unavailable"),
            Self::NoBundle => ("EXEG-0000-503", 503, "Service unavailable"),
            Self::Internal => ("EXEG-0001-500", 500, "Internal error"),
        };
        Kind { code, status, title }
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.kind().status
    }

    /// Whether the client is asked to come again, and in how many seconds.
    pub fn retry_after_seconds(&self) -> Option<u32> {
        matches!(self.status(), 429 | 503).then_some(limits::RETRY_AFTER_SECONDS)
    }

    /// The document.
    pub fn to_json(&self, request_id: &str, datastream: Option<&str>) -> Value {
        let kind = self.kind();
        let mut report = json!({ "requestId": request_id });
        if let (Some(report), Some(datastream)) = (report.as_object_mut(), datastream) {
            report.insert("configId".into(), datastream.chars().take(100).collect::<String>().into());
        }
        if let (Self::Invalid { field, detail }, Some(report)) = (self, report.as_object_mut()) {
            report.insert("errors".into(), json!([format!("{field}: {detail}")]));
        }
        json!({
            "type": format!("https://ns.adobe.com/aep/errors/{}", kind.code),
            "status": kind.status,
            "title": kind.title,
            "detail": self.to_string(),
            "report": report,
        })
    }
}

/// Something the caller should know of an answer that was given all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// Nothing was stored, for want of consent.
    NoConsent,
    /// Ids were asked for that are not given.
    Namespaces(Vec<String>),
    /// Part of the request had no effect.
    NotApplied(String),
}

impl Warning {
    /// The item of `warnings`.
    pub fn to_json(&self) -> Value {
        match self {
            Self::NoConsent => json!({
                "type": "https://ns.adobe.com/aep/errors/EXEG-0301-200",
                "status": 200,
                "title": "User consent missing",
                "detail": "This request was ignored due to lack of user consent.",
            }),
            Self::Namespaces(names) => json!({
                "type": "https://ns.adobe.com/aep/errors/EXEG-0303-200",
                "status": 200,
                "title": "Identity namespaces not allowed",
                "detail": format!("Ids of these namespaces are not given: {}.", names.join(", ")),
            }),
            Self::NotApplied(what) => json!({
                "type": "https://ns.adobe.com/aep/errors/EXEG-0204-200",
                "status": 200,
                "title": "Part of the request had no effect",
                "detail": what,
            }),
        }
    }
}
