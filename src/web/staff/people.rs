//! `/staff/people`: who works here. Inviting, other roles, and the end of somebody's access need a fresh proof.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Deserialize;

use super::door::problems;
use super::guard::{Staff, prove_first};
use super::view::day;
use super::{another_look, blank, show};
use crate::domain::ids::StaffId;
use crate::domain::role::{Right, Roles};
use crate::domain::states::{Role, StaffState};
use crate::services::ServiceError;
use crate::services::staff::invite::{self, Invited};
use crate::services::staff::people::{Changed, change, roles_of};
use crate::store::staff::{self, StaffMember};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes, field};
use crate::web::pages::{
    Cell, Chip, ChipTone, Column, DataTable, Field, FieldKind, FormField, Lines, Link, Notice, Section,
    StaffForm, StaffPage, TableSection, Tone,
};
use crate::web::router::{Policy, Route};

const HERE: &str = "/staff/people";
const REASON_AT_MOST: usize = 500;

/// The routes of who works here.
pub const ROUTES: &[Route] = &[
    Route { path: HERE, policy: Policy::Staff(Right::ManageStaff), methods: || get(list) },
    Route {
        path: "/staff/people/invite",
        policy: Policy::Staff(Right::ManageStaff),
        methods: || get(invite_form).post(send_invitation),
    },
    Route {
        path: "/staff/people/{person}",
        policy: Policy::Staff(Right::ManageStaff),
        methods: || get(one).post(change_one),
    },
];

/// What has just happened.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// Shows everybody.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    State(state): State<AppState>,
    staff: Staff,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let everybody = async {
        let mut read = state.deps.store.read().await?;
        staff::everybody(&mut read).await
    };
    let everybody = everybody.await.map_err(ServiceError::from)?;
    let mut shown = blank(&state, &staff, "Staff", HERE);
    shown.actions = vec![Link::new("Invite somebody", "/staff/people/invite")];
    if done.done == "changed" {
        let title = "Changed. It holds from their next click.".to_owned();
        shown.notice = Some(Notice { tone: Tone::Success, title, text: String::new() });
    }
    let row = |m: &StaffMember| {
        vec![
            Cell { note: m.email.clone(), ..Cell::link(m.name.clone(), format!("{HERE}/{}", m.id)) },
            Cell::new(m.roles.in_words()),
            Cell::chip(standing(m.state)),
            Cell::new(day(&state, m.created_at)),
        ]
    };
    let columns = ["Name", "Roles", "State", "Since"];
    shown.sections = vec![Section::Table(TableSection {
        table: DataTable {
            caption: "Staff".to_owned(),
            quiet_caption: true,
            columns: columns.iter().map(|l| Column { label: (*l).to_owned(), ..Column::default() }).collect(),
            rows: everybody.iter().map(row).collect(),
            totals: Vec::new(),
        },
        ..TableSection::default()
    })];
    show(&shown)
}

fn standing(state: StaffState) -> Chip {
    match state {
        StaffState::Invited => Chip::new(ChipTone::Wait, "Invited"),
        StaffState::Active => Chip::new(ChipTone::Success, "Active"),
        StaffState::Disabled => Chip::new(ChipTone::Info, "Ended"),
    }
}

/// Roles and what goes with them, as sent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    email: String,
    support: String,
    finance: String,
    admin: String,
    ended: String,
    why: String,
}

impl Raw {
    fn roles(&self) -> Option<Roles> {
        roles_of(self.support == "yes", self.finance == "yes", self.admin == "yes")
    }

    fn of(member: &StaffMember) -> Raw {
        let yes = |on: bool| if on { "yes".to_owned() } else { String::new() };
        Raw {
            email: member.email.clone(),
            support: yes(member.roles.has(Role::Support)),
            finance: yes(member.roles.has(Role::Finance)),
            admin: yes(member.roles.has(Role::Admin)),
            ended: yes(member.state == StaffState::Disabled),
            why: String::new(),
        }
    }
}

fn role_fields(raw: &Raw, wrong: &Mistakes) -> Vec<FormField> {
    let tick = |name: &'static str, label: &str, hint: &str, on: &str| {
        FormField::new(name, label, FieldKind::Tick(on == "yes"), field(wrong, name, "")).hinted(hint)
    };
    vec![
        tick("support", "Support", "Finds donors and gifts, sends again, writes notes", &raw.support),
        tick("finance", "Finance", "Money, corrections, gifts by hand, exports, audit", &raw.finance),
        tick("admin", "Admin", "People and settings; moves no money", &raw.admin),
    ]
}

fn invite_page(state: &AppState, staff: &Staff, raw: &Raw, wrong: &Mistakes) -> StaffPage {
    let mut shown = blank(state, staff, "Invite somebody", HERE);
    shown.back = Some(Link::new("Staff", HERE));
    shown.problems = problems(wrong);
    shown.lead =
        "You get a link that works once, for two days. Hand it over in a way you trust. Somebody who lost \
                  what they sign in with is invited again: that ends everything they had, and a letter tells them that you \
                  did it."
            .to_owned();
    let mut fields =
        vec![FormField::new("email", "E-mail", FieldKind::Email, field(wrong, "email", &raw.email))];
    fields.extend(role_fields(raw, wrong));
    shown.sections = vec![Section::Form(Box::new(StaffForm {
        action: "/staff/people/invite".to_owned(),
        fields,
        button: "Make the link".to_owned(),
        ..StaffForm::default()
    }))];
    shown
}

