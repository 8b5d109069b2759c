//! A page of events, and the way to the next one. A cursor names the event that a page begins with by its place in the
//! order, so events that come or go between two pages neither repeat nor hide others.

use serde_json::{Value, json};

use super::PATH;
use crate::http::asked::{Asked, refused};
use crate::problem::Problem;

/// The place of an event in the order of a profile's events.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cursor {
    pub(super) timestamp_ms: i64,
    pub(super) id: String,
}

impl Cursor {
    /// Reads what [`Self::text`] writes.
    pub(super) fn read(text: &str) -> Result<Self, Problem> {
        let parts = text.split_once(':').and_then(|(at, id)| Some((at.parse().ok()?, id)));
        let (timestamp_ms, id) = parts.ok_or_else(|| {
            let detail = format!("`{text}` is not what `_page.next` of an answer said");
            refused("start", "the page is not known", detail)
        })?;
        Ok(Self { timestamp_ms, id: id.to_owned() })
    }

    pub(super) fn text(&self) -> String {
        format!("{}:{}", self.timestamp_ms, self.id)
    }

    pub(super) fn place(&self) -> (i64, &str) {
        (self.timestamp_ms, &self.id)
    }
}

/// Some events of a profile.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) newest_first: bool,
    pub(super) start: Option<Cursor>,
    /// As they are answered.
    pub(super) children: Vec<Value>,
    /// How many events there are on all pages.
    pub(super) total: usize,
    /// Where the next page begins.
    pub(super) next: Option<Cursor>,
}

impl Page {
    /// As it is answered, with the link to the next page.
    pub(super) fn to_json(&self, next: Option<Value>) -> Value {
        let text = |cursor: &Option<Cursor>| cursor.as_ref().map(Cursor::text).unwrap_or_default();
        json!({
            "_page": {
                "orderby": if self.newest_first { "-timestamp" } else { "timestamp" },
                "start": text(&self.start),
                "count": self.children.len(),
                "totalCount": self.total,
                "next": text(&self.next),
            },
            "children": self.children,
            "_links": next.map_or_else(|| json!({}), |next| json!({"next": next})),
        })
    }
}

/// The same question, about the next page.
pub(super) fn link(asked: &Asked, next: &Cursor) -> Value {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(asked.pairs().filter(|(name, _)| *name != "start"));
    query.append_pair("start", &next.text());
    json!({"href": format!("{PATH}?{}", query.finish())})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_is_written() {
        for (timestamp_ms, id) in [(0, "e"), (-1, "a:b"), (i64::MAX, "ü %")] {
            let cursor = Cursor { timestamp_ms, id: id.into() };
            assert_eq!(Cursor::read(&cursor.text()), Ok(cursor));
        }
        for text in ["", "-1", "soon:e", ":e"] {
            assert_eq!(Cursor::read(text).unwrap_err().code(), "bad-query", "{text}");
        }
    }
}
