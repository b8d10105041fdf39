//! Money received becomes a gift, a receipt and a mail, in the transaction that settles it.

use jiff::civil::Date;

use super::apply::{Owner, note, set_state};
use super::look::SeenPayment;
use crate::clock::Ts;
use crate::config::Entity;
use crate::domain::gift_aid::declaration::{CoveredGift, covering};
use crate::domain::ids::{DeclarationId, EntryId, GiftId, PledgeId};
use crate::domain::money::Money;
use crate::domain::states::{DonorKind, EntryKind, PaymentState};
use crate::domain::tax_year;
use crate::payments::objects::{Charge, MethodDetails, PaymentIntent, Ref};
use crate::payments::requests::from_stripe;
use crate::services::receipts::{self, method_text};
use crate::services::{Deps, Result, ServiceError, compose, evidence};
use crate::store::gifts::{self, Gift};
use crate::store::ledger::{self, Entry};
use crate::store::{Day, WriteTx, declarations, pledge_changes, pledges};

/// The gift of a succeeded payment, made now if it is new.
///
/// # Errors
/// When the database refuses or Stripe's figures cannot be read.
pub(super) async fn ensure(
    deps: &Deps,
    tx: &mut WriteTx,
    owner: &Owner,
    seen: &SeenPayment,
    now: Ts,
) -> Result<Gift> {
    if let Some(gift) = gifts::by_payment_intent(tx, &seen.intent.id).await? {
        return Ok(gift);
    }
    let charge =
        seen.intent.charge().ok_or_else(|| unexpected(&seen.intent, "succeeded without a charge"))?;
    if owner.payment().state != PaymentState::Paid {
        evidence::write(deps, tx, owner.payment(), now).await?;
    }
    let gift = build(deps, tx, owner, seen, charge, now).await?;
    if !gifts::insert_if_new(tx, &gift).await? {
        // Another worker was first; its transaction is committed, or we would still wait for it.
        let there = gifts::by_payment_intent(tx, &seen.intent.id).await?;
        return there.ok_or_else(|| unexpected(&seen.intent, "gift neither new nor known"));
    }
    let entry = Entry {
        id: EntryId::new(now, &deps.random),
        gift_id: &gift.id,
        kind: EntryKind::Gift,
        amount: gift.amount,
        occurred_at: gift.received_at,
        stripe_object: &charge.id,
        balance_transaction: None,
        created_at: now,
    };
    ledger::insert_if_new(tx, &entry).await?;
    set_state(tx, owner, &seen.intent, PaymentState::Paid, now).await?;
    let number = receipts::issue(deps, tx, &gift, Some(owner.frequency()), None, now).await?;
    let detail = serde_json::json!({
        "amount": gift.amount.minor(), "currency": gift.amount.currency(), "receipt": number, "charge": charge.id,
    });
    note(deps, tx, now, "gift.received", gift.id.as_str(), detail);
    Ok(gift)
}

fn unexpected(intent: &PaymentIntent, what: &str) -> ServiceError {
    ServiceError::Unexpected(format!("{}: {what}", intent.id))
}

async fn build(
    deps: &Deps,
    tx: &mut WriteTx,
    owner: &Owner,
    seen: &SeenPayment,
    charge: &Charge,
    now: Ts,
) -> Result<Gift> {
    let payment = owner.payment();
    let entity = compose::entity(deps, &payment.entity_id)?;
    let amount =
        from_stripe(charge.amount, &charge.currency).map_err(|_| unexpected(&seen.intent, "currency"))?;
    let received_at = received_at(&seen.intent, charge)?;
    let received_on = received_at.date_in(&entity.time_zone);
    let (month, day) = tax_year::starts_on(entity.country.as_str());
    let meant = meant(tx, owner, seen).await?;
    let fee_cover = if amount == meant.total { meant.cover } else { Money::zero(amount.currency()) };
    let method = charge.payment_method_details.as_ref();
    let id = GiftId::new(received_at, &deps.random);
    let declaration_id = declaration(tx, owner, entity, (&id, meant.instalment, received_on)).await?;
    Ok(Gift {
        id,
        payment_id: Some(payment.id.clone()),
        pledge_id: meant.pledge_id,
        donor_id: payment.donor_id.clone(),
        entity_id: payment.entity_id.clone(),
        fund_id: meant.fund_id,
        campaign_id: payment.campaign_id.clone(),
        amount,
        fee_cover,
        instalment: meant.instalment,
        received_at,
        received_on: Day(received_on),
        tax_year: tax_year::label(received_on, month, day),
        method_kind: method.map_or_else(|| "unknown".to_owned(), |m| m.kind.clone()),
        method_label: method.map_or_else(|| "Payment".to_owned(), method_label),
        method_last4: method.and_then(last4),
        declaration_id,
        donor: payment.donor.clone(),
        note: payment.note.clone(),
        tribute: payment.tribute.clone(),
        stripe_payment_intent: Some(seen.intent.id.clone()),
        stripe_charge: Some(charge.id.clone()),
        stripe_invoice: seen.invoice.as_ref().map(|i| i.id.clone()),
        created_at: now,
        corrections: 0,
    })
}

