//! What the store promises on both databases, whatever the driver does.

mod concurrency;
mod rows;
mod schema;

use std::time::Duration;

use almoner::clock::Ts;
use almoner::domain::donor::DonorDetails;
use almoner::domain::ids::{DonorId, JobId, PaymentId, PayoutId};
use almoner::domain::money::Money;
use almoner::domain::states::{DonorKind, PaymentState, PayoutState};
use almoner::store::inbox::{self, NewEvent, Work};
use almoner::store::jobs::{self, Claim, NewJob};
use almoner::store::payments::{self, Payment};
use almoner::store::payouts::{self, Payout};
use almoner::store::{Conn, Day, Store, donors};

use crate::support::{TestApp, story};

fn ts(text: &str) -> Ts {
    Ts::parse(text).expect("an instant")
}

fn pounds(minor: i64) -> Money {
    Money::new(minor, "GBP".parse().expect("a currency"))
}

fn payout(app: &TestApp, stripe_payout: &str, made_at: Ts) -> Payout {
    Payout {
        id: PayoutId::new(made_at, &app.deps.random),
        stripe_payout: stripe_payout.to_owned(),
        amount: pounds(-12_345),
        state: PayoutState::InTransit,
        automatic: true,
        reconciled: false,
        arrives_on: Day("2026-11-25".parse().expect("a day")),
        made_at,
        method: "standard".to_owned(),
        failure_code: None,
        bank_trace: None,
        listed_at: None,
    }
}

fn job(app: &TestApp, kind: &'static str, subject: &str, run_at: Ts) -> NewJob {
    let id = JobId::new(run_at, &app.deps.random);
    NewJob { id, kind, subject: subject.to_owned(), hint: None, run_at }
}

/// Any kind of job but mail.
fn any(lease: Duration, limit: i64) -> Claim<'static> {
    Claim { kinds: ["send_mail", "", ""], only: false, never: [""; 3], lease, limit }
}

fn ada(email: &str) -> DonorDetails {
    DonorDetails {
        kind: DonorKind::Individual,
        given_name: "Ada".to_owned(),
        family_name: "Example".to_owned(),
        organisation: None,
        email: email.to_owned(),
        address: None,
        locale: "en-GB".to_owned(),
    }
}

/// A bare act of giving: whatever may be absent is.
fn payment(app: &TestApp, donor_id: &DonorId, form_nonce: &str) -> Payment {
    let now = app.deps.clock.now();
    Payment {
        id: PaymentId::new(now, &app.deps.random),
        reference: almoner::domain::ids::unguessable(&app.deps.random),
        form_nonce: form_nonce.to_owned(),
        form_revision: 0,
        fingerprint: "f".to_owned(),
        state: PaymentState::Started,
        frequency: "once".parse().expect("a frequency"),
        donor_id: donor_id.clone(),
        entity_id: "uk".to_owned(),
        fund_id: "general".to_owned(),
        campaign_id: None,
        amount: pounds(2_500),
        fee_cover: pounds(0),
        donor: ada("ada@donors.example"),
        evidence: "{}".to_owned(),
        checkout_request: "a=1&b=2".to_owned(),
        note: None,
        tribute: None,
        stripe_session: None,
        stripe_payment_intent: None,
        stripe_subscription: None,
        stripe_customer: None,
        checkout_url: None,
        expires_at: None,
        created_at: now,
    }
}

/// Counts within an open transaction; the text must serve both.
async fn count_in(conn: &mut Conn, sql: &'static str) -> i64 {
    match conn {
        Conn::Sqlite(t) => sqlx::query_scalar(sql).fetch_one(&mut **t).await.expect(sql),
        Conn::Postgres(t) => sqlx::query_scalar(sql).fetch_one(&mut **t).await.expect(sql),
        Conn::SqlitePlain(_) | Conn::PostgresPlain(_) => panic!("no transaction"),
    }
}

/// Every row of a text that serves both.
macro_rules! rows {
    ($app:expr, $row:ty, $sql:expr) => {
        match &$app.deps.store {
            Store::Sqlite { read, .. } => sqlx::query_as::<_, $row>($sql).fetch_all(read).await,
            Store::Postgres(pool) => sqlx::query_as::<_, $row>($sql).fetch_all(pool).await,
        }
        .expect($sql)
    };
}

