//! What can be claimed, in words and tables.

use super::gift_aid::HERE;
use super::gift_aid_claim_view::{amount, chip, href, remarks, taken_table};
use super::look::{Look, column, figures};
use crate::config::Entity;
use crate::domain::money::Money;
use crate::services::gift_aid::claims::{self, ByDay, Preview, Tally};
use crate::store::claims::Claim;
use crate::web::donor::view::{grouped, in_gifts};
use crate::web::forms::{Mistakes, field};
use crate::web::pages::{
    Act, Cell, Confirm, DataTable, Empty, Fact, Facts, FieldKind, FormField, Hidden, Link, Row, Section,
    StaffForm, TableSection, Words,
};

/// What can be claimed, the claim that can be made, and what stands in the way.
pub fn sections(
    look: Look<'_>,
    entity: &Entity,
    found: &Preview,
    open: Option<&Claim>,
    (typed, wrong): (&str, &Mistakes),
) -> Vec<Section> {
    let report = &found.report;
    let mut all = vec![Section::Facts(facts(look, found))];
    all.push(match open {
        Some(open) => Section::Words(Words {
            heading: "A draft is open".to_owned(),
            paragraphs: vec![format!(
                "{} was made on {}. Send or drop it before you make another.",
                open.number,
                look.day_of(open.made_at)
            )],
            links: vec![Link::new(format!("See {}", open.number), href(&open.id))],
            ..Words::default()
        }),
        None => make(look, entity, found),
    });
    all.push(Section::Form(Box::new(day_form(entity, typed, wrong))));
    if let Some(table) = remarks(look, "Put right before they can be claimed", &report.blocked) {
        all.push(Section::Table(table));
    }
    if !found.adjustments.is_empty() {
        let rows = found.adjustments.iter().map(|a| (&a.gift, a.why, a.amount_minor, a.tax_minor));
        all.push(Section::Table(taken_table(look, "To give back", &found.adjustment_words, rows)));
    }
    if let Some(table) = by_day(look, "Too new", "Claimable from", &report.held) {
        all.push(Section::Table(table));
    }
    if let Some(table) = by_day(look, "Deadlines of what is in it", "Claim by", &report.deadlines) {
        all.push(Section::Table(table));
    }
    if let Some(table) = remarks(look, "To look at", &report.flagged) {
        all.push(Section::Table(table));
    }
    if let Some(table) = remarks(look, "Written otherwise for HMRC", &report.changed) {
        all.push(Section::Table(table));
    }
    all
}

/// `£50.00 in 2 gifts`.
fn tally(look: Look<'_>, all: Tally) -> String {
    match all.gifts {
        0 => "None".to_owned(),
        n => format!("{} {}", look.money(amount(all.minor)), in_gifts(n)),
    }
}

fn held_sum(report: &claims::Report) -> Tally {
    let mut all = Tally::default();
    for held in &report.held {
        all.gifts = all.gifts.saturating_add(held.all.gifts);
        all.minor = all.minor.saturating_add(held.all.minor);
    }
    all
}

/// What HMRC would pay.
fn net(found: &Preview) -> Money {
    amount(found.tax.minor().saturating_sub(found.adjustment.minor()))
}

fn facts(look: Look<'_>, found: &Preview) -> Facts {
    let report = &found.report;
    let gifts =
        Tally { gifts: i64::try_from(found.rows.len()).unwrap_or(i64::MAX), minor: found.gifts.minor() };
    let mut rows = vec![
        Fact::new("Gifts that can be claimed", tally(look, gifts)),
        Fact::new("Tax on them", look.money(found.tax)).noted("Rounded down on the sum"),
        Fact::new("To give back", look.money(found.adjustment)),
        Fact::new("Too new", tally(look, held_sum(report))).noted("They could still be taken back"),
        Fact::new("To put right", tally(look, report.blocked.all)),
        Fact::new("Without a declaration", tally(look, report.undeclared)),
        Fact::new("Disputed", tally(look, report.disputed)).noted("They wait for the bank’s decision"),
    ];
    if report.too_late.gifts > 0 {
        rows.push(
            Fact::new("Too late", tally(look, report.too_late)).noted("Declared, and not claimed in time"),
        );
    }
    Facts { heading: "What can be claimed".to_owned(), rows, links: Vec::new() }
}

