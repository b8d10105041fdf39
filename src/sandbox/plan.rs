//! What a change of a subscription asks for, checked before anything changes.

use serde_json::Value;

use super::{
    calendar::{DAY, next_boundary},
    errors::ApiError,
    form::Node,
    state::{World, dig},
};

/// Stripe takes no trial that ends more than two years on.
const LONGEST_TRIAL: i64 = 2 * 366 * DAY;

/// The stand-in does no prorations, and says so instead of doing something else.
pub(super) fn no_prorations(param: &str) -> ApiError {
    let message = "The stand-in computes no prorations: send `proration_behavior=none` with this change.";
    ApiError::invalid(param, message)
}

/// Interval and how many of it.
pub(super) type Rhythm = (String, i64);

/// When a subscription's periods end: the next one, and those after it by anchor and rhythm.
pub(super) struct Cycle {
    pub anchor: i64,
    pub rhythm: Rhythm,
    pub end: i64,
}

/// What an update asks for.
#[derive(Default)]
pub(super) struct Plan {
    pub items: Vec<ItemPlan>,
    pub restart: bool,
    pub trial_end: Option<i64>,
}

/// What is asked for one item: an existing one by id, or a new one.
pub(super) struct ItemPlan {
    pub id: Option<String>,
    pub price: Option<String>,
    pub quantity: Option<i64>,
    pub deleted: bool,
}

impl Plan {
    /// Whether the change is billed at once, and not for nothing.
    pub fn charges(&self, now: i64) -> bool {
        self.trial_end.map_or(self.restart, |end| end <= now)
    }
}

impl World {
    /// Reads and checks an update; prices only described are made when nothing is left to refuse.
    pub fn plan(&mut self, id: &str, node: &Node) -> Result<Plan, ApiError> {
        self.check_method(&self.text(id, "customer").unwrap_or_default(), node)?;
        self.check_pause(node)?;
        let mut plan = Plan { restart: node.text("billing_cycle_anchor") == Some("now"), ..Plan::default() };
        plan.trial_end = self.trial_asked(node)?;
        let trialing = self.is(id, "status", "trialing");
        if plan.restart && trialing && plan.trial_end.is_none() {
            let message = "The stand-in starts no new cycle within a trial: send `trial_end=now` instead.";
            return Err(ApiError::invalid("billing_cycle_anchor", message));
        }
        let none = node.text("proration_behavior") == Some("none") || trialing;
        let changes = ["price", "price_data", "quantity", "deleted"];
        let items = node.items("items");
        let priced = items.iter().any(|item| changes.iter().any(|name| item.get(name).is_some()));
        if (priced || plan.restart || plan.trial_end.is_some()) && !none {
            return Err(no_prorations("proration_behavior"));
        }
        for (index, item) in items.iter().enumerate() {
            self.check_item(id, item, index)?;
        }
        let rhythm = self.rhythm_after(id, &items)?;
        // Another rhythm begins another cycle, but never within a trial.
        plan.restart |= rhythm != self.rhythm_of(&self.item(id)["price"]) && !trialing;
        self.check_end(id, node, &self.cycle_after(id, &plan, rhythm), none)?;
        for item in items {
            let price = self.price_of(item);
            plan.items.push(ItemPlan {
                id: item.text("id").map(str::to_owned),
                price,
                quantity: item.int("quantity"),
                deleted: item.flag("deleted") == Some(true),
            });
        }
        Ok(plan)
    }

    /// The end of the trial asked for; `now` is this instant.
    pub fn trial_asked(&self, node: &Node) -> Result<Option<i64>, ApiError> {
        match node.text("trial_end") {
            None => Ok(None),
            Some("now") => Ok(Some(self.at)),
            Some(_) => {
                let end = self.future(node, "trial_end")?;
                if end.is_some_and(|end| end > self.at + LONGEST_TRIAL) {
                    let message = "Invalid timestamp: can be no more than two years in the future";
                    return Err(ApiError::invalid("trial_end", message));
                }
                Ok(end)
            }
        }
    }

