//! The columns of gifts.

use super::table::{Column, Table, address_part, column, instant, money, tribute};
use crate::documents::cell::Cell;
use crate::domain::export::Sums;
use crate::domain::states::DisputeState;
use crate::store;
use crate::store::Conn;
use crate::store::exports::Wanted;
use crate::store::exports::gifts::{self, ExportGift};

/// Money received.
#[derive(Clone, Copy, Debug)]
pub struct Gifts;

impl Table for Gifts {
    type Row = ExportGift;
    const COLUMNS: &'static [Column<ExportGift>] = COLUMNS;

    async fn chunk(
        conn: &mut Conn,
        wanted: &Wanted,
        after: &str,
        size: i64,
    ) -> store::Result<Vec<ExportGift>> {
        gifts::chunk(conn, wanted, after, size).await
    }

    fn id(row: &ExportGift) -> &str {
        &row.row.id
    }

    fn sums(row: &ExportGift) -> Option<Sums> {
        let (currency, amount_minor) = (row.row.currency, row.row.amount_minor);
        Some(Sums { currency, amount_minor, net_minor: row.net_minor() })
    }
}

/// How a gift stands, in a word.
fn state(gift: &ExportGift) -> &'static str {
    match gift.dispute {
        Some(DisputeState::Open) => "Disputed",
        Some(DisputeState::Lost) => "Taken back",
        Some(DisputeState::Won) | None if gift.refunded_minor == 0 => "Received",
        Some(DisputeState::Won) | None if -gift.refunded_minor >= gift.row.amount_minor => "Refunded",
        Some(DisputeState::Won) | None => "Part refunded",
    }
}

