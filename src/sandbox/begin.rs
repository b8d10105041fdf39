//! How subscriptions begin, whether at the hosted page or over the API.

use serde_json::{Value, json};

use super::{
    billing::Charging,
    calendar::next_boundary,
    errors::ApiError,
    form::Node,
    invoices::no_method,
    jobs::Job,
    methods::Verdict,
    plan::{Cycle, Rhythm, check_boundary, no_prorations, one_rhythm},
    shapes::{self, SubscriptionShape},
    state::World,
};

/// How long a first invoice may stay unpaid before the subscription is given up.
const INCOMPLETE_SECONDS: i64 = 23 * 3_600;

/// What a subscription begins with.
pub(super) struct Beginning<'a> {
    pub customer: &'a str,
    pub currency: Value,
    pub method: Option<&'a str>,
    /// Price, quantity and metadata of each item.
    pub items: Vec<(Value, i64, Value)>,
    pub metadata: Value,
    pub description: Value,
    pub trial_end: Option<i64>,
    /// The first boundary, where it is put off without a trial; nothing is taken until then.
    pub anchor: Option<i64>,
}

/// What `POST /v1/subscriptions` asks for, checked.
struct Asked {
    currency: String,
    total: i64,
    trial_end: Option<i64>,
    anchor: Option<i64>,
}

impl World {
    /// The subscription and its first invoice, announced as Stripe does: incomplete until the money is there, unless
    /// there is nothing to pay.
    pub fn begin_subscription(&mut self, asked: Beginning<'_>) -> (String, String) {
        let id = self.id("sub");
        let item = |(price, quantity, metadata): (Value, i64, Value)| {
            let mut item = self.new_item(&id, &price, quantity);
            item["metadata"] = metadata;
            item
        };
        let items = asked.items.into_iter().map(item).collect();
        let shape = SubscriptionShape {
            customer: asked.customer,
            currency: &asked.currency,
            anchor: asked.trial_end.or(asked.anchor).unwrap_or(self.at),
            items,
            metadata: asked.metadata,
            description: asked.description,
            method: asked.method,
            trial_end: asked.trial_end,
        };
        self.put(shapes::subscription(&id, self.at, shape), json!({ "free_until": asked.anchor }));
        let end = self.begin_period(&id, self.at);
        self.set_period(&id, self.at, end);
        self.edit(asked.customer, |body| body["currency"] = asked.currency.clone());
        let invoice = self.new_invoice(&id, "subscription_create", (self.at, self.at), (self.at, end));
        if self.int(&invoice, "total") == 0 {
            let status = if asked.trial_end.is_some() { "trialing" } else { "active" };
            self.edit(&id, |body| body["status"] = json!(status));
        }
        self.emit("customer.subscription.created", &id);
        self.emit("invoice.created", &invoice);
        self.open_invoice(&invoice);
        self.emit("invoice.finalized", &invoice);
        (id, invoice)
    }

    /// An item whose period is still to be set.
    pub fn new_item(&mut self, subscription: &str, price: &Value, quantity: i64) -> Value {
        let id = self.id("si");
        shapes::subscription_item(&id, self.at, subscription, price, quantity, (self.at, self.at))
    }

    /// The first money of a subscription is there, or on its way.
    pub fn activate(&mut self, subscription: &str) {
        if self.is(subscription, "status", "incomplete") {
            self.edit_and_emit("customer.subscription.updated", subscription, |body| {
                body["status"] = json!("active");
            });
        }
    }

