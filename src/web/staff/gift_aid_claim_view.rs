//! A claim in words and tables: its figures, files and rows, what is given back with it and what was found.

use super::effects::gift_href;
use super::gift_aid::HERE;
use super::look::{Look, column, figures};
use crate::domain::ids::{ClaimId, GiftId};
use crate::domain::money::{Currency, Money};
use crate::services::gift_aid::claims::{self, FileFigures, Remark, Remarks};
use crate::store::claim_rows::Frozen;
use crate::store::claims::{Claim, ClaimState};
use crate::web::donor::view::{grouped, in_gifts};
use crate::web::errors::AppError;
use crate::web::pages::{Cell, Chip, ChipTone, DataTable, Fact, Facts, TableSection};

/// The page of a claim.
pub fn href(claim: &ClaimId) -> String {
    format!("{HERE}/{claim}")
}

/// A sum in pence.
pub fn amount(minor: i64) -> Money {
    Money::new(minor, Currency::GBP)
}

/// How a claim stands.
pub fn chip(state: ClaimState) -> Chip {
    match state {
        ClaimState::Draft => Chip::new(ChipTone::Wait, "Draft"),
        ClaimState::Sent => Chip::new(ChipTone::Wait, "Sent to HMRC"),
        ClaimState::Paid => Chip::new(ChipTone::Success, "Paid"),
        ClaimState::Dropped => Chip::new(ChipTone::Info, "Dropped"),
    }
}

/// A gift with what is said about it, as a table.
pub fn remarks(look: Look<'_>, heading: &str, all: &Remarks) -> Option<TableSection> {
    if all.listed.is_empty() {
        return None;
    }
    let listed = i64::try_from(all.listed.len()).unwrap_or(i64::MAX);
    let lead = match all.all.gifts > listed {
        true => format!("The first {} of {} gifts.", grouped(listed), grouped(all.all.gifts)),
        false => String::new(),
    };
    let row = |r: &Remark| vec![Cell::link("See the gift", gift_href(&r.gift)), Cell::new(r.words.as_str())];
    let sums = all.all.gifts == listed;
    let total = vec![Cell::new(in_gifts(all.all.gifts)), Cell::new(look.money(amount(all.all.minor)))];
    Some(TableSection {
        heading: heading.to_owned(),
        lead,
        table: DataTable {
            caption: heading.to_owned(),
            quiet_caption: true,
            columns: vec![column("Gift"), column("What there is to know")],
            rows: all.listed.iter().map(row).collect(),
            totals: if sums { total } else { Vec::new() },
        },
        ..TableSection::default()
    })
}

/// Tax that goes back, gift by gift: which, why, on how much, how much.
pub fn taken_table<'r>(
    look: Look<'_>,
    heading: &str,
    words: &str,
    rows: impl Iterator<Item = (&'r GiftId, &'r str, i64, i64)>,
) -> TableSection {
    let row = |(gift, why, minor, tax): (&GiftId, &str, i64, i64)| {
        vec![
            Cell::link("See the gift", gift_href(gift)),
            Cell::new(claims::why_words(why)),
            Cell::new(look.money(amount(minor))),
            Cell::new(look.money(amount(tax))),
        ]
    };
    TableSection {
        heading: heading.to_owned(),
        lead: format!("HMRC is told: {words}"),
        table: DataTable {
            caption: heading.to_owned(),
            quiet_caption: true,
            columns: vec![column("Gift"), column("Why"), figures("On"), figures("Tax")],
            rows: rows.map(row).collect(),
            totals: Vec::new(),
        },
        ..TableSection::default()
    }
}

