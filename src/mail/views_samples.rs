//! Samples of the mails.

use super::{Confirming, MailFrame, MailLink, NotCollected, Receipt, Refund};

fn frame(reason: &str) -> MailFrame {
    MailFrame {
        lang: "en-GB".into(),
        brand: "Lantern Freedom Trust".into(),
        accent: "#0b5f5a".into(),
        on_accent: "#ffffff".into(),
        entity_lines: vec![
            "Lantern Freedom Trust (UK)".into(),
            "Registered charity in England and Wales 1234567 · Company 07654321".into(),
            "12 Harbour Street, London SE1 0AA".into(),
        ],
        reason: reason.into(),
        contact_email: "hello@lantern.example".into(),
        contact_phone: "+44 20 7946 0000".into(),
    }
}

impl Receipt {
    /// Samples: one-off, third monthly gift with Gift Aid, one that replaces another, a copy with long names, a US receipt.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self {
            frame: frame("You got this because you gave to Lantern Freedom Trust on 22 November 2026."),
            donor: "Ada Byron".into(),
            number: "R-UK-2026-000123".into(),
            amount: "£25.59".into(),
            amount_iso: "25.59 GBP".into(),
            date: "22 November 2026".into(),
            method: "Visa ending 4242".into(),
            fund: "Rescue & Aftercare".into(),
            kind: "Gift 3 of your monthly gift".into(),
            fee_covered: "£0.59 of it covers the card fee".into(),
            gift_aid: "Yes, under your declaration of 22 September 2026".into(),
            law: Vec::new(),
            statements: vec!["No goods or services were provided in exchange for this gift.".into()],
            wording: vec!["Lantern Freedom Trust (UK) is a registered charity. If you pay tax at the higher or additional rate, include this gift on your tax return. Tell us if you no longer pay enough tax to cover the Gift Aid on your gifts.".into()],
            wording_id: "receipt-uk-2026-1".into(),
            manage: Some(MailLink::new("Change, skip or stop your monthly gift", "https://give.lantern.example/portal/monthly")),
            ..Self::default()
        };
        let once = Self {
            amount: "£75.00".into(),
            amount_iso: "75.00 GBP".into(),
            kind: "One-off gift".into(),
            fee_covered: String::new(),
            gift_aid: "No".into(),
            manage: None,
            tribute: "In memory of Grace Hopper".into(),
            note: "For Grace, who never stopped asking why.".into(),
            ..usual.clone()
        };
        let name: String = "Wolfeschlegelsteinhausenbergerdorff".repeat(4).chars().take(120).collect();
        let long = Self {
            copy: true,
            donor: name,
            amount: "£9,999,999.99".into(),
            amount_iso: "9,999,999.99 GBP".into(),
            fund: "Legal Defence, Rescue & Aftercare across the Mekong and the Horn of Africa".into(),
            tribute: "In honour of محمد عبد الرحمن الراشد".into(),
            note: "為了每一個人的自由\nFor the freedom of every person, wherever they are held, and for the field teams who go and find them.".into(),
            ..usual.clone()
        };
        let us = Self {
            frame: MailFrame {
                lang: "en-US".into(),
                entity_lines: vec!["Lantern Freedom Trust, Inc.".into(), "501(c)(3) organization · EIN 12-3456789".into(), "400 Beacon Avenue, Suite 9, Arlington, VA 22201".into()],
                ..frame("You got this because you gave to Lantern Freedom Trust on November 22, 2026.")
            },
            donor: "Rosa Delgado".into(),
            amount: "$250.00".into(),
            amount_iso: "250.00 USD".into(),
            date: "November 22, 2026".into(),
            kind: "One-off gift".into(),
            fee_covered: String::new(),
            gift_aid: String::new(),
            law: Vec::new(),
            statements: vec!["No goods or services were provided in exchange for this contribution.".into()],
            wording: vec!["Lantern Freedom Trust, Inc. is a 501(c)(3) organization, EIN 12-3456789. Keep this receipt for your tax records and consult your tax adviser.".into()],
            wording_id: "receipt-us-2026-1".into(),
            manage: None,
            ..usual.clone()
        };
        let replacing =
            Self { number: "R-UK-2026-000131".into(), replaces: "R-UK-2026-000123".into(), ..once.clone() };
        vec![("monthly", usual), ("once", once), ("replacing", replacing), ("long", long), ("us", us)]
    }
}

