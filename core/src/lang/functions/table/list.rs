//! The table: lists.

use super::super::{Family, ResultType, Row, array};
use super::parameters::{COUNT, ITEM, KEY, LIST, MEMBER, OTHER_LIST};
use super::row;

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row(Family::List, 0x0301, "in", &[MEMBER, LIST], ResultType::Boolean, array::is_in,
        "whether the value is an item of the list"),
    row(Family::List, 0x0302, "notIn", &[MEMBER, LIST], ResultType::Boolean, array::not_in,
        "whether the value is there and not an item of the list"),
    row(Family::List, 0x0303, "intersects", &[LIST, OTHER_LIST], ResultType::Boolean, array::intersects,
        "whether the lists have an item in common"),
    row(Family::List, 0x0304, "intersection", &[LIST, OTHER_LIST], ResultType::SameAs(0), array::intersection,
        "the items in common; null if there are none"),
    row(Family::List, 0x0305, "subsetOf", &[LIST, OTHER_LIST], ResultType::Boolean, array::subset_of,
        "whether every item is in the other list"),
    row(Family::List, 0x0306, "supersetOf", &[LIST, OTHER_LIST], ResultType::Boolean, array::superset_of,
        "whether every item of the other list is in this one"),
    row(Family::List, 0x0307, "includes", &[LIST, ITEM], ResultType::Boolean, array::includes,
        "whether the list has the item"),
    row(Family::List, 0x0308, "distinct", &[LIST], ResultType::SameAs(0), array::distinct,
        "the items, each once"),
    row(Family::List, 0x0309, "head", &[LIST], ResultType::ItemOf(0), array::head,
        "the first item"),
    row(Family::List, 0x030a, "topN", &[LIST, KEY, COUNT], ResultType::SameAs(0), array::top_n,
        "the n items with the largest keys, descending"),
    row(Family::List, 0x030b, "bottomN", &[LIST, KEY, COUNT], ResultType::SameAs(0), array::bottom_n,
        "the n items with the smallest keys, ascending"),
    row(Family::List, 0x030c, "groupBy", &[LIST, KEY], ResultType::MapOf(0), array::group_by,
        "the items by key"),
];
