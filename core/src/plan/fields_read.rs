//! Which fields of profiles and of events an expression reads, wherever in it and through whatever variables: for data that
//! may be used for some purposes only. More may be named than is read, never less.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::string::String;
use alloc::vec::Vec;

use super::visit;
use crate::lang::functions::Function;
use crate::lang::schema::Class;
use crate::lang::typed::{Binding, Expr, Node, Slot};
use crate::value::Value;

/// A field that is read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldRead {
    /// Whose.
    pub class: Class,
    /// The way there; a list on it is no step. Empty: whether there are events, or all of a profile.
    pub path: Vec<String>,
    /// Whether what lies in it is read too; otherwise only whether it is there, or of a list how long it is.
    pub inside: bool,
}

/// The fields that an expression reads. Of one that decides (`decides`) only the truth counts, so that an object that it
/// comes to is asked whether it is there; of others all of the value is used.
pub fn fields_read(expr: &Expr, decides: bool) -> BTreeSet<FieldRead> {
    let mut reader = Reader { variables: BTreeMap::new(), found: BTreeSet::new() };
    match decides {
        true => reader.presence(expr),
        false => reader.value(expr),
    }
    reader.found
}

/// Where a value comes from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    class: Class,
    path: Vec<String>,
}

impl Place {
    fn root(class: Class) -> BTreeSet<Self> {
        BTreeSet::from([Self { class, path: Vec::new() }])
    }
}

fn below(places: BTreeSet<Place>, name: &str) -> BTreeSet<Place> {
    let below = |mut place: Place| {
        place.path.push(String::from(name));
        place
    };
    places.into_iter().map(below).collect()
}

struct Reader {
    variables: BTreeMap<Slot, BTreeSet<Place>>,
    found: BTreeSet<FieldRead>,
}

impl Reader {
    fn presence(&mut self, expr: &Expr) {
        let places = self.places(expr);
        self.record(&places, false);
    }

    fn value(&mut self, expr: &Expr) {
        let places = self.places(expr);
        self.record(&places, true);
    }

    fn record(&mut self, places: &BTreeSet<Place>, inside: bool) {
        let read = |place: &Place| FieldRead { class: place.class, path: place.path.clone(), inside };
        self.found.extend(places.iter().map(read));
    }

    /// Records what is read on the way to a value, and says where the value itself comes from: nobody has read it yet.
    fn places(&mut self, expr: &Expr) -> BTreeSet<Place> {
        match &expr.node {
            Node::Profile => Place::root(Class::Profile),
            Node::Events => Place::root(Class::Event),
            Node::Variable(slot) => self.variables.get(slot).cloned().unwrap_or_default(),
            Node::Field { object, name } => below(self.places(object), name),
            Node::List(items) => items.iter().flat_map(|item| self.places(item)).collect(),
            Node::If { test, then, otherwise } => {
                self.presence(test);
                let mut places = self.places(then);
                places.append(&mut self.places(otherwise));
                places
            }
            Node::Let { slot, value, body } => {
                let places = self.places(value);
                self.variables.insert(*slot, places);
                self.places(body)
            }
            Node::Filter { source, slot, condition } => {
                let places = self.places(source);
                self.variables.insert(*slot, places.clone());
                self.presence(condition);
                places
            }
            Node::Map { source, slot, body } => {
                self.walk(source, *slot);
                self.places(body)
            }
            Node::Select(variables) => self.bind(variables),
            Node::Quantified { variables, .. } => {
                self.bind(variables);
                BTreeSet::new()
            }
            Node::Chain { source, slot, order, steps } => {
                self.walk(source, *slot);
                self.value(order);
                steps.iter().for_each(|step| self.presence(&step.condition));
                BTreeSet::new()
            }
            Node::Call { function, arguments } => self.call(*function, arguments),
            Node::Not(_) | Node::And(_) | Node::Or(_) => {
                visit::parts(expr, &mut |part| self.presence(part));
                BTreeSet::new()
            }
            Node::Literal(_)
            | Node::Context(_)
            | Node::Member(_)
            | Node::Object(_)
            | Node::Compare { .. }
            | Node::Arithmetic { .. }
            | Node::Negate(_)
            | Node::Occurs { .. } => {
                visit::parts(expr, &mut |part| self.value(part));
                BTreeSet::new()
            }
        }
    }

