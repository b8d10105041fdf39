//! Intents, charges and what moves the balance.

use serde_json::{Value, json};

use super::super::{calendar::DAY, types::TestMethod};
use super::join;

/// What a payment intent is made of.
pub(in super::super) struct IntentShape<'a> {
    pub amount: i64,
    pub currency: &'a str,
    pub customer: Option<&'a str>,
    pub description: Option<&'a str>,
    pub metadata: Value,
    pub types: &'a Value,
}

/// A new payment intent.
pub(in super::super) fn payment_intent(id: &str, secret: &str, at: i64, shape: &IntentShape<'_>) -> Value {
    join(
        json!({
            "id": id, "object": "payment_intent", "amount": shape.amount, "amount_capturable": 0,
            "amount_details": { "tip": {} }, "amount_received": 0, "application": null, "application_fee_amount": null,
            "automatic_payment_methods": null, "canceled_at": null, "cancellation_reason": null,
            "capture_method": "automatic_async", "client_secret": format!("{id}_secret_{secret}"),
            "confirmation_method": "automatic", "created": at, "currency": shape.currency, "customer": shape.customer,
            "customer_account": null, "description": shape.description, "excluded_payment_method_types": null,
        }),
        json!({
            "last_payment_error": null, "latest_charge": null, "livemode": false, "metadata": shape.metadata,
            "next_action": null, "on_behalf_of": null, "payment_method": null,
            "payment_method_configuration_details": null, "payment_method_options": {},
            "payment_method_types": shape.types, "processing": null, "receipt_email": null, "review": null,
            "setup_future_usage": null, "shipping": null, "statement_descriptor": null,
            "statement_descriptor_suffix": null, "status": "requires_payment_method", "transfer_data": null,
            "transfer_group": null,
        }),
    )
}

/// A new setup intent.
pub(in super::super) fn setup_intent(
    id: &str,
    secret: &str,
    at: i64,
    customer: &Value,
    types: &Value,
) -> Value {
    json!({
        "id": id, "object": "setup_intent", "application": null, "automatic_payment_methods": null,
        "cancellation_reason": null, "client_secret": format!("{id}_secret_{secret}"), "created": at,
        "customer": customer, "customer_account": null, "description": null, "excluded_payment_method_types": null,
        "flow_directions": null, "last_setup_error": null, "latest_attempt": null, "livemode": false,
        "mandate": null, "metadata": {}, "next_action": null, "on_behalf_of": null, "payment_method": null,
        "payment_method_configuration_details": null, "payment_method_options": {}, "payment_method_types": types,
        "single_use_mandate": null, "status": "requires_payment_method", "usage": "off_session",
    })
}

/// What a charge is made of.
pub(in super::super) struct ChargeShape<'a> {
    pub at: i64,
    pub intent: &'a Value,
    pub method: &'a Value,
    pub status: &'a str,
    /// Code, message and decline code, where it failed.
    pub failure: Option<(&'a str, &'a str, &'a str)>,
}

/// A new charge.
pub(in super::super) fn charge(id: &str, shape: &ChargeShape<'_>) -> Value {
    let (intent, method) = (shape.intent, shape.method);
    let succeeded = shape.status == "succeeded";
    let captured = if shape.failure.is_some() { json!(0) } else { intent["amount"].clone() };
    let mut details = json!({ "type": method["type"] });
    let kind = method["type"].as_str().unwrap_or("card");
    details[kind] =
        if kind == "card" { card_details(method, &captured) } else { bacs_details(method, shape.at) };
    join(
        json!({
            "id": id, "object": "charge", "amount": intent["amount"], "amount_captured": captured, "amount_refunded": 0,
            "application": null, "application_fee": null, "application_fee_amount": null, "balance_transaction": null,
            "billing_details": method["billing_details"], "calculated_statement_descriptor": "TEST CHARITY",
            "captured": shape.failure.is_none(), "created": shape.at, "currency": intent["currency"],
            "customer": intent["customer"], "description": intent["description"], "disputed": false,
        }),
        json!({
            "failure_balance_transaction": null, "failure_code": shape.failure.map(|failure| failure.0),
            "failure_message": shape.failure.map(|failure| failure.1), "fraud_details": {}, "livemode": false,
            "metadata": intent["metadata"], "on_behalf_of": null, "outcome": outcome(shape), "paid": succeeded,
            "payment_intent": intent["id"], "payment_method": method["id"], "payment_method_details": details,
            "radar_options": {}, "receipt_email": intent["receipt_email"], "receipt_number": null, "receipt_url": null,
            "refunded": false, "review": null, "shipping": null, "source_transfer": null, "statement_descriptor": null,
            "statement_descriptor_suffix": null, "status": shape.status, "transfer_data": null,
            "transfer_group": intent["transfer_group"],
        }),
    )
}

