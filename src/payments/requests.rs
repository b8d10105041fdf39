//! Every call we make, built with async-stripe's typed requests.

use std::collections::HashMap;

use stripe_billing::invoice::{ListInvoice, RetrieveInvoice};
use stripe_billing::invoice_payment::{
    ListInvoicePayment, ListInvoicePaymentPayment, ListInvoicePaymentPaymentType,
};
use stripe_billing::subscription::{ListSubscription, RetrieveSubscription};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionCustomerCreation, CreateCheckoutSessionLineItems,
    CreateCheckoutSessionLineItemsPriceData, CreateCheckoutSessionLineItemsPriceDataRecurring,
    CreateCheckoutSessionLineItemsPriceDataRecurringInterval, CreateCheckoutSessionPaymentIntentData,
    CreateCheckoutSessionSavedPaymentMethodOptions,
    CreateCheckoutSessionSavedPaymentMethodOptionsAllowRedisplayFilters,
    CreateCheckoutSessionSavedPaymentMethodOptionsPaymentMethodSave, CreateCheckoutSessionSubscriptionData,
    ExpireCheckoutSession, ListCheckoutSession, ProductData, RetrieveCheckoutSession,
};
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};
use stripe_core::balance_transaction::ListBalanceTransaction;
use stripe_core::charge::{ListCharge, RetrieveCharge};
use stripe_core::dispute::{ListDispute, RetrieveDispute};
use stripe_core::payment_intent::{ListPaymentIntent, RetrievePaymentIntent};
use stripe_core::payout::{ListPayout, RetrievePayout};
use stripe_core::refund::{CreateRefund, CreateRefundReason, ListRefund, RetrieveRefund};
use stripe_shared::{CheckoutSessionMode, CheckoutSessionSubmitType};
use stripe_types::{RangeBoundsTs, RangeQueryTs};

use super::{METADATA_PAYMENT, METADATA_REFUND};
use crate::clock::Ts;
use crate::domain::frequency::Frequency;
use crate::domain::ids::{PaymentId, RefundRequestId};
use crate::domain::money::Money;
use crate::domain::states::RefundReason;

const PAGE: i64 = 100;

/// The page of a list that comes after an object, or the first.
macro_rules! page_after {
    ($list:expr, $after:expr) => {
        match $after {
            Some(id) => $list.starting_after(id).build(),
            None => $list.build(),
        }
    };
}

/// One line of the payment page.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it says.
    pub name: String,
    /// How much, each time.
    pub amount: Money,
}

/// A payment page to open.
#[derive(Clone, Debug)]
pub struct NewSession<'a> {
    /// Our payment, written on everything Stripe makes of it.
    pub payment: &'a PaymentId,
    /// Once, or how often.
    pub frequency: Frequency,
    /// Gift, and covered fee if any.
    pub lines: Vec<Line>,
    /// Prefills the page when there is no customer.
    pub email: &'a str,
    /// Whose saved methods the page may offer.
    pub customer: Option<&'a str>,
    /// The page may offer to save the method for the next gift: only to donors with an account.
    pub may_save: bool,
    /// Where Stripe sends the donor after paying.
    pub success_url: String,
    /// Where "back" leads.
    pub cancel_url: String,
    /// When the page closes.
    pub expires_at: Ts,
    /// Appears on the bank statement after the account's name; Latin letters, 22 at most.
    pub statement_suffix: Option<&'a str>,
}

/// Opens a payment page by full redirect.
///
/// # Errors
/// When the amount cannot be told to Stripe in its units.
pub fn create_session(s: &NewSession<'_>) -> Result<RequestBuilder, UnsupportedAmount> {
    let marks = HashMap::from([(METADATA_PAYMENT.to_owned(), s.payment.to_string())]);
    let lines = s.lines.iter().map(|l| line_item(l, s.frequency)).collect::<Result<Vec<_>, _>>()?;
    let session = CreateCheckoutSession::new()
        .line_items(lines)
        .client_reference_id(s.payment.to_string())
        .metadata(marks.clone())
        .success_url(s.success_url.as_str())
        .cancel_url(s.cancel_url.as_str())
        .expires_at(s.expires_at.as_unix());
    // Stripe takes a customer or an address, not both.
    let session = match s.customer {
        Some(customer) => session.customer(customer),
        None => session.customer_email(s.email),
    };
    Ok(match s.frequency {
        Frequency::Once => {
            let mut intent = CreateCheckoutSessionPaymentIntentData::new();
            intent.metadata = Some(marks);
            intent.statement_descriptor_suffix = s.statement_suffix.map(str::to_owned);
            let mut session = session
                .mode(CheckoutSessionMode::Payment)
                .submit_type(CheckoutSessionSubmitType::Donate)
                .payment_intent_data(intent);
            if s.customer.is_none() {
                session = session.customer_creation(CreateCheckoutSessionCustomerCreation::Always);
            }
            if s.may_save {
                session = session.saved_payment_method_options(saved_methods());
            }
            session.build()
        }
        Frequency::Monthly | Frequency::Quarterly | Frequency::Yearly => {
            let mut plan = CreateCheckoutSessionSubscriptionData::new();
            plan.metadata = Some(marks);
            session.mode(CheckoutSessionMode::Subscription).subscription_data(plan).build()
        }
    })
}

