//! The office: what staff see and do. Every page states the right it needs; every read of a donor is written down.

mod ageing;
pub mod aid;
mod audit;
pub mod correct;
mod correct_fields;
pub mod disputes;
pub mod door;
pub mod effects;
pub mod guard;

mod benefit;
mod care;
mod chain;
mod dashboard;
mod declaration;
mod declaration_fields;
mod declaration_view;
mod declarations;
mod delivery;
mod donor;
mod donor_details;
mod donor_mail;
mod donors;
mod duplicates;
pub mod exports;
mod find;
mod gift;
mod gift_aid;
mod gift_aid_claim;
mod gift_aid_claim_forms;
mod gift_aid_claim_view;
mod gift_aid_view;
mod gifts;
mod health;
mod import_declarations;
mod import_file;
mod import_view;
mod imports;
mod journals;
mod look;
mod merge;
mod merge_view;
mod month;
mod month_entries;
mod month_view;
mod months;
mod notes;
pub mod offline;
pub mod own;
mod paging;
mod payout;
mod payouts;
pub mod people;
mod programme;
mod programme_plans;
mod put_right;
mod rate;
pub mod receipts;
pub mod refund;
pub mod refunds;
mod reports;
mod rights;
pub mod settings;
pub mod statements;
pub mod today;
pub mod view;
pub mod welcome;

use axum::http::StatusCode;
use axum::response::Response;

use super::AppState;
use super::account::page;
use super::errors::AppError;
use super::layout::{frame, portal_css};
use super::pages::{Layout, Link, StaffPage};
use super::router::Route;
use crate::domain::role::Right;
use guard::Staff;

/// Every route of the office.
pub const ROUTES: &[&[Route]] = &[
    door::ROUTES,
    welcome::ROUTES,
    today::ROUTES,
    audit::ROUTES,
    settings::ROUTES,
    people::ROUTES,
    own::ROUTES,
    disputes::ROUTES,
    payouts::ROUTES,
    payout::ROUTES,
    months::ROUTES,
    month::ROUTES,
    month_entries::ROUTES,
    journals::ROUTES,
    reports::ROUTES,
    programme::ROUTES,
    programme_plans::ROUTES,
    ageing::ROUTES,
    delivery::ROUTES,
    refunds::ROUTES,
    refund::ROUTES,
    correct::ROUTES,
    find::ROUTES,
    donors::ROUTES,
    donor::ROUTES,
    donor_details::ROUTES,
    declarations::ROUTES,
    declaration::ROUTES,
    donor_mail::ROUTES,
    notes::ROUTES,
    gifts::ROUTES,
    gift::ROUTES,
    care::ROUTES,
    put_right::ROUTES,
    merge::ROUTES,
    duplicates::ROUTES,
    rights::ROUTES,
    aid::ROUTES,
    health::ROUTES,
    exports::ROUTES,
    statements::ROUTES,
    receipts::ROUTES,
    gift_aid::ROUTES,
    gift_aid_claim::ROUTES,
    rate::ROUTES,
    benefit::ROUTES,
    offline::ROUTES,
    imports::ROUTES,
    import_declarations::ROUTES,
];

/// The parts of the office, each with the right that opens it.
const PARTS: &[(&str, &str, Right)] = &[
    ("Today", "/staff", Right::BeInside),
    ("Donors", "/staff/donors", Right::FindDonors),
    ("Gifts", "/staff/gifts", Right::FindDonors),
    ("Enter gifts", "/staff/offline", Right::EnterGifts),
    ("Receipts", "/staff/receipts", Right::SeeMoney),
    ("Refunds", "/staff/refunds", Right::SeeMoney),
    ("Disputes", "/staff/disputes", Right::SeeMoney),
    ("Payouts", "/staff/payouts", Right::SeeMoney),
    ("Months", "/staff/months", Right::SeeMoney),
    ("Reports", "/staff/reports", Right::SeeMoney),
    ("Gift Aid", "/staff/gift-aid", Right::ManageTax),
    ("Statements", "/staff/statements", Right::ManageTax),
    ("Exports", "/staff/exports", Right::ExportData),
    ("Audit", "/staff/audit", Right::SeeAudit),
    ("Health", "/staff/health", Right::ReplayJobs),
    ("Settings", "/staff/settings", Right::ManageSettings),
    ("Staff", "/staff/people", Right::ManageStaff),
    ("You", "/staff/you", Right::BeInside),
];

/// The frame of a page of the office. `here` is the part of the menu it belongs to.
pub fn staff_frame(state: &AppState, staff: &Staff, title: &str, here: &str) -> Layout {
    let mut layout = door_frame(state, title);
    layout.home_href = "/staff".to_owned();
    layout.sign_out = true;
    layout.wide = true;
    layout.nav = PARTS
        .iter()
        .filter(|(_, _, right)| staff.may(*right))
        .map(|(label, href, _)| Link { current: *href == here, ..Link::new(*label, *href) })
        .collect();
    layout
}

/// The frame of a page before anybody is inside.
fn door_frame(state: &AppState, title: &str) -> Layout {
    let mut layout = frame(state, None, title);
    layout.noindex = true;
    layout.staff = true;
    layout.nav = Vec::new();
    layout.css.insert(1, portal_css(state));
    layout.css.insert(2, state.assets.href("staff.css"));
    layout
}

/// A page of the office with its title and nothing in it yet.
pub fn blank(state: &AppState, staff: &Staff, title: &str, here: &str) -> StaffPage {
    StaffPage {
        layout: staff_frame(state, staff, title, here),
        title: title.to_owned(),
        ..StaffPage::default()
    }
}

/// A page as it is shown.
pub fn show(content: &StaffPage) -> Result<Response, AppError> {
    page(StatusCode::OK, content)
}

/// A form that comes back: 422, with what was typed.
pub fn another_look(content: &StaffPage) -> Result<Response, AppError> {
    page(StatusCode::UNPROCESSABLE_ENTITY, content)
}
