//! `/staff/reports/receipts`: receipts that left, month by month, and mail that did not arrive.

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::guard::Staff;
use super::look::{Look, column, figures};
use super::months::named;
use super::{blank, reports, show};
use crate::domain::closing::Month;
use crate::domain::ids::DonorId;
use crate::domain::role::Right;
use crate::services::ServiceError;
use crate::services::staff::record::record_listed;
use crate::store::delivery::{self, Left, Refused, Stuck};
use crate::store::income::Span;
use crate::store::office_donors::name;
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::pages::{
    Bar, Cell, Chart, ChartSection, Chip, ChipTone, DataTable, Empty, Link, Section, TableSection,
};
use crate::web::router::{Policy, Route};

/// The report.
pub(super) const HERE: &str = "/staff/reports/receipts";
/// Months shown.
const MONTHS: usize = 12;
/// Refused mails that are named.
const NAMED: i64 = 100;

/// The route of the report.
pub const ROUTES: &[Route] =
    &[Route { path: HERE, policy: Policy::Staff(Right::SeeMoney), methods: || get(page) }];

/// A month's receipts, every entity together.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    mail: i64,
    paper: i64,
    void: i64,
    held_back: i64,
}

/// Shows the report.
///
/// # Errors
/// When the database refuses.
pub async fn page(State(state): State<AppState>, staff: Staff) -> Result<Response, AppError> {
    let look = Look { state: &state, staff: &staff };
    let this = Month::of(look.date_of(state.deps.clock.now()));
    let mut months = vec![this];
    for _ in 1..MONTHS {
        months.insert(0, months[0].before());
    }
    let mut spans = Vec::new();
    for entity in &state.deps.config.charity.entities {
        for month in &months {
            let (starts_at, ends_at) = month.bounds(&entity.time_zone);
            spans.push(Span { entity_id: entity.id.clone(), month: *month, starts_at, ends_at });
        }
    }
    let (left, stuck, refused) = {
        let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
        let left = delivery::receipts(&mut read, &spans).await.map_err(ServiceError::from)?;
        let stuck = delivery::not_sent(&mut read).await.map_err(ServiceError::from)?;
        (left, stuck, delivery::refused(&mut read, NAMED).await.map_err(ServiceError::from)?)
    };
    let donors: Vec<DonorId> = refused.iter().filter_map(|r| r.owner_id.clone()).collect();
    record_listed(&state.deps, &staff.actor, "report of receipts and mail", refused.len(), &donors).await?;
    let sums: Vec<(Month, Sums)> = months.iter().map(|m| (*m, of_month(&left, *m))).collect();
    let mut shown = blank(&state, &staff, "Receipts and mail", reports::HERE);
    shown.tabs = reports::tabs(&staff, HERE);
    shown.lead =
        "Each receipt once, in the month it was issued; what did not arrive, and where it is put right."
            .to_owned();
    shown.actions = vec![Link::new("The register of receipts", "/staff/receipts")];
    shown.sections.push(Section::Chart(chart(look, &sums)));
    shown.sections.push(Section::Table(receipts_table(look, &sums)));
    shown.sections.push(Section::Table(stuck_table(look, &stuck)));
    shown.sections.push(Section::Table(refused_table(look, &refused)));
    show(&shown)
}

fn of_month(left: &[Left], month: Month) -> Sums {
    let mut sums = Sums::default();
    for l in left.iter().filter(|l| l.month == month) {
        match l.delivery.as_str() {
            "paper" => sums.paper += l.issued,
            _ => sums.mail += l.issued,
        }
        sums.void += l.void;
        sums.held_back += l.held_back;
    }
    sums
}

fn chart(look: Look<'_>, sums: &[(Month, Sums)]) -> ChartSection {
    let issued = |s: &Sums| s.mail + s.paper;
    let top = sums.iter().map(|(_, s)| issued(s)).max().unwrap_or(0).max(1);
    let all: i64 = sums.iter().map(|(_, s)| issued(s)).sum();
    let last = sums.len().saturating_sub(1);
    let bar = |(nth, (month, s)): (usize, &(Month, Sums))| Bar {
        label: named(look, *month),
        short: super::programme::short(look, *month, nth == 0),
        value: issued(s).to_string(),
        share: u8::try_from(issued(s).saturating_mul(100) / top).unwrap_or(100),
        strong: nth == last,
    };
    ChartSection {
        heading: "By month".to_owned(),
        chart: Chart {
            title: "Receipts issued".to_owned(),
            text: format!("{all} in twelve months."),
            label_heading: "Month".to_owned(),
            value_heading: "Receipts".to_owned(),
            top: top.to_string(),
            bars: sums.iter().enumerate().map(bar).collect(),
        },
    }
}

