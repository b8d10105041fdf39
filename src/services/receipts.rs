//! Receipts: issued with the gift, frozen as they are, replaced by a new one that names the old (RC-1, RC-6, RC-10).

use jiff::civil::Date;

use super::compose::receipt_letters;
use super::mailing::{self, Envelope};
use super::{Deps, Result, ServiceError, compose, statements};
use crate::clock::Ts;
use crate::config::{Entity, WordingKey};
use crate::domain::frequency::Frequency;
use crate::domain::gift_aid::declaration::{CoveredGift, covering};
use crate::domain::ids::{ReceiptEventId, ReceiptId};
use crate::domain::jurisdiction::receipts::{self as law, Blocked, Facts, Terms};
use crate::domain::money::Money;
use crate::domain::receipt::{self, Advantage, Instalment, ReceiptContent, ReceiptEntity};
use crate::domain::states::DonorKind;
use crate::store::gifts::Gift;
use crate::store::receipts::{self, Delivery, EventKind, NewReceipt, ReceiptEvent, Why};
use crate::store::{WriteTx, benefits, declarations, donors};

/// Issues the next receipt of a gift as it stands in `gift`, and queues its mail; gives its number. `frequency`: how often
/// its plan gives, none for a single gift. `replaces`: the number of the receipt that is void from now on. A donor without
/// a mailbox gets it on paper.
///
/// # Errors
/// When the charity file lacks the words, or the database refuses.
pub async fn issue(
    deps: &Deps,
    tx: &mut WriteTx,
    gift: &Gift,
    frequency: Option<Frequency>,
    replaces: Option<&str>,
    now: Ts,
) -> Result<String> {
    // The first receipt of a gift: nothing of it can have gone back, and nothing was given for it yet.
    let (old, remains) = match replaces {
        None => (None, gift.amount),
        Some(_) => {
            let left = receipts::remains(tx, &gift.id).await?;
            (receipts::current(tx, &gift.id).await?, Money::new(left, gift.amount.currency()))
        }
    };
    let next = Next { gift, frequency, remains, replaces, tells: true };
    let (id, number) = write(deps, tx, next, now).await?;
    if let Some(old) = old {
        let event = ReceiptEvent { kind: EventKind::Replaced, why: Why::Correction, replaced_by: Some(&id) };
        receipts::add_event(tx, ReceiptEventId::new(now, &deps.random), &old, event, now).await?;
    }
    Ok(number)
}

/// A receipt to be issued.
struct Next<'a> {
    gift: &'a Gift,
    frequency: Option<Frequency>,
    /// What remains given of it.
    remains: Money,
    replaces: Option<&'a str>,
    /// Its own mail goes out; otherwise another letter tells of it.
    tells: bool,
}

/// What came of holding a receipt against what remains of its gift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// They agree.
    Agrees,
    /// Nothing remains: the receipt with this number counts no longer (RC-5).
    Cancelled(String),
    /// Another receipt counts (CA-4, RC-9): the old number, the new one.
    Replaced(String, String),
    /// The receipt with this number counts again (RC-10).
    Restored(String),
}

/// Brings the receipt of a gift in line with what remains of it: cancels it, replaces it, or lets it count again. However
/// often it is called, the same books give the same receipts (case 69). No mail: whoever calls tells the donor.
///
/// # Errors
/// When the charity file lacks the words, or the database refuses.
pub async fn converge(deps: &Deps, tx: &mut WriteTx, gift: &Gift, why: Why, now: Ts) -> Result<Outcome> {
    let Some(current) = receipts::current(tx, &gift.id).await? else { return Ok(Outcome::Agrees) };
    let remains = Money::new(receipts::remains(tx, &gift.id).await?, gift.amount.currency());
    let agrees =
        current.content.amount == remains && current.content.advantage == advantage(tx, gift).await?;
    let event_id = ReceiptEventId::new(now, &deps.random);
    let event = |kind| ReceiptEvent { kind, why, replaced_by: None };
    if remains.is_zero() {
        if !current.counts {
            return Ok(Outcome::Agrees);
        }
        receipts::add_event(tx, event_id, &current, event(EventKind::Cancelled), now).await?;
        return Ok(Outcome::Cancelled(current.number));
    }
    if agrees && current.counts {
        return Ok(Outcome::Agrees);
    }
    if agrees {
        receipts::add_event(tx, event_id, &current, event(EventKind::Restored), now).await?;
        return Ok(Outcome::Restored(current.number));
    }
    let frequency = current.content.instalment.as_ref().and_then(|i| i.frequency.parse().ok());
    let next = Next { gift, frequency, remains, replaces: Some(&current.number), tells: false };
    let (id, number) = write(deps, tx, next, now).await?;
    let event = ReceiptEvent { kind: EventKind::Replaced, why, replaced_by: Some(&id) };
    receipts::add_event(tx, event_id, &current, event, now).await?;
    Ok(Outcome::Replaced(current.number, number))
}

