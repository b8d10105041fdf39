//! The demo's world: invented donors and their giving over some years, through the same services as real giving.

mod calendar;
mod dice;
mod lives;
mod named;
mod names;
mod people;
mod plan;
mod stage;
mod walk;

use std::path::Path;

use jiff::civil::Date;
use tokio_util::sync::CancellationToken;

use super::say::Progress;
use super::state::Saved;
use super::{Times, demo_config, start_sandbox};
use crate::app;
use crate::clock::{Clock, Ts};
use crate::random::Random;
use crate::sandbox::{DeliveryMode, Sandbox, Webhook};
use crate::store::Store;
use plan::Plan;
use stage::Stage;

/// Donors of a demo that is not told otherwise. A debug build is some five times slower, and nobody likes to wait.
pub const DEFAULT_DONORS: usize = if cfg!(debug_assertions) { 90 } else { 260 };
/// Years of it.
pub const DEFAULT_YEARS: u8 = 3;
/// Its seed.
pub const DEFAULT_SEED: u64 = 1;

/// What the webhook endpoint asks for: the README's list.
pub const EVENTS: &[&str] = &[
    "checkout.session.completed",
    "checkout.session.expired",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "payment_intent.succeeded",
    "payment_intent.processing",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
    "invoice.paid",
    "invoice.payment_failed",
    "invoice.payment_action_required",
    "invoice.voided",
    "invoice.marked_uncollectible",
    "customer.subscription.created",
    "customer.subscription.updated",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "payment_method.automatically_updated",
    "charge.refunded",
    "charge.updated",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "payout.created",
    "payout.updated",
    "payout.paid",
    "payout.failed",
    "payout.canceled",
    "payout.reconciliation_completed",
];

/// How big a world, and which one.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// How many donors give.
    pub donors: usize,
    /// Over how many years.
    pub years: u8,
    /// The same seed and the same end give the same books.
    pub seed: u64,
    /// The day before which everything happens.
    pub until: Date,
}

impl Wanted {
    fn first_day(&self) -> Date {
        self.until.saturating_sub(jiff::Span::new().years(self.years))
    }
}

/// A world in a folder, with the stand-in that knows it: for tests and measurements. `None` when stopped on the way.
///
/// # Errors
/// Whatever stopped it.
pub async fn world_in(
    folder: &Path,
    wanted: &Wanted,
    stop: &CancellationToken,
) -> anyhow::Result<Option<Sandbox>> {
    std::fs::create_dir_all(folder)?;
    let saved = Saved::load_or_new(folder, &Random::system(), wanted.seed)?;
    let listener = super::bind(0).await?;
    let times = Times::seeding();
    let sandbox = start_sandbox(listener, &times, &saved, folder).await?;
    let mut progress = Progress::silent();
    let done =
        run(folder, "http://127.0.0.1:8080", &saved, *wanted, &sandbox, &times, stop, &mut progress).await?;
    Ok(done.then_some(sandbox))
}

/// Fills a fresh folder. `false` when stopped on the way: what is there then is half a world.
///
/// # Errors
/// Whatever stopped it.
pub(super) async fn run(
    folder: &Path,
    base: &str,
    saved: &Saved,
    wanted: Wanted,
    sandbox: &Sandbox,
    times: &Times,
    stop: &CancellationToken,
    progress: &mut Progress,
) -> anyhow::Result<bool> {
    let hook = Webhook {
        url: format!("{base}/webhooks/stripe"),
        secrets: vec![saved.webhook_secret.clone()],
        api_version: None,
        mode: DeliveryMode::Manual,
    };
    sandbox.hold_snapshot().await;
    sandbox.set_webhook(Some(hook)).await;
    sandbox.enable_events(EVENTS).await;
    sandbox.pay_out_weekly().await;
    let config = demo_config(folder, base, &sandbox.api_base(), saved)?;
    let (sandbox, at) = (sandbox.clone(), times.frozen.clone());
    let (file, secret) = (folder.join("almoner.db"), saved.webhook_secret.clone());
    let (stop, mut own) = (stop.clone(), std::mem::replace(progress, Progress::silent()));
    // A thread of its own: with one thread, nothing depends on which of two was faster.
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let done = runtime.block_on(async {
            let store = Store::open_sqlite_unsynced(&file).await?;
            store.migrate().await?;
            at.store(start_of(&wanted), std::sync::atomic::Ordering::SeqCst);
            let clock = Clock::Frozen(at.clone());
            let deps = app::assemble_demo(config, store.clone(), clock, Random::seeded(wanted.seed))?;
            let plan = Plan::new(wanted.seed, wanted.donors, wanted.first_day(), wanted.until);
            let stage = Stage::new(deps, sandbox, at, secret);
            let done = walk::walk(&stage, &plan, &stop, &mut own).await;
            drop(stage);
            store.close().await;
            done
        })?;
        // Nothing waited for the disk so far.
        std::fs::File::open(&file)?.sync_all()?;
        anyhow::Ok((done, own))
    };
    let (done, own) = tokio::task::spawn_blocking(work).await??;
    *progress = own;
    Ok(done)
}

fn start_of(wanted: &Wanted) -> i64 {
    Ts::from_unix(calendar::midnight(wanted.first_day())).as_micros()
}
