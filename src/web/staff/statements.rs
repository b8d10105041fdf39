//! `/staff/statements`: the year-end run, with a dry run before and what came of it after.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::guard::{Staff, prove_first};
use super::look::{Look, column, figures};
use super::{another_look, blank, show};
use crate::domain::ids::{DonorId, StatementId, StatementRunId};
use crate::domain::money::Money;
use crate::domain::role::Right;
use crate::domain::tax_year;
use crate::services::staff::record::record_listed;
use crate::services::staff::record_read;
use crate::services::statements as verbs;
use crate::services::statements::run::{self, Begun, Preview};
use crate::services::{ServiceError, papers};
use crate::store::statement_runs::{self, Item, Run};
use crate::store::statements;
use crate::web::errors::AppError;
use crate::web::forms::Mistakes;
use crate::web::pages::{
    Act, Cell, Chip, ChipTone, Choice, DataTable, Empty, Fact, Facts, Field, FieldKind, FormField, Hidden,
    Link, Pager, Section, StaffForm, StaffPage, TableSection, Words,
};
use crate::web::router::{Policy, Route};
use crate::web::{AppState, downloads};

const RIGHT: Right = Right::ManageTax;
const HERE: &str = "/staff/statements";
const PAGE: i64 = 50;
/// Years offered in the form, the last that ended first.
const YEARS: usize = 4;

/// Donors weighed for a page; the command line weighs them all.
const AT_ONCE: usize = 500;

/// The routes of statements.
pub const ROUTES: &[Route] = &[
    Route { path: "/staff/statements", policy: Policy::Staff(RIGHT), methods: || get(list) },
    Route { path: "/staff/statements/begin", policy: Policy::Staff(RIGHT), methods: || post(begin) },
    Route { path: "/staff/statements/{run}", policy: Policy::Staff(RIGHT), methods: || get(one) },
    Route { path: "/staff/statements/{run}/pause", policy: Policy::Staff(RIGHT), methods: || post(pause) },
    Route { path: "/staff/statements/{run}/resume", policy: Policy::Staff(RIGHT), methods: || post(resume) },
    Route {
        path: "/staff/statements/document/{statement}",
        policy: Policy::Staff(RIGHT),
        methods: || get(document),
    },
];

/// The form: which year of which entity.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    which: String,
    token: String,
}

impl Raw {
    fn parts(&self) -> Option<(&str, &str)> {
        self.which.split_once(' ')
    }
}

/// Shows the runs so far and the form for another; with a year chosen, what a run would do.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    State(state): State<AppState>,
    staff: Staff,
    Query(raw): Query<Raw>,
) -> Result<Response, AppError> {
    show(&list_page(&state, &staff, &raw, &Mistakes::new()).await?)
}

async fn list_page(
    state: &AppState,
    staff: &Staff,
    raw: &Raw,
    wrong: &Mistakes,
) -> Result<StaffPage, AppError> {
    let look = Look { state, staff };
    let runs = {
        let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
        statement_runs::latest(&mut read).await.map_err(ServiceError::from)?
    };
    let mut page = blank(state, staff, "Statements", HERE);
    page.lead = "One statement for each donor and tax year. It is issued once, and again only when its figures change.".to_owned();
    page.problems = super::door::problems(wrong);
    page.sections.push(Section::Form(Box::new(choose(state, raw, wrong))));
    if let Some((entity, year)) = raw.parts().filter(|(e, _)| state.deps.config.charity.entity(e).is_some()) {
        let preview = run::preview(&state.deps, entity, year, Some(AT_ONCE)).await?;
        page.sections.push(Section::Facts(foretold(&look, entity, year, &preview)));
        if preview.blocked.is_none() && preview.new + preview.changed > 0 {
            page.sections.push(Section::Form(Box::new(start(&look, raw, &preview))));
        }
    }
    page.sections.push(Section::Table(TableSection {
        heading: "Runs so far".to_owned(),
        table: table(&look, &runs),
        empty: Some(Empty {
            title: "No runs yet".to_owned(),
            text: "When a tax year has ended, choose it above and look at what a run would do.".to_owned(),
            action: None,
        }),
        ..TableSection::default()
    }));
    Ok(page)
}

