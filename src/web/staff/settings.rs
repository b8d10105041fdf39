//! `/staff/settings`: the charity file as it was read, and the days on which funds and campaigns are offered.

use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use jiff::civil::Date;
use serde::Deserialize;

use super::door::problems;
use super::guard::Staff;
use super::{another_look, blank, show};
use crate::config::{Charity, Entity};
use crate::domain::dates;
use crate::domain::role::Right;
use crate::domain::states::OfferKind;
use crate::services::ServiceError;
use crate::services::offers::{self, Outcome};
use crate::store::Day;
use crate::store::offers::{OfferWindow, Offers, every};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::forms::{self, Mistakes, field};
use crate::web::pages::{
    Cell, Chip, ChipTone, Column, DataTable, Fact, Facts, FieldKind, FormField, Link, Notice, Section,
    StaffForm, StaffPage, TableSection, Tone,
};
use crate::web::router::{Policy, Route};

const HERE: &str = "/staff/settings";
const REASON_AT_MOST: usize = 500;

/// The routes of the settings.
pub const ROUTES: &[Route] = &[
    Route { path: HERE, policy: Policy::Staff(Right::ManageSettings), methods: || get(settings) },
    Route {
        path: "/staff/settings/{kind}/{offer}",
        policy: Policy::Staff(Right::ManageSettings),
        methods: || get(window).post(set_window),
    },
];

/// What has just happened.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
}

async fn offers_now(state: &AppState) -> Result<Offers, AppError> {
    let read = async {
        let mut read = state.deps.store.read().await?;
        every(&mut read).await
    };
    Ok(read.await.map_err(ServiceError::from)?)
}

/// Shows what the charity file says, with its version, and what the office has set beside it.
///
/// # Errors
/// When the database refuses.
pub async fn settings(
    State(state): State<AppState>,
    staff: Staff,
    Query(done): Query<Done>,
) -> Result<Response, AppError> {
    let offers = offers_now(&state).await?;
    let charity = &state.deps.config.charity;
    let mut shown = blank(&state, &staff, "Settings", HERE);
    shown.lead = format!(
        "The charity file is read when the program starts. This is version {}. Only days are set here.",
        charity.version
    );
    if done.done == "set" {
        let title = "Set. The giving form follows at once.".to_owned();
        shown.notice = Some(Notice { tone: Tone::Success, title, text: String::new() });
    }
    shown.sections =
        vec![Section::Facts(brand_facts(charity)), funds(&state, &offers), campaigns(&state, &offers)];
    shown.sections.extend(charity.entities.iter().map(|e| Section::Facts(entity_facts(charity, e))));
    show(&shown)
}

fn brand_facts(charity: &Charity) -> Facts {
    let brand = &charity.brand;
    let days: Vec<String> = charity.upkeep.recovery_days.iter().map(u32::to_string).collect();
    let rows = vec![
        Fact::new("Name", brand.name.clone()),
        Fact::new("Monthly givers are called", brand.programme.clone()),
        Fact::new("Contact", brand.contact_email.clone()),
        Fact::new("Language", brand.locale.clone()),
        Fact::new("Mails after a failed charge", format!("on days {}", days.join(", "))),
    ];
    Facts { heading: "The charity".to_owned(), rows, links: Vec::new() }
}

fn entity_facts(charity: &Charity, e: &Entity) -> Facts {
    let currencies: Vec<String> = e.currencies.iter().map(|c| c.code().to_owned()).collect();
    let wording = charity.wording.versions_of(e);
    let rows = vec![
        Fact::new("Registered as", e.registrations_line()),
        Fact::new("Country", e.country.name()),
        Fact::new("Currencies", currencies.join(", ")),
        Fact::new("Zone", e.time_zone.iana_name().unwrap_or("UTC")),
        Fact::new("Receipt numbers begin with", e.receipt_prefix.clone()),
        Fact::new("Gift Aid", if e.gift_aid { "Yes" } else { "No" }),
        Fact::new("Wording versions", wording.join(", ")),
    ];
    Facts { heading: e.legal_name.clone(), rows, links: Vec::new() }
}

fn table(heading: &str, first: &str, second: &str, rows: Vec<Vec<Cell>>) -> Section {
    let columns = [first, second, "Offered", "Days", "Change"];
    Section::Table(TableSection {
        heading: heading.to_owned(),
        table: DataTable {
            caption: heading.to_owned(),
            quiet_caption: true,
            columns: columns.iter().map(|l| Column { label: (*l).to_owned(), ..Column::default() }).collect(),
            rows,
            totals: Vec::new(),
        },
        ..TableSection::default()
    })
}

fn today(state: &AppState) -> Date {
    state.deps.clock.now().date_in(&super::view::zone(state))
}

fn days(state: &AppState, window: Option<&OfferWindow>) -> String {
    let locale = &state.deps.config.charity.brand.locale;
    let long = |d: &Day| dates::long(d.0, locale);
    match window.map(|w| (w.opens_on.as_ref().map(long), w.closes_on.as_ref().map(long))) {
        None | Some((None, None)) => "Always".to_owned(),
        Some((Some(from), None)) => format!("From {from}"),
        Some((None, Some(to))) => format!("Until {to}"),
        Some((Some(from), Some(to))) => format!("{from} to {to}"),
    }
}

fn offered(open: bool) -> Cell {
    let chip = if open { Chip::new(ChipTone::Success, "Open") } else { Chip::new(ChipTone::Info, "Closed") };
    Cell::chip(chip)
}

