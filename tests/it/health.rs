//! The house's health: what a person reads, what Prometheus reads, and alarms that come once and go once (R12, R16).

use std::time::Duration;

use almoner::sandbox::TestMethod;
use almoner::services::health::{self, Verdict};
use almoner::store::db::meter;
use almoner::web::metrics_router;
use axum::body::Body;
use axum::http::Request;
use tower::ServiceExt;

use crate::support::{Database, TestApp, story};

const HERE: &str = "/staff/health";

/// How one thing stands.
async fn verdict(app: &TestApp, name: &str) -> Verdict {
    let standing = health::standing(&app.deps).await.expect("stands");
    standing.checks.iter().find(|c| c.name == name).unwrap_or_else(|| panic!("{name}: {standing:?}")).verdict
}

async fn metrics(app: &TestApp) -> String {
    let request = Request::get("/metrics").body(Body::empty()).expect("a request");
    let answer = metrics_router(app.deps.clone()).oneshot(request).await.expect("an answer");
    assert_eq!(answer.status(), 200);
    let bytes = axum::body::to_bytes(answer.into_body(), 1 << 20).await.expect("a body");
    String::from_utf8(bytes.to_vec()).expect("text")
}

story! {
    async fn all_is_well_and_says_so(app: &TestApp) {
        app.gift("25").await;
        for _ in 0..2 {
            app.deps.clock.advance(Duration::from_secs(301));
            app.settle_watched().await;
        }
        let admin = app.staff("admin").await;
        let page = admin.open(HERE).await;
        for said in ["Everything is as it should be.", "The last word from Stripe came 10 minutes ago.", "Nothing was given up."] {
            assert!(page.has(said), "{said}: {}", page.words());
        }
        assert!(page.html.contains("href=\"/staff/health\""), "it is in the menu");
        assert_eq!(app.staff("support").await.open(HERE).await.status, 403);
        let (standing, statements) = meter::counting(health::standing(&app.deps)).await;
        assert_eq!((standing.expect("stands").verdict(), statements), (Verdict::Well, 3));
        let text = metrics(app).await;
        for line in ["almoner_check{check=\"given_up\"} 0", "almoner_events_dead 0", "almoner_drift_open 0", "# TYPE almoner_alarms gauge"] {
            assert!(text.contains(line), "{line}: {text}");
        }
        for personal in ["ada", "Example", "@", "pi_", "dnr_"] {
            assert!(!text.contains(personal), "{personal}: {text}");
        }
        assert_eq!(app.get("/metrics").await.status(), 404, "never where the public is");
    }
}

async fn an_alarm(database: Database) {
    let to = |config: &mut almoner::config::Config| {
        config.operations.alarm_email = Some("it@charity.example".to_owned())
    };
    let Some(app) = TestApp::spawn_with(database, to).await else { return };
    app.gift("25").await;
    for _ in 0..2 {
        app.deps.clock.advance(Duration::from_secs(301));
        app.settle_watched().await;
    }
    assert_eq!(app.mails_about("somebody has to act").len(), 0);
    // A gift is made, and no event of it ever comes.
    let session = app.to_checkout(&app.form("").await.filled("30").set("email", "bo@donors.example")).await;
    app.sandbox.pay(&session, TestMethod::CardSuccess).await.expect("paid");
    app.hold_deliveries().await;
    let mut told = None;
    for minute in 1..=15_u32 {
        app.deps.clock.advance(Duration::from_secs(60));
        app.settle_watched().await;
        if told.is_none() && !app.mails_about("What no event told: somebody has to act").is_empty() {
            told = Some(minute);
        }
    }
    assert!(told.is_some(), "within 15 minutes of the first event that did not come: {:?}", app.mails());
    assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 2, "and the gift is in the books");
    assert_eq!(verdict(&app, "drift").await, Verdict::Act);
    let page = app.staff("finance").await.open(HERE).await;
    for said in ["Something needs somebody now.", "were never told by an event", "page at Stripe"] {
        assert!(page.has(said), "{said}: {}", page.words());
    }
    for seconds in [1_500, 31].repeat(62) {
        app.deps.clock.advance(Duration::from_secs(seconds));
        app.settle_watched().await;
    }
    let (raised, over) = (app.mails_about("somebody has to act"), app.mails_about("well again"));
    assert_eq!((raised.len(), over.len()), (1, 1), "once each: {raised:?} {over:?}");
    assert_eq!(raised[0].to, "it@charity.example");
    assert!(
        raised[0].text.contains("/staff/health") && !raised[0].text.contains("bo@"),
        "{}",
        raised[0].text
    );
    assert_eq!(app.count("SELECT COUNT(*) FROM alarm").await, 0);
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_never_comes_is_an_alarm_within_a_quarter_of_an_hour_once() {
    an_alarm(Database::Sqlite).await;
    an_alarm(Database::Postgres).await;
}

