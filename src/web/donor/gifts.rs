//! `/portal/gifts`: every gift, filtered, paged, and as a spreadsheet.

use std::collections::BTreeSet;

use axum::extract::{Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::view::{View, grouped, in_gifts, kind};
use crate::documents::csv::Sheet;
use crate::domain::frequency::Frequency;
use crate::services::ServiceError;
use crate::store::StoreError;
use crate::store::portal::{self, Facet, FilterSum, GiftFilter, GiftLine, OnTheWay, Page};
use crate::web::AppState;
use crate::web::account::page;
use crate::web::errors::AppError;
use crate::web::layout::account_frame;
use crate::web::pages::{Choice, Empty, FilterBar, FilterSelect, GiftsPage, Link, Pager, Total};
use crate::web::visitor::Donor;

const PAGE: i64 = 25;
/// Rows fetched at once for the spreadsheet.
const CHUNK: i64 = 1000;

/// The address of a list: what is filtered, and from where it is shown.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    year: String,
    fund: String,
    kind: String,
    from: i64,
}

impl Wanted {
    fn filter(&self) -> GiftFilter {
        // PostgreSQL takes no NUL in a text; no year or fund has a control character anyway.
        let text = |s: &str| (!s.is_empty() && !s.contains(char::is_control)).then(|| s.to_owned());
        GiftFilter { tax_year: text(&self.year), fund: text(&self.fund), kind: self.kind.parse().ok() }
    }

    fn is_filtered(&self) -> bool {
        let filter = self.filter();
        filter.tax_year.is_some() || filter.fund.is_some() || filter.kind.is_some()
    }

    fn href(&self, path: &str, from: i64) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("year", &self.year), ("fund", &self.fund), ("kind", &self.kind)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if from > 0 {
            query.append_pair("from", &from.to_string());
        }
        let query = query.finish();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
    }
}

/// What the page is made of: four queries.
struct Facts {
    gifts: Vec<GiftLine>,
    sums: Vec<FilterSum>,
    facets: Vec<Facet>,
    way: Vec<OnTheWay>,
}

async fn facts(state: &AppState, donor: &Donor, wanted: &Wanted, from: i64) -> Result<Facts, StoreError> {
    let filter = wanted.filter();
    let mut read = state.deps.store.read().await?;
    let first = from == 0 && !wanted.is_filtered();
    Ok(Facts {
        gifts: portal::gifts(&mut read, donor.id(), &filter, Page { size: PAGE, skip: from, after: None })
            .await?,
        sums: portal::gift_sums(&mut read, donor.id(), &filter).await?,
        facets: portal::facets(&mut read, donor.id()).await?,
        way: if first { portal::on_the_way(&mut read, donor.id()).await? } else { Vec::new() },
    })
}

