//! `/portal/statements` and the page of one year.

use super::parts::{Chip, ChipTone, Empty};
use super::tables::{Cell, Column, DataTable};
use super::{Layout, Link, Notice, Row, Tone};

/// One tax year of one entity.
#[derive(Debug, Clone, Default)]
pub struct YearCard {
    /// "2025-26", or with the entity's name where a donor gave to several.
    pub heading: String,
    /// "Issued", "The year so far".
    pub chip: Chip,
    /// "6 April 2025 to 5 April 2026".
    pub period: String,
    /// What was given.
    pub figures: Vec<Row>,
    /// The year's page.
    pub link: Link,
    /// The statement as PDF, when it was issued.
    pub pdf: Option<Link>,
    /// When there will be one.
    pub note: String,
}

/// `/portal/statements`.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/statements.html")]
pub struct StatementsPage {
    /// The frame.
    pub layout: Layout,
    /// "Tax statements".
    pub heading: String,
    /// What they are, in a sentence.
    pub lead: String,
    /// The years, the latest first.
    pub years: Vec<YearCard>,
    /// Shown when there is none.
    pub empty: Option<Empty>,
}

/// One version of a statement.
#[derive(Debug, Clone, Default)]
pub struct Version {
    /// "LFT-S-2025-26-000042 v2".
    pub number: String,
    /// "Counts", "Superseded".
    pub chip: Chip,
    /// "Issued on 12 May 2026".
    pub issued: String,
    /// The PDF.
    pub pdf: Link,
}

/// `/portal/statements/year/{entity}/{year}`.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/statement_year.html")]
pub struct StatementYearPage {
    /// The frame.
    pub layout: Layout,
    /// The step back.
    pub back: Link,
    /// Whether this is the year so far, or figures that have changed since.
    pub notice: Option<Notice>,
    /// "Your giving in 2025-26".
    pub heading: String,
    /// The entity and the period.
    pub lead: String,
    /// The sums.
    pub figures: Vec<Row>,
    /// What was issued, the latest first.
    pub versions: Vec<Version>,
    /// What the latest version says has changed.
    pub changes: Vec<String>,
    /// Gifts, apart by Gift Aid.
    pub tables: Vec<DataTable>,
    /// Said under the tables: not every gift is shown.
    pub more: String,
    /// What it means for tax.
    pub wording: Vec<String>,
    /// Every receipt of the year in one file.
    pub receipts: Option<Link>,
}

impl StatementsPage {
    /// Samples: nothing yet, usual, several entities.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let page = |years: Vec<YearCard>| Self {
            layout: Layout::sample_portal("Tax statements", "/portal/statements"),
            heading: "Tax statements".into(),
            lead: "What you gave in each tax year, and what counts for tax.".into(),
            years,
            empty: None,
        };
        let year = YearCard {
            heading: "2025-26".into(),
            chip: Chip::new(ChipTone::Success, "Issued"),
            period: "6 April 2025 to 5 April 2026".into(),
            figures: vec![Row::figure("You gave", "£300.00"), Row::figure("Under Gift Aid", "£240.00")],
            link: Link::new("See 2025-26", "/portal/statements/year/uk/2025-26"),
            pdf: Some(Link::new("Download statement (PDF)", "/portal/statements/document/stm_1")),
            note: String::new(),
        };
        let running = YearCard {
            heading: "2026-27".into(),
            chip: Chip::new(ChipTone::Info, "The year so far"),
            pdf: None,
            note: "Your statement comes after 5 April 2027.".into(),
            ..year.clone()
        };
        let abroad = YearCard {
            heading: "2026, Friends of Lantern Freedom, Incorporated in the State of Example".into(),
            ..running.clone()
        };
        let empty = Empty {
            title: "No statements yet".into(),
            text: "Once a gift has reached us, its tax year stands here.".into(),
            action: Some(Link::new("Give", "/give")),
        };
        vec![
            ("empty", Self { empty: Some(empty), ..page(Vec::new()) }),
            ("usual", page(vec![running.clone(), year.clone()])),
            ("long", page(vec![abroad, running, year])),
        ]
    }
}

impl StatementYearPage {
    /// Samples: the year so far, issued, changed.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let column = |label: &str, figure| Column { label: label.into(), figure, ..Column::default() };
        let row = |cells: [&str; 5]| cells.into_iter().map(Cell::new).collect::<Vec<_>>();
        let table = DataTable {
            caption: "Gifts under Gift Aid".into(),
            columns: vec![
                column("Date", false),
                column("For", false),
                column("Given", true),
                column("Went back", true),
                column("Counts", true),
            ],
            rows: vec![row(["6 April 2025", "Where it is needed most", "£25.00", "", "£25.00"])],
            totals: row(["Total", "", "£25.00", "", "£25.00"]),
            ..DataTable::default()
        };
        let issued = Self {
            layout: Layout::sample_portal("Your giving in 2025-26", "/portal/statements"),
            back: Link::new("Tax statements", "/portal/statements"),
            heading: "Your giving in 2025-26".into(),
            lead: "Lantern Freedom Trust, 6 April 2025 to 5 April 2026".into(),
            figures: vec![Row::figure("You gave", "£25.00"), Row::figure("With basic-rate tax", "£31.25")],
            versions: vec![Version {
                number: "LFT-S-2025-26-000042".into(),
                chip: Chip::new(ChipTone::Success, "Counts"),
                issued: "Issued on 12 May 2026".into(),
                pdf: Link::new("Download (PDF)", "/portal/statements/document/stm_1"),
            }],
            tables: vec![table],
            wording: vec!["Put the amount you gave under Gift Aid on your tax return.".into()],
            receipts: Some(Link::new(
                "Download every receipt of the year (ZIP)",
                "/portal/statements/year/uk/2025-26/receipts.zip",
            )),
            ..Self::default()
        };
        let notice = Notice {
            tone: Tone::Info,
            title: "The year so far.".into(),
            text: "It ends on 5 April 2027.".into(),
        };
        let so_far = Self { notice: Some(notice), versions: Vec::new(), ..issued.clone() };
        let changed = Self {
            changes: vec![
                "Your gift of £25.00 on 6 April 2025 went back to you and no longer counts.".into(),
            ],
            more: "The latest 200 gifts are shown. The statement has all 4,000.".into(),
            ..issued.clone()
        };
        vec![("so far", so_far), ("issued", issued), ("changed", changed)]
    }
}
