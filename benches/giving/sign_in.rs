//! P10: sign-ins with a password against bare argon2id, and what a flood of them does to everything else.

use std::cell::Cell;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use almoner::clock::Clock;
use almoner::domain::ids::DonorId;
use almoner::random::Random;
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher};

use crate::cores::Cores;
use crate::load::{self, Events, Outcome, Traffic, Until};
use crate::report::{Goal, Report, Turn, median};
use crate::rows::Script;
use crate::server::Server;
use crate::{Bench, place, raw, rounds};

const PASSWORD: &str = "correct-heron-bicycle-soup";
const SALT: &[u8] = b"a salt of 16 byt";
/// Each is signed in to once: one mailbox may try five times only.
const ACCOUNTS: u32 = 8_000;
/// Enough to keep the hashing threads at work, and never enough to fill their queue.
const SIDE_BY_SIDE: usize = 8;
const WARM_UP: Duration = Duration::from_secs(2);
const TURN: Duration = Duration::from_secs(4);
const BARE_TURN: Duration = Duration::from_secs(2);

/// More than the queue holds, so that some are refused while others wait.
const FLOOD_CONNECTIONS: usize = 128;
/// As goal P10 says: four times what can be served.
const FLOOD: f64 = 4.0;
/// The flood is there before anything is measured.
const FLOOD_FIRST: Duration = Duration::from_secs(2);
const PROBE: Duration = Duration::from_secs(5);
const HEALTH_PER_SECOND: u32 = 200;
const EVENTS_PER_SECOND: u32 = 100;
/// The hashing threads are as nice; a bare loop that is not would win every fight with other work on this machine.
const NICENESS: i32 = 10;

/// Runs it on SQLite.
pub fn run(bench: &mut Bench) {
    let Bench { cores, report } = bench;
    cores.hold_load();
    let folder = place::on_disk();
    let database = format!("sqlite://{}", folder.path().join("almoner.db").display());
    accounts().write(&database);
    let server = Server::start(cores, folder.path(), &database, false);
    let door = Door { address: server.address, next: Cell::new(0) };
    door.valid(WARM_UP);

    let cores_of_server = cores.of_server() as f64;
    let (mut turns, mut quiet, mut busy) = (Vec::<Turn>::new(), Vec::new(), Vec::new());
    for _ in 0..rounds() {
        quiet.push(bare(cores, 0) * cores_of_server);
        let bare = bare(cores, NICENESS) * cores_of_server;
        let before = server.cpu_seconds();
        let outcome = door.valid(TURN);
        busy.push((server.cpu_seconds() - before) / outcome.seconds * 100.0);
        assert_eq!(outcome.refused, 0, "{:?}", outcome.statuses);
        turns.push((outcome.rate(), bare));
    }
    let yard = format!("hashes/s = {cores_of_server} x bare argon2id");
    report.ratio("P10 valid sign-ins", "sign-ins/s", &yard, &turns, Goal::AtLeast(0.8));
    report.note(format!(
        "sign_in: the server may use {cores_of_server} processor(s), as many hashing threads run, the bare loop ran on \
         the same with niceness {NICENESS} too ({:.0} hashes/s without); the server used {:.0} % of one processor.",
        median(&quiet),
        median(&busy)
    ));
    // What a quiet machine could serve: other work must not make the flood a small one.
    let rate = turns.iter().map(|(own, _)| *own).fold(median(&quiet), f64::max);
    let per_second = (rate * FLOOD).ceil() as u32;
    flood(report, &door, folder.path(), per_second, Flood { of: "right passwords", password: PASSWORD });
    flood(
        report,
        &door,
        folder.path(),
        per_second,
        Flood { of: "wrong passwords", password: "not-this-one" },
    );
    cores.release();
}

/// What is sent in a flood. Right passwords write when they are served, wrong ones only cost a hash.
struct Flood {
    of: &'static str,
    password: &'static str,
}

