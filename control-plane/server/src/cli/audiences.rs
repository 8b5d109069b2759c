//! `acquaint audiences`: which there are, how they are evaluated, how many profiles are in, which, and why.

use serde_json::Value;

use super::{Connection, Error, render};

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
}

pub(crate) async fn run(command: Command) -> Result<(), Error> {
    match command {
        Command::List { connection } => list(&connection).await,
        Command::Members { id, status, limit, connection } => members(&connection, &id, &status, limit).await,
        Command::Explain { id, namespace, identity, connection } => {
            let path = path_of(&id, "explain")?;
            let query = [("entityIdNS", namespace.as_str()), ("entityId", &identity)];
            let explained = connection.client()?.get(&path, &query).await?;
            render::print(&render::json(&explained));
            Ok(())
        }
    }
}

async fn list(connection: &Connection) -> Result<(), Error> {
    let listed = connection
        .client()?
        .get("/data/core/ups/audiences", &[("limit", "4000"), ("counts", "true")])
        .await?;
    let rows = listed.get("children").and_then(Value::as_array).into_iter().flatten().map(row);
    render::print(&render::table(&["id", "mode", "realized", "exited", "name"], &rows.collect::<Vec<_>>()));
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
fn path_of(id: &str, part: &str) -> Result<String, Error> {
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
    let said = |pointer: &str| render::plain(audience.pointer(pointer));
    vec![said("/id"), said("/mode"), said("/counts/realized"), said("/counts/exited"), said("/name")]
}
