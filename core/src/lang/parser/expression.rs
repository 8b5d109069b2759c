//! Operators: precedence climbing over the table of binding powers (design, decision 14).

use alloc::boxed::Box;
use alloc::format;
use alloc::vec;

use super::super::ast::{Arithmetic, Comparison, Expr, Kind, Literal, Operator};
use super::super::diagnostic::{Span, code};
use super::super::lexer::{Punctuation, TokenKind};
use super::super::words;
use super::{Parser, RECURSION_MAX};

/// How tightly operators bind, loosest first.
pub(in crate::lang) mod power {
    /// `let`, `select`, quantifiers, `sum ... over`, lambda: as far right as possible.
    pub(in crate::lang) const ANY: u8 = 0;
    /// `a ?: b`, `test ? a : b`
    pub(in crate::lang) const OTHERWISE: u8 = 1;
    pub(in crate::lang) const OR: u8 = 2;
    pub(in crate::lang) const AND: u8 = 3;
    pub(in crate::lang) const NOT: u8 = 4;
    pub(in crate::lang) const COMPARISON: u8 = 5;
    pub(in crate::lang) const SUM: u8 = 6;
    pub(in crate::lang) const PRODUCT: u8 = 7;
    pub(in crate::lang) const SIGN: u8 = 8;
    pub(in crate::lang) const POSTFIX: u8 = 9;
}

/// An operator behind an operand.
#[derive(Clone, Copy, PartialEq)]
enum Infix {
    Or,
    And,
    Binary(Operator),
    Occurs,
    /// The `?` of `test ? a : b`.
    Question,
}

impl Infix {
    fn power(self) -> u8 {
        match self {
            Self::Question | Self::Binary(Operator::Otherwise) => power::OTHERWISE,
            Self::Or => power::OR,
            Self::And => power::AND,
            Self::Occurs
            | Self::Binary(
                Operator::Compare(_) | Operator::In | Operator::NotIn | Operator::Like | Operator::Matches,
            ) => power::COMPARISON,
            Self::Binary(Operator::Arithmetic(Arithmetic::Add | Arithmetic::Subtract)) => power::SUM,
            Self::Binary(Operator::Arithmetic(
                Arithmetic::Multiply | Arithmetic::Divide | Arithmetic::Remainder,
            )) => power::PRODUCT,
        }
    }
}

