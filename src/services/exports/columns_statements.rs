//! The columns of annual statements.

use super::table::{Column, Table, address_part, column, instant, money};
use crate::documents::cell::Cell;
use crate::domain::export::Sums;
use crate::domain::statement::Totals;
use crate::store;
use crate::store::Conn;
use crate::store::exports::Wanted;
use crate::store::exports::statements::{self, ExportStatement};

/// Every version of every statement, a row for each currency.
#[derive(Clone, Copy, Debug)]
pub struct Statements;

impl Table for Statements {
    type Row = ExportStatement;
    const COLUMNS: &'static [Column<ExportStatement>] = COLUMNS;

    async fn chunk(
        conn: &mut Conn,
        wanted: &Wanted,
        after: &str,
        size: i64,
    ) -> store::Result<Vec<ExportStatement>> {
        statements::chunk(conn, wanted, after, size).await
    }

    fn id(row: &ExportStatement) -> &str {
        &row.id
    }

    fn sums(row: &ExportStatement) -> Option<Sums> {
        let block = row.block()?;
        let net_minor = if row.counts() { block.totals.counts } else { 0 };
        Some(Sums { currency: block.currency, amount_minor: block.totals.counts, net_minor })
    }
}

fn sum<'a>(row: &ExportStatement, of: fn(&Totals) -> i64) -> Cell<'a> {
    row.block().map_or(Cell::Empty, |b| money(of(&b.totals), b.currency))
}

fn day(text: &str) -> Cell<'_> {
    text.parse().map_or_else(|_| Cell::text(text), Cell::Day)
}

const COLUMNS: &[Column<ExportStatement>] = &[
    column("number", "Statement", "Number of the statement. Each version has its own.", |s, _| {
        Cell::text(&*s.number)
    }),
    column("state", "State", "Counts, or Superseded (a later version was issued).", |s, _| {
        Cell::text(if s.counts() { "Counts" } else { "Superseded" })
    }),
    column("version", "Version", "1 for the first one of a donor, an entity and a year.", |s, _| {
        Cell::Whole(s.content.version)
    }),
    column("latest", "Latest", "Number of the version that counts.", |s, _| Cell::text(&*s.latest)),
    column("tax_year", "Tax year", "The tax year of the entity that it is about.", |s, _| {
        Cell::text(&*s.content.tax_year)
    }),
    column("from", "From", "First day of that year.", |s, _| day(&s.content.from)),
    column("to", "To", "Last day of that year.", |s, _| day(&s.content.to)),
    column("currency", "Currency", "Currency of the sums; a statement in two has two rows.", |s, _| {
        s.block().map_or(Cell::Empty, |b| Cell::text(b.currency.code()))
    }),
    column("gifts", "Gifts", "How many gifts it names in this currency.", |s, _| {
        Cell::Whole(s.block().map_or(0, |b| i64::try_from(b.lines.len()).unwrap_or(i64::MAX)))
    }),
    column("given", "Given", "What was given in the year.", |s, _| sum(s, |t| t.given)),
    column(
        "went_back",
        "Went back",
        "What of it went back: refunds, lost disputes, returned cheques.",
        |s, _| sum(s, |t| t.returned),
    ),
    column("counts", "Remains given", "Given less what went back.", |s, _| sum(s, |t| t.counts)),
    column("gift_aided", "Under Gift Aid", "What of it a Gift Aid declaration covered.", |s, _| {
        sum(s, |t| t.gift_aided)
    }),
    column("other", "Without Gift Aid", "What of it no declaration covered.", |s, _| sum(s, |t| t.other)),
    column("grossed_up", "Grossed up", "What was under Gift Aid, with the basic-rate tax.", |s, _| {
        sum(s, |t| t.grossed_up)
    }),
    column("name", "Name", "To whom it is made out.", |s, _| Cell::text(s.content.donor.receipt_name())),
    column("email", "E-mail", "The donor's e-mail address when it was issued.", |s, _| {
        Cell::text(&*s.content.donor.email)
    }),
    column("address", "Address", "First line of the address on it.", |s, _| {
        address_part(&s.content.donor, |a| &a.line1)
    }),
    column("address_second", "Address, second line", "Second line of the address on it.", |s, _| {
        address_part(&s.content.donor, |a| &a.line2)
    }),
    column("city", "City", "Town or city of the address on it.", |s, _| {
        address_part(&s.content.donor, |a| &a.city)
    }),
    column("region", "Region", "County, state or province of the address on it.", |s, _| {
        address_part(&s.content.donor, |a| &a.region)
    }),
    column("postcode", "Postcode", "Postcode of the address on it.", |s, _| {
        address_part(&s.content.donor, |a| &a.postcode)
    }),
    column("country", "Country", "Country of the address on it, two letters.", |s, _| {
        address_part(&s.content.donor, |a| &a.country)
    }),
    column("issued_at", "Issued at (UTC)", "The instant it was issued, in UTC.", |s, _| instant(s.issued_at)),
    column("entity_id", "Entity id", "Id of the legal entity that issued it.", |s, _| {
        Cell::text(&*s.entity_id)
    }),
    column("entity", "Entity", "Legal name of the entity that issued it, as it is now.", |s, n| {
        Cell::text(n.entity(&s.entity_id))
    }),
    column("donor", "Donor", "Our id of the donor.", |s, _| Cell::maybe(s.owner_id.as_deref())),
    column("content_hash", "Content hash", "SHA-256 of everything the statement says.", |s, _| {
        Cell::text(&*s.content_sha256)
    }),
];
