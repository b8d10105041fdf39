//! `/staff/welcome/{token}`: an invitation becomes a sign-in.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::door::problems;
use super::door_frame;
use super::guard::{Browser, cookie_line};
use crate::domain::password;
use crate::services::staff::invite::{self, Chosen, Welcome};
use crate::services::staff::{passkeys, totp};
use crate::store::staff::{Invitation, StaffMember};
use crate::web::AppState;
use crate::web::account::{page, password_words, secret};
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes, NAME_AT_MOST, field};
use crate::web::pages::{
    FieldKind, FormField, Hidden, Lines, Link, PASSWORD_HINT, Section, Square, StaffForm, StaffPage, Words,
};
use crate::web::router::{Policy, Route};

/// The routes of invitations.
pub const ROUTES: &[Route] = &[Route {
    path: "/staff/welcome/{token}",
    policy: Policy::StaffDoor,
    methods: || get(show).post(submit),
}];

/// With what one wants to sign in: `passkey`, or an authenticator.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    with: String,
}

/// The form as sent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    name: String,
    password: String,
    code: String,
    credential: String,
    with: String,
}

fn over(state: &AppState) -> StaffPage {
    StaffPage {
        layout: door_frame(state, "Invitation"),
        title: "This invitation no longer works".to_owned(),
        lead: "It was used, replaced by a newer one, or is older than two days.".to_owned(),
        sections: vec![Section::Words(Words {
            paragraphs: vec![
                "Ask whoever invited you for a new one. If you have set yourself up, sign in.".to_owned(),
            ],
            links: vec![Link::new("Sign in", "/staff/sign-in")],
            ..Words::default()
        })],
        ..StaffPage::default()
    }
}

