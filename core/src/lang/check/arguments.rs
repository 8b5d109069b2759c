//! Arguments against the signatures of the function table.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use super::super::ast;
use super::super::diagnostic::{Span, code};
use super::super::functions::{self, ParameterType, ResultType, Row};
use super::super::schema::Type;
use super::super::typed::{Expr, Node, Slot};
use super::binders::PerItem;
use super::operators::{instant_beside, instants, is_time};
use super::types::{self, Class, Ty};
use super::{Checker, Typed};
use crate::time::calendar::start_of_date;
use crate::value::Value;

/// An argument: a tree may still have to be checked over an item.
#[derive(Debug)]
pub(super) enum Argument<'a, 't> {
    /// Checked already.
    Checked(Typed<'a>),
    /// Not yet.
    Tree(&'t ast::Expr),
}

/// An argument that is said more than once in the lowered call.
struct Shared {
    slot: Slot,
    value: Expr,
}

impl<'a> Checker<'a> {
    /// A call with arguments that are known to fit.
    pub(super) fn apply_named(&mut self, name: &str, arguments: Vec<Typed<'a>>, span: Span) -> Typed<'a> {
        let arguments = arguments.into_iter().map(Argument::Checked).collect();
        self.apply(name, arguments, span, span)
    }

    /// A call of a row of the table, receiver first.
    pub(super) fn apply(
        &mut self,
        name: &str,
        arguments: Vec<Argument<'a, '_>>,
        name_span: Span,
        span: Span,
    ) -> Typed<'a> {
        let Some(row) = self.row(name) else {
            return self.unsupported(&format!("`{name}`"), name_span, "");
        };
        let (least, most) = row.arity();
        if arguments.len() < least || arguments.len() > most {
            let message = count_message(row, arguments.len());
            return self.reported(code::ARGUMENT_COUNT, name_span, message, signature(row));
        }
        let errors = self.errors;
        let mut checked: Vec<Typed<'a>> = Vec::with_capacity(arguments.len());
        let mut shared = None;
        for (index, argument) in arguments.into_iter().enumerate() {
            shared = self.argument(row, index, argument, &mut checked).or(shared);
        }
        // A call of something wrong has no type to go on with.
        if self.errors > errors {
            return Typed::unknown(span);
        }
        self.refuse_senseless(row, &checked, span);
        let checked = as_instants(row, checked);
        let ty = result(row, &checked);
        let arguments: Vec<Expr> = checked.into_iter().map(|argument| argument.expr).collect();
        let call = Node::Call { function: row.function(), arguments };
        let Some(Shared { slot, value }) = shared else { return Typed::new(call, span, ty) };
        let body = Box::new(Expr { node: call, span });
        Typed::new(Node::Let { slot, value: Box::new(value), body }, span, ty)
    }

    fn argument(
        &mut self,
        row: &Row,
        index: usize,
        argument: Argument<'a, '_>,
        checked: &mut Vec<Typed<'a>>,
    ) -> Option<Shared> {
        let parameter = row.parameter(index)?;
        let typed = match (parameter.kind, argument) {
            (ParameterType::PerItem, Argument::Tree(tree)) => return self.per_item_argument(tree, checked),
            (ParameterType::PerItemInstead, Argument::Tree(tree)) => {
                let source = checked.pop()?;
                let mapped = self.mapped(source, tree, tree.span);
                checked.push(mapped);
                return None;
            }
            (_, Argument::Tree(tree)) => self.expr(tree),
            (_, Argument::Checked(typed)) => typed,
        };
        let typed = self.fitted(row, parameter.kind, typed, checked);
        checked.push(typed);
        None
    }

    /// A value for every item of the list that is argument 0. The list is named, because it is also an argument: said
    /// twice, a chain of such calls would double with every call.
    fn per_item_argument(&mut self, tree: &ast::Expr, checked: &mut Vec<Typed<'a>>) -> Option<Shared> {
        let shared = self.slot();
        let list = checked.first_mut()?;
        let variable = Typed::new(Node::Variable(shared), list.span(), list.ty.clone());
        let source = core::mem::replace(list, variable.clone());
        let item = types::item(&source.ty).unwrap_or(Ty::Borrowed(types::ANY));
        let PerItem { slot, body } = self.per_item(item, tree);
        // A list of one, so that there is one value for every item, whatever it is.
        let value = Box::new(Expr { node: Node::List(vec![body.expr]), span: tree.span });
        let values = Node::Map { source: Box::new(variable.expr), slot, body: value };
        checked.push(Typed::new(values, tree.span, types::list_of(body.ty)));
        Some(Shared { slot: shared, value: source.expr })
    }

    /// The argument as its parameter takes it, or a report that it does not.
    fn fitted(
        &mut self,
        row: &Row,
        kind: ParameterType,
        mut typed: Typed<'a>,
        before: &[Typed<'a>],
    ) -> Typed<'a> {
        let span = typed.span();
        let expected = match kind {
            ParameterType::Any => return self.compared(row, typed, before),
            ParameterType::ItemOf(index) => {
                let Some(list) = before.get(index) else { return typed };
                typed = self.coerced(typed, &list.ty);
                if Self::comparable(&typed.ty, &list.ty) {
                    return typed;
                }
                "what the array holds"
            }
            ParameterType::Boolean => {
                typed = self.coerced(typed, types::BOOLEAN);
                if matches!(types::class(&typed.ty), Class::Any | Class::Boolean) {
                    return typed;
                }
                "a boolean"
            }
            ParameterType::Integer | ParameterType::Number => {
                typed = self.coerced(typed, types::INTEGER);
                let fraction = kind == ParameterType::Integer
                    && matches!(typed.expr.node, Node::Literal(Value::Double(_)));
                if matches!(types::class(&typed.ty), Class::Any | Class::Number) && !fraction {
                    return typed;
                }
                if kind == ParameterType::Integer { "a whole number" } else { "a number" }
            }
            ParameterType::String | ParameterType::Regex => {
                typed = self.coerced(typed, types::STRING);
                if matches!(types::class(types::scalar(&typed.ty)), Class::Any | Class::Text) {
                    if kind == ParameterType::Regex {
                        self.require_pattern(&typed);
                    }
                    return typed;
                }
                "a string"
            }
            ParameterType::DateFormat
            | ParameterType::DateNotation
            | ParameterType::Locale
            | ParameterType::Zone => {
                typed = self.coerced(typed, types::STRING);
                if matches!(types::class(&typed.ty), Class::Any | Class::Text) {
                    match kind {
                        ParameterType::Locale => self.require_locale(&typed),
                        ParameterType::Zone => self.require_zone(&typed),
                        _ => self.require_date_pattern(kind == ParameterType::DateFormat, &typed),
                    }
                    return typed;
                }
                "a string"
            }
            ParameterType::Dated => {
                if matches!(types::class(types::scalar(&typed.ty)), Class::Any | Class::Text | Class::Time) {
                    return typed;
                }
                "a string or a time"
            }
            ParameterType::Instant => return self.require_instant(typed),
            ParameterType::List | ParameterType::PerItem | ParameterType::PerItemInstead => {
                self.items_of(&typed);
                return typed;
            }
            ParameterType::Map => {
                if matches!(types::class(&typed.ty), Class::Any | Class::Object) {
                    return typed;
                }
                "a map"
            }
        };
        let message = format!("`{}`: {}", row.name, types::mismatch(expected, &typed.ty));
        self.reported(code::ARGUMENT_TYPE, span, message, signature(row))
    }

    /// `equals` and `notEqualTo` compare what follows with the receiver; a boolean behind texts says whether case
    /// matters. Other functions that take anything do take anything.
    fn compared(&mut self, row: &Row, typed: Typed<'a>, before: &[Typed<'a>]) -> Typed<'a> {
        let Some(receiver) = before.first().filter(|_| matches!(row.name, "equals" | "notEqualTo")) else {
            return typed;
        };
        let case = before.len() > 1 && *typed.ty == Type::Boolean;
        if case && types::class(types::scalar(&receiver.ty)) != Class::Boolean {
            return typed;
        }
        let typed = self.coerced(typed, &receiver.ty);
        if Self::fit(receiver, &typed) {
            return instant_beside(typed, receiver);
        }
        let (left, right) = (types::describe(&receiver.ty), types::describe(&typed.ty));
        let message = format!("{left} cannot be compared with {right}");
        self.reported(code::INCOMPARABLE, typed.span(), message, "")
    }

