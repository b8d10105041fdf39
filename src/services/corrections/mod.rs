//! Corrections: a gift was another's, for something else, on another day or of another sum. Nothing is overwritten without
//! its correction, and the receipt that told the old story is void (RC-5, RC-7, CA-4).

pub mod effects;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use self::effects::{Effects, Known, MailKind, ReceiptFate};
use super::mailing::{self, Envelope};
use super::staff::{Act, Actor, record};
use super::{Deps, Result, ServiceError, compose, receipts};
use crate::clock::Ts;
use crate::config::Entity;
use crate::domain::donor::DonorDetails;
use crate::domain::ids::{CorrectionId, DonorId, EntryId, GiftId};
use crate::domain::money::Money;
use crate::domain::states::{CorrectionKind, DisputeState, EntryKind};
use crate::domain::tax_year;
use crate::store::corrections::{self as rows, NewCorrection};
use crate::store::gifts::Gift;
use crate::store::ledger::{self, Entry};
use crate::store::{Conn, Day, WriteTx, donors, pledges};

/// No gift is older.
const EARLIEST: Date = jiff::civil::date(2000, 1, 1);

/// What was wrong, and what is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fix {
    /// It was this donor's; for who gave it already: with their name and address as they are now (CA-4).
    Donor(DonorId),
    /// It was for this fund, from this campaign.
    Fund {
        /// The fund.
        fund: String,
        /// The campaign, if any.
        campaign: Option<String>,
    },
    /// It was received on this day.
    Date(Date),
    /// It was this sum.
    Amount(Money),
}

impl Fix {
    /// What it is about.
    pub fn kind(&self) -> CorrectionKind {
        match self {
            Fix::Donor(_) => CorrectionKind::Donor,
            Fix::Fund { .. } => CorrectionKind::Fund,
            Fix::Date(_) => CorrectionKind::Date,
            Fix::Amount(_) => CorrectionKind::Amount,
        }
    }
}

/// Why a gift is not corrected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is so already.
    Same,
    /// Nothing of it remains given.
    NothingRemains,
    /// A refund of it is under way.
    RefundUnderWay,
    /// The donor's bank is deciding whether it was one.
    Disputed,
    /// What came through Stripe has Stripe's sum.
    NotByHand,
    /// This much went back to the donor already.
    BelowWhatWentBack(Money),
    /// The day has not come yet.
    InFuture,
    /// The day is too long ago to be meant.
    TooLongAgo,
    /// The entity does not offer this fund or campaign.
    NotOffered,
    /// There is no such donor.
    NoSuchDonor,
    /// Who entered it by hand does not correct it, by the charity's rule.
    EnteredByYou,
}

/// A correction that staff ask for.
#[derive(Clone, Debug)]
pub struct Wish<'a> {
    /// Of which gift.
    pub gift: &'a GiftId,
    /// To what.
    pub fix: &'a Fix,
    /// Why.
    pub why: &'a str,
    /// The form's own random mark.
    pub nonce: &'a str,
    /// The fingerprint of the effects that were shown.
    pub seen: &'a str,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Corrected {
    /// Done.
    Done,
    /// It cannot be had.
    Refused(Refusal),
    /// The gift is no longer what was shown.
    ChangedMeanwhile,
    /// There is no such gift.
    Unknown,
}

