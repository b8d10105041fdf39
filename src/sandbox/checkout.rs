//! Checkout sessions: creating and expiring them.

use serde_json::{Value, json};

use super::{
    calendar::DAY,
    errors::ApiError,
    form::Node,
    jobs::Job,
    lines::Line,
    shapes::{self, SessionShape},
    state::World,
};

/// Smallest total Stripe takes, in minor units.
fn smallest(currency: &str) -> i64 {
    match currency {
        "gbp" => 30,
        "dkk" => 250,
        "nok" | "sek" => 300,
        "mxn" => 1_000,
        "czk" => 1_500,
        "huf" => 17_500,
        "hkd" => 400,
        "pln" => 200,
        _ => 50,
    }
}

impl World {
    /// `POST /v1/checkout/sessions`.
    pub fn create_session(&mut self, node: &Node) -> Result<String, ApiError> {
        let mode = node.text("mode").unwrap_or_default().to_owned();
        consistent(node, &mode)?;
        if let Some(customer) = node.text("customer") {
            self.find("customer", customer, "customer")?;
        }
        let expires_at = self.expiry(node)?;
        let types = self.allowed_types(node, &mode)?;
        let lines = self.check_lines(node, &mode)?;
        let (currency, total) = self.check_total(node, &mode, &lines)?;
        let free = mode == "subscription" && self.starts_free(node)?;
        let items = lines.iter().map(|line| self.make_line(line)).collect::<Vec<_>>();
        let id = self.id("cs_test");
        let shape = SessionShape {
            id: &id,
            at: self.at,
            mode: &mode,
            url: format!("{}/pay/{id}", self.base),
            expires_at,
            currency: currency.as_deref(),
            total: if free { Some(0) } else { total },
            types: if currency.as_deref() == Some("gbp") { types } else { keep_cards(types) },
        };
        let mut body = shapes::session(&shape, node);
        body["saved_payment_method_options"] = super::saved::options(node, &mode);
        if free {
            body["payment_status"] = json!("no_payment_required");
        }
        let hidden = json!({ "line_items": items, "free": free, "intent_data": intent_data(node),
            "subscription_data": subscription_data(node), "setup_data": setup_data(node),
            "customer_update": { "name": node.text("customer_update.name"), "address": node.text("customer_update.address") } });
        self.put(body, hidden);
        if mode == "setup" {
            self.new_setup_intent(&id);
        }
        self.later(expires_at, Job::ExpireSession(id.clone()));
        Ok(id)
    }

    fn expiry(&self, node: &Node) -> Result<i64, ApiError> {
        let at = node.int("expires_at").unwrap_or(self.at + DAY);
        if at < self.at + 30 * 60 || at > self.at + DAY {
            let message = "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session \
                           creation.";
            return Err(ApiError::invalid("expires_at", message));
        }
        Ok(at)
    }

