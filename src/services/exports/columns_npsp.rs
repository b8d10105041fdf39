//! Gifts as Salesforce's Nonprofit Success Pack loads them: the columns of its NPSP Data Import object (AC-11).

use super::columns_gifts::Gifts;
use super::table::{Column, Table, column, money};
use crate::documents::cell::Cell;
use crate::domain::donor::Address;
use crate::domain::export::Sums;
use crate::domain::states::DonorKind;
use crate::store;
use crate::store::Conn;
use crate::store::exports::Wanted;
use crate::store::exports::gifts::ExportGift;

/// Money received, for Salesforce.
#[derive(Clone, Copy, Debug)]
pub struct Npsp;

impl Table for Npsp {
    type Row = ExportGift;
    const COLUMNS: &'static [Column<ExportGift>] = COLUMNS;

    async fn chunk(
        conn: &mut Conn,
        wanted: &Wanted,
        after: &str,
        size: i64,
    ) -> store::Result<Vec<ExportGift>> {
        Gifts::chunk(conn, wanted, after, size).await
    }

    fn id(row: &ExportGift) -> &str {
        Gifts::id(row)
    }

    fn sums(row: &ExportGift) -> Option<Sums> {
        Gifts::sums(row)
    }
}

fn is_body(gift: &ExportGift) -> bool {
    gift.donor.kind == DonorKind::Organisation
}

fn address<'a>(gift: &'a ExportGift, part: fn(&Address) -> String) -> Cell<'a> {
    gift.donor.address.as_ref().map_or(Cell::Empty, |a| Cell::text(part(a)))
}

/// What NPSP calls the ways of paying.
fn method(gift: &ExportGift) -> &'static str {
    match gift.row.method_kind.as_str() {
        "card" => "Credit Card",
        "cheque" => "Check",
        "cash" => "Cash",
        "bacs_debit" | "sepa_debit" | "us_bank_account" | "acss_debit" | "au_becs_debit"
        | "bank_transfer" | "standing_order" => "ACH/EFT",
        _ => "Other",
    }
}

const COLUMNS: &[Column<ExportGift>] = &[
    column(
        "first_name",
        "npsp__Contact1_Firstname__c",
        "First name of the donor, as on the gift.",
        |g, _| Cell::text(g.donor.given_name.as_str()),
    ),
    column("last_name", "npsp__Contact1_Lastname__c", "Last name of the donor, as on the gift.", |g, _| {
        Cell::text(g.donor.family_name.as_str())
    }),
    column(
        "email",
        "npsp__Contact1_Personal_Email__c",
        "E-mail address of the donor, as on the gift.",
        |g, _| Cell::text(g.donor.email.as_str()),
    ),
    column("account", "npsp__Account1_Name__c", "The organisation that gave, if one did.", |g, _| {
        Cell::maybe(g.donor.organisation.as_deref().filter(|_| is_body(g)))
    }),
    column("street", "npsp__Home_Street__c", "Both lines of the address on the gift.", |g, _| {
        address(g, |a| {
            [a.line1.as_str(), &a.line2].into_iter().filter(|l| !l.is_empty()).collect::<Vec<_>>().join(", ")
        })
    }),
    column("city", "npsp__Home_City__c", "Town or city of that address.", |g, _| {
        address(g, |a| a.city.clone())
    }),
    column("state", "npsp__Home_State_Province__c", "County, state or province of that address.", |g, _| {
        address(g, |a| a.region.clone())
    }),
    column("postcode", "npsp__Home_Zip_Postal_Code__c", "Postcode of that address.", |g, _| {
        address(g, |a| a.postcode.clone())
    }),
    column("country", "npsp__Home_Country__c", "Country of that address, two letters.", |g, _| {
        address(g, |a| a.country.clone())
    }),
    column(
        "donor_is",
        "npsp__Donation_Donor__c",
        "Account1 for an organisation, Contact1 for a person.",
        |g, _| Cell::text(if is_body(g) { "Account1" } else { "Contact1" }),
    ),
    column(
        "amount",
        "npsp__Donation_Amount__c",
        "What remains given: refunds and disputes are taken off.",
        |g, _| money(g.net_minor().max(0), g.row.currency),
    ),
    column("date", "npsp__Donation_Date__c", "The day it was received, as Data Loader reads it.", |g, _| {
        Cell::Day(g.row.received_on.0)
    }),
    column(
        "stage",
        "npsp__Donation_Stage__c",
        "Closed Won, or Closed Lost when nothing of it remains.",
        |g, _| Cell::text(if g.net_minor() > 0 { "Closed Won" } else { "Closed Lost" }),
    ),
    column("method", "npsp__Payment_Method__c", "How it was paid, in NPSP's words.", |g, _| {
        Cell::text(method(g))
    }),
    column(
        "reference",
        "npsp__Payment_Check_Reference_Number__c",
        "Number of the receipt that counts.",
        |g, _| Cell::maybe(g.receipt_number.as_deref()),
    ),
    column(
        "campaign",
        "npsp__Donation_Campaign_Name__c",
        "Name of the campaign it came from, if any.",
        |g, n| g.row.campaign_id.as_deref().map_or(Cell::Empty, |id| Cell::text(n.campaign(id))),
    ),
    column(
        "gau",
        "npsp__GAU_Allocation_1_GAU__c",
        "The fund as your books call it: a General Accounting Unit.",
        |g, n| Cell::text(n.tracking(&g.row.fund_id)),
    ),
    column(
        "gau_amount",
        "npsp__GAU_Allocation_1_Amount__c",
        "The whole of the amount goes to that unit.",
        |g, _| money(g.net_minor().max(0), g.row.currency),
    ),
    column("currency", "CurrencyIsoCode", "Currency of the sums; for orgs with more than one.", |g, _| {
        Cell::text(g.row.currency.code())
    }),
    column(
        "gift",
        "Almoner_Gift_Id__c",
        "Our id of the gift: an external id that you add, so that a second load updates.",
        |g, _| Cell::text(&*g.row.id),
    ),
    column("donor", "Almoner_Donor_Id__c", "Our id of the donor: an external id that you add.", |g, _| {
        Cell::text(g.row.owner_id.as_deref().unwrap_or(&g.row.donor_id))
    }),
];
