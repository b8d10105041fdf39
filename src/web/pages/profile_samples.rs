//! Samples of the details and their forms.

use super::super::{Choice, Field, Layout, Link, Notice, Tone};
use super::{
    AddressForm, ContactForm, Detail, DetailGroup, NameForm, PastAddress, ProfileEditPage, ProfilePage,
};

fn lines(list: &[&str]) -> Vec<String> {
    list.iter().map(|l| (*l).to_owned()).collect()
}

impl ProfilePage {
    /// Samples: the usual, just saved, nothing given, long words.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let detail = |label: &str, list: &[&str], change: &str| Detail {
            label: label.into(),
            lines: lines(list),
            note: String::new(),
            change_href: change.into(),
        };
        let groups = |name: &str, phone: &[&str], address: &[&str]| {
            vec![
                DetailGroup {
                    heading: "About you".into(),
                    details: vec![
                        detail("Name", &[name], "/portal/profile/name"),
                        detail("Giving as", &["A private person"], "/portal/profile/name"),
                    ],
                },
                DetailGroup {
                    heading: "How to reach you".into(),
                    details: vec![
                        detail("E-mail", &["ada@donor.example"], "/portal/security/email"),
                        detail("Telephone", phone, "/portal/profile/contact"),
                        detail("Language", &["English (United Kingdom)"], "/portal/profile/contact"),
                    ],
                },
                DetailGroup {
                    heading: "Your address".into(),
                    details: vec![Detail {
                        note: "Your Gift Aid declaration uses this address.".into(),
                        ..detail("Address", address, "/portal/profile/address")
                    }],
                },
            ]
        };
        let usual = Self {
            layout: Layout::sample_portal("Your details", "/portal/profile"),
            heading: "Your details".into(),
            lead: "Receipts already issued keep the details they were issued with.".into(),
            groups: groups(
                "Ada Marlow",
                &["+44 20 7946 0123"],
                &["4 Tidemill Lane", "Bristol", "BS1 4ZZ", "United Kingdom"],
            ),
            past: vec![
                PastAddress {
                    until: "Until 3 May 2025".into(),
                    lines: lines(&["17 Foundry Row", "Leeds LS2 7ZZ"]),
                },
                PastAddress {
                    until: "Until 30 June 2022".into(),
                    lines: lines(&["2 Quay Cottages", "Whitby YO21 3ZZ"]),
                },
            ],
            past_note:
                "We keep them because your receipts and Gift Aid declarations of that time carry them.".into(),
            ..Self::default()
        };
        let saved = Self {
            notice: Some(Notice {
                tone: Tone::Success,
                title: "Your address is saved.".into(),
                text: "Receipts from now on carry it.".into(),
            }),
            ..usual.clone()
        };
        let mut empty = usual.clone();
        empty.groups = groups("Ada Marlow", &[], &[]);
        empty.groups[2].details[0].note = String::new();
        empty.past = vec![];
        let mut long = usual.clone();
        let name: String = "Wolfeschlegelsteinhausenbergerdorff".repeat(4).chars().take(120).collect();
        long.groups = groups(
            &name,
            &["+44 20 7946 0123"],
            &["中央区自由通り１丁目２番３号", "شارع الحرية ١٢", "Jordan"],
        );
        vec![("usual", usual), ("saved", saved), ("empty", empty), ("long", long)]
    }
}

impl ProfileEditPage {
    /// Samples: each form as it is, and with things to put right.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let page = |heading: &str, lead: &str, part: &str| Self {
            layout: Layout::sample_portal(heading, "/portal/profile"),
            heading: heading.into(),
            lead: lead.into(),
            action: format!("/portal/profile/{part}"),
            button: "Save".into(),
            cancel: Link::new("Back without saving", "/portal/profile"),
            ..Self::default()
        };
        let choice = |value: &str, label: &str, selected| Choice {
            value: value.into(),
            label: label.into(),
            selected,
        };
        let name = Self {
            name: Some(NameForm {
                given_name: Field::of("Ada"),
                family_name: Field::of("Marlow"),
                donor_kind: "individual".into(),
                organisation: Field::default(),
            }),
            ..page("Your name", "Receipts from now on carry this name.", "name")
        };
        let name_wrong = Self {
            name: Some(NameForm {
                given_name: Field::wrong("", "Enter your first name"),
                family_name: Field::of("محمد عبد الرحمن الراشد"),
                donor_kind: "organisation".into(),
                organisation: Field::wrong("", "Enter the name of the organisation"),
            }),
            ..name.clone()
        };
        let contact = Self {
            contact: Some(ContactForm {
                telephone: Field::of("+44 20 7946 0123"),
                language: Field::default(),
                languages: vec![
                    choice("en-GB", "English (United Kingdom)", true),
                    choice("cy", "Cymraeg", false),
                ],
            }),
            ..page(
                "Telephone and language",
                "We call only when something is unclear about a gift.",
                "contact",
            )
        };
        let countries = || vec![choice("GB", "United Kingdom", true), choice("US", "United States", false)];
        let address = Self {
            address: Some(AddressForm {
                line1: Field::of("4 Tidemill Lane"),
                city: Field::of("Bristol"),
                region_label: String::new(),
                postcode: Field::of("BS1 4ZZ"),
                postcode_label: "Postcode".into(),
                countries: countries(),
                ..AddressForm::default()
            }),
            ..page(
                "Your address",
                "Receipts from now on carry this address, and Gift Aid uses it.",
                "address",
            )
        };
        let address_wrong = Self {
            address: Some(AddressForm {
                line1: Field::wrong("", "Enter the first line of your address"),
                city: Field::of("中央区"),
                region_label: "State or county".into(),
                postcode: Field::wrong("BS1", "Enter a full postcode like BS1 4ZZ"),
                postcode_label: "Postcode".into(),
                countries: countries(),
                ..AddressForm::default()
            }),
            ..address.clone()
        };
        vec![
            ("name", name),
            ("name_wrong", name_wrong),
            ("contact", contact),
            ("address", address),
            ("address_wrong", address_wrong),
        ]
    }
}
