//! How the house stands, in sentences a person can act on, and the alarms (R12, R16 of the goals).

use std::time::Duration;

use super::compose::letters;
use super::mailing::{self, Envelope};
use super::{Deps, Result, reconcile};
use crate::clock::Ts;
use crate::store::health::{self as rows, Alarm, Figures, OfKind};

const DAY: Duration = Duration::from_secs(86_400);
/// A walk begins every ten minutes: without one for this long, lost events stay lost.
const WALK_WITHIN: Duration = Duration::from_secs(45 * 60);
/// What waits longer than this is not being worked on.
const WORK_WITHIN: Duration = Duration::from_secs(10 * 60);
/// Mail may wait for a mail host that is away for a while; a receipt that is an hour late is not yet an alarm.
const MAIL_WITHIN: Duration = Duration::from_secs(60 * 60);

/// How one thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// As it should be.
    Well,
    /// To be looked at when there is time.
    Look,
    /// Somebody has to act: it is an alarm.
    Act,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// In one word; the alarm's name.
    pub name: &'static str,
    /// For people.
    pub label: &'static str,
    /// How it stands.
    pub verdict: Verdict,
    /// A sentence: what is so, and what to do when it is not well.
    pub words: String,
}

/// How the house stands.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The figures.
    pub figures: Figures,
    /// What they mean.
    pub checks: Vec<Check>,
    /// Jobs, by kind.
    pub jobs: Vec<OfKind>,
    /// The alarms that are raised.
    pub alarms: Vec<Alarm>,
}

impl Standing {
    /// The worst of all.
    pub fn verdict(&self) -> Verdict {
        self.checks.iter().map(|c| c.verdict).max().unwrap_or(Verdict::Well)
    }
}

/// How the house stands now. Three statements.
///
/// # Errors
/// When the database refuses.
pub async fn standing(deps: &Deps) -> Result<Standing> {
    let now = deps.clock.now();
    let mut read = deps.store.read().await?;
    let figures = rows::figures(&mut read, now, now.minus(DAY)).await?;
    let jobs = rows::jobs_by_kind(&mut read).await?;
    let alarms = rows::alarms(&mut read).await?;
    Ok(Standing { checks: checks(&figures, now), figures, jobs, alarms })
}

/// `4 minutes`, `3 hours`, `2 days`.
pub fn ago(since: Ts, now: Ts) -> String {
    let minutes = (now.as_unix() - since.as_unix()).max(0) / 60;
    let (count, unit) = match minutes {
        0 => return "less than a minute".to_owned(),
        1..60 => (minutes, "minute"),
        60..2_880 => (minutes / 60, "hour"),
        _ => (minutes / 1_440, "day"),
    };
    if count == 1 { format!("1 {unit}") } else { format!("{count} {unit}s") }
}

fn checks(f: &Figures, now: Ts) -> Vec<Check> {
    let check = |name, label, (verdict, words)| Check { name, label, verdict, words };
    vec![
        check("stripe_events", "Word from Stripe", events(f, now)),
        check("walk", "The mirror", the_walk(f, now)),
        check("inbox", "Events waiting", inbox(f, now)),
        check("work", "Work", work(f, now)),
        check("given_up", "Given up", given_up(f)),
        check("mail", "Mail", mail(f, now)),
        check("mail_failed", "Mail that came back", returned_mail(f)),
        check("drift", "What no event told", drift(f)),
    ]
}

fn older(at: Option<Ts>, than: Duration, now: Ts) -> bool {
    at.is_some_and(|at| at < now.minus(than))
}

fn the_walk(f: &Figures, now: Ts) -> (Verdict, String) {
    match f.walked_at {
        Some(at) if at >= now.minus(WALK_WITHIN) => {
            (Verdict::Well, format!("Stripe’s objects were walked over {} ago.", ago(at, now)))
        }
        _ if f.walk_tried.is_none_or(|at| at >= now.minus(WALK_WITHIN)) => (
            Verdict::Look,
            "Stripe’s objects were not walked over yet since the work began.".to_owned(),
        ),
        _ => (
            Verdict::Act,
            "Stripe’s objects were not walked over lately: what events miss is not found. See whether the worker runs and \
             whether Stripe answers it."
                .to_owned(),
        ),
    }
}

fn inbox(f: &Figures, now: Ts) -> (Verdict, String) {
    match (f.events_waiting, older(f.events_since, WORK_WITHIN, now)) {
        (0, _) => (Verdict::Well, "No event waits.".to_owned()),
        (n, false) => (Verdict::Well, format!("{n} events are being worked on.")),
        (n, true) => (
            Verdict::Act,
            format!(
                "{n} events wait, the oldest for {}: see whether the worker runs.",
                f.events_since.map(|at| ago(at, now)).unwrap_or_default()
            ),
        ),
    }
}

