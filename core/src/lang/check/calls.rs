//! Methods and functions: the forms that bind items, `inSegment`, and everything in the function table.

use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use super::super::ast::{self, Kind, Literal, Name};
use super::super::diagnostic::{Span, code};
use super::super::dialect::Dialect;
use super::super::functions::{self, Row};
use super::super::typed::Node;
use super::arguments::Argument;
use super::{Checker, Typed, calculated, types};
use crate::id::AudienceId;

/// Methods that bind the items of an array, and so are no rows of the table.
const BINDING: [&str; 3] = ["filter", "exists", "map"];

/// The class of profiles: there is one at a time.
const PROFILE_CLASS: &str = "https://ns.adobe.com/xdm/context/profile";
/// The class of events: those of the profile.
const EVENT_CLASS: &str = "https://ns.adobe.com/xdm/context/experienceevent";

impl<'a> Checker<'a> {
    /// `receiver.name(arguments)`
    pub(super) fn method(
        &mut self,
        receiver: &ast::Expr,
        name: &Name,
        arguments: &[ast::Expr],
        span: Span,
    ) -> Typed<'a> {
        if !BINDING.contains(&&*name.text) && self.row(&name.text).is_none() {
            return self.unknown_function(name);
        }
        let receiver = self.expr(receiver);
        if !BINDING.contains(&&*name.text) {
            let all: Vec<Argument<'a, '_>> = core::iter::once(Argument::Checked(receiver))
                .chain(arguments.iter().map(Argument::Tree))
                .collect();
            return self.apply(&name.text, all, name.span, span);
        }
        let [argument] = arguments else {
            let message = format!("`{}` takes 1 argument, found {}", name.text, arguments.len());
            return self.reported(code::ARGUMENT_COUNT, name.span, message, "");
        };
        match &*name.text {
            "filter" => self.filtered(receiver, argument, span),
            "exists" => self.exists(receiver, argument, span),
            _ => self.mapped(receiver, argument, span),
        }
    }

    /// `name(arguments)`: the receiver, if there is one, is the first argument.
    pub(super) fn call(&mut self, name: &Name, arguments: &[ast::Expr], span: Span) -> Typed<'a> {
        if self.dialect == Dialect::CalculatedField
            && let Some(found) = self.calculated(name, arguments, span)
        {
            return found;
        }
        match &*name.text {
            "inSegment" => self.in_segment(name, arguments, span),
            "modelInstances" => self.model_instances(name, arguments, span),
            membership @ ("in" | "notIn") => match arguments {
                [value, list] => self.membership(membership, value, list, span),
                _ => {
                    let message = format!("`{membership}` takes 2 arguments, found {}", arguments.len());
                    self.reported(code::ARGUMENT_COUNT, name.span, message, "")
                }
            },
            known if self.row(known).is_some() => {
                self.apply(known, arguments.iter().map(Argument::Tree).collect(), name.span, span)
            }
            _ => self.unknown_function(name),
        }
    }

    fn unknown_function(&mut self, name: &Name) -> Typed<'a> {
        let message = format!("there is no function `{}`", name.text);
        let elsewhere = calculated::FORMS.contains(&&*name.text)
            || functions::find_in(Dialect::CalculatedField, &name.text).is_some();
        if elsewhere && self.dialect == Dialect::Pql {
            let help =
                "calculated fields have it: the `calculated` of a field that a destination's flow maps";
            return self.reported(code::UNKNOWN_FUNCTION, name.span, message, help);
        }
        let forms = calculated::FORMS.into_iter().filter(|_| self.dialect == Dialect::CalculatedField);
        let known = functions::names_in(self.dialect)
            .chain(forms)
            .chain(BINDING)
            .chain(["inSegment", "modelInstances"]);
        self.reported(code::UNKNOWN_FUNCTION, name.span, message, self.did_you_mean(&name.text, known))
    }

    /// The row of a name in the dialect.
    pub(super) fn row(&self, name: &str) -> Option<&'static Row> {
        functions::find_in(self.dialect, name)
    }

    /// The instances of a class: of profiles the one that is looked at, of events its own. Others are known to a
    /// decision only.
    fn model_instances(&mut self, name: &Name, arguments: &[ast::Expr], span: Span) -> Typed<'a> {
        let [argument] = arguments else {
            let message = format!("`modelInstances` takes 1 argument, found {}", arguments.len());
            return self.reported(code::ARGUMENT_COUNT, name.span, message, "");
        };
        match &argument.kind {
            Kind::Literal(Literal::String(class)) if class == PROFILE_CLASS => {
                let profile = self.profile(span);
                let ty = types::list_of(profile.ty);
                Typed::new(Node::List(vec![profile.expr]), span, ty)
            }
            Kind::Literal(Literal::String(class)) if class == EVENT_CLASS => self.events(span),
            Kind::Literal(Literal::String(class)) => super::context(class, span),
            _ => {
                let message = "`modelInstances` takes the address of a class as a constant string";
                self.reported(code::ARGUMENT_TYPE, argument.span, message, "")
            }
        }
    }

    fn in_segment(&mut self, name: &Name, arguments: &[ast::Expr], span: Span) -> Typed<'a> {
        let [argument] = arguments else {
            let message = format!("`inSegment` takes 1 argument, found {}", arguments.len());
            return self.reported(code::ARGUMENT_COUNT, name.span, message, "");
        };
        let Kind::Literal(Literal::String(audience)) = &argument.kind else {
            let message = "`inSegment` takes the id of an audience as a constant string";
            return self.reported(code::ARGUMENT_TYPE, argument.span, message, "");
        };
        if !self.directory.contains(audience) {
            let message = format!("there is no audience `{audience}`");
            return self.reported(
                code::UNKNOWN_AUDIENCE,
                argument.span,
                message,
                "define it first, or correct its id",
            );
        }
        Typed::boolean(Node::Member(AudienceId::new(audience.as_str())), span)
    }
}
