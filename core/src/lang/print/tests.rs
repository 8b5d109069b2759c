//! Any tree reads back from its text as it was.

use std::boxed::Box;
use std::string::String;
use std::vec::Vec;

use proptest::prelude::*;

use super::super::ast::*;
use super::super::diagnostic::Span;
use super::super::{parse, words};
use super::print;
use crate::time::{Direction, Unit};

fn expr(kind: Kind) -> Expr {
    Expr::new(kind, Span::default())
}

fn boxed(strategy: impl Strategy<Value = Expr>) -> impl Strategy<Value = Box<Expr>> {
    strategy.prop_map(Box::new)
}

/// Words, those of the language among them wherever they can be a name.
fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        proptest::sample::select(&NAMES[..]).prop_map(String::from),
        "[a-zA-Z_][a-zA-Z0-9_]{0,4}".prop_filter("reserved", |word| !words::is_reserved(word)),
        "[äß][0-9ß]{0,2}",
    ]
}

/// A name where a declaration begins.
fn variable_name() -> impl Strategy<Value = Name> {
    name().prop_filter("ends an operand", |name| !words::is_follower(&name.text))
}

fn name() -> impl Strategy<Value = Name> {
    word().prop_map(|text| Name { text, span: Span::default() })
}

fn called() -> impl Strategy<Value = Name> {
    name().prop_filter("has its own form", |name| {
        !words::is(&name.text, "if") && !words::is(&name.text, "chain")
    })
}

fn leaf() -> impl Strategy<Value = Expr> {
    let finite = any::<f64>().prop_filter("finite", |number| number.is_finite());
    let literal = prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Boolean),
        any::<i64>().prop_map(Literal::Integer),
        (-9_i64..9).prop_map(Literal::Integer),
        finite.prop_map(Literal::Double),
        ".{0,6}".prop_map(Literal::String),
        proptest::collection::vec(any::<char>(), 0..4)
            .prop_map(|all| Literal::String(all.into_iter().collect())),
    ];
    prop_oneof![
        3 => word().prop_map(Kind::Name),
        2 => literal.prop_map(Kind::Literal),
        1 => any::<u32>().prop_map(Kind::Parameter),
        1 => "[a-z/_.;={]{0,3}".prop_filter("balanced", |text| !text.contains('{')).prop_map(Kind::Context),
        1 => (1_u32..4).prop_map(Kind::Up),
    ]
    .prop_map(expr)
}

fn variables(inner: BoxedStrategy<Expr>) -> impl Strategy<Value = Vec<Variable>> {
    let variable = (variable_name(), inner.clone(), proptest::option::of(inner))
        .prop_map(|(name, source, condition)| Variable { name, source, condition });
    proptest::collection::vec(variable, 1..3)
}

fn anchor(inner: BoxedStrategy<Expr>) -> impl Strategy<Value = Anchor> {
    prop_oneof![
        Just(Anchor::Now),
        Just(Anchor::Today),
        Just(Anchor::Yesterday),
        Just(Anchor::Tomorrow),
        Just(Anchor::This(Unit::Century)),
        Just(Anchor::Last(Unit::Month)),
        Just(Anchor::Next(Unit::Millennium)),
        boxed(inner).prop_map(Anchor::Exact),
    ]
}

fn comparison() -> impl Strategy<Value = Comparison> {
    prop_oneof![
        Just(Comparison::Equal),
        Just(Comparison::NotEqual),
        Just(Comparison::Less),
        Just(Comparison::LessOrEqual),
        Just(Comparison::Greater),
        Just(Comparison::GreaterOrEqual),
    ]
}

fn direction() -> impl Strategy<Value = Direction> {
    prop_oneof![Just(Direction::Before), Just(Direction::After), Just(Direction::From)]
}

fn occurs(inner: BoxedStrategy<Expr>) -> impl Strategy<Value = Occurs> {
    let unit = prop_oneof![Just(Unit::Millisecond), Just(Unit::Day), Just(Unit::Decade), Just(Unit::Century)];
    prop_oneof![
        (comparison(), 0_u32..3, unit, direction(), anchor(inner.clone())).prop_map(
            |(comparison, count, unit, direction, anchor)| {
                Occurs::Offset { comparison, count, unit, direction, anchor }
            }
        ),
        (direction(), anchor(inner.clone())).prop_map(|(direction, anchor)| Occurs::Side(direction, anchor)),
        anchor(inner.clone()).prop_map(Occurs::On),
        (anchor(inner.clone()), anchor(inner)).prop_map(|(from, to)| Occurs::Between(from, to)),
    ]
}

fn operator() -> impl Strategy<Value = Operator> {
    let arithmetic = prop_oneof![
        Just(Arithmetic::Add),
        Just(Arithmetic::Subtract),
        Just(Arithmetic::Multiply),
        Just(Arithmetic::Divide),
        Just(Arithmetic::Remainder),
    ];
    prop_oneof![
        comparison().prop_map(Operator::Compare),
        arithmetic.prop_map(Operator::Arithmetic),
        Just(Operator::In),
        Just(Operator::NotIn),
        Just(Operator::Like),
        Just(Operator::Matches),
        Just(Operator::Otherwise),
    ]
}

