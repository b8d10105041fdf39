//! Every row with all that may be absent absent, and once more with all of it there: a driver that binds NULL for a
//! missing argument without a word would show here.

use std::time::Duration;

use almoner::domain::donor::{Address, DonorDetails, Tribute};
use almoner::domain::gift_aid::declaration::{Channel, Scope};
use almoner::domain::ids::{
    ConsentId, DeclarationId, DisputeId, DonorId, EntryId, GiftId, JobId, MailId, PledgeId, RefundId,
};
use almoner::domain::states::{
    ConsentPurpose, DisputeState, EndedWhy, EntryKind, PauseKind, PaymentState, PledgeState, RefundState,
    TributeKind,
};
use almoner::domain::terms::Terms;
use almoner::store::declarations::{self, NewDeclaration};
use almoner::store::donors::{self, NewConsent};
use almoner::store::gifts::{self, Gift};
use almoner::store::inbox::{self, NewEvent};
use almoner::store::jobs::{self, NewJob};
use almoner::store::ledger::{self, Dispute, Entry, Refund};
use almoner::store::outbox::{self, NewMail, Queued};
use almoner::store::payments::{self, Payment, StripeFacts};
use almoner::store::pledges::{self, Pledge, Sight};
use almoner::store::{Day, WriteTx};

use super::{ada, count_in, payment, pounds, ts};
use crate::support::{TestApp, story};

fn tribute() -> Tribute {
    Tribute { kind: TributeKind::Honour, name: "Grace".to_owned() }
}

async fn written_payment(app: &TestApp, tx: &mut WriteTx, full: bool, nonce: &str) -> Payment {
    let now = app.deps.clock.now();
    let organisation = full.then(|| "Stone & Sons".to_owned());
    let details = DonorDetails { organisation, ..ada(&format!("{nonce}@donors.example")) };
    let donor = donors::upsert_guest(tx, &DonorId::new(now, &app.deps.random), &details, now).await;
    let bare = payment(app, &donor.expect("a donor"), nonce);
    let some = |text: &str| full.then(|| text.to_owned());
    let made =
        Payment { campaign_id: some("winter"), note: some("words"), tribute: full.then(tribute), ..bare };
    payments::insert(tx, &made).await.expect("writes");
    made
}

fn pledge(app: &TestApp, payment: &Payment, full: bool) -> Pledge {
    let now = app.deps.clock.now();
    let some = |text: &str| full.then(|| text.to_owned());
    Pledge {
        id: PledgeId::new(now, &app.deps.random),
        payment_id: payment.id.clone(),
        donor_id: payment.donor_id.clone(),
        entity_id: payment.entity_id.clone(),
        fund_id: payment.fund_id.clone(),
        campaign_id: some("winter"),
        frequency: "monthly".parse().expect("a frequency"),
        currency: pounds(0).currency(),
        amount_minor: 2_500,
        fee_cover_minor: 59,
        state: PledgeState::Active,
        stripe_subscription: format!("sub_{}", payment.form_nonce),
        stripe_customer: some("cus_1"),
        started_at: now,
        next_charge_at: full.then(|| ts("2026-12-22T10:00:00.000001Z")),
        ended_at: full.then(|| ts("2027-01-22T10:00:00.5Z")),
        seen_at: ts("2026-11-22T10:00:00.25Z"),
        anchor_at: None,
        period_ends_at: None,
        pause: PauseKind::No,
        resumes_at: None,
        ends_at: None,
        ended_why: None,
        ended_words: None,
        restarted_as: None,
        stripe_method: None,
        method_label: None,
        method_last4: None,
        method_expires: None,
    }
}

fn terms() -> Terms {
    Terms {
        currency: pounds(0).currency(),
        amount_minor: 31,
        fee_cover_minor: 0,
        frequency: "quarterly".parse().expect("a frequency"),
        fund_id: "another".to_owned(),
        anchor_at: ts("2026-01-31T10:00:00Z"),
        next_at: ts("2026-12-31T10:00:00Z"),
        pause: PauseKind::Until,
        resumes_at: Some(ts("2027-03-30T10:00:00Z")),
        ends_at: Some(ts("2028-01-30T10:00:00Z")),
        ended: true,
        method: Some("pm_1".to_owned()),
    }
}

