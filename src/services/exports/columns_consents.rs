//! The columns of choices about e-mail.

use super::table::{Column, Table, column, instant};
use crate::documents::cell::Cell;
use crate::domain::export::Sums;
use crate::store;
use crate::store::Conn;
use crate::store::exports::Wanted;
use crate::store::exports::consents::{self, ExportConsent};
use crate::store::office_donors::name;

/// Every choice, those that a later one replaced too.
#[derive(Clone, Copy, Debug)]
pub struct Consents;

impl Table for Consents {
    type Row = ExportConsent;
    const COLUMNS: &'static [Column<ExportConsent>] = COLUMNS;

    async fn chunk(
        conn: &mut Conn,
        wanted: &Wanted,
        after: &str,
        size: i64,
    ) -> store::Result<Vec<ExportConsent>> {
        consents::chunk(conn, wanted, after, size).await
    }

    fn id(row: &ExportConsent) -> &str {
        &row.id
    }

    fn sums(_: &ExportConsent) -> Option<Sums> {
        None
    }
}

const COLUMNS: &[Column<ExportConsent>] = &[
    column("id", "Choice", "Our id of the choice.", |c, _| Cell::text(&*c.id)),
    column(
        "holds",
        "Holds",
        "Whether it is the donor's latest about this purpose: only those count.",
        |c, _| Cell::yes_no(c.holds),
    ),
    column("basis", "Basis", "Consent, or withdrawn.", |c, _| Cell::text(&*c.basis)),
    column("purpose", "Purpose", "What the donor is written to about: stories, events or help.", |c, _| {
        Cell::text(&*c.purpose)
    }),
    column("channel", "Channel", "By which means the donor is written to.", |c, _| Cell::text(&*c.channel)),
    column("email", "E-mail", "The donor's e-mail address as it is now.", |c, _| Cell::text(&*c.email)),
    column("name", "Name", "The donor's name as it is now.", |c, _| {
        Cell::text(name(&c.given_name, &c.family_name, c.organisation.as_deref()))
    }),
    column("source", "Source", "Where it was said: giving form, portal, link of a mail.", |c, _| {
        Cell::text(&*c.source)
    }),
    column("made_at", "Made at (UTC)", "The instant it was said, in UTC.", |c, _| instant(c.made_at)),
    column("wording", "Wording", "Version of the words that were shown.", |c, _| {
        Cell::text(&*c.wording_version)
    }),
    column("wording_hash", "Wording hash", "SHA-256 of the words that were shown.", |c, _| {
        Cell::text(&*c.wording_sha256)
    }),
    column("entity_id", "Entity id", "Id of the legal entity it was said to.", |c, _| {
        Cell::text(&*c.entity_id)
    }),
    column("entity", "Entity", "Legal name of that entity, as it is now.", |c, n| {
        Cell::text(n.entity(&c.entity_id))
    }),
    column("donor", "Donor", "Our id of the donor.", |c, _| Cell::maybe(c.owner_id.as_deref())),
];
