//! `acquaint bundle`: the bundle for pages, into a file that a web server can serve.

use std::path::PathBuf;

use super::{Connection, Error};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The datastream whose destinations the page asks for.
    datastream: String,
    /// The file to write. It will be as public as the page: it holds offers, and the rules of the audiences shown there.
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    connection: Connection,
}

pub(crate) async fn run(arguments: Arguments) -> Result<(), Error> {
    let path = format!("/bundles/{}", arguments.datastream);
    let bytes = arguments.connection.client()?.get_bytes(&path).await?;
    // Beside it first: a page never gets half a bundle.
    let beside = arguments.out.with_extension("new");
    std::fs::write(&beside, bytes)?;
    std::fs::rename(beside, &arguments.out)?;
    Ok(())
}
