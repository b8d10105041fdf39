//! Money that goes back, and gifts that were not what they seemed: what the page said before is what happens, once.

mod corrections;
mod disputes;
mod refunds;
mod trouble;

use almoner::domain::donor::DonorDetails;
use almoner::domain::ids::{DonorId, EntryId, GiftId};
use almoner::domain::money::{Currency, Money};
use almoner::domain::states::{DonorKind, EntryKind};
use almoner::services::receipts;
use almoner::store::gifts::Gift;
use almoner::store::ledger::{self, Entry};
use almoner::store::{Day, donors, gifts};

use crate::support::TestApp;
use crate::support::browser::{Browser, Shown};

pub const FINANCE: &str = "finance@staff.example";

/// The only gift there is.
pub async fn the_gift(app: &TestApp) -> String {
    app.text("SELECT id FROM gift ORDER BY created_at DESC, id DESC LIMIT 1").await
}

pub fn refund_path(gift: &str) -> String {
    format!("/staff/gifts/{gift}/refund")
}

pub fn correct_path(gift: &str) -> String {
    format!("/staff/gifts/{gift}/correct")
}

/// The page that says what a refund would change.
pub async fn look(browser: &Browser<'_>, gift: &str, amount: &str) -> Shown {
    let path = refund_path(gift);
    let page = browser.open(&path).await;
    let typed = [("amount", amount), ("reason", "requested_by_customer"), ("why", "Asked for by letter")];
    browser.fill(&page, &path, &typed).await
}

/// Gives money back: looks, presses the button. Where it leads.
pub async fn give_back(browser: &Browser<'_>, gift: &str, amount: &str) -> String {
    let page = look(browser, gift, amount).await;
    assert!(page.has("What changes"), "{}", page.words());
    browser.fill(&page, &refund_path(gift), &[]).await.path
}

/// The page that says what a correction would change.
pub async fn look_at(browser: &Browser<'_>, gift: &str, kind: &str, typed: &[(&str, &str)]) -> Shown {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("kind", kind).extend_pairs(typed.iter().filter(|(n, _)| *n == "donor"));
    let path = correct_path(gift);
    let page = browser.open(&format!("{path}?{}", query.finish())).await;
    let mut typed = typed.to_vec();
    typed.push(("why", "The donor wrote to us"));
    browser.fill(&page, &path, &typed).await
}

/// A gift that came by cheque; its id. A member of staff must be there: the latest is said to have entered it.
pub async fn cheque(app: &TestApp, minor: i64, email: &str) -> String {
    let (deps, now) = (&app.deps, app.deps.clock.now());
    let details = DonorDetails {
        kind: DonorKind::Individual,
        given_name: "Cyril".to_owned(),
        family_name: "Cheque".to_owned(),
        organisation: None,
        email: email.to_owned(),
        address: None,
        locale: "en-GB".to_owned(),
    };
    let mut tx = deps.store.write().await.expect("a transaction");
    let id = DonorId::new(now, &deps.random);
    let donor_id = donors::upsert_guest(&mut tx, &id, &details, now).await.expect("a donor");
    let gift = Gift {
        id: GiftId::new(now, &deps.random),
        payment_id: None,
        pledge_id: None,
        donor_id,
        entity_id: "uk".to_owned(),
        fund_id: "justice".to_owned(),
        campaign_id: None,
        amount: Money::new(minor, Currency::GBP),
        fee_cover: Money::zero(Currency::GBP),
        instalment: None,
        received_at: now,
        received_on: Day(jiff::civil::date(2026, 11, 22)),
        tax_year: "2026-27".to_owned(),
        method_kind: "cheque".to_owned(),
        method_label: "Cheque".to_owned(),
        method_last4: None,
        declaration_id: None,
        donor: details,
        note: None,
        tribute: None,
        stripe_payment_intent: None,
        stripe_charge: None,
        stripe_invoice: None,
        created_at: now,
        corrections: 0,
    };
    gifts::insert_if_new(&mut tx, &gift).await.expect("a gift");
    let entry = Entry {
        id: EntryId::new(now, &deps.random),
        gift_id: &gift.id,
        kind: EntryKind::Gift,
        amount: gift.amount,
        occurred_at: now,
        stripe_object: gift.id.as_str(),
        balance_transaction: None,
        created_at: now,
    };
    ledger::insert_if_new(&mut tx, &entry).await.expect("an entry");
    receipts::issue(deps, &mut tx, &gift, None, None, now).await.expect("a receipt");
    tx.commit().await.expect("commits");
    app.damage(
        "INSERT INTO offline_gift (gift_id, nonce, kind, reference, entered_by, entered_at) SELECT g.id, g.id, 'cheque', \
         '000123', (SELECT s.id FROM staff s ORDER BY s.created_at DESC, s.id DESC LIMIT 1), g.created_at FROM gift g \
         WHERE g.stripe_payment_intent IS NULL AND NOT EXISTS (SELECT 1 FROM offline_gift o WHERE o.gift_id = g.id)",
    )
    .await
    .expect("what is known of it");
    app.settle().await;
    gift.id.to_string()
}
