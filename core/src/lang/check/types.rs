//! What can be asked of types: their items, their fields, what they have in common, and what to call them.

use alloc::borrow::Cow;
use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;

use super::super::schema::Type;

/// A type, borrowed from the schema where it can be: the type of an event may have a thousand fields.
pub(super) type Ty<'a> = Cow<'a, Type>;

pub(super) const ANY: &Type = &Type::Any;
pub(super) const BOOLEAN: &Type = &Type::Boolean;
pub(super) const INTEGER: &Type = &Type::Integer;
pub(super) const NUMBER: &Type = &Type::Number;
pub(super) const STRING: &Type = &Type::String;
pub(super) const DATE: &Type = &Type::Date;
pub(super) const DATE_TIME: &Type = &Type::DateTime;

/// What matters for comparing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    Any,
    Boolean,
    Number,
    Text,
    Time,
    List,
    Object,
}

pub(super) fn class(ty: &Type) -> Class {
    match ty {
        Type::Any => Class::Any,
        Type::Boolean => Class::Boolean,
        Type::Integer | Type::Number => Class::Number,
        Type::String => Class::Text,
        Type::Date | Type::DateTime => Class::Time,
        Type::List(_) => Class::List,
        Type::Map(_) | Type::Object(_) => Class::Object,
    }
}

/// The type as people call it.
pub(super) fn describe(ty: &Type) -> String {
    match ty {
        Type::Any => "anything".into(),
        Type::Boolean => "a boolean".into(),
        Type::Integer => "a whole number".into(),
        Type::Number => "a number".into(),
        Type::String => "a string".into(),
        Type::Date => "a date".into(),
        Type::DateTime => "a date-time".into(),
        Type::List(item) => match class(item) {
            Class::Any => "an array".into(),
            Class::Boolean => "an array of booleans".into(),
            Class::Number => "an array of numbers".into(),
            Class::Text => "an array of strings".into(),
            Class::Time => "an array of times".into(),
            Class::List => "an array of arrays".into(),
            Class::Object => "an array of objects".into(),
        },
        Type::Map(_) => "a map".into(),
        Type::Object(_) => "an object".into(),
    }
}

pub(super) fn list_of(ty: Ty<'_>) -> Ty<'_> {
    Cow::Owned(Type::List(Box::new(ty.into_owned())))
}

/// A list of this, unless it is one already: what flattening leaves.
pub(super) fn flat_list_of(ty: Ty<'_>) -> Ty<'_> {
    if matches!(*ty, Type::List(_)) { ty } else { list_of(ty) }
}

/// The type of the items of a list; of anything unknown, anything.
pub(super) fn item<'a>(ty: &Ty<'a>) -> Option<Ty<'a>> {
    match ty {
        Cow::Borrowed(Type::List(item)) => Some(Cow::Borrowed(item)),
        Cow::Owned(Type::List(item)) => Some(Cow::Owned((**item).clone())),
        Cow::Borrowed(Type::Any) | Cow::Owned(Type::Any) => Some(Cow::Borrowed(ANY)),
        Cow::Borrowed(_) | Cow::Owned(_) => None,
    }
}

/// The type itself, or that of the items of a list, of lists ...: what an array compared with a scalar is compared as.
pub(super) fn scalar(ty: &Type) -> &Type {
    let mut ty = ty;
    while let Type::List(item) = ty {
        ty = item;
    }
    ty
}

/// The type of a field. `None` if there is none of that name.
pub(super) fn field<'a>(ty: &Ty<'a>, name: &str) -> Option<Ty<'a>> {
    match ty {
        Cow::Borrowed(ty) => ty.field(name),
        Cow::Owned(ty) => ty.field(name).map(|found| Cow::Owned(found.into_owned())),
    }
}

/// What both are.
pub(super) fn join<'a>(left: Ty<'a>, right: Ty<'a>) -> Ty<'a> {
    if left == right {
        return left;
    }
    match (class(&left), class(&right)) {
        (Class::Number, Class::Number) => Cow::Borrowed(NUMBER),
        (_, _) => Cow::Borrowed(ANY),
    }
}

/// Whether a field can be asked for at all.
pub(super) fn has_fields(ty: &Type) -> bool {
    matches!(class(scalar(ty)), Class::Any | Class::Object)
}

/// `expected …, found …`
pub(super) fn mismatch(expected: &str, found: &Type) -> String {
    format!("expected {expected}, found {}", describe(found))
}
