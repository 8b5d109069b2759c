//! Computed attributes: one value of the events inside a sliding window, read like an attribute of the profile.
//!
//! What can be folded is a [`Score`](super::Score) like any other. The most recent value cannot be, because it may be of
//! any kind: it is read from the stored events, and a count of the same events says when to look.

use alloc::collections::BTreeMap;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use super::functions;
use super::leaf::Aggregate;
use super::leaf_set::LeafSet;
use super::score::Score;
use super::visit;
use crate::eval::virtual_fields::TIMESTAMP;
use crate::lang::Severity;
use crate::lang::diagnostic::{Diagnostic, code};
use crate::lang::functions::{Function, find};
use crate::lang::rewrite::replace;
use crate::lang::schema::{Type, UnionSchema};
use crate::lang::typed::{Checked, Expr, Node, Slot};
use crate::value::Value;

/// The field of a profile under which computed attributes are read, by name.
pub const COMPUTED_ATTRIBUTES: &str = "computedAttributes";
/// The variable of the window: no binder of a text is so deep.
const WINDOW_SLOT: Slot = Slot::MAX / 4;
const HELP: &str = "use `count()`, `sum()`, `min()` or `max()` of filtered events, a condition, or \
    `topN(timestamp, 1)` with a field and `head()` for the most recent";

/// How the events become one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MergeFunction {
    /// The sum; 0 of none.
    Sum,
    /// How many there are.
    Count,
    /// The smallest; absent of none.
    Min,
    /// The largest; absent of none.
    Max,
    /// Whether there are such events.
    Boolean,
    /// The value of the latest; absent of none.
    MostRecent,
}

impl MergeFunction {
    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sum => "SUM",
            Self::Count => "COUNT",
            Self::Min => "MIN",
            Self::Max => "MAX",
            Self::Boolean => "BOOLEAN",
            Self::MostRecent => "MOST_RECENT",
        }
    }
}

/// A computed attribute, its window put in.
#[derive(Clone, Debug, PartialEq)]
pub struct Computed {
    /// How.
    pub function: MergeFunction,
    /// Its value, over the events.
    pub value: Checked,
    /// What is folded: the value, or, of the most recent, the number of events.
    pub folded: Checked,
}

impl Computed {
    /// Takes a checked text apart. `window` is the checked text of the events inside the window (`xEvent[...]`); all
    /// stored events when absent.
    ///
    /// # Errors
    ///
    /// What of the text is no computed attribute.
    pub fn of(checked: &Checked, window: Option<&Expr>) -> Result<Self, Diagnostic> {
        let (function, counted) = classify(checked)?;
        let mut value = checked.clone();
        if let Some(window) = window {
            narrow(&mut value.expr, window);
        }
        let folded = match counted {
            None => value.clone(),
            Some(mut events) => {
                if let Some(window) = window {
                    narrow(&mut events, window);
                }
                let count = find("count").map(|row| row.function());
                let count =
                    count.ok_or_else(|| refuse(checked, code::NOT_SUPPORTED, "nothing counts", HELP))?;
                let expr = Expr {
                    node: Node::Call { function: count, arguments: vec![events] },
                    span: checked.expr.span,
                };
                Checked { expr, result: Type::Integer, warnings: Vec::new() }
            }
        };
        if Score::compile(&folded.expr, &mut LeafSet::default(), &|_| None).is_none() {
            return Err(refuse(
                checked,
                code::NEEDS_EVENTS,
                "this needs the stored events again whenever one comes, and cannot be folded",
                "compare fields of the event with constants, and its `timestamp` with `now`",
            ));
        }
        Ok(Self { function, value, folded })
    }
}