/// Shows a page of the list.
///
/// # Errors
/// When the database refuses.
pub async fn show(
    State(state): State<AppState>,
    donor: Donor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, AppError> {
    let from = wanted.from.clamp(0, 10_000_000);
    let facts = facts(&state, &donor, &wanted, from).await.map_err(ServiceError::from)?;
    let view = View { state: &state, locale: &donor.account.locale };
    let count: i64 = facts.sums.iter().map(|s| s.gifts).sum();
    let entities = facts.gifts.iter().map(|g| &g.entity_id).collect::<BTreeSet<_>>().len() > 1;
    let layout = account_frame(&state, &donor.visitor, "Your giving", "/portal/gifts");
    page(
        StatusCode::OK,
        &GiftsPage {
            layout,
            notice: None,
            heading: "Your giving".to_owned(),
            filter: (!facts.facets.is_empty()).then(|| filter_bar(view, &wanted, &facts.facets)),
            total_label: total_label(view, &wanted, &facts.facets),
            totals: facts.sums.iter().map(|s| total(view, s)).collect(),
            on_its_way: facts.way.iter().map(|w| view.way_row(w)).collect(),
            gifts: facts.gifts.iter().map(|g| view.gift_row(g, entities)).collect(),
            pager: (count > PAGE).then(|| pager(&wanted, from, count)),
            csv: (count > 0)
                .then(|| Link::new("Download as a spreadsheet (CSV)", wanted.href("/portal/gifts.csv", 0))),
            empty: facts.gifts.is_empty().then(|| empty(&wanted, &facts)),
        },
    )
}

fn empty(wanted: &Wanted, facts: &Facts) -> Empty {
    if wanted.is_filtered() || !facts.facets.is_empty() {
        return Empty {
            title: "No gift matches".to_owned(),
            text: "Choose another year, fund or kind.".to_owned(),
            action: Some(Link::new("Show everything", "/portal/gifts")),
        };
    }
    Empty {
        title: "No gifts yet".to_owned(),
        text: "Once a gift has reached us, it stands here with its receipt.".to_owned(),
        action: Some(Link::new("Give", "/give")),
    }
}

fn total(view: View<'_>, sum: &FilterSum) -> Total {
    Total {
        amount: crate::domain::money::Money::new(sum.net_minor, sum.currency).display(view.locale),
        words: in_gifts(sum.gifts),
    }
}

/// Only years and funds the donor gave in are named: an address could name anything.
fn total_label(view: View<'_>, wanted: &Wanted, facets: &[Facet]) -> String {
    let mut parts = Vec::new();
    if facets.iter().any(|f| f.tax_year == wanted.year) {
        parts.push(year_words(&wanted.year));
    }
    if facets.iter().any(|f| f.fund_id == wanted.fund) {
        parts.push(view.fund(&wanted.fund));
    }
    if let Ok(frequency) = wanted.kind.parse::<Frequency>() {
        parts.push(format!("{}s", kind(Some(frequency))));
    }
    if parts.is_empty() { "All your giving".to_owned() } else { parts.join(", ") }
}

/// `2026-27` as it is printed: `2026–27`.
fn year_words(year: &str) -> String {
    year.replace('-', "–")
}

fn filter_bar(view: View<'_>, wanted: &Wanted, facets: &[Facet]) -> FilterBar {
    let choice = |value: &str, label: String, chosen: &str| Choice {
        value: value.to_owned(),
        label,
        selected: value == chosen,
    };
    let mut years = vec![choice("", "All years".to_owned(), &wanted.year)];
    let known: BTreeSet<&str> = facets.iter().map(|f| f.tax_year.as_str()).collect();
    years.extend(known.iter().rev().map(|y| choice(y, year_words(y), &wanted.year)));
    let mut funds = vec![choice("", "All funds".to_owned(), &wanted.fund)];
    let known: BTreeSet<&str> = facets.iter().map(|f| f.fund_id.as_str()).collect();
    funds.extend(known.iter().map(|id| choice(id, view.fund(id), &wanted.fund)));
    let mut kinds = vec![choice("", "All kinds".to_owned(), &wanted.kind)];
    kinds.extend(
        Frequency::ALL.iter().map(|f| choice(f.as_str(), format!("{}s", kind(Some(*f))), &wanted.kind)),
    );
    let select = |name: &str, label: &str, choices| FilterSelect {
        name: name.to_owned(),
        label: label.to_owned(),
        choices,
    };
    FilterBar {
        action: "/portal/gifts".to_owned(),
        label: "Filter your gifts".to_owned(),
        selects: vec![
            select("year", "Tax year", years),
            select("fund", "Fund", funds),
            select("kind", "Kind", kinds),
        ],
        button: "Show".to_owned(),
        clear: wanted.is_filtered().then(|| Link::new("Show everything", "/portal/gifts")),
        ..FilterBar::default()
    }
}

fn pager(wanted: &Wanted, from: i64, count: i64) -> Pager {
    let last = (from + PAGE).min(count);
    let older = from + PAGE;
    Pager {
        shown: format!("Showing {}–{} of {}", grouped(from + 1), grouped(last), grouped(count)),
        newer: if from > 0 { wanted.href("/portal/gifts", (from - PAGE).max(0)) } else { String::new() },
        older: if older < count { wanted.href("/portal/gifts", older) } else { String::new() },
        ..Pager::default()
    }
}

/// The filtered gifts as a spreadsheet.
///
/// # Errors
/// When the database refuses.
pub async fn csv(
    State(state): State<AppState>,
    donor: Donor,
    Query(wanted): Query<Wanted>,
) -> Result<Response, AppError> {
    let view = View { state: &state, locale: &donor.account.locale };
    let mut sheet = Sheet::new(&[
        "Date",
        "Kind",
        "Fund",
        "Campaign",
        "Given to",
        "Currency",
        "Amount",
        "Card fee covered",
        "Given back",
        "Remains given",
        "State",
        "Paid with",
        "Gift Aid",
        "Dedication",
        "Tax year of the charity",
        "Receipt",
        "Gift",
    ]);
    let mut last: Option<GiftLine> = None;
    loop {
        let filter = wanted.filter();
        let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
        let chunk = portal::gifts(
            &mut read,
            donor.id(),
            &filter,
            Page { size: CHUNK, skip: 0, after: last.as_ref() },
        )
        .await;
        drop(read);
        let chunk = chunk.map_err(ServiceError::from)?;
        for gift in &chunk {
            sheet.row(&cells(view, gift));
        }
        if i64::try_from(chunk.len()).unwrap_or(0) < CHUNK {
            break;
        }
        last = chunk.into_iter().next_back();
    }
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"my-giving.csv\"")),
    ];
    Ok((headers, sheet.finish()).into_response())
}

fn cells(view: View<'_>, gift: &GiftLine) -> Vec<String> {
    use crate::domain::money::Money;
    let money = |minor| Money::new(minor, gift.currency).to_plain();
    let charity = &view.state.deps.config.charity;
    let campaign = gift.campaign_id.as_ref().and_then(|c| charity.campaign(c));
    vec![
        gift.received_on.0.to_string(),
        kind(gift.frequency).to_owned(),
        view.fund(&gift.fund_id),
        campaign.map(|c| c.name.clone()).unwrap_or_default(),
        charity.entity(&gift.entity_id).map_or_else(|| gift.entity_id.clone(), |e| e.legal_name.clone()),
        gift.currency.code().to_owned(),
        money(gift.amount_minor),
        money(gift.fee_cover_minor),
        money(gift.amount_minor - gift.net().minor()),
        money(gift.net().minor()),
        super::view::gift_chip(gift).word,
        super::view::method(&gift.method_label, gift.method_last4.as_deref()),
        if gift.gift_aid { "yes" } else { "no" }.to_owned(),
        view.tribute(gift.tribute_kind, gift.tribute_name.as_deref()),
        gift.tax_year.clone(),
        gift.receipt_number.clone().unwrap_or_default(),
        gift.id.to_string(),
    ]
}
