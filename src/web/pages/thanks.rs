//! The page after payment at `/give/thanks/{ref}`: the truth as known now.

use super::{Act, Layout, Link, Row};

/// How a gift stands, as far as known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ThanksState {
    /// The payment succeeded.
    Paid,
    /// A bank confirms it within days (Bacs, SEPA).
    Confirming,
    /// Not known yet; it is never called failed here.
    #[default]
    Checking,
    /// Nothing was taken.
    NotCompleted,
    /// The form had been used before; nothing was taken twice.
    Already,
}

impl ThanksState {
    /// The class of the page's mark.
    pub fn class(self) -> &'static str {
        match self {
            Self::Paid => "success",
            Self::Confirming | Self::Checking => "wait",
            Self::NotCompleted => "attention",
            Self::Already => "info",
        }
    }

    /// The word in the state chip.
    pub fn word(self) -> &'static str {
        match self {
            Self::Paid => "Received",
            Self::Confirming => "On its way",
            Self::Checking => "Checking",
            Self::NotCompleted => "Not completed",
            Self::Already => "Already given",
        }
    }

    /// Whether the page can be kept as a record (the print hint is shown).
    pub fn is_record(self) -> bool {
        matches!(self, Self::Paid | Self::Confirming)
    }
}

/// The page after payment.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/thanks.html")]
pub struct ThanksPage {
    /// The frame; set `noindex`.
    pub layout: Layout,
    /// How the gift stands.
    pub state: ThanksState,
    /// The one heading: "Thank you. £25.00 is on its way to Rescue & Aftercare."
    pub heading: String,
    /// What happened and what comes next, one paragraph each.
    pub lead: Vec<String>,
    /// What was given, line by line; may be empty.
    pub summary: Vec<Row>,
    /// What happens next for a repeating gift: "Your next gift of £25.00 is on 22 December 2026."; or empty.
    pub next: String,
    /// The form that tries again (only when nothing was taken).
    pub retry: Option<Retry>,
    /// The address that looks again (only while checking); empty: no link.
    pub reload_href: String,
    /// The main next step as a button ("See your gift"); not together with `retry`.
    pub action: Option<Link>,
    /// Other next steps.
    pub links: Vec<Link>,
    /// The way to an account, for someone who has none or is not signed in.
    pub invite: Option<Invite>,
    /// The reference to quote: "LFT-7K3M-92".
    pub reference: String,
}

/// An invitation to see all one's giving: one button that sends a link.
#[derive(Debug, Clone, Default)]
pub struct Invite {
    /// "Keep your giving in one place".
    pub title: String,
    /// What it is good for and where the link goes.
    pub text: String,
    /// The button.
    pub act: Act,
}

/// A one-button form that tries the payment again.
#[derive(Debug, Clone, Default)]
pub struct Retry {
    /// Where it posts to.
    pub action: String,
    /// The button: "Try again".
    pub label: String,
    /// Hidden field `token`; empty: left out.
    pub token: String,
}

