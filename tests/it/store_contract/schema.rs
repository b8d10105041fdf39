//! The two schemas are one, and what is written for good stays.

use std::collections::BTreeSet;

use almoner::sandbox::TestMethod;
use almoner::store::{Store, migrate};

use crate::support::{Database, TestApp, story};

#[test]
fn both_folders_hold_the_same_migrations() {
    let [sqlite, postgres] = migrate::names();
    assert!(!sqlite.is_empty());
    assert_eq!(sqlite, postgres);
    assert!(sqlite.is_sorted_by(|a, b| a.0 < b.0), "numbers rise: {sqlite:?}");
}

const SQLITE_COLUMNS: &str = "SELECT m.name || '.' || c.name || ' ' || c.type \
    || CASE WHEN c.\"notnull\" = 1 OR c.pk > 0 THEN ' NOT NULL' ELSE '' END \
    FROM sqlite_master m JOIN pragma_table_info(m.name) c \
    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite%' AND m.name <> '_sqlx_migrations'";

/// With PostgreSQL's types under the names of what holds them on SQLite.
const POSTGRES_COLUMNS: &str = "SELECT CAST(table_name AS TEXT) || '.' || CAST(column_name AS TEXT) || ' ' \
    || CASE WHEN data_type IN ('bigint', 'boolean') THEN 'INTEGER' \
    WHEN data_type IN ('text', 'date', 'timestamp with time zone') THEN 'TEXT' ELSE CAST(data_type AS TEXT) END \
    || CASE WHEN is_nullable = 'NO' THEN ' NOT NULL' ELSE '' END \
    FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> '_sqlx_migrations'";

const SQLITE_UNIQUE: &str = "SELECT m.name || ' ' || i.name FROM sqlite_master m \
    JOIN pragma_index_list(m.name) l JOIN pragma_index_info(l.name) i \
    WHERE m.type = 'table' AND l.origin = 'u' AND m.name <> '_sqlx_migrations'";

const POSTGRES_UNIQUE: &str = "SELECT CAST(u.table_name AS TEXT) || ' ' || CAST(u.column_name AS TEXT) \
    FROM information_schema.table_constraints t JOIN information_schema.constraint_column_usage u \
    ON u.constraint_schema = t.constraint_schema AND u.constraint_name = t.constraint_name \
    WHERE t.constraint_type = 'UNIQUE' AND t.table_schema = 'public' AND t.table_name <> '_sqlx_migrations'";

const SQLITE_INDEXES: &str =
    "SELECT tbl_name || ' ' || name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite%'";

const POSTGRES_INDEXES: &str = "SELECT CAST(tablename AS TEXT) || ' ' || CAST(indexname AS TEXT) FROM pg_indexes \
    WHERE schemaname = 'public' AND indexname NOT LIKE '%\\_pkey' AND indexname NOT LIKE '%\\_key'";

async fn lines(app: &TestApp, sqlite: &'static str, postgres: &'static str) -> BTreeSet<String> {
    let lines: Vec<String> = match &app.deps.store {
        Store::Sqlite { read, .. } => sqlx::query_scalar(sqlite).fetch_all(read).await.expect(sqlite),
        Store::Postgres(pool) => sqlx::query_scalar(postgres).fetch_all(pool).await.expect(postgres),
    };
    assert!(!lines.is_empty(), "nothing came of {sqlite}");
    lines.into_iter().collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_databases_have_the_same_tables_columns_and_keys() {
    let Some(postgres) = TestApp::spawn(Database::Postgres).await else { return };
    let sqlite = TestApp::spawn(Database::Sqlite).await.expect("SQLite is always there");
    for (what, ours, theirs) in [
        ("columns", SQLITE_COLUMNS, POSTGRES_COLUMNS),
        ("unique keys", SQLITE_UNIQUE, POSTGRES_UNIQUE),
        ("indexes", SQLITE_INDEXES, POSTGRES_INDEXES),
    ] {
        let (ours, theirs) = (lines(&sqlite, ours, theirs).await, lines(&postgres, ours, theirs).await);
        let differ: Vec<&String> = ours.symmetric_difference(&theirs).collect();
        assert!(differ.is_empty(), "{what} on one side only: {differ:#?}");
    }
    sqlite.finish().await;
    postgres.finish().await;
}

/// Each table that only grows, with a change and a deletion that the database must refuse.
const ONLY_GROW: &[(&str, &str, &str)] = &[
    ("gift", "UPDATE gift SET note = 'changed'", "DELETE FROM gift"),
    ("ledger_entry", "UPDATE ledger_entry SET amount_minor = amount_minor + 1", "DELETE FROM ledger_entry"),
    ("receipt", "UPDATE receipt SET content = content", "DELETE FROM receipt"),
    ("declaration", "UPDATE declaration SET full_name = 'Changed'", "DELETE FROM declaration"),
    ("consent_entry", "UPDATE consent_entry SET basis = 'withdrawn'", "DELETE FROM consent_entry"),
    (
        "audit_line",
        "UPDATE audit_line SET detail = '{}' WHERE seq = 1",
        "DELETE FROM audit_line WHERE seq > 1",
    ),
];

story! {
    async fn what_only_grows_cannot_be_changed_or_removed(app: &TestApp) {
        app.gift("25").await;
        let form = app.form("").await.filled("30").with_gift_aid().set("updates_stories", "yes");
        let session = app.to_checkout(&form).await;
        app.pay(&session, TestMethod::CardSuccess).await;
        for (table, change, removal) in ONLY_GROW {
            for sql in [change, removal] {
                let refused = app.damage(sql).await.expect_err(sql).to_string();
                assert!(refused.contains(&format!("{table} is append-only")), "{sql}: {refused}");
            }
        }
        if app.database == Database::Postgres {
            for sql in ["TRUNCATE receipt", "TRUNCATE audit_line", "TRUNCATE ledger_entry", "TRUNCATE consent_entry"] {
                assert!(app.damage(sql).await.is_err(), "{sql}");
            }
        }
        for sql in ["SELECT COUNT(*) FROM gift", "SELECT COUNT(*) FROM receipt"] {
            assert_eq!(app.count(sql).await, 2);
        }
        for sql in ["SELECT COUNT(*) FROM declaration", "SELECT COUNT(*) FROM consent_entry WHERE basis = 'consent'"] {
            assert_eq!(app.count(sql).await, 1);
        }
    }
}

story! {
    async fn not_even_replacing_a_row_gets_past_the_triggers_of_sqlite(app: &TestApp) {
        // `INSERT OR REPLACE` deletes first, and SQLite fires no trigger for that unless `recursive_triggers` is on.
        app.gift("25").await;
        if app.database == Database::Sqlite {
            for sql in [
                "INSERT OR REPLACE INTO audit_line SELECT seq, id, at, actor, action, subject, '{}', prev_hash, hash FROM audit_line WHERE seq = 1",
                "INSERT OR REPLACE INTO ledger_entry SELECT id, gift_id, kind, currency, amount_minor + 1, occurred_at, stripe_object, balance_transaction, created_at FROM ledger_entry",
            ] {
                assert!(app.damage(sql).await.is_err(), "{sql}");
            }
        }
    }
}
