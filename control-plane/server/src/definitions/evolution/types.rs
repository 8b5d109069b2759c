//! Types that no longer hold what they held.

use std::collections::BTreeMap;

use acquaint_core::lang::schema::Type;

use super::Break;

/// Compares the fields of two versions.
pub(super) fn compare(was: &BTreeMap<String, Type>, is: &BTreeMap<String, Type>, breaks: &mut Vec<Break>) {
    fields(was, &Type::Object(is.clone()), &mut Vec::new(), breaks);
}

fn fields(was: &BTreeMap<String, Type>, is: &Type, path: &mut Vec<String>, breaks: &mut Vec<Break>) {
    for (name, was) in was {
        path.push(name.clone());
        match is.field(name) {
            Some(is) => one(was, &is, path, breaks),
            None => breaks.push(removed(was, path)),
        }
        path.pop();
    }
}

fn one(was: &Type, is: &Type, path: &mut Vec<String>, breaks: &mut Vec<Break>) {
    match (was, is) {
        (_, Type::Any) | (Type::Integer, Type::Number) | (Type::Date, Type::DateTime) => {}
        (Type::List(was), Type::List(is)) => inside("[]", was, is, path, breaks),
        (Type::Map(was), Type::Map(is)) => inside("*", was, is, path, breaks),
        (Type::Object(was), Type::Object(_) | Type::Map(_)) => fields(was, is, path, breaks),
        (was, is) if was == is => {}
        (_, _) => breaks.push(changed(was, is, path)),
    }
}

fn inside(step: &str, was: &Type, is: &Type, path: &mut Vec<String>, breaks: &mut Vec<Break>) {
    path.push(step.to_owned());
    one(was, is, path, breaks);
    path.pop();
}

fn removed(was: &Type, path: &[String]) -> Break {
    // An open schema has every other field.
    let what = match path.last().map(String::as_str) {
        Some("*") => "may have any other field and cannot be closed".to_owned(),
        Some(_) | None => format!("is {was} and cannot be removed"),
    };
    Break { code: "field-removed", path: path.to_vec(), what, help: "leave it in place and stop filling it" }
}

fn changed(was: &Type, is: &Type, path: &[String]) -> Break {
    Break {
        code: "type-changed",
        path: path.to_vec(),
        what: format!("is {was} and cannot become {is}"),
        help: "a type may only become wider (an integer a number, a date a date-time): add a field of another name",
    }
}
