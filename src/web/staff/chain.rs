//! The chain of a gift as a timeline: form, payment, charge, balance, payout, receipt, statement; then what followed.

use super::dashboard;
use super::gift::Parts;
use super::look::Look;
use crate::clock::Ts;
use crate::domain::money::Money;
use crate::domain::role::Right;
use crate::domain::search::StripeKind;
use crate::domain::states::{DisputeState, EntryKind, PayoutState, RefundState};
use crate::store::office_gift::Sequel;
use crate::web::pages::{ChipTone, Event, History, Link};

/// Something that happened at a known moment.
fn event(look: Look<'_>, tone: ChipTone, at: Ts, words: &str, text: String) -> Event {
    Event {
        tone,
        date: look.moment(at),
        datetime: look.date_of(at).to_string(),
        words: words.to_owned(),
        text,
        ..Event::default()
    }
}

/// Something that has not happened yet.
fn not_yet(words: &str, text: &str) -> Event {
    Event {
        tone: ChipTone::Wait,
        date: "Not yet".to_owned(),
        words: words.to_owned(),
        text: text.to_owned(),
        ..Event::default()
    }
}

fn at_stripe(look: Look<'_>, kind: StripeKind, id: &str) -> Option<Link> {
    let live = look.state.deps.config.stripe.livemode;
    dashboard::href(live, kind, id).map(|href| Link::new(format!("{id} at Stripe"), href))
}

/// From the form to the receipt, each step with its time.
pub fn chain(look: Look<'_>, parts: &Parts) -> History {
    let mut events = Vec::new();
    if parts.origin.offline_kind.is_none() {
        events.extend(paid(look, parts));
    } else if let Some(at) = parts.origin.entered_at {
        events.push(event(look, ChipTone::Success, at, "Entered in the office", String::new()));
    }
    events.extend(parts.sequels.iter().filter(|s| s.what == "receipt").map(|s| receipt(look, s)));
    events.extend(papers(look, parts));
    History { heading: "From form to receipt".to_owned(), events, none: String::new() }
}

/// The statement and the claim that tell of it.
fn papers(look: Look<'_>, parts: &Parts) -> Vec<Event> {
    let may = look.staff.may(Right::ManageTax);
    let known = parts.papers.as_ref();
    let statement =
        known.and_then(|p| Some((p.statement_number.as_ref()?, p.statement_at?, p.statement_id.as_ref()?)));
    let mut events = vec![match statement {
        Some((number, at, id)) => {
            let link = may.then(|| Link::new(number.as_str(), format!("/staff/statements/document/{id}")));
            Event { link, ..event(look, ChipTone::Success, at, "Statement", String::new()) }
        }
        None => not_yet("Statement", "It stands on no yearly statement yet."),
    }];
    let claim = known
        .and_then(|p| Some((p.claim_number.as_ref()?, p.claim_at?, p.claim_id.as_ref()?, &p.claim_state)));
    match claim {
        Some((number, at, id, state)) => {
            let link = may.then(|| Link::new(number.as_str(), format!("/staff/gift-aid/{id}")));
            let text = match state.as_deref() {
                Some("draft") => "In a draft that is not sent yet.",
                Some("paid") => "HMRC has paid it.",
                Some(_) | None => "HMRC has it.",
            };
            events.push(Event {
                link,
                ..event(look, ChipTone::Success, at, "Gift Aid claim", text.to_owned())
            });
        }
        None if parts.gift.gift_aid => events.push(not_yet("Gift Aid claim", "It is on no claim yet.")),
        None => {}
    }
    events
}

/// Form, payment, charge, balance, payout.
fn paid(look: Look<'_>, parts: &Parts) -> Vec<Event> {
    let (gift, origin) = (&parts.gift, &parts.origin);
    let mut events = Vec::new();
    if let (Some(at), Some(reference)) = (origin.form_at, &origin.reference) {
        let first = gift.instalment.is_none_or(|n| n == 1);
        let words = if first { "Form sent" } else { "Form sent, with which the monthly gift began" };
        let text = format!("The donor's reference is {reference}.");
        events.push(event(look, ChipTone::Info, at, words, text));
    }
    if let Some(intent) = &gift.stripe_payment_intent {
        let text = origin.stripe_session.iter().map(|s| format!("On payment page {s}.")).collect();
        let link = at_stripe(look, StripeKind::PaymentIntent, intent);
        events.push(Event { link, ..event(look, ChipTone::Info, gift.received_at, "Payment", text) });
    }
    if let Some(charge) = &gift.stripe_charge {
        let invoice = origin.stripe_invoice.iter().map(|i| format!("Of invoice {i}.")).collect();
        let charged = event(look, ChipTone::Success, gift.received_at, "Charged", invoice);
        let link = at_stripe(look, StripeKind::Charge, charge);
        events.push(Event { amount: look.money(gift.amount()), link, ..charged });
    }
    match parts.entries.iter().find(|e| e.kind == EntryKind::Fee) {
        None => events.push(not_yet("Stripe's balance", "Stripe has not booked it yet.")),
        Some(fee) => {
            let net = gift.amount().checked_add(fee.amount()).unwrap_or(gift.amount());
            let text = format!(
                "{} after Stripe's fee of {}. {}",
                look.money(net),
                look.money(Money::new(fee.amount_minor.saturating_neg(), fee.currency)),
                fee.balance_transaction.as_deref().unwrap_or_default()
            );
            events.push(event(look, ChipTone::Success, fee.occurred_at, "In Stripe's balance", text));
        }
    }
    events.push(paid_out(look, parts));
    events
}

