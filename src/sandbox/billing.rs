//! Invoices of subscriptions: renewal and charging.

use serde_json::{Value, json};

use super::{
    calendar::next_boundary,
    jobs::Job,
    methods::{NO_METHOD, Verdict},
    shapes::{self, IntentShape, InvoiceShape},
    state::World,
};

/// How an invoice is charged: to which method, if not the subscription's own; whether the donor is there to answer
/// the bank; whether somebody asked for it outside the schedule.
#[derive(Clone, Copy, Default)]
pub(super) struct Charging<'a> {
    pub method: Option<&'a str>,
    pub present: bool,
    pub manual: bool,
}

impl World {
    /// The first item of a subscription; all have the same rhythm and period.
    pub fn item(&self, subscription: &str) -> &Value {
        &self.body(subscription)["items"]["data"][0]
    }

    /// Sets the period of every item.
    pub fn set_period(&mut self, subscription: &str, start: i64, end: i64) {
        self.edit(subscription, |body| {
            for item in body["items"]["data"].as_array_mut().into_iter().flatten() {
                item["current_period_start"] = json!(start);
                item["current_period_end"] = json!(end);
            }
        });
    }

    /// A draft invoice of what the subscription gives for `period`.
    pub fn new_invoice(
        &mut self,
        subscription: &str,
        reason: &str,
        past: (i64, i64),
        period: (i64, i64),
    ) -> String {
        let id = self.id("in");
        let body = self.body(subscription).clone();
        let later = |until: &Value| until.as_i64().is_some_and(|until| until > self.at);
        let free = later(&body["trial_end"]) || later(self.hidden(subscription, "free_until"));
        let items = body["items"]["data"].as_array().cloned().unwrap_or_default();
        let lines =
            items.iter().map(|item| self.new_line(&id, item, free, period, &body["metadata"])).collect();
        let customer = self.body(body["customer"].as_str().unwrap_or_default());
        let shape = InvoiceShape {
            subscription: &body,
            customer,
            country: &self.country,
            reason,
            period: past,
            lines,
        };
        let invoice = shapes::invoice(&id, self.at, shape);
        self.put(invoice, json!({}));
        self.edit(subscription, |body| body["latest_invoice"] = json!(id));
        id
    }

    fn new_line(
        &mut self,
        invoice: &str,
        item: &Value,
        free: bool,
        period: (i64, i64),
        metadata: &Value,
    ) -> Value {
        let id = self.id("il");
        let unit = if free { 0 } else { item["price"]["unit_amount"].as_i64().unwrap_or_default() };
        let amount = unit * item["quantity"].as_i64().unwrap_or(1);
        let name =
            self.text(item["price"]["product"].as_str().unwrap_or_default(), "name").unwrap_or_default();
        let words = format!("{} × {name}", item["quantity"]);
        shapes::invoice_line(&id, invoice, item, &words, amount, period, metadata)
    }

    /// Draft to open.
    pub fn open_invoice(&mut self, id: &str) {
        let customer = self.text(id, "customer").unwrap_or_default();
        let prefix = self.text(&customer, "invoice_prefix").unwrap_or_default();
        let number = self.int(&customer, "next_invoice_sequence");
        self.edit(&customer, |body| body["next_invoice_sequence"] = json!(number + 1));
        let at = self.at;
        self.edit(id, |body| {
            body["status"] = json!("open");
            body["number"] = json!(format!("{prefix}-{number:04}"));
            body["effective_at"] = json!(at);
            body["automatically_finalizes_at"] = Value::Null;
            body["status_transitions"]["finalized_at"] = json!(at);
        });
    }

    /// The subscription an invoice is of.
    pub fn subscription_of(&self, invoice: &str) -> String {
        self.text(invoice, "parent.subscription_details.subscription").unwrap_or_default()
    }

