//! `/staff/reports`: what came in, by month, fund, campaign or entity; each figure leads to what it is made of (AC-4, AC-8).

use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::guard::{Staff, prove_first};
use super::look::{Look, column, figures};
use super::months::named;
use super::{blank, month_entries, paging, show};
use crate::domain::closing::{Month, Share};
use crate::domain::money::{Currency, Money};
use crate::domain::role::Right;
use crate::services::income::{self, Asked, By, MONTHS_AT_MOST, Sums};
use crate::services::staff::record_list;
use crate::store::income::Income;
use crate::web::AppState;
use crate::web::downloads;
use crate::web::errors::AppError;
use crate::web::pages::{
    Bar, Cell, Chart, ChartSection, Choice, DataTable, Empty, FilterBar, FilterSelect, Hidden, Link, Section,
    TableSection,
};
use crate::web::router::{Policy, Route};

/// The report.
pub(super) const HERE: &str = "/staff/reports";
/// The same as a spreadsheet.
const CSV: &str = "/staff/reports/income.csv";
/// Months shown when nobody chose.
const MONTHS: usize = 12;
/// Bars beyond this many are too thin to read; the table has them all.
const BARS_AT_MOST: usize = 24;
/// Letters of a name under its bar: whole words.
const SHORT: usize = 16;

/// The routes of reports.
pub const ROUTES: &[Route] = &[
    Route { path: HERE, policy: Policy::Staff(Right::SeeMoney), methods: || get(page) },
    Route { path: CSV, policy: Policy::Staff(Right::ExportData), methods: || get(csv) },
];

/// What is asked for, as it stands in the address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Raw {
    by: String,
    entity: String,
    fund: String,
    campaign: String,
    from: String,
    to: String,
}

const BYS: &[(&str, By, &str)] = &[
    ("", By::Month, "Month"),
    ("fund", By::Fund, "Fund"),
    ("campaign", By::Campaign, "Campaign"),
    ("entity", By::Entity, "Entity"),
];

impl Raw {
    fn by(&self) -> By {
        BYS.iter().find(|(word, _, _)| *word == self.by).map_or(By::Month, |(_, by, _)| *by)
    }

    /// Entities and months; what cannot be read is as by default.
    fn asked(&self, state: &AppState) -> Asked {
        let charity = &state.deps.config.charity;
        let one = charity.entity(&self.entity);
        let entities = one
            .map_or_else(|| charity.entities.iter().map(|e| e.id.clone()).collect(), |e| vec![e.id.clone()]);
        let zone = super::view::zone(state);
        let this = Month::of(state.deps.clock.now().date_in(&zone));
        let to = self.to.parse().unwrap_or(this);
        let usual = (1..MONTHS).fold(to, |month, _| month.before());
        let from = self.from.parse().ok().filter(|from| *from <= to).unwrap_or(usual);
        // What is asked for beyond that is not shown, and the page does not say that it is.
        let earliest = (1..MONTHS_AT_MOST).fold(to, |month, _| month.before());
        let from = from.max(earliest);
        Asked { entities, from, to }
    }

    /// One month of every entity, told apart by entity.
    fn month_by_entity(&self, month: Month) -> String {
        let month = month.to_string();
        let parts = [
            ("by", "entity"),
            ("fund", self.fund.as_str()),
            ("campaign", self.campaign.as_str()),
            ("from", month.as_str()),
            ("to", month.as_str()),
        ];
        paging::href(HERE, &parts)
    }

    /// The same with another of its parts.
    fn with(&self, name: &str, value: &str, by: &str) -> String {
        let mut parts = [
            ("by", by),
            ("entity", self.entity.as_str()),
            ("fund", self.fund.as_str()),
            ("campaign", self.campaign.as_str()),
            ("from", self.from.as_str()),
            ("to", self.to.as_str()),
        ];
        if let Some(part) = parts.iter_mut().find(|(of, _)| *of == name) {
            part.1 = value;
        }
        paging::href(HERE, &parts)
    }
}

/// The rows that a fund or a campaign was chosen from.
fn kept(raw: &Raw, rows: Vec<Income>) -> Vec<Income> {
    let campaign =
        |r: &Income| r.campaign_id.clone().unwrap_or_else(|| month_entries::NO_CAMPAIGN.to_owned());
    rows.into_iter()
        .filter(|r| raw.fund.is_empty() || r.fund_id == raw.fund)
        .filter(|r| raw.campaign.is_empty() || campaign(r) == raw.campaign)
        .collect()
}

