//! Samples of the small acts on a repeating gift.

use super::super::parts::{Act, Hidden};
use super::super::tables::{Charge, ChargeState, Confirm};
use super::super::{Check, Choice, Field, Layout, Link, Notice, Problem, Row, Tone};
use super::samples::{act, long_fund};
use super::{PlanActPage, PlanChoice, PlanField};

fn choice(value: &str, label: &str, selected: bool) -> Choice {
    Choice { value: value.into(), label: label.into(), selected }
}

fn confirm(heading: &str, name: &str, button: &str, changes: Vec<Row>) -> Confirm {
    Confirm {
        heading: heading.into(),
        changes,
        act: Act::new(button, act(name)).with("token", "t0k3n"),
        cancel: Link::new("Keep it as it is", "/portal/monthly"),
        ..Confirm::default()
    }
}

impl PlanField {
    /// One of each kind, the second round with something to put right.
    pub fn sample_list(wrong: bool) -> Vec<Self> {
        let error = |text: &str| wrong.then(|| text.to_owned());
        vec![
            Self::amount(
                if wrong { Field::wrong("1", "Enter an amount of £2 or more") } else { Field::default() },
                if wrong { "" } else { "30" },
            ),
            Self::Choices {
                name: "frequency".into(),
                label: "How often?".into(),
                hint: "The amount stays the same each time.".into(),
                choices: vec![
                    choice("monthly", "Every month", !wrong),
                    choice("quarterly", "Every three months", false),
                    choice("yearly", "Every year", false),
                ],
                error: error("Choose how often"),
            },
            Self::Select {
                name: "day".into(),
                label: "On which day of the month?".into(),
                hint: "In a month without that day, it is the last one.".into(),
                choices: vec![
                    choice("1", "1st", false),
                    choice("22", "22nd", true),
                    choice("31", "31st", false),
                ],
                error: error("Choose a day"),
            },
            Self::Date {
                name: "until".into(),
                label: "Last gift on or before".into(),
                hint: "Left empty, it goes on until you stop it.".into(),
                field: if wrong {
                    Field::wrong("2020-01-01", "Choose a day after 22 December 2026")
                } else {
                    Field::of("2027-12-31")
                },
            },
            Self::Check(Check {
                name: "cover_fee".into(),
                label: "Add £0.58 to each gift, so that all of £25.00 arrives".into(),
                hint: "Card companies keep a small part of every gift.".into(),
                checked: !wrong,
            }),
        ]
    }

    /// A new amount; `pick` is the radio card that is chosen.
    fn amount(field: Field, pick: &str) -> Self {
        Self::Amount {
            name: "amount".into(),
            label: "New amount a month".into(),
            hint: "Between £2 and £50,000".into(),
            symbol: "£".into(),
            field,
            suggestions: ["15", "20", "30", "40"]
                .iter()
                .map(|v| choice(v, &format!("£{v}"), *v == pick))
                .collect(),
        }
    }
}

impl PlanChoice {
    /// Skip, pause, give less.
    pub fn sample_list() -> Vec<Self> {
        let other = |title: &str, text: &str, label: &str, name: &str| Self {
            title: title.into(),
            text: text.into(),
            link: Link::new(label, act(name)),
        };
        vec![
            other(
                "Skip one gift",
                "No gift on 22 December 2026. The next is on 22 January 2027.",
                "Skip December",
                "skip",
            ),
            other(
                "Pause",
                "For one to twelve months. It starts again by itself.",
                "Choose how long",
                "pause",
            ),
            other("Give less", "From £2 a month.", "Choose the amount", "amount"),
        ]
    }
}

impl PlanActPage {
    fn sample(title: &str) -> Self {
        Self {
            layout: Layout::sample_portal(title, "/portal/monthly"),
            title: title.into(),
            now: vec![Row::figure("Amount", "£25.00 a month"), Row::figure("Next gift", "22 December 2026")],
            form_action: "/portal/monthly/p1/amount#what-will-happen".into(),
            form_hidden: vec![Hidden::new("look", "yes")],
            form_button: "See what will happen".into(),
            back: Link::new("Your monthly gift", "/portal/monthly"),
            ..Self::default()
        }
    }

    /// What a new amount changes.
    pub fn sample_confirm() -> Confirm {
        let changes = vec![
            Row::figure("Amount", "£30.00 a month instead of £25.00"),
            Row::figure("From", "22 December 2026"),
            Row::figure("In a year", "£360.00 instead of £300.00"),
        ];
        Confirm {
            stays: vec!["The day, the fund and the card stay as they are.".into()],
            undo: "You can change it back whenever you like.".into(),
            ..confirm("What will happen", "amount", "Give £30.00 a month", changes)
        }
    }

