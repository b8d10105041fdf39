//! Changing subscriptions.

use serde_json::{Value, json};

use super::{
    errors::ApiError,
    form::Node,
    jobs::Job,
    plan::Plan,
    shapes,
    state::{World, dig},
    types::TestMethod,
};

impl World {
    /// `POST /v1/subscriptions/{id}`.
    pub fn update_subscription(&mut self, id: &str, node: &Node) -> Result<(), ApiError> {
        self.find("subscription", id, "id")?;
        self.check_changeable(id, node)?;
        let plan = self.plan(id, node)?;
        // Nothing says whether the donor is there but this parameter, and Stripe takes its absence for yes.
        let present = node.flag("off_session") != Some(true);
        if plan.charges(self.at) && node.text("payment_behavior") == Some("error_if_incomplete") {
            let asked = node.text("default_payment_method").map(str::to_owned);
            self.refuse_unpayable(asked.or_else(|| self.method_of(id)), present)?;
        }
        let before = self.shown(id);
        self.change_fields(id, node);
        self.change_pause(id, node);
        self.change_end(id, node);
        self.change_items(id, node, &plan);
        self.change_dates(id, &plan);
        if self.shown(id) != before {
            self.emit_change("customer.subscription.updated", id, &before);
        }
        self.bill_change(id, &plan, &before, present);
        Ok(())
    }

    /// Of what has ended, and of what has not begun, only a little may be changed.
    fn check_changeable(&self, id: &str, node: &Node) -> Result<(), ApiError> {
        let (allowed, message): (&[&str], _) = match self.body(id)["status"].as_str() {
            Some("canceled" | "incomplete_expired") => (
                &["metadata", "cancellation_details", "expand"],
                "A canceled subscription can only update its cancellation_details and metadata.",
            ),
            Some("incomplete") => (
                &["metadata", "cancellation_details", "default_payment_method", "expand"],
                "A subscription that is incomplete can only update its default_payment_method and metadata.",
            ),
            _ => return Ok(()),
        };
        match node {
            Node::Map(parts) if parts.keys().all(|name| allowed.contains(&name.as_str())) => Ok(()),
            _ => Err(ApiError::state(None, message)),
        }
    }