    /// An instant that must be still to come, where one is given.
    pub fn future(&self, node: &Node, path: &str) -> Result<Option<i64>, ApiError> {
        let Some(text) = node.text(path) else { return Ok(None) };
        match text.parse::<i64>() {
            Ok(at) if at > self.at => Ok(Some(at)),
            _ => {
                let mut parts = path.split('.');
                let mut param = parts.next().unwrap_or_default().to_owned();
                parts.for_each(|part| param.push_str(&format!("[{part}]")));
                let message = "Invalid timestamp: must be an integer Unix timestamp in the future";
                Err(ApiError::invalid(&param, message))
            }
        }
    }

    fn check_pause(&self, node: &Node) -> Result<(), ApiError> {
        self.future(node, "pause_collection.resumes_at").map(drop)
    }

    /// Refuses a default method that is not the customer's own.
    pub fn check_method(&self, customer: &str, node: &Node) -> Result<(), ApiError> {
        let Some(method) = node.text("default_payment_method") else { return Ok(()) };
        self.check_owner(customer, method, "default_payment_method")
    }

    /// Refuses a method that is not this customer's own.
    pub fn check_owner(&self, customer: &str, method: &str, param: &str) -> Result<(), ApiError> {
        if self.find("payment_method", method, param)?["customer"] == customer {
            return Ok(());
        }
        let message = format!(
            "The customer does not have a payment method with the ID {method}. The payment method must be attached \
             to the customer."
        );
        Err(ApiError::parameter("resource_missing", param, message))
    }

    fn check_item(&self, id: &str, item: &Node, index: usize) -> Result<(), ApiError> {
        let items = self.body(id)["items"]["data"].as_array();
        if let Some(own) = item.text("id")
            && !items.is_some_and(|items| items.iter().any(|item| item["id"] == own))
        {
            return Err(ApiError::no_such("subscription item", own, &format!("items[{index}][id]")));
        }
        let priced = self.check_price(item, index, self.body(id)["currency"].as_str())?;
        if item.text("id").is_none() && !priced {
            return Err(ApiError::missing(&format!("items[{index}][price]")));
        }
        Ok(())
    }

    /// Checks the price an item asks for; false where it asks for none.
    pub fn check_price(&self, item: &Node, index: usize, currency: Option<&str>) -> Result<bool, ApiError> {
        let param = format!("items[{index}][price]");
        let data_param = format!("items[{index}][price_data]");
        let (own, param) = match (item.text("price"), item.get("price_data")) {
            (Some(_), Some(_)) => {
                let message = "You may only specify one of these parameters: price, price_data.";
                return Err(ApiError::invalid(&param, message));
            }
            (Some(price), None) => {
                if self.find("price", price, &param)?["recurring"].is_null() {
                    let message =
                        format!("The price specified is set to `type=one_time` ({price}); it must recur.");
                    return Err(ApiError::invalid(&param, message));
                }
                (self.text(price, "currency"), param)
            }
            (None, Some(data)) => {
                self.check_price_data(data, &data_param)?;
                (data.text("currency").map(str::to_owned), data_param)
            }
            (None, None) => return Ok(false),
        };
        if currency.is_some() && own.as_deref() != currency {
            let message = "The price specified only supports another currency than the subscription's.";
            return Err(ApiError::invalid(&param, message));
        }
        Ok(true)
    }

    /// The price an item asks for, made where it is only described.
    pub fn price_of(&mut self, item: &Node) -> Option<String> {
        match (item.text("price"), item.get("price_data")) {
            (Some(price), _) => Some(price.to_owned()),
            (None, Some(data)) => Some(self.price_from(data)),
            (None, None) => None,
        }
    }

    /// The rhythm of a price.
    pub fn rhythm_of(&self, price: &Value) -> Rhythm {
        let recurring = &price["recurring"];
        let interval = recurring["interval"].as_str().unwrap_or("month").to_owned();
        (interval, recurring["interval_count"].as_i64().unwrap_or(1))
    }

