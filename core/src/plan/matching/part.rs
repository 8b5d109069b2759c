//! Tests of one field: its value finds the row of their answers by one look-up of a text or one search among the
//! constants that it may be compared with, however many tests there are.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cell::Cell;
use core::cmp::Ordering;

use super::ask::{Ask, Relation};
use super::bits;
use super::rows::{RowSet, Rows};
use super::texts::Texts;
use crate::value::{Fields, Value};

/// More rows than this would take more memory than they save time: the tests are then asked one by one.
const ROWS_MAX: usize = 4_096;
/// Nor is more than this asked to make them: values to be told apart, times constants.
const QUESTIONS_MAX: usize = 1 << 20;
/// Whole numbers up to this size are floating point numbers too.
const EXACT_MAX: i64 = 1 << 53;

/// Tests of one field.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    asks: Vec<Ask>,
    rows: Rows,
    texts: Texts,
    other_text: u32,
    yes: u32,
    no: u32,
    object: u32,
    numbers: Option<Numbers>,
    /// The answer for a list is not that for any of its items.
    asks_truth: bool,
}

/// The constants that have a place among numbers, and the rows of the values at and between them.
#[derive(Clone, Debug)]
struct Numbers {
    /// Ascending, each once; instants as whole numbers.
    keys: Vec<Value>,
    /// The same as floating point, if no key is rounded.
    exact: Option<Vec<f64>>,
    integers: Vec<u32>,
    doubles: Vec<u32>,
    /// Of texts that are instants and no constants.
    instants: Vec<u32>,
}

impl Part {
    /// Of tests, in their order.
    pub(crate) fn new(asks: Vec<Ask>) -> Self {
        let mut rows = RowSet::new(&asks);
        let numbers = Numbers::new(&asks, &mut rows);
        let unrelated = |_: usize, _: &Value| Relation { equal: false, order: None };
        let other_text = rows.add(|ask| ask.holds_by(&unrelated));
        let texts = texts(&asks, &mut rows, other_text, numbers.is_some());
        Self {
            other_text,
            yes: rows.add(|ask| ask.holds(&Value::Boolean(true))),
            no: rows.add(|ask| ask.holds(&Value::Boolean(false))),
            object: rows.add(|ask| ask.holds(&Value::Object(Fields::new()))),
            numbers,
            texts: Texts::new(texts),
            rows: rows.finish(),
            asks_truth: asks.contains(&Ask::Truth),
            asks,
        }
    }

    /// Words that the answers take.
    pub(crate) fn words(&self) -> usize {
        self.rows.width()
    }

    /// The tests.
    pub(crate) fn asks(&self) -> &[Ask] {
        &self.asks
    }

    /// Of how many values of its field a test, by its number, is true, roughly, from 0 to 1.
    pub(crate) fn chance(&self, number: u32) -> f32 {
        let Some(ask) = self.asks.get(number as usize) else { return 0.5 };
        let among = |count: usize| 1.0 / (1.5 + count as f32);
        match ask {
            Ask::Compare(crate::lang::typed::Comparison::Equal, Value::String(_)) => among(self.texts.len()),
            Ask::Compare(crate::lang::typed::Comparison::Equal, Value::Boolean(_)) => 0.5,
            Ask::Compare(crate::lang::typed::Comparison::Equal, _) => {
                among(self.numbers.as_ref().map_or(0, |numbers| numbers.keys.len()))
            }
            Ask::Compare(crate::lang::typed::Comparison::NotEqual, _) | Ask::Truth => 0.8,
            Ask::Compare(..) => self.numbers.as_ref().map_or(0.5, |numbers| {
                let held = numbers.integers.iter().filter(|row| self.row_holds(**row, number)).count();
                (held as f32 / numbers.integers.len().max(1) as f32).clamp(0.1, 0.9)
            }),
            Ask::Listed(..) => (ask.constants().len() as f32 * among(self.texts.len())).min(0.8),
        }
    }

    fn row_holds(&self, row: u32, number: u32) -> bool {
        let (word, mask) = bits::place(number);
        self.rows.get(row).get(word).is_some_and(|word| word & mask != 0)
    }

    /// Adds the answers for a value to the words, which start where those of these tests do.
    pub(crate) fn answer(&self, value: &Value, words: &[Cell<u64>]) {
        match value {
            Value::Null => {}
            Value::List(items) => {
                let nested = items.iter().any(|item| matches!(item, Value::List(_)));
                if nested || self.asks_truth {
                    self.one_by_one(value, words);
                } else {
                    items.iter().for_each(|item| self.answer(item, words));
                }
            }
            Value::Boolean(_)
            | Value::Integer(_)
            | Value::Double(_)
            | Value::Time(_)
            | Value::String(_)
            | Value::Object(_) => match self.row(value) {
                Some(row) => {
                    for (word, answers) in words.iter().zip(self.rows.get(row)) {
                        word.set(word.get() | answers);
                    }
                }
                None => self.one_by_one(value, words),
            },
        }
    }

