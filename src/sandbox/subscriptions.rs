//! Changing and ending subscriptions.

use serde_json::{Value, json};

use super::{
    errors::ApiError,
    form::Node,
    jobs::Job,
    shapes,
    state::{World, dig},
    types::TestMethod,
};

/// The stand-in does no prorations, and says so instead of doing something else.
pub(super) fn no_prorations(param: &str) -> ApiError {
    let message = "The stand-in computes no prorations: send `proration_behavior=none` with this change.";
    ApiError::invalid(param, message)
}

/// What an update asks for, checked before anything changes.
#[derive(Default)]
struct Plan {
    items: Vec<ItemPlan>,
    restart: bool,
    trial_end: Option<i64>,
}

/// What is asked for one item: an existing one by id, or a new one.
struct ItemPlan {
    id: Option<String>,
    price: Option<String>,
    quantity: Option<i64>,
    deleted: bool,
}

impl World {
    /// `POST /v1/subscriptions/{id}`.
    pub fn update_subscription(&mut self, id: &str, node: &Node) -> Result<(), ApiError> {
        self.find("subscription", id, "id")?;
        if ["canceled", "incomplete_expired"].iter().any(|status| self.is(id, "status", status)) {
            let allowed = ["metadata", "cancellation_details", "expand"];
            if !matches!(node, Node::Map(parts) if parts.keys().all(|name| allowed.contains(&name.as_str())))
            {
                let message =
                    "A canceled subscription can only update its cancellation_details and metadata.";
                return Err(ApiError::state(None, message));
            }
        }
        self.check_method(id, node)?;
        let plan = self.plan(id, node)?;
        let before = self.shown(id);
        self.change_fields(id, node);
        self.change_pause(id, node);
        self.change_end(id, node);
        self.change_items(id, node, &plan);
        self.change_dates(id, &plan);
        if self.shown(id) != before {
            self.emit_change("customer.subscription.updated", id, &before);
        }
        self.bill_change(id, &plan, &before);
        Ok(())
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

    fn check_method(&self, id: &str, node: &Node) -> Result<(), ApiError> {
        let Some(method) = node.text("default_payment_method") else { return Ok(()) };
        let owner = self.find("payment_method", method, "default_payment_method")?["customer"].clone();
        if owner != self.body(id)["customer"] {
            let message = format!(
                "The customer does not have a payment method with the ID {method}. The payment method must be \
                 attached to the customer."
            );
            return Err(ApiError::parameter("resource_missing", "default_payment_method", message));
        }
        Ok(())
    }

    fn plan(&mut self, id: &str, node: &Node) -> Result<Plan, ApiError> {
        let mut plan = Plan { restart: node.text("billing_cycle_anchor") == Some("now"), ..Plan::default() };
        plan.trial_end = match node.text("trial_end") {
            None => None,
            Some("now") => Some(self.at),
            Some(text) => match text.parse::<i64>() {
                Ok(end) if end > self.at => Some(end),
                _ => {
                    let message = "Invalid timestamp: must be an integer in the future";
                    return Err(ApiError::invalid("trial_end", message));
                }
            },
        };
        let changes = ["price", "price_data", "quantity", "deleted"];
        let priced =
            node.items("items").iter().any(|item| changes.iter().any(|name| item.get(name).is_some()));
        let none = node.text("proration_behavior") == Some("none") || self.is(id, "status", "trialing");
        if (priced || plan.restart || plan.trial_end.is_some()) && !none {
            return Err(no_prorations("proration_behavior"));
        }
        for (index, item) in node.items("items").into_iter().enumerate() {
            let planned = self.plan_item(id, item, index)?;
            plan.items.push(planned);
        }
        plan.restart |= self.changes_rhythm(id, &plan)?;
        Ok(plan)
    }

    /// Whether the items, once changed, recur in another rhythm; refused where they would not all have one.
    fn changes_rhythm(&self, id: &str, plan: &Plan) -> Result<bool, ApiError> {
        let rhythm = |price: &Value| {
            (price["recurring"]["interval"].clone(), price["recurring"]["interval_count"].clone())
        };
        let now = self.body(id)["items"]["data"].as_array().cloned().unwrap_or_default();
        let kept = now.iter().filter_map(|item| {
            match plan.items.iter().find(|planned| planned.id.as_deref() == item["id"].as_str()) {
                Some(planned) if planned.deleted => None,
                Some(ItemPlan { price: Some(price), .. }) => Some(rhythm(&self.body(price).clone())),
                _ => Some(rhythm(&item["price"])),
            }
        });
        let added = plan.items.iter().filter(|planned| planned.id.is_none());
        let added = added.filter_map(|planned| planned.price.as_ref()).map(|price| rhythm(self.body(price)));
        let all: Vec<_> = kept.chain(added).collect();
        let Some(first) = all.first() else {
            return Err(ApiError::state(None, "A subscription must have at least one active item."));
        };
        if all.iter().any(|other| other != first) {
            let message = "All prices on a subscription must have the same `recurring.interval` and \
                           `recurring.interval_count`.";
            return Err(ApiError::invalid("items", message));
        }
        Ok(*first != rhythm(&self.item(id)["price"]))
    }

    fn plan_item(&mut self, id: &str, item: &Node, index: usize) -> Result<ItemPlan, ApiError> {
        let own = item.text("id").map(str::to_owned);
        let items = self.body(id)["items"]["data"].as_array().cloned().unwrap_or_default();
        if let Some(own) = &own
            && items.iter().all(|item| item["id"] != own.as_str())
        {
            return Err(ApiError::no_such("subscription item", own, &format!("items[{index}][id]")));
        }
        let price = self.price_asked(id, item, index)?;
        if own.is_none() && price.is_none() {
            return Err(ApiError::missing(&format!("items[{index}][price]")));
        }
        let deleted = item.flag("deleted") == Some(true);
        Ok(ItemPlan { id: own, price, quantity: item.int("quantity"), deleted })
    }

    fn price_asked(&mut self, id: &str, item: &Node, index: usize) -> Result<Option<String>, ApiError> {
        let param = format!("items[{index}][price]");
        let data_param = format!("items[{index}][price_data]");
        let price = match (item.text("price"), item.get("price_data")) {
            (Some(_), Some(_)) => {
                let message = "You may only specify one of these parameters: price, price_data.";
                return Err(ApiError::invalid(&param, message));
            }
            (Some(price), None) => {
                self.find("price", price, &param)?;
                price.to_owned()
            }
            (None, Some(data)) => {
                self.check_price_data(data, &data_param)?;
                if data.text("currency") != self.body(id)["currency"].as_str() {
                    return Err(currency_differs(&data_param));
                }
                self.price_from(data)
            }
            (None, None) => return Ok(None),
        };
        if self.body(&price)["recurring"].is_null() {
            let message = format!("The price specified is set to `type=one_time` ({price}); it must recur.");
            return Err(ApiError::invalid(&param, message));
        }
        if self.body(&price)["currency"] != self.body(id)["currency"] {
            return Err(currency_differs(&param));
        }
        Ok(Some(price))
    }

    fn change_fields(&mut self, id: &str, node: &Node) {
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

    fn change_end(&mut self, id: &str, node: &Node) {
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
                body["status"] = json!("trialing");
                body["trial_start"] = json!(now);
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
        let end = self.begin_period(id, now);
        self.set_period(id, now, end);
        self.edit(id, |body| {
            if body["cancel_at_period_end"] == true {
                body["cancel_at"] = json!(end);
            }
        });
    }

    /// A cycle that begins at once is billed at once; one that begins with a trial for nothing.
    fn bill_change(&mut self, id: &str, plan: &Plan, before: &Value) {
        if plan.trial_end.is_none() && !plan.restart {
            return;
        }
        let past = before["items"]["data"][0]["current_period_start"].as_i64().unwrap_or(self.at);
        let end = self.item(id)["current_period_end"].as_i64().unwrap_or(self.at);
        let invoice = self.new_invoice(id, "subscription_update", (past, self.at), (self.at, end));
        self.emit("invoice.created", &invoice);
        self.finalise(&invoice);
    }

    /// `DELETE /v1/subscriptions/{id}`, and the dashboard's button.
    pub fn cancel_subscription(&mut self, id: &str, node: &Node) -> Result<(), ApiError> {
        self.find("subscription", id, "id")?;
        if self.is(id, "status", "canceled") {
            return Err(ApiError::no_such("subscription", id, "id"));
        }
        if node.flag("prorate") == Some(true) || node.flag("invoice_now") == Some(true) {
            return Err(no_prorations("prorate"));
        }
        self.change_fields(id, node);
        self.end_subscription(id, "cancellation_requested");
        Ok(())
    }

    /// A subscription ends now; what is unpaid is no longer chased.
    pub fn end_subscription(&mut self, id: &str, reason: &str) {
        if self.body(id).is_null() || self.is(id, "status", "canceled") {
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

fn change_item(item: &mut Value, price: Option<&Value>, quantity: Option<i64>, asked: &Node) {
    if let Some(price) = price {
        item["price"] = price.clone();
    }
    if let Some(quantity) = quantity {
        item["quantity"] = json!(quantity);
    }
    shapes::merge_metadata(&mut item["metadata"], asked, "metadata");
}

fn currency_differs(param: &str) -> ApiError {
    let message = "The price specified only supports another currency than the subscription's.";
    ApiError::invalid(param, message)
}