/// Shows the form of an invitation.
///
/// # Errors
/// When the page cannot be made.
pub async fn invite_form(State(state): State<AppState>, staff: Staff) -> Result<Response, AppError> {
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first("/staff/people/invite"));
    }
    show(&invite_page(&state, &staff, &Raw::default(), &Mistakes::new()))
}

/// Makes an invitation and shows its link this once.
///
/// # Errors
/// When the database refuses.
pub async fn send_invitation(
    State(state): State<AppState>,
    staff: Staff,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first("/staff/people/invite"));
    }
    let mut wrong = Mistakes::new();
    let email = forms::email(&mut wrong, "email", &raw.email, "Enter their e-mail address");
    let roles = raw.roles();
    if roles.is_none() {
        wrong.insert("support", "Choose one role or more".to_owned());
    }
    if email.eq_ignore_ascii_case(&staff.email) {
        wrong
            .insert("email", "You cannot invite yourself: somebody else does, should you need it".to_owned());
    }
    let Some(roles) = roles.filter(|_| wrong.is_empty()) else {
        return another_look(&invite_page(&state, &staff, &raw, &wrong));
    };
    let (address, reset) = match invite::invite_by(&state.deps, &staff.actor, &email, &roles).await? {
        Invited::Link { address, reset } => (address, reset),
        Invited::LastAdmin => {
            let words = "Nobody would be left who manages staff. Whoever runs the server can invite them";
            wrong.insert("email", words.to_owned());
            return another_look(&invite_page(&state, &staff, &raw, &wrong));
        }
    };
    let mut shown = blank(&state, &staff, "The invitation", HERE);
    shown.back = Some(Link::new("Staff", HERE));
    if reset {
        shown.notice = Some(reset_notice(&email, &staff.actor.name));
    }
    shown.sections = vec![Section::Lines(Lines {
        heading: format!("For {email}"),
        lead: "It works once, until the day after tomorrow. It is not shown again.".to_owned(),
        lines: vec![address],
    })];
    show(&shown)
}

fn reset_notice(email: &str, by: &str) -> Notice {
    Notice {
        tone: Tone::Attention,
        title: "Their access was reset.".to_owned(),
        text: format!("What they signed in with works no longer. A letter to {email} says that {by} did it."),
    }
}

fn person_page(
    state: &AppState,
    staff: &Staff,
    member: &StaffMember,
    raw: &Raw,
    wrong: &Mistakes,
) -> StaffPage {
    let mut shown = blank(state, staff, &member.name, HERE);
    shown.back = Some(Link::new("Staff", HERE));
    shown.chip = Some(standing(member.state));
    shown.lead.clone_from(&member.email);
    shown.problems = problems(wrong);
    let mut fields = role_fields(raw, wrong);
    let end = FieldKind::Tick(raw.ended == "yes");
    fields.push(
        FormField::new("ended", "End their access", end, Field::default())
            .hinted("They are signed out at once. To let them in again, invite them"),
    );
    fields.push(FormField::new(
        "why",
        "Reason",
        FieldKind::Area(REASON_AT_MOST),
        field(wrong, "why", &raw.why),
    ));
    shown.sections = vec![Section::Form(Box::new(StaffForm {
        heading: "What they may do".to_owned(),
        action: format!("{HERE}/{}", member.id),
        fields,
        button: "Save".to_owned(),
        ..StaffForm::default()
    }))];
    shown
}

async fn member_of(state: &AppState, person: &str) -> Result<StaffMember, AppError> {
    let id: StaffId = person.parse().map_err(|_| AppError::not_found())?;
    let found = async {
        let mut read = state.deps.store.read().await?;
        staff::by_id(&mut read, &id).await
    };
    found.await.map_err(ServiceError::from)?.ok_or_else(AppError::not_found)
}

/// Shows one member of staff.
///
/// # Errors
/// When there is nobody of that id, or the database refuses.
pub async fn one(
    State(state): State<AppState>,
    staff: Staff,
    Path(person): Path<String>,
) -> Result<Response, AppError> {
    let member = member_of(&state, &person).await?;
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(&format!("{HERE}/{}", member.id)));
    }
    show(&person_page(&state, &staff, &member, &Raw::of(&member), &Mistakes::new()))
}

/// Changes what one member of staff may do.
///
/// # Errors
/// When there is nobody of that id, or the database refuses.
pub async fn change_one(
    State(state): State<AppState>,
    staff: Staff,
    Path(person): Path<String>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let member = member_of(&state, &person).await?;
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(&format!("{HERE}/{}", member.id)));
    }
    let mut wrong = Mistakes::new();
    let why = forms::line(&mut wrong, "why", &raw.why, REASON_AT_MOST, Some("Say why"));
    let roles = raw.roles();
    if roles.is_none() {
        wrong.insert("support", "Choose one role or more, or end their access".to_owned());
    }
    if let Some(roles) = roles.filter(|_| wrong.is_empty()) {
        let ends = raw.ended == "yes";
        match change(&state.deps, &staff.actor, &member.id, &roles, ends, &why).await? {
            Changed::Done => return Ok(Redirect::to("/staff/people?done=changed").into_response()),
            Changed::Unknown => return Err(AppError::not_found()),
            Changed::LastAdmin => {
                wrong.insert("admin", "Somebody must be left who manages staff".to_owned());
            }
            Changed::Oneself => {
                wrong.insert("support", "Your own roles are changed by somebody else".to_owned());
            }
        }
    }
    another_look(&person_page(&state, &staff, &member, &raw, &wrong))
}
