//! A whole application on loopback: real router, real worker, real database, the stand-in, a clock that stands still.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use almoner::clock::{Clock, Ts};
use almoner::config::{Charity, Config, DatabaseUrl, MailConfig, MailTransport, StripeConfig};
use almoner::jobs::Worker;
use almoner::mail::Mailer;
use almoner::payments::StripeClient;
use almoner::random::Random;
use almoner::sandbox::{
    Delivery, DeliveryMode, LoggedRequest, Options, PayOutcome, Sandbox, TestMethod, Webhook,
};
use almoner::services::{Deps, verify};
use almoner::store::Store;
use almoner::web::{AppState, router};
use secrecy::SecretString;
use tokio::net::TcpListener;

use super::form::PageForm;
use super::openapi::Spec;
use super::{Database, postgres};

pub const WEBHOOK_SECRET: &str = "whsec_test_0123456789abcdef0123456789abcdef";
pub const STRIPE_KEY: &str = "sk_test_0123456789abcdef0123456789abcdef";
/// Sunday 22 November 2026, ten in the morning.
pub const START: &str = "2026-11-22T10:00:00Z";

/// A caught mail.
#[derive(Clone, Debug)]
pub struct Mail {
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub message_id: String,
    pub raw: String,
}

pub struct TestApp {
    pub deps: Deps,
    pub sandbox: Sandbox,
    pub worker: Worker,
    pub base: String,
    pub http: reqwest::Client,
    pub dir: tempfile::TempDir,
    pub database: Database,
    database_url: Option<String>,
}

impl TestApp {
    /// A fresh application; `None` when PostgreSQL is asked for and not here.
    pub async fn spawn(database: Database) -> Option<TestApp> {
        TestApp::spawn_with(database, |_| {}).await
    }

