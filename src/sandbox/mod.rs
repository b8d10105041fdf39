//! A stateful stand-in for Stripe on loopback.
//!
//! It speaks enough of Stripe's HTTP API for the unmodified client: form bodies with brackets, JSON answers in the
//! shapes of version `2026-09-30.endive`, idempotency keys, Stripe's refusals, signed webhooks. Behind it is a small
//! world: donors pay on a hosted page, Bacs debits take days, subscriptions renew, fail and are retried, refunds and
//! disputes move the balance, payouts carry it to the bank. Time stands still until [`Sandbox::tick`]; ids follow
//! from the seed.
//!
//! What differs from Stripe on purpose:
//! - renewal invoices are finalised at once (see [`Sandbox::set_renewal_hold`] for Stripe's hour);
//! - changes of a subscription that would prorate are refused unless `proration_behavior=none`, and a `cancel_at`
//!   within a later period always, because Stripe takes a part for that one; one-time lines in subscription mode are
//!   refused;
//! - `payment_behavior` is `allow_incomplete` or `error_if_incomplete`, and what the latter refuses leaves no trace,
//!   not even a failed charge;
//! - parameters Stripe knows and the stand-in does not are refused like unknown ones, never ignored;
//! - an invoice whose bank wants the donor has no page of its own to answer on: it waits for another way to pay. Stripe
//!   asks such a bank no second time, and neither does the stand-in; that it says `invoice.updated` then is a guess;
//! - there are no bank holidays; fees are plausible, not a price list; a lost or won dispute keeps its fee;
//! - `product.created` and `price.created` come only from their own calls, not from a session's `price_data`.
//!
//! The client that posts webhooks is built when the first one is posted; with rustls a crypto provider must be
//! installed in the process by then.

mod api;
mod begin;
mod billing;
mod calendar;
mod cards;
mod catalogue;
mod checkout;
mod dunning;
mod endings;
mod errors;
mod events;
mod expand;
mod form;
mod ids;
mod inner;
mod invoices;
mod jobs;
mod lines;
mod lists;
mod methods;
mod page;
mod params;
mod pay;
mod payments;
mod payouts;
mod plan;
mod refunds;
mod saved;
mod server;
mod setup;
mod shapes;
mod snapshot;
mod specs;
mod state;
mod subscriptions;
mod types;
mod webhooks;
mod wire;

use std::sync::Arc;

use serde_json::Value;
use tokio::net::TcpListener;

pub use types::{
    Delivery, DeliveryMode, Fault, FaultKind, LedgerLine, Limits, LoggedRequest, Now, Options, PayOutcome,
    Payer, TestMethod, Webhook,
};

use inner::Inner;

/// A running stand-in; clones are handles to the same one.
#[derive(Clone)]
pub struct Sandbox {
    inner: Arc<Inner>,
}

impl Sandbox {
    /// Starts serving on the listener, going on from the snapshot if there is one.
    pub async fn start(listener: TcpListener, options: Options) -> std::io::Result<Sandbox> {
        let base = format!("http://{}", listener.local_addr()?);
        let world = snapshot::load(&options, &base)?;
        let inner = Arc::new(Inner::new(options, world, base));
        inner::serve(&inner, listener);
        webhooks::spawn(&inner);
        snapshot::spawn(&inner);
        Ok(Sandbox { inner })
    }

    /// The address the client is given; it appends `/v1/…`.
    pub fn api_base(&self) -> String {
        self.inner.base.clone()
    }

    /// Writes the snapshot and stops serving; connections still open are cut at their next request.
    pub async fn shutdown(&self) {
        self.inner.stop().await;
        snapshot::save(&self.inner);
    }

    /// Writes the snapshot now.
    pub async fn save(&self) {
        snapshot::save(&self.inner);
    }

    /// Writes no snapshot until [`Sandbox::save`]: what happens meanwhile is worth nothing before it is complete.
    pub async fn hold_snapshot(&self) {
        self.inner.held.store(true, std::sync::atomic::Ordering::SeqCst);
    }

    /// Does everything due up to now, each thing at its own instant and in order of time.
    pub async fn tick(&self) {
        self.inner.tick();
    }

    /// How long a renewal invoice stays a draft. Stripe leaves it about an hour; here it is nothing unless set.
    pub async fn set_renewal_hold(&self, seconds: i64) {
        self.inner.with(|world| world.hold = seconds);
    }

    /// On which days after its first failure an unpaid invoice is charged again, instead of 3, 5 and 7. After the last
    /// one the subscription ends; with none it ends at the first failure.
    pub async fn set_retry_days(&self, days: Vec<i64>) {
        self.inner.with(|world| world.set_retry_days(days));
    }

    /// Presses the hosted page's button.
    pub async fn pay(&self, session_id: &str, method: TestMethod) -> Result<PayOutcome, String> {
        self.pay_as(session_id, method, &Payer::default()).await
    }

    /// The same, with an e-mail and a name typed in.
    pub async fn pay_as(
        &self,
        session_id: &str,
        method: TestMethod,
        payer: &Payer,
    ) -> Result<PayOutcome, String> {
        self.inner.with(|world| world.pay(session_id, method, payer))
    }

    /// Presses the hosted page's button with the saved way to pay that it offers first.
    pub async fn pay_saved(&self, session_id: &str) -> Result<PayOutcome, String> {
        self.inner.with(|world| world.pay_saved(session_id, None))
    }

    /// Answers the bank's question after [`PayOutcome::Needs3ds`].
    pub async fn confirm_3ds(&self, session_id: &str, ok: bool) -> Result<PayOutcome, String> {
        self.inner.with(|world| world.confirm_3ds(session_id, ok))
    }

