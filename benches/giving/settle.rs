//! End to end: one-off gifts a second from the callback to the receipt in the outbox, with the calls to Stripe it takes.
//!
//! Everything is in this process: the stand-in, the router, the worker. So the stand-in's work is in the figure, and
//! so are our own limits towards Stripe (23 calls a second to one endpoint), which hold against the stand-in too.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use almoner::clock::Clock;
use almoner::config::{Charity, Config, DatabaseUrl, MailConfig, MailTransport, StripeConfig};
use almoner::domain::donor::{Address, DonorDetails};
use almoner::domain::frequency::Frequency;
use almoner::domain::money::{Currency, Money};
use almoner::domain::states::DonorKind;
use almoner::jobs::Worker;
use almoner::mail::Mailer;
use almoner::payments::StripeClient;
use almoner::random::Random;
use almoner::sandbox::{Delivery, DeliveryMode, Options, PayOutcome, Sandbox, TestMethod, Webhook};
use almoner::services::give::{self, GiveCommand, Started};
use almoner::services::{Deps, verify};
use almoner::store::Store;
use almoner::web::{AppState, router};
use futures::stream::{self, StreamExt};
use secrecy::SecretString;
use tokio::net::TcpListener;

use crate::pg::Postgres;
use crate::report::{Goal, Report, Turn, median};
use crate::server::{MAIL_FROM, SESSION_SECRET, STRIPE_KEY, WEBHOOK_SECRET};
use crate::{Bench, place, raw, rounds};

const GIFTS: usize = 400;
/// Callbacks under way at once.
const SIDE_BY_SIDE: usize = 64;
/// Clients that open the payment pages, each with limits of its own: that part is not measured.
const OPENERS: usize = 16;
const GIVE_UP_AFTER: Duration = Duration::from_secs(60);

/// What a one-off gift by card brings of the events that the README asks for.
const SUBSCRIBED: [&str; 3] = ["checkout.session.completed", "payment_intent.succeeded", "charge.updated"];

/// Runs it on SQLite and, when its binaries are here, on PostgreSQL.
pub fn run(bench: &mut Bench) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let report = &mut bench.report;
    measure(report, &runtime, "SQLite", &SUBSCRIBED, |folder| {
        runtime.block_on(Store::open_sqlite(&folder.join("almoner.db"))).expect("SQLite opens")
    });
    measure(report, &runtime, "SQLite, without charge.updated", &SUBSCRIBED[..2], |folder| {
        runtime.block_on(Store::open_sqlite(&folder.join("almoner.db"))).expect("SQLite opens")
    });
    let Some(postgres) = Postgres::start(&bench.cores) else {
        report.note("settle: PostgreSQL SKIPPED, its binaries are not here.".to_owned());
        return;
    };
    let mut databases = 0;
    measure(report, &runtime, "PostgreSQL", &SUBSCRIBED, |_| {
        databases += 1;
        let url = postgres.database(&format!("settle_{databases}"));
        runtime.block_on(Store::open_postgres(&url)).expect("PostgreSQL opens")
    });
}

/// Rounds on fresh databases: the raw loop, then a burst.
fn measure(
    report: &mut Report,
    runtime: &tokio::runtime::Runtime,
    label: &str,
    wanted: &[&str],
    mut open: impl FnMut(&Path) -> Store,
) {
    let mut turns = Vec::<Turn>::new();
    let mut bursts = Vec::new();
    for _ in 0..rounds() {
        let folder = place::on_disk();
        let store = open(folder.path());
        let house = runtime.block_on(House::build(store, folder.path()));
        let deliveries = runtime.block_on(house.prepare(wanted));
        let syncs = report.raw(raw::syncs_per_second(folder.path()));
        let burst = runtime.block_on(house.burst(&deliveries));
        runtime.block_on(house.close());
        turns.push((burst.gifts / burst.receipts_after, syncs));
        bursts.push(burst);
    }
    let what = format!("settle {label}: a burst of {GIFTS} gifts to their receipts");
    report.ratio(&what, "gifts/s", "raw fdatasync/s", &turns, Goal::None);
    let middle = |figure: fn(&Burst) -> f64| median(&bursts.iter().map(figure).collect::<Vec<_>>());
    report.note(format!(
        "settle {label}: callbacks kept after {:.2} s, the last receipt after {:.2} s, nothing left to do after \
         {:.2} s; {:.2} calls to Stripe a gift until the receipts, {:.2} until nothing was left.",
        middle(|b| b.kept_after),
        middle(|b| b.receipts_after),
        middle(|b| b.idle_after),
        middle(|b| b.calls_to_receipts),
        middle(|b| b.calls.values().sum::<usize>() as f64 / b.gifts)
    ));
    if let Some(last) = bursts.last() {
        let calls: Vec<String> = last.calls.iter().map(|(what, count)| format!("{count} {what}")).collect();
        report.note(format!("settle {label}: calls in the last round: {}.", calls.join(", ")));
    }
}

