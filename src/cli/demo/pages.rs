//! The demo's own pages: start, mailbox, clock. They exist only while the demo runs.

use std::time::Duration;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Form, Router};
use serde::Deserialize;

use super::World;
use super::mailbox::{self, Caught};
use super::sign_ins::{self, SIGN_INS};
use super::staff;
use crate::clock::Ts;
use crate::config::Rgb;
use crate::domain::dates;
use crate::web::pages::home_demo::{Place, SignIn};
use crate::web::pages::{Colour, StyleguidePage};
use crate::web::pages::{HomeDemoPage, Layout, Link};
use crate::web::{AppState, frame, portal_css};

/// The routes, to be merged into the application's.
pub fn routes(world: World) -> Router<AppState> {
    Router::new()
        .route("/demo", get(start))
        .route("/styleguide", get(styleguide))
        .route("/demo/demo.css", get(stylesheet))
        .route("/demo/mail", get(mail_list))
        .route("/demo/mail/{name}", get(mail_show))
        .route("/demo/mail/{name}/html", get(mail_html))
        .route("/demo/codes", get(staff::codes))
        .route("/demo/clock", get(clock_show).post(clock_move))
        .layer(Extension(world))
}

pub(super) fn layout(state: &AppState, title: &str) -> Layout {
    let mut layout = frame(state, None, title);
    layout.noindex = true;
    layout.css.insert(1, portal_css(state));
    layout.css.push("/demo/demo.css".to_owned());
    layout
}

async fn stylesheet() -> Response {
    let css = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (css, include_str!("../../../assets/demo.css")).into_response()
}

pub(super) fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "demo page");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

async fn start(State(state): State<AppState>) -> Response {
    let place =
        |label: &str, href: &str, text: &str| Place { link: Link::new(label, href), text: text.to_owned() };
    page(&HomeDemoPage {
        layout: layout(&state, "Demo"),
        heading: "See Almoner at work".to_owned(),
        lead: "An invented charity, a stand-in for Stripe and a mailbox, all on this machine. No money moves and no mail leaves."
            .to_owned(),
        places: vec![
            place("Give", "/give", "The giving form: once, every month, every three months or every year. The payment page has cards that work, that are declined, that ask the bank, and Direct Debit."),
            place("Read the mailbox", "/demo/mail", "Every receipt and notice the charity has sent."),
            place("Look round the donor's area", "/portal", "Sign in below as somebody who has given for years, once, or never: overview, gifts, receipts, details, e-mail choices."),
            place("Work in the office", "/staff", "Sign in as finance, support or admin: see what needs doing, find anybody, enter a cheque, give money back. The codes for the second step are on a page of their own."),
            place("Codes for the office", "/demo/codes", "Stands in for the telephones of the staff: addresses, password and the codes that work now."),
            place("See the parts", "/styleguide", "Every component of the pages, in light and dark."),
            place("Move time", "/demo/clock", "Let a Direct Debit settle, or see next month's gift arrive now."),
        ],
        sign_ins: SIGN_INS.iter().map(sign_in).collect(),
    })
}

fn sign_in(s: &sign_ins::SignIn) -> SignIn {
    SignIn {
        who: format!("{} {}", s.given_name, s.family_name),
        email: format!("{}. {}", s.says, s.email),
        secret: sign_ins::PASSWORD.to_owned(),
        href: "/sign-in".to_owned(),
    }
}

/// Every component on one page, with the colours of the charity file.
async fn styleguide(State(state): State<AppState>) -> Response {
    let brand = &state.deps.config.charity.brand;
    let colour = |name: &str, rgb: Rgb, on: &str, paper: Rgb| {
        Colour::new(name, rgb.css(), on, format!("{:.1} : 1", rgb.contrast(paper)))
    };
    let (white, night) = (Rgb(255, 255, 255), Rgb(0x12, 0x17, 0x1b));
    let colours = vec![
        colour("Accent", brand.accent, "on white", white),
        colour("Ink", brand.ink, "on white", white),
        colour("Accent in the dark", brand.accent_dark, "on dark paper", night),
    ];
    let mut layout = layout(&state, "Style guide");
    layout.wide = true;
    page(&StyleguidePage::new(layout, colours))
}

