//! The state kept in a file.

use std::{
    io,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use super::{inner::Inner, state::World, types::Options};

/// The world of the snapshot, or a new one.
pub(super) fn load(options: &Options, base: &str) -> io::Result<World> {
    let text = match &options.snapshot {
        Some(path) if path.exists() => Some(std::fs::read(path)?),
        _ => None,
    };
    let mut world = match text {
        Some(text) => serde_json::from_slice(&text).map_err(io::Error::other)?,
        None => World::new(options.seed, &options.country),
    };
    world.base = base.to_owned();
    world.reindex();
    Ok(world)
}

/// Writes the snapshot, if there is to be one: to a file beside it, then over it.
pub(super) fn save(inner: &Inner) {
    let Some(path) = &inner.snapshot else { return };
    let _saving = inner.saving();
    inner.held.store(false, Ordering::SeqCst);
    let text = inner.read(serde_json::to_vec);
    let beside = path.with_extension("tmp");
    let written = text
        .map_err(io::Error::other)
        .and_then(|text| std::fs::write(&beside, text))
        .and_then(|()| std::fs::rename(&beside, path));
    if let Err(error) = written {
        tracing::error!(%error, path = %path.display(), "the stand-in could not write its snapshot");
    }
}

/// Saves after changes, at most once in half a second, and with long rests where a save takes long.
pub(super) fn spawn(inner: &Arc<Inner>) {
    if inner.snapshot.is_none() {
        return;
    }
    let inner = Arc::clone(inner);
    tokio::spawn(async move {
        let mut saved = inner.changes();
        let mut rest = Duration::from_millis(500);
        while !inner.is_stopped() {
            inner.dirty.notified().await;
            tokio::time::sleep(rest).await;
            let changes = inner.changes();
            if inner.is_stopped() || inner.held.load(Ordering::SeqCst) || changes == saved {
                continue;
            }
            saved = changes;
            let worker = Arc::clone(&inner);
            let began = tokio::time::Instant::now();
            drop(tokio::task::spawn_blocking(move || save(&worker)).await);
            rest = (began.elapsed() * 20).clamp(Duration::from_millis(500), Duration::from_secs(60));
        }
    });
}
