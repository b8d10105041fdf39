//! Ending a declaration (UK-21): from the day the donor tells us, or a later one they name. What was received before stays
//! covered; an oral declaration cancelled within 30 days of its written record counts as never made.

use jiff::Span;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::touch_statements;
use crate::clock::Ts;
use crate::config::Entity;
use crate::domain::audit::ACTOR_DONOR;
use crate::domain::gift_aid::declaration::{Channel, Declaration, Ended, Scope};
use crate::domain::ids::{DeclarationEventId, DeclarationId, DonorId};
use crate::services::accounts::note;
use crate::services::compose::{self, gift_aid_letters};
use crate::services::mailing::{self, Envelope};
use crate::services::staff::{Act, Actor, record};
use crate::services::{Deps, Result};
use crate::store::declarations::{self, EventKind, NewEvent};
use crate::store::{Day, WriteTx, donors};

/// For so long after its written record an oral declaration can be cancelled from the start (UK-20).
const REGRET_DAYS: i64 = 30;

/// A declaration to be ended.
#[derive(Clone, Debug)]
pub struct End<'a> {
    /// Whose: the record that others count for.
    pub owner: &'a DonorId,
    /// Which.
    pub declaration: &'a DeclarationId,
    /// With every other one to the same entity that still holds: Gift Aid is off then.
    pub with_others: bool,
    /// The day the donor told us, in the entity's zone; none: today.
    pub notified_on: Option<Date>,
    /// A later day from which the donor wants it to end.
    pub from: Option<Date>,
    /// How they told us.
    pub via: Channel,
    /// What they said.
    pub words: &'a str,
    /// Who writes it down; none: the donor themselves.
    pub ended_by: Option<&'a Actor>,
}

/// Why a declaration does not end so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The donor cannot have told us yet.
    InFuture,
    /// The donor cannot have told us before they made it.
    BeforeItWasMade,
    /// It ends when the donor tells us, or later.
    BeforeWeWereTold,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It ends so.
    Done(Ended),
    /// It was ended before, and stays so.
    Before(Ended),
    /// It does not.
    Refused(Refusal),
    /// There is no such declaration of this donor.
    Unknown,
}

/// How a declaration would end. `made_on`, `today`: in the entity's zone (cases 26 to 28).
///
/// # Errors
/// [`Refusal`].
pub fn outcome(
    declaration: &Declaration,
    (made_on, today): (Date, Date),
    notified_on: Date,
    from: Option<Date>,
) -> std::result::Result<Ended, Refusal> {
    if notified_on > today {
        return Err(Refusal::InFuture);
    }
    if notified_on < made_on {
        return Err(Refusal::BeforeItWasMade);
    }
    if from.is_some_and(|day| day < notified_on) {
        return Err(Refusal::BeforeWeWereTold);
    }
    // Who names a later day wants it to hold until then.
    let later = from.filter(|day| *day > notified_on);
    let void = later.is_none() && can_be_undone(declaration, notified_on);
    Ok(Ended { from: later.unwrap_or(notified_on), void })
}

/// Whether it can still be cancelled from the start: oral, and its written record not sent, or not long ago (UK-20).
fn can_be_undone(declaration: &Declaration, on: Date) -> bool {
    if declaration.channel != Channel::Oral {
        return false;
    }
    match declaration.record_sent_on {
        Some(sent) => on <= sent.saturating_add(Span::new().days(REGRET_DAYS)),
        None => declaration.evidence_ref.is_none(),
    }
}

/// Ends a declaration, and writes to the donor. Statements of the years it no longer covers are looked at again.
///
/// # Errors
/// When the database or a template refuses.
pub async fn end(deps: &Deps, wish: &End<'_>) -> Result<Ending> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let known = declarations::of_owner(&mut tx, wish.owner).await?;
    let Some(declaration) = known.iter().find(|d| d.id == *wish.declaration) else {
        return Ok(Ending::Unknown);
    };
    if let Some(ended) = declaration.ended {
        return Ok(Ending::Before(ended));
    }
    let entity = compose::entity(deps, &declaration.entity_id)?;
    let ended = match on_day(declaration, entity, wish, now) {
        Ok(ended) => ended,
        Err(refusal) => return Ok(Ending::Refused(refusal)),
    };
    if !write(deps, &mut tx, wish, (declaration, ended), now).await? {
        return Ok(Ending::Before(ended));
    }
    let also =
        known.iter().filter(|d| d.id != declaration.id && wish.with_others && also_ends(d, declaration));
    for other in also {
        // One that was made after the donor told us was meant to hold.
        if let Ok(ended) = on_day(other, entity, wish, now) {
            write(deps, &mut tx, wish, (other, ended), now).await?;
        }
    }
    tell(deps, &mut tx, wish.owner, (declaration, ended), now).await?;
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Ending::Done(ended))
}

/// Another one that stands beside it.
pub fn also_ends(other: &Declaration, declaration: &Declaration) -> bool {
    other.entity_id == declaration.entity_id && other.scope != Scope::Single && other.ended.is_none()
}

