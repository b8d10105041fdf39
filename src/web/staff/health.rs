//! `/staff/health`: how the house stands, in sentences.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::guard::Staff;
use super::look::Look;
use super::{blank, show};
use crate::domain::role::Right;
use crate::services::health::{self, Check, Standing, Verdict, ago};
use crate::services::replay::{self, Round};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::pages::{
    Act, Cell, Chip, ChipTone, Column, DataTable, Empty, Fact, Facts, Link, Notice, Section, TableSection,
    Tone, Words,
};
use crate::web::router::{Policy, Route};

const HERE: &str = "/staff/health";
const WALK: &str = "/staff/health/walk";
const LOOK: &str = "/staff/health/look";

/// What has just happened.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// The route of the house's health.
pub const ROUTES: &[Route] = &[
    Route { path: HERE, policy: Policy::Staff(Right::ReplayJobs), methods: || get(page) },
    Route { path: WALK, policy: Policy::Staff(Right::ReplayJobs), methods: || post(walk) },
    Route { path: LOOK, policy: Policy::Staff(Right::ReplayJobs), methods: || post(look_over) },
];

/// Shows how the house stands.
///
/// # Errors
/// When the database refuses.
pub async fn page(
    State(state): State<AppState>,
    staff: Staff,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let standing = health::standing(&state.deps).await?;
    let look = Look { state: &state, staff: &staff };
    let mut shown = blank(&state, &staff, "Health", HERE);
    shown.chip = Some(chip(standing.verdict()));
    shown.lead = match standing.verdict() {
        Verdict::Well => "Everything is as it should be.".to_owned(),
        Verdict::Look => "Nothing presses. Something is to be looked at when there is time.".to_owned(),
        Verdict::Act => "Something needs somebody now.".to_owned(),
    };
    shown.notice = match done.done.as_str() {
        "walk" => Some(begun("The walk over Stripe’s objects has begun.")),
        "look" => Some(begun("The look over the house has begun.")),
        _ => None,
    };
    shown.sections = vec![
        Section::Facts(checks(&state, &standing)),
        Section::Facts(walks(look, &standing)),
        Section::Words(rounds()),
        Section::Table(jobs(&standing)),
    ];
    show(&shown)
}

fn begun(title: &str) -> Notice {
    let text = "What it finds is here after a moment: open this page again.".to_owned();
    Notice { tone: Tone::Success, title: title.to_owned(), text }
}

/// What the clock does by itself, to be had now.
fn rounds() -> Words {
    Words {
        heading: "Not to wait for the clock".to_owned(),
        paragraphs: vec![
            "Both are made every ten minutes. After an outage you may want them at once; each press is written down.".to_owned(),
        ],
        acts: vec![Act::new("Walk over Stripe’s objects now", WALK), Act::new("Look over the house now", LOOK)],
        ..Words::default()
    }
}

/// Has the walk over Stripe's objects begun.
///
/// # Errors
/// When the database refuses.
pub async fn walk(State(state): State<AppState>, staff: Staff) -> Result<Response, AppError> {
    replay::make_now(&state.deps, &staff.actor, Round::Walk).await?;
    Ok(Redirect::to(&format!("{HERE}?done=walk")).into_response())
}

/// Has the look over the house begun.
///
/// # Errors
/// When the database refuses.
pub async fn look_over(State(state): State<AppState>, staff: Staff) -> Result<Response, AppError> {
    replay::make_now(&state.deps, &staff.actor, Round::Look).await?;
    Ok(Redirect::to(&format!("{HERE}?done=look")).into_response())
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