const COLUMNS: &[Column<ExportGift>] = &[
    column("gift", "Gift", "Our id of the gift.", |g, _| Cell::text(&*g.row.id)),
    column(
        "received_on",
        "Received on",
        "The day the money was received, in the receiving entity's time zone.",
        |g, _| Cell::Day(g.row.received_on.0),
    ),
    column("received_at", "Received at (UTC)", "The instant the money was received, in UTC.", |g, _| {
        instant(g.row.received_at)
    }),
    column("tax_year", "Tax year", "The receiving entity's tax year in which the gift falls.", |g, _| {
        Cell::text(&*g.row.tax_year)
    }),
    column(
        "state",
        "State",
        "Received, Part refunded, Refunded, Disputed (money held) or Taken back (dispute lost).",
        |g, _| Cell::text(state(g)),
    ),
    column("currency", "Currency", "Currency of every sum in this row, but for the fee.", |g, _| {
        Cell::text(g.row.currency.code())
    }),
    column("gross", "Gross", "What the donor was charged, the covered fee included.", |g, _| {
        money(g.row.amount_minor, g.row.currency)
    }),
    column(
        "fee_cover",
        "Fee cover",
        "The part of the gross that the donor added to cover the fee.",
        |g, _| money(g.row.fee_cover_minor, g.row.currency),
    ),
    column(
        "refunded",
        "Refunded",
        "What went back to the donor, zero or negative; cheques that came back unpaid count.",
        |g, _| money(g.refunded_minor, g.row.currency),
    ),
    column(
        "disputed",
        "Disputed",
        "What disputes hold or have taken, zero or negative; disputes won do not count.",
        |g, _| money(g.disputed_minor, g.row.currency),
    ),
    column("net", "Net", "What remains given: gross, with refunded and disputed taken off.", |g, _| {
        money(g.net_minor(), g.row.currency)
    }),
    column(
        "fee",
        "Fee",
        "Stripe's fees for the charge, its refunds and its disputes, zero or negative.",
        |g, _| g.fees.map_or(Cell::Empty, |(minor, currency)| money(minor, currency)),
    ),
    column("fee_currency", "Fee currency", "The currency in which Stripe takes the fee.", |g, _| {
        g.fees.map_or(Cell::Empty, |(_, currency)| Cell::text(currency.code()))
    }),
    column(
        "after_fees",
        "Net after fees",
        "Net with the fee taken off; empty when the fee is in another currency.",
        |g, _| g.after_fees_minor().map_or(Cell::Empty, |minor| money(minor, g.row.currency)),
    ),
    column(
        "entity_id",
        "Entity id",
        "Id of the legal entity that received it, as in the charity file.",
        |g, _| Cell::text(&*g.row.entity_id),
    ),
    column("entity", "Entity", "Legal name of the entity that received it.", |g, n| {
        Cell::text(n.entity(&g.row.entity_id))
    }),
    column("fund_id", "Fund id", "Id of the fund it was given for, as in the charity file.", |g, _| {
        Cell::text(&*g.row.fund_id)
    }),
    column("fund", "Fund", "Name of the fund it was given for.", |g, n| Cell::text(n.fund(&g.row.fund_id))),
    column("campaign_id", "Campaign id", "Id of the campaign it came from, if any.", |g, _| {
        Cell::maybe(g.row.campaign_id.as_deref())
    }),
    column("campaign", "Campaign", "Name of the campaign it came from, if any.", |g, n| {
        g.row.campaign_id.as_deref().map_or(Cell::Empty, |id| Cell::text(n.campaign(id)))
    }),
    column("frequency", "Frequency", "Once, or how often its plan gives.", |g, _| {
        Cell::text(g.row.frequency.map_or("once", |f| f.as_str()))
    }),
    column("instalment", "Charge number", "Which charge of its plan it is, counted from 1.", |g, _| {
        g.row.instalment.map_or(Cell::Empty, Cell::Whole)
    }),
    column("method_kind", "Method", "How it was paid: card, bacs_debit, cheque and so on.", |g, _| {
        Cell::text(&*g.row.method_kind)
    }),
    column("method_label", "Paid with", "The method in words, such as Visa.", |g, _| {
        Cell::text(&*g.row.method_label)
    }),
    column("method_last_four", "Last four digits", "The last four digits of the card or account.", |g, _| {
        Cell::maybe(g.row.method_last4.as_deref())
    }),
    column("gift_aid", "Gift Aid", "Yes when a Gift Aid declaration covers it.", |g, _| {
        Cell::yes_no(g.row.declaration_id.is_some())
    }),
    column("declaration", "Declaration", "Our id of the declaration that covers it.", |g, _| {
        Cell::maybe(g.row.declaration_id.as_deref())
    }),
    column(
        "receipt",
        "Receipt",
        "Number of the receipt that counts; earlier ones are in the register.",
        |g, _| Cell::maybe(g.receipt_number.as_deref()),
    ),
    column("donor", "Donor", "Our id of the donor, by the record that counts.", |g, _| {
        Cell::text(g.row.owner_id.as_deref().unwrap_or(&g.row.donor_id))
    }),
    column(
        "donor_record",
        "Donor record",
        "Our id of the record it was given under, before an account took it over.",
        |g, _| Cell::text(&*g.row.donor_id),
    ),
    column("name", "Name", "The donor's name as on the gift: the body for an organisation.", |g, _| {
        Cell::text(g.donor.receipt_name())
    }),
    column("donor_kind", "Person or body", "Individual or organisation, as on the gift.", |g, _| {
        Cell::text(g.donor.kind.as_str())
    }),
    column("email", "E-mail", "The donor's e-mail address as on the gift.", |g, _| {
        Cell::text(&*g.donor.email)
    }),
    column("address_one", "Address line 1", "First line of the address as on the gift.", |g, _| {
        address_part(&g.donor, |a| &a.line1)
    }),
    column("address_two", "Address line 2", "Second line of the address as on the gift.", |g, _| {
        address_part(&g.donor, |a| &a.line2)
    }),
    column("city", "Town or city", "Town or city of the address as on the gift.", |g, _| {
        address_part(&g.donor, |a| &a.city)
    }),
    column("region", "Region", "County, state or province of the address as on the gift.", |g, _| {
        address_part(&g.donor, |a| &a.region)
    }),
    column("postcode", "Postcode", "Postcode of the address as on the gift.", |g, _| {
        address_part(&g.donor, |a| &a.postcode)
    }),
    column("country", "Country", "Two-letter code of the country of the address as on the gift.", |g, _| {
        address_part(&g.donor, |a| &a.country)
    }),
    column("tribute", "Dedication", "In whose memory or honour it was given.", |g, _| {
        tribute(g.row.tribute_kind, g.row.tribute_name.as_deref())
    }),
    column("note", "Donor's words", "What the donor wrote with the gift.", |g, _| {
        Cell::maybe(g.row.note.as_deref())
    }),
    column(
        "offline_kind",
        "Entered as",
        "For gifts entered by hand: cheque, cash, bank_transfer or standing_order.",
        |g, _| g.row.offline_kind.map_or(Cell::Empty, |k| Cell::text(k.as_str())),
    ),
    column(
        "offline_reference",
        "Reference",
        "For gifts entered by hand: the reference written beside it.",
        |g, _| Cell::maybe(g.row.offline_reference.as_deref()),
    ),
    column("offline_batch", "Batch", "For gifts entered by hand: our id of the batch.", |g, _| {
        Cell::maybe(g.row.offline_batch.as_deref())
    }),
    column(
        "corrections",
        "Corrections",
        "How often the gift was corrected; the row shows how it stands now.",
        |g, _| Cell::Whole(g.row.corrections),
    ),
    column("payment", "Payment", "Our id of the act of giving on the form.", |g, _| {
        Cell::maybe(g.row.payment_id.as_deref())
    }),
    column("plan", "Plan", "Our id of the plan it is a charge of.", |g, _| {
        Cell::maybe(g.row.pledge_id.as_deref())
    }),
    column("payment_intent", "Payment intent", "Stripe's id of the payment intent.", |g, _| {
        Cell::maybe(g.row.stripe_payment_intent.as_deref())
    }),
    column("charge", "Charge", "Stripe's id of the charge.", |g, _| {
        Cell::maybe(g.row.stripe_charge.as_deref())
    }),
    column("invoice", "Invoice", "Stripe's id of the invoice, for charges of a plan.", |g, _| {
        Cell::maybe(g.row.stripe_invoice.as_deref())
    }),
    column(
        "balance_transaction",
        "Balance transaction",
        "Stripe's id of the balance transaction of the charge.",
        |g, _| Cell::maybe(g.balance_transaction.as_deref()),
    ),
    column("written_at", "Written down at (UTC)", "The instant we wrote the gift down, in UTC.", |g, _| {
        instant(g.row.created_at)
    }),
];