    /// The rhythm an item asks for, where it asks for a price.
    pub fn rhythm_asked(&self, item: &Node) -> Option<Rhythm> {
        match (item.text("price"), item.get("price_data")) {
            (Some(price), _) => Some(self.rhythm_of(self.body(price))),
            (None, Some(data)) => {
                let interval = data.text("recurring.interval").unwrap_or("month").to_owned();
                Some((interval, data.int("recurring.interval_count").unwrap_or(1)))
            }
            (None, None) => None,
        }
    }

    /// The rhythm of the items once changed; refused where they would not all have one.
    fn rhythm_after(&self, id: &str, items: &[&Node]) -> Result<Rhythm, ApiError> {
        let now = self.body(id)["items"]["data"].as_array().cloned().unwrap_or_default();
        let kept = now.iter().filter_map(|item| {
            let asked = items.iter().find(|asked| asked.text("id") == item["id"].as_str());
            match asked {
                Some(asked) if asked.flag("deleted") == Some(true) => None,
                Some(asked) => self.rhythm_asked(asked).or_else(|| Some(self.rhythm_of(&item["price"]))),
                None => Some(self.rhythm_of(&item["price"])),
            }
        });
        let added = items.iter().filter(|asked| asked.text("id").is_none());
        one_rhythm(kept.chain(added.filter_map(|asked| self.rhythm_asked(asked))))
    }

    fn cycle_after(&self, id: &str, plan: &Plan, rhythm: Rhythm) -> Cycle {
        let anchor = match plan.trial_end {
            Some(end) => end,
            None if plan.restart => self.at,
            None => self.int(id, "billing_cycle_anchor"),
        };
        let changed = plan.trial_end.is_some() || plan.restart;
        let end = match self.item(id)["current_period_end"].as_i64().filter(|_| !changed) {
            Some(end) => end,
            None => next_boundary(anchor, &rhythm.0, rhythm.1, self.at),
        };
        Cycle { anchor, rhythm, end }
    }

    /// An end within a period gives money back, or takes only a part: both are prorations. What is asked is checked,
    /// and what was asked before where the periods move under it.
    fn check_end(&self, id: &str, node: &Node, cycle: &Cycle, none: bool) -> Result<(), ApiError> {
        if node.text("cancel_at").is_some() && node.text("cancel_at_period_end").is_some() {
            let message = "You may only specify one of these parameters: cancel_at, cancel_at_period_end.";
            return Err(ApiError::invalid("cancel_at", message));
        }
        let asked = self.future(node, "cancel_at")?;
        let stays = self.body(id)["cancel_at_period_end"] == false && node.raw("cancel_at").is_none();
        let before = dig(self.body(id), "cancel_at").as_i64().filter(|_| stays);
        match (asked, before) {
            (Some(at), _) => check_boundary(at, cycle, none),
            (None, Some(at)) => check_boundary(at, cycle, true),
            (None, None) => Ok(()),
        }
    }
}

/// Refuses an end that falls within a later period, or within the present one if that would be prorated.
pub(super) fn check_boundary(at: i64, cycle: &Cycle, none: bool) -> Result<(), ApiError> {
    let (interval, count) = (cycle.rhythm.0.as_str(), cycle.rhythm.1);
    if at < cycle.end {
        return if none { Ok(()) } else { Err(no_prorations("proration_behavior")) };
    }
    if at == cycle.end || next_boundary(cycle.anchor, interval, count, at - 1) == at {
        return Ok(());
    }
    let message = "The stand-in computes no prorations, and Stripe always prorates the last period when `cancel_at` \
                   falls within a later one: let it fall on the end of a period.";
    Err(ApiError::invalid("cancel_at", message))
}

/// The one rhythm of all.
pub(super) fn one_rhythm(all: impl Iterator<Item = Rhythm>) -> Result<Rhythm, ApiError> {
    let all: Vec<Rhythm> = all.collect();
    if all.windows(2).any(|two| two[0] != two[1]) {
        let message = "All prices on a subscription must have the same `recurring.interval` and \
                       `recurring.interval_count`.";
        return Err(ApiError::invalid("items", message));
    }
    let none = || ApiError::state(None, "A subscription must have at least one active item.");
    all.into_iter().next().ok_or_else(none)
}
