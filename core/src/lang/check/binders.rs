//! What binds items and values: filters, `select`, quantifiers, aggregates in operator form, `map`, and `let`.

use alloc::boxed::Box;
use alloc::format;
use alloc::vec;
use alloc::vec::Vec;

use super::super::ast::{self, Kind, Literal, Name, Quantifier, Variable};
use super::super::diagnostic::{Span, code};
use super::super::dialect::Dialect;
use super::super::schema::Type;
use super::super::typed::{Binding, Expr, Node, Slot};
use super::super::words;
use super::scope::Frame;
use super::types::{self, Class, Ty};
use super::{Checker, Typed};
use crate::value::Value;

/// What a condition or value over items is bound to, once it is checked.
pub(super) struct PerItem<'a> {
    pub(super) slot: Slot,
    pub(super) body: Typed<'a>,
}

impl<'a> Checker<'a> {
    /// The type of the items of what must be an array.
    pub(super) fn items_of(&mut self, source: &Typed<'a>) -> Ty<'a> {
        types::item(&source.ty).unwrap_or_else(|| {
            let message = types::mismatch("an array", &source.ty);
            let help = match types::class(&source.ty) {
                _ if matches!(*source.ty, Type::Map(_)) => "`.values()` is the array of a map's values",
                Class::Object => "name an array in it",
                Class::Any | Class::List => "",
                Class::Boolean | Class::Number | Class::Text | Class::Time => {
                    "it is a single value: use it as it is"
                }
            };
            self.error(code::NOT_A_LIST, source.span(), message, help);
            Ty::Borrowed(types::ANY)
        })
    }

    /// A condition or value in which the fields of an item are names, or the item is the parameter of a lambda.
    pub(super) fn per_item(&mut self, item: Ty<'a>, tree: &ast::Expr) -> PerItem<'a> {
        let slot = self.slot();
        let Kind::Lambda(parameters, body) = &tree.kind else {
            let body = self.within(Frame::Item { slot, ty: item }, |checker| checker.expr(tree));
            return PerItem { slot, body };
        };
        let [parameter] = &**parameters else {
            let body = self.unsupported("a lambda of several parameters", tree.span, "");
            return PerItem { slot, body };
        };
        let frame = named(parameter, slot, item);
        let body = self.within(frame, |checker| checker.expr(body));
        PerItem { slot, body }
    }

    /// `A[condition]`
    pub(super) fn filter(&mut self, source: &ast::Expr, condition: &ast::Expr, span: Span) -> Typed<'a> {
        let source = self.expr(source);
        self.filtered(source, condition, span)
    }

    pub(super) fn filtered(&mut self, source: Typed<'a>, condition: &ast::Expr, span: Span) -> Typed<'a> {
        if let Kind::Literal(Literal::Integer(index)) = condition.kind {
            if self.dialect == Dialect::CalculatedField {
                let place = Typed::new(
                    Node::Literal(Value::Integer(index)),
                    condition.span,
                    Ty::Borrowed(types::INTEGER),
                );
                return self.apply_named("index", vec![source, place], span);
            }
            let message = format!("`[{index}]` is a filter whose condition is a number");
            let help = "items have no numbers; the first is `.head()`";
            return self.reported(code::INDEX, condition.span, message, help);
        }
        let item = self.items_of(&source);
        let ty = types::flat_list_of(source.ty);
        let PerItem { slot, body } = self.per_item(item, condition);
        let (source, condition) = (Box::new(source.expr), Box::new(body.expr));
        Typed::new(Node::Filter { source, slot, condition }, span, ty)
    }

    /// `A.map(value)`: lists within are flattened, as in a projection. The items of a map are its values, or with a
    /// lambda of two parameters its entries.
    pub(super) fn mapped(&mut self, source: Typed<'a>, value: &ast::Expr, span: Span) -> Typed<'a> {
        if let Kind::Lambda(parameters, body) = &value.kind
            && let [key, group] = &**parameters
        {
            return self.mapped_entries(source, [key, group], body, span);
        }
        let source = match &*source.ty {
            Type::Map(_) => self.apply_named("values", vec![source], span),
            _ => source,
        };
        let item = self.items_of(&source);
        let PerItem { slot, body } = self.per_item(item, value);
        let ty = types::flat_list_of(body.ty);
        let node = Node::Map { source: Box::new(source.expr), slot, body: Box::new(body.expr) };
        Typed::new(node, span, ty)
    }

    /// `M.map((K, G) => value)`: the array of the values; of values that are made by `mapEntry`, the map.
    fn mapped_entries(
        &mut self,
        source: Typed<'a>,
        [key, group]: [&Name; 2],
        value: &ast::Expr,
        span: Span,
    ) -> Typed<'a> {
        if !matches!(types::class(&source.ty), Class::Any | Class::Object) {
            let message = types::mismatch("a map, whose keys and values are the two parameters", &source.ty);
            let help = "of an array, `.groupBy(key)` makes a map";
            return self.reported(code::ARGUMENT_TYPE, source.span(), message, help);
        }
        let entries = self.apply_named("entries", vec![source], span);
        let Some(entry) = types::item(&entries.ty) else { return Typed::unknown(span) };
        let slot = self.slot();
        let part = |parameter: &Name, field: &str| {
            let object = Box::new(Expr { node: Node::Variable(slot), span: parameter.span });
            let node = Node::Field { object, name: field.into() };
            let ty = types::field(&entry, field).unwrap_or(Ty::Borrowed(types::ANY));
            Frame::Named { name: parameter.text.clone(), node, ty }
        };
        let frames = [part(key, "key"), part(group, "value")];
        let [key, group] = frames;
        let body = self.within(key, |checker| checker.within(group, |checker| checker.expr(value)));
        let ty = types::flat_list_of(body.ty);
        let node = Node::Map { source: Box::new(entries.expr), slot, body: Box::new(body.expr) };
        let mapped = Typed::new(node, span, ty);
        let makes_map = matches!(&value.kind, Kind::Call(name, _) if name.text == "mapEntry");
        if makes_map { self.apply_named("merge", vec![mapped], span) } else { mapped }
    }

    /// `A.exists(condition)`
    pub(super) fn exists(&mut self, source: Typed<'a>, condition: &ast::Expr, span: Span) -> Typed<'a> {
        let item = self.items_of(&source);
        let PerItem { slot, body } = self.per_item(item, condition);
        let variables = vec![Binding { slot, source: source.expr, condition: body.expr }];
        Typed::boolean(Node::Quantified { quantifier: Quantifier::Exists, variables }, span)
    }

    pub(super) fn select(&mut self, variables: &[Variable], span: Span) -> Typed<'a> {
        if let [variable] = variables {
            return self.selected(variable, span).0;
        }
        let bindings = self.bindings(variables);
        let tuple = types::list_of(Ty::Borrowed(types::ANY));
        Typed::new(Node::Select(bindings), span, types::list_of(tuple))
    }

    /// The items of one variable for which its condition holds, and their type.
    fn selected(&mut self, variable: &Variable, span: Span) -> (Typed<'a>, Ty<'a>) {
        let source = self.expr(&variable.source);
        let item = self.items_of(&source);
        let ty = types::flat_list_of(source.ty.clone());
        let Some(condition) = &variable.condition else {
            return (Typed { ty, ..source }, item);
        };
        let slot = self.slot();
        let frame = named(&variable.name, slot, item.clone());
        let condition = self.within(frame, |checker| checker.expr(condition));
        let (source, condition) = (Box::new(source.expr), Box::new(condition.expr));
        (Typed::new(Node::Filter { source, slot, condition }, span, ty), item)
    }

    pub(super) fn quantified(
        &mut self,
        quantifier: Quantifier,
        variables: &[Variable],
        span: Span,
    ) -> Typed<'a> {
        let variables = self.bindings(variables);
        Typed::boolean(Node::Quantified { quantifier, variables }, span)
    }

    /// Each declaration sees the variables before it; its condition sees its own too.
    fn bindings(&mut self, variables: &[Variable]) -> Vec<Binding> {
        let outer = self.frames.len();
        let mut bindings = Vec::new();
        for variable in variables {
            let source = self.expr(&variable.source);
            let item = self.items_of(&source);
            let slot = self.slot();
            self.frames.push(named(&variable.name, slot, item));
            let condition = match &variable.condition {
                Some(condition) => self.expr(condition).expr,
                None => Expr { node: Node::Literal(Value::Boolean(true)), span: variable.name.span },
            };
            bindings.push(Binding { slot, source: source.expr, condition });
        }
        self.frames.truncate(outer);
        bindings
    }

    /// `sum value over x from A where c`
    pub(super) fn aggregate(
        &mut self,
        aggregate: ast::Aggregate,
        value: Option<&ast::Expr>,
        variables: &[Variable],
        span: Span,
    ) -> Typed<'a> {
        let list = self.values_over(value, variables, span);
        self.apply_named(words::of_aggregate(aggregate), vec![list], span)
    }

