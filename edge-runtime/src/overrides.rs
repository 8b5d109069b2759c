//! `meta.configOverrides`: what a page wants otherwise than its datastream says. Those of other products mean nothing
//! here, as they mean nothing to a datastream that does not have the product.

use acquaint_core::wire::Datastream;
use serde_json::{Map, Value};

use crate::limits;
use crate::problem::Problem;

const PLATFORM: &str = "com_adobe_experience_platform";
const SEGMENTATION: &str = "com_adobe_edge_segmentation";
const DESTINATIONS: &str = "com_adobe_edge_destinations";

/// What is wanted otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// The dataset of the events.
    pub dataset: Option<String>,
    /// No audiences are answered.
    pub no_segmentation: bool,
    /// No destinations are.
    pub no_destinations: bool,
}

impl Overrides {
    /// Whether the events may go where they are wanted to.
    pub fn dataset_is_allowed(&self, datastream: &Datastream) -> bool {
        let allowed = |dataset: &String| {
            *dataset == datastream.dataset || datastream.dataset_overrides.contains(dataset)
        };
        self.dataset.as_ref().is_none_or(allowed)
    }

    /// The dataset that the events go to instead of the datastream's.
    pub fn dataset_of(&self, datastream: &Datastream) -> Option<String> {
        let dataset = self.dataset.as_ref().filter(|dataset| **dataset != datastream.dataset);
        dataset.filter(|_| self.dataset_is_allowed(datastream)).cloned()
    }
}

/// Reads them. Switches stand below the platform's key or beside it.
pub fn read(overrides: Option<&Value>) -> Result<Overrides, Problem> {
    let Some(overrides) = overrides else { return Ok(Overrides::default()) };
    let Value::Object(all) = overrides else { return Err(shape("meta.configOverrides", "an object")) };
    let nothing = Map::new();
    let platform = object(all, PLATFORM)?.unwrap_or(&nothing);
    let event = match object(platform, "datasets")? {
        Some(datasets) => object(datasets, "event")?,
        None => None,
    };
    let dataset = match event.and_then(|event| event.get("datasetId")) {
        None => None,
        Some(Value::String(id)) if is_id(id) => Some(id.clone()),
        Some(_) => return Err(shape("datasetId", "an id")),
    };
    let is_off = |name: &str| -> Result<bool, Problem> {
        Ok(is_switched_off(platform, name)? || is_switched_off(all, name)?)
    };
    Ok(Overrides { dataset, no_segmentation: is_off(SEGMENTATION)?, no_destinations: is_off(DESTINATIONS)? })
}

fn is_switched_off(all: &Map<String, Value>, name: &str) -> Result<bool, Problem> {
    match object(all, name)?.and_then(|settings| settings.get("enabled")) {
        None => Ok(false),
        Some(Value::Bool(enabled)) => Ok(!enabled),
        Some(_) => Err(shape(name, "an object whose `enabled` is true or false")),
    }
}

fn object<'a>(all: &'a Map<String, Value>, name: &str) -> Result<Option<&'a Map<String, Value>>, Problem> {
    match all.get(name) {
        None => Ok(None),
        Some(Value::Object(found)) => Ok(Some(found)),
        Some(_) => Err(shape(name, "an object")),
    }
}

fn shape(name: &str, expected: &str) -> Problem {
    Problem::Override(format!("`{name}` of the configuration overrides must be {expected}"))
}

fn is_id(text: &str) -> bool {
    (1..=limits::DATASET_ID_CHARACTERS_MAX).contains(&text.chars().count())
        && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_ours_is_read_and_the_rest_passes() {
        let all = json!({
            "com_adobe_analytics": { "reportSuites": ["rs1"] },
            "com_adobe_target": 5,
            PLATFORM: { "datasets": { "event": { "datasetId": "ds9" } }, SEGMENTATION: { "enabled": false } },
        });
        let expected =
            Overrides { dataset: Some("ds9".into()), no_segmentation: true, no_destinations: false };
        assert_eq!(read(Some(&all)), Ok(expected));
        let beside = json!({ SEGMENTATION: { "enabled": true }, DESTINATIONS: { "enabled": false } });
        assert_eq!(read(Some(&beside)), Ok(Overrides { no_destinations: true, ..Overrides::default() }));
        assert_eq!(read(None), Ok(Overrides::default()));
    }

    fn check_dataset(wanted: Option<&str>, expected: Option<&str>, allowed: bool) {
        let datastream = Datastream {
            dataset: "web".into(),
            dataset_overrides: vec!["shop".into()],
            ..Datastream::default()
        };
        let overrides = Overrides { dataset: wanted.map(str::to_owned), ..Overrides::default() };
        let found = (overrides.dataset_of(&datastream), overrides.dataset_is_allowed(&datastream));
        assert_eq!(found, (expected.map(str::to_owned), allowed), "{wanted:?}");
    }

    #[test]
    fn a_dataset_is_only_another_one_if_the_datastream_allows_it() {
        check_dataset(None, None, true);
        check_dataset(Some("web"), None, true);
        check_dataset(Some("shop"), Some("shop"), true);
        check_dataset(Some("crm"), None, false);
    }

    #[test]
    fn other_shapes_are_refused() {
        for bad in [
            json!(5),
            json!([]),
            json!({ PLATFORM: "x" }),
            json!({ PLATFORM: { "datasets": [] } }),
            json!({ PLATFORM: { "datasets": { "event": "ds" } } }),
            json!({ PLATFORM: { "datasets": { "event": { "datasetId": 5 } } } }),
            json!({ PLATFORM: { "datasets": { "event": { "datasetId": "" } } } }),
            json!({ PLATFORM: { "datasets": { "event": { "datasetId": "a\nb" } } } }),
            json!({ SEGMENTATION: false }),
            json!({ PLATFORM: { SEGMENTATION: { "enabled": "no" } } }),
        ] {
            let problem = read(Some(&bad)).unwrap_err().to_json("r", None);
            assert!(problem["type"].as_str().unwrap().ends_with("EXEG-0113-400"), "{bad}");
        }
    }
}
