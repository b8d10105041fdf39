//! Every route with its policy. A route that is not in [`ROUTES`] does not exist.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware;
use axum::routing::{MethodRouter, get, post};
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::csrf::CsrfLayer;
use tower_http::timeout::TimeoutLayer;

use super::webhook::stripe::BODY_LIMIT;
use super::{AppState, assets, errors, ops, public, security, webhook};

const FORM_LIMIT: usize = 64 * 1024;
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Who may use a route, and what guards it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policy {
    /// Anybody; POST only from our own pages.
    Public,
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
    methods: fn() -> MethodRouter<AppState>,
}

impl std::fmt::Debug for Route {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({:?})", self.path, self.policy)
    }
}

/// Every route there is.
pub const ROUTES: &[Route] = &[
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
    Route { path: "/assets/{*path}", policy: Policy::Public, methods: || get(assets::serve) },
    Route { path: "/webhooks/stripe", policy: Policy::Signed, methods: || post(webhook::stripe::receive) },
    Route { path: "/healthz", policy: Policy::Operations, methods: || get(ops::healthz) },
    Route { path: "/readyz", policy: Policy::Operations, methods: || get(ops::readyz) },
];

/// The application; `extra` pages (the demo's) get the same guards as our own.
pub fn router(state: AppState, extra: Option<Router<AppState>>) -> Router {
    let mut pages = Router::new();
    let mut machines = Router::new();
    for route in ROUTES {
        match route.policy {
            Policy::Public => pages = pages.route(route.path, (route.methods)()),
            Policy::Signed | Policy::Operations => machines = machines.route(route.path, (route.methods)()),
        }
    }
    if let Some(extra) = extra {
        pages = pages.merge(extra);
    }
    let pages = pages
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(DefaultBodyLimit::max(FORM_LIMIT))
        .layer(CsrfLayer::new());
    let machines = machines.layer(DefaultBodyLimit::max(BODY_LIMIT));
    pages
        .merge(machines)
        .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, ANSWER_WITHIN))
        .layer(CatchPanicLayer::custom(|_| {
            use axum::response::IntoResponse;
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }))
        .layer(middleware::from_fn_with_state(state.clone(), errors::dress))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(state.clone(), security::headers))
        .with_state(state)
}