    /// Refunds a payment from the dashboard, all that is left if no amount is given; the `re_` id.
    pub async fn refund(&self, payment_intent: &str, amount: Option<i64>) -> Result<String, String> {
        self.inner.with(|world| world.refund_intent(payment_intent, amount)).map_err(|error| error.message())
    }

    /// The donor's bank sends a refund back.
    pub async fn fail_refund(&self, refund: &str) {
        self.inner.with(|world| world.fail_refund(refund));
    }

    /// The donor disputes a payment: the money and a fee are withdrawn; the `dp_` id.
    pub async fn dispute(&self, payment_intent: &str, reason: &str) -> Result<String, String> {
        self.inner.with(|world| world.create_dispute(payment_intent, reason)).map_err(|error| error.message())
    }

    /// The bank decides a dispute.
    pub async fn close_dispute(&self, dispute: &str, won: bool) {
        self.inner.with(|world| world.close_dispute(dispute, won));
    }

    /// Ends a subscription from the dashboard, at once.
    pub async fn cancel_subscription(&self, sub: &str) {
        self.inner.with(|world| world.end_subscription(sub, "cancellation_requested"));
    }

    /// Changes what a subscription takes from its next charge on, from the dashboard: its first line gets another
    /// price of the same product and rhythm, without proration.
    pub async fn change_amount(&self, sub: &str, unit_amount: i64) -> Result<(), String> {
        self.inner.with(|world| world.change_amount(sub, unit_amount)).map_err(|error| error.message())
    }

    /// The payment method behind a subscription begins to behave like another: a card that expires or runs out of
    /// money, and one that works again.
    pub async fn method_becomes(&self, sub: &str, method: TestMethod) {
        self.inner.with(|world| world.method_becomes(sub, method));
    }

    /// The bank renews a card, and Stripe is told (`payment_method.automatically_updated`): another number, valid three
    /// years longer. One that failed because it had expired works again; another goes on as before. What is not a card
    /// stays as it is.
    pub async fn card_renewed(&self, payment_method: &str) {
        self.inner.with(|world| world.card_renewed(payment_method));
    }

    /// Sets the date printed on a card, as if it had been so from the start. There is no event: Stripe sends
    /// `payment_method.updated` for changes made over its API only, and this is none. Whether the bank still pays is
    /// not changed either; see [`Sandbox::method_becomes`].
    pub async fn card_expires(&self, payment_method: &str, year: i64, month: i64) {
        self.inner.with(|world| world.card_expires(payment_method, year, month));
    }

    /// Pays out on Mondays instead of on every working day.
    pub async fn pay_out_weekly(&self) {
        self.inner.with(|world| world.weekly_payouts = true);
    }

    /// Which types of events the webhook endpoint asks for; all of them unless told.
    pub async fn enable_events(&self, types: &[&str]) {
        let types = types.iter().map(|kind| (*kind).to_owned()).collect();
        self.inner.with(|world| world.enabled = Some(types));
    }

    /// When the next thing happens by itself, in Unix seconds.
    pub async fn next_due(&self) -> Option<i64> {
        self.inner.read(|world| world.next_due())
    }

    /// The object with this id, as the API would show it.
    pub async fn object(&self, id: &str) -> Option<Value> {
        self.inner.with(|world| Some(world.shown(id)).filter(|body| !body.is_null()))
    }

    /// Every object of a kind (such as `charge` or `checkout.session`), oldest first.
    pub async fn all(&self, object: &str) -> Vec<Value> {
        self.inner.with(|world| world.shown_all(object))
    }

    /// Sets or removes the webhook endpoint. Events that come while there is none are never delivered.
    pub async fn set_webhook(&self, hook: Option<Webhook>) {
        self.inner.set_webhook(hook);
    }

    /// Manual mode: takes everything queued, oldest first.
    pub async fn take_deliveries(&self) -> Vec<Delivery> {
        self.inner.take_deliveries()
    }

    /// The value of a `Stripe-Signature` header.
    pub fn sign(secret: &str, body: &str, at_unix: i64) -> String {
        webhooks::sign(&[secret.to_owned()], body, at_unix)
    }

    /// Manual mode: notes that a delivery reached its endpoint by another way than [`Sandbox::deliver`].
    pub async fn delivered(&self, d: &Delivery) {
        self.inner.with(|world| world.delivered(&d.event_id, true));
    }

    /// Signs a delivery with now and posts it once; the status answered.
    pub async fn deliver(&self, d: &Delivery) -> Result<u16, String> {
        webhooks::deliver(&self.inner, d).await
    }

    /// Auto mode: waits until nothing is queued or being posted.
    pub async fn settle_deliveries(&self) {
        webhooks::settle(&self.inner).await;
    }

    /// Adds a fault; the first rule that fits a request is consumed by it.
    pub async fn fault(&self, f: Fault) {
        self.inner.add_fault(f);
    }

    /// Takes back the faults that nothing has met yet.
    pub async fn clear_faults(&self) {
        self.inner.clear_faults();
    }

    /// Every request since the start or the last clearing.
    pub async fn requests(&self) -> Vec<LoggedRequest> {
        self.inner.requests()
    }

    /// Forgets the requests.
    pub async fn clear_requests(&self) {
        self.inner.clear_requests();
    }

    /// What a well-behaved client would not have done.
    pub async fn violations(&self) -> Vec<String> {
        self.inner.violations()
    }

    /// Every balance transaction, oldest first.
    pub async fn ledger(&self) -> Vec<LedgerLine> {
        self.inner.with(|world| world.ledger())
    }
}
