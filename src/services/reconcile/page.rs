//! One page of Stripe's objects, held against the books with one question.

use std::collections::HashMap;

use serde::de::DeserializeOwned;
use stripe_client_core::RequestBuilder;

use crate::domain::mirror::Mirrored;
use crate::payments::Effort;
use crate::payments::objects::{
    BalanceLine, Charge, Dispute, Invoice, List, Named, Payout, Ref, Refund, Session, Subscription, id_of,
};
use crate::payments::requests::{self, from_stripe};
use crate::services::settle::plan;
use crate::services::{Deps, Result, job_kinds};
use crate::store::reconcile as rows;

/// Something that the books do not have as Stripe has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Finding {
    /// Stripe's id.
    pub object: String,
    /// What is missing or different.
    pub words: &'static str,
    /// The look that puts it right.
    pub job_kind: &'static str,
    /// At what.
    pub subject: String,
    /// The second in which that was made, when it is of the page's kind: looks close together share a call.
    pub made: Option<i64>,
    /// Stripe has not decided it: nothing is missing yet, and it is kept in sight until it is decided.
    pub pending: bool,
}

/// What the books do not have as Stripe has it, in words; the kind of look that puts it right; and its subject.
type Found = (&'static str, &'static str, String);

/// A charge that a bank has not decided: no event is due before it has.
const WITH_THE_BANK: &str = "with the bank";

/// A page that was read.
#[derive(Clone, Debug)]
pub(super) struct Page {
    /// How many objects.
    pub seen: usize,
    /// What differs.
    pub findings: Vec<Finding>,
    /// After which the next page begins; `None`: it was the last.
    pub last: Option<String>,
    /// Lines of the balance: they are written as they are, whether an event told of them or not.
    pub lines: Vec<BalanceLine>,
}

/// Reads a page of objects made in a window of unix seconds, newest first, after one of them.
pub(super) async fn read(
    deps: &Deps,
    kind: Mirrored,
    (from, to): (i64, i64),
    after: Option<&str>,
) -> Result<Page> {
    match kind {
        Mirrored::Session => {
            sessions(deps, get(deps, requests::sessions_between(from, to, after)).await?).await
        }
        Mirrored::Subscription => {
            subscriptions(deps, get(deps, requests::subscriptions_between(from, to, after)).await?).await
        }
        Mirrored::Invoice => {
            invoices(deps, get(deps, requests::invoices_between(from, to, after)).await?).await
        }
        Mirrored::Charge => charges(deps, get(deps, requests::charges_between(from, to, after)).await?).await,
        Mirrored::Refund => refunds(deps, get(deps, requests::refunds_between(from, to, after)).await?).await,
        Mirrored::Dispute => {
            disputes(deps, get(deps, requests::disputes_between(from, to, after)).await?).await
        }
        Mirrored::Payout => payouts(deps, get(deps, requests::payouts_between(from, to, after)).await?).await,
        Mirrored::Line => Ok(lines(get(deps, requests::balance_lines_between(from, to, after)).await?)),
    }
}

async fn get<T: DeserializeOwned>(deps: &Deps, request: RequestBuilder) -> Result<List<T>> {
    Ok(deps.stripe.get(request, Effort::Background).await?)
}

/// A page of objects with the id and the second of each, and what each is found to be.
fn page<T>(list: List<T>, id: impl Fn(&T) -> (&str, i64), found: impl Fn(&T) -> Option<Found>) -> Page {
    let findings = list.data.iter().filter_map(|o| {
        let (words, job_kind, subject) = found(o)?;
        let (object, made) = id(o);
        let made = (subject == object).then_some(made);
        let pending = words == WITH_THE_BANK;
        Some(Finding { object: object.to_owned(), words, job_kind, subject, made, pending })
    });
    let findings = findings.collect();
    let last = list.data.last().filter(|_| list.has_more).map(|o| id(o).0.to_owned());
    Page { seen: list.data.len(), findings, last, lines: Vec::new() }
}

fn lines(list: List<BalanceLine>) -> Page {
    let last = list.data.last().filter(|_| list.has_more).map(|l| l.id.clone());
    Page { seen: list.data.len(), findings: Vec::new(), last, lines: list.data }
}

async fn states(deps: &Deps, kind: Mirrored, ids: &[&str]) -> Result<HashMap<String, String>> {
    let mut read = deps.store.read().await?;
    Ok(rows::states(&mut read, kind, ids).await?)
}

fn intent_of(intent: Option<&Ref<Named>>) -> Option<String> {
    intent.map(|i| id_of(i).to_owned())
}

async fn sessions(deps: &Deps, list: List<Session>) -> Result<Page> {
    let ids: Vec<&str> = list.data.iter().map(|s| s.id.as_str()).collect();
    let known = states(deps, Mirrored::Session, &ids).await?;
    Ok(page(
        list,
        |s| (&s.id, s.created),
        |s| {
            s.our_payment().or_else(|| s.our_method_change())?;
            let here = known.get(&s.id).map(String::as_str);
            let waits = matches!(here, Some("started" | "open"));
            let words = match (s.status.as_deref(), here) {
                (Some("complete"), None) => "completed, and not in the books",
                (Some("complete"), _) if waits => "completed, and open in the books",
                (Some("expired"), _) if waits => "closed unpaid, and open in the books",
                _ => return None,
            };
            Some((words, job_kinds::LOOK_SESSION, s.id.clone()))
        },
    ))
}