fn on_day(
    declaration: &Declaration,
    entity: &Entity,
    wish: &End<'_>,
    now: Ts,
) -> std::result::Result<Ended, Refusal> {
    let day = |at: Ts| at.date_in(&entity.time_zone);
    let today = day(now);
    outcome(declaration, (day(declaration.made_at), today), wish.notified_on.unwrap_or(today), wish.from)
}

async fn write(
    deps: &Deps,
    tx: &mut WriteTx,
    wish: &End<'_>,
    (declaration, ended): (&Declaration, Ended),
    now: Ts,
) -> Result<bool> {
    let event = NewEvent {
        id: DeclarationEventId::new(now, &deps.random),
        declaration_id: &declaration.id,
        kind: EventKind::Ended,
        effective_on: Day(ended.from),
        void: ended.void,
        via: wish.via,
        words: wish.words,
        recorded_by: wish.ended_by.map_or(ACTOR_DONOR, |actor| actor.id.as_str()),
        recorded_at: now,
    };
    if !declarations::insert_event(tx, &event).await? {
        return Ok(false);
    }
    let since = if ended.void { declaration.covers_from } else { ended.from };
    touch_statements(deps, tx, wish.owner, &declaration.entity_id, since, now).await?;
    let after = json!({
        "declaration": declaration.id.as_str(), "from": ended.from.to_string(), "void": ended.void,
        "via": wish.via.as_str(),
    });
    match wish.ended_by {
        None => note(deps, tx, now, "declaration.ended", wish.owner, after),
        Some(actor) => {
            let subject = wish.owner.as_str();
            let act = Act { action: "declaration.ended", subject, before: Value::Null, after, why: "" };
            record(deps, tx, actor, act);
        }
    }
    Ok(true)
}

async fn tell(
    deps: &Deps,
    tx: &mut WriteTx,
    owner: &DonorId,
    (declaration, ended): (&Declaration, Ended),
    now: Ts,
) -> Result<()> {
    let mailbox = donors::mailbox_of(tx, owner).await?.unwrap_or_default();
    if mailbox.is_empty() {
        return Ok(());
    }
    let letter = gift_aid_letters::declaration_ended(deps, declaration, ended)?;
    let envelope = Envelope {
        dedupe_key: format!("declaration_ended:{}", declaration.id),
        recipient: &mailbox,
        donor_id: Some(owner),
        gift_id: None,
        proof_id: None,
    };
    mailing::queue(deps, tx, envelope, letter, now).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::donor::Address;
    use crate::random::Random;
    use jiff::civil::date;

    fn declaration(channel: Channel, record_sent_on: Option<Date>) -> Declaration {
        Declaration {
            id: DeclarationId::new(Ts::from_unix(0), &Random::seeded(1)),
            entity_id: "uk".to_owned(),
            scope: Scope::Future,
            covers_from: date(2026, 5, 1),
            payment_id: None,
            gift_id: None,
            full_name: "Ada Marsh".to_owned(),
            home_address: Address::default(),
            non_uk_resident: false,
            wording_version: "1".to_owned(),
            channel,
            evidence_ref: None,
            made_at: Ts::from_unix(1_777_600_000),
            record_sent_on,
            ended: None,
        }
    }

    const MADE: Date = date(2026, 5, 1);
    const TODAY: Date = date(2026, 7, 31);

    #[test]
    fn case_26_it_ends_on_the_day_we_are_told_or_a_later_one() {
        let web = declaration(Channel::Web, None);
        let told = date(2026, 5, 10);
        assert_eq!(outcome(&web, (MADE, TODAY), told, None), Ok(Ended { from: told, void: false }));
        let later = date(2026, 12, 31);
        assert_eq!(outcome(&web, (MADE, TODAY), told, Some(later)), Ok(Ended { from: later, void: false }));
        assert_eq!(
            outcome(&web, (MADE, TODAY), told, Some(date(2026, 5, 9))),
            Err(Refusal::BeforeWeWereTold)
        );
        assert_eq!(outcome(&web, (MADE, TODAY), date(2026, 8, 1), None), Err(Refusal::InFuture));
        assert_eq!(outcome(&web, (MADE, TODAY), date(2026, 4, 30), None), Err(Refusal::BeforeItWasMade));
    }

    #[test]
    fn case_27_and_28_an_oral_one_is_undone_within_thirty_days_of_its_record() {
        let oral = declaration(Channel::Oral, Some(date(2026, 6, 1)));
        let void = |told| outcome(&oral, (MADE, TODAY), told, None).map(|e| e.void);
        assert_eq!(void(date(2026, 6, 20)), Ok(true));
        assert_eq!(void(date(2026, 7, 1)), Ok(true), "the thirtieth day");
        assert_eq!(void(date(2026, 7, 2)), Ok(false));
        assert_eq!(void(date(2026, 7, 15)), Ok(false));
        let unsent = declaration(Channel::Oral, None);
        let ended = outcome(&unsent, (MADE, TODAY), date(2026, 7, 15), None);
        assert_eq!(ended.map(|e| e.void), Ok(true), "it never held");
    }
}
