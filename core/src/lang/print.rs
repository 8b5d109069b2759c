//! The canonical text of a tree. Reading it back gives the same tree: parentheses stand where, and only where, the
//! binding powers need them, and around what would otherwise be read as a keyword.

mod chain;

use alloc::format;
use alloc::string::String;
use core::fmt::Write as _;

use super::ast::{Aggregate, Anchor, Arithmetic, Expr, Kind, Literal, Name, Occurs, Operator, Variable};
use super::parser::power;
use super::template::INDEX;
use super::{lexer, words};

/// Writes a tree as text. A tree with errors is written with `<error>` in their place, which cannot be read back.
pub fn print(expr: &Expr) -> String {
    let mut printer = Printer { out: String::new() };
    printer.expr(expr, power::ANY);
    printer.out
}

struct Printer {
    out: String,
}

impl Printer {
    fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// In parentheses if it binds more loosely than `power`.
    fn expr(&mut self, expr: &Expr, power: u8) {
        let bare = power_of(&expr.kind) >= power;
        if bare {
            self.kind(&expr.kind);
        } else {
            self.parenthesised(expr);
        }
    }

    fn parenthesised(&mut self, expr: &Expr) {
        self.text("(");
        self.kind(&expr.kind);
        self.text(")");
    }

    fn kind(&mut self, kind: &Kind) {
        match kind {
            Kind::Error => self.text("<error>"),
            Kind::Literal(literal) => self.literal(literal),
            Kind::Parameter(number) => self.text(&format!("${number}")),
            Kind::Context(name) if name == INDEX => self.text(name),
            Kind::Context(name) => self.text(&format!("@{{{name}}}")),
            Kind::Name(name) => {
                let bare = lexer::is_word(name) && !words::is_reserved(name);
                self.name(name, bare);
            }
            Kind::Up(count) => self.text(&"^".repeat(*count as usize)),
            Kind::Field(object, name) => {
                self.expr(object, power::POSTFIX);
                self.text(".");
                self.name(&name.text, lexer::is_word(&name.text));
            }
            Kind::Filter(source, condition) => {
                self.expr(source, power::POSTFIX);
                self.text("[");
                self.expr(condition, power::ANY);
                self.text("]");
            }
            Kind::Method(receiver, name, arguments) => {
                self.expr(receiver, power::POSTFIX);
                self.text(".");
                self.call(&name.text, arguments);
            }
            Kind::Call(name, arguments) => self.call(&name.text, arguments),
            Kind::List(items) => {
                self.text("[");
                self.items(items, |printer, item| printer.expr(item, power::ANY));
                self.text("]");
            }
            Kind::Object(fields) => self.object(fields),
            Kind::Not(operand) => {
                self.text("not ");
                self.expr(operand, power::NOT);
            }
            Kind::Negate(operand) => {
                self.text("-");
                // `-5` is one literal.
                let number = matches!(operand.kind, Kind::Literal(Literal::Integer(_) | Literal::Double(_)));
                self.expr(operand, if number { u8::MAX } else { power::SIGN });
            }
            Kind::And(operands) => self.joined(operands, " and ", power::AND),
            Kind::Or(operands) => self.joined(operands, " or ", power::OR),
            Kind::Binary(operator @ Operator::Otherwise, left, right) => {
                self.expr(left, power::OR);
                self.text(&format!(" {} ", of_operator(*operator)));
                self.expr(right, power::OTHERWISE);
            }
            Kind::Binary(operator, left, right) => {
                let power = power_of(kind);
                // Comparisons do not chain; arithmetic groups to the left.
                self.expr(left, if power == power::COMPARISON { power + 1 } else { power });
                self.text(&format!(" {} ", of_operator(*operator)));
                self.expr(right, power + 1);
            }
            Kind::Occurs(timestamp, test) => {
                self.expr(timestamp, power::SUM);
                self.text(" occurs ");
                self.occurs(test);
            }
            Kind::If(test, then, otherwise) => {
                self.text("if (");
                self.items(&[test, then, otherwise], |printer, item| printer.expr(item, power::ANY));
                self.text(")");
            }
            Kind::Let(name, value, body) => self.let_in(name, value, body),
            Kind::Lambda(parameters, body) => {
                self.text("(");
                self.items(parameters, |printer, parameter: &Name| printer.text(&parameter.text));
                self.text(") => ");
                self.expr(body, power::ANY);
            }
            Kind::Select(variables) => self.variables("select", variables),
            Kind::Quantified(quantifier, variables) => {
                self.variables(words::of_quantifier(*quantifier), variables)
            }
            Kind::Aggregate(aggregate, value, variables) => {
                self.aggregate(*aggregate, value.as_deref(), variables)
            }
            Kind::Chain(events, order, steps) => self.chain(events, order, steps),
        }
    }