/// A receipt that was brought in line.
#[derive(Clone, Debug)]
pub struct Settled {
    /// The number of the receipt that counted before; empty: there was none.
    pub was: String,
    /// What came of it.
    pub outcome: Outcome,
}

impl Settled {
    /// The number of the receipt that took its place.
    pub fn replacement(&self) -> &str {
        match &self.outcome {
            Outcome::Replaced(_, new) => new,
            Outcome::Agrees | Outcome::Cancelled(_) | Outcome::Restored(_) => "",
        }
    }
}

/// After money of a gift has moved: brings its receipt in line and has its year's statement looked at again.
///
/// # Errors
/// When the charity file lacks the words, or the database refuses.
pub async fn settle_up(deps: &Deps, tx: &mut WriteTx, gift: &Gift, why: Why, now: Ts) -> Result<Settled> {
    let was = receipts::number_of_gift(tx, &gift.id).await?.unwrap_or_default();
    let outcome = converge(deps, tx, gift, why, now).await?;
    touch_statement(deps, tx, gift, now).await?;
    Ok(Settled { was, outcome })
}

/// Has the statement looked at again that tells of a gift.
///
/// # Errors
/// When the database refuses.
pub async fn touch_statement(deps: &Deps, tx: &mut WriteTx, gift: &Gift, now: Ts) -> Result<()> {
    let Some(owner) = donors::owner_of(tx, &gift.donor_id).await? else { return Ok(()) };
    statements::touch(deps, tx, &owner, &gift.entity_id, &gift.tax_year, now).await
}

/// Tells the donor of a receipt that has changed without a refund: a bank's decision, or a refund that did not get through.
///
/// # Errors
/// When the database or a template refuses.
pub async fn tell_change(
    deps: &Deps,
    tx: &mut WriteTx,
    gift: &Gift,
    outcome: &Outcome,
    now: Ts,
) -> Result<()> {
    let mailbox = donors::mailbox_of(tx, &gift.donor_id).await?.unwrap_or_default();
    let (what, number) = match outcome {
        Outcome::Agrees => return Ok(()),
        Outcome::Cancelled(number) => ("cancelled", number),
        Outcome::Replaced(_, number) => ("replaced", number),
        Outcome::Restored(number) => ("restored", number),
    };
    if mailbox.is_empty() {
        return Ok(());
    }
    let envelope = Envelope {
        // A receipt can be cancelled and restored again and again: the moment tells one time from another.
        dedupe_key: format!("receipt_{what}:{number}:{}", now.as_micros()),
        recipient: &mailbox,
        donor_id: Some(&gift.donor_id),
        gift_id: Some(&gift.id),
        proof_id: None,
    };
    let remains = Money::new(receipts::remains(tx, &gift.id).await?, gift.amount.currency());
    mailing::queue(deps, tx, envelope, receipt_letters::changed(deps, gift, outcome, remains)?, now).await
}

/// What the donor got for a gift, as it was last written down; nothing is `None`.
async fn advantage(tx: &mut WriteTx, gift: &Gift) -> Result<Option<Advantage>> {
    Ok(benefits::latest(tx, &gift.id).await?.filter(|a| !a.value.is_zero()))
}

async fn write(deps: &Deps, tx: &mut WriteTx, next: Next<'_>, now: Ts) -> Result<(ReceiptId, String)> {
    let gift = next.gift;
    let year = i64::from(gift.received_on.0.year());
    let serial = receipts::next_serial(tx, &gift.entity_id, year).await?;
    // The receipt says who gave; its mail goes to where they are now: a plan outlives a mailbox, and a mistyped one is mended.
    let receiver = donors::receiver(tx, &gift.donor_id, &gift.entity_id).await?;
    let (content, blocked) = content(deps, tx, &next, receiver.has_declared, (year, serial), now).await?;
    let held_back = blocked.map(|b| b.in_words());
    let version = match next.replaces {
        None => 1,
        Some(_) => receipts::versions_of(tx, &gift.id).await? + 1,
    };
    let on_paper = receiver.mailbox.is_empty();
    let new = NewReceipt {
        id: ReceiptId::new(now, &deps.random),
        gift_id: &gift.id,
        version,
        year,
        serial,
        content: &content,
        held_back: held_back.as_deref(),
        delivery: if on_paper { Delivery::Paper } else { Delivery::Mail },
        issued_at: now,
    };
    receipts::insert(tx, &new).await?;
    if !on_paper && next.tells {
        let dedupe_key = match version {
            1 => format!("receipt:{}", gift.id),
            _ => format!("receipt:{}:{version}", gift.id),
        };
        let envelope = Envelope {
            dedupe_key,
            recipient: &receiver.mailbox,
            donor_id: Some(&gift.donor_id),
            gift_id: Some(&gift.id),
            proof_id: None,
        };
        mailing::queue(deps, tx, envelope, compose::receipt(deps, &content, false)?, now).await?;
    }
    Ok((new.id, content.number))
}

