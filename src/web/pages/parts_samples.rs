//! Samples of the shared parts.

use super::super::{Choice, Link, Tone};
use super::{Act, Chip, ChipTone, Event, FilterBar, FilterSelect, GiftRow, Pager, PlanCard, Todo};

/// A name of 120 letters.
pub fn long_name() -> String {
    "Wolfeschlegelsteinhausenbergerdorff".repeat(4).chars().take(120).collect()
}

impl GiftRow {
    /// A received gift.
    fn of(id: &str, what: &str, fund: &str, date: (&str, &str), amount: &str) -> Self {
        Self {
            href: format!("/portal/gifts/{id}"),
            what: what.into(),
            fund: fund.into(),
            date: date.0.into(),
            datetime: date.1.into(),
            amount: amount.into(),
            chip: Chip::new(ChipTone::Success, "Received"),
            method: "Visa ending 4242".into(),
            receipt: Some(Link::new("Receipt", format!("/portal/gifts/{id}/receipt"))),
            ..Self::default()
        }
    }

    /// The usual rows: monthly gifts, one in memory of someone, one refunded in part, one not collected.
    pub fn sample_rows() -> Vec<Self> {
        let needed = "Where it is needed most";
        vec![
            Self::of("g125", "Monthly gift", needed, ("22 October 2026", "2026-10-22"), "£25.00"),
            Self {
                tribute: "In memory of Joan Marlow".into(),
                amount_note: "£20.00 refunded".into(),
                chip: Chip::new(ChipTone::Info, "Part refunded"),
                ..Self::of(
                    "g124",
                    "One-off gift",
                    "Rescue & Aftercare",
                    ("3 October 2026", "2026-10-03"),
                    "£60.00",
                )
            },
            Self::of("g123", "Monthly gift", needed, ("22 September 2026", "2026-09-22"), "£25.00"),
            Self {
                chip: Chip::new(ChipTone::Problem, "Not collected"),
                note: "Nothing was taken.".into(),
                receipt: None,
                ..Self::of("g122", "Monthly gift", needed, ("22 August 2026", "2026-08-22"), "£25.00")
            },
            Self {
                chip: Chip::new(ChipTone::Attention, "Disputed"),
                ..Self::of(
                    "g121",
                    "One-off gift",
                    "Legal Defence",
                    ("8 August 2026", "2026-08-08"),
                    "£100.00",
                )
            },
        ]
    }

    /// A gift a bank has yet to confirm.
    pub fn sample_on_its_way() -> Self {
        Self {
            chip: Chip::new(ChipTone::Wait, "On its way"),
            method: "Bank account ending 2345".into(),
            note: "Your bank confirms it by 26 November 2026. We'll e-mail your receipt then.".into(),
            receipt: None,
            ..Self::of(
                "g126",
                "One-off gift",
                "Rescue & Aftercare",
                ("20 November 2026", "2026-11-20"),
                "£40.00",
            )
        }
    }

    /// Long words, three currencies, the largest and the smallest amount, scripts that run the other way.
    pub fn sample_long() -> Vec<Self> {
        vec![
            Self {
                tribute: format!("In honour of {}", long_name()),
                entity: "Lantern Freedom Trust (UK)".into(),
                ..Self::of(
                    "g200",
                    "Yearly gift",
                    "Legal Defence, Rescue & Aftercare across the Mekong and the Horn of Africa",
                    ("31 December 2026", "2026-12-31"),
                    "£9,999,999.99",
                )
            },
            Self {
                tribute: "In memory of محمد عبد الرحمن الراشد".into(),
                entity: "Lantern Freedom Fund (US)".into(),
                ..Self::of(
                    "g201",
                    "One-off gift",
                    "Rescue & Aftercare",
                    ("30 December 2026", "2026-12-30"),
                    "$0.50",
                )
            },
            Self {
                tribute: "In honour of 為了每一個人的自由".into(),
                entity: "Stichting Lantaarn".into(),
                amount_note: "£0.01 refunded".into(),
                chip: Chip::new(ChipTone::Info, "Part refunded"),
                ..Self::of(
                    "g202",
                    "Quarterly gift",
                    "Where it is needed most",
                    ("29 December 2026", "2026-12-29"),
                    "€1,000.00",
                )
            },
        ]
    }
}

impl PlanCard {
    /// A monthly gift that runs.
    pub fn sample() -> Self {
        Self {
            heading: "Your monthly gift".into(),
            amount: "£25.00".into(),
            often: "every month, on the 22nd".into(),
            fund: "Where it is needed most".into(),
            chip: Chip::new(ChipTone::Success, "Active"),
            next_label: "Next gift".into(),
            next_date: "22 December 2026".into(),
            next_words: "in 30 days".into(),
            method: "Visa ending 4242".into(),
            action: Some(Link::new("Change, skip or stop", "/portal/monthly")),
            ..Self::default()
        }
    }

