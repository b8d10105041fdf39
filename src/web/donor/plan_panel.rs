//! One repeating gift on its page: how it stands, what needs doing, what is coming, what was.

use super::plan_words::{PlanWords, capital};
use super::view::View;
use crate::clock::Ts;
use crate::domain::states::{ChangeKind, ChangeState, EndedWhy, PauseKind, PledgeState, RecoveryState};
use crate::domain::terms::Terms;
use crate::services::compose::plan_letters::{month_words, often, reason_words};
use crate::services::pledges::restart;
use crate::store::pledge_changes::PledgeChange;
use crate::store::pledges::Pledge;
use crate::store::recoveries::Recovery;
use crate::web::AppState;
use crate::web::errors::AppError;
use crate::web::pages::{
    Charge, ChargeState, ChipTone, EndedPlan, Event, Link, Notice, PlanDetail, PlanPanel, Row, Todo, Tone,
};

/// Coming gifts shown.
const COMING: usize = 12;
/// Lines of history shown.
const HISTORY: usize = 12;

/// What the page is made of.
#[derive(Debug)]
pub struct Facts {
    /// The donor's plans.
    pub plans: Vec<Pledge>,
    /// What was asked about them.
    pub changes: Vec<PledgeChange>,
    /// What failed.
    pub recoveries: Vec<Recovery>,
}

/// Where an act about a plan is done.
pub fn href(pledge: &Pledge, act: &str) -> String {
    format!("/portal/monthly/{}/{act}", pledge.id)
}

/// A running plan.
///
/// # Errors
/// When the charity file no longer has its entity.
pub fn panel(state: &AppState, locale: &str, pledge: &Pledge, facts: &Facts) -> Result<PlanPanel, AppError> {
    let words = PlanWords::of(state, locale, pledge)?;
    let view = View { state, locale };
    let terms = pledge.terms();
    let open = facts.changes.iter().find(|c| c.pledge_id == pledge.id && c.state == ChangeState::Asked);
    let entities = facts.plans.iter().any(|p| p.entity_id != pledge.entity_id);
    let now = state.deps.clock.now();
    let failed = facts.recoveries.iter().filter(|r| r.pledge_id == pledge.id);
    let schedule = terms.as_ref().map(|t| words.coming(t, COMING)).unwrap_or_default();
    Ok(PlanPanel {
        id: pledge.id.to_string(),
        card: view.plan_card(pledge, entities),
        notice: open.and_then(|change| being_confirmed(&words, change)),
        todos: failed
            .filter(|r| r.state == RecoveryState::Open)
            .map(|r| todo(&words, pledge, r))
            .chain(card_ends(&words, pledge, now))
            .collect(),
        acts: match &terms {
            Some(terms) => acts(pledge, terms),
            None => vec![Link::new("Stop", href(pledge, "stop"))],
        },
        details: terms.as_ref().map(|t| details(&words, pledge, t)).unwrap_or_default(),
        schedule_title: schedule_title(&schedule).to_owned(),
        schedule,
        schedule_note: terms.as_ref().map(|t| schedule_note(&words, t)).unwrap_or_default(),
        history: history(&words, pledge, facts),
    })
}

fn being_confirmed(words: &PlanWords<'_>, change: &PledgeChange) -> Option<Notice> {
    let (was, wanted) = (change.was().ok()?, change.wanted().ok()?);
    let rows: Vec<Row> = words.changes(&was, &wanted);
    let text: Vec<String> = rows.iter().map(|r| format!("{}: {}", r.label, r.value)).collect();
    Some(Notice {
        tone: Tone::Info,
        title: "Being confirmed.".to_owned(),
        text: format!("We have asked for this and wait for the answer. {}.", text.join(". ")),
    })
}

fn todo(words: &PlanWords<'_>, pledge: &Pledge, recovery: &Recovery) -> Todo {
    Todo {
        tone: Tone::Attention,
        title: format!(
            "Your gift of {} due on {} did not come through.",
            recovery.amount().display(words.locale),
            words.day(recovery.due_at)
        ),
        text: format!("{} Nothing was taken.", reason_words(recovery.reason)),
        link: Some(Link::new("Put it right", href(pledge, "fix"))),
        ..Todo::default()
    }
}

