//! Generated texts, directed by type: an expression of a wanted kind is written from productions that give it, with
//! parentheses where binding powers need them and sometimes where they do not.

mod booleans;
mod calls;
mod chain;
mod lists;
mod numbers;
mod scope;
mod time;

use crate::choices::Choices;
use crate::vocabulary::{Class, Kind};

use scope::Scope;

/// How tightly operators bind, loosest first.
pub(crate) mod power {
    pub(crate) const ANY: u8 = 0;
    pub(crate) const OR: u8 = 1;
    pub(crate) const AND: u8 = 2;
    pub(crate) const NOT: u8 = 3;
    pub(crate) const COMPARISON: u8 = 4;
    pub(crate) const SUM: u8 = 5;
    pub(crate) const PRODUCT: u8 = 6;
    pub(crate) const SIGN: u8 = 7;
    pub(crate) const POSTFIX: u8 = 8;
}

/// A piece of text and how tightly it binds.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    text: String,
    power: u8,
}

fn piece(power: u8, text: impl Into<String>) -> Piece {
    Piece { text: text.into(), power }
}

fn operand(text: impl Into<String>) -> Piece {
    piece(power::POSTFIX, text)
}

/// How deep expressions nest.
const DEPTH: usize = 3;
/// How many pieces one text has, roughly.
const PIECES_MAX: usize = 60;

/// Writes one expression.
pub struct Writer<'a> {
    choices: &'a mut Choices,
    /// The audiences there are to refer to.
    audiences: &'a [String],
    /// What is in scope, innermost last.
    scopes: Vec<Scope>,
    names: usize,
    pieces: usize,
}

/// An audience: true or false of a profile.
pub fn audience(choices: &mut Choices, audiences: &[String]) -> String {
    let mut writer = Writer { choices, audiences, scopes: Vec::new(), names: 0, pieces: 0 };
    if writer.choices.pick(12) == 11 {
        let name = writer.bind(Kind::Object(Class::Profile));
        let body = writer.boolean(DEPTH);
        return format!("({name}) => {}", body.text);
    }
    writer.boolean(DEPTH).text
}

/// A value of any kind.
pub fn value(choices: &mut Choices, audiences: &[String]) -> String {
    let mut writer = Writer { choices, audiences, scopes: Vec::new(), names: 0, pieces: 0 };
    let kinds = [
        Kind::Number,
        Kind::Text,
        Kind::Time,
        Kind::Numbers,
        Kind::Texts,
        Kind::NumberMap,
        Kind::TextMap,
        Kind::Items(Class::Item),
        Kind::Items(Class::Order),
        Kind::Integer,
        Kind::Times,
    ];
    let kind = writer.choices.one(&kinds);
    writer.of_kind(kind, DEPTH).text
}

/// A number: of a profile, of counted events, of both.
pub fn number(choices: &mut Choices, audiences: &[String]) -> String {
    let mut writer = Writer { choices, audiences, scopes: Vec::new(), names: 0, pieces: 0 };
    let (left, right) = (writer.number(2).text, writer.count(2).text);
    match writer.choices.pick(4) {
        0 => left,
        1 => right,
        2 => format!("({left}) + ({right}) * 2"),
        _ => format!("if ({}, {left}, {right})", writer.boolean(2).text),
    }
}

impl Writer<'_> {
    /// An expression of a kind.
    fn of_kind(&mut self, kind: Kind, depth: usize) -> Piece {
        self.pieces += 1;
        let depth = if self.pieces > PIECES_MAX { 0 } else { depth };
        if depth > 0 {
            match self.choices.pick(24) {
                22 => return self.conditional(kind, depth - 1),
                23 => return self.bound(kind, depth - 1),
                _ => {}
            }
        }
        match kind {
            Kind::Boolean => self.boolean(depth),
            Kind::Integer => self.integer(depth),
            Kind::Number => self.number(depth),
            Kind::Text => self.text(depth),
            Kind::Time => self.instant(depth),
            Kind::Numbers | Kind::Texts | Kind::Times => self.list(kind, depth),
            Kind::Items(class) => self.items(class, depth),
            Kind::NumberMap | Kind::TextMap => self.map(kind, depth),
            Kind::Object(class) => self.object(class, depth),
        }
    }

    /// In parentheses if it binds more loosely than is wanted, and sometimes for no reason.
    fn closed(&mut self, piece: Piece, power: u8) -> String {
        if piece.power < power || self.choices.pick(30) == 29 {
            format!("({})", piece.text)
        } else {
            piece.text
        }
    }

    fn closed_kind(&mut self, kind: Kind, depth: usize, power: u8) -> String {
        let piece = self.of_kind(kind, depth);
        self.closed(piece, power)
    }

    /// `if (test, a, b)`
    fn conditional(&mut self, kind: Kind, depth: usize) -> Piece {
        let test = self.boolean(depth).text;
        let then = self.of_kind(kind, depth).text;
        let otherwise = self.of_kind(kind, depth).text;
        let keyword = self.keyword("if");
        operand(format!("{keyword} ({test}, {then}, {otherwise})"))
    }

    /// `let x = value in body`
    fn bound(&mut self, kind: Kind, depth: usize) -> Piece {
        let of = self.choices.one(&[kind, Kind::Number, Kind::Text, Kind::Items(Class::Event), Kind::Time]);
        let value = self.closed_kind(of, depth, power::SUM);
        let scopes = self.scopes.len();
        let name = self.bind(of);
        let body = self.of_kind(kind, depth);
        self.scopes.truncate(scopes);
        // `in` would be read as the test of membership.
        let value = if value.contains(" in ") { format!("({value})") } else { value };
        piece(power::ANY, format!("let {name} = {value} in {}", body.text))
    }

    /// A keyword in either case.
    fn keyword(&mut self, word: &str) -> String {
        if self.choices.pick(12) == 11 { word.to_uppercase() } else { word.into() }
    }

    /// A new variable of a kind.
    fn bind(&mut self, kind: Kind) -> String {
        self.names += 1;
        let name = format!("v{}", self.names);
        self.scopes.push(Scope::Named(name.clone(), kind));
        name
    }

    /// Writes something with the fields of an item in scope.
    fn over<T>(&mut self, item: Kind, write: impl FnOnce(&mut Self) -> T) -> T {
        self.scopes.push(Scope::Item(item));
        let written = write(self);
        self.scopes.pop();
        written
    }

    /// A text constant, quoted.
    fn quoted(&mut self, text: &str) -> String {
        let escaped = text.replace('\\', "\\\\");
        if !text.contains(['\'', '"']) && self.choices.pick(16) == 15 {
            return format!("'{escaped}'");
        }
        format!("\"{}\"", escaped.replace('"', "\\\""))
    }
}
