//! Payment intents and charges: asking for money, and what comes of it.

use serde_json::{Value, json};

use super::{
    calendar::{add_working_days, midnight},
    ids,
    jobs::Job,
    methods::{AUTHENTICATION, Decline, UNPAID, Verdict},
    shapes::{self, ChargeShape, IntentShape, TxnShape},
    state::World,
    types::{Payer, TestMethod},
};

/// Working days a Bacs debit takes.
const BACS_DAYS: u32 = 4;

/// Stripe's fee on a payment: per ten thousand, and a fixed part in minor units.
fn fee(amount: i64, currency: &str, kind: &str) -> i64 {
    let parts = |rate: i64, fixed: i64| ((amount * rate + 5_000) / 10_000 + fixed).min(amount);
    match (kind, currency) {
        ("bacs_debit", _) => parts(100, 0).clamp(20.min(amount), 200),
        (_, "gbp") => parts(150, 20),
        (_, "eur") => parts(150, 25),
        (_, "usd" | "cad" | "aud" | "nzd") => parts(290, 30),
        (_, "jpy") => parts(360, 0),
        (_, "dkk" | "nok" | "sek") => parts(150, 180),
        _ => parts(290, 30),
    }
}

impl World {
    /// A payment method of this behaviour, belonging to nobody yet.
    pub fn new_method(&mut self, method: TestMethod, payer: &Payer, address: &Value) -> String {
        let id = self.id("pm");
        let billing = json!({
            "address": address, "email": payer.email, "name": payer.name, "phone": null, "tax_id": null,
        });
        let print = ids::letters(self.seed, method.name(), 0, 16);
        let body = shapes::payment_method(&id, self.at, method, &self.country, billing, &print);
        self.put(body, json!({ "behaviour": method.name() }))
    }

    /// How a payment method behaves.
    pub fn behaviour(&self, method: &str) -> Option<TestMethod> {
        TestMethod::named(self.hidden(method, "behaviour").as_str()?)
    }

    /// Gives a payment method to a customer.
    pub fn attach(&mut self, method: &str, customer: &str) {
        if self.is(method, "customer", customer) {
            return;
        }
        self.edit(method, |body| body["customer"] = json!(customer));
        self.emit("payment_method.attached", method);
    }

    /// A payment intent; its `payment_intent.created` is held back until the first attempt, because that is how
    /// events arrive: in no particular order.
    pub fn new_intent(&mut self, shape: &IntentShape<'_>) -> String {
        let id = self.id("pi");
        let secret = ids::letters(self.seed, &id, 0, 25);
        let body = shapes::payment_intent(&id, &secret, self.at, shape);
        self.put(body.clone(), json!({ "born": body }))
    }

    fn announce(&mut self, intent: &str) {
        let born = self.hidden(intent, "born").clone();
        if !born.is_null() {
            self.note(intent, "born", Value::Null);
            self.emit_body("payment_intent.created", born, None);
        }
    }

    /// Asks the bank to confirm with the donor.
    pub fn require_action(&mut self, intent: &str, method: &str) {
        let url = format!("{}/pay", self.base);
        self.edit(intent, |body| {
            body["payment_method"] = json!(method);
            body["status"] = json!("requires_action");
            body["next_action"] =
                json!({ "redirect_to_url": { "return_url": null, "url": url }, "type": "redirect_to_url" });
        });
        self.announce(intent);
        self.emit("payment_intent.requires_action", intent);
    }

    /// Tries to take the money of an intent. The balance moves only with [`World::book`], after the other events.
    pub fn attempt(&mut self, intent: &str, method: &str, present: bool) -> Verdict {
        let verdict = match self.behaviour(method) {
            Some(behaviour) => behaviour.verdict(present),
            None => Verdict::Declined(super::methods::NO_METHOD),
        };
        self.edit(intent, |body| {
            body["payment_method"] = json!(method);
            body["next_action"] = Value::Null;
            body["last_payment_error"] = Value::Null;
        });
        match verdict {
            Verdict::Paid => {
                let charge = self.new_charge(intent, method, "succeeded", None);
                self.emit("charge.succeeded", &charge);
                self.succeed(intent);
                self.announce(intent);
            }
            Verdict::Processing => {
                let charge = self.new_charge(intent, method, "pending", None);
                self.edit(intent, |body| body["status"] = json!("processing"));
                self.announce(intent);
                self.emit("charge.pending", &charge);
                self.emit("payment_intent.processing", intent);
                self.later(add_working_days(self.at, BACS_DAYS), Job::SettleBacs(intent.to_owned()));
            }
            Verdict::Asks => {
                self.announce(intent);
                let charge = self.new_charge(intent, method, "failed", Some(AUTHENTICATION));
                self.emit("charge.failed", &charge);
                self.ask_later(intent, method);
            }
            Verdict::Declined(decline) => {
                self.announce(intent);
                let charge = self.new_charge(intent, method, "failed", Some(decline));
                self.emit("charge.failed", &charge);
                self.fail_intent(intent, decline);
            }
        }
        verdict
    }

