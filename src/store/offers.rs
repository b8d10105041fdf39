//! From when until when funds and campaigns are offered, as the office has set it.

use jiff::civil::Date;

use super::db::{Conn, Result, WriteTx, all, exec};
use super::types::Day;
use crate::clock::Ts;
use crate::domain::ids::StaffId;
use crate::domain::states::OfferKind;

/// The days within which a fund or campaign is offered, both included.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct OfferWindow {
    /// Which of the two.
    pub kind: OfferKind,
    /// Its id in the charity file.
    pub offer_id: String,
    /// First day; none: always was.
    pub opens_on: Option<Day>,
    /// Last day; none: without end.
    pub closes_on: Option<Day>,
}

/// Every window that was set. What has none is offered as the charity file says.
#[derive(Clone, Debug, Default)]
pub struct Offers(pub Vec<OfferWindow>);

impl Offers {
    /// The window of a fund or campaign, if one was set.
    pub fn of(&self, kind: OfferKind, id: &str) -> Option<&OfferWindow> {
        self.0.iter().find(|w| w.kind == kind && w.offer_id == id)
    }

    /// Whether it is offered on a day of the receiving entity's zone.
    pub fn is_open(&self, kind: OfferKind, id: &str, on: Date) -> bool {
        self.of(kind, id)
            .is_none_or(|w| w.opens_on.is_none_or(|d| d.0 <= on) && w.closes_on.is_none_or(|d| on <= d.0))
    }
}

/// Every window.
///
/// # Errors
/// When the database refuses.
pub async fn every(conn: &mut Conn) -> Result<Offers> {
    let sql = "SELECT kind, offer_id, opens_on, closes_on FROM offer_window ORDER BY kind, offer_id";
    Ok(Offers(all!(conn, OfferWindow, sql)?))
}

/// Writes a window in place of the one before.
///
/// # Errors
/// When the database refuses.
pub async fn set(tx: &mut WriteTx, window: &OfferWindow, by: &StaffId, at: Ts) -> Result<()> {
    exec!(
        tx,
        "INSERT INTO offer_window (kind, offer_id, opens_on, closes_on, set_by, set_at) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (kind, offer_id) DO UPDATE SET opens_on = excluded.opens_on, \
         closes_on = excluded.closes_on, set_by = excluded.set_by, set_at = excluded.set_at",
        window.kind,
        window.offer_id.as_str(),
        window.opens_on,
        window.closes_on,
        by,
        at
    )?;
    Ok(())
}
