//! Reading for many jobs at once: one list call of a hundred instead of a hundred calls (rule 6 of the house).

use std::collections::HashSet;

use serde::de::DeserializeOwned;
use stripe_client_core::RequestBuilder;

use super::Prefetched;
use crate::payments::objects::{Invoice, List, PaymentIntent, Session, Subscription};
use crate::payments::{Effort, requests};
use crate::services::{Deps, job_kinds};
use crate::store::jobs::Job;

/// Fewer waiting looks at objects made close together than this are read one by one.
const WORTH_A_LIST: usize = 4;
/// Seconds between two objects that are still close. A list over a longer gap brings mostly what nobody asked for, whole
/// pages of it: plans renewed today were begun over years.
const CLOSE: i64 = 900;

/// An id wanted, and the second in which its object was made.
type Wanted<'a> = (&'a str, i64);

/// Reads what many of the jobs ask for by lists. What a list does not bring is read one by one later, so a failure here
/// costs nothing but calls.
pub async fn prefetch(deps: &Deps, jobs: &[Job]) -> Prefetched {
    let known = Prefetched::new(deps.clock.now());
    let wanted = |kind: &str| -> Vec<Wanted<'_>> {
        let of_kind = jobs.iter().filter(|j| j.kind == kind);
        of_kind.filter_map(|j| Some((j.subject.as_str(), j.hint.as_ref()?.parse().ok()?))).collect()
    };
    let intents = wanted(job_kinds::LOOK_PAYMENT);
    for i in list_all(deps, intents, requests::payment_intents_between, |i: &PaymentIntent| &i.id).await {
        known.intents.put(&i.id.clone(), i);
    }
    let sessions = wanted(job_kinds::LOOK_SESSION);
    for s in list_all(deps, sessions, requests::sessions_between, |s: &Session| &s.id).await {
        known.sessions.put(&s.id.clone(), s);
    }
    let invoices = wanted(job_kinds::LOOK_INVOICE);
    for i in list_all(deps, invoices, requests::invoices_between, |i: &Invoice| &i.id).await {
        known.invoices.put(&i.id.clone(), i);
    }
    let plans = wanted(job_kinds::LOOK_SUBSCRIPTION);
    for s in list_all(deps, plans, requests::subscriptions_between, |s: &Subscription| &s.id).await {
        known.subscriptions.put(&s.id.clone(), s);
    }
    known
}

async fn list_all<T: DeserializeOwned>(
    deps: &Deps,
    mut wanted: Vec<Wanted<'_>>,
    page: impl Fn(i64, i64, Option<&str>) -> RequestBuilder,
    id: impl Fn(&T) -> &str,
) -> Vec<T> {
    wanted.sort_by_key(|(_, made)| *made);
    let mut found = Vec::new();
    for close in wanted.chunk_by(|(_, one), (_, next)| next - one <= CLOSE) {
        if close.len() >= WORTH_A_LIST {
            list_close(deps, close, &page, &id, &mut found).await;
        }
    }
    found
}

/// Lists from the first to the last of objects made close together.
async fn list_close<T: DeserializeOwned>(
    deps: &Deps,
    wanted: &[Wanted<'_>],
    page: &impl Fn(i64, i64, Option<&str>) -> RequestBuilder,
    id: &impl Fn(&T) -> &str,
    found: &mut Vec<T>,
) {
    let mut missing: HashSet<&str> = wanted.iter().map(|(id, _)| *id).collect();
    let (Some((_, from)), Some((_, to))) = (wanted.first(), wanted.last()) else { return };
    // The span may hold far more than what is wanted: stop when single reads would have been cheaper.
    let most_pages = wanted.len().div_ceil(100) + wanted.len() / WORTH_A_LIST;
    let mut after: Option<String> = None;
    for _ in 0..most_pages {
        let request = page(*from, *to, after.as_deref());
        let list: List<T> = match deps.stripe.get(request, Effort::Background).await {
            Ok(list) => list,
            Err(error) => {
                tracing::warn!(%error, "list call failed; reading one by one");
                return;
            }
        };
        after = list.data.last().map(|o| id(o).to_owned());
        found.extend(list.data.into_iter().filter(|object| missing.remove(id(object))));
        if missing.is_empty() || !list.has_more {
            break;
        }
    }
}