/// How `/healthz` and callbacks fare, in turns without and with a flood.
fn flood(report: &mut Report, door: &Door, folder: &std::path::Path, per_second: u32, flood: Flood) {
    let (events, address) = (Events::new(), door.address);
    let (mut health, mut callbacks) = (Vec::<Turn>::new(), Vec::<Turn>::new());
    for _ in 0..rounds() {
        report.raw(raw::syncs_per_second(folder));
        let idle = probe(address, &events);
        let (flooded, outcome) = std::thread::scope(|scope| {
            let prober = scope.spawn(|| {
                std::thread::sleep(FLOOD_FIRST);
                probe(address, &events)
            });
            // The flood outlasts the probe.
            let outcome =
                door.flood(flood.password, per_second, FLOOD_FIRST + PROBE + Duration::from_millis(500));
            (prober.join().expect("the probe ends"), outcome)
        });
        health.push((flooded.0, idle.0));
        callbacks.push((flooded.1, idle.1));
        let offered = outcome.waits.len();
        report.note(format!(
            "sign_in: a flood of {:.0} {}/s (wanted {per_second}): of {offered}, {} got in ({:.0}/s), {} were told \
             429, {} failed; half were answered within {:.0} ms, the slowest took {:.0} ms.",
            offered as f64 / outcome.seconds,
            flood.of,
            outcome.acked,
            outcome.rate(),
            outcome.statuses.get(&429).copied().unwrap_or(0),
            outcome.statuses.iter().filter(|(status, _)| **status >= 500).map(|(_, count)| *count).sum::<u64>(),
            outcome.wait_at(0.5),
            outcome.wait_at(1.0)
        ));
        assert!(
            outcome.statuses.keys().all(|status| [303, 422, 429].contains(status)),
            "{:?}",
            outcome.statuses
        );
    }
    let yard = "ms without it";
    report.ratio(
        &format!("P10 p99 of /healthz in a flood of {}", flood.of),
        "ms",
        yard,
        &health,
        Goal::AtMost(3.0),
    );
    report.ratio(
        &format!("P10 p99 of a callback in a flood of {}", flood.of),
        "ms",
        yard,
        &callbacks,
        Goal::AtMost(3.0),
    );
}

/// p99 in ms of `/healthz` and of callbacks, both offered at a steady pace.
fn probe(address: SocketAddr, events: &Events) -> (f64, f64) {
    std::thread::scope(|scope| {
        let callbacks = scope.spawn(|| load::open_loop(address, events, EVENTS_PER_SECOND, PROBE));
        let request = format!("GET /healthz HTTP/1.1\r\nhost: {address}\r\n\r\n").into_bytes();
        let next = || request.clone();
        let traffic = Traffic { connections: 16, wanted: 200, next: &next };
        let health = load::open(address, &traffic, HEALTH_PER_SECOND, PROBE);
        let callbacks = callbacks.join().expect("the callbacks end");
        assert_eq!((health.refused, callbacks.refused), (0, 0), "the flood reached others");
        (health.wait_at(0.99), callbacks.wait_at(0.99))
    })
}

/// Where people sign in, each from an address and with a mailbox of their own.
struct Door {
    address: SocketAddr,
    next: Cell<u32>,
}

impl Door {
    fn request(&self, password: &str) -> Vec<u8> {
        let number = self.next.replace(self.next.get() + 1);
        let from = Ipv4Addr::from_bits(Ipv4Addr::new(10, 0, 0, 0).to_bits() + number % (1 << 24));
        let form =
            format!("email=donor{}%40donors.example&password={password}&way=password", number % ACCOUNTS);
        format!(
            "POST /sign-in HTTP/1.1\r\nhost: {address}\r\norigin: http://{address}\r\nx-forwarded-for: {from}\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            form.len(),
            address = self.address
        )
        .into_bytes()
    }

    /// As many as are served.
    fn valid(&self, length: Duration) -> Outcome {
        let next = || self.request(PASSWORD);
        let traffic = Traffic { connections: SIDE_BY_SIDE, wanted: 303, next: &next };
        load::closed(self.address, &traffic, Until::Time(length))
    }

    /// Many more.
    fn flood(&self, password: &str, per_second: u32, length: Duration) -> Outcome {
        let next = || self.request(password);
        let traffic = Traffic { connections: FLOOD_CONNECTIONS, wanted: 303, next: &next };
        load::open(self.address, &traffic, per_second, length)
    }
}

/// Hashes a second of one loop on the server's processor, with OWASP's first figures.
fn bare(cores: &Cores, niceness: i32) -> f64 {
    cores.hold_server();
    let rate = std::thread::spawn(move || {
        // Of this thread alone, on Linux.
        let _ = rustix::process::nice(niceness);
        let mut out = [0; 32];
        let began = Instant::now();
        let mut count = 0_u32;
        while began.elapsed() < BARE_TURN {
            Argon2::default().hash_password_into(PASSWORD.as_bytes(), SALT, &mut out).expect("a hash");
            std::hint::black_box(&out);
            count += 1;
        }
        f64::from(count) / began.elapsed().as_secs_f64()
    });
    let rate = rate.join().expect("the bare loop ends");
    cores.hold_load();
    rate
}

fn accounts() -> Script {
    let random = Random::system();
    let at = Clock::System.now();
    let hash: PasswordHash =
        Argon2::default().hash_password_with_salt(PASSWORD.as_bytes(), SALT).expect("a hash");
    let hash = hash.to_string();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    let mut script = Script::default();
    for number in 0..ACCOUNTS {
        let email = format!("donor{number}@donors.example");
        script.account(&DonorId::new(at, &random), &email, Some(&hash), at);
    }
    script
}