/// The function, and of the most recent the events it is chosen from.
fn classify(checked: &Checked) -> Result<(MergeFunction, Option<Expr>), Diagnostic> {
    let outside = |node: &Node| matches!(node, Node::Profile | Node::Member(_) | Node::Context(_));
    if visit::any(&checked.expr, &outside) {
        let message = "a computed attribute is of events alone, not of attributes, audiences or decisions";
        return Err(refuse(checked, code::NOT_COMPUTED, message, HELP));
    }
    if !visit::reads_events(&checked.expr) {
        return Err(refuse(checked, code::NOT_COMPUTED, "no events are read", HELP));
    }
    if checked.result == Type::Boolean {
        return Ok((MergeFunction::Boolean, None));
    }
    if let Some(events) = most_recent(&checked.expr) {
        return match checked.result {
            Type::List(_) => {
                let message = "the most recent event is a list of one, and an attribute is one value";
                Err(refuse(checked, code::NOT_COMPUTED, message, "end with `.head()`"))
            }
            _ => Ok((MergeFunction::MostRecent, Some(events))),
        };
    }
    let Node::Call { function, .. } = &checked.expr.node else {
        return Err(refuse(checked, code::NOT_COMPUTED, "this is no aggregate of events", HELP));
    };
    let ordered =
        matches!(checked.result, Type::Integer | Type::Number | Type::Date | Type::DateTime | Type::Any);
    match functions::aggregate(*function) {
        Some(Aggregate::Count) => Ok((MergeFunction::Count, None)),
        Some(Aggregate::Sum) => Ok((MergeFunction::Sum, None)),
        Some(Aggregate::Minimum) if ordered => Ok((MergeFunction::Min, None)),
        Some(Aggregate::Maximum) if ordered => Ok((MergeFunction::Max, None)),
        Some(Aggregate::Minimum | Aggregate::Maximum) => {
            let message = "the smallest and the largest are of numbers and instants";
            Err(refuse(checked, code::NOT_A_NUMBER, message, HELP))
        }
        Some(Aggregate::Average) | None => {
            Err(refuse(checked, code::NOT_COMPUTED, "this is no aggregate that an attribute can be", HELP))
        }
    }
}

/// The events of which the latest is chosen, if an expression does that.
fn most_recent(expr: &Expr) -> Option<Expr> {
    match &expr.node {
        Node::Call { function, arguments } => match (name(*function)?, arguments.as_slice()) {
            ("head", [list]) => most_recent(list),
            _ => None,
        },
        Node::Field { object: source, .. } | Node::Map { source, .. } => most_recent(source),
        Node::Let { slot, value, body } => takes_latest(body, *slot).then(|| (**value).clone()),
        _ => None,
    }
}

/// `topN(timestamp, 1)` of the list in a slot, as it is checked.
fn takes_latest(expr: &Expr, list: Slot) -> bool {
    let Node::Call { function, arguments } = &expr.node else { return false };
    let [items, keys, count] = arguments.as_slice() else { return false };
    name(*function) == Some("topN")
        && matches!(items.node, Node::Variable(slot) if slot == list)
        && matches!(count.node, Node::Literal(Value::Integer(1)))
        && is_timestamp(keys)
}

/// The timestamp of every item, each as a list of one.
fn is_timestamp(keys: &Expr) -> bool {
    let Node::Map { slot, body, .. } = &keys.node else { return false };
    let Node::List(key) = &body.node else { return false };
    matches!(key.as_slice(), [key] if visit::path_from(*slot, key).is_some_and(|path| path == [TIMESTAMP]))
}

fn name(function: Function) -> Option<&'static str> {
    function.row().map(|row| row.name)
}

/// Lets only the events inside the window be seen.
fn narrow(expr: &mut Expr, window: &Expr) {
    let mut window = window.clone();
    if let Node::Filter { slot, condition, .. } = &mut window.node {
        let old = core::mem::replace(slot, WINDOW_SLOT);
        replace(condition, &mut |part| match part.node {
            Node::Variable(slot) if slot == old => {
                Some(Expr { node: Node::Variable(WINDOW_SLOT), span: part.span })
            }
            _ => None,
        });
    }
    replace(expr, &mut |part| matches!(part.node, Node::Events).then(|| window.clone()));
}

