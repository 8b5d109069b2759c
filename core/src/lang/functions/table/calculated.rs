//! The table: what only calculated fields have.

use super::super::super::Dialect;
use super::super::{Context, Family, Parameter, ResultType, Row, calculated, digest, string};
use super::parameters::{ALGORITHM, CHARSET, LIST, MORE, PLACE, SEPARATOR, TEXT, VALUE, WITH_NULLS};
use crate::value::Value;

const fn row(
    code: u16,
    name: &'static str,
    parameters: &'static [Parameter],
    result: ResultType,
    apply: fn(Context, &[Value]) -> Value,
    doc: &'static str,
) -> Row {
    let row = super::row(Family::CalculatedField, code, name, parameters, result, apply, doc);
    super::not_at_edge(super::only(Dialect::CalculatedField, row))
}

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row(0x0701, "index", &[LIST, PLACE], ResultType::ItemOf(0), calculated::index,
        "the item at a place, from 0: `A[0]`"),
    row(0x0702, "join", &[SEPARATOR, LIST], ResultType::String, calculated::join,
        "the items as one text, a separator between them; missing ones left out"),
    row(0x0703, "array_to_string", &[SEPARATOR, LIST], ResultType::String, calculated::join,
        "the items as one text, a separator between them; missing ones left out"),
    row(0x0704, "coalesce", &[VALUE, MORE], ResultType::Any, calculated::coalesce,
        "the first that is there: of a list its items, else of the values given"),
    row(0x0705, "first", &[VALUE, MORE], ResultType::Any, calculated::first,
        "the first item of a list, or the first of several values"),
    row(0x0706, "last", &[VALUE, MORE], ResultType::Any, calculated::last,
        "the last item of a list, or the last of several values"),
    row(0x0707, "size_of", &[VALUE], ResultType::Integer, calculated::size_of,
        "how many items a list has, fields an object, characters a text; 1 of any other value"),
    row(0x0708, "add_to_array", &[LIST, MORE], ResultType::SameAs(0), calculated::add_to_array,
        "the list with the values behind it"),
    row(0x0709, "to_array", &[WITH_NULLS, MORE], ResultType::List, calculated::to_array,
        "the values as a list; missing ones only if the first argument says so"),
    row(0x070a, "is_empty", &[VALUE], ResultType::Boolean, string::is_empty,
        "whether the value is missing or has nothing in it"),
    row(0x0710, "md5", &[TEXT, CHARSET], ResultType::SameAs(0), digest::md5,
        "the MD5 digest of the text, in hexadecimal"),
    row(0x0711, "sha1", &[TEXT, CHARSET], ResultType::SameAs(0), digest::sha1,
        "the SHA-1 digest of the text, in hexadecimal"),
    row(0x0712, "sha256", &[TEXT, CHARSET], ResultType::SameAs(0), digest::sha256,
        "the SHA-256 digest of the text, in hexadecimal"),
    row(0x0713, "sha512", &[TEXT, CHARSET], ResultType::SameAs(0), digest::sha512,
        "the SHA-512 digest of the text, in hexadecimal"),
    row(0x0714, "crc32", &[TEXT, CHARSET], ResultType::SameAs(0), digest::crc32,
        "the CRC-32 check of the text, in hexadecimal"),
    row(0x0715, "hash", &[ALGORITHM, TEXT, CHARSET], ResultType::String, digest::hash,
        "the digest of the text by the algorithm of that name"),
    row(0x0720, "lower", &[TEXT], ResultType::SameAs(0), string::lower_case,
        "the text in lower case"),
    row(0x0721, "lcase", &[TEXT], ResultType::SameAs(0), string::lower_case,
        "the text in lower case"),
    row(0x0722, "upper", &[TEXT], ResultType::SameAs(0), string::upper_case,
        "the text in upper case"),
    row(0x0723, "ucase", &[TEXT], ResultType::SameAs(0), string::upper_case,
        "the text in upper case"),
    row(0x0724, "ltrim", &[TEXT], ResultType::SameAs(0), string::left_trim,
        "the text without white space before it"),
    row(0x0725, "rtrim", &[TEXT], ResultType::SameAs(0), string::right_trim,
        "the text without white space after it"),
];
