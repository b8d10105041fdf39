//! `/staff/sign-in`, `/staff/second-factor`, `/staff/prove`, `/staff/sign-out`.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use serde::Deserialize;

use super::door_frame;
use super::guard::{Browser, Staff, cookie_gone, cookie_line, mark_line, safe_next};
use crate::domain::role::Right;
use crate::domain::states::StaffStage;
use crate::services::accounts::Outcome;
use crate::services::staff::door::{self, Answer};
use crate::services::staff::passkeys;
use crate::store::staff_sessions::StaffSession;
use crate::web::AppState;
use crate::web::account::{held_back, page, secret};
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes, field};
use crate::web::pages::{
    Field, FieldKind, FormField, Hidden, Layout, Link, Notice, Problem, Section, StaffForm, StaffPage, Tone,
};
use crate::web::router::{Policy, Route};

/// The routes of the door.
pub const ROUTES: &[Route] = &[
    Route { path: "/staff/sign-in", policy: Policy::StaffDoor, methods: || get(show).post(submit) },
    Route { path: "/staff/second-factor", policy: Policy::StaffDoor, methods: || get(ask).post(answer) },
    Route { path: "/staff/sign-out", policy: Policy::StaffDoor, methods: || post(sign_out) },
    Route {
        path: "/staff/prove",
        policy: Policy::Staff(Right::BeInside),
        methods: || get(prove).post(proved),
    },
];

/// What a link to the page may say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    next: String,
    why: String,
}

/// The sign-in form as sent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    email: String,
    password: String,
    next: String,
}

/// The second factor as sent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Proof {
    code: String,
    credential: String,
    next: String,
}

fn notice(tone: Tone, title: &str, text: &str) -> Option<Notice> {
    Some(Notice { tone, title: title.to_owned(), text: text.to_owned() })
}

/// What is wrong with the fields of a form, for the summary above it.
pub fn problems(wrong: &Mistakes) -> Vec<Problem> {
    wrong.iter().map(|(id, text)| Problem { id: (*id).to_owned(), text: text.clone() }).collect()
}

fn next_of(wanted: &str) -> String {
    safe_next(wanted).unwrap_or_else(|| "/staff".to_owned())
}

fn sign_in_page(state: &AppState, email: Field, password: Field, next: &str) -> StaffPage {
    let form = StaffForm {
        action: "/staff/sign-in".to_owned(),
        fields: vec![
            FormField::new("email", "E-mail", FieldKind::Email, email),
            FormField::new("password", "Password", FieldKind::Password("current-password"), password),
        ],
        hidden: vec![Hidden::new("next", next)],
        button: "Go on".to_owned(),
        ..StaffForm::default()
    };
    StaffPage {
        layout: door_frame(state, "Office"),
        title: "Sign in to the office".to_owned(),
        lead: "For staff. Donors sign in elsewhere.".to_owned(),
        sections: vec![Section::Form(Box::new(form))],
        ..StaffPage::default()
    }
}

/// Shows the form; who is inside already is led on.
///
/// # Errors
/// When the page cannot be made.
pub async fn show(
    State(state): State<AppState>,
    browser: Browser,
    Query(asked): Query<Asked>,
) -> Result<Response, AppError> {
    let next = next_of(&asked.next);
    if browser.at(StaffStage::Inside).is_some() {
        return Ok(Redirect::to(&next).into_response());
    }
    let mut shown = sign_in_page(&state, Field::default(), Field::default(), &next);
    shown.notice = match asked.why.as_str() {
        "needed" => notice(Tone::Info, "Sign in to see this page.", ""),
        "ended" => notice(
            Tone::Attention,
            "You are no longer signed in.",
            "What you sent was not kept, and nothing was changed.",
        ),
        "out" => notice(Tone::Success, "You are signed out.", ""),
        _ => None,
    };
    page(StatusCode::OK, &shown)
}