    /// The value for every tuple of items that satisfies the conditions; without a value, the last item.
    fn values_over(&mut self, value: Option<&ast::Expr>, variables: &[Variable], span: Span) -> Typed<'a> {
        let Some((variable, rest)) = variables.split_first() else { return Typed::unknown(span) };
        let (list, item) = self.selected(variable, span);
        if rest.is_empty() && value.is_none() {
            return list;
        }
        let slot = self.slot();
        let body = self.within(named(&variable.name, slot, item), |checker| match value {
            Some(value) if rest.is_empty() => checker.expr(value),
            _ => checker.values_over(value, rest, span),
        });
        let ty = types::flat_list_of(body.ty);
        let node = Node::Map { source: Box::new(list.expr), slot, body: Box::new(body.expr) };
        Typed::new(node, value.map_or(span, |value| value.span), ty)
    }

    pub(super) fn let_in(
        &mut self,
        name: &Name,
        value: &ast::Expr,
        body: &ast::Expr,
        span: Span,
    ) -> Typed<'a> {
        let value = self.expr(value);
        let slot = self.slot();
        let frame = named(name, slot, value.ty.clone());
        let body = self.within(frame, |checker| checker.expr(body));
        let node = Node::Let { slot, value: Box::new(value.expr), body: Box::new(body.expr) };
        Typed::new(node, span, body.ty)
    }
}

fn named<'a>(name: &Name, slot: Slot, ty: Ty<'a>) -> Frame<'a> {
    Frame::Named { name: name.text.clone(), node: Node::Variable(slot), ty }
}
