//! P5: the office's lists, search and records at a million gifts against ten thousand. P7: all gifts as CSV.

use std::net::SocketAddr;
use std::time::Duration;

use almoner::clock::Clock;
use almoner::domain::ids::{StaffId, unguessable};
use almoner::random::Random;
use almoner::services::staff::door;
use almoner::store::Store;
use tempfile::TempDir;

use crate::cores::Cores;
use crate::load::{self, Traffic, Until};
use crate::million::{self, Size};
use crate::pg::{Postgres, block_on};
use crate::report::{Goal, Report, Turn, median};
use crate::rows::text;
use crate::server::Server;
use crate::{Bench, place, rounds, takeout};

const MANY: u64 = 1_000_000;
const FEW: u64 = 10_000;
/// One member of staff looks at one page at a time; a few do so at once.
const CONNECTIONS: usize = 2;
const WARM_UP: Duration = Duration::from_secs(2);
const TURN: Duration = Duration::from_secs(2);
/// The files of a million gifts on both databases, and room to spare.
const SPACE_NEEDED: u64 = 16 << 30;

/// Runs both on SQLite, and on PostgreSQL when it is here. `ALMONER_BENCH_GIFTS` may ask for fewer than a million.
pub fn run(bench: &mut Bench) {
    let wanted = std::env::var("ALMONER_BENCH_GIFTS").ok().and_then(|text| text.parse().ok());
    let many = Size::of(wanted.unwrap_or(MANY).max(FEW * 2));
    let (few, Bench { cores, report }) = (Size::of(FEW), bench);
    if many.gifts < MANY {
        report.note(format!("office: with {} gifts only: NOT the figures of the goals.", many.gifts));
    }
    let folder = place::on_disk();
    if place::free_bytes(folder.path()) < SPACE_NEEDED {
        report.note("office: NOT MEASURED, less than 16 GiB are free.".to_owned());
        return;
    }
    both(
        cores,
        report,
        "SQLite",
        &|name| format!("sqlite://{}", folder.path().join(name).display()),
        few,
        many,
        None,
    );
    match Postgres::start(cores) {
        Some(postgres) => {
            both(cores, report, "PostgreSQL", &|name| postgres.database(name), few, many, Some(&postgres));
        }
        None => report.note("office: PostgreSQL SKIPPED, its binaries are not here.".to_owned()),
    }
}

fn both(
    cores: &Cores,
    report: &mut Report,
    label: &str,
    database: &dyn Fn(&str) -> String,
    few: Size,
    many: Size,
    postgres: Option<&Postgres>,
) {
    cores.hold_load();
    let mut small = Office::open(cores, database("few"), few);
    let mut large = Office::open(cores, database("many"), many);
    report.note(format!(
        "office {label}: {} gifts of {} donors were written in {:.0} s, those of the small books in {:.0} s.",
        many.gifts,
        many.donors(),
        large.filled_in.as_secs_f64(),
        small.filled_in.as_secs_f64()
    ));
    pages(report, label, &mut small, &mut large);
    takeout::run(cores, report, label, &mut small, &mut large, postgres);
    cores.release();
}

/// A server over filled books, and a member of staff who is inside.
pub struct Office {
    /// The server.
    pub server: Server,
    /// Where the books are.
    pub database: String,
    /// How large they are.
    pub size: Size,
    /// What the browser sends.
    pub cookie: String,
    /// Kept while the server runs.
    pub folder: TempDir,
    /// How long filling took.
    pub filled_in: Duration,
    session: String,
}

impl Office {
    /// Fills a fresh database and starts a server over it.
    pub fn open(cores: &Cores, database: String, size: Size) -> Office {
        let began = std::time::Instant::now();
        block_on(async {
            let store = match database.strip_prefix("sqlite://") {
                Some(path) => Store::open_sqlite_unsynced(path.as_ref()).await,
                None => Store::open_postgres(&database).await,
            };
            let store = store.expect("the database opens");
            store.migrate().await.expect("the migrations run");
            million::fill(&store, size).await;
            store.close().await;
        });
        let filled_in = began.elapsed();
        let cookie = unguessable(&Random::system());
        let session = door::hash(&cookie);
        execute(&database, &inside(&session));
        let folder = place::on_disk();
        let server = Server::start(cores, folder.path(), &database, false);
        Office {
            server,
            database,
            size,
            cookie: format!("almoner-staff={cookie}"),
            folder,
            filled_in,
            session,
        }
    }

    /// Where the server listens.
    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Starts the server anew, so that what it holds in memory is what it needs for what comes.
    pub fn restart(&mut self, cores: &Cores) {
        self.server = Server::start(cores, self.folder.path(), &self.database, false);
    }

    /// Proves again who sits there: a proof counts for ten minutes.
    pub fn prove(&self) {
        let now = text(Clock::System.now());
        let session = text(&self.session);
        execute(
            &self.database,
            &format!(
                "UPDATE staff_session SET proven_at = {now}, seen_at = {now} WHERE id_sha256 = {session}"
            ),
        );
    }

