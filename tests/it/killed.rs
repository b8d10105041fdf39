//! A process that is killed in the middle of its work (`kill -9`): what was done is done once, the rest is done afterwards.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::support::{Database, TestApp};

/// A moment in which the killed process may work.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// This many looks without progress: it hangs.
const LOOKS_AT_MOST: u32 = 12_000;

/// Three hundred guests besides the one there is, who each gave in 2024-25.
const GUESTS: &str = "INSERT INTO donor (id, standing, kind, email, email_norm, given_name, family_name, organisation, locale, \
    created_at, updated_at, owner_id) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) \
    SELECT 'dnr_' || substr(CAST(10000000000 + i AS TEXT) || '000000000000000', 1, 26), standing, kind, \
    'giver' || CAST(i AS TEXT) || '@donors.example', 'giver' || CAST(i AS TEXT) || '@donors.example', given_name, \
    family_name, organisation, locale, created_at, updated_at, \
    'dnr_' || substr(CAST(10000000000 + i AS TEXT) || '000000000000000', 1, 26) FROM donor, n";
const THEIR_GIFTS: &str = "INSERT INTO gift (id, payment_id, pledge_id, donor_id, entity_id, fund_id, campaign_id, currency, \
    amount_minor, fee_cover_minor, instalment, received_at, received_on, tax_year, method_kind, method_label, \
    method_last4, declaration_id, donor_details, note, tribute_kind, tribute_name, stripe_payment_intent, \
    stripe_charge, stripe_invoice, created_at) \
    SELECT 'gift' || substr(d.id, 4), NULL, NULL, d.id, g.entity_id, g.fund_id, g.campaign_id, g.currency, g.amount_minor, \
    0, NULL, g.received_at, g.received_on, '2024-25', 'cheque', 'Cheque', NULL, NULL, g.donor_details, NULL, NULL, NULL, \
    NULL, NULL, NULL, g.created_at FROM gift g, donor d WHERE d.email_norm LIKE 'giver%'";

/// `almoner statements issue`, on the story's own database.
fn issuing(app: &TestApp) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_almoner"));
    command.args(["statements", "issue", "--entity", "uk", "--year", "2024-25"]).current_dir(app.dir.path());
    command.env_clear().stdout(Stdio::null()).stderr(Stdio::piped()).envs([
        ("DATABASE_URL", app.database_address().as_str()),
        ("BASE_URL", "https://give.lantern.example"),
        ("STRIPE_SECRET_KEY", "sk_test_0123456789abcdef0123456789"),
        ("STRIPE_WEBHOOK_SECRET", "whsec_0123456789abcdef0123456789abcdef"),
        ("SMTP_URL", "smtps://mail.lantern.example"),
        ("MAIL_FROM", "giving@lantern.example"),
        ("SESSION_SECRET", "0123456789abcdef0123456789abcdef0123456789"),
        ("CHARITY_CONFIG", concat!(env!("CARGO_MANIFEST_DIR"), "/charity.example.toml")),
    ]);
    command
}

/// Kills it once so many statements are there; gives how many there are then.
async fn kill_at(app: &TestApp, mut child: Child, statements: i64) -> i64 {
    for _ in 0..LOOKS_AT_MOST {
        if app.count("SELECT COUNT(*) FROM statement").await >= statements {
            break;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    app.count("SELECT COUNT(*) FROM statement").await
}

async fn a_year_end_run(database: Database) {
    let Some(app) = TestApp::spawn(database).await else { return };
    app.gift("25").await;
    assert_eq!(app.damage(GUESTS).await.expect("guests"), 300);
    assert_eq!(app.damage(THEIR_GIFTS).await.expect("gifts"), 300);
    let mut there = 0;
    for more in [20, 60, 70] {
        let child = issuing(&app).spawn().expect("it starts");
        let now = kill_at(&app, child, there + more).await;
        assert!(now >= there + more && now < 300, "killed in the middle: {now}");
        there = now;
    }
    let done = issuing(&app).output().expect("it runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    for (sql, wanted) in [
        ("SELECT COUNT(*) FROM statement", 300),
        ("SELECT COUNT(DISTINCT donor_id) FROM statement", 300),
        ("SELECT COUNT(DISTINCT number) FROM statement", 300),
        ("SELECT COUNT(*) FROM statement WHERE version <> 1", 0),
        ("SELECT COUNT(*) FROM statement_run", 1),
        ("SELECT COUNT(*) FROM statement_item WHERE state = 'issued'", 300),
        ("SELECT COUNT(*) FROM mail_outbox WHERE kind LIKE 'statement%'", 300),
    ] {
        assert_eq!(app.count(sql).await, wanted, "{sql}");
    }
    assert_eq!(
        app.text("SELECT MAX(number) FROM statement").await,
        "LFT-S-2024-25-000300",
        "none was numbered twice"
    );
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_year_end_run_that_is_killed_three_times_misses_nobody_and_numbers_nobody_twice() {
    a_year_end_run(Database::Sqlite).await;
    a_year_end_run(Database::Postgres).await;
}