/// Takes the password.
///
/// # Errors
/// When the database refuses, or more sign in at once than can be served.
pub async fn submit(
    State(state): State<AppState>,
    browser: Browser,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let next = next_of(&raw.next);
    let mut wrong = Mistakes::new();
    let email = forms::email(&mut wrong, "email", &raw.email, "Enter your e-mail address");
    if raw.password.is_empty() {
        wrong.insert("password", "Enter your password".to_owned());
    }
    if wrong.is_empty() {
        match door::sign_in(&state.deps, &email, &secret(raw.password), browser.caller()).await? {
            Outcome::Done(Some(cookie)) => {
                let mut query = url::form_urlencoded::Serializer::new(String::new());
                query.append_pair("next", &next);
                return Ok(go(&state, &format!("/staff/second-factor?{}", query.finish()), Some(&cookie)));
            }
            Outcome::Done(None) => {
                wrong.insert("password", "That address and password do not belong together".to_owned());
            }
            Outcome::TooOften => {
                let mut shown = sign_in_page(&state, Field::of(raw.email), Field::default(), &next);
                shown.notice = notice(
                    Tone::Attention,
                    "Too many tries for now.",
                    "Wait a quarter of an hour, then try again.",
                );
                return held_back(&shown);
            }
        }
    }
    let mut shown =
        sign_in_page(&state, field(&wrong, "email", &raw.email), field(&wrong, "password", ""), &next);
    shown.problems = problems(&wrong);
    page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

/// A redirect that also sets the session's cookie.
pub fn go(state: &AppState, to: &str, cookie: Option<&str>) -> Response {
    let mut response = Redirect::to(to).into_response();
    if let Some(value) = cookie.and_then(|c| HeaderValue::from_str(&cookie_line(state, c)).ok()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// The forms for a second factor: the passkey's where there is one, the code's always.
async fn factor_page(
    state: &AppState,
    session: &StaffSession,
    layout: Layout,
    action: &str,
    next: &str,
    code: Field,
) -> Result<StaffPage, AppError> {
    let mut sections = Vec::new();
    let hidden = |more: Option<Hidden>| {
        let mut all = vec![Hidden::new("next", next)];
        all.extend(more);
        all
    };
    let mut layout = layout;
    if let Some(options) = passkeys::ask(&state.deps, session).await? {
        layout.js = Some(state.assets.href("staff.js"));
        sections.push(Section::Form(Box::new(StaffForm {
            heading: "With your passkey".to_owned(),
            action: action.to_owned(),
            hidden: hidden(Some(Hidden::new("credential", ""))),
            button: "Use the passkey".to_owned(),
            script: "passkey-use",
            data: options.to_string(),
            ..StaffForm::default()
        })));
    }
    sections.push(Section::Form(Box::new(StaffForm {
        heading: "With a code".to_owned(),
        action: action.to_owned(),
        fields: vec![
            FormField::new("code", "Code", FieldKind::Code, code)
                .hinted("The six digits your authenticator shows, or one of your recovery codes"),
        ],
        hidden: hidden(None),
        button: "Go on".to_owned(),
        ..StaffForm::default()
    })));
    Ok(StaffPage { layout, sections, ..StaffPage::default() })
}

/// Asks for the second factor.
///
/// # Errors
/// When the database refuses.
pub async fn ask(
    State(state): State<AppState>,
    browser: Browser,
    Query(asked): Query<Asked>,
) -> Result<Response, AppError> {
    let Some(session) = browser.at(StaffStage::Password) else {
        return Ok(Redirect::to("/staff/sign-in").into_response());
    };
    page(StatusCode::OK, &second_factor(&state, session, &next_of(&asked.next), Field::default()).await?)
}

async fn second_factor(
    state: &AppState,
    session: &StaffSession,
    next: &str,
    code: Field,
) -> Result<StaffPage, AppError> {
    let layout = door_frame(state, "Second factor");
    let shown = factor_page(state, session, layout, "/staff/second-factor", next, code).await?;
    let back = Some(Link::new("Begin again", "/staff/sign-in"));
    Ok(StaffPage { title: "One more proof that it is you".to_owned(), back, ..shown })
}

/// Takes the second factor; right, it leads inside under a new session.
///
/// # Errors
/// When the database refuses.
pub async fn answer(
    State(state): State<AppState>,
    browser: Browser,
    Form(proof): Form<Proof>,
) -> Result<Response, AppError> {
    let next = next_of(&proof.next);
    let Some(session) = browser.at(StaffStage::Password) else {
        return Ok(Redirect::to("/staff/sign-in?why=ended").into_response());
    };
    match try_proof(&state, session, &proof, &browser).await? {
        Answer::In(cookie) => {
            let mut response = go(&state, &next, cookie.as_deref());
            if let Ok(mark) = HeaderValue::from_str(&mark_line(&state, &session.email)) {
                response.headers_mut().append(header::SET_COOKIE, mark);
            }
            Ok(response)
        }
        refused => {
            let (wrong, field) = refusal(&proof, &refused);
            let shown = second_factor(&state, session, &next, field).await?;
            refuse(shown, wrong, &refused)
        }
    }
}

async fn try_proof(
    state: &AppState,
    session: &StaffSession,
    proof: &Proof,
    browser: &Browser,
) -> Result<Answer, AppError> {
    Ok(if proof.credential.is_empty() {
        door::answer(&state.deps, session, &proof.code, browser.caller()).await?
    } else {
        passkeys::answer(&state.deps, session, &proof.credential, browser.caller()).await?
    })
}

fn refusal(proof: &Proof, answer: &Answer) -> (Mistakes, Field) {
    let mut wrong = Mistakes::new();
    let words = match (answer, proof.credential.is_empty()) {
        (Answer::TooOften, _) => "That were too many tries. Wait five minutes, then use a new code",
        (_, true) => "This code does not fit, or was used before. Wait for the next one",
        (_, false) => "The passkey did not answer. Try it again, or use a code",
    };
    wrong.insert("code", words.to_owned());
    let field = field(&wrong, "code", "");
    (wrong, field)
}

fn refuse(mut shown: StaffPage, wrong: Mistakes, answer: &Answer) -> Result<Response, AppError> {
    shown.problems = problems(&wrong);
    if *answer == Answer::TooOften {
        held_back(&shown)
    } else {
        page(StatusCode::UNPROCESSABLE_ENTITY, &shown)
    }
}

async fn prove_page(state: &AppState, staff: &Staff, next: &str, code: Field) -> Result<StaffPage, AppError> {
    let layout = super::staff_frame(state, staff, "Prove that it is you", "");
    let shown = factor_page(state, &staff.session, layout, "/staff/prove", next, code).await?;
    Ok(StaffPage {
        title: "Prove that it is you".to_owned(),
        lead: "What comes next moves money, takes data out or changes who may do what. A proof counts for ten minutes."
            .to_owned(),
        back: Some(Link::new("Leave it", "/staff")),
        ..shown
    })
}

/// Asks for a fresh proof before a grave act.
///
/// # Errors
/// When the database refuses.
pub async fn prove(
    State(state): State<AppState>,
    staff: Staff,
    Query(asked): Query<Asked>,
) -> Result<Response, AppError> {
    page(StatusCode::OK, &prove_page(&state, &staff, &next_of(&asked.next), Field::default()).await?)
}

/// Takes a fresh proof.
///
/// # Errors
/// When the database refuses.
pub async fn proved(
    State(state): State<AppState>,
    staff: Staff,
    browser: Browser,
    Form(proof): Form<Proof>,
) -> Result<Response, AppError> {
    let next = next_of(&proof.next);
    match try_proof(&state, &staff.session, &proof, &browser).await? {
        Answer::In(_) => Ok(Redirect::to(&next).into_response()),
        refused => {
            let (wrong, field) = refusal(&proof, &refused);
            refuse(prove_page(&state, &staff, &next, field).await?, wrong, &refused)
        }
    }
}

/// Signs out: the session ends on the server, and the browser forgets what it kept of us.
///
/// # Errors
/// When the database refuses.
pub async fn sign_out(State(state): State<AppState>, browser: Browser) -> Result<Response, AppError> {
    if let Some(session) = &browser.session {
        door::sign_out(&state.deps, session, browser.from).await?;
    }
    let mut response = Redirect::to("/staff/sign-in?why=out").into_response();
    if let Ok(value) = HeaderValue::from_str(&cookie_gone(&state)) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response.headers_mut().insert(
        HeaderName::from_static("clear-site-data"),
        HeaderValue::from_static("\"cache\", \"storage\""),
    );
    Ok(response)
}
