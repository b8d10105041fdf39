//! `almoner gift-aid schedule`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::configuration;
use crate::app;
use crate::clock::Clock;
use crate::domain::ids::{ClaimId, unguessable};
use crate::random::Random;
use crate::services::Deps;
use crate::services::gift_aid::claims::{self, By, Drafted, Preview};
use crate::store::claims::{Claim, by_id};

/// What can be done about Gift Aid.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Make a claim and write HMRC's schedules: one file for every 1,000 gifts. It is a draft until the office marks it as
    /// sent.
    Schedule(Asked),
}

/// Which claim, and where its files go.
#[derive(Debug, Args)]
pub struct Asked {
    /// The legal entity (its id in the charity file).
    #[arg(long)]
    entity: String,
    /// With gifts received up to this day, as 2026-04-05 [default: today].
    #[arg(long)]
    up_to: Option<Date>,
    /// The folder for the files; it is made when it is not there.
    #[arg(long)]
    out: PathBuf,
    /// Say what would be claimed, and write nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Does it.
pub async fn run(action: &Action) -> anyhow::Result<ExitCode> {
    let Action::Schedule(asked) = action;
    let config = configuration()?;
    let store = app::open_store(&config.database).await?;
    let deps = app::assemble(config, store, Clock::System, Random::system())?;
    let done = schedule(&deps, asked).await;
    deps.store.close().await;
    done
}

async fn schedule(deps: &Deps, asked: &Asked) -> anyhow::Result<ExitCode> {
    let entity = claims::taking(deps, &asked.entity);
    let entity = entity.ok_or_else(|| anyhow::anyhow!("no entity {:?} takes Gift Aid", asked.entity))?;
    let today = deps.clock.now().date_in(&entity.time_zone);
    let up_to = asked.up_to.unwrap_or(today);
    anyhow::ensure!(up_to <= today, "{up_to} has not come yet");
    let found = claims::preview(deps, entity, up_to).await?;
    print(&found);
    if asked.dry_run {
        return Ok(ExitCode::SUCCESS);
    }
    let nonce = format!("command-{}", unguessable(&deps.random));
    match claims::draft(deps, &entity.id, up_to, &nonce, By::Command).await? {
        Drafted::Done(id) => write_files(deps, &id, &asked.out).await,
        Drafted::Open(id) => {
            let open = claim(deps, &id).await?.number;
            anyhow::bail!("{open} is open: mark it as sent, or drop it, in the office")
        }
        Drafted::Nothing => {
            println!("There is nothing to claim.");
            Ok(ExitCode::SUCCESS)
        }
        Drafted::TooMuchBack { back, tax } => anyhow::bail!(
            "{} is to be given back and the claim would bring {}: contact HMRC",
            back.to_plain(),
            tax.to_plain()
        ),
        Drafted::ChangedMeanwhile => anyhow::bail!("a claim was sent meanwhile: run it again"),
        Drafted::InFuture | Drafted::NoGiftAid => {
            anyhow::bail!("{} cannot claim up to {up_to}", entity.legal_name)
        }
    }
}

fn print(found: &Preview) {
    let report = &found.report;
    let held: i64 = report.held.iter().map(|h| h.all.gifts).sum();
    println!("Gifts up to {}: {}, {}", found.up_to, found.rows.len(), found.gifts.to_plain());
    println!("Tax: {}", found.tax.to_plain());
    if found.adjustment.minor() > 0 {
        println!("Given back: {}. {}", found.adjustment.to_plain(), found.adjustment_words);
    }
    println!(
        "Left out: {held} too new, {} without a declaration, {} disputed, {} too late",
        report.undeclared.gifts, report.disputed.gifts, report.too_late.gifts
    );
    for remark in &report.blocked.listed {
        println!("To put right: {} {}", remark.gift, remark.words);
    }
    for remark in report.changed.listed.iter().chain(&report.flagged.listed) {
        println!("To look at: {} {}", remark.gift, remark.words);
    }
}

async fn claim(deps: &Deps, id: &ClaimId) -> anyhow::Result<Claim> {
    let mut read = deps.store.read().await?;
    let known = by_id(&mut read, id).await?;
    known.ok_or_else(|| anyhow::anyhow!("the claim is gone"))
}

/// Writes every file of a claim, readable by nobody else.
async fn write_files(deps: &Deps, id: &ClaimId, out: &Path) -> anyhow::Result<ExitCode> {
    let claim = claim(deps, id).await?;
    std::fs::create_dir_all(out)?;
    for part in 1.. {
        let Some(file) = claims::download(deps, By::Command, &claim, part).await? else { break };
        let path = out.join(&file.name);
        write(&path, &file.bytes)?;
        println!("{}: {} bytes, SHA-256 {}", path.display(), file.bytes.len(), file.sha256);
    }
    println!("{}: HMRC is expected to pay {}", claim.number, claim.expected().to_plain());
    println!("Upload the files, then mark the claim as sent in the office.");
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    use std::io::Write;
    use std::os::unix::fs::OpenOptionsExt;
    let mut file = std::fs::File::options().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
