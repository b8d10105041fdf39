//! `/staff/you`: one's own sign-in: browsers, passkeys, recovery codes.

use axum::Form;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::door::problems;
use super::guard::{Staff, prove_first};
use super::view::moment;
use super::welcome::codes_section;
use super::{another_look, blank, show};
use crate::domain::ids::PasskeyId;
use crate::domain::role::Right;
use crate::services::ServiceError;
use crate::services::staff::{door, passkeys, people};
use crate::store::staff::StoredPasskey;
use crate::store::staff_sessions::StaffSession;
use crate::store::{staff, staff_sessions};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes, field};
use crate::web::pages::{
    Act, Cell, Chip, ChipTone, Column, DataTable, Fact, Facts, Field, FieldKind, FormField, Hidden, Link,
    Notice, Section, StaffForm, StaffPage, TableSection, Tone, Words,
};
use crate::web::router::{Policy, Route};

const HERE: &str = "/staff/you";
const PASSKEY_NAME_AT_MOST: usize = 60;

/// The routes of one's own sign-in.
pub const ROUTES: &[Route] = &[
    Route { path: HERE, policy: Policy::Staff(Right::BeInside), methods: || get(you) },
    Route {
        path: "/staff/you/passkey",
        policy: Policy::Staff(Right::BeInside),
        methods: || get(passkey).post(add_passkey),
    },
    Route {
        path: "/staff/you/passkey/remove",
        policy: Policy::Staff(Right::BeInside),
        methods: || post(remove_passkey),
    },
    Route {
        path: "/staff/you/recovery-codes",
        policy: Policy::Staff(Right::BeInside),
        methods: || post(new_codes),
    },
    Route {
        path: "/staff/you/sign-out-others",
        policy: Policy::Staff(Right::BeInside),
        methods: || post(sign_out_others),
    },
];

/// What has just happened, by its short name in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// Shows what one signs in with and where one is signed in.
///
/// # Errors
/// When the database refuses.
pub async fn you(
    State(state): State<AppState>,
    staff: Staff,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let facts = async {
        let mut read = state.deps.store.read().await?;
        let member = staff::by_id(&mut read, &staff.actor.id).await?;
        let keys = staff::passkeys(&mut read, &staff.actor.id).await?;
        let codes = staff::recovery_codes_left(&mut read, &staff.actor.id).await?;
        let sessions = staff_sessions::of(&mut read, &staff.actor.id).await?;
        Ok::<_, crate::store::StoreError>((member, keys, codes, sessions))
    };
    let (member, keys, codes, sessions) = facts.await.map_err(ServiceError::from)?;
    let has_authenticator = member.is_some_and(|m| m.totp_sealed.is_some());
    let mut shown = blank(&state, &staff, "You", HERE);
    shown.title = staff.actor.name.clone();
    shown.lead = format!("{} · {}", staff.email, staff.actor.roles.in_words());
    shown.notice = told(&done.done);
    let sure = if has_authenticator { "Set up" } else { "None: you use a passkey" };
    let rows = vec![
        Fact::new("Password", "Set up"),
        Fact::new("Authenticator", sure),
        Fact::new("Recovery codes left", codes.to_string()),
    ];
    let facts = Facts { heading: "How you sign in".to_owned(), rows, links: Vec::new() };
    let anew = Act::new("Make new recovery codes", "/staff/you/recovery-codes");
    shown.sections = vec![
        Section::Facts(facts),
        Section::Words(Words { acts: vec![anew], ..Words::default() }),
        passkey_table(&state, &keys),
        browser_table(&state, &staff, &sessions),
    ];
    if sessions.len() > 1 {
        let act = Act::new("Sign out every other browser", "/staff/you/sign-out-others");
        shown.sections.push(Section::Words(Words { acts: vec![act], ..Words::default() }));
    }
    show(&shown)
}

fn told(done: &str) -> Option<Notice> {
    let (tone, title) = match done {
        "passkey" => (Tone::Success, "Your passkey is set up."),
        "removed" => (Tone::Success, "The passkey is removed."),
        "kept" => (Tone::Attention, "It is the only second proof you have, so it stays."),
        "others" => (Tone::Success, "Every other browser is signed out."),
        _ => return None,
    };
    Some(Notice { tone, title: title.to_owned(), text: String::new() })
}

fn columns(labels: &[&str]) -> Vec<Column> {
    labels.iter().map(|l| Column { label: (*l).to_owned(), ..Column::default() }).collect()
}

fn passkey_table(state: &AppState, keys: &[StoredPasskey]) -> Section {
    let row = |k: &StoredPasskey| {
        let used = k.used_at.map_or_else(|| "Not used yet".to_owned(), |at| moment(state, at));
        vec![
            Cell::new(k.name.clone()),
            Cell::new(moment(state, k.created_at)),
            Cell::new(used),
            Cell::link("Remove", format!("/staff/you/passkey?remove={}", k.id)),
        ]
    };
    let links = match passkeys::are_possible(&state.deps) {
        true => vec![Link::new("Add a passkey", "/staff/you/passkey")],
        false => Vec::new(),
    };
    Section::Table(TableSection {
        heading: "Passkeys".to_owned(),
        lead: if keys.is_empty() {
            "A passkey proves who you are with one touch.".to_owned()
        } else {
            String::new()
        },
        table: DataTable {
            caption: "Your passkeys".to_owned(),
            quiet_caption: true,
            columns: columns(&["Name", "Since", "Last used", "Change"]),
            rows: keys.iter().map(row).collect(),
            totals: Vec::new(),
        },
        empty: None,
        links,
    })
}