impl ThanksPage {
    /// Samples: every state, and a long one.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let noindex = |title: &str| Layout { noindex: true, ..Layout::sample(title) };
        let summary = vec![
            Row::figure("Amount", "£25.00"),
            Row::new("How often", "Every month, on the 22nd"),
            Row::new("Goes to", "Rescue & Aftercare"),
            Row::new("Paid with", "Visa ending 4242"),
            Row::figure("Date", "22 November 2026"),
            Row::new("Gift Aid", "Yes, worth £6.25 more"),
        ];
        let paid = Self {
            layout: noindex("Thank you"),
            state: ThanksState::Paid,
            heading: "Thank you. £25.00 is on its way to Rescue & Aftercare.".into(),
            lead: vec!["Your receipt is on its way to a***@example.org. It can take a few minutes.".into()],
            summary: summary.clone(),
            next: "Your next gift of £25.00 is on 22 December 2026. You can change, skip or stop it whenever you like.".into(),
            action: Some(Link::new("See your monthly gift", "/portal/monthly")),
            links: vec![Link::new("Give again", "/give")],
            reference: "LFT-7K3M-92".into(),
            ..Self::default()
        };
        let bacs = Self {
            layout: noindex("Your Direct Debit is set up"),
            state: ThanksState::Confirming,
            heading: "Thank you. Your gift of £25.00 is with your bank.".into(),
            lead: vec![
                "Your bank confirms this within 4 working days. We'll e-mail you at a***@example.org.".into(),
                "Your receipt comes once the gift has reached us. You are protected by the Direct Debit Guarantee.".into(),
            ],
            summary: vec![
                Row::figure("Amount", "£25.00"),
                Row::new("How often", "Every month, on or after the 22nd"),
                Row::new("Goes to", "Where it is needed most"),
                Row::new("Paid with", "Bank account ending 2345"),
                Row::figure("Expected", "26 November 2026"),
            ],
            next: "Your next gift of £25.00 is on 22 December 2026.".into(),
            reference: "LFT-7K3M-93".into(),
            invite: Some(Invite {
                title: "Keep your giving in one place".into(),
                text: "See every gift and receipt, and change your details yourself. We e-mail a link to a•••@example.org; no password is needed.".into(),
                act: Act::new("E-mail me the link", "/give/thanks/LFT-7K3M-93/link"),
            }),
            links: vec![Link::new("Give again", "/give")],
            ..Self::default()
        };
        let checking = Self {
            layout: noindex("We are checking your gift"),
            state: ThanksState::Checking,
            heading: "We are checking your gift with the bank".into(),
            lead: vec![
                "This usually takes less than a minute. There is no need to give again: if the payment went through, it is safe.".into(),
                "You can close this page. We'll e-mail a***@example.org as soon as we know.".into(),
            ],
            summary: vec![Row::figure("Amount", "£25.00"), Row::new("Goes to", "Rescue & Aftercare")],
            reload_href: "/give/thanks/LFT-7K3M-94".into(),
            reference: "LFT-7K3M-94".into(),
            ..Self::default()
        };
        let stopped = Self {
            layout: noindex("Your gift was not completed"),
            state: ThanksState::NotCompleted,
            heading: "Your gift was not completed. Nothing was taken.".into(),
            lead: vec!["Your details are kept for the next hour, so you can go on where you stopped.".into()],
            summary: vec![
                Row::figure("Amount", "£25.00"),
                Row::new("How often", "Every month"),
                Row::new("Goes to", "Rescue & Aftercare"),
            ],
            retry: Some(Retry {
                action: "/give/thanks/LFT-7K3M-95".into(),
                label: "Try again".into(),
                token: "t0k3n".into(),
            }),
            links: vec![Link::new("Change something first", "/give")],
            reference: "LFT-7K3M-95".into(),
            ..Self::default()
        };
        let already = Self {
            layout: noindex("This form has already been used"),
            state: ThanksState::Already,
            heading: "You have already given with this form".into(),
            lead: vec!["Nothing was taken a second time. To give again, start a new gift.".into()],
            summary: vec![Row::figure("Amount", "£25.00"), Row::figure("Date", "22 November 2026")],
            action: Some(Link::new("Start a new gift", "/give")),
            links: vec![Link::new("See the gift you gave", "/give/thanks/LFT-7K3M-92")],
            reference: "LFT-7K3M-92".into(),
            ..Self::default()
        };
        let name =
            "Wolfeschlegelsteinhausenbergerdorff ".repeat(4).trim().chars().take(120).collect::<String>();
        let mut long = paid.clone();
        long.layout = Layout { noindex: true, ..Layout::sample_demo("Thank you") };
        long.heading = "Thank you. £9,999,999.99 is on its way to Legal Defence, Rescue & Aftercare across the Mekong and the Horn of Africa.".into();
        long.summary.insert(0, Row::new("In memory of", name));
        long.summary.insert(1, Row::new("Given by", "محمد عبد الرحمن الراشد"));
        long.summary.insert(2, Row::new("Message", "為了每一個人的自由 · For the freedom of every person"));
        long.summary[3].value = "£9,999,999.99".into();
        vec![
            ("paid", paid),
            ("confirming", bacs),
            ("checking", checking),
            ("not_completed", stopped),
            ("already", already),
            ("long", long),
        ]
    }
}