/// The block that makes a claim, or says why there is none to make.
fn make(look: Look<'_>, entity: &Entity, found: &Preview) -> Section {
    let said = |heading: &str, words: String| {
        Section::Words(Words { heading: heading.to_owned(), paragraphs: vec![words], ..Words::default() })
    };
    if found.rows.is_empty() && found.adjustments.is_empty() {
        return said("Nothing to claim", "No gift up to this day can be claimed now.".to_owned());
    }
    if found.is_too_much_back() {
        return said("Contact HMRC", too_much_words(look, found.adjustment, found.tax));
    }
    let (up_to, token) = (found.up_to.to_string(), look.token());
    let files = found.parts().count();
    let files = if files == 1 { "One file".to_owned() } else { format!("{files} files") };
    let mut changes = vec![
        Row::figure("Gifts", format!("{} {}", look.money(found.gifts), in_gifts(rows_of(found)))),
        Row::figure("Tax on them", look.money(found.tax)),
    ];
    if found.adjustment.minor() > 0 {
        changes.push(Row::figure("Tax given back with it", look.money(found.adjustment)));
        changes.push(Row::new("What HMRC is told", found.adjustment_words.as_str()));
    }
    changes.push(Row::figure("HMRC pays", look.money(net(found))));
    changes.push(Row::new("To upload", format!("{files} of up to {} gifts", grouped(1_000))));
    Section::Confirm(Confirm {
        heading: format!("Make a claim with gifts up to {}?", look.day(found.up_to)),
        text:
            "Its rows are frozen as they stand now. Nothing is sent: you upload the files to HMRC yourself."
                .to_owned(),
        changes,
        stays: vec!["Donors are told nothing, and no gift changes.".to_owned()],
        undo: "You can drop it until you mark it as sent.".to_owned(),
        act: Act::new("Make the claim", HERE)
            .with("entity", &entity.id)
            .with("up_to", up_to)
            .with(token.name, token.value),
        grave: false,
        cancel: Link::new("Not now", "/staff"),
    })
}

fn rows_of(found: &Preview) -> i64 {
    i64::try_from(found.rows.len()).unwrap_or(i64::MAX)
}

/// Why HMRC takes no such claim (UK-43).
pub fn too_much_words(look: Look<'_>, back: Money, tax: Money) -> String {
    format!(
        "{} is to be given back, and this claim would bring {}. HMRC takes no claim below zero: wait until there is more to \
         claim, or ask HMRC how to repay it.",
        look.money(back),
        look.money(tax)
    )
}

fn day_form(entity: &Entity, typed: &str, wrong: &Mistakes) -> StaffForm {
    StaffForm {
        heading: "Another day".to_owned(),
        action: HERE.to_owned(),
        asks: true,
        fields: vec![
            FormField::new("up_to", "With gifts up to", FieldKind::Day, field(wrong, "up_to", typed))
                .hinted("This day is included. Empty: today")
                .optional(),
        ],
        hidden: vec![Hidden::new("entity", &entity.id)],
        button: "Show".to_owned(),
        look: "quiet",
        ..StaffForm::default()
    }
}

fn by_day(look: Look<'_>, heading: &str, label: &str, days: &[ByDay]) -> Option<TableSection> {
    if days.is_empty() {
        return None;
    }
    let row = |d: &ByDay| {
        vec![
            Cell::new(look.day(d.day)),
            Cell::new(grouped(d.all.gifts)),
            Cell::new(look.money(amount(d.all.minor))),
        ]
    };
    Some(TableSection {
        heading: heading.to_owned(),
        table: DataTable {
            caption: heading.to_owned(),
            quiet_caption: true,
            columns: vec![column(label), figures("Gifts"), figures("Sum")],
            rows: days.iter().map(row).collect(),
            totals: Vec::new(),
        },
        ..TableSection::default()
    })
}

/// The claims so far.
pub fn so_far_table(look: Look<'_>, claims: &[Claim]) -> TableSection {
    let row = |c: &Claim| {
        let paid = c.paid.map_or_else(String::new, |paid| look.money(paid));
        vec![
            Cell { note: format!("Up to {}", look.day(c.up_to.0)), ..Cell::link(&c.number, href(&c.id)) },
            Cell::chip(chip(c.state)),
            Cell::new(grouped(c.row_count)),
            Cell::new(look.money(c.gifts)),
            Cell::new(look.money(c.tax)),
            Cell::new(look.money(c.adjustment)),
            Cell { note: c.hmrc_reference.clone().unwrap_or_default(), ..Cell::new(paid) },
            Cell { note: look.day_of(c.made_at), ..Cell::new(&c.made_by) },
        ]
    };
    TableSection {
        heading: "Claims so far".to_owned(),
        table: DataTable {
            caption: "Claims so far".to_owned(),
            quiet_caption: true,
            columns: vec![
                column("Claim"),
                column("State"),
                figures("Gifts"),
                figures("Sum"),
                figures("Tax"),
                figures("Given back"),
                figures("Paid"),
                column("Made by"),
            ],
            rows: claims.iter().map(row).collect(),
            totals: Vec::new(),
        },
        empty: Some(Empty { title: "No claim was made yet.".to_owned(), ..Empty::default() }),
        ..TableSection::default()
    }
}
