//! What we read of a plan, and of what it is paid with.

use serde::Deserialize;

use super::objects::{List, Metadata, MethodDetails, Named, Ref, id_of, mark};
use super::{METADATA_ENTITY, METADATA_FUND};

/// A card or account that a customer has left.
#[derive(Clone, Debug, Deserialize)]
pub struct PaymentMethod {
    /// `pm_…`
    pub id: String,
    /// What it is.
    #[serde(flatten)]
    pub details: MethodDetails,
}

/// Whoever pays.
#[derive(Clone, Debug, Deserialize)]
pub struct Customer {
    /// `cus_…`
    pub id: String,
    /// As typed at Stripe.
    pub email: Option<String>,
    /// As typed at Stripe.
    pub name: Option<String>,
    /// What its invoices are charged to.
    pub invoice_settings: Option<InvoiceSettings>,
    /// It was deleted.
    #[serde(default)]
    pub deleted: bool,
}

/// How a customer's invoices are paid.
#[derive(Clone, Debug, Deserialize)]
pub struct InvoiceSettings {
    /// `pm_…`
    pub default_payment_method: Option<Ref<Named>>,
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
    /// What the months are counted from; unix seconds.
    #[serde(default)]
    pub billing_cycle_anchor: i64,
    /// What it is paid with; expanded by our calls.
    pub default_payment_method: Option<Ref<PaymentMethod>>,
    /// Why it ended.
    pub cancellation_details: Option<CancellationDetails>,
    /// Collection is paused.
    pub pause_collection: Option<PauseCollection>,
    /// Its lines.
    pub items: Option<List<SubscriptionItem>>,
    /// Our marks.
    #[serde(default)]
    pub metadata: Option<Metadata>,
}

/// A pause of a plan.
#[derive(Clone, Debug, Deserialize)]
pub struct PauseCollection {
    /// Until then; unix seconds. Without: until somebody lifts it.
    pub resumes_at: Option<i64>,
}

/// Why a plan ended.
#[derive(Clone, Debug, Deserialize)]
pub struct CancellationDetails {
    /// `cancellation_requested`, `payment_failed`, `payment_disputed`.
    pub reason: Option<String>,
}

/// A line of a plan.
#[derive(Clone, Debug, Deserialize)]
pub struct SubscriptionItem {
    /// `si_…`
    pub id: String,
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
    /// `prod_…`
    pub product: Option<Ref<Named>>,
    /// How often.
    pub recurring: Option<Recurring>,
    /// Minor units; absent where the price has steps or fractions.
    pub unit_amount: Option<i64>,
    /// Lower-case code.
    pub currency: String,
}

/// How often a price recurs.
#[derive(Clone, Debug, Deserialize)]
pub struct Recurring {
    /// `day`, `week`, `month`, `year`.
    pub interval: String,
    /// Every so many of them.
    pub interval_count: i64,
}

impl Price {
    /// `prod_…`
    pub fn product_id(&self) -> Option<&str> {
        self.product.as_ref().map(id_of)
    }

    /// Calendar months between two charges; `None` for days and weeks.
    pub fn months(&self) -> Option<i64> {
        let recurring = self.recurring.as_ref()?;
        match recurring.interval.as_str() {
            "month" => Some(recurring.interval_count),
            "year" => recurring.interval_count.checked_mul(12),
            _ => None,
        }
    }
}

impl Subscription {
    /// Our payment id, if it is ours.
    pub fn our_payment(&self) -> Option<&str> {
        mark(self.metadata.as_ref())
    }

    /// The fund under whose id a plan made elsewhere was handed to us, and the entity if that was said.
    pub fn handed_to_us(&self) -> Option<(&str, Option<&str>)> {
        let marks = self.metadata.as_ref()?;
        let entity = marks.get(METADATA_ENTITY).map(String::as_str);
        marks.get(METADATA_FUND).map(|fund| (fund.as_str(), entity))
    }

    /// Calendar months between two charges; `None` where the lines do not say, or do not agree.
    pub fn months(&self) -> Option<i64> {
        let items = self.items.as_ref().filter(|items| !items.has_more)?;
        let mut months = items.data.iter().map(|i| i.price.as_ref().and_then(Price::months));
        let first = months.next()??;
        months.all(|m| m == Some(first)).then_some(first)
    }

    /// The end of the running period: the next instant of the plan's rhythm; unix seconds.
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
