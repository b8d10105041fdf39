//! Gifts that came without Stripe: entered one by one, in batches, or from a bank's file; each is written in one place.

pub mod bank;
pub mod batches;
pub mod returned;

use jiff::civil::{Date, Time};
use serde_json::{Value, json};

use crate::clock::Ts;
use crate::config::{AddressRule, Entity};
use crate::domain::donor::DonorDetails;
use crate::domain::ids::{AddressId, BankLineId, BatchId, DonorId, EntryId, GiftId, StaffId};
use crate::domain::money::Money;
use crate::domain::offline::method_label;
use crate::domain::states::{EntryKind, OfflineKind};
use crate::domain::tax_year;
use crate::services::staff::{Act, Actor, record};
use crate::services::{Deps, Result, ServiceError, compose, receipts, rights};
use crate::store::gifts::Gift;
use crate::store::ledger::Entry;
use crate::store::offline::{self, OfflineGift};
use crate::store::offline_donors::{self, Found};
use crate::store::{Day, WriteTx, donors, profile};

/// Who gave.
#[derive(Clone, Debug)]
pub enum Giver {
    /// A donor we have.
    Known(DonorId),
    /// One who is new, or has a mailbox we know already.
    New {
        /// As they are to stand on the receipt.
        details: Box<DonorDetails>,
        /// Their telephone.
        telephone: Option<String>,
    },
}

/// What was given.
#[derive(Clone, Debug)]
pub struct Facts {
    /// How it came.
    pub kind: OfflineKind,
    /// To which entity.
    pub entity_id: String,
    /// How much.
    pub amount: Money,
    /// For which fund.
    pub fund_id: String,
    /// For which campaign.
    pub campaign_id: Option<String>,
    /// The day it was received by the law of the entity's country (UK-34, US-6, CA-10).
    pub received_on: Date,
    /// Cheque number, paying-in slip, the bank's reference; may be empty.
    pub reference: String,
    /// The donor's words.
    pub note: Option<String>,
}

/// One gift to write.
#[derive(Clone, Debug)]
struct Item {
    nonce: String,
    donor_id: DonorId,
    donor: DonorDetails,
    facts: Facts,
    batch_id: Option<BatchId>,
    bank_line: Option<BankLineId>,
    entered_by: StaffId,
    /// How it was paid, in the words of another system.
    method: Option<String>,
}

/// A gift of another system.
#[derive(Clone, Debug)]
pub struct Imported {
    /// One for each gift there: it is brought in once.
    pub nonce: String,
    /// Who gave.
    pub donor_id: DonorId,
    /// As they stood there.
    pub donor: DonorDetails,
    /// What was given.
    pub facts: Facts,
    /// How it was paid, in that system's words.
    pub method: String,
    /// Who brings it in.
    pub entered_by: StaffId,
}

/// Writes gifts of another system, in this order: no receipt is issued and nobody is written to, as that system did both.
/// `None` when one of them is there already: then nothing of this transaction may be kept.
///
/// # Errors
/// When the charity file lacks the entity, or the database refuses.
pub async fn write_imported(
    deps: &Deps,
    tx: &mut WriteTx,
    gifts: Vec<Imported>,
    now: Ts,
) -> Result<Option<Vec<Gift>>> {
    let item = |g: Imported| Item {
        nonce: g.nonce,
        donor_id: g.donor_id,
        donor: g.donor,
        facts: g.facts,
        batch_id: None,
        bank_line: None,
        entered_by: g.entered_by,
        method: Some(g.method),
    };
    book(deps, tx, gifts.into_iter().map(item).collect(), now).await
}

/// What became of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entering {
    /// The gift is in the books, now or since the form was sent before.
    Done(GiftId),
    /// There is no such donor.
    NoDonor,
    /// The mailbox is that of somebody who asked to be forgotten (PR-6).
    Forgotten,
    /// An official receipt needs the donor's address (CA-1), and none is known.
    NoAddress,
}

/// Whether a receipt of this entity can be made out to somebody (CA-1: an official receipt carries the address).
pub fn can_have_receipt(entity: &Entity, donor: &DonorDetails) -> bool {
    entity.address_required != AddressRule::Always || donor.address.is_some()
}