/// The payout that carried it to the bank.
fn paid_out(look: Look<'_>, parts: &Parts) -> Event {
    let o = &parts.origin;
    let (Some(id), Some(state), Some(at)) = (&o.payout_id, o.payout_state, o.payout_made_at) else {
        return not_yet("Paid out to the bank", "No payout that can be traced has carried it yet.");
    };
    let day = o.payout_arrives_on.map(|d| look.day(d.0)).unwrap_or_default();
    let (tone, text) = match state {
        PayoutState::Paid => (ChipTone::Success, format!("At the bank on {day}.")),
        PayoutState::Pending | PayoutState::InTransit => {
            (ChipTone::Wait, format!("Expected at the bank on {day}."))
        }
        PayoutState::Failed => {
            (ChipTone::Problem, "The bank refused it; the money is back in Stripe’s balance.".to_owned())
        }
        PayoutState::Canceled => (ChipTone::Info, "The payout was called off.".to_owned()),
    };
    let name = o.stripe_payout.as_deref().unwrap_or("The payout");
    let link = Some(Link::new(name, format!("/staff/payouts/{id}")));
    Event { link, ..event(look, tone, at, "Paid out to the bank", text) }
}

fn receipt(look: Look<'_>, s: &Sequel) -> Event {
    let number = s.object.as_deref().unwrap_or_default();
    let version = s.detail.as_deref().filter(|v| *v != "1");
    let words = match version {
        Some(version) => format!("Receipt {number}, version {version}"),
        None => format!("Receipt {number}"),
    };
    let (tone, text) = match (s.state.as_str(), s.why.as_deref()) {
        ("paper", _) => (ChipTone::Success, "To be printed: the donor had no mailbox."),
        (_, Some("sent")) => (ChipTone::Success, "Sent."),
        (_, Some("held")) => (ChipTone::Wait, "It rests: mail to this donor is paused."),
        (_, Some("failed")) => (ChipTone::Problem, "Its mail was refused."),
        (_, Some(_)) => (ChipTone::Wait, "Its mail is on its way."),
        (_, None) => (ChipTone::Info, ""),
    };
    event(look, tone, s.made_at, &words, text.to_owned())
}

/// Refunds, disputes and corrections.
pub fn sequels(look: Look<'_>, parts: &Parts) -> History {
    let mut events: Vec<Event> = Vec::new();
    for s in parts.sequels.iter().filter(|s| s.what != "receipt") {
        events.push(match s.what.as_str() {
            "refund" => refund(look, parts, s),
            "dispute" => dispute(look, parts, s),
            _ => correction(look, s),
        });
    }
    for entry in parts.entries.iter().filter(|e| e.kind == EntryKind::Returned) {
        let returned =
            event(look, ChipTone::Problem, entry.occurred_at, "The bank did not pay", String::new());
        events.push(Event { amount: look.money(entry.amount()), ..returned });
    }
    History {
        heading: "What followed".to_owned(),
        events,
        none: "Nothing: it stands as it was given.".to_owned(),
    }
}

fn amount(look: Look<'_>, parts: &Parts, s: &Sequel) -> String {
    let minor = s.amount_minor.unwrap_or(0).saturating_neg();
    look.money(Money::new(minor, parts.gift.currency))
}

fn refund(look: Look<'_>, parts: &Parts, s: &Sequel) -> Event {
    let (tone, words) = match s.state.parse::<RefundState>() {
        Ok(RefundState::Pending) => (ChipTone::Wait, "Refund on its way"),
        Ok(RefundState::Succeeded) => (ChipTone::Info, "Refunded"),
        Ok(RefundState::Failed) => (ChipTone::Problem, "The refund failed"),
        Ok(RefundState::Canceled) => (ChipTone::Info, "The refund was taken back"),
        Err(_) => (ChipTone::Info, "Refund"),
    };
    let why = match s.why.as_deref() {
        Some("duplicate") => "Given twice.",
        Some("fraudulent") => "Given without the owner's leave.",
        Some("requested_by_customer") => "The donor asked for it.",
        Some(other) => other,
        None => "",
    };
    let link = s.object.as_deref().and_then(|id| at_stripe(look, StripeKind::Refund, id));
    Event { amount: amount(look, parts, s), link, ..event(look, tone, s.made_at, words, why.to_owned()) }
}

fn dispute(look: Look<'_>, parts: &Parts, s: &Sequel) -> Event {
    let (tone, words) = match s.state.parse::<DisputeState>() {
        Ok(DisputeState::Open) => (ChipTone::Attention, "Disputed at the donor's bank"),
        Ok(DisputeState::Won) => (ChipTone::Success, "Dispute won"),
        Ok(DisputeState::Lost) => (ChipTone::Problem, "Dispute lost: the bank took it back"),
        Err(_) => (ChipTone::Info, "Dispute"),
    };
    let reason = s.why.as_deref().unwrap_or_default().replace('_', " ");
    let text = match s.due_at.filter(|_| s.state == "open") {
        Some(due) => format!("Answer at Stripe by {}. The bank's reason: {reason}.", look.moment(due)),
        None => format!("The bank's reason: {reason}."),
    };
    let link = s.object.as_deref().and_then(|id| at_stripe(look, StripeKind::Dispute, id));
    Event { amount: amount(look, parts, s), link, ..event(look, tone, s.made_at, words, text) }
}

fn correction(look: Look<'_>, s: &Sequel) -> Event {
    let words = match s.state.as_str() {
        "donor" => "Corrected: it was another donor's",
        "fund" => "Corrected: it was for another fund",
        "date" => "Corrected: it came on another day",
        "amount" => "Corrected: it was another sum",
        _ => "Corrected",
    };
    let by = s.detail.as_deref().unwrap_or_default();
    let why = s.why.as_deref().unwrap_or_default();
    event(look, ChipTone::Info, s.made_at, words, format!("{why} ({by})"))
}