/// The years that have ended, of every entity.
fn choices(state: &AppState, chosen: &str) -> Vec<Choice> {
    let now = state.deps.clock.now();
    let mut all = Vec::new();
    for entity in &state.deps.config.charity.entities {
        let mut day = now.date_in(&entity.time_zone);
        for _ in 0..YEARS {
            let running = tax_year::of(day, entity.country.as_str());
            let Some((first, _)) = tax_year::bounds(&running, entity.country.as_str()) else { break };
            let Ok(before) = first.yesterday() else { break };
            day = before;
            let year = tax_year::of(day, entity.country.as_str());
            let value = format!("{} {year}", entity.id);
            let selected = value == chosen;
            all.push(Choice { label: format!("{year}, {}", entity.legal_name), value, selected });
        }
    }
    all
}

fn choose(state: &AppState, raw: &Raw, wrong: &Mistakes) -> StaffForm {
    let field = Field { value: raw.which.clone(), error: wrong.get("which").cloned() };
    StaffForm {
        heading: "Issue statements".to_owned(),
        lead: "First look at what a run would do. Nothing is issued by looking.".to_owned(),
        action: HERE.to_owned(),
        asks: true,
        fields: vec![FormField::new(
            "which",
            "Tax year",
            FieldKind::Select(choices(state, &raw.which)),
            field,
        )],
        button: "Look at it".to_owned(),
        look: "quiet",
        ..StaffForm::default()
    }
}

fn foretold(look: &Look<'_>, entity: &str, year: &str, p: &Preview) -> Facts {
    let mut rows = vec![
        Fact::new("Donors who gave", p.donors.to_string()),
        Fact::new("New statements", p.new.to_string()),
        Fact::new("New versions", p.changed.to_string())
            .noted("Their figures have changed since they were issued"),
        Fact::new("Stay as they are", p.unchanged.to_string()),
        Fact::new("Without a mailbox", p.on_paper.to_string()).noted("Theirs are printed"),
    ];
    for (currency, minor) in &p.totals {
        rows.push(Fact::new(format!("Remains given, {currency}"), look.money(Money::new(*minor, *currency))));
    }
    if p.partial {
        rows.push(
            Fact::new("Counted", format!("The first {AT_ONCE} donors"))
                .noted("Everything is counted by: almoner statements issue --dry-run"),
        );
    }
    if let Some(why) = &p.blocked {
        rows.insert(0, Fact::new("Cannot be issued", why.as_str()));
    }
    Facts {
        heading: format!("What a run would do: {year}, {}", look.entity(entity)),
        rows,
        links: Vec::new(),
    }
}

fn start(look: &Look<'_>, raw: &Raw, p: &Preview) -> StaffForm {
    let mails = (p.new + p.changed).saturating_sub(p.on_paper);
    StaffForm {
        heading: "Begin the run".to_owned(),
        lead: format!(
            "About {mails} letters with a link go out. A run can be held and goes on where it was."
        ),
        action: format!("{HERE}/begin"),
        hidden: vec![Hidden::new("which", raw.which.as_str()), look.token()],
        button: "Issue the statements".to_owned(),
        ..StaffForm::default()
    }
}

fn chip(run: &Run) -> Chip {
    match run.state.as_str() {
        "running" => Chip::new(ChipTone::Wait, "Running"),
        "paused" => Chip::new(ChipTone::Attention, "Held"),
        _ => Chip::new(ChipTone::Success, "Done"),
    }
}

fn table(look: &Look<'_>, runs: &[Run]) -> DataTable {
    let row = |r: &Run| {
        vec![
            Cell { note: look.entity(&r.entity_id), ..Cell::link(&r.tax_year, format!("{HERE}/{}", r.id)) },
            Cell::chip(chip(r)),
            Cell::new(r.expected.to_string()),
            Cell::new(look.moment(r.asked_at)),
            Cell::new(r.finished_at.map(|at| look.moment(at)).unwrap_or_default()),
        ]
    };
    DataTable {
        caption: "Runs so far".to_owned(),
        quiet_caption: true,
        columns: vec![
            column("Tax year"),
            column("State"),
            figures("Donors"),
            column("Begun"),
            column("Ended"),
        ],
        rows: runs.iter().map(row).collect(),
        totals: Vec::new(),
    }
}