    fn row(&self, value: &Value) -> Option<u32> {
        Some(match value {
            Value::String(text) => match self.texts.find(text) {
                Some(row) => row,
                None => self.text(text)?,
            },
            Value::Boolean(true) => self.yes,
            Value::Boolean(false) => self.no,
            Value::Object(_) => self.object,
            Value::Integer(_) => self.numbers.as_ref()?.find(value, |numbers| &numbers.integers)?,
            Value::Double(number) if number.is_nan() => return None,
            Value::Double(_) => self.numbers.as_ref()?.find(value, |numbers| &numbers.doubles)?,
            Value::Null | Value::Time(_) | Value::List(_) => return None,
        })
    }

    /// A text that is no constant may still be an instant, if there is anything to compare one with.
    fn text(&self, text: &str) -> Option<u32> {
        let numbers = self.numbers.as_ref()?;
        // Constants that are instants are among the keys.
        if numbers.keys.is_empty() {
            return Some(self.other_text);
        }
        match crate::time::parse_instant(text) {
            Some(instant_ms) => numbers.find(&Value::Integer(instant_ms), |numbers| &numbers.instants),
            None => Some(self.other_text),
        }
    }

    #[cold]
    fn one_by_one(&self, value: &Value, words: &[Cell<u64>]) {
        for (ask, bit) in self.asks.iter().zip(0..) {
            let holds = match value {
                Value::Integer(_) | Value::Double(_) | Value::Time(_) | Value::String(_) => {
                    ask.holds_of_one(value)
                }
                Value::Null | Value::Boolean(_) | Value::List(_) | Value::Object(_) => ask.holds(value),
            };
            if holds {
                bits::set(words, bit);
            }
        }
    }
}

/// The rows of the texts among the constants. Those that are instants are left out where those are asked one by one.
fn texts(asks: &[Ask], rows: &mut RowSet<'_>, other_text: u32, with_instants: bool) -> Vec<(Box<str>, u32)> {
    let mut named: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for (ask, number) in asks.iter().zip(0..) {
        for text in ask.constants().iter().filter_map(Value::as_str) {
            named.entry(text).or_default().push(number);
        }
    }
    let mut texts = Vec::new();
    for (text, named) in named {
        let value = Value::from(text);
        let holds = |ask: &Ask| ask.holds_of_one(&value);
        let row = match value.as_instant_ms() {
            // Only those that name it tell it from any other text.
            None => rows.add_changed(other_text, &named, holds),
            Some(_) if with_instants => rows.add(holds),
            Some(_) => continue,
        };
        texts.push((Box::from(text), row));
    }
    texts
}

/// The place of a constant among numbers.
fn key(constant: &Value) -> Option<Value> {
    match constant {
        Value::Double(number) if number.is_nan() => None,
        Value::Integer(_) | Value::Double(_) => Some(constant.clone()),
        Value::Time(_) | Value::String(_) => constant.as_instant_ms().map(Value::Integer),
        Value::Null | Value::Boolean(_) | Value::List(_) | Value::Object(_) => None,
    }
}

impl Numbers {
    fn new(asks: &[Ask], rows: &mut RowSet<'_>) -> Option<Self> {
        let mut keys: Vec<Value> = asks.iter().flat_map(Ask::constants).filter_map(key).collect();
        keys.sort_by(|left, right| left.compare(right).unwrap_or(Ordering::Equal));
        keys.dedup_by(|left, right| left.equals(right));
        let constants: usize = asks.iter().map(|ask| ask.constants().len()).sum();
        let places_count = keys.len() * 2 + 1;
        if places_count > ROWS_MAX || places_count.saturating_mul(constants) > QUESTIONS_MAX {
            return None;
        }
        // A value at an odd place is equal to a key, at an even place it is between two.
        let place_of = |constant: &Value| {
            let key = key(constant)?;
            Some(keys.partition_point(|known| known.compare(&key) == Some(Ordering::Less)) * 2 + 1)
        };
        let places: Vec<Vec<Option<usize>>> =
            asks.iter().map(|ask| ask.constants().iter().map(place_of).collect()).collect();
        let mut of = |relation: fn(Ordering, &Value) -> Relation| {
            let mut row = |place: usize| {
                rows.add_numbered(|number, ask| {
                    ask.holds_by(&|constant, value| {
                        let known = places.get(number).and_then(|places| *places.get(constant)?);
                        let none = Relation { equal: false, order: None };
                        known.map_or(none, |known| relation(place.cmp(&known), value))
                    })
                })
            };
            (0..=keys.len() * 2).map(&mut row).collect()
        };
        Some(Self {
            integers: of(|order, _| Relation { equal: order == Ordering::Equal, order: Some(order) }),
            doubles: of(|order, constant| {
                let order = matches!(constant, Value::Integer(_) | Value::Double(_)).then_some(order);
                Relation { equal: order == Some(Ordering::Equal), order }
            }),
            instants: of(|order, constant| {
                let order = (!matches!(constant, Value::Double(_))).then_some(order);
                // Texts are equal as texts, and this one is no constant.
                let equal = order == Some(Ordering::Equal) && !matches!(constant, Value::String(_));
                Relation { equal, order }
            }),
            exact: keys.iter().map(exact).collect(),
            keys,
        })
    }

