//! One kind of export: its columns, each explained, and how its rows are read.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::{
    columns_consents, columns_declarations, columns_donors, columns_gifts, columns_npsp, columns_plans,
    columns_receipts, columns_refunds, columns_statements,
};
use crate::clock::Ts;
use crate::config::Config;
use crate::documents::cell::Cell;
use crate::domain::donor::DonorDetails;
use crate::domain::export::Sums;
use crate::domain::money::{Currency, Money};
use crate::domain::states::{DonorKind, ExportKind, TributeKind};
use crate::store;
use crate::store::Conn;
use crate::store::exports::Wanted;

/// A column: what stands at its head, what it means, and what a row has in it.
pub struct Column<R: 'static> {
    /// Its name for programs; never changes.
    pub key: &'static str,
    /// What stands at its head.
    pub heading: &'static str,
    /// What it means, in a sentence.
    pub explanation: &'static str,
    /// What a row has in it.
    pub cell: for<'a> fn(&'a R, &'a Names) -> Cell<'a>,
}

/// A column.
pub(super) const fn column<R>(
    key: &'static str,
    heading: &'static str,
    explanation: &'static str,
    cell: for<'a> fn(&'a R, &'a Names) -> Cell<'a>,
) -> Column<R> {
    Column { key, heading, explanation, cell }
}

/// A column as it is explained.
#[derive(Clone, Copy, Debug)]
pub struct Explained {
    /// Its name for programs.
    pub key: &'static str,
    /// What stands at its head.
    pub heading: &'static str,
    /// What it means.
    pub explanation: &'static str,
}

/// A kind of export.
pub trait Table: Send + Sync + 'static {
    /// What it reads.
    type Row: Send + Sync + 'static;
    /// Its columns, in order.
    const COLUMNS: &'static [Column<Self::Row>];

    /// The next rows after an id, in the order of their ids.
    fn chunk(
        conn: &mut Conn,
        wanted: &Wanted,
        after: &str,
        size: i64,
    ) -> impl Future<Output = store::Result<Vec<Self::Row>>> + Send;

    /// The id of a row.
    fn id(row: &Self::Row) -> &str;

    /// What a row adds to the totals; none where rows are not sums of money.
    fn sums(row: &Self::Row) -> Option<Sums>;

    /// The cells of a row.
    fn cells<'a>(row: &'a Self::Row, names: &'a Names) -> impl Iterator<Item = Cell<'a>> {
        Self::COLUMNS.iter().map(move |c| (c.cell)(row, names))
    }

    /// The heads of the columns.
    fn head() -> Vec<&'static str> {
        Self::COLUMNS.iter().map(|c| c.heading).collect()
    }
}

/// Runs `$work` with `$table` standing for the table of a kind.
macro_rules! with_table {
    ($kind:expr, $table:ident => $work:expr) => {
        match $kind {
            $crate::domain::states::ExportKind::Gifts => {
                type $table = $crate::services::exports::columns_gifts::Gifts;
                $work
            }
            $crate::domain::states::ExportKind::Donors => {
                type $table = $crate::services::exports::columns_donors::Donors;
                $work
            }
            $crate::domain::states::ExportKind::Plans => {
                type $table = $crate::services::exports::columns_plans::Plans;
                $work
            }
            $crate::domain::states::ExportKind::Refunds => {
                type $table = $crate::services::exports::columns_refunds::Refunds;
                $work
            }
            $crate::domain::states::ExportKind::Receipts => {
                type $table = $crate::services::exports::columns_receipts::Receipts;
                $work
            }
            $crate::domain::states::ExportKind::Statements => {
                type $table = $crate::services::exports::columns_statements::Statements;
                $work
            }
            $crate::domain::states::ExportKind::Declarations => {
                type $table = $crate::services::exports::columns_declarations::Declarations;
                $work
            }
            $crate::domain::states::ExportKind::Consents => {
                type $table = $crate::services::exports::columns_consents::Consents;
                $work
            }
            $crate::domain::states::ExportKind::Npsp => {
                type $table = $crate::services::exports::columns_npsp::Npsp;
                $work
            }
        }
    };
}

pub(super) use with_table;

/// The columns of a kind, explained.
pub fn explained(kind: ExportKind) -> Vec<Explained> {
    fn of<R>(columns: &[Column<R>]) -> Vec<Explained> {
        let one = |c: &Column<R>| Explained { key: c.key, heading: c.heading, explanation: c.explanation };
        columns.iter().map(one).collect()
    }
    match kind {
        ExportKind::Gifts => of(columns_gifts::Gifts::COLUMNS),
        ExportKind::Donors => of(columns_donors::Donors::COLUMNS),
        ExportKind::Plans => of(columns_plans::Plans::COLUMNS),
        ExportKind::Refunds => of(columns_refunds::Refunds::COLUMNS),
        ExportKind::Receipts => of(columns_receipts::Receipts::COLUMNS),
        ExportKind::Statements => of(columns_statements::Statements::COLUMNS),
        ExportKind::Declarations => of(columns_declarations::Declarations::COLUMNS),
        ExportKind::Consents => of(columns_consents::Consents::COLUMNS),
        ExportKind::Npsp => of(columns_npsp::Npsp::COLUMNS),
    }
}

