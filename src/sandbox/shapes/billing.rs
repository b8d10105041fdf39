//! Products, prices, subscriptions and invoices.

use serde_json::{Value, json};

use super::join;

/// A product.
pub(in super::super) fn product(id: &str, at: i64, name: &str, active: bool) -> Value {
    json!({
        "id": id, "object": "product", "active": active, "created": at, "default_price": null,
        "description": null, "images": [], "livemode": false, "marketing_features": [], "metadata": {},
        "name": name, "package_dimensions": null, "shippable": null, "statement_descriptor": null,
        "tax_code": null, "unit_label": null, "updated": at, "url": null,
    })
}

/// A price; `recurring` is interval and count.
pub(in super::super) fn price(
    id: &str,
    at: i64,
    product: &str,
    currency: &str,
    amount: i64,
    recurring: Option<(&str, i64)>,
) -> Value {
    json!({
        "id": id, "object": "price", "active": true, "billing_scheme": "per_unit", "created": at,
        "currency": currency, "custom_unit_amount": null, "livemode": false, "lookup_key": null, "metadata": {},
        "nickname": null, "product": product,
        "recurring": recurring.map(|(interval, count)| json!({
            "interval": interval, "interval_count": count, "meter": null, "usage_type": "licensed",
        })),
        "tax_behavior": "unspecified", "tiers_mode": null, "transform_quantity": null,
        "type": if recurring.is_some() { "recurring" } else { "one_time" }, "unit_amount": amount,
        "unit_amount_decimal": amount.to_string(),
    })
}

/// What a subscription is made of.
pub(in super::super) struct SubscriptionShape<'a> {
    pub customer: &'a str,
    pub currency: &'a Value,
    pub anchor: i64,
    pub items: Vec<Value>,
    pub metadata: Value,
    pub description: Value,
    pub method: Option<&'a str>,
    pub trial_end: Option<i64>,
}

/// A new subscription, still incomplete.
pub(in super::super) fn subscription(id: &str, at: i64, shape: SubscriptionShape<'_>) -> Value {
    join(
        json!({
            "id": id, "object": "subscription", "application": null, "application_fee_percent": null,
            "automatic_tax": { "disabled_reason": null, "enabled": false, "liability": null },
            "billing_cycle_anchor": shape.anchor, "billing_cycle_anchor_config": null,
            "billing_mode": { "flexible": null, "type": "classic" }, "billing_schedules": [],
            "billing_thresholds": null, "cancel_at": null, "cancel_at_period_end": false, "canceled_at": null,
            "cancellation_details": { "comment": null, "feedback": null, "reason": null },
            "collection_method": "charge_automatically", "created": at, "currency": shape.currency,
            "customer": shape.customer, "customer_account": null, "days_until_due": null,
            "default_payment_method": shape.method, "default_source": null, "default_tax_rates": [],
            "description": shape.description, "discounts": [], "ended_at": null,
            "invoice_settings": { "account_tax_ids": null, "issuer": { "type": "self" } },
            "items": {
                "object": "list", "data": shape.items, "has_more": false,
                "url": format!("/v1/subscription_items?subscription={id}"),
            },
        }),
        json!({
            "latest_invoice": null, "livemode": false, "metadata": shape.metadata,
            "next_pending_invoice_item_invoice": null, "on_behalf_of": null, "pause_collection": null,
            "payment_settings": {
                "payment_method_options": null, "payment_method_types": null, "save_default_payment_method": "off",
            },
            "pending_invoice_item_interval": null, "pending_setup_intent": null, "pending_update": null,
            "schedule": null, "start_date": at, "status": "incomplete", "test_clock": null, "transfer_data": null,
            "trial_end": shape.trial_end, "trial_settings": { "end_behavior": { "missing_payment_method": "create_invoice" } },
            "trial_start": shape.trial_end.map(|_| at),
        }),
    )
}

/// One item of a subscription.
pub(in super::super) fn subscription_item(
    id: &str,
    at: i64,
    subscription: &str,
    price: &Value,
    quantity: i64,
    period: (i64, i64),
) -> Value {
    json!({
        "id": id, "object": "subscription_item", "billing_thresholds": null, "created": at,
        "current_period_end": period.1, "current_period_start": period.0, "discounts": [], "metadata": {},
        "price": price, "quantity": quantity, "subscription": subscription, "tax_rates": [],
    })
}

/// What an invoice is made of.
pub(in super::super) struct InvoiceShape<'a> {
    pub subscription: &'a Value,
    pub customer: &'a Value,
    pub country: &'a str,
    pub reason: &'a str,
    pub period: (i64, i64),
    pub lines: Vec<Value>,
}