/// Offers methods saved with an earlier gift (a plan's are "limited" at Stripe), and to save the one used now.
fn saved_methods() -> CreateCheckoutSessionSavedPaymentMethodOptions {
    use CreateCheckoutSessionSavedPaymentMethodOptionsAllowRedisplayFilters as Filter;
    let mut options = CreateCheckoutSessionSavedPaymentMethodOptions::new();
    options.allow_redisplay_filters = Some(vec![Filter::Always, Filter::Limited]);
    options.payment_method_save =
        Some(CreateCheckoutSessionSavedPaymentMethodOptionsPaymentMethodSave::Enabled);
    options
}

fn line_item(line: &Line, frequency: Frequency) -> Result<CreateCheckoutSessionLineItems, UnsupportedAmount> {
    let (minor, code) = to_stripe(line.amount)?;
    let currency: stripe_types::Currency = code.parse().map_err(|_| UnsupportedAmount)?;
    let mut price = CreateCheckoutSessionLineItemsPriceData::new(currency);
    price.unit_amount = Some(minor);
    price.product_data = Some(ProductData::new(line.name.as_str()));
    price.recurring = frequency.months().map(|months| {
        use CreateCheckoutSessionLineItemsPriceDataRecurringInterval as Interval;
        let (interval, count) =
            if months % 12 == 0 { (Interval::Year, months / 12) } else { (Interval::Month, months) };
        let mut recurring = CreateCheckoutSessionLineItemsPriceDataRecurring::new(interval);
        recurring.interval_count = Some(u64::from(count));
        recurring
    });
    let mut item = CreateCheckoutSessionLineItems::new();
    item.price_data = Some(price);
    item.quantity = Some(1);
    Ok(item)
}

/// The request of [`create_session`] from its stored body: a retry under one key must not differ in a letter.
pub fn stored_session(body: String) -> RequestBuilder {
    let mut request = RequestBuilder::new(StripeMethod::Post, "/checkout/sessions");
    request.body = Some(body);
    request
}

/// An amount that Stripe has no unit for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("amount has no form in Stripe's units")]
pub struct UnsupportedAmount;

/// Stripe counts most currencies in ISO minor units; ISK and UGX in hundredths that must be zero, and three-decimal
/// ones in thousandths whose last digit must be zero (docs.stripe.com/currencies).
///
/// # Errors
/// When the amount does not fit those rules.
pub fn to_stripe(amount: Money) -> Result<(i64, String), UnsupportedAmount> {
    let code = amount.currency().code();
    let minor = match (code, amount.currency().exponent()) {
        ("ISK" | "UGX", 0) => amount.minor().checked_mul(100).ok_or(UnsupportedAmount)?,
        (_, 3) if amount.minor() % 10 != 0 => return Err(UnsupportedAmount),
        // Two decimals by ISO, none at Stripe: refused rather than guessed.
        ("MGA", _) => return Err(UnsupportedAmount),
        (_, _) => amount.minor(),
    };
    Ok((minor, code.to_ascii_lowercase()))
}

/// The other way.
///
/// # Errors
/// When the currency is unknown.
pub fn from_stripe(minor: i64, code: &str) -> Result<Money, UnsupportedAmount> {
    let currency = code.parse().map_err(|_| UnsupportedAmount)?;
    Ok(match code {
        "isk" | "ugx" => Money::new(minor / 100, currency),
        _ => Money::new(minor, currency),
    })
}

fn strings(parts: &[&str]) -> Vec<String> {
    parts.iter().map(|s| (*s).to_owned()).collect()
}

fn between(from: i64, to: i64) -> RangeQueryTs {
    RangeQueryTs::Bounds(RangeBoundsTs { gte: Some(from), lte: Some(to), ..Default::default() })
}

/// One payment page.
pub fn session(id: &str) -> RequestBuilder {
    RetrieveCheckoutSession::new(id).build()
}

/// Closes a payment page.
pub fn expire_session(id: &str) -> RequestBuilder {
    ExpireCheckoutSession::new(id).build()
}

/// A page of payment pages made between two unix seconds, both included.
pub fn sessions_between(from: i64, to: i64, after: Option<&str>) -> RequestBuilder {
    let list = ListCheckoutSession::new().created(between(from, to)).limit(PAGE);
    page_after!(list, after)
}

/// One payment intent with its charge and what reached the balance.
pub fn payment_intent(id: &str) -> RequestBuilder {
    RetrievePaymentIntent::new(id).expand(strings(&["latest_charge.balance_transaction"])).build()
}

/// A page of payment intents made between two unix seconds, both included, with their charges.
pub fn payment_intents_between(from: i64, to: i64, after: Option<&str>) -> RequestBuilder {
    let list = ListPaymentIntent::new()
        .created(between(from, to))
        .expand(strings(&["data.latest_charge.balance_transaction"]))
        .limit(PAGE);
    page_after!(list, after)
}

