//! P1: events acknowledged a second, each only after its commit, and how long a callback waits at 400 a second.

use std::path::Path;
use std::time::Duration;

use almoner::store::Store;
use tempfile::TempDir;

use crate::cores::Cores;
use crate::load::{self, Events, Until};
use crate::pg::{self, Postgres};
use crate::report::{Goal, Report, Turn};
use crate::server::Server;
use crate::{Bench, place, raw, rounds};

const WARM_UP: Duration = Duration::from_secs(2);
const TURN: Duration = Duration::from_secs(3);
const OFFERED_PER_SECOND: u32 = 400;
const OFFERED_FOR: Duration = Duration::from_secs(5);

/// Runs it on SQLite and, when its binaries are here, on PostgreSQL.
pub fn run(bench: &mut Bench) {
    bench.cores.hold_load();
    let events = Events::new();
    on_sqlite(bench, &events);
    on_postgres(bench, &events);
    bench.cores.release();
}

/// A server with its database, and what it acknowledged.
struct Target {
    server: Server,
    database: String,
    folder: TempDir,
    acked: u64,
    refused: u64,
    busy: Vec<f64>,
}

impl Target {
    /// A server on an empty database, warmed up.
    fn start(cores: &Cores, folder: TempDir, database: String, events: &Events) -> Target {
        let server = Server::start(cores, folder.path(), &database, false);
        let mut target = Target { server, database, folder, acked: 0, refused: 0, busy: Vec::new() };
        target.turn(events, WARM_UP);
        target.busy.clear();
        target
    }

    fn on_sqlite(cores: &Cores, folder: TempDir, events: &Events) -> Target {
        let database = format!("sqlite://{}", folder.path().join("almoner.db").display());
        Target::start(cores, folder, database, events)
    }

    /// One turn at full speed; acknowledged events a second.
    fn turn(&mut self, events: &Events, length: Duration) -> f64 {
        let before = self.server.cpu_seconds();
        let outcome = load::closed_loop(self.server.address, events, Until::Time(length));
        self.busy.push((self.server.cpu_seconds() - before) / outcome.seconds * 100.0);
        self.acked += outcome.acked;
        self.refused += outcome.refused;
        outcome.rate()
    }

    /// The open loop, as goal P1 asks for it.
    fn offer(&mut self, report: &mut Report, label: &str, events: &Events) {
        let outcome = load::open_loop(self.server.address, events, OFFERED_PER_SECOND, OFFERED_FOR);
        self.acked += outcome.acked;
        self.refused += outcome.refused;
        let what = format!("{label}: p99 of the wait at {OFFERED_PER_SECOND} events/s offered");
        report.plain(&what, "ms", &[outcome.wait_at(0.99)], Goal::AtMost(250.0));
        report.note(format!(
            "{label}: at {OFFERED_PER_SECOND} events/s offered, {:.0}/s were acknowledged; half within {:.1} ms, \
             the slowest took {:.1} ms.",
            outcome.rate(),
            outcome.wait_at(0.5),
            outcome.wait_at(1.0)
        ));
    }

    /// Kills the server (as `kill -9` does) and counts what is in the database against what was acknowledged.
    fn finish(self, report: &mut Report, label: &str) {
        let Target { server, database, folder, acked, refused, busy } = self;
        drop(server);
        let kept = kept(&database);
        let busy = crate::report::median(&busy);
        report.note(format!(
            "{label}: {acked} events acknowledged, {kept} found in the database after kill -9, {refused} refused; \
             the server used {busy:.0} % of one processor."
        ));
        assert!(kept >= acked, "{label}: acknowledged events are missing");
        drop(folder);
    }
}

fn on_sqlite(bench: &mut Bench, events: &Events) {
    let Bench { cores, report } = bench;
    let mut disk = Target::on_sqlite(cores, place::on_disk(), events);
    let mut memory = place::in_memory().map(|folder| Target::on_sqlite(cores, folder, events));
    let (mut to_raw, mut to_memory, mut to_goal) =
        (Vec::<Turn>::new(), Vec::<Turn>::new(), Vec::<Turn>::new());
    for _ in 0..rounds() {
        let syncs = report.raw(raw::syncs_per_second(disk.folder.path()));
        let own = disk.turn(events, TURN);
        to_raw.push((own, syncs));
        let mut bar = 5.0 * syncs;
        if let Some(memory) = &mut memory {
            let free = memory.turn(events, TURN);
            to_memory.push((own, free));
            bar = bar.min(0.6 * free);
        }
        to_goal.push((own, bar));
    }
    report.ratio("intake SQLite, against the disk", "events/s", "raw fdatasync/s", &to_raw, Goal::None);
    if to_memory.is_empty() {
        report.note("There is no /dev/shm here: the arm without the disk's cost was left out.".to_owned());
    } else {
        let yard = "events/s on tmpfs (fdatasync free)";
        report.ratio(
            "intake SQLite, against itself without a disk",
            "events/s",
            yard,
            &to_memory,
            Goal::None,
        );
    }
    let bar = "events/s = min(5 x raw, 0.6 x tmpfs)";
    report.ratio("P1 intake SQLite, against the goal", "events/s", bar, &to_goal, Goal::AtLeast(1.0));
    disk.offer(report, "P1 intake SQLite", events);
    disk.finish(report, "intake SQLite");
    if let Some(memory) = memory {
        memory.finish(report, "intake SQLite on tmpfs");
    }
}

fn on_postgres(bench: &mut Bench, events: &Events) {
    let Bench { cores, report } = bench;
    let Some(postgres) = Postgres::start(cores) else {
        report.note(
            "intake: PostgreSQL SKIPPED, its binaries (initdb, postgres, pgbench) are not here.".to_owned(),
        );
        return;
    };
    postgres.prepare_yardstick(cores);
    let database = postgres.database("intake");
    let mut target = Target::start(cores, place::on_disk(), database, events);
    let mut turns = Vec::<Turn>::new();
    for _ in 0..rounds() {
        let yardstick = postgres.yardstick(cores);
        turns.push((target.turn(events, TURN), yardstick));
    }
    let yard = "tps of pgbench -N -c 32";
    report.ratio("P1 intake PostgreSQL", "events/s", yard, &turns, Goal::AtLeast(0.5));
    target.offer(report, "P1 intake PostgreSQL", events);
    target.finish(report, "intake PostgreSQL");
}

fn kept(database: &str) -> u64 {
    const SQL: &str = "SELECT COUNT(*) FROM webhook_event";
    let count: i64 = pg::block_on(async {
        let store = match database.strip_prefix("sqlite://") {
            Some(path) => Store::open_sqlite(Path::new(path)).await,
            None => Store::open_postgres(database).await,
        };
        let store = store.expect("the database opens");
        let count = match &store {
            Store::Sqlite { read, .. } => sqlx::query_scalar(SQL).fetch_one(read).await,
            Store::Postgres(pool) => sqlx::query_scalar(SQL).fetch_one(pool).await,
        };
        store.close().await;
        count.expect("a count")
    });
    u64::try_from(count).unwrap_or_default()
}