    fn let_in(&mut self, name: &Name, value: &Expr, body: &Expr) {
        self.text(&format!("let {} = ", name.text));
        // A comparison in the value could be `in`, which ends it.
        self.expr(value, power::SUM);
        self.text(" in ");
        self.expr(body, power::ANY);
    }

    fn object(&mut self, fields: &[(String, Expr)]) {
        self.text("{");
        self.items(fields, |printer, (key, value)| {
            printer.string(key);
            printer.text(": ");
            printer.expr(value, power::ANY);
        });
        self.text("}");
    }

    fn variables(&mut self, word: &str, variables: &[Variable]) {
        self.text(word);
        self.text(" ");
        self.items(variables, Self::variable);
    }

    fn items<T>(&mut self, items: &[T], mut print: impl FnMut(&mut Self, &T)) {
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                self.text(", ");
            }
            print(self, item);
        }
    }

    fn joined(&mut self, operands: &[Expr], between: &str, power: u8) {
        for (index, operand) in operands.iter().enumerate() {
            if index > 0 {
                self.text(between);
            }
            self.expr(operand, power + 1);
        }
    }

    fn call(&mut self, name: &str, arguments: &[Expr]) {
        self.text(name);
        self.text("(");
        self.items(arguments, |printer, argument| printer.expr(argument, power::ANY));
        self.text(")");
    }

    /// In backticks where it would not be read as a name.
    fn name(&mut self, name: &str, bare: bool) {
        if bare {
            self.text(name);
        } else {
            self.text(&format!("`{name}`"));
        }
    }

    fn literal(&mut self, literal: &Literal) {
        match literal {
            Literal::Null => self.text("null"),
            Literal::Boolean(value) => self.text(if *value { "true" } else { "false" }),
            Literal::Integer(value) => self.text(&format!("{value}")),
            // `Debug` always writes a point or an exponent, and the fewest digits that read back the same.
            Literal::Double(value) => self.text(&format!("{value:?}")),
            Literal::String(value) => self.string(value),
        }
    }

    fn string(&mut self, value: &str) {
        self.text("\"");
        for c in value.chars() {
            match c {
                '"' | '\\' => self.out.extend(['\\', c]),
                '\n' => self.text("\\n"),
                '\r' => self.text("\\r"),
                '\t' => self.text("\\t"),
                c if c.is_control() => {
                    let _ = write!(self.out, "\\u{:04x}", u32::from(c));
                }
                c => self.out.push(c),
            }
        }
        self.text("\"");
    }

    fn variable(&mut self, variable: &Variable) {
        self.text(&variable.name.text);
        self.text(" from ");
        self.expr(&variable.source, power::POSTFIX);
        if let Some(condition) = &variable.condition {
            self.text(" where ");
            // A select in a condition would take the declarations that follow.
            self.expr(condition, power::OR);
        }
    }

    fn aggregate(&mut self, aggregate: Aggregate, value: Option<&Expr>, variables: &[Variable]) {
        self.text(words::of_aggregate(aggregate));
        self.text(" ");
        if let Some(value) = value {
            if is_path(value, words::is_follower) {
                self.kind(&value.kind);
            } else {
                self.parenthesised(value);
            }
            self.text(" over ");
        }
        self.items(variables, Self::variable);
    }

    fn occurs(&mut self, test: &Occurs) {
        match test {
            Occurs::Offset { comparison, count, unit, direction, anchor } => {
                let unit = words::of_unit(*unit, *count != 1);
                let direction = words::of_direction(*direction);
                self.text(&format!("{} {count} {unit} {direction} ", comparison.symbol()));
                self.anchor(anchor);
            }
            Occurs::Side(direction, anchor) => {
                self.text(words::of_direction(*direction));
                self.text(" ");
                self.anchor(anchor);
            }
            Occurs::On(anchor) => {
                if matches!(anchor, Anchor::Exact(_)) {
                    self.text("on ");
                }
                self.anchor(anchor);
            }
            Occurs::Between(from, to) => {
                self.text("between ");
                self.anchor(from);
                self.text(" and ");
                self.anchor(to);
            }
        }
    }

    fn anchor(&mut self, anchor: &Anchor) {
        match anchor {
            Anchor::Now => self.text("now"),
            Anchor::Today => self.text("today"),
            Anchor::Yesterday => self.text("yesterday"),
            Anchor::Tomorrow => self.text("tomorrow"),
            Anchor::This(unit) => self.text(&format!("this {}", words::of_unit(*unit, false))),
            Anchor::Last(unit) => self.text(&format!("last {}", words::of_unit(*unit, false))),
            Anchor::Next(unit) => self.text(&format!("next {}", words::of_unit(*unit, false))),
            Anchor::Exact(expr) => {
                let call = matches!(&expr.kind, Kind::Call(name, _) if !words::is_time_word(&name.text));
                let text = matches!(&expr.kind, Kind::Literal(Literal::String(_)));
                let bare = call || text || is_path(expr, words::is_time_word);
                self.expr(expr, if bare { power::POSTFIX } else { u8::MAX });
            }
        }
    }
}

