//! Lists: filters, cursors, pages. Newest first, as Stripe gives them.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    errors::{Answer, ApiError},
    form::Node,
    state::{Place, Record, World, dig},
};

/// How a query parameter chooses objects.
#[derive(Clone, Copy)]
pub(super) enum Filter {
    /// The parameter's text is the field's; `~` marks a hidden field.
    Is(&'static str, &'static str),
    /// `parameter[gte]` and the like bound the number.
    Range(&'static str),
    /// The parameter lists the texts allowed.
    In(&'static str, &'static str),
}

/// What kind of list is asked for.
pub(super) struct Query<'a> {
    pub kind: &'static str,
    pub url: &'a str,
    pub filters: &'a [Filter],
    pub node: &'a Node,
    /// A further test no parameter can express.
    pub also: &'a dyn Fn(&World, &Record) -> bool,
}

const ALL: fn(&World, &Record) -> bool = |_, _| true;

impl<'a> Query<'a> {
    /// A list with filters only.
    pub fn new(kind: &'static str, url: &'a str, filters: &'a [Filter], node: &'a Node) -> Self {
        Query { kind, url, filters, node, also: &ALL }
    }
}

fn field<'a>(record: &'a Record, path: &str) -> &'a Value {
    match path.strip_prefix('~') {
        Some(hidden) => dig(&record.hidden, hidden),
        None => dig(&record.body, path),
    }
}

fn same(value: &Value, text: &str) -> bool {
    match value {
        Value::String(own) => own == text,
        Value::Null => false,
        Value::Bool(own) => text == if *own { "true" } else { "false" },
        other => text.parse().is_ok_and(|number: i64| other.as_i64() == Some(number)),
    }
}

fn bounds(node: &Node, name: &str) -> (i64, i64) {
    if let Some(exact) = node.int(name) {
        return (exact, exact);
    }
    let at = |part: &str| node.int(&format!("{name}.{part}"));
    let low = [at("gte"), at("gt").map(|value| value + 1)].into_iter().flatten().max();
    let high = [at("lte"), at("lt").map(|value| value - 1)].into_iter().flatten().min();
    (low.unwrap_or(i64::MIN), high.unwrap_or(i64::MAX))
}

impl Filter {
    fn accepts(self, node: &Node, record: &Record) -> bool {
        match self {
            Filter::Is(name, path) => node.text(name).is_none_or(|text| same(field(record, path), text)),
            Filter::Range(name) => {
                let (low, high) = bounds(node, name);
                let value = dig(&record.body, name).as_i64();
                (low, high) == (i64::MIN, i64::MAX)
                    || value.is_some_and(|value| low <= value && value <= high)
            }
            Filter::In(name, path) => {
                let allowed = node.texts(name);
                allowed.is_empty() || allowed.iter().any(|text| same(field(record, path), text))
            }
        }
    }
}

impl World {
    /// One page.
    pub fn list(&self, query: &Query<'_>) -> Answer {
        let limit = query.node.int("limit").unwrap_or(10);
        if !(1..=100).contains(&limit) {
            let message = "This value must be between 1 and 100.";
            return Err(ApiError::parameter("parameter_invalid_integer", "limit", message));
        }
        let limit = usize::try_from(limit).unwrap_or(10);
        let cursor = |name: &str| -> Result<Option<Place>, ApiError> {
            let Some(id) = query.node.text(name) else { return Ok(None) };
            self.find(query.kind, id, name)?;
            Ok(self.records.get(id).map(Record::place))
        };
        let (after, before) = (cursor("starting_after")?, cursor("ending_before")?);
        if after.is_some() && before.is_some() {
            let message =
                "You cannot parameterize your request with both `starting_after` and `ending_before`.";
            return Err(ApiError::invalid("starting_after", message));
        }
        let mut page = match before {
            Some(before) => self.collect(query, Some(before), None, limit + 1, false),
            None => self.collect(query, None, after, limit + 1, true),
        };
        let more = page.len() > limit;
        page.truncate(limit);
        if before.is_some() {
            page.reverse();
        }
        let data: Vec<Value> = page.iter().map(|id| self.shown(id)).collect();
        let mut list = json!({ "object": "list", "url": query.url, "has_more": more, "data": null });
        list["data"] = Value::Array(data);
        Ok(list)
    }

    /// Ids between the places (both exclusive), newest or oldest first.
    fn collect(
        &self,
        query: &Query<'_>,
        above: Option<Place>,
        below: Option<Place>,
        most: usize,
        newest: bool,
    ) -> Vec<String> {
        let Some(order) = self.order(query.kind) else { return Vec::new() };
        let (low, high) = bounds(query.node, "created");
        let low = above.map_or((low, 0), |place| (place.0, place.1 + 1).max((low, 0)));
        let high = below.map_or((high, u64::MAX), |place| (place.0, place.1 - 1).min((high, u64::MAX)));
        if low > high {
            return Vec::new();
        }
        let fits = |id: &&String| {
            self.records.get(*id).is_some_and(|record| {
                query.filters.iter().all(|filter| filter.accepts(query.node, record))
                    && (query.also)(self, record)
            })
        };
        let take = |ids: &mut dyn Iterator<Item = &String>| ids.filter(fits).take(most).cloned().collect();
        match (self.narrowed(query), newest) {
            (Some(places), true) => take(&mut places.range(low..=high).rev().filter_map(|at| order.get(at))),
            (Some(places), false) => take(&mut places.range(low..=high).filter_map(|at| order.get(at))),
            (None, true) => take(&mut order.range(low..=high).rev().map(|(_, id)| id)),
            (None, false) => take(&mut order.range(low..=high).map(|(_, id)| id)),
        }
    }

    /// The smallest indexed set that holds everything the query can find.
    fn narrowed(&self, query: &Query<'_>) -> Option<BTreeSet<Place>> {
        let set = |filter: &Filter| match filter {
            Filter::Is(name, path) => self.linked(query.kind, path, query.node.text(name)?),
            _ => None,
        };
        query.filters.iter().filter_map(set).min_by_key(BTreeSet::len)
    }
}