fn gift(app: &TestApp, payment: &Payment, rest: Option<(&Pledge, &DeclarationId)>, n: usize) -> Gift {
    let now = app.deps.clock.now();
    let some = |text: &str| rest.map(|_| text.to_owned());
    Gift {
        id: GiftId::new(now, &app.deps.random),
        payment_id: rest.map(|_| payment.id.clone()),
        pledge_id: rest.map(|(pledge, _)| pledge.id.clone()),
        donor_id: payment.donor_id.clone(),
        entity_id: payment.entity_id.clone(),
        fund_id: payment.fund_id.clone(),
        campaign_id: some("winter"),
        amount: pounds(2_559),
        fee_cover: pounds(59),
        instalment: rest.map(|_| 3),
        received_at: ts("2026-04-05T22:59:59.999999Z"),
        received_on: Day("2026-04-05".parse().expect("a day")),
        tax_year: "2025-26".to_owned(),
        method_kind: "card".to_owned(),
        method_label: "Visa".to_owned(),
        method_last4: some("4242"),
        declaration_id: rest.map(|(_, declaration)| declaration.clone()),
        donor: payment.donor.clone(),
        note: some("words"),
        tribute: rest.map(|_| tribute()),
        stripe_payment_intent: Some(format!("pi_{n}")),
        stripe_charge: Some(format!("ch_{n}")),
        stripe_invoice: some("in_1"),
        created_at: now,
        corrections: 0,
    }
}

story! {
    async fn payments_with_and_without_what_may_be_absent(app: &TestApp) {
        let now = app.deps.clock.now();
        let mut tx = app.deps.store.write().await.expect("a transaction");
        for (full, nonce) in [(false, "bare"), (true, "full")] {
            let made = written_payment(app, &mut tx, full, nonce).await;
            let found = payments::by_id(&mut tx, &made.id).await.expect("reads").expect("there");
            assert_eq!(format!("{found:?}"), format!("{made:?}"));
            let found = payments::latest_of_form(&mut tx, nonce).await.expect("reads").expect("there");
            assert_eq!(found.id, made.id);

            let (session, intent, sub) = (format!("cs_{nonce}"), format!("pi_{nonce}"), format!("sub_{nonce}"));
            let expires = ts("2026-11-23T09:00:00.000003Z");
            let facts = StripeFacts { session: Some(&session), payment_intent: Some(&intent), subscription: Some(&sub), customer: Some("cus_1"), checkout_url: Some("https://pay.example"), expires_at: Some(expires) };
            payments::update(&mut tx, &made.id, PaymentState::Open, &facts, now).await.expect("writes");
            payments::update(&mut tx, &made.id, PaymentState::Processing, &StripeFacts::default(), now).await.expect("writes");
            let found = payments::by_subscription(&mut tx, &sub).await.expect("reads").expect("there");
            let known = Payment {
                state: PaymentState::Processing,
                stripe_session: Some(session),
                stripe_payment_intent: Some(intent),
                stripe_subscription: Some(sub),
                stripe_customer: Some("cus_1".to_owned()),
                checkout_url: Some("https://pay.example".to_owned()),
                expires_at: Some(expires),
                ..made
            };
            assert_eq!(format!("{found:?}"), format!("{known:?}"), "what nobody tells anew is kept");
        }
        assert_eq!(count_in(&mut tx, "SELECT COUNT(*) FROM donor WHERE organisation IS NULL").await, 1);
        let nobody = almoner::domain::ids::PaymentId::new(now, &app.deps.random);
        assert!(payments::update(&mut tx, &nobody, PaymentState::Open, &StripeFacts::default(), now).await.is_err(), "a row that is not there");
    }
}

