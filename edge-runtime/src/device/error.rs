//! Why a question is not answered on the device.

use acquaint_core::wire;

/// Why, with the code by which a page tells one from another.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bundle is not one, or damaged.
    #[error("the bundle cannot be read: {0}")]
    Bundle(wire::Error),
    /// The bundle is of another format: the package is older or newer than what published it.
    #[error("the bundle is of another version of this package: {0}")]
    BundleVersion(wire::Error),
    /// What the page has kept cannot be read. Asking without it begins anew.
    #[error("the kept profile cannot be read: {0}")]
    Profile(wire::Error),
    /// What the page has kept is about somebody else.
    #[error("the kept profile is that of another identity")]
    ProfileOfAnother,
    /// The question is not one, or exceeds a bound.
    #[error("{0}")]
    Question(String),
    /// The bundle has no such datastream, or it is disabled.
    #[error("{0}")]
    Datastream(String),
    /// The bundle has no such audience.
    #[error("the bundle does not decide an audience `{0}`")]
    AudienceUnknown(String),
    /// The events are too large to be kept.
    #[error("the events are too large to be kept")]
    Full,
}

impl Error {
    /// The `code` of the JavaScript error.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bundle(_) => "bundle-unreadable",
            Self::BundleVersion(_) => "bundle-version",
            Self::Profile(_) => "profile-unreadable",
            Self::ProfileOfAnother => "profile-of-another",
            Self::Question(_) => "question-invalid",
            Self::Datastream(_) => "datastream-unknown",
            Self::AudienceUnknown(_) => "audience-unknown",
            Self::Full => "events-too-large",
        }
    }

    /// Of a bundle that does not open.
    pub fn of_bundle(error: wire::Error) -> Self {
        match error {
            wire::Error::Version { .. } => Self::BundleVersion(error),
            wire::Error::Truncated { .. }
            | wire::Error::Kind { .. }
            | wire::Error::TooLong { .. }
            | wire::Error::Checksum
            | wire::Error::Packing
            | wire::Error::Content => Self::Bundle(error),
        }
    }
}
