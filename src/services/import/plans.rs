//! Running subscriptions of another system on the same Stripe account are handed over by a file: each is looked at, marked with
//! the fund its gifts are for, and taken over as any plan that was made elsewhere (decision 15). No donor has to do anything.

use crate::domain::ids::JobId;
use crate::domain::money::Money;
use crate::domain::receipt::sha256_hex;
use crate::payments::objects::Subscription;
use crate::payments::requests::from_stripe;
use crate::payments::{Effort, StripeError, plan_requests, requests};
use crate::services::{Deps, Result, job_kinds};
use crate::store::jobs::{self, NewJob};
use crate::store::pledges;

/// A line of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Which line; the first under the headings is 2.
    pub line: u64,
    /// `sub_…`
    pub subscription: String,
    /// The fund its gifts are for, by its id.
    pub fund: String,
    /// The entity, where several take its currency; may be empty.
    pub entity: String,
}

/// What became of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Became {
    /// It would be handed over; what each charge takes.
    Ready(Money),
    /// It is handed over; what each charge takes.
    HandedOver(Money),
    /// It is in the books already.
    Known,
    /// It cannot be, for this reason.
    Problem(String),
}

/// The lines of a file with the headings `subscription`, `fund` and, if need be, `entity`.
///
/// # Errors
/// What is wrong with the file, in a sentence.
pub fn lines(text: &str) -> std::result::Result<Vec<Line>, String> {
    let mut reader = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let headings = reader.headers().map_err(|_| "its first row cannot be read".to_owned())?.clone();
    let at = |name: &str| headings.iter().position(|h| h.trim().eq_ignore_ascii_case(name));
    let (Some(subscription), Some(fund)) = (at("subscription"), at("fund")) else {
        return Err("it needs the columns subscription and fund".to_owned());
    };
    let entity = at("entity");
    let mut all: Vec<Line> = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|e| format!("a row cannot be read: {e}"))?;
        let line = row.position().map_or(0, csv::Position::line);
        let get = |at: usize| row.get(at).unwrap_or_default().trim().to_owned();
        let one = Line {
            line,
            subscription: get(subscription),
            fund: get(fund),
            entity: entity.map(get).unwrap_or_default(),
        };
        if let Some(first) = all.iter().find(|l| l.subscription == one.subscription) {
            return Err(format!(
                "{} stands on line {} and again on line {line}",
                one.subscription, first.line
            ));
        }
        all.push(one);
    }
    if all.is_empty() { Err("it has no row under its headings".to_owned()) } else { Ok(all) }
}

/// Looks at a line at Stripe, and hands its subscription over unless `dry_run`. The same line twice does it once.
///
/// # Errors
/// When Stripe cannot be asked, or the database refuses.
pub async fn take_over(deps: &Deps, line: &Line, dry_run: bool) -> Result<Became> {
    if !line.subscription.starts_with("sub_") {
        return Ok(Became::Problem("it is no id of a subscription".to_owned()));
    }
    let known = {
        let mut read = deps.store.read().await?;
        pledges::by_subscription(&mut read, &line.subscription).await?
    };
    if known.is_some() {
        return Ok(Became::Known);
    }
    let plan: Subscription =
        match deps.stripe.get(requests::subscription(&line.subscription), Effort::Interactive).await {
            Ok(plan) => plan,
            Err(StripeError::Refused { .. } | StripeError::NotFound(_)) => {
                return Ok(Became::Problem("Stripe knows no such subscription".to_owned()));
            }
            Err(error) => return Err(error.into()),
        };
    let (charge, entity) = match fits(deps, line, &plan) {
        Ok(fits) => fits,
        Err(words) => return Ok(Became::Problem(words)),
    };
    if dry_run {
        return Ok(Became::Ready(charge));
    }
    let key =
        format!("handover-{}", &sha256_hex(&format!("{}|{}|{entity}", line.subscription, line.fund))[..32]);
    let call = plan_requests::hand_over(&line.subscription, &line.fund, &entity);
    let _: Subscription = deps.stripe.post(call, &key, Effort::Interactive).await?;
    let now = deps.clock.now();
    let job = NewJob {
        id: JobId::new(now, &deps.random),
        kind: job_kinds::LOOK_SUBSCRIPTION,
        subject: line.subscription.clone(),
        hint: None,
        run_at: now,
    };
    let mut tx = deps.store.write().await?;
    jobs::enqueue_batch(&mut tx, &[job]).await?;
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Became::HandedOver(charge))
}

/// What each charge takes, and the entity it goes to; or why it cannot be taken over.
fn fits(deps: &Deps, line: &Line, plan: &Subscription) -> std::result::Result<(Money, String), String> {
    let charity = &deps.config.charity;
    let fund = charity.fund(&line.fund).ok_or_else(|| format!("there is no fund {:?}", line.fund))?;
    if !matches!(plan.status.as_str(), "active" | "past_due" | "trialing" | "unpaid") {
        return Err(format!("it is {}, not running", plan.status));
    }
    let total = plan.total().and_then(|(minor, code)| from_stripe(minor, code).ok());
    let total = total.ok_or("its sum cannot be read: it has several prices or none")?;
    if !matches!(plan.months(), Some(1 | 3 | 12)) {
        return Err("it is charged in a rhythm other than monthly, quarterly or yearly".to_owned());
    }
    let takes = charity.entities.iter().filter(|e| e.currencies.contains(&total.currency()));
    let takes = takes.filter(|e| line.entity.is_empty() || e.id == line.entity);
    let mut takes = takes.filter(|e| fund.is_offered_by(&e.id));
    let entity =
        takes.next().ok_or_else(|| format!("no entity takes {} for {}", total.currency(), fund.name))?;
    if takes.next().is_some() {
        return Err(format!("several entities take {}: name one in the column entity", total.currency()));
    }
    Ok((total, entity.id.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_line_by_line() {
        let read =
            lines("subscription,fund,entity\nsub_1,where-most-needed,uk\nsub_2,rescue,\n").expect("reads");
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].line, read[1].entity.as_str()), (2, ""));
        for (file, says) in [
            ("a,b\n1,2\n", "needs the columns"),
            ("subscription,fund\n", "no row"),
            ("subscription,fund\nsub_1,a\nsub_1,b\n", "line 2 and again on line 3"),
        ] {
            assert!(lines(file).expect_err(file).contains(says), "{file}");
        }
    }
}
