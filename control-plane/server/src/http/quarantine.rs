//! `GET /quarantine` and `POST /quarantine/replay`: refused records with their reason, and another try.

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use acquaint_engine::ingest::quarantine::{self, Quarantined, Ticket};

use super::body;
use crate::app::{App, Shared, blocking};
use crate::ingest::shown;
use crate::problem::Problem;

const LIST_MAX: usize = 1_000;
const BODY_BYTES_MAX: usize = 256 * 1024;
/// Records of one step of a replay.
const REPLAY_CHUNK: usize = 500;
/// Bytes of one page or step, and how many records are looked at at a time: one record may be as large as a request.
const PAGE_BYTES_MAX: usize = 8 * 1024 * 1024;
const LOOK: usize = 16;

#[derive(Deserialize)]
struct Page {
    after: Option<String>,
    limit: Option<usize>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Absent: all of them.
    ids: Option<Vec<String>>,
}

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/quarantine", get(list)).route("/quarantine/replay", post(replay))
}

async fn list(State(app): State<Shared>, Query(page): Query<Page>) -> Result<Json<Value>, Problem> {
    let after = page.after.as_deref().map(ticket).transpose()?;
    let limit = page.limit.unwrap_or(100).clamp(1, LIST_MAX);
    let found = blocking(&app, move |app| read(app, after, limit)).await?;
    let (found, more) = found;
    let next = more.then(|| found.last().map(|(ticket, _)| name(*ticket))).flatten();
    let records: Vec<Value> = found.iter().map(|(ticket, record)| shown::refused(*ticket, record)).collect();
    Ok(Json(json!({"records": records, "next": next})))
}

/// Records after a ticket, as many as are asked for unless they are large; and whether there may be more.
fn read(
    app: &App,
    mut after: Option<Ticket>,
    limit: usize,
) -> Result<(Vec<(Ticket, Quarantined)>, bool), Problem> {
    let (mut found, mut bytes) = (Vec::new(), 0_usize);
    while found.len() < limit {
        let wanted = limit.saturating_sub(found.len()).min(LOOK);
        let some = quarantine::list(&*app.store, after, wanted)?;
        if some.is_empty() {
            return Ok((found, false));
        }
        bytes = some.iter().map(|(_, record)| record.raw.len()).fold(bytes, usize::saturating_add);
        after = some.last().map(|(ticket, _)| *ticket);
        found.extend(some);
        if bytes >= PAGE_BYTES_MAX {
            break;
        }
    }
    Ok((found, true))
}

fn name(ticket: Ticket) -> String {
    format!("{ticket:032x}")
}

fn ticket(name: &str) -> Result<Ticket, Problem> {
    Ticket::from_str_radix(name, 16).map_err(|_| {
        Problem::bad_request(
            "bad-id",
            "an id cannot be read",
            format!("`{name}` is no id of a refused record"),
        )
    })
}

async fn replay(State(app): State<Shared>, headers: HeaderMap, sent: Body) -> Result<Json<Value>, Problem> {
    let sent = body::read(&headers, sent, BODY_BYTES_MAX).await?;
    let wanted: Wanted = if sent.is_empty() { Wanted::default() } else { body::json(&sent)? };
    let ids =
        wanted.ids.map(|ids| ids.iter().map(|id| ticket(id)).collect::<Result<Vec<_>, _>>()).transpose()?;
    let (accepted, refused) = blocking(&app, move |app| match ids {
        Some(ids) => {
            let mut found = Vec::new();
            for id in ids {
                let record = quarantine::get(&*app.store, id)?;
                found.push((id, record.ok_or_else(|| Problem::not_found("refused record", &name(id)))?));
            }
            again(app, found)
        }
        None => all_again(app),
    })
    .await?;
    Ok(Json(json!({"accepted": accepted, "refused": refused})))
}

fn all_again(app: &App) -> Result<(usize, usize), Problem> {
    let (mut accepted, mut refused): (usize, usize) = (0, 0);
    let mut after = None;
    loop {
        let (found, _) = read(app, after, REPLAY_CHUNK)?;
        let Some((last, _)) = found.last() else { return Ok((accepted, refused)) };
        after = Some(*last);
        let (fine, not) = again(app, found)?;
        accepted = accepted.saturating_add(fine);
        refused = refused.saturating_add(not);
    }
}

/// Durable in the log before it leaves quarantine: a crash in between replays it once more, under the same id.
fn again(app: &App, found: Vec<(Ticket, Quarantined)>) -> Result<(usize, usize), Problem> {
    let in_force = app.in_force();
    let mut bodies = Vec::new();
    let mut mended = Vec::new();
    let tried = found.len();
    for (ticket, record) in found {
        if let Ok(read) = record.replay(&in_force.rules) {
            bodies.extend(read);
            mended.push(ticket);
        }
    }
    app.intake.accept(app.clock.now_ms(), bodies)?;
    quarantine::remove(&*app.store, &mended)?;
    Ok((mended.len(), tried.saturating_sub(mended.len())))
}
