//! Configuration files: YAML (several documents in one file) and JSON, with the place of every field kept, so that an
//! error can name the file, the line and the field.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use saphyr::{LoadableYamlNode, MarkedYaml, Marker, Scalar, YamlData};
use serde_json::{Map, Value};

/// Nesting of one document.
const DEPTH_MAX: usize = 32;

/// One document of a file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Document {
    /// Where it came from.
    pub file: PathBuf,
    /// What it says.
    pub value: Value,
    /// Where each field stands, by JSON pointer; the document itself is at the empty pointer.
    pub places: BTreeMap<String, Place>,
}

/// Where something stands in a file: line and column count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
    /// The last line of it.
    pub end_line: usize,
}

/// Why a file is no list of documents.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// It cannot be read.
    #[error("cannot read `{}`", .path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// It is not YAML, or uses a part of YAML that JSON has no word for.
    #[error("{}:{line}:{column}: {message}", .path.display())]
    Syntax {
        /// Which.
        path: PathBuf,
        /// Where.
        line: usize,
        /// Where.
        column: usize,
        /// What.
        message: String,
    },
    /// There is nothing to apply.
    #[error("`{}` holds no .yaml, .yml or .json file", .path.display())]
    Empty {
        /// Which.
        path: PathBuf,
    },
}

/// Reads a file, or all `.yaml`, `.yml` and `.json` files of a folder and its folders, in the order of their names.
pub(crate) fn read(path: &Path) -> Result<Vec<Document>, Error> {
    let mut files = Vec::new();
    if path.is_dir() {
        collect(path, &mut files)?;
        if files.is_empty() {
            return Err(Error::Empty { path: path.to_owned() });
        }
    } else {
        files.push(path.to_owned());
    }
    let mut documents = Vec::new();
    for file in files {
        let text =
            std::fs::read_to_string(&file).map_err(|source| Error::Read { path: file.clone(), source })?;
        documents.extend(parse(&file, &text)?);
    }
    Ok(documents)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Error> {
    let failed = |source| Error::Read { path: folder.to_owned(), source };
    let mut entries: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        entries.push(entry.map_err(failed)?.path());
    }
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            collect(&entry, files)?;
        } else if entry
            .extension()
            .is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known))
        {
            files.push(entry);
        }
    }
    Ok(())
}

/// Parses one file's text. Empty documents are skipped; a top-level list is a list of documents.
pub(crate) fn parse(file: &Path, text: &str) -> Result<Vec<Document>, Error> {
    let nodes = MarkedYaml::load_from_str(text).map_err(|error| Error::Syntax {
        path: file.to_owned(),
        line: error.marker().line(),
        column: error.marker().col().saturating_add(1),
        message: error.info().to_owned(),
    })?;
    let mut documents = Vec::new();
    for node in &nodes {
        match &node.data {
            YamlData::Value(Scalar::Null) => {}
            YamlData::Sequence(items) => {
                for item in items {
                    documents.push(document(file, item)?);
                }
            }
            YamlData::Representation(..)
            | YamlData::Value(_)
            | YamlData::Mapping(_)
            | YamlData::Tagged(..)
            | YamlData::Alias(_)
            | YamlData::BadValue => documents.push(document(file, node)?),
        }
    }
    Ok(documents)
}

fn document(file: &Path, node: &MarkedYaml<'_>) -> Result<Document, Error> {
    let mut reader = Reader { file, places: BTreeMap::new() };
    let value = reader.value(node, "", 0)?;
    Ok(Document { file: file.to_owned(), value, places: reader.places })
}

struct Reader<'a> {
    file: &'a Path,
    places: BTreeMap<String, Place>,
}