    /// As [`TestApp::spawn`], with a changed configuration.
    pub async fn spawn_with(database: Database, change: impl FnOnce(&mut Config)) -> Option<TestApp> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (store, database_url) = open(database, dir.path().join("almoner.db")).await?;
        let clock = Clock::frozen(Ts::parse(START).expect("an instant"));
        let sandbox = sandbox(&clock).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let base = format!("http://{}", listener.local_addr().expect("an address"));
        let mut config = config(&base, &sandbox.api_base(), dir.path().join("mail"));
        change(&mut config);
        let random = Random::seeded(7);
        let key = config.stripe.secret_key.clone();
        let stripe =
            StripeClient::new(&config.stripe.api_base, key, random.clone(), Duration::from_millis(2));
        let deps = Deps {
            store,
            stripe: stripe.expect("a client"),
            mailer: Mailer::new(&config.mail).expect("a mailer"),
            passwords: almoner::services::passwords::Passwords::start(&random).expect("threads"),
            papers: almoner::services::papers::Papers::start(),
            throttle: almoner::services::throttle::Throttle::new(&clock),
            clock,
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
        let application = application.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, application).await });
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("a client");
        let worker = Worker::new(deps.clone()).unwatched();
        Some(TestApp { deps, sandbox, worker, base, http, dir, database, database_url })
    }

    /// `DATABASE_URL` for a command that works on the same books.
    pub fn database_address(&self) -> String {
        let file = self.dir.path().join("almoner.db");
        self.database_url.clone().unwrap_or_else(|| format!("sqlite://{}", file.display()))
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.http.get(self.url(path)).send().await.expect("an answer")
    }

    pub async fn html(&self, path: &str) -> String {
        let response = self.get(path).await;
        assert_eq!(response.status(), 200, "GET {path}");
        response.text().await.expect("a page")
    }

    /// Opens the giving form and reads it for as long as a person would.
    pub async fn form(&self, query: &str) -> PageForm {
        let form = PageForm::read(&self.html(&format!("/give{query}")).await);
        self.deps.clock.advance(Duration::from_secs(30));
        form
    }

    pub async fn submit(&self, form: &PageForm) -> reqwest::Response {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
        self.http
            .post(self.url(&form.action))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .expect("an answer")
    }

    /// Sends a form that must lead to the payment page; gives the session's id.
    pub async fn to_checkout(&self, form: &PageForm) -> String {
        let response = self.submit(form).await;
        let status = response.status();
        let location = location(&response);
        assert_eq!(status, 303, "{}", response.text().await.unwrap_or_default());
        assert!(location.starts_with(&self.sandbox.api_base()), "to the payment page, not {location}");
        location.rsplit('/').next().unwrap_or_default().to_owned()
    }

    /// Pays and lets everything happen; gives the path of the thank-you page.
    pub async fn pay(&self, session: &str, method: TestMethod) -> String {
        let outcome = self.sandbox.pay(session, method).await.expect("the page takes the payment");
        let (PayOutcome::Paid { return_url } | PayOutcome::Processing { return_url }) = outcome else {
            panic!("not paid: {outcome:?}")
        };
        self.settle().await;
        return_url.strip_prefix(&self.base).expect("back to us").to_owned()
    }

    /// A whole gift of `amount` pounds by card; gives the payment intent.
    pub async fn gift(&self, amount: &str) -> String {
        let session = self.to_checkout(&self.form("").await.filled(amount)).await;
        self.pay(&session, TestMethod::CardSuccess).await;
        self.intent_of(&session).await
    }

    pub async fn intent_of(&self, session: &str) -> String {
        let session = self.sandbox.object(session).await.expect("a session");
        session["payment_intent"].as_str().expect("an intent").to_owned()
    }

    /// Delivers every callback and runs every job until nothing is left to do.
    pub async fn settle(&self) {
        self.settle_with(&self.worker).await;
    }

    /// The same with the walk over Stripe's objects and the look over the house, as they are in production.
    pub async fn settle_watched(&self) {
        self.settle_with(&Worker::new(self.deps.clone())).await;
    }

    async fn settle_with(&self, worker: &Worker) {
        self.sandbox.tick().await;
        loop {
            let deliveries = self.sandbox.take_deliveries().await;
            for delivery in &deliveries {
                assert_eq!(self.sandbox.deliver(delivery).await, Ok(200), "{}", delivery.event_type);
            }
            let worked = worker.drain().await.expect("jobs run");
            if deliveries.is_empty() && worked == 0 {
                return;
            }
        }
    }

    /// Takes the waiting callbacks without delivering them.
    pub async fn hold_deliveries(&self) -> Vec<Delivery> {
        self.sandbox.tick().await;
        self.sandbox.take_deliveries().await
    }

    pub async fn advance_days(&self, days: u64) {
        for _ in 0..days {
            self.deps.clock.advance(Duration::from_secs(86_400));
            self.settle().await;
        }
    }

    /// Every mail sent so far, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        let Ok(entries) = std::fs::read_dir(self.dir.path().join("mail")) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|e| e.path()).collect();
        paths.sort();
        paths.iter().map(|p| read_mail(&std::fs::read(p).expect("a mail"))).collect()
    }

    /// The mails whose subject has `part`.
    pub fn mails_about(&self, part: &str) -> Vec<Mail> {
        self.mails().into_iter().filter(|m| m.subject.contains(part)).collect()
    }

    /// One number from the database; the text must serve both.
    pub async fn count(&self, sql: &'static str) -> i64 {
        match &self.deps.store {
            Store::Sqlite { read, .. } => sqlx::query_scalar(sql).fetch_one(read).await.expect(sql),
            Store::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.expect(sql),
        }
    }

    /// One text from the database.
    pub async fn text(&self, sql: &'static str) -> String {
        match &self.deps.store {
            Store::Sqlite { read, .. } => sqlx::query_scalar(sql).fetch_one(read).await.expect(sql),
            Store::Postgres(pool) => sqlx::query_scalar(sql).fetch_one(pool).await.expect(sql),
        }
    }

    /// Runs a statement past the application, as damage would.
    pub async fn damage(&self, sql: &'static str) -> Result<u64, sqlx::Error> {
        Ok(match &self.deps.store {
            Store::Sqlite { write, .. } => sqlx::query(sql).execute(write).await?.rows_affected(),
            Store::Postgres(pool) => sqlx::query(sql).execute(pool).await?.rows_affected(),
        })
    }

    /// Every figure and state the books hold, for comparing end states; of receipts those that count, as how many stood in
    /// between goes by what was known when.
    pub async fn books(&self) -> Vec<String> {
        const SQL: &str = "SELECT line FROM (\
            SELECT 'payment ' || state || ' ' || CAST(amount_minor AS TEXT) AS line FROM payment \
            UNION ALL SELECT 'gift ' || COALESCE(stripe_payment_intent, method_kind) || ' ' || CAST(amount_minor AS TEXT) FROM gift \
            UNION ALL SELECT 'entry ' || kind || ' ' || stripe_object || ' ' || CAST(amount_minor AS TEXT) FROM ledger_entry \
            UNION ALL SELECT 'refund ' || state || ' ' || stripe_refund FROM refund \
            UNION ALL SELECT 'dispute ' || state || ' ' || stripe_dispute FROM dispute \
            UNION ALL SELECT 'pledge ' || state || ' ' || stripe_subscription FROM pledge \
            UNION ALL SELECT 'payout ' || state || ' ' || stripe_payout || CASE WHEN listed_at IS NULL THEN '' ELSE ' listed' END \
            FROM payout UNION ALL SELECT 'line ' || id || ' ' || payout FROM balance_transaction WHERE payout IS NOT NULL \
            UNION ALL SELECT 'receipt of ' || COALESCE(g.stripe_payment_intent, g.id) FROM receipt r \
            JOIN gift g ON g.id = r.gift_id WHERE COALESCE((SELECT e.kind FROM receipt_event e WHERE e.receipt_id = r.id \
            ORDER BY e.seq DESC LIMIT 1), 'restored') = 'restored' \
            UNION ALL SELECT 'mail ' || kind || ' ' || state FROM mail_outbox) all_lines ORDER BY line";
        let mut lines: Vec<String> = match &self.deps.store {
            Store::Sqlite { read, .. } => sqlx::query_scalar(SQL).fetch_all(read).await.expect("books"),
            Store::Postgres(pool) => sqlx::query_scalar(SQL).fetch_all(pool).await.expect("books"),
        };
        lines.sort();
        lines
    }

    /// Ends the story: nothing is left to do, the client behaved, the requests fit Stripe's document, the books fit
    /// the stand-in's to the penny, every invariant holds.
    pub async fn finish(self) {
        if self.count("SELECT COUNT(*) FROM job WHERE kind = 'check_health'").await > 0 {
            // The look over the house comes half a minute after the walk.
            self.deps.clock.advance(Duration::from_secs(31));
        }
        self.settle().await;
        if self.count("SELECT COUNT(*) FROM job").await > 0 {
            let job = self
                .text("SELECT kind || ' ' || state || ' ' || COALESCE(last_error, '-') FROM job LIMIT 1")
                .await;
            panic!("jobs left behind: {job}");
        }
        assert_eq!(self.count("SELECT COUNT(*) FROM webhook_event WHERE state = 'pending'").await, 0);
        assert_eq!(self.sandbox.violations().await, Vec::<String>::new(), "the client misbehaved");
        self.check_against_stripes_document().await;
        self.check_ledger().await;
        let checks = verify::of(&self.deps).await.expect("verify runs");
        let broken: Vec<_> = checks.iter().filter(|c| !c.problems.is_empty()).collect();
        assert!(broken.is_empty(), "{broken:#?}");
        self.close().await;
    }

    /// Ends a story that broke something on purpose.
    pub async fn close(self) {
        self.deps.store.close().await;
        if let Some(url) = &self.database_url {
            postgres::drop_database(url).await;
        }
    }

    async fn check_against_stripes_document(&self) {
        let Some(spec) = Spec::load() else {
            eprintln!("*** Stripe's OpenAPI document is not here: requests were NOT checked against it ***");
            return;
        };
        for r in self.sandbox.requests().await {
            let LoggedRequest { method, path, query, form, .. } = &r;
            let problems = spec.check_request(method, path, query, form);
            assert!(problems.is_empty(), "{method} {path} {query:?} {form:?}: {problems:#?}");
            assert_eq!(r.stripe_version.as_deref(), Some(almoner::payments::API_VERSION));
        }
    }

    /// I1: what our entries of gifts that came by Stripe sum to is what the stand-in's balance moved, by currency.
    async fn check_ledger(&self) {
        let mut theirs = std::collections::BTreeMap::<String, i64>::new();
        for line in self.sandbox.ledger().await {
            if line.kind != "payout" {
                *theirs.entry(line.currency.to_uppercase()).or_default() += line.net;
            }
        }
        let sql = "SELECT e.currency, CAST(SUM(e.amount_minor) AS BIGINT) FROM ledger_entry e \
                   JOIN gift g ON g.id = e.gift_id WHERE g.stripe_charge IS NOT NULL GROUP BY e.currency";
        let rows: Vec<(String, i64)> = match &self.deps.store {
            Store::Sqlite { read, .. } => sqlx::query_as(sql).fetch_all(read).await.expect("ledger"),
            Store::Postgres(pool) => sqlx::query_as(sql).fetch_all(pool).await.expect("ledger"),
        };
        let ours: std::collections::BTreeMap<String, i64> = rows.into_iter().collect();
        assert_eq!(ours, theirs, "the ledger is not Stripe's");
    }
}

