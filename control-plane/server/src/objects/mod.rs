//! Files in object storage: which objects are imported, one after another by name for each source, and what becomes of
//! them. An import notes the version of its object, so its rows are of one version or it fails.

pub(crate) mod looks;
mod parts;
mod pour;
pub(crate) mod turn;

use acquaint_activation::objects::{Bucket, Code, Failure, Location};
use acquaint_engine::ingest::objects::Object;

use crate::app::InForce;
use crate::rows::Form;

/// Objects of one folder that are imported at a time.
pub(crate) const OBJECTS_MAX: usize = 10_000;

/// Why nothing can be imported from a location.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// There is no such connection.
    #[error("there is no connection `{0}`")]
    NoConnection(String),
    /// The location cannot be read.
    #[error("{0}")]
    Location(String),
    /// It is a file of no kind that is known.
    #[error(transparent)]
    Form(#[from] crate::rows::Error),
    /// There are too many.
    #[error("there are more than {OBJECTS_MAX} objects in `{0}`: name a folder in it")]
    TooMany(String),
    /// The storage does not answer, or says no.
    #[error(transparent)]
    Storage(#[from] Failure),
}

/// What lies at a location now: the object of that key, or the files of that folder by name. Of a folder those whose name
/// is of no kind that is known are left out; programs leave notes there.
pub(crate) async fn choose(
    in_force: &InForce,
    connection: &str,
    location: &str,
) -> Result<Vec<Object>, Error> {
    let known = in_force.catalog.connections.get(connection);
    let known = known.ok_or_else(|| Error::NoConnection(connection.to_owned()))?;
    let Location { bucket: name, key } = Location::parse(location).map_err(Error::Location)?;
    let bucket = Bucket::open(known, &name)?;
    let object = |found: acquaint_activation::objects::Object| Object {
        connection: connection.to_owned(),
        bucket: name.clone(),
        key: found.key,
        etag: found.etag,
        bytes: found.bytes,
        trouble: None,
    };
    if !key.is_empty()
        && !key.ends_with('/')
        && let Some(found) = bucket.find(&key).await?
    {
        Form::of(&found.key)?;
        return Ok(vec![object(found)]);
    }
    let mut found = bucket.list(&key, OBJECTS_MAX).await?;
    if found.len() > OBJECTS_MAX {
        return Err(Error::TooMany(location.to_owned()));
    }
    found.retain(|found| Form::of(&found.key).is_ok());
    Ok(found.into_iter().map(object).collect())
}

/// That nothing lies there.
pub(crate) fn nothing(location: &str) -> Failure {
    Failure {
        code: Code::NotFound,
        message: format!("`{location}`: there is neither an object nor a folder with files"),
    }
}