impl Reader<'_> {
    fn value(&mut self, node: &MarkedYaml<'_>, pointer: &str, depth: usize) -> Result<Value, Error> {
        self.places.insert(pointer.to_owned(), place(node));
        if depth > DEPTH_MAX {
            return Err(self.syntax(node, format!("nested deeper than the {DEPTH_MAX} levels allowed")));
        }
        match &node.data {
            YamlData::Value(scalar) => self.scalar(node, scalar),
            YamlData::Sequence(items) => {
                let mut list = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    list.push(self.value(item, &format!("{pointer}/{index}"), depth.saturating_add(1))?);
                }
                Ok(Value::Array(list))
            }
            YamlData::Mapping(entries) => {
                let mut object = Map::new();
                for (key, item) in entries {
                    let name = self.key(key)?;
                    let below = format!("{pointer}/{}", escape(&name));
                    let value = self.value(item, &below, depth.saturating_add(1))?;
                    // An error about a field is best shown at its name; its value ends it.
                    self.places.insert(below, Place { end_line: place(item).end_line, ..place(key) });
                    object.insert(name, value);
                }
                Ok(Value::Object(object))
            }
            YamlData::Tagged(..) => Err(self.syntax(node, "tags are not supported here".into())),
            YamlData::Alias(_) | YamlData::Representation(..) | YamlData::BadValue => {
                Err(self.syntax(node, "this value cannot be read".into()))
            }
        }
    }

    fn scalar(&self, node: &MarkedYaml<'_>, scalar: &Scalar<'_>) -> Result<Value, Error> {
        match scalar {
            Scalar::Null => Ok(Value::Null),
            Scalar::Boolean(value) => Ok(Value::Bool(*value)),
            Scalar::Integer(value) => Ok(Value::from(*value)),
            Scalar::FloatingPoint(value) => serde_json::Number::from_f64(value.into_inner())
                .map(Value::Number)
                .ok_or_else(|| self.syntax(node, "only finite numbers are supported".into())),
            Scalar::String(text) => Ok(Value::String(text.clone().into_owned())),
        }
    }

    fn key(&self, key: &MarkedYaml<'_>) -> Result<String, Error> {
        match &key.data {
            YamlData::Value(Scalar::String(name)) => Ok(name.clone().into_owned()),
            YamlData::Value(Scalar::Integer(number)) => Ok(number.to_string()),
            YamlData::Value(Scalar::Boolean(value)) => Ok(value.to_string()),
            YamlData::Value(Scalar::Null | Scalar::FloatingPoint(_))
            | YamlData::Representation(..)
            | YamlData::Sequence(_)
            | YamlData::Mapping(_)
            | YamlData::Tagged(..)
            | YamlData::Alias(_)
            | YamlData::BadValue => Err(self.syntax(key, "a field's name must be text".into())),
        }
    }

    fn syntax(&self, node: &MarkedYaml<'_>, message: String) -> Error {
        let at = place(node);
        Error::Syntax { path: self.file.to_owned(), line: at.line, column: at.column, message }
    }
}

fn place(node: &MarkedYaml<'_>) -> Place {
    let line = |marker: Marker| marker.line();
    Place {
        line: line(node.span.start),
        column: node.span.start.col().saturating_add(1),
        end_line: line(node.span.end),
    }
}

/// A name as a part of a JSON pointer (RFC 6901).
pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

impl Document {
    /// The place of a field, or of the nearest thing around it that is there.
    pub(crate) fn place_of(&self, pointer: &str) -> Place {
        let mut pointer = pointer;
        loop {
            if let Some(place) = self.places.get(pointer) {
                return *place;
            }
            match pointer.rsplit_once('/') {
                Some((parent, _)) => pointer = parent,
                None => return Place { line: 1, column: 1, end_line: 1 },
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(text: &str) -> Result<Vec<Document>, String> {
        parse(Path::new("a.yaml"), text).map_err(|error| error.to_string())
    }

    #[test]
    fn several_documents_keep_the_lines_of_their_fields() {
        let documents =
            check("kind: namespace\nid: email\n---\nkind: audience\nexpression:\n  value: |\n    a = 1\n")
                .unwrap();
        assert_eq!(documents[0].value, json!({"kind": "namespace", "id": "email"}));
        assert_eq!(documents[1].value, json!({"kind": "audience", "expression": {"value": "a = 1\n"}}));
        assert_eq!(documents[0].place_of("/id").line, 2);
        assert_eq!((documents[1].place_of("").line, documents[1].place_of("/expression/value").line), (4, 6));
        assert_eq!(documents[1].place_of("/expression/value").column, 3);
    }

    #[test]
    fn json_is_read_by_the_same_parser() {
        let documents =
            check("[{\"kind\": \"offer\",\n \"data\": {\"n\": 1.5, \"b\": true, \"z\": null}}]").unwrap();
        assert_eq!(documents[0].value, json!({"kind": "offer", "data": {"n": 1.5, "b": true, "z": null}}));
        assert_eq!(documents[0].place_of("/data/missing").line, 2);
    }

    #[test]
    fn a_field_that_is_not_there_is_shown_where_it_would_be() {
        let documents = check("kind: audience\nexpression:\n  type: PQL\n").unwrap();
        assert_eq!(documents[0].place_of("/expression/value").line, 2);
    }

    #[test]
    fn broken_yaml_names_file_line_and_column() {
        let message = check("kind: audience\nid: [a, b\n").unwrap_err();
        assert!(message.starts_with("a.yaml:"), "{message}");
        let message = check("id: a\nid: b\n").unwrap_err();
        assert!(message.contains("a.yaml:2"), "{message}");
        let message = check("id: !secret a\n").unwrap_err();
        assert!(message.contains("a.yaml:1"), "{message}");
    }
}
