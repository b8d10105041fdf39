//! The donor's first page at `/portal`.

use super::parts::{Act, Chip, ChipTone, Empty, GiftRow, PlanCard, Todo};
use super::{Layout, Link, Notice, Tone};

/// What was given in a year, by one legal entity and currency.
#[derive(Debug, Clone, Default)]
pub struct YearFigure {
    /// "£310.00".
    pub amount: String,
    /// "in 9 gifts".
    pub count: String,
    /// "6 April 2026 to 5 April 2027".
    pub period: String,
    /// The legal entity, when there is more than one; else empty.
    pub entity: String,
    /// "Worth £387.50 with Gift Aid"; may be empty.
    pub extra: String,
    /// "See your 2025–26 statement"; none: left out.
    pub link: Option<Link>,
}

/// The overview: what needs doing, this year, what is coming, what came last.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/overview.html")]
pub struct OverviewPage {
    /// The frame.
    pub layout: Layout,
    /// What has just happened.
    pub notice: Option<Notice>,
    /// "Good evening, Ada".
    pub heading: String,
    /// A sentence under it; may be empty.
    pub lead: String,
    /// What needs doing, most pressing first.
    pub todos: Vec<Todo>,
    /// "Given this tax year".
    pub year_heading: String,
    /// One figure per legal entity and currency; empty: `year_empty` is shown.
    pub year: Vec<YearFigure>,
    /// "No gifts since 6 April 2026 yet."; empty and no figures: the card is left out.
    pub year_empty: String,
    /// The repeating gifts.
    pub plans: Vec<PlanCard>,
    /// Gifts a bank has yet to confirm.
    pub on_its_way: Vec<GiftRow>,
    /// The latest gifts, at most five.
    pub latest: Vec<GiftRow>,
    /// "See all your giving".
    pub all: Option<Link>,
    /// "Give £60.00 again", as a one-button form.
    pub again: Option<Act>,
    /// "Give".
    pub give: Option<Link>,
    /// The page of someone who has not given yet; with it, only the notice and `todos` are shown besides.
    pub empty: Option<Empty>,
}

impl OverviewPage {
    /// Samples: new, one gift, the usual, two entities with long words, everything failed.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let year = |amount: &str, count: &str, entity: &str, period: &str| YearFigure {
            amount: amount.into(),
            count: count.into(),
            period: period.into(),
            entity: entity.into(),
            ..YearFigure::default()
        };
        let uk = "6 April 2026 to 5 April 2027";
        let new = Self {
            layout: Layout::sample_portal("Overview", "/portal"),
            heading: "Welcome, Ada".into(),
            empty: Some(Empty {
                title: "Your giving will be shown here".into(),
                text: "Receipts, your monthly gift and what you gave each tax year: all in one place, as soon as your first gift has reached us.".into(),
                action: Some(Link::new("Give", "/give")),
            }),
            todos: vec![Todo::sample_list().remove(1)],
            ..Self::default()
        };
        let usual = Self {
            layout: Layout::sample_portal("Overview", "/portal"),
            heading: "Good evening, Ada".into(),
            todos: Todo::sample_list(),
            year_heading: "Given this tax year".into(),
            year: vec![YearFigure {
                extra: "Worth £387.50 with Gift Aid".into(),
                ..year("£310.00", "in 9 gifts", "", uk)
            }],
            plans: vec![PlanCard::sample()],
            on_its_way: vec![GiftRow::sample_on_its_way()],
            latest: GiftRow::sample_rows(),
            all: Some(Link::new("See all your giving", "/portal/gifts")),
            again: Some(
                Act::new("Give £60.00 again", "/portal/again").with("token", "t0k3n").with("gift", "g124"),
            ),
            give: Some(Link::new("Give another amount", "/give")),
            ..Self::default()
        };
        let one = Self {
            todos: vec![],
            plans: vec![],
            on_its_way: vec![],
            latest: GiftRow::sample_rows().into_iter().take(1).collect(),
            again: None,
            give: Some(Link::new("Give again", "/give")),
            year: vec![year("£25.00", "in one gift", "", uk)],
            notice: Some(Notice {
                tone: Tone::Success,
                title: "You are signed in.".into(),
                text: "We found one gift given with your address.".into(),
            }),
            ..usual.clone()
        };
        let long = Self {
            layout: Layout::sample_demo_portal("Overview", "/portal"),
            heading: format!("Good evening, {}", "Wolfeschlegelsteinhausenbergerdorff".repeat(2)),
            year: vec![
                year("£9,999,999.99", "in 10,000 gifts", "Lantern Freedom Trust (UK)", uk),
                year("$0.50", "in one gift", "Lantern Freedom Fund (US)", "1 January to 31 December 2026"),
                year("€1,000.00", "in 12 gifts", "Stichting Lantaarn", "1 January to 31 December 2026"),
            ],
            plans: PlanCard::sample_others(),
            latest: GiftRow::sample_long(),
            ..usual.clone()
        };
        let failed = Self {
            heading: "Good evening, محمد".into(),
            todos: vec![Todo {
                tone: Tone::Problem,
                title: "Your gift of £25.00 did not reach us".into(),
                text: "Your bank could not send it on 22 November 2026. Nothing was taken. We try once more on 29 November 2026.".into(),
                link: Some(Link::new("Use another card", "/portal/monthly")),
                act: None,
            }],
            year: vec![],
            year_empty: "Nothing has reached us since 6 April 2026 yet.".into(),
            plans: vec![PlanCard {
                chip: Chip::new(ChipTone::Problem, "Not collected"),
                next_label: "Next try".into(),
                next_date: "29 November 2026".into(),
                next_words: "in 7 days".into(),
                note: "Your bank could not send the last one. Nothing was taken.".into(),
                ..PlanCard::sample()
            }],
            on_its_way: vec![],
            latest: GiftRow::sample_rows().into_iter().skip(3).take(1).collect(),
            again: None,
            ..usual.clone()
        };
        vec![("new", new), ("one", one), ("usual", usual), ("long", long), ("failed", failed)]
    }
}
