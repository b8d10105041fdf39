//! The calls of the API: which there are, what they take, what they do.

use serde_json::{Value, json};

use super::{
    calendar::DAY,
    errors::{Answer, ApiError},
    form::Node,
    lists::{Filter, Query},
    params, shapes, specs,
    state::{Record, World, dig},
};

/// A call, decoded.
pub(super) struct Call<'a> {
    pub method: &'a str,
    pub path: &'a str,
    pub pairs: &'a [(String, String)],
    pub node: Node,
}

const CREATED: Filter = Filter::Range("created");

/// The plain collections: name in the path, kind, parameters of the list, filters.
type Collection = (&'static str, &'static str, &'static str, &'static [Filter]);

use Filter::{In, Is, Range};

const COLLECTIONS: &[Collection] = &[
    ("payment_intents", "payment_intent", "customer str", &[CREATED, Is("customer", "customer")]),
    (
        "charges",
        "charge",
        "customer str\npayment_intent str",
        &[CREATED, Is("customer", "customer"), Is("payment_intent", "payment_intent")],
    ),
    (
        "refunds",
        "refund",
        "charge str\npayment_intent str",
        &[CREATED, Is("charge", "charge"), Is("payment_intent", "payment_intent")],
    ),
    (
        "disputes",
        "dispute",
        "charge str\npayment_intent str",
        &[CREATED, Is("charge", "charge"), Is("payment_intent", "payment_intent")],
    ),
    ("customers", "customer", "email email", &[CREATED, Is("email", "email")]),
    ("products", "product", "active bool\nids[] str", &[CREATED, Is("active", "active"), In("ids", "id")]),
    (
        "prices",
        "price",
        "active bool\ncurrency currency\nproduct str\ntype enum:one_time|recurring",
        &[
            CREATED,
            Is("active", "active"),
            Is("currency", "currency"),
            Is("product", "product"),
            Is("type", "type"),
        ],
    ),
    (
        "invoices",
        "invoice",
        specs::INVOICES,
        &[
            CREATED,
            Is("customer", "customer"),
            Is("subscription", "parent.subscription_details.subscription"),
            Is("status", "status"),
            Is("collection_method", "collection_method"),
        ],
    ),
    (
        "invoice_payments",
        "invoice_payment",
        specs::INVOICE_PAYMENTS,
        &[
            CREATED,
            Is("invoice", "invoice"),
            Is("status", "status"),
            Is("payment.type", "payment.type"),
            Is("payment.payment_intent", "payment.payment_intent"),
        ],
    ),
    (
        "balance_transactions",
        "balance_transaction",
        specs::BALANCE_TRANSACTIONS,
        &[
            CREATED,
            Is("payout", "~payout"),
            Is("source", "source"),
            Is("currency", "currency"),
            Is("type", "type"),
        ],
    ),
    (
        "payouts",
        "payout",
        specs::PAYOUTS,
        &[CREATED, Range("arrival_date"), Is("status", "status"), Is("destination", "destination")],
    ),
    (
        "checkout/sessions",
        "checkout.session",
        specs::SESSIONS,
        &[
            CREATED,
            Is("customer", "customer"),
            Is("payment_intent", "payment_intent"),
            Is("subscription", "subscription"),
            Is("status", "status"),
            Is("customer_details.email", "customer_details.email"),
        ],
    ),
    ("setup_intents", "setup_intent", "customer str", &[CREATED, Is("customer", "customer")]),
    ("subscriptions", "subscription", specs::SUBSCRIPTIONS, &[]),
    ("events", "event", specs::EVENTS, &[]),
    ("payment_methods", "payment_method", specs::PAYMENT_METHODS, &[]),
];

/// Does a call and expands the answer.
pub(super) fn dispatch(world: &mut World, call: &Call<'_>) -> Answer {
    let mut answer = route(world, call)?;
    world.expand(&mut answer, &call.node.texts("expand")).map_err(ApiError::kept)?;
    Ok(answer)
}

fn route(world: &mut World, call: &Call<'_>) -> Answer {
    let rest = call.path.strip_prefix("/v1/").unwrap_or_default();
    let (space, tail) = match rest.strip_prefix("checkout/sessions") {
        Some(tail) => ("checkout/sessions", tail),
        None => rest.split_at(rest.find('/').unwrap_or(rest.len())),
    };
    let parts: Vec<&str> = tail.split('/').filter(|part| !part.is_empty()).collect();
    let Some(collection) = COLLECTIONS.iter().find(|(name, ..)| *name == space) else {
        return Err(ApiError::no_url(call.method, call.path));
    };
    match (call.method, parts.as_slice()) {
        ("GET", []) => list(world, call, collection),
        ("GET", [id]) => {
            params::check(&[specs::EXPAND], call.pairs)?;
            if collection.1 == "event" {
                recent(world, id)?;
            }
            world.find(collection.1, id, "id")?;
            Ok(world.shown(id))
        }
        ("GET", [id, below]) => nested(world, call, space, id, below),
        ("POST" | "DELETE", parts) => change(world, call, space, parts),
        _ => Err(ApiError::no_url(call.method, call.path)),
    }
}

/// Events older than thirty days are no longer given.
fn recent(world: &World, id: &str) -> Result<(), ApiError> {
    if world.int(id, "created") < world.at - 30 * DAY {
        Err(ApiError::no_such("event", id, "id"))
    } else {
        Ok(())
    }
}