#[derive(Template)]
#[template(path = "demo/mail_list.html")]
struct MailList {
    layout: Layout,
    mails: Vec<MailLine>,
}

struct MailLine {
    href: String,
    subject: String,
    to: String,
    date: String,
}

#[derive(Template)]
#[template(path = "demo/mail_show.html")]
struct MailShow {
    layout: Layout,
    subject: String,
    to: String,
    date: String,
    html_href: String,
    text: String,
}

fn day(mail: &Caught) -> String {
    let date = Ts::from_unix(mail.date).date_in(&jiff::tz::TimeZone::UTC);
    dates::long(date, "en-GB")
}

async fn mail_list(State(state): State<AppState>, Extension(world): Extension<World>) -> Response {
    let line = |m: Caught| MailLine {
        href: format!("/demo/mail/{}", m.name),
        date: day(&m),
        subject: m.subject,
        to: m.to,
    };
    let mails = mailbox::newest(&world.folder, 200).into_iter().map(line).collect();
    page(&MailList { layout: layout(&state, "Mailbox"), mails })
}

async fn mail_show(
    State(state): State<AppState>,
    Extension(world): Extension<World>,
    Path(name): Path<String>,
) -> Response {
    let Some(mail) = mailbox::read(&world.folder, &name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = page(&MailShow {
        layout: layout(&state, &mail.subject),
        date: day(&mail),
        html_href: format!("/demo/mail/{name}/html"),
        subject: mail.subject,
        to: mail.to,
        text: mail.text,
    });
    let policy = "default-src 'none'; style-src 'self'; img-src 'self'; font-src 'self'; frame-src 'self'; \
                  base-uri 'none'; frame-ancestors 'none'";
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

/// The mail as a mail program would show it: nothing loaded, nothing run.
async fn mail_html(Extension(world): Extension<World>, Path(name): Path<String>) -> Response {
    let Some(mail) = mailbox::read(&world.folder, &name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox allow-popups \
                  allow-popups-to-escape-sandbox";
    let headers = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy)),
        (HeaderName::from_static("x-frame-options"), HeaderValue::from_static("SAMEORIGIN")),
    ];
    (headers, Html(mail.html)).into_response()
}

#[derive(Template)]
#[template(path = "demo/clock.html")]
struct ClockPage {
    layout: Layout,
    now: String,
    moved: String,
}

/// How far to move.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Move {
    by: String,
}

async fn clock_show(
    State(state): State<AppState>,
    Extension(world): Extension<World>,
    Query(moved): Query<Move>,
) -> Response {
    let today = world.deps.clock.now().date_in(&jiff::tz::TimeZone::UTC);
    let moved = match moved.by.as_str() {
        "day" => "A day has passed.",
        "week" => "A week has passed.",
        "month" => "A month has passed.",
        _ => "",
    };
    page(&ClockPage {
        layout: layout(&state, "Move time"),
        now: dates::long(today, "en-GB"),
        moved: moved.to_owned(),
    })
}

async fn clock_move(Extension(world): Extension<World>, Form(wanted): Form<Move>) -> Response {
    let now = world.deps.clock.now();
    let days = match wanted.by.as_str() {
        "day" => 1,
        "week" => 7,
        "month" => {
            let today = now.date_in(&jiff::tz::TimeZone::UTC);
            let then = today.saturating_add(jiff::Span::new().months(1));
            u64::try_from((then - today).get_days()).unwrap_or(30)
        }
        _ => return StatusCode::UNPROCESSABLE_ENTITY.into_response(),
    };
    match world.advance(Duration::from_secs(days * 86_400)).await {
        Ok(()) => Redirect::to(&format!("/demo/clock?by={}", wanted.by)).into_response(),
        Err(error) => {
            tracing::error!(%error, "time could not be moved");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
