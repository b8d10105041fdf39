//! What the page of an imported file shows.

use super::imports::{HERE, Why};
use super::look::{Look, column, figures};
use crate::domain::money::{Currency, Money};
use crate::domain::states::{ImportRowState, ImportSource, ImportState};
use crate::services::import::{COMPARED, NAMED, Shown};
use crate::store::imports::{Parity, Standing, Told};
use crate::store::office_donors::name;
use crate::web::forms::{Mistakes, field};
use crate::web::pages::{
    Act, Cell, Chip, ChipTone, DataTable, Empty, FieldKind, FormField, Link, Notice, Section, StaffForm,
    TableSection, Tone, Words,
};

/// Whose file.
pub(super) fn source_words(source: ImportSource) -> &'static str {
    match source {
        ImportSource::Template => "The template",
        ImportSource::GiveWp => "An export of GiveWP",
        ImportSource::Donorbox => "An export of Donorbox",
        ImportSource::Declarations => "Gift Aid declarations",
    }
}

/// Where a file stands.
pub(super) fn chip(state: ImportState) -> Chip {
    match state {
        ImportState::Reading => Chip::new(ChipTone::Wait, "Being read"),
        ImportState::Checked => Chip::new(ChipTone::Attention, "Looked at"),
        ImportState::Running => Chip::new(ChipTone::Wait, "Being brought in"),
        ImportState::Done => Chip::new(ChipTone::Success, "In the books"),
        ImportState::RollingBack => Chip::new(ChipTone::Wait, "Being taken back"),
        ImportState::RolledBack => Chip::new(ChipTone::Info, "Taken back"),
        ImportState::Dropped => Chip::new(ChipTone::Info, "Let go"),
    }
}

/// What has just happened.
pub(super) fn notice(done: &str) -> Option<Notice> {
    let (tone, title, text) = match done {
        "begun" => (Tone::Success, "It is being brought in.", "You can leave this page and come back."),
        "taking" => (Tone::Success, "It is being taken back.", "You can leave this page and come back."),
        "dropped" => (Tone::Info, "The file is let go.", "Nothing of it is kept but that it was read."),
        "before" => (Tone::Info, "That was done before.", "Nothing was changed."),
        "built_on" => (
            Tone::Attention,
            "It cannot be taken back.",
            "It is not in the books, or something was built on one of its gifts.",
        ),
        _ => return None,
    };
    Some(Notice { tone, title: title.to_owned(), text: text.to_owned() })
}

/// The parts of the page.
pub(super) fn sections(look: Look<'_>, shown: &Shown, why: &Why, wrong: &Mistakes) -> Vec<Section> {
    let mut all = vec![Section::Table(standings(look, &shown.standings))];
    let problems =
        shown.standings.iter().filter(|s| s.state == ImportRowState::Problem).map(|s| s.count).sum();
    all.extend(told("Rows with a problem", &shown.problems, problems));
    let left: i64 =
        shown.standings.iter().filter(|s| s.state == ImportRowState::LeftOut).map(|s| s.count).sum();
    all.extend(told("Rows that are left out", &shown.left_out, left));
    if !shown.parity.is_empty() {
        all.push(Section::Table(parity(look, &shown.parity)));
    }
    let here = format!("{HERE}/{}", shown.batch.id);
    match shown.batch.state {
        ImportState::Checked => all.push(Section::Words(waiting(shown, &here))),
        ImportState::Done => all.push(take_back(shown, &here, why, wrong)),
        ImportState::Reading | ImportState::Running | ImportState::RollingBack => {
            all.push(Section::Words(Words {
                paragraphs: vec!["It goes on by itself.".to_owned()],
                links: vec![Link::new("See how far it is", here)],
                ..Words::default()
            }))
        }
        ImportState::RolledBack | ImportState::Dropped => {}
    }
    all
}

fn state_words(state: ImportRowState) -> &'static str {
    match state {
        ImportRowState::Ready => "Can be brought in",
        ImportRowState::Problem => "Something is wrong with them",
        ImportRowState::LeftOut => "Left out",
        ImportRowState::Known => "Brought in before, left out",
        ImportRowState::Done => "In the books",
        ImportRowState::Gone => "Taken back",
    }
}

fn standings(look: Look<'_>, all: &[Standing]) -> TableSection {
    let row = |s: &Standing| {
        let money = s.currency.parse::<Currency>().map(|c| look.money(Money::new(s.minor, c)));
        vec![
            Cell::new(state_words(s.state)),
            Cell::new(s.count.to_string()),
            Cell::new(money.unwrap_or_default()),
        ]
    };
    TableSection {
        heading: "The rows of the file".to_owned(),
        table: DataTable {
            caption: "The rows".to_owned(),
            quiet_caption: true,
            columns: vec![column("Rows"), figures("How many"), figures("Sum")],
            rows: all.iter().map(row).collect(),
            ..DataTable::default()
        },
        ..TableSection::default()
    }
}

