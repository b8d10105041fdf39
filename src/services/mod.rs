//! The verbs: what the system does. Only this room opens write transactions and joins store, payments and mail.

pub mod accounts;
pub mod again;
pub mod benefits;
pub mod care;
pub mod closing;
pub mod compose;
pub mod copies;
pub mod corrections;
pub mod evidence;
pub mod exports;
pub mod finding;
pub mod gift_aid;
pub mod give;
pub mod health;
pub mod import;
pub mod income;
pub mod intake;
pub mod journals;
pub mod mailing;
pub mod offers;
pub mod offline_gifts;
pub mod papers;
pub mod passwords;
pub mod payouts;
pub mod pledges;
pub mod profile;
pub mod programme;
pub mod receipts;
pub mod reconcile;
pub mod refunds;
pub mod replay;
pub mod rights;
pub mod sessions;
pub mod settle;
pub mod staff;
pub mod statements;
pub mod status;
pub mod sweep;
pub mod throttle;
pub mod verify;

use std::sync::Arc;

use tokio::sync::Notify;

use crate::clock::Clock;
use crate::config::Config;
use crate::mail::Mailer;
use crate::payments::{StripeClient, StripeError};
use crate::random::Random;
use crate::store::{Store, StoreError};

/// What every service needs.
#[derive(Clone, Debug)]
pub struct Deps {
    /// The database.
    pub store: Store,
    /// Stripe, or its stand-in.
    pub stripe: StripeClient,
    /// Mail.
    pub mailer: Mailer,
    /// Time.
    pub clock: Clock,
    /// Chance.
    pub random: Random,
    /// Settings and the charity file.
    pub config: Arc<Config>,
    /// The hashing threads.
    pub passwords: passwords::Passwords,
    /// What prints receipts and statements.
    pub papers: papers::Papers,
    /// How often somebody may try.
    pub throttle: throttle::Throttle,
    /// Rings when a job was written, so that the worker need not wait for its next look.
    pub work: Arc<Notify>,
}

/// Why a service could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Stripe.
    #[error(transparent)]
    Stripe(#[from] StripeError),
    /// A template.
    #[error("template: {0}")]
    Template(#[from] askama::Error),
    /// The mail host.
    #[error("{0}")]
    MailHost(#[from] crate::mail::MailError),
    /// The same form was sent too often.
    #[error("form sent too often")]
    TooOften,
    /// More passwords at once than the machine can hash.
    #[error(transparent)]
    TooBusy(#[from] passwords::TooBusy),
    /// A file could not be written or read.
    #[error("file: {0}")]
    File(#[from] std::io::Error),
    /// A document could not be printed.
    #[error(transparent)]
    Paper(#[from] crate::documents::pdf::PdfError),
    /// Something Stripe told does not fit what we know.
    #[error("{0}")]
    Unexpected(String),
}

/// Result of a service.
pub type Result<T> = std::result::Result<T, ServiceError>;

/// Jobs this house knows.
pub mod job_kinds {
    /// Look again at a Checkout session.
    pub const LOOK_SESSION: &str = "look_session";
    /// Look again at a payment intent.
    pub const LOOK_PAYMENT: &str = "look_payment";
    /// Look again at a payment intent with all its refunds and disputes.
    pub const LOOK_MOVEMENTS: &str = "look_movements";
    /// Look again at a charge, to find its payment intent.
    pub const LOOK_CHARGE: &str = "look_charge";
    /// Look again at a refund, to find its payment intent.
    pub const LOOK_REFUND: &str = "look_refund";
    /// Look again at a dispute, to find its payment intent.
    pub const LOOK_DISPUTE: &str = "look_dispute";
    /// Look again at an invoice.
    pub const LOOK_INVOICE: &str = "look_invoice";
    /// Look again at a subscription.
    pub const LOOK_SUBSCRIPTION: &str = "look_subscription";
    /// Look again at a card or account.
    pub const LOOK_METHOD: &str = "look_method";
    /// Do what was asked about a plan, or find out whether it is done.
    pub const CARRY_OUT_CHANGE: &str = "carry_out_change";
    /// Begin a plan again, or find out whether it has begun.
    pub const BEGIN_PLAN: &str = "begin_plan";
    /// Give a plan's customer the method that was left, and read back that every plan has it.
    pub const APPLY_METHOD: &str = "apply_method";
    /// Send what is due about one failed charge.
    pub const RECOVERY_MAIL: &str = "recovery_mail";
    /// Find what is due about failed charges.
    pub const RECOVERY_MAILS: &str = "recovery_mails";
    /// Warn of cards that end soon, and ask who may be asked whether they can give more.
    pub const UPKEEP: &str = "upkeep";
    /// Ask Stripe for a refund, or find out whether it was made.
    pub const MAKE_REFUND: &str = "make_refund";
    /// Look over the house, and raise an alarm or call it off.
    pub const CHECK_HEALTH: &str = "check_health";
    /// Walk over Stripe's objects, and repair what no event told.
    pub const RECONCILE: &str = "reconcile";
    /// Look again at a payout.
    pub const LOOK_PAYOUT: &str = "look_payout";
    /// Take the words by which donors are found from those whose words were never taken.
    pub const INDEX_DONORS: &str = "index_donors";
    /// Send on what is held though no pause holds it any more.
    pub const RELEASE_MAIL: &str = "release_mail";
    /// Send one mail of the outbox.
    pub const SEND_MAIL: &str = "send_mail";
    /// Issue one statement of a run.
    pub const ISSUE_STATEMENT: &str = "issue_statement";
    /// Look again at a statement: what it tells of may have changed.
    pub const REVIEW_STATEMENT: &str = "review_statement";
    /// Write an exported workbook.
    pub const WRITE_EXPORT: &str = "write_export";
    /// Delete exported workbooks that were kept long enough.
    pub const SWEEP_EXPORTS: &str = "sweep_exports";
    /// Let go of what is kept no longer.
    pub const LET_GO: &str = "let_go";
    /// Bring a file of another system in, or take it back.
    pub const RUN_IMPORT: &str = "run_import";
    /// Forget a donor who asked for it.
    pub const ERASE_DONOR: &str = "erase_donor";
    /// Forget sessions and questions that nobody can use any more.
    pub const SWEEP_SESSIONS: &str = "sweep_sessions";
    /// Close payments whose page was abandoned.
    pub const SWEEP_PAYMENTS: &str = "sweep_payments";
}
