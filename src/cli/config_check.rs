//! `almoner config check`

use std::process::ExitCode;

use crate::config::Config;

/// Prints the configuration without secrets, or every problem at once.
pub fn run() -> ExitCode {
    match Config::from_env(&|name| std::env::var(name).ok()) {
        Ok(config) => {
            println!("{}", config.redacted());
            ExitCode::SUCCESS
        }
        Err(errors) => {
            eprintln!("{errors}");
            ExitCode::FAILURE
        }
    }
}
