//! Every route with its policy. A route that is not in [`ROUTES`] does not exist.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::{MethodRouter, get, post};
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::csrf::CsrfLayer;
use tower_http::timeout::TimeoutLayer;

use super::webhook::stripe::BODY_LIMIT;
use super::{
    AppState, account, assets, donor, errors, ops, public, security, session, staff, traffic, visitor,
    webhook,
};
use crate::domain::role::Right;

const FORM_LIMIT: usize = 64 * 1024;
/// Workbooks are archives.
const PACKED_ALREADY: NotForContentType = NotForContentType::const_new("application/vnd.openxmlformats");
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Who may use a route, and what guards it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Anybody; POST only from our own pages.
    Public,
    /// Donors who have signed in; anybody else is led to the sign-in page.
    Donor,
    /// Staff with this right; anybody else is led to the staff's sign-in page, or refused.
    Staff(Right),
    /// The staff's sign-in pages: anybody may knock.
    StaffDoor,
    /// Machines that sign what they send.
    Signed,
    /// The operator and its probes.
    Operations,
}

/// A route.
#[derive(Clone, Copy)]
pub struct Route {
    /// The path.
    pub path: &'static str,
    /// Who may use it.
    pub policy: Policy,
    /// What it answers to.
    pub(super) methods: fn() -> MethodRouter<AppState>,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({:?})", self.path, self.policy)
    }
}

/// Every route but the office's.
const ROUTES: &[Route] = &[
    Route { path: "/", policy: Policy::Public, methods: || get(public::home) },
    Route {
        path: "/give",
        policy: Policy::Public,
        methods: || get(public::give::show).post(public::give::submit),
    },
    Route {
        path: "/give/thanks/{reference}",
        policy: Policy::Public,
        methods: || get(public::thanks::show).post(public::thanks::try_again),
    },
    Route {
        path: "/sign-in",
        policy: Policy::Public,
        methods: || get(account::sign_in::show).post(account::sign_in::submit),
    },
    Route {
        path: "/sign-in/link",
        policy: Policy::Public,
        methods: || get(account::link::wait).post(account::link::send),
    },
    Route { path: "/sign-in/code", policy: Policy::Public, methods: || post(account::link::code) },
    Route {
        path: "/sign-in/link/{token}",
        policy: Policy::Public,
        methods: || get(account::link::open).post(account::link::answer),
    },
    Route { path: "/sign-out", policy: Policy::Public, methods: || post(account::sign_in::sign_out) },
    Route {
        path: "/sign-up",
        policy: Policy::Public,
        methods: || get(account::sign_up::show).post(account::sign_up::submit),
    },
    Route {
        path: "/password/forgot",
        policy: Policy::Public,
        methods: || get(account::password::forgot).post(account::password::send),
    },
    Route {
        path: "/password/new",
        policy: Policy::Public,
        methods: || get(account::password::new).post(account::password::set),
    },
    Route {
        path: "/give/thanks/{reference}/link",
        policy: Policy::Public,
        methods: || post(public::thanks::send_link),
    },
    Route { path: "/portal", policy: Policy::Donor, methods: || get(donor::overview::show) },
    Route { path: "/portal/again", policy: Policy::Donor, methods: || post(donor::again::submit) },
    Route { path: "/portal/gifts", policy: Policy::Donor, methods: || get(donor::gifts::show) },
    Route { path: "/portal/gifts.csv", policy: Policy::Donor, methods: || get(donor::gifts::csv) },
    Route { path: "/portal/gifts/{gift}", policy: Policy::Donor, methods: || get(donor::gift::show) },
    Route {
        path: "/portal/gifts/{gift}/receipt",
        policy: Policy::Donor,
        methods: || get(donor::gift::receipt).post(donor::gift::send_copy),
    },
    Route {
        path: "/portal/gifts/{gift}/receipt.pdf",
        policy: Policy::Donor,
        methods: || get(donor::gift::receipt_pdf),
    },
    Route { path: "/portal/statements", policy: Policy::Donor, methods: || get(donor::statements::show) },
    Route {
        path: "/portal/statements/year/{entity}/{year}",
        policy: Policy::Donor,
        methods: || get(donor::statements::year),
    },
    Route {
        path: "/portal/statements/year/{entity}/{year}/receipts.zip",
        policy: Policy::Donor,
        methods: || get(donor::statements::archive),
    },
    Route {
        path: "/portal/statements/document/{statement}",
        policy: Policy::Donor,
        methods: || get(donor::statements::document),
    },
    Route { path: "/check", policy: Policy::Public, methods: || get(public::check::show) },
    Route { path: "/check/{code}", policy: Policy::Public, methods: || get(public::check::of_code) },
    Route { path: "/portal/gift-aid", policy: Policy::Donor, methods: || get(donor::gift_aid::show) },
    Route {
        path: "/portal/gift-aid/sign/{entity}",
        policy: Policy::Donor,
        methods: || get(donor::gift_aid::form).post(donor::gift_aid::sign),
    },
    Route {
        path: "/portal/gift-aid/end/{declaration}",
        policy: Policy::Donor,
        methods: || get(donor::gift_aid_end::show).post(donor::gift_aid_end::submit),
    },
    Route { path: "/portal/monthly", policy: Policy::Donor, methods: || get(donor::monthly::show) },
    Route {
        path: "/portal/monthly/{pledge}/stop",
        policy: Policy::Donor,
        methods: || get(donor::plan_stop::show).post(donor::plan_stop::submit),
    },
    Route {
        path: "/portal/monthly/{pledge}/stopped",
        policy: Policy::Donor,
        methods: || get(donor::plan_stop::stopped).post(donor::plan_stop::say_why),
    },
    Route {
        path: "/portal/monthly/{pledge}/restart",
        policy: Policy::Donor,
        methods: || get(donor::plan_stop::again).post(donor::plan_stop::begin_again),
    },
    Route {
        path: "/portal/monthly/{pledge}/fix",
        policy: Policy::Donor,
        methods: || get(donor::plan_stop::fix),
    },
    Route {
        path: "/portal/monthly/{pledge}/{act}",
        policy: Policy::Donor,
        methods: || get(donor::plan_acts::show).post(donor::plan_acts::submit),
    },
    Route {
        path: "/monthly/{token}",
        policy: Policy::Public,
        methods: || get(public::plan_link::show).post(public::plan_link::submit),
    },
    Route { path: "/portal/profile", policy: Policy::Donor, methods: || get(donor::profile::show) },
    Route { path: "/portal/data.zip", policy: Policy::Donor, methods: || get(donor::profile::take_copy) },
    Route {
        path: "/portal/profile/{part}",
        policy: Policy::Donor,
        methods: || get(donor::profile::edit).post(donor::profile::save),
    },
    Route {
        path: "/portal/preferences",
        policy: Policy::Donor,
        methods: || get(donor::preferences::show).post(donor::preferences::save),
    },
    Route { path: "/portal/security", policy: Policy::Donor, methods: || get(donor::security::show) },
    Route {
        path: "/portal/security/password",
        policy: Policy::Donor,
        methods: || get(donor::security::password).post(donor::security::set_password),
    },
    Route {
        path: "/portal/security/email",
        policy: Policy::Donor,
        methods: || get(donor::security::email).post(donor::security::change_email),
    },
    Route {
        path: "/portal/security/sign-out-others",
        policy: Policy::Donor,
        methods: || post(donor::security::sign_out_others),
    },
    Route { path: "/assets/{*path}", policy: Policy::Public, methods: || get(assets::serve) },
    Route { path: "/webhooks/stripe", policy: Policy::Signed, methods: || post(webhook::stripe::receive) },
    Route { path: "/healthz", policy: Policy::Operations, methods: || get(ops::healthz) },
    Route { path: "/readyz", policy: Policy::Operations, methods: || get(ops::readyz) },
];

