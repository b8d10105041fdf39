//! The columns of Gift Aid declarations.

use super::table::{Column, Table, column, instant};
use crate::documents::cell::Cell;
use crate::domain::export::Sums;
use crate::store;
use crate::store::exports::Wanted;
use crate::store::exports::declarations::{self, ExportDeclaration};
use crate::store::{Conn, Day};

/// Every declaration, those that ended too.
#[derive(Clone, Copy, Debug)]
pub struct Declarations;

impl Table for Declarations {
    type Row = ExportDeclaration;
    const COLUMNS: &'static [Column<ExportDeclaration>] = COLUMNS;

    async fn chunk(
        conn: &mut Conn,
        wanted: &Wanted,
        after: &str,
        size: i64,
    ) -> store::Result<Vec<ExportDeclaration>> {
        declarations::chunk(conn, wanted, after, size).await
    }

    fn id(row: &ExportDeclaration) -> &str {
        &row.id
    }

    fn sums(_: &ExportDeclaration) -> Option<Sums> {
        None
    }
}

fn maybe_day<'a>(day: Option<Day>) -> Cell<'a> {
    day.map_or(Cell::Empty, |d| Cell::Day(d.0))
}

const COLUMNS: &[Column<ExportDeclaration>] = &[
    column("id", "Declaration", "Our id of the declaration.", |d, _| Cell::text(&*d.id)),
    column("state", "State", "In force, Ended, or Void (it counts as never made).", |d, _| {
        Cell::text(match (d.ended_on, d.void) {
            (None, _) => "In force",
            (Some(_), true) => "Void",
            (Some(_), false) => "Ended",
        })
    }),
    column("name", "Name", "The donor's name as declared.", |d, _| Cell::text(&*d.full_name)),
    column("address", "Address", "First line of the home address as declared.", |d, _| {
        Cell::text(&*d.home_address.line1)
    }),
    column("address_second", "Address, second line", "Second line of that address.", |d, _| {
        Cell::text(&*d.home_address.line2)
    }),
    column("city", "City", "Town or city of that address.", |d, _| Cell::text(&*d.home_address.city)),
    column("region", "Region", "County, state or province of that address.", |d, _| {
        Cell::text(&*d.home_address.region)
    }),
    column("postcode", "Postcode", "Postcode of that address.", |d, _| Cell::text(&*d.home_address.postcode)),
    column("country", "Country", "Country of that address, two letters.", |d, _| {
        Cell::text(&*d.home_address.country)
    }),
    column("abroad", "Lives abroad", "Whether the donor lives outside the United Kingdom.", |d, _| {
        Cell::yes_no(d.non_uk_resident)
    }),
    column(
        "scope",
        "Covers",
        "A single gift, future gifts, or those of the past four years, too.",
        |d, _| Cell::text(&*d.scope),
    ),
    column("covers_from", "Covers from", "The first day of gifts that it covers.", |d, _| {
        Cell::Day(d.covers_from.0)
    }),
    column("ended_on", "Ended on", "The day from which it covers nothing any more.", |d, _| {
        maybe_day(d.ended_on)
    }),
    column("ended_via", "Ended by", "How the donor ended it.", |d, _| Cell::maybe(d.ended_via.as_deref())),
    column("channel", "Made by", "How it was made: web, email, sms, paper or oral.", |d, _| {
        Cell::text(&*d.channel)
    }),
    column("record_sent_on", "Record sent on", "When the written record of an oral one was sent.", |d, _| {
        maybe_day(d.record_sent_on)
    }),
    column("evidence", "Evidence", "Where the paper is, for those on paper.", |d, _| {
        Cell::maybe(d.evidence_ref.as_deref())
    }),
    column("made_at", "Made at (UTC)", "The instant it was made, in UTC.", |d, _| instant(d.made_at)),
    column("wording", "Wording", "Version of the words that were shown.", |d, _| {
        Cell::text(&*d.wording_version)
    }),
    column("wording_hash", "Wording hash", "SHA-256 of the words that were shown.", |d, _| {
        Cell::text(&*d.wording_sha256)
    }),
    column("claimed_gifts", "Claimed gifts", "How many gifts were claimed on it.", |d, _| {
        Cell::Whole(d.gifts)
    }),
    column("entity_id", "Entity id", "Id of the legal entity it was made to.", |d, _| {
        Cell::text(&*d.entity_id)
    }),
    column("entity", "Entity", "Legal name of that entity, as it is now.", |d, n| {
        Cell::text(n.entity(&d.entity_id))
    }),
    column("donor", "Donor", "Our id of the donor.", |d, _| Cell::maybe(d.owner_id.as_deref())),
];
