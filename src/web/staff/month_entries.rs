//! `/staff/months/{entity}/{month}/entries`: the movements that a figure of a month is made of.

use axum::extract::{Path, Query, State};
use axum::response::Response;
use axum::routing::get;
use serde::Deserialize;

use super::effects::{campaign_name, gift_href};
use super::guard::Staff;
use super::look::{Look, column, figures};
use super::month::which;
use super::months::{HERE, href as month_href, named};
use super::{blank, show};
use crate::domain::closing::{Month, Share};
use crate::domain::money::Currency;
use crate::domain::role::Right;
use crate::domain::states::EntryKind;
use crate::services::ServiceError;
use crate::services::staff::record_list;
pub use crate::store::closings::NO_CAMPAIGN;
use crate::store::closings::{self, EntryRow};
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::pages::{Cell, DataTable, Empty, Link, Pager, Section, TableSection};
use crate::web::router::{Policy, Route};

/// The route of a figure's movements.
pub const ROUTES: &[Route] = &[Route {
    path: "/staff/months/{entity}/{month}/entries",
    policy: Policy::Staff(Right::SeeMoney),
    methods: || get(list),
}];

/// Movements on a page.
const PAGE: usize = 50;

/// Which movements.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Wanted {
    fund: String,
    campaign: String,
    currency: String,
    share: String,
    late: String,
    after: String,
}

const SHARES: &[(&str, Share, &str)] =
    &[("gross", Share::Gross, "Given"), ("fees", Share::Fees, "Fees"), ("back", Share::Back, "Went back")];

/// What a figure is of.
#[derive(Clone, Copy, Debug)]
pub struct Of<'a> {
    /// Of gifts for this fund.
    pub fund: Option<&'a str>,
    /// From this campaign; empty: all.
    pub campaign: &'a str,
    /// In this currency.
    pub currency: Currency,
    /// Of this share.
    pub share: Option<Share>,
}

/// The address of a figure's movements.
pub fn href(entity: &str, month: Month, of: Of<'_>) -> String {
    let share =
        of.share.and_then(|s| SHARES.iter().find(|(_, of, _)| *of == s)).map_or("", |(word, _, _)| word);
    let query = [
        ("fund", of.fund.unwrap_or_default()),
        ("campaign", of.campaign),
        ("currency", of.currency.code()),
        ("share", share),
    ];
    super::paging::href(&format!("{}/entries", month_href(entity, month)), &query)
}

/// What a kind of movement is called.
fn kind_words(kind: EntryKind) -> &'static str {
    match kind {
        EntryKind::Gift => "Gift",
        EntryKind::Fee => "Stripe’s fee",
        EntryKind::Refund => "Refund",
        EntryKind::RefundFee => "Stripe’s fee for a refund",
        EntryKind::RefundFailed => "Refund that came back",
        EntryKind::DisputeWithdrawn => "Withdrawn for a dispute",
        EntryKind::DisputeFee => "Stripe’s fee for a dispute",
        EntryKind::DisputeReinstated => "Returned after a dispute",
        EntryKind::DisputeFeeReturned => "Fee returned after a dispute",
        EntryKind::Correction => "Correction of a sum",
        EntryKind::Returned => "Cheque that came back",
    }
}

/// A table of movements.
pub fn entry_table(look: Look<'_>, caption: &str, entries: &[EntryRow]) -> DataTable {
    let row = |e: &EntryRow| {
        let note = match (&e.happened_month, &e.booked_month) {
            (Some(happened), Some(booked)) => {
                format!("Of {}, booked in {}", named(look, *happened), named(look, *booked))
            }
            _ => String::new(),
        };
        vec![
            Cell { note, ..Cell::link(look.moment(e.occurred_at), gift_href(&e.gift_id)) },
            Cell::new(kind_words(e.kind)),
            Cell::new(look.fund(&e.fund_id)),
            Cell::new(look.money(e.amount())),
            Cell::new(e.stripe_object.as_str()),
        ]
    };
    DataTable {
        caption: caption.to_owned(),
        quiet_caption: true,
        columns: vec![column("When"), column("What"), column("Fund"), figures("Sum"), column("At Stripe")],
        rows: entries.iter().map(row).collect(),
        totals: Vec::new(),
    }
}