    fn new_charge(&mut self, intent: &str, method: &str, status: &str, failure: Option<Decline>) -> String {
        let id = self.id("ch");
        let failure = failure.map(|decline| (decline.code, decline.message, decline.decline_code));
        let (intent_body, method_body) = (self.body(intent), self.body(method));
        let shape = ChargeShape { at: self.at, intent: intent_body, method: method_body, status, failure };
        let body = shapes::charge(&id, &shape);
        self.put(body, json!({}));
        self.edit(intent, |body| body["latest_charge"] = json!(id));
        id
    }

    fn succeed(&mut self, intent: &str) {
        self.edit(intent, |body| {
            body["status"] = json!("succeeded");
            body["amount_received"] = body["amount"].clone();
        });
        self.emit("payment_intent.succeeded", intent);
    }

    /// The bank declined because it wants the donor, who is not there: the intent waits for them.
    fn ask_later(&mut self, intent: &str, method: &str) {
        let error = self.payment_error(intent, AUTHENTICATION);
        self.edit(intent, |body| {
            body["payment_method"] = json!(method);
            body["status"] = json!("requires_action");
            body["next_action"] = json!({ "type": "use_stripe_sdk", "use_stripe_sdk": {} });
            body["last_payment_error"] = error;
        });
        self.emit("payment_intent.requires_action", intent);
    }

    fn payment_error(&self, intent: &str, decline: Decline) -> Value {
        let mut error = decline.details();
        let method = self.text(intent, "payment_method").map(|id| self.shown(&id));
        error["type"] = json!("card_error");
        error["payment_method"] = json!(method);
        if let Some(charge) = self.text(intent, "latest_charge") {
            error["charge"] = json!(charge);
        }
        error
    }

    /// Marks an intent as failed and says so.
    pub fn fail_intent(&mut self, intent: &str, decline: Decline) {
        let error = self.payment_error(intent, decline);
        self.edit(intent, |body| {
            body["status"] = json!("requires_payment_method");
            body["next_action"] = Value::Null;
            body["payment_method"] = Value::Null;
            body["last_payment_error"] = error;
        });
        self.emit("payment_intent.payment_failed", intent);
    }

    /// Books the balance transaction of an intent's successful charge.
    pub fn book(&mut self, intent: &str) {
        let Some(charge) = self.text(intent, "latest_charge") else { return };
        let body = self.body(&charge).clone();
        let (amount, currency) =
            (self.int(&charge, "amount"), self.text(&charge, "currency").unwrap_or_default());
        let kind = body["payment_method_details"]["type"].as_str().unwrap_or("card");
        let transaction = self.transact(&TxnShape {
            kind: "charge",
            category: "charge",
            amount,
            fee: fee(amount, &currency, kind),
            fee_description: "Stripe processing fees",
            currency: &currency,
            source: &charge,
            description: body["description"].as_str(),
            available_on: midnight(add_working_days(self.at, 2)),
        });
        self.edit_and_emit("charge.updated", &charge, |body| {
            body["balance_transaction"] = json!(transaction)
        });
    }

    /// Books a balance transaction.
    pub fn transact(&mut self, shape: &TxnShape<'_>) -> String {
        let id = self.id("txn");
        let body = shapes::balance_transaction(&id, self.at, shape);
        self.unpaid.insert(id.clone());
        self.put(body, json!({ "payout": null }));
        self.schedule_payouts();
        id
    }

    /// A Bacs payment comes through, or comes back.
    pub fn settle_bacs(&mut self, intent: &str) {
        let Some(charge) = self.text(intent, "latest_charge") else { return };
        let Some(method) = self.text(intent, "payment_method") else { return };
        if !self.is(intent, "status", "processing") {
            return;
        }
        if self.behaviour(&method) == Some(TestMethod::BacsSuccess) {
            self.edit(&charge, |body| {
                body["status"] = json!("succeeded");
                body["paid"] = json!(true);
            });
            self.emit("charge.succeeded", &charge);
            self.succeed(intent);
            self.settled(intent, None);
            self.book(intent);
        } else {
            self.edit(&charge, |body| {
                body["status"] = json!("failed");
                body["captured"] = json!(false);
                body["amount_captured"] = json!(0);
                body["failure_code"] = json!(UNPAID.code);
                body["failure_message"] = json!(UNPAID.message);
            });
            self.emit("charge.failed", &charge);
            self.fail_intent(intent, UNPAID);
            self.settled(intent, Some(UNPAID));
        }
    }

    /// Tells the session and the invoice of an intent how it ended.
    fn settled(&mut self, intent: &str, failure: Option<Decline>) {
        let (session, invoice) = (self.hidden_text(intent, "session"), self.hidden_text(intent, "invoice"));
        match (&invoice, failure) {
            (Some(invoice), None) => self.invoice_paid(invoice),
            (Some(invoice), Some(_)) => self.invoice_failed(invoice),
            (None, _) => {}
        }
        let Some(session) = session else { return };
        self.note(intent, "session", Value::Null);
        if failure.is_none() {
            self.edit(&session, |body| body["payment_status"] = json!("paid"));
            self.emit("checkout.session.async_payment_succeeded", &session);
        } else {
            self.emit("checkout.session.async_payment_failed", &session);
        }
    }
}

impl Decline {
    /// As the fields of an error.
    pub fn details(self) -> Value {
        json!({
            "code": self.code, "decline_code": self.decline_code, "message": self.message,
            "doc_url": format!("https://stripe.com/docs/error-codes/{}", self.code.replace('_', "-")),
        })
    }
}
