//! Generated conditions.

use super::scope::Scope;
use super::{Piece, Writer, operand, piece, power};
use crate::vocabulary::{Class, Kind};

const COMPARISONS: [&str; 7] = ["=", "!=", ">", ">=", "<", "<=", "="];
const QUANTIFIERS: [&str; 6] = ["exists", "some", "forall", "all", "none", "one"];

impl Writer<'_> {
    pub(super) fn boolean(&mut self, depth: usize) -> Piece {
        self.pieces += 1;
        let depth = if self.pieces > super::PIECES_MAX { 0 } else { depth };
        if depth == 0 {
            return self.simple();
        }
        match self.choices.pick(30) {
            // What audiences are mostly about.
            22..=27 if self.scopes.is_empty() => self.of_events(depth - 1),
            28 | 29 if self.scopes.is_empty() => self.chain(depth - 1),
            0 | 1 => self.joined("and", power::AND, depth - 1),
            2..=4 => self.joined("or", power::OR, depth - 1),
            5 | 6 => {
                let operand = self.boolean(depth - 1);
                let operand = self.closed(operand, power::NOT);
                let not =
                    if self.choices.pick(3) == 0 { "!".into() } else { format!("{} ", self.keyword("not")) };
                piece(power::NOT, format!("{not}{operand}"))
            }
            7..=10 => self.of_events(depth - 1),
            11 | 12 => self.quantified(depth - 1),
            13 => self.chain(depth - 1),
            14 => self.occurs(depth - 1),
            15 => self.compared(depth - 1),
            16 => self.existing(depth - 1),
            17 => self.call_giving(Kind::Boolean, depth - 1),
            18 => self.call_giving(Kind::Boolean, depth - 1),
            19 => self.of_kind(Kind::Boolean, 0),
            20 if depth > 1 => match self.choices.flip() {
                true => self.conditional(Kind::Boolean, depth - 1),
                false => self.bound(Kind::Boolean, depth - 1),
            },
            _ => self.simple(),
        }
    }

    fn joined(&mut self, word: &str, power: u8, depth: usize) -> Piece {
        let operands: Vec<String> = (0..2 + self.choices.pick(3) / 2)
            .map(|_| {
                let operand = self.boolean(depth);
                self.closed(operand, power + 1)
            })
            .collect();
        let word = self.keyword(word);
        piece(power, operands.join(&format!(" {word} ")))
    }

    /// Without anything nested.
    pub(super) fn simple(&mut self) -> Piece {
        if let Some(event) = self.event_in_scope()
            && self.choices.pick(5) < 3
        {
            return self.of_event_itself(&event);
        }
        match self.choices.pick(12) {
            0..=4 => self.compared(0),
            5 | 6 => self.occurs(0),
            7 => self.call_giving(Kind::Boolean, 0),
            8 => self.named(Kind::Boolean).unwrap_or_else(|| operand("true")),
            9 => self.defined(),
            10 if !self.in_events() => self.member(),
            _ => match self.choices.pick(4) {
                0 => operand(self.choices.one(&["true", "false"])),
                _ => self.compared(0),
            },
        }
    }

    /// What to write before the fields of the innermost item, if that is an event.
    fn event_in_scope(&self) -> Option<String> {
        match self.scopes.last()? {
            Scope::Item(Kind::Object(Class::Event)) => Some(String::new()),
            Scope::Named(name, Kind::Object(Class::Event)) => Some(format!("{name}.")),
            Scope::Item(_) | Scope::Named(..) => None,
        }
    }

    /// What is mostly asked of one event.
    fn of_event_itself(&mut self, event: &str) -> Piece {
        let (number, word) = (self.choices.pick(3), self.choices.one(&["a", "b", "c"]));
        let comparison = self.choices.one(&COMPARISONS);
        let text = match self.choices.pick(10) {
            0..=3 => format!("{event}eventType = \"{word}\""),
            4 => format!("{event}eventType in [\"{word}\", \"b\"]"),
            5 => format!("{event}visits {comparison} {number}"),
            6 => format!("{event}commerce.amount {comparison} {number}"),
            7 => format!("{event}tags = \"{word}\""),
            _ => format!("{event}timestamp occurs {}", self.test(0)),
        };
        piece(power::COMPARISON, text)
    }

    fn in_events(&self) -> bool {
        !self.scopes.is_empty()
    }

    /// Something that is true if it is there.
    fn defined(&mut self) -> Piece {
        let kinds = [
            Kind::Texts,
            Kind::Numbers,
            Kind::Items(Class::Order),
            Kind::Number,
            Kind::Text,
            Kind::Object(Class::Address),
            Kind::Items(Class::Item),
        ];
        let kind = self.choices.one(&kinds);
        self.named(kind).unwrap_or_else(|| operand("xEvent"))
    }

    fn member(&mut self) -> Piece {
        let audience = match (self.audiences.len(), self.choices.pick(3)) {
            (0, _) | (_, 0) => "external".into(),
            _ => self.choices.one(self.audiences),
        };
        operand(format!("inSegment(\"{audience}\")"))
    }

    fn compared(&mut self, depth: usize) -> Piece {
        let (kind, other) = self.choices.one(&[
            (Kind::Number, Kind::Number),
            (Kind::Number, Kind::Number),
            (Kind::Integer, Kind::Number),
            (Kind::Text, Kind::Text),
            (Kind::Text, Kind::Text),
            (Kind::Time, Kind::Time),
            (Kind::Numbers, Kind::Number),
            (Kind::Texts, Kind::Text),
            (Kind::Boolean, Kind::Boolean),
        ]);
        let operator = match kind {
            Kind::Text | Kind::Texts | Kind::Boolean => self.choices.one(&["=", "=", "!="]),
            _ => self.choices.one(&COMPARISONS),
        };
        let left = match kind {
            Kind::Boolean => self.named(Kind::Boolean).map_or_else(|| "true".into(), |found| found.text),
            _ => self.closed_kind(kind, depth, power::SUM),
        };
        let right = match other {
            Kind::Boolean => self.choices.one(&["true", "false", "\"true\""]).into(),
            // Most comparisons are with constants.
            Kind::Number if self.choices.pick(4) != 0 => {
                let constant = self.number_literal();
                self.closed(constant, power::SUM)
            }
            Kind::Text if self.choices.pick(4) != 0 => self.text_literal().text,
            _ => self.closed_kind(other, depth.min(1), power::SUM),
        };
        let flipped = other == Kind::Number && self.choices.pick(8) == 7;
        let (left, right) = if flipped { (right, left) } else { (left, right) };
        piece(power::COMPARISON, format!("{left} {operator} {right}"))
    }

    /// What most audiences ask of events: whether, how many, how much.
    fn of_events(&mut self, depth: usize) -> Piece {
        let events = match self.choices.pick(8) {
            0 => "xEvent".into(),
            1 => self.closed_kind(Kind::Items(Class::Event), depth, power::POSTFIX),
            // What most audiences ask.
            2..=5 => {
                let (term, days) = (self.of_event_itself("").text, 1 + self.choices.pick(60));
                format!("xEvent[{term} and timestamp occurs <= {days} days before now]")
            }
            _ => {
                let item = Kind::Object(Class::Event);
                let depth = if self.choices.flip() { 0 } else { depth };
                let condition = self.over(item, |writer| writer.boolean(depth).text);
                format!("xEvent[{condition}]")
            }
        };
        let number = match self.choices.pick(4) {
            0 => self.number_literal(),
            _ => operand(format!("{}", self.choices.pick(4))),
        };
        let number = self.closed(number, power::SUM);
        let comparison = self.choices.one(&COMPARISONS);
        let aggregate = self.choices.one(&["sum", "average", "min", "max"]);
        match self.choices.pick(8) {
            0 | 1 => operand(events),
            2..=4 => piece(power::COMPARISON, format!("{events}.count() {comparison} {number}")),
            5 => {
                let field = self.choices.one(&["commerce.amount", "items.price", "visits"]);
                piece(power::COMPARISON, format!("{events}.{field}.{aggregate}() {comparison} {number}"))
            }
            6 => {
                let value = self.per_item(Kind::Object(Class::Event), Kind::Number, 1.min(depth));
                piece(power::COMPARISON, format!("{events}.{aggregate}({value}) {comparison} {number}"))
            }
            _ => {
                let (test, field) = (self.test(0), self.choices.one(&["timestamp", "seenAt"]));
                piece(power::COMPARISON, format!("{events}.{field} occurs {test}"))
            }
        }
    }

    /// `exists x from A where c, y from B where d`
    fn quantified(&mut self, depth: usize) -> Piece {
        let scopes = self.scopes.len();
        let kinds = [Kind::Texts, Kind::Numbers];
        let mut variables = vec![self.declared(&kinds, depth)];
        if self.choices.pick(4) == 3 {
            variables.push(self.declared(&kinds, 0));
        }
        self.scopes.truncate(scopes);
        let variables = variables.join(", ");
        let word = match self.choices.pick(9) {
            0 if variables.contains(", ") => {
                return piece(
                    power::COMPARISON,
                    format!("(select {variables}).count() > {}", self.choices.pick(3)),
                );
            }
            0 => "select",
            1..=3 => "exists",
            _ => self.choices.one(&QUANTIFIERS),
        };
        let word = self.keyword(word);
        piece(power::ANY, format!("{word} {variables}"))
    }

    fn declared(&mut self, kinds: &[Kind], depth: usize) -> String {
        let class = self.class();
        let kind = if self.choices.pick(4) == 3 { self.choices.one(kinds) } else { Kind::Items(class) };
        self.variable(kind, depth)
    }

    /// `A.exists(c)`
    fn existing(&mut self, depth: usize) -> Piece {
        let class = self.class();
        let items = self.closed_kind(Kind::Items(class), depth, power::POSTFIX);
        let condition = self.per_item(Kind::Object(class), Kind::Boolean, depth);
        operand(format!("{items}.exists({condition})"))
    }
}
