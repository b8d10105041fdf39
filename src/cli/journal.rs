//! `almoner journal`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::configuration;
use crate::app;
use crate::clock::Clock;
use crate::domain::closing::Month;
use crate::domain::money::Currency;
use crate::random::Random;
use crate::services::Deps;
use crate::services::journals::{self, Format};

/// Which journal, and where it goes.
#[derive(Debug, Args)]
pub struct Asked {
    /// The legal entity (its id in the charity file).
    #[arg(long)]
    entity: String,
    /// The month, as 2026-11.
    #[arg(long)]
    month: Month,
    /// The currency, as GBP [default: the entity's first].
    #[arg(long)]
    currency: Option<Currency>,
    /// For which program.
    #[arg(long, value_enum, default_value_t = Program::Plain)]
    format: Program,
    /// The file; one that is there is replaced.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Program {
    Plain,
    Xero,
    Quickbooks,
    Sage,
}

impl Program {
    fn format(self) -> Format {
        match self {
            Program::Plain => Format::Plain,
            Program::Xero => Format::Xero,
            Program::Quickbooks => Format::QuickBooks,
            Program::Sage => Format::Sage,
        }
    }
}

/// Writes the journal, on record as the command's.
pub async fn run(asked: &Asked) -> anyhow::Result<ExitCode> {
    let config = configuration()?;
    let store = app::open_store(&config.database).await?;
    let deps = app::assemble(config, store, Clock::System, Random::system())?;
    let done = write(&deps, asked).await;
    deps.store.close().await;
    done
}

async fn write(deps: &Deps, asked: &Asked) -> anyhow::Result<ExitCode> {
    let entity = deps.config.charity.entity(&asked.entity);
    let entity =
        entity.ok_or_else(|| anyhow::anyhow!("the charity file has no entity {:?}", asked.entity))?;
    let format = asked.format.format();
    anyhow::ensure!(
        format == Format::Plain || deps.config.charity.accounts.is_some(),
        "the charity file names no [accounts]: only --format plain can be written"
    );
    let made = journals::of_month(deps, entity, asked.month).await?;
    let wanted = asked.currency.or(entity.currencies.first().copied());
    let journal = made.iter().find(|j| Some(j.currency) == wanted);
    let Some(journal) = journal else {
        println!("Nothing moved in {} in this currency.", asked.month);
        return Ok(ExitCode::SUCCESS);
    };
    let (bytes, hash) = journals::file(deps, entity, journal, format)?;
    let detail = json!({ "month": asked.month.to_string(), "batch": journal.batch, "sha256": hash, "format": format.as_str() });
    journals::note_written(deps, &entity.id, &detail).await?;
    std::fs::write(&asked.out, bytes)?;
    println!(
        "{}: batch {}, {} lines, SHA-256 {hash}",
        asked.out.display(),
        journal.batch,
        journal.lines.len()
    );
    Ok(ExitCode::SUCCESS)
}