fn outcome(shape: &ChargeShape<'_>) -> Value {
    match shape.failure {
        Some((_, _, decline)) => json!({
            "advice_code": null, "network_advice_code": null, "network_decline_code": null,
            "network_status": "declined_by_network", "reason": decline, "risk_level": "normal",
            "seller_message": "The bank returned the decline code `".to_owned() + decline + "`.",
            "type": "issuer_declined",
        }),
        None => json!({
            "advice_code": null, "network_advice_code": null, "network_decline_code": null,
            "network_status": "approved_by_network", "reason": null, "risk_level": "normal", "risk_score": 20,
            "seller_message": "Payment complete.", "type": "authorized",
        }),
    }
}

fn card_details(method: &Value, captured: &Value) -> Value {
    let card = &method["card"];
    json!({
        "amount_authorized": captured, "authorization_code": null, "brand": card["brand"], "checks": card["checks"],
        "country": card["country"], "exp_month": card["exp_month"], "exp_year": card["exp_year"],
        "extended_authorization": { "status": "disabled" }, "fingerprint": card["fingerprint"],
        "funding": card["funding"], "incremental_authorization": { "status": "unavailable" }, "installments": null,
        "last4": card["last4"], "mandate": null, "multicapture": { "status": "unavailable" }, "network": "visa",
        "network_token": { "used": false }, "network_transaction_id": null,
        "overcapture": { "maximum_amount_capturable": captured, "status": "unavailable" },
        "regulated_status": "unregulated", "three_d_secure": null, "transaction_link_id": null, "wallet": null,
    })
}

fn bacs_details(method: &Value, at: i64) -> Value {
    let bacs = &method["bacs_debit"];
    json!({
        "expected_debit_date": super::super::calendar::date(super::super::calendar::add_working_days(at, 3)),
        "fingerprint": bacs["fingerprint"], "last4": bacs["last4"], "mandate": null, "sort_code": bacs["sort_code"],
    })
}

/// A payment method that behaves as asked.
pub(in super::super) fn payment_method(
    id: &str,
    at: i64,
    method: TestMethod,
    country: &str,
    billing: Value,
    print: &str,
) -> Value {
    let kind = method.kind();
    let (year, month) = super::super::cards::expiry(at, method);
    let mut body = json!({
        "id": id, "object": "payment_method", "allow_redisplay": "limited", "billing_details": billing,
        "created": at, "customer": null, "customer_account": null, "livemode": false, "metadata": {}, "type": kind,
    });
    body[kind] = match kind {
        "card" => json!({
            "brand": "visa",
            "checks": { "address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass" },
            "country": country, "display_brand": "visa", "exp_month": month, "exp_year": year,
            "fingerprint": print, "funding": "credit", "generated_from": null, "last4": method.last4(),
            "networks": { "available": ["visa"], "preferred": null }, "regulated_status": "unregulated",
            "three_d_secure_usage": { "supported": true }, "wallet": null,
        }),
        _ => json!({ "fingerprint": print, "last4": method.last4(), "sort_code": "108800" }),
    };
    body
}

/// What a balance transaction is made of.
pub(in super::super) struct TxnShape<'a> {
    pub kind: &'a str,
    pub category: &'a str,
    pub amount: i64,
    pub fee: i64,
    pub fee_description: &'a str,
    pub currency: &'a str,
    pub source: &'a str,
    pub description: Option<&'a str>,
    pub available_on: i64,
}

