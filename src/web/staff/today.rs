//! `/staff`: what needs a person.

use axum::extract::State;
use axum::response::Response;
use axum::routing::get;

use super::find::search_box;
use super::guard::Staff;
use super::{blank, show};
use crate::domain::role::Right;
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::router::{Policy, Route};

/// The routes of the first page.
pub const ROUTES: &[Route] =
    &[Route { path: "/staff", policy: Policy::Staff(Right::BeInside), methods: || get(today) }];

/// Shows what needs a person.
///
/// # Errors
/// When the database refuses.
pub async fn today(State(state): State<AppState>, staff: Staff) -> Result<Response, AppError> {
    let mut page = blank(&state, &staff, "Today", "/staff");
    page.search = staff.may(Right::FindDonors).then(|| search_box(""));
    show(&page)
}
