//! `/staff/offline`: gifts that came without Stripe, one by one, in batches, from the bank's files.

mod bank;
mod batch;
mod batches;
mod import;
mod line;
mod new;
mod offered;
mod pick;
pub mod returned;
pub mod upload;

use std::str::FromStr;

use axum::extract::{DefaultBodyLimit, Query, State};
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::guard::Staff;
use super::{blank, show};
use crate::config::{Charity, Entity};
use crate::domain::dates;
use crate::domain::money::{AmountError, Currency, Money};
use crate::domain::offline::{AMOUNT_AT_MOST, method_label};
use crate::domain::role::Right;
use crate::domain::states::OfflineKind;
use crate::services::ServiceError;
use crate::services::offline_gifts::bank::FILE_AT_MOST;
use crate::store::bank::{self as store_bank, Import};
use crate::store::offline_batches::{self, Batch};
use crate::store::{StoreError, offline_donors};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::Mistakes;
use crate::web::pages::{Cell, Choice, Column, DataTable, Empty, Link, Notice, Section, TableSection, Tone};
use crate::web::router::{Policy, Route};

/// The part of the menu.
const HERE: &str = "/staff/offline";
/// References, and reasons given in a line.
const LINE_AT_MOST: usize = 140;
/// Room for the other fields of a form that sends a file.
const FIELDS: usize = 64 * 1024;

const ENTER: Policy = Policy::Staff(Right::EnterGifts);

/// The routes of this part.
pub const ROUTES: &[Route] = &[
    Route { path: HERE, policy: ENTER, methods: || get(overview) },
    Route { path: "/staff/offline/new", policy: ENTER, methods: || get(new::show_form).post(new::submit) },
    Route {
        path: "/staff/offline/batches/new",
        policy: ENTER,
        methods: || get(batches::show_form).post(batches::submit),
    },
    Route {
        path: "/staff/offline/batches/{batch}",
        policy: ENTER,
        methods: || get(batch::show_batch).post(batch::add_line),
    },
    Route {
        path: "/staff/offline/batches/{batch}/remove",
        policy: ENTER,
        methods: || post(batch::remove_line),
    },
    Route { path: "/staff/offline/batches/{batch}/post", policy: ENTER, methods: || post(batch::post_batch) },
    Route { path: "/staff/offline/batches/{batch}/drop", policy: ENTER, methods: || post(batch::drop_batch) },
    Route {
        path: "/staff/offline/bank",
        policy: ENTER,
        methods: || {
            get(bank::show_form).post(bank::submit).layer(DefaultBodyLimit::max(FILE_AT_MOST + FIELDS))
        },
    },
    Route {
        path: "/staff/offline/imports/{import}",
        policy: ENTER,
        methods: || get(import::show_lines).post(import::take_all),
    },
    Route {
        path: "/staff/offline/imports/{import}/take-back",
        policy: ENTER,
        methods: || post(import::take_back),
    },
    Route {
        path: "/staff/offline/lines/{line}",
        policy: ENTER,
        methods: || get(line::show_line).post(line::take),
    },
    Route { path: "/staff/offline/lines/{line}/ignore", policy: ENTER, methods: || post(line::ignore) },
    Route { path: "/staff/offline/lines/{line}/payout", policy: ENTER, methods: || post(line::payout) },
    Route { path: "/staff/offline/lines/{line}/reopen", policy: ENTER, methods: || post(line::reopen) },
    Route {
        path: "/staff/gifts/{gift}/returned",
        policy: Policy::Staff(Right::CorrectGifts),
        methods: || get(returned::show_cheque).post(returned::submit),
    },
];

/// The id in the address; whatever is none is not there.
fn id<T: FromStr>(text: &str) -> Result<T, AppError> {
    text.parse().map_err(|_| AppError::not_found())
}

fn locale(state: &AppState) -> &str {
    &state.deps.config.charity.brand.locale
}

fn charity(state: &AppState) -> &Charity {
    &state.deps.config.charity
}

fn store(error: StoreError) -> AppError {
    ServiceError::from(error).into()
}

fn token(state: &AppState) -> String {
    state.form_key.issue(state.deps.clock.now(), &state.deps.random)
}

fn entity_name(state: &AppState, id: &str) -> String {
    charity(state).entity(id).map_or_else(|| id.to_owned(), |e| e.legal_name.clone())
}