    fn allowed_types(&self, node: &Node, mode: &str) -> Result<Vec<&'static str>, ApiError> {
        let (allowed, excluded) =
            (node.texts("allowed_payment_method_types"), node.texts("excluded_payment_method_types"));
        let fits = |kind: &&str| {
            (allowed.is_empty() || allowed.iter().any(|name| name == kind))
                && excluded.iter().all(|name| name != kind)
        };
        let types: Vec<&'static str> = ["card", "bacs_debit"].into_iter().filter(fits).collect();
        if types.is_empty() {
            let message = format!("No valid payment method types for this Checkout Session ({mode} mode).");
            return Err(ApiError::invalid("allowed_payment_method_types", message));
        }
        Ok(types)
    }

    fn check_total(
        &self,
        node: &Node,
        mode: &str,
        lines: &[Line<'_>],
    ) -> Result<(Option<String>, Option<i64>), ApiError> {
        let given = node.text("currency").map(str::to_owned);
        if mode == "setup" {
            return if given.is_some() { Ok((given, None)) } else { Err(ApiError::missing("currency")) };
        }
        let mut total = 0i64;
        let mut currency = given;
        for line in lines {
            let (own, amount) = match line {
                Line::Known { price, .. } => {
                    (self.text(price, "currency").unwrap_or_default(), self.int(price, "unit_amount"))
                }
                Line::Made { node } => {
                    let data = node.get("price_data");
                    let amount = data.map_or(Ok(0), |data| self.check_price_data(data, "price_data"))?;
                    (node.text("price_data.currency").unwrap_or_default().to_owned(), amount)
                }
            };
            if currency.as_ref().is_some_and(|currency| *currency != own) {
                return Err(ApiError::invalid("line_items", "All line items must have the same currency."));
            }
            currency = Some(own);
            let (Line::Known { node, .. } | Line::Made { node }) = line;
            total = total.saturating_add(amount.saturating_mul(node.int("quantity").unwrap_or(1)));
        }
        let currency = currency.unwrap_or_default();
        let least = smallest(&currency);
        if total < least {
            let least = super::page::money(least, &currency);
            let message = format!("The Checkout Session's total amount due must add up to at least {least}");
            return Err(ApiError::parameter("amount_too_small", "line_items", message));
        }
        if total > 99_999_999 {
            let message = "The Checkout Session's total amount due must be no more than 999,999.99";
            return Err(ApiError::parameter("amount_too_large", "line_items", message));
        }
        Ok((Some(currency), Some(total)))
    }

    /// Whether a subscription begins with a time that costs nothing.
    fn starts_free(&self, node: &Node) -> Result<bool, ApiError> {
        let data = |name: &str| node.int(&format!("subscription_data.{name}"));
        let (trial, days, anchor) =
            (data("trial_end"), data("trial_period_days"), data("billing_cycle_anchor"));
        let param = |name: &str| format!("subscription_data[{name}]");
        if trial.is_some_and(|end| end < self.at + 2 * DAY) {
            let message = "The `trial_end` date has to be at least 2 days in the future.";
            return Err(ApiError::invalid(&param("trial_end"), message));
        }
        if days.is_some_and(|days| days < 1) {
            return Err(ApiError::invalid(
                &param("trial_period_days"),
                "The minimum number of trial days is 1.",
            ));
        }
        if anchor.is_some_and(|anchor| anchor <= self.at) {
            let message = "The `billing_cycle_anchor` must be in the future.";
            return Err(ApiError::invalid(&param("billing_cycle_anchor"), message));
        }
        if anchor.is_some() && (trial.is_some() || days.is_some()) {
            let message = "You cannot set a trial and `billing_cycle_anchor` together.";
            return Err(ApiError::invalid(&param("billing_cycle_anchor"), message));
        }
        if anchor.is_some() && node.text("subscription_data.proration_behavior") != Some("none") {
            return Err(super::plan::no_prorations(&param("proration_behavior")));
        }
        Ok(trial.is_some() || days.is_some() || anchor.is_some())
    }

    /// An open session runs out of time.
    pub fn expire_session(&mut self, id: &str) {
        if self.is(id, "status", "open") {
            self.edit(id, |body| {
                body["status"] = json!("expired");
                body["url"] = Value::Null;
            });
            self.abandon_setup(id);
            self.emit("checkout.session.expired", id);
        }
    }

    /// `POST /v1/checkout/sessions/{id}/expire`.
    pub fn expire_now(&mut self, id: &str) -> Result<(), ApiError> {
        let status =
            self.find("checkout.session", id, "id")?["status"].as_str().unwrap_or_default().to_owned();
        if status != "open" {
            let message = format!(
                "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status \
                 of `{status}`."
            );
            return Err(ApiError::state(None, message));
        }
        self.expire_session(id);
        Ok(())
    }
}

fn keep_cards(types: Vec<&'static str>) -> Vec<&'static str> {
    types.into_iter().filter(|kind| *kind == "card").collect()
}

/// Which parameters go together.
fn consistent(node: &Node, mode: &str) -> Result<(), ApiError> {
    let only = |name: &str, modes: &[&str]| match node.get(name) {
        Some(_) if !modes.contains(&mode) => {
            let modes = modes.iter().map(|mode| format!("`{mode}`")).collect::<Vec<_>>().join(" or ");
            Err(ApiError::invalid(name, format!("You can only use `{name}` in {modes} mode.")))
        }
        _ => Ok(()),
    };
    only("customer_creation", &["payment", "setup"])?;
    only("payment_intent_data", &["payment"])?;
    only("saved_payment_method_options", &["payment", "subscription"])?;
    only("subscription_data", &["subscription"])?;
    only("setup_intent_data", &["setup"])?;
    only("submit_type", &["payment", "subscription"])?;
    if node.text("success_url").is_none() {
        return Err(ApiError::missing("success_url"));
    }
    if node.text("customer").is_some() {
        for name in ["customer_email", "customer_creation"] {
            if node.text(name).is_some() {
                let message = format!("You may only specify one of these parameters: customer, {name}.");
                return Err(ApiError::invalid("customer", message));
            }
        }
    } else if node.get("customer_update").is_some() {
        let message = "`customer_update` can only be used with `customer`.";
        return Err(ApiError::invalid("customer_update", message));
    }
    Ok(())
}

fn intent_data(node: &Node) -> Value {
    let text = |name: &str| node.text(&format!("payment_intent_data.{name}"));
    json!({
        "metadata": shapes::metadata(node, "payment_intent_data.metadata"),
        "fields": {
            "description": text("description"), "receipt_email": text("receipt_email"),
            "setup_future_usage": text("setup_future_usage"), "statement_descriptor": text("statement_descriptor"),
            "statement_descriptor_suffix": text("statement_descriptor_suffix"),
            "transfer_group": text("transfer_group"),
        },
    })
}

fn subscription_data(node: &Node) -> Value {
    let number = |name: &str| node.int(&format!("subscription_data.{name}"));
    json!({
        "metadata": shapes::metadata(node, "subscription_data.metadata"),
        "description": node.text("subscription_data.description"), "trial_end": number("trial_end"),
        "trial_days": number("trial_period_days"), "anchor": number("billing_cycle_anchor"),
    })
}

fn setup_data(node: &Node) -> Value {
    json!({
        "metadata": shapes::metadata(node, "setup_intent_data.metadata"),
        "description": node.text("setup_intent_data.description"),
    })
}
