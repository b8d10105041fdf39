//! `almoner statements issue`

use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use clap::Args;

use super::configuration;
use crate::app;
use crate::clock::Clock;
use crate::domain::ids::StatementRunId;
use crate::domain::money::Money;
use crate::random::Random;
use crate::services::Deps;
use crate::services::statements::run::{self, Begun, Preview};
use crate::store::statement_runs;

/// Donors done between two lines of progress.
const CHUNK: i64 = 100;

/// Which statements.
#[derive(Debug, Args)]
pub struct Asked {
    /// The legal entity (its id in the charity file).
    #[arg(long)]
    entity: String,
    /// The tax year, as 2025-26 or 2025.
    #[arg(long)]
    year: String,
    /// Only say what would be issued.
    #[arg(long)]
    dry_run: bool,
}

/// Issues the statements of a year, or goes on with a run that was stopped. Letters are sent by the worker.
pub async fn issue(asked: &Asked) -> anyhow::Result<ExitCode> {
    let config = configuration()?;
    anyhow::ensure!(
        config.charity.entity(&asked.entity).is_some(),
        "the charity file has no entity {:?}",
        asked.entity
    );
    let store = app::open_store(&config.database).await?;
    let deps = app::assemble(config, store, Clock::System, Random::system())?;
    let done = carry_out(&deps, asked).await;
    deps.store.close().await;
    done
}

async fn carry_out(deps: &Deps, asked: &Asked) -> anyhow::Result<ExitCode> {
    let preview = run::preview(deps, &asked.entity, &asked.year, None).await?;
    say(&preview);
    if let Some(why) = &preview.blocked {
        eprintln!("{why}");
        return Ok(ExitCode::FAILURE);
    }
    if asked.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    let nonce = crate::domain::ids::unguessable(&deps.random);
    let run = match run::begin(deps, &asked.entity, &asked.year, &nonce, None).await? {
        Begun::Running(id) => id,
        Begun::Blocked(why) => anyhow::bail!("{why}"),
    };
    run::resume(deps, &run, None).await?;
    work(deps, &run).await?;
    let counts = {
        let mut read = deps.store.read().await?;
        statement_runs::counts(&mut read, &run).await?
    };
    for (state, count) in &counts {
        println!("{state}: {count}");
    }
    let blocked = counts.iter().any(|(state, n)| state == "blocked" && *n > 0);
    Ok(if blocked { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Does what waits, beside any worker that may be at it too: each item is done once.
async fn work(deps: &Deps, run: &StatementRunId) -> anyhow::Result<()> {
    let (mut after, mut done) = (String::new(), 0_usize);
    loop {
        let donors = {
            let mut read = deps.store.read().await?;
            statement_runs::waiting(&mut read, run, &after, CHUNK).await?
        };
        let Some(last) = donors.last() else { break };
        after = last.to_string();
        for donor in &donors {
            run::run_item(deps, &format!("{run}|{donor}")).await?;
        }
        done += donors.len();
        tell(done)?;
    }
    if std::io::stderr().is_terminal() {
        eprintln!();
    }
    Ok(())
}

fn tell(done: usize) -> std::io::Result<()> {
    let mut out = std::io::stderr();
    if out.is_terminal() { write!(out, "\r{done} donors done") } else { writeln!(out, "{done} donors done") }
}

fn say(p: &Preview) {
    println!(
        "{} donors gave: {} new statements, {} new versions, {} unchanged, {} without a mailbox",
        p.donors, p.new, p.changed, p.unchanged, p.on_paper
    );
    for (currency, minor) in &p.totals {
        println!("remains given: {} {currency}", Money::new(*minor, *currency).to_plain());
    }
}
