//! Refunds and disputes: money that goes back.

use serde_json::{Value, json};

use super::{
    calendar::add_working_days,
    errors::ApiError,
    form::Node,
    jobs::Job,
    shapes::{self, TxnShape},
    state::World,
};

/// Working days a Bacs refund takes.
const BACS_REFUND_DAYS: u32 = 3;
/// What a dispute costs, in minor units, won or lost.
const DISPUTE_FEE: i64 = 2_000;

fn decimal(amount: i64, currency: &str) -> String {
    super::page::money(amount, currency)
}

impl World {
    /// The charge a payment intent ended in.
    fn charge_of(&self, intent: &str, param: &str) -> Result<String, ApiError> {
        self.find("payment_intent", intent, param)?;
        let charge =
            self.text(intent, "latest_charge").filter(|charge| self.is(charge, "status", "succeeded"));
        charge.ok_or_else(|| {
            let message =
                format!("This PaymentIntent ({intent}) does not have a successful charge to refund.");
            ApiError::state(None, message)
        })
    }

    /// A refund asked for over the API.
    pub fn create_refund(&mut self, node: &Node) -> Result<String, ApiError> {
        let charge = match (node.text("charge"), node.text("payment_intent")) {
            (Some(_), Some(_)) => {
                let message = "You can only specify one of these parameters: charge, payment_intent.";
                return Err(ApiError::invalid("charge", message));
            }
            (None, None) => {
                let message = "One of the following params should be provided for this request: payment_intent or \
                               charge.";
                return Err(ApiError::invalid("charge", message));
            }
            (Some(charge), None) => {
                self.find("charge", charge, "charge")?;
                charge.to_owned()
            }
            (None, Some(intent)) => self.charge_of(intent, "payment_intent")?,
        };
        let metadata = shapes::metadata(node, "metadata");
        self.refund_charge(&charge, node.int("amount"), node.text("reason"), metadata)
    }

    /// A refund made in the dashboard.
    pub fn refund_intent(&mut self, intent: &str, amount: Option<i64>) -> Result<String, ApiError> {
        let charge = self.charge_of(intent, "payment_intent")?;
        self.refund_charge(&charge, amount, Some("requested_by_customer"), json!({}))
    }

    fn refundable(&self, charge: &str, amount: Option<i64>) -> Result<i64, ApiError> {
        if !self.is(charge, "status", "succeeded") {
            return Err(ApiError::state(
                None,
                format!("Charge {charge} has not succeeded; it cannot be refunded."),
            ));
        }
        let disputes = self.those("dispute", "charge", charge);
        if disputes.iter().any(|dispute| !self.is(dispute, "status", "won")) {
            let message = format!("Charge {charge} has been charged back; cannot issue a refund.");
            return Err(ApiError::state(Some("charge_disputed"), message));
        }
        let left = self.int(charge, "amount") - self.int(charge, "amount_refunded");
        if left == 0 {
            let message = format!("Charge {charge} has already been refunded.");
            return Err(ApiError::state(Some("charge_already_refunded"), message));
        }
        let amount = amount.unwrap_or(left);
        let currency = self.text(charge, "currency").unwrap_or_default();
        if amount <= 0 {
            let message = "This value must be greater than or equal to 1.";
            return Err(ApiError::parameter("parameter_invalid_integer", "amount", message));
        }
        if amount > left {
            let message = format!(
                "Refund amount ({}) is greater than unrefunded amount on charge ({})",
                decimal(amount, &currency),
                decimal(left, &currency)
            );
            return Err(ApiError::invalid("amount", message).kept());
        }
        Ok(amount)
    }

    fn refund_charge(
        &mut self,
        charge: &str,
        amount: Option<i64>,
        reason: Option<&str>,
        metadata: Value,
    ) -> Result<String, ApiError> {
        let amount = self.refundable(charge, amount)?;
        let body = self.body(charge).clone();
        let card = body["payment_method_details"]["type"] == "card";
        let id = self.id("re");
        let status = if card { "succeeded" } else { "pending" };
        let mut refund = shapes::refund(&id, self.at, amount, &body, status);
        refund["reason"] = json!(reason);
        refund["metadata"] = metadata;
        self.put(refund, json!({}));
        let transaction = self.back("refund", "refund", -amount, 0, &id, &body);
        self.edit(&id, |body| body["balance_transaction"] = json!(transaction));
        self.emit("refund.created", &id);
        self.edit_and_emit("charge.refunded", charge, |body| {
            let refunded = body["amount_refunded"].as_i64().unwrap_or_default() + amount;
            body["refunded"] = json!(body["amount"] == refunded);
            body["amount_refunded"] = json!(refunded);
        });
        if card {
            self.emit("refund.updated", &id);
            self.emit("charge.refund.updated", &id);
        } else {
            self.later(add_working_days(self.at, BACS_REFUND_DAYS), Job::SettleRefund(id.clone()));
        }
        Ok(id)
    }

