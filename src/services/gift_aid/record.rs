//! The written record of an oral declaration: with it the declaration holds (UK-20).

use jiff::civil::Date;
use serde_json::{Value, json};

use super::touch_statements;
use crate::clock::Ts;
use crate::domain::gift_aid::declaration::{Channel, Declaration};
use crate::domain::ids::{DeclarationEventId, DeclarationId, DonorId};
use crate::services::compose::{self, gift_aid_letters};
use crate::services::mailing::{self, Envelope, Rendered};
use crate::services::staff::{Act, Actor, record};
use crate::services::{Deps, Result};
use crate::store::declarations::{self, EventKind, NewEvent};
use crate::store::outbox::Queued;
use crate::store::{Day, WriteTx, donors};

/// How the record leaves us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// By e-mail, today.
    Mail,
    /// Printed, and posted on this day.
    Post(Date),
}

/// Why no record is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Only an oral declaration needs one.
    NotOral,
    /// It has ended.
    Over,
    /// The donor has no mailbox.
    NoMailbox,
    /// Mail to the donor rests.
    Rests,
    /// It cannot have been posted yet.
    InFuture,
    /// It cannot have been posted before the declaration was made.
    BeforeItWasMade,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// It is sent, or was posted.
    Done,
    /// That was written down before.
    Before,
    /// It is not.
    Refused(Refusal),
    /// There is no such declaration of this donor.
    Unknown,
}

/// Sends the written record, or writes down that it was posted, once.
///
/// # Errors
/// When the database or a template refuses.
pub async fn send(deps: &Deps, actor: &Actor, owner: &DonorId, id: &DeclarationId, by: By) -> Result<Sent> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let known = declarations::of_owner(&mut tx, owner).await?;
    let Some(declaration) = known.iter().find(|d| d.id == *id) else { return Ok(Sent::Unknown) };
    if declaration.record_sent_on.is_some() {
        return Ok(Sent::Before);
    }
    let zone = &compose::entity(deps, &declaration.entity_id)?.time_zone;
    let (made_on, today) = (declaration.made_at.date_in(zone), now.date_in(zone));
    let on = match by {
        By::Mail => today,
        By::Post(day) => day,
    };
    if let Some(refusal) = check(declaration, made_on, today, on) {
        return Ok(Sent::Refused(refusal));
    }
    let letter = gift_aid_letters::declaration_record(deps, declaration, on)?;
    let words = letter.text.clone();
    if by == By::Mail
        && let Some(not) = mail(deps, &mut tx, owner, id, letter, now).await?
    {
        return Ok(not);
    }
    if !write_down(deps, &mut tx, (actor, owner), declaration, (by, on, &words)).await? {
        return Ok(Sent::Before);
    }
    touch_statements(deps, &mut tx, owner, &declaration.entity_id, declaration.covers_from, now).await?;
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Sent::Done)
}

/// The event and its line of the chain; `false` when it was written down before.
async fn write_down(
    deps: &Deps,
    tx: &mut WriteTx,
    (actor, owner): (&Actor, &DonorId),
    declaration: &Declaration,
    (by, on, words): (By, Date, &str),
) -> Result<bool> {
    let now = deps.clock.now();
    let via = if by == By::Mail { Channel::Email } else { Channel::Paper };
    let event = NewEvent {
        id: DeclarationEventId::new(now, &deps.random),
        declaration_id: &declaration.id,
        kind: EventKind::RecordSent,
        effective_on: Day(on),
        void: false,
        via,
        words,
        recorded_by: actor.id.as_str(),
        recorded_at: now,
    };
    if !declarations::insert_event(tx, &event).await? {
        return Ok(false);
    }
    let after =
        json!({ "declaration": declaration.id.as_str(), "via": via.as_str(), "sent_on": on.to_string() });
    let act =
        Act { action: "declaration.recorded", subject: owner.as_str(), before: Value::Null, after, why: "" };
    record(deps, tx, actor, act);
    Ok(true)
}

fn check(declaration: &Declaration, made_on: Date, today: Date, on: Date) -> Option<Refusal> {
    let all = [
        (declaration.channel != Channel::Oral, Refusal::NotOral),
        (declaration.ended.is_some(), Refusal::Over),
        (on > today, Refusal::InFuture),
        (on < made_on, Refusal::BeforeItWasMade),
    ];
    all.into_iter().find(|(wrong, _)| *wrong).map(|(_, refusal)| refusal)
}

/// Queues the letter; tells why it cannot go out now. A letter that rests was not sent.
async fn mail(
    deps: &Deps,
    tx: &mut WriteTx,
    owner: &DonorId,
    id: &DeclarationId,
    letter: Rendered,
    now: Ts,
) -> Result<Option<Sent>> {
    let mailbox = donors::mailbox_of(tx, owner).await?.unwrap_or_default();
    if mailbox.is_empty() {
        return Ok(Some(Sent::Refused(Refusal::NoMailbox)));
    }
    let envelope = Envelope {
        dedupe_key: format!("declaration_record:{id}"),
        recipient: &mailbox,
        donor_id: Some(owner),
        gift_id: None,
        proof_id: None,
    };
    Ok(match mailing::place(deps, tx, envelope, letter, now).await? {
        Queued::New => None,
        Queued::Held => Some(Sent::Refused(Refusal::Rests)),
        Queued::Known => Some(Sent::Before),
    })
}
