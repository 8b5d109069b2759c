//! The table: aggregates.

use super::super::{Family, ResultType, Row, aggregate};
use super::parameters::{BY, LIST};
use super::row;

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row(Family::Aggregate, 0x0501, "count", &[LIST], ResultType::Integer, aggregate::apply_count,
        "how many items there are"),
    row(Family::Aggregate, 0x0502, "sum", &[LIST, BY], ResultType::Number, aggregate::apply_sum,
        "the sum; 0 of nothing"),
    row(Family::Aggregate, 0x0503, "average", &[LIST, BY], ResultType::Number, aggregate::apply_average,
        "the mean; null of nothing"),
    row(Family::Aggregate, 0x0504, "min", &[LIST, BY], ResultType::ItemOf(0), aggregate::apply_min,
        "the smallest; null of nothing"),
    row(Family::Aggregate, 0x0505, "max", &[LIST, BY], ResultType::ItemOf(0), aggregate::apply_max,
        "the largest; null of nothing"),
    row(Family::Aggregate, 0x0510, "countOnlyNull", &[LIST], ResultType::Integer, aggregate::apply_count_only_null,
        "how many items are missing; a zero counts as missing, as the documentation has it"),
    row(Family::Aggregate, 0x0511, "countWithNull", &[LIST], ResultType::Integer, aggregate::apply_count_with_null,
        "how many items there are, missing ones included"),
    row(Family::Aggregate, 0x0512, "distinctCountWithNull", &[LIST], ResultType::Integer, aggregate::apply_distinct_count_with_null,
        "how many different items there are, missing ones included as one"),
];