    /// Books money that goes back, or comes back.
    fn back(
        &mut self,
        kind: &str,
        category: &str,
        amount: i64,
        fee: i64,
        source: &str,
        charge: &Value,
    ) -> String {
        let intent = charge["payment_intent"].as_str().unwrap_or_default();
        let description = match category {
            "refund" => "REFUND FOR PAYMENT".to_owned(),
            "refund_failure" => "REFUND FAILURE FOR PAYMENT".to_owned(),
            "dispute" => format!("Chargeback withdrawal for {intent}"),
            _ => format!("Chargeback reversal for {intent}"),
        };
        self.transact(&TxnShape {
            kind,
            category,
            amount,
            fee,
            fee_description: "Dispute fee",
            currency: charge["currency"].as_str().unwrap_or_default(),
            source,
            description: Some(&description),
            available_on: self.at,
        })
    }

    /// A Bacs refund arrives.
    pub fn settle_refund(&mut self, id: &str) {
        if self.is(id, "status", "pending") {
            self.edit_and_emit("refund.updated", id, |body| body["status"] = json!("succeeded"));
            self.emit("charge.refund.updated", id);
        }
    }

    /// The donor's bank sends a refund back.
    pub fn fail_refund(&mut self, id: &str) {
        if self.body(id).is_null() || self.is(id, "status", "failed") {
            return;
        }
        let (amount, charge) = (self.int(id, "amount"), self.text(id, "charge").unwrap_or_default());
        let body = self.body(&charge).clone();
        let transaction = self.back("refund_failure", "refund_failure", amount, 0, id, &body);
        let before = self.shown(id);
        self.edit(id, |body| {
            body["status"] = json!("failed");
            body["failure_reason"] = json!("expired_or_canceled_card");
            body["failure_balance_transaction"] = json!(transaction);
        });
        self.edit(&charge, |body| {
            body["amount_refunded"] = json!(body["amount_refunded"].as_i64().unwrap_or_default() - amount);
            body["refunded"] = json!(false);
        });
        self.emit_change("refund.updated", id, &before);
        self.emit_change("charge.refund.updated", id, &before);
        self.emit("refund.failed", id);
    }

    /// The donor's bank takes the money back. A Bacs dispute is lost from the start, as the scheme has it.
    pub fn create_dispute(&mut self, intent: &str, reason: &str) -> Result<String, ApiError> {
        let charge = self.charge_of(intent, "payment_intent")?;
        let body = self.body(&charge).clone();
        let amount = self.int(&charge, "amount") - self.int(&charge, "amount_refunded");
        if body["disputed"] == true || amount <= 0 {
            return Err(ApiError::state(None, format!("Charge {charge} is disputed or refunded already.")));
        }
        let bacs = body["payment_method_details"]["type"] != "card";
        let id = self.id("dp");
        self.put(shapes::dispute(&id, self.at, amount, &body, reason), json!({}));
        if bacs {
            self.edit(&id, |body| body["status"] = json!("lost"));
        }
        self.emit("charge.dispute.created", &id);
        let transaction = self.back("adjustment", "dispute", -amount, DISPUTE_FEE, &id, &body);
        let transaction = self.shown(&transaction);
        self.edit(&id, |body| body["balance_transactions"] = json!([transaction]));
        self.edit_and_emit("charge.updated", &charge, |body| body["disputed"] = json!(true));
        self.emit("charge.dispute.funds_withdrawn", &id);
        if bacs {
            self.emit("charge.dispute.closed", &id);
        }
        Ok(id)
    }

    /// The bank decides. The fee stays paid either way.
    pub fn close_dispute(&mut self, id: &str, won: bool) {
        if !self.is(id, "status", "needs_response") && !self.is(id, "status", "under_review") {
            return;
        }
        let (amount, charge) = (self.int(id, "amount"), self.text(id, "charge").unwrap_or_default());
        let before = self.shown(id);
        let status = if won { "won" } else { "lost" };
        self.edit(id, |body| body["status"] = json!(status));
        if won {
            let body = self.body(&charge).clone();
            let transaction = self.back("adjustment", "dispute_reversal", amount, 0, id, &body);
            let transaction = self.shown(&transaction);
            self.edit(id, |body| {
                body["is_charge_refundable"] = json!(true);
                if let Some(all) = body["balance_transactions"].as_array_mut() {
                    all.push(transaction);
                }
            });
        }
        self.emit_change("charge.dispute.updated", id, &before);
        if won {
            self.emit("charge.dispute.funds_reinstated", id);
        }
        self.emit("charge.dispute.closed", id);
    }
}