fn funds(state: &AppState, offers: &Offers) -> Section {
    let row = |f: &crate::config::Fund| {
        vec![
            Cell { note: f.id.clone(), ..Cell::new(f.name.clone()) },
            Cell::new(f.restriction.as_str()),
            offered(offers.is_open(OfferKind::Fund, &f.id, today(state))),
            Cell::new(days(state, offers.of(OfferKind::Fund, &f.id))),
            Cell::link("Set days", format!("{HERE}/fund/{}", f.id)),
        ]
    };
    table("Funds", "Fund", "Restriction", state.deps.config.charity.funds.iter().map(row).collect())
}

fn campaigns(state: &AppState, offers: &Offers) -> Section {
    let row = |c: &crate::config::Campaign| {
        let on = today(state);
        let open = c.is_open_on(on) && offers.is_open(OfferKind::Campaign, &c.id, on);
        let in_file = OfferWindow {
            kind: OfferKind::Campaign,
            offer_id: c.id.clone(),
            opens_on: c.starts.map(Day),
            closes_on: c.ends.map(Day),
        };
        vec![
            Cell { note: c.id.clone(), ..Cell::new(c.name.clone()) },
            Cell::new(days(state, Some(&in_file))),
            offered(open),
            Cell::new(days(state, offers.of(OfferKind::Campaign, &c.id))),
            Cell::link("Set days", format!("{HERE}/campaign/{}", c.id)),
        ]
    };
    table(
        "Campaigns",
        "Campaign",
        "In the file",
        state.deps.config.charity.campaigns.iter().map(row).collect(),
    )
}

/// The days as sent.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    opens_on: String,
    closes_on: String,
    why: String,
}

/// What a path names: a fund or campaign of the charity file.
fn named(state: &AppState, kind: &str, offer: &str) -> Result<(OfferKind, String), AppError> {
    let charity = &state.deps.config.charity;
    let kind: OfferKind = kind.parse().map_err(|_| AppError::not_found())?;
    let name = match kind {
        OfferKind::Fund => charity.fund(offer).map(|f| f.name.clone()),
        OfferKind::Campaign => charity.campaign(offer).map(|c| c.name.clone()),
    };
    name.map(|n| (kind, n)).ok_or_else(AppError::not_found)
}

fn window_page(
    state: &AppState,
    staff: &Staff,
    (path, name): (&str, &str),
    raw: &Raw,
    wrong: &Mistakes,
) -> StaffPage {
    let mut shown = blank(state, staff, &format!("When {name} is offered"), HERE);
    shown.back = Some(Link::new("Settings", HERE));
    shown.problems = problems(wrong);
    shown.lead =
        "Gifts given stay where they went, and monthly gifts to a fund that closes go on. Both days count; \
                  leave a day empty for no limit."
            .to_owned();
    let day = |id: &'static str, label: &str, typed: &str| {
        FormField::new(id, label, FieldKind::Day, field(wrong, id, typed)).optional()
    };
    shown.sections = vec![Section::Form(Box::new(StaffForm {
        action: path.to_owned(),
        fields: vec![
            day("opens_on", "First day", &raw.opens_on),
            day("closes_on", "Last day", &raw.closes_on),
            FormField::new("why", "Reason", FieldKind::Area(REASON_AT_MOST), field(wrong, "why", &raw.why)),
        ],
        button: "Set the days".to_owned(),
        cancel: Some(Link::new("Leave it", HERE)),
        ..StaffForm::default()
    }))];
    shown
}

/// Shows the days of a fund or campaign.
///
/// # Errors
/// When the charity file has none such, or the database refuses.
pub async fn window(
    State(state): State<AppState>,
    staff: Staff,
    Path((kind, offer)): Path<(String, String)>,
) -> Result<Response, AppError> {
    let (kind, name) = named(&state, &kind, &offer)?;
    let offers = offers_now(&state).await?;
    let text = |d: Option<Day>| d.map(|d| d.0.to_string()).unwrap_or_default();
    let set = offers.of(kind, &offer);
    let raw = Raw {
        opens_on: text(set.and_then(|w| w.opens_on)),
        closes_on: text(set.and_then(|w| w.closes_on)),
        why: String::new(),
    };
    let path = format!("{HERE}/{}/{offer}", kind.as_str());
    show(&window_page(&state, &staff, (&path, &name), &raw, &Mistakes::new()))
}

/// Sets the days of a fund or campaign.
///
/// # Errors
/// When the charity file has none such, or the database refuses.
pub async fn set_window(
    State(state): State<AppState>,
    staff: Staff,
    Path((kind, offer)): Path<(String, String)>,
    Form(raw): Form<Raw>,
) -> Result<Response, AppError> {
    let (kind, name) = named(&state, &kind, &offer)?;
    let mut wrong = Mistakes::new();
    let opens_on = forms::day(&mut wrong, "opens_on", &raw.opens_on);
    let closes_on = forms::day(&mut wrong, "closes_on", &raw.closes_on);
    let why = forms::line(&mut wrong, "why", &raw.why, REASON_AT_MOST, Some("Say why"));
    if let (Some(opens), Some(closes)) = (opens_on, closes_on)
        && closes < opens
    {
        wrong.insert("closes_on", "The last day must not be before the first".to_owned());
    }
    if wrong.is_empty() {
        let window = OfferWindow {
            kind,
            offer_id: offer.clone(),
            opens_on: opens_on.map(Day),
            closes_on: closes_on.map(Day),
        };
        match offers::set(&state.deps, &staff.actor, window, &why).await? {
            Outcome::Done => return Ok(Redirect::to("/staff/settings?done=set").into_response()),
            Outcome::LastFund(entity) => {
                let words = format!("{entity} would be left without a fund for where it is needed most");
                wrong.insert("closes_on", words);
            }
        }
    }
    let path = format!("{HERE}/{}/{offer}", kind.as_str());
    another_look(&window_page(&state, &staff, (&path, &name), &raw, &wrong))
}