    /// A page, as the browser asks for it.
    pub fn request(&self, path: &str) -> Vec<u8> {
        format!(
            "GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\naccept: text/html\r\n\
             user-agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\r\n\r\n",
            self.server.address, self.cookie
        )
        .into_bytes()
    }
}

/// Somebody of finance and support with a session.
fn inside(session: &str) -> String {
    let now = Clock::System.now();
    let (id, at) = (StaffId::new(now, &Random::system()), text(now));
    format!(
        "INSERT INTO staff (id, email, email_norm, name, roles, state, created_at, updated_at) VALUES ({id}, \
         'bench@staff.example', 'bench@staff.example', 'Sam Bench', 'finance support', 'active', {at}, {at}); \
         INSERT INTO staff_session (id_sha256, staff_id, stage, agent, address, created_at, seen_at, proven_at) \
         VALUES ({session}, {id}, 'inside', 'Firefox on Linux', '127.0.0.1', {at}, {at}, {at})",
        id = text(id),
        session = text(session)
    )
}

/// Runs statements beside the server.
pub fn execute(database: &str, sql: &str) {
    let sql = sqlx::AssertSqlSafe(sql.to_owned());
    block_on(async {
        match database.strip_prefix("sqlite://") {
            Some(path) => {
                let store = Store::open_sqlite(path.as_ref()).await.expect("the database opens");
                let Store::Sqlite { write, .. } = &store else { unreachable!("SQLite was opened") };
                sqlx::raw_sql(sql).execute(write).await.expect("the statement fits");
                store.close().await;
            }
            None => {
                let pool = sqlx::PgPool::connect(database).await.expect("PostgreSQL answers");
                sqlx::raw_sql(sql).execute(&pool).await.expect("the statement fits");
                pool.close().await;
            }
        }
    });
}

/// A page of the office: how it is called, with which status it comes, and its address for the n-th look.
type Look = (&'static str, u16, fn(Size, u64) -> String);

/// What staff open all day. Each look is at another donor or gift.
const LOOKS: [Look; 8] = [
    ("list of gifts, first page", 200, |_, _| "/staff/gifts".to_owned()),
    ("list of gifts, last page", 200, |_, _| "/staff/gifts?oldest=1".to_owned()),
    ("list of gifts of a fund in a year", 200, |_, _| "/staff/gifts?fund=justice&from=2025-04-06".to_owned()),
    ("list of donors, first page", 200, |_, _| "/staff/donors".to_owned()),
    // Found at once: the browser is led to the donor's page.
    ("search by e-mail", 303, |size, n| {
        format!("/staff/find?q={}", million::email(spread(n, size.donors())).replace('@', "%40"))
    }),
    ("search by name", 200, |size, n| {
        let (given, family) = million::name(spread(n, size.donors()));
        format!("/staff/find?q={given}+{family}")
    }),
    ("a donor", 200, |size, n| format!("/staff/donors/{}", million::donor_id(spread(n, size.donors())))),
    ("a gift", 200, |size, n| format!("/staff/gifts/{}", million::gift_id(spread(n, size.gifts)))),
];

/// Numbers that jump about, the same in every run.
fn spread(n: u64, of: u64) -> u64 {
    n.wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(31) % of.max(1)
}

fn pages(report: &mut Report, label: &str, small: &mut Office, large: &mut Office) {
    for (what, wanted, path) in LOOKS {
        let first = takeout::ask(large.address(), "GET", &path(large.size, 1), &large.cookie, None);
        let at_the_door = first.location.as_deref().is_some_and(|to| to.starts_with("/staff/sign-in"));
        assert!(!at_the_door, "the member of staff is not inside");
        if first.status != wanted {
            report.note(format!("P5 {label}, {what}: NOT MEASURED, it came with {}.", first.status));
            continue;
        }
        look(small, path, wanted, WARM_UP);
        look(large, path, wanted, WARM_UP);
        let mut turns = Vec::<Turn>::new();
        for _ in 0..rounds() {
            let few = look(small, path, wanted, TURN);
            turns.push((look(large, path, wanted, TURN), few));
        }
        let (own, what) =
            (turns.iter().map(|(own, _)| *own).collect::<Vec<_>>(), format!("P5 {label}, {what}: p95"));
        report.ratio(&what, "ms", "ms at 10,000 gifts", &turns, Goal::AtMost(2.0));
        if median(&own) > 150.0 {
            report.plain(&format!("{what} alone"), "ms", &own, Goal::AtMost(150.0));
        }
    }
    report.note(format!("P5 {label}: every p95 that has no line of its own is below the goal's 150 ms."));
}

/// p95 of the wait in ms, as fast as a few colleagues go.
fn look(office: &Office, path: fn(Size, u64) -> String, wanted: u16, length: Duration) -> f64 {
    office.prove();
    let number = std::cell::Cell::new(0_u64);
    let next = || office.request(&path(office.size, number.replace(number.get() + 1)));
    let traffic = Traffic { connections: CONNECTIONS, wanted, next: &next };
    let outcome = load::closed(office.address(), &traffic, Until::Time(length));
    assert_eq!(outcome.refused, 0, "{:?}", outcome.statuses);
    outcome.wait_at(0.95)
}
