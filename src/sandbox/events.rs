//! Events: a snapshot of an object, kept and queued for delivery.

use serde_json::{Map, Value, json};

use super::{
    calendar::DAY,
    state::{API_VERSION, World},
};

impl World {
    /// An event with the object as it stands.
    pub fn emit(&mut self, kind: &str, id: &str) {
        let object = self.shown(id);
        self.emit_body(kind, object, None);
    }

    /// An event with the object as it stands and the earlier values of what differs from `before`.
    pub fn emit_change(&mut self, kind: &str, id: &str, before: &Value) {
        let object = self.shown(id);
        let mut previous = json!({});
        if let (Some(old), Some(new)) = (before.as_object(), object.as_object()) {
            for (name, value) in old.iter().filter(|(name, value)| new.get(*name) != Some(*value)) {
                previous[name] = value.clone();
            }
        }
        self.emit_body(kind, object, Some(previous));
    }

    /// Changes an object and says so.
    pub fn edit_and_emit(&mut self, kind: &str, id: &str, change: impl FnOnce(&mut Value)) {
        let before = self.shown(id);
        self.edit(id, change);
        self.emit_change(kind, id, &before);
    }

    /// An event with a body given.
    pub fn emit_body(&mut self, kind: &str, object: Value, previous: Option<Value>) {
        let id = self.id("evt");
        let version = self.hook_version.clone().unwrap_or_else(|| API_VERSION.to_owned());
        // Put in by hand: `json!` would copy the whole object once more at each level.
        let mut data = Map::new();
        data.insert("object".to_owned(), object);
        data.extend(previous.map(|previous| ("previous_attributes".to_owned(), previous)));
        let wanted = self.enabled.as_ref().is_none_or(|types| types.contains(kind));
        let pending = i64::from(self.hooked && wanted);
        let mut event = json!({
            "id": id, "object": "event", "api_version": version, "created": self.at, "data": null,
            "livemode": false, "pending_webhooks": pending, "type": kind,
            "request": { "id": self.cause.id, "idempotency_key": self.cause.key },
        });
        event["data"] = Value::Object(data);
        self.put(event, json!({}));
        if pending > 0 {
            self.outbox.push_back(id);
        }
    }

    /// Forgets events older than thirty days: Stripe no longer gives them either. What waits to be posted stays.
    pub fn forget_old_events(&mut self) {
        let since = self.at - 30 * DAY;
        while let Some((place, id)) = self.order("event").and_then(|order| order.first_key_value()) {
            if place.0 >= since || self.sending.contains(id) || self.outbox.front() == Some(id) {
                return;
            }
            let id = id.clone();
            self.forget(&id);
        }
    }

    /// The text posted for an event: indented, as Stripe posts it.
    pub fn event_text(&self, id: &str) -> String {
        serde_json::to_string_pretty(self.body(id)).unwrap_or_default()
    }

    /// Notes whether an event reached its endpoint.
    pub fn delivered(&mut self, id: &str, ok: bool) {
        self.note(id, "delivered", json!(ok));
        if ok {
            self.edit(id, |event| event["pending_webhooks"] = json!(0));
        }
    }
}
