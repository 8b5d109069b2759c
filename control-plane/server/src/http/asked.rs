//! The parameters of a query: found by name, read as what they should be, and refused by name.

use acquaint_core::time::parse_instant;
use serde::Deserialize;

use crate::problem::Problem;

/// Parameters in the order in which they were sent.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Asked(Vec<(String, String)>);

impl Asked {
    /// The value of a parameter; of one that is given several times the last.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rfind(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All parameters.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// A parameter that has to be there, and not empty.
    pub(crate) fn needed(&self, name: &'static str) -> Result<&str, Problem> {
        self.get(name).filter(|value| !value.is_empty()).ok_or_else(|| {
            let detail = format!("the parameter `{name}` is needed");
            Problem::bad_request("bad-query", "a parameter is missing", detail).with("field", name)
        })
    }

    /// A whole number.
    pub(crate) fn number(&self, name: &'static str) -> Result<Option<usize>, Problem> {
        let read = |text: &str| {
            text.parse()
                .map_err(|_| refused(name, "a number cannot be read", format!("`{text}` is no whole number")))
        };
        self.get(name).map(read).transpose()
    }

    /// An instant, in milliseconds since the epoch: so written, or as a date and time (ISO 8601).
    pub(crate) fn instant_ms(&self, name: &'static str) -> Result<Option<i64>, Problem> {
        let read = |text: &str| {
            text.parse()
                .ok()
                .or_else(|| parse_instant(text))
                .ok_or_else(|| refused(name, "an instant cannot be read", format!("`{text}` is no instant")))
        };
        self.get(name).map(read).transpose()
    }
}

/// 400: what a parameter says cannot be used.
pub(crate) fn refused(name: &'static str, title: &'static str, detail: impl Into<String>) -> Problem {
    Problem::bad_request("bad-query", title, detail).with("field", name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(pairs: &[(&str, &str)]) -> Asked {
        Asked(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn the_last_of_a_parameter_counts() {
        let asked = asked(&[("a", "1"), ("b", ""), ("a", "2")]);
        assert_eq!((asked.get("a"), asked.get("c")), (Some("2"), None));
        assert_eq!(asked.all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(asked.needed("b").unwrap_err().code(), "bad-query");
    }

    #[test]
    fn numbers_and_instants_are_read_or_refused_by_name() {
        let check = |value: &str, number: Option<usize>, instant: Option<i64>| {
            let asked = asked(&[("x", value)]);
            assert_eq!(asked.number("x").ok().flatten(), number, "{value}");
            assert_eq!(asked.instant_ms("x").ok().flatten(), instant, "{value}");
        };
        check("5", Some(5), Some(5));
        check("-5", None, Some(-5));
        check("1970-01-01T00:00:01Z", None, Some(1_000));
        check("soon", None, None);
        assert_eq!(asked(&[("x", "1e3")]).number("x").unwrap_err().body()["field"], "x");
        assert_eq!(asked(&[]).number("x"), Ok(None));
    }
}
