//! Rows of files: CSV, JSON (an array or one object a line) and Parquet, each read a row at a time into JSON objects. Text
//! may be gzipped.

mod bounded;
mod csv;
mod json;
mod parquet;

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use serde_json::{Map, Value};

/// One row: columns by name. Empty cells are absent.
pub(crate) type Row = Map<String, Value>;

/// What stands at the place of a row.
pub(crate) struct Found {
    /// On which line of the file it begins, from 1, if the file has lines.
    pub(crate) line: Option<u64>,
    /// The row.
    pub(crate) row: Result<Row, Unreadable>,
}

/// Something that is no row. It does not hold up the rows behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    /// Why.
    pub(crate) reason: String,
    /// What is there.
    pub(crate) text: String,
}

/// Rows, in the order of the file. Nothing can be read behind an error.
pub(crate) type Rows = Box<dyn Iterator<Item = Result<Found, Error>>>;

/// Why a file's rows cannot be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The file cannot be read.
    #[error("cannot read `{}`", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The name does not say what it is.
    #[error(
        "`{name}` is not a .csv, .json, .ndjson or .jsonl file, perhaps with .gz behind it, nor a .parquet file"
    )]
    Extension {
        /// Which.
        name: String,
    },
    /// The file is damaged.
    #[error("{0}")]
    Damaged(String),
}

/// What a file is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// It is read from its beginning to its end.
    Text {
        /// How a row looks.
        of: Text,
        /// Whether it is gzipped.
        packed: bool,
    },
    /// It is read here and there.
    Parquet,
}

/// How a row of a text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Text {
    Csv,
    /// An array, or objects one after another.
    Json,
    /// An object a line.
    Lines,
}

impl Form {
    /// What a file of that name is.
    pub(crate) fn of(name: &str) -> Result<Self, Error> {
        let lower = name.to_ascii_lowercase();
        let (base, packed) = lower.strip_suffix(".gz").map_or((lower.as_str(), false), |base| (base, true));
        let of = match base.rsplit_once('.').map(|(_, extension)| extension) {
            Some("csv") => Text::Csv,
            Some("json") => Text::Json,
            Some("ndjson" | "jsonl") => Text::Lines,
            Some("parquet") if !packed => return Ok(Self::Parquet),
            Some(_) | None => return Err(Error::Extension { name: name.to_owned() }),
        };
        Ok(Self::Text { of, packed })
    }
}

/// Opens a file, which is what its name says.
pub(crate) fn open(path: &Path) -> Result<Rows, Error> {
    let form = Form::of(&path.display().to_string())?;
    let file = File::open(path).map_err(|source| Error::Read { path: path.to_owned(), source })?;
    match form {
        Form::Text { of, packed } => plain(of, unpacked(packed, file)),
        Form::Parquet => parquet(file),
    }
}

/// The rows of a text from outside, none of which may be larger than [`bounded::ROW_BYTES_MAX`].
pub(crate) fn text(of: Text, packed: bool, input: impl Read + 'static) -> Result<Rows, Error> {
    bounded::rows(unpacked(packed, input), |input| plain(of, input))
}

fn unpacked(packed: bool, input: impl Read + 'static) -> Box<dyn BufRead> {
    let input = BufReader::new(input);
    match packed {
        true => Box::new(BufReader::new(MultiGzDecoder::new(input))),
        false => Box::new(input),
    }
}

fn plain(of: Text, input: impl BufRead + 'static) -> Result<Rows, Error> {
    match of {
        Text::Csv => csv::rows(input),
        Text::Json => json::rows(input),
        Text::Lines => json::lines(input),
    }
}

/// The rows of a Parquet file.
pub(crate) fn parquet(file: File) -> Result<Rows, Error> {
    parquet::rows(file)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn packed(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    }

    fn read(of: Text, bytes: Vec<u8>) -> Result<Vec<String>, String> {
        let rows = text(of, true, std::io::Cursor::new(bytes)).map_err(|error| error.to_string())?;
        rows.map(|found| match found.map_err(|error| error.to_string())?.row {
            Ok(row) => Ok(Value::Object(row).to_string()),
            Err(Unreadable { reason, .. }) => Err(reason),
        })
        .collect()
    }

    #[test]
    fn a_name_says_what_a_file_is() {
        let check = |name: &str, expected: Option<Form>| assert_eq!(Form::of(name).ok(), expected, "{name}");
        let text = |of, packed| Some(Form::Text { of, packed });
        check("a/b.CSV", text(Text::Csv, false));
        check("b.csv.gz", text(Text::Csv, true));
        check("b.json.gz", text(Text::Json, true));
        check("b.ndjson", text(Text::Lines, false));
        check("b.jsonl.GZ", text(Text::Lines, true));
        check("b.parquet", Some(Form::Parquet));
        for name in ["b.parquet.gz", "b.gz", "csv", "b.txt", "_SUCCESS"] {
            check(name, None);
        }
    }

    #[test]
    fn packed_text_is_read_through_all_of_its_members() {
        let two = [packed("{\"a\":1}\n"), packed("{\"a\":2}\n")].concat();
        assert_eq!(read(Text::Lines, two), Ok(vec!["{\"a\":1}".into(), "{\"a\":2}".into()]));
    }

    #[test]
    fn packed_text_that_breaks_off_is_damaged() {
        let mut bytes = packed("a\n1\n");
        bytes.truncate(bytes.len() - 9);
        assert!(read(Text::Csv, bytes).is_err());
    }
}
