//! Generated calls: any row of the function table that gives what is wanted, with arguments of its parameters.

use acquaint_core::lang::Dialect;
use acquaint_core::lang::functions::{Clock, ParameterType, Presence, ResultType, Row, rows};

use super::{Piece, Writer, operand, power};
use crate::vocabulary::{Class, KEYS, Kind, LIKES, PATTERNS};

/// Rows that are written in another way, or not by people.
const WRITTEN_OTHERWISE: [&str; 3] = ["date", "groupBy", "stringToNumber"];

/// Patterns that both write and read times.
const DATE_PATTERNS: [&str; 3] = ["yyyy-MM-dd", "d/M/yy H:mm", "MMM d, yyyy"];
/// Locales that have names of months.
const LOCALES: [&str; 3] = ["en_GB", "fr_FR", "de-CH"];

impl Writer<'_> {
    /// A call whose value is of a kind.
    pub(super) fn call_giving(&mut self, kind: Kind, depth: usize) -> Piece {
        let rows: Vec<&Row> = rows()
            .filter(|row| row.is_in(Dialect::Pql) && !WRITTEN_OTHERWISE.contains(&row.name))
            // What may change at any instant runs as batch only, and nobody can say when it next changes.
            .filter(|row| row.clock != Clock::Instant && gives(row, kind))
            .collect();
        if rows.is_empty() {
            return self.of_kind(kind, 0);
        }
        let row = self.choices.one(&rows);
        self.call(row, kind, depth)
    }

    fn call(&mut self, row: &Row, wanted: Kind, depth: usize) -> Piece {
        let mut kinds: Vec<Kind> = Vec::new();
        let mut arguments: Vec<String> = Vec::new();
        // What the value must be in is chosen first.
        let list_of_in = self.any_list();
        for parameter in row.parameters {
            let count = match parameter.presence {
                Presence::Required => 1,
                Presence::Optional => usize::from(self.wants_optional(row, &kinds)),
                Presence::Repeated => self.choices.pick(3),
            };
            for _ in 0..count {
                let kind = match (arguments.len(), parameter.kind) {
                    (0, _) if row.result == ResultType::SameAs(0) => wanted,
                    (0, _) if row.result == ResultType::ItemOf(0) && row.name != "merge" => {
                        wanted.list().unwrap_or(Kind::Texts)
                    }
                    (0, ParameterType::ItemOf(1)) => list_of_in.item().unwrap_or(Kind::Text),
                    (1, ParameterType::List) if matches!(row.name, "in" | "notIn") => list_of_in,
                    (1, ParameterType::List) => kinds[0],
                    (0, ParameterType::List) if matches!(row.name, "sum" | "average") => Kind::Numbers,
                    (0, ParameterType::Map) => self.map_for(row, wanted),
                    (1, ParameterType::Any) if row.name == "mapEntry" => value_of(wanted),
                    (_, ParameterType::Any) if matches!(row.name, "equals" | "notEqualTo") => {
                        self.compared_kind(&kinds)
                    }
                    (_, ParameterType::ItemOf(index)) => {
                        kinds.get(index).and_then(|list| list.item()).unwrap_or(Kind::Text)
                    }
                    (_, other) => self.kind_for(other),
                };
                arguments.push(self.argument(row, parameter.kind, kind, &kinds, depth, arguments.is_empty()));
                kinds.push(kind);
            }
        }
        self.written_call(row, arguments)
    }

    /// `receiver.name(arguments)`, `name(receiver, arguments)`
    fn written_call(&mut self, row: &Row, mut arguments: Vec<String>) -> Piece {
        let operators = ["in", "notIn", "like", "matches"];
        if operators.contains(&row.name) && self.choices.pick(3) != 0 {
            let left = self.closed_text(&arguments[0]);
            let right = self.closed_text(&arguments[1]);
            return super::piece(power::COMPARISON, format!("{left} {} {right}", row.name));
        }
        let is_method = !operators.contains(&row.name) && !arguments.is_empty() && row.name != "mapEntry";
        if is_method && self.choices.pick(6) != 0 {
            let receiver = arguments.remove(0);
            let receiver = self.closed_text(&receiver);
            return operand(format!("{receiver}.{}({})", row.name, arguments.join(", ")));
        }
        operand(format!("{}({})", row.name, arguments.join(", ")))
    }

    /// In parentheses unless it is a path, a call or a constant of its own.
    fn closed_text(&mut self, text: &str) -> String {
        let simple = text.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '$' | '^'))
            && !text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
        if simple { text.into() } else { format!("({text})") }
    }

    fn wants_optional(&mut self, row: &Row, kinds: &[Kind]) -> bool {
        let of_items = matches!(kinds, [Kind::Items(_), ..]);
        if matches!(row.name, "sum" | "average" | "min" | "max") {
            of_items
        } else {
            self.choices.pick(3) == 0
        }
    }

    fn argument(
        &mut self,
        row: &Row,
        parameter: ParameterType,
        kind: Kind,
        before: &[Kind],
        depth: usize,
        is_receiver: bool,
    ) -> String {
        match parameter {
            ParameterType::Regex => {
                let pattern = self.choices.one(&PATTERNS);
                self.quoted(pattern)
            }
            ParameterType::DateFormat | ParameterType::DateNotation => {
                format!("\"{}\"", self.choices.one(&DATE_PATTERNS))
            }
            ParameterType::Locale => format!("\"{}\"", self.choices.one(&LOCALES)),
            ParameterType::Zone => "\"+01:00\"".into(),
            ParameterType::String if row.name == "like" && !is_receiver => {
                let pattern = self.choices.one(&LIKES);
                self.quoted(pattern)
            }
            ParameterType::String if row.name == "get" => format!("\"{}\"", self.choices.one(&KEYS)),
            ParameterType::Boolean => self.choices.one(&["true", "false"]).into(),
            ParameterType::Integer if !is_receiver => format!("{}", self.choices.pick(4)),
            ParameterType::PerItem | ParameterType::PerItemInstead => {
                let item = before.first().and_then(|list| list.item()).unwrap_or(Kind::Text);
                let value = if matches!(item, Kind::Object(_)) { Kind::Number } else { item };
                self.per_item(item, value, depth.min(1))
            }
            // `in ("a")` and `in (["a", "b"])` are read as lists.
            ParameterType::List if row.name == "in" && self.choices.pick(3) != 0 => {
                self.list_literal(kind).text
            }
            ParameterType::String if !is_receiver && self.choices.pick(3) != 0 => self.text_literal().text,
            ParameterType::Any
            | ParameterType::Integer
            | ParameterType::Number
            | ParameterType::String
            | ParameterType::Instant
            | ParameterType::Dated
            | ParameterType::List
            | ParameterType::Map
            | ParameterType::ItemOf(_) => self.of_kind(kind, depth).text,
        }
    }

    fn kind_for(&mut self, parameter: ParameterType) -> Kind {
        let rarely_many = self.choices.pick(10) == 9;
        match parameter {
            ParameterType::Any => self.choices.one(&[
                Kind::Text,
                Kind::Number,
                Kind::Time,
                Kind::Texts,
                Kind::Numbers,
                Kind::Items(Class::Order),
                Kind::Object(Class::Address),
            ]),
            ParameterType::Boolean => Kind::Boolean,
            ParameterType::Integer => Kind::Integer,
            ParameterType::Number => Kind::Number,
            ParameterType::String | ParameterType::Regex if rarely_many => Kind::Texts,
            ParameterType::String
            | ParameterType::Regex
            | ParameterType::DateFormat
            | ParameterType::DateNotation
            | ParameterType::Zone
            | ParameterType::Locale => Kind::Text,
            ParameterType::Dated => self.choices.one(&[Kind::Text, Kind::Time]),
            ParameterType::Instant if rarely_many => Kind::Times,
            ParameterType::Instant => Kind::Time,
            ParameterType::List => self.any_list(),
            ParameterType::Map => Kind::NumberMap,
            ParameterType::ItemOf(_) | ParameterType::PerItem | ParameterType::PerItemInstead => Kind::Text,
        }
    }

    fn any_list(&mut self) -> Kind {
        self.choices.one(&[Kind::Texts, Kind::Texts, Kind::Numbers])
    }

    /// The receiver of `equals`, and what it is compared with.
    fn compared_kind(&mut self, before: &[Kind]) -> Kind {
        match before.first() {
            Some(receiver) => receiver.item().unwrap_or(*receiver),
            None => self.choices.one(&[Kind::Text, Kind::Text, Kind::Number, Kind::Texts]),
        }
    }

    fn map_for(&mut self, row: &Row, wanted: Kind) -> Kind {
        match (row.result, wanted) {
            (ResultType::ValueOf(_), Kind::Text) | (ResultType::ListOfValuesOf(_), Kind::Texts) => {
                Kind::TextMap
            }
            (ResultType::ListOfStrings, _) => self.choices.one(&[Kind::TextMap, Kind::NumberMap]),
            _ => Kind::NumberMap,
        }
    }
}