    /// Goes through a list, so that at least its length is read.
    fn walk(&mut self, source: &Expr, slot: Slot) -> BTreeSet<Place> {
        let places = self.places(source);
        self.record(&places, false);
        self.variables.insert(slot, places.clone());
        places
    }

    fn bind(&mut self, variables: &[Binding]) -> BTreeSet<Place> {
        let mut all = BTreeSet::new();
        for Binding { slot, source, condition } in variables {
            all.append(&mut self.walk(source, *slot));
            self.presence(condition);
        }
        all
    }

    fn call(&mut self, function: Function, arguments: &[Expr]) -> BTreeSet<Place> {
        let Some((first, others)) = arguments.split_first() else { return BTreeSet::new() };
        // A function that is not named here may use all of what it is given.
        match (function.row().map_or("", |row| row.name), others) {
            ("count" | "isNull" | "isNotNull", []) => {
                self.presence(first);
                BTreeSet::new()
            }
            ("head" | "topN" | "bottomN" | "distinct" | "groupBy" | "values", others) => {
                others.iter().for_each(|other| self.value(other));
                self.places(first)
            }
            ("get", [Expr { node: Node::Literal(Value::String(key)), .. }]) => below(self.places(first), key),
            (_, others) => {
                self.value(first);
                others.iter().for_each(|other| self.value(other));
                BTreeSet::new()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::schema::UnionSchema;
    use crate::lang::{AudienceDirectory, compile};

    struct Everybody;

    impl AudienceDirectory for Everybody {
        fn contains(&self, _: &str) -> bool {
            true
        }
    }

    /// What is read: `p.` of the profile, `e.` of events, a star behind what is read with all that lies in it.
    fn check(text: &str, expected: &[&str]) {
        let checked = compile(text, &UnionSchema::open(), &Everybody).unwrap();
        let shown = |read: &FieldRead| {
            let class = match read.class {
                Class::Profile => "p.",
                Class::Event => "e.",
            };
            alloc::format!("{class}{}{}", read.path.join("."), if read.inside { "*" } else { "" })
        };
        let found: Vec<String> = fields_read(&checked.expr, true).iter().map(shown).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn attributes_are_read_by_their_path() {
        check(r#"person.name = "Ada" and age > 3"#, &["p.age*", "p.person.name*"]);
        check("homeAddress", &["p.homeAddress"]);
        check("homeAddress.isNull()", &["p.homeAddress"]);
        check("not(a.b = b.c)", &["p.a.b*", "p.b.c*"]);
        check("if(test, a, b) = 3", &["p.a*", "p.b*", "p.test"]);
        check("birthday occurs < 3 days before joined", &["p.birthday*", "p.joined*"]);
    }

    #[test]
    fn events_are_read_through_filters_and_variables() {
        check(r#"xEvent[eventType = "buy" and total > 5].count() >= 1"#, &["e.", "e.eventType*", "e.total*"]);
        check("xEvent.total.sum() > 3", &["e.total*"]);
        check("exists e from xEvent where e.a > 3", &["e.", "e.a*"]);
        check(
            r#"xEvent[items[sku = "x" and ^^.person.gender = "f"].count() > 1]"#,
            &["p.person.gender*", "e.", "e.items", "e.items.sku*"],
        );
        check(
            "chain(xEvent, timestamp, [A: WHAT(a = 1), B: WHAT(b = 2)])",
            &["e.", "e.a*", "e.b*", "e.timestamp*"],
        );
        check("let cheap = xEvent[price < 3] in cheap.sku.count() > 2", &["e.price*", "e.sku"]);
    }

    #[test]
    fn what_a_function_hands_through_is_read_where_it_is_used() {
        check(r#"xEvent.topN(timestamp, 1).head().sku = "x""#, &["e.", "e.sku*", "e.timestamp*"]);
        check(r#"traits.get("size") = 3"#, &["p.traits.size*"]);
        check(r#"places.map(city).distinct().count() > 3"#, &["p.places", "p.places.city"]);
        check(r#"name.startsWith(prefix)"#, &["p.name*", "p.prefix*"]);
        check(r#"{"a": name}.isNotNull()"#, &["p.name*"]);
    }

    #[test]
    fn another_audience_is_no_field() {
        check(r#"inSegment("other") and age > 3"#, &["p.age*"]);
    }
}
