//! Generated numbers and texts.

use super::{Piece, Writer, operand, piece, power};
use crate::vocabulary::{KEYS, Kind, WORDS};

impl Writer<'_> {
    /// A constant; negative ones bind like the sign.
    pub(super) fn number_literal(&mut self) -> Piece {
        match self.choices.pick(12) {
            0..=4 => operand(format!("{}", self.choices.pick(5))),
            5 => operand(format!("{}", self.choices.pick(50))),
            6 => operand(format!("{}.{}", self.choices.pick(5), self.choices.pick(10))),
            7 => operand(self.choices.one(&[".5", "2.02E12", "2.5E-3", "1e3", "0.1"])),
            8 => piece(power::SIGN, self.choices.one(&["-1", "-0.5", "-3", "-0.0"])),
            9 => operand(self.choices.one(&["9007199254740993", "9223372036854775807", "1.5e300", "1e-300"])),
            _ => operand(format!("{}", 1 + self.choices.pick(3))),
        }
    }

    fn whole_literal(&mut self) -> Piece {
        operand(format!("{}", self.choices.pick(6)))
    }

    pub(super) fn integer(&mut self, depth: usize) -> Piece {
        if depth == 0 {
            let named = if self.choices.flip() { self.named(Kind::Integer) } else { None };
            return named.unwrap_or_else(|| self.whole_literal());
        }
        match self.choices.pick(6) {
            0 => self.whole_literal(),
            1 | 2 => match self.named(Kind::Integer) {
                Some(found) => found,
                None => self.whole_literal(),
            },
            3 => self.count(depth - 1),
            _ => self.call_giving(Kind::Integer, depth - 1),
        }
    }

    pub(super) fn number(&mut self, depth: usize) -> Piece {
        if depth == 0 {
            let named = if self.choices.pick(3) == 0 { None } else { self.named(Kind::Number) };
            return named.unwrap_or_else(|| self.number_literal());
        }
        match self.choices.pick(14) {
            0 => self.number_literal(),
            1..=3 => match self.named(Kind::Number) {
                Some(found) => found,
                None => self.number_literal(),
            },
            4 | 5 => self.arithmetic(depth - 1),
            6 => {
                let inner = self.closed_kind(Kind::Number, depth - 1, power::SIGN);
                // `--1` would be the negation of a negative constant, and is written so.
                piece(power::SIGN, format!("-{inner}"))
            }
            7 | 8 => self.count(depth - 1),
            9 => self.aggregate_operator(depth - 1),
            10 => self.of_map(Kind::NumberMap, depth - 1),
            _ => self.call_giving(Kind::Number, depth - 1),
        }
    }

    fn arithmetic(&mut self, depth: usize) -> Piece {
        let (operator, power) = self.choices.one(&[
            ("+", power::SUM),
            ("-", power::SUM),
            ("*", power::PRODUCT),
            ("/", power::PRODUCT),
            ("%", power::PRODUCT),
        ]);
        let left = self.closed_kind(Kind::Number, depth, power);
        let right = self.closed_kind(Kind::Number, depth, power + 1);
        piece(power, format!("{left} {operator} {right}"))
    }

    /// `A.count()`
    pub(super) fn count(&mut self, depth: usize) -> Piece {
        let class = self.class();
        let list = match self.choices.pick(6) {
            0 => self.choices.one(&[Kind::Texts, Kind::Numbers]),
            _ => Kind::Items(class),
        };
        let list = self.closed_kind(list, depth, power::POSTFIX);
        operand(format!("{list}.count()"))
    }

    /// `sum e over x from A where c`
    fn aggregate_operator(&mut self, depth: usize) -> Piece {
        let name = self.choices.one(&["sum", "average", "min", "max"]);
        let scopes = self.scopes.len();
        let written = if self.choices.pick(3) == 0 {
            let variable = self.variable(Kind::Numbers, depth);
            format!("{name} {variable}")
        } else {
            let class = self.class();
            let mut variables = self.variable(Kind::Items(class), depth);
            if self.choices.pick(4) == 3 {
                variables = format!("{variables}, {}", self.variable(Kind::Numbers, 0));
            }
            // The variables are known in front of their declarations.
            let value = self.closed_kind(Kind::Number, depth.min(1), power::SUM);
            format!("{name} ({value}) over {variables}")
        };
        self.scopes.truncate(scopes);
        piece(power::ANY, written)
    }

    /// `m.get("k")`, `m.k`
    fn of_map(&mut self, kind: Kind, depth: usize) -> Piece {
        let map = self.closed_kind(kind, depth, power::POSTFIX);
        let key = self.choices.one(&KEYS);
        operand(if self.choices.flip() && key.is_ascii() {
            format!("{map}.{key}")
        } else {
            format!("{map}.get(\"{key}\")")
        })
    }

    pub(super) fn text_literal(&mut self) -> Piece {
        let word = self.choices.one(&WORDS);
        operand(self.quoted(word))
    }

    pub(super) fn text(&mut self, depth: usize) -> Piece {
        if depth == 0 {
            let named = if self.choices.pick(3) == 0 { None } else { self.named(Kind::Text) };
            return named.unwrap_or_else(|| self.text_literal());
        }
        match self.choices.pick(8) {
            0 => self.text_literal(),
            1..=4 => match self.named(Kind::Text) {
                Some(found) => found,
                None => self.text_literal(),
            },
            5 => self.of_map(Kind::TextMap, depth - 1),
            _ => self.call_giving(Kind::Text, depth - 1),
        }
    }
}
