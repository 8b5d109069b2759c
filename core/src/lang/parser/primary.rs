//! Operands: literals, names, brackets, calls, and what is attached behind them (`.field`, `.method()`, `[filter]`).

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use super::super::ast::{Expr, Kind, Literal, Name};
use super::super::diagnostic::{Span, code};
use super::super::lexer::{Punctuation, TokenKind};
use super::super::words;
use super::cursor::closes;
use super::expression::power;
use super::{Parser, quoted};

impl Parser<'_> {
    /// An operand with everything attached behind it.
    pub(super) fn operand(&mut self) -> Expr {
        let mut operand = self.primary();
        loop {
            let start = operand.span;
            if self.accept(Punctuation::Dot) {
                operand = self.member(operand);
            } else if self.is(Punctuation::BracketOpen) {
                let open = self.span();
                self.bump();
                let condition = self.inside(|parser| parser.expression(power::ANY));
                self.close(open, Punctuation::BracketClose);
                let span = start.to(self.behind());
                operand = self.node(Kind::Filter(Box::new(operand), Box::new(condition)), span);
            } else {
                return operand;
            }
        }
    }

    /// The field or method behind the dot.
    fn member(&mut self, object: Expr) -> Expr {
        let start = object.span;
        if let TokenKind::QuotedName(text) = self.peek().clone() {
            let name = Name { text, span: self.span() };
            self.bump();
            return self.node(Kind::Field(Box::new(object), name), start.to(self.behind()));
        }
        let Some(name) = self.name() else {
            let message = format!("expected a field or method name after the dot, found {}", self.found());
            self.report(code::UNEXPECTED, message);
            return object;
        };
        if !self.is(Punctuation::ParenOpen) {
            let span = start.to(name.span);
            return self.node(Kind::Field(Box::new(object), name), span);
        }
        let arguments = self.arguments();
        let span = start.to(self.behind());
        self.node(Kind::Method(Box::new(object), name, arguments), span)
    }

    /// `(a, b)`, the cursor on the opening parenthesis.
    fn arguments(&mut self) -> alloc::vec::Vec<Expr> {
        let open = self.span();
        self.bump();
        self.items(open, Punctuation::ParenClose, |parser| parser.expression(power::ANY))
    }

    fn primary(&mut self) -> Expr {
        let list_in_parentheses = core::mem::take(&mut self.list_in_parentheses);
        loop {
            let span = self.span();
            let literal = match self.peek().clone() {
                TokenKind::Word(word) => match self.worded(&word, span) {
                    Some(expr) => return expr,
                    None => return self.missing(),
                },
                TokenKind::QuotedName(name) => Kind::Name(name),
                TokenKind::Integer(number) => {
                    let literal = self.integer(number, span);
                    self.bump();
                    return literal;
                }
                TokenKind::Double(number) => Kind::Literal(Literal::Double(number)),
                TokenKind::String(text) => Kind::Literal(Literal::String(text)),
                TokenKind::Parameter(number) => Kind::Parameter(number),
                TokenKind::Context(name) => Kind::Context(name),
                TokenKind::Punctuation(Punctuation::Caret) => return self.up(),
                TokenKind::Punctuation(Punctuation::ParenOpen) => {
                    return self.parentheses(list_in_parentheses);
                }
                TokenKind::Punctuation(Punctuation::BracketOpen) => {
                    self.bump();
                    let items =
                        self.items(span, Punctuation::BracketClose, |parser| parser.expression(power::ANY));
                    return self.node(Kind::List(items), span.to(self.behind()));
                }
                TokenKind::Punctuation(Punctuation::BraceOpen) => return self.object(),
                TokenKind::Punctuation(Punctuation::Comma | Punctuation::Colon) | TokenKind::End => {
                    return self.missing();
                }
                kind @ TokenKind::Punctuation(_) => {
                    let missing = self.missing();
                    if closes(&kind) {
                        return missing;
                    }
                    // A stray operator: what is behind it may be the operand.
                    self.bump();
                    self.reported_at = Some(self.at);
                    continue;
                }
            };
            self.bump();
            return self.node(literal, span);
        }
    }

    /// Reports that an operand is missing here.
    fn missing(&mut self) -> Expr {
        let message = format!("expected an expression, found {}", self.found());
        self.report(code::EXPECTED_EXPRESSION, message);
        let at = self.span();
        Expr::new(Kind::Error, Span { start: at.start, end: at.start })
    }

    /// An operand that begins with a word; none if the word cannot begin one.
    fn worded(&mut self, word: &str, span: Span) -> Option<Expr> {
        let called = self.is_ahead(1, Punctuation::ParenOpen);
        let next = self.word(1);
        let before_word = !next.is_empty() && !words::is_follower(next);
        let constants =
            [("true", Literal::Boolean(true)), ("false", Literal::Boolean(false)), ("null", Literal::Null)];
        if let Some((_, literal)) = constants.into_iter().find(|(name, _)| words::is(word, name)) {
            self.bump();
            return Some(self.node(Kind::Literal(literal), span));
        }
        // `notIn(a, b)`: some operators are functions too.
        if words::is_reserved(word) && !(called && words::is_callable(word)) {
            return None;
        }
        if before_word && words::is(word, "let") {
            return Some(self.let_in());
        }
        if let Some(quantifier) = words::quantifier(word).filter(|_| before_word) {
            return Some(self.quantified(quantifier));
        }
        if let Some(aggregate) = words::aggregate(word).filter(|_| before_word || self.value_ahead()) {
            return Some(self.aggregate(aggregate));
        }
        if called && words::is(word, "if") {
            return Some(self.if_else());
        }
        if called && words::is(word, "chain") {
            return Some(self.chain());
        }
        if let Some(lambda) = self.short_lambda() {
            return Some(lambda);
        }
        let name = self.name()?;
        if called {
            let arguments = self.arguments();
            let span = name.span.to(self.behind());
            return Some(self.node(Kind::Call(name, arguments), span));
        }
        Some(self.node(Kind::Name(name.text), span))
    }

    /// Behind `sum`: whether a value begins that is not the argument of a call.
    fn value_ahead(&self) -> bool {
        match self.ahead(1) {
            TokenKind::Integer(_)
            | TokenKind::Double(_)
            | TokenKind::String(_)
            | TokenKind::Parameter(_)
            | TokenKind::Context(_)
            | TokenKind::Punctuation(Punctuation::Caret) => true,
            TokenKind::Punctuation(Punctuation::ParenOpen) => {
                self.matching(1).is_some_and(|closer| self.is_word(closer + 1, "over"))
            }
            TokenKind::Punctuation(_) | TokenKind::Word(_) | TokenKind::QuotedName(_) | TokenKind::End => {
                false
            }
        }
    }

    fn up(&mut self) -> Expr {
        let span = self.span();
        let mut count = 0;
        while self.accept(Punctuation::Caret) {
            count += 1;
        }
        let up = self.node(Kind::Up(count), span.to(self.behind()));
        // `^name` is `^.name`.
        let word = self.word(0);
        if word.is_empty() || words::is_reserved(word) || words::is_follower(word) {
            return up;
        }
        self.member(up)
    }

    fn parentheses(&mut self, list_allowed: bool) -> Expr {
        if let Some(lambda) = self.lambda() {
            return lambda;
        }
        let open = self.span();
        self.bump();
        let inner = self.inside(|parser| parser.expression(power::ANY));
        if list_allowed && self.accept(Punctuation::Comma) {
            let mut items = self.items(open, Punctuation::ParenClose, |parser| parser.expression(power::ANY));
            items.insert(0, inner);
            return self.node(Kind::List(items), open.to(self.behind()));
        }
        self.close(open, Punctuation::ParenClose);
        inner
    }

    fn object(&mut self) -> Expr {
        let open = self.span();
        self.bump();
        let fields = self.items(open, Punctuation::BraceClose, Self::field);
        self.node(Kind::Object(fields), open.to(self.behind()))
    }

    fn field(&mut self) -> (String, Expr) {
        let key = match self.peek() {
            TokenKind::String(key) | TokenKind::Word(key) if self.is_ahead(1, Punctuation::Colon) => {
                key.clone()
            }
            TokenKind::String(_)
            | TokenKind::Word(_)
            | TokenKind::QuotedName(_)
            | TokenKind::Integer(_)
            | TokenKind::Double(_)
            | TokenKind::Parameter(_)
            | TokenKind::Context(_)
            | TokenKind::Punctuation(_)
            | TokenKind::End => {
                let message = format!("expected a key and `:`, found {}", self.found());
                let help = "an object is written `{\"key\": value}`; the sets of 2018 in braces are written with `select`";
                self.report_with(code::BAD_OBJECT, message, help);
                return (String::new(), self.expression(power::ANY));
            }
        };
        self.bump();
        self.bump();
        (key, self.expression(power::ANY))
    }

    fn if_else(&mut self) -> Expr {
        let start = self.span();
        self.bump();
        let arguments = self.arguments();
        let span = start.to(self.behind());
        let count = arguments.len();
        if let Ok([test, then, otherwise]) = <[Expr; 3]>::try_from(arguments) {
            return self.node(Kind::If(Box::new(test), Box::new(then), Box::new(otherwise)), span);
        }
        let message = format!("`if` takes a test and two values, found {count} arguments");
        self.report_at(span, code::UNEXPECTED, message, "");
        Expr::new(Kind::Error, span)
    }

    /// A name where one must be; `what` says for what.
    pub(super) fn expect_name(&mut self, what: &str) -> Name {
        if let Some(name) = self.name() {
            return name;
        }
        let message = format!("expected the name of {what}, found {}", self.found());
        self.report(code::BAD_VARIABLE, message);
        Name { text: String::new(), span: self.span() }
    }

    /// A keyword where one must be.
    pub(super) fn expect_word(&mut self, keyword: &str, code: &str) -> bool {
        let found = self.accept_word(keyword);
        if !found {
            let message = format!("expected {}, found {}", quoted(keyword), self.found());
            self.report(code, message);
        }
        found
    }
}