fn list(world: &World, call: &Call<'_>, collection: &Collection) -> Answer {
    let (_, kind, spec, filters) = *collection;
    // Payment methods are the one list without a `created` filter.
    let created = if kind == "payment_method" { "" } else { specs::CREATED };
    params::check(&[specs::PAGE, created, spec], call.pairs)?;
    let node = &call.node;
    let query = Query::new(kind, call.path, filters, node);
    match kind {
        "subscription" => {
            let also = |_: &World, record: &Record| subscription_fits(node, record);
            let filters = [CREATED, Is("customer", "customer"), Is("collection_method", "collection_method")];
            world.list(&Query { filters: &filters, also: &also, ..query })
        }
        "event" => {
            let since = world.at - 30 * DAY;
            let success = node.flag("delivery_success");
            let also = |_: &World, record: &Record| {
                record.place().0 >= since
                    && success.is_none_or(|wanted| (record.hidden["delivered"] == true) == wanted)
                    && event_fits(node, record.body["type"].as_str().unwrap_or_default())
            };
            world.list(&Query { filters: &[CREATED], also: &also, ..query })
        }
        "payment_method" => {
            let also = |_: &World, record: &Record| !record.body["customer"].is_null();
            let filters =
                [Is("customer", "customer"), Is("type", "type"), Is("allow_redisplay", "allow_redisplay")];
            world.list(&Query { filters: &filters, also: &also, ..query })
        }
        "invoice_payment"
            if node.get("payment").is_some() && node.text("payment.payment_intent").is_none() =>
        {
            Err(ApiError::missing("payment[payment_intent]"))
        }
        _ => world.list(&query),
    }
}

/// `type` may end in `*`, as in `charge.*`.
fn event_fits(node: &Node, kind: &str) -> bool {
    let fits = |wanted: &str| match wanted.strip_suffix('*') {
        Some(start) => kind.starts_with(start),
        None => kind == wanted,
    };
    let types = node.texts("types");
    node.text("type").is_none_or(fits) && (types.is_empty() || types.iter().any(|wanted| fits(wanted)))
}

fn subscription_fits(node: &Node, record: &Record) -> bool {
    let status = record.body["status"].as_str().unwrap_or_default();
    let by_status = match node.text("status") {
        None => status != "canceled",
        Some("all") => true,
        Some("ended") => matches!(status, "canceled" | "incomplete_expired"),
        Some(wanted) => status == wanted,
    };
    let item = &record.body["items"]["data"][0];
    let end = item["current_period_end"].as_i64().unwrap_or_default();
    let at = |part: &str| node.int(&format!("current_period_end.{part}"));
    by_status
        && node.text("price").is_none_or(|price| dig(item, "price.id") == price)
        && at("gt").is_none_or(|bound| end > bound)
        && at("gte").is_none_or(|bound| end >= bound)
        && at("lt").is_none_or(|bound| end < bound)
        && at("lte").is_none_or(|bound| end <= bound)
        && node.int("current_period_end").is_none_or(|exact| end == exact)
}

fn nested(world: &mut World, call: &Call<'_>, space: &str, id: &str, below: &str) -> Answer {
    let own = if below == "payment_methods" { specs::PAYMENT_METHODS_OF } else { "" };
    params::check(&[specs::PAGE, own], call.pairs)?;
    let all = |data: Value| json!({ "object": "list", "data": data, "has_more": false, "url": call.path });
    match (space, below) {
        ("checkout/sessions", "line_items") => {
            world.find("checkout.session", id, "id")?;
            Ok(all(world.hidden(id, "line_items").clone()))
        }
        ("invoices", "lines") => Ok(all(world.find("invoice", id, "id")?["lines"]["data"].clone())),
        ("customers", "payment_methods") => {
            world.find("customer", id, "id")?;
            let also = |_: &World, record: &Record| record.body["customer"] == id;
            let filters = [Is("type", "type"), Is("allow_redisplay", "allow_redisplay")];
            let query = Query::new("payment_method", call.path, &filters, &call.node);
            world.list(&Query { also: &also, ..query })
        }
        _ => Err(ApiError::no_url(call.method, call.path)),
    }
}

fn change(world: &mut World, call: &Call<'_>, space: &str, parts: &[&str]) -> Answer {
    let node = &call.node;
    let check = |spec: &str| params::check(&[specs::EXPAND, spec], call.pairs);
    let id = match (call.method, space, parts) {
        ("POST", "checkout/sessions", []) => {
            check(specs::SESSION)?;
            world.create_session(node)?
        }
        ("POST", "checkout/sessions", [id]) => {
            check(specs::SESSION_UPDATE)?;
            world.find("checkout.session", id, "id")?;
            world.edit(id, |body| shapes::merge_metadata(&mut body["metadata"], node, "metadata"));
            (*id).to_owned()
        }
        ("POST", "checkout/sessions", [id, "expire"]) => {
            check("")?;
            world.expire_now(id)?;
            (*id).to_owned()
        }
        ("POST", "refunds", []) => {
            check(specs::REFUND)?;
            world.create_refund(node)?
        }
        ("POST", "subscriptions", []) => {
            check(specs::SUBSCRIPTION)?;
            world.create_subscription(node)?
        }
        ("POST", "subscriptions", [id]) => {
            check(specs::SUBSCRIPTION_UPDATE)?;
            world.update_subscription(id, node)?;
            (*id).to_owned()
        }
        ("DELETE", "subscriptions", [id]) => {
            check(specs::SUBSCRIPTION_CANCEL)?;
            world.cancel_subscription(id, node)?;
            (*id).to_owned()
        }
        ("POST", "invoices", [id, "pay"]) => {
            check(specs::INVOICE_PAY)?;
            world.pay_invoice(id, node)?;
            (*id).to_owned()
        }
        _ => return super::catalogue::change(world, call, space, parts),
    };
    Ok(world.shown(&id))
}
