//! Backups that can be restored, moving from one database to the other, and two starters on an empty one.

use std::process::{Command, Output};

use almoner::sandbox::TestMethod;
use almoner::store::copy;

use crate::support::app::fresh_database;
use crate::support::{Database, TestApp};

/// The program, on a database.
fn almoner(app: &TestApp, database: &str, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_almoner"));
    command.args(args).current_dir(app.dir.path()).env_clear().envs([
        ("DATABASE_URL", database),
        ("BASE_URL", "https://give.lantern.example"),
        ("STRIPE_SECRET_KEY", "sk_test_0123456789abcdef0123456789"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_0123456789abcdef0123456789abcdef"),
        ("SMTP_URL", "smtps://mail.lantern.example"),
        ("MAIL_FROM", "giving@lantern.example"),
        ("SESSION_SECRET", "0123456789abcdef0123456789abcdef0123456789"),
        ("CHARITY_CONFIG", concat!(env!("CARGO_MANIFEST_DIR"), "/charity.example.toml")),
    ]);
    command
}

async fn run(app: &TestApp, database: &str, args: &[&str]) -> (bool, String) {
    let mut command = almoner(app, database, args);
    let output: Output =
        tokio::task::spawn_blocking(move || command.output()).await.expect("runs").expect("runs");
    let said =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.success(), said)
}

/// Something of everything: a gift with Gift Aid and a refund, a plan, a donor with an account, staff, a claim that was sent.
async fn live(app: &TestApp) {
    let session = app.to_checkout(&app.form("").await.filled("100").with_gift_aid()).await;
    app.pay(&session, TestMethod::CardSuccess).await;
    let intent = app.gift("50").await;
    app.sandbox.refund(&intent, Some(1_000)).await.expect("refunded");
    app.settle().await;
    crate::monthly::ada_with_a_plan(app).await;
    crate::claims::ripe(app).await;
    let finance = app.staff("finance").await;
    let claim = crate::claims::claimed(&finance).await;
    assert!(claim.starts_with("/staff/gift-aid/"), "{claim}");
}

