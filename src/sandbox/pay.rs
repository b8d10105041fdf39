//! The donor at the hosted page.

use serde_json::{Value, json};

use super::{
    begin::Beginning,
    calendar::DAY,
    ids,
    methods::{AUTHENTICATION, Decline, NOT_CONFIRMED, SETUP_NOT_CONFIRMED, Verdict},
    shapes::{self, IntentShape},
    state::{World, dig},
    types::{PayOutcome, Payer, TestMethod},
};

/// Who pays, where nobody says.
const EMAIL: &str = "donor@example.org";
const NAME: &str = "Test Donor";

impl World {
    /// The button is pressed.
    pub fn pay(&mut self, session: &str, method: TestMethod, payer: &Payer) -> Result<PayOutcome, String> {
        self.payable(session)?;
        if !self.takes(session, method.kind()) {
            return Err(format!("{} cannot be used for this payment.", method.words()));
        }
        let save = payer.save && self.offers_saving(session);
        let payer = self.payer(session, payer);
        let address = self.address(session);
        let id = self.new_method(method, &payer, &address);
        self.note(session, "payer", json!({ "email": payer.email, "name": payer.name, "address": address }));
        self.note(session, "save", json!(save));
        Ok(self.present(session, &id))
    }

    /// A method is given to the bank, which may ask the donor first.
    pub fn present(&mut self, session: &str, method: &str) -> PayOutcome {
        if !self.behaviour(method).is_some_and(TestMethod::asks) {
            return self.proceed(session, method);
        }
        self.note(session, "pending", json!(method));
        if self.is(session, "mode", "setup") {
            self.setup_asks(session, method);
        } else if self.takes_money(session) {
            let customer = self.customer_for(session);
            let intent = self.session_intent(session, customer.as_deref());
            self.require_action(&intent, method);
        }
        PayOutcome::Needs3ds { url: format!("{}/pay/{session}/3ds", self.base) }
    }

    /// The donor answers the bank.
    pub fn confirm_3ds(&mut self, session: &str, ok: bool) -> Result<PayOutcome, String> {
        self.payable(session)?;
        let Some(method) = self.hidden_text(session, "pending") else {
            return Err("No payment is waiting to be confirmed.".to_owned());
        };
        self.note(session, "pending", Value::Null);
        if ok {
            return Ok(self.proceed(session, &method));
        }
        if self.is(session, "mode", "setup") {
            return Ok(self.setup_failed(session, SETUP_NOT_CONFIRMED));
        }
        if let Some(intent) = self.hidden_text(session, "intent") {
            self.fail_intent(&intent, NOT_CONFIRMED);
        }
        Ok(declined(NOT_CONFIRMED))
    }

    /// Refuses what can no longer be paid.
    pub fn payable(&self, session: &str) -> Result<(), String> {
        match self.body(session)["status"].as_str() {
            Some("open") if self.int(session, "expires_at") > self.at => Ok(()),
            Some("complete") => Err("This payment has been made already.".to_owned()),
            Some(_) => Err("This payment page has expired.".to_owned()),
            None => Err(format!("No such checkout.session: '{session}'")),
        }
    }

    /// Who pays, as the session, its customer and the page know.
    pub fn payer(&self, session: &str, given: &Payer) -> Payer {
        let customer = self.text(session, "customer").unwrap_or_default();
        let email = self.text(session, "customer_email").or_else(|| self.text(&customer, "email"));
        let name = given.name.clone().or_else(|| self.text(&customer, "name"));
        Payer {
            email: email.or_else(|| given.email.clone()).or_else(|| Some(EMAIL.to_owned())),
            name: name.or_else(|| Some(NAME.to_owned())),
            save: given.save,
        }
    }

    fn address(&self, session: &str) -> Value {
        let mut address = shapes::address(None);
        address["country"] = json!(self.country);
        if self.is(session, "billing_address_collection", "required") {
            address["line1"] = json!("1 Test Street");
            address["city"] = json!("London");
            address["postal_code"] = json!("SW1A 1AA");
        }
        address
    }

    fn takes_money(&self, session: &str) -> bool {
        !self.is(session, "mode", "setup") && self.hidden(session, "free") != true
    }