    /// The next three gifts, the first `skipped` of them left out.
    pub fn sample_coming(amount: &str, skipped: usize) -> Vec<Charge> {
        Charge::sample_year()
            .into_iter()
            .take(3)
            .enumerate()
            .map(|(n, c)| Charge {
                amount: amount.into(),
                state: if n < skipped { ChargeState::Skipped } else { ChargeState::Planned },
                word: if n < skipped { "Skipped".into() } else { String::new() },
                act: None,
                ..c
            })
            .collect()
    }

    fn sample_answer() -> Self {
        Self {
            fields: vec![PlanField::amount(Field::default(), "30")],
            confirm: Some(Self::sample_confirm()),
            coming: Self::sample_coming("£30.00", 0),
            ..Self::sample("Change the amount")
        }
    }

    fn sample_skip() -> Self {
        Self {
            lead: "Nothing is taken that day. All others stay.".into(),
            now: vec![],
            confirm: Some(Confirm {
                undo: "You can put it back until 21 December 2026.".into(),
                ..confirm(
                    "What will happen",
                    "skip",
                    "Skip 22 December",
                    vec![
                        Row::figure("Left out", "£25.00 on 22 December 2026"),
                        Row::figure("Next gift", "£25.00 on 22 January 2027"),
                    ],
                )
            }),
            coming: Self::sample_coming("£25.00", 1),
            ..Self::sample("Skip the next gift")
        }
    }

    fn sample_stop() -> Self {
        Self {
            now: vec![],
            confirm: Some(Confirm {
                stays: vec!["Everything you gave, with its receipts and statements.".into()],
                undo: "You can start again whenever you like.".into(),
                ..confirm(
                    "What will happen",
                    "stop",
                    "Stop my monthly gift",
                    vec![
                        Row::figure("Your monthly gift", "£25.00 ends today"),
                        Row::figure("No longer taken", "22 December 2026 and after"),
                    ],
                )
            }),
            beside_title: "Or instead".into(),
            beside: PlanChoice::sample_list(),
            ..Self::sample("Stop your monthly gift")
        }
    }

    fn sample_long() -> Self {
        let fund = long_fund();
        let answer = confirm(
            "What will happen",
            "fund",
            "Give £9,999,999.99 a month to it",
            vec![Row::new("Goes to", fund.clone()), Row::figure("Amount", "£9,999,999.99 a month")],
        );
        Self {
            layout: Layout::sample_demo_portal("Change where it goes", "/portal/monthly"),
            notice: Some(Notice {
                tone: Tone::Attention,
                title: "This plan has changed in the meantime.".into(),
                text: "Look again at what will happen.".into(),
            }),
            lead: "From the next gift on.".into(),
            now: vec![
                Row::new("Goes to", "Where it is needed most"),
                Row::figure("Amount", "£9,999,999.99 a month"),
            ],
            fields: vec![PlanField::Choices {
                name: "fund".into(),
                label: "Where should it go?".into(),
                hint: String::new(),
                choices: vec![
                    choice("needed", "Where it is needed most", false),
                    choice("long", &fund, true),
                    choice("rescue", "Rescue & Aftercare", false),
                ],
                error: None,
            }],
            confirm: Some(answer),
            coming: Self::sample_coming("£9,999,999.99", 2),
            ..Self::sample("Change where it goes")
        }
    }

    /// Samples: every kind of field, the same to be put right, an amount answered, skipping, stopping, long words.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let fields =
            Self { fields: PlanField::sample_list(false), ..Self::sample("Change your monthly gift") };
        let problem = |id: &str, text: &str| Problem { id: id.into(), text: text.into() };
        let wrong = Self {
            fields: PlanField::sample_list(true),
            problems: vec![
                problem("amount", "Enter an amount of £2 or more"),
                problem("frequency", "Choose how often"),
                problem("day", "Choose a day"),
                problem("until", "Choose a day after 22 December 2026"),
            ],
            ..fields.clone()
        };
        vec![
            ("fields", fields),
            ("wrong", wrong),
            ("answer", Self::sample_answer()),
            ("skip", Self::sample_skip()),
            ("stop", Self::sample_stop()),
            ("long", Self::sample_long()),
        ]
    }
}
