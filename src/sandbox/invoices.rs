//! Paying an invoice over the API.

use super::{
    billing::Charging,
    errors::ApiError,
    form::Node,
    methods::{Decline, Verdict},
    state::{World, dig},
};

/// Where Stripe's messages send the reader.
const MORE: &str = "https://stripe.com/docs/billing/subscriptions/overview#requires-action";

impl World {
    /// `POST /v1/invoices/{id}/pay`. Without `off_session=false` nobody is there to answer the bank.
    pub fn pay_invoice(&mut self, id: &str, node: &Node) -> Result<(), ApiError> {
        let method = node.text("payment_method");
        let customer = self.find("invoice", id, "id")?["customer"].as_str().unwrap_or_default().to_owned();
        if let Some(method) = method {
            self.check_owner(&customer, method, "payment_method")?;
        }
        match dig(self.body(id), "status").as_str() {
            Some("paid") => {
                return Err(ApiError::state(Some("invoice_already_paid"), "Invoice is already paid"));
            }
            Some("draft") => {
                self.open_invoice(id);
                self.emit("invoice.finalized", id);
            }
            Some("open" | "uncollectible") => {}
            status => {
                let message =
                    format!("This invoice is {}; it can no longer be paid.", status.unwrap_or("gone"));
                return Err(ApiError::state(None, message));
            }
        }
        let intent = self.hidden_text(id, "intent").unwrap_or_default();
        if self.is(&intent, "status", "processing") {
            return Err(ApiError::state(None, "A payment of this invoice is processing already."));
        }
        let present = node.flag("off_session") == Some(false);
        match self.charge_invoice(id, Charging { method, present, manual: true }) {
            Verdict::Declined(decline) => Err(ApiError::card(&Decline::details(decline))),
            Verdict::Asks => Err(ApiError::action(
                "invoice_payment_intent_requires_action",
                format!(
                    "This payment requires additional user action before it can be completed successfully. Payment \
                     can be completed using the PaymentIntent associated with the invoice. For more details see: {MORE}"
                ),
            )),
            Verdict::Paid | Verdict::Processing => Ok(()),
        }
    }

    /// Refuses what `payment_behavior=error_if_incomplete` refuses: a charge that would not go through at once.
    pub fn refuse_unpayable(&self, method: Option<String>, present: bool) -> Result<(), ApiError> {
        let Some(method) = method else { return Err(no_method()) };
        match self.bank_says(&method, present) {
            Verdict::Declined(decline) => Err(ApiError::card(&Decline::details(decline))),
            Verdict::Asks => Err(ApiError::action(
                "subscription_payment_intent_requires_action",
                format!(
                    "Payment for this subscription requires additional user action before it can be completed \
                     successfully. Payment can be completed using the PaymentIntent associated with \
                     `subscription.latest_invoice`. Additional information is available here: {MORE}"
                ),
            )),
            Verdict::Paid | Verdict::Processing => Ok(()),
        }
    }
}

/// A charge with nothing to charge.
pub(super) fn no_method() -> ApiError {
    let message = "This customer has no attached payment source or default payment method. Please consider adding a \
                   default payment method. For more information, visit \
                   https://stripe.com/docs/billing/subscriptions/payment-methods-setting#payment-method-priority.";
    ApiError::state(Some("resource_missing"), message)
}
