//! The table: every function, in the order of its code (`pql.md` 1.8).

use super::ParameterType as Kind;
use super::{
    Context, Parameter, Presence, ResultType, Row, aggregate, array, convert, date, digest, map, string,
    template,
};
use crate::value::Value;

const fn parameter(name: &'static str, kind: Kind, presence: Presence) -> Parameter {
    Parameter { name, kind, presence }
}

const fn required(name: &'static str, kind: Kind) -> Parameter {
    parameter(name, kind, Presence::Required)
}

const fn row(
    code: u16,
    name: &'static str,
    parameters: &'static [Parameter],
    result: ResultType,
    apply: fn(Context, &[Value]) -> Value,
    doc: &'static str,
) -> Row {
    Row { code, name, parameters, result, needs_now: false, apply, doc }
}

const fn needs_now(row: Row) -> Row {
    Row { needs_now: true, ..row }
}

const TEXT: Parameter = required("text", Kind::String);
const PLACE: Parameter = required("place", Kind::Integer);
const END: Parameter = parameter("end", Kind::Integer, Presence::Optional);
const FIRST: Parameter = required("first", Kind::Integer);
const LAST: Parameter = required("last", Kind::Integer);
const REPLACEMENT: Parameter = required("replacement", Kind::String);
const PART: Parameter = required("part", Kind::String);
const TEXTS: Parameter = parameter("more", Kind::String, Presence::Repeated);
const CASE: Parameter = parameter("caseSensitive", Kind::Boolean, Presence::Optional);
const REGEX: Parameter = required("regex", Kind::Regex);
const GROUP: Parameter = required("group", Kind::Integer);
const NUMBER: Parameter = required("number", Kind::Number);
const WHOLE: Parameter = required("number", Kind::Integer);
const VALUE: Parameter = required("value", Kind::Any);
const OTHER: Parameter = required("other", Kind::Any);
const MORE: Parameter = parameter("more", Kind::Any, Presence::Repeated);
const INSTANT: Parameter = required("instant", Kind::Instant);
const OTHER_INSTANT: Parameter = required("other", Kind::Instant);
const YEAR: Parameter = required("year", Kind::Integer);
const MONTH: Parameter = required("month", Kind::Integer);
const DAY: Parameter = required("day", Kind::Integer);
const LIST: Parameter = required("list", Kind::List);
const OTHER_LIST: Parameter = required("other", Kind::List);
const MEMBER: Parameter = required("value", Kind::ItemOf(1));
const ITEM: Parameter = required("item", Kind::ItemOf(0));
const KEY: Parameter = required("key", Kind::PerItem);
const COUNT: Parameter = required("n", Kind::Integer);
const BY: Parameter = parameter("of", Kind::PerItemInstead, Presence::Optional);
const MAP: Parameter = required("map", Kind::Map);
const NAME: Parameter = required("key", Kind::String);

