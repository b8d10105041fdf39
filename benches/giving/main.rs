//! The measured claims of the README, each against its yardstick: `cargo bench --bench giving [-- NAME…]`.
//!
//! Absolute figures mean nothing on a shared machine. So each yardstick is measured in the same run, turn by turn with
//! our own figure (A-B-A-B), and what counts is the median of the ratios. When the raw loop's own figures lie further
//! apart than four times, the machine was not quiet enough and the run says that it is invalid (exit 2).

mod cores;
mod documents;
mod intake;
mod load;
mod million;
mod office;
mod pg;
mod place;
mod portal;
mod raw;
mod report;
mod reports;
mod rows;
mod server;
mod settle;
mod sign_in;
mod start;
mod takeout;

use std::process::ExitCode;

use cores::Cores;
use report::Report;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What a benchmark gets.
pub struct Bench {
    /// Which processor is whose.
    pub cores: Cores,
    /// Where figures go.
    pub report: Report,
}

type Run = fn(&mut Bench);

const BENCHMARKS: [(&str, Run); 8] = [
    ("intake", intake::run),
    ("settle", settle::run),
    ("portal", portal::run),
    ("office", office::run),
    ("reports", reports::run),
    ("documents", documents::run),
    ("sign_in", sign_in::run),
    ("start", start::run),
];

/// Turns of A and B; `ALMONER_BENCH_ROUNDS` may ask for more.
pub fn rounds() -> usize {
    let wanted = std::env::var("ALMONER_BENCH_ROUNDS").ok().and_then(|text| text.parse().ok());
    wanted.unwrap_or(3).clamp(3, 50)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|a| a == "--bench") {
        println!("These are measurements, not tests: run them with `cargo bench --bench giving`.");
        return ExitCode::SUCCESS;
    }
    let names: Vec<&str> = arguments.iter().map(String::as_str).filter(|a| !a.starts_with('-')).collect();
    if let Some(unknown) = names.iter().find(|n| !BENCHMARKS.iter().any(|(name, _)| name == *n)) {
        eprintln!(
            "There is no benchmark {unknown:?}; there are intake, settle, portal, office, reports, documents, \
             sign_in and start."
        );
        return ExitCode::FAILURE;
    }
    // Only fails when a provider is there already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    place::sweep();
    let mut bench = Bench { cores: Cores::here(), report: Report::default() };
    if cfg!(debug_assertions) {
        bench.report.note("This is NOT a release build: no figure below means anything.".to_owned());
    }
    bench.report.note(bench.cores.describe());
    bench.report.note(format!("Files on disk are in {}.", env!("CARGO_TARGET_TMPDIR")));
    for (name, run) in BENCHMARKS {
        if names.is_empty() || names.contains(&name) {
            eprintln!("── {name} ──");
            bench.report.begin(name);
            run(&mut bench);
        }
    }
    if bench.report.print() { ExitCode::SUCCESS } else { ExitCode::from(2) }
}
