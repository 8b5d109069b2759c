//! The table: maps and objects.

use super::super::{Family, ResultType, Row, map};
use super::parameters::{LIST, MAP, NAME, OTHER, VALUE};
use super::row;

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row(Family::Map, 0x0401, "get", &[MAP, NAME], ResultType::ValueOf(0), map::get,
        "the value of a key"),
    row(Family::Map, 0x0402, "keys", &[MAP], ResultType::ListOfStrings, map::keys,
        "the keys"),
    row(Family::Map, 0x0403, "values", &[MAP], ResultType::ListOfValuesOf(0), map::values,
        "the values, in the order of their keys"),
    row(Family::Map, 0x0404, "entries", &[MAP], ResultType::ListOfEntriesOf(0), map::entries,
        "the entries, each with key and value, in the order of their keys"),
    row(Family::Map, 0x0405, "mapEntry", &[VALUE, OTHER], ResultType::MapOf(1), map::map_entry,
        "a map of one key and its value"),
    row(Family::Map, 0x0406, "merge", &[LIST], ResultType::ItemOf(0), map::merge,
        "one map of the entries of all maps in the list"),
    row(Family::Map, 0x0410, "isNull", &[VALUE], ResultType::Boolean, map::is_null,
        "whether the value is missing"),
    row(Family::Map, 0x0411, "isNotNull", &[VALUE], ResultType::Boolean, map::is_not_null,
        "whether the value is there"),
];
