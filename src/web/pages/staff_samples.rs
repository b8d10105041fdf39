//! Samples of the pages of the office.

use super::super::parts::{Act, Chip, ChipTone, Empty, Event, FilterBar, Pager, Todo};
use super::super::tables::{Cell, Column, Confirm, DataTable};
use super::super::{Choice, Field, Layout, Link, Notice, Problem, Row, Tone};
use super::{
    Fact, Facts, FieldKind, FormField, History, Lines, SearchBox, Section, Square, StaffForm, StaffPage,
    TableSection, Todos, Words,
};

fn column(label: &str, figure: bool) -> Column {
    Column { label: label.into(), figure, ..Column::default() }
}

fn gifts(name: &str, amount: &str) -> DataTable {
    let row = |date: &str, chip: Chip| {
        vec![
            Cell::link(date, "/staff/gifts/gift_1"),
            Cell::link(name, "/staff/donors/dnr_1"),
            Cell::new("Rescue & Aftercare"),
            Cell::chip(chip),
            Cell::new(amount),
        ]
    };
    DataTable {
        caption: "Gifts".into(),
        quiet_caption: true,
        columns: vec![
            column("Date", false),
            column("Donor", false),
            column("Fund", false),
            column("State", false),
            column("Amount", true),
        ],
        rows: vec![
            row("22 November 2026", Chip::new(ChipTone::Success, "Received")),
            row("21 November 2026", Chip::new(ChipTone::Attention, "Disputed")),
        ],
        totals: Vec::new(),
    }
}

impl StaffPage {
    /// An empty page with the frame of somebody signed in.
    fn sample(title: &str, here: &str) -> StaffPage {
        StaffPage { layout: Layout::sample_staff(title, here), title: title.into(), ..StaffPage::default() }
    }

    /// Samples: a list, an empty one, a record, a form that went wrong, an act to confirm, the second factor, long words.
    pub fn samples() -> Vec<(&'static str, StaffPage)> {
        let list = StaffPage {
            search: Some(SearchBox {
                q: "marsh".into(),
                hint: "Name, e-mail, receipt, Stripe id, sum or date".into(),
            }),
            filter: Some(FilterBar::sample("2026")),
            sections: vec![Section::Table(TableSection {
                table: gifts("Ada Marsh", "£25.00"),
                ..TableSection::default()
            })],
            pager: Some(Pager::sample()),
            ..StaffPage::sample("Gifts", "/staff/gifts")
        };
        let empty = StaffPage {
            sections: vec![Section::Table(TableSection {
                empty: Some(Empty { title: "No gift matches".into(), ..Empty::default() }),
                ..TableSection::default()
            })],
            pager: None,
            ..list.clone()
        };
        vec![
            ("list", list),
            ("empty", empty),
            ("today", StaffPage::sample_today()),
            ("record", StaffPage::sample_record("Ada Marsh", "£25.00")),
            ("form", StaffPage::sample_form()),
            ("confirm", StaffPage::sample_confirm()),
            ("second_factor", StaffPage::sample_second_factor()),
            ("long", StaffPage::sample_record(&"Wolfeschlegelsteinhausen".repeat(5), "£9,999,999.99")),
        ]
    }

    fn sample_today() -> StaffPage {
        let todo = Todo {
            tone: Tone::Attention,
            title: "A dispute wants an answer by 29 November 2026".into(),
            text: "£60.00 of Ada Marsh".into(),
            link: Some(Link::new("See the gift", "/staff/gifts/gift_1")),
            act: None,
        };
        StaffPage {
            sections: vec![
                Section::Todos(Todos { heading: "Money".into(), items: vec![todo], none: String::new() }),
                Section::Todos(Todos {
                    heading: "Mail".into(),
                    items: vec![],
                    none: "Nothing waits.".into(),
                }),
            ],
            ..StaffPage::sample("Today", "/staff")
        }
    }

