//! `/staff/payouts/{payout}`: one payout explained, down to the gift (AC-6, AC-7).

use std::collections::BTreeSet;

use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::effects::gift_href;
use super::guard::{Staff, prove_first};
use super::look::{Look, column, figures};
use super::payouts::{HERE, columns, href, label, state_chip, sum_row};
use super::{blank, dashboard, show};
use crate::domain::balance::{LineStanding, category_words};
use crate::domain::donor::DonorDetails;
use crate::domain::ids::DonorId;
use crate::domain::money::Money;
use crate::domain::role::Right;
use crate::domain::search::StripeKind;
use crate::services::ServiceError;
use crate::services::payouts::{self as service, Explained, NAMED, explain};
use crate::services::staff::record::record_listed;
use crate::services::staff::record_list;
use crate::store::balance::{CategorySum, Line};
use crate::store::paging::Place;
use crate::store::payouts::PayoutRow;
use crate::web::AppState;
use crate::web::downloads;
use crate::web::errors::AppError;
use crate::web::pages::{
    Cell, Chip, ChipTone, DataTable, Empty, Fact, Facts, Link, Pager, Section, TableSection,
};
use crate::web::router::{Policy, Route};

/// The route of one payout.
pub const ROUTES: &[Route] = &[
    Route { path: "/staff/payouts/{payout}", policy: Policy::Staff(Right::SeeMoney), methods: || get(one) },
    Route {
        path: "/staff/payouts/{payout}/lines.csv",
        policy: Policy::Staff(Right::ExportData),
        methods: || get(lines),
    },
];

/// Lines on a page.
const LINES: usize = 50;

/// Which lines are shown: of one category, behind a place.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    of: String,
    after: String,
}

/// Shows a payout.
///
/// # Errors
/// 404 when there is none.
pub async fn one(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, AppError> {
    let after: Option<Place> = wanted.after.parse().ok();
    let lines = service::Wanted { category: &wanted.of, after: after.as_ref(), most: LINES };
    let e = explain(&state.deps, &id, lines).await?.ok_or_else(AppError::not_found)?;
    let lines = &e.page;
    // Everybody whose name the page shows, in either table.
    let shown_lines = lines.iter().chain(e.named.iter().map(|(line, _)| line));
    let donors: BTreeSet<DonorId> = shown_lines.filter_map(|l| l.donor_id.clone()).collect();
    let donors: Vec<DonorId> = donors.into_iter().collect();
    let page = format!("payout {}", e.payout.stripe_payout);
    record_listed(&state.deps, &staff.actor, &page, lines.len(), &donors).await?;
    let look = Look { state: &state, staff: &staff };
    let title = format!("Payout of {}", look.money(e.payout.amount()));
    let mut shown = blank(&state, &staff, &title, HERE);
    shown.back = Some(Link::new("Payouts", HERE));
    shown.chip = Some(state_chip(e.payout.state));
    shown.lead = lead(&e);
    if e.payout.listed_at.is_some() && staff.may(Right::ExportData) {
        let csv = format!("{}/lines.csv", href(&e.payout));
        shown.actions = vec![Link::new("Download its lines (CSV)", csv)];
    }
    shown.sections = vec![Section::Facts(facts(look, &e.payout))];
    if e.payout.listed_at.is_some() {
        shown.sections.push(Section::Facts(whole(look, &e)));
        shown.sections.push(Section::Table(sums(look, &e)));
        if e.others > 0 {
            shown.sections.push(Section::Table(others(look, &e)?));
        }
        shown.sections.push(Section::Table(carried(look, &wanted, &e)?));
    }
    let older = e.more.then(|| lines.last().map(|l| of_href(&e.payout, &wanted.of, &l.place().to_string())));
    shown.pager = (e.more || after.is_some()).then(|| Pager {
        shown: format!("{} lines on this page", lines.len()),
        older: older.flatten().unwrap_or_default(),
        newest: if after.is_some() { of_href(&e.payout, &wanted.of, "") } else { String::new() },
        ..Pager::default()
    });
    show(&shown)
}

/// Downloads every line of a payout as a spreadsheet.
///
/// # Errors
/// 404 when there is none.
pub async fn lines(
    State(state): State<AppState>,
    staff: Staff,
    Path(id): Path<String>,
) -> Result<Response, AppError> {
    let Some((count, sheet)) = service::lines_csv(&state.deps, &id).await? else {
        return Err(AppError::not_found());
    };
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(HERE));
    }
    let what = format!("payout {id} as a spreadsheet");
    record_list(&state.deps, &staff.actor, &what, count).await?;
    Ok(downloads::attachment("text/csv; charset=utf-8", "payout-lines.csv", sheet))
}

