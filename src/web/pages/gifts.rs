//! The donor's gifts: the list at `/portal/gifts` and one gift.

use super::parts::{Act, Chip, ChipTone, Empty, Event, FilterBar, GiftRow, Pager};
use super::{Layout, Link, Notice, Row, Tone};

/// A sum of what is shown, in one currency.
#[derive(Debug, Clone, Default)]
pub struct Total {
    /// "£1,240.00".
    pub amount: String,
    /// "in 47 gifts, less £20.00 refunded".
    pub words: String,
}

/// `/portal/gifts`.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/gifts.html")]
pub struct GiftsPage {
    /// The frame.
    pub layout: Layout,
    /// What has just happened.
    pub notice: Option<Notice>,
    /// "Your giving".
    pub heading: String,
    /// The filter; none while there is nothing to filter.
    pub filter: Option<FilterBar>,
    /// What the sums cover: "All your giving", "2025–26, Rescue & Aftercare".
    pub total_label: String,
    /// What was received, by currency; empty: left out.
    pub totals: Vec<Total>,
    /// Gifts a bank has yet to confirm; not part of the sums.
    pub on_its_way: Vec<GiftRow>,
    /// The gifts of this page.
    pub gifts: Vec<GiftRow>,
    /// Older and newer.
    pub pager: Option<Pager>,
    /// "Download as a spreadsheet (CSV)".
    pub csv: Option<Link>,
    /// Shown instead of the list when it is empty.
    pub empty: Option<Empty>,
}

impl GiftsPage {
    /// Samples: nothing yet, nothing matches, the usual, filtered, long words.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let total = |amount: &str, words: &str| Total { amount: amount.into(), words: words.into() };
        let frame = || Layout::sample_portal("Your giving", "/portal/gifts");
        let usual = Self {
            layout: frame(),
            heading: "Your giving".into(),
            filter: Some(FilterBar::sample("")),
            total_label: "All your giving".into(),
            totals: vec![total("£3,120.00", "in 120 gifts, less £20.00 refunded")],
            on_its_way: vec![GiftRow::sample_on_its_way()],
            gifts: GiftRow::sample_rows(),
            pager: Some(Pager::sample()),
            csv: Some(Link::new("Download as a spreadsheet (CSV)", "/portal/gifts.csv")),
            ..Self::default()
        };
        let filtered = Self {
            filter: Some(FilterBar::sample("2025")),
            total_label: "2025–26".into(),
            totals: vec![total("£300.00", "in 12 gifts")],
            on_its_way: vec![],
            pager: Some(Pager {
                shown: "Showing 26–50 of 120".into(),
                newer: "/portal/gifts".into(),
                older: "/portal/gifts?before=g76".into(),
                ..Pager::default()
            }),
            ..usual.clone()
        };
        let none = Self {
            filter: Some(FilterBar { clear: None, ..FilterBar::sample("2024") }),
            empty: Some(Empty {
                title: "No gift matches".into(),
                text: "You gave nothing to that fund in 2024–25.".into(),
                action: Some(Link::new("Show everything", "/portal/gifts")),
            }),
            totals: vec![],
            on_its_way: vec![],
            gifts: vec![],
            pager: None,
            csv: None,
            ..usual.clone()
        };
        let new = Self {
            filter: None,
            empty: Some(Empty {
                title: "No gifts yet".into(),
                text: "Once a gift has reached us, it stands here with its receipt.".into(),
                action: Some(Link::new("Give", "/give")),
            }),
            ..none.clone()
        };
        let long = Self {
            totals: vec![
                total("£9,999,999.99", "in 10,000 gifts"),
                total("$0.50", "in one gift"),
                total("€1,000.00", "in 12 gifts, less €0.01 refunded"),
            ],
            gifts: GiftRow::sample_long(),
            ..usual.clone()
        };
        vec![("usual", usual), ("filtered", filtered), ("none", none), ("new", new), ("long", long)]
    }
}

/// The receipt of a gift, on the gift's page.
#[derive(Debug, Clone, Default)]
pub struct GiftReceipt {
    /// "R-UK-2026-000123".
    pub number: String,
    /// "Issued on 22 November 2026".
    pub issued: String,
    /// "See the receipt".
    pub view: Link,
    /// "E-mail me a copy".
    pub resend: Option<Act>,
    /// "It replaces receipt R-UK-2026-000101."; may be empty.
    pub note: String,
}

