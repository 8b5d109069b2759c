//! The table: time in calculated fields, and numbers that are text.

use super::super::{Clock, ResultType, Row, clock, convert, prep};
use super::parameters::{
    COMPONENT, DATE_FORMAT, DATED, DAY, HOUR, MINUTE, MONTH, NANOSECOND, NUMERAL, OTHERWISE, PATTERN_OF_DATE,
    SECOND, VALUE, YEAR, ZONE,
};
use super::{clocked, of_calculated as row};

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    clocked(Clock::Instant, row(0x0901, "now", &[], ResultType::DateTime, clock::instant,
        "the instant of the evaluation")),
    clocked(Clock::Instant, row(0x0902, "timestamp", &[], ResultType::Integer, clock::milliseconds,
        "the instant of the evaluation in milliseconds since 1970")),
    row(0x0903, "format", &[DATED, DATE_FORMAT], ResultType::String, prep::time::format,
        "the time as a pattern says, UTC"),
    row(0x0904, "dformat", &[DATED, DATE_FORMAT], ResultType::String, prep::time::format,
        "the time of so many milliseconds since 1970 as a pattern says, UTC"),
    row(0x0905, "date", &[DATED, PATTERN_OF_DATE, OTHERWISE], ResultType::DateTime, prep::time::date,
        "the instant a text stands for by a pattern, or without one in any usual form; of a missing text the last argument"),
    row(0x0906, "date_part", &[COMPONENT, DATED], ResultType::Integer, prep::time::part,
        "a part of a time, UTC: \"year\", \"quarter\", \"month\", \"dayofyear\", \"day\", \"week\", \"weekday\", \"hour\" ..."),
    row(0x0907, "set_date_part", &[COMPONENT, NUMERAL, DATED], ResultType::DateTime, prep::time::set_part,
        "the time with another year, month, day, hour, minute or second"),
    row(0x0908, "make_date_time", &[YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, NANOSECOND, ZONE], ResultType::DateTime, prep::time::of_parts,
        "the instant at which clocks in a zone show this"),
    row(0x0909, "make_timestamp", &[YEAR, MONTH, DAY, HOUR, MINUTE, SECOND, NANOSECOND, ZONE], ResultType::DateTime, prep::time::of_parts,
        "the instant at which clocks in a zone show this"),
    row(0x090a, "zone_date_to_utc", &[DATED], ResultType::DateTime, prep::time::to_utc,
        "the instant of a time in any zone"),
    row(0x090b, "zone_date_to_zone", &[DATED, ZONE], ResultType::DateTime, prep::time::to_zone,
        "the time as clocks in a zone show it"),
    row(0x0910, "to_bigint", &[VALUE], ResultType::Number, convert::to_decimal,
        "the number that a text is; null if it is none"),
    row(0x0911, "to_decimal", &[VALUE], ResultType::Number, convert::to_decimal,
        "the number that a text is; null if it is none"),
    row(0x0912, "to_float", &[VALUE], ResultType::Number, convert::to_decimal,
        "the number that a text is; null if it is none"),
    row(0x0913, "to_integer", &[VALUE], ResultType::Integer, convert::to_int,
        "the number without its fraction that a text is; null if it is none"),
];
