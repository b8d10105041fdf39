//! Samples of schedule, table, chart and confirm block.

use super::super::chart::{Bar, Chart};
use super::super::parts::{Act, Chip, ChipTone};
use super::super::{Link, Row};
use super::{Cell, Charge, ChargeState, Column, Confirm, DataTable, Sort};

impl Charge {
    /// Twelve coming gifts: the next one, one skipped, one for another amount.
    pub fn sample_year() -> Vec<Self> {
        const MONTHS: [(&str, &str); 12] = [
            ("22 December 2026", "2026-12-22"),
            ("22 January 2027", "2027-01-22"),
            ("22 February 2027", "2027-02-22"),
            ("22 March 2027", "2027-03-22"),
            ("22 April 2027", "2027-04-22"),
            ("22 May 2027", "2027-05-22"),
            ("22 June 2027", "2027-06-22"),
            ("22 July 2027", "2027-07-22"),
            ("22 August 2027", "2027-08-22"),
            ("22 September 2027", "2027-09-22"),
            ("22 October 2027", "2027-10-22"),
            ("22 November 2027", "2027-11-22"),
        ];
        MONTHS
            .iter()
            .enumerate()
            .map(|(n, (date, datetime))| {
                let (state, word, act) = match n {
                    0 => (ChargeState::Next, "Next", "Skip"),
                    5 => (ChargeState::Skipped, "Skipped", "Put back"),
                    8 => (ChargeState::Changed, "From here £30.00", "Skip"),
                    _ => (ChargeState::Planned, "", "Skip"),
                };
                Self {
                    date: (*date).into(),
                    datetime: (*datetime).into(),
                    amount: if n < 8 { "£25.00".into() } else { "£30.00".into() },
                    state,
                    word: word.into(),
                    act: Some(
                        Act::new(act, "/portal/monthly/skip")
                            .with("date", *datetime)
                            .about(format!(" {date}")),
                    ),
                }
            })
            .collect()
    }
}

impl DataTable {
    /// A staff list of gifts.
    pub fn sample() -> Self {
        let column = |label: &str, sort, figure| Column {
            label: label.into(),
            sort_href: if label == "Fund" {
                String::new()
            } else {
                format!("/staff/gifts?sort={}", label.to_lowercase())
            },
            sort,
            figure,
        };
        let row = |id: &str, donor: &str, note: &str, date: &str, fund: &str, chip, amount: &str| {
            vec![
                Cell { note: note.into(), ..Cell::link(donor, format!("/staff/gifts/{id}")) },
                Cell::new(date),
                Cell::new(fund),
                Cell::chip(chip),
                Cell::link(amount, format!("/staff/gifts/{id}")),
            ]
        };
        let ok = || Chip::new(ChipTone::Success, "Received");
        Self {
            caption: "Gifts, newest first".into(),
            quiet_caption: false,
            columns: vec![
                column("Donor", Sort::No, false),
                column("Date", Sort::Down, false),
                column("Fund", Sort::No, false),
                column("State", Sort::No, false),
                column("Amount", Sort::No, true),
            ],
            rows: vec![
                row(
                    "g126",
                    "Ada Marlow",
                    "Monthly",
                    "22 November 2026",
                    "Where it is needed most",
                    ok(),
                    "£25.00",
                ),
                row(
                    "g127",
                    "Harbour Bakers Ltd",
                    "One-off",
                    "21 November 2026",
                    "Legal Defence",
                    Chip::new(ChipTone::Wait, "On its way"),
                    "£1,250.00",
                ),
                row(
                    "g128",
                    "محمد عبد الرحمن الراشد",
                    "One-off",
                    "21 November 2026",
                    "Rescue & Aftercare",
                    ok(),
                    "£9,999,999.99",
                ),
                row(
                    "g129",
                    "Tomasz Zieliński",
                    "Monthly",
                    "20 November 2026",
                    "Where it is needed most",
                    Chip::new(ChipTone::Problem, "Not collected"),
                    "£10.00",
                ),
                row(
                    "g130",
                    "王小明",
                    "Yearly",
                    "19 November 2026",
                    "Rescue & Aftercare",
                    Chip::new(ChipTone::Attention, "Disputed"),
                    "£365.00",
                ),
            ],
            totals: vec![
                Cell::new("5 gifts"),
                Cell::default(),
                Cell::default(),
                Cell::default(),
                Cell::new("£10,001,649.99"),
            ],
        }
    }
}

impl Chart {
    /// Twelve months of giving.
    pub fn sample() -> Self {
        const BARS: [(&str, &str, &str, u8); 12] = [
            ("December 2025", "Dec", "£2,400.00", 100),
            ("January 2026", "Jan", "£890.00", 37),
            ("February 2026", "Feb", "£760.00", 32),
            ("March 2026", "Mar", "£1,120.00", 47),
            ("April 2026", "Apr", "£980.00", 41),
            ("May 2026", "May", "£1,010.00", 42),
            ("June 2026", "Jun", "£0.00", 0),
            ("July 2026", "Jul", "£12.00", 1),
            ("August 2026", "Aug", "£840.00", 35),
            ("September 2026", "Sep", "£1,300.00", 54),
            ("October 2026", "Oct", "£1,450.00", 60),
            ("November 2026", "Nov", "£1,240.00", 52),
        ];
        let last = BARS.len() - 1;
        Self {
            title: "Given by month".into(),
            text: "December 2025 was the strongest month with £2,400.00. November 2026 is not over yet."
                .into(),
            label_heading: "Month".into(),
            value_heading: "Given".into(),
            top: "£2,400".into(),
            bars: BARS
                .iter()
                .enumerate()
                .map(|(n, (label, short, value, share))| Bar {
                    label: (*label).into(),
                    short: (*short).into(),
                    value: (*value).into(),
                    share: *share,
                    strong: n == last,
                })
                .collect(),
        }
    }
}

impl Confirm {
    /// Stopping a monthly gift.
    pub fn sample() -> Self {
        Self {
            heading: "Stop your monthly gift?".into(),
            text: "It ends today. Nothing more is taken.".into(),
            changes: vec![
                Row::figure("Stops", "£25.00 every month"),
                Row::new("22 December 2026", "No gift is taken"),
                Row::figure("Given so far", "£825.00 in 33 gifts"),
            ],
            stays: vec![
                "Your receipts and statements stay where they are.".into(),
                "Your Gift Aid declaration goes on covering what you have given.".into(),
            ],
            undo: "You can start it again on this page until 22 December 2026, with the same card and day."
                .into(),
            act: Act::new("Stop my monthly gift", "/portal/monthly/stop").with("token", "t0k3n"),
            grave: true,
            cancel: Link::new("Keep it as it is", "/portal/monthly"),
        }
    }
}
