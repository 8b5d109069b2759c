//! Events of one profile, narrowed down and a page at a time.

use serde_json::{Value, json};

use acquaint_store::{ProfileDocument, Snapshot, StoredEvent};

use super::page::{Cursor, Page};
use super::property::Property;
use super::selection::Selection;
use crate::http::asked::{Asked, refused};
use crate::problem::Problem;

/// Events of one page.
pub(super) const PAGE_MAX: usize = 1_000;

/// Which events are wanted.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    /// Milliseconds since the epoch; open where absent.
    pub(super) start_ms: Option<i64>,
    /// Included.
    pub(super) end_ms: Option<i64>,
    pub(super) newest_first: bool,
    pub(super) properties: Vec<Property>,
    pub(super) selection: Option<Selection>,
    pub(super) start: Option<Cursor>,
    pub(super) limit: usize,
}

impl Wanted {
    /// By the parameters of a query.
    pub(super) fn asked(asked: &Asked, selection: Option<Selection>) -> Result<Self, Problem> {
        Ok(Self {
            start_ms: asked.instant_ms("startTime")?,
            end_ms: asked.instant_ms("endTime")?,
            newest_first: newest_first(asked.get("orderby"))?,
            properties: Property::all(asked.all("property"))?,
            selection,
            start: asked.get("start").filter(|start| !start.is_empty()).map(Cursor::read).transpose()?,
            limit: asked.number("limit")?.unwrap_or(PAGE_MAX).clamp(1, PAGE_MAX),
        })
    }

    fn takes(&self, stored: &StoredEvent) -> bool {
        let at_ms = stored.event.timestamp_ms;
        let in_time =
            self.start_ms.is_none_or(|start| start <= at_ms) && self.end_ms.is_none_or(|end| at_ms <= end);
        if !in_time || self.properties.is_empty() {
            return in_time;
        }
        let entity = stored.event.to_json();
        self.properties.iter().all(|property| property.holds(&entity))
    }

    /// Whether an event is on a page before the one that is wanted.
    fn is_past(&self, stored: &StoredEvent) -> bool {
        self.start.as_ref().is_some_and(|start| match self.newest_first {
            false => stored.event.order() < start.place(),
            true => stored.event.order() > start.place(),
        })
    }
}

/// `+timestamp`, whose plus a query turns into a space, or `-timestamp`.
pub(super) fn newest_first(orderby: Option<&str>) -> Result<bool, Problem> {
    match orderby.unwrap_or("timestamp").trim() {
        "timestamp" | "+timestamp" => Ok(false),
        "-timestamp" => Ok(true),
        other => {
            let detail = format!("`{other}` is not one of `+timestamp`, `-timestamp`");
            Err(refused("orderby", "the order is not known", detail))
        }
    }
}

/// A page of the events of a profile.
pub(super) fn page(
    snapshot: &dyn Snapshot,
    document: &ProfileDocument,
    wanted: &Wanted,
) -> Result<Page, Problem> {
    let mut events = StoredEvent::load_all(snapshot, document.id)?;
    events.retain(|stored| wanted.takes(stored));
    let total = events.len();
    if wanted.newest_first {
        events.reverse();
    }
    let mut rest = events.iter().skip_while(|stored| wanted.is_past(stored));
    let on_page = rest.by_ref().take(wanted.limit);
    let children = on_page.map(|stored| child(document, stored, wanted.selection.as_ref())).collect();
    let next = rest
        .next()
        .map(|stored| Cursor { timestamp_ms: stored.event.timestamp_ms, id: stored.event.id.clone() });
    Ok(Page { newest_first: wanted.newest_first, start: wanted.start.clone(), children, total, next })
}

fn child(document: &ProfileDocument, stored: &StoredEvent, selection: Option<&Selection>) -> Value {
    let entity = stored.event.to_json();
    json!({
        "relatedEntityId": document.id.to_string(),
        "entityId": stored.event.id,
        "timestamp": stored.event.timestamp_ms,
        "sources": [stored.dataset.as_str()],
        "entity": selection.map_or_else(|| entity.clone(), |selection| selection.of_entity(&entity)),
    })
}