/// `/portal/gifts/{id}`.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/gift.html")]
pub struct GiftPage {
    /// The frame.
    pub layout: Layout,
    /// "Your giving".
    pub back: Link,
    /// What has just happened.
    pub notice: Option<Notice>,
    /// "£25.00".
    pub amount: String,
    /// "Monthly gift to Rescue & Aftercare".
    pub what: String,
    /// How it stands.
    pub chip: Chip,
    /// What that means, one paragraph each; may be empty.
    pub lead: Vec<String>,
    /// The details, line by line.
    pub summary: Vec<Row>,
    /// What happened, newest first.
    pub history: Vec<Event>,
    /// The receipt.
    pub receipt: Option<GiftReceipt>,
    /// Why there is none: "Your receipt comes once the gift has reached us."; may be empty.
    pub receipt_note: String,
    /// "Give £25.00 again".
    pub again: Option<Act>,
    /// Other next steps.
    pub links: Vec<Link>,
    /// "Something not right with this gift?"; may be empty. The contact address follows it.
    pub help: String,
    /// The reference to quote: "LFT-7K3M-92".
    pub reference: String,
}

impl GiftPage {
    /// Samples: received, on its way, with a history, not collected, long words.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let received = Self {
            layout: Layout::sample_portal("Gift of £25.00 on 22 November 2026", "/portal/gifts"),
            back: Link::new("Your giving", "/portal/gifts"),
            amount: "£25.00".into(),
            what: "Monthly gift to Where it is needed most".into(),
            chip: Chip::new(ChipTone::Success, "Received"),
            summary: vec![
                Row::figure("Date", "22 November 2026"),
                Row::new("Goes to", "Where it is needed most"),
                Row::new("Kind of gift", "Gift 3 of your monthly gift"),
                Row::new("Paid with", "Visa ending 4242"),
                Row::new("Gift Aid", "Yes, worth £6.25 more"),
                Row::new("Given to", "Lantern Freedom Trust (UK)"),
            ],
            history: Event::sample_list().into_iter().skip(3).collect(),
            receipt: Some(GiftReceipt {
                number: "R-UK-2026-000123".into(),
                issued: "Issued on 22 November 2026".into(),
                view: Link::new("See the receipt", "/portal/gifts/g126/receipt"),
                resend: Some(
                    Act::new("E-mail me a copy", "/portal/gifts/g126/receipt").with("token", "t0k3n"),
                ),
                note: String::new(),
            }),
            again: Some(Act::new("Give £25.00 again", "/portal/again").with("gift", "g126")),
            help: "Something not right with this gift?".into(),
            reference: "LFT-7K3M-92".into(),
            ..Self::default()
        };
        let history = Self {
            amount: "£60.00".into(),
            what: "One-off gift to Rescue & Aftercare".into(),
            chip: Chip::new(ChipTone::Info, "Refunded"),
            lead: vec!["£60.00 of £60.00 went back to you. Nothing of this gift remains given.".into()],
            history: Event::sample_list(),
            notice: Some(Notice {
                tone: Tone::Success,
                title: "A copy of the receipt is on its way.".into(),
                text: "It goes to ada@donor.example.".into(),
            }),
            ..received.clone()
        };
        let way = Self {
            amount: "£40.00".into(),
            what: "One-off gift to Rescue & Aftercare".into(),
            chip: Chip::new(ChipTone::Wait, "On its way"),
            lead: vec!["Your bank confirms it by 26 November 2026. We'll e-mail your receipt then. You need do nothing.".into()],
            history: vec![Event { tone: ChipTone::Wait, date: "20 November 2026".into(), datetime: "2026-11-20".into(), words: "Sent to your bank".into(), amount: "£40.00".into(), ..Event::default() }],
            receipt: None,
            receipt_note: "Your receipt comes once the gift has reached us.".into(),
            again: None,
            ..received.clone()
        };
        let failed = Self {
            chip: Chip::new(ChipTone::Problem, "Not collected"),
            lead: vec!["Your bank could not send it. Nothing was taken.".into()],
            history: vec![Event {
                tone: ChipTone::Problem,
                date: "22 August 2026".into(),
                words: "Not collected".into(),
                text: "Your bank said there was not enough money in the account.".into(),
                ..Event::default()
            }],
            receipt: None,
            receipt_note: "There is no receipt, as nothing was taken.".into(),
            ..received.clone()
        };
        let mut long = history.clone();
        long.amount = "£9,999,999.99".into();
        long.what =
            "Yearly gift to Legal Defence, Rescue & Aftercare across the Mekong and the Horn of Africa"
                .into();
        long.notice = None;
        long.summary.push(Row::new("In memory of", "Wolfeschlegelsteinhausenbergerdorff".repeat(3)));
        long.summary.push(Row::new(
            "Your message",
            "為了每一個人的自由 · لحرية كل إنسان · For the freedom of every person",
        ));
        vec![
            ("received", received),
            ("history", history),
            ("on_its_way", way),
            ("failed", failed),
            ("long", long),
        ]
    }
}
