//! What we read of Stripe's objects, leniently: only the fields needed, everything else ignored, so that another API
//! version or a new value never breaks an answer.

use std::collections::HashMap;

use serde::Deserialize;

pub use super::plan_objects::*;
use super::{METADATA_METHOD_CHANGE, METADATA_PAYMENT, METADATA_REFUND};

/// A list answer.
#[derive(Clone, Debug, Deserialize)]
pub struct List<T> {
    /// Newest first.
    pub data: Vec<T>,
    /// More behind the last one.
    #[serde(default)]
    pub has_more: bool,
}

/// A field that holds an id, or the object itself when it was expanded.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Ref<T> {
    /// The id.
    Id(String),
    /// The object.
    Object(Box<T>),
}

impl<T> Ref<T> {
    /// The object, if it was expanded.
    pub fn object(&self) -> Option<&T> {
        match self {
            Ref::Object(o) => Some(o),
            Ref::Id(_) => None,
        }
    }
}

/// Only an id, of an object we have no other use for.
#[derive(Clone, Debug, Deserialize)]
pub struct Named {
    /// The id.
    pub id: String,
}

/// The id of a reference whose object may be expanded.
pub fn id_of(reference: &Ref<Named>) -> &str {
    match reference {
        Ref::Id(id) => id,
        Ref::Object(o) => &o.id,
    }
}

pub(super) type Metadata = HashMap<String, String>;

/// A Checkout session.
#[derive(Clone, Debug, Deserialize)]
pub struct Session {
    /// `cs_…`
    pub id: String,
    /// Unix seconds.
    pub created: i64,
    /// `open`, `complete`, `expired`.
    pub status: Option<String>,
    /// `paid`, `unpaid`, `no_payment_required`.
    pub payment_status: Option<String>,
    /// `pi_…` once there is one (single gifts).
    pub payment_intent: Option<Ref<Named>>,
    /// `sub_…` once there is one (monthly gifts).
    pub subscription: Option<Ref<Named>>,
    /// `seti_…`, for a page that takes another method; expanded by our calls.
    pub setup_intent: Option<Ref<SetupIntent>>,
    /// First invoice (monthly gifts).
    pub invoice: Option<Ref<Named>>,
    /// `cus_…` once there is one.
    pub customer: Option<Ref<Named>>,
    /// The page, while open.
    pub url: Option<String>,
    /// Unix seconds.
    pub expires_at: Option<i64>,
    /// Our marks.
    #[serde(default)]
    pub metadata: Option<Metadata>,
}

/// What came of a page that takes another method.
#[derive(Clone, Debug, Deserialize)]
pub struct SetupIntent {
    /// `seti_…`
    pub id: String,
    /// `succeeded` once the method may be used.
    pub status: String,
    /// `pm_…`
    pub payment_method: Option<Ref<Named>>,
}

/// Why a payment failed.
#[derive(Clone, Debug, Deserialize)]
pub struct PaymentError {
    /// `card_declined`, …
    #[serde(default)]
    pub code: Option<String>,
    /// `insufficient_funds`, …
    #[serde(default)]
    pub decline_code: Option<String>,
}

/// A payment intent.
#[derive(Clone, Debug, Deserialize)]
pub struct PaymentIntent {
    /// `pi_…`
    pub id: String,
    /// Unix seconds.
    pub created: i64,
    /// `succeeded`, `processing`, `requires_payment_method`, …
    pub status: String,
    /// Stripe's minor units.
    pub amount: i64,
    /// Lower-case code.
    pub currency: String,
    /// The last charge; expanded by our calls.
    pub latest_charge: Option<Ref<Charge>>,
    /// Why the last try failed.
    pub last_payment_error: Option<PaymentError>,
    /// Our marks.
    #[serde(default)]
    pub metadata: Option<Metadata>,
}

/// A charge.
#[derive(Clone, Debug, Deserialize)]
pub struct Charge {
    /// `ch_…` or `py_…`
    pub id: String,
    /// Unix seconds.
    pub created: i64,
    /// `succeeded`, `pending`, `failed`.
    pub status: String,
    /// Stripe's minor units.
    pub amount: i64,
    /// Lower-case code.
    pub currency: String,
    /// Given back so far.
    #[serde(default)]
    pub amount_refunded: i64,
    /// A dispute was opened.
    #[serde(default)]
    pub disputed: bool,
    /// The intent it belongs to.
    pub payment_intent: Option<Ref<Named>>,
    /// How it was paid.
    pub payment_method_details: Option<MethodDetails>,
    /// What reached the balance.
    pub balance_transaction: Option<Ref<BalanceTransaction>>,
}

