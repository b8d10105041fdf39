//! The whole state: objects by id, their order, what is due, what the idempotency keys remember.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{errors::ApiError, ids, jobs::Job};

/// Version of Stripe's API whose shapes are answered.
pub(super) const API_VERSION: &str = "2026-09-30.endive";

/// An object as the API shows it, and what only the stand-in knows of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    pub seq: u64,
    pub body: Value,
    #[serde(default)]
    pub hidden: Value,
}

/// What an idempotency key remembers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Remembered {
    pub request: String,
    pub status: u16,
    pub body: Value,
    pub created: i64,
}

/// Place in a list: newest last.
pub(super) type Place = (i64, u64);

/// The request an event comes from.
#[derive(Clone, Debug, Default)]
pub(super) struct Cause {
    pub id: Option<String>,
    pub key: Option<String>,
}

/// A map whose keys JSON cannot name, written as a list of pairs.
mod as_list {
    use super::{BTreeMap, Deserialize, Job, Place, Serialize};

    pub fn serialize<S: serde::Serializer>(map: &BTreeMap<Place, Job>, to: S) -> Result<S::Ok, S::Error> {
        map.iter().collect::<Vec<_>>().serialize(to)
    }

    pub fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<BTreeMap<Place, Job>, D::Error> {
        Ok(Vec::<(Place, Job)>::deserialize(from)?.into_iter().collect())
    }
}

/// Fields by which objects are found quickly; `~` marks one of the hidden part.
const LINKED: &[(&str, &str)] = &[
    ("balance_transaction", "source"),
    ("balance_transaction", "~payout"),
    ("charge", "customer"),
    ("charge", "payment_intent"),
    ("checkout.session", "customer"),
    ("checkout.session", "payment_intent"),
    ("checkout.session", "subscription"),
    ("customer", "email"),
    ("dispute", "charge"),
    ("dispute", "payment_intent"),
    ("invoice", "customer"),
    ("invoice", "parent.subscription_details.subscription"),
    ("invoice_payment", "invoice"),
    ("invoice_payment", "payment.payment_intent"),
    ("payment_intent", "customer"),
    ("payment_method", "customer"),
    ("refund", "charge"),
    ("refund", "payment_intent"),
    ("subscription", "customer"),
];

/// Everything the stand-in knows.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct World {
    pub seed: u64,
    pub country: String,
    pub base: String,
    pub seq: u64,
    pub counters: BTreeMap<String, u64>,
    pub records: BTreeMap<String, Record>,
    #[serde(with = "as_list")]
    pub due: BTreeMap<Place, Job>,
    pub remembered: BTreeMap<String, Remembered>,
    /// When the idempotency keys were last weeded.
    pub pruned: i64,
    /// Events waiting to be posted, oldest first.
    pub outbox: VecDeque<String>,
    /// Events being posted.
    pub sending: BTreeSet<String>,
    /// Balance transactions no payout has taken yet.
    pub unpaid: BTreeSet<String>,
    pub payouts_scheduled: bool,
    /// Payouts leave on Mondays, not every working day.
    #[serde(default)]
    pub weekly_payouts: bool,
    /// Days of dunning, where they are not the usual ones.
    #[serde(default)]
    pub retry_days: Option<Vec<i64>>,
    /// Seconds a renewal invoice stays a draft.
    pub hold: i64,
    /// The instant of what is being done, in Unix seconds.
    #[serde(skip)]
    pub at: i64,
    /// Counts changes, for the snapshot.
    #[serde(skip)]
    pub revision: u64,
    #[serde(skip)]
    pub hooked: bool,
    /// The types the endpoint asked for; all where it named none.
    #[serde(skip)]
    pub enabled: Option<BTreeSet<String>>,
    #[serde(skip)]
    pub hook_version: Option<String>,
    #[serde(skip)]
    pub cause: Cause,
    #[serde(skip)]
    order: HashMap<String, BTreeMap<Place, String>>,
    #[serde(skip)]
    links: HashMap<String, BTreeSet<Place>>,
}

/// The value at a dotted path, null where there is none.
pub(super) fn dig<'a>(value: &'a Value, path: &str) -> &'a Value {
    path.split('.').try_fold(value, |value, name| value.get(name)).unwrap_or(&Value::Null)
}

fn link(kind: &str, field: &str, value: &str) -> String {
    format!("{kind}|{field}|{value}")
}

impl Record {
    /// The kind of object.
    pub fn kind(&self) -> &str {
        self.body["object"].as_str().unwrap_or_default()
    }

    /// Its place in a list.
    pub fn place(&self) -> Place {
        (self.body["created"].as_i64().unwrap_or_default(), self.seq)
    }

    fn links(&self) -> Vec<String> {
        let kind = self.kind();
        let key = |(_, field): &(&str, &str)| {
            let value = match field.strip_prefix('~') {
                Some(hidden) => dig(&self.hidden, hidden),
                None => dig(&self.body, field),
            };
            value.as_str().map(|value| link(kind, field, value))
        };
        LINKED.iter().filter(|(of, _)| *of == kind).filter_map(key).collect()
    }
}

