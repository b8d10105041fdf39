//! `verify` finds what is broken: each kind of damage is done once and must be named.

use almoner::services::verify;

use crate::support::{Database, TestApp};

async fn broken_ids(app: &TestApp) -> Vec<&'static str> {
    let checks = verify::of(&app.deps).await.expect("verify runs");
    checks.iter().filter(|c| !c.problems.is_empty()).map(|c| c.id).collect()
}

/// Switches off the guards that keep damage out, as somebody with the database's password could.
async fn unguard(app: &TestApp) {
    for sql in [
        "DROP TRIGGER ledger_entry_no_delete",
        "DROP TRIGGER receipt_no_update",
        "DROP TRIGGER audit_line_no_update",
        "DROP TRIGGER audit_line_no_delete",
    ] {
        if app.database == Database::Sqlite {
            app.damage(sql).await.expect(sql);
        }
    }
    for sql in [
        "ALTER TABLE ledger_entry DISABLE TRIGGER ALL",
        "ALTER TABLE receipt DISABLE TRIGGER ALL",
        "ALTER TABLE audit_line DISABLE TRIGGER ALL",
    ] {
        if app.database == Database::Postgres {
            app.damage(sql).await.expect(sql);
        }
    }
}

async fn damage_is_named(database: Database) {
    let cases: [(&'static str, &str); 7] = [
        ("DELETE FROM ledger_entry WHERE kind = 'gift'", "I1"),
        ("UPDATE payment SET state = 'open'", "I2"),
        ("UPDATE receipt SET content = REPLACE(content, '2500', '2600')", "I3"),
        ("UPDATE receipt_counter SET last = last + 1", "I3"),
        ("UPDATE webhook_event SET state = 'dead'", "I4"),
        ("DELETE FROM mail_outbox", "I5"),
        ("UPDATE audit_line SET detail = '{}' WHERE seq = 1", "I10"),
    ];
    for (sql, id) in cases {
        let Some(app) = TestApp::spawn(database).await else { return };
        app.gift("25").await;
        assert_eq!(broken_ids(&app).await, Vec::<&str>::new());
        unguard(&app).await;
        assert!(app.damage(sql).await.expect(sql) > 0, "{sql} hit nothing");
        assert!(broken_ids(&app).await.contains(&id), "{sql} was not seen as {id}");
        app.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_is_named_on_sqlite() {
    damage_is_named(Database::Sqlite).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn damage_is_named_on_postgres() {
    damage_is_named(Database::Postgres).await;
}
