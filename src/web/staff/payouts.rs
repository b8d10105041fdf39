//! `/staff/payouts`: what Stripe paid out to the bank, and the month's balance (AC-6, AC-7).

use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use jiff::civil::Date;
use serde::Deserialize;

use super::guard::Staff;
use super::look::{Look, column, figures};
use super::view::zone;
use super::{blank, show};
use crate::domain::balance::category_words;
use crate::domain::dates;
use crate::domain::money::{Currency, Money};
use crate::domain::role::Right;
use crate::domain::states::PayoutState;
use crate::services::payouts::{self as service, Roll, month_before, next_month};
use crate::services::{ServiceError, staff::record_list};
use crate::store::balance::CategorySum;
use crate::store::paging::Place;
use crate::store::payouts::{self, PayoutRow};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::pages::{
    Cell, Chip, ChipTone, DataTable, Empty, Fact, Facts, Link, Pager, Section, TableSection,
};
use crate::web::router::{Policy, Route};

/// The list.
pub const HERE: &str = "/staff/payouts";
/// The month's balance.
const BALANCE: &str = "/staff/balance";
/// Rows on a page.
const PAGE: usize = 20;

/// The routes of the list and the balance.
pub const ROUTES: &[Route] = &[
    Route { path: HERE, policy: Policy::Staff(Right::SeeMoney), methods: || get(list) },
    Route { path: BALANCE, policy: Policy::Staff(Right::SeeMoney), methods: || get(balance) },
];

/// What follows which row.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    after: String,
}

/// Shows the payouts, the newest first.
///
/// # Errors
/// When the database refuses.
pub async fn list(
    State(state): State<AppState>,
    staff: Staff,
    Query(wanted): Query<Wanted>,
) -> Result<Response, AppError> {
    let after: Option<Place> = wanted.after.parse().ok();
    let mut rows = {
        let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
        payouts::list(&mut read, after.as_ref(), PAGE as i64 + 1).await.map_err(ServiceError::from)?
    };
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    record_list(&state.deps, &staff.actor, "payouts", rows.len()).await?;
    let look = Look { state: &state, staff: &staff };
    let mut shown = blank(&state, &staff, "Payouts", HERE);
    shown.lead =
        "What Stripe paid out to the bank, and whether every penny of it is in the books.".to_owned();
    shown.actions = vec![Link::new("The month’s balance", BALANCE)];
    let older = more.then(|| rows.last().map(|p| format!("{HERE}?after={}", p.place()))).flatten();
    let newest = if after.is_some() { HERE.to_owned() } else { String::new() };
    shown.pager = (older.is_some() || after.is_some()).then(|| Pager {
        shown: format!("{} on this page", rows.len()),
        older: older.unwrap_or_default(),
        newest,
        ..Pager::default()
    });
    shown.sections = vec![Section::Table(TableSection {
        table: DataTable {
            caption: "Payouts".to_owned(),
            quiet_caption: true,
            columns: vec![
                column("At the bank"),
                figures("Sum"),
                column("State"),
                figures("Lines"),
                column("In the books"),
                column("Bank’s file"),
            ],
            rows: rows.iter().map(|p| row(look, p)).collect(),
            totals: Vec::new(),
        },
        empty: Some(Empty {
            title: "No payout yet".to_owned(),
            text: "Stripe pays out some days after the first gift.".to_owned(),
            ..Empty::default()
        }),
        ..TableSection::default()
    })];
    show(&shown)
}

fn row(look: Look<'_>, p: &PayoutRow) -> Vec<Cell> {
    let lines = if p.listed_at.is_some() { p.lines.to_string() } else { String::new() };
    let bank = match (&p.bank_line, p.booked_on) {
        (Some(line), Some(on)) => Cell::link(look.day(on.0), format!("/staff/offline/lines/{line}")),
        _ => Cell::new("Not matched"),
    };
    vec![
        Cell { note: p.stripe_payout.clone(), ..Cell::link(look.day(p.arrives_on.0), href(p)) },
        Cell::new(look.money(p.amount())),
        Cell { note: label(p).to_owned(), ..Cell::chip(state_chip(p.state)) },
        Cell::new(lines),
        Cell::chip(books_chip(p)),
        bank,
    ]
}

/// The page of a payout.
pub fn href(p: &PayoutRow) -> String {
    format!("{HERE}/{}", p.id)
}

/// What kind of payout it is, where that matters.
pub fn label(p: &PayoutRow) -> &'static str {
    match (p.automatic, p.method.as_str()) {
        (_, "instant") => "Instant",
        (false, _) => "Made by hand",
        (true, _) => "",
    }
}

/// Where a payout stands.
pub fn state_chip(state: PayoutState) -> Chip {
    match state {
        PayoutState::Pending => Chip::new(ChipTone::Wait, "To be sent"),
        PayoutState::InTransit => Chip::new(ChipTone::Wait, "On its way"),
        PayoutState::Paid => Chip::new(ChipTone::Success, "Paid"),
        PayoutState::Failed => Chip::new(ChipTone::Problem, "Refused by the bank"),
        PayoutState::Canceled => Chip::new(ChipTone::Info, "Called off"),
    }
}

fn books_chip(p: &PayoutRow) -> Chip {
    if !p.automatic {
        return Chip::new(ChipTone::Info, "Cannot be traced");
    }
    match (p.listed_at.is_some(), p.is_explained()) {
        (false, _) => Chip::new(ChipTone::Wait, "Stripe has not told yet"),
        (true, true) => Chip::new(ChipTone::Success, "To the penny"),
        (true, false) => Chip::new(ChipTone::Attention, "Not all of it"),
    }
}

