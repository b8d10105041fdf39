//! `almoner verify`

use std::process::ExitCode;

use super::configuration;
use crate::app;
use crate::clock::Clock;
use crate::services::verify;

/// Checks and prints; fails when something is broken.
pub async fn run(json: bool) -> anyhow::Result<ExitCode> {
    let config = configuration()?;
    let store = app::open_store(&config.database).await?;
    let checks = verify::run(&store, Clock::System.now()).await?;
    store.close().await;
    let sound = checks.iter().all(|c| c.problems.is_empty());
    if json {
        println!("{}", serde_json::to_string_pretty(&checks)?);
    } else {
        for check in &checks {
            let word = if check.problems.is_empty() { "holds " } else { "BROKEN" };
            println!("{:>3} {word} {}", check.id, check.holds);
            for problem in &check.problems {
                println!("           {problem}");
            }
        }
        println!("{}", if sound { "Everything holds." } else { "Something is broken: see above." });
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
