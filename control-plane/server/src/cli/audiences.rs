//! `acquaint audiences`: which there are, how they are evaluated, how many profiles are in, and where each is in its life.

use serde_json::{Value, json};

use super::{Connection, Error, render};

const PATH: &str = "/data/core/ups/audiences";

#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
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

fn row(audience: &Value) -> Vec<String> {
    let pointers = ["/id", "/mode", "/lifecycleState", "/counts/realized", "/counts/exited", "/name"];
    pointers.map(|pointer| render::plain(audience.pointer(pointer))).to_vec()
}
