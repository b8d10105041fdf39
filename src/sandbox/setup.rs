//! Checkout in mode `setup`: a way to pay is kept and nothing is taken.

use serde_json::{Value, json};

use super::{
    ids,
    methods::{Decline, Verdict},
    pay::declined,
    shapes,
    state::World,
    types::{PayOutcome, TestMethod},
};

impl World {
    /// The setup intent of a session, made together with it.
    pub fn new_setup_intent(&mut self, session: &str) {
        let data = self.hidden(session, "setup_data").clone();
        let (customer, types) = {
            let body = self.body(session);
            (body["customer"].clone(), body["payment_method_types"].clone())
        };
        let id = self.id("seti");
        let secret = ids::letters(self.seed, &id, 0, 25);
        let mut body = shapes::setup_intent(&id, &secret, self.at, &customer, &types);
        body["metadata"] = data["metadata"].clone();
        body["description"] = data["description"].clone();
        self.put(body, json!({}));
        self.emit("setup_intent.created", &id);
        self.edit(session, |body| body["setup_intent"] = json!(id));
    }

    fn setup_intent_of(&self, session: &str) -> String {
        self.text(session, "setup_intent").unwrap_or_default()
    }

    /// The bank asks the donor before it lets the method be kept.
    pub fn setup_asks(&mut self, session: &str, method: &str) {
        let id = self.setup_intent_of(session);
        let url = format!("{}/pay", self.base);
        self.edit(&id, |body| {
            body["payment_method"] = json!(method);
            body["status"] = json!("requires_action");
            body["next_action"] =
                json!({ "redirect_to_url": { "return_url": null, "url": url }, "type": "redirect_to_url" });
        });
        self.emit("setup_intent.requires_action", &id);
    }

    /// The method is not to be kept; another may be tried.
    pub fn setup_failed(&mut self, session: &str, decline: Decline) -> PayOutcome {
        let id = self.setup_intent_of(session);
        let mut error = decline.details();
        error["type"] = json!("card_error");
        self.edit(&id, |body| {
            body["status"] = json!("requires_payment_method");
            body["payment_method"] = Value::Null;
            body["next_action"] = Value::Null;
            body["last_setup_error"] = error;
        });
        self.emit("setup_intent.setup_failed", &id);
        declined(decline)
    }

    /// Mode `setup`, once the bank has nothing more to ask.
    pub fn save_method(&mut self, session: &str, method: &str) -> PayOutcome {
        let verdict = self.behaviour(method).map_or(Verdict::Paid, TestMethod::setup_verdict);
        if let Verdict::Declined(decline) = verdict {
            return self.setup_failed(session, decline);
        }
        let customer = self.customer_for(session);
        let id = self.setup_intent_of(session);
        self.edit(&id, |body| {
            body["customer"] = json!(customer);
            body["payment_method"] = json!(method);
            body["status"] = json!("succeeded");
            body["next_action"] = Value::Null;
            body["last_setup_error"] = Value::Null;
        });
        self.keep_method(session, method, customer.as_deref(), true);
        self.emit("setup_intent.succeeded", &id);
        self.complete(session, "no_payment_required", &[("customer", json!(customer))]);
        self.outcome(session, verdict)
    }

    /// The session ran out before anything was kept.
    pub fn abandon_setup(&mut self, session: &str) {
        let id = self.setup_intent_of(session);
        if self.body(&id).is_null() {
            return;
        }
        self.edit(&id, |body| {
            body["status"] = json!("canceled");
            body["cancellation_reason"] = json!("abandoned");
            body["next_action"] = Value::Null;
        });
        self.emit("setup_intent.canceled", &id);
    }
}
