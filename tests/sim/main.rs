//! R2: a whole process lived through from a seed. Time, chance, Stripe, the mail host and the power supply are in the seed's
//! hand; whatever happens, the books end where Stripe's are, nobody is charged twice, and nothing that was promised is
//! forgotten. The same seed lives the same life, line by line.
//!
//! `ALMONER_SIM_SEEDS=1..2000` and `ALMONER_SIM_STEPS=200` make it longer, `ALMONER_SIM_TRACE=1` prints every line.
//! `tests/sim/mutants.mjs` takes one rule of the house away at a time; `docs/simulation.md` says which seed sees it.

mod deeds;
mod dice;
mod life;
mod node;
mod oracle;
#[path = "../it/support/postgres.rs"]
#[allow(dead_code, reason = "the other tests' helper, used in part")]
mod postgres;
mod world;

use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};

use life::{Lived, live};
use world::Disk;

const QUICK_SEEDS: RangeInclusive<u64> = 1..=30;
const QUICK_STEPS: usize = 60;

fn steps() -> usize {
    std::env::var("ALMONER_SIM_STEPS").ok().and_then(|n| n.parse().ok()).unwrap_or(QUICK_STEPS)
}

fn seeds(quick: RangeInclusive<u64>) -> RangeInclusive<u64> {
    let Ok(wanted) = std::env::var("ALMONER_SIM_SEEDS") else { return quick };
    let (first, last) = wanted.split_once("..").unwrap_or((&wanted, &wanted));
    let number =
        |text: &str| text.trim_start_matches('=').parse().expect("ALMONER_SIM_SEEDS is like 1..2000");
    number(first)..=number(last)
}

fn print(lived: &Lived) {
    for line in &lived.trace {
        eprintln!("  {line}");
    }
}

/// Lives through all of them, one thread a core; panics with the first seed that went wrong, told twice.
fn live_all(disk: Disk, seeds: RangeInclusive<u64>) {
    let steps = steps();
    let (first, last) = (*seeds.start(), *seeds.end());
    let next = AtomicU64::new(first);
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
    let sums = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..cores)
            .map(|_| {
                scope.spawn(|| {
                    let mut sum = life::Sum::default();
                    loop {
                        let seed = next.fetch_add(1, Ordering::SeqCst);
                        if seed > last {
                            return sum;
                        }
                        let lived = live(disk, seed, steps);
                        if std::env::var_os("ALMONER_SIM_TRACE").is_some() {
                            print(&lived);
                        }
                        if !lived.wrong.is_empty() {
                            // The others need not go on.
                            next.store(last + 1, Ordering::SeqCst);
                            tell(disk, steps, &lived);
                        }
                        sum.add(&lived);
                    }
                })
            })
            .collect();
        let ended: Vec<_> = threads.into_iter().map(std::thread::ScopedJoinHandle::join).collect();
        ended.into_iter().map(|sum| sum.unwrap_or_else(|p| std::panic::resume_unwind(p))).collect::<Vec<_>>()
    });
    let total = sums.into_iter().fold(life::Sum::default(), life::Sum::and);
    eprintln!("simulation on {disk:?}, seeds {first}..{last}, {steps} steps each: {total}");
    assert!(
        total.crashes > 0 && total.gifts > 0 && total.faults > 0,
        "it was too quiet to mean anything: {total}"
    );
}

/// A life that went wrong is lived again: it must go wrong in the same way, line by line.
fn tell(disk: Disk, steps: usize, lived: &Lived) -> ! {
    let again = live(disk, lived.seed, steps);
    print(lived);
    let same =
        if again.trace == lived.trace { "the same again, line by line" } else { "OTHERWISE the second time" };
    panic!("seed {} on {disk:?} went wrong ({same}):\n{}", lived.seed, lived.wrong.join("\n"));
}

#[test]
fn whatever_happens_the_books_end_where_stripes_are_on_sqlite() {
    live_all(Disk::Sqlite, seeds(QUICK_SEEDS));
}

#[test]
fn whatever_happens_the_books_end_where_stripes_are_on_postgres() {
    if postgres_is_here() {
        live_all(Disk::Postgres, seeds(1001..=1006));
    }
}

#[test]
fn the_same_seed_lives_the_same_life() {
    for seed in [3, 4] {
        let (one, two) = (live(Disk::Sqlite, seed, steps()), live(Disk::Sqlite, seed, steps()));
        assert_eq!(one.trace, two.trace, "seed {seed}");
        assert!(one.trace.len() > steps(), "a line for each step");
    }
}

/// A mutant whose lines are gone proves nothing: it is to be written anew.
#[test]
fn every_mutant_still_finds_its_lines() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(root.join("tests/sim/mutants.json")).expect("the mutants");
    let mutants: Vec<serde_json::Value> = serde_json::from_str(&text).expect("a list");
    assert!(mutants.len() >= 10, "{} mutants", mutants.len());
    for mutant in &mutants {
        let lines: Vec<&str> =
            mutant["find"].as_array().expect("lines").iter().filter_map(|l| l.as_str()).collect();
        let file = mutant["file"].as_str().expect("a file");
        let source = std::fs::read_to_string(root.join(file)).expect(file);
        assert!(source.contains(&lines.join("\n")), "{}: {file} has no such lines any more", mutant["name"]);
    }
}

fn postgres_is_here() -> bool {
    world::stage().block_on(async {
        match postgres::fresh_database().await {
            Some(url) => {
                postgres::drop_database(&url).await;
                true
            }
            None => false,
        }
    })
}
