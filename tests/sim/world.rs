//! What outlives a crash: Stripe, the donors and what they hold in their browsers, the mails that were taken, the time, and
//! what the disk holds.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, LazyLock};

use almoner::clock::{Clock, Ts};
use almoner::config::{Charity, Config, DatabaseUrl, MailConfig, MailTransport, StripeConfig};
use almoner::sandbox::{Delivery, DeliveryMode, Options, Sandbox, Webhook};
use almoner::services::give::GiveCommand;
use almoner::store::Store;
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::dice::Dice;
use crate::postgres;

pub const WEBHOOK_SECRET: &str = "whsec_test_0123456789abcdef0123456789abcdef";
const STRIPE_KEY: &str = "sk_test_0123456789abcdef0123456789abcdef";
const START: &str = "2026-11-22T10:00:00Z";
pub const STAFF: &str = "stf_00000000000000000000000001";

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disk {
    Sqlite,
    Postgres,
}

/// A form in a donor's browser: sent once or more.
pub struct Form {
    pub command: GiveCommand,
    /// The payment page that it led to, as far as the donor was told.
    pub session: Option<String>,
    /// Paid, or being paid.
    pub done: bool,
}

/// What the lives of one seed have in common.
pub struct World {
    pub sandbox: Sandbox,
    pub clock: Clock,
    pub dice: Dice,
    pub dir: tempfile::TempDir,
    disk: Disk,
    file: PathBuf,
    url: String,
    pub crashes: usize,
    pub faults: usize,
    /// Mails that the next host took, each as often as it did.
    pub mails_taken: Rc<Cell<usize>>,
    /// Mails that may have been taken twice: a life ended between the taking and the note of it.
    pub mails_at_risk: usize,
    /// At Stripe, not answered yet.
    pub waiting: Vec<Delivery>,
    /// Events that will never come.
    pub lost: usize,
    /// Answered with 2xx: promised.
    pub promised: BTreeSet<String>,
    pub forms: Vec<Form>,
    pub disputes: Vec<String>,
    /// States that have no way back, as they were seen.
    pub settled: BTreeMap<String, String>,
    pub trace: Vec<String>,
    pub wrong: Vec<String>,
}

/// Where the stand-ins live: apart from the lives, which end at any moment.
pub fn stage() -> &'static Runtime {
    static STAGE: LazyLock<Runtime> = LazyLock::new(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut stage = tokio::runtime::Builder::new_multi_thread();
        stage.worker_threads(2).enable_all().build().expect("threads")
    });
    &STAGE
}

/// A migrated file with a member of staff in it, made once.
pub static TEMPLATE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("template.db");
    stage().block_on(async {
        let store = Store::open_sqlite_unsynced(&file).await.expect("opens");
        store.migrate().await.expect("migrates");
        add_staff(&store).await;
        store.close().await;
    });
    std::fs::read(&file).expect("the template")
});

async fn add_staff(store: &Store) {
    let sql = "INSERT INTO staff (id, email, email_norm, name, roles, state, created_at, updated_at) \
               VALUES ($1, $2, $2, 'Sam Office', 'finance', 'active', $3, $3)";
    let (mail, at) = ("sam@staff.example", Ts::parse(START).expect("an instant"));
    match store {
        Store::Sqlite { write, .. } => {
            sqlx::query(sql).bind(STAFF).bind(mail).bind(at).execute(write).await.map(|_| ())
        }
        Store::Postgres(pool) => {
            sqlx::query(sql).bind(STAFF).bind(mail).bind(at).execute(pool).await.map(|_| ())
        }
    }
    .expect("a member of staff");
}

