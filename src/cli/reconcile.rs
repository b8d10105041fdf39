//! `almoner reconcile`

use std::process::ExitCode;

use anyhow::Context;
use clap::Args;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::configuration;
use crate::app;
use crate::clock::{Clock, Ts};
use crate::domain::mirror::Mirrored;
use crate::jobs::Worker;
use crate::random::Random;
use crate::services::Deps;
use crate::services::reconcile::{self, By, Report, Walk};

/// What to walk.
#[derive(Debug, Args)]
pub struct Asked {
    /// From when on: a day (2026-11-01), an instant (2026-11-01T00:00:00Z) or a number of days back (31d). Without it: from
    /// where the last walk ended, the first time 35 days back.
    #[arg(long)]
    since: Option<String>,
}

/// Walks over Stripe's objects, repairs what is missing and prints what it changed. Letters are sent by the worker.
pub async fn run(asked: &Asked) -> anyhow::Result<ExitCode> {
    let config = configuration()?;
    let store = app::open_store(&config.database).await?;
    let deps = app::assemble(config, store, Clock::System, Random::system())?;
    let done = carry_out(&deps, asked.since.as_deref()).await;
    deps.store.close().await;
    done
}

async fn carry_out(deps: &Deps, since: Option<&str>) -> anyhow::Result<ExitCode> {
    let since = since.map(|text| instant(text, deps.clock.now())).transpose()?;
    let walk = reconcile::walk(deps, By::Command, since).await?;
    Worker::new(deps.clone()).drain_looks().await?;
    let report = reconcile::report(deps, &walk).await?;
    print!("{}", in_words(&walk, &report));
    Ok(if report.left == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// `2026-11-01`, `2026-11-01T00:00:00Z` or `31d`.
fn instant(text: &str, now: Ts) -> anyhow::Result<Ts> {
    if let Some(days) = text.strip_suffix('d').and_then(|n| n.parse::<u32>().ok()) {
        return Ok(now.minus(std::time::Duration::from_secs(u64::from(days) * 86_400)));
    }
    if let Ok(day) = text.parse::<Date>()
        && let Ok(start) = day.to_zoned(TimeZone::UTC)
        && !text.contains('T')
    {
        return Ok(Ts::from_micros(start.timestamp().as_microsecond()));
    }
    Ts::parse(text)
        .context("--since must be a day (2026-11-01), an instant (2026-11-01T00:00:00Z) or days back (31d)")
}

/// What a walk has come to, for the operator.
fn in_words(walk: &Walk, report: &Report) -> String {
    let mut lines = vec![format!("walked from {} on", walk.since.to_fixed_text())];
    for kind in Mirrored::ALL {
        let seen = walk.seen.get(kind.as_str()).copied().unwrap_or(0);
        lines.push(format!("  {seen} {}", kind.in_words(seen)));
    }
    if report.is_unchanged() {
        lines.push("nothing changed".to_owned());
    } else {
        lines.push("repaired".to_owned());
        for ((kind, words), count) in &report.healed {
            let name = kind.parse::<Mirrored>().map_or(kind.as_str(), |k| k.in_words(*count));
            lines.push(format!("  {count} {name}: {words}"));
        }
        let g = &report.gained;
        lines.push(format!(
            "in the books: gifts {:+}, entries {:+}, refunds {:+}, disputes {:+}, running plans {:+}, payouts {:+}, \
             lines of the balance {:+}",
            g.gifts, g.entries, g.refunds, g.disputes, g.plans, g.payouts, g.lines
        ));
    }
    if report.foreign > 0 {
        lines.push(format!("left alone: {} not made by Almoner", report.foreign));
    }
    if report.left > 0 {
        lines.push(format!("could not be settled yet: {}", report.left));
        lines.extend(report.open.iter().map(|line| format!("  {line}")));
    }
    lines.push(String::new());
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_a_day_an_instant_or_days_back() {
        let now = Ts::parse("2026-11-26T10:00:00Z").expect("an instant");
        let at = |text| instant(text, now).map(Ts::to_fixed_text).ok();
        assert_eq!(at("2026-11-01").as_deref(), Some("2026-11-01T00:00:00.000000Z"));
        assert_eq!(at("2026-11-01T12:00:00Z").as_deref(), Some("2026-11-01T12:00:00.000000Z"));
        assert_eq!(at("31d").as_deref(), Some("2026-10-26T10:00:00.000000Z"));
        for garbled in ["", "d", "-3d", "yesterday", "2026-13-01", "2026-11-01T"] {
            assert_eq!(at(garbled), None, "{garbled}");
        }
    }
}
