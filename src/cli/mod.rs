//! The commands.

mod backup;
mod config_check;
pub mod demo;
mod export;
mod gift_aid;
mod journal;
mod plans;
mod reconcile;
mod serve;
mod staff;
mod statements;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;

/// The donor portal and recurring-giving backend that a charity runs itself.
#[derive(Debug, Parser)]
#[command(name = "almoner", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start everything on an embedded database with a stand-in for Stripe: no configuration, no network.
    Demo {
        /// Folder that holds the demo's data; a second start goes on where the first stopped.
        #[arg(long, default_value = "almoner-data")]
        data: PathBuf,
        /// Port of the web pages; the next free one is taken when it is in use.
        #[arg(long, default_value_t = 8080)]
        port: u16,
        /// How many invented donors give in a new folder [default: 260].
        #[arg(long, value_parser = clap::value_parser!(u32).range(2..=1_000_000))]
        donors: Option<u32>,
        /// Over how many years they have given [default: 3].
        #[arg(long, value_parser = clap::value_parser!(u8).range(1..=6))]
        years: Option<u8>,
        /// Which invented world: the same number on the same day gives the same one [default: 1].
        #[arg(long)]
        seed: Option<u64>,
    },
    /// Run the web application and the background worker, configured by the environment.
    Serve {
        /// Leave the background work to another process.
        #[arg(long)]
        no_worker: bool,
        /// Do not apply pending migrations.
        #[arg(long)]
        no_migrate: bool,
    },
    /// Run the background worker alone.
    Worker,
    /// Apply pending migrations and exit.
    Migrate,
    /// Work with the configuration.
    Config {
        #[command(subcommand)]
        action: ConfigAction,
    },
    /// Say who works here.
    Staff {
        #[command(subcommand)]
        action: StaffAction,
    },
    /// Write a backup of the database to a new file, while everything goes on running.
    Backup {
        /// The file; it must not be there yet.
        file: PathBuf,
    },
    /// Put a backup into the configured database, which must be empty, and check the books.
    Restore {
        /// A file that `almoner backup` wrote.
        file: PathBuf,
    },
    /// Work with whole databases.
    Db {
        #[command(subcommand)]
        action: backup::DbAction,
    },
    /// Walk over Stripe's objects, repair what is missing and say what changed.
    Reconcile(reconcile::Asked),
    /// Write gifts, donors, plans, refunds or receipts to a file.
    Export(export::Asked),
    /// Issue the annual statements of a tax year.
    Statements {
        #[command(subcommand)]
        action: StatementsAction,
    },
    /// Work with monthly gifts.
    Plans {
        #[command(subcommand)]
        action: plans::Action,
    },
    /// Write the journal of a month for an accounting program.
    Journal(journal::Asked),
    /// Claim Gift Aid.
    GiftAid {
        #[command(subcommand)]
        action: gift_aid::Action,
    },
    /// Check every invariant of the books; exits with 1 when one is broken.
    Verify {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum StaffAction {
    /// Print a link, good once and for two days, by which somebody chooses a password and a second factor. For somebody
    /// known already it ends everything they sign in with now.
    Invite {
        /// Their mailbox, with which they sign in.
        #[arg(long)]
        email: String,
        /// `support`, `finance` or `admin`; may be given more than once.
        #[arg(long, required = true)]
        role: Vec<String>,
    },
}

#[derive(Debug, Subcommand)]
enum StatementsAction {
    /// Issue them, or go on with a run that was stopped; a statement is issued again only when its figures have changed.
    Issue(statements::Asked),
}

#[derive(Debug, Subcommand)]
enum ConfigAction {
    /// Read and validate everything, print it without secrets; names every bad setting.
    Check,
}

/// Runs a command to its end.
///
/// # Errors
/// Whatever stopped it, for people to read.
pub async fn run(cli: Cli) -> anyhow::Result<ExitCode> {
    // Only fails when a provider is there already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match cli.command {
        Command::Demo { data, port, donors, years, seed } => {
            let donors = donors.and_then(|n| usize::try_from(n).ok());
            demo::run(&demo::Asked { folder: data, port, donors, years, seed }).await
        }
        Command::Serve { no_worker, no_migrate } => serve::run(!no_worker, !no_migrate).await,
        Command::Worker => serve::worker().await,
        Command::Migrate => serve::migrate().await,
        Command::Config { action: ConfigAction::Check } => Ok(config_check::run()),
        Command::Staff { action: StaffAction::Invite { email, role } } => staff::invite(&email, &role).await,
        Command::Backup { file } => backup::backup(&file).await,
        Command::Restore { file } => backup::restore(&file).await,
        Command::Db { action: backup::DbAction::Copy { from, to } } => backup::copy_all(&from, &to).await,
        Command::Reconcile(asked) => reconcile::run(&asked).await,
        Command::Export(asked) => export::run(&asked).await,
        Command::Statements { action: StatementsAction::Issue(asked) } => statements::issue(&asked).await,
        Command::Plans { action } => plans::run(&action).await,
        Command::Journal(asked) => journal::run(&asked).await,
        Command::GiftAid { action } => gift_aid::run(&action).await,
        Command::Verify { json } => verify::run(json).await,
    }
}

/// The configuration of the environment.
fn configuration() -> anyhow::Result<Config> {
    Config::from_env(&|name| std::env::var(name).ok()).map_err(|errors| anyhow::anyhow!("{errors}"))
}
