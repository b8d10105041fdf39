//! The mails as data: each holds ready-to-print words and renders a subject, an HTML part and a text part.

/// What every mail shares.
#[derive(Debug, Clone, Default)]
pub struct MailFrame {
    /// The language of the mail, as BCP 47.
    pub lang: String,
    /// The charity's name, as it calls itself.
    pub brand: String,
    /// The accent colour, `#0b5f5a`; dark enough for white text.
    pub accent: String,
    /// The text colour on the accent, `#ffffff`.
    pub on_accent: String,
    /// The legal entity: name, registration numbers, address; one line each.
    pub entity_lines: Vec<String>,
    /// Why they got it: "You got this because you gave to Lantern Freedom Trust on 22 November 2026."
    pub reason: String,
    /// How to query it: an e-mail address.
    pub contact_email: String,
    /// How to query it by phone; empty: left out.
    pub contact_phone: String,
}

/// A label with its value.
#[derive(Debug, Clone, Default)]
pub struct MailRow {
    /// What it is.
    pub label: String,
    /// The value, ready to print.
    pub value: String,
}

impl MailRow {
    /// A line.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into() }
    }
}

/// A link with its words.
#[derive(Debug, Clone, Default)]
pub struct MailLink {
    /// The words.
    pub label: String,
    /// The full address.
    pub href: String,
}

impl MailLink {
    /// A link.
    pub fn new(label: impl Into<String>, href: impl Into<String>) -> Self {
        Self { label: label.into(), href: href.into() }
    }
}

/// The receipt for one gift that has arrived (RC-1).
#[derive(Debug, Clone, Default)]
pub struct Receipt {
    /// The frame.
    pub frame: MailFrame,
    /// Whether it is sent again; same number, marked as a copy (RC-8).
    pub copy: bool,
    /// The donor's name as given.
    pub donor: String,
    /// "R-UK-2026-000123".
    pub number: String,
    /// The number of the receipt that this one makes void (CA-4); empty: it is the first.
    pub replaces: String,
    /// The amount with symbol: "£25.00".
    pub amount: String,
    /// The amount with ISO code: "25.00 GBP".
    pub amount_iso: String,
    /// The date received in the entity's zone: "22 November 2026".
    pub date: String,
    /// "Visa ending 4242".
    pub method: String,
    /// The fund's name.
    pub fund: String,
    /// "One-off gift" or "Gift 3 of your monthly gift".
    pub kind: String,
    /// "Includes £0.59 towards the card fee"; empty: left out.
    pub fee_covered: String,
    /// "Yes, under your declaration of 22 November 2026"; empty: left out.
    pub gift_aid: String,
    /// "In memory of Grace"; empty: left out.
    pub tribute: String,
    /// The donor's message; empty: left out.
    pub note: String,
    /// What the law wants to see, line by line: "Place of issue".
    pub law: Vec<MailRow>,
    /// What the law wants said: "No goods or services were provided in exchange for this gift."
    pub statements: Vec<String>,
    /// The receipt wording of the charity file, one paragraph each.
    pub wording: Vec<String>,
    /// The id of the wording: "receipt-uk-2026-1".
    pub wording_id: String,
    /// Where to change, skip or stop a repeating gift; none for a one-off.
    pub manage: Option<MailLink>,
}

impl Receipt {
    /// The subject: "Receipt for your gift of £25.00 on 22 November 2026".
    pub fn subject(&self) -> String {
        let copy = if self.copy { "Copy: " } else { "" };
        let what = if self.replaces.is_empty() { "Receipt" } else { "New receipt" };
        one_line(&format!("{copy}{what} for your gift of {} on {}", self.amount, self.date))
    }

    /// What a mail program shows after the subject.
    pub fn preheader(&self) -> String {
        if !self.replaces.is_empty() {
            return self.replacing();
        }
        format!("Thank you. {} has arrived. Receipt {}.", self.amount, self.number)
    }

    /// The heading.
    pub fn heading(&self) -> String {
        if !self.replaces.is_empty() {
            return format!("Your new receipt for {}", self.amount);
        }
        format!("Thank you. {} has arrived.", self.amount)
    }

    /// "This replaces receipt R-UK-2026-000101, which is void."; empty on a first one.
    pub fn replacing(&self) -> String {
        match self.replaces.as_str() {
            "" => String::new(),
            old => format!("This replaces receipt {old}, which is void."),
        }
    }

    /// The sentence under the heading.
    pub fn lead(&self) -> String {
        "This is your receipt. Keep it for your records.".to_owned()
    }

