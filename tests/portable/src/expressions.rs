//! Generated expressions: everything an audience may ask of attributes, events and other audiences.

use acquaint_core::id::AudienceId;
use acquaint_core::lang::Span;
use acquaint_core::lang::functions::find;
use acquaint_core::lang::typed::{Arithmetic, Binding, Comparison, Expr, Node, Quantifier, Slot};
use acquaint_core::time::{Anchor, Bound, Direction, Occurs, Unit};
use acquaint_core::value::Value;

use crate::choices::Choices;
use crate::world::START_MS;

const COMPARISONS: [Comparison; 6] = [
    Comparison::Equal,
    Comparison::Greater,
    Comparison::GreaterOrEqual,
    Comparison::Less,
    Comparison::LessOrEqual,
    Comparison::NotEqual,
];
const AGGREGATES: [&str; 5] = ["count", "sum", "average", "min", "max"];

pub struct Expressions<'c> {
    choices: &'c mut Choices,
    /// How many audiences there are to refer to.
    audiences: usize,
    next_slot: Slot,
}

fn expr(node: Node) -> Expr {
    Expr { node, span: Span::default() }
}

fn literal(value: impl Into<Value>) -> Expr {
    expr(Node::Literal(value.into()))
}

fn field(object: Expr, path: &str) -> Expr {
    path.split('.')
        .fold(object, |object, name| expr(Node::Field { object: Box::new(object), name: name.into() }))
}

fn call(name: &str, arguments: Vec<Expr>) -> Expr {
    expr(Node::Call { function: find(name).unwrap().function(), arguments })
}

impl<'c> Expressions<'c> {
    pub fn new(choices: &'c mut Choices, audiences: usize) -> Self {
        Self { choices, audiences, next_slot: 0 }
    }

    pub fn audience(&mut self) -> Expr {
        self.boolean(2)
    }

    fn slot(&mut self) -> (Slot, Expr) {
        let slot = self.next_slot;
        self.next_slot += 1;
        (slot, expr(Node::Variable(slot)))
    }

    fn boolean(&mut self, depth: usize) -> Expr {
        if depth == 0 {
            return self.term();
        }
        match self.choices.pick(8) {
            0 | 1 => self.term(),
            2 | 3 => expr(Node::And(vec![self.boolean(depth - 1), self.boolean(depth - 1)])),
            4 | 5 => expr(Node::Or(vec![self.boolean(depth - 1), self.boolean(depth - 1)])),
            6 => expr(Node::Not(Box::new(self.boolean(depth - 1)))),
            _ => expr(Node::If {
                test: Box::new(self.term()),
                then: Box::new(self.boolean(depth - 1)),
                otherwise: Box::new(self.term()),
            }),
        }
    }

    fn term(&mut self) -> Expr {
        match self.choices.pick(16) {
            0 => self.attribute(),
            1 => self.attribute_in_time(),
            2 => self.orders(),
            3..=5 => self.quantified(),
            6..=8 => self.counted(),
            9 | 10 => self.aggregated(),
            11 => self.projected(),
            12 => self.member(),
            13 => self.filtered(Self::events),
            14 => self.related(),
            _ => self.literal_truth(),
        }
    }

    fn literal_truth(&mut self) -> Expr {
        match self.choices.pick(3) {
            0 => literal(true),
            1 => expr(Node::Negate(Box::new(field(expr(Node::Profile), "age")))),
            _ => self.compare(literal(2), field(expr(Node::Profile), "age")),
        }
    }

    fn compare(&mut self, left: Expr, right: Expr) -> Expr {
        let operator = self.choices.one(&COMPARISONS);
        expr(Node::Compare { operator, left: Box::new(left), right: Box::new(right) })
    }

    fn number(&mut self) -> Expr {
        match self.choices.pick(5) {
            0..=2 => literal(self.choices.pick(5) as i64),
            3 => expr(Node::Literal(Value::Double(self.choices.pick(40) as f64 / 10.0))),
            _ => literal(-1),
        }
    }

    fn attribute(&mut self) -> Expr {
        let profile = || expr(Node::Profile);
        match self.choices.pick(5) {
            0 => {
                let right = self.number();
                self.compare(field(profile(), "age"), right)
            }
            1 => self.compare(field(profile(), "home.city"), literal("x")),
            2 => field(profile(), "home"),
            3 => self.compare(call("currentDayOfMonth", Vec::new()), field(profile(), "age")),
            _ => self.compare(field(profile(), "identityMap.ECID.id"), literal("1")),
        }
    }