/// A card that ends before long, while nothing has failed yet.
fn card_ends(words: &PlanWords<'_>, pledge: &Pledge, now: Ts) -> Option<Todo> {
    let month = pledge.method_expires.as_deref()?;
    let soon = now.plus(std::time::Duration::from_secs(40 * 86_400)).date_in(&words.entity.time_zone);
    let is_soon = *month <= *format!("{:04}-{:02}", soon.year(), soon.month());
    let goes_on = matches!(pledge.state, PledgeState::Active | PledgeState::Paused);
    (is_soon && goes_on).then(|| Todo {
        tone: Tone::Attention,
        title: format!("{} expires in {}.", words.method(pledge), month_words(month, words.locale)),
        text: "So that your gift goes on, tell us the new card. It takes a minute.".to_owned(),
        link: Some(Link::new("Use another card", href(pledge, "fix"))),
        ..Todo::default()
    })
}

fn acts(pledge: &Pledge, terms: &Terms) -> Vec<Link> {
    let link = |label: &str, act: &str| Link::new(label, href(pledge, act));
    if pledge.state == PledgeState::Pending {
        return vec![link("Stop", "stop")];
    }
    let is_paused = terms.pause == PauseKind::Open;
    if terms.schedule().first().is_none() && !is_paused {
        // The last one was given: nothing is left to skip or to change but the end itself.
        return vec![link("Go on with it", "until?look=yes"), link("Stop", "stop")];
    }
    let mut acts = vec![link("Give more", "amount")];
    match terms.pause {
        PauseKind::No => acts.extend([link("Skip the next gift", "skip"), link("Pause", "pause")]),
        PauseKind::Until if terms.schedule().skipped().len() == 1 => {
            acts.extend([link("Give it after all", "resume"), link("Skip one more", "skip")]);
        }
        PauseKind::Until | PauseKind::Open => acts.push(link("Go on with it", "resume")),
    }
    acts.push(link("Stop", "stop"));
    acts
}

fn details(words: &PlanWords<'_>, pledge: &Pledge, terms: &Terms) -> Vec<PlanDetail> {
    let may_change = pledge.state != PledgeState::Pending;
    let row = |label: &str, value: String, hint: String, act: &str| {
        let detail = PlanDetail::new(label, value).hint(hint);
        if may_change { detail.change(href(pledge, act)) } else { detail }
    };
    let fee = if terms.fee_cover_minor == 0 {
        "Not covered".to_owned()
    } else {
        format!("{} added each time", terms.fee_cover().display(words.locale))
    };
    let last = match terms.schedule().last() {
        Some(at) => words.day(at),
        None => "None set: it goes on until you stop it".to_owned(),
    };
    let entity = words.entity.legal_name.clone();
    let several = words.state.deps.config.charity.entities.len() > 1;
    let mut rows = vec![
        row("Gift", terms.amount().display(words.locale), String::new(), "amount"),
        row("How often", capital(often(terms.frequency)), String::new(), "frequency"),
        row("Day", words.on_the(terms), String::new(), "day"),
        row("Goes to", words.fund(&terms.fund_id), if several { entity } else { String::new() }, "fund"),
    ];
    if words.entity.cover_fee.is_some() || terms.fee_cover_minor > 0 {
        rows.push(row("Card fee", fee, String::new(), "fee"));
    }
    let method =
        Some(words.method(pledge)).filter(|m| !m.is_empty()).unwrap_or_else(|| "Not known".to_owned());
    rows.push(row("Paid with", method, words.method_end(pledge), "fix"));
    rows.push(row("Last gift", last, String::new(), "until"));
    rows
}

/// A gift that ends has fewer to come.
fn schedule_title(coming: &[Charge]) -> &'static str {
    let given = coming.iter().filter(|c| c.state != ChargeState::Skipped).count();
    if given < COMING { "The gifts to come" } else { "The next twelve gifts" }
}

fn schedule_note(words: &PlanWords<'_>, terms: &Terms) -> String {
    if terms.pause == PauseKind::Open {
        return "Nothing is planned until you go on with it.".to_owned();
    }
    match terms.schedule().last() {
        Some(last) => format!("The last one is on {}.", words.day(last)),
        None if words.date(terms.anchor_at).day() > 28 => {
            "In a shorter month it is the last day, and the month after the usual day again.".to_owned()
        }
        None => String::new(),
    }
}