    /// A period ends: the next begins, with its invoice.
    pub fn renew(&mut self, id: &str) {
        let live = ["active", "trialing", "past_due"].iter().any(|status| self.is(id, "status", status));
        let start = self.item(id)["current_period_start"].as_i64().unwrap_or_default();
        if !live || self.item(id)["current_period_end"] != self.at {
            return;
        }
        // An end that falls on the boundary comes before the new period: nothing is taken for it.
        if self.body(id)["cancel_at_period_end"] == true || self.body(id)["cancel_at"] == self.at {
            return self.end_subscription(id, "cancellation_requested");
        }
        let end = self.begin_period(id, self.at);
        let before = self.shown(id);
        self.set_period(id, self.at, end);
        if self.is(id, "status", "trialing") {
            self.edit(id, |body| body["status"] = json!("active"));
        }
        self.emit_change("customer.subscription.updated", id, &before);
        let invoice = self.new_invoice(id, "subscription_cycle", (start, self.at), (self.at, end));
        self.draft_then_finalise(&invoice);
    }

    /// Puts the end of the period that begins at `start` on the calendar.
    pub fn begin_period(&mut self, id: &str, start: i64) -> i64 {
        let recurring = &self.item(id)["price"]["recurring"];
        let (interval, count) = (recurring["interval"].as_str(), recurring["interval_count"].as_i64());
        let anchor = self.int(id, "billing_cycle_anchor");
        let end = next_boundary(anchor, interval.unwrap_or("month"), count.unwrap_or(1), start);
        self.later(end, Job::Renew(id.to_owned()));
        end
    }

    /// Announces a draft and finalises it, at once or after the hold.
    pub fn draft_then_finalise(&mut self, invoice: &str) {
        let at = self.at + self.hold;
        self.edit(invoice, |body| body["automatically_finalizes_at"] = json!(at));
        self.emit("invoice.created", invoice);
        if self.hold > 0 {
            self.later(at, Job::Finalise(invoice.to_owned()));
        } else {
            self.finalise(invoice, false);
        }
    }

    /// An invoice is finalised and charged, or put aside while collection is paused.
    pub fn finalise(&mut self, id: &str, present: bool) {
        if !self.is(id, "status", "draft") {
            return;
        }
        let subscription = self.subscription_of(id);
        // A boundary at the very instant of resumption is collected, whichever of the two comes first here.
        let over = self.body(&subscription)["pause_collection"]["resumes_at"] == self.at;
        let paused = self.text(&subscription, "pause_collection.behavior").filter(|_| !over);
        if paused.as_deref() == Some("keep_as_draft") || self.is(&subscription, "status", "canceled") {
            self.edit(id, |body| {
                body["auto_advance"] = json!(false);
                body["automatically_finalizes_at"] = Value::Null;
            });
            return;
        }
        self.open_invoice(id);
        self.emit("invoice.finalized", id);
        match paused.as_deref() {
            Some("void") => self.put_aside(id, "void", "voided_at", "invoice.voided"),
            Some(_) => {
                self.put_aside(id, "uncollectible", "marked_uncollectible_at", "invoice.marked_uncollectible")
            }
            None => drop(self.charge_invoice(id, Charging { present, ..Charging::default() })),
        }
    }

    /// An invoice is not collected; what was tried for it is called off.
    pub fn put_aside(&mut self, id: &str, status: &str, transition: &str, event: &str) {
        let at = self.at;
        self.edit(id, |body| {
            body["status"] = json!(status);
            body["auto_advance"] = json!(false);
            body["status_transitions"][transition] = json!(at);
        });
        self.emit(event, id);
        if let Some(intent) = self.hidden_text(id, "intent").filter(|_| status == "void") {
            self.edit(&intent, |body| {
                body["status"] = json!("canceled");
                body["canceled_at"] = json!(at);
                body["cancellation_reason"] = json!("void_invoice");
                body["next_action"] = Value::Null;
            });
            self.emit("payment_intent.canceled", &intent);
        }
    }

    /// The method a subscription's invoices are charged to.
    pub fn method_of(&self, subscription: &str) -> Option<String> {
        let customer = self.text(subscription, "customer").unwrap_or_default();
        self.text(subscription, "default_payment_method")
            .or_else(|| self.text(&customer, "invoice_settings.default_payment_method"))
    }

