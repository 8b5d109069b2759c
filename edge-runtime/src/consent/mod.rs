//! Consent: what `setConsent` says, what an event says, and what the consent cookie says (`edge-api.md` section 5).

pub mod tcf;

use std::collections::BTreeMap;

use acquaint_core::profile::consent::{PURPOSES, is_value};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::json::{Read, Wrong, take};
use crate::problem::Problem;

/// The one purpose that this edge asks for: may anything be collected and used?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Consent {
    /// `general=in`
    In,
    /// `general=out`
    Out,
}

/// The purpose of which the standard says the same.
pub const COLLECT: &str = "collect";

impl Consent {
    /// The value of [`COLLECT`] that says it.
    pub fn value(self) -> &'static str {
        match self {
            Self::In => "y",
            Self::Out => "n",
        }
    }

    /// The value of the consent cookie.
    pub fn cookie(self) -> &'static str {
        match self {
            Self::In => "general=in",
            Self::Out => "general=out",
        }
    }

    /// Reads the consent cookie.
    pub fn from_cookie(value: &str) -> Option<Self> {
        let purposes = value.replace("%3D", "=");
        let general = purposes.split(';').find_map(|purpose| purpose.trim().strip_prefix("general="))?;
        match general {
            "in" => Some(Self::In),
            "out" => Some(Self::Out),
            _ => None,
        }
    }
}

/// One item of `setConsent`.
#[derive(Clone, Debug, Default)]
pub struct ConsentItem {
    standard: Option<String>,
    version: Option<String>,
    value: Option<Value>,
    gdpr_applies: Option<bool>,
}

impl Read for ConsentItem {
    fn read(json: Value) -> Result<Self, Wrong> {
        let mut object = Map::read(json)?;
        Ok(Self {
            standard: take(&mut object, "standard")?,
            version: take(&mut object, "version")?,
            value: take(&mut object, "value")?,
            gdpr_applies: take(&mut object, "gdprApplies")?,
        })
    }
}

/// What a call says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Out if any item says so; absent if the items say neither (pending, unknown), which leaves things as they are.
    pub general: Option<Consent>,
    /// What it says of each purpose; nothing of the others.
    pub purposes: BTreeMap<&'static str, String>,
}

/// Reads the items of a call.
pub fn of_call(items: &[ConsentItem], vendor: u16) -> Result<Wishes, Problem> {
    if items.is_empty() {
        return Err(Problem::Missing("`consent` is empty".into()));
    }
    let mut wishes = Wishes::default();
    for (index, item) in items.iter().enumerate() {
        let consent = of_item(index, item, vendor, &mut wishes.purposes)?;
        wishes.general = match (wishes.general, consent) {
            (Some(Consent::Out), _) | (_, Some(Consent::Out)) => Some(Consent::Out),
            (earlier, None) => earlier,
            (_, Some(Consent::In)) => Some(Consent::In),
        };
    }
    // What was said in other words is said of the purpose too, and items that contradict it do not count.
    if let Some(general) = wishes.general
        && wishes.purposes.get(COLLECT).and_then(|value| general_of(value)) != Some(Some(general))
    {
        wishes.purposes.insert(COLLECT, general.value().into());
    }
    Ok(wishes)
}

fn of_item(
    index: usize,
    item: &ConsentItem,
    vendor: u16,
    purposes: &mut BTreeMap<&'static str, String>,
) -> Result<Option<Consent>, Problem> {
    let (Some(standard), Some(version)) = (&item.standard, &item.version) else {
        return Err(Problem::Missing(format!("`consent[{index}]` needs `standard` and `version`")));
    };
    let Some(value) = &item.value else {
        return Err(Problem::Missing(format!("`consent[{index}].value` is missing")));
    };
    match (standard.as_str(), version.as_str()) {
        ("Adobe", "1.0") => match value.get("general").and_then(Value::as_str) {
            Some("in") => Ok(Some(Consent::In)),
            Some("out") => Ok(Some(Consent::Out)),
            Some(_) | None => Err(unsupported(index, "value")),
        },
        ("Adobe", "2.0") => {
            let collect = value.pointer("/collect/val").and_then(Value::as_str).ok_or_else(|| {
                Problem::Missing(format!("`consent[{index}].value.collect.val` is missing"))
            })?;
            let read = read_purposes(value, purposes).and_then(|()| general_of(collect));
            read.ok_or_else(|| unsupported(index, "value"))
        }
        ("IAB TCF", "2.0") => match value.as_str() {
            Some(text) => {
                of_tcf(&format!("consent[{index}].value"), text, item.gdpr_applies, vendor).map(Some)
            }
            None => Err(unsupported(index, "value")),
        },
        ("Adobe" | "IAB TCF", _) => Err(unsupported(index, "version")),
        _ => Err(unsupported(index, "standard")),
    }
}