fn receipts_table(look: Look<'_>, sums: &[(Month, Sums)]) -> TableSection {
    let cells = |s: &Sums| [s.mail, s.paper, s.held_back, s.void].map(|n| Cell::new(n.to_string()));
    let row = |(month, s): &(Month, Sums)| {
        std::iter::once(Cell::new(named(look, *month))).chain(cells(s)).collect::<Vec<Cell>>()
    };
    let mut all = Sums::default();
    for (_, s) in sums {
        all.mail += s.mail;
        all.paper += s.paper;
        all.void += s.void;
        all.held_back += s.held_back;
    }
    TableSection {
        table: DataTable {
            caption: "Receipts by month".to_owned(),
            quiet_caption: true,
            columns: vec![
                column("Month"),
                figures("By mail"),
                figures("To print"),
                figures("Held back"),
                figures("Void since"),
            ],
            rows: sums.iter().map(row).collect(),
            totals: std::iter::once(Cell::new("In all")).chain(cells(&all)).collect(),
        },
        links: vec![Link::new("Every receipt, by number", "/staff/receipts")],
        ..TableSection::default()
    }
}

fn state_chip(state: &str) -> Chip {
    match state {
        "failed" => Chip::new(ChipTone::Problem, "Refused"),
        "held" => Chip::new(ChipTone::Wait, "Rests"),
        _ => Chip::new(ChipTone::Info, "On its way"),
    }
}

/// `card_expires` as `Card expires`.
fn kind_words(kind: &str) -> String {
    let words = kind.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn stuck_table(look: Look<'_>, stuck: &[Stuck]) -> TableSection {
    let row = |s: &Stuck| {
        vec![
            Cell::new(kind_words(&s.kind)),
            Cell::chip(state_chip(&s.state)),
            Cell::new(s.mails.to_string()),
            Cell::new(look.moment(s.oldest)),
        ]
    };
    TableSection {
        heading: "Mail that is not sent".to_owned(),
        table: DataTable {
            caption: "Mail that is not sent".to_owned(),
            quiet_caption: true,
            columns: vec![column("Mail"), column("State"), figures("Mails"), column("The oldest")],
            rows: stuck.iter().map(row).collect(),
            ..DataTable::default()
        },
        empty: Some(Empty {
            title: "Everything is sent".to_owned(),
            text: "No mail waits, rests or was refused.".to_owned(),
            action: None,
        }),
        ..TableSection::default()
    }
}

fn refused_table(look: Look<'_>, refused: &[Refused]) -> TableSection {
    let row = |r: &Refused| {
        let called = name(
            r.given_name.as_deref().unwrap_or_default(),
            r.family_name.as_deref().unwrap_or_default(),
            r.organisation.as_deref(),
        );
        let called = look.called(&called, &r.recipient);
        let who = match &r.owner_id {
            Some(id) => Cell::link(called, format!("/staff/donors/{id}/mail")),
            None => Cell::new(called),
        };
        vec![
            Cell { note: look.email(&r.recipient), ..who },
            Cell::new(kind_words(&r.kind)),
            Cell::new(look.day_of(r.created_at)),
            Cell::new(r.last_error.clone().unwrap_or_default()),
        ]
    };
    TableSection {
        heading: "Refused".to_owned(),
        lead: if i64::try_from(refused.len()).is_ok_and(|n| n == NAMED) {
            format!("The latest {NAMED}.")
        } else {
            String::new()
        },
        table: DataTable {
            caption: "Refused mail".to_owned(),
            quiet_caption: true,
            columns: ["Donor", "Mail", "Written", "What the mail host said"].map(column).to_vec(),
            rows: refused.iter().map(row).collect(),
            ..DataTable::default()
        },
        empty: Some(Empty {
            title: "No mail was refused".to_owned(),
            text: "When a mailbox refuses one, it stands here with the way to mend it.".to_owned(),
            action: None,
        }),
        ..TableSection::default()
    }
}