impl Parser<'_> {
    /// An expression of operators that bind at least as tightly as `power`.
    pub(super) fn expression(&mut self, power: u8) -> Expr {
        if self.depth >= RECURSION_MAX {
            self.too_deep();
            return self.error();
        }
        self.depth += 1;
        let mut left = self.prefix();
        while let Some(infix) = self.infix().filter(|infix| infix.power() >= power) {
            left = self.infixed(left, infix);
        }
        self.depth -= 1;
        left
    }

    fn prefix(&mut self) -> Expr {
        let start = self.span();
        if self.accept(Punctuation::Bang) || self.accept_word("not") {
            let operand = self.expression(power::NOT);
            let span = start.to(operand.span);
            return self.node(Kind::Not(Box::new(operand)), span);
        }
        if !self.accept(Punctuation::Minus) {
            return self.operand();
        }
        if let Some(literal) = self.negative_literal() {
            self.bump();
            return self.node(Kind::Literal(literal), start.to(self.behind()));
        }
        let operand = self.expression(power::SIGN);
        let span = start.to(operand.span);
        self.node(Kind::Negate(Box::new(operand)), span)
    }

    /// `-5` is one literal, but `-5.f()` is the negation of `5.f()`: postfix binds tighter.
    fn negative_literal(&self) -> Option<Literal> {
        if self.is_ahead(1, Punctuation::Dot) || self.is_ahead(1, Punctuation::BracketOpen) {
            return None;
        }
        match self.peek() {
            TokenKind::Integer(number) => 0_i64.checked_sub_unsigned(*number).map(Literal::Integer),
            TokenKind::Double(number) => Some(Literal::Double(-number)),
            TokenKind::Word(_)
            | TokenKind::QuotedName(_)
            | TokenKind::String(_)
            | TokenKind::Parameter(_)
            | TokenKind::Context(_)
            | TokenKind::Punctuation(_)
            | TokenKind::End => None,
        }
    }

    fn infix(&self) -> Option<Infix> {
        match self.peek() {
            TokenKind::Punctuation(Punctuation::Question) => Some(Infix::Question),
            TokenKind::Punctuation(punctuation) => operator(*punctuation).map(Infix::Binary),
            TokenKind::Word(word) if words::is(word, "in") && self.in_ends_expression => None,
            TokenKind::Word(word) => {
                let known = [
                    ("or", Infix::Or),
                    ("and", Infix::And),
                    ("in", Infix::Binary(Operator::In)),
                    ("notIn", Infix::Binary(Operator::NotIn)),
                    ("like", Infix::Binary(Operator::Like)),
                    ("matches", Infix::Binary(Operator::Matches)),
                    ("occurs", Infix::Occurs),
                ];
                known.into_iter().find(|(name, _)| words::is(word, name)).map(|(_, infix)| infix)
            }
            TokenKind::QuotedName(_)
            | TokenKind::Integer(_)
            | TokenKind::Double(_)
            | TokenKind::String(_)
            | TokenKind::Parameter(_)
            | TokenKind::Context(_)
            | TokenKind::End => None,
        }
    }

    fn infixed(&mut self, left: Expr, infix: Infix) -> Expr {
        let start = left.span;
        match infix {
            Infix::Or | Infix::And => {
                let mut operands = vec![left];
                while self.infix() == Some(infix) {
                    self.bump();
                    operands.push(self.expression(infix.power() + 1));
                }
                let span = operands.last().map_or(start, |last| start.to(last.span));
                let kind = if infix == Infix::Or { Kind::Or(operands) } else { Kind::And(operands) };
                self.node(kind, span)
            }
            Infix::Occurs => {
                self.refuse_comparison_of(&left);
                self.bump();
                let test = self.occurs();
                let span = start.to(self.behind());
                self.node(Kind::Occurs(Box::new(left), test), span)
            }
            Infix::Question => self.conditional(left),
            // To the right, so that `a ?: b ?: c` is no deeper than it is long.
            Infix::Binary(Operator::Otherwise) => {
                self.bump();
                let right = self.expression(power::OTHERWISE);
                let span = start.to(right.span);
                self.node(Kind::Binary(Operator::Otherwise, Box::new(left), Box::new(right)), span)
            }
            Infix::Binary(operator) => {
                if infix.power() == power::COMPARISON {
                    self.refuse_comparison_of(&left);
                }
                self.bump();
                self.list_in_parentheses = matches!(operator, Operator::In | Operator::NotIn);
                let right = self.expression(infix.power() + 1);
                self.list_in_parentheses = false;
                let span = start.to(right.span);
                self.node(Kind::Binary(operator, Box::new(left), Box::new(right)), span)
            }
        }
    }

    /// `test ? a : b`, the cursor on the question mark: another way to write `if`.
    fn conditional(&mut self, test: Expr) -> Expr {
        self.bump();
        let then = self.inside(|parser| parser.expression(power::OTHERWISE));
        if !self.accept(Punctuation::Colon) {
            let message = format!("expected `:` and the value otherwise, found {}", self.found());
            self.report(code::UNEXPECTED, message);
            return self.error();
        }
        let otherwise = self.expression(power::OTHERWISE);
        let span = test.span.to(otherwise.span);
        self.node(Kind::If(Box::new(test), Box::new(then), Box::new(otherwise)), span)
    }

    /// `a < b < c` compares a boolean with `c`, which nobody means.
    fn refuse_comparison_of(&mut self, left: &Expr) {
        let compares = match &left.kind {
            Kind::Binary(operator, ..) => Infix::Binary(*operator).power() == power::COMPARISON,
            Kind::Occurs(..) => true,
            Kind::Error
            | Kind::Literal(_)
            | Kind::Parameter(_)
            | Kind::Context(_)
            | Kind::Name(_)
            | Kind::Up(_)
            | Kind::Field(..)
            | Kind::Filter(..)
            | Kind::Method(..)
            | Kind::Call(..)
            | Kind::List(_)
            | Kind::Object(_)
            | Kind::Not(_)
            | Kind::Negate(_)
            | Kind::And(_)
            | Kind::Or(_)
            | Kind::If(..)
            | Kind::Let(..)
            | Kind::Lambda(..)
            | Kind::Select(_)
            | Kind::Quantified(..)
            | Kind::Aggregate(..)
            | Kind::Chain(..) => false,
        };
        // In parentheses it was meant.
        if compares && self.behind().end == left.span.end {
            let help = "combine two comparisons with `and`, or put the first in parentheses";
            self.report_with(code::CHAINED_COMPARISON, "comparisons cannot be chained", help);
        }
    }

    /// The comparison at the cursor, if there is one.
    pub(super) fn comparison(&self) -> Option<Comparison> {
        match self.infix() {
            Some(Infix::Binary(Operator::Compare(comparison))) => Some(comparison),
            Some(Infix::Binary(_) | Infix::Or | Infix::And | Infix::Occurs | Infix::Question) | None => None,
        }
    }

    /// An integer token as a literal.
    pub(super) fn integer(&mut self, number: u64, span: Span) -> Expr {
        let value = i64::try_from(number).unwrap_or_else(|_| {
            self.report_at(
                span,
                code::BAD_NUMBER,
                "the number is out of range",
                "whole numbers have 64 bits",
            );
            i64::MAX
        });
        self.node(Kind::Literal(Literal::Integer(value)), span)
    }
}

fn operator(punctuation: Punctuation) -> Option<Operator> {
    let compare = |comparison| Some(Operator::Compare(comparison));
    let arithmetic = |arithmetic| Some(Operator::Arithmetic(arithmetic));
    match punctuation {
        Punctuation::Equal => compare(Comparison::Equal),
        Punctuation::NotEqual => compare(Comparison::NotEqual),
        Punctuation::Less => compare(Comparison::Less),
        Punctuation::LessOrEqual => compare(Comparison::LessOrEqual),
        Punctuation::Greater => compare(Comparison::Greater),
        Punctuation::GreaterOrEqual => compare(Comparison::GreaterOrEqual),
        Punctuation::Plus => arithmetic(Arithmetic::Add),
        Punctuation::Minus => arithmetic(Arithmetic::Subtract),
        Punctuation::Star => arithmetic(Arithmetic::Multiply),
        Punctuation::Slash => arithmetic(Arithmetic::Divide),
        Punctuation::Percent => arithmetic(Arithmetic::Remainder),
        Punctuation::Otherwise => Some(Operator::Otherwise),
        Punctuation::Arrow
        | Punctuation::ThinArrow
        | Punctuation::Question
        | Punctuation::Bang
        | Punctuation::ParenOpen
        | Punctuation::ParenClose
        | Punctuation::BracketOpen
        | Punctuation::BracketClose
        | Punctuation::BraceOpen
        | Punctuation::BraceClose
        | Punctuation::Comma
        | Punctuation::Colon
        | Punctuation::Dot
        | Punctuation::Caret => None,
    }
}
