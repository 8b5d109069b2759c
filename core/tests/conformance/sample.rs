//! What an example is evaluated over: its sample as a profile, its events, an instant, and the types of all that.

use acquaint_core::lang::ast::{Expr, Kind, Name};
use acquaint_core::lang::parse;
use acquaint_core::lang::schema::{Type, UnionSchema};
use acquaint_core::profile::Event;
use acquaint_core::time::parse_instant;
use acquaint_core::value::{Fields, Value, fields};
use serde_json::Value as Json;

/// 2018-08-28T00:00:00Z, the day of the documentation's examples.
const NOW_MS: i64 = 1_535_414_400_000;

pub(crate) struct World {
    pub(crate) attributes: Fields,
    pub(crate) events: Vec<Event>,
    pub(crate) now_ms: i64,
    pub(crate) schema: UnionSchema,
}

impl World {
    pub(crate) fn new(pql: &str, sample: &Json) -> Self {
        let used = used_paths(&parse(pql).tree);
        let mut world = Self {
            attributes: Fields::new(),
            events: Vec::new(),
            now_ms: NOW_MS,
            schema: UnionSchema::open(),
        };
        for (key, json) in sample.as_object().unwrap() {
            match (&**key, json) {
                ("inline", _) => {}
                ("today" | "now", _) => world.now_ms = parse_instant(json.as_str().unwrap()).unwrap(),
                ("xEvent", Json::Array(events)) => {
                    world.events = events.iter().zip(0..).map(|(json, number)| event(json, number)).collect();
                    world.events.sort_by(|left, right| left.order().cmp(&right.order()));
                }
                ("profile", Json::Object(inner)) => {
                    inner.iter().for_each(|(key, json)| world.insert(&used, key, json));
                }
                _ => world.insert(&used, key, json),
            }
        }
        let bare = |name: &String| used.iter().any(|path| path == std::slice::from_ref(name));
        let known = world.attributes.iter().map(|(name, value)| match value {
            // Of an object whose fields nobody names, the fields are keys.
            Value::Object(_) if bare(name) => (name.clone(), Type::map(Type::Any)),
            _ => (name.clone(), type_of(value)),
        });
        world.schema.profile.extend(known);
        world
    }

    /// The tables of the documentation name a field now by its whole path, now by its last step, and the expression
    /// beside it the other way round.
    fn insert(&mut self, used: &[Vec<String>], key: &str, json: &Json) {
        let value = Value::from_json(json, 16).unwrap();
        let steps: Vec<&str> = key.split('.').collect();
        let last = steps.last().unwrap();
        let mut paths: Vec<String> =
            used.iter().filter(|path| path.last().unwrap() == last).map(|path| path.join(".")).collect();
        if paths.is_empty() {
            paths.push(key.to_owned());
        }
        for path in paths {
            fields::insert_path(&mut self.attributes, &path, value.clone()).unwrap();
        }
    }
}

fn event(json: &Json, number: usize) -> Event {
    let Value::Object(mut found) = Value::from_json(json, 16).unwrap() else { panic!("{json}") };
    found.entry("_id".into()).or_insert_with(|| Value::String(format!("{number:04}")));
    Event::from_fields(found).unwrap()
}

/// Every path of the text that begins with a bare name, without the names of methods.
fn used_paths(tree: &Expr) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut rest = vec![tree];
    while let Some(expr) = rest.pop() {
        if let Some(path) = path_of(expr) {
            paths.push(path);
            continue;
        }
        expr.kind.for_each_child(&mut |child| rest.push(child));
    }
    paths
}

fn path_of(expr: &Expr) -> Option<Vec<String>> {
    match &expr.kind {
        Kind::Name(name) => Some(vec![name.clone()]),
        Kind::Field(object, Name { text, .. }) => {
            let mut path = path_of(object)?;
            path.push(text.clone());
            Some(path)
        }
        _ => None,
    }
}

fn type_of(value: &Value) -> Type {
    match value {
        Value::Null => Type::Any,
        Value::Boolean(_) => Type::Boolean,
        Value::Integer(_) => Type::Integer,
        Value::Double(_) => Type::Number,
        Value::Time(_) => Type::DateTime,
        Value::String(_) => Type::String,
        Value::List(items) => {
            let joined =
                items.iter().map(type_of).reduce(|left, right| left.join(&right).unwrap_or(Type::Any));
            Type::list(joined.unwrap_or(Type::Any))
        }
        Value::Object(fields) => {
            Type::Object(fields.iter().map(|(name, value)| (name.clone(), type_of(value))).collect())
        }
    }
}