/// Shows the movements of a figure, the newest first.
///
/// # Errors
/// 404 when there is no such entity or month.
pub async fn list(
    State(state): State<AppState>,
    staff: Staff,
    Path((entity, month)): Path<(String, String)>,
    Query(wanted): Query<Wanted>,
) -> Result<Response, AppError> {
    let (entity, month) = which(&state, &entity, &month)?;
    let share = SHARES.iter().find(|(word, _, _)| *word == wanted.share);
    let known: Option<Currency> = wanted.currency.parse().ok();
    let of = closings::Wanted {
        fund: plain(&wanted.fund),
        campaign: plain(&wanted.campaign),
        currency: known.map(|c| c.code().to_owned()).unwrap_or_default(),
        kinds: share.map(|(_, share, _)| kinds(*share)).unwrap_or_default(),
        late_only: !wanted.late.is_empty(),
        after: wanted.after.parse().ok(),
    };
    let bounds = month.bounds(&entity.time_zone);
    let mut rows = {
        let mut read = state.deps.store.read().await.map_err(ServiceError::from)?;
        let rows = closings::entries(&mut read, &entity.id, month, bounds, &of, PAGE as i64 + 1).await;
        rows.map_err(ServiceError::from)?
    };
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    record_list(&state.deps, &staff.actor, &format!("entries {} {month}", entity.id), rows.len()).await?;
    let look = Look { state: &state, staff: &staff };
    let mut page = blank(&state, &staff, &format!("Movements of {}", named(look, month)), HERE);
    page.back = Some(Link::new(named(look, month), month_href(&entity.id, month)));
    page.lead = lead(look, &of, share.map(|(_, _, words)| *words));
    let here = |after: &str| {
        let query = [
            ("fund", of.fund.as_str()),
            ("campaign", of.campaign.as_str()),
            ("currency", of.currency.as_str()),
            ("share", wanted.share.as_str()),
            ("late", wanted.late.as_str()),
            ("after", after),
        ];
        super::paging::href(&format!("{}/entries", month_href(&entity.id, month)), &query)
    };
    page.pager = (more || of.after.is_some()).then(|| Pager {
        shown: format!("{} on this page", rows.len()),
        older: match (more, rows.last()) {
            (true, Some(last)) => here(&last.place().to_string()),
            _ => String::new(),
        },
        newest: if of.after.is_some() { here("") } else { String::new() },
        ..Pager::default()
    });
    page.sections = vec![Section::Table(TableSection {
        table: entry_table(look, "Movements", &rows),
        empty: Some(Empty { title: "Nothing moved".to_owned(), ..Empty::default() }),
        ..TableSection::default()
    })];
    show(&page)
}

fn plain(id: &str) -> String {
    id.chars().filter(|c| !c.is_control()).take(64).collect()
}

fn kinds(share: Share) -> Vec<EntryKind> {
    use EntryKind::*;
    let all = [
        Gift,
        Fee,
        Refund,
        RefundFee,
        RefundFailed,
        DisputeWithdrawn,
        DisputeFee,
        DisputeReinstated,
        DisputeFeeReturned,
        Correction,
        Returned,
    ];
    all.into_iter().filter(|kind| Share::of(*kind) == share).collect()
}

fn lead(look: Look<'_>, of: &closings::Wanted, share: Option<&str>) -> String {
    let mut parts: Vec<String> = share.map(str::to_owned).into_iter().collect();
    if !of.fund.is_empty() {
        parts.push(look.fund(&of.fund));
    }
    match of.campaign.as_str() {
        "" => {}
        NO_CAMPAIGN => parts.push("without a campaign".to_owned()),
        id => parts.push(campaign_name(look.state, Some(id))),
    }
    if !of.currency.is_empty() {
        parts.push(of.currency.clone());
    }
    if of.late_only {
        parts.push("of closed months".to_owned());
    }
    parts.join(", ")
}
