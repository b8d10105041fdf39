//! Automatic daily payouts, and the ledger.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    calendar::{DAY, add_working_days, midnight, next_working_midnight},
    jobs::Job,
    shapes::{self, TxnShape},
    state::World,
    types::LedgerLine,
};

/// The midnight at which the next Monday begins; 1970 began on a Thursday.
fn next_monday(at: i64) -> i64 {
    let days = at.div_euclid(DAY) + 1;
    (days + (4 - days).rem_euclid(7)) * DAY
}

impl World {
    /// Puts the next payout run on the calendar, unless it is there.
    pub fn schedule_payouts(&mut self) {
        if !self.payouts_scheduled {
            self.payouts_scheduled = true;
            let next = match self.weekly_payouts {
                true => next_monday(self.at),
                false => next_working_midnight(self.at),
            };
            self.later(next, Job::Payouts);
        }
    }

    /// One payout for each currency whose available balance is above zero.
    pub fn pay_out(&mut self) {
        self.payouts_scheduled = false;
        let mut ready: BTreeMap<String, (i64, Vec<String>)> = BTreeMap::new();
        for id in &self.unpaid {
            if self.int(id, "available_on") <= self.at {
                let entry = ready.entry(self.text(id, "currency").unwrap_or_default()).or_default();
                entry.0 += self.int(id, "net");
                entry.1.push(id.clone());
            }
        }
        for (currency, (amount, lines)) in ready {
            if amount > 0 {
                self.one_payout(&currency, amount, lines);
            }
        }
        if !self.unpaid.is_empty() {
            self.schedule_payouts();
        }
    }

    fn one_payout(&mut self, currency: &str, amount: i64, lines: Vec<String>) {
        let arrival = midnight(add_working_days(self.at, 1));
        let id = self.id("po");
        self.put(shapes::payout(&id, self.at, amount, currency, arrival), json!({}));
        let own = self.transact(&TxnShape {
            kind: "payout",
            category: "payout",
            amount: -amount,
            fee: 0,
            fee_description: "",
            currency,
            source: &id,
            description: Some("STRIPE PAYOUT"),
            available_on: arrival,
        });
        for line in lines.iter().chain([&own]) {
            self.unpaid.remove(line);
            self.note(line, "payout", json!(id));
        }
        self.edit(&id, |body| body["balance_transaction"] = json!(own));
        self.emit("payout.created", &id);
        self.later(arrival, Job::PayoutArrives(id));
    }

    /// The money is at the bank.
    pub fn payout_arrives(&mut self, id: &str) {
        self.edit_and_emit("payout.updated", id, |body| {
            body["trace_id"] = json!({ "status": "supported", "value": "FP0000000000000001" });
        });
        self.edit(id, |body| body["status"] = json!("paid"));
        self.emit("payout.paid", id);
        self.edit(id, |body| body["reconciliation_status"] = json!("completed"));
        self.emit("payout.reconciliation_completed", id);
    }

    /// Every balance transaction, oldest first.
    pub fn ledger(&self) -> Vec<LedgerLine> {
        let line = |id: &String| {
            let mut body = self.body(id).clone();
            body["payout"] = self.hidden(id, "payout").clone();
            serde_json::from_value(body).ok()
        };
        self.order("balance_transaction")
            .into_iter()
            .flat_map(|order| order.values())
            .filter_map(line)
            .collect()
    }
}