async fn backed_up_and_restored(database: Database) {
    let Some(app) = TestApp::spawn(database).await else { return };
    live(&app).await;
    let here = app.database_address();
    let (done, giving) = tokio::join!(run(&app, &here, &["backup", "books.db"]), async {
        for n in 0..5 {
            let form = app.form("").await.filled("20").set("email", &format!("late{n}@donors.example"));
            let session = app.to_checkout(&form).await;
            app.pay(&session, TestMethod::CardSuccess).await;
        }
        app.count("SELECT COUNT(*) FROM gift").await
    });
    assert!(done.0 && done.1.contains("SHA-256") && done.1.contains(" gifts of "), "{}", done.1);
    assert!(giving >= 8, "giving goes on meanwhile: {giving}");
    let (again, said) = run(&app, &here, &["backup", "books.db"]).await;
    assert!(!again && said.contains("never overwrites"), "{said}");
    // Into an empty database of either kind; what it holds is what the books hold, and they hold.
    for (kind, target) in [(Database::Sqlite, "again.db"), (Database::Postgres, "")] {
        let Some(target) = fresh_database(kind, &app.dir.path().join(target)).await else { continue };
        let (restored, said) = run(&app, &target.url, &["restore", "books.db"]).await;
        assert!(restored && said.contains("The books hold.") && said.contains("reconcile"), "{said}");
        assert!(!said.contains("BUT"), "{said}");
        let (twice, said) = run(&app, &target.url, &["restore", "books.db"]).await;
        assert!(!twice && said.contains("not empty"), "{said}");
        let (sound, said) = run(&app, &target.url, &["verify"]).await;
        assert!(sound, "{said}");
        target.drop().await;
    }
    for leftover in ["books.db.unfinished", "books.db.restoring", "books.db.restoring-wal", "books.db-wal"] {
        assert!(!app.dir.path().join(leftover).exists(), "{leftover}");
    }
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_while_gifts_come_is_restored_on_either_database() {
    backed_up_and_restored(Database::Sqlite).await;
    backed_up_and_restored(Database::Postgres).await;
}

/// The statements that make of a database of today one of the release before `0011`.
const A_RELEASE_EARLIER: [&str; 3] = [
    "DROP INDEX drift_run",
    "ALTER TABLE drift DROP COLUMN pending",
    "DELETE FROM _sqlx_migrations WHERE version = 11",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_an_older_release_is_brought_up_to_date_as_it_is_restored() {
    let app = TestApp::spawn(Database::Sqlite).await.expect("SQLite is always there");
    live(&app).await;
    let here = app.database_address();
    // What a backup that was killed has left is in nobody's way.
    std::fs::write(app.dir.path().join("books.db.unfinished"), "half").expect("written");
    let (done, said) = run(&app, &here, &["backup", "books.db"]).await;
    assert!(done, "{said}");
    let file = app.dir.path().join("books.db");
    let store = almoner::store::Store::open_sqlite(&file).await.expect("opens");
    let almoner::store::Store::Sqlite { write, .. } = &store else { panic!("SQLite") };
    for earlier in A_RELEASE_EARLIER {
        sqlx::query(earlier).execute(write).await.expect(earlier);
    }
    store.close().await;
    let bytes = std::fs::read(&file).expect("a backup");
    for (kind, target) in [(Database::Sqlite, "again.db"), (Database::Postgres, "")] {
        let Some(target) = fresh_database(kind, &app.dir.path().join(target)).await else { continue };
        let (restored, said) = run(&app, &target.url, &["restore", "books.db"]).await;
        assert!(
            restored && said.contains("The books hold.") && said.contains("minor units of GBP"),
            "{said}"
        );
        // Between databases that both lie there, an older one is not changed silently: the operator is asked to.
        let other = fresh_database(kind, &app.dir.path().join("other.db")).await.expect("as before");
        let old = format!("sqlite://{}", file.display());
        let (copied, said) = run(&app, &target.url, &["db", "copy", &old, &other.url]).await;
        assert!(!copied && said.contains("not of one release"), "{said}");
        other.drop().await;
        target.drop().await;
    }
    assert_eq!(std::fs::read(&file).expect("a backup"), bytes, "the backup stays as it is");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_in_use_is_not_migrated_before_it_is_refused() {
    let app = TestApp::spawn(Database::Sqlite).await.expect("SQLite is always there");
    let here = app.database_address();
    let (done, said) = run(&app, &here, &["backup", "books.db"]).await;
    assert!(done, "{said}");
    let other = format!("sqlite://{}", app.dir.path().join("other.db").display());
    let store = almoner::store::Store::open_sqlite(&app.dir.path().join("other.db")).await.expect("opens");
    let almoner::store::Store::Sqlite { write, .. } = &store else { panic!("SQLite") };
    for theirs in ["CREATE TABLE theirs (name TEXT) STRICT", "INSERT INTO theirs VALUES ('Ada')"] {
        sqlx::query(theirs).execute(write).await.expect(theirs);
    }
    for args in [vec!["restore", "books.db"], vec!["db", "copy", &here, &other]] {
        let (accepted, said) = run(&app, &other, &args).await;
        assert!(!accepted && said.contains("not empty: theirs has 1 rows"), "{said}");
    }
    let (tables,): (i64,) = sqlx::query_as("SELECT COUNT(*) FROM sqlite_schema WHERE type = 'table'")
        .fetch_one(write)
        .await
        .expect("reads");
    assert_eq!(tables, 1, "nothing was made in it");
    store.close().await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn books_move_from_the_file_to_the_server_and_back() {
    let app = TestApp::spawn(Database::Sqlite).await.expect("SQLite is always there");
    live(&app).await;
    let before = app.books().await;
    let here = app.database_address();
    let Some(server) = fresh_database(Database::Postgres, app.dir.path()).await else { return };
    let (moved, said) = run(&app, &here, &["db", "copy", &here, &server.url]).await;
    assert!(moved && said.contains("Both hold the same.") && said.contains("ledger_entry: "), "{said}");
    let back = format!("sqlite://{}", app.dir.path().join("back.db").display());
    let (home, said) = run(&app, &here, &["db", "copy", &server.url, &back]).await;
    assert!(home && said.contains("Both hold the same."), "{said}");
    let (refused, said) = run(&app, &here, &["db", "copy", &server.url, &here]).await;
    assert!(!refused && said.contains("the target is not empty"), "{said}");
    assert_eq!(app.books().await, before, "a refused copy leaves the target alone");
    let (absent, said) = run(&app, &here, &["db", "copy", "sqlite://nowhere.db", &server.url]).await;
    assert!(!absent && said.contains("no file"), "{said}");
    // The ledger is append-only there, too: the rules came back.
    let store = almoner::store::Store::open_sqlite(&app.dir.path().join("back.db")).await.expect("opens");
    let almoner::store::Store::Sqlite { write, .. } = &store else { panic!("SQLite") };
    let tampered = sqlx::query("UPDATE ledger_entry SET amount_minor = 1").execute(write).await;
    assert!(tampered.is_err(), "the triggers are there again");
    // One row otherwise is found.
    sqlx::query("UPDATE donor SET family_name = 'Other'").execute(write).await.expect("changed");
    let same = copy::compare(&app.deps.store, &store).await.expect("reads both");
    let differ: Vec<&str> = same.iter().filter(|p| !p.holds()).map(|p| p.table.as_str()).collect();
    assert_eq!(differ, ["donor"]);
    store.close().await;
    server.drop().await;
    app.finish().await;
}

async fn two_starters(database: Database) {
    let Some(app) = TestApp::spawn(database).await else { return };
    let Some(empty) = fresh_database(database, &app.dir.path().join("empty.db")).await else { return };
    let starters = futures::future::join_all((0..3).map(|_| run(&app, &empty.url, &["migrate"]))).await;
    for (migrated, said) in starters {
        assert!(migrated, "{said}");
    }
    let (sound, said) = run(&app, &empty.url, &["verify"]).await;
    assert!(sound, "{said}");
    empty.drop().await;
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starters_that_come_at_once_migrate_once() {
    two_starters(Database::Sqlite).await;
    two_starters(Database::Postgres).await;
}