/// The reports, each at its own address.
pub(super) fn tabs(staff: &Staff, here: &str) -> Vec<Link> {
    [
        ("What came in", HERE, Right::SeeMoney),
        ("Monthly programme", super::programme::HERE, Right::SeeMoney),
        ("Gift Aid to claim", super::ageing::HERE, Right::ManageTax),
        ("Receipts and mail", super::delivery::HERE, Right::SeeMoney),
    ]
    .into_iter()
    .filter(|(_, _, right)| staff.may(*right))
    .map(|(label, href, _)| Link { current: href == here, ..Link::new(label, href) })
    .collect()
}

/// Shows the report.
///
/// # Errors
/// When the database refuses.
pub async fn page(
    State(state): State<AppState>,
    staff: Staff,
    Query(raw): Query<Raw>,
) -> Result<Response, AppError> {
    let asked = raw.asked(&state);
    let rows = kept(&raw, income::rows(&state.deps, &asked).await?);
    record_list(&state.deps, &staff.actor, "income report", rows.len()).await?;
    let look = Look { state: &state, staff: &staff };
    let mut shown = blank(&state, &staff, "What came in", HERE);
    shown.tabs = tabs(&staff, HERE);
    shown.lead = lead(look, &raw, &asked);
    if staff.may(Right::ExportData) {
        let parts = [
            ("entity", raw.entity.as_str()),
            ("fund", raw.fund.as_str()),
            ("campaign", raw.campaign.as_str()),
            ("from", &asked.from.to_string()),
            ("to", &asked.to.to_string()),
        ];
        shown.actions = vec![Link::new("Download as a spreadsheet (CSV)", paging::href(CSV, &parts))];
    }
    shown.filter = Some(filter(&state, look, &raw, &asked));
    let mut currencies = income::currencies(&rows);
    let usual = look.currencies();
    currencies.sort_by_key(|c| usual.iter().position(|u| u == c).unwrap_or(usual.len()));
    for currency in currencies {
        let sums = income::told_apart(&rows, currency, raw.by());
        let lines: Vec<Line> = lines(look, &raw, &asked, &sums);
        if lines.len() > 1 {
            shown.sections.push(Section::Chart(chart(look, &raw, currency, &lines)));
        }
        shown.sections.push(Section::Table(table(look, &raw, currency, &lines)));
    }
    if rows.is_empty() {
        shown.sections.push(Section::Table(TableSection {
            empty: Some(Empty {
                title: "Nothing came in".to_owned(),
                text: "Choose other months, or all entities.".to_owned(),
                ..Empty::default()
            }),
            ..TableSection::default()
        }));
    }
    show(&shown)
}

fn lead(look: Look<'_>, raw: &Raw, asked: &Asked) -> String {
    let mut of = Vec::new();
    if !raw.fund.is_empty() {
        of.push(look.fund(&raw.fund));
    }
    if !raw.campaign.is_empty() {
        of.push(campaign(look, &raw.campaign));
    }
    let what = if of.is_empty() { String::new() } else { format!("{}, ", of.join(", ")) };
    format!(
        "{what}{} to {}. What became known of a month after it was closed counts in the month it is booked in.",
        named(look, asked.from),
        named(look, asked.to)
    )
}

fn campaign(look: Look<'_>, id: &str) -> String {
    match id {
        "" | month_entries::NO_CAMPAIGN => "No campaign".to_owned(),
        id => super::effects::campaign_name(look.state, Some(id)),
    }
}

