//! The sample of a documented example as a world: values by path, without a schema.

use alloc::borrow::ToOwned as _;
use alloc::collections::BTreeMap;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use serde_json::{Map, Value as Json};

use super::names::Names;
use super::world::{NOW_MS, World, instant, memberships, opened};
use crate::lang::schema::{Type, UnionSchema};
use crate::limits::VALUE_DEPTH_MAX;
use crate::profile::identity;
use crate::value::{Value, fields};

impl World {
    /// The world of a line.
    pub(super) fn of_sample(sample: &Map<String, Json>, names: &Names) -> Result<Self, String> {
        let mut world = Self { now_ms: NOW_MS, has_every_audience: true, ..Self::default() };
        if let Some(now) = sample.get("now").or_else(|| sample.get("today")) {
            world.now_ms = instant(now)?;
        }
        let mut values = BTreeMap::new();
        for (key, json) in sample {
            match (&**key, json) {
                ("inline" | "today" | "now", _) => {}
                ("xEvent", Json::Array(_)) => world.add_events(Some(json))?,
                ("identityMap", Json::Object(map)) => {
                    for one in &identity::identities_from_json(map).map_err(|error| error.to_string())? {
                        identity::insert(&mut world.identities, one);
                    }
                }
                ("segmentMembership", _) => {
                    world.memberships =
                        memberships(json).ok_or("`segmentMembership` is no map of memberships")?;
                }
                ("profile", Json::Object(inner)) => {
                    values.extend(inner.iter().map(|(key, json)| (&**key, json)))
                }
                (key, _) => {
                    values.insert(key.strip_prefix("profile.").unwrap_or(key), json);
                }
            }
        }
        for (key, json) in &values {
            let value = Value::from_json(json, VALUE_DEPTH_MAX).map_err(|error| error.to_string())?;
            for path in places(key, &values, names) {
                fields::insert_path(&mut world.attributes, &path, value.clone())
                    .map_err(|error| error.to_string())?;
            }
        }
        world.schemas = Vec::from([world.sampled(names), UnionSchema::open()]);
        Ok(world)
    }

    /// The values give types, and what they leave open may be anything.
    fn sampled(&self, names: &Names) -> UnionSchema {
        let mut schema = self.inferred();
        for (name, of) in &mut schema.profile {
            // Of an object whose fields nobody names, the fields are keys.
            let is_map = names.paths.contains(core::slice::from_ref(name));
            if is_map && matches!(of, Type::Object(_)) {
                *of = Type::map(Type::Any);
            }
        }
        opened(schema)
    }
}

/// Where the value of a key belongs. The tables of the documentation name a field now by its whole path, now by its last
/// step, and the expression beside it the other way round; one names the only field of the expression something else.
fn places(key: &str, values: &BTreeMap<&str, &Json>, names: &Names) -> Vec<String> {
    let steps: Vec<&str> = key.split('.').collect();
    let begins = |path: &[String]| path.iter().zip(&steps).all(|(used, step)| used == step);
    if names.paths.iter().any(|path| begins(path)) {
        return Vec::from([key.to_owned()]);
    }
    let is_named = |path: &str| values.contains_key(path);
    let paths: Vec<String> =
        names.paths.iter().map(|path| path.join(".")).filter(|path| !is_named(path)).collect();
    let ends_alike = |path: &&String| path.rsplit('.').next() == steps.last().copied();
    let found: Vec<String> = paths.iter().filter(ends_alike).cloned().collect();
    match (&*paths, values.len()) {
        _ if !found.is_empty() => found,
        ([only], 1) => Vec::from([only.clone()]),
        (_, _) => Vec::from([key.to_owned()]),
    }
}
