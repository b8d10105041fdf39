//! A receipt as issued, at `/portal/gifts/{id}/receipt`: a letter that prints on one page.

use super::parts::Act;
use super::{Layout, Link, Notice, Row};

/// The receipt. Every word comes from the receipt as issued; nothing is worked out again.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/receipt.html")]
pub struct ReceiptPage {
    /// The frame; set `noindex`.
    pub layout: Layout,
    /// "Back to the gift".
    pub back: Link,
    /// "This receipt was replaced by R-UK-2026-000130."; printed, too.
    pub notice: Option<Notice>,
    /// The legal entity's name.
    pub entity: String,
    /// Its address and registration numbers, one line each.
    pub entity_lines: Vec<String>,
    /// "Receipt", "Official donation receipt for income tax purposes".
    pub title: String,
    /// "R-UK-2026-000123".
    pub number: String,
    /// "22 November 2026".
    pub issued: String,
    /// "Copy"; empty on the first one.
    pub copy: String,
    /// The donor's name as given.
    pub donor: String,
    /// The donor's address as given; may be empty.
    pub donor_lines: Vec<String>,
    /// "£25.00".
    pub amount: String,
    /// "received on 22 November 2026".
    pub amount_words: String,
    /// The figures, line by line.
    pub rows: Vec<Row>,
    /// The wording of the receipt, one paragraph each.
    pub wording: Vec<String>,
    /// The id of the wording: "receipt-uk-2026-1"; may be empty.
    pub wording_id: String,
    /// Who signs: "For Lantern Freedom Trust (UK)"; may be empty.
    pub signed: Vec<String>,
    /// "Download as PDF"; not printed.
    pub pdf: Option<Link>,
    /// "E-mail me a copy"; not printed.
    pub resend: Option<Act>,
}

impl ReceiptPage {
    /// Samples: the usual, replaced, long words, US.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self {
            layout: Layout { noindex: true, ..Layout::sample_portal("Receipt R-UK-2026-000123", "/portal/gifts") },
            back: Link::new("Back to the gift", "/portal/gifts/g126"),
            notice: None,
            entity: "Lantern Freedom Trust (UK)".into(),
            entity_lines: vec![
                "12 Harbour Street, London SE1 0AA".into(),
                "Registered charity in England and Wales 1234567".into(),
                "Company 07654321".into(),
            ],
            title: "Receipt".into(),
            number: "R-UK-2026-000123".into(),
            issued: "22 November 2026".into(),
            copy: "Copy".into(),
            donor: "Ada Marlow".into(),
            donor_lines: vec!["4 Tidemill Lane".into(), "Bristol BS1 4ZZ".into(), "United Kingdom".into()],
            amount: "£25.59".into(),
            amount_words: "received on 22 November 2026".into(),
            rows: vec![
                Row::figure("Amount", "25.59 GBP"),
                Row::new("Card fee", "£0.59 of it covers the card fee"),
                Row::new("Paid with", "Visa ending 4242"),
                Row::new("Goes to", "Rescue & Aftercare"),
                Row::new("Kind of gift", "Gift 3 of your monthly gift"),
                Row::new("Gift Aid", "Yes, under your declaration of 22 September 2026"),
            ],
            wording: vec![
                "No goods or services were provided in exchange for this gift.".into(),
                "Lantern Freedom Trust (UK) is a registered charity. If you pay tax at the higher or additional rate, include this gift on your tax return. Tell us if you no longer pay enough tax to cover the Gift Aid on your gifts.".into(),
            ],
            wording_id: "receipt-uk-2026-1".into(),
            signed: vec![],
            pdf: Some(Link::new("Download as PDF", "/portal/gifts/g126/receipt.pdf")),
            resend: Some(Act::new("E-mail me a copy", "/portal/gifts/g126/receipt").with("token", "t0k3n")),
        };
        let replaced = Self {
            notice: Some(Notice {
                tone: super::Tone::Attention,
                title: "This receipt no longer counts.".into(),
                text: "£20.00 went back to you on 10 October 2026. Receipt R-UK-2026-000130 took its place."
                    .into(),
            }),
            ..usual.clone()
        };
        let mut long = usual.clone();
        long.donor = "Wolfeschlegelsteinhausenbergerdorff".repeat(4).chars().take(120).collect();
        long.donor_lines =
            vec!["中央区自由通り１丁目２番３号".into(), "شارع الحرية ١٢، عمّان".into(), "Jordan".into()];
        long.amount = "£9,999,999.99".into();
        long.rows.push(Row::new("In memory of", "محمد عبد الرحمن الراشد"));
        let us = Self {
            entity: "Lantern Freedom Fund, Inc.".into(),
            entity_lines: vec!["48 Pier Avenue, Boston, MA 02110".into(), "EIN 12-3456789".into()],
            number: "R-US-2026-000009".into(),
            copy: String::new(),
            amount: "$250.00".into(),
            donor_lines: vec!["12 Orchard Road".into(), "Portland, OR 97205".into()],
            rows: vec![
                Row::figure("Amount", "250.00 USD"),
                Row::new("Paid with", "Bank account ending 6789"),
                Row::new("Goes to", "Where it is needed most"),
            ],
            wording: vec!["Lantern Freedom Fund, Inc. is a tax-exempt organization under section 501(c)(3) of the Internal Revenue Code. No goods or services were provided in exchange for this contribution. Please keep this receipt for your records.".into()],
            wording_id: "receipt-us-2026-1".into(),
            signed: vec!["Noor Castellan".into(), "Treasurer".into()],
            ..usual.clone()
        };
        vec![("usual", usual), ("replaced", replaced), ("long", long), ("us", us)]
    }
}
