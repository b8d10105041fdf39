//! `almoner plans take-over`

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};

use super::configuration;
use crate::app;
use crate::clock::Clock;
use crate::random::Random;
use crate::services::Deps;
use crate::services::import::plans::{self, Became};

/// What can be done about plans.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Take over running subscriptions that another system began on the same Stripe account: a CSV file with the columns
    /// subscription, fund and, where several entities take the currency, entity. Run it again at any time.
    TakeOver(Asked),
}

/// Which file.
#[derive(Debug, Args)]
pub struct Asked {
    /// The file.
    file: PathBuf,
    /// Only look: say what would be taken over and what is wrong.
    #[arg(long)]
    dry_run: bool,
}

/// Does it; exit code 1 when a line has a problem.
pub async fn run(action: &Action) -> anyhow::Result<ExitCode> {
    let Action::TakeOver(asked) = action;
    let text = std::fs::read_to_string(&asked.file).with_context(|| asked.file.display().to_string())?;
    let lines = plans::lines(&text).map_err(|words| anyhow::anyhow!("{}: {words}", asked.file.display()))?;
    let config = configuration()?;
    let store = app::open_store(&config.database).await?;
    let deps = app::assemble(config, store, Clock::System, Random::system())?;
    let done = take_over(&deps, &lines, asked.dry_run).await;
    deps.store.close().await;
    done
}

async fn take_over(deps: &Deps, lines: &[plans::Line], dry_run: bool) -> anyhow::Result<ExitCode> {
    let locale = &deps.config.charity.brand.locale;
    let mut problems = 0;
    for line in lines {
        let words = match plans::take_over(deps, line, dry_run).await? {
            Became::Ready(charge) => format!("can be taken over, {} each", charge.display(locale)),
            Became::HandedOver(charge) => format!("handed over, {} each", charge.display(locale)),
            Became::Known => "is in the books already".to_owned(),
            Became::Problem(words) => {
                problems += 1;
                format!("PROBLEM: {words}")
            }
        };
        println!("line {}: {} {words}", line.line, line.subscription);
    }
    println!(
        "{} lines, {problems} with a problem{}",
        lines.len(),
        if dry_run { "; nothing was changed" } else { "" }
    );
    Ok(if problems == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