fn success(title: impl Into<String>, text: impl Into<String>) -> Option<Notice> {
    Some(Notice { tone: Tone::Success, title: title.into(), text: text.into() })
}

fn attention(title: impl Into<String>, text: impl Into<String>) -> Option<Notice> {
    Some(Notice { tone: Tone::Attention, title: title.into(), text: text.into() })
}

fn choice(value: &str, label: impl Into<String>, chosen: &str) -> Choice {
    Choice { value: value.to_owned(), label: label.into(), selected: value == chosen }
}

fn kind_choices(kinds: &[OfflineKind], chosen: &str) -> Vec<Choice> {
    kinds.iter().map(|k| choice(k.as_str(), method_label(*k), chosen)).collect()
}

/// `uk:GBP`: an entity with a currency it takes.
fn to_choices(charity: &Charity, chosen: &str) -> Vec<Choice> {
    let pairs = charity.entities.iter().flat_map(|e| e.currencies.iter().map(move |c| (e, *c)));
    pairs.map(|(e, c)| choice(&format!("{}:{c}", e.id), format!("{}, {c}", e.legal_name), chosen)).collect()
}

/// The entity and currency of a choice.
fn to_of<'a>(charity: &'a Charity, chosen: &str) -> Option<(&'a Entity, Currency)> {
    let (entity, currency) = chosen.split_once(':')?;
    let entity = charity.entity(entity)?;
    let currency: Currency = currency.parse().ok()?;
    entity.currencies.contains(&currency).then_some((entity, currency))
}

/// A sum as typed, exact to the minor unit.
fn checked_amount(
    wrong: &mut Mistakes,
    field: &'static str,
    typed: &str,
    currency: Currency,
) -> Option<Money> {
    let words = match Money::parse_typed(typed, currency) {
        Ok(money) if money.minor() <= AMOUNT_AT_MOST => return Some(money),
        Ok(_) | Err(AmountError::TooLarge) => "Look at this sum again: it is larger than any gift".to_owned(),
        Err(AmountError::Empty) => "Enter the sum".to_owned(),
        Err(AmountError::NotPositive) => "Enter a sum above nothing".to_owned(),
        Err(AmountError::DecimalComma) => "Write the decimals after a full stop, like 10.00".to_owned(),
        Err(AmountError::TooManyDecimals) => match currency.exponent() {
            0 => format!("Enter whole {currency}, without decimals"),
            n => format!("Enter {n} decimals or fewer"),
        },
        Err(AmountError::NotANumber) => "Enter the sum in figures, like 25 or 25.50".to_owned(),
    };
    wrong.insert(field, words);
    None
}

/// A day that is not to come, in the entity's zone.
fn checked_day(
    wrong: &mut Mistakes,
    state: &AppState,
    entity: &Entity,
    typed: &str,
) -> Option<jiff::civil::Date> {
    let today = state.deps.clock.now().date_in(&entity.time_zone);
    let earliest = jiff::civil::date(1990, 1, 1);
    let words = match typed.trim().parse::<jiff::civil::Date>() {
        Ok(day) if day > today => "This day is still to come. Enter the day it was received".to_owned(),
        Ok(day) if day < earliest => "Look at this day again: it is long ago".to_owned(),
        Ok(day) => return Some(day),
        Err(_) => format!("Enter the day, like {today}"),
    };
    wrong.insert("received_on", words);
    None
}

/// Which day counts, by the law of each entity's country.
fn day_hint(charity: &Charity) -> String {
    let mut rules: Vec<(&str, Vec<&str>)> = Vec::new();
    for entity in &charity.entities {
        let rule = crate::domain::offline::day_rule(entity.country.as_str());
        match rules.iter_mut().find(|(known, _)| *known == rule) {
            Some((_, names)) => names.push(&entity.legal_name),
            None => rules.push((rule, vec![&entity.legal_name])),
        }
    }
    match rules.as_slice() {
        [(rule, _)] => format!("{rule}."),
        many => many
            .iter()
            .map(|(rule, names)| format!("{}: {rule}.", names.join(", ")))
            .collect::<Vec<_>>()
            .join(" "),
    }
}