    /// The figures, line by line.
    pub fn rows(&self) -> Vec<MailRow> {
        let lines = [
            ("Receipt number", self.number.as_str()),
            ("Received from", &self.donor),
            ("Date received", &self.date),
            ("Amount", &self.amount_iso),
            ("Card fee", &self.fee_covered),
            ("Paid with", &self.method),
            ("Goes to", &self.fund),
            ("Kind of gift", &self.kind),
            ("Gift Aid", &self.gift_aid),
            ("Given", &self.tribute),
            ("Your message", &self.note),
        ];
        let law: Vec<(&str, &str)> = self.law.iter().map(|r| (r.label.as_str(), r.value.as_str())).collect();
        rows(&[lines.as_slice(), &law].concat())
    }

    /// The HTML part.
    pub fn html(&self) -> Result<String, askama::Error> {
        askama::Template::render(&ReceiptHtml { m: self, f: &self.frame })
    }

    /// The text part.
    pub fn text(&self) -> Result<String, askama::Error> {
        askama::Template::render(&ReceiptText { m: self, f: &self.frame }).map(|t| tidy(&t))
    }
}

/// "We have received your instruction" (Bacs, SEPA): sent before the money is there (RC-3).
#[derive(Debug, Clone, Default)]
pub struct Confirming {
    /// The frame.
    pub frame: MailFrame,
    /// The donor's name as given.
    pub donor: String,
    /// "£25.00".
    pub amount: String,
    /// The fund's name.
    pub fund: String,
    /// "Every month, on or after the 22nd" or "Once".
    pub kind: String,
    /// "Bank account ending 2345".
    pub method: String,
    /// When the bank confirms: "26 November 2026".
    pub expected: String,
    /// The mandate or gift reference.
    pub reference: String,
    /// The Direct Debit Guarantee, one paragraph each; empty: left out.
    pub guarantee: Vec<String>,
    /// Where to change or stop it; none for a one-off.
    pub manage: Option<MailLink>,
}

impl Confirming {
    /// The subject.
    pub fn subject(&self) -> String {
        one_line(&format!("We have your instruction for {}", self.amount))
    }

    /// What a mail program shows after the subject.
    pub fn preheader(&self) -> String {
        format!("Your bank confirms it by {}. Your receipt follows then.", self.expected)
    }

    /// The heading.
    pub fn heading(&self) -> String {
        format!("Thank you. We have your instruction for {}.", self.amount)
    }

    /// The sentence under the heading.
    pub fn lead(&self) -> String {
        format!(
            "Your bank confirms it by {}. We'll e-mail your receipt as soon as the gift has reached us. You need do nothing.",
            self.expected
        )
    }

    /// The figures, line by line.
    pub fn rows(&self) -> Vec<MailRow> {
        rows(&[
            ("From", self.donor.as_str()),
            ("Amount", &self.amount),
            ("How often", &self.kind),
            ("Goes to", &self.fund),
            ("Paid with", &self.method),
            ("Expected", &self.expected),
            ("Reference", &self.reference),
        ])
    }

    /// The HTML part.
    pub fn html(&self) -> Result<String, askama::Error> {
        askama::Template::render(&ConfirmingHtml { m: self, f: &self.frame })
    }

    /// The text part.
    pub fn text(&self) -> Result<String, askama::Error> {
        askama::Template::render(&ConfirmingText { m: self, f: &self.frame }).map(|t| tidy(&t))
    }
}

/// A refund, whole or in part (RC-9).
#[derive(Debug, Clone, Default)]
pub struct Refund {
    /// The frame.
    pub frame: MailFrame,
    /// The donor's name as given.
    pub donor: String,
    /// What went back: "£25.00".
    pub amount: String,
    /// The date of the refund.
    pub date: String,
    /// Whether the whole gift went back.
    pub full: bool,
    /// The number of the receipt it changes.
    pub receipt_number: String,
    /// The date of the gift.
    pub gift_date: String,
    /// The amount of the gift: "£50.00".
    pub gift_amount: String,
    /// What remains given: "£25.00"; empty after a full refund.
    pub remaining: String,
    /// The number of the receipt for what remains; empty: left out.
    pub replacement_number: String,
    /// "Visa ending 4242".
    pub method: String,
    /// When it shows on their account: "5 to 10 days".
    pub arrives: String,
    /// Effect on tax: "Do not claim tax relief on this gift. We return the Gift Aid to HMRC."
    pub tax_effect: Vec<String>,
}

