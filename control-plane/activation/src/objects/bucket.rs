//! One bucket: what is in it, and bytes of an object as long as it is the version that was chosen.

use std::time::Duration;

use acquaint_store::catalog::ObjectStorage;
use futures_util::TryStreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{BackoffConfig, GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt, RetryConfig};
use reqwest::Url;

use super::connector::Connector;
use super::{Code, Failure};
use crate::destinations::from_environment;
use crate::destinations::http_api::address::names_private;

/// A request is made again so often, soon, before anybody hears of a failure.
const AGAIN_MAX: usize = 2;
/// And for so long.
const AGAIN_WITHIN: Duration = Duration::from_secs(60);

/// A version of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Its key.
    pub key: String,
    /// What tells this version from others, as the service says it, without quotation marks.
    pub etag: String,
    /// Its length in bytes.
    pub bytes: u64,
}

/// A bucket.
#[derive(Debug)]
pub struct Bucket {
    name: String,
    store: AmazonS3,
}

impl Bucket {
    /// Gets ready to ask; nothing is asked yet.
    ///
    /// # Errors
    ///
    /// [`Code::Configuration`] if the connection cannot be used as it is defined.
    pub fn open(connection: &ObjectStorage, bucket: &str) -> Result<Self, Failure> {
        let unusable = |reason: String| {
            Failure::new(Code::Configuration, format!("connection `{}`: {reason}", connection.id))
        };
        let store = build(connection, bucket).map_err(unusable)?;
        Ok(Self { name: bucket.to_owned(), store })
    }

    /// One object, if it is there.
    ///
    /// # Errors
    ///
    /// Whatever the service says, but [`Code::NotFound`].
    pub async fn find(&self, key: &str) -> Result<Option<Object>, Failure> {
        let path = self.path(key)?;
        match self.store.head(&path).await {
            Ok(found) => self.object(found).map(Some),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.failed(key, &error)),
        }
    }

    /// The objects of a folder and of the folders in it, by name; of the first `max` and one more, so that who asks sees
    /// that there are too many.
    ///
    /// # Errors
    ///
    /// Whatever the service says.
    pub async fn list(&self, folder: &str, max: usize) -> Result<Vec<Object>, Failure> {
        let folder = folder.trim_end_matches('/');
        let path = self.path(folder)?;
        let mut listed = self.store.list((!folder.is_empty()).then_some(&path));
        let mut objects = Vec::new();
        while let Some(found) = listed.try_next().await.map_err(|error| self.failed(folder, &error))? {
            objects.push(self.object(found)?);
            if objects.len() > max {
                break;
            }
        }
        objects.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(objects)
    }

    /// Up to `bytes` bytes of an object from an offset, which lies before its end.
    ///
    /// # Errors
    ///
    /// [`Code::Changed`] if the object is another by now; whatever else the service says.
    pub async fn read(&self, object: &Object, from: u64, bytes: u64) -> Result<Vec<u8>, Failure> {
        let to = from.saturating_add(bytes).min(object.bytes);
        let options = GetOptions {
            if_match: Some(quoted(&object.etag)),
            range: Some((from..to).into()),
            ..GetOptions::default()
        };
        let failed = |error| self.failed(&object.key, &error);
        let answer = self.store.get_opts(&self.path(&object.key)?, options).await.map_err(failed)?;
        // A service may not know the condition.
        if answer.meta.size != object.bytes
            || answer.meta.e_tag.as_deref().map(bare) != Some(object.etag.as_str())
        {
            return Err(self.told(&object.key, Code::Changed, "it is another than when the import began"));
        }
        let read = answer.bytes().await.map_err(failed)?;
        match u64::try_from(read.len()).is_ok_and(|length| length == to.saturating_sub(from)) {
            true => Ok(read.into()),
            false => Err(self.told(&object.key, Code::BrokenOff, "the answer broke off")),
        }
    }

    /// Puts an object in place at once, whole, in the place of one of the same key.
    ///
    /// # Errors
    ///
    /// Whatever the service says.
    pub async fn write(&self, key: &str, bytes: Vec<u8>) -> Result<(), Failure> {
        let put = self.store.put(&self.path(key)?, bytes.into()).await;
        put.map(drop).map_err(|error| self.failed(key, &error))
    }

    fn object(&self, found: ObjectMeta) -> Result<Object, Failure> {
        let key: String = found.location.into();
        match found.e_tag {
            Some(etag) => Ok(Object { key, etag: bare(&etag).to_owned(), bytes: found.size }),
            None => Err(self.told(&key, Code::Protocol, "the service gives it no ETag to tell versions by")),
        }
    }

    fn path(&self, key: &str) -> Result<Path, Failure> {
        Path::parse(key).map_err(|error| self.told(key, Code::NotFound, &error.to_string()))
    }

    fn failed(&self, key: &str, error: &object_store::Error) -> Failure {
        Failure::of(format_args!("`s3://{}/{key}`", self.name), error)
    }

    fn told(&self, key: &str, code: Code, what: &str) -> Failure {
        Failure::new(code, format!("`s3://{}/{key}`: {what}", self.name))
    }
}