/// Every function.
#[rustfmt::skip]
pub const TABLE: &[Row] = &[
    // Text
    row(0x0101, "startsWith", &[TEXT, PART, CASE], ResultType::Boolean, string::starts_with,
        "whether the text begins with a part"),
    row(0x0102, "doesNotStartWith", &[TEXT, PART, CASE], ResultType::Boolean, string::does_not_start_with,
        "whether the text is there and does not begin with a part"),
    row(0x0103, "endsWith", &[TEXT, PART, CASE], ResultType::Boolean, string::ends_with,
        "whether the text ends with a part"),
    row(0x0104, "doesNotEndWith", &[TEXT, PART, CASE], ResultType::Boolean, string::does_not_end_with,
        "whether the text is there and does not end with a part"),
    row(0x0105, "contains", &[TEXT, PART, CASE], ResultType::Boolean, string::contains,
        "whether the text has a part"),
    row(0x0106, "doesNotContain", &[TEXT, PART, CASE], ResultType::Boolean, string::does_not_contain,
        "whether the text is there and does not have a part"),
    row(0x0107, "equals", &[VALUE, OTHER, MORE], ResultType::Boolean, string::equals,
        "whether the value is any of those given; a last boolean says whether case matters"),
    row(0x0108, "notEqualTo", &[VALUE, OTHER, MORE], ResultType::Boolean, string::not_equal_to,
        "whether the value is there and none of those given"),
    row(0x0109, "like", &[TEXT, PART], ResultType::Boolean, string::like,
        "whether the text fits a pattern: % any characters, _ one"),
    row(0x010a, "matches", &[TEXT, REGEX], ResultType::Boolean, string::matches,
        "whether a regular expression is found in the text"),
    row(0x010b, "regexGroup", &[TEXT, REGEX, GROUP], ResultType::String, string::regex_group,
        "the text of a group of the first match"),
    row(0x0120, "lowerCase", &[TEXT], ResultType::SameAs(0), string::lower_case,
        "the text in lower case"),
    row(0x0121, "upperCase", &[TEXT], ResultType::SameAs(0), string::upper_case,
        "the text in upper case"),
    row(0x0122, "trim", &[TEXT], ResultType::SameAs(0), string::trim,
        "the text without white space around it"),
    row(0x0123, "leftTrim", &[TEXT], ResultType::SameAs(0), string::left_trim,
        "the text without white space before it"),
    row(0x0124, "rightTrim", &[TEXT], ResultType::SameAs(0), string::right_trim,
        "the text without white space after it"),
    row(0x0125, "length", &[TEXT], ResultType::Integer, string::length,
        "how many characters the text has"),
    row(0x0126, "concat", &[TEXT, TEXTS], ResultType::String, string::concat,
        "the texts one after the other"),
    row(0x0127, "isEmpty", &[VALUE], ResultType::Boolean, string::is_empty,
        "whether the value is missing or has nothing in it"),
    row(0x0128, "isNotEmpty", &[VALUE], ResultType::Boolean, string::is_not_empty,
        "whether the value is there and has something in it"),
    row(0x0129, "equalsIgnoreCase", &[TEXT, PART], ResultType::Boolean, string::equals_ignore_case,
        "whether the texts are the same but for case"),
    row(0x012a, "notEqualWithIgnoreCase", &[TEXT, PART], ResultType::Boolean, string::not_equal_with_ignore_case,
        "whether the text is there and is another, whatever the case"),
    row(0x012b, "indexOf", &[TEXT, PART], ResultType::Integer, string::index_of,
        "where the part begins first, from 0; -1 if it is not there"),
    row(0x012c, "lastIndexOf", &[TEXT, PART], ResultType::Integer, string::last_index_of,
        "where the part begins last, from 0; -1 if it is not there"),
    row(0x012d, "split", &[TEXT, PART], ResultType::ListOfStrings, string::split,
        "the parts of the text between separators"),
    row(0x012e, "extractEmailDomain", &[TEXT], ResultType::SameAs(0), string::extract_email_domain,
        "what stands after the @ of an e-mail address"),
    row(0x012f, "charCodeAt", &[TEXT, PLACE], ResultType::Integer, template::char_code_at,
        "the code of the character at a place, from 0"),
    row(0x0130, "camelCase", &[TEXT], ResultType::SameAs(0), template::capitalized,
        "the text with a capital at the start of every word"),
    row(0x0131, "mask", &[TEXT, FIRST, LAST], ResultType::SameAs(0), template::mask,
        "the text with an X for every character but so many at either end"),
    row(0x0132, "replace", &[TEXT, PART, REPLACEMENT], ResultType::SameAs(0), template::replace,
        "the text with the first occurrence of a part replaced"),
    row(0x0133, "replaceAll", &[TEXT, PART, REPLACEMENT], ResultType::SameAs(0), template::replace_all,
        "the text with every occurrence of a part replaced"),
    row(0x0134, "substr", &[TEXT, PLACE, END], ResultType::SameAs(0), template::substr,
        "the characters from one place up to another, from 0"),
    row(0x0135, "getUrlProtocol", &[TEXT], ResultType::SameAs(0), template::url_protocol,
        "the protocol of an address"),
    row(0x0136, "getUrlHost", &[TEXT], ResultType::SameAs(0), template::url_host,
        "the host of an address"),
    row(0x0137, "getUrlPath", &[TEXT], ResultType::SameAs(0), template::url_path,
        "the path of an address, without query"),
    row(0x0138, "md5", &[TEXT], ResultType::SameAs(0), digest::md5,
        "the MD5 digest of the text, in hexadecimal"),
    row(0x0139, "encode64", &[TEXT], ResultType::SameAs(0), digest::encode64,
        "the text in Base64"),
    row(0x0140, "absolute", &[NUMBER], ResultType::SameAs(0), convert::absolute,
        "the number without its sign"),
    row(0x0141, "toInt", &[VALUE], ResultType::Integer, convert::to_int,
        "the whole number that a text is; null if it is none"),
    row(0x0142, "toString", &[VALUE], ResultType::String, convert::to_string,
        "the value as text"),
    row(0x0143, "toHexString", &[WHOLE], ResultType::String, convert::to_hex_string,
        "the whole number in hexadecimal"),
    row(0x0144, "roundUp", &[NUMBER], ResultType::Integer, convert::round_up,
        "the smallest whole number that is not less"),
    row(0x0145, "roundDown", &[NUMBER], ResultType::Integer, convert::round_down,
        "the largest whole number that is not more"),
    // Time
    row(0x0201, "getMonth", &[INSTANT], ResultType::Integer, date::get_month,
        "the month, 1 to 12, UTC"),
    row(0x0202, "getYear", &[INSTANT], ResultType::Integer, date::get_year,
        "the year, UTC"),
    row(0x0203, "getDayOfMonth", &[INSTANT], ResultType::Integer, date::get_day_of_month,
        "the day of the month, 1 to 31, UTC"),
    row(0x0204, "date", &[YEAR, MONTH, DAY], ResultType::Date, date::date,
        "a day"),
    needs_now(row(0x0205, "currentMonth", &[], ResultType::Integer, date::current_month,
        "the month of the evaluation, 1 to 12, UTC")),
    needs_now(row(0x0206, "currentYear", &[], ResultType::Integer, date::current_year,
        "the year of the evaluation, UTC")),
    needs_now(row(0x0207, "currentDayOfMonth", &[], ResultType::Integer, date::current_day_of_month,
        "the day of the month of the evaluation, UTC")),
    row(0x0208, "dayOfYear", &[INSTANT], ResultType::Integer, date::day_of_year,
        "the day of the year, 1 to 366, UTC"),
    row(0x0209, "dayOfWeek", &[INSTANT], ResultType::Integer, date::day_of_week,
        "the day of the week, 1 for Monday to 7, UTC"),
    row(0x020a, "dateDiff", &[INSTANT, OTHER_INSTANT], ResultType::Integer, date::date_diff,
        "how many days lie between two days, UTC"),
    needs_now(row(0x020b, "age", &[INSTANT], ResultType::Integer, date::age,
        "how many birthdays there were since, UTC")),
    row(0x020c, "instant", &[INSTANT], ResultType::SameAs(0), date::instant,
        "the instant of a date or date-time, however it is written"),
    // Lists
    row(0x0301, "in", &[MEMBER, LIST], ResultType::Boolean, array::is_in,
        "whether the value is an item of the list"),
    row(0x0302, "notIn", &[MEMBER, LIST], ResultType::Boolean, array::not_in,
        "whether the value is there and not an item of the list"),
    row(0x0303, "intersects", &[LIST, OTHER_LIST], ResultType::Boolean, array::intersects,
        "whether the lists have an item in common"),
    row(0x0304, "intersection", &[LIST, OTHER_LIST], ResultType::SameAs(0), array::intersection,
        "the items in common; null if there are none"),
    row(0x0305, "subsetOf", &[LIST, OTHER_LIST], ResultType::Boolean, array::subset_of,
        "whether every item is in the other list"),
    row(0x0306, "supersetOf", &[LIST, OTHER_LIST], ResultType::Boolean, array::superset_of,
        "whether every item of the other list is in this one"),
    row(0x0307, "includes", &[LIST, ITEM], ResultType::Boolean, array::includes,
        "whether the list has the item"),
    row(0x0308, "distinct", &[LIST], ResultType::SameAs(0), array::distinct,
        "the items, each once"),
    row(0x0309, "head", &[LIST], ResultType::ItemOf(0), array::head,
        "the first item"),
    row(0x030a, "topN", &[LIST, KEY, COUNT], ResultType::SameAs(0), array::top_n,
        "the n items with the largest keys, descending"),
    row(0x030b, "bottomN", &[LIST, KEY, COUNT], ResultType::SameAs(0), array::bottom_n,
        "the n items with the smallest keys, ascending"),
    row(0x030c, "groupBy", &[LIST, KEY], ResultType::MapOf(0), array::group_by,
        "the items by key"),
    // Maps and objects
    row(0x0401, "get", &[MAP, NAME], ResultType::ValueOf(0), map::get,
        "the value of a key"),
    row(0x0402, "keys", &[MAP], ResultType::ListOfStrings, map::keys,
        "the keys"),
    row(0x0403, "values", &[MAP], ResultType::ListOfValuesOf(0), map::values,
        "the values, in the order of their keys"),
    row(0x0404, "entries", &[MAP], ResultType::ListOfEntriesOf(0), map::entries,
        "the entries, each with key and value, in the order of their keys"),
    row(0x0405, "mapEntry", &[VALUE, OTHER], ResultType::MapOf(1), map::map_entry,
        "a map of one key and its value"),
    row(0x0406, "merge", &[LIST], ResultType::ItemOf(0), map::merge,
        "one map of the entries of all maps in the list"),
    row(0x0410, "isNull", &[VALUE], ResultType::Boolean, map::is_null,
        "whether the value is missing"),
    row(0x0411, "isNotNull", &[VALUE], ResultType::Boolean, map::is_not_null,
        "whether the value is there"),
    // Aggregates
    row(0x0501, "count", &[LIST], ResultType::Integer, aggregate::apply_count,
        "how many items there are"),
    row(0x0502, "sum", &[LIST, BY], ResultType::Number, aggregate::apply_sum,
        "the sum; 0 of nothing"),
    row(0x0503, "average", &[LIST, BY], ResultType::Number, aggregate::apply_average,
        "the mean; null of nothing"),
    row(0x0504, "min", &[LIST, BY], ResultType::ItemOf(0), aggregate::apply_min,
        "the smallest; null of nothing"),
    row(0x0505, "max", &[LIST, BY], ResultType::ItemOf(0), aggregate::apply_max,
        "the largest; null of nothing"),
    row(0x0510, "countOnlyNull", &[LIST], ResultType::Integer, aggregate::apply_count_only_null,
        "how many items are missing; a zero counts as missing, as the documentation has it"),
    row(0x0511, "countWithNull", &[LIST], ResultType::Integer, aggregate::apply_count_with_null,
        "how many items there are, missing ones included"),
    row(0x0512, "distinctCountWithNull", &[LIST], ResultType::Integer, aggregate::apply_distinct_count_with_null,
        "how many different items there are, missing ones included as one"),
    // 0x0601 was what `chain` became before it had a node of its own: never to be given again.
];
