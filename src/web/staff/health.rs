//! `/staff/health`: how the house stands, in sentences.

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::guard::Staff;
use super::look::Look;
use super::{blank, show};
use crate::domain::role::Right;
use crate::services::health::{self, Check, Standing, Verdict, ago};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::pages::{
    Cell, Chip, ChipTone, Column, DataTable, Empty, Fact, Facts, Link, Section, TableSection,
};
use crate::web::router::{Policy, Route};

const HERE: &str = "/staff/health";

/// The route of the house's health.
pub const ROUTES: &[Route] =
    &[Route { path: HERE, policy: Policy::Staff(Right::ReplayJobs), methods: || get(page) }];

/// Shows how the house stands.
///
/// # Errors
/// When the database refuses.
pub async fn page(State(state): State<AppState>, staff: Staff) -> Result<Response, AppError> {
    let standing = health::standing(&state.deps).await?;
    let look = Look { state: &state, staff: &staff };
    let mut shown = blank(&state, &staff, "Health", HERE);
    shown.chip = Some(chip(standing.verdict()));
    shown.lead = match standing.verdict() {
        Verdict::Well => "Everything is as it should be.".to_owned(),
        Verdict::Look => "Nothing presses. Something is to be looked at when there is time.".to_owned(),
        Verdict::Act => "Something needs somebody now.".to_owned(),
    };
    shown.sections = vec![
        Section::Facts(checks(&state, &standing)),
        Section::Facts(walks(look, &standing)),
        Section::Table(jobs(&standing)),
    ];
    show(&shown)
}

fn chip(verdict: Verdict) -> Chip {
    match verdict {
        Verdict::Well => Chip::new(ChipTone::Success, "Well"),
        Verdict::Look => Chip::new(ChipTone::Attention, "To look at"),
        Verdict::Act => Chip::new(ChipTone::Problem, "Act"),
    }
}

/// What is worst comes first.
fn checks(state: &AppState, standing: &Standing) -> Facts {
    let now = state.deps.clock.now();
    let since = |c: &Check| standing.alarms.iter().find(|a| a.name == c.name).map(|a| ago(a.raised_at, now));
    let mut all: Vec<&Check> = standing.checks.iter().collect();
    all.sort_by_key(|c| std::cmp::Reverse(c.verdict));
    let row = |c: &&Check| {
        let mut fact = Fact::new(c.label, "");
        fact.chip = Some(chip(c.verdict));
        fact.note.clone_from(&c.words);
        if let Some(since) = since(c) {
            fact.note.push_str(&format!(" So for {since}."));
        }
        fact
    };
    Facts {
        heading: "How the house stands".to_owned(),
        rows: all.iter().map(row).collect(),
        links: vec![Link::new("What was given up, to try again", "/staff")],
    }
}

fn walks(look: Look<'_>, standing: &Standing) -> Facts {
    let f = &standing.figures;
    let moment = |at: Option<crate::clock::Ts>| at.map_or_else(|| "Never".to_owned(), |at| look.moment(at));
    let rows = vec![
        Fact::new("Last word from Stripe", moment(f.last_event)),
        Fact::new("Newest gift", moment(f.last_gift)),
        Fact::new("Last walk over Stripe’s objects", moment(f.walked_at)).noted("Every ten minutes"),
        Fact::new("Found and put right", f.drift_healed.to_string()).noted("Since this time yesterday"),
        Fact::new("Not in the books yet", f.drift_open.to_string()),
    ];
    Facts { heading: "Stripe and the books".to_owned(), rows, ..Facts::default() }
}

fn jobs(standing: &Standing) -> TableSection {
    let figure = |label: &str| Column { label: label.to_owned(), figure: true, ..Column::default() };
    let rows = standing.jobs.iter().map(|j| {
        vec![
            Cell::new(j.kind.replace('_', " ")),
            Cell::new(j.waiting.to_string()),
            Cell::new(j.failed.to_string()),
        ]
    });
    TableSection {
        heading: "Work".to_owned(),
        table: DataTable {
            caption: "Jobs by kind".to_owned(),
            quiet_caption: true,
            columns: vec![
                Column { label: "Kind".to_owned(), ..Column::default() },
                figure("Waiting"),
                figure("Given up"),
            ],
            rows: rows.collect(),
            totals: Vec::new(),
        },
        empty: Some(Empty { title: "No work waits.".to_owned(), ..Empty::default() }),
        ..TableSection::default()
    }
}
