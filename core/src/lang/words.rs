//! The words of the language that are not functions. Case does not matter in keywords; it does in names.

use super::ast::{Aggregate, Quantifier};
use crate::time::{Direction, Unit};

/// Words that can never be a bare name.
pub(crate) const RESERVED: &[&str] =
    &["and", "or", "not", "in", "notIn", "like", "matches", "occurs", "true", "false", "null"];

/// Words that may follow an operand. A word behind `select`, `sum` ... that is not one of them makes that a keyword.
const FOLLOWERS: &[&str] =
    &["and", "or", "in", "notIn", "like", "matches", "occurs", "over", "from", "where"];

/// Words with a meaning at the start of a time constraint.
const TIME_WORDS: &[&str] = &[
    "now",
    "today",
    "yesterday",
    "tomorrow",
    "this",
    "last",
    "next",
    "on",
    "between",
    "before",
    "after",
    "from",
];

/// Whether the word is that keyword.
pub(crate) fn is(word: &str, keyword: &str) -> bool {
    word.eq_ignore_ascii_case(keyword)
}

fn among(word: &str, list: &[&str]) -> bool {
    list.iter().any(|other| is(word, other))
}

/// Whether the word can never be a bare name.
pub(crate) fn is_reserved(word: &str) -> bool {
    among(word, RESERVED)
}

/// Whether the word, reserved as it is, may be called.
pub(crate) fn is_callable(word: &str) -> bool {
    among(word, &["in", "notIn", "like", "matches"])
}

/// Whether the word may follow an operand.
pub(crate) fn is_follower(word: &str) -> bool {
    among(word, FOLLOWERS)
}

/// Whether the word has a meaning at the start of a time constraint.
pub(crate) fn is_time_word(word: &str) -> bool {
    among(word, TIME_WORDS)
}

/// `select` is `None`.
pub(crate) fn quantifier(word: &str) -> Option<Option<Quantifier>> {
    let known: &[(&str, Option<Quantifier>)] = &[
        ("select", None),
        ("exists", Some(Quantifier::Exists)),
        ("some", Some(Quantifier::Exists)),
        ("forall", Some(Quantifier::ForAll)),
        ("all", Some(Quantifier::ForAll)),
        ("none", Some(Quantifier::None)),
        ("one", Some(Quantifier::One)),
    ];
    known.iter().find(|(name, _)| is(word, name)).map(|(_, quantifier)| *quantifier)
}

/// The word of a quantifier.
pub(crate) fn of_quantifier(quantifier: Quantifier) -> &'static str {
    match quantifier {
        Quantifier::Exists => "exists",
        Quantifier::ForAll => "forall",
        Quantifier::None => "none",
        Quantifier::One => "one",
    }
}

const AGGREGATES: &[(&str, Aggregate)] = &[
    ("sum", Aggregate::Sum),
    ("average", Aggregate::Average),
    ("min", Aggregate::Minimum),
    ("max", Aggregate::Maximum),
];

/// The aggregate of a word.
pub(crate) fn aggregate(word: &str) -> Option<Aggregate> {
    AGGREGATES.iter().find(|(name, _)| is(word, name)).map(|(_, aggregate)| *aggregate)
}

/// The word of an aggregate, which is also the name of its function.
pub(crate) fn of_aggregate(aggregate: Aggregate) -> &'static str {
    AGGREGATES.iter().find(|(_, known)| *known == aggregate).map_or("", |(name, _)| name)
}

const UNITS: &[(&str, &str, Unit)] = &[
    ("millisecond", "milliseconds", Unit::Millisecond),
    ("second", "seconds", Unit::Second),
    ("minute", "minutes", Unit::Minute),
    ("hour", "hours", Unit::Hour),
    ("day", "days", Unit::Day),
    ("week", "weeks", Unit::Week),
    ("month", "months", Unit::Month),
    ("year", "years", Unit::Year),
    ("decade", "decades", Unit::Decade),
    ("century", "centuries", Unit::Century),
    ("millennium", "millennia", Unit::Millennium),
];

/// The unit of a word, singular or plural.
pub(crate) fn unit(word: &str) -> Option<Unit> {
    if is(word, "millenniums") {
        return Some(Unit::Millennium);
    }
    UNITS.iter().find(|(one, many, _)| is(word, one) || is(word, many)).map(|(_, _, unit)| *unit)
}

/// The word of a unit.
pub(crate) fn of_unit(unit: Unit, plural: bool) -> &'static str {
    UNITS
        .iter()
        .find(|(_, _, known)| *known == unit)
        .map_or("", |(one, many, _)| if plural { many } else { one })
}

/// The direction of a word.
pub(crate) fn direction(word: &str) -> Option<Direction> {
    let known = [("before", Direction::Before), ("after", Direction::After), ("from", Direction::From)];
    known.into_iter().find(|(name, _)| is(word, name)).map(|(_, direction)| direction)
}

/// The word of a direction.
pub(crate) fn of_direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Before => "before",
        Direction::After => "after",
        Direction::From => "from",
    }
}