story! {
    async fn plans_and_gifts_with_and_without_what_may_be_absent(app: &TestApp) {
        let now = app.deps.clock.now();
        let mut tx = app.deps.store.write().await.expect("a transaction");
        for (n, full) in [false, true].into_iter().enumerate() {
            let made = written_payment(app, &mut tx, full, &format!("form{n}")).await;
            let plan = pledge(app, &made, full);
            assert!(pledges::insert_if_new(&mut tx, &plan).await.expect("writes"));
            assert!(!pledges::insert_if_new(&mut tx, &pledge(app, &made, full)).await.expect("answers"), "once");
            let found = pledges::by_subscription(&mut tx, &plan.stripe_subscription).await.expect("reads").expect("there");
            assert_eq!(format!("{found:?}"), format!("{plan:?}"));

            let declaration = NewDeclaration {
                id: DeclarationId::new(now, &app.deps.random),
                donor_id: made.donor_id.clone(),
                payment_id: Some(made.id.clone()),
                gift_id: None,
                entity_id: "uk".to_owned(),
                scope: Scope::Future,
                covers_from: Day("2024-02-29".parse().expect("a day")),
                full_name: "Ada Example".to_owned(),
                home_address: Address::default(),
                non_uk_resident: full,
                wording_version: "1".to_owned(),
                wording_sha256: "0".to_owned(),
                words_shown: "I am a taxpayer".to_owned(),
                channel: Channel::Web,
                evidence_ref: full.then(|| "Box 1".to_owned()),
                entered_by: None,
                nonce: full.then(|| format!("nonce{n}")),
                made_at: now,
            };
            assert!(declarations::insert_if_new(&mut tx, &declaration).await.expect("writes"));
            assert!(!declarations::insert_if_new(&mut tx, &declaration).await.expect("answers"), "once");
            let known = declarations::of_owner(&mut tx, &made.donor_id).await.expect("reads");
            assert!(known.iter().any(|d| d.id == declaration.id && d.evidence_ref == declaration.evidence_ref));

            let new = gift(app, &made, full.then_some((&plan, &declaration.id)), n);
            assert!(gifts::insert_if_new(&mut tx, &new).await.expect("writes"));
            assert!(!gifts::insert_if_new(&mut tx, &gift(app, &made, None, n)).await.expect("answers"), "once");
            let found = gifts::by_payment_intent(&mut tx, &format!("pi_{n}")).await.expect("reads").expect("there");
            assert_eq!(format!("{found:?}"), format!("{new:?}"));
            assert_eq!(pledges::gifts_so_far(&mut tx, &plan.id).await.expect("counts"), i64::from(full));

            let agreed = terms();
            let seen = |terms, ended_at, ended_why| Sight {
                state: PledgeState::Ended,
                terms,
                next_charge_at: None,
                ended_at,
                ended_why,
                method_label: Some("Visa"),
                method_last4: Some("4242"),
                method_expires: Some("2027-05"),
                seen_at: now,
            };
            let first = seen(&agreed, Some(now), Some(EndedWhy::Date));
            pledges::update(&mut tx, &plan.id, &first, now).await.expect("writes");
            let nameless = Terms { method: None, ..agreed.clone() };
            let second = Sight { method_label: None, method_last4: None, method_expires: None, ..seen(&nameless, None, None) };
            pledges::update(&mut tx, &plan.id, &second, now).await.expect("writes");
            let ended = pledges::by_payment(&mut tx, &made.id).await.expect("reads").expect("there");
            assert_eq!((ended.state, ended.next_charge_at, ended.ended_at, ended.seen_at), (PledgeState::Ended, None, Some(now), now));
            assert_eq!(ended.terms(), Some(agreed), "a method that is not named is kept");
            assert_eq!((ended.ended_why, ended.method_expires.as_deref()), (Some(EndedWhy::Date), Some("2027-05")));
        }
    }
}