/// A line of the balance.
pub(in super::super) fn balance_transaction(id: &str, at: i64, shape: &TxnShape<'_>) -> Value {
    let fees = match shape.fee {
        0 => json!([]),
        fee => json!([{
            "amount": fee, "application": null, "currency": shape.currency, "description": shape.fee_description,
            "type": "stripe_fee",
        }]),
    };
    json!({
        "id": id, "object": "balance_transaction", "amount": shape.amount, "available_on": shape.available_on,
        "balance_type": "payments", "created": at, "currency": shape.currency, "description": shape.description,
        "exchange_rate": null, "fee": shape.fee, "fee_details": fees, "net": shape.amount - shape.fee,
        "reporting_category": shape.category, "source": shape.source, "status": "pending", "type": shape.kind,
    })
}

/// A new refund.
pub(in super::super) fn refund(id: &str, at: i64, amount: i64, charge: &Value, status: &str) -> Value {
    let destination = match charge["payment_method_details"]["type"].as_str() {
        Some("card") => json!({
            "card": {
                "reference": "1234567890123456", "reference_status": "available",
                "reference_type": "acquirer_reference_number", "type": "refund",
            },
            "type": "card",
        }),
        _ => json!({ "type": "bacs_debit" }),
    };
    json!({
        "id": id, "object": "refund", "amount": amount, "balance_transaction": null, "charge": charge["id"],
        "created": at, "currency": charge["currency"], "customer": charge["customer"], "customer_account": null,
        "destination_details": destination, "metadata": {}, "payment_intent": charge["payment_intent"],
        "payment_method": charge["payment_method"], "reason": null, "receipt_number": null,
        "source_transfer_reversal": null, "status": status, "transfer_reversal": null,
    })
}

/// A new dispute.
pub(in super::super) fn dispute(id: &str, at: i64, amount: i64, charge: &Value, reason: &str) -> Value {
    let kind = charge["payment_method_details"]["type"].as_str().unwrap_or("card");
    let mut body = json!({
        "id": id, "object": "dispute", "amount": amount, "balance_transactions": [], "charge": charge["id"],
        "created": at, "currency": charge["currency"], "enhanced_eligibility_types": [],
        "evidence": { "enhanced_evidence": {}, "customer_email_address": charge["billing_details"]["email"] },
        "evidence_details": {
            "due_by": if kind == "card" { json!(at + 9 * DAY) } else { Value::Null }, "enhanced_eligibility": {},
            "has_evidence": false, "past_due": false, "submission_count": 0,
        },
        "is_charge_refundable": false, "livemode": false, "metadata": {}, "payment_intent": charge["payment_intent"],
        "reason": reason, "status": "needs_response",
    });
    // Stripe gives no details for Bacs.
    if kind == "card" {
        body["payment_method_details"] = json!({
            "card": {
                "brand": "visa", "case_type": "chargeback", "network": "visa", "network_reason_code": "10.4",
            },
            "type": "card",
        });
    }
    body
}

/// A new automatic payout.
pub(in super::super) fn payout(id: &str, at: i64, amount: i64, currency: &str, arrival: i64) -> Value {
    json!({
        "id": id, "object": "payout", "amount": amount, "application_fee": null, "application_fee_amount": null,
        "arrival_date": arrival, "automatic": true, "balance_transaction": null, "created": at,
        "currency": currency, "description": "STRIPE PAYOUT", "destination": "ba_1TestBankAccountOfStandIn",
        "failure_balance_transaction": null, "failure_code": null, "failure_message": null, "livemode": false,
        "metadata": {}, "method": "standard", "original_payout": null, "payout_method": null,
        "reconciliation_status": "in_progress", "reversed_by": null, "source_type": "card",
        "statement_descriptor": null, "status": "in_transit", "trace_id": { "status": "pending", "value": null },
        "type": "bank_account",
    })
}

/// A new customer.
pub(in super::super) fn customer(id: &str, at: i64, prefix: &str) -> Value {
    json!({
        "id": id, "object": "customer", "address": null, "balance": 0, "created": at, "currency": null,
        "customer_account": null, "default_source": null, "delinquent": false, "description": null,
        "discount": null, "email": null, "invoice_prefix": prefix,
        "invoice_settings": {
            "custom_fields": null, "default_payment_method": null, "footer": null, "rendering_options": null,
        },
        "livemode": false, "metadata": {}, "name": null, "next_invoice_sequence": 1, "phone": null,
        "preferred_locales": [], "shipping": null, "tax_exempt": "none", "test_clock": null,
    })
}
