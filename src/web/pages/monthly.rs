//! The repeating gift in the donor's hands: the page of all of them, one small act at a time, after stopping,
//! and the pages a mail leads to.

use super::parts::{Act, Empty, Event, Hidden, PlanCard, Todo};
use super::tables::{Charge, Confirm};
use super::{Check, Choice, Field, Layout, Link, Notice, Problem, Row};

/// How many coming gifts are shown before the rest folds away.
const SHOWN: usize = 6;

/// `/portal/monthly`: every repeating gift, running and ended.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/monthly.html")]
pub struct MonthlyPage {
    /// The frame; its title is the heading.
    pub layout: Layout,
    /// What has just happened.
    pub notice: Option<Notice>,
    /// A sentence under the heading; may be empty.
    pub lead: String,
    /// The running ones, in full.
    pub plans: Vec<PlanPanel>,
    /// The ones that are over, in short.
    pub ended: Vec<EndedPlan>,
    /// Nothing repeating yet, and the one thing to do.
    pub empty: Option<Empty>,
    /// "Start another monthly gift"; none: left out.
    pub give: Option<Link>,
}

impl MonthlyPage {
    /// What a link of this plan is about, for who does not see its surroundings; empty with only one plan.
    pub fn about(&self, card: &PlanCard) -> String {
        if self.plans.len() < 2 { String::new() } else { format!(", {}, {}", card.heading, card.amount) }
    }
}

/// One running gift: how it stands, what needs doing, what can be done, what is coming, what was.
#[derive(Debug, Clone, Default)]
pub struct PlanPanel {
    /// The anchor of the panel.
    pub id: String,
    /// The gift at a glance; its own `action` is not shown here.
    pub card: PlanCard,
    /// "Being confirmed: £30.00 a month from 3 May 2027".
    pub notice: Option<Notice>,
    /// What needs doing: "Your gift of 3 May did not go through".
    pub todos: Vec<Todo>,
    /// The quick acts, side by side: "Give more", "Skip the next gift", "Pause", "Stop".
    pub acts: Vec<Link>,
    /// The settings, each with its change link.
    pub details: Vec<PlanDetail>,
    /// "Your next twelve gifts"; empty and no gifts: left out.
    pub schedule_title: String,
    /// The coming gifts in order, skipped ones among them.
    pub schedule: Vec<Charge>,
    /// A sentence under them; may be empty.
    pub schedule_note: String,
    /// What was changed, failed, recovered, newest first.
    pub history: Vec<Event>,
}

impl PlanPanel {
    /// The gift at a glance, without what the settings under it say as well.
    pub fn glance(&self) -> PlanCard {
        let told = |text: &String| self.details.iter().any(|d| d.value.contains(text.as_str()));
        let mut card = PlanCard { action: None, ..self.card.clone() };
        if told(&card.fund)
            && (card.entity.is_empty() || self.details.iter().any(|d| d.hint.contains(&card.entity)))
        {
            card.fund.clear();
        }
        if told(&card.method) {
            card.method.clear();
        }
        card
    }

    /// The coming gifts that are always shown.
    pub fn first(&self) -> Vec<&Charge> {
        self.schedule.iter().take(self.cut()).collect()
    }

    /// The coming gifts that fold away.
    pub fn rest(&self) -> Vec<&Charge> {
        self.schedule.iter().skip(self.cut()).collect()
    }

    /// Folding two or fewer away would hide more than it tidies.
    fn cut(&self) -> usize {
        if self.schedule.len() > SHOWN + 2 { SHOWN } else { self.schedule.len() }
    }
}

/// One setting of a repeating gift.
#[derive(Debug, Clone, Default)]
pub struct PlanDetail {
    /// "Goes to".
    pub label: String,
    /// "Where it is needed most".
    pub value: String,
    /// A softer second line; may be empty.
    pub hint: String,
    /// "Change"; read out with the row's label.
    pub change: Option<Link>,
}

impl PlanDetail {
    /// A setting without a second line and without a link.
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into(), ..Self::default() }
    }

    /// The same with a softer second line.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    /// The same with the link that changes it.
    #[must_use]
    pub fn change(mut self, href: impl Into<String>) -> Self {
        self.change = Some(Link::new("Change", href));
        self
    }
}

/// A repeating gift that is over.
#[derive(Debug, Clone, Default)]
pub struct EndedPlan {
    /// "Your monthly gift".
    pub heading: String,
    /// "£25.00".
    pub amount: String,
    /// "every month".
    pub often: String,
    /// "Stopped on 3 May 2027 at your wish.".
    pub text: String,
    /// "Start again"; none: left out.
    pub restart: Option<Link>,
}

/// One small act: amount, frequency, day, fund, fee, skip, pause, until, stop, restart.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/plan_act.html")]
pub struct PlanActPage {
    /// The frame.
    pub layout: Layout,
    /// A notice over the page.
    pub notice: Option<Notice>,
    /// "Change the amount".
    pub title: String,
    /// A sentence under it; may be empty.
    pub lead: String,
    /// The error summary.
    pub problems: Vec<Problem>,
    /// How it is now.
    pub now: Vec<Row>,
    /// Where the form leads (a GET form); end it with `#what-will-happen` and the answer is in view at once.
    pub form_action: String,
    /// Its hidden fields.
    pub form_hidden: Vec<Hidden>,
    /// Its fields; empty: no form.
    pub fields: Vec<PlanField>,
    /// "See what will happen".
    pub form_button: String,
    /// What will happen, with the act that does it.
    pub confirm: Option<Confirm>,
    /// How the next gifts would then look; may be empty.
    pub coming: Vec<Charge>,
    /// "Or instead"; used with `beside`.
    pub beside_title: String,
    /// Other ways, beside the confirm block: skip, pause, give less.
    pub beside: Vec<PlanChoice>,
    /// "Back to your monthly gift".
    pub back: Link,
}

