//! The demo's invented world: whole, sound, and the same for the same seed.

use std::collections::BTreeMap;
use std::path::Path;

use almoner::cli::demo::seed::{self, Wanted};
use almoner::cli::demo::sign_ins::SIGN_INS;
use almoner::clock::Ts;
use almoner::sandbox::Sandbox;
use almoner::services::verify;
use almoner::store::Store;
use jiff::civil::date;
use tokio_util::sync::CancellationToken;

fn small() -> Wanted {
    Wanted { donors: 12, years: 1, seed: 5, until: date(2026, 11, 22) }
}

async fn seeded(folder: &Path) -> Sandbox {
    let done = seed::world_in(folder, &small(), &CancellationToken::new()).await;
    done.expect("the world is made").expect("to its end")
}

async fn rows(folder: &Path, sql: &'static str) -> Vec<String> {
    let Store::Sqlite { read, .. } = Store::open_sqlite(&folder.join("almoner.db")).await.expect("opens")
    else {
        unreachable!("SQLite was asked for")
    };
    sqlx::query_scalar(sql).fetch_all(&read).await.expect(sql)
}

/// What must be equal: the days, the sums and the numbers. The ids are, too.
const BOOKS: &str = "SELECT line FROM (\
    SELECT 'gift ' || id || ' ' || received_at || ' ' || currency || ' ' || amount_minor AS line FROM gift \
    UNION ALL SELECT 'month ' || substr(received_on, 1, 7) || ' ' || currency || ' ' || SUM(amount_minor) || ' ' || \
        COUNT(*) FROM gift GROUP BY substr(received_on, 1, 7), currency \
    UNION ALL SELECT 'receipt ' || number || ' ' || gift_id || ' ' || content_sha256 FROM receipt \
    UNION ALL SELECT 'entry ' || kind || ' ' || amount_minor || ' ' || occurred_at FROM ledger_entry \
    UNION ALL SELECT 'pledge ' || id || ' ' || state || ' ' || amount_minor FROM pledge \
    UNION ALL SELECT 'payment ' || id || ' ' || state FROM payment \
    UNION ALL SELECT 'mail ' || kind || ' ' || recipient || ' ' || created_at FROM mail_outbox \
    UNION ALL SELECT 'audit ' || seq || ' ' || hash FROM audit_line) ORDER BY line";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_world_is_sound_and_the_same_for_the_same_seed() {
    let (one, two) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    let sandbox = seeded(one.path()).await;
    seeded(two.path()).await;
    let books = rows(one.path(), BOOKS).await;
    assert_eq!(books, rows(two.path(), BOOKS).await);

    let store = Store::open_sqlite(&one.path().join("almoner.db")).await.expect("opens");
    let end = Ts::parse("2026-11-22T00:00:00Z").expect("an instant");
    let checks = verify::run(&store, end).await.expect("verify runs");
    let broken: Vec<_> = checks.iter().filter(|c| !c.problems.is_empty()).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    store.close().await;

    let mut theirs = BTreeMap::<String, i64>::new();
    for line in sandbox.ledger().await.into_iter().filter(|line| line.kind != "payout") {
        *theirs.entry(line.currency.to_uppercase()).or_default() += line.net;
    }
    let theirs: Vec<String> = theirs.into_iter().map(|(currency, net)| format!("{currency} {net}")).collect();
    let sums =
        "SELECT currency || ' ' || SUM(amount_minor) FROM ledger_entry GROUP BY currency ORDER BY currency";
    assert_eq!(rows(one.path(), sums).await, theirs, "the ledger is not the stand-in's");
    assert_eq!(sandbox.violations().await, Vec::<String>::new());

    tells_what_it_should(one.path()).await;
}

async fn tells_what_it_should(folder: &Path) {
    let states = rows(folder, "SELECT DISTINCT state FROM dispute ORDER BY state").await;
    assert_eq!(states, ["lost", "won"], "one lost and one won");
    let left = rows(folder, "SELECT id FROM job").await;
    assert!(left.is_empty(), "jobs left: {left:?}");
    let of = |who: &str| SIGN_INS.iter().find(|s| s.who == who).expect("a sign-in").email;
    let gifts = rows(
        folder,
        "SELECT donor.email || ' ' || COUNT(*) || ' ' || COUNT(DISTINCT gift.pledge_id) || ' ' || COUNT(gift.declaration_id) \
         FROM gift JOIN donor ON donor.id = gift.donor_id GROUP BY donor.email",
    )
    .await;
    let line =
        |who: &str| gifts.iter().find_map(|l| l.strip_prefix(of(who)).map(|rest| rest.trim().to_owned()));
    let much: Vec<u32> =
        line("much").expect("gifts").split(' ').map(|n| n.parse().expect("a number")).collect();
    assert!(much[0] > 12 && much[1] == 2 && much[2] == much[0], "two plans, and Gift Aid on all: {much:?}");
    assert_eq!(line("little").as_deref(), Some("1 0 0"));
    assert_eq!(line("new"), None);
    let plans = rows(
        folder,
        "SELECT pledge.state || ' ' || amount_minor FROM pledge JOIN donor ON donor.id = pledge.donor_id \
         WHERE donor.given_name = 'Ada' AND donor.family_name = 'Marsh' ORDER BY started_at",
    )
    .await;
    assert_eq!(plans, ["ended 1500", "active 3200"], "one ended, the other rose");
    let every = rows(
        folder,
        "SELECT pledge.state FROM pledge JOIN donor ON donor.id = pledge.donor_id WHERE donor.given_name = 'Mina' \
         AND donor.family_name = 'Okoro' ORDER BY pledge.state",
    )
    .await;
    assert_eq!(every, ["ended", "ending", "paused", "paused", "retrying"], "a plan in every state");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_seed_is_another_world_and_stopping_ends_it_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let stop = CancellationToken::new();
    stop.cancel();
    let done = seed::world_in(folder.path(), &small(), &stop).await.expect("no mistake");
    assert!(done.is_none(), "told to stop before it began");
    let other = Wanted { seed: 6, years: 1, donors: 3, ..small() };
    let again = tempfile::tempdir().expect("a folder");
    let made = seed::world_in(again.path(), &other, &CancellationToken::new()).await.expect("no mistake");
    assert!(made.is_some());
    assert_eq!(rows(again.path(), "SELECT email FROM donor").await.len(), 3);
}

/// The README names the events an operator switches on; the demo asks for the same.
#[test]
fn the_demo_asks_for_the_events_that_the_readme_lists() {
    let readme =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).expect("the README");
    let list = readme.split("`2026-09-30.endive`").nth(1).and_then(|rest| rest.split("```").nth(1));
    let mut listed: Vec<&str> = list.expect("a list of events").split_whitespace().collect();
    let mut asked = seed::EVENTS.to_vec();
    listed.sort_unstable();
    asked.sort_unstable();
    assert_eq!(listed, asked);
}