fn history(words: &PlanWords<'_>, pledge: &Pledge, facts: &Facts) -> Vec<Event> {
    let mut events: Vec<(Ts, Event)> = Vec::new();
    for change in facts.changes.iter().filter(|c| c.pledge_id == pledge.id) {
        events.extend(changed(words, change));
    }
    for recovery in facts.recoveries.iter().filter(|r| r.pledge_id == pledge.id) {
        events.extend(failed(words, recovery));
    }
    events.push((
        pledge.started_at,
        event(words, pledge.started_at, ChipTone::Success, "Begun", String::new()),
    ));
    events.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    events.into_iter().take(HISTORY).map(|(_, event)| event).collect()
}

fn event(words: &PlanWords<'_>, at: Ts, tone: ChipTone, what: &str, text: String) -> Event {
    Event {
        tone,
        date: words.day(at),
        datetime: words.date(at).to_string(),
        words: what.to_owned(),
        text,
        ..Event::default()
    }
}

fn changed(words: &PlanWords<'_>, change: &PledgeChange) -> Option<(Ts, Event)> {
    let (was, wanted) = (change.was().ok()?, change.wanted().ok()?);
    let (tone, what) = match (change.state, change.kind) {
        (ChangeState::Asked, _) => return None,
        (ChangeState::Refused, _) => (ChipTone::Problem, "A change could not be made"),
        (ChangeState::Overtaken, _) => (ChipTone::Info, "Replaced by a later change"),
        (_, ChangeKind::Method) => (ChipTone::Success, "Paid with another card or account"),
        (_, ChangeKind::MethodRenewed) => (ChipTone::Info, "Your bank sent us your new card's details"),
        (_, ChangeKind::Elsewhere) => (ChipTone::Info, "Changed by us"),
        (_, ChangeKind::Undo) => (ChipTone::Info, "A change was taken back"),
        (_, ChangeKind::Stop) => (ChipTone::Info, "Stopped"),
        _ => (ChipTone::Success, "Changed"),
    };
    let rows = words.changes(&was, &wanted).into_iter().filter(|r| r.label != "Next gift");
    let text: Vec<String> = rows.map(|r| format!("{}: {}", r.label, r.value)).collect();
    Some((change.made_at, event(words, change.made_at, tone, what, text.join(". "))))
}

fn failed(words: &PlanWords<'_>, recovery: &Recovery) -> Vec<(Ts, Event)> {
    let amount = recovery.amount().display(words.locale);
    let began = event(
        words,
        recovery.began_at,
        ChipTone::Attention,
        &format!("{amount} did not come through"),
        reason_words(recovery.reason).to_owned(),
    );
    let mut events = vec![(recovery.began_at, began)];
    if let (RecoveryState::Recovered, Some(at)) = (recovery.state, recovery.closed_at) {
        let words_ = format!("{amount} came through after all");
        events.push((at, event(words, at, ChipTone::Success, &words_, String::new())));
    }
    events
}

/// A plan that is over.
///
/// # Errors
/// When the charity file no longer has its entity.
pub fn ended(state: &AppState, locale: &str, pledge: &Pledge, facts: &Facts) -> Result<EndedPlan, AppError> {
    let words = PlanWords::of(state, locale, pledge)?;
    let on = pledge.ended_at.map(|at| format!(" on {}", words.day(at))).unwrap_or_default();
    let again = match &pledge.restarted_as {
        None => "",
        Some(payment) if facts.plans.iter().any(|p| p.payment_id == *payment) => " It has begun again.",
        Some(_) => " That it begins again is being confirmed.",
    };
    let text = match pledge.ended_why {
        Some(EndedWhy::Asked) => format!("Stopped{on}, as you asked."),
        Some(EndedWhy::Failed) => format!("Ended{on}, after your bank had not sent it several times."),
        Some(EndedWhy::Date) => format!("Ended{on}, on the day you had chosen."),
        Some(EndedWhy::Elsewhere) | None => format!("Ended{on}."),
    };
    let can_restart = restart::first_charge(pledge, state.deps.clock.now()).is_some();
    Ok(EndedPlan {
        heading: format!("Your {}", super::view::kind(Some(pledge.frequency)).to_lowercase()),
        amount: pledge.total().display(locale),
        often: format!("{} · {}", often(pledge.frequency), words.fund(&pledge.fund_id)),
        text: format!("{text}{again}"),
        restart: can_restart.then(|| Link::new("Begin it again", href(pledge, "restart"))),
    })
}