/// What a charge was meant to be.
struct Meant {
    pledge_id: Option<PledgeId>,
    instalment: Option<i64>,
    total: Money,
    cover: Money,
    fund_id: String,
}

/// A charge of a plan is for what the plan was when the charge was made: a debit that arrives days later is not moved by a
/// change since.
async fn meant(tx: &mut WriteTx, owner: &Owner, seen: &SeenPayment) -> Result<Meant> {
    let pledge = match owner {
        Owner::Single(p) => {
            let (total, cover, fund_id) = (p.total(), p.fee_cover, p.fund_id.clone());
            return Ok(Meant { pledge_id: None, instalment: None, total, cover, fund_id });
        }
        Owner::Plan(pledge, _) => pledge,
    };
    let made_at = seen.invoice.as_ref().map(|i| Ts::from_unix(i.created));
    let then = match made_at {
        Some(at) => pledge_changes::terms_at(tx, &pledge.id, at).await?,
        None => None,
    };
    let terms = then.unwrap_or_else(|| pledge.terms_or_begun());
    Ok(Meant {
        pledge_id: Some(pledge.id.clone()),
        instalment: Some(pledges::gifts_so_far(tx, &pledge.id).await? + 1),
        total: terms.total(),
        cover: terms.fee_cover(),
        fund_id: terms.fund_id,
    })
}

/// A card gift is received when charged; a debit when the bank has paid, which is when it reaches the balance (UK-34).
/// A receipt is never issued on a guess: without that day the job comes back.
fn received_at(intent: &PaymentIntent, charge: &Charge) -> Result<Ts> {
    let debit = charge.payment_method_details.as_ref().is_some_and(MethodDetails::is_delayed_debit);
    let balance = charge.balance_transaction.as_ref().and_then(Ref::object);
    match balance {
        Some(b) if debit => Ok(Ts::from_unix(b.created)),
        None if debit => Err(unexpected(intent, "collected, but not in the balance yet")),
        _ => Ok(Ts::from_unix(charge.created)),
    }
}

/// The declaration that covers a gift of an individual to an entity with Gift Aid (UK-2, UK-7, UK-15): the one of its form
/// when that holds, else the first one made of those that do. So a plan that has begun again goes on under the declaration
/// of the one before, and a gift without a tick is covered by what was declared earlier.
async fn declaration(
    tx: &mut WriteTx,
    owner: &Owner,
    entity: &Entity,
    (id, instalment, received_on): (&GiftId, Option<i64>, Date),
) -> Result<Option<DeclarationId>> {
    let payment = owner.payment();
    if !entity.gift_aid || payment.donor.kind != DonorKind::Individual {
        return Ok(None);
    }
    let gift = CoveredGift {
        entity_id: &entity.id,
        id,
        payment_id: Some(&payment.id),
        first: instalment.is_none_or(|n| n == 1),
        received_on,
    };
    let known = declarations::of_owner(tx, &payment.donor_id).await?;
    let of_form = known.iter().find(|d| d.payment_id.as_ref() == Some(&payment.id) && d.covers(&gift));
    Ok(of_form.or_else(|| covering(&known, &gift)).map(|d| d.id.clone()))
}

pub(super) fn method_label(method: &MethodDetails) -> String {
    let brand = method.card.as_ref().and_then(|c| c.brand.as_deref());
    match (method.kind.as_str(), brand) {
        ("card", Some("visa")) => "Visa".to_owned(),
        ("card", Some("mastercard")) => "Mastercard".to_owned(),
        ("card", Some("amex")) => "American Express".to_owned(),
        ("card", _) => "Card".to_owned(),
        ("bacs_debit", _) => "Bacs Direct Debit".to_owned(),
        ("sepa_debit", _) => "SEPA Direct Debit".to_owned(),
        ("us_bank_account", _) => "Bank account".to_owned(),
        ("link", _) => "Link".to_owned(),
        ("paypal", _) => "PayPal".to_owned(),
        _ => "Other method".to_owned(),
    }
}

pub(super) fn last4(method: &MethodDetails) -> Option<String> {
    let card = method.card.as_ref().and_then(|c| c.last4.clone());
    let account = [&method.bacs_debit, &method.sepa_debit, &method.us_bank_account];
    card.or_else(|| account.into_iter().flatten().find_map(|a| a.last4.clone()))
        .filter(|l| l.chars().count() <= 4)
}

/// How an intent's last charge was or will be paid, in words.
pub(super) fn method_line(intent: &PaymentIntent) -> String {
    match intent.charge().and_then(|c| c.payment_method_details.as_ref()) {
        Some(m) => method_text(&method_label(m), last4(m).as_deref()),
        None => "Bank account".to_owned(),
    }
}
