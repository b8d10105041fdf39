//! Ways to pay that a customer has saved, as the hosted page offers them again.

use serde_json::{Value, json};

use super::{
    form::Node,
    state::World,
    types::{PayOutcome, Payer, TestMethod},
};

/// Saved ways to pay shown on one page.
const SHOWN_AT_MOST: usize = 10;

impl World {
    /// The saved methods a session may offer, newest first, each card or account once. Stripe shows what a donor asked
    /// to be shown again; others only where the session's filter lets them in.
    pub fn saved_methods(&self, session: &str) -> Vec<String> {
        let Some(customer) = self.text(session, "customer") else { return Vec::new() };
        let filters = &self.body(session)["saved_payment_method_options"]["allow_redisplay_filters"];
        let shown = |value: &Value| match filters.as_array() {
            Some(wanted) => wanted.contains(value),
            None => value == "always",
        };
        let mut prints = Vec::new();
        let mut all = self.those("payment_method", "customer", &customer);
        all.reverse();
        all.retain(|id| {
            let body = self.body(id);
            let kind = body["type"].as_str().unwrap_or_default();
            let print = body[kind]["fingerprint"].clone();
            let fits =
                self.takes(session, kind) && shown(&body["allow_redisplay"]) && !prints.contains(&print);
            if fits {
                prints.push(print);
            }
            fits
        });
        all.truncate(SHOWN_AT_MOST);
        all
    }

    /// Whether a session takes this type of payment method.
    pub fn takes(&self, session: &str, kind: &str) -> bool {
        let types = self.body(session)["payment_method_types"].as_array();
        types.is_some_and(|types| types.iter().any(|own| own == kind))
    }

    /// `Visa ending 4242, saved`.
    pub fn saved_words(&self, method: &str) -> String {
        let body = self.body(method);
        let kind = body["type"].as_str().unwrap_or_default();
        let name = if kind == "card" { "Visa" } else { "Bacs Direct Debit" };
        format!("{name} ending {}, saved", body[kind]["last4"].as_str().unwrap_or("----"))
    }

    /// Presses the button with a saved method chosen: the one given, or the first on the page.
    pub fn pay_saved(&mut self, session: &str, method: Option<&str>) -> Result<PayOutcome, String> {
        self.payable(session)?;
        let saved = self.saved_methods(session);
        let method = match method {
            Some(wanted) => saved.into_iter().find(|id| id == wanted),
            None => saved.into_iter().next(),
        };
        let method = method.ok_or_else(|| "There is no such saved way to pay.".to_owned())?;
        let billing = self.body(&method)["billing_details"].clone();
        let text = |name: &str| billing[name].as_str().map(str::to_owned);
        let payer = self.payer(session, &Payer { email: text("email"), name: text("name"), save: false });
        let address = billing["address"].clone();
        self.note(session, "payer", json!({ "email": payer.email, "name": payer.name, "address": address }));
        self.note(session, "save", json!(false));
        Ok(self.present(session, &method))
    }

    /// Whether the page offers to save a card for next time.
    pub fn offers_saving(&self, session: &str) -> bool {
        self.body(session)["saved_payment_method_options"]["payment_method_save"] == "enabled"
    }

    /// Keeps a method with its customer, where the session or the donor asked for it.
    pub fn keep_method(&mut self, session: &str, method: &str, customer: Option<&str>, anyway: bool) {
        let ticked = self.hidden(session, "save") == true;
        let Some(customer) = customer.filter(|_| ticked || anyway) else { return };
        if ticked || self.is(session, "mode", "setup") {
            self.edit(method, |body| body["allow_redisplay"] = json!("always"));
        }
        self.attach(method, customer);
    }

    /// Copies what was typed to the customer, where the session allows it; an e-mail wherever there was none.
    pub fn update_customer(&mut self, session: &str, customer: &str) {
        let payer = self.hidden(session, "payer").clone();
        let auto = |name: &str| self.hidden(session, "customer_update")[name] == "auto";
        let mut changes = Vec::new();
        for name in ["name", "address"] {
            if auto(name) && !payer[name].is_null() {
                changes.push(name);
            }
        }
        if self.body(customer)["email"].is_null() {
            changes.push("email");
        }
        changes.retain(|name| self.body(customer)[*name] != payer[*name]);
        if !changes.is_empty() {
            self.edit_and_emit("customer.updated", customer, |body| {
                for name in changes {
                    body[name] = payer[name].clone();
                }
            });
        }
    }
}

/// What the session shows of its options for saved methods; Stripe fills in its defaults where a customer was given.
pub(super) fn options(node: &Node, mode: &str) -> Value {
    let given = node.get("saved_payment_method_options").is_some();
    if mode == "setup" || !(given || node.text("customer").is_some()) {
        return Value::Null;
    }
    let filters = node.texts("saved_payment_method_options.allow_redisplay_filters");
    let text = |name: &str| node.text(&format!("saved_payment_method_options.{name}"));
    json!({
        "allow_redisplay_filters": if filters.is_empty() { json!(["always"]) } else { json!(filters) },
        "payment_method_remove": text("payment_method_remove").unwrap_or("disabled"),
        "payment_method_save": text("payment_method_save"),
    })
}

impl TestMethod {
    /// Whether the bank asks the donor before it pays.
    pub(super) fn asks(self) -> bool {
        self == TestMethod::Card3ds
    }

    /// Whether the bank asks where a charge is begun over the API with the donor said to be there.
    pub(super) fn asks_by_api(self) -> bool {
        self.asks() || self == TestMethod::CardAuthenticatesOnRenewal
    }
}
