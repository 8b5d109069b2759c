//! Paths of the public edge: `/ee[/{hint}][/va]/v{1,2}/{action}` (`edge-api.md` section 1).

use crate::problem::Problem;

/// Which of the two interfaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// The Web SDK: several events of one visitor, no credentials.
    V1,
    /// Servers: one event (interact) or events of several people (collect).
    V2,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Store events, answer with decisions.
    Interact,
    /// Store events, answer with nothing.
    Collect,
    /// Only say who the visitor is.
    Acquire,
    /// Set the visitor's consent.
    SetConsent,
}

/// A public path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Route {
    /// Which interface.
    pub version: Version,
    /// What for.
    pub action: Action,
}

/// Reads a path. The location hint comes from a cookie that anybody can set: any word is accepted, and nothing is routed
/// by it.
pub fn parse(base_path: &str, path: &str) -> Result<Route, Problem> {
    let segments = segments(base_path, path);
    let (media, segments) = match segments.split_first() {
        Some((&"va", rest)) => (true, rest),
        Some(_) | None => (false, segments.as_slice()),
    };
    let action = match (media, segments) {
        (false, ["v1" | "v2", "interact"]) => Action::Interact,
        (false, ["v1" | "v2", "collect"]) | (true, ["v1", _]) => Action::Collect,
        (false, ["v1", "identity", "acquire"]) => Action::Acquire,
        (false, ["v1", "privacy", "set-consent"]) => Action::SetConsent,
        _ => return Err(Problem::NotFound(path.chars().take(200).collect())),
    };
    let version = if segments.first() == Some(&"v2") { Version::V2 } else { Version::V1 };
    Ok(Route { version, action })
}

/// Whether a path is that of the look-up of a profile ([`crate::serve::lookup`]).
pub fn is_lookup(base_path: &str, path: &str) -> bool {
    segments(base_path, path) == ["v2", "profile"]
}

/// The location hint of a path, if it has one.
pub fn hint<'a>(base_path: &str, path: &'a str) -> Option<&'a str> {
    split(base_path, path)?.0
}

/// The segments after base path and hint; none if the path is not ours.
fn segments<'a>(base_path: &str, path: &'a str) -> Vec<&'a str> {
    split(base_path, path).map(|(_, rest)| rest.collect()).unwrap_or_default()
}

fn split<'a>(
    base_path: &str,
    path: &'a str,
) -> Option<(Option<&'a str>, impl Iterator<Item = &'a str> + use<'a>)> {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty()).peekable();
    segments.next_if_eq(&base_path)?;
    let hint = segments.next_if(|hint| !is_version(hint) && *hint != "va" && is_hint(hint));
    Some((hint, segments))
}

fn is_version(segment: &str) -> bool {
    matches!(segment, "v1" | "v2")
}

fn is_hint(segment: &str) -> bool {
    segment.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: Option<(Version, Action)>) {
        let found = parse("ee", path).ok().map(|route| (route.version, route.action));
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn every_documented_path_is_known_with_and_without_a_hint() {
        check("/ee/v1/interact", Some((Version::V1, Action::Interact)));
        check("/ee/or2/v1/interact", Some((Version::V1, Action::Interact)));
        check("/ee/t38/v1/collect", Some((Version::V1, Action::Collect)));
        check("/ee/v1/identity/acquire", Some((Version::V1, Action::Acquire)));
        check("/ee/irl1/v1/privacy/set-consent", Some((Version::V1, Action::SetConsent)));
        check("/ee/va/v1/play", Some((Version::V1, Action::Collect)));
        check("/ee/or2/va/v1/sessionComplete", Some((Version::V1, Action::Collect)));
        check("/ee/v2/interact", Some((Version::V2, Action::Interact)));
        check("/ee/aus3/v2/collect", Some((Version::V2, Action::Collect)));
    }

    #[test]
    fn a_hint_is_one_word_before_the_version() {
        let hint = |path| super::hint("ee", path);
        assert_eq!(hint("/ee/or2/v1/interact"), Some("or2"));
        assert_eq!(hint("/ee/or2/va/v1/play"), Some("or2"));
        for none in
            ["/ee/v1/interact", "/ee/va/v1/play", "/ee/OR2/v1/interact", "/other/or2/v1/interact", "/"]
        {
            assert_eq!(hint(none), None, "{none}");
        }
    }

    #[test]
    fn anything_else_is_not_found() {
        check("/", None);
        check("/ee", None);
        check("/ee/v3/interact", None);
        check("/ee/v1/identity", None);
        check("/ee/a/b/v1/interact", None);
        check("/ee/OR2!/v1/interact", None);
        check("/other/v1/interact", None);
        check("/ee/va/v2/play", None);
        check("/ee/v2/profile", None);
        for trick in ["..%2f..", "%00", "..", ".", "a%2fb", "a\\b", "a;b", "é", "OR2", "or2%20", "a b", "v1"]
        {
            check(&format!("/ee/{trick}/v1/interact"), None);
        }
    }

    #[test]
    fn the_look_up_has_its_own_path() {
        assert!(is_lookup("ee", "/ee/v2/profile") && is_lookup("ee", "/ee/or2/v2/profile"));
        assert!(!is_lookup("ee", "/ee/v1/profile") && !is_lookup("ee", "/v2/profile"));
    }
}