    fn proceed(&mut self, session: &str, method: &str) -> PayOutcome {
        match (self.text(session, "mode").as_deref(), self.takes_money(session)) {
            (Some("payment"), _) => self.pay_once(session, method),
            (Some("subscription"), true) => self.pay_first(session, method),
            (Some("subscription"), false) => self.begin_free(session, method),
            _ => self.save_method(session, method),
        }
    }

    /// Where the donor is sent.
    pub fn return_url(&self, session: &str) -> String {
        let url = self.text(session, "success_url").unwrap_or_default();
        url.replace("{CHECKOUT_SESSION_ID}", session)
    }

    /// What the page answers.
    pub fn outcome(&self, session: &str, verdict: Verdict) -> PayOutcome {
        let return_url = self.return_url(session);
        match verdict {
            Verdict::Paid => PayOutcome::Paid { return_url },
            Verdict::Processing => PayOutcome::Processing { return_url },
            // At the page the bank has asked already; a method that asks again is as good as declined.
            Verdict::Asks => declined(AUTHENTICATION),
            Verdict::Declined(decline) => declined(decline),
        }
    }

    /// The session's customer, made where it needs one.
    pub fn customer_for(&mut self, session: &str) -> Option<String> {
        let known = self.text(session, "customer").or_else(|| self.hidden_text(session, "customer"));
        // `if_required` requires one where a way to pay is kept.
        let kept = self.hidden(session, "save") == true
            || !self.hidden(session, "intent_data")["fields"]["setup_future_usage"].is_null();
        if known.is_some() || !(kept || self.is(session, "customer_creation", "always")) {
            return known;
        }
        let payer = self.hidden(session, "payer").clone();
        let customer = self.new_customer();
        self.edit(&customer, |body| {
            body["email"] = payer["email"].clone();
            body["name"] = payer["name"].clone();
            body["address"] = payer["address"].clone();
        });
        self.emit("customer.created", &customer);
        self.note(session, "customer", json!(customer));
        Some(customer)
    }

    /// A customer with nothing filled in.
    pub fn new_customer(&mut self) -> String {
        let id = self.id("cus");
        let prefix = ids::letters(self.seed, &id, 0, 8).to_uppercase();
        self.put(shapes::customer(&id, self.at, &prefix), json!({}))
    }

    fn session_intent(&mut self, session: &str, customer: Option<&str>) -> String {
        if let Some(intent) = self.hidden_text(session, "intent") {
            return intent;
        }
        let body = self.body(session).clone();
        let data = self.hidden(session, "intent_data").clone();
        let subscribes = body["mode"] == "subscription";
        let intent = self.new_intent(&IntentShape {
            amount: body["amount_total"].as_i64().unwrap_or_default(),
            currency: body["currency"].as_str().unwrap_or_default(),
            customer,
            description: subscribes.then_some("Subscription creation"),
            metadata: if subscribes { json!({}) } else { data["metadata"].clone() },
            types: &body["payment_method_types"],
        });
        if !subscribes && let Some(fields) = data["fields"].as_object() {
            self.edit(&intent, |body| {
                for (name, value) in fields {
                    body[name] = value.clone();
                }
            });
        }
        self.note(&intent, "session", json!(session));
        self.note(session, "intent", json!(intent));
        intent
    }

    /// Mode `payment`.
    fn pay_once(&mut self, session: &str, method: &str) -> PayOutcome {
        let customer = self.customer_for(session);
        let intent = self.session_intent(session, customer.as_deref());
        let verdict = self.attempt(&intent, method, true);
        if matches!(verdict, Verdict::Declined(_)) {
            return self.outcome(session, verdict);
        }
        let wanted = !self.body(&intent)["setup_future_usage"].is_null();
        self.keep_method(session, method, customer.as_deref(), wanted);
        let status = if verdict == Verdict::Paid { "paid" } else { "unpaid" };
        self.complete(session, status, &[("payment_intent", json!(intent)), ("customer", json!(customer))]);
        self.after_money(&intent, method, verdict);
        self.outcome(session, verdict)
    }