/// How a charge was paid.
#[derive(Clone, Debug, Deserialize)]
pub struct MethodDetails {
    /// `card`, `bacs_debit`, `link`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// For cards.
    pub card: Option<CardDetails>,
    /// For Bacs Direct Debit.
    pub bacs_debit: Option<LastFour>,
    /// For SEPA Direct Debit.
    pub sepa_debit: Option<LastFour>,
    /// For ACH Direct Debit.
    pub us_bank_account: Option<LastFour>,
}

impl MethodDetails {
    /// True for debits that the bank confirms days later and may refuse then.
    pub fn is_delayed_debit(&self) -> bool {
        matches!(
            self.kind.as_str(),
            "bacs_debit" | "sepa_debit" | "us_bank_account" | "acss_debit" | "au_becs_debit"
        )
    }
}

/// A card, as far as a receipt may show it.
#[derive(Clone, Debug, Deserialize)]
pub struct CardDetails {
    /// `visa`, `mastercard`, …
    pub brand: Option<String>,
    /// Last four digits.
    pub last4: Option<String>,
    /// Its last month is in this year.
    pub exp_year: Option<i16>,
    /// 1 to 12.
    pub exp_month: Option<i8>,
}

/// A bank account, as far as a receipt may show it.
#[derive(Clone, Debug, Deserialize)]
pub struct LastFour {
    /// Last four digits.
    pub last4: Option<String>,
}

/// A movement of Stripe's balance.
#[derive(Clone, Debug, Deserialize)]
pub struct BalanceTransaction {
    /// `txn_…`
    pub id: String,
    /// Unix seconds.
    pub created: i64,
    /// Minor units, signed from our side.
    pub amount: i64,
    /// Minor units, positive when it costs.
    pub fee: i64,
    /// Lower-case code.
    pub currency: String,
}

/// A line of Stripe's balance, as it is listed.
#[derive(Clone, Debug, Deserialize)]
pub struct BalanceLine {
    /// `txn_…`
    pub id: String,
    /// Unix seconds.
    pub created: i64,
    /// Unix seconds from which it can be paid out.
    pub available_on: i64,
    /// Minor units, signed from our side.
    pub amount: i64,
    /// Minor units, positive when it costs.
    pub fee: i64,
    /// Amount less fee.
    pub net: i64,
    /// Lower-case code.
    pub currency: String,
    /// `charge`, `payment`, `refund`, `stripe_fee`, …
    #[serde(rename = "type")]
    pub kind: String,
    /// What it counts as: reports go by this, not by the type (AC-6).
    pub reporting_category: String,
    /// The charge, refund, dispute or payout it is of.
    pub source: Option<Ref<Named>>,
    /// Stripe's words.
    pub description: Option<String>,
    /// Of a conversion.
    pub exchange_rate: Option<serde_json::Number>,
}

/// A refund.
#[derive(Clone, Debug, Deserialize)]
pub struct Refund {
    /// `re_…`
    pub id: String,
    /// Unix seconds.
    pub created: i64,
    /// Minor units.
    pub amount: i64,
    /// Lower-case code.
    pub currency: String,
    /// `pending`, `succeeded`, `failed`, `canceled`, `requires_action`.
    pub status: Option<String>,
    /// Stripe's reason code.
    pub reason: Option<String>,
    /// The charge it gives back.
    pub charge: Option<Ref<Named>>,
    /// The intent it gives back.
    pub payment_intent: Option<Ref<Named>>,
    /// What left the balance; expanded by our calls.
    pub balance_transaction: Option<Ref<BalanceTransaction>>,
    /// What came back when it failed; expanded by our calls.
    pub failure_balance_transaction: Option<Ref<BalanceTransaction>>,
    /// Our marks.
    #[serde(default)]
    pub metadata: Option<Metadata>,
}

/// A dispute.
#[derive(Clone, Debug, Deserialize)]
pub struct Dispute {
    /// `dp_…` or `du_…`
    pub id: String,
    /// Unix seconds.
    pub created: i64,
    /// Minor units.
    pub amount: i64,
    /// Lower-case code.
    pub currency: String,
    /// `needs_response`, `under_review`, `won`, `lost`, `warning_…`
    pub status: String,
    /// Stripe's reason code.
    pub reason: String,
    /// The intent it contests.
    pub payment_intent: Option<Ref<Named>>,
    /// The charge it contests.
    pub charge: Option<Ref<Named>>,
    /// What left the balance and came back.
    #[serde(default)]
    pub balance_transactions: Vec<BalanceTransaction>,
    /// Dates for evidence.
    pub evidence_details: Option<EvidenceDetails>,
}

/// Dates for evidence.
#[derive(Clone, Debug, Deserialize)]
pub struct EvidenceDetails {
    /// Unix seconds.
    pub due_by: Option<i64>,
}