    /// The first line gets another price.
    pub fn change_amount(&mut self, id: &str, unit_amount: i64) -> Result<(), ApiError> {
        self.find("subscription", id, "id")?;
        let item = self.item(id).clone();
        let text = |path: &str| match dig(&item, path) {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let data = |name: &str| format!("items[0][price_data]{name}");
        let pairs = [
            ("items[0][id]".to_owned(), text("id")),
            (data("[currency]"), text("price.currency")),
            (data("[product]"), text("price.product")),
            (data("[recurring][interval]"), text("price.recurring.interval")),
            (data("[recurring][interval_count]"), text("price.recurring.interval_count")),
            (data("[unit_amount]"), unit_amount.to_string()),
            ("proration_behavior".to_owned(), "none".to_owned()),
        ];
        self.update_subscription(id, &Node::tree(&pairs))
    }

    /// The payment method behind a subscription behaves like another from now on.
    pub fn method_becomes(&mut self, id: &str, method: TestMethod) {
        if let Some(own) = self.text(id, "default_payment_method") {
            self.note(&own, "behaviour", json!(method.name()));
        }
    }

    /// What a change says of texts, metadata and the way to pay.
    pub fn change_fields(&mut self, id: &str, node: &Node) {
        self.edit(id, |body| {
            shapes::merge_metadata(&mut body["metadata"], node, "metadata");
            if let Some(description) = node.raw("description") {
                body["description"] = json!(Some(description).filter(|text| !text.is_empty()));
            }
            if let Some(method) = node.text("default_payment_method") {
                body["default_payment_method"] = json!(method);
            }
            for name in ["comment", "feedback"] {
                if let Some(text) = node.raw(&format!("cancellation_details.{name}")) {
                    body["cancellation_details"][name] = json!(Some(text).filter(|text| !text.is_empty()));
                }
            }
        });
    }

    fn change_pause(&mut self, id: &str, node: &Node) {
        if node.raw("pause_collection") == Some("") {
            self.edit(id, |body| body["pause_collection"] = Value::Null);
        }
        if let Some(behaviour) = node.text("pause_collection.behavior") {
            let resumes = node.int("pause_collection.resumes_at");
            self.edit(id, |body| {
                body["pause_collection"] = json!({ "behavior": behaviour, "resumes_at": resumes });
            });
            if let Some(at) = resumes {
                self.later(at, Job::Resume(id.to_owned()));
            }
        }
    }

    /// Collection resumes by itself.
    pub fn resume(&mut self, id: &str) {
        if self.body(id)["pause_collection"]["resumes_at"] == self.at {
            self.edit_and_emit("customer.subscription.updated", id, |body| {
                body["pause_collection"] = Value::Null
            });
        }
    }

    fn change_items(&mut self, id: &str, node: &Node, plan: &Plan) {
        let (start, end) = {
            let first = self.item(id);
            (first["current_period_start"].clone(), first["current_period_end"].clone())
        };
        let nodes = node.items("items");
        for (planned, asked) in plan.items.iter().zip(nodes) {
            let price = planned.price.as_ref().map(|price| self.body(price).clone());
            let own = match (&planned.id, &price) {
                (Some(own), _) => own.clone(),
                (None, Some(price)) => {
                    let mut item = self.new_item(id, price, 1);
                    item["current_period_start"] = start.clone();
                    item["current_period_end"] = end.clone();
                    let own = item["id"].as_str().unwrap_or_default().to_owned();
                    self.edit(id, |body| {
                        body["items"]["data"]
                            .as_array_mut()
                            .into_iter()
                            .for_each(|all| all.push(item.clone()))
                    });
                    own
                }
                (None, None) => continue,
            };
            self.edit(id, |body| {
                let Some(all) = body["items"]["data"].as_array_mut() else { return };
                if planned.deleted {
                    return all.retain(|item| item["id"] != own.as_str());
                }
                for item in all.iter_mut().filter(|item| item["id"] == own.as_str()) {
                    change_item(item, price.as_ref(), planned.quantity, asked);
                }
            });
        }
    }

    fn change_dates(&mut self, id: &str, plan: &Plan) {
        let now = self.at;
        match plan.trial_end {
            Some(end) if end > now => self.edit(id, |body| {
                if body["status"] != "trialing" {
                    body["trial_start"] = json!(now);
                }
                body["status"] = json!("trialing");
                body["trial_end"] = json!(end);
                body["billing_cycle_anchor"] = json!(end);
            }),
            Some(_) => self.edit(id, |body| {
                body["status"] = json!("active");
                body["trial_end"] = json!(now);
                body["billing_cycle_anchor"] = json!(now);
            }),
            None if plan.restart => self.edit(id, |body| body["billing_cycle_anchor"] = json!(now)),
            None => return,
        }
        // A beginning that Checkout put off is over: the new cycle says when the next money is due.
        self.note(id, "free_until", Value::Null);
        let end = self.begin_period(id, now);
        self.set_period(id, now, end);
        self.edit(id, |body| {
            if body["cancel_at_period_end"] == true {
                body["cancel_at"] = json!(end);
            }
        });
    }

    /// A cycle that begins at once is billed at once; one that begins with a trial for nothing.
    fn bill_change(&mut self, id: &str, plan: &Plan, before: &Value, present: bool) {
        if plan.trial_end.is_none() && !plan.restart {
            return;
        }
        let past = before["items"]["data"][0]["current_period_start"].as_i64().unwrap_or(self.at);
        let end = self.item(id)["current_period_end"].as_i64().unwrap_or(self.at);
        let invoice = self.new_invoice(id, "subscription_update", (past, self.at), (self.at, end));
        self.emit("invoice.created", &invoice);
        self.finalise(&invoice, present);
    }
}

fn change_item(item: &mut Value, price: Option<&Value>, quantity: Option<i64>, asked: &Node) {
    if let Some(price) = price {
        item["price"] = price.clone();
    }
    if let Some(quantity) = quantity {
        item["quantity"] = json!(quantity);
    }
    shapes::merge_metadata(&mut item["metadata"], asked, "metadata");
}