    /// Mode `subscription`: the first charge is taken here.
    fn pay_first(&mut self, session: &str, method: &str) -> PayOutcome {
        let customer = self.customer_for(session).unwrap_or_default();
        let intent = self.session_intent(session, Some(&customer));
        let verdict = self.attempt(&intent, method, true);
        if matches!(verdict, Verdict::Declined(_)) {
            return self.outcome(session, verdict);
        }
        self.keep_method(session, method, Some(&customer), true);
        let (subscription, invoice) = self.subscription_for(session, &customer, method);
        self.tie(&invoice, &intent);
        self.count_attempt(&invoice, false);
        self.activate(&subscription);
        if verdict == Verdict::Paid {
            self.invoice_paid(&invoice);
        }
        let status = if verdict == Verdict::Paid { "paid" } else { "unpaid" };
        self.complete_subscription(session, status, &customer, &subscription, &invoice);
        self.after_money(&intent, method, verdict);
        self.outcome(session, verdict)
    }

    /// Mode `subscription` with nothing to pay yet.
    fn begin_free(&mut self, session: &str, method: &str) -> PayOutcome {
        let verdict = self.behaviour(method).map_or(Verdict::Paid, TestMethod::setup_verdict);
        if verdict != Verdict::Paid {
            return self.outcome(session, verdict);
        }
        let customer = self.customer_for(session).unwrap_or_default();
        self.keep_method(session, method, Some(&customer), true);
        let (subscription, invoice) = self.subscription_for(session, &customer, method);
        self.invoice_paid(&invoice);
        self.complete_subscription(session, "no_payment_required", &customer, &subscription, &invoice);
        self.outcome(session, verdict)
    }

    fn complete_subscription(
        &mut self,
        session: &str,
        status: &str,
        customer: &str,
        subscription: &str,
        invoice: &str,
    ) {
        let fields = [
            ("customer", json!(customer)),
            ("subscription", json!(subscription)),
            ("invoice", json!(invoice)),
        ];
        self.complete(session, status, &fields);
    }

    fn after_money(&mut self, intent: &str, method: &str, verdict: Verdict) {
        if verdict != Verdict::Paid {
            return;
        }
        self.book(intent);
        if self.behaviour(method) == Some(TestMethod::CardDisputed) {
            drop(self.create_dispute(intent, "fraudulent"));
        }
    }

    /// The subscription a session asked for, and its first invoice.
    fn subscription_for(&mut self, session: &str, customer: &str, method: &str) -> (String, String) {
        let data = self.hidden(session, "subscription_data").clone();
        let lines = self.hidden(session, "line_items").as_array().cloned().unwrap_or_default();
        let days = data["trial_days"].as_i64().map(|days| self.at + days * DAY);
        let item = |line: Value| (line["price"].clone(), line["quantity"].as_i64().unwrap_or(1), json!({}));
        self.begin_subscription(Beginning {
            customer,
            currency: self.body(session)["currency"].clone(),
            method: Some(method),
            items: lines.into_iter().map(item).collect(),
            metadata: data["metadata"].clone(),
            description: data["description"].clone(),
            trial_end: data["trial_end"].as_i64().or(days),
            anchor: data["anchor"].as_i64(),
        })
    }

    /// The session is over, and says what came of it.
    pub fn complete(&mut self, session: &str, payment_status: &str, fields: &[(&str, Value)]) {
        let payer = self.hidden(session, "payer").clone();
        let email = payer["email"].as_str().unwrap_or(EMAIL);
        let details = shapes::customer_details(email, payer["name"].as_str(), dig(&payer, "address"));
        self.edit(session, |body| {
            body["status"] = json!("complete");
            body["payment_status"] = json!(payment_status);
            body["url"] = Value::Null;
            body["customer_details"] = details;
            for (name, value) in fields {
                body[*name] = value.clone();
            }
        });
        if let Some(customer) = self.text(session, "customer") {
            self.update_customer(session, &customer);
        }
        self.emit("checkout.session.completed", session);
    }
}

/// The sentence the donor sees.
pub(super) fn declined(decline: Decline) -> PayOutcome {
    PayOutcome::Declined { message: decline.message.to_owned() }
}
