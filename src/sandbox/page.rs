//! The hosted page: where a donor would meet Stripe's, they meet this one.

use std::sync::Arc;

use askama::Template;
use axum::{
    Router,
    extract::{Path, RawForm, State},
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};

use super::{
    form::{self, Node},
    inner::Inner,
    state::World,
    types::{PayOutcome, Payer, TestMethod},
};

const CSS: &str = include_str!("page.css");

/// An amount with its symbol, by the currency's own number of decimals.
pub(super) fn money(amount: i64, currency: &str) -> String {
    let digits = match currency {
        "bif" | "clp" | "djf" | "gnf" | "jpy" | "kmf" | "krw" | "mga" | "pyg" | "rwf" | "vnd" | "vuv"
        | "xaf" | "xof" | "xpf" => 0,
        "bhd" | "jod" | "kwd" | "omr" | "tnd" => 3,
        _ => 2,
    };
    let code = currency.to_uppercase();
    let symbol = match currency {
        "gbp" => "£".to_owned(),
        "usd" => "$".to_owned(),
        "eur" => "€".to_owned(),
        _ => format!("{code}\u{a0}"),
    };
    let unit = 10_u64.pow(digits);
    let (whole, part) = (amount.unsigned_abs() / unit, amount.unsigned_abs() % unit);
    let sign = if amount < 0 { "-" } else { "" };
    let mut grouped = whole.to_string();
    let mut at = grouped.len();
    while at > 3 {
        at -= 3;
        grouped.insert(at, ',');
    }
    match digits {
        0 => format!("{sign}{symbol}{grouped}"),
        _ => format!("{sign}{symbol}{grouped}.{part:0width$}", width = digits as usize),
    }
}

struct Item {
    name: String,
    quantity: i64,
    amount: String,
}

struct Choice {
    value: String,
    words: String,
    /// The last digits, where the words do not have them.
    last4: &'static str,
    checked: bool,
}

#[derive(Template)]
#[template(path = "sandbox/pay.html")]
struct PayPage {
    items: Vec<Item>,
    total: Option<String>,
    frequency: Option<String>,
    message: Option<String>,
    submit: String,
    choices: Vec<Choice>,
    offers_saving: bool,
    save: bool,
    email: String,
    email_fixed: bool,
    name: String,
    action: String,
    back: Option<String>,
}

#[derive(Template)]
#[template(path = "sandbox/confirm.html")]
struct ConfirmPage {
    total: Option<String>,
    action: String,
}

#[derive(Template)]
#[template(path = "sandbox/closed.html")]
struct ClosedPage {
    words: String,
    link: Option<String>,
}

/// What was typed, to be shown again.
#[derive(Default)]
struct Typed {
    way: Option<Way>,
    payer: Payer,
}

/// What was chosen to pay with.
#[derive(PartialEq, Eq)]
enum Way {
    New(TestMethod),
    /// A saved method's id.
    Saved(String),
}

impl Way {
    fn named(name: &str) -> Option<Way> {
        match name.starts_with("pm_") {
            true => Some(Way::Saved(name.to_owned())),
            false => TestMethod::named(name).map(Way::New),
        }
    }
}

/// The page's routes.
pub(super) fn routes() -> Router<Arc<Inner>> {
    Router::new()
        .route("/pay/assets/page.css", get(stylesheet))
        .route("/pay/{id}", get(show).post(submit))
        .route("/pay/{id}/3ds", get(ask).post(answer))
}

async fn stylesheet() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], CSS).into_response()
}

async fn show(State(inner): State<Arc<Inner>>, Path(id): Path<String>) -> Response {
    inner.with(|world| pay_page(world, &id, None, &Typed::default()))
}

