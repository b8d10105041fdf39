//! A charity's books of any size, written by a few large statements: a fresh database with so many gifts of invented
//! people, with receipts, ledger, refunds, disputes and plans. The same number gives the same books.
//!
//! Every statement counts from 0 to N with a recursive query and works its rows out from the number, so that nothing but
//! the statement travels. What comes from a calendar or a list of names lies in tables that are dropped at the end.

use almoner::store::Store;
use sqlx::AssertSqlSafe;

/// Gifts written by one statement.
const AT_ONCE: u64 = 50_000;
/// Three years, a row an hour.
const HOURS: u64 = 26_280;
/// The first hour: 22 November 2023, in UTC and in London alike.
const BEGIN: jiff::civil::DateTime = jiff::civil::date(2023, 11, 22).at(0, 0, 0, 0);
/// SHA-256 of `{}`.
const NOTHING: &str = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";

const GIVEN: [&str; 16] = [
    "Ada", "Bram", "Chidi", "Dara", "Elin", "Farah", "Goran", "Hana", "Ines", "Jonas", "Kemal", "Leona",
    "Mirela", "Nadia", "Omar", "Priya",
];
const FAMILY: [&str; 25] = [
    "Marsh",
    "Okafor",
    "Lindqvist",
    "Haddad",
    "Novak",
    "Pereira",
    "Quill",
    "Rahman",
    "Santos",
    "Thorne",
    "Ueda",
    "Varga",
    "Whitlock",
    "Yilmaz",
    "Zielinski",
    "Abbott",
    "Brandt",
    "Castell",
    "Dunmore",
    "Eklund",
    "Fairley",
    "Grieve",
    "Hollis",
    "Ivanov",
    "Jarrett",
];

/// How large the books are.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Gifts.
    pub gifts: u64,
    /// The hours over which they come: the first, and how many.
    pub hours: (u64, u64),
}

impl Size {
    /// So many gifts in three years.
    pub fn of(gifts: u64) -> Size {
        Size { gifts, hours: (0, HOURS) }
    }

    /// SQL for the hour in which row `number` of `rows` comes.
    fn hour(self, number: &str, rows: u64) -> String {
        let (first, hours) = self.hours;
        format!("{first} + {number} * {hours} / {}", rows.max(1))
    }

    /// One donor in ten gifts, and four at least.
    pub fn donors(self) -> u64 {
        (self.gifts / 10).max(4)
    }

    /// One plan in fifty gifts; each has several charges.
    pub fn plans(self) -> u64 {
        (self.gifts / 50).max(1)
    }

    /// The entity in the United States has every twentieth gift.
    fn american(self) -> u64 {
        self.gifts.div_ceil(20)
    }
}

/// The id of gift `number`.
pub fn gift_id(number: u64) -> String {
    format!("gift_01{number:024}")
}

/// The id of donor `number`.
pub fn donor_id(number: u64) -> String {
    format!("dnr_01{number:024}")
}

/// The mailbox of donor `number`.
pub fn email(number: u64) -> String {
    let (given, family) = name(number);
    format!("{}.{}.{number}@donors.example", given.to_lowercase(), family.to_lowercase())
}

/// First and last name of donor `number`.
pub fn name(number: u64) -> (&'static str, &'static str) {
    let place = |number: u64, length: usize| usize::try_from(number).unwrap_or(0) % length;
    (GIVEN[place(number, GIVEN.len())], FAMILY[place(number / 16, FAMILY.len())])
}

/// Fills a database that was migrated and holds nothing yet.
pub async fn fill(store: &Store, size: Size) {
    run(store, helpers(store)).await;
    run(store, donors(size)).await;
    run(store, plans(size)).await;
    let mut from = 0;
    while from < size.gifts {
        let upto = (from + AT_ONCE).min(size.gifts);
        run(store, gifts(size, from, upto)).await;
        from = upto;
    }
    run(store, the_end(size)).await;
    match store {
        Store::Sqlite { .. } => run(store, "ANALYZE; PRAGMA wal_checkpoint(TRUNCATE);".to_owned()).await,
        Store::Postgres(_) => run(store, "VACUUM ANALYZE".to_owned()).await,
    }
}

async fn run(store: &Store, sql: String) {
    let done = match store {
        Store::Sqlite { write, .. } => {
            sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(write).await.map(|_| ())
        }
        Store::Postgres(pool) => sqlx::raw_sql(AssertSqlSafe(sql.clone())).execute(pool).await.map(|_| ()),
    };
    if let Err(error) = done {
        panic!("{error}\n{}", &sql[..sql.len().min(2000)]);
    }
}

