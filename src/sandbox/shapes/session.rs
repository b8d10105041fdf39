//! Checkout sessions and their line items.

use serde_json::{Value, json};

use super::super::form::Node;
use super::{join, metadata};

/// What a session is made of.
pub(in super::super) struct SessionShape<'a> {
    pub id: &'a str,
    pub at: i64,
    pub mode: &'a str,
    pub url: String,
    pub expires_at: i64,
    pub currency: Option<&'a str>,
    pub total: Option<i64>,
    pub types: Vec<&'static str>,
}

/// A new, open session.
pub(in super::super) fn session(shape: &SessionShape<'_>, node: &Node) -> Value {
    let payment_status = if shape.mode == "setup" { "no_payment_required" } else { "unpaid" };
    let mut body = base(shape, payment_status);
    body["metadata"] = metadata(node, "metadata");
    for name in [
        "cancel_url",
        "success_url",
        "client_reference_id",
        "customer",
        "customer_email",
        "billing_address_collection",
        "locale",
        "submit_type",
        "origin_context",
        "integration_identifier",
    ] {
        body[name] = json!(node.text(name));
    }
    echo(&mut body, node);
    if shape.mode == "payment" {
        body["customer_creation"] = match (node.text("customer"), node.text("customer_creation")) {
            (Some(_), _) => Value::Null,
            (None, given) => json!(given.unwrap_or("if_required")),
        };
    } else if shape.mode == "setup" {
        body["customer_creation"] = json!(node.text("customer_creation"));
    } else if node.text("customer").is_none() {
        body["customer_creation"] = json!("always");
    }
    body
}

fn base(shape: &SessionShape<'_>, payment_status: &str) -> Value {
    join(
        json!({
            "id": shape.id, "object": "checkout.session", "adaptive_pricing": { "enabled": false },
            "after_expiration": null, "allow_promotion_codes": null, "amount_subtotal": shape.total,
            "amount_total": shape.total,
            "automatic_tax": { "enabled": false, "liability": null, "provider": null, "status": null },
            "billing_address_collection": null, "cancel_url": null, "client_reference_id": null, "client_secret": null,
            "collected_information": null, "consent": null, "consent_collection": null, "created": shape.at,
            "currency": shape.currency, "currency_conversion": null, "custom_fields": [],
            "custom_text": {
                "after_submit": null, "shipping_address": null, "submit": null, "terms_of_service_acceptance": null,
            },
            "customer": null, "customer_account": null, "customer_creation": null, "customer_details": null,
            "customer_email": null, "discounts": [], "expires_at": shape.expires_at, "integration_identifier": null,
        }),
        json!({
            "invoice": null, "invoice_creation": invoice_creation(shape.mode), "livemode": false, "locale": null,
            "metadata": {}, "mode": shape.mode, "origin_context": null, "payment_intent": null, "payment_link": null,
            "payment_method_collection": if shape.mode == "payment" { "if_required" } else { "always" },
            "payment_method_configuration_details": null, "payment_method_options": {},
            "payment_method_types": shape.types, "payment_status": payment_status, "permissions": null,
            "phone_number_collection": { "enabled": false }, "recovered_from": null,
            "saved_payment_method_options": null, "setup_intent": null, "shipping_address_collection": null,
            "shipping_cost": null, "shipping_options": [], "status": "open", "submit_type": null, "subscription": null,
            "success_url": null,
            "total_details": shape.total.map(|_| json!({ "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 })),
            "ui_mode": "hosted_page", "url": shape.url, "wallet_options": null,
        }),
    )
}

fn invoice_creation(mode: &str) -> Option<Value> {
    (mode == "payment").then(|| {
        json!({
            "enabled": false,
            "invoice_data": {
                "account_tax_ids": null, "custom_fields": null, "description": null, "footer": null, "issuer": null,
                "metadata": {}, "rendering_options": null,
            },
        })
    })
}

fn echo(body: &mut Value, node: &Node) {
    for name in ["submit", "after_submit", "terms_of_service_acceptance"] {
        if let Some(message) = node.text(&format!("custom_text.{name}.message")) {
            body["custom_text"][name] = json!({ "message": message });
        }
    }
    if let Some(enabled) = node.flag("phone_number_collection.enabled") {
        body["phone_number_collection"]["enabled"] = json!(enabled);
    }
    if let Some(allow) = node.flag("allow_promotion_codes") {
        body["allow_promotion_codes"] = json!(allow);
    }
    let excluded = node.texts("excluded_payment_method_types");
    if !excluded.is_empty() {
        body["excluded_payment_method_types"] = json!(excluded);
    }
}

/// One line of a session.
pub(in super::super) fn line_item(
    id: &str,
    description: &str,
    price: &Value,
    quantity: i64,
    extra: Value,
) -> Value {
    let total = price["unit_amount"].as_i64().unwrap_or_default() * quantity;
    json!({
        "id": id, "object": "item", "adjustable_quantity": null, "amount_discount": 0, "amount_subtotal": total,
        "amount_tax": 0, "amount_total": total, "currency": price["currency"], "description": description,
        "metadata": extra, "price": price, "quantity": quantity,
    })
}

/// Who paid.
pub(in super::super) fn customer_details(email: &str, name: Option<&str>, address: &Value) -> Value {
    json!({
        "address": address, "business_name": null, "email": email, "individual_name": null, "name": name,
        "phone": null, "tax_exempt": "none", "tax_ids": [],
    })
}
