//! `acquaint audiences`: which there are, how they are evaluated, how many profiles are in, which, and why; and where each is
//! in its life. Members of external ones are uploaded.

use serde_json::{Value, json};

use super::{Connection, Error, imports, render, upload};

const PATH: &str = "/data/core/ups/audiences";

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    /// Who is in one.
    Members {
        /// The audience's id.
        id: String,
        /// Who was in it instead: `exited`.
        #[arg(long, default_value = "realized")]
        status: String,
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: usize,
        #[command(flatten)]
        connection: Connection,
    },
    /// Why a profile is in one, or is not, term by term.
    Explain {
        /// The audience's id.
        id: String,
        /// The namespace of an identity of the profile.
        #[arg(long)]
        namespace: String,
        /// Its value.
        #[arg(long = "id")]
        identity: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// All audiences with their counts.
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Publish an audience, take it out of use, or put it away.
    State {
        /// The audience.
        id: String,
        /// `published`, `inactive`, `archived`; `draft` is where it begins.
        state: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Evaluate a changed rule beside the one in force.
    Stage {
        /// The audience.
        id: String,
        /// The rule, in PQL.
        rule: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Who would come in and who would leave by the staged rule.
    Diff(One),
    /// Put the staged rule in force.
    Switch(One),
    /// Forget the staged rule.
    Discard(One),
    /// Send a file of members (CSV, JSON, Parquet) to an external audience.
    Upload(upload::Arguments),
    /// Uploads to an external audience, newest first.
    Uploads(One),
}

#[derive(Debug, clap::Args)]
pub(crate) struct One {
    /// The audience.
    id: String,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::List { connection } => list(&connection).await,
        Command::State { id, state, connection } => {
            let asked = json!({"lifecycleState": state});
            let changed = connection.client()?.patch(&format!("{PATH}/{id}"), &asked).await?;
            render::print(&format!("{id} is {}\n", render::plain(changed.get("lifecycleState"))));
            Ok(())
        }
        Command::Stage { id, rule, connection } => {
            let wanted = json!({"expression": {"value": rule}});
            shown(&connection.client()?.post(&versions(&id), &wanted).await?)
        }
        Command::Diff(One { id, connection }) => {
            shown(&connection.client()?.get(&format!("{}/diff", versions(&id)), &[]).await?)
        }
        Command::Switch(One { id, connection }) => {
            shown(&connection.client()?.post(&format!("{}/switch", versions(&id)), &json!({})).await?)
        }
        Command::Members { id, status, limit, connection } => members(&connection, &id, &status, limit).await,
        Command::Explain { id, namespace, identity, connection } => {
            let path = path_of(&id, "explain")?;
            let query = [("entityIdNS", namespace.as_str()), ("entityId", &identity)];
            let explained = connection.client()?.get(&path, &query).await?;
            render::print(&render::json(&explained));
            Ok(())
        }
        Command::Upload(arguments) => upload::run(arguments).await,
        Command::Uploads(One { id, connection }) => {
            let listed = connection.client()?.get(&path_of(&id, "uploads")?, &[]).await?;
            imports::print(listed.get("uploads").and_then(Value::as_array).into_iter().flatten());
            Ok(())
        }
        Command::Discard(One { id, connection }) => {
            shown(&connection.client()?.delete(&versions(&id), &json!({})).await?)
        }
    }
}

fn versions(id: &str) -> String {
    format!("{PATH}/{id}/versions")
}

fn shown(answer: &Value) -> Result<(), Error> {
    render::print(&render::json(answer));
    Ok(())
}

async fn list(connection: &Connection) -> Result<(), Error> {
    let listed = connection.client()?.get(PATH, &[("limit", "4000"), ("counts", "true")]).await?;
    let rows = listed.get("children").and_then(Value::as_array).into_iter().flatten().map(row);
    let header = ["id", "mode", "state", "realized", "exited", "name"];
    render::print(&render::table(&header, &rows.collect::<Vec<_>>()));
    Ok(())
}

/// Pages until there are as many as were asked for.
async fn members(connection: &Connection, id: &str, status: &str, limit: usize) -> Result<(), Error> {
    let (client, path) = (connection.client()?, path_of(id, "members")?);
    let (mut rows, mut start) = (Vec::new(), String::new());
    loop {
        let left = limit.saturating_sub(rows.len()).to_string();
        let query = [("status", status), ("limit", &left), ("start", &start)];
        let page = client.get(&path, &query).await?;
        rows.extend(page.get("children").and_then(Value::as_array).into_iter().flatten().map(member));
        start = render::plain(page.pointer("/_page/next"));
        if rows.len() >= limit || start.is_empty() {
            break;
        }
    }
    render::print(&render::table(&["entityId", "status", "since", "identities"], &rows));
    Ok(())
}

/// The id may be any text.
pub(super) fn path_of(id: &str, part: &str) -> Result<String, Error> {
    let refused = |_| Error::Refused(format!("`{id}` cannot be part of an address"));
    let mut url = reqwest::Url::parse("http://localhost/data/core/ups/audiences").map_err(refused)?;
    if let Ok(mut steps) = url.path_segments_mut() {
        steps.push(id).push(part);
    }
    Ok(url.path().to_owned())
}

fn member(member: &Value) -> Vec<String> {
    let said = |pointer: &str| render::plain(member.pointer(pointer));
    let namespaces = member.get("identityMap").and_then(Value::as_object).into_iter().flatten();
    let identities = namespaces.flat_map(|(namespace, ids)| {
        let ids = ids.as_array().into_iter().flatten();
        ids.map(move |one| format!("{namespace}/{}", render::plain(one.get("id"))))
    });
    vec![
        said("/entityId"),
        said("/status"),
        said("/lastQualificationTime"),
        identities.collect::<Vec<_>>().join(" "),
    ]
}

fn row(audience: &Value) -> Vec<String> {
    let pointers = ["/id", "/mode", "/lifecycleState", "/counts/realized", "/counts/exited", "/name"];
    pointers.map(|pointer| render::plain(audience.pointer(pointer))).to_vec()
}
