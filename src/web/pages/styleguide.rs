//! Every component on one page, shown in the demo at `/styleguide`.

use super::chart::Chart;
use super::monthly::{EndedPlan, PlanActPage, PlanChoice, PlanField, PlanPanel};
use super::parts::{Act, Chip, ChipTone, Empty, Event, FilterBar, GiftRow, Pager, PlanCard, Todo};
use super::tables::{Charge, Confirm, DataTable};
use super::{Check, Choice, Field, Layout, Link, Notice, Problem, Row, Tone};

/// One colour of the brand or the stylesheet.
#[derive(Debug, Clone, Default)]
pub struct Colour {
    /// "Accent".
    pub name: String,
    /// "#0b5f5a".
    pub hex: String,
    /// What it stands on: "on white".
    pub on: String,
    /// "7.4 : 1".
    pub ratio: String,
}

impl Colour {
    /// A colour.
    pub fn new(
        name: impl Into<String>,
        hex: impl Into<String>,
        on: impl Into<String>,
        ratio: impl Into<String>,
    ) -> Self {
        Self { name: name.into(), hex: hex.into(), on: on.into(), ratio: ratio.into() }
    }
}

/// The styleguide.
#[derive(Debug, Clone, Default, askama::Template)]
#[template(path = "pages/styleguide.html")]
pub struct StyleguidePage {
    /// The frame; set `noindex` and `wide`.
    pub layout: Layout,
    /// The colours with their contrast.
    pub colours: Vec<Colour>,
    /// One notice of each tone.
    pub notices: Vec<Notice>,
    /// One chip of each tone.
    pub chips: Vec<Chip>,
    /// An error summary.
    pub problems: Vec<Problem>,
    /// A field filled in.
    pub field: Field,
    /// A field with an error.
    pub field_wrong: Field,
    /// A drop-down list.
    pub choices: Vec<Choice>,
    /// Tick boxes.
    pub checks: Vec<Check>,
    /// A summary list.
    pub rows: Vec<Row>,
    /// Things that need doing.
    pub todos: Vec<Todo>,
    /// Gift rows.
    pub gifts: Vec<GiftRow>,
    /// Plan cards.
    pub plans: Vec<PlanCard>,
    /// Twelve coming gifts.
    pub charges: Vec<Charge>,
    /// A repeating gift in full.
    pub panel: PlanPanel,
    /// Repeating gifts that are over.
    pub ended: Vec<EndedPlan>,
    /// The fields of a small act.
    pub plan_fields: Vec<PlanField>,
    /// The answer of a small act.
    pub answer: Confirm,
    /// The gifts to come in that answer.
    pub coming: Vec<Charge>,
    /// Other ways than the one of the page.
    pub others: Vec<PlanChoice>,
    /// A filter bar.
    pub filter: FilterBar,
    /// A pager.
    pub pager: Pager,
    /// An empty list.
    pub empty: Empty,
    /// A timeline.
    pub events: Vec<Event>,
    /// A data table.
    pub table: DataTable,
    /// A chart.
    pub chart: Chart,
    /// A confirm block.
    pub confirm: Confirm,
    /// A one-button form.
    pub act: Act,
    /// A link as a button.
    pub link: Link,
    /// An address.
    pub address: Vec<String>,
}

