//! `chain`: its steps, their clauses, and what they count.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::ast::{Count, Expr, Kind, Step};
use super::super::diagnostic::{Span, code};
use super::super::lexer::{Punctuation, TokenKind};
use super::super::words;
use super::Parser;
use super::expression::power;

const CLAUSES: &str = "a step has `WHAT(...)`, `WHERE(...)`, `WHEN(...)` and `COUNT(...)`, each at most once";
const COUNTS: &str = "write `2` or `at least 2`, `at most 2`, `exactly 2`, or `between 2 and 5`";

impl Parser<'_> {
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
        let mut step = Step { label, what: None, when: Vec::new(), condition: None, count: None };
        let mut excluded = None;
        loop {
            if self.is_word(0, "not") && self.is_word(1, "what") && self.is_ahead(2, Punctuation::ParenOpen) {
                excluded = Some(self.span());
                self.bump();
            } else if self.word(0).is_empty() || !self.is_ahead(1, Punctuation::ParenOpen) {
                break;
            }
            self.clause(&mut step);
        }
        if let Some(span) = excluded {
            if step.count.is_some() {
                let help = "leave out either `NOT` or `COUNT(...)`";
                self.report_at(span, code::BAD_STEP, "an excluded step has no `COUNT`", help);
            }
            step.count = Some(Count { least: 0, most: Some(0), span });
        }
        step
    }

    /// One clause, the cursor on its word.
    fn clause(&mut self, step: &mut Step) {
        let word = String::from(self.word(0));
        let at = self.span();
        self.bump();
        let open = self.span();
        self.bump();
        let twice = if words::is(&word, "what") {
            step.what.replace(self.inside(|parser| parser.expression(power::ANY))).is_some()
        } else if words::is(&word, "where") {
            step.condition.replace(self.inside(|parser| parser.expression(power::ANY))).is_some()
        } else if words::is(&word, "when") {
            let twice = !step.when.is_empty();
            step.when = self.inside(Self::times);
            twice
        } else if words::is(&word, "count") {
            let count = self.step_count(at);
            step.count.replace(count).is_some()
        } else {
            self.report_at(at, code::BAD_STEP, format!("unknown clause `{word}`"), CLAUSES);
            false
        };
        if twice {
            self.report_at(at, code::BAD_STEP, format!("the step has two `{word}` clauses"), CLAUSES);
        }
        self.close(open, Punctuation::ParenClose);
    }

    /// `< 7 days before now and within 1 day after A`
    fn times(&mut self) -> Vec<super::super::ast::Occurs> {
        let mut tests = Vec::from([self.occurs()]);
        while self.accept_word("and") {
            tests.push(self.occurs());
        }
        tests
    }

    fn step_count(&mut self, start: Span) -> Count {
        let (least, most) = if self.accept_word("exactly") {
            let exactly = self.step_number();
            (exactly, Some(exactly))
        } else if self.accept_word("between") {
            let least = self.step_number();
            self.expect_word("and", code::BAD_STEP);
            (least, Some(self.step_number()))
        } else if self.is_word(0, "at") && self.is_word(1, "most") {
            self.bump();
            self.bump();
            (0, Some(self.step_number()))
        } else {
            if self.is_word(0, "at") && self.is_word(1, "least") {
                self.bump();
                self.bump();
            }
            (self.step_number(), None)
        };
        Count { least, most, span: start.to(self.behind()) }
    }

    fn step_number(&mut self) -> u32 {
        let number = match self.peek() {
            TokenKind::Integer(number) => u32::try_from(*number).ok(),
            TokenKind::Word(_)
            | TokenKind::QuotedName(_)
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
        self.report_with(code::BAD_STEP, message, COUNTS);
        1
    }
}
