//! Chaos at two sizes: quick with the other tests, full with `ALMONER_CHAOS=full` (`just chaos`). Each run prints its seed and what it
//! lived through; the books are held against Stripe's and against every invariant at its end (goals.md, R1, R5, R6, R7, R12).

mod kills;
mod mail;
mod silence;
mod stripe;

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use almoner::clock::Clock;
use almoner::random::Random;
use almoner::sandbox::{Delivery, DeliveryMode, TestMethod, Webhook};

use crate::support::TestApp;
use crate::support::app::{STRIPE_KEY, WEBHOOK_SECRET};

/// Whether the full size is asked for.
fn is_full() -> bool {
    std::env::var("ALMONER_CHAOS").is_ok_and(|size| size == "full")
}

/// The seed of a run; `ALMONER_CHAOS_SEED` repeats one.
fn seed() -> u64 {
    std::env::var("ALMONER_CHAOS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(7)
}

fn below(random: &Random, most: usize) -> usize {
    usize::try_from(random.below(most.max(1) as u64)).unwrap_or(0)
}

/// So many gifts are paid at Stripe; what Stripe tells of them, in its order.
async fn paid(app: &TestApp, gifts: usize, random: &Random) -> Vec<Delivery> {
    let mut told = Vec::new();
    for n in 0..gifts {
        let email = format!("giver{n}@donors.example");
        let form = app.form("").await.filled(&format!("{}", 5 + n % 90)).set("email", &email);
        let session = app.to_checkout(&form).await;
        app.sandbox.pay(&session, TestMethod::CardSuccess).await.expect("paid");
        if random.below(20) == 0 {
            let intent = app.intent_of(&session).await;
            app.sandbox.refund(&intent, Some(100)).await.expect("refunded");
        }
        told.extend(app.hold_deliveries().await);
    }
    told
}

/// Some of them twice to five times, each within a window of its place.
fn shuffled(told: Vec<Delivery>, random: &Random) -> Vec<Delivery> {
    const WINDOW: usize = 500;
    let mut placed: Vec<(usize, Delivery)> = Vec::new();
    for (at, delivery) in told.into_iter().enumerate() {
        for _ in 0..=if random.below(3) == 0 { 1 + below(random, 4) } else { 0 } {
            placed.push((at + below(random, WINDOW), delivery.clone()));
        }
    }
    placed.sort_by_key(|(at, _)| *at);
    placed.into_iter().map(|(_, delivery)| delivery).collect()
}

/// The clock of the stand-in comes up to that of the machine: what it signs is young.
fn catch_up(app: &TestApp) {
    let now = Clock::System.now();
    let behind = now.as_micros().saturating_sub(app.deps.clock.now().as_micros());
    app.deps.clock.advance(Duration::from_micros(u64::try_from(behind).unwrap_or(0)));
}

/// `almoner serve` as a process of its own, on the story's database.
struct Serving {
    child: Child,
    ready_after: Duration,
}

impl Serving {
    fn free_port() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").and_then(|probe| probe.local_addr()).expect("a free port")
    }

    /// Starts one and waits until it is ready.
    async fn start(app: &TestApp, at: SocketAddr) -> Serving {
        let mut command = Command::new(env!("CARGO_BIN_EXE_almoner"));
        command.arg("serve").current_dir(app.dir.path()).env_clear();
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).envs([
            ("RUST_LOG", "error".to_owned()),
            ("DATABASE_URL", app.database_address()),
            ("BASE_URL", format!("http://{at}")),
            ("LISTEN_ADDR", at.to_string()),
            ("STRIPE_SECRET_KEY", STRIPE_KEY.to_owned()),
            ("STRIPE_WEBHOOK_SECRET", WEBHOOK_SECRET.to_owned()),
            ("STRIPE_API_BASE", app.sandbox.api_base()),
            ("SMTP_URL", format!("file://{}", app.dir.path().join("mail").display())),
            ("MAIL_FROM", "giving@lantern.example".to_owned()),
            ("SESSION_SECRET", "0123456789abcdef0123456789abcdef0123456789".to_owned()),
            ("CHARITY_CONFIG", concat!(env!("CARGO_MANIFEST_DIR"), "/charity.example.toml").to_owned()),
        ]);
        let began = Instant::now();
        let mut child = command.spawn().expect("it starts");
        loop {
            let ready = app.http.get(format!("http://{at}/readyz")).send().await;
            if ready.is_ok_and(|r| r.status() == 200) {
                return Serving { child, ready_after: began.elapsed() };
            }
            assert!(child.try_wait().expect("a process").is_none(), "it ended at once");
            assert!(began.elapsed() < Duration::from_secs(60), "it is not ready after a minute");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// `kill -9`.
    fn kill(&mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("ended");
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// From now on the stand-in calls back here.
async fn call_back(app: &TestApp, base: &str) {
    let hook = Webhook {
        url: format!("{base}/webhooks/stripe"),
        secrets: vec![WEBHOOK_SECRET.to_owned()],
        api_version: None,
        mode: DeliveryMode::Manual,
    };
    app.sandbox.set_webhook(Some(hook)).await;
}

/// Lets hours pass, try by try, until no job is left; leases of the dead run out on the way.
async fn come_to_rest(app: &TestApp) {
    for _ in 0..40 {
        app.settle().await;
        if app.count("SELECT COUNT(*) FROM job").await == 0 {
            return;
        }
        app.deps.clock.advance(Duration::from_secs(2 * 3600));
    }
    let left =
        app.text("SELECT MIN(kind || ' ' || state || ' ' || COALESCE(last_error, '-')) FROM job").await;
    panic!("jobs that never end: {left}");
}
