//! `GET /healthz` and `GET /readyz`: whether the process should be started anew, and whether it should be sent requests.

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use serde_json::{Value, json};

use acquaint_store::{Log, Topic};

use crate::app::{App, Shared};
use crate::ingest::LAG_MAX;
use crate::problem::Problem;

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/healthz", get(health)).route("/readyz", get(ready))
}

/// 200 while the process lives; also while it ends in order, for then nobody should end it by force.
async fn health(State(app): State<Shared>) -> Result<&'static str, Problem> {
    match app.failure() {
        None => Ok("ok\n"),
        Some(_) => Err(Problem::unavailable("a part of the server cannot go on")),
    }
}

/// 200 while requests should come here.
async fn ready(State(app): State<Shared>) -> Result<Json<Value>, Problem> {
    let checks = Facts::of(&app).checks();
    let failed: Vec<&str> = checks.iter().filter(|check| !check.ok).map(|check| check.name).collect();
    if failed.is_empty() {
        return Ok(Json(json!({"ready": true, "checks": checks})));
    }
    let detail = format!("not ready: {}", failed.join(", "));
    Err(Problem::unavailable(detail).with("checks", json!(checks)))
}

/// What readiness is decided by.
#[derive(Clone, Copy, Debug, Default)]
struct Facts {
    leaving: bool,
    part_failed: bool,
    store_failed: bool,
    behind: u64,
}

/// One thing that has to be so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    detail: String,
}

impl Facts {
    fn of(app: &App) -> Self {
        Self {
            leaving: app.is_leaving(),
            part_failed: app.failure().is_some(),
            store_failed: app.store.has_failed(),
            behind: app.store.end(Topic::Records).saturating_sub(app.engine_position()),
        }
    }

    fn checks(self) -> [Check; 4] {
        let check = |name, ok, detail: &str| Check { name, ok, detail: detail.to_owned() };
        let behind = format!("{} records behind, of {LAG_MAX} at which no more is taken in", self.behind);
        [
            check("store", !self.store_failed, if self.store_failed { "a write has failed" } else { "open" }),
            check("parts", !self.part_failed, if self.part_failed { "one cannot go on" } else { "running" }),
            check("engine", self.behind <= LAG_MAX, &behind),
            check("shutdown", !self.leaving, if self.leaving { "asked to end" } else { "not asked for" }),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_wanted_while_nothing_speaks_against_it() {
        let check = |facts: Facts, expected: &[&str]| {
            let checks = facts.checks();
            let failed: Vec<_> = checks.iter().filter(|check| !check.ok).map(|check| check.name).collect();
            assert_eq!(failed, expected, "{facts:?}");
        };
        check(Facts::default(), &[]);
        check(Facts { behind: LAG_MAX, ..Facts::default() }, &[]);
        check(Facts { behind: LAG_MAX + 1, ..Facts::default() }, &["engine"]);
        check(Facts { leaving: true, store_failed: true, ..Facts::default() }, &["store", "shutdown"]);
        check(Facts { part_failed: true, ..Facts::default() }, &["parts"]);
    }
}