    fn attribute_in_time(&mut self) -> Expr {
        let path = self.choices.one(&["birthDate", "orders.at"]);
        self.occurs(field(expr(Node::Profile), path))
    }

    fn orders(&mut self) -> Expr {
        let (slot, order) = self.slot();
        let condition = match self.choices.pick(3) {
            0 => self.occurs(field(order, "at")),
            1 => self.compare(field(order, "total"), literal(2)),
            _ => literal(true),
        };
        let source = Box::new(field(expr(Node::Profile), "orders"));
        let filtered = expr(Node::Filter { source, slot, condition: Box::new(condition) });
        let aggregate = self.choices.one(&AGGREGATES);
        let right = self.number();
        match (self.choices.pick(3), aggregate) {
            (0, _) => filtered,
            (_, "count") => self.compare(call("count", vec![filtered]), right),
            (_, other) => self.compare(call(other, vec![field(filtered, "total")]), right),
        }
    }

    fn occurs(&mut self, timestamp: Expr) -> Expr {
        let test = self.test();
        expr(Node::Occurs { timestamp: Box::new(timestamp), test })
    }

    fn test(&mut self) -> Occurs {
        let bounds = [Bound::AtMost, Bound::Less, Bound::AtLeast, Bound::More, Bound::Exactly];
        let directions = [Direction::Before, Direction::After, Direction::From];
        match self.choices.pick(9) {
            // What most audiences ask.
            6..=8 => Occurs::Offset {
                bound: Bound::AtMost,
                count: self.choices.pick(40) as u32,
                unit: Unit::Day,
                direction: Direction::Before,
                anchor: Anchor::Now,
            },
            0..=2 => Occurs::Offset {
                bound: self.choices.one(&bounds),
                count: self.choices.pick(12) as u32,
                unit: self.unit(),
                direction: self.choices.one(&directions),
                anchor: self.anchor(),
            },
            3 => Occurs::Side { direction: self.choices.one(&directions), anchor: self.anchor() },
            4 => Occurs::On(self.anchor()),
            _ => Occurs::Between(self.anchor(), self.anchor()),
        }
    }

    fn unit(&mut self) -> Unit {
        let (day, week, month) = (Unit::Day, Unit::Week, Unit::Month);
        self.choices.one(&[
            day,
            Unit::Hour,
            week,
            month,
            Unit::Year,
            day,
            Unit::Minute,
            Unit::Second,
            Unit::Decade,
        ])
    }

    fn anchor(&mut self) -> Anchor<Box<Expr>> {
        match self.choices.pick(9) {
            0..=2 => Anchor::Now,
            3 => Anchor::Today,
            4 => Anchor::Yesterday,
            5 => Anchor::Tomorrow,
            6 => {
                let unit = self.unit();
                self.choices.one(&[Anchor::This(unit), Anchor::Last(unit), Anchor::Next(unit)])
            }
            7 => Anchor::Exact(Box::new(literal(self.choices.one(&["2024-02-28", "2024-03-01", "never"])))),
            _ => Anchor::Exact(Box::new(literal(START_MS - self.choices.pick(100_000_000) as i64))),
        }
    }

    /// A condition on the event that a variable is bound to.
    fn condition(&mut self, event: &Expr, depth: usize) -> Expr {
        if depth > 0 && self.choices.pick(2) == 1 {
            let (left, right) = (self.condition(event, depth - 1), self.condition(event, depth - 1));
            return match self.choices.pick(5) {
                0..=2 => expr(Node::And(vec![left, right])),
                3 => expr(Node::Or(vec![left, right])),
                _ => expr(Node::Not(Box::new(left))),
            };
        }
        let kind = field(event.clone(), "eventType");
        match self.choices.pick(9) {
            0 | 1 => expr(Node::Compare {
                operator: Comparison::Equal,
                left: Box::new(kind),
                right: Box::new(literal(self.choices.one(&["a", "b"]))),
            }),
            2..=4 => self.occurs(field(event.clone(), "timestamp")),
            5 => {
                let right = self.number();
                self.compare(field(event.clone(), "commerce.amount"), right)
            }
            6 => call("in", vec![kind, expr(Node::Literal(Value::List(vec!["a".into(), "c".into()])))]),
            7 => {
                let (slot, item) = self.slot();
                let condition = self.compare(field(item, "price"), literal(1));
                let source = field(event.clone(), "items");
                let quantifier =
                    self.choices.one(&[Quantifier::Exists, Quantifier::ForAll, Quantifier::None]);
                expr(Node::Quantified { quantifier, variables: vec![Binding { slot, source, condition }] })
            }
            _ => self.compare(field(event.clone(), "tags"), literal("x")),
        }
    }