fn of_href(p: &PayoutRow, of: &str, after: &str) -> String {
    let mut query = Vec::new();
    // A category of Stripe's is letters and underscores; whatever is not filters nothing.
    if !of.is_empty() && of.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
        query.push(format!("of={of}"));
    }
    if !after.is_empty() {
        query.push(format!("after={after}"));
    }
    if query.is_empty() { href(p) } else { format!("{}?{}", href(p), query.join("&")) }
}

fn lead(e: &Explained) -> String {
    let p = &e.payout;
    match (p.automatic && p.method != "instant", p.listed_at.is_some()) {
        (false, _) => "Made by hand or instant: Stripe does not say which gifts it carried. Only automatic payouts can be \
                       traced."
            .to_owned(),
        (true, false) => {
            "Stripe says what it carried once it has arrived; until then there is nothing to hold it against.".to_owned()
        }
        (true, true) if e.is_whole() => "Every penny of it is explained.".to_owned(),
        (true, true) => "Not all of it is in the books: each line that is not is named below.".to_owned(),
    }
}

fn facts(look: Look<'_>, p: &PayoutRow) -> Facts {
    let live = look.state.deps.config.stripe.livemode;
    let mut rows = vec![
        Fact::new("Sum", look.money(p.amount())),
        Fact::new("Expected at the bank", look.day(p.arrives_on.0)).noted(label(p)),
        Fact::new("Made", look.moment(p.made_at)),
        match (&p.bank_line, p.booked_on) {
            (Some(line), Some(on)) => {
                Fact::link("In the bank’s file", look.day(on.0), format!("/staff/offline/lines/{line}"))
            }
            _ => Fact::new("In the bank’s file", "Not matched")
                .noted("Import the bank’s file under Enter gifts and say which line it is."),
        },
    ];
    if let Some(trace) = &p.bank_trace {
        rows.push(Fact::new("The bank’s trace", trace.as_str()));
    }
    if let Some(code) = &p.failure_code {
        rows.push(Fact::new("Why the bank refused it", code.replace('_', " ")));
    }
    let at_stripe = dashboard::href(live, StripeKind::Payout, &p.stripe_payout);
    rows.push(Fact::link("At Stripe", p.stripe_payout.as_str(), at_stripe.unwrap_or_default()));
    Facts { rows, ..Facts::default() }
}

/// Payout, less everything named, is 0.00.
fn whole(look: Look<'_>, e: &Explained) -> Facts {
    let money = |minor| look.money(Money::new(minor, e.payout.currency));
    let fact = |label: &str, minor, note: String| Fact::new(label, money(minor)).noted(note);
    let agreeing = match e.agreeing {
        1 => "One line agrees to the penny".to_owned(),
        n => format!("{n} lines agree to the penny"),
    };
    let astray =
        if e.astray == 0 { "Every gift is there as Stripe has it" } else { "Named below, line by line" };
    let rest =
        if e.remainder() == 0 { "The payout, less all of that" } else { "Stripe’s list lacks something" };
    Facts {
        heading: "It is made of".to_owned(),
        rows: vec![
            fact("In the books", e.in_books, agreeing),
            fact(
                "Between us and Stripe",
                e.of_stripe,
                "Fees billed apart, holds, payouts that came back".to_owned(),
            ),
            fact("Not in the books", e.astray, astray.to_owned()),
            fact("Remainder", e.remainder(), rest.to_owned()),
        ],
        ..Facts::default()
    }
}

fn sums(look: Look<'_>, e: &Explained) -> TableSection {
    let currency = e.payout.currency;
    let total = |of: fn(&CategorySum) -> i64| {
        Cell::new(look.money(Money::new(e.sums.iter().map(of).sum(), currency)))
    };
    let row = |s: &CategorySum| {
        let mut cells = sum_row(look, currency, s);
        if let Some(first) = cells.first_mut() {
            *first = Cell::link(
                category_words(&s.category),
                format!("{}#lines", of_href(&e.payout, &s.category, "")),
            );
        }
        cells
    };
    TableSection {
        heading: "By kind".to_owned(),
        table: DataTable {
            caption: "What it carried, by kind".to_owned(),
            quiet_caption: true,
            columns: columns("Kind"),
            rows: e.sums.iter().map(row).collect(),
            totals: vec![
                Cell::new("In all"),
                Cell::new(e.sums.iter().map(|s| s.count).sum::<i64>().to_string()),
                total(|s| s.amount),
                total(|s| s.fee),
                total(|s| s.net),
            ],
        },
        ..TableSection::default()
    }
}