fn browser_table(state: &AppState, staff: &Staff, sessions: &[StaffSession]) -> Section {
    let row = |s: &StaffSession| {
        let own = s.id_sha256 == staff.session.id_sha256;
        let chip = if own { Cell::chip(Chip::new(ChipTone::Info, "This one")) } else { Cell::default() };
        vec![
            Cell::new(s.agent.clone()),
            Cell::new(s.address.clone()),
            Cell::new(moment(state, s.seen_at)),
            chip,
        ]
    };
    let table = DataTable {
        caption: "Where you are signed in".to_owned(),
        quiet_caption: true,
        columns: columns(&["Browser", "Address", "Last seen", "Which"]),
        rows: sessions.iter().map(row).collect(),
        totals: Vec::new(),
    };
    Section::Table(TableSection {
        heading: "Where you are signed in".to_owned(),
        lead: "Half an hour without a click, or twelve hours, ends a session.".to_owned(),
        table,
        empty: None,
        links: Vec::new(),
    })
}

/// Which passkey is asked about.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Which {
    remove: String,
}

/// Asks the browser for a passkey, or whether one is to go.
///
/// # Errors
/// When the database refuses.
pub async fn passkey(
    State(state): State<AppState>,
    staff: Staff,
    Query(which): Query<Which>,
) -> Result<Response, AppError> {
    let here = if which.remove.is_empty() {
        "/staff/you/passkey".to_owned()
    } else {
        format!("/staff/you/passkey?remove={}", which.remove)
    };
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(&here));
    }
    if which.remove.is_empty() {
        return show(&add_page(&state, &staff, &Field::of("My passkey"), &Mistakes::new()).await?);
    }
    let mut shown = blank(&state, &staff, "Remove a passkey", HERE);
    shown.back = Some(Link::new("You", HERE));
    shown.lead = "It no longer opens the office. You can add it again.".to_owned();
    let act = Act::new("Remove the passkey", "/staff/you/passkey/remove").with("passkey", which.remove);
    shown.sections = vec![Section::Words(Words { acts: vec![act], ..Words::default() })];
    show(&shown)
}

async fn add_page(
    state: &AppState,
    staff: &Staff,
    name: &Field,
    wrong: &Mistakes,
) -> Result<StaffPage, AppError> {
    let options = passkeys::offer(&state.deps, &staff.session).await?.ok_or_else(AppError::not_found)?;
    let mut shown = blank(state, staff, "Add a passkey", HERE);
    shown.layout.js = Some(state.assets.href("staff.js"));
    shown.back = Some(Link::new("You", HERE));
    shown.problems = problems(wrong);
    shown.lead = "Your browser asks for a touch, a face or a PIN. It needs JavaScript.".to_owned();
    shown.sections = vec![Section::Form(Box::new(StaffForm {
        action: "/staff/you/passkey".to_owned(),
        fields: vec![
            FormField::new("name", "What to call it", FieldKind::Text, name.clone())
                .hinted("So that you know it again: “Work laptop”"),
        ],
        hidden: vec![Hidden::new("credential", "")],
        button: "Add the passkey".to_owned(),
        script: "passkey-add",
        data: options.to_string(),
        ..StaffForm::default()
    }))];
    Ok(shown)
}

/// The form as sent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct NewPasskey {
    name: String,
    credential: String,
}

/// Adds the passkey that the browser made.
///
/// # Errors
/// When the database refuses.
pub async fn add_passkey(
    State(state): State<AppState>,
    staff: Staff,
    Form(raw): Form<NewPasskey>,
) -> Result<Response, AppError> {
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first("/staff/you/passkey"));
    }
    let mut wrong = Mistakes::new();
    let name = forms::line(&mut wrong, "name", &raw.name, PASSKEY_NAME_AT_MOST, Some("Give it a name"));
    if wrong.is_empty() {
        if passkeys::add(&state.deps, &staff.actor, &staff.session, &name, &raw.credential).await? {
            return Ok(Redirect::to("/staff/you?done=passkey").into_response());
        }
        wrong.insert("name", "The passkey was not made. Try again".to_owned());
    }
    another_look(&add_page(&state, &staff, &field(&wrong, "name", &raw.name), &wrong).await?)
}

/// Which passkey is to go.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Gone {
    passkey: String,
}

/// Forgets a passkey.
///
/// # Errors
/// When the database refuses.
pub async fn remove_passkey(
    State(state): State<AppState>,
    staff: Staff,
    Form(raw): Form<Gone>,
) -> Result<Response, AppError> {
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(HERE));
    }
    let id: PasskeyId = raw.passkey.parse().map_err(|_| AppError::not_found())?;
    let removed = passkeys::remove(&state.deps, &staff.actor, &id).await?;
    let to = if removed { "/staff/you?done=removed" } else { "/staff/you?done=kept" };
    Ok(Redirect::to(to).into_response())
}

/// Makes new recovery codes and shows them this once.
///
/// # Errors
/// When the database refuses.
pub async fn new_codes(State(state): State<AppState>, staff: Staff) -> Result<Response, AppError> {
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(HERE));
    }
    let codes = people::new_recovery_codes(&state.deps, &staff.actor).await?;
    let mut shown = blank(&state, &staff, "New recovery codes", HERE);
    shown.back = Some(Link::new("You", HERE));
    shown.lead = "Those before no longer work. These are not shown again.".to_owned();
    shown.sections = vec![codes_section(codes)];
    show(&shown)
}

/// Ends every other session.
///
/// # Errors
/// When the database refuses.
pub async fn sign_out_others(State(state): State<AppState>, staff: Staff) -> Result<Response, AppError> {
    door::sign_out_others(&state.deps, &staff.actor, &staff.session.id_sha256).await?;
    Ok(Redirect::to("/staff/you?done=others").into_response())
}