/// The calendar and the names. A table of our own can be typed as each database has it.
fn helpers(store: &Store) -> String {
    let (instant, day) = match store {
        Store::Sqlite { .. } => ("TEXT", "TEXT"),
        Store::Postgres(_) => ("TIMESTAMPTZ", "DATE"),
    };
    let hours: Vec<String> = (0..HOURS).map(hour).collect();
    let list = |names: &[&str]| {
        names.iter().enumerate().map(|(n, name)| format!("({n}, '{name}')")).collect::<Vec<_>>().join(", ")
    };
    format!(
        "BEGIN;
         CREATE TABLE bench_hour (n BIGINT PRIMARY KEY, at {instant} NOT NULL, day {day} NOT NULL, tax_year TEXT NOT NULL);
         CREATE TABLE bench_given (n BIGINT PRIMARY KEY, name TEXT NOT NULL);
         CREATE TABLE bench_family (n BIGINT PRIMARY KEY, name TEXT NOT NULL);
         INSERT INTO bench_hour VALUES {};
         INSERT INTO bench_given VALUES {};
         INSERT INTO bench_family VALUES {};
         COMMIT;",
        hours.join(", "),
        list(&GIVEN),
        list(&FAMILY)
    )
}

fn hour(number: u64) -> String {
    let hours = i64::try_from(number).unwrap_or(0);
    let at = BEGIN.checked_add(jiff::SignedDuration::from_hours(hours)).expect("an hour of these years");
    let label = almoner::domain::tax_year::label(at.date(), 4, 6);
    format!("({number}, '{}.000000Z', '{}', '{label}')", at.strftime("%Y-%m-%dT%H:%M:%S"), at.date())
}

/// `WITH RECURSIVE` that counts from `from` to before `upto` as `n.i`.
fn count(from: u64, upto: u64) -> String {
    let (from, upto) = (format!("CAST({from} AS BIGINT)"), upto.max(from + 1));
    format!("WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {upto})")
}

/// SQL for an id or serial of so many digits out of a number.
fn digits(number: &str, width: usize) -> String {
    format!("substr(CAST({} + {number} AS TEXT), 2)", 10_u64.pow(u32::try_from(width).unwrap_or(9)))
}

/// SQL for an id of ours: as in [`gift_id`].
fn id(prefix: &str, number: &str) -> String {
    format!("'{prefix}_01000000000000000' || {}", digits(number, 9))
}

fn donors(size: Size) -> String {
    let (count, donor) = (count(0, size.donors()), id("dnr", "n.i"));
    let known = format!("SELECT at FROM bench_hour WHERE bench_hour.n = {}", size.hour("n.i", size.donors()));
    let joined = "FROM n JOIN bench_given g ON g.n = n.i % 16 JOIN bench_family f ON f.n = (n.i / 16) % 25";
    let email = "lower(g.name) || '.' || lower(f.name) || '.' || CAST(n.i AS TEXT) || '@donors.example'";
    let term = |word: &str| {
        format!("INSERT INTO donor_term (term, donor_id) {count} SELECT {word}, {donor} {joined};")
    };
    format!(
        "BEGIN;
         INSERT INTO donor (id, standing, kind, email, email_norm, given_name, family_name, locale, created_at, updated_at,
         owner_id, terms_at) {count} SELECT {donor}, 'guest', 'individual', {email}, {email}, g.name, f.name, 'en-GB',
         ({known}), ({known}), {donor}, ({known}) {joined};
         {}
         {}
         {}
         COMMIT;",
        term("lower(g.name)"),
        term("lower(f.name)"),
        term(email)
    )
}

