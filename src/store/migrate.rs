//! Migrations: the same numbers in both folders, embedded in the binary.

use std::fs::File;
use std::path::PathBuf;

use sqlx::SqlitePool;
use sqlx::migrate::Migrator;

use super::db::{Result, Store, StoreError};

static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

impl Store {
    /// Applies what is pending. Two starters may run it at once: one migrates, the other waits.
    ///
    /// # Errors
    /// When a migration fails, or the database was migrated by a newer release.
    pub async fn migrate(&self) -> Result<()> {
        match self {
            Store::Sqlite { write, .. } => {
                // PostgreSQL has a lock for this; between processes on one file there is none but another file's.
                let held = hold(write).await?;
                let done = SQLITE.run(write).await;
                release(held);
                done?;
            }
            Store::Postgres(pool) => POSTGRES.run(pool).await?,
        }
        Ok(())
    }
}

/// The file that says who migrates a database, held until it is released or the process ends.
struct Held {
    file: File,
    path: PathBuf,
}

async fn hold(pool: &SqlitePool) -> Result<Option<Held>> {
    let database = pool.connect_options().get_filename().to_path_buf();
    let mut name = database.into_os_string();
    name.push("-migrating");
    let path = PathBuf::from(name);
    let locked = tokio::task::spawn_blocking(move || {
        let file = File::options().create(true).append(true).open(&path)?;
        file.lock()?;
        Ok::<_, std::io::Error>(Held { file, path })
    });
    match locked.await {
        Ok(Ok(held)) => Ok(Some(held)),
        // A folder that cannot be written to: then nothing can be migrated there either, and the migrator says why.
        Ok(Err(_)) => Ok(None),
        Err(error) => Err(StoreError::Unfit(format!("the migrations' lock: {error}"))),
    }
}

/// Whoever waits for the file that goes away here finds everything done.
fn release(held: Option<Held>) {
    if let Some(Held { file, path }) = held {
        drop(std::fs::remove_file(path));
        drop(file);
    }
}

/// Number and name of each migration of both folders, for the test that compares them.
pub fn names() -> [Vec<(i64, String)>; 2] {
    [&SQLITE, &POSTGRES].map(|m| m.iter().map(|x| (x.version, x.description.to_string())).collect())
}
