//! The calls that change a plan and what it is paid with.

use std::collections::HashMap;

use stripe_billing::invoice::PayInvoice;
use stripe_billing::subscription::{
    CancelSubscription, CreateSubscription, CreateSubscriptionItems, CreateSubscriptionItemsPriceData,
    CreateSubscriptionItemsPriceDataRecurring, CreateSubscriptionItemsPriceDataRecurringInterval,
    CreateSubscriptionProrationBehavior, CreateSubscriptionTrialEnd, ListSubscription,
    ListSubscriptionStatus, UpdateSubscription, UpdateSubscriptionCancelAt, UpdateSubscriptionItems,
    UpdateSubscriptionItemsPriceData, UpdateSubscriptionItemsPriceDataRecurring,
    UpdateSubscriptionItemsPriceDataRecurringInterval, UpdateSubscriptionPauseCollection,
    UpdateSubscriptionPauseCollectionBehavior, UpdateSubscriptionProrationBehavior,
    UpdateSubscriptionTrialEnd,
};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionSetupIntentData, RetrieveCheckoutSession,
};
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};
use stripe_core::customer::{RetrieveCustomer, UpdateCustomer, UpdateCustomerInvoiceSettings};
use stripe_shared::CheckoutSessionMode;

use super::objects::Subscription;
use super::requests::{UnsupportedAmount, to_stripe};
use super::{METADATA_ENTITY, METADATA_FUND, METADATA_METHOD_CHANGE, METADATA_PAYMENT};
use crate::clock::Ts;
use crate::domain::frequency::Frequency;
use crate::domain::ids::{MethodChangeId, PaymentId};
use crate::domain::money::Money;
use crate::domain::states::PauseKind;
use crate::domain::terms::{Difference, Terms};

/// A call as it is written down before it is made: a repetition under one key must not differ in a letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `POST`, `DELETE`, or `NONE` when Stripe need not be asked.
    pub method: &'static str,
    /// Below `/v1`.
    pub path: String,
    /// Form-encoded.
    pub body: String,
}

impl Call {
    /// Nothing to ask Stripe for.
    pub fn none() -> Call {
        Call { method: "NONE", path: String::new(), body: String::new() }
    }

    fn of(method: &'static str, request: RequestBuilder) -> Call {
        Call { method, path: request.path, body: request.body.unwrap_or_default() }
    }
}

/// The request of a call that was written down; `None` when there is none to make.
pub fn stored(method: &str, path: &str, body: &str) -> Option<RequestBuilder> {
    let method = match method {
        "POST" => StripeMethod::Post,
        "DELETE" => StripeMethod::Delete,
        _ => return None,
    };
    let mut request = RequestBuilder::new(method, path.to_owned());
    request.body = Some(body.to_owned());
    Some(request)
}

/// What turns a plan's terms into others. Nothing is prorated: a gift has no part periods.
///
/// # Errors
/// When the amount cannot be told to Stripe in its units, or the plan has no line to change.
pub fn change(plan: &Subscription, was: &Terms, wanted: &Terms) -> Result<Call, UnsupportedAmount> {
    let about: Vec<Difference> = was.differences(wanted);
    let asks = |what: Difference| about.contains(&what);
    if asks(Difference::Ended) {
        return Ok(stop(&plan.id));
    }
    let mut update = UpdateSubscription::new(plan.id.as_str())
        .proration_behavior(UpdateSubscriptionProrationBehavior::None);
    let mut unset = String::new();
    if asks(Difference::Total) || asks(Difference::Frequency) {
        update = update.items(lines(plan, wanted)?);
    }
    // A free time until the next charge is how Stripe moves it; a new rhythm would else be charged at once.
    if asks(Difference::Day) || asks(Difference::Frequency) {
        update = update.trial_end(UpdateSubscriptionTrialEnd::Timestamp(wanted.next_at.as_unix()));
    }
    if asks(Difference::Pause) {
        match wanted.pause {
            PauseKind::No => unset.push_str("&pause_collection="),
            PauseKind::Until | PauseKind::Open => {
                let mut pause =
                    UpdateSubscriptionPauseCollection::new(UpdateSubscriptionPauseCollectionBehavior::Void);
                pause.resumes_at = wanted.resumes_at.map(Ts::as_unix);
                update = update.pause_collection(pause);
            }
        }
    }
    if asks(Difference::End) {
        match wanted.ends_at {
            None if plan.cancel_at_period_end => update = update.cancel_at_period_end(false),
            None => unset.push_str("&cancel_at="),
            Some(at) => update = update.cancel_at(UpdateSubscriptionCancelAt::Timestamp(at.as_unix())),
        }
    }
    if asks(Difference::Method)
        && let Some(method) = &wanted.method
    {
        update = update.default_payment_method(method.as_str());
    }
    if about.iter().all(|what| matches!(what, Difference::Split | Difference::Fund)) {
        return Ok(Call::none());
    }
    let mut call = Call::of("POST", update.build());
    // The typed request cannot send an empty value, which is how Stripe is told to unset something.
    call.body.push_str(&unset);
    Ok(call)
}