/// The schema in which computed attributes are fields of the profile.
pub fn with_computed(schema: &mut UnionSchema, all: impl IntoIterator<Item = (String, Type)>) {
    let fields: BTreeMap<String, Type> = all.into_iter().collect();
    if !fields.is_empty() {
        schema.profile.insert(COMPUTED_ATTRIBUTES.to_string(), Type::Object(fields));
    }
}

/// Puts in the place of every computed attribute what it is computed from, so that an expression that reads it is
/// answered, and folded, like one that says all of it.
pub fn inline(expr: &mut Expr, value: &mut dyn FnMut(&str) -> Option<Expr>) {
    replace(expr, &mut |part| {
        let Node::Field { object, name } = &part.node else { return None };
        let Node::Field { object: profile, name: family } = &object.node else { return None };
        let is_one = family == COMPUTED_ATTRIBUTES && matches!(profile.node, Node::Profile);
        is_one.then(|| value(name)).flatten().map(|value| Expr { span: part.span, ..value })
    });
}

fn refuse(checked: &Checked, code: &str, message: &str, help: &str) -> Diagnostic {
    Diagnostic {
        code: code.to_string(),
        severity: Severity::Error,
        span: checked.expr.span,
        message: message.to_string(),
        help: Some(help.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::compile;

    struct Nobody;

    impl crate::lang::AudienceDirectory for Nobody {
        fn contains(&self, _: &str) -> bool {
            false
        }
    }

    fn compiled(text: &str) -> Result<Checked, String> {
        let mut schema = UnionSchema::default();
        schema.event.insert("total".into(), Type::Number);
        schema.event.insert("sku".into(), Type::String);
        schema.profile.insert("visits".into(), Type::Integer);
        compile(text, &schema, &Nobody).map_err(|found| found[0].code.to_string())
    }

    fn check(text: &str, expected: Result<MergeFunction, &str>) {
        let window = compiled("xEvent[timestamp occurs <= 7 days before now]").unwrap().expr;
        let of =
            |text: &Checked| Computed::of(text, Some(&window)).map_err(|refused| refused.code.to_string());
        let found = compiled(text).and_then(|text| of(&text)).map(|computed| computed.function);
        assert_eq!(found, expected.map_err(Into::into), "{text}");
    }

    #[test]
    fn the_function_is_told_from_the_text() {
        use MergeFunction::{Boolean, Count, Max, Min, MostRecent, Sum};
        check(r#"xEvent[eventType = "buy"].total.sum()"#, Ok(Sum));
        check(r#"xEvent[eventType = "buy"].count()"#, Ok(Count));
        check("xEvent.total.min()", Ok(Min));
        check("xEvent.timestamp.max()", Ok(Max));
        check("xEvent[total > 5].count() > 2", Ok(Boolean));
        check("xEvent[total > 5].topN(timestamp, 1).sku.head()", Ok(MostRecent));
        check("xEvent.topN(timestamp, 1).head().sku", Ok(MostRecent));
    }

    #[test]
    fn what_is_none_is_refused() {
        check("visits", Err(code::NOT_COMPUTED));
        check("1", Err(code::NOT_COMPUTED));
        check("xEvent.total.average()", Err(code::NOT_COMPUTED));
        check("xEvent.count() + 1", Err(code::NOT_COMPUTED));
        check("xEvent[total > visits].count()", Err(code::NOT_COMPUTED));
        check("xEvent.sku.max()", Err(code::ARGUMENT_TYPE));
        check("xEvent.topN(timestamp, 1).sku", Err(code::NOT_COMPUTED));
        check("xEvent.topN(total, 1).head().sku", Err(code::NOT_COMPUTED));
        check("xEvent.topN(timestamp, 2).head().sku", Err(code::NOT_COMPUTED));
    }
}
