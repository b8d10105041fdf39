//! Samples of the page after stopping and of the pages a mail leads to.

use super::super::parts::{Act, Hidden};
use super::super::tables::Confirm;
use super::super::{Choice, Field, Layout, Link, Notice, Problem, Row, Tone};
use super::samples::{act, long_fund};
use super::{PlanLinkPage, PlanStoppedPage, RaiseChoice, RaiseForm};

impl PlanStoppedPage {
    /// Samples: stopped, being confirmed, own words too long, thanked.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let reason =
            |value: &str, label: &str| Choice { value: value.into(), label: label.into(), selected: false };
        let usual = Self {
            layout: Layout::sample_portal("Your monthly gift is stopped", "/portal/monthly"),
            confirmed: true,
            title: "Your monthly gift is stopped".into(),
            lead: "Nothing more is taken. Thank you for £300.00 since 22 January 2026.".into(),
            rows: vec![
                Row::figure("Amount", "£25.00 a month"),
                Row::new("Goes to", "Where it is needed most"),
                Row::figure("Last gift", "22 November 2026"),
            ],
            reason_action: act("reason"),
            reason_hidden: vec![Hidden::new("token", "t0k3n")],
            reasons: vec![
                reason("money", "I cannot afford it at the moment"),
                reason("elsewhere", "I give to something else now"),
                reason("mail", "You write to me too often"),
                reason("other", "Another reason"),
            ],
            restart: Some(Link::new("Start again", act("restart"))),
            back: Link::new("See your giving", "/portal/gifts"),
            ..Self::default()
        };
        let confirming = Self {
            layout: Layout::sample_portal("Your monthly gift is being stopped", "/portal/monthly"),
            confirmed: false,
            title: "Being confirmed: your monthly gift stops".into(),
            lead: "We have asked for it to be stopped and wait for the answer. This takes less than a minute; we'll e-mail you.".into(),
            restart: None,
            ..usual.clone()
        };
        let wrong = Self {
            words: Field::wrong("Too much to say. ".repeat(40), "Write at most 500 letters"),
            ..usual.clone()
        };
        let mut thanked = Self { thanked: true, ..usual.clone() };
        thanked.rows[0].value = "£9,999,999.99 a month".into();
        thanked.rows[1].value = long_fund();
        vec![("usual", usual), ("confirming", confirming), ("wrong", wrong), ("thanked", thanked)]
    }
}

impl RaiseForm {
    fn sample() -> Self {
        let add = |n: u32| RaiseChoice {
            value: n.to_string(),
            label: format!("Add £{n}"),
            total: format!("£{}.00 a month", 25 + n),
            checked: false,
        };
        Self {
            action: "/monthly/raise".into(),
            hidden: vec![Hidden::new("token", "t0k3n")],
            symbol: "£".into(),
            often: "a month".into(),
            choices: vec![add(5), add(10), add(20)],
            button: "Raise my gift".into(),
            no: Link::new("No, keep it at £25.00", "/"),
            ..Self::default()
        }
    }
}

impl PlanLinkPage {
    fn sample(title: &str, lead: &str) -> Self {
        Self {
            layout: Layout { noindex: true, ..Layout::sample_portal_css(title) },
            title: title.into(),
            lead: lead.into(),
            rows: vec![
                Row::figure("Amount", "£25.00 a month"),
                Row::new("Goes to", "Where it is needed most"),
            ],
            ..Self::default()
        }
    }

    fn sample_failed() -> Self {
        Self {
            rows: vec![
                Row::figure("Amount", "£25.00"),
                Row::figure("Date", "22 November 2026"),
                Row::new("Paid with", "Visa ending 4242"),
                Row::figure("Next try", "29 November 2026"),
            ],
            acts: vec![
                Act::new("Use another card or account", "/monthly/put-right/method").with("token", "t0k3n"),
                Act::new("Try the same card again", "/monthly/put-right/again").with("token", "t0k3n"),
            ],
            links: vec![Link::new("Sign in to change or stop your monthly gift", "/sign-in")],
            ..Self::sample(
                "Put your gift of 22 November right",
                "There was not enough money in the account. Nothing was taken.",
            )
        }
    }

    fn sample_stop() -> Self {
        Self {
            rows: vec![],
            confirm: Some(Confirm {
                heading: "What will happen".into(),
                changes: vec![
                    Row::figure("Your monthly gift", "£25.00 ends today"),
                    Row::figure("No longer taken", "22 December 2026 and after"),
                ],
                undo: "You can start again whenever you like.".into(),
                act: Act::new("Stop my monthly gift", "/monthly/stop").with("token", "t0k3n"),
                cancel: Link::new("Keep it as it is", "/"),
                ..Confirm::default()
            }),
            ..Self::sample("Stop your monthly gift", "")
        }
    }

    /// Samples: a failed gift, raising, raising to be put right, a done thing to undo, a stop, a used link, long words.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let raise = Self {
            raise: Some(RaiseForm::sample()),
            ..Self::sample(
                "You give £25.00 a month",
                "Your card stays as it is. You can change it back whenever you like.",
            )
        };
        let mut form =
            RaiseForm { own: Field::wrong("20", "Enter more than £25.00"), ..RaiseForm::sample() };
        form.problems = vec![Problem { id: "own".into(), text: "Enter more than £25.00".into() }];
        let mut long = Self { notice: None, ..raise.clone() };
        long.layout.demo = Layout::sample_demo("").demo;
        long.title = "You give £9,999,999.99 a month".into();
        long.rows[0].value = "£9,999,999.99 a month".into();
        long.rows[1].value = long_fund();
        if let Some(r) = &mut long.raise {
            for (c, total) in r.choices.iter_mut().zip(["£10,000,004.99", "£10,000,009.99", "£10,000,019.99"])
            {
                c.total = format!("{total} a month");
                c.checked = c.value == "10";
            }
            r.no.label = "No, keep it at £9,999,999.99".into();
        }
        let done = |title: &str, text: &str| {
            Some(Notice { tone: Tone::Success, title: title.into(), text: text.into() })
        };
        let raised = Self {
            notice: done("Thank you. You give £30.00 a month now.", "From 22 December 2026."),
            rows: vec![Row::figure("Amount", "£30.00 a month"), Row::figure("Next gift", "22 December 2026")],
            links: vec![Link::new("Undo this", "/monthly/undo"), Link::new("Sign in", "/sign-in")],
            ..Self::sample("Your monthly gift", "")
        };
        let used = Self {
            rows: vec![],
            links: vec![Link::new("Sign in to see your monthly gift", "/sign-in")],
            ..Self::sample("This link has done its work", "Your monthly gift is as you left it.")
        };
        vec![
            ("failed", Self::sample_failed()),
            ("raise", raise.clone()),
            ("raise_wrong", Self { raise: Some(form), ..raise }),
            ("raised", raised),
            ("stop", Self::sample_stop()),
            ("used", used),
            ("long", long),
        ]
    }
}