/// One field of a small act.
#[derive(Debug, Clone)]
pub enum PlanField {
    /// An amount: radio cards, sent as `{name}_pick`, and an own amount, sent as `{name}`, which wins when it is filled in.
    Amount {
        /// The name (and id) of the own amount.
        name: String,
        /// "New amount a month".
        label: String,
        /// "Between £2 and £50,000"; may be empty.
        hint: String,
        /// "£".
        symbol: String,
        /// The own amount.
        field: Field,
        /// The radio cards; may be empty.
        suggestions: Vec<Choice>,
    },
    /// Radio buttons.
    Choices {
        /// The name; the first button has it as its id.
        name: String,
        /// The question.
        label: String,
        /// A softer second line; may be empty.
        hint: String,
        /// The choices.
        choices: Vec<Choice>,
        /// How to put it right.
        error: Option<String>,
    },
    /// A drop-down list.
    Select {
        /// The name (and id).
        name: String,
        /// The question.
        label: String,
        /// A softer second line; may be empty.
        hint: String,
        /// The choices.
        choices: Vec<Choice>,
        /// How to put it right.
        error: Option<String>,
    },
    /// A day, sent as `yyyy-mm-dd`.
    Date {
        /// The name (and id).
        name: String,
        /// The question.
        label: String,
        /// A softer second line; may be empty.
        hint: String,
        /// What was chosen.
        field: Field,
    },
    /// A tick box, sent as `yes`.
    Check(Check),
}

/// Another way than the one of the page.
#[derive(Debug, Clone, Default)]
pub struct PlanChoice {
    /// "Skip the next gift".
    pub title: String,
    /// "No gift on 22 December. The one after is on 22 January 2027."
    pub text: String,
    /// "Skip December".
    pub link: Link,
}

/// After stopping: what was done, how to start again, and an optional reason.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/plan_stopped.html")]
pub struct PlanStoppedPage {
    /// The frame.
    pub layout: Layout,
    /// Whether it is done; else it is being confirmed.
    pub confirmed: bool,
    /// "Your monthly gift is stopped".
    pub title: String,
    /// A sentence under it; may be empty.
    pub lead: String,
    /// What was stopped, and since when.
    pub rows: Vec<Row>,
    /// Where the reason is posted (`reason` and `words`).
    pub reason_action: String,
    /// Its hidden fields.
    pub reason_hidden: Vec<Hidden>,
    /// The reasons to choose from; empty: nothing is asked.
    pub reasons: Vec<Choice>,
    /// Own words, at most 500 letters.
    pub words: Field,
    /// Whether the reason was kept: thanks instead of the form.
    pub thanked: bool,
    /// "Start again".
    pub restart: Option<Link>,
    /// "Back to your giving".
    pub back: Link,
}

impl PlanStoppedPage {
    /// The error summary.
    pub fn problems(&self) -> Vec<Problem> {
        super::sign_in::collect(&[("words", &self.words)])
    }
}

/// A page reached from a mail without signing in: put a failed gift right, raise, undo, confirm a stop. One task each.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/plan_link.html")]
pub struct PlanLinkPage {
    /// The frame.
    pub layout: Layout,
    /// A notice over the page.
    pub notice: Option<Notice>,
    /// What the page is for.
    pub title: String,
    /// A sentence under it; may be empty.
    pub lead: String,
    /// What it is about, in figures.
    pub rows: Vec<Row>,
    /// The form that raises the gift.
    pub raise: Option<RaiseForm>,
    /// What will happen, with the act that does it.
    pub confirm: Option<Confirm>,
    /// One-button forms; the first is the main one.
    pub acts: Vec<Act>,
    /// Where else to go.
    pub links: Vec<Link>,
}

impl PlanLinkPage {
    /// The error summary.
    pub fn problems(&self) -> &[Problem] {
        self.raise.as_ref().map_or(&[], |raise| &raise.problems)
    }
}

/// The form that raises a gift: posts `add` (an amount to add, or `own`) and `own` (the new total), which counts only with `add=own`.
#[derive(Debug, Clone, Default)]
pub struct RaiseForm {
    /// Where it posts to.
    pub action: String,
    /// Its hidden fields.
    pub hidden: Vec<Hidden>,
    /// "£".
    pub symbol: String,
    /// "a month".
    pub often: String,
    /// The error summary.
    pub problems: Vec<Problem>,
    /// The amounts to add.
    pub choices: Vec<RaiseChoice>,
    /// The own new total.
    pub own: Field,
    /// "Give £5.00 more a month".
    pub button: String,
    /// "No, keep it as it is".
    pub no: Link,
}

impl RaiseForm {
    /// Whether the own amount is the chosen one.
    pub fn own_checked(&self) -> bool {
        !self.choices.iter().any(|c| c.checked) && (!self.own.value.is_empty() || self.own.error.is_some())
    }
}

/// One amount to add.
#[derive(Debug, Clone, Default)]
pub struct RaiseChoice {
    /// What is posted: the amount to add in major units, "5".
    pub value: String,
    /// "Add £5".
    pub label: String,
    /// "£30.00 a month".
    pub total: String,
    /// Whether it is the chosen one.
    pub checked: bool,
}

#[path = "monthly_samples.rs"]
mod samples;

#[path = "monthly_act_samples.rs"]
mod act_samples;

#[path = "monthly_link_samples.rs"]
mod link_samples;