story! {
    async fn movements_mails_and_evidence_with_and_without_what_may_be_absent(app: &TestApp) {
        let now = app.deps.clock.now();
        let random = &app.deps.random;
        let mut tx = app.deps.store.write().await.expect("a transaction");
        let made = written_payment(app, &mut tx, false, "form").await;
        let gift = gift(app, &made, None, 1);
        assert!(gifts::insert_if_new(&mut tx, &gift).await.expect("writes"));
        assert_eq!(ledger::going_back(&mut tx, &gift.id).await.expect("sums"), 0, "of nothing");
        for (n, full) in [false, true].into_iter().enumerate() {
            let some = |text: &str| full.then(|| text.to_owned());
            let charge = format!("ch_{n}");
            let entry = |amount| Entry { id: EntryId::new(now, random), gift_id: &gift.id, kind: EntryKind::Fee, amount: pounds(amount), occurred_at: now, stripe_object: &charge, balance_transaction: full.then_some("txn_1"), created_at: now };
            assert!(ledger::insert_if_new(&mut tx, &entry(-59)).await.expect("writes"));
            assert!(!ledger::insert_if_new(&mut tx, &entry(-60)).await.expect("answers"), "once");

            let refund = |state| Refund { id: RefundId::new(now, random), gift_id: gift.id.clone(), stripe_refund: Some(format!("re_{n}")), amount: pounds(100), state, reason: some("duplicate"), made_at: now };
            for state in [RefundState::Pending, RefundState::Succeeded] {
                ledger::upsert_refund(&mut tx, &refund(state), now).await.expect("writes");
            }
            assert_eq!(ledger::refund_state(&mut tx, &format!("re_{n}")).await.expect("reads"), Some(RefundState::Succeeded));

            let dispute = |state| Dispute { id: DisputeId::new(now, random), gift_id: gift.id.clone(), stripe_dispute: format!("dp_{n}"), amount: pounds(100), state, reason: "fraudulent".to_owned(), evidence_due: full.then_some(now), made_at: now };
            for state in [DisputeState::Open, DisputeState::Won] {
                ledger::upsert_dispute(&mut tx, &dispute(state), now).await.expect("writes");
            }
            assert_eq!(ledger::dispute_state(&mut tx, &format!("dp_{n}")).await.expect("reads"), Some(DisputeState::Won));

            let mail = |key: String| NewMail { id: MailId::new(now, random), dedupe_key: key, kind: "receipt", recipient: "ada@donors.example".to_owned(), message_id: format!("{}@x.example", almoner::domain::ids::unguessable(random)), subject: "s".to_owned(), text: "t".to_owned(), html: "h".to_owned(), donor_id: full.then(|| made.donor_id.clone()), gift_id: full.then(|| gift.id.clone()), proof_id: None };
            assert_eq!(outbox::insert_if_new(&mut tx, &mail(format!("key{n}")), now).await.expect("writes"), Queued::New);
            assert_eq!(outbox::insert_if_new(&mut tx, &mail(format!("key{n}")), now).await.expect("answers"), Queued::Known);

            let event = NewEvent { id: format!("evt_{n}"), kind: "x".to_owned(), object_id: String::new(), work: None, api_version: some("2020-08-27"), payload: "{}".to_owned(), event_created: now, received_at: now };
            assert_eq!(inbox::insert_batch(&mut tx, &[event], |at| JobId::new(at, random)).await.expect("writes"), 1);
            let job = NewJob { id: JobId::new(now, random), kind: "look", subject: format!("pi_{n}"), hint: some("1"), run_at: now };
            jobs::enqueue_batch(&mut tx, &[job]).await.expect("writes");
            let purpose = if full { ConsentPurpose::Events } else { ConsentPurpose::Help };
            let consent = NewConsent { id: ConsentId::new(now, random), donor_id: made.donor_id.clone(), payment_id: Some(made.id.clone()), entity_id: "uk".to_owned(), purpose, given: true, source: "giving form", wording_version: "1".to_owned(), wording_sha256: "0".to_owned(), made_at: now };
            for _ in 0..2 {
                donors::insert_consent_if_new(&mut tx, &consent).await.expect("once");
            }
        }
        assert_eq!(ledger::going_back(&mut tx, &gift.id).await.expect("sums"), 200);
        for (all, absent) in [
            ("SELECT COUNT(*) FROM ledger_entry", "SELECT COUNT(*) FROM ledger_entry WHERE balance_transaction IS NULL"),
            ("SELECT COUNT(*) FROM consent_entry", "SELECT COUNT(*) FROM consent_entry WHERE purpose = 'help'"),
            ("SELECT COUNT(*) FROM refund", "SELECT COUNT(*) FROM refund WHERE reason IS NULL"),
            ("SELECT COUNT(*) FROM dispute", "SELECT COUNT(*) FROM dispute WHERE evidence_due IS NULL"),
            ("SELECT COUNT(*) FROM mail_outbox", "SELECT COUNT(*) FROM mail_outbox WHERE gift_id IS NULL"),
            ("SELECT COUNT(*) FROM webhook_event", "SELECT COUNT(*) FROM webhook_event WHERE api_version IS NULL"),
            ("SELECT COUNT(*) FROM job", "SELECT COUNT(*) FROM job WHERE hint IS NULL"),
        ] {
            assert_eq!((count_in(&mut tx, all).await, count_in(&mut tx, absent).await), (2, 1), "{absent}");
        }

        let mails = outbox::to_recipient(&mut tx, "ada@donors.example").await.expect("reads");
        assert_eq!(mails.iter().map(|m| m.state.as_str()).collect::<Vec<_>>(), ["queued", "queued"]);
        outbox::mark_try_failed(&mut tx, &mails[0].id, "451", false).await.expect("writes");
        outbox::mark_sent(&mut tx, &mails[0].id, now.plus(Duration::from_secs(1))).await.expect("writes");
        outbox::mark_try_failed(&mut tx, &mails[1].id, "550", true).await.expect("writes");
        assert_eq!(count_in(&mut tx, "SELECT COUNT(*) FROM mail_outbox WHERE state = 'sent' AND attempts = 2 AND last_error IS NULL AND sent_at IS NOT NULL").await, 1);
        assert_eq!(count_in(&mut tx, "SELECT COUNT(*) FROM mail_outbox WHERE state = 'failed' AND attempts = 1 AND last_error = '550' AND sent_at IS NULL").await, 1);
    }
}
