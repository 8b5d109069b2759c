//! Writing a file: under another name first, flushed to disk, then renamed, so that nobody ever sees half of it.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use acquaint_store::catalog::FieldMapping;

use super::name;
use crate::destinations::{Files, Row};

/// A folder of CSV files.
#[derive(Debug)]
pub(crate) struct CsvFile {
    data_directory: PathBuf,
    directory: PathBuf,
}

impl CsvFile {
    pub(crate) fn new(data_directory: PathBuf, directory: PathBuf) -> Self {
        Self { data_directory, directory }
    }
}

impl Files for CsvFile {
    fn name(&self, destination: &str, audience: &str, started_ms: i64, part: usize) -> String {
        name::name(destination, audience, started_ms, part)
    }

    fn write(&self, name: &str, mapping: &[FieldMapping], rows: &[Row]) -> io::Result<String> {
        let folder = self.data_directory.join(&self.directory);
        fs::create_dir_all(&folder)?;
        let place = folder.join(name);
        let draft = folder.join(format!(".{name}.part"));
        let file = File::create(&draft)?;
        table(BufWriter::new(&file), mapping, rows)?;
        file.sync_all()?;
        fs::rename(&draft, &place)?;
        // The name itself must be on disk before anybody is told that the file is there.
        File::open(&folder)?.sync_all()?;
        Ok(self.directory.join(name).display().to_string())
    }
}

/// A header and rows; what they are written to, with nothing left to flush.
pub(crate) fn table<W: Write>(into: W, mapping: &[FieldMapping], rows: &[Row]) -> io::Result<W> {
    let mut writer = csv::Writer::from_writer(into);
    writer.write_record(mapping.iter().map(|field| field.to.as_str()))?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| cell.as_deref().unwrap_or_default()))?;
    }
    let mut inner = writer.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
    inner.flush()?;
    Ok(inner)
}
