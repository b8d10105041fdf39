//! The web: routes, forms, pages. Sees no SQL and no Stripe type.

mod account;
mod agent;
mod amounts;
mod assets;
mod client;
mod donor;
mod downloads;
mod errors;
mod form_token;
mod forms;
mod layout;
mod metrics;
mod ops;
pub mod pages;
mod public;
mod router;
mod security;
mod session;
mod staff;
mod traffic;
mod visitor;
mod webhook;

pub use layout::{frame, portal_css};
pub use metrics::metrics_router;
pub use router::{Policy, Route, router, routes};

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use crate::services::Deps;
use crate::services::intake::Intake;
use pages::DemoBar;

/// What the handlers share.
#[derive(Clone, Debug)]
pub struct AppState {
    /// The services' world.
    pub deps: Deps,
    /// The door for webhooks.
    pub intake: Intake,
    /// Set when this is the demo.
    pub demo: Option<Arc<DemoBar>>,
    /// Stylesheets, script, fonts, logo.
    pub(crate) assets: Arc<assets::Assets>,
    /// Cancelled when this process is to stop: then it is not ready any more.
    pub(crate) stop: CancellationToken,
    /// Key of the form tokens.
    pub(crate) form_key: Arc<form_token::FormKey>,
}

impl AppState {
    /// Puts the web's world together. Starts the intake's writers.
    pub fn new(deps: Deps, demo: Option<DemoBar>) -> AppState {
        let assets = Arc::new(assets::Assets::new(&deps.config.charity.brand));
        let form_key = Arc::new(form_token::FormKey::new(&deps.config.session_secret));
        let (intake, demo, stop) =
            (Intake::start(deps.clone()), demo.map(Arc::new), CancellationToken::new());
        AppState { intake, deps, demo, assets, stop, form_key }
    }

    /// The same, not ready any more once `stop` is cancelled.
    pub fn until(self, stop: CancellationToken) -> AppState {
        AppState { stop, ..self }
    }
}
