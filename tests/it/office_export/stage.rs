//! Books to take out: thousands of gifts by a few statements, and people whose names are attacks.

use std::collections::BTreeMap;

use almoner::domain::donor::DonorDetails;
use almoner::domain::ids::{DonorId, EntryId, GiftId};
use almoner::domain::money::{Currency, Money};
use almoner::domain::states::{DonorKind, EntryKind};
use almoner::store::ledger::{self, Entry};
use almoner::store::{Day, Store, gifts};

use crate::support::TestApp;
use crate::support::browser::{Browser, Shown};

#[path = "../../../benches/giving/million.rs"]
mod million;

use million::Size;
pub use million::{donor_id, email, gift_id, name};

/// What begins, or seems to begin, a formula; what breaks a line; what turns the writing around.
pub const HOSTILE: [&str; 16] = [
    "=1+1",
    "+1",
    "-1+1",
    "@SUM(A1:A9)",
    "  =1",
    "\t=1",
    "\r=1",
    "＝1+1",
    "＋1",
    "－1",
    "＠SUM(A1)",
    "Quote \"Q\" O'Neil, jr",
    "Line\nBreak",
    "שלום \u{202e}rtl",
    "王小明",
    "=cmd|' /C calc'!A0",
];

/// Tells a story on both databases without the stand-in's books at its end: what was staged never happened at Stripe.
macro_rules! staged {
    (async fn $name:ident($app:ident: &TestApp) $body:block) => {
        mod $name {
            use super::*;

            async fn tell($app: &TestApp) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                let app = TestApp::spawn($crate::support::Database::Sqlite).await.expect("SQLite is always there");
                tell(&app).await;
                app.close().await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                let Some(app) = TestApp::spawn($crate::support::Database::Postgres).await else { return };
                tell(&app).await;
                app.close().await;
            }
        }
    };
}
pub(crate) use staged;

/// Many gifts.
pub async fn books(app: &TestApp, gifts: u64) {
    million::fill(&app.deps.store, Size::of(gifts)).await;
}

/// A gift under any name, of any sum in any currency, with a refund of all of it and a fee when asked for.
pub async fn gift(app: &TestApp, name: &str, minor: i64, code: &str, given_back: bool) -> GiftId {
    // Ids are in the order of their time.
    app.deps.clock.advance(std::time::Duration::from_secs(1));
    let (now, random) = (app.deps.clock.now(), &app.deps.random);
    let currency: Currency = code.parse().expect("a currency");
    let id = GiftId::new(now, random);
    let donor = donor(app, name).await;
    let gift = gifts::Gift {
        id: id.clone(),
        payment_id: None,
        pledge_id: None,
        donor_id: donor,
        entity_id: "uk".to_owned(),
        fund_id: "justice".to_owned(),
        campaign_id: None,
        amount: Money::new(minor, currency),
        fee_cover: Money::zero(currency),
        instalment: None,
        received_at: now,
        received_on: Day(jiff::civil::date(2026, 11, 22)),
        tax_year: "2026-27".to_owned(),
        method_kind: "card".to_owned(),
        method_label: "Visa".to_owned(),
        method_last4: Some("4242".to_owned()),
        declaration_id: None,
        donor: details(name),
        note: Some(name.to_owned()),
        tribute: None,
        stripe_payment_intent: Some(format!("pi_{id}")),
        stripe_charge: Some(format!("ch_{id}")),
        stripe_invoice: None,
        created_at: now,
        corrections: 0,
    };
    let mut tx = app.deps.store.write().await.expect("a transaction");
    assert!(gifts::insert_if_new(&mut tx, &gift).await.expect("a gift"));
    let back = if given_back { -minor } else { 0 };
    for (kind, amount) in [(EntryKind::Gift, minor), (EntryKind::Fee, -20), (EntryKind::Refund, back)] {
        let entry = Entry {
            id: EntryId::new(now, random),
            gift_id: &id,
            kind,
            amount: Money::new(amount, currency),
            occurred_at: now,
            stripe_object: id.as_str(),
            balance_transaction: Some("txn_staged"),
            created_at: now,
        };
        if amount != 0 {
            ledger::insert_if_new(&mut tx, &entry).await.expect("an entry");
        }
    }
    tx.commit().await.expect("kept");
    id
}

fn details(name: &str) -> DonorDetails {
    DonorDetails {
        kind: DonorKind::Organisation,
        given_name: name.to_owned(),
        family_name: name.to_owned(),
        organisation: Some(name.to_owned()),
        email: "staged@donors.example".to_owned(),
        address: None,
        locale: "en-GB".to_owned(),
    }
}

async fn donor(app: &TestApp, name: &str) -> DonorId {
    const SQL: &str = "INSERT INTO donor (id, standing, kind, email, email_norm, given_name, family_name, organisation, \
        locale, created_at, updated_at, owner_id) SELECT $1, 'guest', 'organisation', $1, $1, $2, $2, $2, 'en-GB', at, at, \
        $1 FROM audit_line ORDER BY seq LIMIT 1";
    let id = DonorId::new(app.deps.clock.now(), &app.deps.random);
    let done = match &app.deps.store {
        Store::Sqlite { write, .. } => {
            sqlx::query(SQL).bind(id.as_str()).bind(name).execute(write).await.map(|r| r.rows_affected())
        }
        Store::Postgres(pool) => {
            sqlx::query(SQL).bind(id.as_str()).bind(name).execute(pool).await.map(|r| r.rows_affected())
        }
    };
    assert_eq!(done.expect("a donor"), 1);
    id
}

/// Asks for an export with a fresh proof; the page of it.
pub async fn ask(browser: &Browser<'_>, typed: &[(&str, &str)]) -> Shown {
    browser.prove("finance@staff.example").await;
    let page = browser.open("/staff/exports").await;
    let mut fields = vec![("format", "csv"), ("why", "For the auditors")];
    fields.extend_from_slice(typed);
    browser.fill(&page, "/staff/exports", &fields).await
}

/// The bytes of the file of an export's page, whole.
pub async fn file(browser: &Browser<'_>, page: &Shown) -> Vec<u8> {
    let response = browser.send(browser.app.http.get(browser.app.url(&format!("{}/file", page.path)))).await;
    assert_eq!(response.status(), 200, "{}", page.path);
    response.bytes().await.expect("all of it").to_vec()
}

/// Rows by the heads of their columns.
pub type Sheet = Vec<BTreeMap<String, String>>;

/// Reads comma-separated values back.
pub fn csv_rows(bytes: &[u8]) -> Sheet {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").expect("a byte order mark");
    let mut reader = csv::Reader::from_reader(text);
    let head: Vec<String> = reader.headers().expect("a head").iter().map(str::to_owned).collect();
    let row = |record: csv::Result<csv::StringRecord>| {
        let record = record.expect("a row as long as the head");
        head.iter().cloned().zip(record.iter().map(str::to_owned)).collect()
    };
    reader.records().map(row).collect()
}
