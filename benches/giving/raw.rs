//! The yardstick below every database: append 4 KiB, fdatasync, again.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long one turn takes.
pub const TURN: Duration = Duration::from_millis(1500);

/// Syncs a second of a single stream on a file in `folder`.
pub fn syncs_per_second(folder: &Path) -> f64 {
    let path = folder.join("raw");
    let mut file = File::create(&path).expect("a file for the raw loop");
    let block = [0x5a_u8; 4096];
    let began = Instant::now();
    let mut count = 0_u32;
    while began.elapsed() < TURN {
        file.write_all(&block).expect("the raw loop writes");
        file.sync_data().expect("the raw loop syncs");
        count += 1;
    }
    let rate = f64::from(count) / began.elapsed().as_secs_f64();
    drop(file);
    std::fs::remove_file(&path).expect("the raw loop's file goes");
    rate
}