    fn require_pattern(&mut self, typed: &Typed<'a>) {
        let Node::Literal(Value::String(pattern)) = &typed.expr.node else { return };
        if let Err(reason) = functions::validate_regex(pattern) {
            let message = format!("the regular expression is invalid: {reason}");
            let help = "look-around and back references are not part of it";
            self.error(code::BAD_PATTERN, typed.span(), message, help);
        }
    }

    fn require_locale(&mut self, typed: &Typed<'a>) {
        let Some(name) = said(&typed.expr).filter(|name| functions::find_locale(name).is_none()) else {
            return;
        };
        let help = self.did_you_mean(name, functions::locale_names());
        let help = if help.is_empty() { "a locale is written `en_GB`".into() } else { help };
        self.error(code::BAD_FORMAT, typed.span(), format!("the locale `{name}` is not known"), help);
    }

    fn require_zone(&mut self, typed: &Typed<'a>) {
        let Some(name) = said(&typed.expr).filter(|name| functions::offset_minutes(name).is_none()) else {
            return;
        };
        let help =
            "write how far it is from UTC: `+01:00`; zones with rules of their own are not part of this";
        self.error(code::BAD_FORMAT, typed.span(), format!("the time zone `{name}` is not known"), help);
    }

    fn require_date_pattern(&mut self, writes: bool, typed: &Typed<'a>) {
        let wanted = if writes { functions::PatternUse::Write } else { functions::PatternUse::Read };
        let Some(text) = said(&typed.expr) else { return };
        if let Err(reason) = functions::validate_date_pattern(text, wanted) {
            let message = format!("`{text}` is no pattern of a date: {reason}");
            let help = "the letters are those of Java, for example `yyyy-MM-dd HH:mm:ss`; text stands in quotes: `'at'`";
            self.error(code::BAD_FORMAT, typed.span(), message, help);
        }
    }

