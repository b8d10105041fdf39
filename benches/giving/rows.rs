//! Rows written by SQL into a database of our own migrations, for benchmarks that only read them.

use std::path::Path;

use almoner::clock::Ts;
use almoner::domain::ids::DonorId;
use almoner::store::Store;
use sqlx::AssertSqlSafe;

use crate::pg;

/// Statements of literals that both databases take.
#[derive(Debug, Default)]
pub struct Script(String);

impl Script {
    /// A row: columns separated by commas, values written as SQL (see [`text`]).
    pub fn insert(&mut self, table: &str, columns: &str, values: &[String]) {
        self.0.push_str(&format!("INSERT INTO {table} ({columns}) VALUES ({});\n", values.join(", ")));
    }

    /// A donor who can sign in, by mail alone when there is no hash.
    pub fn account(&mut self, id: &DonorId, email: &str, hash: Option<&str>, at: Ts) {
        let (id, email, at) = (text(id), text(email), text(at));
        self.insert(
            "donor",
            "id, standing, kind, email, email_norm, given_name, family_name, locale, created_at, updated_at, owner_id",
            &[
                id.clone(),
                text("account"),
                text("individual"),
                email.clone(),
                email.clone(),
                text("Ada"),
                text("Bench"),
                text("en-GB"),
                at.clone(),
                at.clone(),
                id.clone(),
            ],
        );
        let (hash, set_at) = match hash {
            Some(hash) => (text(hash), at.clone()),
            None => (null(), null()),
        };
        self.insert(
            "account",
            "donor_id, email, email_norm, password_hash, password_set_at, created_at, updated_at",
            &[id, email.clone(), email, hash, set_at, at.clone(), at],
        );
    }

    /// Migrates the database, writes all of it in one transaction and closes the database again.
    pub fn write(&self, database: &str) {
        let sql = format!("BEGIN;\n{}COMMIT;\n", self.0);
        pg::block_on(async {
            let store = match database.strip_prefix("sqlite://") {
                Some(path) => Store::open_sqlite(Path::new(path)).await,
                None => Store::open_postgres(database).await,
            };
            let store = store.expect("the database opens");
            store.migrate().await.expect("the migrations run");
            match &store {
                Store::Sqlite { write, .. } => {
                    sqlx::raw_sql(AssertSqlSafe(sql)).execute(write).await.expect("the rows fit");
                }
                Store::Postgres(pool) => {
                    sqlx::raw_sql(AssertSqlSafe(sql)).execute(pool).await.expect("the rows fit");
                    sqlx::raw_sql("ANALYZE").execute(pool).await.expect("the planner learns of them");
                }
            }
            store.close().await;
        });
    }
}

/// A literal.
pub fn text(value: impl std::fmt::Display) -> String {
    format!("'{}'", value.to_string().replace('\'', "''"))
}

/// No value.
pub fn null() -> String {
    "NULL".to_owned()
}