/// Ends a plan at once.
pub fn stop(plan: &str) -> Call {
    Call::of("DELETE", CancelSubscription::new(plan).build())
}

/// The plans of a customer, ended ones too.
pub fn plans_of(customer: &str) -> RequestBuilder {
    ListSubscription::new().customer(customer).status(ListSubscriptionStatus::All).limit(100).build()
}

/// The plan's first line with the whole sum; the others go. How much of it covers the fee is our own knowledge.
fn lines(plan: &Subscription, wanted: &Terms) -> Result<Vec<UpdateSubscriptionItems>, UnsupportedAmount> {
    let (minor, code) = to_stripe(wanted.total())?;
    let items = plan.items.iter().flat_map(|list| &list.data);
    let mut lines = Vec::new();
    for item in items {
        let mut line = UpdateSubscriptionItems::new();
        line.id = Some(item.id.clone());
        if lines.is_empty() {
            let product = item.price.as_ref().and_then(|p| p.product_id()).ok_or(UnsupportedAmount)?;
            let (interval, count) = rhythm(wanted.frequency);
            let mut recurring = UpdateSubscriptionItemsPriceDataRecurring::new(match interval {
                Interval::Month => UpdateSubscriptionItemsPriceDataRecurringInterval::Month,
                Interval::Year => UpdateSubscriptionItemsPriceDataRecurringInterval::Year,
            });
            recurring.interval_count = Some(count);
            let currency: stripe_types::Currency = code.parse().map_err(|_| UnsupportedAmount)?;
            let mut price = UpdateSubscriptionItemsPriceData::new(currency, product, recurring);
            price.unit_amount = Some(minor);
            line.price_data = Some(price);
            line.quantity = Some(1);
        } else {
            line.deleted = Some(true);
        }
        lines.push(line);
    }
    if lines.is_empty() { Err(UnsupportedAmount) } else { Ok(lines) }
}

enum Interval {
    Month,
    Year,
}

fn rhythm(frequency: Frequency) -> (Interval, u64) {
    match frequency.months() {
        Some(months) if months % 12 == 0 => (Interval::Year, u64::from(months / 12)),
        months => (Interval::Month, u64::from(months.unwrap_or(1))),
    }
}

/// A plan that takes up where another ended.
#[derive(Clone, Debug)]
pub struct NewPlan<'a> {
    /// Our payment, written on the plan.
    pub payment: &'a PaymentId,
    /// Stripe's customer.
    pub customer: &'a str,
    /// What it is paid with.
    pub method: &'a str,
    /// Stripe's product of the plan before.
    pub product: &'a str,
    /// What each charge takes.
    pub total: Money,
    /// How often.
    pub frequency: Frequency,
    /// The first charge.
    pub first_at: Ts,
}