impl World {
    /// A world in which nothing has happened.
    pub fn new(seed: u64, country: &str) -> Self {
        World { seed, country: country.to_owned(), ..World::default() }
    }

    /// A new id with this prefix.
    pub fn id(&mut self, prefix: &str) -> String {
        let counter = self.counters.entry(prefix.to_owned()).or_default();
        *counter += 1;
        ids::make(self.seed, prefix, *counter)
    }

    /// Keeps a new object and gives back its id.
    pub fn put(&mut self, body: Value, hidden: Value) -> String {
        self.revision += 1;
        self.seq += 1;
        let id = body["id"].as_str().unwrap_or_default().to_owned();
        let record = Record { seq: self.seq, body, hidden };
        self.index(&id, &record);
        self.records.insert(id.clone(), record);
        id
    }

    /// Forgets an object that no index but the order of its kind knows.
    pub fn forget(&mut self, id: &str) {
        self.revision += 1;
        if let Some(record) = self.records.remove(id)
            && let Some(order) = self.order.get_mut(record.kind())
        {
            order.remove(&record.place());
        }
    }

    fn index(&mut self, id: &str, record: &Record) {
        self.order.entry(record.kind().to_owned()).or_default().insert(record.place(), id.to_owned());
        for key in record.links() {
            self.links.entry(key).or_default().insert(record.place());
        }
    }

    /// Builds the indexes again after loading.
    pub fn reindex(&mut self) {
        let records = std::mem::take(&mut self.records);
        for (id, record) in &records {
            self.index(id, record);
        }
        self.records = records;
        for id in std::mem::take(&mut self.sending).into_iter().rev() {
            self.outbox.push_front(id);
        }
    }

    /// Changes an object.
    pub fn edit(&mut self, id: &str, change: impl FnOnce(&mut Value)) {
        self.edit_both(id, |body, _| change(body));
    }

    /// Changes what only the stand-in knows of an object.
    pub fn note(&mut self, id: &str, name: &str, value: Value) {
        self.edit_both(id, |_, hidden| {
            if hidden.is_null() {
                *hidden = json!({});
            }
            hidden[name] = value;
        });
    }

    fn edit_both(&mut self, id: &str, change: impl FnOnce(&mut Value, &mut Value)) {
        self.revision += 1;
        let Some(record) = self.records.get_mut(id) else { return };
        let (before, place) = (record.links(), record.place());
        change(&mut record.body, &mut record.hidden);
        let after = record.links();
        if before == after {
            return;
        }
        for key in before {
            if let Some(places) = self.links.get_mut(&key) {
                places.remove(&place);
            }
        }
        for key in after {
            self.links.entry(key).or_default().insert(place);
        }
    }

    /// The object with this id; null where there is none.
    pub fn body(&self, id: &str) -> &Value {
        self.records.get(id).map_or(&Value::Null, |record| &record.body)
    }

    /// A text of an object.
    pub fn text(&self, id: &str, path: &str) -> Option<String> {
        dig(self.body(id), path).as_str().map(str::to_owned)
    }

    /// A number of an object.
    pub fn int(&self, id: &str, path: &str) -> i64 {
        dig(self.body(id), path).as_i64().unwrap_or_default()
    }

    /// Whether a text of an object is this one.
    pub fn is(&self, id: &str, path: &str, value: &str) -> bool {
        dig(self.body(id), path).as_str() == Some(value)
    }

    /// What only the stand-in knows of an object.
    pub fn hidden(&self, id: &str, path: &str) -> &Value {
        self.records.get(id).map_or(&Value::Null, |record| dig(&record.hidden, path))
    }

    /// A text of it.
    pub fn hidden_text(&self, id: &str, path: &str) -> Option<String> {
        self.hidden(id, path).as_str().map(str::to_owned)
    }

    /// The object of this kind, or Stripe's refusal; `param` names where the id came from.
    pub fn find(&self, kind: &str, id: &str, param: &str) -> Result<&Value, ApiError> {
        let record = self.records.get(id).filter(|record| record.kind() == kind);
        record.map(|record| &record.body).ok_or_else(|| ApiError::no_such(kind, id, param))
    }

    /// The objects of a kind, in list order (oldest first).
    pub fn order(&self, kind: &str) -> Option<&BTreeMap<Place, String>> {
        self.order.get(kind)
    }

    /// The places of the objects whose field has this value; `None` where the field is not indexed.
    pub fn linked(&self, kind: &str, field: &str, value: &str) -> Option<BTreeSet<Place>> {
        let known = LINKED.iter().any(|(of, name)| *of == kind && *name == field);
        known.then(|| self.links.get(&link(kind, field, value)).cloned().unwrap_or_default())
    }

    /// The ids of the objects whose indexed field has this value, oldest first.
    pub fn those(&self, kind: &str, field: &str, value: &str) -> Vec<String> {
        let places = self.linked(kind, field, value).unwrap_or_default();
        let id = |place: &Place| self.order.get(kind).and_then(|order| order.get(place)).cloned();
        places.iter().filter_map(id).collect()
    }
}