fn step(inner: BoxedStrategy<Expr>) -> impl Strategy<Value = Step> {
    let one = || proptest::option::of(inner.clone());
    let when = proptest::collection::vec(occurs(inner.clone()), 0..3);
    let count = (0_u32..4, proptest::option::of(0_u32..4));
    let count = count.prop_map(|(least, most)| Count { least, most, span: Span::default() });
    (name(), one(), when, one(), proptest::option::of(count))
        .prop_map(|(label, what, when, condition, count)| Step { label, what, when, condition, count })
}

fn operators(inner: &BoxedStrategy<Expr>) -> impl Strategy<Value = Kind> + use<> {
    let one = || boxed(inner.clone());
    let many = || proptest::collection::vec(inner.clone(), 2..4);
    prop_oneof![
        (operator(), one(), one()).prop_map(|(operator, left, right)| Kind::Binary(operator, left, right)),
        (one(), occurs(inner.clone())).prop_map(|(timestamp, test)| Kind::Occurs(timestamp, test)),
        one().prop_map(Kind::Not),
        one().prop_map(Kind::Negate),
        many().prop_map(Kind::And),
        many().prop_map(Kind::Or),
        (one(), name()).prop_map(|(object, name)| Kind::Field(object, name)),
        (one(), one()).prop_map(|(source, condition)| Kind::Filter(source, condition)),
        (one(), name(), many())
            .prop_map(|(receiver, name, arguments)| Kind::Method(receiver, name, arguments)),
    ]
}

fn forms(inner: &BoxedStrategy<Expr>) -> impl Strategy<Value = Kind> + use<> {
    let one = || boxed(inner.clone());
    let many = || proptest::collection::vec(inner.clone(), 0..3);
    let aggregate = prop_oneof![Just(Aggregate::Sum), Just(Aggregate::Average), Just(Aggregate::Minimum)];
    let quantifier = prop_oneof![
        Just(Quantifier::Exists),
        Just(Quantifier::ForAll),
        Just(Quantifier::None),
        Just(Quantifier::One)
    ];
    let fields = proptest::collection::vec((".{0,3}", inner.clone()), 0..3);
    let steps = proptest::collection::vec(step(inner.clone()), 0..3);
    prop_oneof![
        (called(), many()).prop_map(|(name, arguments)| Kind::Call(name, arguments)),
        many().prop_map(Kind::List),
        fields.prop_map(Kind::Object),
        (one(), one(), one()).prop_map(|(test, then, otherwise)| Kind::If(test, then, otherwise)),
        (variable_name(), one(), one()).prop_map(|(name, value, body)| Kind::Let(name, value, body)),
        (proptest::collection::vec(name(), 1..3), one()).prop_map(|(names, body)| Kind::Lambda(names, body)),
        variables(inner.clone()).prop_map(Kind::Select),
        (quantifier, variables(inner.clone()))
            .prop_map(|(quantifier, all)| Kind::Quantified(quantifier, all)),
        (aggregate, proptest::option::of(one()), variables(inner.clone()))
            .prop_map(|(aggregate, value, all)| Kind::Aggregate(aggregate, value, all)),
        (one(), one(), steps).prop_map(|(events, order, steps)| Kind::Chain(events, order, steps)),
    ]
}

fn tree() -> impl Strategy<Value = Expr> {
    leaf().prop_recursive(4, 40, 4, |inner| {
        let inner = inner.boxed();
        prop_oneof![operators(&inner), forms(&inner)].prop_map(expr)
    })
}

#[test]
fn a_printed_tree_reads_back_as_it_was() {
    // Nested strategies need more stack than a test thread has; the code under test does not.
    const STACK_BYTES: usize = 64 * 1024 * 1024;
    let property = || {
        let config = ProptestConfig { cases: 2_000, ..ProptestConfig::default() };
        proptest!(config, |(tree in tree())| {
            let text = print(&tree);
            let parsed = parse(&text);
            prop_assert_eq!(&parsed.diagnostics, &[], "{}", text);
            prop_assert_eq!(parsed.tree, tree, "{}", text);
        });
    };
    std::thread::Builder::new().stack_size(STACK_BYTES).spawn(property).unwrap().join().unwrap();
}

proptest! {
    #[test]
    fn any_text_is_survived(text in ".{0,80}") {
        let parsed = parse(&text);
        print(&parsed.tree);
        for found in parsed.diagnostics {
            found.render(&text);
        }
    }

    #[test]
    fn any_sequence_of_words_is_survived(
        words in proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..30),
    ) {
        let text = words.join(" ");
        let parsed = parse(&text);
        // What was read without errors reads back.
        if !parsed.has_errors() {
            prop_assert_eq!(parse(&print(&parsed.tree)).tree, parsed.tree, "{}", text);
        }
    }
}

const WORDS: [&str; 46] = [
    "a", "b", "x", "select", "exists", "from", "where", "sum", "over", "let", "in", "=", "(", ")", "[", "]",
    ",", ".", "^", "not", "and", "or", "occurs", "before", "now", "this", "month", "1", "-", "'s'", ":",
    "if", "=>", "{", "}", "+", "<", "chain", "WHAT", "days", "WHEN", "COUNT", "between", "at", "most",
    "within",
];

const NAMES: [&str; 23] = [
    "this", "last", "Next", "now", "today", "on", "before", "from", "over", "where", "sum", "min", "select",
    "exists", "one", "let", "if", "chain", "date", "day", "xdm", "xEvent", "in1",
];