fn told(heading: &str, rows: &[Told], count: i64) -> Option<Section> {
    let row = |t: &Told| vec![Cell::new(format!("Line {}", t.line)), Cell::new(t.words.as_str())];
    (!rows.is_empty()).then(|| {
        Section::Table(TableSection {
            heading: heading.to_owned(),
            lead: if count > NAMED { format!("The first {NAMED} of {count}.") } else { String::new() },
            table: DataTable {
                caption: heading.to_owned(),
                quiet_caption: true,
                columns: ["Line", "Why"].map(column).to_vec(),
                rows: rows.iter().map(row).collect(),
                ..DataTable::default()
            },
            ..TableSection::default()
        })
    })
}

fn parity(look: Look<'_>, all: &[Parity]) -> TableSection {
    let row = |p: &Parity| {
        let money = |minor| look.money(Money::new(minor, p.currency));
        let called = look.called(&name(&p.given_name, &p.family_name, p.organisation.as_deref()), &p.email);
        vec![
            Cell {
                note: look.email(&p.email),
                ..Cell::link(called, format!("/staff/donors/{}", p.owner_id))
            },
            Cell::new(p.tax_year.replace('-', "–")),
            Cell::new(p.gifts.to_string()),
            Cell::new(money(p.file_minor)),
            Cell::new(money(p.books_minor)),
            Cell::new(money(p.file_minor - p.books_minor)),
        ]
    };
    let differ = all.iter().filter(|p| p.file_minor != p.books_minor).count();
    TableSection {
        heading: "The file and the books, donor by donor".to_owned(),
        lead: match (differ, i64::try_from(all.len()).unwrap_or(i64::MAX) >= COMPARED) {
            (0, false) => "No difference.".to_owned(),
            (0, true) => format!("No difference; the first {COMPARED} lines are shown."),
            (1, _) => "One line differs: it stands first.".to_owned(),
            (n, _) => format!("{n} lines differ: they stand first."),
        },
        table: DataTable {
            caption: "The file and the books".to_owned(),
            quiet_caption: true,
            columns: vec![
                column("Donor"),
                column("Tax year"),
                figures("Gifts"),
                figures("In the file"),
                figures("In the books"),
                figures("Difference"),
            ],
            rows: all.iter().map(row).collect(),
            ..DataTable::default()
        },
        empty: Some(Empty::default()),
        ..TableSection::default()
    }
}

fn waiting(shown: &Shown, here: &str) -> Words {
    let ready: i64 =
        shown.standings.iter().filter(|s| s.state == ImportRowState::Ready).map(|s| s.count).sum();
    let mut acts = Vec::new();
    let declared = shown.batch.source == ImportSource::Declarations;
    if ready > 0 {
        let what = match (declared, ready) {
            (true, 1) => "declaration",
            (true, _) => "declarations",
            (false, 1) => "gift",
            (false, _) => "gifts",
        };
        let label = format!("Bring {ready} {what} in");
        acts.push(Act::new(label, format!("{here}/bring-in")));
    }
    acts.push(Act::new("Let the file go", format!("{here}/drop")));
    Words {
        heading: if declared { "Nothing holds yet" } else { "Nothing is in the books yet" }.to_owned(),
        paragraphs: vec![
            "Rows with a problem stay out: put them right in the file and read it again; what was brought in is known by its id \
             and not brought in twice. Donors are found by their mailbox; without one, by name and postcode within the file."
                .to_owned(),
        ],
        acts,
        ..Words::default()
    }
}

fn take_back(shown: &Shown, here: &str, why: &Why, wrong: &Mistakes) -> Section {
    if shown.built_on > 0 {
        let built = match shown.batch.source {
            ImportSource::Declarations => {
                format!(
                    "Claims stand on {} of its declarations. Each can be ended on its donor’s page.",
                    shown.built_on
                )
            }
            _ => format!(
                "Something is built on {} of its gifts: a refund, a correction, a claim, a statement or a closed month.",
                shown.built_on
            ),
        };
        return Section::Words(Words {
            heading: "It can no longer be taken back".to_owned(),
            paragraphs: vec![built],
            ..Words::default()
        });
    }
    Section::Form(Box::new(StaffForm {
        heading: "Take it back".to_owned(),
        lead: match shown.batch.source {
            ImportSource::Declarations => {
                "Each of its declarations counts as never made; it stays on record, and so does its donor."
            }
            _ => "Its gifts leave the books, and so do donors that it made and that nothing else is about.",
        }
        .to_owned(),
        action: format!("{here}/take-back"),
        fields: vec![
            FormField::new("why", "Why", FieldKind::Text, field(wrong, "why", &why.why))
                .hinted("No names: it is kept for good"),
        ],
        button: "Take it back".to_owned(),
        look: "grave",
        ..StaffForm::default()
    }))
}