    /// Calls whose arguments fit, but which can never give anything.
    fn refuse_senseless(&mut self, row: &Row, arguments: &[Typed<'a>], span: Span) {
        let adds = matches!(row.name, "sum" | "average");
        if adds || matches!(row.name, "min" | "max") {
            let Some(list) = arguments.first() else { return };
            let fits = match types::class(types::scalar(&list.ty)) {
                Class::Any | Class::Number => true,
                Class::Time => !adds,
                Class::Boolean | Class::Text | Class::List | Class::Object => false,
            };
            if !fits {
                let message = format!("`{}`: {}", row.name, types::mismatch("an array of numbers", &list.ty));
                let help = format!("name a field of the items: `.{}(field)`", row.name);
                self.error(code::ARGUMENT_TYPE, list.span(), message, help);
            }
        }
        let numbers: Vec<i64> = arguments.iter().filter_map(|argument| whole(&argument.expr)).collect();
        if let ("date", [year, month, day]) = (row.name, &*numbers)
            && start_of_date(*year, *month, *day).is_none()
        {
            self.error(code::ARGUMENT_TYPE, span, format!("there is no day {year}-{month:02}-{day:02}"), "");
        }
        let texts: Vec<&str> = arguments.iter().filter_map(|argument| said(&argument.expr)).collect();
        if let ("formatDate", [.., pattern, locale], 3) = (row.name, &*texts, arguments.len())
            && !functions::can_name(pattern, locale)
        {
            let message = format!("the names of months and days in `{locale}` are not known");
            let help = "write months as numbers, `MM`, and leave out `E`";
            self.error(code::BAD_FORMAT, span, message, help);
        }
    }
}

fn said(expr: &Expr) -> Option<&str> {
    if let Node::Literal(value) = &expr.node { value.as_str() } else { None }
}

/// Lists of times are compared as times, not letter by letter: one of two lists as instants, or the list that is compared
/// with itself.
fn as_instants<'a>(row: &Row, mut arguments: Vec<Typed<'a>>) -> Vec<Typed<'a>> {
    let of_two = matches!(row.name, "includes" | "intersects" | "intersection" | "subsetOf" | "supersetOf");
    if of_two && let [first, second] = &mut *arguments {
        let (left, right) = (first.clone(), second.clone());
        if is_time(&right) {
            *second = instant_beside(right, &left);
        } else if row.name != "intersection" {
            *first = instant_beside(left, &right);
        }
    }
    if row.name == "distinct"
        && let [list] = &mut *arguments
    {
        *list = instants(list.clone());
    }
    arguments
}