/// What a claim came to, and what became of it.
pub fn figures_of(look: Look<'_>, claim: &Claim) -> Facts {
    let mut rows = vec![
        Fact::new("Gifts", format!("{} {}", look.money(claim.gifts), in_gifts(claim.row_count))),
        Fact::new("Tax on them", look.money(claim.tax)).noted("Rounded down on the sum"),
        Fact::new("Given back", look.money(claim.adjustment)),
        Fact::new("HMRC pays", look.money(claim.expected())),
        Fact::new("Made by", claim.made_by.as_str()).noted(look.moment(claim.made_at)),
    ];
    if let (Some(by), Some(at)) = (&claim.sent_by, claim.sent_at) {
        rows.push(Fact::new("Sent on", look.day_of(at)).noted(format!("Marked by {by}")));
    }
    if let Some(reference) = &claim.hmrc_reference {
        rows.push(Fact::new("HMRC’s reference", reference.as_str()));
    }
    if let (Some(paid), Some(on)) = (claim.paid, claim.paid_on) {
        let words = claim.paid_words.clone().unwrap_or_default();
        rows.push(Fact::new("HMRC paid", look.money(paid)).noted(format!("On {}. {words}", look.day(on.0))));
    }
    if let Some((difference, is_rounding)) = claims::difference(claim) {
        let words = match (difference.is_zero(), is_rounding) {
            (true, _) => "As expected",
            (false, true) => "Rounding: up to £1 is usual",
            (false, false) => "More than rounding: ask HMRC what changed",
        };
        rows.push(Fact::new("Difference", look.money(difference)).noted(words));
    }
    Facts { heading: "The claim".to_owned(), rows, links: Vec::new() }
}

/// The files of a claim, each with its control totals.
pub fn files(look: Look<'_>, claim: &Claim, files: &[FileFigures]) -> TableSection {
    let row = |f: &FileFigures| {
        let file = format!("{}/{}/schedule.ods", href(&claim.id), f.part);
        let back = match f.adjustment_minor {
            0 => "Blank".to_owned(),
            minor => amount(minor).to_plain(),
        };
        vec![
            Cell { note: f.sha256.clone(), ..Cell::link(format!("Download file {}", f.part), file) },
            Cell::new(grouped(f.rows)),
            Cell::new(look.money(amount(f.gifts_minor))),
            Cell::new(look.money(amount(f.tax_minor))),
            Cell::new(look.day(f.earliest)),
            Cell::new(back),
        ]
    };
    let lead = "Each file is one upload to HMRC, and one claim there. Under each: the SHA-256 of its bytes. Box 2 needs the \
                words on what is given back.";
    TableSection {
        heading: "Files".to_owned(),
        lead: lead.to_owned(),
        table: DataTable {
            caption: "Files".to_owned(),
            quiet_caption: true,
            columns: vec![
                column("File"),
                figures("Gifts"),
                figures("Sum"),
                figures("Tax"),
                column("Box 1: earliest"),
                figures("Box 2: given back"),
            ],
            rows: files.iter().map(row).collect(),
            totals: Vec::new(),
        },
        ..TableSection::default()
    }
}

/// Rows of a claim as HMRC reads them.
///
/// # Errors
/// When a row cannot be read.
pub fn rows_table(look: Look<'_>, rows: &[Frozen]) -> Result<TableSection, AppError> {
    let row = |r: &Frozen| -> Result<Vec<Cell>, AppError> {
        let told = claims::told(r)?;
        let place = format!("File {}, row {}", r.part, r.item);
        Ok(vec![
            Cell::link(place, gift_href(&r.gift_id)),
            Cell::new(told.name),
            Cell { note: told.postcode, ..Cell::new(told.house) },
            Cell::new(look.day(r.given_on.0)),
            Cell::new(look.money(amount(r.amount_minor))),
        ])
    };
    Ok(TableSection {
        heading: "Rows".to_owned(),
        lead: "As HMRC reads them.".to_owned(),
        table: DataTable {
            caption: "Rows".to_owned(),
            quiet_caption: true,
            columns: vec![column("Row"), column("Donor"), column("Home"), column("Received"), figures("Sum")],
            rows: rows.iter().map(row).collect::<Result<_, _>>()?,
            totals: Vec::new(),
        },
        ..TableSection::default()
    })
}