fn filter(state: &AppState, look: Look<'_>, raw: &Raw, asked: &Asked) -> FilterBar {
    let choice = |value: &str, label: &str, chosen: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        selected: value == chosen,
    };
    let mut entities = vec![choice("", "All", &raw.entity)];
    entities
        .extend(state.deps.config.charity.entities.iter().map(|e| choice(&e.id, &e.legal_name, &raw.entity)));
    let this = Month::of(state.deps.clock.now().date_in(&super::view::zone(state)));
    let months = |chosen: Month| -> Vec<Choice> {
        let first = (1..MONTHS_AT_MOST).fold(this, |month, _| month.before()).min(chosen);
        let mut all = income::months(first, this.max(chosen));
        all.reverse();
        if !all.contains(&chosen) {
            all.push(chosen);
        }
        let value = |m: Month| choice(&m.to_string(), &named(look, m), &chosen.to_string());
        all.into_iter().map(value).collect()
    };
    let select = |name: &str, label: &str, choices: Vec<Choice>| FilterSelect {
        name: name.to_owned(),
        label: label.to_owned(),
        choices,
    };
    FilterBar {
        action: HERE.to_owned(),
        label: "Choose what the report shows".to_owned(),
        button: "Show".to_owned(),
        hidden: [("fund", &raw.fund), ("campaign", &raw.campaign)]
            .into_iter()
            .filter(|(_, id)| !id.is_empty())
            .map(|(name, id)| Hidden::new(name, id.as_str()))
            .collect(),
        selects: vec![
            select("by", "By", BYS.iter().map(|(word, _, label)| choice(word, label, &raw.by)).collect()),
            select("entity", "Entity", entities),
            select("from", "From", months(asked.from)),
            select("to", "To", months(asked.to)),
        ],
        clear: (!raw.fund.is_empty() || !raw.campaign.is_empty())
            .then(|| Link::new("Every fund and campaign", HERE)),
        ..FilterBar::default()
    }
}

/// A row of the report.
struct Line {
    label: String,
    short: String,
    /// What it is made of: another report, or the page of a month.
    href: String,
    /// The month, where a row is one and belongs to one entity.
    month: Option<(String, Month)>,
    sums: Sums,
}

fn lines(
    look: Look<'_>,
    raw: &Raw,
    asked: &Asked,
    sums: &std::collections::BTreeMap<String, Sums>,
) -> Vec<Line> {
    let one = match asked.entities.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    };
    let line = |label: String, href: String, sums: &Sums| Line {
        short: shortened(&label),
        label,
        href,
        month: None,
        sums: sums.clone(),
    };
    let mut all: Vec<Line> = match raw.by() {
        By::Month => income::months(asked.from, asked.to)
            .into_iter()
            .map(|month| {
                let sums = sums.get(&month.to_string()).cloned().unwrap_or_default();
                let label = named(look, month);
                Line {
                    short: super::programme::short(look, month, month == asked.from),
                    href: match &one {
                        Some(entity) => super::months::href(entity, month),
                        None => raw.month_by_entity(month),
                    },
                    label,
                    month: one.clone().map(|e| (e, month)),
                    sums,
                }
            })
            .collect(),
        By::Fund => sums.iter().map(|(id, s)| line(look.fund(id), raw.with("fund", id, ""), s)).collect(),
        By::Campaign => sums
            .iter()
            .map(|(id, s)| {
                let wanted = if id.is_empty() { month_entries::NO_CAMPAIGN } else { id };
                line(campaign(look, id), raw.with("campaign", wanted, ""), s)
            })
            .collect(),
        By::Entity => {
            sums.iter().map(|(id, s)| line(look.entity(id), raw.with("entity", id, ""), s)).collect()
        }
    };
    if raw.by() != By::Month {
        all.sort_by(|a, b| b.sums.gross.cmp(&a.sums.gross).then_with(|| a.label.cmp(&b.label)));
    }
    all
}

fn shortened(label: &str) -> String {
    let mut short = String::new();
    for word in label.split(' ') {
        if !short.is_empty() && short.chars().count() + word.chars().count() >= SHORT {
            return format!("{short} …");
        }
        if !short.is_empty() {
            short.push(' ');
        }
        short.push_str(word);
    }
    short
}