/// Begins a plan without a payment page, with a method that is there already.
///
/// # Errors
/// When the amount cannot be told to Stripe in its units.
pub fn begin(new: &NewPlan<'_>) -> Result<Call, UnsupportedAmount> {
    let (minor, code) = to_stripe(new.total)?;
    let (interval, count) = rhythm(new.frequency);
    let mut recurring = CreateSubscriptionItemsPriceDataRecurring::new(match interval {
        Interval::Month => CreateSubscriptionItemsPriceDataRecurringInterval::Month,
        Interval::Year => CreateSubscriptionItemsPriceDataRecurringInterval::Year,
    });
    recurring.interval_count = Some(count);
    let currency: stripe_types::Currency = code.parse().map_err(|_| UnsupportedAmount)?;
    let mut price = CreateSubscriptionItemsPriceData::new(currency, new.product, recurring);
    price.unit_amount = Some(minor);
    let mut item = CreateSubscriptionItems::new();
    item.price_data = Some(price);
    item.quantity = Some(1);
    let plan = CreateSubscription::new()
        .customer(new.customer)
        .items(vec![item])
        .default_payment_method(new.method)
        .metadata(HashMap::from([(METADATA_PAYMENT.to_owned(), new.payment.to_string())]))
        .proration_behavior(CreateSubscriptionProrationBehavior::None)
        .trial_end(CreateSubscriptionTrialEnd::Timestamp(new.first_at.as_unix()));
    Ok(Call::of("POST", plan.build()))
}

/// A page on which a donor leaves another card or account.
#[derive(Clone, Debug)]
pub struct NewMethodPage<'a> {
    /// Our own mark.
    pub change: &'a MethodChangeId,
    /// Whose method it becomes.
    pub customer: &'a str,
    /// Of the plans it is for: decides which kinds of method are offered.
    pub currency: &'a str,
    /// Where Stripe sends the donor afterwards.
    pub success_url: String,
    /// Where "back" leads.
    pub cancel_url: String,
}

/// Opens a page for another card or account by full redirect; 3-D Secure is inside.
///
/// # Errors
/// When Stripe does not know the currency.
pub fn method_page(new: &NewMethodPage<'_>) -> Result<Call, UnsupportedAmount> {
    let marks = HashMap::from([(METADATA_METHOD_CHANGE.to_owned(), new.change.to_string())]);
    let currency: stripe_types::Currency =
        new.currency.to_ascii_lowercase().parse().map_err(|_| UnsupportedAmount)?;
    let mut intent = CreateCheckoutSessionSetupIntentData::new();
    intent.metadata = Some(marks.clone());
    let page = CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Setup)
        .customer(new.customer)
        .currency(currency)
        .setup_intent_data(intent)
        .metadata(marks)
        .success_url(new.success_url.as_str())
        .cancel_url(new.cancel_url.as_str());
    Ok(Call::of("POST", page.build()))
}

/// Such a page with what was left on it.
pub fn method_session(id: &str) -> RequestBuilder {
    RetrieveCheckoutSession::new(id).expand(vec!["setup_intent".to_owned()]).build()
}

/// Makes a method the one that a customer's new invoices are charged to.
pub fn customer_default(customer: &str, method: &str) -> RequestBuilder {
    let mut settings = UpdateCustomerInvoiceSettings::new();
    settings.default_payment_method = Some(method.to_owned());
    UpdateCustomer::new(customer).invoice_settings(settings).build()
}

/// Marks a subscription that was made elsewhere as ours: its gifts are for this fund of this entity.
pub fn hand_over(subscription: &str, fund: &str, entity: &str) -> RequestBuilder {
    let marks = HashMap::from([
        (METADATA_FUND.to_owned(), fund.to_owned()),
        (METADATA_ENTITY.to_owned(), entity.to_owned()),
    ]);
    UpdateSubscription::new(subscription).metadata(marks).build()
}

/// One customer.
pub fn customer(id: &str) -> RequestBuilder {
    RetrieveCustomer::new(id).build()
}

/// Charges an open invoice now, with the plan's own method.
pub fn pay_invoice(id: &str) -> RequestBuilder {
    PayInvoice::new(id).build()
}
