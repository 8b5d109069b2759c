//! `GET /data/core/ups/access/entities/changes`: what changes of a profile, as it is committed, for the screen of somebody
//! who looks at it; or who enters and leaves an audience. Server-Sent Events: every one has the places in the logs up to
//! which all is told as its id, and a client that comes back with `Last-Event-ID` goes on behind it.
//!
//! Nothing is kept for a client: each reads the logs at its own pace, and only when its last answer has been taken. One
//! that stops reading is cut off as every client is ([`super::listening`]).

mod cursor;
mod followed;
mod follower;
mod told;

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use acquaint_core::id::{AudienceId, Position};
use acquaint_engine::Progress;
use acquaint_store::{Log, Topic};
use axum::Router;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::{OwnedSemaphorePermit, watch};

use self::cursor::Cursor;
use self::followed::Followed;
use self::follower::Follower;
use self::told::Told;
use super::asked::{Asked, refused};
use super::entities::{self, Whom};
use crate::app::{App, Shared, blocking};
use crate::problem::Problem;

/// Clients that may follow changes at once: each of them looks at every record.
pub(crate) const STREAMS_MAX: usize = 100;
const LAST_EVENT_ID: &str = "last-event-id";
/// Seconds without a change after which a sign of life is sent, unless the client asks for others.
const HEARTBEAT_SECONDS: usize = 15;
const HEARTBEAT_SECONDS_MAX: usize = 60;

pub(super) fn routes() -> Router<Shared> {
    Router::new().route(&format!("{}/changes", entities::PATH), get(changes))
}

async fn changes(
    State(app): State<Shared>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let heartbeat = heartbeat(&asked)?;
    let audience = asked.get("audience").map(AudienceId::new);
    let whom = match (&audience, asked.get("entityId")) {
        (Some(_), None) => None,
        (Some(_) | None, _) => Some(Whom::asked(&asked, "entityId", "entityIdNS")?),
    };
    let cursor = last_told(&headers)?;
    let permit = Arc::clone(&app.streams).try_acquire_owned().map_err(|_| {
        Problem::unavailable(format!("{STREAMS_MAX} clients follow changes already, which is the most"))
    })?;
    let engine = app.watch_engine();
    let (follower, queue) = blocking(&app, move |app| begin(app, whom, audience, cursor)).await?;
    let stream = Following { app, follower, queue, engine, _permit: permit };
    let alive = KeepAlive::new().interval(heartbeat).text("alive");
    Ok(Sse::new(unfold(stream, Following::next)).keep_alive(alive))
}

fn heartbeat(asked: &Asked) -> Result<Duration, Problem> {
    let seconds = asked.number("heartbeat")?.unwrap_or(HEARTBEAT_SECONDS);
    match u64::try_from(seconds) {
        Ok(seconds) if (1..=HEARTBEAT_SECONDS_MAX as u64).contains(&seconds) => {
            Ok(Duration::from_secs(seconds))
        }
        Ok(_) | Err(_) => {
            let detail = format!("from 1 to {HEARTBEAT_SECONDS_MAX} seconds are possible");
            Err(refused("heartbeat", "the pause does not fit", detail))
        }
    }
}

/// Behind what the client was told last time.
fn last_told(headers: &HeaderMap) -> Result<Option<Cursor>, Problem> {
    let Some(last) = headers.get(LAST_EVENT_ID).filter(|last| !last.is_empty()) else { return Ok(None) };
    let cursor = last.to_str().ok().and_then(Cursor::read);
    cursor.map(Some).ok_or_else(|| {
        let detail = "`Last-Event-ID` is not the id of an event of this stream";
        Problem::bad_request("bad-event-id", "the place to go on from is not known", detail)
    })
}

/// Where to go on, or now; a client that is new here is told how things stand.
fn begin(
    app: &App,
    whom: Option<Whom>,
    audience: Option<AudienceId>,
    cursor: Option<Cursor>,
) -> Result<(Follower, VecDeque<Told>), Problem> {
    if let Some(audience) = &audience
        && !app.in_force().catalog.audiences.contains_key(audience.as_str())
    {
        return Err(Problem::not_found("audience", audience.as_str()));
    }
    // In this order: what is committed in between is told twice rather than not at all.
    let change = app.store.end(Topic::Changes);
    let now = Cursor { change, record: Progress::load(&*app.store)?.position };
    if cursor.is_some_and(|cursor| cursor.record > now.record || cursor.change > now.change) {
        let detail = "`Last-Event-ID` is of a time that has not come yet";
        let title = "the place to go on from is not known";
        return Err(Problem::bad_request("bad-event-id", title, detail));
    }
    let mut queue = VecDeque::new();
    let mut who = None;
    if let Some(whom) = whom {
        let (snapshot, document) = entities::find(app, &whom)?;
        if cursor.is_none() && audience.is_none() {
            queue.push_back(Told::profile(app, &*snapshot, &document, now)?);
        }
        who = Some(Followed::new(app, &*snapshot, &document)?);
    }
    Ok((Follower { cursor: cursor.unwrap_or(now), who, audience }, queue))
}

/// One client that is told of changes.
struct Following {
    app: Shared,
    follower: Follower,
    /// What is to be told next.
    queue: VecDeque<Told>,
    engine: watch::Receiver<Position>,
    _permit: OwnedSemaphorePermit,
}

impl Following {
    /// Waits for something to tell. The end: the server is stopping, or cannot read its logs.
    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if let Some(told) = self.queue.pop_front() {
                return Some((Ok(told.into_event()), self));
            }
            if self.app.is_stopping() {
                return None;
            }
            self.engine.borrow_and_update();
            let mut follower = self.follower;
            let read = blocking(&self.app, move |app| {
                let read = follower.read(app)?;
                Ok((follower, read))
            });
            let (told, more);
            (self.follower, (told, more)) = read.await.ok()?;
            self.queue.extend(told);
            if self.queue.is_empty() && !more {
                self.engine.changed().await.ok()?;
            }
        }
    }
}