fn value_of(map: Kind) -> Kind {
    if map == Kind::TextMap { Kind::Text } else { Kind::Number }
}

/// Whether the row can give a value of a kind, with arguments chosen for it.
fn gives(row: &Row, kind: Kind) -> bool {
    let first = row.parameters.first().map(|first| first.kind);
    match row.result {
        ResultType::Boolean => kind == Kind::Boolean,
        ResultType::Integer => matches!(kind, Kind::Integer | Kind::Number),
        ResultType::Number => kind == Kind::Number,
        ResultType::String => kind == Kind::Text,
        ResultType::Date | ResultType::DateTime => kind == Kind::Time,
        ResultType::Any | ResultType::List => false,
        ResultType::SameAs(_) => match first {
            Some(ParameterType::String) => kind == Kind::Text,
            Some(ParameterType::Number) => matches!(kind, Kind::Number | Kind::Integer),
            Some(ParameterType::Instant) => kind == Kind::Time,
            Some(ParameterType::List) => kind.item().is_some(),
            _ => false,
        },
        ResultType::ItemOf(_) => match row.name {
            "min" | "max" => matches!(kind, Kind::Number | Kind::Time),
            "merge" => false,
            _ => matches!(kind, Kind::Number | Kind::Text | Kind::Time),
        },
        ResultType::ValueOf(_) => matches!(kind, Kind::Number | Kind::Text),
        ResultType::ListOfStrings => kind == Kind::Texts,
        ResultType::ListOfValuesOf(_) => matches!(kind, Kind::Texts | Kind::Numbers),
        ResultType::ListOfEntriesOf(_) => false,
        ResultType::MapOf(_) => row.name == "mapEntry" && matches!(kind, Kind::NumberMap | Kind::TextMap),
    }
}