fn whole(expr: &Expr) -> Option<i64> {
    if let Node::Literal(Value::Integer(number)) = &expr.node { Some(*number) } else { None }
}

/// The type of the value of a call.
fn result<'a>(row: &Row, arguments: &[Typed<'a>]) -> Ty<'a> {
    let argument = |index: usize| arguments.get(index).map_or(Ty::Borrowed(types::ANY), |it| it.ty.clone());
    let values = |index| match argument(index).into_owned() {
        Type::Map(value) => *value,
        Type::Any
        | Type::Boolean
        | Type::Integer
        | Type::Number
        | Type::String
        | Type::Date
        | Type::DateTime
        | Type::List(_)
        | Type::Object(_) => Type::Any,
    };
    let list = |ty| Ty::Owned(Type::List(Box::new(ty)));
    match row.result {
        ResultType::Boolean => Ty::Borrowed(types::BOOLEAN),
        ResultType::Integer => each(row, types::INTEGER, arguments),
        ResultType::Number => each(row, types::NUMBER, arguments),
        ResultType::String => each(row, types::STRING, arguments),
        ResultType::Date => Ty::Borrowed(types::DATE),
        ResultType::DateTime => each(row, types::DATE_TIME, arguments),
        ResultType::Any => Ty::Borrowed(types::ANY),
        ResultType::List => list(Type::Any),
        ResultType::SameAs(index) => argument(index),
        ResultType::ItemOf(index) => types::item(&argument(index)).unwrap_or(Ty::Borrowed(types::ANY)),
        ResultType::ValueOf(index) => Ty::Owned(values(index)),
        ResultType::ListOfStrings => list(Type::String),
        ResultType::ListOfValuesOf(index) => list(values(index)),
        ResultType::ListOfEntriesOf(index) => {
            let fields = [("key", Type::String), ("value", values(index))];
            list(Type::Object(fields.into_iter().map(|(name, ty)| (name.into(), ty)).collect()))
        }
        ResultType::MapOf(index) => Ty::Owned(Type::Map(Box::new(argument(index).into_owned()))),
    }
}

/// A function of one text or time, called on a projected array, gives the array of its values.
fn each<'a>(row: &Row, ty: &'static Type, arguments: &[Typed<'a>]) -> Ty<'a> {
    let lifted = row.parameter(0).is_some_and(|parameter| match parameter.kind {
        ParameterType::String | ParameterType::Regex | ParameterType::Instant | ParameterType::Dated => true,
        ParameterType::Any
        | ParameterType::DateFormat
        | ParameterType::DateNotation
        | ParameterType::Locale
        | ParameterType::Zone
        | ParameterType::Boolean
        | ParameterType::Integer
        | ParameterType::Number
        | ParameterType::List
        | ParameterType::Map
        | ParameterType::ItemOf(_)
        | ParameterType::PerItem
        | ParameterType::PerItemInstead => false,
    });
    let list = arguments.first().is_some_and(|first| matches!(*first.ty, Type::List(_)));
    let ty = Ty::Borrowed(ty);
    if lifted && list { types::list_of(ty) } else { ty }
}

fn count_message(row: &Row, found: usize) -> String {
    let (least, most) = row.arity();
    let counted = |count: usize| if count == 1 { "1 argument".into() } else { format!("{count} arguments") };
    let takes = match most {
        usize::MAX => format!("at least {}", counted(least)),
        most if most == least => counted(least),
        most => format!("{least} to {}", counted(most)),
    };
    format!("`{}` takes {takes}, receiver included, found {found}", row.name)
}

/// How the function is called.
fn signature(row: &Row) -> String {
    let mut names = row.parameters.iter().map(|parameter| match parameter.presence {
        functions::Presence::Required => String::from(parameter.name),
        functions::Presence::Optional => format!("[{}]", parameter.name),
        functions::Presence::Repeated => format!("[{}, ...]", parameter.name),
    });
    let receiver = match row.parameters.first().map(|first| first.kind) {
        Some(ParameterType::Integer) | None => String::new(),
        Some(_) => names.next().map(|name| format!("{name}.")).unwrap_or_default(),
    };
    let rest: Vec<String> = names.collect();
    format!("`{receiver}{}({})`: {}", row.name, rest.join(", "), row.doc)
}
