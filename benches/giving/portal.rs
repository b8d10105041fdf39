//! P3: the overview of a donor with 100 gifts and 2 plans, as signed-in browsers ask for it.

use std::time::Duration;

use almoner::clock::{Clock, Ts};
use almoner::domain::ids::{DonorId, EntryId, GiftId, PaymentId, PledgeId, ReceiptId, RefundId};
use almoner::domain::money::{Currency, Money};
use almoner::domain::tax_year;
use almoner::random::Random;
use almoner::services::sessions;
use tempfile::TempDir;

use crate::cores::Cores;
use crate::load::{self, Traffic, Until};
use crate::pg::Postgres;
use crate::report::{Goal, Report, Turn, median};
use crate::rows::{Script, null, text};
use crate::server::Server;
use crate::{Bench, place, rounds};

/// Connections at once, as in goal P3.
const CONNECTIONS: usize = 32;
const WARM_UP: Duration = Duration::from_secs(2);
const TURN: Duration = Duration::from_secs(3);

/// The one who is signed in and others like them: with one alone, PostgreSQL would read whole tables.
const DONORS: u32 = 30;
const GIFTS: u32 = 100;
const PLANS: u32 = 2;
/// A gift every fortnight or so: two monthly plans, four years long.
const DAYS_BETWEEN: u64 = 15;
const LOCALE: &str = "en-GB";

/// Runs it on PostgreSQL and on SQLite, turn by turn with `pgbench`; on SQLite alone when there is no PostgreSQL.
pub fn run(bench: &mut Bench) {
    let Bench { cores, report } = bench;
    cores.hold_load();
    bare_php(report);
    let folder = place::on_disk();
    let database = format!("sqlite://{}", folder.path().join("almoner.db").display());
    let mut sqlite = Target::start(cores, folder, &database);
    match Postgres::start(cores) {
        Some(postgres) => {
            postgres.prepare_yardstick(cores);
            let mut server = Target::start(cores, place::on_disk(), &postgres.database("portal"));
            let (mut on_postgres, mut on_sqlite) = (Vec::<Turn>::new(), Vec::<Turn>::new());
            for _ in 0..rounds() {
                let selects = postgres.selects(cores);
                on_postgres.push((server.turn(false), selects));
                on_sqlite.push((sqlite.turn(false), selects));
            }
            let yard = "tps of pgbench -S -M prepared -c 8";
            report.ratio("P3 portal PostgreSQL", "pages/s", yard, &on_postgres, Goal::AtLeast(0.03));
            report.ratio("P3 portal SQLite", "pages/s", yard, &on_sqlite, Goal::AtLeast(0.03));
            server.finish(report, "portal PostgreSQL");
        }
        None => {
            report.note(
                "portal: PostgreSQL SKIPPED, its binaries are not here: SQLite has no yardstick.".to_owned(),
            );
            let rates: Vec<f64> = (0..rounds()).map(|_| sqlite.turn(false)).collect();
            report.plain("portal SQLite", "pages/s", &rates, Goal::None);
        }
    }
    sqlite.finish(report, "portal SQLite");
    cores.release();
}

/// Goal P3's first yardstick: the same statements and the same page in bare PHP.
fn bare_php(report: &mut Report) {
    let places: Vec<_> = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).collect();
    let here = ["php", "php-fpm"].iter().any(|name| places.iter().any(|p| p.join(name).is_file()));
    let why = if here { "php is here, but the page for it is not written" } else { "php is not here" };
    report.note(format!("portal: P3's >= 3 x a bare PHP page NOT MEASURED: {why}."));
}

/// A server, a donor who is signed in, and what browsers saw.
struct Target {
    server: Server,
    cookie: String,
    _folder: TempDir,
    waits: Vec<f64>,
    busy: Vec<f64>,
    bytes: usize,
}

impl Target {
    /// Writes the donor, starts the server, looks at the page once and warms up.
    fn start(cores: &Cores, folder: TempDir, database: &str) -> Target {
        let donor = donors(Clock::System.now());
        donor.script.write(database);
        let server = Server::start(cores, folder.path(), database, false);
        let (waits, busy) = (Vec::new(), Vec::new());
        let mut target = Target { server, cookie: donor.cookie, _folder: folder, waits, busy, bytes: 0 };
        let page = load::once(target.server.address, &target.request(false), 200);
        assert!(page.contains(&donor.sum), "{} is not on the page:\n{page}", donor.sum);
        target.bytes = page.split_once("\r\n\r\n").map_or(0, |(_, body)| body.len());
        target.turn(false);
        target.waits.clear();
        target.busy.clear();
        target
    }