impl StyleguidePage {
    /// The page with everything on it; the colours come from the caller.
    pub fn new(layout: Layout, colours: Vec<Colour>) -> Self {
        let notice = |tone, title: &str, text: &str| Notice { tone, title: title.into(), text: text.into() };
        let check = |name: &str, label: &str, hint: &str, checked| Check {
            name: name.into(),
            label: label.into(),
            hint: hint.into(),
            checked,
        };
        let mut plans = vec![PlanCard::sample()];
        plans.extend(PlanCard::sample_others());
        let mut gifts = vec![GiftRow::sample_on_its_way()];
        gifts.extend(GiftRow::sample_rows());
        Self {
            layout: Layout { noindex: true, wide: true, ..layout },
            colours,
            notices: vec![
                notice(Tone::Info, "Your bank confirms this within 4 working days.", "We'll e-mail you."),
                notice(Tone::Success, "Your address is saved.", "Receipts from now on carry it."),
                notice(
                    Tone::Attention,
                    "Your Visa ending 4242 expires this month.",
                    "Update it so that nothing stops.",
                ),
                notice(Tone::Problem, "Your gift of £25.00 did not reach us.", "Nothing was taken."),
            ],
            chips: vec![
                Chip::new(ChipTone::Success, "Received"),
                Chip::new(ChipTone::Wait, "On its way"),
                Chip::new(ChipTone::Attention, "Disputed"),
                Chip::new(ChipTone::Problem, "Not collected"),
                Chip::new(ChipTone::Info, "Refunded"),
            ],
            problems: vec![Problem {
                id: "sample_wrong".into(),
                text: "Enter an amount of £2 or more".into(),
            }],
            field: Field::of("Ada"),
            field_wrong: Field::wrong("1", "Enter an amount of £2 or more"),
            choices: vec![
                Choice { value: "GB".into(), label: "United Kingdom".into(), selected: true },
                Choice { value: "US".into(), label: "United States".into(), selected: false },
            ],
            checks: vec![
                check(
                    "sample_stories",
                    "Stories from the field",
                    "What your gifts make possible, about once a month.",
                    true,
                ),
                check("sample_events", "Events in your area", "Talks and walks near your postcode.", false),
            ],
            rows: vec![
                Row::figure("Amount", "£9,999,999.99"),
                Row::new("Goes to", "Rescue & Aftercare"),
                Row::new("Given by", "محمد عبد الرحمن الراشد"),
            ],
            todos: Todo::sample_list(),
            gifts,
            plans,
            charges: Charge::sample_year(),
            panel: PlanPanel { id: "sample_plan".into(), ..PlanPanel::sample() },
            ended: EndedPlan::sample_list(),
            plan_fields: PlanField::sample_list(false),
            answer: PlanActPage::sample_confirm(),
            coming: PlanActPage::sample_coming("£30.00", 0),
            others: PlanChoice::sample_list(),
            filter: FilterBar::sample("2026"),
            pager: Pager { newer: "/styleguide".into(), ..Pager::sample() },
            empty: Empty {
                title: "No gifts yet".into(),
                text: "Once a gift has reached us, it stands here with its receipt.".into(),
                action: Some(Link::new("Give", "/give")),
            },
            events: Event::sample_list(),
            table: DataTable::sample(),
            chart: Chart::sample(),
            confirm: Confirm::sample(),
            act: Act::new("Give £25.00 again", "/styleguide"),
            link: Link::new("See your giving", "/styleguide"),
            address: vec!["Ada Marlow".into(), "4 Tidemill Lane".into(), "Bristol BS1 4ZZ".into()],
        }
    }

    /// Samples: the page as it is.
    pub fn samples() -> Vec<(&'static str, Self)> {
        let colours = vec![
            Colour::new("Accent", "#0b5f5a", "on white", "7.5 : 1"),
            Colour::new("Ink", "#1d2528", "on paper", "14.3 : 1"),
            Colour::new("Soft ink", "#545e62", "on paper", "6.2 : 1"),
            Colour::new("Success", "#1b6537", "on its tint", "6.2 : 1"),
            Colour::new("Attention", "#7a4f00", "on its tint", "6.4 : 1"),
            Colour::new("Problem", "#a1211b", "on its tint", "6.7 : 1"),
            Colour::new("Information", "#1c5378", "on its tint", "7.1 : 1"),
        ];
        let layout = Layout::sample_demo_portal("Styleguide", "/styleguide");
        vec![("all", Self::new(layout, colours))]
    }
}
