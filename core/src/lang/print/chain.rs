//! The text of a chain and its steps.

use alloc::format;

use super::super::ast::{Count, Expr, Step};
use super::super::parser::power;
use super::Printer;

impl Printer {
    pub(super) fn chain(&mut self, events: &Expr, order: &Expr, steps: &[Step]) {
        self.text("chain(");
        self.items(&[events, order], |printer, part| printer.expr(part, power::ANY));
        self.text(", [");
        self.items(steps, Self::step);
        self.text("])");
    }

    fn step(&mut self, step: &Step) {
        self.text(&step.label.text);
        self.text(":");
        if let Some(what) = &step.what {
            self.clause("WHAT", |printer| printer.expr(what, power::ANY));
        }
        if let Some((first, rest)) = step.when.split_first() {
            self.clause("WHEN", |printer| {
                printer.occurs(first);
                for test in rest {
                    printer.text(" and ");
                    printer.occurs(test);
                }
            });
        }
        if let Some(condition) = &step.condition {
            self.clause("WHERE", |printer| printer.expr(condition, power::ANY));
        }
        if let Some(count) = step.count {
            self.clause("COUNT", |printer| printer.count(count));
        }
    }

    fn clause(&mut self, word: &str, print: impl FnOnce(&mut Self)) {
        self.text(" ");
        self.text(word);
        self.text("(");
        print(self);
        self.text(")");
    }

    fn count(&mut self, Count { least, most, .. }: Count) {
        self.text(&match (least, most) {
            (least, None) => format!("{least}"),
            (least, Some(most)) if least == most => format!("exactly {least}"),
            (0, Some(most)) => format!("at most {most}"),
            (least, Some(most)) => format!("between {least} and {most}"),
        });
    }
}