    fn find(&self, value: &Value, rows: impl Fn(&Self) -> &Vec<u32>) -> Option<u32> {
        let place = match (&self.exact, exact(value)) {
            (Some(keys), Some(value)) => {
                let below = keys.partition_point(|key| *key < value);
                below * 2 + usize::from(keys.get(below).is_some_and(|key| *key == value))
            }
            (_, _) => {
                let below = self.keys.partition_point(|key| key.compare(value) == Some(Ordering::Less));
                below * 2 + usize::from(self.keys.get(below).is_some_and(|key| key.equals(value)))
            }
        };
        rows(self).get(place).copied()
    }
}

/// The number as floating point, if nothing is lost.
fn exact(value: &Value) -> Option<f64> {
    match value {
        Value::Integer(number) if (-EXACT_MAX..=EXACT_MAX).contains(number) => value.as_f64(),
        Value::Double(number) => Some(*number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::vec;

    use super::*;
    use crate::lang::typed::Comparison;
    use crate::plan::functions::{IN, NOT_IN};

    fn constants() -> Vec<Value> {
        vec![
            Value::Boolean(true),
            Value::Integer(0),
            Value::Integer(5),
            Value::Integer(1_577_836_800_000),
            Value::Integer((1 << 53) + 1),
            Value::Integer(i64::MAX),
            Value::Double(-0.5),
            Value::Double(5.0),
            Value::Double(9_007_199_254_740_992.0),
            Value::Time(1_577_836_800_000),
            Value::from("2020-01-01"),
            Value::from("2020-01-01T00:00:00Z"),
            Value::from("2021-05-05"),
            Value::from("gold"),
            Value::from(""),
        ]
    }

    fn values() -> Vec<Value> {
        let mut values = constants();
        values.extend([
            Value::Null,
            Value::Boolean(false),
            Value::Integer(-1),
            Value::Integer(4),
            Value::Integer(1 << 53),
            Value::Double(5.5),
            Value::Double(1e300),
            Value::Double(1_577_836_800_000.0),
            Value::Time(5),
            Value::from("2019-01-01"),
            Value::from("2020-01-01T00:00:00.000Z"),
            Value::from("2030-01-01"),
            Value::from("Gold"),
            Value::Object(Fields::new()),
            Value::Object([("a".into(), Value::Integer(5))].into()),
            Value::List(vec![]),
        ]);
        let lists = [
            vec![Value::Integer(5), Value::from("gold")],
            vec![Value::Null],
            vec![Value::Boolean(false)],
            vec![Value::List(vec![Value::Integer(5)])],
            vec![Value::List(vec![]), Value::Object(Fields::new())],
            vec![Value::from("2021-05-05"), Value::Double(0.0)],
        ];
        values.extend(lists.map(Value::List));
        values
    }

    fn asks() -> Vec<Ask> {
        let comparisons = [
            Comparison::Equal,
            Comparison::NotEqual,
            Comparison::Less,
            Comparison::LessOrEqual,
            Comparison::Greater,
            Comparison::GreaterOrEqual,
        ];
        let mut asks: Vec<Ask> = constants()
            .into_iter()
            .flat_map(|constant| comparisons.map(|operator| Ask::Compare(operator, constant.clone())))
            .collect();
        for function in [IN, NOT_IN] {
            asks.push(Ask::Listed(function, vec![]));
            asks.push(Ask::Listed(function, vec![Value::from("gold"), Value::from("2021-05-05")]));
            asks.push(Ask::Listed(function, vec![Value::Integer(5), Value::Time(1_577_836_800_000)]));
        }
        asks
    }

    fn check(part: &Part, value: &Value) {
        let words = vec![Cell::new(0); part.words()];
        part.answer(value, &words);
        for (ask, bit) in part.asks().iter().zip(0..) {
            assert_eq!(bits::is_set(&words, bit), ask.holds(value), "{ask:?} of {value:?}");
        }
    }

    #[test]
    fn a_part_answers_as_its_tests_one_by_one() {
        let part = Part::new(asks());
        values().iter().for_each(|value| check(&part, value));
        let with_truth = Part::new(asks().into_iter().chain([Ask::Truth]).collect());
        values().iter().for_each(|value| check(&with_truth, value));
        for ask in asks() {
            let part = Part::new(vec![ask]);
            values().iter().for_each(|value| check(&part, value));
        }
    }

    #[test]
    fn very_many_constants_are_asked_one_by_one() {
        let of = |number| Ask::Compare(Comparison::GreaterOrEqual, Value::Integer(number));
        let listed = (0..5_000).map(Value::Integer).chain([Value::from("2020-01-01"), Value::from("much")]);
        let part = Part::new(vec![Ask::Listed(IN, listed.collect()), of(2_500)]);
        assert!(part.numbers.is_none());
        let texts = ["much", "little", "2020-01-01", "2020-01-02"].map(Value::from);
        for value in [Value::Integer(2_500), Value::Double(2_500.5), Value::Integer(-1)].iter().chain(&texts)
        {
            check(&part, value);
        }
    }
}
