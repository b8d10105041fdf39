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
mod ops;
pub mod pages;
mod public;
mod router;
mod security;
mod session;
mod staff;
mod visitor;
mod webhook;

pub use layout::{frame, portal_css};
pub use router::{Policy, Route, router, routes};

use std::sync::Arc;

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
    /// Key of the form tokens.
    pub(crate) form_key: Arc<form_token::FormKey>,
}

impl AppState {
    /// Puts the web's world together. Starts the intake's writers.
    pub fn new(deps: Deps, demo: Option<DemoBar>) -> AppState {
        let assets = Arc::new(assets::Assets::new(&deps.config.charity.brand));
        let form_key = Arc::new(form_token::FormKey::new(&deps.config.session_secret));
        AppState { intake: Intake::start(deps.clone()), deps, demo: demo.map(Arc::new), assets, form_key }
    }
}
