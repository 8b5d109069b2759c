//! `/data/core/ups/access/entities`: profiles, merged, and their events (`pql.md` section 7), one by `GET` and many by
//! `POST`. Replies are keyed by our id of the profile, the XID, by which a profile can also be asked for.

mod events;
mod many;
mod page;
mod profile;
mod property;
mod selection;
mod whom;

use axum::extract::{Query, State};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::{Value, json};

use acquaint_store::{ProfileDocument, ProfileStore, Snapshot, profile_document};

use self::events::Wanted;
pub(super) use self::profile::reply;
use self::selection::Selection;
pub(crate) use self::whom::Whom;
use super::asked::{Asked, refused};
use crate::app::{App, Shared, blocking};
use crate::problem::Problem;

pub(super) const PATH: &str = "/data/core/ups/access/entities";
const PROFILE: &str = "_xdm.context.profile";
const EVENT: &str = "_xdm.context.experienceevent";
/// The one merge policy that there is.
const MERGE_POLICY: &str = "default";

pub(crate) fn routes() -> Router<Shared> {
    Router::new().route(PATH, get(one).post(many::many))
}

/// What is asked for: profiles, or their events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Schema {
    Profile,
    Event,
}

impl Schema {
    fn named(name: Option<&str>) -> Result<Self, Problem> {
        match name.unwrap_or(PROFILE) {
            PROFILE => Ok(Self::Profile),
            EVENT => Ok(Self::Event),
            other => {
                let detail = format!("`{other}` is not one of `{PROFILE}`, `{EVENT}`");
                Err(refused("schema.name", "the schema is not known", detail))
            }
        }
    }
}

async fn one(State(app): State<Shared>, Query(asked): Query<Asked>) -> Result<Json<Value>, Problem> {
    let schema = Schema::named(asked.get("schema.name"))?;
    merge_policy(asked.get("mergePolicyId"))?;
    let selection = asked.get("fields").map(Selection::of_list).transpose()?;
    let answer = match schema {
        Schema::Profile => {
            not_of_profiles(&asked)?;
            let whom = Whom::asked(&asked, "entityId", "entityIdNS")?;
            blocking(&app, move |app| {
                let (snapshot, document) = find(app, &whom)?;
                let reply = reply(app, &*snapshot, &document, selection.as_ref())?;
                Ok(json!({ document.id.to_string(): reply }))
            })
            .await
        }
        Schema::Event => {
            let whom = Whom::asked(&asked, "relatedEntityId", "relatedEntityIdNS")?;
            let wanted = Wanted::asked(&asked, selection)?;
            blocking(&app, move |app| {
                let (snapshot, document) = find(app, &whom)?;
                let found = events::page(&*snapshot, &document, &wanted)?;
                let next = found.next.as_ref().map(|next| page::link(&asked, next));
                Ok(found.to_json(next))
            })
            .await
        }
    };
    answer.map(Json)
}

/// What only narrows events down would be passed over in silence.
fn not_of_profiles(asked: &Asked) -> Result<(), Problem> {
    for name in ["startTime", "endTime", "limit", "orderby", "property", "start"] {
        if asked.get(name).is_some() {
            let detail = format!("`{name}` is about events: ask for `schema.name={EVENT}`");
            return Err(refused(name, "a parameter does not fit", detail));
        }
    }
    Ok(())
}

/// Refuses a policy that there is not.
fn merge_policy(id: Option<&str>) -> Result<(), Problem> {
    match id {
        None | Some(MERGE_POLICY) => Ok(()),
        Some(other) => Err(Problem::not_found("merge policy", other)),
    }
}

/// A profile, and the frozen view in which it was found.
pub(crate) fn find(app: &App, whom: &Whom) -> Result<(Box<dyn Snapshot>, ProfileDocument), Problem> {
    let snapshot = app.store.snapshot();
    let document = find_in(&*snapshot, whom)?;
    Ok((snapshot, document))
}

fn find_in(snapshot: &dyn Snapshot, whom: &Whom) -> Result<ProfileDocument, Problem> {
    let id = match whom {
        Whom::Identity(identity) => profile_document::find(snapshot, identity)?,
        Whom::Xid(id) => Some(*id),
    };
    let document = id.map(|id| ProfileDocument::load(snapshot, id)).transpose()?.flatten();
    document.ok_or_else(|| whom.not_found())
}