/// A new draft invoice of a subscription.
pub(in super::super) fn invoice(id: &str, at: i64, shape: InvoiceShape<'_>) -> Value {
    let total: i64 = shape.lines.iter().filter_map(|line| line["amount"].as_i64()).sum();
    let (subscription, customer) = (shape.subscription, shape.customer);
    join(
        json!({
            "id": id, "object": "invoice", "account_country": shape.country, "account_name": "Test charity",
            "account_tax_ids": null, "amount_due": total, "amount_overpaid": 0, "amount_paid": 0,
            "amount_paid_off_stripe": 0, "amount_remaining": total, "amount_shipping": 0, "application": null,
            "attempt_count": 0, "attempted": false, "auto_advance": true,
            "automatic_tax": {
                "disabled_reason": null, "enabled": false, "liability": null, "provider": null, "status": null,
            },
            "automatically_finalizes_at": null, "billing_reason": shape.reason,
            "collection_method": "charge_automatically", "created": at, "currency": subscription["currency"],
            "custom_fields": null, "customer": customer["id"], "customer_account": null,
            "customer_address": customer["address"], "customer_email": customer["email"],
            "customer_name": customer["name"], "customer_phone": customer["phone"], "customer_shipping": null,
            "customer_tax_exempt": "none", "customer_tax_ids": [], "default_payment_method": null,
            "default_source": null, "default_tax_rates": [], "description": subscription["description"],
        }),
        json!({
            "discounts": [], "due_date": null, "effective_at": null, "ending_balance": null, "footer": null,
            "from_invoice": null, "hosted_invoice_url": null, "invoice_pdf": null, "issuer": { "type": "self" },
            "last_finalization_error": null, "latest_revision": null,
            "lines": {
                "object": "list", "data": shape.lines, "has_more": false, "url": format!("/v1/invoices/{id}/lines"),
            },
            "livemode": false, "metadata": {}, "next_payment_attempt": null, "number": null, "on_behalf_of": null,
            "parent": {
                "quote_details": null,
                "subscription_details": { "metadata": subscription["metadata"], "subscription": subscription["id"] },
                "type": "subscription_details",
            },
            "payment_settings": { "default_mandate": null, "payment_method_options": null, "payment_method_types": null },
            "period_end": shape.period.1, "period_start": shape.period.0, "post_payment_credit_notes_amount": 0,
            "pre_payment_credit_notes_amount": 0, "receipt_number": null, "rendering": null, "shipping_cost": null,
            "shipping_details": null, "starting_balance": 0, "statement_descriptor": null, "status": "draft",
            "status_transitions": {
                "finalized_at": null, "marked_uncollectible_at": null, "paid_at": null, "voided_at": null,
            },
            "subtotal": total, "subtotal_excluding_tax": total, "test_clock": null, "total": total,
            "total_discount_amounts": [], "total_excluding_tax": total, "total_pretax_credit_amounts": [],
            "total_taxes": [], "webhooks_delivered_at": at,
        }),
    )
}

/// One line of an invoice: a subscription item for a period.
pub(in super::super) fn invoice_line(
    id: &str,
    invoice: &str,
    item: &Value,
    description: &str,
    amount: i64,
    period: (i64, i64),
    metadata: &Value,
) -> Value {
    let price = &item["price"];
    json!({
        "id": id, "object": "line_item", "amount": amount, "currency": price["currency"],
        "description": description, "discount_amounts": [], "discountable": true, "discounts": [],
        "invoice": invoice, "livemode": false, "metadata": metadata,
        "parent": {
            "invoice_item_details": null,
            "subscription_item_details": {
                "invoice_item": null, "proration": false, "proration_details": { "credited_items": null },
                "subscription": item["subscription"], "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        "period": { "end": period.1, "start": period.0 }, "pretax_credit_amounts": [],
        "pricing": {
            "price_details": { "price": price["id"], "product": price["product"] }, "type": "price_details",
            "unit_amount_decimal": price["unit_amount_decimal"],
        },
        "quantity": item["quantity"], "quantity_decimal": item["quantity"].to_string(),
        "subscription": item["subscription"], "subtotal": amount, "taxes": [],
    })
}

/// The tie between an invoice and a payment intent.
pub(in super::super) fn invoice_payment(id: &str, at: i64, invoice: &Value, intent: &str) -> Value {
    json!({
        "id": id, "object": "invoice_payment", "amount_paid": null, "amount_requested": invoice["amount_due"],
        "created": at, "currency": invoice["currency"], "invoice": invoice["id"], "is_default": true,
        "livemode": false, "payment": { "payment_intent": intent, "type": "payment_intent" }, "status": "open",
        "status_transitions": { "canceled_at": null, "paid_at": null },
    })
}