impl Refund {
    /// The subject.
    pub fn subject(&self) -> String {
        one_line(&format!("{} is on its way back to you", self.amount))
    }

    /// What a mail program shows after the subject.
    pub fn preheader(&self) -> String {
        let what = if self.full { "the whole of" } else { "part of" };
        format!("We refunded {what} your gift of {} given on {}.", self.gift_amount, self.gift_date)
    }

    /// The sentence under the heading.
    pub fn lead(&self) -> String {
        let wait = if self.arrives.is_empty() {
            String::new()
        } else {
            format!(" It shows on your account within {}.", self.arrives)
        };
        format!("{}{wait}", self.preheader())
    }

    /// The figures, line by line.
    pub fn rows(&self) -> Vec<MailRow> {
        rows(&[
            ("Refunded to", self.donor.as_str()),
            ("Refunded", &self.amount),
            ("Date of the refund", &self.date),
            ("Goes back to", &self.method),
            ("Your gift", &format!("{} on {}", self.gift_amount, self.gift_date)),
            ("Original receipt", &self.receipt_number),
            ("Remains given", &self.remaining),
            ("New receipt", &self.replacement_number),
        ])
    }

    /// The HTML part.
    pub fn html(&self) -> Result<String, askama::Error> {
        askama::Template::render(&RefundHtml { m: self, f: &self.frame })
    }

    /// The text part.
    pub fn text(&self) -> Result<String, askama::Error> {
        askama::Template::render(&RefundText { m: self, f: &self.frame }).map(|t| tidy(&t))
    }
}

/// The bank could not collect a gift; nothing was taken.
#[derive(Debug, Clone, Default)]
pub struct NotCollected {
    /// The frame.
    pub frame: MailFrame,
    /// The donor's name as given.
    pub donor: String,
    /// "£25.00".
    pub amount: String,
    /// The fund's name.
    pub fund: String,
    /// When it was tried.
    pub date: String,
    /// "Bank account ending 2345".
    pub method: String,
    /// What the bank said, in plain words: "Your bank said there was not enough money in the account."; empty: left out.
    pub reason: String,
    /// What happens next by itself: "We try once more on 29 November 2026."; empty: left out.
    pub next: String,
    /// Where to try again.
    pub retry: MailLink,
}

impl NotCollected {
    /// The subject.
    pub fn subject(&self) -> String {
        one_line(&format!("Your gift of {} did not reach us. Nothing was taken.", self.amount))
    }

    /// What a mail program shows after the subject.
    pub fn preheader(&self) -> String {
        format!("Your bank could not send it on {}. You can try again.", self.date)
    }

    /// The sentence under the heading.
    pub fn lead(&self) -> String {
        if self.reason.is_empty() {
            format!("Your bank could not send it on {}.", self.date)
        } else {
            self.reason.clone()
        }
    }

    /// The figures, line by line.
    pub fn rows(&self) -> Vec<MailRow> {
        rows(&[
            ("From", self.donor.as_str()),
            ("Amount", &self.amount),
            ("Goes to", &self.fund),
            ("Tried on", &self.date),
            ("Paid with", &self.method),
        ])
    }

    /// The HTML part.
    pub fn html(&self) -> Result<String, askama::Error> {
        askama::Template::render(&NotCollectedHtml { m: self, f: &self.frame })
    }

    /// The text part.
    pub fn text(&self) -> Result<String, askama::Error> {
        askama::Template::render(&NotCollectedText { m: self, f: &self.frame }).map(|t| tidy(&t))
    }
}

macro_rules! parts {
    ($($name:ident, $data:ident, $path:literal;)*) => {
        $(
            #[derive(askama::Template)]
            #[template(path = $path)]
            struct $name<'a> {
                m: &'a $data,
                f: &'a MailFrame,
            }
        )*
    };
}

parts! {
    ReceiptHtml, Receipt, "mail/receipt.html";
    ReceiptText, Receipt, "mail/receipt.txt";
    ConfirmingHtml, Confirming, "mail/confirming.html";
    ConfirmingText, Confirming, "mail/confirming.txt";
    RefundHtml, Refund, "mail/refund.html";
    RefundText, Refund, "mail/refund.txt";
    NotCollectedHtml, NotCollected, "mail/not_collected.html";
    NotCollectedText, NotCollected, "mail/not_collected.txt";
}

use super::views_text::{one_line, rows, tidy};

#[path = "views_samples.rs"]
mod samples;
