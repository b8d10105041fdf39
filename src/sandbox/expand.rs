//! `expand[]`: an id is replaced by its object along the path; a few lists appear only when asked for.

use serde_json::{Value, json};

use super::{errors::ApiError, state::World};

impl World {
    /// An object as the API shows it at this instant.
    pub fn shown(&self, id: &str) -> Value {
        let mut body = self.body(id).clone();
        if body["object"] == "balance_transaction" {
            let ready = body["available_on"].as_i64().is_some_and(|on| on <= self.at);
            body["status"] = json!(if ready { "available" } else { "pending" });
        }
        body
    }

    /// The same for everything of a kind, oldest first.
    pub fn shown_all(&self, kind: &str) -> Vec<Value> {
        let ids = self.order(kind).into_iter().flat_map(|order| order.values());
        ids.map(|id| self.shown(id)).collect()
    }

    /// Carries out every `expand[]`.
    pub fn expand(&self, answer: &mut Value, paths: &[String]) -> Result<(), ApiError> {
        for path in paths {
            let parts: Vec<&str> = path.split('.').collect();
            if parts.len() > 4 {
                let message = format!("You cannot expand more than 4 levels of a property ({path}).");
                return Err(ApiError::invalid("expand", message));
            }
            if !self.walk(answer, &parts) {
                let message = format!("This property cannot be expanded ({path}).");
                return Err(ApiError::invalid("expand", message));
            }
        }
        Ok(())
    }

    /// False where the path names nothing expandable.
    fn walk(&self, value: &mut Value, path: &[&str]) -> bool {
        let Some((name, rest)) = path.split_first() else { return true };
        if let Value::Array(items) = value {
            return items.iter_mut().all(|item| self.walk(item, path));
        }
        if value.get(*name).is_none()
            && let Some(list) = self.includable(value, name)
        {
            value[*name] = list;
        }
        let Some(inner) = value.get_mut(*name) else { return optional(name) };
        match inner {
            Value::Null => true,
            Value::String(id) => match self.records.get(id.as_str()) {
                Some(_) => {
                    *inner = self.shown(id);
                    self.walk(inner, rest)
                }
                None => false,
            },
            Value::Array(_) | Value::Object(_) if rest.is_empty() => true,
            Value::Array(_) | Value::Object(_) => self.walk(inner, rest),
            _ => false,
        }
    }

    /// The lists that are left out of an object unless expanded.
    fn includable(&self, value: &Value, name: &str) -> Option<Value> {
        let id = value["id"].as_str()?;
        let (data, url) = match (value["object"].as_str()?, name) {
            ("invoice", "payments") => {
                (self.shown_those("invoice_payment", "invoice", id), "/v1/invoice_payments".to_owned())
            }
            ("charge", "refunds") => {
                (self.shown_those("refund", "charge", id), format!("/v1/charges/{id}/refunds"))
            }
            ("customer", "subscriptions") => (
                self.shown_those("subscription", "customer", id),
                format!("/v1/customers/{id}/subscriptions"),
            ),
            ("checkout.session", "line_items") => {
                let items = self.hidden(id, "line_items").as_array().cloned().unwrap_or_default();
                (items, format!("/v1/checkout/sessions/{id}/line_items"))
            }
            _ => return None,
        };
        let mut list = json!({ "object": "list", "data": null, "has_more": false, "url": url });
        list["data"] = Value::Array(data);
        Some(list)
    }

    fn shown_those(&self, kind: &str, field: &str, value: &str) -> Vec<Value> {
        self.those(kind, field, value).iter().rev().map(|id| self.shown(id)).collect()
    }
}

/// Expandable fields Stripe leaves out where they do not apply, on one of several possible objects.
fn optional(name: &str) -> bool {
    matches!(name, "payment_intent" | "charge" | "invoice" | "failure_balance_transaction" | "latest_charge")
}
