//! How subscriptions end: at once, at a date, at the end of a period, or because nothing was ever paid.

use serde_json::{Value, json};

use super::{errors::ApiError, form::Node, jobs::Job, plan::no_prorations, state::World};

impl World {
    /// What an update says of the end.
    pub fn change_end(&mut self, id: &str, node: &Node) {
        let (now, end) = (self.at, self.item(id)["current_period_end"].clone());
        let mut when = None;
        match node.flag("cancel_at_period_end") {
            Some(true) => self.edit(id, |body| {
                body["cancel_at_period_end"] = json!(true);
                body["cancel_at"] = end;
                body["canceled_at"] = json!(now);
                body["cancellation_details"]["reason"] = json!("cancellation_requested");
            }),
            Some(false) => self.edit(id, keep_going),
            None => when = node.raw("cancel_at"),
        }
        match when.map(str::parse::<i64>) {
            Some(Ok(at)) => {
                self.edit(id, |body| {
                    body["cancel_at_period_end"] = json!(false);
                    body["cancel_at"] = json!(at);
                    body["canceled_at"] = json!(now);
                    body["cancellation_details"]["reason"] = json!("cancellation_requested");
                });
                self.later(at, Job::Cancel(id.to_owned()));
            }
            Some(Err(_)) => self.edit(id, keep_going),
            None => {}
        }
    }

    /// `cancel_at` comes.
    pub fn cancel_when_due(&mut self, id: &str) {
        if self.body(id)["cancel_at"] == self.at && self.body(id)["cancel_at_period_end"] == false {
            self.end_subscription(id, "cancellation_requested");
        }
    }

    /// `DELETE /v1/subscriptions/{id}`, and the dashboard's button.
    pub fn cancel_subscription(&mut self, id: &str, node: &Node) -> Result<(), ApiError> {
        self.find("subscription", id, "id")?;
        if ["canceled", "incomplete_expired"].iter().any(|status| self.is(id, "status", status)) {
            return Err(ApiError::no_such("subscription", id, "id"));
        }
        if node.flag("prorate") == Some(true) || node.flag("invoice_now") == Some(true) {
            return Err(no_prorations("prorate"));
        }
        self.change_fields(id, node);
        match self.is(id, "status", "incomplete") {
            true => self.expire_incomplete(id),
            false => self.end_subscription(id, "cancellation_requested"),
        }
        Ok(())
    }

    /// A subscription that was never paid for is given up, and its invoice with it.
    pub fn expire_incomplete(&mut self, id: &str) {
        if !self.is(id, "status", "incomplete") {
            return;
        }
        let now = self.at;
        let before = self.shown(id);
        self.edit(id, |body| {
            body["status"] = json!("incomplete_expired");
            body["ended_at"] = json!(now);
        });
        let invoice = self.text(id, "latest_invoice").unwrap_or_default();
        if self.is(&invoice, "status", "open") {
            self.put_aside(&invoice, "void", "voided_at", "invoice.voided");
        }
        self.emit_change("customer.subscription.updated", id, &before);
    }

    /// A subscription ends now; what is unpaid is no longer chased.
    pub fn end_subscription(&mut self, id: &str, reason: &str) {
        let over = ["canceled", "incomplete_expired"].iter().any(|status| self.is(id, "status", status));
        if self.body(id).is_null() || over {
            return;
        }
        let now = self.at;
        self.edit(id, |body| {
            body["status"] = json!("canceled");
            body["ended_at"] = json!(now);
            if body["canceled_at"].is_null() {
                body["canceled_at"] = json!(now);
            }
            body["cancellation_details"]["reason"] = json!(reason);
        });
        for invoice in self.those("invoice", "parent.subscription_details.subscription", id) {
            if self.is(&invoice, "status", "open") || self.is(&invoice, "status", "draft") {
                self.edit(&invoice, |body| {
                    body["auto_advance"] = json!(false);
                    body["next_payment_attempt"] = Value::Null;
                });
            }
        }
        self.emit("customer.subscription.deleted", id);
    }
}

fn keep_going(body: &mut Value) {
    body["cancel_at_period_end"] = json!(false);
    body["cancel_at"] = Value::Null;
    body["canceled_at"] = Value::Null;
    body["cancellation_details"]["reason"] = Value::Null;
}