/// `1 gift`, `200 gifts`.
fn counted(count: i64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn column(label: &str, figure: bool) -> Column {
    Column { label: label.to_owned(), figure, ..Column::default() }
}

/// `Ada Marsh, ada@donor.example, Exampleton EX1 0AA`.
fn donor_line(found: &offline_donors::Found) -> String {
    let email = if found.email.is_empty() { "no mailbox".to_owned() } else { found.email.clone() };
    let parts = [found.name(), email, found.place.trim().to_owned()];
    parts.into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(", ")
}

/// What has just happened, in a word of the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

/// Shows what is under way.
///
/// # Errors
/// When the database refuses.
pub async fn overview(
    State(state): State<AppState>,
    staff: Staff,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let mut read = state.deps.store.read().await.map_err(store)?;
    let batches = offline_batches::open_batches(&mut read).await.map_err(store)?;
    let imports = store_bank::last_imports(&mut read).await.map_err(store)?;
    drop(read);
    let mut shown = blank(&state, &staff, "Enter gifts", HERE);
    shown.lead = "Gifts by cheque, in cash, by bank transfer and by standing order.".to_owned();
    if done.done == "taken-back" {
        shown.notice =
            success("The file is taken back.", "None of its lines are kept. It can be read again.");
    }
    shown.actions = vec![
        Link::new("Enter a gift", "/staff/offline/new"),
        Link::new("Open a batch", "/staff/offline/batches/new"),
        Link::new("Read a bank file", "/staff/offline/bank"),
        Link::new("From another system", "/staff/imports"),
    ];
    shown.sections = vec![
        Section::Table(TableSection {
            heading: "Open batches".to_owned(),
            table: batch_table(&state, &batches),
            empty: Some(Empty {
                title: "No batch is open".to_owned(),
                text: "Open one to enter many gifts against a sum counted by hand.".to_owned(),
                action: Some(Link::new("Open a batch", "/staff/offline/batches/new")),
            }),
            ..TableSection::default()
        }),
        Section::Table(TableSection {
            heading: "Bank files".to_owned(),
            table: import_table(&state, &imports),
            empty: Some(Empty {
                title: "No file was read yet".to_owned(),
                text: "Download a statement from your bank, as CSV or CAMT.053.".to_owned(),
                action: Some(Link::new("Read a bank file", "/staff/offline/bank")),
            }),
            ..TableSection::default()
        }),
    ];
    show(&shown)
}

fn batch_table(state: &AppState, batches: &[Batch]) -> DataTable {
    let locale = locale(state);
    let row = |b: &Batch| {
        let entity = charity(state).entity(&b.entity_id);
        let opened = entity.map(|e| b.opened_at.date_in(&e.time_zone)).unwrap_or(b.received_on.0);
        vec![
            Cell::link(b.name.as_str(), format!("/staff/offline/batches/{}", b.id)),
            Cell::new(method_label(b.kind)),
            Cell::new(format!("{}, {}", dates::long(opened, locale), b.opened_by)),
            Cell::new(format!("{} of {}", b.entered, b.control_count)),
            Cell::new(format!("{} of {}", b.sum().display(locale), b.control().display(locale))),
        ]
    };
    DataTable {
        caption: "Open batches".to_owned(),
        quiet_caption: true,
        columns: vec![
            column("Batch", false),
            column("Kind", false),
            column("Opened", false),
            column("Gifts", true),
            column("Sum", true),
        ],
        rows: batches.iter().map(row).collect(),
        totals: Vec::new(),
    }
}

fn import_table(state: &AppState, imports: &[Import]) -> DataTable {
    let locale = locale(state);
    let row = |i: &Import| {
        let zone =
            charity(state).entity(&i.entity_id).map_or(jiff::tz::TimeZone::UTC, |e| e.time_zone.clone());
        vec![
            Cell::link(i.file_name.as_str(), format!("/staff/offline/imports/{}", i.id)),
            Cell::new(i.account.as_str()),
            Cell::new(format!("{}, {}", dates::long(i.imported_at.date_in(&zone), locale), i.imported_by)),
            Cell::new(i.lines.to_string()),
            Cell::new(i.sum().display(locale)),
            Cell::new(i.open.to_string()),
        ]
    };
    DataTable {
        caption: "Bank files".to_owned(),
        quiet_caption: true,
        columns: vec![
            column("File", false),
            column("Account", false),
            column("Read", false),
            column("Lines", true),
            column("Sum", true),
            column("To look at", true),
        ],
        rows: imports.iter().map(row).collect(),
        totals: Vec::new(),
    }
}