async fn submit(State(inner): State<Arc<Inner>>, Path(id): Path<String>, RawForm(body): RawForm) -> Response {
    let node = Node::tree(&form::pairs(&String::from_utf8_lossy(&body)));
    let text =
        |name: &str| node.text(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let typed = Typed {
        way: text("method").as_deref().and_then(Way::named),
        payer: Payer { email: text("email"), name: text("name"), save: text("save").is_some() },
    };
    inner.with(|world| {
        let Some(way) = &typed.way else {
            return pay_page(world, &id, Some("Choose a way to pay."), &typed);
        };
        if typed.payer.email.as_ref().is_some_and(|email| !email.contains('@')) {
            return pay_page(
                world,
                &id,
                Some("Enter an e-mail address with an @, like name@example.org."),
                &typed,
            );
        }
        let outcome = match way {
            Way::New(method) => world.pay(&id, *method, &typed.payer),
            Way::Saved(method) => world.pay_saved(&id, Some(method)),
        };
        follow(world, &id, outcome, &typed)
    })
}

async fn ask(State(inner): State<Arc<Inner>>, Path(id): Path<String>) -> Response {
    inner.with(|world| {
        if world.hidden(&id, "pending").is_null() || !world.is(&id, "status", "open") {
            return pay_page(world, &id, None, &Typed::default());
        }
        let page = ConfirmPage { total: total(world, &id), action: format!("/pay/{id}/3ds") };
        render(world, &id, StatusCode::OK, &page)
    })
}

async fn answer(State(inner): State<Arc<Inner>>, Path(id): Path<String>, RawForm(body): RawForm) -> Response {
    let node = Node::tree(&form::pairs(&String::from_utf8_lossy(&body)));
    let ok = node.text("answer") == Some("approve");
    inner.with(|world| {
        let outcome = world.confirm_3ds(&id, ok);
        follow(world, &id, outcome, &Typed::default())
    })
}

/// Where the outcome leads. A second press on a finished payment leads where the first did.
fn follow(world: &World, id: &str, outcome: Result<PayOutcome, String>, typed: &Typed) -> Response {
    match outcome {
        Ok(PayOutcome::Paid { return_url } | PayOutcome::Processing { return_url }) => redirect(&return_url),
        Ok(PayOutcome::Needs3ds { .. }) => redirect(&format!("/pay/{id}/3ds")),
        Ok(PayOutcome::Declined { message }) => pay_page(world, id, Some(&message), typed),
        Err(_) if world.is(id, "status", "complete") => redirect(&world.return_url(id)),
        Err(message) => pay_page(world, id, Some(&message), typed),
    }
}

fn redirect(to: &str) -> Response {
    ([(header::CACHE_CONTROL, "no-store")], Redirect::to(to)).into_response()
}

fn total(world: &World, id: &str) -> Option<String> {
    let amount = world.body(id)["amount_total"].as_i64()?;
    Some(money(amount, &world.text(id, "currency").unwrap_or_default()))
}

fn frequency(world: &World, id: &str) -> Option<String> {
    let recurring = &world.hidden(id, "line_items")[0]["price"]["recurring"];
    let (interval, count) = (recurring["interval"].as_str()?, recurring["interval_count"].as_i64()?);
    let first = if world.hidden(id, "free") == true { ", starting later" } else { "" };
    Some(match count {
        1 => format!("every {interval}{first}"),
        _ => format!("every {count} {interval}s{first}"),
    })
}

fn items(world: &World, id: &str) -> Vec<Item> {
    let lines = world.hidden(id, "line_items").as_array().cloned().unwrap_or_default();
    let item = |line: &serde_json::Value| Item {
        name: line["description"].as_str().unwrap_or_default().to_owned(),
        quantity: line["quantity"].as_i64().unwrap_or(1),
        amount: money(
            line["amount_total"].as_i64().unwrap_or_default(),
            line["currency"].as_str().unwrap_or_default(),
        ),
    };
    lines.iter().map(item).collect()
}

fn pay_page(world: &World, id: &str, message: Option<&str>, typed: &Typed) -> Response {
    let back = world.text(id, "cancel_url");
    let words = match world.text(id, "status").as_deref() {
        None => "There is no such payment page.",
        Some("complete") => "This payment has been made already. Nothing more will be taken.",
        Some("open") if world.int(id, "expires_at") > world.at => "",
        Some(_) => "This payment page has expired. Nothing was taken.",
    };
    if !words.is_empty() {
        let done = world.is(id, "status", "complete");
        let link = if done { Some(world.return_url(id)) } else { back };
        let missing = world.body(id).is_null();
        let status = if missing { StatusCode::NOT_FOUND } else { StatusCode::OK };
        return render(world, id, status, &ClosedPage { words: words.to_owned(), link });
    }
    let customer = world.text(id, "customer").unwrap_or_default();
    let fixed = world.text(id, "customer_email").or_else(|| world.text(&customer, "email"));
    let total = total(world, id);
    let page = PayPage {
        items: items(world, id),
        submit: match &total {
            Some(total) if world.hidden(id, "free") != true => format!("Pay {total}"),
            _ => "Save this way to pay".to_owned(),
        },
        total,
        frequency: frequency(world, id),
        message: message.map(str::to_owned),
        choices: choices(world, id, typed.way.as_ref()),
        offers_saving: world.offers_saving(id),
        save: typed.payer.save,
        email_fixed: fixed.is_some(),
        email: fixed.or_else(|| typed.payer.email.clone()).unwrap_or_default(),
        name: typed.payer.name.clone().unwrap_or_default(),
        action: format!("/pay/{id}"),
        back,
    };
    render(world, id, StatusCode::OK, &page)
}

/// What is saved first, with the newest chosen; then every new way.
fn choices(world: &World, id: &str, chosen: Option<&Way>) -> Vec<Choice> {
    let saved = world.saved_methods(id);
    let first = saved.first().map_or(Way::New(TestMethod::CardSuccess), |id| Way::Saved(id.clone()));
    let chosen = chosen.unwrap_or(&first);
    let kept = saved.into_iter().map(|method| Choice {
        words: world.saved_words(&method),
        last4: "",
        checked: *chosen == Way::Saved(method.clone()),
        value: method,
    });
    let offered = TestMethod::ALL.into_iter().filter(|method| world.takes(id, method.kind()));
    let new = offered.map(|method| Choice {
        value: method.name().to_owned(),
        words: method.words().to_owned(),
        last4: method.last4(),
        checked: *chosen == Way::New(method),
    });
    kept.chain(new).collect()
}

/// Browsers hold `form-action` against the redirect too, so the places the donor goes on to are named.
fn policy(world: &World, id: &str) -> String {
    let origin = |name: &str| {
        let url = world.text(id, name)?;
        let (scheme, rest) = url.split_once("://")?;
        let host = rest.split(['/', '?', '#']).next()?;
        let clean = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".:-[]".contains(&byte));
        clean.then(|| format!(" {scheme}://{host}"))
    };
    let next = origin("success_url").unwrap_or_default();
    format!(
        "default-src 'none'; style-src 'self'; form-action 'self'{next}; base-uri 'none'; frame-ancestors 'none'"
    )
}

fn render(world: &World, id: &str, status: StatusCode, page: &impl Template) -> Response {
    let text = match page.render() {
        Ok(text) => text,
        Err(error) => {
            tracing::error!(%error, "the test payment page could not be rendered");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    let mut response = (status, Html(text)).into_response();
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy(world, id)) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
