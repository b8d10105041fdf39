//! `/portal/monthly`: every repeating gift, what comes next, and what can be done.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::plan_panel::{self, Facts};
use super::{Done, flash, plan_flash};
use crate::domain::states::PledgeState;
use crate::services::ServiceError;
use crate::store::{StoreError, pledge_changes, pledges, recoveries};
use crate::web::AppState;
use crate::web::account::page;
use crate::web::errors::AppError;
use crate::web::layout::account_frame;
use crate::web::pages::{Empty, Link, MonthlyPage};
use crate::web::visitor::Donor;

async fn facts(state: &AppState, donor: &Donor) -> Result<Facts, StoreError> {
    let mut read = state.deps.store.read().await?;
    Ok(Facts {
        plans: pledges::of_owner(&mut read, donor.id()).await?,
        changes: pledge_changes::of_owner(&mut read, donor.id()).await?,
        recoveries: recoveries::of_owner(&mut read, donor.id()).await?,
    })
}

/// Shows the repeating gifts: three queries, however many there are.
///
/// # Errors
/// When the database refuses.
pub async fn show(
    State(state): State<AppState>,
    donor: Donor,
    done: Query<Done>,
) -> Result<Response, AppError> {
    let facts = facts(&state, &donor).await.map_err(ServiceError::from)?;
    let locale = &donor.account.locale;
    let (over, running): (Vec<_>, Vec<_>) = facts.plans.iter().partition(|p| p.state == PledgeState::Ended);
    let panel = |p: &&pledges::Pledge| plan_panel::panel(&state, locale, p, &facts);
    let plans = running.iter().map(panel).collect::<Result<Vec<_>, _>>()?;
    let ended =
        over.iter().map(|p| plan_panel::ended(&state, locale, p, &facts)).collect::<Result<Vec<_>, _>>()?;
    let none = plans.is_empty();
    let mut layout = account_frame(&state, &donor.visitor, "Monthly gift", "/portal/monthly");
    layout.wide = false;
    page(
        StatusCode::OK,
        &MonthlyPage {
            layout,
            notice: flash(&done).or_else(|| plan_flash(&done)),
            lead: String::new(),
            plans,
            empty: (none && ended.is_empty()).then(|| Empty {
                title: "No monthly gift yet".to_owned(),
                text: "A small gift every month does the most: it lets us promise help before it is needed. You can change, skip or stop it here at any time.".to_owned(),
                action: Some(Link::new("Give monthly", "/give?frequency=monthly")),
            }),
            give: (none != ended.is_empty()).then(|| {
                let words = if none { "Begin a new monthly gift" } else { "Begin another monthly gift" };
                Link::new(words, "/give?frequency=monthly")
            }),
            ended,
        },
    )
}