/// Each plan belongs to one donor; its first charge is gift `4 x plan`.
fn plans(size: Size) -> String {
    let (count, plan, payment) = (count(0, size.plans()), id("plg", "n.i"), id("pay", "n.i"));
    let donor = id("dnr", &format!("(n.i % {})", size.donors()));
    let hour = format!("FROM n JOIN bench_hour h ON h.n = {}", size.hour("(4 * n.i)", size.gifts));
    let entity = "CASE WHEN n.i % 5 = 0 THEN 'us' ELSE 'uk' END";
    let currency = "CASE WHEN n.i % 5 = 0 THEN 'USD' ELSE 'GBP' END";
    let state =
        "CASE n.i % 10 WHEN 0 THEN 'ended' WHEN 1 THEN 'retrying' WHEN 2 THEN 'paused' ELSE 'active' END";
    format!(
        "BEGIN;
         INSERT INTO payment (id, reference, form_nonce, form_revision, fingerprint, state, frequency, donor_id, entity_id,
         fund_id, currency, amount_minor, fee_cover_minor, donor_details, evidence, checkout_request, created_at,
         updated_at) {count} SELECT {payment}, 'bench' || CAST(n.i AS TEXT), 'bench' || CAST(n.i AS TEXT), 1, 'bench',
         'paid', 'monthly', {donor}, {entity}, 'justice', {currency}, 2500, 0, '{{}}', '{{}}', '{{}}', h.at, h.at {hour};
         INSERT INTO pledge (id, payment_id, donor_id, entity_id, fund_id, frequency, currency, amount_minor,
         fee_cover_minor, state, stripe_subscription, stripe_customer, started_at, ended_at, ended_why, seen_at, updated_at,
         method_label, method_last4) {count} SELECT {plan}, {payment}, {donor}, {entity}, 'justice', 'monthly', {currency},
         2500, 0, {state}, 'sub_bench' || {digits}, 'cus_bench' || {digits}, h.at,
         CASE WHEN n.i % 10 = 0 THEN h.at END, CASE WHEN n.i % 10 = 0 THEN 'asked' END, h.at, h.at, 'Visa', '4242' {hour};
         COMMIT;",
        digits = digits("n.i", 9)
    )
}

/// What is worked out from the number of a gift.
struct Parts {
    count: String,
    gift: String,
    hour: String,
    american: &'static str,
    amount: &'static str,
    back: &'static str,
}

impl Parts {
    fn new(size: Size, from: u64, upto: u64) -> Parts {
        Parts {
            count: count(from, upto),
            gift: id("gift", "n.i"),
            hour: format!("JOIN bench_hour h ON h.n = {}", size.hour("n.i", size.gifts)),
            american: "n.i % 20 = 0",
            amount: "(500 + (n.i * 7919 % 97) * 100)",
            // One in fifty went back whole, one in fifty in part.
            back: "CASE WHEN n.i % 50 = 7 THEN (500 + (n.i * 7919 % 97) * 100) ELSE 250 END",
        }
    }

    fn currency(&self) -> String {
        format!("CASE WHEN {} THEN 'USD' ELSE 'GBP' END", self.american)
    }

    fn entity(&self) -> String {
        format!("CASE WHEN {} THEN 'us' ELSE 'uk' END", self.american)
    }
}

fn gifts(size: Size, from: u64, upto: u64) -> String {
    let p = Parts::new(size, from, upto);
    let statements = [gift_rows(size, &p), receipts(&p), entries(&p), refunds(&p), disputes(&p)];
    format!("BEGIN;\n{}\nCOMMIT;", statements.join("\n"))
}

fn gift_rows(size: Size, p: &Parts) -> String {
    let plans = size.plans();
    let plan = format!("((n.i / 4) % {plans})");
    // A charge of a plan is its donor's; plan and gift fall to the American entity together.
    let donor_number = format!("CASE WHEN n.i % 4 = 0 THEN {plan} ELSE n.i * 31 END % {}", size.donors());
    let fund = "CASE n.i % 4 WHEN 0 THEN 'justice' WHEN 1 THEN 'where-needed-most' WHEN 2 THEN 'rescue-aftercare' \
                ELSE 'classroom' END";
    format!(
        "INSERT INTO gift (id, payment_id, pledge_id, donor_id, entity_id, fund_id, campaign_id, currency, amount_minor,
         fee_cover_minor, instalment, received_at, received_on, tax_year, method_kind, method_label, method_last4,
         donor_details, note, stripe_payment_intent, stripe_charge, created_at) {count}
         SELECT {gift}, CASE WHEN n.i % 4 = 0 AND n.i / 4 < {plans} THEN {payment} END,
         CASE WHEN n.i % 4 = 0 THEN {plan_id} END, d.id, {entity}, {fund},
         CASE WHEN n.i % 9 = 0 THEN 'winter-light' END, {currency}, {amount}, n.i % 3 * 15,
         CASE WHEN n.i % 4 = 0 THEN n.i / 4 / {plans} + 1 END, h.at, h.day, h.tax_year,
         CASE WHEN n.i % 7 = 0 THEN 'bacs_debit' ELSE 'card' END, CASE WHEN n.i % 7 = 0 THEN 'Bacs Direct Debit' ELSE 'Visa' END,
         '4242', '{{\"kind\":\"individual\",\"given_name\":\"' || d.given_name || '\",\"family_name\":\"' || d.family_name ||
         '\",\"organisation\":null,\"email\":\"' || d.email || '\",\"address\":{{\"line1\":\"' || CAST(n.i % 400 AS TEXT) ||
         ' Lantern Street\",\"line2\":\"\",\"city\":\"Exampleton\",\"region\":\"\",\"postcode\":\"SW1A 1AA\",\"country\":\"GB\"}},' ||
         '\"locale\":\"en-GB\"}}', CASE WHEN n.i % 40 = 0 THEN 'With warm wishes' END,
         'pi_bench' || {digits}, 'ch_bench' || {digits}, h.at FROM n {hour} JOIN donor d ON d.id = {donor};",
        count = p.count,
        gift = p.gift,
        payment = id("pay", "(n.i / 4)"),
        plan_id = id("plg", &plan),
        entity = p.entity(),
        currency = p.currency(),
        amount = p.amount,
        digits = digits("n.i", 9),
        hour = p.hour,
        donor = id("dnr", &format!("({donor_number})")),
    )
}