pub fn location(response: &reqwest::Response) -> String {
    response.headers().get("location").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
}

/// A database beside the story's own, in which nothing is yet.
pub struct OtherDatabase {
    /// `DATABASE_URL` of it.
    pub url: String,
    on_server: bool,
}

impl OtherDatabase {
    pub async fn drop(self) {
        if self.on_server {
            postgres::drop_database(&self.url).await;
        }
    }
}

/// An empty database of a kind, the file at `file`; `None` when PostgreSQL is asked for and not here.
pub async fn fresh_database(kind: Database, file: &std::path::Path) -> Option<OtherDatabase> {
    Some(match kind {
        Database::Sqlite => OtherDatabase { url: format!("sqlite://{}", file.display()), on_server: false },
        Database::Postgres => OtherDatabase { url: postgres::empty_database().await?, on_server: true },
    })
}

async fn open(database: Database, file: PathBuf) -> Option<(Store, Option<String>)> {
    Some(match database {
        Database::Sqlite => {
            let store = Store::open_sqlite(&file).await.expect("SQLite opens");
            store.migrate().await.expect("migrates");
            (store, None)
        }
        Database::Postgres => {
            let url = postgres::fresh_database().await?;
            (Store::open_postgres(&url).await.expect("PostgreSQL opens"), Some(url))
        }
    })
}

