//! Folders for the benchmarks' files: gone when dropped, and swept at the next start when a run was killed.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

const PREFIX: &str = "almoner-bench-";

/// In the target folder: a real disk.
pub fn on_disk() -> TempDir {
    make(Path::new(env!("CARGO_TARGET_TMPDIR"))).expect("a folder beside the build")
}

/// In memory, where a sync costs nothing; `None` where this machine has no such place.
pub fn in_memory() -> Option<TempDir> {
    make(&memory())
}

/// For PostgreSQL, which runs as another user and must be able to get there.
pub fn for_postgres() -> TempDir {
    make(&std::env::temp_dir()).expect("a temporary folder")
}

fn memory() -> PathBuf {
    PathBuf::from("/dev/shm")
}

fn make(base: &Path) -> Option<TempDir> {
    std::fs::create_dir_all(base).ok()?;
    let prefix = format!("{PREFIX}{}-", std::process::id());
    tempfile::Builder::new().prefix(&prefix).tempdir_in(base).ok()
}

/// Removes what earlier runs that were killed left behind: folders of ours whose process is gone.
pub fn sweep() {
    for base in [PathBuf::from(env!("CARGO_TARGET_TMPDIR")), memory(), std::env::temp_dir()] {
        let Ok(entries) = std::fs::read_dir(base) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let owner = name.strip_prefix(PREFIX).and_then(|rest| rest.split('-').next());
            let Some(owner) = owner.and_then(|id| id.parse::<u32>().ok()) else { continue };
            if !Path::new(&format!("/proc/{owner}")).exists() {
                // Somebody else's, then: they will see to it.
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    }
}

/// Free bytes where `path` is, as `df` tells; 0 when it does not.
pub fn free_bytes(path: &Path) -> u64 {
    let told = std::process::Command::new("df").args(["--output=avail", "-B1"]).arg(path).output();
    let text = told.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
    text.lines().nth(1).and_then(|line| line.trim().parse().ok()).unwrap_or(0)
}