story! {
    async fn instants_days_and_truth_come_back_as_they_went_in(app: &TestApp) {
        // Not in order of time; whole seconds beside fractions is where text of varying width sorts wrongly.
        let instants = [
            "2026-11-22T10:00:00.5Z",
            "9999-12-30T21:59:59.999999Z",
            "2026-11-22T10:00:00Z",
            "1969-12-31T23:59:59.999999Z",
            "2026-11-22T10:00:00.000001Z",
            "2026-11-22T10:00:00.49Z",
            "2038-01-19T03:14:08.123456Z",
            "1970-01-01T00:00:00Z",
            "2026-11-22T11:30:00.000002+01:30",
        ];
        let days = ["2024-02-29", "1999-12-31", "0001-01-01", "9999-12-31", "2026-03-29", "2026-10-25", "2026-04-05", "2026-04-06", "1970-01-01"];
        let mut written = Vec::new();
        let mut tx = app.deps.store.write().await.expect("a transaction");
        for (n, (instant, day)) in instants.iter().zip(days).enumerate() {
            let made = payout(app, &format!("po_{n}"), ts(instant));
            let made = Payout { automatic: n % 2 == 0, reconciled: n % 3 == 0, arrives_on: Day(day.parse().expect("a day")), ..made };
            payouts::upsert(&mut tx, &made, made.made_at).await.expect("writes");
            written.push((made.automatic, made.reconciled, made.arrives_on, made.made_at, made.made_at));
        }
        tx.commit().await.expect("commits");

        let mut found = rows!(app, (bool, bool, Day, Ts, Ts), "SELECT automatic, reconciled, arrives_on, made_at, updated_at FROM payout ORDER BY stripe_payout");
        assert_eq!(found, written, "to the microsecond");
        let by_time = rows!(app, (bool, bool, Day, Ts, Ts), "SELECT automatic, reconciled, arrives_on, made_at, updated_at FROM payout ORDER BY made_at");
        found.sort_by_key(|row| row.3);
        assert_eq!(by_time, found, "the database's order is the order of time");
        let by_day = rows!(app, (Day,), "SELECT arrives_on FROM payout ORDER BY arrives_on");
        assert!(by_day.is_sorted(), "{by_day:?}");
        assert_eq!(app.count("SELECT COUNT(*) FROM payout WHERE automatic = TRUE").await, 5);
        assert_eq!(app.count("SELECT COUNT(*) FROM payout WHERE amount_minor = -12345 AND state = 'in_transit'").await, 9);
    }
}

story! {
    async fn a_payout_is_one_row_and_never_unreconciled(app: &TestApp) {
        let now = app.deps.clock.now();
        let first = payout(app, "po_1", now);
        let done = Payout { state: PayoutState::Paid, reconciled: true, ..payout(app, "po_1", now) };
        let again = Payout { state: PayoutState::Paid, reconciled: false, ..payout(app, "po_1", now) };
        let mut tx = app.deps.store.write().await.expect("a transaction");
        assert_eq!(payouts::state(&mut tx, "po_1").await.expect("reads"), None);
        for seen in [&first, &done, &again] {
            payouts::upsert(&mut tx, seen, now).await.expect("writes");
        }
        assert_eq!(payouts::state(&mut tx, "po_1").await.expect("reads"), Some((PayoutState::Paid, false)));
        tx.commit().await.expect("commits");
        assert_eq!(app.count("SELECT COUNT(*) FROM payout WHERE reconciled = TRUE").await, 1);
        assert_eq!(app.count("SELECT COUNT(*) FROM payout").await, 1);
    }
}

