//! Samples of the page of all repeating gifts.

use super::super::parts::{Chip, ChipTone, Empty, Event, PlanCard, Todo};
use super::super::tables::{Charge, ChargeState};
use super::super::{Layout, Link, Notice, Tone};
use super::{EndedPlan, MonthlyPage, PlanDetail, PlanPanel};

/// The address of an act on the sample plan.
pub(super) fn act(name: &str) -> String {
    format!("/portal/monthly/p1/{name}")
}

fn frame() -> Layout {
    Layout::sample_portal("Monthly gift", "/portal/monthly")
}

/// A fund of 120 letters.
pub(super) fn long_fund() -> String {
    "Legal Defence, Rescue & Aftercare and Wolfeschlegelsteinhausenbergerdorff across the Mekong and the Horn of Africa, 2027"
        .into()
}

impl PlanPanel {
    /// A monthly gift that runs.
    pub fn sample() -> Self {
        Self {
            id: "p1".into(),
            card: PlanCard { action: None, ..PlanCard::sample() },
            acts: vec![
                Link::new("Give more", act("amount")),
                Link::new("Skip the next gift", act("skip")),
                Link::new("Pause", act("pause")),
                Link::new("Stop", act("stop")),
            ],
            details: vec![
                PlanDetail::new("Amount", "£25.00 a month").change(act("amount")),
                PlanDetail::new("How often", "Every month").change(act("frequency")),
                PlanDetail::new("Day", "On the 22nd").change(act("day")),
                PlanDetail::new("Goes to", "Where it is needed most").change(act("fund")),
                PlanDetail::new("Card fees", "You add £0.58 to each gift, so that all of £25.00 arrives")
                    .change(act("fee")),
                PlanDetail::new("Paid with", "Visa ending 4242")
                    .hint("Expires 11/2028")
                    .change(act("method")),
                PlanDetail::new("Gift Aid", "Yes").hint("Worth £6.25 more with each gift"),
                PlanDetail::new("Until", "You stop it").change(act("until")),
            ],
            schedule_title: "Your next twelve gifts".into(),
            schedule: Charge::sample_year(),
            schedule_note: "We e-mail a receipt for each. You can skip a gift until the day before.".into(),
            history: Self::sample_history(),
            ..Self::default()
        }
    }

    fn sample_history() -> Vec<Event> {
        let event = |tone, date: (&str, &str), words: &str, text: &str| Event {
            tone,
            date: date.0.into(),
            datetime: date.1.into(),
            words: words.into(),
            text: text.into(),
            ..Event::default()
        };
        vec![
            event(
                ChipTone::Success,
                ("29 August 2026", "2026-08-29"),
                "The gift of 22 August went through",
                "At the second try.",
            ),
            event(
                ChipTone::Problem,
                ("22 August 2026", "2026-08-22"),
                "The gift of 22 August did not go through",
                "There was not enough money in the account. Nothing was taken.",
            ),
            event(
                ChipTone::Info,
                ("3 May 2026", "2026-05-03"),
                "You changed the amount",
                "From £20.00 to £25.00 a month.",
            ),
            event(ChipTone::Success, ("22 January 2026", "2026-01-22"), "You started your monthly gift", ""),
        ]
    }

    /// One whose last gift did not go through.
    fn sample_retrying() -> Self {
        let mut plan = Self::sample();
        plan.card.chip = Chip::new(ChipTone::Problem, "Not collected");
        plan.card.next_label = "Next try".into();
        plan.card.next_date = "29 November 2026".into();
        plan.card.next_words = "in 7 days".into();
        plan.todos = vec![Todo {
            tone: Tone::Problem,
            title: "Your gift of 22 November did not go through".into(),
            text: "There was not enough money in the account. Nothing was taken. We try again on 29 November 2026.".into(),
            link: Some(Link::new("Put it right", act("put-right"))),
            act: None,
        }];
        plan
    }

    /// One with a change that is still being confirmed.
    fn sample_confirming() -> Self {
        let mut plan = Self::sample();
        plan.notice = Some(Notice {
            tone: Tone::Info,
            title: "Being confirmed: £30.00 a month from 22 December 2026.".into(),
            text: "This takes less than a minute. We'll e-mail you.".into(),
        });
        plan
    }