async fn subscriptions(deps: &Deps, list: List<Subscription>) -> Result<Page> {
    let ids: Vec<&str> = list.data.iter().map(|s| s.id.as_str()).collect();
    let known = {
        let mut read = deps.store.read().await?;
        rows::plans(&mut read, &ids).await?
    };
    Ok(page(
        list,
        |s| (&s.id, s.created),
        |s| {
            let words = match known.get(&s.id) {
                Some(here) if plan::differs(here, s) => "is otherwise in the books",
                Some(_) => return None,
                None if s.status == "incomplete_expired" || s.status == "incomplete" => return None,
                None if s.our_payment().is_some() || s.handed_to_us().is_some() => "not in the books",
                None => return None,
            };
            Some((words, job_kinds::LOOK_SUBSCRIPTION, s.id.clone()))
        },
    ))
}

async fn invoices(deps: &Deps, list: List<Invoice>) -> Result<Page> {
    let ids: Vec<&str> = list.data.iter().map(|i| i.id.as_str()).collect();
    let known = states(deps, Mirrored::Invoice, &ids).await?;
    Ok(page(
        list,
        |i| (&i.id, i.created),
        |i| {
            i.subscription()?;
            let here = known.get(&i.id).map(String::as_str);
            let words = match i.status.as_deref() {
                // An invoice over nothing takes no payment.
                Some("paid") if here != Some("gift") && !i.payment_intents().is_empty() => {
                    "paid, and no gift in the books"
                }
                Some("open") if i.attempt_count > 0 && here.is_none() => "failed, and not in the books",
                Some("uncollectible" | "void") if here == Some("open") => "given up, and open in the books",
                _ => return None,
            };
            Some((words, job_kinds::LOOK_INVOICE, i.id.clone()))
        },
    ))
}

async fn charges(deps: &Deps, list: List<Charge>) -> Result<Page> {
    let intents: Vec<&str> = list.data.iter().filter_map(|c| c.payment_intent.as_ref().map(id_of)).collect();
    let known = {
        let mut read = deps.store.read().await?;
        rows::moved(&mut read, &intents).await?
    };
    Ok(page(
        list,
        |c| (&c.id, c.created),
        |c| {
            let intent = intent_of(c.payment_intent.as_ref())?;
            let back = from_stripe(c.amount_refunded, &c.currency).map_or(c.amount_refunded, |m| m.minor());
            match (c.status.as_str(), known.get(&intent)) {
                ("succeeded", None) => {
                    Some(("paid, and no gift in the books", job_kinds::LOOK_PAYMENT, intent))
                }
                ("pending", None) => Some((WITH_THE_BANK, job_kinds::LOOK_PAYMENT, intent)),
                ("succeeded", Some((here, disputes))) if *here < back || (c.disputed && *disputes == 0) => {
                    Some(("money went back, and the books do not say so", job_kinds::LOOK_MOVEMENTS, intent))
                }
                _ => None,
            }
        },
    ))
}

async fn refunds(deps: &Deps, list: List<Refund>) -> Result<Page> {
    let ids: Vec<&str> = list.data.iter().map(|r| r.id.as_str()).collect();
    let known = states(deps, Mirrored::Refund, &ids).await?;
    Ok(page(
        list,
        |r| (&r.id, r.created),
        |r| {
            let there = match r.status.as_deref() {
                Some("succeeded") => "succeeded",
                Some("failed") => "failed",
                Some("canceled") => "canceled",
                // `requires_action`, and whatever Stripe adds: not decided.
                None | Some(_) => "pending",
            };
            let words = match known.get(&r.id).map(String::as_str) {
                None => "not in the books",
                Some("pending") if there != "pending" => "decided, and pending in the books",
                Some("succeeded") if there == "failed" => "failed, and done in the books",
                Some(_) => return None,
            };
            Some(match intent_of(r.payment_intent.as_ref()) {
                Some(intent) => (words, job_kinds::LOOK_MOVEMENTS, intent),
                None => (words, job_kinds::LOOK_REFUND, r.id.clone()),
            })
        },
    ))
}

async fn disputes(deps: &Deps, list: List<Dispute>) -> Result<Page> {
    let ids: Vec<&str> = list.data.iter().map(|d| d.id.as_str()).collect();
    let known = states(deps, Mirrored::Dispute, &ids).await?;
    Ok(page(
        list,
        |d| (&d.id, d.created),
        |d| {
            // An early warning moves no money and is no dispute yet.
            if d.status.starts_with("warning") {
                return None;
            }
            let words = match (known.get(&d.id).map(String::as_str), d.status.as_str()) {
                (None, _) => "not in the books",
                (Some("open"), "won" | "lost") => "decided, and open in the books",
                (Some(_), _) => return None,
            };
            Some(match intent_of(d.payment_intent.as_ref()) {
                Some(intent) => (words, job_kinds::LOOK_MOVEMENTS, intent),
                None => (words, job_kinds::LOOK_DISPUTE, d.id.clone()),
            })
        },
    ))
}

async fn payouts(deps: &Deps, list: List<Payout>) -> Result<Page> {
    let ids: Vec<&str> = list.data.iter().map(|p| p.id.as_str()).collect();
    let known = states(deps, Mirrored::Payout, &ids).await?;
    Ok(page(
        list,
        |p| (&p.id, p.created),
        |p| {
            let tied = p.reconciliation_status.as_deref() == Some("completed");
            let words = match known.get(&p.id) {
                None => "not in the books",
                Some(here) if here.trim_end_matches(" reconciled") != p.status => {
                    "stands otherwise in the books"
                }
                Some(here) if tied && !here.ends_with(" reconciled") => {
                    "tied to its gifts, and not so in the books"
                }
                Some(_) => return None,
            };
            Some((words, job_kinds::LOOK_PAYOUT, p.id.clone()))
        },
    ))
}