story! {
    async fn jobs_are_due_to_the_microsecond(app: &TestApp) {
        let (whole, half) = (ts("2030-01-01T00:00:00Z"), ts("2030-01-01T00:00:00.5Z"));
        let mut tx = app.deps.store.write().await.expect("a transaction");
        jobs::enqueue_batch(&mut tx, &[job(app, "later", "b", half), job(app, "later", "a", whole)]).await.expect("writes");
        assert_eq!(jobs::next_due(&mut tx).await.expect("reads"), Some(whole));
        let early = jobs::claim(&mut tx, "w", any(Duration::from_secs(60), 10), whole.minus(Duration::from_micros(1))).await.expect("claims");
        assert!(early.is_empty(), "nothing before its time");
        let due = jobs::claim(&mut tx, "w", any(Duration::from_secs(60), 10), half.minus(Duration::from_micros(1))).await.expect("claims");
        assert_eq!(due.iter().map(|j| j.subject.as_str()).collect::<Vec<_>>(), ["a"]);
        let due = jobs::claim(&mut tx, "w", any(Duration::from_secs(60), 10), half).await.expect("claims");
        assert_eq!(due.iter().map(|j| j.subject.as_str()).collect::<Vec<_>>(), ["b"]);
        assert_eq!(jobs::next_due(&mut tx).await.expect("reads"), None, "what runs is not due");
        drop(tx);
        assert_eq!(app.count("SELECT COUNT(*) FROM job").await, 0, "dropped is rolled back");
    }
}

story! {
    async fn each_lane_takes_its_own_kind(app: &TestApp) {
        let now = app.deps.clock.now();
        let mut tx = app.deps.store.write().await.expect("a transaction");
        let new = [job(app, "look", "pi_1", now), job(app, "send_mail", "mail_1", now), job(app, "sweep", "1", now)];
        jobs::enqueue_batch(&mut tx, &new).await.expect("writes");
        let mail = Claim { only: true, ..any(Duration::from_secs(60), 10) };
        let taken = jobs::claim(&mut tx, "w", mail, now).await.expect("claims");
        assert_eq!(taken.iter().map(|j| j.kind.as_str()).collect::<Vec<_>>(), ["send_mail"]);
        let mut taken = jobs::claim(&mut tx, "w", any(Duration::from_secs(60), 10), now).await.expect("claims");
        taken.sort_by(|a, b| a.kind.cmp(&b.kind));
        assert_eq!(taken.iter().map(|j| j.kind.as_str()).collect::<Vec<_>>(), ["look", "sweep"]);
    }
}

story! {
    async fn a_waiting_job_is_not_doubled_but_a_running_one_allows_a_fresh_look(app: &TestApp) {
        let now = app.deps.clock.now();
        let lease = Duration::from_secs(60);
        let mut tx = app.deps.store.write().await.expect("a transaction");
        let twice = [job(app, "look", "pi_1", now), job(app, "look", "pi_1", now), job(app, "look", "pi_2", now), job(app, "peek", "pi_1", now)];
        jobs::enqueue_batch(&mut tx, &twice).await.expect("writes");
        jobs::enqueue_batch(&mut tx, &twice[..1]).await.expect("writes");
        assert_eq!(count_in(&mut tx, "SELECT COUNT(*) FROM job").await, 3);

        let running = jobs::claim(&mut tx, "w", any(lease, 10), now).await.expect("claims");
        assert_eq!(running.len(), 3);
        for _ in 0..2 {
            jobs::enqueue_batch(&mut tx, &[job(app, "look", "pi_1", now)]).await.expect("writes");
        }
        assert_eq!(count_in(&mut tx, "SELECT COUNT(*) FROM job WHERE kind = 'look' AND subject = 'pi_1'").await, 2, "one runs, one waits");

        // The running one goes back for another try: beside the waiting one, not against it.
        let first = running.iter().find(|j| j.kind == "look" && j.subject == "pi_1").expect("claimed");
        jobs::retry_later(&mut tx, &first.id, "w", now.plus(lease), "away").await.expect("goes back");
        assert_eq!(count_in(&mut tx, "SELECT COUNT(*) FROM job WHERE state = 'retrying' AND last_error = 'away' AND lease_owner IS NULL AND lease_until IS NULL").await, 1);
        let fresh = jobs::claim(&mut tx, "w", any(lease, 10), now).await.expect("claims");
        assert_eq!(fresh.len(), 1, "the waiting one; the other is not due yet");
        assert_eq!(fresh[0].attempts, 1);
        let again = jobs::claim(&mut tx, "w", any(lease, 10), now.plus(lease)).await.expect("claims");
        assert_eq!(again.iter().map(|j| j.attempts).collect::<Vec<_>>(), [2]);

        // Given up: it stays, nobody gets it, and it is in nobody's way.
        jobs::give_up(&mut tx, &again[0].id, "w", "no use").await.expect("gives up");
        jobs::enqueue_batch(&mut tx, &[job(app, "look", "pi_1", now)]).await.expect("writes");
        let later = jobs::claim(&mut tx, "x", any(lease, 10), now.plus(Duration::from_secs(7_200))).await.expect("claims");
        assert!(later.iter().all(|j| j.id != again[0].id));
        assert_eq!(count_in(&mut tx, "SELECT COUNT(*) FROM job WHERE state = 'failed' AND last_error = 'no use'").await, 1);
    }
}

