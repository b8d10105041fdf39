//! What follows when an invoice is not paid.

use serde_json::json;

use super::{billing::Charging, calendar::DAY, jobs::Job, methods::Verdict, state::World};

/// Days after the first failure on which an unpaid invoice is charged again; then the subscription ends.
const RETRY_DAYS: [i64; 3] = [3, 5, 7];

impl World {
    /// An unpaid invoice is charged again on these days after its first failure; what is on the calendar stays.
    pub fn set_retry_days(&mut self, mut days: Vec<i64>) {
        days.retain(|day| *day > 0);
        days.sort_unstable();
        self.revision += 1;
        self.retry_days = Some(days);
    }

    /// An attempt failed.
    pub fn invoice_failed(&mut self, id: &str) {
        match self.is(&self.subscription_of(id), "status", "incomplete") {
            // Nobody is chased for a subscription that has not begun.
            true => self.emit("invoice.payment_failed", id),
            false => self.still_unpaid(id, "invoice.payment_failed"),
        }
    }

    /// Past due, the next attempt on the calendar, or the end.
    fn still_unpaid(&mut self, id: &str, event: &str) {
        let at = self.at;
        let subscription = self.subscription_of(id);
        let first = self.hidden(id, "first_failure").as_i64().unwrap_or(at);
        self.note(id, "first_failure", json!(first));
        let days = self.retry_days.as_deref().unwrap_or(&RETRY_DAYS);
        let next = days.iter().map(|days| first + days * DAY).find(|next| *next > at);
        let next = next.filter(|_| !self.is(&subscription, "status", "canceled"));
        self.edit(id, |body| body["next_payment_attempt"] = json!(next));
        self.emit(event, id);
        if self.is(&subscription, "status", "active") {
            self.edit_and_emit("customer.subscription.updated", &subscription, |body| {
                body["status"] = json!("past_due");
            });
        }
        match next {
            Some(next) => self.later(next, Job::Retry(id.to_owned())),
            None => self.end_subscription(&subscription, "payment_failed"),
        }
    }

    /// An unpaid invoice is charged again. A card whose bank wants the donor is not asked in vain: the try counts, and
    /// waits for another card.
    pub fn retry(&mut self, id: &str) {
        if !self.is(id, "status", "open") || self.body(id)["next_payment_attempt"] != self.at {
            return;
        }
        let method = self.method_of(&self.subscription_of(id)).unwrap_or_default();
        let intent = self.hidden_text(id, "intent").unwrap_or_default();
        let same =
            self.is(&intent, "status", "requires_action") && self.is(&intent, "payment_method", &method);
        if same && self.bank_says(&method, false) == Verdict::Asks {
            self.count_attempt(id, false);
            self.still_unpaid(id, "invoice.updated");
        } else {
            self.charge_invoice(id, Charging::default());
        }
    }
}
