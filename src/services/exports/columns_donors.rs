//! The columns of donors.

use super::table::{Column, Table, column, full_name, instant};
use crate::documents::cell::Cell;
use crate::domain::donor::Address;
use crate::domain::export::Sums;
use crate::domain::money::Money;
use crate::domain::states::ConsentPurpose;
use crate::store;
use crate::store::Conn;
use crate::store::exports::Wanted;
use crate::store::exports::donors::{self, ExportDonor};

/// Who gave.
#[derive(Clone, Copy, Debug)]
pub struct Donors;

impl Table for Donors {
    type Row = ExportDonor;
    const COLUMNS: &'static [Column<ExportDonor>] = COLUMNS;

    async fn chunk(
        conn: &mut Conn,
        wanted: &Wanted,
        after: &str,
        size: i64,
    ) -> store::Result<Vec<ExportDonor>> {
        donors::chunk(conn, wanted, after, size).await
    }

    fn id(row: &ExportDonor) -> &str {
        &row.row.id
    }

    fn sums(_: &ExportDonor) -> Option<Sums> {
        None
    }
}

/// `120.00 GBP; 5000 JPY`.
fn given(donor: &ExportDonor) -> String {
    let sum = |minor, currency| format!("{} {currency}", Money::new(minor, currency).to_plain());
    donor.given.iter().map(|g| sum(g.amount_minor, g.currency)).collect::<Vec<_>>().join("; ")
}

/// The last choice about a purpose: yes, no, or nothing when there never was one.
fn consent<'a>(donor: &ExportDonor, purpose: ConsentPurpose) -> Cell<'a> {
    let last = donor.consents.iter().find(|(p, _)| *p == purpose);
    last.map_or(Cell::Empty, |(_, yes)| Cell::yes_no(*yes))
}

fn address(donor: &ExportDonor, part: for<'b> fn(&'b Address) -> &'b str) -> Cell<'_> {
    donor.address.as_ref().map_or(Cell::Empty, |a| Cell::text(part(a)))
}

const COLUMNS: &[Column<ExportDonor>] = &[
    column("donor", "Donor", "Our id of the donor, by the record that counts.", |d, _| {
        Cell::text(&*d.row.id)
    }),
    column(
        "standing",
        "Standing",
        "account (can sign in), guest (gave without one) or offline (entered by hand).",
        |d, _| Cell::text(&*d.row.standing),
    ),
    column("donor_kind", "Person or body", "Individual or organisation.", |d, _| {
        Cell::text(d.row.kind.as_str())
    }),
    column("name", "Name", "The body's name for an organisation, else the person's.", |d, _| {
        full_name(d.row.kind, d.row.organisation.as_deref(), &d.row.given_name, &d.row.family_name)
    }),
    column("given_name", "First name", "First name as typed.", |d, _| Cell::text(&*d.row.given_name)),
    column("family_name", "Last name", "Last name as typed.", |d, _| Cell::text(&*d.row.family_name)),
    column("organisation", "Organisation", "Name of the body, for organisations.", |d, _| {
        Cell::maybe(d.row.organisation.as_deref())
    }),
    column("email", "E-mail", "The e-mail address as typed.", |d, _| Cell::text(&*d.row.email)),
    column("telephone", "Telephone", "The telephone number as typed.", |d, _| {
        Cell::maybe(d.row.telephone.as_deref())
    }),
    column("address_one", "Address line 1", "First line of the address they have now.", |d, _| {
        address(d, |a| &a.line1)
    }),
    column("address_two", "Address line 2", "Second line of the address they have now.", |d, _| {
        address(d, |a| &a.line2)
    }),
    column("city", "Town or city", "Town or city of the address they have now.", |d, _| {
        address(d, |a| &a.city)
    }),
    column("region", "Region", "County, state or province of the address they have now.", |d, _| {
        address(d, |a| &a.region)
    }),
    column("postcode", "Postcode", "Postcode of the address they have now.", |d, _| {
        address(d, |a| &a.postcode)
    }),
    column("country", "Country", "Two-letter code of the country of the address they have now.", |d, _| {
        address(d, |a| &a.country)
    }),
    column("locale", "Language", "Language and country of the form they gave on.", |d, _| {
        Cell::text(&*d.row.locale)
    }),
    column(
        "stories",
        "Stories by e-mail",
        "Their last choice about stories by e-mail; empty: never asked, so no.",
        |d, _| consent(d, ConsentPurpose::Stories),
    ),
    column(
        "events",
        "Events by e-mail",
        "Their last choice about events by e-mail; empty: never asked, so no.",
        |d, _| consent(d, ConsentPurpose::Events),
    ),
    column(
        "help",
        "Ways to help by e-mail",
        "Their last choice about ways to help by e-mail; empty: never asked, so no.",
        |d, _| consent(d, ConsentPurpose::Help),
    ),
    column("gifts", "Gifts", "How many gifts of theirs pass the filter.", |d, _| {
        Cell::Whole(d.given.iter().map(|g| g.gifts).sum())
    }),
    column("gross", "Gross", "What these gifts came to before refunds, by currency.", |d, _| {
        Cell::text(given(d))
    }),
    column(
        "first_on",
        "First gift on",
        "The day of their first gift, in the receiving entity's time zone.",
        |d, _| d.given.iter().map(|g| g.first_on).min().map_or(Cell::Empty, |day| Cell::Day(day.0)),
    ),
    column(
        "last_on",
        "Last gift on",
        "The day of their last gift, in the receiving entity's time zone.",
        |d, _| d.given.iter().map(|g| g.last_on).max().map_or(Cell::Empty, |day| Cell::Day(day.0)),
    ),
    column("known_since", "Known since (UTC)", "The instant we first wrote them down, in UTC.", |d, _| {
        instant(d.row.created_at)
    }),
];