    /// One that rests, and one of a third currency with long words and the largest amount.
    fn sample_others() -> Vec<Self> {
        let mut others = PlanCard::sample_others();
        let (mut long, mut paused) = (others.remove(1), others.remove(0));
        paused.next_date = "22 March 2027".into();
        paused.next_words = "in 4 months".into();
        long.fund = long_fund();
        long.action = None;
        let euro = |n: usize, c: Charge| Charge {
            amount: "€60.00".into(),
            state: if n == 0 { ChargeState::Next } else { ChargeState::Planned },
            word: if n == 0 { "Starts again".into() } else { String::new() },
            ..c
        };
        let year = || Charge::sample_year().into_iter();
        let paused = Self {
            id: "p2".into(),
            card: paused,
            acts: vec![
                Link::new("Start again now", act("restart")),
                Link::new("Change the date", act("pause")),
                Link::new("Stop", act("stop")),
            ],
            details: vec![
                PlanDetail::new("Amount", "€60.00 every three months").change(act("amount")),
                PlanDetail::new("Paused until", "22 March 2027").change(act("pause")),
            ],
            schedule_title: "Your next three gifts".into(),
            schedule: year().skip(3).step_by(3).enumerate().map(|(n, c)| euro(n, c)).collect(),
            schedule_note: String::new(),
            history: vec![],
            ..Self::sample()
        };
        let long = Self {
            id: "p3".into(),
            details: vec![
                PlanDetail::new("Amount", "£9,999,999.99 a year").change(act("amount")),
                PlanDetail::new("Goes to", long.fund.clone()).hint(long.fund.clone()).change(act("fund")),
                PlanDetail::new("In memory of", "محمد عبد الرحمن الراشد"),
            ],
            card: long,
            schedule_title: "Your next gift".into(),
            schedule: year().take(1).map(|c| Charge { amount: "£9,999,999.99".into(), ..c }).collect(),
            ..Self::sample()
        };
        vec![paused, long]
    }
}

impl EndedPlan {
    /// One stopped at the donor's wish, one that ended by itself.
    pub fn sample_list() -> Vec<Self> {
        let ended = |heading: &str, amount: &str, often: &str, text: &str| Self {
            heading: heading.into(),
            amount: amount.into(),
            often: often.into(),
            text: text.into(),
            restart: Some(Link::new("Start again", act("restart"))),
        };
        vec![
            ended(
                "Your monthly gift",
                "£25.00",
                "every month, to where it is needed most",
                "Stopped on 3 May 2027 at your wish.",
            ),
            Self {
                restart: None,
                ..ended(
                    "Your yearly gift",
                    "£9,999,999.99",
                    "every year, to Rescue & Aftercare",
                    "Ended on 31 December 2026, as you had chosen.",
                )
            },
        ]
    }
}

impl MonthlyPage {
    fn sample(plans: Vec<PlanPanel>) -> Self {
        Self { layout: frame(), plans, ..Self::default() }
    }

    /// Samples: nothing yet, the usual, retrying, being confirmed, several with long words, all over.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let empty = Self {
            empty: Some(Empty {
                title: "You have no monthly gift".into(),
                text: "A monthly gift can be changed, skipped or stopped here at any time.".into(),
                action: Some(Link::new("Start a monthly gift", "/give?frequency=monthly")),
            }),
            ..Self::sample(vec![])
        };
        let usual = Self {
            notice: Some(Notice {
                tone: Tone::Success,
                title: "May 2027 is skipped.".into(),
                text: "Your next gift is on 22 December 2026. You can put May back below.".into(),
            }),
            give: Some(Link::new("Start another monthly gift", "/give?frequency=monthly")),
            ..Self::sample(vec![PlanPanel::sample()])
        };
        let mut all = vec![PlanPanel::sample_retrying()];
        all.extend(PlanPanel::sample_others());
        let several = Self {
            layout: Layout { demo: Layout::sample_demo("").demo, ..frame() },
            lead: "Three gifts repeat. Each can be changed, skipped or stopped on its own.".into(),
            ended: EndedPlan::sample_list(),
            give: usual.give.clone(),
            ..Self::sample(all)
        };
        let over = Self {
            ended: EndedPlan::sample_list(),
            empty: Some(Empty {
                title: "No gift repeats at the moment".into(),
                text: "You can start one again below, as it was, or a new one.".into(),
                action: Some(Link::new("Start a monthly gift", "/give?frequency=monthly")),
            }),
            ..Self::sample(vec![])
        };
        vec![
            ("empty", empty),
            ("usual", usual),
            ("retrying", Self::sample(vec![PlanPanel::sample_retrying()])),
            ("confirming", Self::sample(vec![PlanPanel::sample_confirming()])),
            ("several", several),
            ("over", over),
        ]
    }
}