struct Burst {
    gifts: f64,
    kept_after: f64,
    receipts_after: f64,
    idle_after: f64,
    calls_to_receipts: f64,
    calls: BTreeMap<String, usize>,
}

struct House {
    deps: Deps,
    sandbox: Sandbox,
    worker: Worker,
    web: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl House {
    async fn build(store: Store, folder: &Path) -> House {
        store.migrate().await.expect("migrates");
        let sandbox = stand_in().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let config = config(&base, &sandbox.api_base(), folder);
        let random = Random::seeded(7);
        let deps = Deps {
            store,
            stripe: client(&config, &random),
            mailer: Mailer::new(&config.mail).expect("a mailer"),
            passwords: almoner::services::passwords::Passwords::start(&random).expect("threads"),
            papers: almoner::services::papers::Papers::start(),
            throttle: almoner::services::throttle::Throttle::new(&Clock::System),
            clock: Clock::System,
            random,
            config: Arc::new(config),
            work: Arc::default(),
        };
        let hook = Webhook {
            url: format!("{base}/webhooks/stripe"),
            secrets: vec![WEBHOOK_SECRET.to_owned()],
            api_version: None,
            mode: DeliveryMode::Manual,
        };
        sandbox.set_webhook(Some(hook)).await;
        let application = router(AppState::new(deps.clone(), None), None);
        let web = tokio::spawn(async move { axum::serve(listener, application).await });
        House { worker: Worker::new(deps.clone()).unwatched(), deps, sandbox, web }
    }

    /// Starts and pays every gift; gives the callbacks that wait, in the order Stripe made them.
    async fn prepare(&self, wanted: &[&str]) -> Vec<Delivery> {
        let opener = |_| Deps { stripe: client(&self.deps.config, &self.deps.random), ..self.deps.clone() };
        let openers: Vec<Deps> = (0..OPENERS).map(opener).collect();
        let paid = stream::iter(0..GIFTS).map(|number| {
            let deps = &openers[number % OPENERS];
            async move {
                let started = give::start(deps, command(number)).await.expect("a gift starts");
                let Started::Checkout(url) = started else { panic!("no payment page: {started:?}") };
                let session = url.rsplit('/').next().unwrap_or_default();
                let outcome = self.sandbox.pay(session, TestMethod::CardSuccess).await;
                assert!(matches!(outcome, Ok(PayOutcome::Paid { .. })), "not paid: {outcome:?}");
            }
        });
        paid.buffer_unordered(OPENERS * 2).collect::<Vec<()>>().await;
        let waiting = self.sandbox.take_deliveries().await;
        waiting.into_iter().filter(|d| wanted.contains(&d.event_type.as_str())).collect()
    }

    /// Delivers everything at once, then works until every receipt is in the outbox, and on until nothing is left.
    async fn burst(&self, deliveries: &[Delivery]) -> Burst {
        self.sandbox.clear_requests().await;
        let began = Instant::now();
        let sent = stream::iter(deliveries).map(|delivery| self.sandbox.deliver(delivery));
        let answers: Vec<_> = sent.buffer_unordered(SIDE_BY_SIDE).collect().await;
        let kept_after = began.elapsed().as_secs_f64();
        assert!(answers.iter().all(|answer| *answer == Ok(200)), "a callback was not kept");
        while self.receipts().await < GIFTS {
            assert!(began.elapsed() < GIVE_UP_AFTER, "only {} of {GIFTS} receipts", self.receipts().await);
            if self.worker.round().await.expect("jobs run") == 0 {
                // What failed once waits for its next try.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        let receipts_after = began.elapsed().as_secs_f64();
        let calls_to_receipts = self.sandbox.requests().await.len() as f64 / GIFTS as f64;
        self.worker.drain().await.expect("jobs run");
        let idle_after = began.elapsed().as_secs_f64();
        let mut calls = BTreeMap::new();
        for request in self.sandbox.requests().await {
            *calls.entry(endpoint(&request.method, &request.path)).or_insert(0) += 1;
        }
        let gifts = GIFTS as f64;
        Burst { gifts, kept_after, receipts_after, idle_after, calls_to_receipts, calls }
    }

    async fn receipts(&self) -> usize {
        const SQL: &str = "SELECT COUNT(*) FROM mail_outbox WHERE kind = 'receipt'";
        let count: i64 = match &self.deps.store {
            Store::Sqlite { read, .. } => sqlx::query_scalar(SQL).fetch_one(read).await,
            Store::Postgres(pool) => sqlx::query_scalar(SQL).fetch_one(pool).await,
        }
        .expect("a count");
        usize::try_from(count).unwrap_or_default()
    }

    /// A fast run that broke the books would be worth nothing.
    async fn close(self) {
        let checks = verify::of(&self.deps).await.expect("verify runs");
        let broken: Vec<_> = checks.iter().filter(|c| !c.problems.is_empty()).collect();
        assert!(broken.is_empty(), "{broken:#?}");
        self.web.abort();
        self.sandbox.shutdown().await;
        self.deps.store.close().await;
    }
}

/// `GET /v1/payment_intents/:id`.
fn endpoint(method: &str, path: &str) -> String {
    let is_id = |part: &str| part.contains('_') && part.bytes().any(|b| b.is_ascii_digit());
    let parts: Vec<&str> = path.split('/').map(|part| if is_id(part) { ":id" } else { part }).collect();
    format!("{method} {}", parts.join("/"))
}

fn client(config: &Config, random: &Random) -> StripeClient {
    let key = config.stripe.secret_key.clone();
    let wait = Duration::from_millis(400);
    StripeClient::new(&config.stripe.api_base, key, random.clone(), wait).expect("a client")
}

async fn stand_in() -> Sandbox {
    let options = Options {
        now: Arc::new(|| Clock::System.now().as_micros()),
        seed: 1,
        snapshot: None,
        secret_key: STRIPE_KEY.to_owned(),
        limits: None,
        country: "GB".to_owned(),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    Sandbox::start(listener, options).await.expect("the stand-in starts")
}

fn config(base: &str, stripe: &str, folder: &Path) -> Config {
    Config {
        database: DatabaseUrl::Sqlite("unused".into()),
        base_url: base.parse().expect("an origin"),
        listen: ([127, 0, 0, 1], 0).into(),
        stripe: StripeConfig {
            secret_key: SecretString::from(STRIPE_KEY),
            webhook_secrets: vec![SecretString::from(WEBHOOK_SECRET)],
            api_base: stripe.to_owned(),
            livemode: false,
        },
        mail: MailConfig {
            transport: MailTransport::Folder(folder.join("mail")),
            from: MAIL_FROM.to_owned(),
        },
        session_secret: SecretString::from(SESSION_SECRET),
        trusted_proxies: Vec::new(),
        operations: almoner::config::OperationsConfig::default(),
        export_dir: folder.join("exports"),
        charity: Charity::example(),
    }
}

/// Twenty-five pounds from a British taxpayer, no two from the same one.
fn command(number: usize) -> GiveCommand {
    let address = Address {
        line1: format!("{number} Lantern Street"),
        city: "London".to_owned(),
        postcode: "SW1A 1AA".to_owned(),
        country: "GB".to_owned(),
        ..Address::default()
    };
    GiveCommand {
        form_nonce: format!("bench-{number}"),
        entity_id: "uk".to_owned(),
        frequency: Frequency::Once,
        fund_id: "where-needed-most".to_owned(),
        campaign_id: None,
        amount: Money::new(2500, Currency::GBP),
        fee_cover: Money::new(59, Currency::GBP),
        donor: DonorDetails {
            kind: DonorKind::Individual,
            given_name: "Test".to_owned(),
            family_name: format!("Donor {number}"),
            organisation: None,
            email: format!("donor.{number}@example.org"),
            address: Some(address),
            locale: "en-GB".to_owned(),
        },
        note: None,
        tribute: None,
        gift_aid: true,
        consents: Vec::new(),
        account: None,
        customer: None,
    }
}