async fn sandbox(clock: &Clock) -> Sandbox {
    let clock = clock.clone();
    let options = Options {
        now: Arc::new(move || clock.now().as_micros()),
        seed: 1,
        snapshot: None,
        secret_key: STRIPE_KEY.to_owned(),
        limits: None,
        country: "GB".to_owned(),
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    Sandbox::start(listener, options).await.expect("the stand-in starts")
}

fn config(base: &str, stripe: &str, mail: PathBuf) -> Config {
    Config {
        database: DatabaseUrl::Sqlite(PathBuf::from("unused")),
        base_url: base.parse().expect("an origin"),
        listen: ([127, 0, 0, 1], 0).into(),
        stripe: StripeConfig {
            secret_key: SecretString::from(STRIPE_KEY),
            webhook_secrets: vec![SecretString::from(WEBHOOK_SECRET)],
            api_base: stripe.to_owned(),
            livemode: false,
        },
        export_dir: mail.with_file_name("exports"),
        mail: MailConfig {
            transport: MailTransport::Folder(mail),
            from: "Lantern Freedom Trust <giving@lantern.example>".to_owned(),
        },
        session_secret: SecretString::from("a-session-secret-for-tests-only-0123456789"),
        trusted_proxies: Vec::new(),
        operations: almoner::config::OperationsConfig::default(),
        charity: Charity::example(),
    }
}

fn read_mail(bytes: &[u8]) -> Mail {
    let message = mail_parser::MessageParser::default().parse(bytes).expect("a mail");
    let to = message.to().and_then(|t| t.first()).and_then(|a| a.address()).unwrap_or_default();
    Mail {
        to: to.to_owned(),
        subject: message.subject().unwrap_or_default().to_owned(),
        text: message.body_text(0).unwrap_or_default().replace("\r\n", "\n"),
        html: message.body_html(0).unwrap_or_default().into_owned(),
        message_id: message.message_id().unwrap_or_default().to_owned(),
        raw: String::from_utf8_lossy(bytes).into_owned(),
    }
}