impl Confirming {
    /// Samples: a monthly Direct Debit, and one without the Guarantee.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self {
            frame: frame("You got this because you set up a Direct Debit to Lantern Freedom Trust on 22 November 2026."),
            donor: "Ada Byron".into(),
            amount: "£25.00".into(),
            fund: "Where it is needed most".into(),
            kind: "Every month, on or after the 22nd".into(),
            method: "Bank account ending 2345".into(),
            expected: "26 November 2026".into(),
            reference: "LFT-7K3M-93".into(),
            guarantee: vec![
                "The Guarantee is offered by all banks and building societies that accept instructions to pay Direct Debits.".into(),
                "If there are any changes to the amount, date or frequency of your Direct Debit, Lantern Freedom Trust will notify you 10 working days in advance of your account being debited or as otherwise agreed.".into(),
                "If an error is made in the payment of your Direct Debit, you are entitled to a full and immediate refund of the amount paid from your bank or building society.".into(),
                "You can cancel a Direct Debit at any time by simply contacting your bank or building society. Written confirmation may be required. Please also notify us.".into(),
            ],
            manage: Some(MailLink::new("See or change your monthly gift", "https://give.lantern.example/portal/monthly")),
        };
        let plain = Self {
            guarantee: vec![],
            manage: None,
            kind: "Once".into(),
            donor: "محمد عبد الرحمن الراشد".into(),
            ..usual.clone()
        };
        vec![("bacs", usual), ("plain", plain)]
    }
}

impl Refund {
    /// Samples: whole and in part.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let full = Self {
            frame: frame("You got this because a gift to Lantern Freedom Trust was refunded."),
            donor: "Ada Byron".into(),
            amount: "£25.00".into(),
            date: "24 November 2026".into(),
            full: true,
            receipt_number: "R-UK-2026-000123".into(),
            gift_date: "22 November 2026".into(),
            gift_amount: "£25.00".into(),
            method: "Visa ending 4242".into(),
            arrives: "5 to 10 days".into(),
            tax_effect: vec![
                "Do not claim tax relief on this gift. We return the Gift Aid on it to HMRC.".into(),
            ],
            ..Self::default()
        };
        let part = Self {
            full: false,
            gift_amount: "£50.00".into(),
            remaining: "£25.00".into(),
            replacement_number: "R-UK-2026-000131".into(),
            tax_effect: vec!["Claim tax relief only on the £25.00 that remains. We return the Gift Aid on the rest to HMRC.".into()],
            ..full.clone()
        };
        vec![("full", full), ("part", part)]
    }
}

impl NotCollected {
    /// Samples: usual, and with few facts and another script.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let usual = Self {
            frame: frame(
                "You got this because a gift you set up to Lantern Freedom Trust could not be collected.",
            ),
            donor: "Ada Byron".into(),
            amount: "£25.00".into(),
            fund: "Where it is needed most".into(),
            date: "22 November 2026".into(),
            method: "Bank account ending 2345".into(),
            reason: "Your bank said the account has been closed.".into(),
            next: "Your monthly gift is on hold until you choose another way to pay.".into(),
            retry: MailLink::new(
                "Give in another way",
                "https://give.lantern.example/give?retry=LFT-7K3M-93",
            ),
        };
        let few =
            Self { donor: "王小明".into(), reason: String::new(), next: String::new(), ..usual.clone() };
        vec![("usual", usual), ("few", few)]
    }
}
