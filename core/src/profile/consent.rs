//! What a person has consented to, as the fields of XDM say: `consents.<purpose>.val`.

use alloc::format;
use alloc::string::String;

use crate::time::format_instant;
use crate::value::{Fields, Value, fields};

/// The purposes that a person can say something of, by their paths under `consents`.
pub const PURPOSES: [&str; 13] = [
    "collect",
    "share",
    "adID",
    "personalize.content",
    "marketing.any",
    "marketing.email",
    "marketing.push",
    "marketing.sms",
    "marketing.call",
    "marketing.commercialEmail",
    "marketing.postalMail",
    "marketing.whatsApp",
    "marketing.fax",
];

/// The path of the instant at which a person last said anything.
pub const SAID_PATH: &str = "consents.metadata.time";

/// The path of what was said of a purpose.
pub fn path(purpose: &str) -> String {
    format!("consents.{purpose}.val")
}

/// Whether a value is one that can be said of a purpose.
pub fn is_value(value: &str) -> bool {
    matches!(value, "y" | "dy" | "n" | "dn" | "p" | "u" | "LI" | "CT" | "CP" | "VI" | "PI")
}

/// The patch by which attributes say what was said at an instant: of each purpose its value from now on, or `None` where
/// there is none any more.
pub fn patch<'a>(said: impl IntoIterator<Item = (&'a str, Option<&'a str>)>, at_ms: i64) -> Fields {
    let mut patch = Fields::new();
    for (purpose, value) in said {
        let value = match value {
            Some(value) => Value::Object([(String::from("val"), Value::from(value))].into()),
            None => Value::Null,
        };
        put(&mut patch, &format!("consents.{purpose}"), value);
    }
    put(&mut patch, SAID_PATH, Value::String(format_instant(at_ms)));
    patch
}

/// Puts a value, also `Null`, at the end of a path.
fn put(fields: &mut Fields, path: &str, value: Value) {
    match path.split_once('.') {
        None => drop(fields.insert(String::from(path), value)),
        Some((first, rest)) => {
            let inner = fields.entry(String::from(first)).or_insert_with(|| Value::Object(Fields::new()));
            if let Value::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

/// What is known of a person's consent to a purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    /// They said yes, or something else allows it: a legitimate interest, a contract, the law, vital or public interest.
    Given,
    /// They said no.
    Refused,
    /// They have not said anything, or have yet to confirm it.
    Unknown,
}

/// What the attributes say of a purpose, by its path under `consents`: `share`, `marketing.email`. Where a channel of
/// marketing says nothing, `marketing.any` speaks for it.
pub fn of(attributes: &Fields, purpose: &str) -> Consent {
    match (said(attributes, purpose), purpose.strip_prefix("marketing.")) {
        (Consent::Unknown, Some(_)) => said(attributes, "marketing.any"),
        (said, _) => said,
    }
}

fn said(attributes: &Fields, purpose: &str) -> Consent {
    let value = fields::get_path(attributes, &path(purpose));
    match value.and_then(|value| value.as_str()) {
        Some("y" | "dy" | "LI" | "CT" | "CP" | "VI" | "PI") => Consent::Given,
        Some("n" | "dn") => Consent::Refused,
        Some(_) | None => Consent::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(consents: &serde_json::Value, purpose: &str, expected: Consent) {
        let attributes = json!({"consents": consents});
        let attributes = fields::from_json(attributes.as_object().unwrap(), 16).unwrap();
        assert_eq!(of(&attributes, purpose), expected, "{consents} {purpose}");
    }

    #[test]
    fn what_was_said_counts_and_what_is_pending_does_not() {
        for (value, expected) in
            [("y", Consent::Given), ("LI", Consent::Given), ("dn", Consent::Refused), ("p", Consent::Unknown)]
        {
            check(&json!({"share": {"val": value}}), "share", expected);
        }
        check(&json!({}), "share", Consent::Unknown);
        check(&json!({"share": "y"}), "share", Consent::Unknown);
    }

    #[test]
    fn a_patch_says_what_holds_from_now_on_and_takes_back_the_rest() {
        let before = json!({"consents": {"share": {"val": "y"}, "marketing": {"email": {"val": "n"}, "any": {"val": "y"}}}});
        let mut attributes = fields::from_json(before.as_object().unwrap(), 16).unwrap();
        let said = [
            ("collect", Some("n")),
            ("share", None),
            ("marketing.email", None),
            ("marketing.sms", Some("p")),
        ];
        fields::merge_patch(&mut attributes, patch(said, 0));
        let expected = json!({"consents": {
            "collect": {"val": "n"}, "marketing": {"any": {"val": "y"}, "sms": {"val": "p"}},
            "metadata": {"time": "1970-01-01T00:00:00.000Z"},
        }});
        assert_eq!(serde_json::Value::Object(fields::to_json(&attributes)), expected);
        assert_eq!(
            (of(&attributes, "collect"), of(&attributes, "share")),
            (Consent::Refused, Consent::Unknown)
        );
    }

    #[test]
    fn a_channel_that_says_nothing_follows_all_marketing() {
        let any = json!({"marketing": {"any": {"val": "n"}, "sms": {"val": "y"}}});
        check(&any, "marketing.email", Consent::Refused);
        check(&any, "marketing.sms", Consent::Given);
        check(&any, "share", Consent::Unknown);
    }
}
