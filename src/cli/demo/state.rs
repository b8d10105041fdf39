//! What a demo keeps between two starts, beside its database.

use std::path::Path;

use crate::domain::ids::unguessable;
use crate::random::Random;

const FILE: &str = "demo.json";

/// The demo's own secrets, made on its first start, and how far its clock was moved.
#[derive(Clone, serde::Serialize, serde::Deserialize)]
pub struct Saved {
    /// How far ahead of the machine the demo's clock is, in microseconds.
    pub offset_micros: i64,
    /// The first giving was written.
    pub seeded: bool,
    /// Seed of the stand-in's ids.
    pub seed: u64,
    /// The stand-in's secret key.
    pub stripe_key: String,
    /// Signs the stand-in's callbacks.
    pub webhook_secret: String,
    /// Signs forms.
    pub session_secret: String,
}

impl Saved {
    /// The folder's, or a new one.
    pub fn load_or_new(folder: &Path, random: &Random, seed: u64) -> anyhow::Result<Saved> {
        match std::fs::read(folder.join(FILE)) {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes)?),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let saved = Saved {
                    offset_micros: 0,
                    seeded: false,
                    seed,
                    stripe_key: format!("sk_test_{}", unguessable(random)),
                    webhook_secret: format!("whsec_{}{}", unguessable(random), unguessable(random)),
                    session_secret: format!("{}{}", unguessable(random), unguessable(random)),
                };
                saved.save(folder)?;
                Ok(saved)
            }
            Err(e) => Err(e.into()),
        }
    }

    /// Removes what an unfinished seeding left, and nothing that is not the demo's own.
    pub fn begin_afresh(&mut self, folder: &Path, seed: u64) -> anyhow::Result<()> {
        let own = [
            "almoner.db",
            "almoner.db-wal",
            "almoner.db-shm",
            "almoner.db-journal",
            "stripe.json",
            "stripe.tmp",
        ];
        for name in own {
            gone(std::fs::remove_file(folder.join(name)))?;
        }
        let mails = match std::fs::read_dir(folder.join("mail")) {
            Ok(entries) => entries.flatten().map(|e| e.path()).collect(),
            Err(_) => Vec::new(),
        };
        let ours = |path: &Path| path.extension().is_some_and(|e| e == "eml" || e == "part");
        for mail in mails.iter().filter(|path| ours(path)) {
            gone(std::fs::remove_file(mail))?;
        }
        self.seed = seed;
        self.offset_micros = 0;
        self.save(folder)
    }

    /// Writes it whole or not at all.
    pub fn save(&self, folder: &Path) -> anyhow::Result<()> {
        let part = folder.join(".demo.json.part");
        std::fs::write(&part, serde_json::to_vec_pretty(self)?)?;
        std::fs::rename(part, folder.join(FILE))?;
        Ok(())
    }
}

/// What is not there is gone.
fn gone(removed: std::io::Result<()>) -> std::io::Result<()> {
    match removed {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