fn build(connection: &ObjectStorage, bucket: &str) -> Result<AmazonS3, String> {
    let endpoint = connection.endpoint.as_deref().map(from_environment).transpose()?;
    let url = endpoint.as_deref().map(Url::parse).transpose();
    let url = url.map_err(|error| format!("`endpoint` is no address: {error}"))?;
    let plain = match url.as_ref().map(|url| (url.scheme(), connection.allow_private_network)) {
        None | Some(("https", _)) => false,
        Some(("http", true)) => true,
        Some(_) => return Err("`endpoint` must be https (http only with `allowPrivateNetwork`)".into()),
    };
    if !connection.allow_private_network && url.as_ref().is_some_and(names_private) {
        return Err("`endpoint` is a private address (allowed only with `allowPrivateNetwork`)".into());
    }
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(&connection.region)
        .with_allow_http(plain)
        .with_virtual_hosted_style_request(!connection.path_style.unwrap_or(endpoint.is_some()))
        .with_retry(RetryConfig {
            backoff: BackoffConfig::default(),
            max_retries: AGAIN_MAX,
            retry_timeout: AGAIN_WITHIN,
        })
        .with_http_connector(Connector { allow_private_network: connection.allow_private_network, plain });
    if let Some(endpoint) = endpoint {
        builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
    }
    builder = match (&connection.access_key_id, &connection.secret_access_key) {
        (Some(id), Some(secret)) => builder
            .with_access_key_id(from_environment(id)?)
            .with_secret_access_key(from_environment(secret)?),
        (None, None) => builder.with_skip_signature(true),
        _ => return Err("`accessKeyId` and `secretAccessKey` belong together".into()),
    };
    if let Some(token) = &connection.session_token {
        builder = builder.with_token(from_environment(token)?);
    }
    builder.build().map_err(|error| error.to_string())
}

/// An ETag without its quotation marks, which some services leave out in lists. A weak one is kept as it is.
fn bare(etag: &str) -> &str {
    etag.strip_prefix('"').and_then(|etag| etag.strip_suffix('"')).unwrap_or(etag)
}

fn quoted(etag: &str) -> String {
    if etag.contains('"') { etag.to_owned() } else { format!("\"{etag}\"") }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn check(definition: Value, expected: Option<&str>) {
        let opened = Bucket::open(&serde_json::from_value(definition).unwrap(), "lake");
        assert_eq!(opened.err().map(|failure| failure.message).as_deref(), expected);
    }

    #[test]
    fn a_connection_that_reaches_into_the_private_network_has_to_say_so() {
        let endpoint = |url: &str| json!({"id": "c", "type": "s3", "endpoint": url});
        check(endpoint("https://storage.example.com"), None);
        check(
            endpoint("https://127.0.0.1:9000"),
            Some("connection `c`: `endpoint` is a private address (allowed only with `allowPrivateNetwork`)"),
        );
        check(
            endpoint("http://storage.example.com"),
            Some("connection `c`: `endpoint` must be https (http only with `allowPrivateNetwork`)"),
        );
        let private =
            json!({"id": "c", "type": "s3", "endpoint": "http://127.0.0.1:1", "allowPrivateNetwork": true});
        check(private, None);
    }

    #[test]
    fn half_of_the_credentials_is_refused() {
        check(
            json!({"id": "c", "type": "s3", "accessKeyId": "a"}),
            Some("connection `c`: `accessKeyId` and `secretAccessKey` belong together"),
        );
        check(
            json!({"id": "c", "type": "s3", "accessKeyId": "a", "secretAccessKey": "env:NOT_SET_ANYWHERE"}),
            Some("connection `c`: environment variable `NOT_SET_ANYWHERE` is not set"),
        );
    }

    #[test]
    fn the_same_version_is_told_with_and_without_quotation_marks() {
        assert_eq!((bare("\"a\""), bare("a"), bare("W/\"a\"")), ("a", "a", "W/\"a\""));
        assert_eq!((quoted("a").as_str(), quoted("W/\"a\"").as_str()), ("\"a\"", "W/\"a\""));
    }
}