    fn request(&self, gzip: bool) -> Vec<u8> {
        let accept = if gzip { "accept-encoding: gzip\r\n" } else { "" };
        format!(
            "GET /portal HTTP/1.1\r\nhost: {}\r\ncookie: almoner={}\r\naccept: text/html\r\n{accept}\
             user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\r\n",
            self.server.address, self.cookie
        )
        .into_bytes()
    }

    /// One turn at full speed; pages a second.
    fn turn(&mut self, gzip: bool) -> f64 {
        let length = if self.busy.is_empty() { WARM_UP } else { TURN };
        let request = self.request(gzip);
        let next = || request.clone();
        let traffic = Traffic { connections: CONNECTIONS, wanted: 200, next: &next };
        let before = self.server.cpu_seconds();
        let outcome = load::closed(self.server.address, &traffic, Until::Time(length));
        assert_eq!(outcome.refused, 0, "{:?}", outcome.statuses);
        self.busy.push((self.server.cpu_seconds() - before) / outcome.seconds * 100.0);
        self.waits.push(outcome.wait_at(0.99));
        outcome.rate()
    }

    fn finish(self, report: &mut Report, label: &str) {
        let what = format!("P3 {label}: p99 of the wait at {CONNECTIONS} connections, as fast as they go");
        report.plain(&what, "ms", &self.waits, Goal::AtMost(50.0));
        report.note(format!(
            "{label}: the page has {} bytes; the server used {:.0} % of one processor.",
            self.bytes,
            median(&self.busy)
        ));
    }
}

/// A donor who is signed in.
struct SignedIn {
    script: Script,
    cookie: String,
    /// What the page says they gave in this tax year.
    sum: String,
}

fn donors(now: Ts) -> SignedIn {
    let random = Random::system();
    let mut script = Script::default();
    let (mut id, mut sum) = donor(&mut script, &random, 0, now);
    for number in 1..DONORS {
        (id, sum) = donor(&mut script, &random, number, now);
    }
    let cookie = tower_sessions::session::Id::default().to_string();
    let held = format!(r#"{{"held":{{"donor":"{id}","agent":"Firefox on Linux"}}}}"#);
    script.insert(
        "web_session",
        "id_sha256, donor_id, data, agent, created_at, seen_at",
        &[
            text(sessions::hash(&cookie)),
            text(&id),
            text(held),
            text("Firefox on Linux"),
            text(now),
            text(now),
        ],
    );
    SignedIn { script, cookie, sum: Money::new(sum, Currency::GBP).display(LOCALE) }
}

/// A donor with their plans and gifts; their id, and what they gave in this tax year.
fn donor(script: &mut Script, random: &Random, number: u32, now: Ts) -> (DonorId, i64) {
    let joined = now.minus(days(u64::from(GIFTS) * DAYS_BETWEEN));
    let id = DonorId::new(joined, random);
    script.account(&id, &format!("donor{number}@donors.example"), None, joined);
    let plans: Vec<PledgeId> = (0..PLANS).map(|_| plan(script, random, &id, now, joined)).collect();
    let london = jiff::tz::TimeZone::get("Europe/London").expect("a zone");
    let label = |at: Ts| tax_year::label(at.date_in(&london), 4, 6);
    let mut sum = 0_i64;
    for index in 0..GIFTS {
        let at = now.minus(days(u64::from(index) * DAYS_BETWEEN + 1));
        // One in ten stands alone, the others are charges of the plans in turn; one in fifteen was given back in part.
        let plan = (!index.is_multiple_of(10)).then(|| &plans[(index % PLANS) as usize]);
        let given = 1_500 + 100 * i64::from(index % 7);
        let back = if index % 15 == 7 { 500 } else { 0 };
        let (year, serial) = (label(at), number * GIFTS + index + 1);
        let day = at.date_in(&london).to_string();
        let instalment = (GIFTS - index) / PLANS + 1;
        let row = Gift { donor: &id, serial, instalment, plan, given, back, year: &year, at, day };
        gift(script, random, &row);
        if year == label(now) {
            sum += given - back;
        }
    }
    (id, sum)
}

fn days(count: u64) -> Duration {
    Duration::from_secs(count * 86_400)
}

fn plan(script: &mut Script, random: &Random, donor: &DonorId, now: Ts, began: Ts) -> PledgeId {
    let (id, payment) = (PledgeId::new(began, random), PaymentId::new(began, random));
    pay(script, &payment, donor, "monthly", 2_000, began);
    script.insert(
        "pledge",
        "id, payment_id, donor_id, entity_id, fund_id, frequency, currency, amount_minor, fee_cover_minor, state, \
         stripe_subscription, stripe_customer, started_at, next_charge_at, seen_at, updated_at",
        &[
            text(&id),
            text(&payment),
            text(donor),
            text("uk"),
            text("justice"),
            text("monthly"),
            text("GBP"),
            "2000".to_owned(),
            "0".to_owned(),
            text("active"),
            text(format!("sub_{id}")),
            text("cus_bench"),
            text(began),
            text(now.plus(days(9))),
            text(now),
            text(now),
        ],
    );
    id
}

fn pay(script: &mut Script, id: &PaymentId, donor: &DonorId, frequency: &str, minor: i64, at: Ts) {
    script.insert(
        "payment",
        "id, reference, form_nonce, form_revision, fingerprint, state, frequency, donor_id, entity_id, fund_id, \
         currency, amount_minor, fee_cover_minor, donor_details, evidence, checkout_request, created_at, updated_at",
        &[
            text(id),
            text(format!("ref-{id}")),
            text(format!("nonce-{id}")),
            "1".to_owned(),
            text("bench"),
            text("paid"),
            text(frequency),
            text(donor),
            text("uk"),
            text("justice"),
            text("GBP"),
            minor.to_string(),
            "0".to_owned(),
            text("{}"),
            text("{}"),
            text("{}"),
            text(at),
            text(at),
        ],
    );
}

struct Gift<'a> {
    donor: &'a DonorId,
    serial: u32,
    instalment: u32,
    plan: Option<&'a PledgeId>,
    given: i64,
    back: i64,
    year: &'a str,
    at: Ts,
    day: String,
}