/// What a correction would change; or why it cannot be made.
///
/// # Errors
/// When the database refuses.
pub async fn preview(
    deps: &Deps,
    actor: &Actor,
    known: &Known,
    fix: &Fix,
) -> Result<std::result::Result<Effects, Refusal>> {
    let mut read = deps.store.read().await?;
    let after = after(deps, &mut read, actor, known, fix).await?;
    let after = match after {
        Ok(after) => after,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let to = donors::mailbox_of(&mut read, &after.donor_id).await?.unwrap_or_default();
    Ok(Ok(effects::of_correction(known, &after, &to)))
}

/// Corrects a gift, in one transaction: the correction, the gift's row, the books, the receipts, the mails, the audit line.
///
/// # Errors
/// When the database refuses: then nothing was done.
pub async fn correct(deps: &Deps, actor: &Actor, wish: Wish<'_>) -> Result<Corrected> {
    let now = deps.clock.now();
    let mut tx = deps.store.write().await?;
    let Some(known) = effects::held(&mut tx, wish.gift).await? else { return Ok(Corrected::Unknown) };
    if rows::is_made(&mut tx, wish.nonce).await? {
        return Ok(Corrected::Done);
    }
    let after = match after(deps, &mut tx, actor, &known, wish.fix).await? {
        Ok(after) => after,
        Err(refusal) => return Ok(Corrected::Refused(refusal)),
    };
    let to = donors::mailbox_of(&mut tx, &after.donor_id).await?.unwrap_or_default();
    let effects = effects::of_correction(&known, &after, &to);
    if effects.fingerprint()? != wish.seen {
        return Ok(Corrected::ChangedMeanwhile);
    }
    let id = CorrectionId::new(now, &deps.random);
    let was = state_of(&known.gift);
    let new = NewCorrection {
        id: &id,
        kind: wish.fix.kind(),
        nonce: wish.nonce,
        was: &was.to_string(),
        gift: &after,
        why: wish.why,
        made_by: &actor.id,
        made_at: now,
    };
    if !rows::insert_if_new(&mut tx, &new).await? {
        return Ok(Corrected::ChangedMeanwhile);
    }
    book_difference(deps, &mut tx, &known.gift, &after, &id, now).await?;
    let number = replace_receipt(deps, &mut tx, &after, &effects, now).await?;
    receipts::touch_statement(deps, &mut tx, &known.gift, now).await?;
    receipts::touch_statement(deps, &mut tx, &after, now).await?;
    if effects.mails.iter().any(|m| m.kind == MailKind::ReceiptVoid && m.to.is_some()) {
        tell_previous(deps, &mut tx, &known, &after, now).await?;
    }
    let act = Act {
        action: "gift.corrected",
        subject: after.id.as_str(),
        before: figures(&known.gift, effects.receipt.as_ref().map(|(number, _)| number.as_str())),
        after: figures(&after, number.as_deref()),
        why: wish.why,
    };
    record(deps, &mut tx, actor, act);
    tx.commit().await?;
    deps.work.notify_waiters();
    Ok(Corrected::Done)
}

/// The gift as it will be; or why not.
async fn after(
    deps: &Deps,
    conn: &mut Conn,
    actor: &Actor,
    known: &Known,
    fix: &Fix,
) -> Result<std::result::Result<Gift, Refusal>> {
    if let Err(refusal) = may_begin(deps, conn, actor, known).await? {
        return Ok(Err(refusal));
    }
    let entity = compose::entity(deps, &known.gift.entity_id)?;
    let mut after = Gift { corrections: known.gift.corrections + 1, ..known.gift.clone() };
    let refusal = match fix {
        Fix::Donor(id) => match rows::giver(conn, id).await? {
            None => Some(Refusal::NoSuchDonor),
            Some(giver) if *id == after.donor_id => with_details(&mut after, giver.details),
            Some(giver) => {
                // The declaration was the other person's (UK-2).
                (after.donor_id, after.donor, after.declaration_id) = (giver.id, giver.details, None);
                None
            }
        },
        Fix::Fund { fund, campaign } => for_fund(deps, &mut after, entity, fund, campaign.as_deref()),
        Fix::Date(day) => on_day(&mut after, entity, *day, deps.clock.now()),
        Fix::Amount(sum) => of_sum(&mut after, known, *sum),
    };
    if let (None, Fix::Date(day), Some(declaration)) = (refusal, fix, &after.declaration_id)
        && rows::covers_from(conn, declaration).await?.is_none_or(|from| *day < from.0)
    {
        // Received before the declaration begins to cover (UK-22).
        after.declaration_id = None;
    }
    Ok(refusal.map_or(Ok(after), Err))
}

async fn may_begin(
    deps: &Deps,
    conn: &mut Conn,
    actor: &Actor,
    known: &Known,
) -> Result<std::result::Result<(), Refusal>> {
    if known.money.dispute == Some(DisputeState::Open) {
        return Ok(Err(Refusal::Disputed));
    }
    if known.standing(None).remains().is_zero() {
        return Ok(Err(Refusal::NothingRemains));
    }
    if known.money.open_request.is_some() || known.money.pending > 0 {
        return Ok(Err(Refusal::RefundUnderWay));
    }
    let four_eyes = deps.config.charity.staff.two_people_for_corrections && known.gift.is_offline();
    if four_eyes && rows::entered_by(conn, &known.gift.id).await?.as_ref() == Some(&actor.id) {
        return Ok(Err(Refusal::EnteredByYou));
    }
    Ok(Ok(()))
}

/// Whether a gift can be corrected at all by this member of staff.
///
/// # Errors
/// When the database refuses.
pub async fn check(deps: &Deps, actor: &Actor, known: &Known) -> Result<std::result::Result<(), Refusal>> {
    let mut read = deps.store.read().await?;
    may_begin(deps, &mut read, actor, known).await
}

/// The name and the address that the donor has now; an address that was given with the gift alone stays.
fn with_details(after: &mut Gift, mut now: DonorDetails) -> Option<Refusal> {
    if now.address.is_none() {
        now.address.clone_from(&after.donor.address);
    }
    if effects::named(&now) == effects::named(&after.donor) {
        return Some(Refusal::Same);
    }
    after.donor = now;
    None
}

fn for_fund(
    deps: &Deps,
    after: &mut Gift,
    entity: &Entity,
    fund: &str,
    campaign: Option<&str>,
) -> Option<Refusal> {
    let charity = &deps.config.charity;
    if after.fund_id == fund && after.campaign_id.as_deref() == campaign {
        return Some(Refusal::Same);
    }
    // What a gift has already may stay, whatever the charity file offers today.
    let fund_fits = after.fund_id == fund || charity.fund(fund).is_some_and(|f| f.is_offered_by(&entity.id));
    let campaign_fits = campaign.is_none_or(|id| {
        after.campaign_id.as_deref() == Some(id)
            || charity.campaign(id).is_some_and(|c| c.is_offered_by(&entity.id))
    });
    if !fund_fits || !campaign_fits {
        return Some(Refusal::NotOffered);
    }
    after.fund_id = fund.to_owned();
    after.campaign_id = campaign.map(str::to_owned);
    None
}

/// The day decides the tax year (UK-33, UK-34). The hour is not known: noon stands for it.
fn on_day(after: &mut Gift, entity: &Entity, day: Date, now: Ts) -> Option<Refusal> {
    if after.received_on.0 == day {
        return Some(Refusal::Same);
    }
    if day > now.date_in(&entity.time_zone) {
        return Some(Refusal::InFuture);
    }
    if day < EARLIEST {
        return Some(Refusal::TooLongAgo);
    }
    let (month, first) = tax_year::starts_on(entity.country.as_str());
    let Some(noon) = noon_of(day, &entity.time_zone) else { return Some(Refusal::TooLongAgo) };
    after.received_at = noon.min(now);
    after.received_on = Day(day);
    after.tax_year = tax_year::label(day, month, first);
    None
}

fn noon_of(day: Date, zone: &TimeZone) -> Option<Ts> {
    let noon = day.at(12, 0, 0, 0).to_zoned(zone.clone()).ok()?;
    Some(Ts::from_micros(noon.timestamp().as_microsecond()))
}

fn of_sum(after: &mut Gift, known: &Known, sum: Money) -> Option<Refusal> {
    let gone = Money::new(known.money.refunded.saturating_add(known.money.returned), after.amount.currency());
    if !after.is_offline() {
        return Some(Refusal::NotByHand);
    }
    if sum == after.amount {
        return Some(Refusal::Same);
    }
    if sum.currency() != after.amount.currency() || sum.minor() <= gone.minor() {
        return Some(Refusal::BelowWhatWentBack(gone));
    }
    after.amount = sum;
    None
}

/// The gift as it was, whole.
fn state_of(gift: &Gift) -> serde_json::Value {
    json!({
        "donor": gift.donor_id.as_str(), "donor_details": gift.donor, "declaration": gift.declaration_id,
        "fund": gift.fund_id, "campaign": gift.campaign_id, "received_at": gift.received_at,
        "received_on": gift.received_on.0.to_string(), "tax_year": gift.tax_year, "amount": gift.amount.minor(),
    })
}

/// The same for the audit chain: ids and figures.
fn figures(gift: &Gift, receipt: Option<&str>) -> serde_json::Value {
    json!({
        "donor": gift.donor_id.as_str(), "declaration": gift.declaration_id, "fund": gift.fund_id,
        "campaign": gift.campaign_id, "received_on": gift.received_on.0.to_string(), "tax_year": gift.tax_year,
        "amount": gift.amount.minor(), "currency": gift.amount.currency(), "receipt": receipt,
    })
}

/// The books keep the first entry; what it was wrong by is an entry of its own.
async fn book_difference(
    deps: &Deps,
    tx: &mut WriteTx,
    was: &Gift,
    after: &Gift,
    correction: &CorrectionId,
    now: Ts,
) -> Result<()> {
    let difference = after.amount.checked_sub(was.amount);
    let difference = difference.map_err(|e| ServiceError::Unexpected(format!("{}: {e}", was.id)))?;
    if difference.is_zero() {
        return Ok(());
    }
    let entry = Entry {
        id: EntryId::new(now, &deps.random),
        gift_id: &after.id,
        kind: EntryKind::Correction,
        amount: difference,
        occurred_at: now,
        stripe_object: correction.as_str(),
        balance_transaction: None,
        created_at: now,
    };
    ledger::insert_if_new(tx, &entry).await?;
    Ok(())
}

/// Issues the receipt that replaces the one that told the old story; gives its number. It is for what remains given
/// (RC-9), and calls neither a charge of somebody else's plan nor somebody else's words the new donor's.
async fn replace_receipt(
    deps: &Deps,
    tx: &mut WriteTx,
    after: &Gift,
    effects: &Effects,
    now: Ts,
) -> Result<Option<String>> {
    let Some((old, ReceiptFate::Replaced)) = &effects.receipt else { return Ok(None) };
    let mut told = after.clone();
    if effects.remains.after != told.amount {
        told.fee_cover = Money::zero(told.amount.currency());
    }
    let plan = match &after.pledge_id {
        Some(id) => pledges::by_id(tx, id).await?,
        None => None,
    };
    if !effects.donor.stays() {
        (told.instalment, told.note) = (None, None);
    }
    let frequency = plan.map(|p| p.frequency);
    Ok(Some(receipts::issue(deps, tx, &told, frequency, Some(old), now).await?))
}

/// Tells whom the gift was not from that their receipt is void (CA-5).
async fn tell_previous(deps: &Deps, tx: &mut WriteTx, known: &Known, after: &Gift, now: Ts) -> Result<()> {
    let was = &known.gift;
    let number = known.money.receipt_number.as_deref().unwrap_or_default();
    let mail = compose::letters::receipt_void(deps, was, number)?;
    let envelope = Envelope {
        dedupe_key: format!("receipt_void:{}:{}", after.id, after.corrections),
        recipient: &known.mailbox,
        donor_id: Some(&was.donor_id),
        gift_id: Some(&was.id),
        proof_id: None,
    };
    mailing::queue(deps, tx, envelope, mail, now).await
}