impl World {
    pub async fn new(disk: Disk, seed: u64, template: &[u8]) -> World {
        let dir = tempfile::tempdir_in(fast_folder()).expect("a temporary directory");
        let file = dir.path().join("0.db");
        let mut url = String::new();
        match disk {
            Disk::Sqlite => std::fs::write(&file, template).expect("a copy"),
            Disk::Postgres => {
                url = postgres::fresh_database().await.expect("PostgreSQL");
                let store = Store::open_postgres(&url).await.expect("opens");
                add_staff(&store).await;
                store.close().await;
            }
        }
        let clock = Clock::frozen(Ts::parse(START).expect("an instant"));
        let now = clock.clone();
        let options = Options {
            now: Arc::new(move || now.now().as_micros()),
            seed,
            snapshot: None,
            secret_key: STRIPE_KEY.to_owned(),
            limits: None,
            country: "GB".to_owned(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let sandbox = Sandbox::start(listener, options).await.expect("the stand-in starts");
        let hook = Webhook {
            url: "http://127.0.0.1:9/webhooks/stripe".to_owned(),
            secrets: vec![WEBHOOK_SECRET.to_owned()],
            api_version: None,
            mode: DeliveryMode::Manual,
        };
        sandbox.set_webhook(Some(hook)).await;
        World {
            sandbox,
            clock,
            dice: Dice::new(seed),
            dir,
            disk,
            file,
            url,
            crashes: 0,
            faults: 0,
            mails_taken: Rc::default(),
            mails_at_risk: 0,
            waiting: Vec::new(),
            lost: 0,
            promised: BTreeSet::new(),
            forms: Vec::new(),
            disputes: Vec::new(),
            settled: BTreeMap::new(),
            trace: Vec::new(),
            wrong: Vec::new(),
        }
    }

    pub async fn open_store(&self) -> Store {
        match self.disk {
            Disk::Sqlite => Store::open_sqlite_unsynced(&self.file).await,
            Disk::Postgres => Store::open_postgres(&self.url).await,
        }
        .expect("the database opens after whatever happened")
    }

    /// What is left when the power comes back: what was committed. PostgreSQL sees its connections break and does the same.
    pub fn power_cut(&mut self) {
        self.crashes += 1;
        if self.disk == Disk::Sqlite {
            let next = self.dir.path().join(format!("{}.db", self.crashes));
            for end in ["", "-wal"] {
                let (from, to) = (with_end(&self.file, end), with_end(&next, end));
                if from.exists() {
                    std::fs::copy(from, to).expect("a copy of what the disk holds");
                }
            }
            self.file = next;
        }
    }

    pub async fn close(self) {
        self.sandbox.shutdown().await;
        if self.disk == Disk::Postgres {
            postgres::drop_database(&self.url).await;
        }
    }

    pub fn config(&self) -> Config {
        Config {
            database: DatabaseUrl::Sqlite(PathBuf::from("unused")),
            base_url: "http://127.0.0.1:9".parse().expect("an origin"),
            listen: ([127, 0, 0, 1], 0).into(),
            stripe: StripeConfig {
                secret_key: SecretString::from(STRIPE_KEY),
                webhook_secrets: vec![SecretString::from(WEBHOOK_SECRET)],
                api_base: self.sandbox.api_base(),
                livemode: false,
            },
            export_dir: self.dir.path().join("exports"),
            mail: MailConfig {
                transport: MailTransport::Folder(self.dir.path().join("mail")),
                from: "Lantern Freedom Trust <giving@lantern.example>".to_owned(),
            },
            session_secret: SecretString::from("a-session-secret-for-tests-only-0123456789"),
            trusted_proxies: Vec::new(),
            operations: almoner::config::OperationsConfig::default(),
            charity: CHARITY.clone(),
        }
    }

    pub fn say(&mut self, line: impl Into<String>) {
        self.trace.push(line.into());
    }
}

static CHARITY: LazyLock<Charity> = LazyLock::new(Charity::example);

/// Nothing here has to outlive the machine.
fn fast_folder() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    if memory.is_dir() { memory } else { std::env::temp_dir() }
}

fn with_end(file: &std::path::Path, end: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(end);
    PathBuf::from(name)
}