/// Which month.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Month {
    month: String,
}

/// Shows a month of Stripe's balance: opening, what moved, closing.
///
/// # Errors
/// When the database refuses.
pub async fn balance(
    State(state): State<AppState>,
    staff: Staff,
    Query(wanted): Query<Month>,
) -> Result<Response, AppError> {
    let zone = zone(&state);
    let today = state.deps.clock.now().date_in(&zone);
    let month = format!("{}-01", wanted.month).parse::<Date>().unwrap_or(today).first_of_month();
    let mut rolls = service::roll(&state.deps, month, &zone).await?;
    if rolls.iter().any(Roll::has_moved) {
        rolls.retain(Roll::has_moved);
    }
    let look = Look { state: &state, staff: &staff };
    let title = format!("Stripe’s balance in {}", named(&state, month));
    let mut shown = blank(&state, &staff, &title, HERE);
    shown.back = Some(Link::new("Payouts", HERE));
    shown.lead = "What was there, what moved, what went to the bank, what was left.".to_owned();
    let mut links = vec![Link::new(named(&state, month_before(month)), month_href(month_before(month)))];
    if next_month(month) <= today {
        links.push(Link::new(named(&state, next_month(month)), month_href(next_month(month))));
    }
    shown.actions = links;
    for roll in &rolls {
        shown.sections.push(Section::Table(table(look, roll, rolls.len() > 1)));
        shown.sections.push(Section::Facts(closing(look, roll, rolls.len() > 1)));
    }
    if rolls.is_empty() {
        shown.sections = vec![Section::Table(TableSection {
            empty: Some(Empty {
                title: "Nothing is known of Stripe’s balance yet".to_owned(),
                text: "It is read every ten minutes.".to_owned(),
                ..Empty::default()
            }),
            ..TableSection::default()
        })];
    }
    show(&shown)
}

fn named(state: &AppState, month: Date) -> String {
    dates::month(month, &state.deps.config.charity.brand.locale)
}

fn month_href(month: Date) -> String {
    format!("{BALANCE}?month={:04}-{:02}", month.year(), month.month())
}

fn table(look: Look<'_>, roll: &Roll, several: bool) -> TableSection {
    let sum = |minor| look.money(Money::new(minor, roll.currency));
    let only_net = |label: &str, net: Money| {
        vec![Cell::new(label), Cell::new(""), Cell::new(""), Cell::new(""), Cell::new(look.money(net))]
    };
    let mut rows = vec![only_net("At the beginning", roll.opening)];
    rows.extend(roll.activity.iter().map(|s| sum_row(look, roll.currency, s)));
    let moved: i64 = roll.activity.iter().map(|s| s.net).sum();
    rows.push(vec![
        Cell::new("Moved in all"),
        Cell::new(roll.activity.iter().map(|s| s.count).sum::<i64>().to_string()),
        Cell::new(sum(roll.activity.iter().map(|s| s.amount).sum())),
        Cell::new(sum(roll.activity.iter().map(|s| s.fee).sum())),
        Cell::new(sum(moved)),
    ]);
    rows.extend(roll.payouts.iter().map(|s| sum_row(look, roll.currency, s)));
    TableSection {
        heading: if several { roll.currency.code().to_owned() } else { String::new() },
        table: DataTable {
            caption: format!("The balance in {}", roll.currency.code()),
            quiet_caption: true,
            columns: columns("What moved"),
            rows,
            totals: only_net("At the end", roll.closing),
        },
        ..TableSection::default()
    }
}

/// Columns of sums by category.
pub fn columns(first: &str) -> Vec<crate::web::pages::Column> {
    vec![column(first), figures("Lines"), figures("Gross"), figures("Fees"), figures("Net")]
}

/// What a category sums up to.
pub fn sum_row(look: Look<'_>, currency: Currency, s: &CategorySum) -> Vec<Cell> {
    let sum = |minor| Cell::new(look.money(Money::new(minor, currency)));
    vec![
        Cell::new(category_words(&s.category)),
        Cell::new(s.count.to_string()),
        sum(s.amount),
        sum(s.fee),
        sum(s.net),
    ]
}

fn waiting_words(count: i64) -> String {
    match count {
        1 => "One line that no payout had carried".to_owned(),
        n => format!("{n} lines that no payout had carried"),
    }
}

fn closing(look: Look<'_>, roll: &Roll, several: bool) -> Facts {
    let (count, waiting) = roll.waiting;
    let rest = Money::new(roll.closing.minor() - waiting.minor(), roll.currency);
    let remainder = Money::new(roll.remainder(), roll.currency);
    let mut rows = vec![Fact::new("Not yet paid out", look.money(waiting)).noted(waiting_words(count))];
    if !rest.is_zero() {
        rows.push(
            Fact::new("Payouts that Stripe ties to no line", look.money(rest))
                .noted("Made by hand, instant, or refused by the bank"),
        );
    }
    rows.push(Fact::new("Unexplained", look.money(remainder)).noted("Beginning and moves, less the end"));
    rows.push(Fact::new("Lines known since", look.day_of(roll.known_since)).noted(
        "What came before is in no figure here; almoner reconcile --since with an earlier day reads it.",
    ));
    let heading = match several {
        true => format!("The end in {} is made of", roll.currency.code()),
        false => "The end is made of".to_owned(),
    };
    Facts { heading, rows, ..Facts::default() }
}
