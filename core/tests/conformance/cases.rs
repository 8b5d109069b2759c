//! The cases as they are stored: one JSON object a line.

use acquaint_core::lang::AudienceDirectory;
use serde_json::Value as Json;

const EXAMPLES: &str = include_str!("../../../tests/data/conformance/pql_examples.jsonl");

/// One documented example.
pub(crate) struct Case {
    pub(crate) id: String,
    pub(crate) dialect: String,
    pub(crate) category: String,
    /// The expression; empty where it is a tree in JSON.
    pub(crate) pql: String,
    /// Field values by path, `today`, or `{"inline": true}` where everything is in the expression.
    pub(crate) sample: Option<Json>,
    pub(crate) expected: Json,
    pub(crate) result_type: Option<String>,
}

impl Case {
    /// Whether it is text in the language of audiences, its older prefixed form, or the call style of templates.
    pub(crate) fn is_text(&self) -> bool {
        ["pql/text", "pql-text-xdm-prefixed", "ajo-personalization"].contains(&&*self.dialect)
    }
}

pub(crate) fn cases() -> Vec<Case> {
    EXAMPLES.lines().map(|line| case(&serde_json::from_str(line).unwrap())).collect()
}

fn case(row: &Json) -> Case {
    let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let has_sample = row["has_sample_data"] == true;
    Case {
        id: text("id"),
        dialect: text("dialect"),
        category: text("category"),
        pql: text("pql"),
        sample: has_sample.then(|| row["sample"].clone()),
        expected: row["expected"].clone(),
        result_type: row["result_type"].as_str().map(str::to_owned),
    }
}

/// There is every audience that an example names.
pub(crate) struct EveryAudience;

impl AudienceDirectory for EveryAudience {
    fn contains(&self, _id: &str) -> bool {
        true
    }
}

/// The expression as a whole. The examples of time constraints and chains are fragments of a `select`, whose variables
/// `X`, `Y` and `Z` are events.
pub(crate) fn whole(pql: &str) -> String {
    let is_fragment =
        |name: &str| pql.contains(&format!("{name}.timestamp")) && !pql.contains(&format!("{name} from"));
    let free: Vec<String> = ["X", "Y", "Z"]
        .into_iter()
        .filter(|name| is_fragment(name))
        .map(|name| format!("{name} from xEvent"))
        .collect();
    match &*free {
        [] if pql.starts_with("timestamp ") => format!("xEvent[{pql}]"),
        [] => pql.to_owned(),
        _ => format!("select {} where {pql}", free.join(", ")),
    }
}
