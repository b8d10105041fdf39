//! The `almoner` command.
#![forbid(unsafe_code)]

use std::process::ExitCode;

use almoner::{cli, telemetry};
use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    telemetry::start("info,sqlx=warn,hyper=warn");
    match cli::run(cli).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
