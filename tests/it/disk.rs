//! A full disk: nothing is acknowledged that is not kept, reading goes on, and with space again everything does.

use almoner::sandbox::TestMethod;
use almoner::store::Store;

use crate::support::{Database, TestApp};

/// As far as SQLite lets a file grow.
const NO_LIMIT: i64 = 1_000_000_000;

/// Lets the SQLite file grow to `pages` pages; below its present size it grows no further.
async fn limit_pages(app: &TestApp, pages: i64) {
    let Store::Sqlite { write, .. } = &app.deps.store else { panic!("SQLite only") };
    let sql = format!("PRAGMA max_page_count = {pages}");
    let _: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(write).await.expect("a limit");
}

/// SQLite's own page limit gives the very error of a full disk. PostgreSQL has no such switch; a full disk there is
/// part of the long fault runs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_loses_nothing_and_doubles_nothing() {
    let app = TestApp::spawn(Database::Sqlite).await.expect("SQLite is always there");
    let session = app.to_checkout(&app.form("").await.filled("25")).await;
    let thanks = app.sandbox.pay(&session, TestMethod::CardSuccess).await;
    assert!(thanks.is_ok());
    let held = app.hold_deliveries().await;

    limit_pages(&app, 1).await;
    let mut refused = 0;
    for delivery in &held {
        // A page that is already there may still take a small row: what is answered 200 must be kept.
        match app.sandbox.deliver(delivery).await.expect("an answer") {
            200 => {}
            503 => refused += 1,
            other => panic!("answered {other}"),
        }
    }
    assert!(refused > 0, "the disk was full for somebody");
    let form = app.form("").await.filled("30").set("note", &"a long message ".repeat(30));
    let turned_away = app.submit(&form).await;
    assert!(turned_away.status() == 503 || turned_away.status() == 303, "{}", turned_away.status());
    assert_eq!(app.get("/give").await.status(), 200, "reading goes on");
    assert_eq!(app.get("/readyz").await.status(), 200);

    limit_pages(&app, NO_LIMIT).await;
    for delivery in &held {
        assert_eq!(app.sandbox.deliver(delivery).await, Ok(200), "Stripe sends again");
    }
    app.settle().await;
    assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1);
    assert_eq!(app.mails().len(), 1);
    app.finish().await;
}
