//! Samples of the Gift Aid pages.

use super::{DeclarationCard, GiftAidEndPage, GiftAidPage, GiftAidSection, GiftAidSignPage};
use crate::web::pages::{
    AddressForm, Check, Chip, ChipTone, Choice, Field, Layout, Link, Notice, Row, Todo, Tone,
};

const HERE: &str = "/portal/gift-aid";

fn choice(value: &str, label: &str, selected: bool) -> Choice {
    Choice { value: value.into(), label: label.into(), selected }
}

fn strings(list: &[&str]) -> Vec<String> {
    list.iter().map(|s| (*s).to_owned()).collect()
}

fn card(covers: &str, tone: ChipTone, word: &str, ends: bool) -> DeclarationCard {
    DeclarationCard {
        covers: covers.into(),
        chip: Chip::new(tone, word),
        rows: vec![
            Row::new("Made", "22 November 2026, on our pages"),
            Row::new("In the name of", "Ada Marsh"),
            Row::new("Home address", "1 Fern Lane, Exampleton, SW1A 1AA, United Kingdom"),
        ],
        end: ends.then(|| Link::new("End it", "/portal/gift-aid/end/dec_1")),
    }
}

impl GiftAidPage {
    /// Samples: nothing declared, everything covered, one that ended beside one that waits.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let none = Self {
            layout: Layout::sample_portal("Gift Aid", HERE),
            heading: "Gift Aid".into(),
            lead: "For every £1 you give, we can claim 25p from the tax you have paid. It costs you nothing."
                .into(),
            sections: vec![GiftAidSection {
                id: "gift-aid-uk".into(),
                heading: "Lantern Freedom Trust (UK)".into(),
                chip: Chip::new(ChipTone::Info, "Not on"),
                text: "No declaration of yours covers the gifts you make now.".into(),
                offers: vec![Todo {
                    tone: Tone::Info,
                    title: "£312.00 more is claimable if you sign.".into(),
                    text: "That is the Gift Aid on gifts you made in the past four years.".into(),
                    link: Some(Link::new("Sign a declaration", "/portal/gift-aid/sign/uk?scope=past")),
                    act: None,
                }],
                ..GiftAidSection::default()
            }],
            notes: strings(&["Tell us if you no longer pay enough tax."]),
            ..Self::default()
        };
        let mut on = none.clone();
        on.notice = Some(Notice {
            tone: Tone::Success,
            title: "Thank you. Your declaration is made.".into(),
            text: "It adds £312.00 of Gift Aid to gifts you have made already.".into(),
        });
        on.sections = vec![GiftAidSection {
            chip: Chip::new(ChipTone::Success, "On"),
            text: "Every gift you make now is covered.".into(),
            figures: vec![
                Row::figure("Added in 2026-27", "£75.00"),
                Row::figure("Added in all", "£1,312.00"),
            ],
            offers: Vec::new(),
            declarations: vec![card(
                "Every gift from 22 November 2022, four years before it was made",
                ChipTone::Success,
                "Holds",
                true,
            )],
            ..none.sections.first().cloned().unwrap_or_default()
        }];
        let mut ended = on.clone();
        ended.notice = None;
        if let Some(section) = ended.sections.first_mut() {
            section.chip = Chip::new(ChipTone::Info, "Not on");
            section.sign = Some(Link::new("Sign a declaration", "/portal/gift-aid/sign/uk"));
            section.declarations = vec![
                card("Every gift from 1 May 2026", ChipTone::Wait, "Waits for its letter", true),
                card("Every gift from 3 May 2024", ChipTone::Info, "Ended", false),
            ];
        }
        vec![("none", none), ("on", on), ("ended", ended)]
    }
}

impl GiftAidSignPage {
    /// Samples: filled in from the profile, with everything wrong.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let form = Self {
            layout: Layout::sample_portal("Sign a Gift Aid declaration", HERE),
            back: Link::new("Gift Aid", HERE),
            heading: "Sign a Gift Aid declaration".into(),
            lead: "To Lantern Freedom Trust (UK).".into(),
            action: "/portal/gift-aid/sign/uk".into(),
            scopes: vec![
                choice(
                    "future",
                    "Claim Gift Aid on every gift I make to Lantern Freedom Trust from today",
                    true,
                ),
                choice(
                    "past",
                    "Claim Gift Aid on every gift I make to Lantern Freedom Trust from today, and on every gift I made to it in the four years before",
                    false,
                ),
            ],
            full_name: Field::of("Ada Marsh"),
            address: AddressForm {
                line1: Field::of("1 Fern Lane"),
                city: Field::of("Exampleton"),
                region_label: "County or region".into(),
                postcode: Field::of("SW1A 1AA"),
                postcode_label: "Postcode".into(),
                countries: vec![choice("GB", "United Kingdom", true), choice("FR", "France", false)],
                ..AddressForm::default()
            },
            declaration: strings(&["I am a UK taxpayer, and it is my responsibility to pay any difference."]),
            past: strings(&["I have paid enough tax in each of those years."]),
            agree: Check {
                name: "agree".into(),
                label: "Yes, I make this declaration".into(),
                ..Check::default()
            },
            notes: strings(&["Tell us if you move, or no longer pay enough tax."]),
            cancel: Link::new("Back without signing", HERE),
            ..Self::default()
        };
        let mut wrong = form.clone();
        wrong.scope = Field::wrong("", "Choose which gifts it is for");
        wrong.full_name = Field::wrong("Ada", "Enter your first name and your surname");
        wrong.address.line1 =
            Field::wrong("c/o Acme", "Enter the address where you live: a c/o address cannot be used");
        wrong.agreed = Field::wrong("", "Tick the box to make the declaration");
        vec![("form", form), ("wrong", wrong)]
    }
}

impl GiftAidEndPage {
    /// Samples: as it opens, with a day that is over.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let form = Self {
            layout: Layout::sample_portal("End Gift Aid?", HERE),
            back: Link::new("Gift Aid", HERE),
            heading: "End Gift Aid?".into(),
            rows: vec![Row::new("Gift Aid on", "Every gift from 3 May 2024")],
            meaning: strings(&["We no longer claim Gift Aid on gifts you make from that day on."]),
            action: "/portal/gift-aid/end/dec_1".into(),
            choices: vec![choice("today", "From today", true), choice("later", "From a later day", false)],
            button: "End Gift Aid".into(),
            cancel: Link::new("Keep it", HERE),
            ..Self::default()
        };
        let mut wrong = form.clone();
        wrong.date = Field::wrong("2020-01-01", "Choose a day that is still to come");
        vec![("form", form), ("wrong", wrong)]
    }
}
