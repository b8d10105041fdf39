//! The columns of refunds and disputes.

use super::table::{Column, Table, column, instant, maybe_instant, money};
use crate::documents::cell::Cell;
use crate::domain::export::Sums;
use crate::store;
use crate::store::Conn;
use crate::store::exports::Wanted;
use crate::store::exports::refunds::{self, ExportRefund};

/// What went back, or is contested.
#[derive(Clone, Copy, Debug)]
pub struct Refunds;

impl Table for Refunds {
    type Row = ExportRefund;
    const COLUMNS: &'static [Column<ExportRefund>] = COLUMNS;

    async fn chunk(
        conn: &mut Conn,
        wanted: &Wanted,
        after: &str,
        size: i64,
    ) -> store::Result<Vec<ExportRefund>> {
        refunds::chunk(conn, wanted, after, size).await
    }

    fn id(row: &ExportRefund) -> &str {
        &row.id
    }

    fn sums(row: &ExportRefund) -> Option<Sums> {
        let amount_minor = row.amount_minor;
        Some(Sums {
            currency: row.currency,
            amount_minor,
            net_minor: if row.holds() { amount_minor } else { 0 },
        })
    }
}

const COLUMNS: &[Column<ExportRefund>] = &[
    column("id", "Refund or dispute", "Our id of the refund (rfd_…) or dispute (dsp_…).", |r, _| {
        Cell::text(&*r.id)
    }),
    column("what", "What", "Refund (we gave back) or dispute (the donor's bank contests).", |r, _| {
        Cell::text(&*r.what)
    }),
    column(
        "state",
        "State",
        "Refunds: pending, succeeded, failed or canceled. Disputes: open, won or lost, from the charity's side.",
        |r, _| Cell::text(&*r.state),
    ),
    column("currency", "Currency", "Currency of the sums in this row.", |r, _| Cell::text(r.currency.code())),
    column("amount", "Amount", "What is or was to go back.", |r, _| money(r.amount_minor, r.currency)),
    column("made_at", "Made at (UTC)", "The instant it began at Stripe, in UTC.", |r, _| instant(r.made_at)),
    column("updated_at", "Last changed at (UTC)", "The instant we last saw it change, in UTC.", |r, _| {
        instant(r.updated_at)
    }),
    column(
        "evidence_due",
        "Evidence due at (UTC)",
        "For disputes: until when Stripe takes evidence, in UTC.",
        |r, _| maybe_instant(r.evidence_due),
    ),
    column("reason", "Reason", "The reason code that Stripe has.", |r, _| Cell::maybe(r.reason.as_deref())),
    column("gift", "Gift", "Our id of the gift.", |r, _| Cell::text(&*r.gift_id)),
    column(
        "received_on",
        "Gift received on",
        "The day of the gift, in the receiving entity's time zone.",
        |r, _| Cell::Day(r.received_on.0),
    ),
    column("gross", "Gift, gross", "What the donor was charged for the gift.", |r, _| {
        money(r.gift_minor, r.currency)
    }),
    column("receipt", "Receipt", "Number of the gift's receipt that counts.", |r, _| {
        Cell::maybe(r.receipt_number.as_deref())
    }),
    column("donor", "Donor", "Our id of the donor, by the record that counts.", |r, _| {
        Cell::maybe(r.owner_id.as_deref())
    }),
    column("entity_id", "Entity id", "Id of the legal entity that received the gift.", |r, _| {
        Cell::text(&*r.entity_id)
    }),
    column("entity", "Entity", "Legal name of the entity that received the gift.", |r, n| {
        Cell::text(n.entity(&r.entity_id))
    }),
    column("fund_id", "Fund id", "Id of the fund the gift was for.", |r, _| Cell::text(&*r.fund_id)),
    column("fund", "Fund", "Name of the fund the gift was for.", |r, n| Cell::text(n.fund(&r.fund_id))),
    column("stripe_id", "Stripe's id", "Stripe's id of the refund (re_…) or dispute (dp_…).", |r, _| {
        Cell::maybe(r.stripe_id.as_deref())
    }),
    column("charge", "Charge", "Stripe's id of the gift's charge.", |r, _| {
        Cell::maybe(r.stripe_charge.as_deref())
    }),
    column("payment_intent", "Payment intent", "Stripe's id of the gift's payment intent.", |r, _| {
        Cell::maybe(r.stripe_payment_intent.as_deref())
    }),
];