/// Shows what is to be chosen.
///
/// # Errors
/// When the database refuses.
pub async fn show(
    State(state): State<AppState>,
    Path(token): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, AppError> {
    let Some((invitation, member)) = invite::open(&state.deps, &token).await? else {
        return page(StatusCode::GONE, &over(&state));
    };
    let raw = Raw { with: asked.with, ..Raw::default() };
    page(StatusCode::OK, &form_page(&state, &token, &invitation, &member, &raw, &Mistakes::new()).await?)
}

async fn form_page(
    state: &AppState,
    token: &str,
    invitation: &Invitation,
    member: &StaffMember,
    raw: &Raw,
    wrong: &Mistakes,
) -> Result<StaffPage, AppError> {
    let here = format!("/staff/welcome/{token}");
    let options = match raw.with.as_str() {
        "passkey" => passkeys::offer_to_invited(&state.deps, invitation, member).await?,
        _ => None,
    };
    let mut layout = door_frame(state, "Welcome");
    let mut sections = Vec::new();
    let mut fields = vec![
        FormField::new("name", "Your name", FieldKind::Text, field(wrong, "name", &raw.name))
            .hinted("As colleagues see it beside what you do"),
        FormField::new(
            "password",
            "Choose a password",
            FieldKind::Password("new-password"),
            field(wrong, "password", ""),
        )
        .hinted(PASSWORD_HINT),
    ];
    let by_passkey = options.is_some();
    if by_passkey {
        layout.js = Some(state.assets.href("staff.js"));
    } else {
        let secret = totp::offered(&state.deps, &invitation.id);
        let enrolment = totp::enrolment(&state.deps, &secret, &member.email)?;
        sections.push(Section::Square(Square {
            heading: "Your authenticator".to_owned(),
            lead: "Read this square with an authenticator app on your telephone. It then shows a new code every half minute."
                .to_owned(),
            path: enrolment.path,
            side: enrolment.side,
            text: enrolment.text,
        }));
        let code = field(wrong, "code", "");
        fields.push(FormField::new("code", "The six digits it shows", FieldKind::Code, code));
    }
    let mut hidden = vec![Hidden::new("with", if by_passkey { "passkey" } else { "" })];
    if by_passkey {
        hidden.push(Hidden::new("credential", ""));
    }
    sections.push(Section::Form(Box::new(StaffForm {
        heading: "You".to_owned(),
        action: here.clone(),
        fields,
        hidden,
        button: if by_passkey { "Make the passkey and go on" } else { "Go on" }.to_owned(),
        script: if by_passkey { "passkey-add" } else { "" },
        data: options.map(|o| o.to_string()).unwrap_or_default(),
        ..StaffForm::default()
    })));
    sections.extend(other_way(state, &here, by_passkey));
    Ok(StaffPage {
        layout,
        problems: problems(wrong),
        title: "Welcome to the office".to_owned(),
        lead: format!("You sign in as {}, with a password and a second proof that it is you.", member.email),
        sections,
        ..StaffPage::default()
    })
}

fn other_way(state: &AppState, here: &str, by_passkey: bool) -> Option<Section> {
    let link = match (by_passkey, passkeys::are_possible(&state.deps)) {
        (true, _) => Link::new("Use an authenticator instead", here),
        (false, true) => Link::new("Use a passkey instead", format!("{here}?with=passkey")),
        (false, false) => return None,
    };
    Some(Section::Words(Words { links: vec![link], ..Words::default() }))
}

/// Sets somebody up, and shows the recovery codes this once.
///
/// # Errors
/// When the database refuses, or the password cannot be hashed now.
pub async fn submit(
    State(state): State<AppState>,
    Path(token): Path<String>,
    browser: Browser,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let Some((invitation, member)) = invite::open(&state.deps, &token).await? else {
        return page(StatusCode::GONE, &over(&state));
    };
    let brand = &state.deps.config.charity.brand;
    let mut wrong = Mistakes::new();
    let name = forms::line(&mut wrong, "name", &raw.name, NAME_AT_MOST, Some("Enter your name"));
    if let Err(problem) = password::check(&raw.password, &[&name, &member.email, &brand.name]) {
        wrong.insert("password", password_words(problem, brand));
    }
    if wrong.is_empty() {
        let password = secret(raw.password.clone());
        let chosen =
            Chosen { name: &name, password: &password, code: &raw.code, credential: &raw.credential };
        match invite::accept(&state.deps, &token, &chosen, browser.caller()).await? {
            Welcome::In { cookie, recovery_codes } => return welcome(&state, &cookie, recovery_codes),
            Welcome::Over => return page(StatusCode::GONE, &over(&state)),
            Welcome::WrongCode => {
                wrong.insert("code", "This code does not fit. Wait for the next one and enter it".to_owned());
            }
            Welcome::WrongPasskey => {
                wrong.insert(
                    "name",
                    "The passkey was not made. Try again, or use an authenticator".to_owned(),
                );
            }
        }
    }
    let shown = form_page(&state, &token, &invitation, &member, &raw, &wrong).await?;
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

fn welcome(state: &AppState, cookie: &str, codes: Vec<String>) -> Result<Response, AppError> {
    let shown = StaffPage {
        layout: door_frame(state, "Recovery codes"),
        title: "You are set up".to_owned(),
        lead: "Keep these codes where you keep what must not be lost. They are not shown again.".to_owned(),
        sections: vec![
            codes_section(codes),
            Section::Words(Words {
                links: vec![Link::new("Go to the office", "/staff")],
                ..Words::default()
            }),
        ],
        ..StaffPage::default()
    };
    let mut response = page(StatusCode::OK, &shown)?;
    if let Ok(value) = HeaderValue::from_str(&cookie_line(state, cookie)) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    Ok(response)
}

/// Recovery codes, to be written down.
pub fn codes_section(codes: Vec<String>) -> Section {
    Section::Lines(Lines {
        heading: "Recovery codes".to_owned(),
        lead: "Each works once in place of a code or passkey, should you lose your telephone.".to_owned(),
        lines: codes,
    })
}