/// Every route, the office's included.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().chain(staff::ROUTES.iter().copied().flatten())
}

/// The application; `extra` pages (the demo's) get the same guards as our own.
pub fn router(state: AppState, extra: Option<Router<AppState>>) -> Router {
    let mut pages = Router::new();
    let mut donors = Router::new();
    let mut machines = Router::new();
    let mut office = Router::new();
    for route in routes() {
        match route.policy {
            Policy::Public => pages = pages.route(route.path, (route.methods)()),
            Policy::Donor => donors = donors.route(route.path, (route.methods)()),
            Policy::Staff(right) => {
                let guard = middleware::from_fn_with_state((state.clone(), right), staff::guard::require);
                office = office.route(route.path, (route.methods)().route_layer(guard));
            }
            Policy::StaffDoor => office = office.route(route.path, (route.methods)()),
            Policy::Signed | Policy::Operations => machines = machines.route(route.path, (route.methods)()),
        }
    }
    if let Some(extra) = extra {
        pages = pages.merge(extra);
    }
    let donors = donors.route_layer(middleware::from_fn_with_state(state.clone(), visitor::require_donor));
    let pages = pages
        .merge(donors)
        .layer(session::layer(&state))
        .layer(middleware::from_fn(session::complete_removal))
        .merge(office)
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
        .layer(CsrfLayer::new())
        .layer(middleware::from_fn_with_state(state.clone(), security::known_host));
    let machines = machines.layer(DefaultBodyLimit::max(BODY_LIMIT));
    pages
        .merge(machines)
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_WITHIN))
        .layer(CatchPanicLayer::custom(|_| {
            use axum::response::IntoResponse;
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }))
        .layer(middleware::from_fn_with_state(state.clone(), errors::dress))
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(PACKED_ALREADY)))
        .layer(middleware::from_fn_with_state(state.clone(), security::headers))
        .layer(middleware::from_fn(traffic::count))
        .with_state(state)
}