/// Enters one gift; the same form enters it once.
///
/// # Errors
/// When the charity file lacks the words of a receipt, or the database refuses.
pub async fn enter(deps: &Deps, actor: &Actor, nonce: &str, giver: &Giver, facts: Facts) -> Result<Entering> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    if let Some(before) = offline::by_nonce(&mut tx, nonce).await? {
        return Ok(Entering::Done(before.gift_id));
    }
    if is_forgotten(&mut tx, giver).await? {
        return Ok(Entering::Forgotten);
    }
    let Some((donor_id, donor)) = who(deps, &mut tx, actor, giver, now).await? else {
        return Ok(Entering::NoDonor);
    };
    if !can_have_receipt(compose::entity(deps, &facts.entity_id)?, &donor) {
        return Ok(Entering::NoAddress);
    }
    let (nonce_of_item, entered_by) = (nonce.to_owned(), actor.id.clone());
    let item = Item {
        nonce: nonce_of_item,
        donor_id,
        donor,
        facts,
        batch_id: None,
        bank_line: None,
        entered_by,
        method: None,
    };
    let Some(gifts) = write(deps, &mut tx, vec![item], now).await? else {
        // The same form came twice at once, and the other was first: it is committed, or we would still wait for it.
        drop(tx);
        let mut read = deps.store.read().await?;
        let before = offline::by_nonce(&mut read, nonce).await?;
        let before =
            before.ok_or_else(|| ServiceError::Unexpected("gift neither new nor known".to_owned()))?;
        return Ok(Entering::Done(before.gift_id));
    };
    let gift = gifts.first().ok_or_else(|| ServiceError::Unexpected("no gift was written".to_owned()))?;
    record_gift(deps, &mut tx, actor, gift);
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Entering::Done(gift.id.clone()))
}

fn record_gift(deps: &Deps, tx: &mut WriteTx, actor: &Actor, gift: &Gift) {
    let after = json!({
        "amount": gift.amount.minor(), "currency": gift.amount.currency(), "kind": gift.method_kind,
        "donor": gift.donor_id, "fund": gift.fund_id, "received_on": gift.received_on.0.to_string(),
    });
    let (before, subject) = (Value::Null, gift.id.as_str());
    record(deps, tx, actor, Act { action: "gift.entered", subject, before, after, why: "" });
}

/// Whether somebody new is entered with the mailbox of one who asked to be forgotten.
async fn is_forgotten(tx: &mut WriteTx, giver: &Giver) -> Result<bool> {
    match giver {
        Giver::Known(_) => Ok(false),
        Giver::New { details, .. } => rights::is_forgotten(tx, &details.email).await,
    }
}

/// The donor a gift is for, made now when new. With a mailbox it is the guest of that mailbox, whose details stay as they
/// are; without, a donor of their own.
async fn who(
    deps: &Deps,
    tx: &mut WriteTx,
    actor: &Actor,
    giver: &Giver,
    now: Ts,
) -> Result<Option<(DonorId, DonorDetails)>> {
    let (details, telephone) = match giver {
        Giver::Known(id) => {
            let known = offline_donors::described(tx, std::slice::from_ref(id)).await?;
            return Ok(known.into_iter().next().map(|d| (d.id, d.details)));
        }
        Giver::New { details, telephone } => (details, telephone),
    };
    let new_id = DonorId::new(now, &deps.random);
    let id = if details.email.is_empty() {
        offline_donors::insert_without_mailbox(tx, &new_id, details, now).await?;
        new_id.clone()
    } else {
        donors::guest_of(tx, &new_id, details, now).await?
    };
    if id == new_id {
        if let Some(address) = &details.address {
            profile::move_address(tx, &AddressId::new(now, &deps.random), &id, Some(address), now).await?;
        }
        if telephone.is_some() {
            profile::set_contact(tx, &id, telephone.as_deref(), &details.locale, now).await?;
        }
        let after = json!({
            "kind": details.kind.as_str(), "mailbox": record::masked(&details.email),
            "address": details.address.is_some(), "telephone": telephone.is_some(),
        });
        let (before, subject) = (Value::Null, id.as_str());
        record(deps, tx, actor, Act { action: "donor.entered", subject, before, after, why: "" });
    }
    Ok(Some((id, DonorDetails::clone(details))))
}

/// Writes gifts with their entries, what is known of them and their receipts; `None` when one of them was written before:
/// then nothing of this transaction may be kept.
async fn write(deps: &Deps, tx: &mut WriteTx, mut items: Vec<Item>, now: Ts) -> Result<Option<Vec<Gift>>> {
    // Receipt numbers are taken year by year in one order, so that two who write at once wait and never lock each other out.
    items.sort_by(|a, b| {
        (&a.facts.entity_id, a.facts.received_on).cmp(&(&b.facts.entity_id, b.facts.received_on))
    });
    let Some(gifts) = book(deps, tx, items, now).await? else { return Ok(None) };
    for gift in &gifts {
        receipts::issue(deps, tx, gift, None, None, now).await?;
    }
    Ok(Some(gifts))
}

