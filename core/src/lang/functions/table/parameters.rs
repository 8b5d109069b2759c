//! The parameters of the table: what an argument is called in messages, what it must be, and whether it must be there.

use super::super::ParameterType as Kind;
use super::super::{Parameter, Presence};

const fn required(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, presence: Presence::Required }
}

const fn optional(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, presence: Presence::Optional }
}

const fn repeated(name: &'static str, kind: Kind) -> Parameter {
    Parameter { name, kind, presence: Presence::Repeated }
}

pub(super) const TEXT: Parameter = required("text", Kind::String);
pub(super) const PART: Parameter = required("part", Kind::String);
pub(super) const REPLACEMENT: Parameter = required("replacement", Kind::String);
pub(super) const SEPARATOR: Parameter = required("separator", Kind::String);
pub(super) const ASSIGNED: Parameter = required("value", Kind::String);
pub(super) const TEXTS: Parameter = repeated("more", Kind::String);
pub(super) const CASE: Parameter = optional("caseSensitive", Kind::Boolean);
pub(super) const REGEX: Parameter = required("regex", Kind::Regex);
pub(super) const GROUP: Parameter = optional("group", Kind::Integer);
pub(super) const PLACE: Parameter = required("place", Kind::Integer);
pub(super) const END: Parameter = optional("end", Kind::Integer);
pub(super) const FIRST: Parameter = required("first", Kind::Integer);
pub(super) const LAST: Parameter = required("last", Kind::Integer);
pub(super) const CHARSET: Parameter = optional("charset", Kind::String);
pub(super) const ALGORITHM: Parameter = required("algorithm", Kind::String);
pub(super) const NUMBER: Parameter = required("number", Kind::Number);
pub(super) const WHOLE: Parameter = required("number", Kind::Integer);
pub(super) const DIGITS: Parameter = required("digits", Kind::Integer);
pub(super) const LOCALE: Parameter = required("locale", Kind::Locale);
pub(super) const VALUE: Parameter = required("value", Kind::Any);
pub(super) const OTHER: Parameter = required("other", Kind::Any);
pub(super) const MORE: Parameter = repeated("more", Kind::Any);
pub(super) const INSTANT: Parameter = required("instant", Kind::Instant);
pub(super) const OTHER_INSTANT: Parameter = required("other", Kind::Instant);
pub(super) const START_INSTANT: Parameter = required("start", Kind::Instant);
pub(super) const END_INSTANT: Parameter = required("end", Kind::Instant);
pub(super) const AMOUNT: Parameter = required("count", Kind::Integer);
pub(super) const YEAR: Parameter = required("year", Kind::Integer);
pub(super) const MONTH: Parameter = required("month", Kind::Integer);
pub(super) const DAY: Parameter = required("day", Kind::Integer);
pub(super) const HOUR: Parameter = required("hour", Kind::Integer);
pub(super) const DATED_TEXT: Parameter = required("text", Kind::Dated);
pub(super) const DATE_FORMAT: Parameter = required("format", Kind::DateFormat);
pub(super) const DATE_LOCALE: Parameter = optional("locale", Kind::Locale);
pub(super) const NOTATION: Parameter = optional("format", Kind::DateNotation);
pub(super) const LIST: Parameter = required("list", Kind::List);
pub(super) const OTHER_LIST: Parameter = required("other", Kind::List);
pub(super) const MEMBER: Parameter = required("value", Kind::ItemOf(1));
pub(super) const ITEM: Parameter = required("item", Kind::ItemOf(0));
pub(super) const KEY: Parameter = required("key", Kind::PerItem);
pub(super) const COUNT: Parameter = required("n", Kind::Integer);
pub(super) const BY: Parameter = optional("of", Kind::PerItemInstead);
pub(super) const WITH_NULLS: Parameter = required("includeNulls", Kind::Boolean);
pub(super) const MAP: Parameter = required("map", Kind::Map);
pub(super) const NAME: Parameter = required("key", Kind::String);
pub(super) const PATTERN: Parameter = optional("regex", Kind::Regex);
pub(super) const START: Parameter = optional("start", Kind::Integer);
pub(super) const OCCURRENCE: Parameter = optional("occurrence", Kind::Integer);
pub(super) const SIZE: Parameter = required("size", Kind::Integer);
pub(super) const LENGTH: Parameter = required("length", Kind::Integer);
pub(super) const PADDING: Parameter = required("padding", Kind::String);
pub(super) const WHOLE_PATH: Parameter = optional("whole", Kind::Boolean);
pub(super) const ANCHOR: Parameter = required("anchor", Kind::String);
pub(super) const BETWEEN: Parameter = optional("between", Kind::String);
pub(super) const SEPARATES: Parameter = optional("separates", Kind::String);
pub(super) const EVENTS: Parameter = required("events", Kind::String);
pub(super) const PRODUCTS: Parameter = required("products", Kind::String);
pub(super) const LISTS: Parameter = repeated("more", Kind::List);
pub(super) const MAPS: Parameter = repeated("more", Kind::Map);
pub(super) const REST: Parameter = optional("rest", Kind::Any);
pub(super) const COMPONENT: Parameter = required("part", Kind::String);
pub(super) const NUMERAL: Parameter = required("value", Kind::Integer);
pub(super) const MINUTE: Parameter = required("minute", Kind::Integer);
pub(super) const SECOND: Parameter = required("second", Kind::Integer);
pub(super) const NANOSECOND: Parameter = required("nanosecond", Kind::Integer);
pub(super) const ZONE: Parameter = required("zone", Kind::Zone);
pub(super) const DATED: Parameter = required("date", Kind::Any);
pub(super) const PATTERN_OF_DATE: Parameter = optional("format", Kind::DateNotation);
pub(super) const OTHERWISE: Parameter = optional("otherwise", Kind::Any);
