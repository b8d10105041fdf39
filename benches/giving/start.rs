//! P12: how fast the release binary is ready, how much memory it takes, how heavy the giving page is.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use almoner::store::Store;

use crate::load::{self, Events, Until};
use crate::report::{Goal, Report};
use crate::server::{self, Server};
use crate::{Bench, pg, place, rounds};

const IDLE_FOR: Duration = Duration::from_secs(3);
const BURST: u64 = 20_000;

const ROWS: i64 = 1_000_000;
const FEWER_ROWS: i64 = 190_000;
const ROWS_AT_ONCE: i64 = 20_000;
const FILL_FOR: Duration = Duration::from_secs(90);
/// The file, its journal, and room to spare.
const SPACE_NEEDED: u64 = 4 << 30;

/// Runs all of it on SQLite.
pub fn run(bench: &mut Bench) {
    bench.cores.hold_load();
    empty(bench);
    burst(bench);
    bench.cores.release();
    large(bench);
}

fn sqlite(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("almoner.db").display())
}

fn empty(bench: &mut Bench) {
    let Bench { cores, report } = bench;
    let (mut ready, mut idle) = (Vec::new(), Vec::new());
    for round in 0..rounds() {
        let folder = place::on_disk();
        let server = Server::start(cores, folder.path(), &sqlite(folder.path()), true);
        ready.push(server.ready_after.as_secs_f64() * 1000.0);
        std::thread::sleep(IDLE_FOR);
        idle.push(server.rss());
        if round == 0 {
            weigh(report, server.address);
        }
    }
    report.plain("start: ready on a fresh database, migrations included", "ms", &ready, Goal::None);
    report.plain("P12 idle memory after 3 s (VmRSS)", "MiB", &idle, Goal::AtMost(64.0));
}

fn burst(bench: &mut Bench) {
    let Bench { cores, report } = bench;
    let folder = place::on_disk();
    let server = Server::start(cores, folder.path(), &sqlite(folder.path()), false);
    let outcome = load::closed_loop(server.address, &Events::new(), Until::Count(BURST));
    let now = server.rss();
    report.plain(
        "P12 memory in a burst of 20,000 events (VmHWM)",
        "MiB",
        &[server.peak_rss()],
        Goal::AtMost(256.0),
    );
    report.note(format!(
        "start: the burst took {:.1} s ({:.0} events/s, {} refused); {now:.1} MiB were resident right after it. \
         It is taken in only, not worked on: the worker is off.",
        outcome.seconds,
        outcome.rate(),
        outcome.refused
    ));
}

fn large(bench: &mut Bench) {
    let folder = place::on_disk();
    let wanted = if place::free_bytes(folder.path()) > SPACE_NEEDED { ROWS } else { FEWER_ROWS };
    let rows = pg::block_on(fill(&folder.path().join("almoner.db"), wanted));
    let bytes = std::fs::metadata(folder.path().join("almoner.db")).map(|m| m.len()).unwrap_or(0);
    let gib = bytes as f64 / f64::from(1 << 30);
    let Bench { cores, report } = bench;
    cores.hold_load();
    let (mut ready, mut idle) = (Vec::new(), Vec::new());
    for _ in 0..rounds() {
        let server = Server::start(cores, folder.path(), &sqlite(folder.path()), true);
        ready.push(server.ready_after.as_secs_f64() * 1000.0);
        std::thread::sleep(IDLE_FOR);
        idle.push(server.rss());
    }
    cores.release();
    let what = format!("P12 start: ready on {gib:.2} GiB ({rows} callbacks kept)");
    report.plain(&what, "ms", &ready, Goal::AtMost(1000.0));
    report.plain(&format!("start: idle memory on {gib:.2} GiB"), "MiB", &idle, Goal::None);
    report.note(
        "start: each of these starts but the first follows a kill -9; the page cache is warm.".to_owned(),
    );
}

/// Fills the inbox with callbacks that were done with; gives how many it managed in its time.
async fn fill(file: &Path, wanted: i64) -> i64 {
    const SQL: &str = "\
        INSERT INTO webhook_event (id, type, object_id, job_kind, subject, api_version, payload, event_created, \
        received_at, state, processed_at) \
        WITH RECURSIVE n (i) AS (SELECT $1 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $2) \
        SELECT printf('evt_1S%020d', i), 'payment_intent.succeeded', printf('pi_3S%020d', i), 'look_payment', \
        printf('pi_3S%020d', i), '2026-09-30.endive', $3, $4, $4, 'done', $4 FROM n";
    let store = Store::open_sqlite(file).await.expect("SQLite opens");
    store.migrate().await.expect("migrates");
    let Store::Sqlite { write, .. } = &store else { unreachable!("SQLite was opened") };
    let payload = "x".repeat(760);
    let began = Instant::now();
    let mut rows = 0;
    while rows < wanted && began.elapsed() < FILL_FOR {
        let upto = (rows + ROWS_AT_ONCE).min(wanted);
        sqlx::query(SQL)
            .bind(rows)
            .bind(upto)
            .bind(&payload)
            .bind("2026-11-22T10:00:00.000000Z")
            .execute(write)
            .await
            .expect("rows go in");
        rows = upto;
    }
    sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(write).await.expect("a checkpoint");
    store.close().await;
    rows
}

/// The giving page with all that a browser loads to show it, as it is and as it travels.
fn weigh(report: &mut Report, address: SocketAddr) {
    let html = fetch(address, "/give", false);
    let page = String::from_utf8_lossy(&html).into_owned();
    let mut parts: Vec<&str> = page.split('"').filter(|text| text.starts_with("/assets/")).collect();
    parts.push("/assets/fonts/almoner-sans.woff2");
    parts.sort_unstable();
    parts.dedup();
    let mut sums = (html.len(), fetch(address, "/give", true).len());
    let mut each = vec![format!("/give {} ({})", sums.0, sums.1)];
    for part in parts {
        let (plain, packed) = (fetch(address, part, false).len(), fetch(address, part, true).len());
        sums = (sums.0 + plain, sums.1 + packed);
        let name = part.split('?').next().unwrap_or(part);
        each.push(format!("{name} {plain} ({packed})"));
    }
    let kb = |bytes: usize| bytes as f64 / 1000.0;
    report.plain("P12 giving page with all its files, gzip", "kB", &[kb(sums.1)], Goal::AtMost(60.0));
    report.plain("start: giving page with all its files, not compressed", "kB", &[kb(sums.0)], Goal::None);
    report.note(format!("start: bytes of body, and with gzip: {}.", each.join(", ")));
}

fn fetch(address: SocketAddr, path: &str, gzip: bool) -> Vec<u8> {
    let page = server::get(address, path, gzip).expect("an answer");
    assert_eq!(page.status, 200, "GET {path}");
    page.body
}
