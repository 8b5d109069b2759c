//! How an explanation is shown, wherever it comes from:
//!
//! | field | what |
//! |---|---|
//! | `text` | the term; `and`, `or`, `not` hold the `children` together |
//! | `value` | `true`, `false`, or `null` where the answer takes the stored events |
//! | `decided` | whether the answer follows from it |
//! | `found`, `atLeast` | the number that was compared, or how many events; whether there may be more |
//! | `events` | the newest events found: `timestamp`, and the `value` kept |
//! | `seen` | values read: `text` and `value` |
//! | `changesAt` | when it next comes out differently by time alone; `null`: not in ten years |
//! | `children` | the terms it consists of |

use alloc::vec::Vec;

use serde_json::{Map, Value as Json, json};

use super::{Explanation, Occurrence, Seen};
use crate::time::format_instant;
use crate::value::Value;

impl Explanation {
    /// As JSON; what is empty is left out.
    pub fn to_json(&self) -> Json {
        let mut shown = Map::new();
        shown.insert("text".into(), json!(self.text));
        shown.insert("value".into(), json!(self.value));
        shown.insert("decided".into(), json!(self.decided));
        if let Some(found) = &self.found {
            shown.insert("found".into(), found.to_json());
        }
        if self.at_least {
            shown.insert("atLeast".into(), json!(true));
        }
        let lists = [
            ("events", self.events.iter().map(Occurrence::to_json).collect::<Vec<_>>()),
            ("seen", self.seen.iter().map(Seen::to_json).collect()),
        ];
        for (name, list) in lists {
            if !list.is_empty() {
                shown.insert(name.into(), Json::Array(list));
            }
        }
        shown.insert("changesAt".into(), json!(self.changes_at_ms.map(format_instant)));
        if !self.children.is_empty() {
            let children = self.children.iter().map(Self::to_json).collect();
            shown.insert("children".into(), Json::Array(children));
        }
        Json::Object(shown)
    }
}

impl Occurrence {
    fn to_json(&self) -> Json {
        let timestamp = format_instant(self.timestamp_ms);
        match &self.value {
            None => json!({"timestamp": timestamp}),
            Some(value) => json!({"timestamp": timestamp, "value": value.to_json()}),
        }
    }
}

impl Seen {
    fn to_json(&self) -> Json {
        json!({"text": self.text, "value": Value::to_json(&self.value)})
    }
}
