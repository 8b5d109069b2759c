//! What a person has consented to, as the fields of XDM say: `consents.<purpose>.val`.

use alloc::format;

use crate::value::{Fields, fields};

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
    let value = fields::get_path(attributes, &format!("consents.{purpose}.val"));
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
    fn a_channel_that_says_nothing_follows_all_marketing() {
        let any = json!({"marketing": {"any": {"val": "n"}, "sms": {"val": "y"}}});
        check(&any, "marketing.email", Consent::Refused);
        check(&any, "marketing.sms", Consent::Given);
        check(&any, "share", Consent::Unknown);
    }
}
