//! What binds names: `let`, lambda, `select`, quantifiers, aggregates in operator form, and the steps of `chain`.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use super::super::ast::{Aggregate, Expr, Kind, Quantifier, Step, Variable};
use super::super::diagnostic::code;
use super::super::lexer::{Punctuation, TokenKind};
use super::super::words;
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
        if !self.is_ahead(count + 2, Punctuation::Arrow) {
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

    pub(super) fn chain(&mut self) -> Expr {
        let start = self.span();
        self.bump();
        let open = self.span();
        self.bump();
        let kind = self.inside(|parser| {
            let events = parser.expression(power::ANY);
            parser.comma();
            let order = parser.expression(power::ANY);
            parser.comma();
            let list = parser.span();
            let steps = if parser.accept(Punctuation::BracketOpen) {
                parser.items(list, Punctuation::BracketClose, Self::step)
            } else {
                let message = format!("expected the list of steps, found {}", parser.found());
                parser.report_with(code::BAD_STEP, message, "write `[A: WHAT(...), B: WHAT(...)]`");
                Vec::new()
            };
            Kind::Chain(Box::new(events), Box::new(order), steps)
        });
        self.close(open, Punctuation::ParenClose);
        let span = start.to(self.behind());
        self.node(kind, span)
    }

    fn comma(&mut self) {
        if !self.accept(Punctuation::Comma) {
            let message = format!("expected `,`, found {}", self.found());
            self.report(code::UNEXPECTED, message);
        }
    }

    fn step(&mut self) -> Step {
        let label = self.expect_name("the step");
        if !self.accept(Punctuation::Colon) {
            let message = format!("expected `:` behind the label, found {}", self.found());
            self.report(code::BAD_STEP, message);
        }
        let mut step = Step { label, what: None, when: None, condition: None, count: None };
        while self.is_ahead(1, Punctuation::ParenOpen) && !self.word(0).is_empty() {
            self.clause(&mut step);
        }
        step
    }

    /// One clause, the cursor on its word.
    fn clause(&mut self, step: &mut Step) {
        let word = alloc::string::String::from(self.word(0));
        let at = self.span();
        self.bump();
        let open = self.span();
        self.bump();
        let twice = if words::is(&word, "what") {
            step.what.replace(self.inside(|parser| parser.expression(power::ANY))).is_some()
        } else if words::is(&word, "where") {
            step.condition.replace(self.inside(|parser| parser.expression(power::ANY))).is_some()
        } else if words::is(&word, "when") {
            step.when.replace(self.inside(Self::occurs)).is_some()
        } else if words::is(&word, "count") {
            step.count.replace(self.step_count()).is_some()
        } else {
            let help = "a step has `WHAT(...)`, `WHEN(...)`, `WHERE(...)` and `COUNT(n)`";
            self.report_at(at, code::BAD_STEP, format!("unknown clause `{word}`"), help);
            false
        };
        if twice {
            self.report_at(at, code::BAD_STEP, format!("the step has two `{word}` clauses"), "");
        }
        self.close(open, Punctuation::ParenClose);
    }

    fn step_count(&mut self) -> u32 {
        let number = match self.peek() {
            TokenKind::Integer(number) => u32::try_from(*number).ok(),
            TokenKind::Word(_)
            | TokenKind::Double(_)
            | TokenKind::String(_)
            | TokenKind::Parameter(_)
            | TokenKind::Context(_)
            | TokenKind::Punctuation(_)
            | TokenKind::End => None,
        };
        if let Some(number) = number {
            self.bump();
            return number;
        }
        let message = format!("expected a number, found {}", self.found());
        self.report(code::BAD_STEP, message);
        1
    }
}
