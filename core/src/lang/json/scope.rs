//! Where a bare name can only be a field of the profile, so that both forms of it mean the same: reading and writing
//! ask the same question.

use alloc::borrow::ToOwned as _;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::functions::{self, ParameterType};
use super::super::words;

/// What is bound around a node.
#[derive(Debug, Default)]
pub(super) struct Scope {
    variables: Vec<String>,
    /// How many enclosing parts are evaluated per item, their fields being names.
    rows: usize,
}

impl Scope {
    pub(super) fn bind(&mut self, name: &str) {
        self.variables.push(name.to_owned());
    }

    pub(super) fn bound(&self) -> usize {
        self.variables.len()
    }

    pub(super) fn unbind_to(&mut self, count: usize) {
        self.variables.truncate(count);
    }

    pub(super) fn enter_row(&mut self) {
        self.rows += 1;
    }

    pub(super) fn leave_row(&mut self) {
        self.rows = self.rows.saturating_sub(1);
    }

    pub(super) fn is_variable(&self, name: &str) -> bool {
        self.variables.iter().any(|known| known == name)
    }

    /// Whether the name alone is what `$1.name` is. Below a variable it might be a field of that.
    pub(super) fn is_profile_field(&self, name: &str) -> bool {
        self.variables.is_empty()
            && self.rows == 0
            && !words::is_reserved(name)
            && !matches!(name, "profile" | "this")
    }
}

/// Whether that argument of a function (the receiver is argument 0) is evaluated per item.
pub(crate) fn is_per_item(function: &str, argument: usize) -> bool {
    if argument > 0 && matches!(function, "filter" | "exists" | "map") {
        return true;
    }
    let parameter = functions::find(function).and_then(|row| row.parameter(argument));
    parameter.is_some_and(|parameter| match parameter.kind {
        ParameterType::PerItem | ParameterType::PerItemInstead => true,
        ParameterType::Any
        | ParameterType::Boolean
        | ParameterType::Integer
        | ParameterType::Number
        | ParameterType::String
        | ParameterType::Regex
        | ParameterType::Instant
        | ParameterType::Dated
        | ParameterType::DateFormat
        | ParameterType::DateNotation
        | ParameterType::Zone
        | ParameterType::Locale
        | ParameterType::List
        | ParameterType::Map
        | ParameterType::ItemOf(_) => false,
    })
}

/// Whether a function of the table is written as a method in text.
pub(super) fn is_method(function: &str) -> bool {
    // `mapEntry` makes something of two equals, and `date` of three.
    !matches!(function, "mapEntry" | "date" | "in" | "notIn" | "instant")
        && functions::find(function).is_some_and(|row| row.parameter(0).is_some())
}