    /// Charges an open invoice.
    pub fn charge_invoice(&mut self, id: &str, how: Charging<'_>) -> Verdict {
        if self.int(id, "amount_remaining") == 0 {
            self.invoice_paid(id);
            return Verdict::Paid;
        }
        let own = || self.method_of(&self.subscription_of(id));
        let Some(method) = how.method.map(str::to_owned).or_else(own) else {
            self.count_attempt(id, how.manual);
            self.invoice_failed(id);
            return Verdict::Declined(NO_METHOD);
        };
        let intent = self.intent_for(id);
        let verdict = match self.bank_says(&method, how.present) {
            Verdict::Asks if how.present => {
                self.require_action(&intent, &method);
                Verdict::Asks
            }
            _ => self.attempt(&intent, &method, how.present),
        };
        self.count_attempt(id, how.manual);
        match verdict {
            Verdict::Paid => {
                self.invoice_paid(id);
                self.book(&intent);
            }
            Verdict::Asks => {
                self.emit("invoice.payment_action_required", id);
                self.invoice_failed(id);
            }
            Verdict::Declined(_) => self.invoice_failed(id),
            Verdict::Processing => self.activate(&self.subscription_of(id)),
        }
        verdict
    }

    /// What the bank would say to a charge by API.
    pub fn bank_says(&self, method: &str, present: bool) -> Verdict {
        match self.behaviour(method) {
            Some(behaviour) if present && behaviour.asks_by_api() => Verdict::Asks,
            Some(behaviour) => behaviour.verdict(present),
            None => Verdict::Declined(NO_METHOD),
        }
    }

    /// The payment intent of an invoice, made if there is none. Its metadata is empty, as Stripe leaves it.
    fn intent_for(&mut self, invoice: &str) -> String {
        if let Some(intent) = self.hidden_text(invoice, "intent") {
            return intent;
        }
        let body = self.body(invoice).clone();
        let first = body["billing_reason"] == "subscription_create";
        let intent = self.new_intent(&IntentShape {
            amount: body["amount_due"].as_i64().unwrap_or_default(),
            currency: body["currency"].as_str().unwrap_or_default(),
            customer: body["customer"].as_str(),
            description: Some(if first { "Subscription creation" } else { "Subscription update" }),
            metadata: json!({}),
            types: &json!(["card", "bacs_debit"]),
        });
        self.tie(invoice, &intent);
        intent
    }

    /// Ties an intent to an invoice, visible in `/v1/invoice_payments` only.
    pub fn tie(&mut self, invoice: &str, intent: &str) {
        let id = self.id("inpay");
        let body = shapes::invoice_payment(&id, self.at, self.body(invoice), intent);
        self.put(body, json!({}));
        self.note(intent, "invoice", json!(invoice));
        self.note(invoice, "intent", json!(intent));
    }

    /// Counts an attempt on an invoice: the first, and then only those of the schedule.
    pub fn count_attempt(&mut self, id: &str, manual: bool) {
        let before = self.int(id, "attempt_count");
        let count = if manual { before.max(1) } else { before + 1 };
        self.edit(id, |body| {
            body["attempt_count"] = json!(count);
            body["attempted"] = json!(true);
            body["next_payment_attempt"] = Value::Null;
        });
    }

    /// The money of an invoice is there.
    pub fn invoice_paid(&mut self, id: &str) {
        let at = self.at;
        self.edit(id, |body| {
            body["status"] = json!("paid");
            body["amount_paid"] = body["amount_due"].clone();
            body["amount_remaining"] = json!(0);
            body["attempted"] = json!(true);
            body["auto_advance"] = json!(false);
            body["next_payment_attempt"] = Value::Null;
            body["status_transitions"]["paid_at"] = json!(at);
        });
        for payment in self.those("invoice_payment", "invoice", id) {
            self.edit(&payment, |body| {
                body["status"] = json!("paid");
                body["amount_paid"] = body["amount_requested"].clone();
                body["status_transitions"]["paid_at"] = json!(at);
            });
            self.emit("invoice_payment.paid", &payment);
        }
        self.emit("invoice.paid", id);
        self.emit("invoice.payment_succeeded", id);
        let subscription = self.subscription_of(id);
        self.activate(&subscription);
        if self.is(&subscription, "status", "past_due") && self.is(&subscription, "latest_invoice", id) {
            self.edit_and_emit("customer.subscription.updated", &subscription, |body| {
                body["status"] = json!("active");
            });
        }
    }
}
