//! What is taken out, read chunk by chunk in the order of the rows' ids. Ids never change, so a row that is corrected
//! or refunded meanwhile is neither left out nor read twice. A gift's id grows with the moment it was received, which may be
//! long before it is written down: gifts are bounded by that moment too, so that an export's rows never grow.

pub mod batches;
pub mod consents;
pub mod declarations;
pub mod donors;
pub mod gifts;
pub mod plans;
pub mod receipts;
pub mod refunds;
pub mod statements;

use super::db::{Conn, Result, opt};
use super::types::Day;
use crate::clock::Ts;
use crate::domain::money::Currency;
use crate::domain::states::ExportKind;

/// Which rows are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Given to this entity.
    pub entity: Option<String>,
    /// Given for this fund.
    pub fund: Option<String>,
    /// In this currency.
    pub currency: Option<Currency>,
    /// In this state.
    pub state: Option<String>,
    /// Of this tax year, where rows have one.
    pub tax_year: Option<String>,
    /// Not before this day, where rows have one.
    pub from: Option<Day>,
    /// Not after this day, where rows have one.
    pub to: Option<Day>,
    /// Not before this instant, where rows have one.
    pub since: Option<Ts>,
    /// Before this instant, where rows have one.
    pub before: Option<Ts>,
    /// The last ids that count: see [`last_ids`].
    pub until: Vec<String>,
    /// When it was asked for: gifts written down later do not count.
    pub asked_at: Option<Ts>,
}

impl Wanted {
    /// Whether everything is wanted.
    fn is_everything(&self) -> bool {
        let Wanted {
            entity,
            fund,
            currency,
            state,
            tax_year,
            from,
            to,
            since,
            before,
            until: _,
            asked_at: _,
        } = self;
        let words = [entity, fund, state, tax_year].iter().all(|w| w.is_none());
        words && currency.is_none() && from.is_none() && to.is_none() && since.is_none() && before.is_none()
    }

    /// The last id that counts of the table at `place`; before the first there was none.
    fn until(&self, place: usize) -> &str {
        self.until.get(place).map_or("", String::as_str)
    }
}

/// The last ids there are of what a kind is made of: refunds are two tables, the other kinds one.
///
/// # Errors
/// When the database refuses.
pub async fn last_ids(conn: &mut Conn, kind: ExportKind) -> Result<Vec<String>> {
    let tables: &[&'static str] = match kind {
        ExportKind::Gifts | ExportKind::Npsp => &["SELECT MAX(id) FROM gift"],
        ExportKind::Donors => &["SELECT MAX(id) FROM donor"],
        ExportKind::Plans => &["SELECT MAX(id) FROM pledge"],
        ExportKind::Refunds => &["SELECT MAX(id) FROM dispute", "SELECT MAX(id) FROM refund"],
        ExportKind::Receipts => &["SELECT MAX(id) FROM receipt"],
        ExportKind::Statements => &["SELECT MAX(id) FROM statement"],
        ExportKind::Declarations => &["SELECT MAX(id) FROM declaration"],
        ExportKind::Consents => &["SELECT MAX(id) FROM consent_entry"],
    };
    let mut last = Vec::new();
    for sql in tables {
        let row = opt!(conn, (Option<String>,), *sql)?;
        last.push(row.and_then(|(id,)| id).unwrap_or_default());
    }
    Ok(last)
}

/// How many rows of a kind are wanted.
///
/// # Errors
/// When the database refuses.
pub async fn count(conn: &mut Conn, kind: ExportKind, wanted: &Wanted) -> Result<i64> {
    match kind {
        ExportKind::Gifts | ExportKind::Npsp => gifts::count(conn, wanted).await,
        ExportKind::Donors => donors::count(conn, wanted).await,
        ExportKind::Plans => plans::count(conn, wanted).await,
        ExportKind::Refunds => refunds::count(conn, wanted).await,
        ExportKind::Receipts => receipts::count(conn, wanted).await,
        ExportKind::Statements => statements::count(conn, wanted).await,
        ExportKind::Declarations => declarations::count(conn, wanted).await,
        ExportKind::Consents => consents::count(conn, wanted).await,
    }
}

/// Rows of a statement that is put together for each driver by the same words.
macro_rules! built {
    ($conn:expr, $row:ty, $start:expr, |$q:ident| $words:block) => {
        $crate::store::db::on!($conn, t => {
            let mut $q = sqlx::QueryBuilder::new($start);
            $words
            $q.build_query_as::<$row>().fetch_all(&mut **t).await
        })
    };
}

/// A condition, when there is something to compare with.
macro_rules! narrow {
    ($q:ident, $value:expr, $condition:literal) => {
        if let Some(value) = $value {
            $q.push($condition).push_bind(value);
        }
    };
}

use {built, narrow};