fn chart(look: Look<'_>, raw: &Raw, currency: Currency, lines: &[Line]) -> ChartSection {
    let top = lines.iter().map(|l| l.sums.gross).max().unwrap_or(0).max(1);
    let money = |minor| look.money(Money::new(minor, currency));
    let strongest = lines.iter().find(|l| l.sums.gross == top);
    let word = BYS.iter().find(|(_, by, _)| *by == raw.by()).map_or("Month", |(_, _, label)| label);
    let beyond = lines.len().saturating_sub(BARS_AT_MOST);
    // Months: the latest. Everything else stands by size: the largest.
    let shown: Vec<&Line> = match raw.by() {
        By::Month => lines.iter().skip(beyond).collect(),
        By::Fund | By::Campaign | By::Entity => lines.iter().take(BARS_AT_MOST).collect(),
    };
    let mut text =
        strongest.map(|l| format!("{} had the most, {}.", l.label, money(top))).unwrap_or_default();
    if beyond > 0 {
        let which = if raw.by() == By::Month { "latest" } else { "largest" };
        text = format!("{text} The bars show the {which} {BARS_AT_MOST}; the table has all.");
    }
    ChartSection {
        heading: format!("In {}", currency.code()),
        chart: Chart {
            title: format!("Given by {}", word.to_lowercase()),
            text,
            label_heading: word.to_owned(),
            value_heading: "Given".to_owned(),
            top: Money::new(top, currency).display_short(&look.state.deps.config.charity.brand.locale),
            bars: shown
                .into_iter()
                .map(|l| Bar {
                    label: l.label.clone(),
                    short: l.short.clone(),
                    value: money(l.sums.gross),
                    share: u8::try_from(l.sums.gross.max(0).saturating_mul(100) / top).unwrap_or(100),
                    strong: l.sums.gross == top,
                })
                .collect(),
        },
    }
}

fn table(look: Look<'_>, raw: &Raw, currency: Currency, lines: &[Line]) -> TableSection {
    let money = |minor| look.money(Money::new(minor, currency));
    let fund = (!raw.fund.is_empty()).then_some(raw.fund.as_str());
    let figure = |line: &Line, minor: i64, share: Option<Share>| match &line.month {
        Some((entity, month)) if minor != 0 => {
            let of = month_entries::Of { fund, campaign: &raw.campaign, currency, share };
            Cell::link(money(minor), month_entries::href(entity, *month, of))
        }
        _ => Cell::new(money(minor)),
    };
    let row = |l: &Line| {
        let label = match l.href.as_str() {
            "" => Cell::new(l.label.as_str()),
            href => Cell::link(l.label.as_str(), href),
        };
        vec![
            label,
            Cell::new(l.sums.gifts.to_string()),
            figure(l, l.sums.gross, Some(Share::Gross)),
            figure(l, l.sums.fees, Some(Share::Fees)),
            figure(l, l.sums.back, Some(Share::Back)),
            figure(l, l.sums.net(), None),
        ]
    };
    let total = |of: fn(&Sums) -> i64| lines.iter().map(|l| of(&l.sums)).sum::<i64>();
    let word = BYS.iter().find(|(_, by, _)| *by == raw.by()).map_or("Month", |(_, _, label)| label);
    TableSection {
        heading: if lines.len() > 1 { String::new() } else { format!("In {}", currency.code()) },
        table: DataTable {
            caption: format!("By {} in {}", word.to_lowercase(), currency.code()),
            quiet_caption: true,
            columns: vec![
                column(word),
                figures("Gifts"),
                figures("Given"),
                figures("Fees"),
                figures("Went back"),
                figures("Net"),
            ],
            rows: lines.iter().map(row).collect(),
            totals: vec![
                Cell::new("In all"),
                Cell::new(total(|s| s.gifts).to_string()),
                Cell::new(money(total(|s| s.gross))),
                Cell::new(money(total(|s| s.fees))),
                Cell::new(money(total(|s| s.back))),
                Cell::new(money(total(Sums::net))),
            ],
        },
        ..TableSection::default()
    }
}

/// The report as a spreadsheet.
///
/// # Errors
/// When the database refuses.
pub async fn csv(
    State(state): State<AppState>,
    staff: Staff,
    Query(raw): Query<Raw>,
) -> Result<Response, AppError> {
    let asked = raw.asked(&state);
    if !staff.is_fresh(state.deps.clock.now()) {
        return Ok(prove_first(HERE));
    }
    let rows = kept(&raw, income::rows(&state.deps, &asked).await?);
    record_list(&state.deps, &staff.actor, "income report as a spreadsheet", rows.len()).await?;
    let name = format!("income-{}-{}.csv", asked.from, asked.to);
    Ok(downloads::attachment("text/csv; charset=utf-8", &name, income::csv(&rows)?))
}