fn gift(script: &mut Script, random: &Random, g: &Gift<'_>) {
    let id = GiftId::new(g.at, random);
    let payment = g.plan.is_none().then(|| PaymentId::new(g.at, random));
    if let Some(payment) = &payment {
        pay(script, payment, g.donor, "once", g.given, g.at);
    }
    script.insert(
        "gift",
        "id, payment_id, pledge_id, donor_id, entity_id, fund_id, currency, amount_minor, fee_cover_minor, instalment, \
         received_at, received_on, tax_year, method_kind, method_label, method_last4, donor_details, \
         stripe_payment_intent, stripe_charge, created_at",
        &[
            text(&id),
            payment.map_or_else(null, text),
            g.plan.map_or_else(null, text),
            text(g.donor),
            text("uk"),
            text("justice"),
            text("GBP"),
            g.given.to_string(),
            "0".to_owned(),
            g.plan.map_or_else(null, |_| g.instalment.to_string()),
            text(g.at),
            text(&g.day),
            text(g.year),
            text("card"),
            text("Visa"),
            text("4242"),
            text("{}"),
            text(format!("pi_bench{}", g.serial)),
            text(format!("ch_bench{}", g.serial)),
            text(g.at),
        ],
    );
    let mut entry = |kind: &str, minor: i64, object: String| {
        let columns = "id, gift_id, kind, currency, amount_minor, occurred_at, stripe_object, created_at";
        let (at, minor) = (text(g.at), minor.to_string());
        let id = [text(EntryId::new(g.at, random)), text(&id), text(kind), text("GBP"), minor];
        script.insert("ledger_entry", columns, &[&id[..], &[at.clone(), text(object), at]].concat());
    };
    entry("gift", g.given, format!("ch_bench{}", g.serial));
    entry("fee", -45, format!("ch_bench{}", g.serial));
    if g.back > 0 {
        entry("refund", -g.back, format!("re_bench{}", g.serial));
        script.insert(
            "refund",
            "id, gift_id, stripe_refund, currency, amount_minor, state, made_at, updated_at",
            &[
                text(RefundId::new(g.at, random)),
                text(&id),
                text(format!("re_bench{}", g.serial)),
                text("GBP"),
                g.back.to_string(),
                text("succeeded"),
                text(g.at),
                text(g.at),
            ],
        );
    }
    let receipt = ReceiptId::new(g.at, random);
    script.insert(
        "receipt",
        "id, gift_id, version, entity_id, year, serial, number, content, content_sha256, issued_at",
        &[
            text(receipt),
            text(&id),
            "1".to_owned(),
            text("uk"),
            "2020".to_owned(),
            g.serial.to_string(),
            text(format!("UK-2020-{:06}", g.serial)),
            text("{}"),
            text("0"),
            text(g.at),
        ],
    );
}