fn receipts(p: &Parts) -> String {
    // Serials run without a gap in each entity: one in twenty is American.
    let serial = format!("CASE WHEN {} THEN n.i / 20 + 1 ELSE n.i - n.i / 20 END", p.american);
    format!(
        "INSERT INTO receipt (id, gift_id, version, entity_id, year, serial, number, content, content_sha256, issued_at,
         delivery) {count} SELECT {id}, {gift}, 1, {entity}, 2023, {serial},
         CASE WHEN {american} THEN 'LFUS-2023-' ELSE 'LFT-2023-' END || {digits}, '{{}}', '{NOTHING}', h.at, 'paper'
         FROM n {hour};",
        count = p.count,
        id = id("rct", "n.i"),
        gift = p.gift,
        entity = p.entity(),
        american = p.american,
        digits = digits(&format!("({serial})"), 8),
        hour = p.hour,
    )
}

fn entries(p: &Parts) -> String {
    let entry = |offset: u64, kind: &str, amount: &str, object: &str, only: &str| {
        format!(
            "INSERT INTO ledger_entry (id, gift_id, kind, currency, amount_minor, occurred_at, stripe_object,
             balance_transaction, created_at) {count} SELECT {id}, {gift}, '{kind}', {currency}, {amount}, h.at,
             '{object}_bench' || {digits}, 'txn_{object}' || {digits}, h.at FROM n {hour} WHERE {only};",
            count = p.count,
            id = id("ent", &format!("(n.i * 6 + {offset})")),
            gift = p.gift,
            currency = p.currency(),
            digits = digits("n.i", 9),
            hour = p.hour,
        )
    };
    let fee = format!("-(20 + {} * 15 / 1000)", p.amount);
    let (back, lost) = (format!("-({})", p.back), format!("-({})", p.amount));
    [
        entry(0, "gift", p.amount, "ch", "1 = 1"),
        entry(1, "fee", &fee, "ch", "1 = 1"),
        entry(2, "refund", &back, "re", "n.i % 50 IN (7, 9)"),
        entry(3, "dispute_withdrawn", &lost, "dp", "n.i % 1000 = 5"),
        entry(4, "dispute_fee", "-2000", "dp", "n.i % 1000 = 5"),
    ]
    .join("\n")
}

fn refunds(p: &Parts) -> String {
    format!(
        "INSERT INTO refund (id, gift_id, stripe_refund, currency, amount_minor, state, reason, made_at, updated_at) {count}
         SELECT {id}, {gift}, 're_bench' || {digits}, {currency}, {back}, 'succeeded', 'requested_by_customer', h.at, h.at
         FROM n {hour} WHERE n.i % 50 IN (7, 9);",
        count = p.count,
        id = id("rfd", "n.i"),
        gift = p.gift,
        digits = digits("n.i", 9),
        currency = p.currency(),
        back = p.back,
        hour = p.hour,
    )
}

fn disputes(p: &Parts) -> String {
    format!(
        "INSERT INTO dispute (id, gift_id, stripe_dispute, currency, amount_minor, state, reason, made_at, updated_at) {count}
         SELECT {id}, {gift}, 'dp_bench' || {digits}, {currency}, {amount},
         CASE WHEN n.i % 3000 = 5 THEN 'open' ELSE 'lost' END, 'fraudulent', h.at, h.at FROM n {hour} WHERE n.i % 1000 = 5;",
        count = p.count,
        id = id("dsp", "n.i"),
        gift = p.gift,
        digits = digits("n.i", 9),
        currency = p.currency(),
        amount = p.amount,
        hour = p.hour,
    )
}

/// The counters stand where the receipts end, and the helpers go.
fn the_end(size: Size) -> String {
    let american = size.american();
    format!(
        "INSERT INTO receipt_counter (entity_id, year, last) VALUES ('us', 2023, {american}), ('uk', 2023, {});
         DROP TABLE bench_hour; DROP TABLE bench_given; DROP TABLE bench_family;",
        size.gifts - american
    )
}
