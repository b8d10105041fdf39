//! Migrations: the same numbers in both folders, embedded in the binary.

use sqlx::migrate::Migrator;

use super::db::{Result, Store};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

impl Store {
    /// Applies what is pending. Two starters may run it at once: one migrates, the other waits.
    ///
    /// # Errors
    /// When a migration fails, or the database was migrated by a newer release.
    pub async fn migrate(&self) -> Result<()> {
        match self {
            Store::Sqlite { write, .. } => SQLITE.run(write).await?,
            Store::Postgres(pool) => POSTGRES.run(pool).await?,
        }
        Ok(())
    }
}

/// Number and name of each migration of both folders, for the test that compares them.
pub fn names() -> [Vec<(i64, String)>; 2] {
    [&SQLITE, &POSTGRES].map(|m| m.iter().map(|x| (x.version, x.description.to_string())).collect())
}
