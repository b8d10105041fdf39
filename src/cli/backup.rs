//! `almoner backup`, `almoner restore` and `almoner db copy`

use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, ensure};
use clap::Subcommand;
use sha2::{Digest as _, Sha256};

use super::configuration;
use crate::app;
use crate::clock::Clock;
use crate::config::DatabaseUrl;
use crate::services::verify;
use crate::store::Store;
use crate::store::backup::{self, Contents};
use crate::store::copy::{self, Parity};

/// What to do with whole databases.
#[derive(Debug, Subcommand)]
pub enum DbAction {
    /// Copy everything from one database into another, empty one, and prove that both hold the same.
    Copy {
        /// `sqlite://…` or `postgres://…`
        from: String,
        /// `sqlite://…` or `postgres://…`; what it names must be empty.
        to: String,
    },
}

/// Writes a backup of the configured database to a new file; the program may go on running meanwhile.
pub async fn backup(file: &Path) -> anyhow::Result<ExitCode> {
    ensure!(!file.exists(), "{} is there already: a backup never overwrites", file.display());
    let config = configuration()?;
    let store = app::open_store(&config.database).await?;
    let unfinished = beside(file, ".unfinished");
    // What a backup that was killed has left.
    remove_database(&unfinished);
    let written = write_backup(&store, &unfinished).await;
    store.close().await;
    let contents = match written {
        Ok(contents) => contents,
        Err(error) => {
            remove_database(&unfinished);
            return Err(error);
        }
    };
    File::open(&unfinished)?.sync_all().context("the backup could not be made durable")?;
    // A link, as it never takes the place of a file that came meanwhile.
    std::fs::hard_link(&unfinished, file)
        .with_context(|| format!("{} is there by now, or its disk knows no links", file.display()))?;
    std::fs::remove_file(&unfinished)?;
    sync_folder(file)?;
    println!("{}: {} bytes, SHA-256 {}", file.display(), std::fs::metadata(file)?.len(), sha256(file)?);
    say(&contents);
    Ok(ExitCode::SUCCESS)
}

async fn write_backup(store: &Store, file: &Path) -> anyhow::Result<Contents> {
    if !store.copy_to_file(file).await? {
        // PostgreSQL: the portable form, readable without a server.
        let target = Store::open_sqlite(file).await?;
        target.migrate().await?;
        let parity = copy::copy(store, &target).await;
        target.close().await;
        ensure!(parity?.iter().all(Parity::holds), "the backup does not hold what the database holds");
    }
    let copy = Store::open_sqlite(file).await?;
    let checked = check(&copy).await;
    copy.close().await;
    checked
}

/// A backup that cannot be read is none: found out now, not on the day it is needed.
async fn check(copy: &Store) -> anyhow::Result<Contents> {
    let mut read = copy.read().await?;
    let damage = backup::damage(&mut read).await?;
    ensure!(damage.is_empty(), "the backup is damaged: {}", damage.join("; "));
    Ok(backup::contents(&mut read).await?)
}

/// Puts a backup into the configured database, which must be empty, and checks the books.
pub async fn restore(file: &Path) -> anyhow::Result<ExitCode> {
    ensure!(file.is_file(), "there is no file {}", file.display());
    let config = configuration()?;
    let target = app::open_store(&config.database).await?;
    let working = beside(file, ".restoring");
    // A backup of an older release is migrated in a copy: the backup itself stays as it is.
    std::fs::copy(file, &working).with_context(|| format!("{} could not be copied", file.display()))?;
    let done = restore_from(&working, &target).await;
    remove_database(&working);
    target.close().await;
    done
}

async fn restore_from(working: &Path, target: &Store) -> anyhow::Result<ExitCode> {
    copy::must_be_empty(target).await?;
    let source = Store::open_sqlite(working).await?;
    source.migrate().await.context("the backup was made by a newer release, or is none")?;
    target.migrate().await?;
    let same = copy_and_tell(&source, target).await;
    source.close().await;
    ensure!(same?, "the database does not hold what the backup holds");
    let checks = verify::run(target, Clock::System.now()).await?;
    let broken: Vec<&str> =
        checks.iter().filter(|c| !c.problems.is_empty()).map(|c| c.holds.as_str()).collect();
    let mut read = target.read().await?;
    say(&backup::contents(&mut read).await?);
    if broken.is_empty() {
        println!(
            "The books hold. Now run `almoner reconcile`: it finds at Stripe what came after the backup."
        );
        return Ok(ExitCode::SUCCESS);
    }
    println!("Restored, and these do not hold: {}. Run `almoner verify`.", broken.join("; "));
    Ok(ExitCode::FAILURE)
}

/// Copies one database into another.
pub async fn copy_all(from: &str, to: &str) -> anyhow::Result<ExitCode> {
    let parse = |text: &str| text.parse::<DatabaseUrl>().map_err(anyhow::Error::msg);
    let (from, to) = (parse(from)?, parse(to)?);
    if let DatabaseUrl::Sqlite(path) = &from {
        ensure!(path.is_file(), "there is no file {}", path.display());
    }
    let source = app::open_store(&from).await?;
    let target = app::open_store(&to).await?;
    let same = copy_into_empty(&source, &target).await;
    source.close().await;
    target.close().await;
    let same = same?;
    println!("{}", if same { "Both hold the same." } else { "They differ: see above." });
    Ok(if same { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn copy_into_empty(source: &Store, target: &Store) -> anyhow::Result<bool> {
    copy::must_be_empty(target).await?;
    target.migrate().await?;
    copy_and_tell(source, target).await
}

/// Copies, and says table by table and in money what each holds; whether both hold the same.
async fn copy_and_tell(source: &Store, target: &Store) -> anyhow::Result<bool> {
    let parity = copy::copy(source, target).await?;
    print_parity(&parity);
    let from = backup::ledger_sums(&mut *source.read().await?).await?;
    let to = backup::ledger_sums(&mut *target.read().await?).await?;
    for (currency, kind, count, minor) in &from {
        println!("ledger: {count} {kind} entries, {minor} minor units of {currency}");
    }
    if from != to {
        println!("BUT the target’s ledger sums up to {to:?}");
    }
    Ok(from == to && parity.iter().all(Parity::holds))
}

/// Removes a database file of ours with what SQLite keeps beside it.
fn remove_database(file: &Path) {
    for ending in ["", "-wal", "-shm", "-journal", "-migrating"] {
        drop(std::fs::remove_file(beside(file, ending)));
    }
}

fn print_parity(parity: &[Parity]) {
    for Parity { table, from, to } in parity.iter().filter(|p| p.from.rows > 0 || p.to.rows > 0) {
        if from == to {
            println!("{table}: {from}");
        } else {
            println!("{table}: {from}, BUT {to}");
        }
    }
}

fn say(c: &Contents) {
    println!(
        "{} gifts of {} donors, {} receipts, {} audit lines",
        c.gifts, c.donors, c.receipts, c.audit_lines
    );
    match c.last_event {
        Some(at) => println!("Stripe last told something at {}", at.to_fixed_text()),
        None => println!("Stripe has told nothing yet"),
    }
}

fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(file);
    name.push(ending);
    PathBuf::from(name)
}

/// A file is only there for good once its folder says so.
fn sync_folder(file: &Path) -> std::io::Result<()> {
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

fn sha256(file: &Path) -> std::io::Result<String> {
    let mut hash = Sha256::new();
    let mut open = File::open(file)?;
    let mut some = vec![0; 1 << 16];
    loop {
        match open.read(&mut some)? {
            0 => break,
            n => hash.update(&some[..n]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}