/// What the two sums of the totals of a kind are called; none where there is only a count.
pub fn sums_are_called(kind: ExportKind) -> Option<(&'static str, &'static str)> {
    match kind {
        ExportKind::Gifts | ExportKind::Npsp => Some(("Gross", "Net")),
        ExportKind::Donors | ExportKind::Declarations | ExportKind::Consents => None,
        ExportKind::Statements => Some(("Remains given", "Of statements that count")),
        ExportKind::Plans => Some(("Each charge", "Of plans that have not ended")),
        ExportKind::Refunds => Some(("Amount", "Given back, held or taken")),
        ExportKind::Receipts => Some(("Amount", "Of receipts that count")),
    }
}

/// The names that the charity file gives to what rows hold as ids.
#[derive(Clone, Debug)]
pub struct Names(Arc<Config>);

impl Names {
    /// As the charity file has them.
    pub fn new(config: &Arc<Config>) -> Names {
        Names(config.clone())
    }

    /// A fund's name, or its id when the file no longer has it.
    pub fn fund<'a>(&'a self, id: &'a str) -> &'a str {
        self.0.charity.fund(id).map_or(id, |f| f.name.as_str())
    }

    /// A fund as the books call it, or its name.
    pub fn tracking<'a>(&'a self, id: &'a str) -> &'a str {
        self.0.charity.fund(id).map_or(id, |f| f.tracking.as_deref().unwrap_or(f.name.as_str()))
    }

    /// A campaign's name, or its id when the file no longer has it.
    pub fn campaign<'a>(&'a self, id: &'a str) -> &'a str {
        self.0.charity.campaign(id).map_or(id, |c| c.name.as_str())
    }

    /// An entity's legal name, or its id when the file no longer has it.
    pub fn entity<'a>(&'a self, id: &'a str) -> &'a str {
        self.0.charity.entity(id).map_or(id, |e| e.legal_name.as_str())
    }
}

/// A sum of money.
pub(super) fn money<'a>(minor: i64, currency: Currency) -> Cell<'a> {
    Cell::money(Money::new(minor, currency))
}

/// An instant, in UTC.
pub(super) fn instant<'a>(at: Ts) -> Cell<'a> {
    Cell::Instant(at.civil_in(&TimeZone::UTC))
}

/// An instant that may be absent.
pub(super) fn maybe_instant<'a>(at: Option<Ts>) -> Cell<'a> {
    at.map_or(Cell::Empty, instant)
}

/// `In memory of Joan`.
pub(super) fn tribute<'a>(kind: Option<TributeKind>, name: Option<&str>) -> Cell<'a> {
    match (kind, name) {
        (Some(TributeKind::Memory), Some(name)) => Cell::text(format!("In memory of {name}")),
        (Some(TributeKind::Honour), Some(name)) => Cell::text(format!("In honour of {name}")),
        _ => Cell::Empty,
    }
}

/// The body for an organisation, else the person.
pub(super) fn full_name<'a>(
    kind: DonorKind,
    organisation: Option<&str>,
    given: &str,
    family: &str,
) -> Cell<'a> {
    match (kind, organisation) {
        (DonorKind::Organisation, Some(name)) => Cell::text(name.to_owned()),
        (DonorKind::Organisation | DonorKind::Individual, _) => {
            Cell::text(format!("{given} {family}").trim().to_owned())
        }
    }
}

/// One part of the address that a donor gave with a gift.
pub(super) fn address_part<'a>(
    donor: &'a DonorDetails,
    part: for<'b> fn(&'b crate::domain::donor::Address) -> &'b str,
) -> Cell<'a> {
    donor.address.as_ref().map_or(Cell::Empty, |a| Cell::text(part(a)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_column_has_a_name_of_its_own_and_is_explained() {
        use ExportKind::{Consents, Declarations, Donors, Gifts, Npsp, Plans, Receipts, Refunds, Statements};
        for kind in [Gifts, Donors, Plans, Refunds, Receipts, Statements, Declarations, Consents, Npsp] {
            let columns = explained(kind);
            let keys: BTreeSet<&str> = columns.iter().map(|c| c.key).collect();
            let heads: BTreeSet<&str> = columns.iter().map(|c| c.heading).collect();
            assert_eq!((keys.len(), heads.len()), (columns.len(), columns.len()), "{kind:?}");
            for column in columns {
                assert!(column.key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", column.key);
                assert!(column.explanation.ends_with('.') && column.explanation.len() > 15, "{}", column.key);
            }
        }
    }
}
