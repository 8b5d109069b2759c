//! The CSV file destination: files in a folder of the data directory (`pql.md` section 6, batch files).

mod config;
pub(crate) mod name;
#[cfg(test)]
mod tests;
pub(crate) mod write;

use std::path::Path;
use std::sync::Arc;

use super::Files;

/// Makes the destination from its definition.
pub(crate) fn build(data_directory: &Path, directory: &Path) -> Result<Arc<dyn Files>, String> {
    let directory = config::inside(directory)?;
    Ok(Arc::new(write::CsvFile::new(data_directory.to_owned(), directory)))
}