/// Begins a run.
///
/// # Errors
/// When the database refuses.
pub async fn begin(
    State(state): State<AppState>,
    staff: Staff,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let now = state.deps.clock.now();
    if !staff.is_fresh(now) {
        return Ok(prove_first(HERE));
    }
    let mut wrong = Mistakes::new();
    let nonce = state.form_key.nonce_of(&raw.token, now);
    let known = raw.parts().filter(|(e, _)| state.deps.config.charity.entity(e).is_some());
    let (Ok(nonce), Some((entity, year))) = (nonce, known) else {
        wrong.insert("which", "Choose a tax year and look at it again".to_owned());
        return another_look(&list_page(&state, &staff, &raw, &wrong).await?);
    };
    match run::begin(&state.deps, entity, year, &nonce, Some(&staff.actor)).await? {
        Begun::Running(id) => Ok(Redirect::to(&format!("{HERE}/{id}")).into_response()),
        Begun::Blocked(why) => {
            wrong.insert("which", why);
            another_look(&list_page(&state, &staff, &raw, &wrong).await?)
        }
    }
}

fn run_id(text: &str) -> Result<StatementRunId, AppError> {
    text.parse().map_err(|_| AppError::not_found())
}

/// Which items are listed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    state: String,
    after: String,
}

const STATES: &[(&str, &str)] = &[
    ("waiting", "Waiting"),
    ("issued", "Issued"),
    ("unchanged", "Unchanged"),
    ("nothing", "Nothing to tell"),
    ("blocked", "Could not be issued"),
];

fn state_words(state: &str) -> &'static str {
    STATES.iter().find(|(word, _)| *word == state).map_or("Waiting", |(_, words)| words)
}

