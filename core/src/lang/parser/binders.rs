//! What binds names: `let`, lambda, `select`, quantifiers, and aggregates in operator form.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use super::super::ast::{Aggregate, Expr, Kind, Quantifier, Variable};
use super::super::diagnostic::code;
use super::super::lexer::Punctuation;
use super::Parser;
use super::expression::power;

impl Parser<'_> {
    pub(super) fn let_in(&mut self) -> Expr {
        let start = self.span();
        self.bump();
        let name = self.expect_name("the variable");
        if !self.accept(Punctuation::Equal) {
            let message = format!("expected `=`, found {}", self.found());
            self.report(code::BAD_VARIABLE, message);
        }
        let outer = core::mem::replace(&mut self.in_ends_expression, true);
        let value = self.expression(power::ANY);
        self.in_ends_expression = outer;
        if !self.expect_word("in", code::BAD_VARIABLE) {
            return Expr::new(Kind::Error, start.to(self.behind()));
        }
        let body = self.expression(power::ANY);
        let span = start.to(body.span);
        self.node(Kind::Let(name, Box::new(value), Box::new(body)), span)
    }

    /// `(a, b) => body`, the cursor on the parenthesis; none if it is something else.
    pub(super) fn lambda(&mut self) -> Option<Expr> {
        let mut count = 1;
        loop {
            if self.word(count).is_empty() {
                return None;
            }
            if self.is_ahead(count + 1, Punctuation::ParenClose) {
                break;
            }
            if !self.is_ahead(count + 1, Punctuation::Comma) {
                return None;
            }
            count += 2;
        }
        if ![Punctuation::Arrow, Punctuation::ThinArrow].iter().any(|arrow| self.is_ahead(count + 2, *arrow))
        {
            return None;
        }
        let start = self.span();
        self.bump();
        let mut parameters = Vec::new();
        while let Some(name) = self.name() {
            parameters.push(name);
            self.bump();
        }
        self.bump();
        let body = self.expression(power::ANY);
        let span = start.to(body.span);
        Some(self.node(Kind::Lambda(parameters, Box::new(body)), span))
    }

    /// `item -> value`, as calculated fields write it; the cursor on the name.
    pub(super) fn short_lambda(&mut self) -> Option<Expr> {
        if !self.is_ahead(1, Punctuation::ThinArrow) {
            return None;
        }
        let start = self.span();
        let parameters = self.name().into_iter().collect();
        self.bump();
        let body = self.expression(power::ANY);
        let span = start.to(body.span);
        Some(self.node(Kind::Lambda(parameters, Box::new(body)), span))
    }

    /// `select` (without a quantifier), `exists` ...
    pub(super) fn quantified(&mut self, quantifier: Option<Quantifier>) -> Expr {
        let start = self.span();
        self.bump();
        let variables = self.variables();
        let span = start.to(self.behind());
        let kind = match quantifier {
            None => Kind::Select(variables),
            Some(quantifier) => Kind::Quantified(quantifier, variables),
        };
        self.node(kind, span)
    }

    pub(super) fn aggregate(&mut self, aggregate: Aggregate) -> Expr {
        let start = self.span();
        self.bump();
        let value = if self.is_word(1, "from") && !self.word(0).is_empty() {
            None
        } else {
            let value = self.expression(power::SUM);
            self.expect_word("over", code::BAD_VARIABLE);
            Some(Box::new(value))
        };
        let variables = self.variables();
        let span = start.to(self.behind());
        self.node(Kind::Aggregate(aggregate, value, variables), span)
    }

    /// One or more declarations. A comma that no declaration follows belongs to somebody else.
    fn variables(&mut self) -> Vec<Variable> {
        let mut variables = vec![self.variable()];
        while self.is(Punctuation::Comma) && !self.word(1).is_empty() && self.is_word(2, "from") {
            self.bump();
            variables.push(self.variable());
        }
        variables
    }

    fn variable(&mut self) -> Variable {
        let name = self.expect_name("the variable");
        let source = if self.expect_word("from", code::BAD_VARIABLE) {
            self.expression(power::POSTFIX)
        } else {
            self.error()
        };
        let condition = (self.accept_word("where") || self.accept(Punctuation::Colon))
            .then(|| self.expression(power::ANY));
        Variable { name, source, condition }
    }
}
