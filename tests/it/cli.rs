//! The commands, run as an operator runs them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::Duration;

fn almoner(dir: &Path, args: &[&str], env: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_almoner"));
    command.args(args).current_dir(dir).env_clear().envs(env.iter().copied());
    command.output().expect("the program runs")
}

fn good_env<'a>(database: &'a str, charity: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("DATABASE_URL", database),
        ("BASE_URL", "https://give.lantern.example"),
        ("STRIPE_SECRET_KEY", "sk_test_0123456789abcdef0123456789"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_0123456789abcdef0123456789abcdef"),
        ("SMTP_URL", "smtps://mail.lantern.example"),
        ("MAIL_FROM", "giving@lantern.example"),
        ("SESSION_SECRET", "0123456789abcdef0123456789abcdef0123456789"),
        ("CHARITY_CONFIG", charity),
    ]
}

fn charity_file() -> String {
    format!("{}/charity.example.toml", env!("CARGO_MANIFEST_DIR"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn config_check_prints_without_secrets_or_names_every_mistake_at_once() {
    let dir = tempfile::tempdir().expect("a folder");
    let charity = charity_file();
    let good = good_env("sqlite://books.db", &charity);
    let checked = almoner(dir.path(), &["config", "check"], &good);
    assert!(checked.status.success(), "{}", text(&checked.stderr));
    let printed = text(&checked.stdout);
    for secret in
        ["sk_test_0123456789abcdef", "whsec_0123456789abcdef", "0123456789abcdef0123456789abcdef0123456789"]
    {
        assert!(!printed.contains(secret));
    }
    let bad = [("DATABASE_URL", "mysql://x"), ("STRIPE_WEBHOOK_SECRET", ""), ("BASE_URL", "ftp://x")];
    let refused = almoner(dir.path(), &["config", "check"], &bad);
    assert_eq!(refused.status.code(), Some(1));
    let problems = text(&refused.stderr);
    for name in [
        "DATABASE_URL",
        "STRIPE_WEBHOOK_SECRET",
        "BASE_URL",
        "STRIPE_SECRET_KEY",
        "SESSION_SECRET",
        "CHARITY_CONFIG",
    ] {
        assert!(problems.contains(name), "{name} in {problems}");
    }
}

#[test]
fn migrate_then_verify_and_nothing_runs_on_a_bad_configuration() {
    let dir = tempfile::tempdir().expect("a folder");
    let charity = charity_file();
    let env = good_env("sqlite://books.db", &charity);
    let migrated = almoner(dir.path(), &["migrate"], &env);
    assert!(migrated.status.success(), "{}", text(&migrated.stderr));
    assert!(text(&migrated.stdout).contains("SQLite is up to date"));
    let again = almoner(dir.path(), &["migrate"], &env);
    assert!(again.status.success());
    let verified = almoner(dir.path(), &["verify"], &env);
    assert!(verified.status.success());
    assert!(text(&verified.stdout).contains("Everything holds."));
    let json = almoner(dir.path(), &["verify", "--json"], &env);
    let checks: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert!(checks.as_array().is_some_and(|c| c.len() > 10));
    let refused = almoner(dir.path(), &["serve"], &env[..3]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("SESSION_SECRET"));
}

#[test]
fn a_database_that_cannot_be_opened_is_said_in_words() {
    let dir = tempfile::tempdir().expect("a folder");
    let charity = charity_file();
    let missing = almoner(dir.path(), &["migrate"], &good_env("sqlite://no/such/folder/books.db", &charity));
    assert_eq!(missing.status.code(), Some(1));
    assert!(text(&missing.stderr).contains("database"), "{}", text(&missing.stderr));
    let away = almoner(dir.path(), &["verify"], &good_env("postgres://nobody@127.0.0.1:9/none", &charity));
    assert_eq!(away.status.code(), Some(1));
    std::fs::write(dir.path().join("junk.db"), "this is no database at all, only text".repeat(50))
        .expect("written");
    let junk = almoner(dir.path(), &["migrate"], &good_env("sqlite://junk.db", &charity));
    assert_eq!(junk.status.code(), Some(1));
    assert!(text(&junk.stderr).contains("not a database"), "{}", text(&junk.stderr));
}

/// Starts a demo; gives it with its output.
fn demo(data: &Path, more: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_almoner"));
    command.args(["demo", "--port", "0", "--data"]).arg(data).args(more);
    command
        .env_clear()
        .env("RUST_LOG", "warn")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the demo starts");
    let out = BufReader::new(child.stdout.take().expect("its output"));
    (child, out)
}

fn line_with(out: &mut impl BufRead, wanted: &str) -> String {
    let mut seen = String::new();
    loop {
        let mut line = String::new();
        assert!(out.read_line(&mut line).expect("reads") > 0, "no {wanted:?} in {seen:?}");
        if line.contains(wanted) {
            return line;
        }
        seen.push_str(&line);
    }
}

fn terminate(child: &Child) {
    let sent = Command::new("sh").arg("-c").arg(format!("kill -TERM {}", child.id())).status();
    assert!(sent.expect("a shell").success());
}

/// Waits for the end, which must come soon and be a clean one; gives what was said on standard error.
fn ends_cleanly(mut child: Child) -> String {
    let (told, waiting) = std::sync::mpsc::channel();
    let id = child.id();
    let watch = std::thread::spawn(move || {
        if waiting.recv_timeout(Duration::from_secs(20)).is_err() {
            drop(Command::new("sh").arg("-c").arg(format!("kill -KILL {id}")).status());
        }
    });
    let mut said = String::new();
    child.stderr.take().expect("its errors").read_to_string(&mut said).expect("reads");
    let status = child.wait().expect("ends");
    let _ = told.send(());
    watch.join().expect("watched");
    assert!(status.success(), "{status}: {said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

const BIG: [&str; 4] = ["--donors", "5000", "--years", "3"];

#[test]
fn a_demo_told_to_stop_while_it_sets_up_stops_and_begins_anew() {
    let dir = tempfile::tempdir().expect("a folder");
    let data = dir.path().join("data");
    let (child, mut out) = demo(&data, &BIG);
    line_with(&mut out, "Setting up");
    let mut dot = [0];
    out.read_exact(&mut dot).expect("it works");
    terminate(&child);
    ends_cleanly(child);
    std::fs::write(data.join("mail/notes.txt"), "not ours")
        .or_else(|_| {
            std::fs::create_dir_all(data.join("mail"))?;
            std::fs::write(data.join("mail/notes.txt"), "not ours")
        })
        .expect("written");

    let (child, mut out) = demo(&data, &["--donors", "2", "--years", "1", "--seed", "3"]);
    line_with(&mut out, "Setting up a year of giving by 2 invented donors.");
    line_with(&mut out, "Start here:");
    terminate(&child);
    ends_cleanly(child);
    assert!(data.join("mail/notes.txt").exists(), "what is not the demo's stays");

    let (child, mut out) = demo(&data, &[]);
    let first = line_with(&mut out, ":");
    assert!(first.starts_with("Start here:"), "goes on with what is there: {first}");
    terminate(&child);
    ends_cleanly(child);
}

#[test]
fn a_demo_that_nobody_reads_any_longer_stops() {
    let dir = tempfile::tempdir().expect("a folder");
    let (child, mut out) = demo(dir.path(), &BIG);
    line_with(&mut out, "Setting up");
    drop(out);
    ends_cleanly(child);
}

/// The address in the log line with these words.
fn address_in(log: &mut impl BufRead, words: &str) -> String {
    let line: serde_json::Value = serde_json::from_str(&line_with(log, words)).expect("a line of JSON");
    line["fields"]["address"].as_str().expect("an address").to_owned()
}

/// The status and the whole answer to a plain request.
fn get(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).expect("it listens");
    stream.set_read_timeout(Some(Duration::from_secs(10))).expect("a limit");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: give.lantern.example\r\nConnection: close\r\n\r\n")
        .expect("asks");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("reads");
    let status = answer.split(' ').nth(1).and_then(|s| s.parse().ok()).expect("a status");
    (status, answer)
}

#[test]
fn a_server_told_to_stop_says_so_before_it_closes_its_door() {
    let dir = tempfile::tempdir().expect("a folder");
    let charity = charity_file();
    let mut command = Command::new(env!("CARGO_BIN_EXE_almoner"));
    command.arg("serve").current_dir(dir.path()).env_clear().envs(good_env("sqlite://books.db", &charity));
    command.envs([("LISTEN_ADDR", "127.0.0.1:0"), ("METRICS_ADDR", "127.0.0.1:0"), ("RUST_LOG", "info")]);
    let mut child = command.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut log = BufReader::new(child.stderr.take().expect("its log"));
    let door = address_in(&mut log, "\"serving\"");
    let metrics = address_in(&mut log, "\"metrics\"");
    assert_eq!(get(&door, "/readyz").0, 200);
    let (status, figures) = get(&metrics, "/metrics");
    assert!(status == 200 && figures.contains("# TYPE almoner_"), "{figures}");
    assert_eq!(get(&door, "/metrics").0, 404, "never where the public is");
    assert_eq!(get(&metrics, "/").0, 404, "and no page where the figures are");
    terminate(&child);
    line_with(&mut log, "stopping");
    assert_eq!(get(&door, "/readyz").0, 503, "whoever sends it visitors is told");
    assert_eq!(get(&door, "/give").0, 200, "and who is here already is served");
    let mut rest = String::new();
    log.read_to_string(&mut rest).expect("reads");
    let status = child.wait().expect("ends");
    assert!(status.success(), "{status}: {rest}");
    assert!(!rest.contains("panicked"), "{rest}");
}

#[test]
fn an_export_prints_what_it_came_to() {
    let dir = tempfile::tempdir().expect("a folder");
    let charity = charity_file();
    let good = good_env("sqlite://books.db", &charity);
    assert!(almoner(dir.path(), &["migrate"], &good).status.success());
    for (kind, format) in [("gifts", "csv"), ("donors", "csv"), ("receipts", "xlsx")] {
        let args =
            ["export", kind, "--format", format, "--out", kind, "--from", "2026-04-06", "--currency", "GBP"];
        let done = almoner(dir.path(), &args, &good);
        assert!(done.status.success(), "{}", text(&done.stderr));
        let printed = text(&done.stdout);
        assert!(printed.starts_with("0 rows, ") && printed.contains("SHA-256 "), "{printed}");
        assert!(dir.path().join(kind).metadata().expect("the file").len() > 0);
    }
    let unknown = almoner(dir.path(), &["export", "gifts", "--out", "x", "--fund", "moon"], &good);
    assert!(text(&unknown.stderr).contains("no fund \"moon\""), "{}", text(&unknown.stderr));
    for wrong in [["--from", "yesterday"], ["--currency", "pounds"]] {
        let refused =
            almoner(dir.path(), &[&["export", "gifts", "--out", "x"][..], &wrong[..]].concat(), &good);
        assert_eq!(refused.status.code(), Some(2), "{wrong:?}");
    }
    assert!(almoner(dir.path(), &["verify"], &good).status.success());
}