/// An invoice: one charge of a plan.
#[derive(Clone, Debug, Deserialize)]
pub struct Invoice {
    /// `in_…`
    pub id: String,
    /// Unix seconds.
    pub created: i64,
    /// `draft`, `open`, `paid`, `uncollectible`, `void`.
    pub status: Option<String>,
    /// Minor units still owed.
    #[serde(default)]
    pub amount_remaining: i64,
    /// How often Stripe has tried to collect it.
    #[serde(default)]
    pub attempt_count: i64,
    /// Lower-case code.
    #[serde(default)]
    pub currency: String,
    /// What it is for.
    pub parent: Option<InvoiceParent>,
    /// Its payments; expanded by our calls.
    pub payments: Option<List<InvoicePayment>>,
}

/// What an invoice is for.
#[derive(Clone, Debug, Deserialize)]
pub struct InvoiceParent {
    /// For a plan's charges.
    pub subscription_details: Option<SubscriptionDetails>,
}

/// The plan of an invoice.
#[derive(Clone, Debug, Deserialize)]
pub struct SubscriptionDetails {
    /// `sub_…`
    pub subscription: Option<Ref<Named>>,
    /// The plan's marks when the invoice was made.
    #[serde(default)]
    pub metadata: Option<Metadata>,
}

/// A payment of an invoice.
#[derive(Clone, Debug, Deserialize)]
pub struct InvoicePayment {
    /// The invoice.
    pub invoice: Option<Ref<Named>>,
    /// What paid it.
    pub payment: Option<InvoicePaymentSource>,
}

/// What paid an invoice.
#[derive(Clone, Debug, Deserialize)]
pub struct InvoicePaymentSource {
    /// `pi_…`
    pub payment_intent: Option<Ref<Named>>,
}

/// A payout.
#[derive(Clone, Debug, Deserialize)]
pub struct Payout {
    /// `po_…`
    pub id: String,
    /// Unix seconds.
    pub created: i64,
    /// Minor units.
    pub amount: i64,
    /// Lower-case code.
    pub currency: String,
    /// `pending`, `in_transit`, `paid`, `failed`, `canceled`.
    pub status: String,
    /// Unix seconds of the day.
    pub arrival_date: i64,
    /// Made by Stripe's schedule.
    #[serde(default)]
    pub automatic: bool,
    /// `completed` once tied to its transactions.
    pub reconciliation_status: Option<String>,
    /// `standard` or `instant`.
    #[serde(default)]
    pub method: String,
    /// Why the bank refused it.
    pub failure_code: Option<String>,
    /// By what the bank knows it.
    pub trace_id: Option<TraceId>,
}

impl Payout {
    /// Whether Stripe says which lines it carried: manual and instant payouts cannot be traced
    /// (docs.stripe.com/payouts/reconciliation).
    pub fn can_be_traced(&self) -> bool {
        self.automatic && self.reconciliation_status.as_deref() == Some("completed")
    }
}

/// By what a bank knows a payout.
#[derive(Clone, Debug, Deserialize)]
pub struct TraceId {
    /// None until the bank has told.
    pub value: Option<String>,
}

pub(super) fn mark(metadata: Option<&Metadata>) -> Option<&str> {
    metadata?.get(METADATA_PAYMENT).map(String::as_str)
}

impl Session {
    /// Our payment id, if it is ours.
    pub fn our_payment(&self) -> Option<&str> {
        mark(self.metadata.as_ref())
    }

    /// Our id, if it is a page of ours for another card or account.
    pub fn our_method_change(&self) -> Option<&str> {
        self.metadata.as_ref()?.get(METADATA_METHOD_CHANGE).map(String::as_str)
    }
}

impl Refund {
    /// The id of our request, if it was made for one.
    pub fn our_request(&self) -> Option<&str> {
        self.metadata.as_ref()?.get(METADATA_REFUND).map(String::as_str)
    }
}

impl PaymentIntent {
    /// Our payment id, if it is a single gift of ours.
    pub fn our_payment(&self) -> Option<&str> {
        mark(self.metadata.as_ref())
    }

    /// The charge that carried the money, if it is there.
    pub fn charge(&self) -> Option<&Charge> {
        self.latest_charge.as_ref().and_then(Ref::object)
    }
}

impl Invoice {
    /// The plan it belongs to.
    pub fn subscription(&self) -> Option<&str> {
        self.parent.as_ref()?.subscription_details.as_ref()?.subscription.as_ref().map(id_of)
    }

    /// The intents that paid it or try to.
    pub fn payment_intents(&self) -> Vec<&str> {
        let payments = self.payments.iter().flat_map(|l| &l.data);
        payments.filter_map(|p| p.payment.as_ref()?.payment_intent.as_ref().map(id_of)).collect()
    }
}