story! {
    async fn a_debit_that_the_bank_has_not_decided_is_no_alarm(app: &TestApp) {
        let form = app.form("").await.filled("30").set("email", "bo@donors.example");
        let session = app.to_checkout(&form).await;
        app.sandbox.pay(&session, TestMethod::BacsSuccess).await.expect("paid");
        app.settle_watched().await;
        // The walk sees the pending charge while the bank takes its days, and once a day deep.
        for _ in 0..6 {
            app.deps.clock.advance(Duration::from_secs(301));
            app.settle_watched().await;
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM drift").await, 1, "it is kept in sight");
        assert_eq!(verdict(app, "drift").await, Verdict::Well);
        for _ in 0..7 {
            app.deps.clock.advance(Duration::from_secs(86_400));
            app.settle_watched().await;
            assert_eq!(verdict(app, "drift").await, Verdict::Well);
        }
        for seconds in [301, 31] {
            app.deps.clock.advance(Duration::from_secs(seconds));
            app.settle_watched().await;
        }
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM drift WHERE closed_at IS NULL").await, 0, "and settled when it is decided");
        assert_eq!(verdict(app, "drift").await, Verdict::Well);
        assert!(app.mails_about("somebody has to act").is_empty());
        assert_eq!(app.count("SELECT COUNT(*) FROM alarm").await, 0);
    }
}

story! {
    async fn walks_of_the_clock_are_forgotten_after_a_quarter_of_a_year(app: &TestApp) {
        app.gift("25").await;
        app.deps.clock.advance(Duration::from_secs(301));
        app.settle_watched().await;
        let first = app.text("SELECT MIN(id) FROM reconcile_run").await;
        let periods = app.count("SELECT COUNT(*) FROM schedule_run").await;
        for _ in 0..2 {
            app.deps.clock.advance(Duration::from_secs(93 * 86_400));
            app.settle_watched().await;
        }
        assert_ne!(app.text("SELECT MIN(id) FROM reconcile_run").await, first);
        assert!(app.count("SELECT COUNT(*) FROM schedule_run").await <= 2 * periods);
    }
}

async fn given_up(database: Database) {
    let Some(app) = TestApp::spawn(database).await else { return };
    app.gift("25").await;
    const POISON: &str = "INSERT INTO job (id, kind, subject, state, run_at, attempts, last_error, created_at) \
        SELECT 'job_00000000000000000000000001', 'look_payment', 'pi_poison', 'failed', received_at, 14, 'it does not fit', \
        received_at FROM gift";
    assert_eq!(app.damage(POISON).await.expect("poison"), 1);
    for _ in 0..2 {
        app.deps.clock.advance(Duration::from_secs(301));
        app.settle_watched().await;
    }
    assert_eq!(verdict(&app, "given_up").await, Verdict::Act);
    assert_eq!(app.text("SELECT name FROM alarm").await, "given_up");
    let finance = app.staff("finance").await;
    let page = finance.open(HERE).await;
    assert!(page.has("1 jobs were given up") && page.has("look payment"), "{}", page.words());
    let today = finance.open("/staff").await;
    let again = finance.fill(&today, "/staff/jobs/again", &[]).await;
    assert!(again.has("It is tried once more, now."), "{}", again.words());
    assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action = 'job.replayed'").await, 1);
    assert!(metrics(&app).await.contains("almoner_jobs_given_up{kind=\"look_payment\"} 0"));
    app.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_given_up_is_an_alarm_and_can_be_tried_again() {
    given_up(Database::Sqlite).await;
    given_up(Database::Postgres).await;
}

story! {
    async fn staff_have_the_walk_made_now_and_it_is_written_down(app: &TestApp) {
        let admin = app.staff("admin").await;
        let session = app.to_checkout(&app.form("").await.filled("25")).await;
        app.sandbox.pay(&session, almoner::sandbox::TestMethod::CardSuccess).await.expect("paid");
        // Nothing that Stripe tells arrives; what is very young is left to it.
        app.deps.clock.advance(Duration::from_secs(900));
        app.hold_deliveries().await;
        let page = admin.open(HERE).await;
        let begun = admin.fill(&page, "/staff/health/walk", &[]).await;
        assert!(begun.has("The walk over Stripe’s objects has begun"), "{}", begun.words());
        app.settle().await;
        assert_eq!(app.count("SELECT COUNT(*) FROM gift").await, 1, "found without a callback");
        let begun = admin.fill(&begun, "/staff/health/look", &[]).await;
        assert!(begun.has("The look over the house has begun"), "{}", begun.words());
        assert_eq!(app.count("SELECT COUNT(*) FROM audit_line WHERE action IN ('walk.asked', 'look.asked')").await, 2);
        assert_eq!(app.staff("support").await.post("/staff/health/walk", &[]).await.status, 403);
    }
}
