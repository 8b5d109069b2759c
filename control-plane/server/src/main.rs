//! The `acquaint` binary.

use clap::Parser;

fn main() -> std::process::ExitCode {
    let cli = acquaint::cli::Cli::parse();
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(acquaint::cli::run(cli)),
        Err(error) => {
            eprintln!("error: cannot start the runtime: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}
