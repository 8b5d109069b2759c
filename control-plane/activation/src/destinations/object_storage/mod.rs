//! The object storage destination: the CSV files of [`super::csv_file`], each as one object, which is there whole or not.

use std::io;
use std::sync::Arc;

use acquaint_store::catalog::{FieldMapping, ObjectStorage};
use tokio::runtime::Handle;

use super::csv_file::{name, write};
use super::{Files, Row};
use crate::objects::{Bucket, Location};

/// Makes the destination from its definition and that of its connection.
pub(crate) fn build(storage: Option<&ObjectStorage>, location: &str) -> Result<Arc<dyn Files>, String> {
    let storage = storage.ok_or("its connection does not exist")?;
    let Location { bucket, key } = Location::parse(location)?;
    let open = Bucket::open(storage, &bucket).map_err(|failure| failure.message)?;
    Ok(Arc::new(Objects { bucket: open, name: bucket, folder: key.trim_end_matches('/').to_owned() }))
}

/// A folder of a bucket.
#[derive(Debug)]
struct Objects {
    bucket: Bucket,
    name: String,
    folder: String,
}

impl Files for Objects {
    fn name(&self, destination: &str, audience: &str, started_ms: i64, part: usize) -> String {
        name::name(destination, audience, started_ms, part)
    }

    fn write(&self, name: &str, mapping: &[FieldMapping], rows: &[Row]) -> io::Result<String> {
        let key = match self.folder.as_str() {
            "" => name.to_owned(),
            folder => format!("{folder}/{name}"),
        };
        let table = write::table(Vec::new(), mapping, rows)?;
        // Whoever writes files may block; storage is reached through the network, which needs the runtime.
        let runtime = Handle::try_current().map_err(io::Error::other)?;
        runtime.block_on(self.bucket.write(&key, table)).map_err(io::Error::other)?;
        Ok(format!("s3://{}/{key}", self.name))
    }
}