/// Writes gifts with their entries and what is known of them; `None` when one of them was written before.
async fn book(deps: &Deps, tx: &mut WriteTx, items: Vec<Item>, now: Ts) -> Result<Option<Vec<Gift>>> {
    let gifts: Vec<Gift> = items.iter().map(|item| gift_of(deps, item, now)).collect::<Result<_>>()?;
    offline::insert_gifts(tx, &gifts).await?;
    let entry = |g| entry_of(deps, g, EntryKind::Gift, now);
    offline::insert_entries(tx, &gifts.iter().map(entry).collect::<Vec<_>>()).await?;
    let known: Vec<OfflineGift> = items
        .into_iter()
        .zip(&gifts)
        .map(|(item, gift)| OfflineGift {
            gift_id: gift.id.clone(),
            nonce: item.nonce,
            kind: item.facts.kind,
            reference: item.facts.reference,
            batch_id: item.batch_id,
            bank_line: item.bank_line,
            entered_by: item.entered_by,
            entered_at: now,
        })
        .collect();
    if offline::insert_known(tx, &known).await? < known.len() as u64 {
        return Ok(None);
    }
    Ok(Some(gifts))
}

fn entry_of<'a>(deps: &Deps, gift: &'a Gift, kind: EntryKind, now: Ts) -> Entry<'a> {
    Entry {
        id: EntryId::new(now, &deps.random),
        gift_id: &gift.id,
        kind,
        amount: gift.amount,
        occurred_at: gift.received_at,
        stripe_object: gift.id.as_str(),
        balance_transaction: None,
        created_at: now,
    }
}

fn gift_of(deps: &Deps, item: &Item, now: Ts) -> Result<Gift> {
    let facts = &item.facts;
    let entity = compose::entity(deps, &facts.entity_id)?;
    let received_at = moment_of(entity, facts.received_on, now)?;
    let (month, day) = tax_year::starts_on(entity.country.as_str());
    Ok(Gift {
        id: GiftId::new(received_at, &deps.random),
        payment_id: None,
        pledge_id: None,
        donor_id: item.donor_id.clone(),
        entity_id: facts.entity_id.clone(),
        fund_id: facts.fund_id.clone(),
        campaign_id: facts.campaign_id.clone(),
        amount: facts.amount,
        fee_cover: Money::zero(facts.amount.currency()),
        instalment: None,
        received_at,
        received_on: Day(facts.received_on),
        tax_year: tax_year::label(facts.received_on, month, day),
        method_kind: facts.kind.as_str().to_owned(),
        method_label: item.method.clone().unwrap_or_else(|| method_label(facts.kind).to_owned()),
        method_last4: None,
        declaration_id: None,
        donor: item.donor.clone(),
        note: facts.note.clone(),
        tribute: None,
        stripe_payment_intent: None,
        stripe_charge: None,
        stripe_invoice: None,
        created_at: now,
        corrections: 0,
    })
}

/// A day has no hour: noon in the entity's zone, and never later than now.
///
/// # Errors
/// When the zone has no such day.
pub fn moment_of(entity: &Entity, day: Date, now: Ts) -> Result<Ts> {
    let noon = day.to_datetime(Time::midnight()).with().hour(12).build();
    let noon = noon.and_then(|noon| entity.time_zone.to_ambiguous_zoned(noon).compatible());
    let noon = noon.map_err(|e| ServiceError::Unexpected(format!("{day}: {e}")))?;
    Ok(Ts::from_micros(noon.timestamp().as_microsecond()).min(now))
}

/// Donors found by words of their names or mailbox, at most ten; written down before they are shown.
///
/// # Errors
/// When the database refuses.
pub async fn find_donors(deps: &Deps, actor: &Actor, q: &str) -> Result<Vec<Found>> {
    const MOST: i64 = 10;
    let typed = q.chars().take(120).collect::<String>();
    let mut wanted = Vec::new();
    for part in typed.split_whitespace() {
        match part.contains('@') {
            true => wanted.push(part.to_lowercase()),
            false => wanted.extend(crate::domain::names::words(part)),
        }
    }
    wanted.retain(|w| !w.contains(char::is_control));
    wanted.truncate(5);
    let found = {
        let mut read = deps.store.read().await?;
        offline_donors::by_words(&mut read, &wanted, MOST).await?
    };
    let ids: Vec<DonorId> = found.iter().map(|f| f.id.clone()).collect();
    record_seen(deps, actor, "choose a donor", &ids).await?;
    Ok(found)
}

/// Writes down that several donors were looked at in one list, before they are shown.
///
/// # Errors
/// When the database refuses: then nothing may be shown.
pub async fn record_seen(deps: &Deps, actor: &Actor, page: &str, donors: &[DonorId]) -> Result<()> {
    if donors.is_empty() {
        return Ok(());
    }
    let mut tx = deps.store.write().await?;
    let after = json!({ "page": page, "donors": donors });
    let (before, subject) = (Value::Null, actor.id.as_str());
    record(deps, &mut tx, actor, Act { action: "donors.listed", subject, before, after, why: "" });
    Ok(tx.commit().await?)
}
