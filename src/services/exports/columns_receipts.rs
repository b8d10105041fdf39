//! The columns of the register of receipts.

use super::table::{Column, Table, column, instant, money};
use crate::documents::cell::Cell;
use crate::domain::export::Sums;
use crate::store;
use crate::store::Conn;
use crate::store::exports::Wanted;
use crate::store::exports::receipts::{self, ExportReceipt};

/// Every receipt, the replaced ones too.
#[derive(Clone, Copy, Debug)]
pub struct Receipts;

impl Table for Receipts {
    type Row = ExportReceipt;
    const COLUMNS: &'static [Column<ExportReceipt>] = COLUMNS;

    async fn chunk(
        conn: &mut Conn,
        wanted: &Wanted,
        after: &str,
        size: i64,
    ) -> store::Result<Vec<ExportReceipt>> {
        receipts::chunk(conn, wanted, after, size).await
    }

    fn id(row: &ExportReceipt) -> &str {
        &row.id
    }

    fn sums(row: &ExportReceipt) -> Option<Sums> {
        let (currency, amount_minor) =
            row.said.amount.map_or((row.gift_currency, 0), |said| (said.currency(), said.minor()));
        let counts = row.replaced_by.is_none() && !row.cancelled;
        let net_minor = if counts { amount_minor } else { 0 };
        Some(Sums { currency, amount_minor, net_minor })
    }
}

const COLUMNS: &[Column<ExportReceipt>] = &[
    column("number", "Receipt", "Number of the receipt. No number is given out twice.", |r, _| {
        Cell::text(&*r.number)
    }),
    column(
        "state",
        "State",
        "Counts, Replaced (void since a later receipt of the same gift) or Cancelled.",
        |r, _| {
            Cell::text(match (&r.replaced_by, r.cancelled) {
                (Some(_), _) => "Replaced",
                (None, true) => "Cancelled",
                (None, false) => "Counts",
            })
        },
    ),
    column("replaces", "Replaces", "Number of the receipt that this one made void.", |r, _| {
        Cell::maybe(r.replaces.as_deref())
    }),
    column("replaced_by", "Replaced by", "Number of the receipt that made this one void.", |r, _| {
        Cell::maybe(r.replaced_by.as_deref())
    }),
    column("version", "Version", "1 for a gift's first receipt.", |r, _| Cell::Whole(r.version)),
    column("issued_at", "Issued at (UTC)", "The instant it was issued, in UTC.", |r, _| instant(r.issued_at)),
    column("delivery", "Delivery", "How it left: by mail, or on paper.", |r, _| Cell::text(&*r.delivery)),
    column("currency", "Currency", "Currency of the amount.", |r, _| {
        Cell::text(r.said.amount.map_or(r.gift_currency, |m| m.currency()).code())
    }),
    column("amount", "Amount", "The gross sum that the receipt states.", |r, _| {
        r.said.amount.map_or(Cell::Empty, |m| money(m.minor(), m.currency()))
    }),
    column("received_on", "Gift received on", "The day of the gift that the receipt states.", |r, _| match r
        .said
        .received_on
        .parse()
    {
        Ok(day) => Cell::Day(day),
        Err(_) => Cell::text(&*r.said.received_on),
    }),
    column("tax_year", "Tax year", "The tax year that the receipt states.", |r, _| {
        Cell::text(&*r.said.tax_year)
    }),
    column("name", "Name", "To whom it is made out.", |r, _| {
        r.said.donor.as_ref().map_or(Cell::Empty, |d| Cell::text(d.receipt_name()))
    }),
    column("email", "E-mail", "The donor's e-mail address when it was issued.", |r, _| {
        r.said.donor.as_ref().map_or(Cell::Empty, |d| Cell::text(&*d.email))
    }),
    column("fund", "Fund", "The fund that the receipt states, by its name then.", |r, _| {
        Cell::text(&*r.said.fund)
    }),
    column(
        "gift_aid",
        "Gift Aid",
        "Whether a Gift Aid declaration covered the gift when it was issued.",
        |r, _| Cell::yes_no(r.said.gift_aid),
    ),
    column("entity_id", "Entity id", "Id of the legal entity that issued it.", |r, _| {
        Cell::text(&*r.entity_id)
    }),
    column("entity", "Entity", "Legal name of the entity that issued it, as it is now.", |r, n| {
        Cell::text(n.entity(&r.entity_id))
    }),
    column("year", "Year", "The year in its number.", |r, _| Cell::Whole(r.year)),
    column("serial", "Serial", "The serial in its number, without gaps within entity and year.", |r, _| {
        Cell::Whole(r.serial)
    }),
    column("gift", "Gift", "Our id of the gift.", |r, _| Cell::text(&*r.gift_id)),
    column("content_hash", "Content hash", "SHA-256 of everything the receipt says.", |r, _| {
        Cell::text(&*r.content_sha256)
    }),
];