    /// `POST /v1/subscriptions`.
    pub fn create_subscription(&mut self, node: &Node) -> Result<String, ApiError> {
        let customer = node.text("customer").unwrap_or_default();
        self.find("customer", customer, "customer")?;
        self.check_method(customer, node)?;
        let asked = self.check_creation(node)?;
        let later = asked.trial_end.is_some() || asked.anchor.is_some();
        let present = node.flag("off_session") != Some(true);
        let method = node.text("default_payment_method");
        if asked.total > 0 && !later {
            let own = self.text(customer, "invoice_settings.default_payment_method");
            let method = method.map(str::to_owned).or(own).ok_or_else(no_method)?;
            if node.text("payment_behavior") == Some("error_if_incomplete") {
                self.refuse_unpayable(Some(method), present)?;
            }
        }
        let items = node.items("items").into_iter().map(|item| self.item_asked(item)).collect();
        let (id, invoice) = self.begin_subscription(Beginning {
            customer,
            currency: json!(asked.currency),
            method,
            items,
            metadata: shapes::metadata(node, "metadata"),
            description: json!(node.text("description")),
            trial_end: asked.trial_end,
            anchor: asked.anchor,
        });
        self.change_end(&id, node);
        self.charge_first(&id, &invoice, present);
        Ok(id)
    }

    fn charge_first(&mut self, id: &str, invoice: &str, present: bool) {
        let verdict = self.charge_invoice(invoice, Charging { present, ..Charging::default() });
        if matches!(verdict, Verdict::Declined(_) | Verdict::Asks) {
            self.later(self.at + INCOMPLETE_SECONDS, Job::GiveUp(id.to_owned()));
        }
    }

    fn item_asked(&mut self, item: &Node) -> (Value, i64, Value) {
        let price = self.price_of(item).unwrap_or_default();
        (self.body(&price).clone(), item.int("quantity").unwrap_or(1), shapes::metadata(item, "metadata"))
    }

    fn check_creation(&self, node: &Node) -> Result<Asked, ApiError> {
        let items = node.items("items");
        let mut currency: Option<String> = None;
        let mut total = 0i64;
        for (index, item) in items.iter().enumerate() {
            if !self.check_price(item, index, currency.as_deref())? {
                return Err(ApiError::missing(&format!("items[{index}][price]")));
            }
            let (own, amount) = self.cost_asked(item);
            total = total.saturating_add(amount);
            currency.get_or_insert(own);
        }
        let Some(currency) = currency else { return Err(ApiError::missing("items")) };
        let rhythm = one_rhythm(items.iter().filter_map(|item| self.rhythm_asked(item)))?;
        let trial_end = self.trial_asked(node)?.filter(|end| *end > self.at);
        let anchor = self.anchor_asked(node, trial_end, &rhythm)?;
        let first = trial_end.or(anchor).unwrap_or(self.at);
        let end = next_boundary(first, &rhythm.0, rhythm.1, self.at);
        if let Some(at) = self.future(node, "cancel_at")? {
            let none = node.text("proration_behavior") == Some("none") || trial_end.is_some();
            check_boundary(at, &Cycle { anchor: first, rhythm, end }, none)?;
        }
        Ok(Asked { currency, total, trial_end, anchor })
    }

    /// Currency and amount of one item asked for.
    fn cost_asked(&self, item: &Node) -> (String, i64) {
        let quantity = item.int("quantity").unwrap_or(1);
        let (currency, unit) = match item.text("price") {
            Some(price) => (self.text(price, "currency").unwrap_or_default(), self.int(price, "unit_amount")),
            None => {
                let text = |name: &str| item.text(&format!("price_data.{name}"));
                let unit = text("unit_amount").or(text("unit_amount_decimal"));
                (
                    text("currency").unwrap_or_default().to_owned(),
                    unit.and_then(|unit| unit.parse().ok()).unwrap_or(0),
                )
            }
        };
        (currency, unit * quantity)
    }

    /// The first boundary asked for, no later than the one that would come by itself.
    fn anchor_asked(
        &self,
        node: &Node,
        trial: Option<i64>,
        rhythm: &Rhythm,
    ) -> Result<Option<i64>, ApiError> {
        let Some(anchor) = self.future(node, "billing_cycle_anchor")? else { return Ok(None) };
        if trial.is_some() || node.text("proration_behavior") != Some("none") {
            return Err(no_prorations("proration_behavior"));
        }
        let natural = next_boundary(self.at, &rhythm.0, rhythm.1, self.at);
        if anchor > natural {
            let message = format!(
                "billing_cycle_anchor cannot be later than next natural billing date ({natural}) for plan"
            );
            return Err(ApiError::invalid("billing_cycle_anchor", message));
        }
        Ok(Some(anchor))
    }
}