async fn content(
    deps: &Deps,
    tx: &mut WriteTx,
    next: &Next<'_>,
    has_declared: bool,
    (year, serial): (i64, i64),
    now: Ts,
) -> Result<(ReceiptContent, Option<Blocked>)> {
    let gift = next.gift;
    let entity = compose::entity(deps, &gift.entity_id)?;
    let issued_on = now.date_in(&entity.time_zone);
    let wording = deps.config.charity.wording.current(WordingKey::Receipt, entity, issued_on);
    let wording =
        wording.ok_or_else(|| ServiceError::Unexpected(format!("no receipt wording for {}", entity.id)))?;
    let advantage = match next.replaces {
        None => None,
        Some(_) => advantage(tx, gift).await?,
    };
    let terms = terms(entity, next, advantage.as_ref(), issued_on);
    let gift_aid = is_aided(tx, entity, gift, has_declared).await?;
    let frequency = next.frequency.unwrap_or(Frequency::Once);
    let content = ReceiptContent {
        template_version: receipt::TEMPLATE_VERSION,
        number: receipt::number(&entity.receipt_prefix, year, serial),
        replaces: next.replaces.map(str::to_owned),
        issued_on: issued_on.to_string(),
        entity: entity_of(entity),
        donor: gift.donor.clone(),
        amount: next.remains,
        fee_cover: gift.fee_cover,
        received_on: gift.received_on.0.to_string(),
        tax_year: gift.tax_year.clone(),
        method: method_text(&gift.method_label, gift.method_last4.as_deref()),
        fund: compose::fund_name(deps, &gift.fund_id),
        campaign: gift
            .campaign_id
            .as_ref()
            .and_then(|c| deps.config.charity.campaign(c))
            .map(|c| c.name.clone()),
        instalment: gift
            .instalment
            .map(|number| Instalment { frequency: frequency.as_str().to_owned(), number }),
        gift_aid,
        tribute: gift.tribute.clone(),
        note: gift.note.clone(),
        wording_version: wording.version,
        wording: wording.paragraphs,
        form: terms.form,
        given: (next.remains != gift.amount).then_some(gift.amount),
        advantage,
        eligible: terms.eligible,
        statements: terms.statements,
        law: terms.law,
        signatory: terms.signatory,
    };
    Ok((content, terms.blocked))
}

/// Whether a declaration covers a gift: the one it was given with, or one that the donor made before (UK-15).
async fn is_aided(tx: &mut WriteTx, entity: &Entity, gift: &Gift, has_declared: bool) -> Result<bool> {
    let could_be = entity.gift_aid && gift.donor.kind == DonorKind::Individual && has_declared;
    if gift.declaration_id.is_some() || !could_be {
        return Ok(gift.declaration_id.is_some());
    }
    let declared = declarations::of_owner(tx, &gift.donor_id).await?;
    let facts = CoveredGift {
        entity_id: &gift.entity_id,
        id: &gift.id,
        payment_id: gift.payment_id.as_ref(),
        first: gift.instalment.is_none_or(|n| n == 1),
        received_on: gift.received_on.0,
    };
    Ok(covering(&declared, &facts).is_some())
}

fn terms(entity: &Entity, next: &Next<'_>, advantage: Option<&Advantage>, issued_on: Date) -> Terms {
    let registrations = registrations(entity);
    let donor = &next.gift.donor;
    let facts = Facts {
        country: entity.country.as_str(),
        legal_name: &entity.legal_name,
        registrations: &registrations,
        tax: &entity.tax,
        donor_name: &donor.receipt_name(),
        donor_has_address: donor.address.as_ref().is_some_and(|a| !a.is_blank()),
        amount: next.remains,
        advantage,
        received_on: next.gift.received_on.0,
        issued_on,
        replaces: next.replaces,
        locale: &entity.locale,
    };
    law::terms(&facts)
}

/// Labels and numbers of an entity.
pub(super) fn registrations(entity: &Entity) -> Vec<(String, String)> {
    entity.registrations.iter().map(|r| (r.label.clone(), r.number.clone())).collect()
}

/// The entity as it is on documents of today.
pub(super) fn entity_of(entity: &Entity) -> ReceiptEntity {
    ReceiptEntity {
        id: entity.id.clone(),
        legal_name: entity.legal_name.clone(),
        address: entity.address.clone(),
        registrations: entity.registrations.iter().map(|r| format!("{} {}", r.label, r.number)).collect(),
        locale: entity.locale.clone(),
        country: entity.country.as_str().to_owned(),
    }
}

/// `Visa ending 4242`.
pub fn method_text(label: &str, last4: Option<&str>) -> String {
    match last4 {
        Some(digits) => format!("{label} ending {digits}"),
        None => label.to_owned(),
    }
}
