//! `almoner export`

use std::io::{IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use jiff::civil::Date;

use super::configuration;
use crate::app;
use crate::clock::Clock;
use crate::domain::export::ExportFilter;
use crate::domain::money::Currency;
use crate::domain::states::{ExportFormat, ExportKind};
use crate::random::Random;
use crate::services::Deps;
use crate::services::exports::{self, Wish};

/// What is taken out, and which of it.
#[derive(Debug, Args)]
pub struct Asked {
    /// What to take out.
    #[arg(value_enum)]
    kind: Kind,
    /// As what.
    #[arg(long, value_enum, default_value_t = Format::Csv)]
    format: Format,
    /// The file to write; one that is there is replaced once the new one is whole.
    #[arg(long)]
    out: PathBuf,
    /// Only what was given to this legal entity (its id in the charity file).
    #[arg(long)]
    entity: Option<String>,
    /// Only what was given for this fund (its id in the charity file).
    #[arg(long)]
    fund: Option<String>,
    /// Only from this day on, as 2026-04-06.
    #[arg(long)]
    from: Option<Date>,
    /// Only up to this day, itself included.
    #[arg(long)]
    to: Option<Date>,
    /// Only in this currency, as GBP.
    #[arg(long)]
    currency: Option<Currency>,
    /// Only of this tax year, as 2025-26; of statements.
    #[arg(long)]
    tax_year: Option<String>,
    /// What it is for; kept in the audit chain.
    #[arg(long, default_value = "")]
    why: String,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Kind {
    Gifts,
    Donors,
    Plans,
    Refunds,
    Receipts,
    Statements,
    Declarations,
    Consents,
    Npsp,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Csv,
    Xlsx,
    Zip,
    Pdf,
}

impl Asked {
    fn wish(&self) -> Wish {
        Wish {
            kind: match self.kind {
                Kind::Gifts => ExportKind::Gifts,
                Kind::Donors => ExportKind::Donors,
                Kind::Plans => ExportKind::Plans,
                Kind::Refunds => ExportKind::Refunds,
                Kind::Receipts => ExportKind::Receipts,
                Kind::Statements => ExportKind::Statements,
                Kind::Declarations => ExportKind::Declarations,
                Kind::Consents => ExportKind::Consents,
                Kind::Npsp => ExportKind::Npsp,
            },
            format: match self.format {
                Format::Csv => ExportFormat::Csv,
                Format::Xlsx => ExportFormat::Xlsx,
                Format::Zip => ExportFormat::Zip,
                Format::Pdf => ExportFormat::Pdf,
            },
            filter: ExportFilter {
                entity: self.entity.clone(),
                fund: self.fund.clone(),
                currency: self.currency,
                state: None,
                tax_year: self.tax_year.clone(),
                from: self.from,
                to: self.to,
                until: Vec::new(),
            },
            why: self.why.clone(),
        }
    }
}

/// Writes the file, and prints what it came to.
pub async fn run(asked: &Asked) -> anyhow::Result<ExitCode> {
    let config = configuration()?;
    let wish = asked.wish();
    anyhow::ensure!(wish.format.suits(wish.kind), "only annual statements can be taken out as documents");
    if let Some(id) = &asked.entity {
        anyhow::ensure!(config.charity.entity(id).is_some(), "the charity file has no entity {id:?}");
    }
    if let Some(id) = &asked.fund {
        anyhow::ensure!(config.charity.fund(id).is_some(), "the charity file has no fund {id:?}");
    }
    let store = app::open_store(&config.database).await?;
    let deps = app::assemble(config, store, Clock::System, Random::system())?;
    let written = write(&deps, asked).await;
    deps.store.close().await;
    written?;
    Ok(ExitCode::SUCCESS)
}

async fn write(deps: &Deps, asked: &Asked) -> anyhow::Result<()> {
    let mut progress = Progress::new();
    let wish = asked.wish();
    let called = exports::sums_are_called(wish.kind);
    let outcome = exports::to_file(deps, wish, &asked.out, &mut |done, all| progress.at(done, all)).await?;
    progress.end();
    println!("{} rows, {} bytes: {}", outcome.totals.rows(), outcome.bytes, asked.out.display());
    for total in outcome.totals.lines() {
        let Some(((amount, net), (first, second))) = total.sums().zip(called) else { continue };
        let code = amount.currency();
        let (amount, net) = (amount.to_plain(), net.to_plain());
        println!(
            "{code}: {} rows, {} {amount}, {} {net}",
            total.rows,
            first.to_lowercase(),
            second.to_lowercase()
        );
    }
    println!("SHA-256 {}", outcome.sha256);
    Ok(())
}

/// A bar on a terminal; elsewhere a line every tenth of the way.
struct Progress {
    bar: bool,
    shown: u64,
}

const WIDTH: usize = 40;

impl Progress {
    fn new() -> Progress {
        Progress { bar: std::io::stderr().is_terminal(), shown: 0 }
    }

    fn at(&mut self, done: u64, all: u64) {
        let percent = (done.saturating_mul(100) / all.max(1)).min(100);
        if percent == self.shown || (!self.bar && percent / 10 == self.shown / 10) {
            return;
        }
        self.shown = percent;
        let text = if self.bar {
            let full = usize::try_from(percent).unwrap_or(0) * WIDTH / 100;
            format!("\r[{}{}] {percent} %", "#".repeat(full), " ".repeat(WIDTH - full))
        } else {
            format!("{percent} %: {done} of {all} rows\n")
        };
        say(&text);
    }

    fn end(&self) {
        if self.bar && self.shown > 0 {
            say(&format!("\r{}\r", " ".repeat(WIDTH + 10)));
        }
    }
}

/// Whoever does not read how far it is still gets the file.
fn say(text: &str) {
    let mut out = std::io::stderr().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}