story! {
    async fn a_lease_that_ends_passes_the_job_on(app: &TestApp) {
        let now = app.deps.clock.now();
        let lease = Duration::from_secs(60);
        let end = now.plus(lease);
        let mut tx = app.deps.store.write().await.expect("a transaction");
        jobs::enqueue_batch(&mut tx, &[job(app, "look", "pi_1", now)]).await.expect("writes");
        let mine = jobs::claim(&mut tx, "first", any(lease, 10), now).await.expect("claims");
        assert_eq!(mine.len(), 1);
        assert!(jobs::claim(&mut tx, "second", any(lease, 10), end).await.expect("claims").is_empty(), "held to its last moment");
        let theirs = jobs::claim(&mut tx, "second", any(lease, 10), end.plus(Duration::from_micros(1))).await.expect("claims");
        assert_eq!(theirs.iter().map(|j| (&j.id, j.attempts)).collect::<Vec<_>>(), [(&mine[0].id, 2)]);

        assert!(!jobs::finish(&mut tx, &mine[0].id, "first").await.expect("answers"), "the lease was lost");
        jobs::retry_later(&mut tx, &mine[0].id, "first", now, "late").await.expect("answers");
        jobs::give_up(&mut tx, &mine[0].id, "first", "late").await.expect("answers");
        assert_eq!(count_in(&mut tx, "SELECT COUNT(*) FROM job WHERE state = 'running' AND lease_owner = 'second' AND last_error IS NULL").await, 1);
        assert!(jobs::finish(&mut tx, &mine[0].id, "second").await.expect("answers"));
        assert!(!jobs::finish(&mut tx, &mine[0].id, "second").await.expect("answers"), "once");
    }
}

story! {
    async fn a_guest_is_one_row_for_a_mailbox_with_the_latest_details(app: &TestApp) {
        let now = app.deps.clock.now();
        let mut tx = app.deps.store.write().await.expect("a transaction");
        let body = DonorDetails { kind: DonorKind::Organisation, organisation: Some("Stone & Sons".to_owned()), ..ada("Ada@Donors.example") };
        let first = donors::upsert_guest(&mut tx, &DonorId::new(now, &app.deps.random), &body, now).await.expect("writes");
        let person = DonorDetails { family_name: "Newname".to_owned(), locale: "fr-CA".to_owned(), ..ada(" ada@donors.EXAMPLE ") };
        let second = donors::upsert_guest(&mut tx, &DonorId::new(now, &app.deps.random), &person, now).await.expect("writes");
        let other = donors::upsert_guest(&mut tx, &DonorId::new(now, &app.deps.random), &ada("ada+gifts@donors.example"), now).await.expect("writes");
        assert_eq!(first, second);
        assert_ne!(first, other, "a tag may be another mailbox");
        assert_eq!(count_in(&mut tx, "SELECT COUNT(*) FROM donor").await, 2);
        let latest = "SELECT COUNT(*) FROM donor WHERE kind = 'individual' AND organisation IS NULL AND family_name = 'Newname' AND locale = 'fr-CA' AND standing = 'guest'";
        assert_eq!(count_in(&mut tx, latest).await, 1);
        tx.commit().await.expect("commits");
    }
}