fn work(f: &Figures, now: Ts) -> (Verdict, String) {
    match (f.jobs_due, older(f.jobs_since, WORK_WITHIN, now) || f.leases_over > 0) {
        (0, false) => (Verdict::Well, "No work is late.".to_owned()),
        (n, false) => (Verdict::Well, format!("{n} jobs are due now.")),
        (n, true) => (
            Verdict::Act,
            format!(
                "{n} jobs are due for more than ten minutes, or were taken and not given back: see whether the worker runs."
            ),
        ),
    }
}

fn mail(f: &Figures, now: Ts) -> (Verdict, String) {
    match (f.mails_waiting, older(f.mails_since, MAIL_WITHIN, now)) {
        (0, _) => (Verdict::Well, "No mail waits.".to_owned()),
        (n, false) => (Verdict::Well, format!("{n} mails are on their way.")),
        (n, true) => (
            Verdict::Act,
            format!(
                "{n} mails wait, some for more than an hour: see whether the mail host answers, or mail to them rests."
            ),
        ),
    }
}

fn returned_mail(f: &Figures) -> (Verdict, String) {
    match f.mails_failed {
        0 => (Verdict::Well, "No mail came back since yesterday.".to_owned()),
        n => (Verdict::Look, format!("{n} mails came back since yesterday: they are on Today.")),
    }
}

fn events(f: &Figures, now: Ts) -> (Verdict, String) {
    match f.last_event {
        None => (
            Verdict::Look,
            "Stripe has told nothing yet: before the first gift that is as it should be.".to_owned(),
        ),
        Some(at) => (Verdict::Well, format!("The last word from Stripe came {} ago.", ago(at, now))),
    }
}

fn given_up(f: &Figures) -> (Verdict, String) {
    match (f.jobs_failed, f.events_dead) {
        (0, 0) => (Verdict::Well, "Nothing was given up.".to_owned()),
        (jobs, events) => (
            Verdict::Act,
            format!(
                "{jobs} jobs were given up, {events} events wait for them: put right what the log says, then try again."
            ),
        ),
    }
}

/// Events that did not come: found and healed is an alarm all the same, as the next ones will not come either.
fn drift(f: &Figures) -> (Verdict, String) {
    match (f.drift_open, f.drift_healed) {
        (0, 0) => (Verdict::Well, "Everything at Stripe was told by events.".to_owned()),
        (0, healed) => (
            Verdict::Act,
            format!(
                "{healed} things since yesterday were never told by an event; they were found and put right. See the webhook's \
                 page at Stripe: its address, its secret, its failed deliveries."
            ),
        ),
        (open, healed) => (
            Verdict::Act,
            format!(
                "{open} things at Stripe are not in the books yet, {healed} were put right since yesterday."
            ),
        ),
    }
}

/// Raises an alarm for what is wrong since this look, and calls off what is well again: a line in the log each, and a letter
/// when there is somebody to write to. Once for each change, however often it looks and however many look.
///
/// # Errors
/// When the database refuses.
pub async fn watch(deps: &Deps) -> Result<()> {
    let now = deps.clock.now();
    // What the walk has just found is looked at by now: open is only what could not be put right.
    reconcile::settle(deps).await?;
    let standing = standing(deps).await?;
    let raised = |name: &str| standing.alarms.iter().any(|a| a.name == name);
    let changed: Vec<&Check> =
        standing.checks.iter().filter(|c| (c.verdict == Verdict::Act) != raised(c.name)).collect();
    for check in changed {
        let wrong = check.verdict == Verdict::Act;
        let mut tx = deps.store.write().await?;
        let first = match wrong {
            true => rows::raise(&mut tx, check.name, &check.words, now).await?,
            false => rows::call_off(&mut tx, check.name).await?,
        };
        if !first {
            continue;
        }
        if let Some(to) = &deps.config.operations.alarm_email {
            let envelope = Envelope {
                dedupe_key: format!("alarm:{}:{wrong}:{}", check.name, now.as_micros()),
                recipient: to,
                donor_id: None,
                gift_id: None,
                proof_id: None,
            };
            let letter = letters::alarm(deps, check.label, &check.words, wrong)?;
            mailing::queue(deps, &mut tx, envelope, letter, now).await?;
        }
        tx.commit().await?;
        if wrong {
            tracing::error!(alarm = check.name, words = check.words, "alarm");
        } else {
            tracing::warn!(alarm = check.name, words = check.words, "alarm over");
        }
    }
    deps.work.notify_waiters();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_as_people_tell_them() {
        let now = Ts::from_unix(1_000_000);
        for (seconds, words) in [
            (0, "less than a minute"),
            (61, "1 minute"),
            (59 * 60, "59 minutes"),
            (3_600, "1 hour"),
            (47 * 3_600, "47 hours"),
            (48 * 3_600, "2 days"),
        ] {
            assert_eq!(ago(now.minus(Duration::from_secs(seconds)), now), words);
        }
        assert_eq!(
            ago(now.plus(Duration::from_secs(60)), now),
            "less than a minute",
            "a clock that is ahead"
        );
    }
}
