//! Generated arrays, maps and objects, and what binds their items.

use super::{Piece, Writer, operand, piece, power};
use crate::vocabulary::{Class, KEYS, Kind, paths};

impl Writer<'_> {
    /// An array of numbers, texts or times.
    pub(super) fn list(&mut self, kind: Kind, depth: usize) -> Piece {
        if depth == 0 {
            let named = if self.choices.pick(4) == 0 { None } else { self.named(kind) };
            return named.unwrap_or_else(|| self.list_literal(kind));
        }
        match self.choices.pick(9) {
            0 => self.list_literal(kind),
            1 | 2 => match self.named(kind) {
                Some(found) => found,
                None => self.list_literal(kind),
            },
            3 | 4 => self.projected(kind, depth - 1),
            5 => self.mapped(kind, depth - 1),
            6 => self.selected(kind, depth - 1),
            _ => self.call_giving(kind, depth - 1),
        }
    }

    pub(super) fn list_literal(&mut self, kind: Kind) -> Piece {
        let items: Vec<String> = (0..1 + self.choices.pick(3))
            .map(|_| match kind {
                Kind::Numbers => self.number_literal().text,
                Kind::Times => self.date().text,
                _ => self.text_literal().text,
            })
            .collect();
        operand(format!("[{}]", items.join(", ")))
    }

    /// A field of every item.
    fn projected(&mut self, kind: Kind, depth: usize) -> Piece {
        let class = self.class();
        let items = self.closed_kind(Kind::Items(class), depth, power::POSTFIX);
        let fits = |of: Kind| of == kind || of.list() == Some(kind);
        let fields: Vec<&str> =
            paths(class).iter().filter(|(_, of)| fits(*of)).map(|(path, _)| *path).collect();
        match fields.is_empty() {
            true => self.list_literal(kind),
            false => operand(format!("{items}.{}", self.choices.one(&fields))),
        }
    }

    /// `A.map(value)`
    fn mapped(&mut self, kind: Kind, depth: usize) -> Piece {
        let class = self.class();
        let items = self.closed_kind(Kind::Items(class), depth, power::POSTFIX);
        let item = kind.item().unwrap_or(Kind::Text);
        let value = self.per_item(Kind::Object(class), item, depth);
        operand(format!("{items}.map({value})"))
    }

    /// Something of an item: with its fields as names, or as a lambda.
    pub(super) fn per_item(&mut self, item: Kind, wanted: Kind, depth: usize) -> String {
        if matches!(item, Kind::Object(_)) && self.choices.pick(4) != 3 {
            return self.over(item, |writer| writer.of_kind(wanted, depth).text);
        }
        let scopes = self.scopes.len();
        let name = self.bind(item);
        let body = self.of_kind(wanted, depth).text;
        self.scopes.truncate(scopes);
        format!("({name}) => {body}")
    }

    /// `select x from A where c`
    fn selected(&mut self, kind: Kind, depth: usize) -> Piece {
        let scopes = self.scopes.len();
        let variable = self.variable(kind, depth);
        self.scopes.truncate(scopes);
        let keyword = self.keyword("select");
        piece(power::ANY, format!("{keyword} {variable}"))
    }

    /// `x from A where c`; the variable stays in scope.
    pub(super) fn variable(&mut self, list: Kind, depth: usize) -> String {
        let source = self.closed_kind(list, depth, power::POSTFIX);
        let name = self.bind(list.item().unwrap_or(Kind::Text));
        let from = self.keyword("from");
        if self.choices.pick(5) == 0 {
            return format!("{name} {from} {source}");
        }
        let condition = self.boolean(depth);
        // A quantifier at its end would take the next variable for its own.
        let condition =
            if condition.text.contains(" from ") { format!("({})", condition.text) } else { condition.text };
        match self.choices.pick(4) {
            0 => format!("{name} {from} {source} : {condition}"),
            _ => format!("{name} {from} {source} {} {condition}", self.keyword("where")),
        }
    }

    /// An array of objects.
    pub(super) fn items(&mut self, class: Class, depth: usize) -> Piece {
        let kind = Kind::Items(class);
        let found = match self.named(kind) {
            Some(found) => found,
            None => operand("xEvent.items"),
        };
        if depth == 0 {
            return found;
        }
        match self.choices.pick(10) {
            0..=1 => found,
            2..=6 => self.filtered(kind, depth - 1),
            7 => self.selected(kind, depth - 1),
            _ => self.call_giving(kind, depth - 1),
        }
    }

    /// `A[c]`, `A.filter(c)`
    fn filtered(&mut self, kind: Kind, depth: usize) -> Piece {
        let source = self.closed_kind(kind, depth.min(1), power::POSTFIX);
        let item = kind.item().unwrap_or(Kind::Text);
        let condition = self.over(item, |writer| writer.boolean(depth).text);
        // An index would be a filter whose condition is a number.
        operand(if self.choices.pick(4) == 0 {
            format!("{source}.filter({condition})")
        } else {
            format!("{source}[{condition}]")
        })
    }

    /// A map.
    pub(super) fn map(&mut self, kind: Kind, depth: usize) -> Piece {
        let named = self.named(kind);
        let value = if kind == Kind::NumberMap { Kind::Number } else { Kind::Text };
        match (named, self.choices.pick(if depth == 0 { 4 } else { 8 })) {
            (Some(found), 0..=2) => found,
            (_, 0..=3) => {
                let (key, value) = (self.choices.one(&KEYS), self.of_kind(value, 0).text);
                operand(format!("{{\"{key}\": {value}}}"))
            }
            (_, 4) => {
                let (key, value) = (self.text_literal().text, self.of_kind(value, depth - 1).text);
                operand(format!("mapEntry({key}, {value})"))
            }
            (_, 5) if kind == Kind::NumberMap => {
                let maps = [self.of_kind(kind, 0), self.of_kind(kind, 0)];
                let [left, right] = maps.map(|map| map.text);
                piece(power::SUM, format!("{left} {} {right}", self.choices.one(&["+", "-"])))
            }
            (_, 5 | 6) => self.grouped(kind, depth - 1),
            (_, _) => self.call_giving(kind, depth - 1),
        }
    }

    /// `A.groupBy(key).map((K, G) => mapEntry(K, value))`
    fn grouped(&mut self, kind: Kind, depth: usize) -> Piece {
        let class = self.class();
        let items = self.closed_kind(Kind::Items(class), depth, power::POSTFIX);
        let key = self.over(Kind::Object(class), |writer| writer.text(0).text);
        let scopes = self.scopes.len();
        let (name, group) = (self.bind(Kind::Text), self.bind(Kind::Items(class)));
        let value = match kind {
            Kind::NumberMap if self.choices.flip() => format!("{group}.count()"),
            Kind::NumberMap => self.number(depth).text,
            _ => self.text(depth).text,
        };
        self.scopes.truncate(scopes);
        operand(format!("{items}.groupBy({key}).map(({name}, {group}) => mapEntry({name}, {value}))"))
    }

    /// One object.
    pub(super) fn object(&mut self, class: Class, depth: usize) -> Piece {
        if let Some(found) = self.named(Kind::Object(class)) {
            return found;
        }
        let items = self.closed_kind(Kind::Items(class), depth, power::POSTFIX);
        operand(format!("{items}.head()"))
    }
}