/// Whether a value of `collect` allows it, refuses it, or says neither; `None` if it is no value.
fn general_of(value: &str) -> Option<Option<Consent>> {
    match value {
        "y" | "dy" | "vi" | "VI" | "LI" | "CT" | "CP" | "PI" => Some(Some(Consent::In)),
        "n" | "dn" => Some(Some(Consent::Out)),
        "p" | "u" => Some(None),
        _ => None,
    }
}

/// Reads the purposes that there are; what else is there says nothing. `None` if the value of one is none.
fn read_purposes(value: &Value, purposes: &mut BTreeMap<&'static str, String>) -> Option<()> {
    for purpose in PURPOSES {
        let mut steps = purpose.split('.').chain(["val"]);
        let Some(said) = steps.try_fold(value, |value, step| value.get(step)) else { continue };
        let said = said.as_str()?;
        let said = if said == "vi" { "VI" } else { said };
        purposes.insert(purpose, Some(said).filter(|said| is_value(said))?.into());
    }
    Some(())
}

fn unsupported(index: usize, what: &str) -> Problem {
    Problem::Field(format!("consent {what} not supported: `consent[{index}].{what}`"))
}

fn of_tcf(field: &str, text: &str, gdpr_applies: Option<bool>, vendor: u16) -> Result<Consent, Problem> {
    if gdpr_applies == Some(false) {
        return Ok(Consent::In);
    }
    let parsed = tcf::parse(text)
        .map_err(|error| Problem::Invalid { field: field.to_owned(), detail: error.to_string() })?;
    Ok(if parsed.purpose_1 && parsed.has_vendor(vendor) { Consent::In } else { Consent::Out })
}