    /// A quarterly gift that rests, and a large one with long words.
    pub fn sample_others() -> Vec<Self> {
        vec![
            Self {
                heading: "Your quarterly gift".into(),
                amount: "€60.00".into(),
                often: "every three months".into(),
                chip: Chip::new(ChipTone::Wait, "Paused"),
                next_label: "Starts again".into(),
                next_date: "1 March 2027".into(),
                next_words: "in 3 months".into(),
                method: "Bank account ending 2345".into(),
                entity: "Stichting Lantaarn".into(),
                action: None,
                ..Self::sample()
            },
            Self {
                heading: "Your yearly gift".into(),
                amount: "£9,999,999.99".into(),
                often: "every year, on 31 December".into(),
                fund: "Legal Defence, Rescue & Aftercare across the Mekong and the Horn of Africa".into(),
                chip: Chip::new(ChipTone::Problem, "Not collected"),
                next_label: "Next try".into(),
                next_date: "31 December 2026".into(),
                next_words: "in 39 days".into(),
                note: "Your bank could not send the last one. Nothing was taken.".into(),
                ..Self::sample()
            },
        ]
    }
}

impl Todo {
    /// A card that expires, and gifts that can be added.
    pub fn sample_list() -> Vec<Self> {
        vec![
            Self {
                tone: Tone::Attention,
                title: "Your Visa ending 4242 expires this month".into(),
                text: "Your next gift is on 22 December 2026. Update the card so that nothing stops.".into(),
                link: Some(Link::new("Update the card", "/portal/monthly")),
                act: None,
            },
            Self {
                tone: Tone::Info,
                title: "Add gifts given with your address".into(),
                text: "We e-mail a link to ada@donor.example. Open it, and they appear here.".into(),
                link: None,
                act: Some(Act::new("E-mail me the link", "/portal/claim").with("token", "t0k3n")),
            },
        ]
    }
}

impl Pager {
    /// The first page of five.
    pub fn sample() -> Self {
        Self {
            shown: "Showing 1–25 of 120".into(),
            newer: String::new(),
            older: "/portal/gifts?before=g101".into(),
            ..Self::default()
        }
    }
}

impl FilterBar {
    /// The filter of the gift list; `chosen` is the year chosen, or empty.
    pub fn sample(chosen: &str) -> Self {
        let select = |name: &str, label: &str, chosen: &str, choices: &[(&str, &str)]| FilterSelect {
            name: name.into(),
            label: label.into(),
            choices: choices
                .iter()
                .map(|(value, label)| Choice {
                    value: (*value).into(),
                    label: (*label).into(),
                    selected: *value == chosen,
                })
                .collect(),
        };
        Self {
            action: "/portal/gifts".into(),
            label: "Filter your gifts".into(),
            inputs: Vec::new(),
            hidden: Vec::new(),
            selects: vec![
                select(
                    "year",
                    "Year",
                    chosen,
                    &[("", "All years"), ("2026", "2026–27"), ("2025", "2025–26"), ("2024", "2024–25")],
                ),
                select(
                    "fund",
                    "Goes to",
                    "",
                    &[
                        ("", "Everything"),
                        ("needed", "Where it is needed most"),
                        ("rescue", "Rescue & Aftercare"),
                        ("legal", "Legal Defence"),
                    ],
                ),
                select(
                    "kind",
                    "Kind",
                    "",
                    &[("", "All kinds"), ("once", "One-off"), ("monthly", "Monthly"), ("yearly", "Yearly")],
                ),
            ],
            button: "Show".into(),
            clear: (!chosen.is_empty()).then(|| Link::new("Show everything", "/portal/gifts")),
            ..Self::default()
        }
    }
}

impl Event {
    /// A gift received, refunded in part, disputed and decided.
    pub fn sample_list() -> Vec<Self> {
        let event = |tone, date: (&str, &str), words: &str, text: &str, amount: &str| Self {
            tone,
            date: date.0.into(),
            datetime: date.1.into(),
            words: words.into(),
            text: text.into(),
            amount: amount.into(),
            link: None,
        };
        vec![
            event(
                ChipTone::Success,
                ("9 November 2026", "2026-11-09"),
                "Decided for you",
                "Your bank sent the money back to you. We ask nothing more.",
                "−£40.00",
            ),
            event(
                ChipTone::Attention,
                ("18 October 2026", "2026-10-18"),
                "Disputed with your bank",
                "Your bank holds £40.00 until it has decided.",
                "",
            ),
            event(
                ChipTone::Info,
                ("10 October 2026", "2026-10-10"),
                "Part refunded",
                "It went back to your Visa ending 4242.",
                "−£20.00",
            ),
            Self {
                link: Some(Link::new("See the receipt", "/portal/gifts/g124/receipt")),
                ..event(ChipTone::Success, ("3 October 2026", "2026-10-03"), "Received", "", "£60.00")
            },
        ]
    }
}