/// A name with fields behind it, whose first word is not one of those.
fn is_path(expr: &Expr, excluded: impl Fn(&str) -> bool) -> bool {
    let mut expr = expr;
    while let Kind::Field(object, _) = &expr.kind {
        expr = object;
    }
    matches!(&expr.kind, Kind::Name(name) if !excluded(name))
}

fn power_of(kind: &Kind) -> u8 {
    match kind {
        Kind::Let(..) | Kind::Lambda(..) | Kind::Select(_) | Kind::Quantified(..) | Kind::Aggregate(..) => {
            power::ANY
        }
        Kind::Or(_) => power::OR,
        Kind::And(_) => power::AND,
        Kind::Not(_) => power::NOT,
        Kind::Occurs(..) => power::COMPARISON,
        Kind::Binary(operator, ..) => match operator {
            Operator::Otherwise => power::OTHERWISE,
            Operator::Compare(_) | Operator::In | Operator::NotIn | Operator::Like | Operator::Matches => {
                power::COMPARISON
            }
            Operator::Arithmetic(Arithmetic::Add | Arithmetic::Subtract) => power::SUM,
            Operator::Arithmetic(Arithmetic::Multiply | Arithmetic::Divide | Arithmetic::Remainder) => {
                power::PRODUCT
            }
        },
        Kind::Negate(_) => power::SIGN,
        Kind::Literal(Literal::Integer(value)) if *value < 0 => power::SIGN,
        Kind::Literal(Literal::Double(value)) if value.is_sign_negative() => power::SIGN,
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
        | Kind::If(..)
        | Kind::Chain(..) => power::POSTFIX,
    }
}

pub(super) fn of_operator(operator: Operator) -> &'static str {
    match operator {
        Operator::Compare(comparison) => comparison.symbol(),
        Operator::Arithmetic(Arithmetic::Add) => "+",
        Operator::Arithmetic(Arithmetic::Subtract) => "-",
        Operator::Arithmetic(Arithmetic::Multiply) => "*",
        Operator::Arithmetic(Arithmetic::Divide) => "/",
        Operator::Arithmetic(Arithmetic::Remainder) => "%",
        Operator::In => "in",
        Operator::NotIn => "notIn",
        Operator::Like => "like",
        Operator::Matches => "matches",
        Operator::Otherwise => "?:",
    }
}

#[cfg(test)]
mod tests;