/// The consent that an event itself carries (`xdm.consentStrings`); strings of other standards say nothing.
pub fn of_event(xdm: &Map<String, Value>, vendor: u16) -> Result<Option<Consent>, Problem> {
    let Some(strings) = xdm.get("consentStrings") else { return Ok(None) };
    let strings =
        strings.as_array().ok_or_else(|| Problem::Field("`consentStrings` must be a list".into()))?;
    let mut result = None;
    for string in strings {
        if string.get("consentStandard").and_then(Value::as_str) != Some("IAB TCF") {
            continue;
        }
        let value = string.get("consentStringValue").and_then(Value::as_str).unwrap_or_default();
        let applies = string.get("gdprApplies").and_then(Value::as_bool);
        let consent = of_tcf("consentStrings.consentStringValue", value, applies, vendor)?;
        result = if result == Some(Consent::Out) { result } else { Some(consent) };
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(items: Value, expected: Option<Consent>) {
        let items: Vec<ConsentItem> = Vec::read(items).unwrap();
        assert_eq!(of_call(&items, 565).unwrap().general, expected);
    }

    fn check_problem(items: Value, expected: &str) {
        let items: Vec<ConsentItem> = Vec::read(items).unwrap();
        let problem = of_call(&items, 565).unwrap_err().to_json("r", None);
        assert_eq!(problem["type"], format!("https://ns.adobe.com/aep/errors/{expected}"));
    }

    #[test]
    fn both_versions_of_the_standard_are_read() {
        check(
            json!([{"standard": "Adobe", "version": "1.0", "value": {"general": "in"}}]),
            Some(Consent::In),
        );
        check(
            json!([{"standard": "Adobe", "version": "2.0", "value": {"collect": {"val": "n"}}}]),
            Some(Consent::Out),
        );
        check(json!([{"standard": "Adobe", "version": "2.0", "value": {"collect": {"val": "p"}}}]), None);
        check(
            json!([
                {"standard": "Adobe", "version": "2.0", "value": {"collect": {"val": "y"}}},
                {"standard": "Adobe", "version": "1.0", "value": {"general": "out"}},
            ]),
            Some(Consent::Out),
        );
    }

    #[test]
    fn a_consent_string_needs_purpose_1_and_the_vendor_unless_the_law_does_not_apply() {
        let tcf = |value: &str, applies: bool| json!([{"standard": "IAB TCF", "version": "2.0", "value": value, "gdprApplies": applies}]);
        check(tcf("CO052l-O052l-DGAMBFRACBgAIBAAAAAAIYgEawAQEagAAAA", true), Some(Consent::In));
        check(tcf("CO052oTO052oTDGAMBFRACBgAABAAAAAAIYgEawAQEagAAAA", true), Some(Consent::Out));
        check(tcf("CO052oTO052oTDGAMBFRACBgAABAAAAAAIYgEawAQEagAAAA", false), Some(Consent::In));
        check_problem(tcf("", true), "EXEG-0104-422");
    }

    fn check_purposes(items: Value, expected: &[(&str, &str)]) {
        let items: Vec<ConsentItem> = Vec::read(items).unwrap();
        let wishes = of_call(&items, 565).unwrap();
        let found: Vec<_> =
            wishes.purposes.iter().map(|(purpose, value)| (*purpose, value.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn every_standard_says_whether_anything_may_be_collected_and_one_says_more() {
        let adobe = |value: Value| json!({"standard": "Adobe", "version": "2.0", "value": value});
        let general =
            |value: &str| json!({"standard": "Adobe", "version": "1.0", "value": {"general": value}});
        let more = json!({"collect": {"val": "vi"}, "share": {"val": "n"}, "personalize": {"content": {"val": "y"}},
            "marketing": {"preferred": "email", "email": {"val": "y"}}, "metadata": {"time": "2026-01-01T00:00:00Z"},
            "weather": {"val": "sunny"}});
        let all = [("collect", "VI"), ("marketing.email", "y"), ("personalize.content", "y"), ("share", "n")];
        check_purposes(json!([adobe(more)]), &all);
        check_purposes(json!([general("in")]), &[("collect", "y")]);
        check_purposes(json!([general("out")]), &[("collect", "n")]);
        check_purposes(json!([adobe(json!({"collect": {"val": "p"}}))]), &[("collect", "p")]);
        let tcf = json!({"standard": "IAB TCF", "version": "2.0", "value": "CO052oTO052oTDGAMBFRACBgAABAAAAAAIYgEawAQEagAAAA",
            "gdprApplies": true});
        check_purposes(json!([adobe(json!({"collect": {"val": "y"}})), tcf]), &[("collect", "n")]);
        check_purposes(
            json!([adobe(json!({"collect": {"val": "dn"}})), general("in")]),
            &[("collect", "dn")],
        );
        check_purposes(json!([adobe(json!({"collect": {"val": "p"}})), general("in")]), &[("collect", "y")]);
        check_problem(
            json!([adobe(json!({"collect": {"val": "y"}, "share": {"val": "maybe"}}))]),
            "EXEG-0102-400",
        );
        check_problem(json!([adobe(json!({"collect": {"val": "y"}, "adID": {"val": 1}}))]), "EXEG-0102-400");
    }

    #[test]
    fn what_is_not_supported_is_refused_with_its_code() {
        check_problem(json!([]), "EXEG-0103-400");
        check_problem(
            json!([{"standard": "Adobe", "version": "1.0", "value": {"analytics": "in"}}]),
            "EXEG-0102-400",
        );
        check_problem(json!([{"standard": "Adobe", "version": "3.0", "value": {}}]), "EXEG-0102-400");
        check_problem(json!([{"standard": "Other", "version": "1.0", "value": {}}]), "EXEG-0102-400");
        check_problem(json!([{"standard": "Adobe", "version": "1.0"}]), "EXEG-0103-400");
        check_problem(json!([{"standard": "Adobe", "version": "2.0", "value": {}}]), "EXEG-0103-400");
    }

    #[test]
    fn the_cookie_says_one_thing() {
        assert_eq!(Consent::from_cookie("general=out"), Some(Consent::Out));
        assert_eq!(Consent::from_cookie("other=in;general=in"), Some(Consent::In));
        assert_eq!(Consent::from_cookie("general%3Dout"), Some(Consent::Out));
        assert_eq!(Consent::from_cookie(""), None);
    }
}