    fn events(&mut self) -> Expr {
        expr(Node::Events)
    }

    fn filtered(&mut self, source: impl FnOnce(&mut Self) -> Expr) -> Expr {
        let source = Box::new(source(self));
        let (slot, event) = self.slot();
        let condition = Box::new(self.condition(&event, 2));
        expr(Node::Filter { source, slot, condition })
    }

    fn some_events(&mut self) -> Expr {
        match self.choices.pick(5) {
            0..=2 => self.filtered(Self::events),
            3 => self.filtered(|expressions| expressions.filtered(Self::events)),
            _ => self.events(),
        }
    }

    fn quantified(&mut self) -> Expr {
        let source = self.some_events();
        let (slot, event) = self.slot();
        let condition = self.condition(&event, 2);
        let quantifiers = [Quantifier::Exists, Quantifier::None, Quantifier::ForAll, Quantifier::One];
        let quantifier = self.choices.one(&quantifiers);
        expr(Node::Quantified { quantifier, variables: vec![Binding { slot, source, condition }] })
    }

    fn counted(&mut self) -> Expr {
        let (events, number) = (self.some_events(), self.number());
        let count = call("count", vec![events]);
        if self.choices.pick(4) == 3 { self.compare(number, count) } else { self.compare(count, number) }
    }

    fn aggregated(&mut self) -> Expr {
        let events = self.some_events();
        let values = match self.choices.pick(5) {
            0 | 1 => field(events, "commerce.amount"),
            2 => field(events, "items.price"),
            3 => field(events, "timestamp"),
            _ => {
                let (slot, event) = self.slot();
                let amount = field(event.clone(), "commerce.amount");
                let doubled = Node::Arithmetic {
                    operator: Arithmetic::Multiply,
                    left: Box::new(amount.clone()),
                    right: Box::new(literal(2)),
                };
                let prices = field(event, "items.price");
                let body = Box::new(self.choices.one(&[amount, expr(doubled), prices]));
                expr(Node::Map { source: Box::new(events), slot, body })
            }
        };
        let aggregate = self.choices.one(&AGGREGATES);
        let right = self.number();
        self.compare(call(aggregate, vec![values]), right)
    }

    fn projected(&mut self) -> Expr {
        let events = self.some_events();
        match self.choices.pick(4) {
            0 => self.compare(field(events, "tags"), literal("x")),
            1 => {
                let right = self.number();
                self.compare(field(events, "commerce.amount"), right)
            }
            2 => field(events, "items.price"),
            _ => self.occurs(field(events, "timestamp")),
        }
    }

    fn member(&mut self) -> Expr {
        let audience = match (self.audiences, self.choices.pick(4)) {
            (0, _) | (_, 0) => AudienceId::from("external"),
            (count, _) => AudienceId::new(format!("a{}", self.choices.pick(count))),
        };
        expr(Node::Member(audience))
    }

    /// What only the stored events can tell.
    fn related(&mut self) -> Expr {
        let (first, one) = self.slot();
        let (second, other) = self.slot();
        let condition = self.condition(&one, 1);
        let first = Binding { slot: first, source: expr(Node::Events), condition };
        let related = self.compare(field(other, "timestamp"), field(one, "timestamp"));
        let second = Binding { slot: second, source: expr(Node::Events), condition: related };
        let quantifier = self.choices.one(&[Quantifier::Exists, Quantifier::ForAll, Quantifier::One]);
        match self.choices.pick(2) {
            0 => expr(Node::Quantified { quantifier, variables: vec![first, second] }),
            _ => self.compare(call("count", vec![expr(Node::Select(vec![first, second]))]), literal(2)),
        }
    }
}
