//! The public vocabulary of the stand-in: options, test methods, outcomes, faults, logs.

use std::{path::PathBuf, sync::Arc};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The clock: microseconds since the Unix epoch.
pub type Now = Arc<dyn Fn() -> i64 + Send + Sync>;

/// How a stand-in is set up.
pub struct Options {
    /// The clock; the stand-in never looks at any other for what it records.
    pub now: Now,
    /// Seed of every id, so that two runs give the same ones.
    pub seed: u64,
    /// Where the whole state is kept between runs, if it is.
    pub snapshot: Option<PathBuf>,
    /// The one secret key accepted as a bearer token.
    pub secret_key: String,
    /// Rate limits as Stripe has them, on the machine's own clock.
    pub limits: Option<Limits>,
    /// Two-letter country of the account and of the cards used, such as `GB`.
    pub country: String,
}

/// Token-bucket limits; each second refills a whole bucket.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Requests a second over the whole account.
    pub global_per_second: u32,
    /// Requests a second to one endpoint.
    pub endpoint_per_second: u32,
}

/// A way of paying on the hosted page, named for what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TestMethod {
    /// Card ending 4242: works, now and on renewal.
    CardSuccess,
    /// Card ending 0002: declined.
    CardDeclined,
    /// Card ending 9995: declined for lack of funds.
    CardInsufficientFunds,
    /// Card ending 0069: declined as expired.
    CardExpired,
    /// Card ending 3220: asks for 3-D Secure.
    Card3ds,
    /// Card ending 0341: works with the donor present, fails on every later charge.
    CardFailsOnRenewal,
    /// Card ending 3155: works with the donor present; at every later charge the bank wants them to confirm.
    CardAuthenticatesOnRenewal,
    /// Card ending 9995: works with the donor present, has no money at every later charge.
    CardNoFundsOnRenewal,
    /// Card ending 0069: works with the donor present, has expired at every later charge.
    CardExpiresOnRenewal,
    /// Card ending 0259: works and is disputed at once.
    CardDisputed,
    /// Bacs Direct Debit that settles after four working days.
    BacsSuccess,
    /// Bacs Direct Debit that fails after four working days.
    BacsFailure,
}

/// What came of pressing the button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PayOutcome {
    /// Paid (or, in setup mode, saved).
    Paid {
        /// Where the donor is sent, with the session id filled in.
        return_url: String,
    },
    /// The session is complete, the money still on its way.
    Processing {
        /// Where the donor is sent, with the session id filled in.
        return_url: String,
    },
    /// Refused; the session stays open.
    Declined {
        /// The sentence the donor sees.
        message: String,
    },
    /// The bank wants the donor to confirm.
    Needs3ds {
        /// The page where that is done.
        url: String,
    },
}

/// A webhook endpoint.
#[derive(Clone, Debug)]
pub struct Webhook {
    /// Where events are posted.
    pub url: String,
    /// Signing secrets; each gives one `v1`.
    pub secrets: Vec<String>,
    /// The version written into the events; the stand-in's own if none. The shape stays the same.
    pub api_version: Option<String>,
    /// Who posts.
    pub mode: DeliveryMode,
}

/// Who posts the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryMode {
    /// A background task, retrying what is not answered with 2xx.
    Auto,
    /// Nobody: they queue until [`super::Sandbox::take_deliveries`].
    Manual,
}

/// One event waiting to be posted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The `evt_` id.
    pub event_id: String,
    /// Such as `charge.succeeded`.
    pub event_type: String,
    /// The exact text to sign and post (pretty-printed, as Stripe does).
    pub body: String,
}

/// Something that shall go wrong.
#[derive(Clone, Debug)]
pub struct Fault {
    /// `GET`, `POST` or `DELETE`; any if none.
    pub method: Option<String>,
    /// Start of the path, such as `/v1/checkout/sessions`.
    pub path_prefix: String,
    /// How many requests it hits.
    pub times: u32,
    /// What happens to them.
    pub kind: FaultKind,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug)]
pub enum FaultKind {
    /// An error answer.
    Status {
        /// HTTP status.
        code: u16,
        /// `Retry-After` in seconds.
        retry_after: Option<u32>,
        /// `Stripe-Should-Retry`.
        should_retry: Option<bool>,
        /// True: nothing was done and nothing is stored. False: it was done, and this answer is what the
        /// idempotency key replays.
        before_effect: bool,
    },
    /// The connection is cut without an answer.
    Reset {
        /// True: before anything was done.
        before_effect: bool,
    },
    /// The answer takes long. The work goes on even if the caller hangs up.
    Hang {
        /// Real milliseconds.
        millis: u64,
        /// True: the wait is before the work (the key is locked meanwhile). False: between work and answer.
        before_effect: bool,
    },
    /// 409: another request with this idempotency key is in progress.
    LockConflict,
    /// A gateway's HTML page instead of JSON, before anything was done.
    Html502,
}

/// One request as it came in, and its answer.
#[derive(Clone, Debug)]
pub struct LoggedRequest {
    /// HTTP method.
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// Decoded query pairs.
    pub query: Vec<(String, String)>,
    /// Decoded form pairs.
    pub form: Vec<(String, String)>,
    /// `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// `Stripe-Version` asked for.
    pub stripe_version: Option<String>,
    /// Status answered; 0 where the connection was cut.
    pub status: u16,
    /// Answer; null where it was not JSON. Shared with what is sent, as it may be large.
    pub response: Arc<Value>,
}

/// One balance transaction.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct LedgerLine {
    /// The `txn_` id.
    pub id: String,
    /// Such as `charge`, `refund`, `adjustment`, `refund_failure`, `payout`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Such as `charge`, `refund`, `dispute`, `dispute_reversal`, `refund_failure`, `payout`.
    pub reporting_category: String,
    /// Gross, minor units, signed.
    pub amount: i64,
    /// Fee, minor units.
    pub fee: i64,
    /// `amount - fee`.
    pub net: i64,
    /// Three lower-case letters.
    pub currency: String,
    /// The charge, refund, dispute or payout it belongs to.
    pub source: Option<String>,
    /// Unix seconds.
    pub created: i64,
    /// The payout that carried it to the bank, once one has.
    pub payout: Option<String>,
}

/// What the donor typed on the hosted page.
#[derive(Clone, Debug, Default)]
pub struct Payer {
    /// E-mail, where the session did not bring one.
    pub email: Option<String>,
    /// Name on the card or account.
    pub name: Option<String>,
    /// *Save this for next time* was ticked, where the page offers it.
    pub save: bool,
}
