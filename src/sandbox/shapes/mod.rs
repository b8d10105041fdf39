//! The exact shapes of Stripe's objects, with everything Stripe would leave null left null.

mod billing;
mod money;
mod session;

pub(super) use billing::{
    InvoiceShape, SubscriptionShape, invoice, invoice_line, invoice_payment, price, product, subscription,
    subscription_item,
};
pub(super) use money::{
    ChargeShape, IntentShape, TxnShape, balance_transaction, charge, customer, dispute, payment_intent,
    payment_method, payout, refund, setup_intent,
};
pub(super) use session::{SessionShape, customer_details, line_item, session};

use serde_json::{Map, Value, json};

use super::form::Node;

/// An address of six nulls, or what the parameters give.
pub(super) fn address(node: Option<&Node>) -> Value {
    let part = |name: &str| node.and_then(|node| node.text(name));
    json!({
        "city": part("city"), "country": part("country"), "line1": part("line1"), "line2": part("line2"),
        "postal_code": part("postal_code"), "state": part("state"),
    })
}

/// Metadata: empty values are left out.
pub(super) fn metadata(node: &Node, path: &str) -> Value {
    let filled = node.map(path).into_iter().filter(|(_, value)| !value.is_empty());
    Value::Object(filled.map(|(key, value)| (key, json!(value))).collect::<Map<_, _>>())
}

/// Metadata changed as Stripe does: new keys are added, an empty value removes its key, an empty whole removes all.
pub(super) fn merge_metadata(old: &mut Value, node: &Node, path: &str) {
    if node.raw(path) == Some("") {
        *old = json!({});
    }
    for (key, value) in node.map(path) {
        match (value.is_empty(), old.as_object_mut()) {
            (true, Some(map)) => drop(map.remove(&key)),
            (false, Some(map)) => drop(map.insert(key, json!(value))),
            (_, None) => *old = json!({ key: value }),
        }
    }
}

/// One object of two; `json!` has a limit to its length.
fn join(mut first: Value, second: Value) -> Value {
    if let (Some(all), Value::Object(more)) = (first.as_object_mut(), second) {
        all.extend(more);
    }
    first
}
