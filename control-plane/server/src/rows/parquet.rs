//! Parquet, through the crate's row interface: structs become objects, lists arrays, maps objects, instants ISO text,
//! days `YYYY-MM-DD`.

use std::fs::File;

use chrono::{DateTime, Days, NaiveDate};
use parquet::basic::{LogicalType, TimeUnit};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row as ParquetRow};
use parquet::schema::types::Type;
use serde_json::{Map, Value};

use super::{Error, Found, Rows};
use acquaint_core::time::format_instant;

pub(super) fn rows(file: File) -> Result<Rows, Error> {
    let reader = SerializedFileReader::new(file).map_err(|error| Error::Damaged(error.to_string()))?;
    let schema = reader.metadata().file_metadata().schema().clone();
    let rows = reader.into_iter().zip(1_u64..).map(move |(read, row)| {
        let read = read.map_err(|error| Error::Damaged(format!("row {row}: {error}")))?;
        Ok(Found { line: None, row: Ok(object(read, Some(&schema))) })
    });
    Ok(Box::new(rows))
}

fn object(row: ParquetRow, schema: Option<&Type>) -> Map<String, Value> {
    let fields = row.into_columns().into_iter().filter_map(|(name, field)| {
        let below = schema.and_then(|schema| child(schema, &name));
        match value(field, below) {
            Value::Null => None,
            value => Some((name, value)),
        }
    });
    fields.collect()
}

fn child<'a>(schema: &'a Type, name: &str) -> Option<&'a Type> {
    match schema {
        Type::GroupType { fields, .. } => fields.iter().find(|field| field.name() == name).map(AsRef::as_ref),
        Type::PrimitiveType { .. } => None,
    }
}

/// A list is a group of one repeated group of one element; older writers leave out a level.
fn element(schema: &Type) -> Option<&Type> {
    let repeated = only_child(schema)?;
    Some(only_child(repeated).unwrap_or(repeated))
}

fn only_child(schema: &Type) -> Option<&Type> {
    match schema {
        Type::GroupType { fields, .. } if fields.len() == 1 => fields.first().map(AsRef::as_ref),
        Type::GroupType { .. } | Type::PrimitiveType { .. } => None,
    }
}

fn value(field: Field, schema: Option<&Type>) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(value) => Value::Bool(value),
        Field::Byte(number) => Value::from(number),
        Field::Short(number) => Value::from(number),
        Field::Int(number) => Value::from(number),
        Field::Long(number) if is_nanoseconds(schema) => instant_of_nanoseconds(number),
        Field::Long(number) => Value::from(number),
        Field::UByte(number) => Value::from(number),
        Field::UShort(number) => Value::from(number),
        Field::UInt(number) => Value::from(number),
        Field::ULong(number) => Value::from(number),
        // Through text, so that 1.1 stays 1.1 and does not become 1.10000002384.
        Field::Float16(number) => number_of_text(&number.to_string()),
        Field::Float(number) => number_of_text(&number.to_string()),
        Field::Double(number) => Value::from(number),
        field @ Field::Decimal(_) => number_of_text(&field.to_string()),
        Field::Str(text) => Value::String(text),
        Field::Bytes(bytes) => Value::String(String::from_utf8_lossy(bytes.data()).into_owned()),
        Field::Date(days) => day(days),
        Field::TimeMillis(at_ms) => Value::from(at_ms),
        Field::TimeMicros(at_us) => Value::from(at_us),
        Field::TimestampMillis(at_ms) => Value::String(format_instant(at_ms)),
        Field::TimestampMicros(at_us) => Value::String(format_instant(at_us.div_euclid(1_000))),
        Field::Group(row) => Value::Object(object(row, schema)),
        Field::ListInternal(list) => {
            let below = schema.and_then(element);
            Value::Array(list.elements().iter().map(|item| value(item.clone(), below)).collect())
        }
        Field::MapInternal(map) => {
            let entries = map.entries().iter().map(|(key, item)| (map_key(key), value(item.clone(), None)));
            Value::Object(entries.filter(|(_, item)| !item.is_null()).collect())
        }
    }
}

fn map_key(key: &Field) -> String {
    match key {
        Field::Str(text) => text.clone(),
        other => other.to_string(),
    }
}

fn is_nanoseconds(schema: Option<&Type>) -> bool {
    let logical = schema.and_then(|schema| schema.get_basic_info().logical_type_ref());
    matches!(logical, Some(LogicalType::Timestamp(timestamp)) if timestamp.unit == TimeUnit::NANOS)
}

fn instant_of_nanoseconds(at_ns: i64) -> Value {
    Value::String(format_instant(DateTime::from_timestamp_nanos(at_ns).timestamp_millis()))
}

fn number_of_text(text: &str) -> Value {
    text.parse::<f64>().map_or(Value::Null, Value::from)
}

fn day(days: i32) -> Value {
    let epoch = NaiveDate::default();
    let step = Days::new(u64::from(days.unsigned_abs()));
    let day = if days < 0 { epoch.checked_sub_days(step) } else { epoch.checked_add_days(step) };
    day.map_or(Value::Null, |day| Value::String(day.to_string()))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::Arc;

    use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;
    use serde_json::json;

    use super::*;

    const SCHEMA: &str = "message m {
        required binary id (STRING);
        required int64 at (TIMESTAMP(NANOS,true));
        optional group lines (LIST) { repeated group list { required group element {
            required binary department (STRING); required double value; } } }
    }";

    /// Two baskets: one with two lines, one without any.
    fn write(mut file: File) -> File {
        let schema = Arc::new(parse_message_type(SCHEMA).unwrap());
        let mut writer =
            SerializedFileWriter::new(&mut file, schema, Arc::new(WriterProperties::default())).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let text = |text: &str| ByteArray::from(text);
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<ByteArrayType>().write_batch(&[text("b1"), text("b2")], None, None).unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<Int64Type>().write_batch(&[1_514_764_800_000_000_000, 0], None, None).unwrap();
        column.close().unwrap();
        let levels = (Some(&[2_i16, 2, 0][..]), Some(&[0_i16, 1, 0][..]));
        let mut column = group.next_column().unwrap().unwrap();
        column
            .typed::<ByteArrayType>()
            .write_batch(&[text("MEAT"), text("DELI")], levels.0, levels.1)
            .unwrap();
        column.close().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        column.typed::<DoubleType>().write_batch(&[1.5, 2.25], levels.0, levels.1).unwrap();
        column.close().unwrap();
        group.close().unwrap();
        writer.close().unwrap();
        file.flush().unwrap();
        file
    }

    #[test]
    fn nested_lists_structs_and_instants_become_json() {
        let file = tempfile::NamedTempFile::new().unwrap();
        write(file.reopen().unwrap());
        let read: Vec<Value> = rows(file.reopen().unwrap())
            .unwrap()
            .map(|found| Value::Object(found.unwrap().row.unwrap()))
            .collect();
        assert_eq!(
            read,
            [
                json!({"id": "b1", "at": "2018-01-01T00:00:00.000Z", "lines": [
                    {"department": "MEAT", "value": 1.5}, {"department": "DELI", "value": 2.25}]}),
                json!({"id": "b2", "at": "1970-01-01T00:00:00.000Z"}),
            ]
        );
    }

    #[test]
    fn a_file_that_is_no_parquet_is_refused() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"PAR1 but not really").unwrap();
        assert!(matches!(rows(file.reopen().unwrap()), Err(Error::Damaged(_))));
    }
}