fn others(look: Look<'_>, e: &Explained) -> Result<TableSection, AppError> {
    let row = |(line, standing): &(Line, LineStanding)| {
        Ok(vec![
            named(look, line)?,
            Cell { note: line.words.clone(), ..Cell::new(category_words(&line.traced.category)) },
            Cell::new(look.money(line.net())),
            Cell { note: why(look, line, *standing), ..Cell::chip(chip(*standing)) },
        ])
    };
    Ok(TableSection {
        heading: "Not gifts of the books".to_owned(),
        lead: match e.others {
            n if n > NAMED => format!("The first {NAMED} of {n}."),
            _ => String::new(),
        },
        table: DataTable {
            caption: "Lines that are not gifts of the books".to_owned(),
            quiet_caption: true,
            columns: vec![column("Line"), column("Kind"), figures("Net"), column("Why")],
            rows: e.named.iter().map(row).collect::<Result<_, AppError>>()?,
            totals: Vec::new(),
        },
        ..TableSection::default()
    })
}

fn carried(look: Look<'_>, wanted: &Wanted, e: &Explained) -> Result<TableSection, AppError> {
    let row = |line: &Line| {
        let standing = line.traced.standing();
        Ok(vec![
            named(look, line)?,
            Cell { note: look.day_of(line.made_at), ..Cell::new(category_words(&line.traced.category)) },
            Cell::new(look.money(line.amount())),
            Cell::new(look.money(line.fee)),
            Cell::new(look.money(line.net())),
            Cell { note: why(look, line, standing), ..Cell::chip(chip(standing)) },
        ])
    };
    let mut links = Vec::new();
    if !wanted.of.is_empty() {
        links.push(Link::new("All lines", format!("{}#lines", href(&e.payout))));
    }
    Ok(TableSection {
        heading: match wanted.of.as_str() {
            "" => "Line by line".to_owned(),
            of => format!("Line by line: {}", category_words(of)),
        },
        table: DataTable {
            caption: "The lines it carried".to_owned(),
            quiet_caption: true,
            columns: vec![
                column("Line"),
                column("Kind"),
                figures("Gross"),
                figures("Fee"),
                figures("Net"),
                column("In the books"),
            ],
            rows: e.page.iter().map(row).collect::<Result<_, AppError>>()?,
            totals: Vec::new(),
        },
        empty: Some(Empty { title: "No such line".to_owned(), ..Empty::default() }),
        links,
        ..TableSection::default()
    })
}

/// The donor with the gift behind it, else Stripe's id.
fn named(look: Look<'_>, line: &Line) -> Result<Cell, AppError> {
    let (Some(gift), Some(details)) = (&line.gift_id, &line.donor_details) else {
        return Ok(Cell { note: line.id.clone(), ..Cell::new(line.source.as_deref().unwrap_or("Stripe")) });
    };
    let details: DonorDetails = serde_json::from_str(details)
        .map_err(|_| ServiceError::Unexpected(format!("donor details of {gift} do not parse")))?;
    let name = look.called(&details.receipt_name(), &details.email);
    Ok(Cell { note: line.source.clone().unwrap_or_default(), ..Cell::link(name, gift_href(gift)) })
}

fn chip(standing: LineStanding) -> Chip {
    match standing {
        LineStanding::Agrees => Chip::new(ChipTone::Success, "To the penny"),
        LineStanding::Converted { .. } => Chip::new(ChipTone::Success, "At Stripe’s rate"),
        LineStanding::Stripe => Chip::new(ChipTone::Info, "Stripe’s own"),
        LineStanding::Payout => Chip::new(ChipTone::Info, "A payout that came back"),
        LineStanding::Unknown => Chip::new(ChipTone::Attention, "Not known"),
        LineStanding::Differs { .. } => Chip::new(ChipTone::Problem, "Differs"),
    }
}

fn why(look: Look<'_>, line: &Line, standing: LineStanding) -> String {
    let money = |minor| look.money(Money::new(minor, line.traced.currency));
    match standing {
        LineStanding::Agrees | LineStanding::Stripe | LineStanding::Payout => String::new(),
        LineStanding::Converted { rounding } => match (line.traced.presented, line.traced.rate) {
            (Some(given), Some(rate)) if rounding == 0 => format!("{} at {rate}", look.money(given)),
            (Some(given), Some(rate)) => {
                format!("{} at {rate}, rounded by {}", look.money(given), money(rounding))
            }
            (None, _) | (_, None) => String::new(),
        },
        LineStanding::Unknown => "Not given through Almoner, or not looked at yet.".to_owned(),
        LineStanding::Differs { by } => format!("Stripe has {} more than the books.", money(by)),
    }
}
