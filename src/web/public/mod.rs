//! Pages anybody may see.

pub mod check;
pub mod give;
mod give_form;
mod give_view;
pub mod plan_link;
mod plan_raise;
pub mod thanks;

use axum::response::Redirect;

/// `GET /`: the giving form is the start page until there is more to show.
pub async fn home() -> Redirect {
    Redirect::to("/give")
}
