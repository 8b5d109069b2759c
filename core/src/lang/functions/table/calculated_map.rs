//! The table: objects and maps in calculated fields.

use super::super::{ResultType, Row, map, prep};
use super::of_calculated as row;
use super::parameters::{BETWEEN, LIST, MAP, MAPS, MORE, NAME, SEPARATES, SEPARATOR, TEXT, VALUE};

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row(0x0a01, "to_object", &[VALUE, MORE], ResultType::Any, prep::map::of_pairs,
        "an object of keys, each with its value behind it"),
    row(0x0a02, "arrays_to_object", &[VALUE, MORE], ResultType::List, prep::map::of_lists,
        "objects of keys, each with the list of its values behind it"),
    row(0x0a03, "arrays_to_objects", &[VALUE, MORE], ResultType::List, prep::map::of_lists,
        "objects of keys, each with the list of its values behind it"),
    row(0x0a04, "str_to_object", &[TEXT, BETWEEN, SEPARATES], ResultType::Any, prep::pairs::to_object,
        "an object of what a text says: `key:value,key:value`, or with other signs between them"),
    row(0x0a05, "get_values", &[TEXT, NAME, SEPARATOR, SEPARATES], ResultType::String, prep::pairs::value_of,
        "what a text of keys and values says of a key"),
    row(0x0a06, "get_keys", &[MAP], ResultType::ListOfStrings, map::keys,
        "the keys of an object"),
    row(0x0a07, "map_get_values", &[MAP, VALUE], ResultType::Any, prep::map::values,
        "the value of a key; of a list of keys, those of each"),
    row(0x0a08, "map_has_keys", &[MAP, VALUE], ResultType::Boolean, prep::map::has_keys,
        "whether there is the key, or any of a list of keys"),
    row(0x0a09, "add_to_map", &[MAP, MAPS], ResultType::SameAs(0), prep::map::joined,
        "one map of the entries of all; of the same key the first"),
    row(0x0a0a, "object_to_map", &[VALUE, MORE], ResultType::Any, prep::map::of_pairs,
        "a map of keys, each with its value behind it; the object itself; or objects by one of their fields"),
    row(0x0a0b, "array_to_map", &[LIST, NAME], ResultType::Any, prep::map::by_field,
        "the objects of a list by one of their fields"),
    row(0x0a0c, "json_to_object", &[VALUE], ResultType::Any, prep::map::of_json,
        "the value that a text of JSON is"),
];