story! {
    async fn the_inbox_ignores_what_it_knows(app: &TestApp) {
        let now = app.deps.clock.now();
        let event = |id: &str, subject: Option<&str>, payload: &str| NewEvent {
            id: id.to_owned(),
            kind: "payment_intent.succeeded".to_owned(),
            object_id: "pi_1".to_owned(),
            work: subject.map(|s| Work { job_kind: "look_payment", subject: s.to_owned(), hint: Some("1".to_owned()) }),
            api_version: None,
            payload: payload.to_owned(),
            event_created: now,
            received_at: now,
        };
        let new_job = |at| JobId::new(at, &app.deps.random);
        let mut tx = app.deps.store.write().await.expect("a transaction");
        assert_eq!(inbox::insert_batch(&mut tx, &[], new_job).await.expect("writes"), 0);
        let first = [event("evt_1", Some("pi_1"), "{\"n\":1}"), event("evt_2", None, "{}"), event("evt_3", Some("pi_1"), "{}")];
        assert_eq!(inbox::insert_batch(&mut tx, &first, new_job).await.expect("writes"), 3);
        let again = [event("evt_1", Some("pi_9"), "{\"n\":2}"), event("evt_4", None, "{}")];
        assert_eq!(inbox::insert_batch(&mut tx, &again, new_job).await.expect("writes"), 1);
        assert_eq!(inbox::insert_batch(&mut tx, &again, new_job).await.expect("writes"), 0);
        assert_eq!(count_in(&mut tx, "SELECT COUNT(*) FROM webhook_event WHERE id = 'evt_1' AND payload = '{\"n\":1}' AND subject = 'pi_1'").await, 1, "left as it is");
        assert_eq!(count_in(&mut tx, "SELECT COUNT(*) FROM webhook_event WHERE state = 'ignored' AND job_kind IS NULL AND subject IS NULL").await, 2);
        assert_eq!(count_in(&mut tx, "SELECT COUNT(*) FROM job WHERE subject = 'pi_1' AND hint = '1'").await, 1, "one look for both");
        assert_eq!(count_in(&mut tx, "SELECT COUNT(*) FROM job").await, 1, "what is known asks for no new work");

        let before = now.minus(Duration::from_micros(1));
        assert_eq!(inbox::mark_done(&mut tx, "look_payment", "pi_1", before, now).await.expect("marks"), 0, "that look came too early");
        assert_eq!(inbox::mark_done(&mut tx, "look_session", "pi_1", now, now).await.expect("marks"), 0, "another kind of look");
        assert_eq!(inbox::mark_done(&mut tx, "look_payment", "pi_1", now, now).await.expect("marks"), 2);
        assert_eq!(inbox::mark_dead(&mut tx, "look_payment", "pi_1", "late", now).await.expect("marks"), 0, "done stays done");
    }
}

story! {
    async fn the_database_says_which_key_refused(app: &TestApp) {
        let now = app.deps.clock.now();
        let mut tx = app.deps.store.write().await.expect("a transaction");
        let donor = donors::upsert_guest(&mut tx, &DonorId::new(now, &app.deps.random), &ada("ada@donors.example"), now).await.expect("writes");
        payments::insert(&mut tx, &payment(app, &donor, "form")).await.expect("the first");
        tx.commit().await.expect("commits");

        let mut tx = app.deps.store.write().await.expect("a transaction");
        let twice = payments::insert(&mut tx, &payment(app, &donor, "form")).await.expect_err("the same form and revision");
        assert!(twice.is_unique_violation(), "{twice}");
        drop(tx);
        let mut tx = app.deps.store.write().await.expect("a transaction");
        let nobody = payments::insert(&mut tx, &payment(app, &DonorId::new(now, &app.deps.random), "other")).await.expect_err("no such donor");
        assert!(!nobody.is_unique_violation(), "{nobody}");
        drop(tx);
        let mut tx = app.deps.store.write().await.expect("a transaction");
        let nothing = Payment { amount: pounds(0), ..payment(app, &donor, "third") };
        let nothing = payments::insert(&mut tx, &nothing).await.expect_err("no amount");
        assert!(!nothing.is_unique_violation(), "{nothing}");
        drop(tx);
        assert_eq!(app.count("SELECT COUNT(*) FROM payment").await, 1);
    }
}