/// Shows a run: how far it is, and each donor's item.
///
/// # Errors
/// 404 when there is none.
pub async fn one(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, AppError> {
    let id = run_id(&id)?;
    let only = STATES.iter().map(|(word, _)| *word).find(|word| *word == wanted.state);
    let after = if wanted.after.contains(char::is_control) { "" } else { wanted.after.as_str() };
    let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
    let run = statement_runs::by_id(&mut read, &id).await.map_err(ServiceError::from)?;
    let run = run.ok_or_else(AppError::not_found)?;
    let counts = statement_runs::counts(&mut read, &id).await.map_err(ServiceError::from)?;
    let items =
        statement_runs::items(&mut read, &id, only, after, PAGE + 1).await.map_err(ServiceError::from)?;
    drop(read);
    let look = Look { state: &state, staff: &staff };
    let mut page = blank(&state, &staff, &format!("Statements for {}", run.tax_year), HERE);
    page.back = Some(Link::new("Statements", HERE));
    page.chip = Some(chip(&run));
    page.lead = look.entity(&run.entity_id);
    page.sections.push(Section::Facts(progress(&look, &run, &counts)));
    page.sections.extend(act(&look, &run));
    let (shown, more) = items.split_at(items.len().min(PAGE as usize));
    let donors: Vec<DonorId> = shown.iter().map(|i| i.donor_id.clone()).collect();
    record_listed(&state.deps, &staff.actor, &format!("statements {id}"), shown.len(), &donors).await?;
    page.sections.push(Section::Table(TableSection {
        heading: only.map_or("Donors", state_words).to_owned(),
        table: item_table(&look, shown),
        empty: Some(Empty { title: "Nobody here".to_owned(), text: String::new(), action: None }),
        ..TableSection::default()
    }));
    page.pager = shown.last().filter(|_| !more.is_empty()).map(|last| Pager {
        older: format!("{HERE}/{id}?state={}&after={}", only.unwrap_or_default(), last.donor_id),
        ..Pager::default()
    });
    show(&page)
}

fn progress(look: &Look<'_>, run: &Run, counts: &[(String, i64)]) -> Facts {
    let mut rows = vec![Fact::new("Donors", run.expected.to_string())];
    for (state, count) in counts {
        rows.push(Fact::link(
            state_words(state),
            count.to_string(),
            format!("{HERE}/{}?state={state}", run.id),
        ));
    }
    rows.push(Fact::new("Begun", look.moment(run.asked_at)));
    rows.extend(run.finished_at.map(|at| Fact::new("Ended", look.moment(at))));
    Facts { heading: "How far it is".to_owned(), rows, links: Vec::new() }
}

fn act(look: &Look<'_>, run: &Run) -> Option<Section> {
    let (label, path) = match run.state.as_str() {
        "running" => ("Hold the run", "pause"),
        "paused" => ("Go on", "resume"),
        _ => return None,
    };
    let token = look.token();
    let act = Act::new(label, format!("{HERE}/{}/{path}", run.id)).with(&token.name, &token.value);
    Some(Section::Words(Words { acts: vec![act], ..Words::default() }))
}

fn item_table(look: &Look<'_>, items: &[Item]) -> DataTable {
    let row = |i: &Item| {
        let name = match &i.organisation {
            Some(body) => body.clone(),
            None => format!("{} {}", i.given_name, i.family_name).trim().to_owned(),
        };
        let number = match (&i.statement_id, &i.number) {
            (Some(id), Some(number)) => Cell::link(number, format!("{HERE}/document/{id}")),
            _ => Cell::default(),
        };
        let mail = match (i.mail_state.as_deref(), &i.statement_id) {
            (Some("sent"), _) => Chip::new(ChipTone::Success, "Sent"),
            (Some("failed"), _) => Chip::new(ChipTone::Problem, "Did not arrive"),
            (Some("held"), _) => Chip::new(ChipTone::Attention, "Held"),
            (Some(_), _) => Chip::new(ChipTone::Wait, "On its way"),
            (None, Some(_)) if i.state == "issued" => Chip::new(ChipTone::Attention, "To print"),
            (None, _) => Chip::new(ChipTone::Info, "None"),
        };
        vec![
            Cell::link(look.called(&name, &i.email), format!("/staff/donors/{}", i.donor_id)),
            Cell { note: i.why.clone().unwrap_or_default(), ..Cell::new(state_words(&i.state)) },
            number,
            Cell::chip(mail),
        ]
    };
    DataTable {
        caption: "Donors".to_owned(),
        quiet_caption: true,
        columns: vec![column("Donor"), column("State"), column("Statement"), column("Letter")],
        rows: items.iter().map(row).collect(),
        totals: Vec::new(),
    }
}

/// Holds a run.
///
/// # Errors
/// 404 when there is none.
pub async fn pause(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let id = run_id(&id)?;
    run::pause(&state.deps, &id, &staff.actor).await?;
    Ok(Redirect::to(&format!("{HERE}/{id}")).into_response())
}

/// Lets a run go on.
///
/// # Errors
/// 404 when there is none.
pub async fn resume(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let id = run_id(&id)?;
    run::resume(&state.deps, &id, Some(&staff.actor)).await?;
    Ok(Redirect::to(&format!("{HERE}/{id}")).into_response())
}

/// Downloads a statement; who did is written down.
///
/// # Errors
/// 404 when there is none.
pub async fn document(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let id: StatementId = id.parse().map_err(|_| AppError::not_found())?;
    let stored = {
        let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
        statements::by_id(&mut read, &id).await.map_err(ServiceError::from)?
    };
    let stored = stored.ok_or_else(AppError::not_found)?;
    record_read(&state.deps, &staff.actor, &stored.donor_id, "statement").await?;
    let standing = verbs::standing(&stored);
    let bytes = papers::statement_pdf(&state.deps, &stored.content, &stored.sha256, standing).await?;
    Ok(downloads::pdf(&stored.number, bytes))
}