/// One charge.
pub fn charge(id: &str) -> RequestBuilder {
    RetrieveCharge::new(id).build()
}

/// One refund.
pub fn refund(id: &str) -> RequestBuilder {
    RetrieveRefund::new(id).build()
}

/// Gives money of a payment intent back (docs.stripe.com/api/refunds/create). The request's id is on the refund, so that it
/// is found again when the answer was lost.
///
/// # Errors
/// When the amount cannot be told to Stripe in its units.
pub fn create_refund(
    intent: &str,
    request: &RefundRequestId,
    amount: Money,
    reason: RefundReason,
) -> Result<RequestBuilder, UnsupportedAmount> {
    let (minor, _) = to_stripe(amount)?;
    let reason = match reason {
        RefundReason::Requested => CreateRefundReason::RequestedByCustomer,
        RefundReason::Duplicate => CreateRefundReason::Duplicate,
        RefundReason::Fraudulent => CreateRefundReason::Fraudulent,
    };
    let marks = HashMap::from([(METADATA_REFUND.to_owned(), request.to_string())]);
    Ok(CreateRefund::new().payment_intent(intent).amount(minor).reason(reason).metadata(marks).build())
}

/// The refunds of one payment intent, with what they moved.
pub fn refunds_of(intent: &str) -> RequestBuilder {
    ListRefund::new()
        .payment_intent(intent)
        .expand(strings(&["data.balance_transaction", "data.failure_balance_transaction"]))
        .limit(PAGE)
        .build()
}

/// One dispute.
pub fn dispute(id: &str) -> RequestBuilder {
    RetrieveDispute::new(id).build()
}

/// The disputes of one payment intent.
pub fn disputes_of(intent: &str) -> RequestBuilder {
    ListDispute::new().payment_intent(intent).limit(PAGE).build()
}

/// One invoice with its payments.
pub fn invoice(id: &str) -> RequestBuilder {
    RetrieveInvoice::new(id).expand(strings(&["payments"])).build()
}

/// A page of invoices made between two unix seconds, both included, with their payments.
pub fn invoices_between(from: i64, to: i64, after: Option<&str>) -> RequestBuilder {
    let list = ListInvoice::new().created(between(from, to)).expand(strings(&["data.payments"])).limit(PAGE);
    page_after!(list, after)
}

/// Which invoice a payment intent pays.
pub fn invoice_payments_of(intent: &str) -> RequestBuilder {
    let mut payment = ListInvoicePaymentPayment::new(ListInvoicePaymentPaymentType::PaymentIntent);
    payment.payment_intent = Some(intent.to_owned());
    ListInvoicePayment::new().payment(payment).limit(10).build()
}

/// One plan with what it is paid with.
pub fn subscription(id: &str) -> RequestBuilder {
    RetrieveSubscription::new(id).expand(strings(&["default_payment_method"])).build()
}

/// A page of plans made between two unix seconds, both included, ended ones too, with what they are paid with.
pub fn subscriptions_between(from: i64, to: i64, after: Option<&str>) -> RequestBuilder {
    let list = ListSubscription::new()
        .created(between(from, to))
        .status(stripe_billing::subscription::ListSubscriptionStatus::All)
        .expand(strings(&["data.default_payment_method"]))
        .limit(PAGE);
    page_after!(list, after)
}

/// A page of charges made between two unix seconds, both included.
pub fn charges_between(from: i64, to: i64, after: Option<&str>) -> RequestBuilder {
    let list = ListCharge::new().created(between(from, to)).limit(PAGE);
    page_after!(list, after)
}

/// A page of refunds made between two unix seconds, both included.
pub fn refunds_between(from: i64, to: i64, after: Option<&str>) -> RequestBuilder {
    let list = ListRefund::new().created(between(from, to)).limit(PAGE);
    page_after!(list, after)
}

/// A page of disputes made between two unix seconds, both included.
pub fn disputes_between(from: i64, to: i64, after: Option<&str>) -> RequestBuilder {
    let list = ListDispute::new().created(between(from, to)).limit(PAGE);
    page_after!(list, after)
}

/// A page of payouts made between two unix seconds, both included.
pub fn payouts_between(from: i64, to: i64, after: Option<&str>) -> RequestBuilder {
    let list = ListPayout::new().created(between(from, to)).limit(PAGE);
    page_after!(list, after)
}

/// A page of the lines of the balance made between two unix seconds, both included.
pub fn balance_lines_between(from: i64, to: i64, after: Option<&str>) -> RequestBuilder {
    let list = ListBalanceTransaction::new().created(between(from, to)).limit(PAGE);
    page_after!(list, after)
}

/// A page of the lines of the balance that an automatic payout carried, its own among them.
pub fn balance_lines_of(payout: &str, after: Option<&str>) -> RequestBuilder {
    let list = ListBalanceTransaction::new().payout(payout).limit(PAGE);
    page_after!(list, after)
}

/// One payout.
pub fn payout(id: &str) -> RequestBuilder {
    RetrievePayout::new(id).build()
}
