//! What we read of Stripe's objects, leniently: only the fields needed, everything else ignored, so that another API
//! version or a new value never breaks an answer.

use std::collections::HashMap;

use serde::Deserialize;

use super::METADATA_PAYMENT;

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

type Metadata = HashMap<String, String>;

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

/// A subscription: a plan.
#[derive(Clone, Debug, Deserialize)]
pub struct Subscription {
    /// `sub_…`
    pub id: String,
    /// Unix seconds.
    pub created: i64,
    /// `active`, `past_due`, `canceled`, …
    pub status: String,
    /// `cus_…`
    pub customer: Option<Ref<Named>>,
    /// Ends with the period.
    #[serde(default)]
    pub cancel_at_period_end: bool,
    /// Ends then; unix seconds.
    pub cancel_at: Option<i64>,
    /// Over since; unix seconds.
    pub ended_at: Option<i64>,
    /// Collection is paused.
    pub pause_collection: Option<serde_json::Value>,
    /// Its lines.
    pub items: Option<List<SubscriptionItem>>,
    /// Our marks.
    #[serde(default)]
    pub metadata: Option<Metadata>,
}

/// A line of a plan.
#[derive(Clone, Debug, Deserialize)]
pub struct SubscriptionItem {
    /// When the next charge is due; unix seconds.
    pub current_period_end: Option<i64>,
    /// What one of it costs.
    pub price: Option<Price>,
    /// How many of it.
    pub quantity: Option<i64>,
}

/// What a line of a plan costs.
#[derive(Clone, Debug, Deserialize)]
pub struct Price {
    /// Minor units; absent where the price has steps or fractions.
    pub unit_amount: Option<i64>,
    /// Lower-case code.
    pub currency: String,
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
}

fn mark(metadata: Option<&Metadata>) -> Option<&str> {
    metadata?.get(METADATA_PAYMENT).map(String::as_str)
}

impl Session {
    /// Our payment id, if it is ours.
    pub fn our_payment(&self) -> Option<&str> {
        mark(self.metadata.as_ref())
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

impl Subscription {
    /// Our payment id, if it is ours.
    pub fn our_payment(&self) -> Option<&str> {
        mark(self.metadata.as_ref())
    }

    /// Unix seconds of the next charge.
    pub fn next_charge(&self) -> Option<i64> {
        self.items.as_ref()?.data.iter().filter_map(|i| i.current_period_end).min()
    }

    /// What each charge takes, in minor units, and its lower-case currency. `None` where the lines do not say: there
    /// are none, there are more than were given, or a price has no plain sum.
    pub fn total(&self) -> Option<(i64, &str)> {
        let items = self.items.as_ref().filter(|items| !items.has_more)?;
        let mut total = 0_i64;
        let mut currency = None;
        for item in &items.data {
            let price = item.price.as_ref()?;
            if *currency.get_or_insert(price.currency.as_str()) != price.currency {
                return None;
            }
            total = total.checked_add(price.unit_amount?.checked_mul(item.quantity.unwrap_or(1))?)?;
        }
        Some((total, currency?))
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