    fn sample_record(name: &str, amount: &str) -> StaffPage {
        let tab = |label: &str, current| Link { current, ..Link::new(label, "/staff/donors/dnr_1") };
        StaffPage {
            back: Some(Link::new("Donors", "/staff/donors")),
            chip: Some(Chip::new(ChipTone::Success, "Account")),
            actions: vec![Link::new("Write a note", "#note"), Link::new("Send a sign-in link", "#link")],
            tabs: vec![tab("Giving", true), tab("Details", false), tab("Mail", false)],
            sections: vec![
                Section::Facts(Facts {
                    heading: "Who".into(),
                    rows: vec![
                        Fact::new("Name", name),
                        Fact::link("Given in all", amount, "/staff/gifts").noted("in 12 gifts"),
                        Fact { chip: Some(Chip::new(ChipTone::Wait, "Paused")), ..Fact::new("Mail", "") },
                    ],
                    links: vec![Link::new("Change the address", "#address")],
                }),
                Section::Table(TableSection {
                    heading: "Gifts".into(),
                    table: gifts(name, amount),
                    ..TableSection::default()
                }),
                Section::History(History {
                    heading: "What happened".into(),
                    events: Event::sample_list(),
                    none: String::new(),
                }),
                Section::Words(Words {
                    heading: "Mail rests".into(),
                    paragraphs: vec!["Nothing is sent until it is begun again.".into()],
                    acts: vec![Act::new("Begin again", "#again")],
                    links: vec![],
                }),
            ],
            ..StaffPage::sample(name, "/staff/donors")
        }
    }

    fn sample_form() -> StaffPage {
        let text = |name: &str, label: &str, kind| FormField::new(name, label, kind, Field::of("x"));
        let choices = vec![Choice { value: "cheque".into(), label: "Cheque".into(), selected: true }];
        StaffPage {
            problems: vec![Problem { id: "amount".into(), text: "Enter an amount of £0.01 or more".into() }],
            sections: vec![Section::Form(Box::new(StaffForm {
                heading: "A gift by cheque".into(),
                action: "/staff/offline".into(),
                has_file: true,
                fields: vec![
                    FormField::new(
                        "amount",
                        "Amount",
                        FieldKind::Money("£".into()),
                        Field::wrong("0", "Enter an amount of £0.01 or more"),
                    ),
                    text("received_on", "Received on", FieldKind::Day).hinted("The day it reached us"),
                    text("email", "E-mail", FieldKind::Email).optional(),
                    text("kind", "How it came", FieldKind::Select(choices.clone())),
                    text("fund", "Goes to", FieldKind::Radios(choices)),
                    text("why", "Reason", FieldKind::Area(500)),
                    text("file", "Statement", FieldKind::File(".csv,.xml")),
                    text("aid", "A declaration covers it", FieldKind::Tick(true)),
                    text("password", "Password", FieldKind::Password("current-password")),
                    text("reference", "Number of the cheque", FieldKind::Text),
                ],
                button: "Enter the gift".into(),
                cancel: Some(Link::new("Back", "/staff")),
                ..StaffForm::default()
            }))],
            ..StaffPage::sample("Enter a gift", "/staff/offline")
        }
    }

    fn sample_confirm() -> StaffPage {
        StaffPage {
            notice: Some(Notice {
                tone: Tone::Info,
                title: "This is what would happen.".into(),
                text: "Nothing is done yet.".into(),
            }),
            sections: vec![Section::Confirm(Confirm {
                heading: "Give £25.00 back?".into(),
                changes: vec![
                    Row::new("Receipt", "LFT-2026-00000042"),
                    Row::figure("Remains given", "£0.00"),
                ],
                stays: vec!["The monthly gift goes on.".into()],
                undo: "A refund cannot be taken back.".into(),
                act: Act::new("Give £25.00 back", "/staff/gifts/gift_1/refund"),
                grave: true,
                cancel: Link::new("Leave it", "/staff/gifts/gift_1"),
                text: String::new(),
            })],
            ..StaffPage::sample("Refund", "/staff/gifts")
        }
    }

    fn sample_second_factor() -> StaffPage {
        StaffPage {
            sections: vec![
                Section::Square(Square {
                    heading: "Your authenticator".into(),
                    lead: "Read this square with it.".into(),
                    path: "M4 4h7v1H4z".into(),
                    side: 33,
                    text: "ABCD EFGH IJKL MNOP".into(),
                }),
                Section::Form(Box::new(StaffForm {
                    action: "/staff/second-factor".into(),
                    fields: vec![FormField::new(
                        "code",
                        "The six digits it shows",
                        FieldKind::Code,
                        Field::default(),
                    )],
                    button: "Go on".into(),
                    ..StaffForm::default()
                })),
                Section::Lines(Lines {
                    heading: "Recovery codes".into(),
                    lead: "Each works once.".into(),
                    lines: vec!["abcd-efgh-jkmn".into(), "pqrs-tvwx-yz23".into()],
                }),
            ],
            ..StaffPage::sample("Second factor", "")
        }
    }
}
