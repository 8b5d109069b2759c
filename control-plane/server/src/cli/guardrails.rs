//! `acquaint guardrails`: the documented limits, each with what it is measured at now.

use serde_json::Value;

use super::{Connection, Error, render};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// As JSON, with the notes.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Error> {
    let answer = arguments.connection.client()?.get("/guardrails", &[]).await?;
    if arguments.json {
        render::print(&render::json(&answer));
        return Ok(());
    }
    let rows = answer.get("guardrails").and_then(Value::as_array).into_iter().flatten().map(row);
    let header = ["guardrail", "limit", "measured", "unit", "standing", "kind", "documented"];
    render::print(&render::table(&header, &rows.collect::<Vec<_>>()));
    Ok(())
}

fn row(row: &Value) -> Vec<String> {
    let said = |name: &str| render::plain(row.get(name));
    let figure = |name: &str| row.get(name).and_then(Value::as_f64).map_or_else(|| "-".to_owned(), short);
    vec![
        said("name"),
        figure("limit"),
        figure("measured"),
        said("unit"),
        said("standing"),
        said("kind"),
        said("documented"),
    ]
}

/// Whole numbers as they are, others with what matters of them.
fn short(figure: f64) -> String {
    if figure.fract() == 0.0 {
        return format!("{figure:.0}");
    }
    format!("{figure:.4}").trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        assert_eq!(
            [10e12, 0.1, 0.0025, 33.333_33].map(short),
            ["10000000000000", "0.1", "0.0025", "33.3333"]
        );
    }
}
