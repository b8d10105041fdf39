//! The commands, run as an operator runs them.

use std::path::Path;
use std::process::{Command, Output};

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
