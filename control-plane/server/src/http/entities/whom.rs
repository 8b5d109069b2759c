//! Whose profile is asked for: by an identity, or by our id of the profile.

use acquaint_core::id::ProfileId;
use acquaint_core::profile::Identity;

use crate::http::asked::Asked;
use crate::problem::Problem;

/// Whose profile is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Whom {
    /// That which has this identity.
    Identity(Identity),
    /// That of our id.
    Xid(ProfileId),
}

impl Whom {
    /// By the parameters of these names: an id and its namespace, or an XID alone.
    pub(crate) fn asked(asked: &Asked, id: &'static str, namespace: &'static str) -> Result<Self, Problem> {
        match (asked.get(namespace), asked.get(id).and_then(ProfileId::parse)) {
            (None, Some(xid)) => Ok(Self::Xid(xid)),
            (Some(_), _) | (None, None) => {
                let (namespace, id) = (asked.needed(namespace)?.to_owned(), asked.needed(id)?.to_owned());
                Ok(Self::Identity(Identity { namespace, id }))
            }
        }
    }

    /// 404
    pub(crate) fn not_found(&self) -> Problem {
        match self {
            Self::Identity(Identity { namespace, id }) => {
                Problem::not_found("profile with identity", &format!("{namespace}/{id}"))
            }
            Self::Xid(id) => Problem::not_found("profile", &id.to_string()),
        }
    }
}
